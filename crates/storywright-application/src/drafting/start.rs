//! Handing a draft to a writing job.

use super::pipeline::{section_to_write, uncovered};
use super::request::{Part, WritingPayload};
use crate::Ports;
use crate::access::{self, AccessError};
use crate::jobs::started_and_open;
use crate::overview::last_writing_job;
use crate::sources::covered;
use storywright_domain::draft::{Draft, WrongState};
use storywright_domain::job::{Job, JobKind, JobStatus};
use storywright_domain::person::Actor;
use storywright_domain::ports::{Saved, StorageError, StorageExt};
use storywright_domain::source::SourceEntry;
use storywright_domain::{DraftId, JobId};

/// The answer that tells the model to go on by the smallest assumption.
pub const LEANEST: &str =
    "Assume the leanest: choose the smallest assumption that makes the stories useful, and list it under Assumptions.";

/// Longest instruction or answer in characters.
pub const MAX_INSTRUCTION_CHARS: usize = 8_000;

/// Why no writing job was started.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StartError {
    /// There is none of this person with that id.
    #[error("there is no such draft")]
    NotFound,
    /// It is being written or published.
    #[error(transparent)]
    WrongState(#[from] WrongState),
    /// The LLM connection cannot be used.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// There is nothing to refine yet.
    #[error("the draft is empty: generate it first")]
    NothingToRefine,
    /// There are neither requirements nor sources that were read.
    #[error("there is nothing to write from: type requirements, or add a source and wait until it is read")]
    NothingToWriteFrom,
    /// There is no such section, or it is written already.
    #[error("section {0} is not one that is still to be written")]
    NoSuchSection(u32),
    /// No sentence of the requirements is without a story.
    #[error("every sentence of the requirements is covered by a story")]
    NothingUncovered,
    /// The instruction is blank or too long.
    #[error("say in 1 to {MAX_INSTRUCTION_CHARS} characters what should change")]
    BadInstruction,
    /// The person has too many jobs waiting or running.
    #[error("{0} jobs are waiting or running: wait for one or stop it")]
    TooManyJobs(usize),
    /// Somebody was faster.
    #[error("the draft has changed meanwhile")]
    Conflict(Box<Draft>),
    /// The database is in trouble.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why an answer was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// There is none of this person with that id.
    #[error("there is no such job")]
    NotFound,
    /// The job asks nothing at present.
    #[error("the job asks nothing")]
    NoQuestion,
    /// The answer is blank or too long.
    #[error("answer in 1 to {MAX_INSTRUCTION_CHARS} characters")]
    BadAnswer,
    /// The database is in trouble.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Starts writing the draft from its requirements.
///
/// # Errors
/// [`StartError`].
pub fn generate(ports: &Ports, actor: &Actor, id: DraftId) -> Result<JobId, StartError> {
    generate_with(ports, actor, id, false)
}

/// Starts writing the draft from its requirements; with `look_up` the agent looks things up before.
///
/// # Errors
/// [`StartError`].
pub fn generate_with(ports: &Ports, actor: &Actor, id: DraftId, look_up: bool) -> Result<JobId, StartError> {
    start(ports, actor, id, JobKind::Generate, WritingPayload { look_up, ..WritingPayload::default() })
}

/// Starts changing the draft as the instruction says.
///
/// # Errors
/// [`StartError`].
pub fn refine(ports: &Ports, actor: &Actor, id: DraftId, instructions: &str) -> Result<JobId, StartError> {
    let instructions = clean(instructions).ok_or(StartError::BadInstruction)?;
    start(ports, actor, id, JobKind::Refine, WritingPayload { instructions, ..WritingPayload::default() })
}

/// Starts writing one section that failed or was not reached, for itself: its stories are added to those that are there.
///
/// # Errors
/// [`StartError`].
pub fn write_section(ports: &Ports, actor: &Actor, id: DraftId, ordinal: u32) -> Result<JobId, StartError> {
    write_part(ports, actor, id, Part::Section(ordinal))
}

/// Starts writing stories for the first sentences that no story covers, as many as one call takes; they are added to those that are there.
///
/// # Errors
/// [`StartError`].
pub fn write_uncovered(ports: &Ports, actor: &Actor, id: DraftId) -> Result<JobId, StartError> {
    write_part(ports, actor, id, Part::Uncovered)
}

fn write_part(ports: &Ports, actor: &Actor, id: DraftId, part: Part) -> Result<JobId, StartError> {
    let user = actor.user();
    let (draft, kept) = ports.storage.read(|tx| {
        let draft = tx.draft(user, id)?.filter(|draft| draft.deleted_at.is_none()).ok_or(StartError::NotFound)?;
        Ok::<_, StartError>((draft, tx.sections(user, id)?))
    })?;
    // All requirements are read for this, so no transaction waits for it; the job looks again.
    match part {
        Part::Section(ordinal) => {
            section_to_write(draft.requirements.as_str(), &kept, ordinal).ok_or(StartError::NoSuchSection(ordinal))?;
        }
        Part::Uncovered if draft.document.is_empty() => return Err(StartError::NothingToRefine),
        Part::Uncovered => {
            uncovered(&covered(ports, user, draft)?).ok_or(StartError::NothingUncovered)?;
        }
    }
    // What the stories as a whole were written from stays what it was: this job writes a part.
    let whole = last_writing_job(ports, actor, id)?.map(|job| WritingPayload::of_json(&job.payload)).transpose()?;
    let requirements_sha256 = whole.map(|payload| payload.requirements_sha256).unwrap_or_default();
    let payload = WritingPayload { only: Some(part), requirements_sha256, ..WritingPayload::default() };
    start(ports, actor, id, JobKind::Generate, payload)
}

fn clean(text: &str) -> Option<String> {
    let text: String = text.trim().chars().filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect();
    (!text.is_empty() && text.chars().count() <= MAX_INSTRUCTION_CHARS).then_some(text)
}

fn start(
    ports: &Ports,
    actor: &Actor,
    id: DraftId,
    kind: JobKind,
    payload: WritingPayload,
) -> Result<JobId, StartError> {
    let user = actor.user();
    // Fails early and clearly, before anything is queued.
    access::chat(ports, user, actor.request_id())?;
    let now = ports.clock.now();
    let job = Job::waiting(JobId(ports.ids.id()), user, kind, id.to_string(), actor.request_id().as_str(), now);
    let entry = ports.audit_entry(
        Some(user),
        actor.request_id(),
        "writing_started",
        format!("draft:{id}"),
        kind.as_str().to_owned(),
    );
    ports.storage.write(|tx| {
        let draft = tx.draft(user, id)?.filter(|draft| draft.deleted_at.is_none()).ok_or(StartError::NotFound)?;
        if kind == JobKind::Refine && draft.document.is_empty() {
            return Err(StartError::NothingToRefine);
        }
        if draft.requirements.as_str().is_empty() && !tx.sources(user, id)?.iter().any(SourceEntry::is_read) {
            return Err(StartError::NothingToWriteFrom);
        }
        let open = started_and_open(tx, user)?;
        if open >= ports.settings.max_open_jobs {
            return Err(StartError::TooManyJobs(open));
        }
        let expected = draft.version;
        let writing = draft.clone().begin_writing(job.id, now)?;
        match tx.update_draft(&writing, expected)? {
            Saved::Stored => {}
            Saved::Conflict => return Err(StartError::Conflict(Box::new(draft))),
        }
        let payload = match payload.only {
            Some(_) => payload.clone(),
            None => WritingPayload { requirements_sha256: digest(ports, &draft), ..payload.clone() },
        };
        tx.insert_job(&Job { payload: payload.to_json(), ..job.clone() })?;
        tx.audit(&entry)?;
        Ok(())
    })?;
    ports.queue.wake();
    Ok(job.id)
}

fn digest(ports: &Ports, draft: &Draft) -> String {
    ports.sha256.hex(draft.requirements.as_str().as_bytes())
}

/// Whether the draft's requirements are other ones than this job, which wrote its stories, worked from.
#[must_use]
pub fn requirements_changed(ports: &Ports, draft: &Draft, job: &Job) -> bool {
    let known = WritingPayload::of_json(&job.payload).map(|payload| payload.requirements_sha256).unwrap_or_default();
    job.status == JobStatus::Completed && !known.is_empty() && known != digest(ports, draft)
}

/// Answers the model's question; the job goes on.
///
/// # Errors
/// [`AnswerError`].
pub fn answer_question(ports: &Ports, actor: &Actor, id: JobId, answer: &str) -> Result<(), AnswerError> {
    let answer = clean(answer).ok_or(AnswerError::BadAnswer)?;
    let now = ports.clock.now();
    ports.storage.write(|tx| {
        let job = tx.job(actor.user(), id)?.ok_or(AnswerError::NotFound)?;
        let question = job.question.clone().ok_or(AnswerError::NoQuestion)?;
        let mut payload = WritingPayload::of_json(&job.payload)?;
        payload.answers.push((question, answer.clone()));
        match tx.answer_job(actor.user(), id, &payload.to_json(), now)? {
            Saved::Stored => Ok(()),
            Saved::Conflict => Err(AnswerError::NoQuestion),
        }
    })?;
    ports.queue.wake();
    Ok(())
}
