//! The company LLM port.

use crate::cancel::Cancellation;
use crate::prompt::PromptWords;
use crate::tool::ToolClass;
use crate::{Millis, RequestId, Secret, UserId};
use serde::{Deserialize, Serialize};

/// Everything needed to speak to one LLM service for one person. It holds a secret, so it has no `Debug`.
#[derive(Clone)]
pub struct ChatAccess {
    /// The person on whose behalf the call is made.
    pub user: UserId,
    /// Service name of the configuration.
    pub service: String,
    /// The person's cookie or token.
    pub credential: Secret,
    /// Sent on as `X-Request-ID`.
    pub request_id: RequestId,
}

/// Whose an LLM credential is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatIdentity {
    /// Employee ID, found by the configured pointer.
    pub employee_id: String,
    /// Name for people; may be empty.
    pub name: String,
}

/// Which of the configured prompts a call uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatCall {
    /// Look things up with tools that read, before anything is written.
    Gather,
    /// Write stories from requirements.
    Draft,
    /// Change a story document by instruction.
    Refine,
    /// The last answer did not fit: ask once more, with what was wrong.
    Repair,
    /// Answer questions of the team about one story with yes or no.
    Judge,
}

/// A JSON schema that the answer must satisfy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonSchema {
    /// `[A-Za-z0-9_-]{1,64}`.
    pub name: &'static str,
    /// The schema as JSON text; strict: every key required, no others allowed.
    pub text: String,
}

impl ChatCall {
    /// All calls.
    pub const ALL: [Self; 5] = [Self::Gather, Self::Draft, Self::Refine, Self::Repair, Self::Judge];

    /// The word in configuration, the API and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gather => "gather",
            Self::Draft => "draft",
            Self::Refine => "refine",
            Self::Repair => "repair",
            Self::Judge => "judge",
        }
    }
}

/// A tool that the model may call. There is none for a tool that writes: [`ChatTool::reading`] is the only way to make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatTool {
    name: String,
    description: String,
    parameters: String,
}

/// A tool that is not for the model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is a tool of class `{}`: the model is given tools that read, and no others", class.as_str())]
pub struct NotForTheModel {
    /// The tool.
    pub name: String,
    /// What it may be used for.
    pub class: ToolClass,
}

impl ChatTool {
    /// A tool that reads. `description` is our own text, never the server's; `parameters` is the JSON schema of its arguments as JSON text.
    ///
    /// # Errors
    /// [`NotForTheModel`] for every class but [`ToolClass::Read`] and [`ToolClass::ReadOpen`].
    pub fn reading(
        class: ToolClass,
        name: String,
        description: String,
        parameters: String,
    ) -> Result<Self, NotForTheModel> {
        match class {
            ToolClass::Read | ToolClass::ReadOpen => Ok(Self { name, description, parameters }),
            ToolClass::Write | ToolClass::Change | ToolClass::Open => Err(NotForTheModel { name, class }),
        }
    }

    /// Its name, with the server's prefix.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is for.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// JSON schema of its arguments, as JSON text.
    #[must_use]
    pub fn parameters(&self) -> &str {
        &self.parameters
    }
}

/// A call of a tool that the model wants. Untrusted: the name may be of no tool, the arguments may be no JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolUse {
    /// Ties the result to the call; unique in a conversation.
    pub id: String,
    /// Which tool.
    pub name: String,
    /// A JSON object as JSON text.
    pub arguments: String,
}

/// What came of a call. Untrusted: the adapter marks it as data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolOutcome {
    /// Of which call.
    pub id: String,
    /// What came back, or in our own words why nothing did.
    pub text: String,
}

/// A turn of the model that lies behind: what it called and what came of it, in the order of the calls.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChatTurn {
    /// The calls.
    pub calls: Vec<ToolUse>,
    /// One outcome for each call.
    pub outcomes: Vec<ToolOutcome>,
}

/// One call. The adapter puts the texts into the configured prompt templates and marks them as data.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatRequest {
    /// Which prompts.
    pub call: ChatCall,
    /// Values for the templates by name: `requirements`, `sources`, `format`, `prompt`, `rules`, `story`, `instructions`, `answer`,
    /// `questions`, `errors`, `previous`. A name that is missing counts as empty; its block is left out.
    pub values: Vec<(&'static str, String)>,
    /// What the answer must look like.
    pub schema: Option<JsonSchema>,
    /// Tools that the model may call instead of answering. A service that takes none is not told of them.
    pub tools: Vec<ChatTool>,
    /// Its turns so far.
    pub turns: Vec<ChatTurn>,
    /// Longest time for the whole answer, if that is less than the service may take in any case.
    pub within: Option<Millis>,
}

impl ChatRequest {
    /// A call without tools.
    #[must_use]
    pub fn plain(call: ChatCall, values: Vec<(&'static str, String)>, schema: Option<JsonSchema>) -> Self {
        Self { call, values, schema, tools: Vec::new(), turns: Vec::new(), within: None }
    }
}

/// Why the model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// It was done.
    Stop,
    /// It ran into the token limit: the text is incomplete, whatever it looks like.
    Length,
    /// The service filtered the answer.
    Filtered,
    /// The model declined.
    Refused,
}

/// Tokens as the service counted them; 0 when it did not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the prompt.
    pub input: u64,
    /// Tokens of the answer.
    pub output: u64,
}

impl Usage {
    /// Prompt and answer together.
    #[must_use]
    pub fn total(self) -> u64 {
        self.input.saturating_add(self.output)
    }

    /// This and another one together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { input: self.input.saturating_add(other.input), output: self.output.saturating_add(other.output) }
    }
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatAnswer {
    /// All text pieces together, without reasoning; empty when it calls tools.
    pub text: String,
    /// Tools that it wants called; whole calls only, and only when tools were offered.
    pub calls: Vec<ToolUse>,
    /// Why it ended.
    pub finish: Finish,
    /// What it cost.
    pub usage: Usage,
}

/// With what a call is made: what an audit tells apart. Not a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatSetup {
    /// The model, as the service names it.
    pub model: String,
    /// Everything that the model is told in our own words: the prompt's text, before values are filled in.
    pub prompt: String,
}

/// Where text goes while it arrives.
pub trait ChatSink: Send {
    /// Takes the next piece, as soon as it has arrived; pieces are never empty.
    fn text(&mut self, piece: &str);
}

/// Why there is no answer, sorted by what the caller can do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChatError {
    /// The cookie or token is wrong or has expired; also when a sign-in page answered, before or within a stream.
    #[error("the LLM service did not accept the credential ({detail})")]
    Unauthorized {
        /// What was seen.
        detail: String,
    },
    /// No service of that name is configured any more.
    #[error("there is no LLM service `{name}`")]
    NoSuchService {
        /// The name asked for.
        name: String,
    },
    /// Too many calls, there or here.
    #[error("the LLM service asks to wait {} s", retry_after_ms / 1_000)]
    RateLimited {
        /// Milliseconds to wait.
        retry_after_ms: i64,
    },
    /// The input is longer than the model takes.
    #[error("the text is too long for the model ({detail})")]
    TooLong {
        /// The service's words.
        detail: String,
    },
    /// The service refused the request itself.
    #[error("the LLM service refused the request ({detail})")]
    Rejected {
        /// The service's words.
        detail: String,
    },
    /// Nobody answered, or not in time, or with a server error, before any text came.
    #[error("the LLM service is not reachable ({detail})")]
    Unavailable {
        /// What happened.
        detail: String,
    },
    /// The stream ended without its end mark, stalled, or carried an error, after some text had come.
    #[error("the answer broke off ({detail})")]
    BrokenOff {
        /// What happened.
        detail: String,
    },
    /// The answer could not be understood.
    #[error("the answer could not be understood ({detail})")]
    Malformed {
        /// Where it differs from the configured shape.
        detail: String,
    },
    /// Somebody stopped it.
    #[error("stopped")]
    Cancelled,
}

impl ChatError {
    /// Stable code for pages, the JSON API and logs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized { .. } => "llm_credential_refused",
            Self::NoSuchService { .. } => "llm_service_unknown",
            Self::RateLimited { .. } => "llm_rate_limited",
            Self::TooLong { .. } => "llm_input_too_long",
            Self::Rejected { .. } => "llm_rejected",
            Self::Unavailable { .. } => "llm_unavailable",
            Self::BrokenOff { .. } => "llm_broke_off",
            Self::Malformed { .. } => "llm_malformed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// The company LLM.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait ChatModel: Send + Sync {
    /// Names of the configured services, the default first.
    fn services(&self) -> Vec<String>;

    /// With what a call to a service is made at present; `None` when there is no such service.
    fn setup(&self, service: &str, call: ChatCall) -> Option<ChatSetup>;

    /// Prompts that the configuration offers to everybody, as it is now, in the order in which lists show them. None by the same name.
    fn library(&self) -> Vec<PromptWords> {
        Vec::new()
    }

    /// Whose the credential is.
    ///
    /// # Errors
    /// Any [`ChatError`].
    fn identify(&self, access: &ChatAccess) -> Result<ChatIdentity, ChatError>;

    /// Streams one answer. Blocks until it is complete; text goes to `sink` as it arrives. Raising `cancellation` closes
    /// the connection at once, also while nothing arrives. Nothing is retried after the first piece of text. With tools in the request,
    /// pieces may be of a call as well and are not for people; the answer says what it is.
    ///
    /// # Errors
    /// Any [`ChatError`]; what `sink` has had by then stays valid as a partial text.
    fn converse(
        &self,
        access: &ChatAccess,
        request: &ChatRequest,
        sink: &mut dyn ChatSink,
        cancellation: &Cancellation,
    ) -> Result<ChatAnswer, ChatError>;
}
