//! What a worker thread does with a claimed job.

use crate::Ports;
use crate::drafting::{run_trial, run_writing};
use crate::jobs::release_draft;
use crate::judging::run_judging;
use crate::publishing::{give_up_run, run_publish};
use crate::sources::{give_up_reading, run_reading};
use crate::tools::run_refresh;
use crate::trials::end_columns;
use storywright_domain::Millis;
use storywright_domain::job::{EventKind, Job, JobKind, MAX_ATTEMPTS};
use storywright_domain::ports::{Claim, Held, JobEnd, StorageError, StorageExt};
use storywright_domain::prompt::ColumnState;

/// Runs a claimed job on this thread and gives it back to the queue. Never panics because of the job's content; a caller that
/// catches a panic gives the job back with [`give_up_attempt`].
pub fn run_claimed(ports: &Ports, claim: &Claim) {
    let job = &claim.job;
    let Some(cancellation) = ports.running.begin(job.id, job.fence) else {
        hand_back(ports, job, &JobEnd::Released);
        return;
    };
    if job.cancel_requested || stopped_meanwhile(ports, job) {
        cancellation.cancel();
    }
    let end = if job.attempts > MAX_ATTEMPTS {
        too_often(ports, job)
    } else {
        match job.kind {
            JobKind::Generate | JobKind::Refine => run_writing(ports, claim, &cancellation),
            JobKind::Publish => run_publish(ports, claim, &cancellation),
            JobKind::ReadSources => run_reading(ports, claim, &cancellation),
            JobKind::RefreshTools => run_refresh(ports, claim, &cancellation),
            JobKind::Judge => run_judging(ports, claim, &cancellation),
            JobKind::TryPrompts => run_trial(ports, claim, &cancellation),
        }
    };
    ports.running.end(job.id, job.fence);
    hand_back(ports, job, &end);
}

/// Whether a stop came after the job was claimed and before it could be reached here; later ones raise its cancellation.
fn stopped_meanwhile(ports: &Ports, job: &Job) -> bool {
    let now: Result<_, StorageError> = ports.storage.read(|tx| tx.job(job.user, job.id));
    // When the database is in trouble, the job is about to find that out itself.
    now.is_ok_and(|now| now.is_some_and(|now| now.cancel_requested))
}

/// Gives back a job whose worker panicked: a failed attempt.
pub fn give_up_attempt(ports: &Ports, claim: &Claim) {
    ports.running.end(claim.job.id, claim.job.fence);
    let error = "worker_panicked: The worker stopped unexpectedly.".to_owned();
    hand_back(ports, &claim.job, &JobEnd::Retry { after: Millis::seconds(2), error });
}

fn hand_back(ports: &Ports, job: &Job, end: &JobEnd) {
    let outcome = match end {
        JobEnd::Completed => "completed",
        JobEnd::Failed { .. } => "failed",
        JobEnd::Cancelled => "cancelled",
        JobEnd::Retry { .. } => "retry",
        JobEnd::Later { .. } => "later",
        JobEnd::Released => "released",
        JobEnd::Asked { .. } => "asked",
    };
    match ports.queue.end(job.id, job.fence, end) {
        Ok(held) => {
            if let (true, JobEnd::Asked { question }) = (held, end) {
                ask(ports, job, question);
            }
            log::info!(job_id = job.id.to_string().as_str(), kind = job.kind.as_str(), attempt = job.attempts, outcome, held; "job ended")
        }
        // The lease runs out and the job is claimed again: nothing is lost.
        Err(error) => {
            log::error!(job_id = job.id.to_string().as_str(), error = error.to_string().as_str(); "a job could not be given back")
        }
    }
}

/// Tells the model's question to whoever listens. Whoever does not finds it with the job.
fn ask(ports: &Ports, job: &Job, question: &str) {
    let data = serde_json::json!({"question": question}).to_string();
    if let Err(error) = ports.events.append(job.id, EventKind::Clarify, &data) {
        log::error!(job_id = job.id.to_string().as_str(), error = error.to_string().as_str(); "a question could not be told");
    }
}

/// Why a running job is to stop.
pub(crate) enum StopCause {
    /// Its person wants it.
    Person,
    /// The process ends.
    Process,
    /// Another worker has it.
    LeaseLost,
}

/// Why a job whose cancellation was raised is to stop: the raised flag has many causes, and the queue knows which.
pub(crate) fn why_stopped(ports: &Ports, job: &Job) -> Result<StopCause, StorageError> {
    Ok(match ports.queue.renew(job.id, job.fence, ports.settings.job_lease)? {
        Held::Lost => StopCause::LeaseLost,
        Held::Yes { cancel_requested: true, .. } => StopCause::Person,
        Held::Yes { .. } => StopCause::Process,
    })
}

/// A job that has brought down its worker again and again is given up, and what it held is given back: in that order, so that nothing is
/// held by a job that is over.
fn too_often(ports: &Ports, job: &Job) -> JobEnd {
    let message = format!("{MAX_ATTEMPTS} attempts have failed; start it again.");
    let now = ports.clock.now();
    let given_back = ports.storage.write(|tx| {
        if !tx.lease_holds(job.id, job.fence)? {
            return Ok(());
        }
        match job.kind {
            JobKind::Generate | JobKind::Refine => release_draft(tx, job, now),
            JobKind::Publish => {
                let reason = format!("{MAX_ATTEMPTS} attempts have failed; resume it.");
                give_up_run(tx, job, &reason, now)
            }
            JobKind::ReadSources => give_up_reading(tx, job, "attempts_exhausted", &message),
            JobKind::RefreshTools | JobKind::Judge => Ok(()),
            JobKind::TryPrompts => end_columns(tx, job, ColumnState::Failed, &format!("attempts_exhausted: {message}")),
        }
    });
    if let Err(error) = given_back {
        log::error!(job_id = job.id.to_string().as_str(), error = error.to_string().as_str(); "a job could not be given up");
        return JobEnd::Retry { after: Millis::seconds(5), error: format!("storage: {error}") };
    }
    let data = serde_json::json!({"code": "attempts_exhausted", "message": message, "retry": false});
    let told =
        ports.events.append(job.id, EventKind::Error, &data.to_string()).and_then(|_| ports.events.flush(job.id));
    if let Err(error) = told {
        log::error!(job_id = job.id.to_string().as_str(), error = error.to_string().as_str(); "the end of a job could not be told");
    }
    JobEnd::Failed { error: format!("attempts_exhausted: {message}") }
}
