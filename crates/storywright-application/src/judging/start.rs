//! Starting a job that has a draft judged: at a person's press, or by itself when a draft has been written.

use super::line::lines;
use crate::Ports;
use crate::access::{self, AccessError};
use crate::jobs::started_and_open;
use serde::{Deserialize, Serialize};
use storywright_domain::draft::{Draft, WrongState};
use storywright_domain::job::{Job, JobKind, JobStatus};
use storywright_domain::person::Actor;
use storywright_domain::ports::{StorageError, StorageExt, Tx};
use storywright_domain::rules::RuleSet;
use storywright_domain::{DraftId, JobId, UserId};

/// Most stories that one job asks about; what is left over is asked at the next press.
pub const MOST_STORIES: usize = 100;

/// Why nothing is judged.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum JudgeError {
    /// There is none of this person with that id.
    #[error("there is no such draft")]
    NotFound,
    /// Its rule set has no judged rules.
    #[error("the draft's rule set has no rules that a model judges: add some to it, or choose another one")]
    NoRules,
    /// There are no stories.
    #[error("the draft has no stories yet: generate it first")]
    NothingToJudge,
    /// It is being written or published, or it is in Jira.
    #[error(transparent)]
    WrongState(#[from] WrongState),
    /// The LLM connection cannot be used.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The person has too many jobs waiting or running.
    #[error("{0} jobs are waiting or running: wait for one or stop it")]
    TooManyJobs(usize),
    /// The database is in trouble.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The stored payload of such a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct JudgePayload {
    /// Asks what was answered before as well.
    #[serde(default)]
    pub all: bool,
    /// It followed on a writing job; nobody pressed.
    #[serde(default)]
    pub by_itself: bool,
}

impl JudgePayload {
    fn to_json(self) -> String {
        serde_json::to_string(&self).unwrap_or_default()
    }
}

/// Starts asking the model what is still open, or everything anew when nothing is; gives the job that asks about the draft already, when there
/// is one. Such a job counts like one that writes.
///
/// # Errors
/// [`JudgeError`].
pub fn judge(ports: &Ports, actor: &Actor, id: DraftId) -> Result<JobId, JudgeError> {
    let user = actor.user();
    let (draft, rules, known) = ports.storage.read(|tx| {
        let draft = tx.draft(user, id)?.filter(|draft| draft.deleted_at.is_none()).ok_or(JudgeError::NotFound)?;
        let rules = tx.rule_set(&draft.rule_set)?.unwrap_or_default();
        Ok::<_, JudgeError>((draft, rules, tx.judgements(user, id)?))
    })?;
    draft.editable()?;
    if rules.judged.is_empty() {
        return Err(JudgeError::NoRules);
    }
    if draft.document.stories.is_empty() {
        return Err(JudgeError::NothingToJudge);
    }
    // Fails early and clearly, before anything is queued.
    access::chat(ports, user, actor.request_id())?;
    let open = lines(ports.sha256.as_ref(), &draft.document, &rules.judged, known).iter().any(super::Judged::is_open);
    let job = job(ports, user, id, actor.request_id().as_str(), JudgePayload { all: !open, by_itself: false });
    let subject = format!("draft:{id}");
    let entry = ports.audit_entry(Some(user), actor.request_id(), "judging_started", subject, String::new());
    let started = ports.storage.write(|tx| {
        let open = tx.open_jobs(user)?;
        if let Some(same) = open.iter().find(|open| is_of(open, id)) {
            return Ok(same.id);
        }
        let open = started_and_open(tx, user)?;
        if open >= ports.settings.max_open_jobs {
            return Err(JudgeError::TooManyJobs(open));
        }
        tx.insert_job(&job)?;
        tx.audit(&entry)?;
        Ok(job.id)
    })?;
    ports.queue.wake();
    Ok(started)
}

/// Queues the job that judges what a writing job has just written, in the transaction that keeps it. Whether there is one now.
pub(crate) fn judge_what_was_written(
    ports: &Ports,
    tx: &mut dyn Tx,
    writing: &Job,
    draft: &Draft,
    rules: &RuleSet,
) -> Result<bool, StorageError> {
    if rules.judged.is_empty() || draft.document.stories.is_empty() {
        return Ok(false);
    }
    let open = tx.open_jobs(draft.user)?;
    // One that waits reads the draft when its turn comes. One that runs has read it before.
    if open.iter().any(|open| is_of(open, draft.id) && open.status == JobStatus::Pending) {
        return Ok(true);
    }
    if open.iter().filter(|open| began_by_itself(open)).count() >= ports.settings.max_open_jobs {
        return Ok(false);
    }
    let payload = JudgePayload { all: false, by_itself: true };
    tx.insert_job(&job(ports, draft.user, draft.id, &writing.request_id, payload))?;
    Ok(true)
}

/// Whether a job that judges followed on a writing job, so that it is not counted as one that its person started.
pub(crate) fn began_by_itself(job: &Job) -> bool {
    job.kind == JobKind::Judge
        && serde_json::from_str::<JudgePayload>(&job.payload).is_ok_and(|payload| payload.by_itself)
}

fn is_of(job: &Job, draft: DraftId) -> bool {
    job.kind == JobKind::Judge && job.subject == draft.to_string()
}

fn job(ports: &Ports, user: UserId, draft: DraftId, request_id: &str, payload: JudgePayload) -> Job {
    let id = JobId(ports.ids.id());
    let job = Job::waiting(id, user, JobKind::Judge, draft.to_string(), request_id, ports.clock.now());
    Job { payload: payload.to_json(), ..job }
}
