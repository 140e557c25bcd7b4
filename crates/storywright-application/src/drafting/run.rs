//! The work of a writing job: call the model, pass on what it writes, keep what came of it.

use super::answer::{Answer, read, read_partial};
use super::path_stream::PathStream;
use super::request::{Changes, WritingPayload, repair, request};
use crate::Ports;
use crate::access::{self, AccessError};
use crate::integrations::mark_broken;
use crate::jobs::release_subject;
use storywright_domain::cancel::Cancellation;
use storywright_domain::draft::{Draft, DraftState, Origin};
use storywright_domain::finding::{Finding, Severity};
use storywright_domain::integration::IntegrationKind;
use storywright_domain::job::{EventKind, Job, JobKind, MAX_ATTEMPTS};
use storywright_domain::ports::{
    ChatAccess, ChatAnswer, ChatError, ChatRequest, ChatSink, Claim, EventLog, Finish, JobEnd, Saved, StorageError,
    StorageExt,
};
use storywright_domain::review::review;
use storywright_domain::rules::RuleSet;
use storywright_domain::story::Document;
use storywright_domain::{DraftId, JobId, Millis, RequestId};

/// How writing ended, before it is told to anybody.
enum Written {
    Document(Document),
    Question(String),
    /// Stopped by the person; what had come so far.
    Stopped(Option<Document>),
    /// The process ends.
    HandedBack,
    /// It may work later.
    TryAgain {
        code: &'static str,
        message: String,
        after: Millis,
    },
    /// It will not.
    Failed {
        code: &'static str,
        message: String,
        partial: Option<Document>,
    },
    /// Another worker has the job.
    LeaseLost,
}

#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Access(#[from] AccessError),
}

/// Runs a claimed writing job to its end and says how it ends.
pub(crate) fn run_writing(ports: &Ports, claim: &Claim, cancellation: &Cancellation) -> JobEnd {
    let job = &claim.job;
    let written = write(ports, job, cancellation).unwrap_or_else(|error| trouble(job, &error));
    match conclude(ports, job, written) {
        Ok(end) => end,
        Err(error) => {
            log::error!(job_id = job.id.to_string().as_str(), error = error.to_string().as_str(); "the result of a writing job could not be kept");
            JobEnd::Retry { after: backoff(job.attempts), error: format!("storage: {error}") }
        }
    }
}

fn trouble(job: &Job, error: &RunError) -> Written {
    match error {
        RunError::Access(AccessError::Storage(error)) | RunError::Storage(error) => {
            Written::TryAgain { code: "storage_unavailable", message: error.to_string(), after: backoff(job.attempts) }
        }
        RunError::Access(error) => Written::Failed {
            code: "llm_not_connected",
            message: format!("The LLM cannot be used: {error}. Open Integrations, test it, then generate again."),
            partial: None,
        },
    }
}

/// 2 s, 4 s, 8 s … at most 60 s.
fn backoff(attempts: u32) -> Millis {
    Millis::seconds((1_i64 << attempts.min(6)).min(60))
}

fn write(ports: &Ports, job: &Job, cancellation: &Cancellation) -> Result<Written, RunError> {
    let Ok(draft_id) = DraftId::parse(&job.subject) else {
        return Ok(Written::Failed {
            code: "draft_not_found",
            message: "The draft is gone.".to_owned(),
            partial: None,
        });
    };
    let payload = WritingPayload::of_json(&job.payload)?;
    let found = ports.storage.read(|tx| {
        let Some(draft) = tx.draft(job.user, draft_id)? else { return Ok(None) };
        let rules = tx.rule_set(&draft.rule_set)?.unwrap_or_default();
        Ok::<_, StorageError>(Some((draft, rules)))
    })?;
    let Some((draft, rules)) = found.filter(|(draft, _)| draft.state == DraftState::Writing { job: job.id }) else {
        return Ok(Written::LeaseLost);
    };
    if job.attempts > 1 {
        let data = serde_json::json!({"attempt": job.attempts, "reason": job.error.as_deref().unwrap_or("the server was restarted")});
        ports.events.append(job.id, EventKind::Reset, &data.to_string())?;
    }
    progress(ports, job.id, "Asking the model", 0)?;
    let request_id = RequestId::parse(&job.request_id).unwrap_or_else(|| RequestId::from_number(job.id.0));
    let access = access::chat(ports, job.user, &request_id)?;
    let findings = review(&draft.document, draft.format, &rules);
    let ask = request(&draft, &rules, &Changes { kind: job.kind, payload: &payload, findings: &findings });
    converse(ports, job, &access, ask, cancellation)
}

fn converse(
    ports: &Ports,
    job: &Job,
    access: &ChatAccess,
    first: ChatRequest,
    cancellation: &Cancellation,
) -> Result<Written, RunError> {
    let mut ask = first;
    for round in 0..2 {
        let mut sink = Relay::new(ports.events.as_ref(), job.id);
        let result = ports.chat.converse(access, &ask, &mut sink, cancellation);
        if let Some(error) = sink.failed.take() {
            return Err(error.into());
        }
        let partial = || read_partial(&sink.text);
        match result {
            Err(ChatError::Cancelled) if ports.running.is_shutting_down() => return Ok(Written::HandedBack),
            Err(ChatError::Cancelled) => return Ok(Written::Stopped(partial())),
            Err(error) => return Ok(explain(ports, job, error, partial())),
            Ok(answer) => {
                if let Some(unfinished) = unfinished(&answer, partial()) {
                    return Ok(unfinished);
                }
                match read(&answer.text) {
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

/// An answer that ended for another reason than being done is never read as a whole.
fn unfinished(answer: &ChatAnswer, partial: Option<Document>) -> Option<Written> {
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

fn explain(ports: &Ports, job: &Job, error: ChatError, partial: Option<Document>) -> Written {
    let code = error.code();
    match &error {
        ChatError::Unauthorized { detail } => {
            if let Err(error) = mark_broken(ports, job.user, IntegrationKind::Llm, code, detail) {
                log::error!(job_id = job.id.to_string().as_str(), error = error.to_string().as_str(); "the LLM connection could not be marked as broken");
            }
            let message = "The LLM did not accept your cookie or token; it may have expired. Open Integrations, paste a new one, test it, then generate again. What was written so far is kept.".to_owned();
            Written::Failed { code, message, partial }
        }
        ChatError::RateLimited { retry_after_ms } => Written::TryAgain {
            code,
            message: error.to_string(),
            after: Millis((*retry_after_ms).clamp(1_000, 120_000)),
        },
        ChatError::Unavailable { .. } => {
            Written::TryAgain { code, message: error.to_string(), after: backoff(job.attempts) }
        }
        ChatError::BrokenOff { detail } => Written::Failed {
            code,
            message: format!("The answer broke off ({detail}). What had come is kept; generate again for a whole one."),
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

fn progress(ports: &Ports, job: JobId, step: &str, done: u32) -> Result<(), StorageError> {
    ports
        .events
        .append(job, EventKind::Progress, &serde_json::json!({"step": step, "done": done, "total": 3}).to_string())
        .map(|_| ())
}

/// Keeps the result, tells everybody, and says how the job ends. Only the holder of the lease may keep anything.
fn conclude(ports: &Ports, job: &Job, written: Written) -> Result<JobEnd, StorageError> {
    match written {
        Written::LeaseLost => Ok(JobEnd::Cancelled),
        Written::HandedBack => Ok(JobEnd::Released),
        // The question is told when the queue has it: an answer that comes at once must find it open.
        Written::Question(question) => Ok(JobEnd::Asked { question }),
        Written::Document(document) => {
            progress(ports, job.id, "Checking the rules", 2)?;
            if keep(ports, job, Some(document), "")? {
                done(ports, job, "completed")?;
            }
            Ok(JobEnd::Completed)
        }
        Written::Stopped(partial) => {
            if keep(ports, job, partial, "stopped before it was complete")? {
                done(ports, job, "cancelled")?;
            }
            Ok(JobEnd::Cancelled)
        }
        Written::TryAgain { code, message, after } if job.attempts < MAX_ATTEMPTS => {
            error(ports, job, code, &format!("{message}. Trying again in {} s.", after.0 / 1_000), true)?;
            Ok(JobEnd::Retry { after, error: format!("{code}: {message}") })
        }
        Written::TryAgain { code, message, .. } => {
            let message = format!("{message}. {MAX_ATTEMPTS} attempts have failed; generate again later.");
            fail(ports, job, code, message, None)
        }
        Written::Failed { code, message, partial } => fail(ports, job, code, message, partial),
    }
}

fn fail(
    ports: &Ports,
    job: &Job,
    code: &str,
    message: String,
    partial: Option<Document>,
) -> Result<JobEnd, StorageError> {
    if keep(ports, job, partial, "not complete")? {
        error(ports, job, code, &message, false)?;
        ports.events.flush(job.id)?;
    }
    Ok(JobEnd::Failed { error: format!("{code}: {message}") })
}

fn done(ports: &Ports, job: &Job, status: &str) -> Result<(), StorageError> {
    ports.events.append(job.id, EventKind::Done, &serde_json::json!({"status": status}).to_string())?;
    ports.events.flush(job.id)
}

fn error(ports: &Ports, job: &Job, code: &str, message: &str, retry: bool) -> Result<(), StorageError> {
    ports
        .events
        .append(
            job.id,
            EventKind::Error,
            &serde_json::json!({"code": code, "message": message, "retry": retry}).to_string(),
        )
        .map(|_| ())
}

/// Gives the draft back to its person, with the new document if there is one. `false` when the lease has passed on.
fn keep(ports: &Ports, job: &Job, document: Option<Document>, note: &str) -> Result<bool, StorageError> {
    let now = ports.clock.now();
    let kept = ports.storage.write(|tx| {
        if !tx.lease_holds(job.id, job.fence)? {
            return Ok::<_, StorageError>(None);
        }
        let draft = DraftId::parse(&job.subject).ok().map(|id| tx.draft(job.user, id)).transpose()?.flatten();
        let Some(before) = draft.filter(|draft| draft.state == DraftState::Writing { job: job.id }) else {
            return Ok(None);
        };
        let Some(document) = document.as_ref() else {
            release_subject(tx, job, now)?;
            return Ok(Some(None));
        };
        let after = written(before.clone(), document.clone(), now);
        match tx.update_draft(&after, before.version)? {
            Saved::Stored => {}
            Saved::Conflict => return Ok(None),
        }
        crate::drafts::keep_version(tx, &before, &after, origin(job.kind), false, &version_note(job, note), now)?;
        let rules = tx.rule_set(&after.rule_set)?.unwrap_or_default();
        Ok(Some(Some((after, rules))))
    })?;
    match kept {
        None => Ok(false),
        Some(None) => Ok(true),
        Some(Some((draft, rules))) => {
            announce(ports, job, &draft, &rules)?;
            Ok(true)
        }
    }
}

fn written(draft: Draft, document: Document, now: storywright_domain::Timestamp) -> Draft {
    let number = draft.version + 1;
    let document = with_field_values_of(&draft.document, document);
    // One version for both: the new text and the end of writing are one change.
    Draft { version: number, ..draft.with_document(document, now).end_writing(now) }
}

/// The model is never asked for the project's own fields, so what people filled in stays: story by story, and what a split adds takes
/// the values of the last story that was there.
fn with_field_values_of(before: &Document, mut after: Document) -> Document {
    let Some(last) = before.stories.last() else { return after };
    for (index, story) in after.stories.iter_mut().enumerate() {
        story.custom_fields = before.stories.get(index).unwrap_or(last).custom_fields.clone();
    }
    after
}

fn origin(kind: JobKind) -> Origin {
    match kind {
        JobKind::Refine => Origin::Refined,
        JobKind::Generate | JobKind::Publish => Origin::Generated,
    }
}

fn version_note(job: &Job, note: &str) -> String {
    let instructions = WritingPayload::of_json(&job.payload).map(|payload| payload.instructions).unwrap_or_default();
    match (instructions.is_empty(), note.is_empty()) {
        (true, _) => note.to_owned(),
        (false, true) => instructions,
        (false, false) => format!("{instructions} ({note})"),
    }
}

fn announce(ports: &Ports, job: &Job, draft: &Draft, rules: &RuleSet) -> Result<(), StorageError> {
    let findings: Vec<Finding> = review(&draft.document, draft.format, rules);
    let count = |severity: Severity| findings.iter().filter(|finding| finding.severity == severity).count();
    ports.events.append(job.id, EventKind::Draft, &serde_json::json!({"version": draft.version}).to_string())?;
    let data = serde_json::json!({"errors": count(Severity::Error), "warnings": count(Severity::Warning)});
    ports.events.append(job.id, EventKind::Finding, &data.to_string())?;
    progress(ports, job.id, "Done", 3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use storywright_domain::story::{FieldValue, Story};

    #[test]
    fn field_values_survive_a_refinement_and_a_split() {
        let filled = |value: &str| Story {
            custom_fields: [("customfield_1".to_owned(), FieldValue::Option(value.to_owned()))].into(),
            ..Story::default()
        };
        let before = Document { stories: vec![filled("a"), filled("b")] };
        let after = with_field_values_of(&before, Document { stories: vec![Story::default(); 3] });
        let expected = [filled("a"), filled("b"), filled("b")].map(|story| story.custom_fields);
        assert_eq!(after.stories.into_iter().map(|story| story.custom_fields).collect::<Vec<_>>(), expected);
        assert_eq!(with_field_values_of(&Document::default(), before.clone()), before);
    }
}
