//! Background jobs and what they say while they run.

use crate::{JobId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Writes a draft from requirements.
    Generate,
    /// Changes a draft by instruction.
    Refine,
    /// Creates the issues of an approved plan.
    Publish,
    /// Reads sources of a draft.
    ReadSources,
    /// Asks an MCP server for its tools.
    RefreshTools,
    /// Has the stories of a draft judged by the model.
    Judge,
    /// Writes the columns of a trial of prompts.
    TryPrompts,
}

impl JobKind {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::Generate,
        Self::Refine,
        Self::Publish,
        Self::ReadSources,
        Self::RefreshTools,
        Self::Judge,
        Self::TryPrompts,
    ];

    /// The word in the database and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Generate => "generate",
            Self::Refine => "refine",
            Self::Publish => "publish",
            Self::ReadSources => "read_sources",
            Self::RefreshTools => "refresh_tools",
            Self::Judge => "judge",
            Self::TryPrompts => "try_prompts",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == raw)
    }
}

/// Where a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    /// Waits for a worker (also between attempts, and while a question waits for its answer).
    Pending,
    /// A worker holds its lease.
    Running,
    /// Done.
    Completed,
    /// Gave up; `error` says why.
    Failed,
    /// Somebody stopped it.
    Cancelled,
}

impl JobStatus {
    /// All states.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Running, Self::Completed, Self::Failed, Self::Cancelled];

    /// The word in the database and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == raw)
    }

    /// Whether nothing more will happen.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

/// Attempts after which a job is given up.
pub const MAX_ATTEMPTS: u32 = 5;

/// A job as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Whose it is.
    pub user: UserId,
    /// What it does.
    pub kind: JobKind,
    /// Draft, run or trial that it works on, as text: the job list links to it.
    pub subject: String,
    /// What it needs, as JSON.
    pub payload: String,
    /// Where it is.
    pub status: JobStatus,
    /// Attempts begun.
    pub attempts: u32,
    /// Not before this time.
    pub run_at: Timestamp,
    /// A question to the person is open; the job runs again when it is answered.
    pub question: Option<String>,
    /// Somebody asked to stop.
    pub cancel_requested: bool,
    /// Why it failed: a stable code, then a colon and words for people.
    pub error: Option<String>,
    /// Fence number of the present or last lease; grows with each claim.
    pub fence: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// In which request it was asked for.
    pub request_id: String,
}

impl Job {
    /// A job that waits for a worker from `now` on, with nothing in its payload.
    #[must_use]
    pub fn waiting(id: JobId, user: UserId, kind: JobKind, subject: String, request_id: &str, now: Timestamp) -> Self {
        Self {
            id,
            user,
            kind,
            subject,
            payload: "{}".to_owned(),
            status: JobStatus::Pending,
            attempts: 0,
            run_at: now,
            question: None,
            cancel_requested: false,
            error: None,
            fence: 0,
            created_at: now,
            finished_at: None,
            request_id: request_id.to_owned(),
        }
    }
}

/// The kind of an event. The data is JSON; its shape is given per kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// `{"path":"stories.0.summary","text":"…"}`: append the text at that place of the document being written; of a trial,
    /// paths begin with its column, as in `columns.2.stories.0.summary`.
    Token,
    /// `{"attempt":2,"reason":"…"}`: forget what was streamed before; the writing starts again.
    Reset,
    /// `{"question":"…"}`: the job waits for an answer.
    Clarify,
    /// `{"version":3}`: the draft has a new version.
    Draft,
    /// `{"errors":1,"warnings":0}`: findings of the new version.
    Finding,
    /// `{"step":"…","done":1,"total":3}`; of a trial also `"column":2`, which has changed.
    Progress,
    /// `{"ordinal":3,"kind":"tool","state":"running","asked":"…","tool":"…","problem":"…"}`: a step of the agent began or ended.
    Step,
    /// `{"item":"…","state":"created","key":"PAY-1"}`: an issue of a run changed state.
    Issue,
    /// `{"status":"completed"|"cancelled"}`: the last event.
    Done,
    /// `{"code":"…","message":"…","retry":true|false}`; followed by more only when `retry` is true.
    Error,
}

impl EventKind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::Token,
        Self::Reset,
        Self::Clarify,
        Self::Draft,
        Self::Finding,
        Self::Progress,
        Self::Step,
        Self::Issue,
        Self::Done,
        Self::Error,
    ];

    /// The event name on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Reset => "reset",
            Self::Clarify => "clarify",
            Self::Draft => "draft",
            Self::Finding => "finding",
            Self::Progress => "progress",
            Self::Step => "step",
            Self::Issue => "issue",
            Self::Done => "done",
            Self::Error => "error",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == raw)
    }
}

/// One thing that a job said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobEvent {
    /// Number within the job, growing, not always by one.
    pub seq: u64,
    /// What kind of thing.
    pub kind: EventKind,
    /// JSON, as [`EventKind`] says.
    pub data: String,
}
