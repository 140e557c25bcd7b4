//! What Storywright knows about a remote site, how it is reached, and what can go wrong there.

use crate::{RequestId, Secret, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a listed site is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SiteKind {
    /// Jira Data Center or Cloud.
    Jira,
    /// Confluence Data Center or Cloud.
    Confluence,
}

/// One entry of the administrator's list: the only places that a person's credential may travel to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Short stable name, as used in the API and the database: `jira`.
    pub id: String,
    /// Name shown to people: `Jira (Frankfurt)`.
    pub name: String,
    /// What answers there.
    pub kind: SiteKind,
    /// Scheme, host, port and context path, without a slash at the end: `https://jira.corp.example/jira`.
    pub base_url: String,
    /// Plain HTTP is allowed; for a site on the same machine.
    #[serde(default)]
    pub allow_http: bool,
    /// Loopback addresses are allowed; for a site on the same machine.
    #[serde(default)]
    pub allow_loopback: bool,
    /// People may turn certificate verification off for this site.
    #[serde(default)]
    pub allow_unverified_tls: bool,
    /// Jira: name of a text field that the administrator there added for Storywright's mark. Where a create screen has it, issues
    /// whose answer was lost are found by it, and no label is needed.
    #[serde(default)]
    pub marker_field: Option<String>,
    /// Confluence: keys of the only spaces that are searched and read; empty for all that the person may see.
    #[serde(default)]
    pub spaces: Vec<String>,
    /// Confluence: keys of spaces that fewer people may read than the Jira projects that stories go to. Drafts from them warn.
    #[serde(default)]
    pub restricted_spaces: Vec<String>,
    /// Jira: issues are created by a tool of an MCP server instead of the site's own REST API.
    #[serde(default)]
    pub publish_through: Option<ToolMapping>,
}

impl Site {
    /// Whether pages of this space may be read.
    #[must_use]
    pub fn allows_space(&self, key: &str) -> bool {
        self.spaces.is_empty() || self.spaces.iter().any(|allowed| allowed.eq_ignore_ascii_case(key))
    }

    /// Whether fewer people may read this space than the Jira projects: somebody's own space, or one that the list names.
    #[must_use]
    pub fn restricts_space(&self, key: &str) -> bool {
        key.starts_with('~') || self.restricted_spaces.iter().any(|restricted| restricted.eq_ignore_ascii_case(key))
    }
}

/// How an issue becomes a call of one tool that creates one issue. Declared by the administrator; nothing is guessed from the tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolMapping {
    /// Id of a listed MCP server.
    pub server: String,
    /// The server's name of the tool.
    pub tool: String,
    /// Arguments as templates over `{{project}}`, `{{summary}}`, `{{issue_type}}` (its name) and `{{issue_type_id}}`.
    pub arguments: BTreeMap<String, String>,
    /// The argument that takes all other fields, as a JSON object in a string.
    pub fields_argument: String,
    /// Names of fields in that object where they differ from the field id: `{"description": "Description"}`.
    #[serde(default)]
    pub rename: BTreeMap<String, String>,
    /// JSON pointer to the key in the result.
    #[serde(default = "key_at")]
    pub key_at: String,
}

fn key_at() -> String {
    "/issue/key".to_owned()
}

/// How the certificate of a site is checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsTrust {
    /// Whether the certificate chain is verified.
    pub verify: bool,
    /// Certificates in PEM that are trusted for this site besides the public ones.
    pub ca_pem: Option<String>,
}

impl Default for TlsTrust {
    fn default() -> Self {
        Self { verify: true, ca_pem: None }
    }
}

/// Everything an adapter needs to speak to one site for one person. It holds a secret, so it has no `Debug`.
#[derive(Clone)]
pub struct Access {
    /// The person on whose behalf the call is made; rate limits and caches are kept apart by it.
    pub user: UserId,
    /// Where the call goes.
    pub site: Site,
    /// The personal access token; for Cloud `e-mail:API token`.
    pub credential: Secret,
    /// How the certificate is checked.
    pub tls: TlsTrust,
    /// Sent on as `X-Request-ID`.
    pub request_id: RequestId,
}

/// A refused field, in the site's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldRefusal {
    /// Field id as the site names it: `customfield_10040`.
    pub field: String,
    /// The site's message, in the person's language there.
    pub message: String,
}

/// Why a call to a remote site gave no answer, sorted by what the caller can do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    /// The credential is wrong, expired or revoked, or the site answered as to nobody: a new one is needed.
    #[error("the site did not accept the credential ({detail})")]
    Unauthorized {
        /// What was seen: status and reason header.
        detail: String,
    },
    /// The site answered with a sign-in page instead of data; a proxy stands before it, or a cookie has expired.
    #[error("the site answered with a sign-in page ({detail})")]
    LoginPage {
        /// Status and content type.
        detail: String,
    },
    /// The site wants its person to solve a CAPTCHA in a browser first; retrying makes it worse.
    #[error("the site wants a CAPTCHA to be solved in a browser first")]
    Captcha {
        /// Where to solve it, when the site said so.
        login_url: Option<String>,
    },
    /// The credential is good, but the person may not do this.
    #[error("the site does not allow this ({detail})")]
    Forbidden {
        /// The site's words.
        detail: String,
    },
    /// There is no such thing, or the person may not see it.
    #[error("the site has no such thing, or hides it")]
    NotFound,
    /// The site understood and refused; the input must change.
    #[error("the site refused: {}", messages.join("; "))]
    Rejected {
        /// General messages.
        messages: Vec<String>,
        /// Messages per field.
        fields: Vec<FieldRefusal>,
    },
    /// Too many calls; wait this long.
    #[error("the site asks to wait {} s", retry_after_ms / 1_000)]
    RateLimited {
        /// Milliseconds to wait, between 1,000 and 120,000.
        retry_after_ms: i64,
    },
    /// Nobody answered, or not in time, or with a server error; the same call may succeed later.
    #[error("the site is not reachable ({detail})")]
    Unavailable {
        /// What happened, without addresses of other hosts or secrets.
        detail: String,
    },
    /// The certificate could not be verified.
    #[error("the site's certificate is not trusted ({detail})")]
    Certificate {
        /// The verifier's words.
        detail: String,
    },
    /// The address is not on the administrator's list, or resolves to an address that is never allowed.
    #[error("the address is not allowed ({detail})")]
    NotAllowed {
        /// What was refused.
        detail: String,
    },
    /// The answer could not be understood.
    #[error("the answer could not be understood ({detail})")]
    Malformed {
        /// Where the answer differs from what was expected.
        detail: String,
    },
}

impl RemoteError {
    /// Whether this answer to a call that writes means that nothing was written: the service's own words about this very call, or a call
    /// that never left. Whoever turns a call away otherwise may stand behind the one who does the work.
    #[must_use]
    pub fn proves_nothing_written(&self) -> bool {
        matches!(self, Self::Rejected { .. } | Self::NotFound | Self::NotAllowed { .. } | Self::Certificate { .. })
    }

    /// Stable code for pages, the JSON API, logs and stored test results.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized { .. } => "credential_refused",
            Self::LoginPage { .. } => "login_page",
            Self::Captcha { .. } => "captcha_required",
            Self::Forbidden { .. } => "forbidden_there",
            Self::NotFound => "not_found_there",
            Self::Rejected { .. } => "rejected_there",
            Self::RateLimited { .. } => "rate_limited_there",
            Self::Unavailable { .. } => "unavailable",
            Self::Certificate { .. } => "certificate_untrusted",
            Self::NotAllowed { .. } => "site_not_allowed",
            Self::Malformed { .. } => "malformed_answer",
        }
    }
}
