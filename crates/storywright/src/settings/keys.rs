//! The generated reference of settings, `docs/SETTINGS.md`.

/// Key in `config.json`, variable, default, meaning.
const KEYS: [(&str, &str, &str, &str); 34] = [
    (
        "",
        "STORYWRIGHT_CONFIG",
        "`config`",
        "Folder of `config.json`, `header.json`, `payload.json`, `prompts.json` and `rules/`.",
    ),
    (
        "server.listen",
        "STORYWRIGHT_LISTEN",
        "`127.0.0.1:8080`",
        "Address and port to listen on. TLS ends at your reverse proxy.",
    ),
    (
        "server.public_url",
        "STORYWRIGHT_PUBLIC_URL",
        "`http://` + listen",
        "Address that people open. With `https://`, cookies are `Secure` and HSTS is sent.",
    ),
    ("server.database", "DATABASE_URL", "`var/storywright.db`", "SQLite file, also as `sqlite:PATH`."),
    (
        "server.keyring_file",
        "STORYWRIGHT_KEYRING_FILE",
        "`var/keyring.json`",
        "Keys for secrets at rest, passwords and tokens; made by `storywright keys init`, readable by its owner alone.",
    ),
    (
        "sites",
        "STORYWRIGHT_SITES",
        "none",
        "Jira and Confluence sites that people may connect to: list of `{id, name, kind: jira|confluence, base_url, allow_http?, allow_loopback?, allow_unverified_tls?, marker_field?, spaces?, restricted_spaces?, publish_through?}`. Nothing else is ever called. `marker_field` is the name of a text field that Jira's administrator added for Storywright's mark. `spaces` are the keys of the only Confluence spaces that are searched and read (all that the person may see when it is missing); drafts from `restricted_spaces` warn that fewer people may read them than the Jira project. `publish_through` (`{server, tool, arguments, fields_argument, rename?, key_at?}`) lets a tool of a listed MCP server create the issues: `arguments` are templates over `{{project}}`, `{{summary}}`, `{{issue_type}}`, `{{issue_type_id}}`, `fields_argument` takes all other fields as JSON in a text, `rename` gives fields other names there, `key_at` is the JSON pointer to the key in the result (`/issue/key`).",
    ),
    (
        "mcp_servers",
        "STORYWRIGHT_MCP_SERVERS",
        "none",
        "MCP servers whose tools are offered: list of `{id, name, purpose: jira|confluence|other, url, headers?, projects?, spaces?, allow_http?, allow_loopback?}`. No other is ever called. `headers` are templates over `{{jira_pat}}`, `{{jira_url}}`, `{{confluence_pat}}`, `{{confluence_url}}` and `{{request_id}}`, filled with each person's own values: `{\"Authorization\": \"Token {{jira_pat}}\"}`. `projects` and `spaces` limit what may be asked about; empty: all that the person may see. Per tool at most 4 KB of description, 64 KB of definition, 16 levels and 500 schemas; per server 1,000 tools on 50 pages and 4 MB; per call 30 s, 2 MB of answer and 64 KB of text.",
    ),
    ("llm", "", "none", "LLM services; see `config/README.md`."),
    (
        "server.administrators",
        "STORYWRIGHT_ADMINISTRATORS",
        "none",
        "Employee IDs that become administrators when they sign up; in the variable, separated by commas.",
    ),
    (
        "server.session_idle_minutes",
        "STORYWRIGHT_SESSION_IDLE_MINUTES",
        "30",
        "A session ends after this time without use (5 to 120).",
    ),
    (
        "server.session_hours",
        "STORYWRIGHT_SESSION_HOURS",
        "12",
        "A session ends after this time in any case (1 to 24).",
    ),
    ("server.api_token_minutes", "STORYWRIGHT_API_TOKEN_MINUTES", "480", "Life of an API token."),
    (
        "server.daily_tokens_per_person",
        "STORYWRIGHT_DAILY_TOKENS_PER_PERSON",
        "5000000",
        "Tokens of the LLM that one person may use on a day (UTC), prompts and answers together; 0 for no limit.",
    ),
    (
        "server.daily_tokens",
        "STORYWRIGHT_DAILY_TOKENS",
        "0",
        "Tokens of the LLM that all people together may use on a day; 0 for no limit.",
    ),
    (
        "server.price_input_per_million",
        "STORYWRIGHT_PRICE_INPUT_PER_MILLION",
        "0",
        "What a million tokens of prompts cost, as in `2.50`. What was used keeps the price of its moment.",
    ),
    (
        "server.price_output_per_million",
        "STORYWRIGHT_PRICE_OUTPUT_PER_MILLION",
        "0",
        "What a million tokens of answers cost.",
    ),
    (
        "server.daily_cost_per_person",
        "STORYWRIGHT_DAILY_COST_PER_PERSON",
        "0",
        "What one person may spend on the LLM on a day (UTC); 0 for no limit. At the limit the model is not called any more.",
    ),
    (
        "server.currency",
        "STORYWRIGHT_CURRENCY",
        "none",
        "Name of the currency that is shown beside amounts, as in `EUR`.",
    ),
    ("server.max_open_jobs", "STORYWRIGHT_MAX_OPEN_JOBS", "4", "Jobs that one person may have waiting or running."),
    (
        "server.tools_ttl_minutes",
        "STORYWRIGHT_TOOLS_TTL_MINUTES",
        "360",
        "A list of tools is asked for again after this time (1 to 10080); a server may say less. Until it answers, the old list is used.",
    ),
    (
        "server.source_chars",
        "STORYWRIGHT_SOURCE_CHARS",
        "300000",
        "Most characters of sources that the model is given at once (10000 to 4000000); about four are a token. What does not fit is left out whole, and the draft says so.",
    ),
    (
        "server.writing_workers",
        "STORYWRIGHT_WRITING_WORKERS",
        "1200",
        "Drafts written at once; each takes a thread while it lasts.",
    ),
    ("server.publish_workers", "STORYWRIGHT_PUBLISH_WORKERS", "8", "Publish runs at once."),
    (
        "server.create_timeout_seconds",
        "STORYWRIGHT_CREATE_TIMEOUT_SECONDS",
        "120",
        "Longest time of one create call to Jira. Too short a time makes unknown outcomes.",
    ),
    (
        "server.job_lease_seconds",
        "STORYWRIGHT_JOB_LEASE_SECONDS",
        "180",
        "Lease of a running job; at least the create timeout and 10 s.",
    ),
    (
        "server.reconcile_first_seconds",
        "STORYWRIGHT_RECONCILE_FIRST_SECONDS",
        "30",
        "An issue whose answer was lost is looked for at once, and again after this time; not before the create timeout is over.",
    ),
    (
        "server.reconcile_again_seconds",
        "STORYWRIGHT_RECONCILE_AGAIN_SECONDS",
        "60",
        "Time between the further looks for such an issue.",
    ),
    (
        "server.absent_after_seconds",
        "STORYWRIGHT_ABSENT_AFTER_SECONDS",
        "300",
        "Not before this time such an issue is held for absent and created once more; at least twice the longest timeout of a proxy before Jira.",
    ),
    (
        "server.trusted_proxies",
        "STORYWRIGHT_TRUSTED_PROXIES",
        "none",
        "Addresses or networks of reverse proxies whose `X-Forwarded-For` is believed.",
    ),
    (
        "server.extra_roots_file",
        "STORYWRIGHT_EXTRA_ROOTS_FILE",
        "none",
        "PEM file with certificates trusted for every site.",
    ),
    ("server.bcrypt_cost", "STORYWRIGHT_BCRYPT_COST", "12", "Cost of password hashing (10 to 15)."),
    (
        "",
        "STORYWRIGHT_DEV_ASSETS",
        "none",
        "Folder from which templates and static files are read instead of from the binary; for development.",
    ),
    ("", "STORYWRIGHT_THROTTLE", "on", "`off` lifts sign-in throttling and outbound rate limits; for benchmarks only."),
    ("", "RUST_LOG", "`info`", "What is logged, as `env_logger` reads it. Logs are JSON lines on standard error."),
];

/// The reference as Markdown.
#[must_use]
pub fn reference() -> String {
    let mut text = String::from(
        "# Settings\n\nGenerated by `storywright settings`; a test keeps it fresh.\n\nThe environment overrides `config.json`. A wrong value stops the start with its key, the problem and the cure.\n\n| key in `config.json` | variable | default | meaning |\n|---|---|---|---|\n",
    );
    for (key, variable, default, meaning) in KEYS {
        let code = |name: &str| if name.is_empty() { String::new() } else { format!("`{name}`") };
        text.push_str(&format!("| {} | {} | {default} | {meaning} |\n", code(key), code(variable)));
    }
    text
}
