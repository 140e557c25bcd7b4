//! What the agent did for a draft, step by step, and with what each version was written.

use crate::prompt::PromptOrigin;
use crate::tool::ToolClass;
use crate::{DraftId, JobId, Millis, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// What a step was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// The model was asked.
    Model,
    /// A tool was called.
    Tool,
    /// The person was asked.
    Question,
}

impl StepKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Model, Self::Tool, Self::Question];

    /// The word in the API and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Tool => "tool",
            Self::Question => "question",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == raw)
    }
}

/// How a step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// It was begun. One that stays so was cut off with its process.
    Running,
    /// It gave what it was to give.
    Done,
    /// It did not: `problem` says why.
    Failed,
    /// It was not allowed: nothing was sent.
    Refused,
}

impl StepState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Running, Self::Done, Self::Failed, Self::Refused];

    /// The word in the API and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Refused => "refused",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == raw)
    }
}

/// One step of a job. Texts of the model and of tools in it are untrusted. It never holds a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentStep {
    /// Of which job.
    pub job: JobId,
    /// Whose.
    pub user: UserId,
    /// Its place in the job, from 1.
    pub ordinal: u32,
    /// What it was.
    pub kind: StepKind,
    /// Which turn of the model it belongs to, from 1.
    pub turn: u32,
    /// How it went.
    pub state: StepState,
    /// What was asked, in words for people.
    pub asked: String,
    /// The model's id of a tool's call.
    pub call_id: String,
    /// Name of the tool with its server's prefix; empty for other steps.
    pub tool: String,
    /// MCP server of the tool.
    pub server: String,
    /// Arguments of the call exactly as they were sent; the choices of a question as a JSON list.
    pub arguments: String,
    /// Class of the tool.
    pub class: Option<ToolClass>,
    /// Hash of the definition that an administrator approved.
    pub approval_hash: String,
    /// What came back, cut; calls of the model as JSON.
    pub result: String,
    /// Bytes that came back, before the cut.
    pub bytes: u64,
    /// Whether something was cut off.
    pub cut: bool,
    /// Reference of the draft's source that it became; empty when it became none.
    pub source: String,
    /// Why it failed or was refused: stable code, colon, words.
    pub problem: String,
    /// When it began.
    pub began_at: Timestamp,
    /// How long it took.
    pub took: Millis,
    /// SHA-256 of the prompt that the model was given.
    pub prompt_sha256: String,
    /// The model, as its service names it.
    pub model: String,
    /// LLM service.
    pub service: String,
    /// Tokens of the prompt.
    pub input_tokens: u64,
    /// Tokens of the answer.
    pub output_tokens: u64,
}

impl AgentStep {
    /// A step that begins.
    #[must_use]
    pub fn begun(job: JobId, user: UserId, ordinal: u32, kind: StepKind, turn: u32, at: Timestamp) -> Self {
        Self {
            job,
            user,
            ordinal,
            kind,
            turn,
            state: StepState::Running,
            asked: String::new(),
            call_id: String::new(),
            tool: String::new(),
            server: String::new(),
            arguments: String::new(),
            class: None,
            approval_hash: String::new(),
            result: String::new(),
            bytes: 0,
            cut: false,
            source: String::new(),
            problem: String::new(),
            began_at: at,
            took: Millis(0),
            prompt_sha256: String::new(),
            model: String::new(),
            service: String::new(),
            input_tokens: 0,
            output_tokens: 0,
        }
    }
}

/// A source as it was when a version was written from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedSource {
    /// Local reference: `p1`.
    pub id: String,
    /// Kind, site, name and revision, as [`crate::source::DraftSource`] has them.
    pub kind: String,
    /// Site or MCP server.
    pub site: String,
    /// Page id, file name, issue key or tool name.
    pub name: String,
    /// Version of a page, hash of a file.
    pub revision: String,
    /// Title for people.
    pub title: String,
    /// Address for people.
    pub url: String,
}

/// With what a version of a draft was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// Which draft.
    pub draft: DraftId,
    /// Whose.
    pub user: UserId,
    /// Number of the version.
    pub version: u32,
    /// The job that wrote it.
    pub job: JobId,
    /// Name of the system instructions: `draft`, `refine`.
    pub prompt: String,
    /// SHA-256 of its text.
    pub prompt_sha256: String,
    /// The prompt that the person's own words came from; none when they are typed for this draft, or when there are none.
    pub prompt_from: Option<PromptOrigin>,
    /// LLM service.
    pub service: String,
    /// The model, as the service names it.
    pub model: String,
    /// What it was written from, beside the requirements.
    pub sources: Vec<UsedSource>,
    /// When.
    pub at: Timestamp,
}
