//! The work of a writing job: call the model, pass on what it writes, keep what came of it.

use super::agent_tools;
use super::allowed::allowed;
use super::amend::{Amending, Judge, amended};
use super::answer::{Answer, read, read_partial};
use super::call::model_step;
use super::gather::{Gathered, Gathering, begin_step, end_step, estimated, gather, over_budget, too_many_runs};
use super::given::gathered;
use super::keep::{Written, conclude, progress};
use super::path_stream::PathStream;
use super::pipeline::{Pipeline, sections_of, write_part, write_sections};
use super::request::{Changes, WritingPayload, gather_values, repair, request};
use super::safe_text::{Named, harmless};
use crate::Ports;
use crate::access::{self, AccessError};
use crate::drafts::with_waivers;
use crate::integrations::mark_broken;
use crate::worker::{StopCause, why_stopped};
use storywright_domain::agent::{AgentStep, Provenance, StepState, UsedSource};
use storywright_domain::cancel::Cancellation;
use storywright_domain::draft::{Draft, DraftState};
use storywright_domain::integration::IntegrationKind;
use storywright_domain::job::{EventKind, Job, JobKind};
use storywright_domain::ports::{
    ChatAccess, ChatAnswer, ChatCall, ChatError, ChatRequest, ChatSink, Claim, EventLog, Finish, JobEnd, StorageError,
    StorageExt, Usage,
};
use storywright_domain::source::SourceEntry;
use storywright_domain::story::Document;
use storywright_domain::{DraftId, JobId, Millis, RequestId};

/// Questions that one job may ask; after that it writes from what it knows.
const MAX_QUESTIONS: usize = 5;

#[derive(Debug, thiserror::Error)]
pub(super) enum RunError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Access(#[from] AccessError),
}

/// Runs a claimed writing job to its end and says how it ends.
pub(crate) fn run_writing(ports: &Ports, claim: &Claim, cancellation: &Cancellation) -> JobEnd {
    let job = &claim.job;
    let mut made = None;
    let written = write(ports, job, cancellation, &mut made).unwrap_or_else(|error| trouble(ports, job, &error));
    match conclude(ports, job, written, made.as_ref()) {
        Ok(end) => end,
        Err(error) => {
            log::error!(job_id = job.id.to_string().as_str(), error = error.to_string().as_str(); "the result of a writing job could not be kept");
            JobEnd::Retry { after: backoff(ports, job.attempts), error: format!("storage: {error}") }
        }
    }
}

fn trouble(ports: &Ports, job: &Job, error: &RunError) -> Written {
    match error {
        RunError::Access(AccessError::Storage(error)) | RunError::Storage(error) => Written::TryAgain {
            code: "storage_unavailable",
            message: error.to_string(),
            after: backoff(ports, job.attempts),
        },
        RunError::Access(error) => Written::Failed {
            code: "llm_not_connected",
            message: format!("The LLM cannot be used: {error}. Open Integrations, test it, then generate again."),
            partial: None,
        },
    }
}

/// At random between 1 s and a bound that doubles: 2 s, 4 s, 8 s … at most 60 s.
pub(crate) fn backoff(ports: &Ports, attempts: u32) -> Millis {
    let bound = (1_000_u64 << attempts.min(6)).min(60_000);
    let random = ports.ids.secret().iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    Millis(i64::try_from(1_000 + random % (bound - 999)).unwrap_or(1_000))
}

fn write(
    ports: &Ports,
    job: &Job,
    cancellation: &Cancellation,
    made: &mut Option<Provenance>,
) -> Result<Written, RunError> {
    let Ok(draft_id) = DraftId::parse(&job.subject) else {
        return Ok(Written::Failed {
            code: "draft_not_found",
            message: "The draft is gone.".to_owned(),
            partial: None,
        });
    };
    let payload = WritingPayload::of_json(&job.payload)?;
    let (holds, found) = ports.storage.read(|tx| {
        let holds = tx.lease_holds(job.id, job.fence)?;
        let Some(draft) = tx.draft(job.user, draft_id)? else { return Ok((holds, None)) };
        let rules = tx.rule_set(&draft.rule_set)?.unwrap_or_default();
        let about = tx.draft_issue(job.user, draft_id)?;
        Ok::<_, StorageError>((holds, Some((draft, rules, about))))
    })?;
    if !holds {
        return Ok(Written::LeaseLost);
    }
    let Some((draft, rules, about)) = found.filter(|(draft, _, _)| draft.state == DraftState::Writing { job: job.id })
    else {
        return Ok(Written::KeptBefore);
    };
    if cancellation.is_cancelled() {
        return Ok(stopped(ports, job, None)?);
    }
    if payload.look_up && too_many_runs(ports, job)? {
        return Ok(Written::Wait);
    }
    if job.attempts > 1 {
        let data = serde_json::json!({"attempt": job.attempts, "reason": job.error.as_deref().unwrap_or("the server was restarted")});
        ports.events.append(job.id, EventKind::Reset, &data.to_string())?;
    }
    if let Some((code, message)) = over_budget(ports, job.user)? {
        return Ok(Written::Failed { code, message, partial: None });
    }
    let request_id = RequestId::parse(&job.request_id).unwrap_or_else(|| RequestId::from_number(job.id.0));
    let access = access::chat(ports, job.user, &request_id)?;
    let mut sources = String::new();
    if payload.look_up && job.kind == JobKind::Generate {
        progress(ports, job.id, "Looking things up", 0)?;
        let tools = agent_tools::AgentTools::of(ports, job.user, &request_id)?;
        let call = tools.call();
        let gathering = Gathering {
            ports,
            job,
            access: &access,
            values: gather_values(&draft, &payload),
            answers: &payload.answers,
            questions: MAX_QUESTIONS,
            tools: &tools.toolbox(&call),
            cancellation,
        };
        match gather(&gathering)? {
            Gathered::Ended(written) => return Ok(written),
            Gathered::Enough(found) => sources = found,
        }
    }
    progress(ports, job.id, "Asking the model", 0)?;
    let findings = ports.reviewer.review(&draft.document, draft.format, &rules);
    let mut findings = ports.storage.read(|tx| with_waivers(ports.sha256.as_ref(), tx, &draft, findings.clone()))?;
    // What a person lets pass stays as it is.
    findings.retain(|finding| finding.waived.is_none());
    let allowed = allowed(ports, &draft, &request_id);
    let given = gathered(ports, job.user, draft_id)?;
    if let Some(words) = given.words() {
        progress(ports, job.id, &words, 0)?;
    }
    // What the person chose comes before what was looked up.
    let sources = [given.text, sources].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n");
    let changes =
        Changes { kind: job.kind, payload: &payload, findings: &findings, allowed, sources, about: about.as_ref() };
    let ask = request(&draft, &rules, &changes);
    let may_ask = payload.answers.len() < MAX_QUESTIONS;
    *made = made_with(ports, job, &access, &ask, &draft)?;
    // Links of the requirements and of the sources are meant; others that the model writes lead nowhere.
    let sites = ports.settings.sites.iter().map(|site| site.base_url.as_str());
    let given: Vec<&str> = ask
        .values
        .iter()
        .filter(|(name, _)| matches!(*name, "requirements" | "story" | "instructions" | "prompt"))
        .map(|(_, text)| text.as_str())
        .collect();
    let named = Named::of(sites, &given);
    let sections = (job.kind == JobKind::Generate).then(|| sections_of(draft.requirements.as_str())).flatten();
    let pipeline = Pipeline { ports, job, access: &access, draft: &draft, rules: &rules, ask: &ask, cancellation };
    let written = match (payload.only, sections) {
        (Some(part), _) => write_part(&pipeline, part),
        (None, Some(sections)) => write_sections(&pipeline, &sections),
        (None, None) => match converse(ports, job, &access, ask.clone(), may_ask, cancellation)? {
            Written::Document(first) if job.kind == JobKind::Generate => {
                let judge = Judge { reviewer: &ports.reviewer, rules: &rules, format: draft.format };
                Ok(amended(&Amending { ports, job, access: &access, ask: &ask, judge, cancellation }, first))
            }
            written => Ok(written),
        },
    };
    written.map(|written| without_foreign_links(written, &named))
}

/// What was written, with links that lead to listed places or nowhere.
fn without_foreign_links(written: Written, named: &Named) -> Written {
    let safe = |document: Document| harmless(document, named);
    match written {
        Written::Document(document) => Written::Document(safe(document)),
        Written::Stopped(partial) => Written::Stopped(partial.map(safe)),
        Written::Failed { code, message, partial } => Written::Failed { code, message, partial: partial.map(safe) },
        other => other,
    }
}

/// With what this call writes; the sources are those of the draft and what was looked up.
fn made_with(
    ports: &Ports,
    job: &Job,
    access: &ChatAccess,
    ask: &ChatRequest,
    draft: &Draft,
) -> Result<Option<Provenance>, StorageError> {
    let Some(setup) = ports.chat.setup(&access.service, ask.call) else { return Ok(None) };
    let used = |entry: SourceEntry| UsedSource {
        id: entry.id(),
        kind: entry.kind.as_str().to_owned(),
        site: entry.site,
        name: entry.name,
        revision: entry.revision,
        title: entry.title,
        url: entry.url,
    };
    let sources = ports.storage.read(|tx| tx.sources(job.user, draft.id))?;
    let sources = sources.into_iter().filter(SourceEntry::is_read).map(used).collect();
    Ok(Some(Provenance {
        draft: draft.id,
        user: job.user,
        version: 0,
        job: job.id,
        prompt: ask.call.as_str().to_owned(),
        prompt_sha256: ports.sha256.hex(setup.prompt.as_bytes()),
        prompt_from: draft.prompt_from.clone(),
        service: access.service.clone(),
        model: setup.model,
        sources,
        at: ports.clock.now(),
    }))
}

/// The step of one call that writes; its turn is 0, since it is no part of looking things up.
fn writing_step(ports: &Ports, job: &Job, access: &ChatAccess, ask: &ChatRequest) -> Result<AgentStep, StorageError> {
    let known = ports.storage.read(|tx| tx.steps(job.user, job.id))?;
    let last = known.iter().map(|step| step.ordinal).max().unwrap_or(0);
    let cut_off = known.iter().find(|step| step.turn == 0 && step.state == StepState::Running);
    let ordinal = cut_off.map_or(last + 1, |step| step.ordinal);
    let asked = match ask.call {
        ChatCall::Refine => "Change the stories",
        ChatCall::Repair => "Write again: the answer did not fit",
        ChatCall::Draft | ChatCall::Gather | ChatCall::Judge => "Write the stories",
    };
    Ok(model_step(ports, job, access, ask.call, ordinal, asked.to_owned()))
}

/// The step as it ended.
pub(super) fn ended_step(
    step: AgentStep,
    ask: &ChatRequest,
    result: &Result<ChatAnswer, ChatError>,
    text: &str,
) -> (AgentStep, Usage) {
    let sent: usize = ask.values.iter().map(|(_, value)| value.len()).sum();
    let bytes = u64::try_from(text.len()).unwrap_or(0);
    match result {
        Ok(answer) => {
            let usage = estimated(answer.usage, sent, text.len());
            let done = AgentStep { state: StepState::Done, bytes, ..step };
            (AgentStep { input_tokens: usage.input, output_tokens: usage.output, ..done }, usage)
        }
        // What came before it broke off has cost something all the same.
        Err(error) => {
            let usage = if text.is_empty() { Usage::default() } else { estimated(Usage::default(), sent, text.len()) };
            let failed =
                AgentStep { state: StepState::Failed, bytes, problem: format!("{}: {error}", error.code()), ..step };
            (AgentStep { input_tokens: usage.input, output_tokens: usage.output, ..failed }, usage)
        }
    }
}

pub(super) fn converse(
    ports: &Ports,
    job: &Job,
    access: &ChatAccess,
    first: ChatRequest,
    may_ask: bool,
    cancellation: &Cancellation,
) -> Result<Written, RunError> {
    let mut ask = first;
    for round in 0..2 {
        if round > 0
            && let Some((code, message)) = over_budget(ports, job.user)?
        {
            return Ok(Written::Failed { code, message, partial: None });
        }
        let mut sink = Relay::new(ports.events.as_ref(), job.id);
        let step = writing_step(ports, job, access, &ask)?;
        if !begin_step(ports, job, &step)? {
            return Ok(Written::LeaseLost);
        }
        let result = ports.chat.converse(access, &ask, &mut sink, cancellation);
        let (mut step, usage) = ended_step(step, &ask, &result, &sink.text);
        if !end_step(ports, job, &mut step, usage)? {
            return Ok(Written::LeaseLost);
        }
        if let Some(error) = sink.failed.take() {
            return Err(error.into());
        }
        let partial = || read_partial(&sink.text);
        match result {
            Err(ChatError::Cancelled) => return Ok(stopped(ports, job, partial())?),
            Err(error) => return Ok(explain(ports, job, access, error, partial())),
            Ok(answer) => {
                if let Some(unfinished) = unfinished(&answer, partial()) {
                    return Ok(unfinished);
                }
                let answer = read(&answer.text).and_then(|answer| match answer {
                    Answer::Question(_) if !may_ask => {
                        Err("it asks again; write the stories from what is known by now".to_owned())
                    }
                    answer => Ok(answer),
                });
                match answer {
                    Ok(Answer::Stories(document)) => return Ok(Written::Document(document)),
                    Ok(Answer::Question(question)) => return Ok(Written::Question(question)),
                    Err(problem) if round == 0 => {
                        log::warn!(job_id = job.id.to_string().as_str(), problem = problem.as_str(); "the model is asked once more");
                        ports.events.append(job.id, EventKind::Reset, &serde_json::json!({"attempt": job.attempts, "reason": "the answer did not fit; asking once more"}).to_string())?;
                        ask = repair(&ask, &problem);
                    }
                    Err(problem) => {
                        let message = format!(
                            "The model's answer could not be used ({problem}). Generate again, or choose another model."
                        );
                        return Ok(Written::Failed { code: "llm_answer_unusable", message, partial: partial() });
                    }
                }
            }
        }
    }
    Ok(Written::Failed {
        code: "llm_answer_unusable",
        message: "The model gave no usable answer. Generate again.".to_owned(),
        partial: None,
    })
}

/// What to do about a raised cancellation.
pub(super) fn stopped(ports: &Ports, job: &Job, partial: Option<Document>) -> Result<Written, StorageError> {
    Ok(match why_stopped(ports, job)? {
        StopCause::Person => Written::Stopped(partial),
        StopCause::Process => Written::HandedBack,
        StopCause::LeaseLost => Written::LeaseLost,
    })
}

/// An answer that ended for another reason than being done is never read as a whole.
pub(super) fn unfinished(answer: &ChatAnswer, partial: Option<Document>) -> Option<Written> {
    let (code, message) = match answer.finish {
        Finish::Stop => return None,
        Finish::Length => (
            "llm_length",
            "The answer ran into the model's length limit before it was complete. Shorten the requirements or split them into several drafts, then generate again.",
        ),
        Finish::Filtered => (
            "llm_filtered",
            "The LLM service filtered the answer. Change the wording of the requirements, then generate again.",
        ),
        Finish::Refused => (
            "llm_refused",
            "The model declined to answer. Change the wording of the requirements or the prompt, then generate again.",
        ),
    };
    Some(Written::Failed { code, message: message.to_owned(), partial })
}

pub(super) fn explain(
    ports: &Ports,
    job: &Job,
    access: &ChatAccess,
    error: ChatError,
    partial: Option<Document>,
) -> Written {
    let code = error.code();
    let left = match job.kind {
        JobKind::Refine => "The draft is as it was.",
        JobKind::TryPrompts => "The other columns are as they were.",
        _ => "What had come is kept.",
    };
    match &error {
        ChatError::Unauthorized { detail } => {
            if let Err(error) = mark_broken(ports, job.user, IntegrationKind::Llm, &access.credential, code, detail) {
                log::error!(job_id = job.id.to_string().as_str(), error = error.to_string().as_str(); "the LLM connection could not be marked as broken");
            }
            let message = format!(
                "The LLM did not accept your cookie or token; it may have expired. Open Integrations, paste a new one, test it, then generate again. {left}"
            );
            Written::Failed { code, message, partial }
        }
        ChatError::RateLimited { retry_after_ms } => Written::TryAgain {
            code,
            message: error.to_string(),
            after: Millis((*retry_after_ms).clamp(1_000, 120_000)),
        },
        ChatError::Unavailable { .. } => {
            Written::TryAgain { code, message: error.to_string(), after: backoff(ports, job.attempts) }
        }
        ChatError::BrokenOff { detail } => Written::Failed {
            code,
            message: format!("The answer broke off ({detail}). {left} Try again for a whole one."),
            partial,
        },
        ChatError::TooLong { .. } => Written::Failed {
            code,
            message: "The requirements are too long for the model. Split them into several drafts.".to_owned(),
            partial,
        },
        ChatError::NoSuchService { .. }
        | ChatError::Rejected { .. }
        | ChatError::Malformed { .. }
        | ChatError::Cancelled => {
            Written::Failed { code, message: format!("The LLM could not be used: {error}."), partial }
        }
    }
}

/// Passes text on as it comes and keeps it.
struct Relay<'a> {
    events: &'a dyn EventLog,
    job: JobId,
    paths: PathStream,
    text: String,
    failed: Option<StorageError>,
}

impl<'a> Relay<'a> {
    fn new(events: &'a dyn EventLog, job: JobId) -> Self {
        Self { events, job, paths: PathStream::new(), text: String::new(), failed: None }
    }
}

impl ChatSink for Relay<'_> {
    fn text(&mut self, piece: &str) {
        self.text.push_str(piece);
        for grown in self.paths.push(piece) {
            let data = serde_json::json!({"path": grown.path, "text": grown.text}).to_string();
            if let Err(error) = self.events.append(self.job, EventKind::Token, &data) {
                self.failed = Some(error);
            }
        }
    }
}
