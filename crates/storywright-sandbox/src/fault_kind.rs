//! What a fault does to a request.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One way to misbehave. In JSON the field `kind` names it and the other fields stand beside it:
/// `{"service":"jira","path":"/rest/api/2/issue","kind":"status","code":503}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// Waits before the work is done. The work is done even when the client has gone by then. Combines with other faults.
    DelayMs {
        /// Milliseconds to wait.
        ms: u64,
    },
    /// Does the work, then waits before the answer is sent. Combines with other faults.
    DelayAfterMs {
        /// Milliseconds to wait.
        ms: u64,
    },
    /// Closes the connection without doing the work and without an answer.
    DropBefore,
    /// Does the work, then closes the connection without an answer.
    DropAfter,
    /// Answers with this status instead of doing the work.
    Status {
        /// HTTP status.
        code: u16,
        /// Body; without one Jira's error shape with the status's reason is sent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<serde_json::Value>,
        /// Additional headers; a `Content-Type` here replaces the default.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        headers: BTreeMap<String, String>,
    },
    /// Does the work, then answers with this status, as a proxy does whose patience ended.
    StatusAfterCommit {
        /// HTTP status.
        code: u16,
        /// Body; without one a proxy's HTML page is sent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<serde_json::Value>,
        /// Additional headers.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        headers: BTreeMap<String, String>,
    },
    /// 429 with `Retry-After` and the rate-limit headers of Data Center; the work is not done.
    RetryAfter {
        /// Seconds in `Retry-After`.
        seconds: u64,
        /// HTTP status, 429 unless said otherwise.
        #[serde(default = "too_many")]
        code: u16,
    },
    /// 200 with the HTML page of a single sign-on login; the work is not done.
    HtmlLogin,
    /// Does the work, sends the answer's head and a part of its body, then closes the connection.
    Truncate {
        /// Bytes of the body to let through; half of the body, or 200 of a stream, unless said otherwise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after_bytes: Option<u64>,
    },
    /// Like `truncate`, but the connection stays open and silent.
    Stall {
        /// Bytes of the body to let through; half of the body, or 200 of a stream, unless said otherwise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after_bytes: Option<u64>,
    },
    /// Does the work, then answers with the right status and JSON that breaks off.
    MalformedJson,
    /// Jira's search does not see issues younger than this. Combines with other faults, and lasts until it is removed
    /// unless `times` is given, which then counts searches.
    IndexLagMs {
        /// Milliseconds; -1 hides every issue that this company's clients created.
        ms: i64,
    },
    /// The credential is taken for nobody's: endpoints that allow it answer as anonymous, the others 401.
    Anonymous,
    /// An MCP server's list shows this tool with other words and one argument more, as after an upgrade that nobody announced.
    /// Combines with other faults, and lasts until it is removed unless `times` is given, which then counts lists.
    ChangedDefinition {
        /// The tool; every tool when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tool: Option<String>,
    },
    /// An MCP server's list shows this tool with orders to the model in its description. Lasts like `changed_definition`.
    PoisonedDescription {
        /// The tool; every tool when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tool: Option<String>,
        /// The orders; some that a gullible model would follow unless said otherwise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// An MCP server's tool does its work, and its result also holds orders to the model. Combines with other faults.
    PoisonedResult {
        /// The orders; some that a gullible model would follow unless said otherwise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// An MCP server's tool does its work, and its result is padded. Combines with other faults.
    HugeResult {
        /// Bytes of padding; 1 MiB unless said otherwise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bytes: Option<usize>,
    },
    /// Each page of an MCP server's list is the first one and says that there is another. Lasts like `changed_definition`.
    CircularPages,
}

fn too_many() -> u16 {
    429
}

impl FaultKind {
    /// Name as in JSON.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::DelayMs { .. } => "delay_ms",
            Self::DelayAfterMs { .. } => "delay_after_ms",
            Self::DropBefore => "drop_before",
            Self::DropAfter => "drop_after",
            Self::Status { .. } => "status",
            Self::StatusAfterCommit { .. } => "status_after_commit",
            Self::RetryAfter { .. } => "retry_after",
            Self::HtmlLogin => "html_login",
            Self::Truncate { .. } => "truncate",
            Self::Stall { .. } => "stall",
            Self::MalformedJson => "malformed_json",
            Self::IndexLagMs { .. } => "index_lag_ms",
            Self::Anonymous => "anonymous",
            Self::ChangedDefinition { .. } => "changed_definition",
            Self::PoisonedDescription { .. } => "poisoned_description",
            Self::PoisonedResult { .. } => "poisoned_result",
            Self::HugeResult { .. } => "huge_result",
            Self::CircularPages => "circular_pages",
        }
    }

    /// True for faults that work beside others instead of taking the request over.
    pub(crate) fn combines(&self) -> bool {
        matches!(self, Self::DelayMs { .. } | Self::DelayAfterMs { .. } | Self::IndexLagMs { .. } | Self::Anonymous)
            || self.spoils_tools()
            || self.spoils_results()
    }

    /// True for faults of an MCP server's tool list.
    pub(crate) fn spoils_tools(&self) -> bool {
        matches!(self, Self::ChangedDefinition { .. } | Self::PoisonedDescription { .. } | Self::CircularPages)
    }

    /// True for faults of what an MCP server's tools answer.
    pub(crate) fn spoils_results(&self) -> bool {
        matches!(self, Self::PoisonedResult { .. } | Self::HugeResult { .. })
    }

    /// True for states of a site, which last unless said otherwise; the others are accidents.
    pub(crate) fn lasts(&self) -> bool {
        matches!(self, Self::IndexLagMs { .. }) || self.spoils_tools()
    }

    /// True when a request to this path can meet the fault at all.
    pub(crate) fn reaches(&self, path: &str) -> bool {
        match self {
            Self::IndexLagMs { .. } => path.ends_with("/search"),
            kind if kind.spoils_tools() => path.ends_with("/tools/list"),
            kind if kind.spoils_results() => path.contains("/tools/call/"),
            _ => true,
        }
    }
}
