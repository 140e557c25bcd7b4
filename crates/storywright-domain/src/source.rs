//! Where requirements come from: pages, files and tool results that a draft was written from, and the passages that stories cite.

use crate::suspicion::Suspicion;
use crate::{JobId, Timestamp};
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

/// Most sources of a draft.
pub const MAX_SOURCES: usize = 300;
/// Most characters of one source; a longer one is refused as a whole, so that nothing is cut silently.
pub const MAX_SOURCE_CHARS: usize = 1_000_000;

/// Which pages below a page are added with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Below {
    /// None.
    #[default]
    None,
    /// Those directly below.
    Children,
    /// All.
    All,
}

impl Below {
    /// All choices.
    pub const ALL: [Self; 3] = [Self::None, Self::Children, Self::All];

    /// The word in the database and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Children => "children",
            Self::All => "all",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|below| below.as_str() == raw)
    }
}

/// How far the reading of a source has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceState {
    /// A job is to read it.
    Waiting,
    /// Its text is here.
    Read,
    /// It could not be read; it stays in the list and can be tried again.
    Failed {
        /// Stable code.
        code: String,
    },
}

impl SourceState {
    /// The word in the database and the API.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Read => "read",
            Self::Failed { .. } => "failed",
        }
    }
}

/// A source as lists show it: everything but its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceEntry {
    /// Its number in the draft, from 1; never given again.
    pub number: u32,
    /// What it is.
    pub kind: SourceKind,
    /// How far it has come.
    pub state: SourceState,
    /// The job that reads it.
    pub job: Option<JobId>,
    /// Which pages below it are added when it is read.
    pub below: Below,
    /// As [`DraftSource::site`].
    pub site: String,
    /// As [`DraftSource::name`].
    pub name: String,
    /// As [`DraftSource::revision`]; empty until it is read.
    pub revision: String,
    /// Title for people.
    pub title: String,
    /// Space or project key.
    pub space: String,
    /// Address for people.
    pub url: String,
    /// As [`DraftSource::restricted`].
    pub restricted: bool,
    /// Characters of its text.
    pub chars: usize,
    /// Words for people: what went wrong, or what was left out.
    pub note: String,
    /// When it was read, or added when it is not.
    pub read_at: Timestamp,
    /// How often it was read again in a newer version.
    pub rereads: u32,
    /// When it was removed; it can be brought back for a while.
    pub removed_at: Option<Timestamp>,
    /// When it was looked at whether it has changed since.
    pub checked_at: Option<Timestamp>,
    /// The version that it has there by now, when that is another one; empty when it is gone.
    pub newer: Option<String>,
    /// What in it may be meant for a model instead of its readers.
    pub suspicions: Vec<Suspicion>,
}

impl SourceEntry {
    /// Its reference: `p1`.
    #[must_use]
    pub fn id(&self) -> String {
        Self::id_of(self.number)
    }

    /// The reference of the source with this number.
    #[must_use]
    pub fn id_of(number: u32) -> String {
        format!("p{number}")
    }

    /// The number in a reference.
    #[must_use]
    pub fn number_of(id: &str) -> Option<u32> {
        let digits = id.strip_prefix('p')?;
        (digits.len() <= 9 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
    }

    /// Whether its text is here.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.state == SourceState::Read
    }
}

/// A page that a story cites: the issue of the story links to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CitedPage {
    /// Site of the administrator's list.
    pub site: String,
    /// Page id there.
    pub id: String,
    /// Title.
    pub title: String,
    /// Address for people.
    pub url: String,
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
