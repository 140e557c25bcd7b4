//! Tool lists as they are kept, and what administrators decided about tools.

use super::{ToolClass, ToolHints};
use crate::{Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// A tool of a kept list: what pages and the model need of it, without the text that its server wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownTool {
    /// The server's name for it.
    pub name: String,
    /// SHA-256 of its whole definition, hexadecimal; empty for a tool whose definition never came this far.
    pub hash: String,
    /// What the server claims.
    pub hints: ToolHints,
    /// Its arguments as a JSON schema reduced to names, types and short words to choose from.
    pub parameters: String,
    /// Why it is not used, whoever approves it; none when nothing is wrong.
    pub refused: Option<String>,
}

/// A list that a server gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownTools {
    /// The tools, in the server's order.
    pub tools: Vec<KnownTool>,
    /// Protocol version that was spoken.
    pub protocol: String,
    /// Name and version by which the server introduced itself.
    pub introduced_as: String,
    /// When it was fetched.
    pub fetched_at: Timestamp,
    /// Until when it is fresh; afterwards it is served stale until a refresh succeeds.
    pub fresh_until: Timestamp,
}

/// Why a list could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolProblem {
    /// Stable code, as [`crate::ports::ToolError::code`].
    pub code: String,
    /// What happened, for people.
    pub detail: String,
    /// When.
    pub at: Timestamp,
}

/// What is kept for one person, server and credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedTools {
    /// Whose it is.
    pub user: UserId,
    /// Which server.
    pub server: String,
    /// Digest of everything that the server was shown: with another credential the list does not exist.
    pub credential: String,
    /// The last list; none when no fetch has succeeded yet.
    pub known: Option<KnownTools>,
    /// Why the last fetch failed; none when it succeeded.
    pub problem: Option<ToolProblem>,
    /// When it is fetched again in the background.
    pub refresh_at: Timestamp,
}

/// A definition that differs from the approved one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantine {
    /// Its hash.
    pub hash: String,
    /// Its full text.
    pub definition: String,
    /// When it was seen first.
    pub at: Timestamp,
}

/// What an administrator decided about one definition of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolApproval {
    /// Which server.
    pub server: String,
    /// The server's name for the tool.
    pub tool: String,
    /// SHA-256 of the definition that was looked at.
    pub hash: String,
    /// What it may be used for.
    pub class: ToolClass,
    /// The administrator's own words for it: the only text about the tool that the model sees.
    pub words: String,
    /// A tool that reads from elsewhere may be called without asking.
    pub auto_read: bool,
    /// Who approved it.
    pub by: UserId,
    /// Their name and employee ID, as they were.
    pub by_name: String,
    /// When.
    pub at: Timestamp,
    /// The definition's full text.
    pub definition: String,
    /// The server has shown another definition since: nobody may call the tool until an administrator has looked at it.
    pub quarantine: Option<Quarantine>,
}
