//! Looking things up before writing: the model asks for tools that read, sees what they gave as marked data, may ask its person, and says
//! when it knows enough.
//!
//! What happens next follows from the stored steps alone ([`state`]), so a run that was cut off goes on where it was: a finished step is
//! never repeated, and there is no step that writes. The model is offered [`ChatTool`]s, which cannot be made of a tool that writes.

#[cfg(test)]
mod corpus;
mod found;
mod limits;
mod opening;
mod record;
mod said;
mod state;
#[cfg(test)]
mod tests;
mod toolbox;

pub use limits::AgentLimits;
pub(crate) use limits::over_budget;
pub(super) use limits::{estimated, too_many_runs};
pub(crate) use record::{begin_step, day_of, end_step};
pub use state::{GO_ON_WITHOUT, TRY_AGAIN};
pub(super) use toolbox::{NoResult, Offer, Toolbox};

use super::keep::Written;
use super::run::{explain, stopped};
use crate::Ports;
use said::Said;
use state::{Next, Run};
use storywright_domain::agent::{AgentStep, StepKind, StepState};
use storywright_domain::cancel::Cancellation;
use storywright_domain::job::Job;
use storywright_domain::ports::{
    ChatAccess, ChatCall, ChatError, ChatRequest, ChatSink, Finish, JsonSchema, StorageError, ToolUse, Usage,
};
use storywright_domain::suspicion::{suspicions, unseen_in};

/// What a run of looking things up needs.
pub(super) struct Gathering<'a> {
    pub(super) ports: &'a Ports,
    pub(super) job: &'a Job,
    pub(super) access: &'a ChatAccess,
    /// Values of the request: requirements, the person's wishes, answers.
    pub(super) values: Vec<(&'static str, String)>,
    /// The person's answers so far, in the order of the questions.
    pub(super) answers: &'a [(String, String)],
    /// Questions that may be asked in the whole job.
    pub(super) questions: usize,
    pub(super) tools: &'a Toolbox<'a>,
    pub(super) cancellation: &'a Cancellation,
}

/// How looking things up ended.
pub(super) enum Gathered {
    /// Writing may begin, with these results as sources; empty when there are none.
    Enough(String),
    /// The job ends here for now.
    Ended(Written),
}

/// Looks things up until the model knows enough, asks, or a limit is reached.
///
/// # Errors
/// [`StorageError`].
pub(super) fn gather(gathering: &Gathering<'_>) -> Result<Gathered, StorageError> {
    let mut run = Run::resume(gathering)?;
    if gathering.tools.offered.is_empty() {
        return Ok(Gathered::Enough(run.sources()));
    }
    loop {
        if gathering.cancellation.is_cancelled() {
            return Ok(Gathered::Ended(stopped(gathering.ports, gathering.job, None)?));
        }
        let ended = match run.next() {
            Next::Done => return Ok(Gathered::Enough(run.sources())),
            Next::Wait(question) => Some(Written::Question(question)),
            Next::AskAbout(step) => run.ask_about(&step)?,
            Next::Call(turn, call) => run.call(turn, &call)?,
            Next::Model(turn) => run.ask_model(turn)?,
        };
        if let Some(written) = ended {
            return Ok(Gathered::Ended(written));
        }
    }
}

/// What the model answers when it calls nothing.
fn schema() -> JsonSchema {
    let text = r#"{"type":"object","additionalProperties":false,"required":["ask","note"],"properties":{"ask":{"type":["string","null"]},"note":{"type":"string"}}}"#;
    JsonSchema { name: "looked_up", text: text.to_owned() }
}

/// What is told of a text that holds sentences like orders to the model, or words that nobody sees; empty when there are none.
pub(super) fn read_as_order(text: &str) -> String {
    let found = suspicions(text, &unseen_in(text));
    let told = found.iter().take(3).map(|one| match one.line {
        0 => format!("out of sight: “{}”", one.words),
        line => format!("line {line}: “{}”", one.words),
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() {
        return String::new();
    }
    format!(
        "instruction_like: It holds words that read like orders to the model, or that nobody sees; they were treated as text ({}).",
        told.join("; ")
    )
}

/// Text of this phase is not for people.
struct Silent;

impl ChatSink for Silent {
    fn text(&mut self, _piece: &str) {}
}

impl Run<'_> {
    /// Asks the model what to do next.
    fn ask_model(&mut self, turn: u32) -> Result<Option<Written>, StorageError> {
        let Gathering { ports, job, access, .. } = *self.gathering;
        if let Some((code, message)) = over_budget(ports, job.user)? {
            return Ok(Some(Written::Failed { code, message, partial: None }));
        }
        if let Some(problem) = self.over_limit_before_turn(turn) {
            return self.stop_looking(turn, problem);
        }
        let offered = self.tools_for_the_model();
        let mut values = self.gathering.values.clone();
        if !self.gathering.tools.hints.is_empty() {
            values.push(("hints", self.gathering.tools.hints.clone()));
        }
        let setup = ports.chat.setup(&access.service, ChatCall::Gather);
        let began = AgentStep {
            asked: if turn == 1 { "What to look up".to_owned() } else { "What to look up next".to_owned() },
            model: setup.as_ref().map(|setup| setup.model.clone()).unwrap_or_default(),
            prompt_sha256: setup.map(|setup| ports.sha256.hex(setup.prompt.as_bytes())).unwrap_or_default(),
            service: access.service.clone(),
            ..self.new_step(StepKind::Model, turn, "")
        };
        if !self.begin(&began)? {
            return Ok(Some(Written::LeaseLost));
        }
        let request = ChatRequest {
            tools: offered,
            turns: self.turns(),
            within: Some(self.time_left()),
            ..ChatRequest::plain(ChatCall::Gather, values, Some(schema()))
        };
        match ports.chat.converse(access, &request, &mut Silent, self.gathering.cancellation) {
            Err(ChatError::Cancelled) => Ok(Some(stopped(ports, job, None)?)),
            Err(error) => {
                let problem = format!("{}: {error}", error.code());
                self.end(AgentStep { state: StepState::Failed, problem, ..began }, Usage::default())?;
                Ok(Some(explain(ports, job, access, error, None)))
            }
            Ok(answer) => {
                let said = Said::of(&answer, self.questions_left() > 0);
                let usage = self.counted(answer.usage, &request, &answer.text, &answer.calls);
                let problem = match answer.finish {
                    Finish::Stop => String::new(),
                    Finish::Length => "llm_length: the answer ran into the length limit".to_owned(),
                    Finish::Filtered => "llm_filtered: the service filtered the answer".to_owned(),
                    Finish::Refused => "llm_refused: the model declined".to_owned(),
                };
                let result = said.to_json();
                let bytes = u64::try_from(result.len()).unwrap_or(0);
                let done = AgentStep { state: StepState::Done, result, bytes, problem, ..began };
                let ended =
                    self.end(AgentStep { input_tokens: usage.input, output_tokens: usage.output, ..done }, usage)?;
                if !ended {
                    return Ok(Some(Written::LeaseLost));
                }
                match said.ask {
                    Some(question) => self.ask_person(turn, question),
                    None => Ok(None),
                }
            }
        }
    }

    /// Asks the person what the model wants to know.
    fn ask_person(&mut self, turn: u32, question: String) -> Result<Option<Written>, StorageError> {
        let step = AgentStep { asked: question.clone(), ..self.new_step(StepKind::Question, turn, "") };
        let step = AgentStep { state: StepState::Done, ..step };
        Ok(Some(if self.end(step, Usage::default())? { Written::Question(question) } else { Written::LeaseLost }))
    }

    /// Asks the person what to do about a server that gave no answer.
    fn ask_about(&mut self, failed: &AgentStep) -> Result<Option<Written>, StorageError> {
        let why = failed.problem.split_once(": ").map_or(failed.problem.as_str(), |(_, words)| words);
        let servers = &self.gathering.ports.settings.mcp_servers;
        let server = servers.iter().find(|server| server.id == failed.server).map_or(&failed.server, |one| &one.name);
        let question = format!(
            "The tool server `{server}` gave no answer to `{}` ({why}). Go on without it, or try again?",
            failed.tool
        );
        let choices = serde_json::json!([GO_ON_WITHOUT, TRY_AGAIN]).to_string();
        let step = AgentStep {
            state: StepState::Done,
            asked: question.clone(),
            tool: failed.tool.clone(),
            server: failed.server.clone(),
            arguments: choices,
            ..self.new_step(StepKind::Question, failed.turn, &failed.call_id)
        };
        Ok(Some(if self.end(step, Usage::default())? { Written::Question(question) } else { Written::LeaseLost }))
    }

    /// Calls a tool, if it may be called.
    fn call(&mut self, turn: u32, call: &ToolUse) -> Result<Option<Written>, StorageError> {
        if let Some(problem) = self.over_limit_before_call(call) {
            return self.stop_looking(turn, problem);
        }
        if self.opens(call) {
            return self.open(turn, call);
        }
        let new = AgentStep {
            asked: format!("Call {}", call.name),
            tool: call.name.clone(),
            arguments: call.arguments.clone(),
            ..self.new_step(StepKind::Tool, turn, &call.id)
        };
        let found = self.gathering.tools.offered.iter().find(|offer| offer.name == call.name);
        let Some(offer) = found.filter(|offer| offer.for_the_model().is_some()) else {
            return self.refuse(
                new,
                "tool_unknown",
                "There is no such tool to call. Use one of those that are offered, or answer.",
            );
        };
        let new = AgentStep {
            asked: offer.hint.clone(),
            server: offer.server.clone(),
            class: Some(offer.class),
            approval_hash: offer.hash.clone(),
            ..new
        };
        if !matches!(serde_json::from_str(&call.arguments), Ok(serde_json::Value::Object(_))) {
            return self.refuse(
                new,
                "arguments_unusable",
                "The arguments are no JSON object. Write them as the schema says.",
            );
        }
        if self.is_left_out(&offer.server) {
            return self.refuse(
                new,
                "server_left_out",
                "The person goes on without this server. Use another one, or answer.",
            );
        }
        if !self.begin(&new)? {
            return Ok(Some(Written::LeaseLost));
        }
        let outcome = (self.gathering.tools.call)(offer, &call.arguments, self.gathering.cancellation);
        let ended = match outcome {
            Err(NoResult::Cancelled) => return Ok(Some(stopped(self.gathering.ports, self.gathering.job, None)?)),
            Err(NoResult::Refused { code, message }) => {
                AgentStep { state: StepState::Refused, problem: format!("{code}: {message}"), ..new }
            }
            Err(NoResult::Failed { code, message } | NoResult::Gone { code, message }) => {
                AgentStep { state: StepState::Failed, problem: format!("{code}: {message}"), ..new }
            }
            Ok(result) => {
                let (text, cut) = self.fitting(&result.text);
                let state = if result.failed { StepState::Failed } else { StepState::Done };
                let problem =
                    if result.failed { "tool_failed: the tool says that it failed".to_owned() } else { String::new() };
                let (bytes, cut) = (result.bytes, cut || result.cut);
                let source = if result.failed {
                    String::new()
                } else {
                    found::keep_found(self.gathering.ports, self.gathering.job, offer, &call.arguments, &result, &text)?
                };
                // Told to people, and kept from nobody: it is data all the same.
                let problem = if problem.is_empty() { read_as_order(&text) } else { problem };
                AgentStep { state, problem, result: text, bytes, cut, source, ..new }
            }
        };
        Ok(if self.end(ended, Usage::default())? { None } else { Some(Written::LeaseLost) })
    }

    pub(super) fn refuse(&mut self, step: AgentStep, code: &str, words: &str) -> Result<Option<Written>, StorageError> {
        let step = AgentStep { state: StepState::Refused, problem: format!("{code}: {words}"), ..step };
        Ok(if self.end(step, Usage::default())? { None } else { Some(Written::LeaseLost) })
    }

    /// Ends looking things up at a limit; writing begins with what there is.
    fn stop_looking(&mut self, turn: u32, problem: String) -> Result<Option<Written>, StorageError> {
        let step = AgentStep { asked: "Stop looking things up".to_owned(), ..self.new_step(StepKind::Model, turn, "") };
        self.refuse(AgentStep { problem: String::new(), ..step }, problem.split(": ").next().unwrap_or_default(), {
            problem.split_once(": ").map_or("", |(_, words)| words)
        })
    }
}
