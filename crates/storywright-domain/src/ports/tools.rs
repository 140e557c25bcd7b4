//! The MCP port: lists tools and calls them, for one person at a time.

use crate::cancel::Cancellation;
use crate::remote::TlsTrust;
use crate::tool::{McpServer, ToolCall, ToolList, ToolResult};
use crate::{RequestId, Secret, UserId};

/// Everything needed to speak to one MCP server for one person. It holds secrets, so it has no `Debug`.
#[derive(Clone)]
pub struct ToolAccess {
    /// The person on whose behalf calls are made; sessions, caches and limits are kept apart by it.
    pub user: UserId,
    /// Where calls go.
    pub server: McpServer,
    /// Values for the header templates by name: `jira_pat`, `confluence_pat`.
    pub secrets: Vec<(&'static str, Secret)>,
    /// Values that are no secrets: `jira_url`, `confluence_url`.
    pub values: Vec<(&'static str, String)>,
    /// How the certificate is checked.
    pub tls: TlsTrust,
    /// Sent on as `X-Request-ID`.
    pub request_id: RequestId,
}

/// Why a call to an MCP server gave no result, sorted by what the caller can do. A tool that ran and failed is no error:
/// see [`ToolResult::failed`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ToolError {
    /// The credential is missing, wrong or expired.
    #[error("the MCP server did not accept the credential ({detail})")]
    Unauthorized {
        /// What was seen.
        detail: String,
    },
    /// No connection came about: nothing was sent.
    #[error("the MCP server is not reachable ({detail})")]
    Unreachable {
        /// What happened.
        detail: String,
    },
    /// The call was sent and no answer came: it broke off or took too long. What it did is not known.
    #[error("the MCP server gave no answer ({detail})")]
    NoAnswer {
        /// What happened.
        detail: String,
    },
    /// Too many calls; wait this long.
    #[error("the MCP server asks to wait {} s", retry_after_ms / 1_000)]
    RateLimited {
        /// Milliseconds to wait, between 1,000 and 120,000.
        retry_after_ms: i64,
    },
    /// The server does not know the tool or refuses the arguments (a JSON-RPC error).
    #[error("the MCP server refused the call ({detail})")]
    Rejected {
        /// JSON-RPC code, 0 when there was none.
        code: i64,
        /// The server's words, cut.
        detail: String,
    },
    /// It wants something that is never given by itself: input, sampling, elicitation.
    #[error("the MCP server asks for more ({detail})")]
    AsksForMore {
        /// What it wants.
        detail: String,
    },
    /// The answer is no MCP, or over a limit of size, depth or pages.
    #[error("the answer of the MCP server could not be understood ({detail})")]
    Malformed {
        /// Where it differs from what was expected.
        detail: String,
    },
    /// The certificate could not be verified.
    #[error("the MCP server's certificate is not trusted ({detail})")]
    Certificate {
        /// The verifier's words.
        detail: String,
    },
    /// The address is not on the administrator's list, or resolves to one that is never allowed.
    #[error("the address is not allowed ({detail})")]
    NotAllowed {
        /// What was refused.
        detail: String,
    },
    /// Somebody stopped it.
    #[error("stopped")]
    Cancelled,
}

impl ToolError {
    /// Stable code for pages, the JSON API, logs and stored steps.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized { .. } => "mcp_credential_refused",
            Self::Unreachable { .. } => "mcp_unreachable",
            Self::NoAnswer { .. } => "mcp_no_answer",
            Self::RateLimited { .. } => "mcp_rate_limited",
            Self::Rejected { .. } => "mcp_rejected",
            Self::AsksForMore { .. } => "mcp_asks_for_more",
            Self::Malformed { .. } => "mcp_malformed",
            Self::Certificate { .. } => "mcp_certificate_untrusted",
            Self::NotAllowed { .. } => "mcp_not_allowed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// MCP servers.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait ToolServer: Send + Sync {
    /// All tools that the server offers with this access: every page of the list, in order. Speaks the newest protocol that the
    /// server knows. A tool whose definition breaks a rule (name, size, depth of its schema, characters that cannot be seen, a
    /// reference to elsewhere) is in `refused` and not among the tools; a list over the limits of pages, tools or bytes is
    /// [`ToolError::Malformed`].
    ///
    /// # Errors
    /// Any [`ToolError`].
    fn list_tools(&self, access: &ToolAccess, cancellation: &Cancellation) -> Result<ToolList, ToolError>;

    /// Calls one tool, once: nothing is sent again, whatever the server says. Raising `cancellation` tells the server and returns at
    /// once; what the tool did until then is not known. No call takes longer than 30 s, whatever progress is reported. The text is cut
    /// at 64 KB and says so; an answer over the limits of bytes or depth is [`ToolError::Malformed`].
    ///
    /// # Errors
    /// Any [`ToolError`].
    fn call_tool(
        &self,
        access: &ToolAccess,
        call: &ToolCall,
        cancellation: &Cancellation,
    ) -> Result<ToolResult, ToolError>;
}
