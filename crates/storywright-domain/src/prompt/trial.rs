//! Trials: prompts side by side on one text, to see what each makes of it. A trial is no draft, and nothing of it goes to Jira.

use super::PromptOrigin;
use crate::draft::Requirements;
use crate::ports::Usage;
use crate::story::{Document, StoryFormat};
use crate::{JobId, Millis, Timestamp, TrialId, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Fewest prompts of a trial.
pub const MIN_COLUMNS: usize = 2;
/// Most prompts of a trial.
pub const MAX_COLUMNS: usize = 4;
/// Trials that are kept of a person; older ones go when a new one begins, unless they are being written.
pub const KEPT_TRIALS: u32 = 20;

/// Prompts on one text.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptTrial {
    /// Its id.
    pub id: TrialId,
    /// Whose it is.
    pub user: UserId,
    /// What is wanted, the same for all columns.
    pub requirements: Requirements,
    /// How stories are told.
    pub format: StoryFormat,
    /// Rule set whose findings are counted.
    pub rule_set: String,
    /// One for each prompt, in order.
    pub columns: Vec<TrialColumn>,
    /// When it was begun.
    pub created_at: Timestamp,
}

/// One prompt of a trial, with what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialColumn {
    /// Its place, from 1.
    pub number: u32,
    /// The job that writes it, or wrote it.
    pub job: JobId,
    /// How far it is.
    pub state: ColumnState,
    /// The prompt; none when the writer is left to itself.
    pub prompt_from: Option<PromptOrigin>,
    /// Its text with the values put in; empty without a prompt.
    pub words: String,
    /// Why it failed: stable code, colon, words for people; empty otherwise.
    pub problem: String,
    /// What was written, and what it cost.
    pub result: ColumnResult,
}

/// How far a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnState {
    /// Its turn has not come.
    Waiting,
    /// The model writes.
    Running,
    /// The stories are there.
    Done,
    /// The model could not be used, or gave nothing usable.
    Failed,
    /// The person stopped it.
    Stopped,
}

impl ColumnState {
    /// All states.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Running, Self::Done, Self::Failed, Self::Stopped];

    /// The word in the database and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == raw)
    }

    /// Whether its job will still write it.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Running)
    }
}

/// What a prompt made of the text.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ColumnResult {
    /// The stories.
    pub document: Document,
    /// Findings that block creation.
    pub errors: u32,
    /// Findings that do not.
    pub warnings: u32,
    /// Hints.
    pub hints: u32,
    /// Sentences of the text that ask for something.
    pub sentences: u32,
    /// Those of them that a story covers.
    pub covered: u32,
    /// Tokens, as the service counted them or as they are estimated.
    pub usage: Usage,
    /// Calls of the model; more than one when an answer did not fit.
    pub calls: u32,
    /// From the first call to the end.
    pub took: Millis,
    /// LLM service.
    pub service: String,
    /// The model, as the service names it.
    pub model: String,
    /// SHA-256 of the system instructions.
    pub prompt_sha256: String,
}

impl TrialColumn {
    /// The column as it begins anew with another job.
    #[must_use]
    pub fn again(self, job: JobId) -> Self {
        let result = ColumnResult::default();
        Self { job, state: ColumnState::Waiting, problem: String::new(), result, ..self }
    }
}

impl PromptTrial {
    /// Jobs that still write columns of it.
    #[must_use]
    pub fn open_jobs(&self) -> BTreeSet<JobId> {
        self.columns.iter().filter(|column| column.state.is_open()).map(|column| column.job).collect()
    }

    /// The column with this number.
    #[must_use]
    pub fn column(&self, number: u32) -> Option<&TrialColumn> {
        self.columns.iter().find(|column| column.number == number)
    }
}

/// A trial in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialSummary {
    /// Its id.
    pub id: TrialId,
    /// What is wanted.
    pub requirements: Requirements,
    /// Name of each column's prompt, none for no prompt, and how far it is.
    pub columns: Vec<(Option<PromptOrigin>, ColumnState)>,
    /// When it was begun.
    pub created_at: Timestamp,
}
