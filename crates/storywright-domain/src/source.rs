//! Where requirements come from: pages, files and tool results that a draft was written from, and the passages that stories cite.

use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// What kind of thing a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// A Confluence page in one version.
    Page,
    /// An uploaded file.
    File,
    /// A Jira issue as it was when it was read.
    Issue,
    /// Another result of a tool that the agent called.
    Tool,
}

impl SourceKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Page, Self::File, Self::Issue, Self::Tool];

    /// The word in the database and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::File => "file",
            Self::Issue => "issue",
            Self::Tool => "tool",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == raw)
    }
}

/// A source of a draft, pinned to what it said when it was read. Its text is untrusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftSource {
    /// Local reference, unique in the draft and never given again: `p1`. Stories cite it, the model sees it.
    pub id: String,
    /// What it is.
    pub kind: SourceKind,
    /// Site of the administrator's list, or the MCP server; empty for files.
    pub site: String,
    /// Page id, file name, issue key or tool name.
    pub name: String,
    /// Version number of a page, `updated` of an issue, SHA-256 of a file or result.
    pub revision: String,
    /// Title for people.
    pub title: String,
    /// Space or project key; empty for files.
    pub space: String,
    /// Address for people; empty for files.
    pub url: String,
    /// Fewer people may read it than the Jira project: the draft warns.
    pub restricted: bool,
    /// Markdown.
    pub text: String,
    /// When it was read.
    pub read_at: Timestamp,
}

/// A passage that a story rests on: checked to stand in the source, word for word but for white space.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Citation {
    /// Reference of the source: `p1`.
    pub source: String,
    /// The heading under which it stands; may be empty.
    #[serde(default)]
    pub heading: String,
    /// The words.
    #[serde(default)]
    pub quote: String,
}
