//! Which crate may depend on what. A change here is a change of the architecture: say why in docs/ARCHITECTURE.md.

/// What one of our crates may have as normal (or build) dependencies. Dev-dependencies are free.
pub struct Rule {
    /// The crate.
    pub name: &'static str,
    /// Our own crates that it may use.
    pub ours: &'static [&'static str],
    /// Packages of others that it may use.
    pub others: Others,
}

/// Packages of others.
pub enum Others {
    /// These and nothing else: for the crates that people reuse, which must stay light and pure.
    Only(&'static [&'static str]),
    /// Anything that [`OWNERS`] does not keep for another crate.
    NotOwned,
}

/// The adapters: only the binary may depend on them.
pub const ADAPTERS: &[&str] = &[
    "storywright-storage",
    "storywright-http",
    "storywright-atlassian",
    "storywright-llm",
    "storywright-mcp",
    "storywright-vault",
];

/// Crates for tests and demonstrations, which no part of the product may depend on.
pub const TEST_ONLY: &[&str] = &["storywright-sandbox", "storywright-testkit"];

/// Packages that a crate may only have as an optional dependency, outside its default features.
pub const OPTIONAL: &[(&str, &str)] = &[("storywright-domain", "mockall")];

/// Packages that belong to certain crates: the walls that keep a technology in one place.
pub const OWNERS: &[(&[&str], &[&str])] = &[
    (&["diesel", "diesel_migrations", "libsqlite3-sys", "r2d2", "pq-sys", "rusqlite"], &["storywright-storage"]),
    // The sandbox's MCP servers are clients of its Jira and Confluence over loopback.
    (&["ureq"], &["storywright-http", "storywright-bench", "storywright-sandbox"]),
    (&["x509-parser", "rustls-pki-types"], &["storywright-http", "storywright-bench"]),
    (&["rustls"], &["storywright-http", "storywright"]),
    (&["reqwest", "hyper", "native-tls", "openssl"], &[]),
    (&["rmcp"], &["storywright-mcp", "storywright-sandbox"]),
    (&["bcrypt", "chacha20poly1305", "jsonwebtoken"], &["storywright-vault"]),
    // The one crypto provider; http takes certificate fingerprints with it.
    (&["ring"], &["storywright-vault", "storywright-http"]),
    (&["actix-web"], &["storywright-web", "storywright", "storywright-sandbox", "storywright-bench"]),
    (&["actix-session", "actix-multipart", "actix-web-lab", "tera", "ammonia", "rust-embed"], &["storywright-web"]),
    (&["pdf-extract", "lopdf", "zip"], &["storywright-markup"]),
    (&["utoipa", "validator"], &["storywright-web"]),
    (&["tokio"], &["storywright-web", "storywright", "storywright-sandbox", "storywright-mcp", "storywright-bench"]),
    (&["clap", "env_logger", "signal-hook"], &["storywright", "storywright-sandbox", "storywright-bench"]),
    (&["mockall", "proptest", "insta", "tempfile", "thirtyfour"], &["storywright-testkit", "storywright-bench"]),
];

/// One rule per crate; a crate without a rule is refused.
pub const RULES: &[Rule] = &[
    Rule {
        name: "storywright-domain",
        ours: &[],
        others: Others::Only(&["gherkin", "regex", "serde", "thiserror", "mockall"]),
    },
    Rule {
        name: "storywright-application",
        ours: &["storywright-domain"],
        others: Others::Only(&["serde", "serde_json", "thiserror", "log"]),
    },
    Rule {
        name: "storywright-markup",
        ours: &["storywright-domain"],
        others: Others::Only(&["html5ever", "pdf-extract", "pulldown-cmark", "roxmltree", "zip"]),
    },
    Rule { name: "storywright-storage", ours: &["storywright-domain"], others: Others::NotOwned },
    Rule { name: "storywright-http", ours: &["storywright-domain"], others: Others::NotOwned },
    Rule { name: "storywright-vault", ours: &["storywright-domain"], others: Others::NotOwned },
    Rule {
        name: "storywright-atlassian",
        ours: &["storywright-domain", "storywright-http", "storywright-markup"],
        others: Others::NotOwned,
    },
    Rule { name: "storywright-llm", ours: &["storywright-domain", "storywright-http"], others: Others::NotOwned },
    Rule { name: "storywright-mcp", ours: &["storywright-domain", "storywright-http"], others: Others::NotOwned },
    Rule {
        name: "storywright-web",
        ours: &["storywright-domain", "storywright-application"],
        others: Others::NotOwned,
    },
    Rule {
        name: "storywright",
        ours: &[
            "storywright-domain",
            "storywright-application",
            "storywright-markup",
            "storywright-storage",
            "storywright-http",
            "storywright-atlassian",
            "storywright-llm",
            "storywright-mcp",
            "storywright-vault",
            "storywright-web",
        ],
        others: Others::NotOwned,
    },
    Rule { name: "storywright-sandbox", ours: &[], others: Others::NotOwned },
    Rule { name: "storywright-testkit", ours: &["storywright-domain"], others: Others::NotOwned },
    // Measures the built server from outside: it starts programs and links none of ours.
    Rule { name: "storywright-bench", ours: &[], others: Others::NotOwned },
    Rule { name: "xtask", ours: &[], others: Others::Only(&["serde_json", "sha2", "signal-hook", "ureq"]) },
];
