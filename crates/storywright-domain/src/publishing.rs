//! Plans, runs and the journal of issue creation.

use crate::finding::Finding;
use crate::jira::{Difference, Marker};
use crate::remote::FieldRefusal;
use crate::source::CitedPage;
use crate::story::LinkKind;
use crate::waiver::StandingWaiver;
use crate::{DraftId, ItemId, JobId, RunId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most issues in one run.
pub const MAX_ITEMS: usize = 200;

/// A link that is made when both of its ends are in Jira.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedLink {
    /// What it says.
    pub kind: LinkKind,
    /// The other end: reference in the plan, or the key of an issue that exists.
    pub to: String,
    /// It goes from the other end to this issue: the other end was created by an earlier run.
    #[serde(default)]
    pub reversed: bool,
}

/// One issue of a plan: exact bytes, and what people are shown of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedIssue {
    /// Local reference in the document: `e1`, `s1`, `s1.2`.
    pub reference: String,
    /// Reference of what it is created under: the epic of a story, the story of a sub-task.
    pub parent: Option<String>,
    /// Key of what it is created under, when an earlier run has created that.
    pub parent_key: Option<String>,
    /// How far down in the tree: 0 without a parent.
    pub depth: u32,
    /// Issue type id.
    pub issue_type_id: String,
    /// Name of the issue type as the site shows it.
    pub issue_type: String,
    /// Summary.
    pub summary: String,
    /// What the person wrote, Markdown.
    pub markdown: String,
    /// Description as Jira will store it.
    pub description: String,
    /// The create payload, JSON text, with `@parent` where the parent's key goes.
    pub payload: String,
    /// SHA-256 of the payload bytes, hexadecimal.
    pub payload_sha256: String,
    /// SHA-256 of the payload without marks: the same for the same issue in another run.
    pub content_sha256: String,
    /// How it is found again when the answer to its creation is lost.
    pub marker: Marker,
    /// Its create screen has no field for its epic: it is put there after it was created.
    pub epic_afterwards: bool,
    /// Links to other issues.
    pub links: Vec<PlannedLink>,
}

/// An issue of the draft that an earlier run has created; it is not created again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExistingIssue {
    /// Local reference in the document.
    pub reference: String,
    /// Its key in Jira.
    pub key: String,
    /// Summary that it was created with.
    pub summary: String,
    /// The run that created it.
    pub run: RunId,
}

/// What a person approves: the payloads of a draft version, and one hash over all of them, how they hang together, host, project and
/// person.
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
    /// How an issue of the draft's own type is found again: `field`, `run_label`, `footer`, `manual`.
    pub marker_mode: String,
    /// The same for every issue type of the plan, by its name.
    pub marker_modes: BTreeMap<String, String>,
    /// The MCP server and the tool that create the issues; `None`: Jira's own REST API.
    pub through: Option<(String, String)>,
    /// SHA-256, hexadecimal.
    pub plan_hash: String,
    /// Confluence pages that the issue of a story will link to, by reference of the story; the hash covers them.
    pub pages: BTreeMap<String, Vec<CitedPage>>,
    /// In the order of the tree: what is below an issue comes after it.
    pub issues: Vec<PlannedIssue>,
    /// What earlier runs of the draft have created: left out of this plan.
    pub existing: Vec<ExistingIssue>,
    /// What a person should look at before approving; nothing of it blocks.
    pub findings: Vec<Finding>,
    /// What the person lets pass, of `findings`; the hash covers it.
    pub waivers: Vec<StandingWaiver>,
}

/// The word for a marker in plans, in the database and the API.
#[must_use]
pub fn marker_mode(marker: &Marker) -> &'static str {
    match marker {
        Marker::Field { .. } => "field",
        Marker::RunLabel(_) => "run_label",
        Marker::Footer(_) => "footer",
        Marker::Word(_) => "word",
        Marker::Manual => "manual",
    }
}

/// Where one issue of a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemState {
    /// Waits for its turn.
    Planned,
    /// Intent is on disk; the call may be under way. After a crash this is read as [`ItemState::Unknown`].
    Sending,
    /// In Jira, not finished yet: not read back, not linked.
    Created,
    /// In Jira, read back and linked: finished.
    Linked,
    /// In Jira, but a finishing step was refused: `problem` says which.
    Unlinked,
    /// Jira refused it.
    Rejected,
    /// Whether it is in Jira is not known.
    Unknown,
    /// Whether it is in Jira is not known and is being found out: it is looked for from time to time.
    Reconciling,
    /// Whether it is in Jira could not be found out: the person decides.
    NeedsHuman,
    /// It was looked for everywhere and is not in Jira.
    Absent,
    /// Its parent was not created.
    Blocked,
    /// Somebody stopped the run before its turn, or another run took it over.
    Cancelled,
}

impl ItemState {
    /// All states.
    pub const ALL: [Self; 12] = [
        Self::Planned,
        Self::Sending,
        Self::Created,
        Self::Linked,
        Self::Unlinked,
        Self::Rejected,
        Self::Unknown,
        Self::Reconciling,
        Self::NeedsHuman,
        Self::Absent,
        Self::Blocked,
        Self::Cancelled,
    ];

    /// The word in the database and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Sending => "sending",
            Self::Created => "created",
            Self::Linked => "linked",
            Self::Unlinked => "unlinked",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
            Self::Reconciling => "reconciling",
            Self::NeedsHuman => "needs_human",
            Self::Absent => "absent",
            Self::Blocked => "blocked",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == raw)
    }

    /// It is in Jira, finished or not.
    #[must_use]
    pub fn is_in_jira(self) -> bool {
        matches!(self, Self::Created | Self::Linked | Self::Unlinked)
    }

    /// Whether it is in Jira is not known: nothing is sent for it.
    #[must_use]
    pub fn is_in_doubt(self) -> bool {
        matches!(self, Self::Unknown | Self::Reconciling | Self::NeedsHuman)
    }

    /// It is not in Jira, and nothing more happens to it by itself.
    #[must_use]
    pub fn is_missing(self) -> bool {
        matches!(self, Self::Rejected | Self::Absent | Self::Blocked | Self::Cancelled)
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
    /// How issues of the draft's own type are found again: `field`, `run_label`, `footer`, `manual`.
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
    /// Highest issue number that the project was known to have before the first create call; `None` when that is not known.
    pub newest_before: Option<u64>,
    /// When late arrivals are looked for the next time; `None` when that is over or has not begun.
    pub sweep_at: Option<Timestamp>,
    /// How often late arrivals have been looked for.
    pub sweeps: u32,
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
    /// Key of what it is created under, when an earlier run has created that.
    pub parent_key: Option<String>,
    /// Issue type id.
    pub issue_type_id: String,
    /// Issue type name, for people.
    pub issue_type: String,
    /// Summary, for people.
    pub summary: String,
    /// Approved payload.
    pub payload: String,
    /// SHA-256 of the payload.
    pub payload_sha256: String,
    /// SHA-256 of the payload without marks.
    pub content_sha256: String,
    /// How it is found again when the answer to its creation is lost.
    pub marker: Marker,
    /// It is put into its epic after it was created.
    pub epic_afterwards: bool,
    /// Links to other issues, made when both ends are in Jira.
    pub links: Vec<PlannedLink>,
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
    /// Jira's refusal, field by field.
    pub fields: Vec<FieldRefusal>,
    /// What Jira stored otherwise than it was sent, seen when it was read back.
    pub differences: Vec<Difference>,
    /// Keys of further issues that carry this item's proof of origin: they came late, and nothing is deleted.
    pub duplicates: Vec<String>,
    /// How often it was looked for since its answer was lost.
    pub probes: u32,
    /// When it is looked for the next time.
    pub next_probe_at: Option<Timestamp>,
}

/// How far down in the tree each item is: 0 for what has nothing above it.
#[must_use]
pub fn depths(items: &[RunItem]) -> Vec<u32> {
    let mut depths: Vec<u32> = Vec::with_capacity(items.len());
    for item in items {
        // Parents come first.
        let parent = item.parent.and_then(|parent| items[..depths.len()].iter().position(|other| other.id == parent));
        let under_existing = item.parent_key.is_some() && !item.epic_afterwards;
        depths.push(parent.map_or(u32::from(under_existing), |parent| depths[parent] + 1));
    }
    depths
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
