//! MCP servers and the tools that they offer: what is known of them, and who may call what.
//!
//! Everything that a server says of itself (names, descriptions, schemas, hints) is untrusted. What a tool may do is decided by
//! [`ToolClass`], which an administrator gives to one exact definition.

mod check;
mod known;

pub use check::{
    DefinitionProblem, MAX_DESCRIPTION, MAX_OFFERED_NAME, check_definition, first_invisible, is_invisible,
    offered_name, raised_class,
};
pub use known::{CachedTools, KnownTool, KnownTools, Quarantine, ToolApproval, ToolProblem};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a listed MCP server is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolPurpose {
    /// The company's Jira, with the person's own credential.
    Jira,
    /// The company's Confluence, with the person's own credential.
    Confluence,
    /// Anything else: what it reads comes from an open world.
    Other,
}

impl ToolPurpose {
    /// The word in settings, the API and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jira => "jira",
            Self::Confluence => "confluence",
            Self::Other => "other",
        }
    }
}

/// One entry of the administrator's list of MCP servers: the only ones that are ever called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct McpServer {
    /// Short stable name, `[a-z0-9-]{1,32}`; the prefix of its tools' names.
    pub id: String,
    /// Name shown to people.
    pub name: String,
    /// What it is for.
    pub purpose: ToolPurpose,
    /// Its streamable HTTP endpoint: `https://mcp.corp.example/mcp`.
    pub url: String,
    /// Headers of every request, as templates over `{{jira_pat}}`, `{{jira_url}}`, `{{confluence_pat}}`, `{{confluence_url}}` and
    /// `{{request_id}}`. A header whose credential the person has not connected makes the server unusable for them.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Plain HTTP is allowed; for a server on the same machine.
    #[serde(default)]
    pub allow_http: bool,
    /// Loopback addresses are allowed; for a server on the same machine.
    #[serde(default)]
    pub allow_loopback: bool,
    /// Keys of the Jira projects that its tools may be asked about; empty: all that the person may see.
    #[serde(default)]
    pub projects: Vec<String>,
    /// Keys of the Confluence spaces that its tools may be asked about; empty: all that the person may see.
    #[serde(default)]
    pub spaces: Vec<String>,
}

/// What a tool may be used for; the order is that of danger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolClass {
    /// Reads the company's own Jira or Confluence as the person: the agent may call it, within limits.
    Read,
    /// Reads from elsewhere: the agent may call it where an administrator allowed that for this definition, else each call is asked for.
    ReadOpen,
    /// Creates or comments: only the executor of an approved plan calls it.
    Write,
    /// Changes, deletes, moves, grants: never called.
    Change,
    /// Runs code, fetches addresses, takes free queries that write: never called.
    Open,
}

impl ToolClass {
    /// All classes, the harmless first.
    pub const ALL: [Self; 5] = [Self::Read, Self::ReadOpen, Self::Write, Self::Change, Self::Open];

    /// The word in the API and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::ReadOpen => "read_open",
            Self::Write => "write",
            Self::Change => "change",
            Self::Open => "open",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == raw)
    }
}

/// What a server claims of a tool. It can raise a tool's class and never lowers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ToolHints {
    /// `readOnlyHint`.
    pub read_only: Option<bool>,
    /// `destructiveHint`.
    pub destructive: Option<bool>,
    /// `idempotentHint`.
    pub idempotent: Option<bool>,
    /// `openWorldHint`.
    pub open_world: Option<bool>,
}

/// A tool as its server defines it. Untrusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolDefinition {
    /// The server's name for it, without our prefix.
    pub name: String,
    /// Title for people; may be empty.
    pub title: String,
    /// The server's description; never reaches the model.
    pub description: String,
    /// JSON schema of the arguments, as JSON text.
    pub input_schema: String,
    /// What the server claims.
    pub hints: ToolHints,
    /// The whole definition (`name`, `title`, `description`, `inputSchema`, `outputSchema`, `annotations`, `_meta`) as canonical JSON:
    /// keys sorted, text in NFC. Its SHA-256 is what an approval is pinned to.
    pub canonical: String,
}

/// Who may see a tool list that a server gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheScope {
    /// Only the person with whose credential it was asked for.
    Private,
    /// Everybody.
    Public,
}

/// A tool that a server offers and that is never used: its definition breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedTool {
    /// The server's name for it, safe to show: cut to 128 characters, what cannot be seen or shown is written as `\u{…}`.
    pub name: String,
    /// Why, as a sentence part: `its description holds invisible characters`.
    pub reason: String,
}

/// What a server offers to one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolList {
    /// The tools, in the server's order, each name once.
    pub tools: Vec<ToolDefinition>,
    /// The tools that are not used, in the server's order, for people to see.
    #[serde(default)]
    pub refused: Vec<RefusedTool>,
    /// For how long the server calls the list fresh, in milliseconds.
    pub ttl_ms: Option<i64>,
    /// Who may see it.
    pub scope: CacheScope,
    /// The protocol version that was spoken: `2026-07-28`, `2025-11-25`.
    pub protocol: String,
    /// Name and version by which the server introduced itself; for people only.
    pub server: String,
}

/// A call of one tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The server's name for the tool, without our prefix.
    pub tool: String,
    /// A JSON object, as JSON text.
    pub arguments: String,
}

/// What a tool answered. Untrusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolResult {
    /// Its text blocks together, cut to the size limit at a character.
    pub text: String,
    /// The JSON value in it, as JSON text: the structured content, or the JSON that a text block holds, with JSON inside text unpacked.
    pub json: Option<String>,
    /// The tool says that it failed: by `isError`, or by a body such as `{"error": …}` or `{"success": false}`.
    pub failed: bool,
    /// Bytes that came, before the cut.
    pub bytes: u64,
    /// Whether something was cut off.
    pub cut: bool,
}
