//! Plans, runs and the journal of issue creation.

use crate::{DraftId, ItemId, JobId, RunId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// Most issues in one run.
pub const MAX_ITEMS: usize = 200;

/// One issue of a plan: exact bytes, and what people are shown of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedIssue {
    /// Local reference in the document: `s1`, `s1.2`.
    pub reference: String,
    /// Reference of the parent, for a sub-task.
    pub parent: Option<String>,
    /// Name of the issue type as the site shows it.
    pub issue_type: String,
    /// Summary.
    pub summary: String,
    /// Description as Jira will store it.
    pub description: String,
    /// The create payload, JSON text, with `@parent` where the parent's key goes.
    pub payload: String,
    /// SHA-256 of the payload bytes, hexadecimal.
    pub payload_sha256: String,
}

/// What a person approves: the payloads of a draft version, and one hash over all of them, host, project and person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Draft.
    pub draft: DraftId,
    /// Version of the draft that it was made from.
    pub version: u32,
    /// Jira site id.
    pub site: String,
    /// Project key.
    pub project: String,
    /// Label that marks every issue of the run.
    pub run_label: String,
    /// How an issue whose answer was lost will be found again: `run_label`, `footer`.
    pub marker_mode: String,
    /// SHA-256, hexadecimal.
    pub plan_hash: String,
    /// Parents before children.
    pub issues: Vec<PlannedIssue>,
}

/// Where one issue of a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemState {
    /// Waits for its turn.
    Planned,
    /// Intent is on disk; the call may be under way. After a crash this is read as [`ItemState::Unknown`].
    Sending,
    /// In Jira.
    Created,
    /// Jira refused it.
    Rejected,
    /// Whether it is in Jira is not known.
    Unknown,
    /// Its parent was not created.
    Blocked,
    /// Somebody stopped the run before its turn.
    Cancelled,
}

impl ItemState {
    /// All states.
    pub const ALL: [Self; 7] =
        [Self::Planned, Self::Sending, Self::Created, Self::Rejected, Self::Unknown, Self::Blocked, Self::Cancelled];

    /// The word in the database and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Sending => "sending",
            Self::Created => "created",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
            Self::Blocked => "blocked",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == raw)
    }
}

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Approved, not finished.
    Active,
    /// Waits for the person: the credential stopped working, or the site wants something.
    Paused,
    /// Every item is created.
    Completed,
    /// Nothing more will happen by itself, and not every item is created.
    Incomplete,
    /// Somebody stopped it.
    Stopped,
}

impl RunState {
    /// All states.
    pub const ALL: [Self; 5] = [Self::Active, Self::Paused, Self::Completed, Self::Incomplete, Self::Stopped];

    /// The word in the database and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::Incomplete => "incomplete",
            Self::Stopped => "stopped",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == raw)
    }
}

/// A publish run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// Whose it is.
    pub user: UserId,
    /// From which draft.
    pub draft: DraftId,
    /// From which version.
    pub version: u32,
    /// Jira site id.
    pub site: String,
    /// Project key.
    pub project: String,
    /// What was approved.
    pub plan_hash: String,
    /// Label that marks every issue.
    pub run_label: String,
    /// `run_label` or `footer`.
    pub marker_mode: String,
    /// `Idempotency-Key` of the request; unique per person.
    pub idempotency_key: String,
    /// Where it is.
    pub state: RunState,
    /// Why it is paused or incomplete, for people.
    pub reason: Option<String>,
    /// The job that works on it.
    pub job: JobId,
    /// When it was approved.
    pub approved_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// One row of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunItem {
    /// Its id.
    pub id: ItemId,
    /// Its run.
    pub run: RunId,
    /// Order of creation, from 0; parents come first.
    pub ordinal: u32,
    /// Local reference in the document.
    pub reference: String,
    /// Item under which it is created.
    pub parent: Option<ItemId>,
    /// Issue type name, for people.
    pub issue_type: String,
    /// Summary, for people.
    pub summary: String,
    /// Approved payload.
    pub payload: String,
    /// SHA-256 of the payload.
    pub payload_sha256: String,
    /// Where it is.
    pub state: ItemState,
    /// Create calls begun.
    pub attempts: u32,
    /// When the last create call began.
    pub sent_at: Option<Timestamp>,
    /// Numeric id in Jira.
    pub jira_id: Option<String>,
    /// Key in Jira.
    pub jira_key: Option<String>,
    /// What went wrong, for people: Jira's words with field ids, or what happened on the way.
    pub problem: Option<String>,
}

/// One line of the journal's history; never changed, never deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunEvent {
    /// Its item.
    pub item: ItemId,
    /// Fence of the worker that wrote it.
    pub fence: i64,
    /// State before.
    pub from: ItemState,
    /// State after.
    pub to: ItemState,
    /// When.
    pub at: Timestamp,
    /// What was seen.
    pub detail: String,
}
