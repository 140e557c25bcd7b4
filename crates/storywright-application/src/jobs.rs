//! Jobs as people see them: looking, listing, stopping, listening.

use crate::Ports;
use crate::judging;
use crate::publishing::stop_run_of;
use crate::sources::give_up_reading;
use crate::trials::end_columns;
use storywright_domain::JobId;
use storywright_domain::draft::DraftState;
use storywright_domain::job::{EventKind, Job, JobKind, JobStatus};
use storywright_domain::person::Actor;
use storywright_domain::ports::{EventListener, Slice, StorageError, StorageExt, Subscription, Tx};
use storywright_domain::prompt::ColumnState;
use storywright_domain::{DraftId, Timestamp, UserId};

/// One of the person's jobs.
///
/// # Errors
/// [`StorageError`].
pub fn job(ports: &Ports, actor: &Actor, id: JobId) -> Result<Option<Job>, StorageError> {
    ports.storage.read(|tx| tx.job(actor.user(), id))
}

/// The person's jobs, newest first, 20 at a time.
///
/// # Errors
/// [`StorageError`].
pub fn list_jobs(ports: &Ports, actor: &Actor, cursor: Option<&str>) -> Result<Slice<Job>, StorageError> {
    ports.storage.read(|tx| tx.jobs(actor.user(), cursor, 20))
}

/// The person's pending and running jobs.
///
/// # Errors
/// [`StorageError`].
pub fn open_jobs(ports: &Ports, actor: &Actor) -> Result<Vec<Job>, StorageError> {
    ports.storage.read(|tx| tx.open_jobs(actor.user()))
}

/// How many jobs wait or run that this person started: the figure that `max_open_jobs` bounds. What began by itself keeps nobody from work.
pub(crate) fn started_and_open(tx: &mut dyn Tx, user: UserId) -> Result<usize, StorageError> {
    let by_itself = |job: &Job| match job.kind {
        JobKind::RefreshTools => true,
        JobKind::Judge => judging::began_by_itself(job),
        JobKind::Generate | JobKind::Refine | JobKind::Publish | JobKind::ReadSources | JobKind::TryPrompts => false,
    };
    Ok(tx.open_jobs(user)?.iter().filter(|job| !by_itself(job)).count())
}

/// Stops a job: at once when it waits, within 2 s when it runs. Gives its state after the call; `None` when the person has
/// no such job.
///
/// # Errors
/// [`StorageError`].
pub fn cancel_job(ports: &Ports, actor: &Actor, id: JobId) -> Result<Option<JobStatus>, StorageError> {
    let user = actor.user();
    let entry = ports.audit_entry(Some(user), actor.request_id(), "job_cancelled", format!("job:{id}"), String::new());
    let (status, was_waiting) = ports.storage.write(|tx| {
        let Some(before) = tx.job(user, id)? else { return Ok::<_, StorageError>((None, false)) };
        if before.status.is_final() {
            return Ok((Some(before.status), false));
        }
        let status = tx.request_cancel(user, id, entry.at)?;
        let was_waiting = status == Some(JobStatus::Cancelled);
        if was_waiting {
            match before.kind {
                JobKind::Generate | JobKind::Refine => release_draft(tx, &before, entry.at)?,
                JobKind::Publish => stop_run_of(tx, &before, entry.at)?,
                JobKind::ReadSources => give_up_reading(tx, &before, "stopped", "reading was stopped before its turn")?,
                JobKind::RefreshTools | JobKind::Judge => {}
                JobKind::TryPrompts => end_columns(tx, &before, ColumnState::Stopped, "")?,
            }
        }
        tx.audit(&entry)?;
        Ok((status, was_waiting))
    })?;
    if status.is_some() {
        // Only now is it known that the job is this person's.
        ports.running.cancel(id);
    }
    if was_waiting {
        ports.events.append(id, EventKind::Done, r#"{"status":"cancelled"}"#)?;
    }
    Ok(status)
}

/// Gives back the draft that a writing job held when it ends without having written: it can be edited again.
pub(crate) fn release_draft(tx: &mut dyn Tx, job: &Job, at: Timestamp) -> Result<(), StorageError> {
    let Ok(id) = DraftId::parse(&job.subject) else { return Ok(()) };
    let Some(draft) = tx.draft(job.user, id)? else { return Ok(()) };
    if draft.state != (DraftState::Writing { job: job.id }) {
        return Ok(());
    }
    let expected = draft.version;
    // Same transaction as the read above: the version cannot have moved.
    let _ = tx.update_draft(&draft.end_writing(at), expected)?;
    Ok(())
}

/// Listens to one of the person's jobs from after event number `after`; `None` when the person has no such job.
///
/// # Errors
/// [`StorageError`].
pub fn listen(
    ports: &Ports,
    actor: &Actor,
    id: JobId,
    after: u64,
    listener: Box<dyn EventListener>,
) -> Result<Option<Subscription>, StorageError> {
    if ports.storage.read(|tx| tx.job(actor.user(), id))?.is_none() {
        return Ok(None);
    }
    ports.events.subscribe(id, after, listener).map(Some)
}
