//! How a publish job ends: the state of its run, kept under the lease, and what is told of it.

use super::execute::Executor;
use super::settle;
use crate::Ports;
use storywright_domain::cancel::Cancellation;
use storywright_domain::job::{EventKind, Job};
use storywright_domain::ports::{Claim, JobEnd, StorageError, StorageExt, Tx};
use storywright_domain::publishing::{Run, RunState};
use storywright_domain::{Millis, RunId, Timestamp};

/// Why the executor stopped before its last item.
#[derive(Debug)]
pub(super) enum Halt {
    /// Another worker has the run, or somebody changed it: write nothing more.
    LeaseLost,
    /// The run is over, or another job's: this job has nothing to do.
    NotOurs,
    /// The person stopped it.
    Stopped,
    /// The process ends.
    HandedBack,
    /// There is nothing to do before this span is over.
    Later(Millis),
    /// The person must do something first.
    Paused(String),
    /// The database is in trouble.
    Storage(StorageError),
}

impl From<StorageError> for Halt {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

/// Runs a claimed publish job to its end and says how it ends.
pub(crate) fn run_publish(ports: &Ports, claim: &Claim, cancellation: &Cancellation) -> JobEnd {
    let job = &claim.job;
    let Ok(run_id) = RunId::parse(&job.subject) else {
        return JobEnd::Failed { error: "run_not_found: The run is gone.".to_owned() };
    };
    let result = Executor::open(ports, job, run_id, cancellation).and_then(|mut executor| executor.run());
    conclude(ports, job, run_id, result).unwrap_or_else(|error| {
        log::error!(job_id = job.id.to_string().as_str(), error = error.to_string().as_str(); "the state of a run could not be kept");
        try_again(format!("storage: {error}"))
    })
}

fn try_again(error: String) -> JobEnd {
    JobEnd::Retry { after: Millis::seconds(5), error }
}

/// Keeps the state of the run, under the lease, and says how the job ends.
fn conclude(ports: &Ports, job: &Job, run: RunId, result: Result<(), Halt>) -> Result<JobEnd, StorageError> {
    let now = ports.clock.now();
    let outcome = match result {
        Err(Halt::HandedBack) => return Ok(JobEnd::Released),
        Err(Halt::Later(after)) => return Ok(JobEnd::Later { after }),
        Err(Halt::Storage(error)) => return Ok(try_again(format!("storage: {error}"))),
        // When the lease has passed on this changes nothing; else somebody changed an item, and it is looked at anew.
        Err(Halt::LeaseLost) => return Ok(try_again("lease_lost: The run was changed by somebody else.".to_owned())),
        Err(Halt::NotOurs) => None,
        other => Some(other),
    };
    let ended = ports.storage.write(|tx| {
        let Some(found) = settle::held(tx, job, run)? else {
            // Settled before, by this job or another: what it came to is told, nothing is changed.
            let holds = tx.lease_holds(job.id, job.fence)?;
            return Ok::<_, StorageError>(tx.run(job.user, run)?.filter(|run| holds && run.job == job.id));
        };
        match &outcome {
            None => {}
            Some(Err(Halt::Paused(reason))) => drop(settle::pause(tx, &found, job.fence, reason, now)?),
            Some(Err(_)) => drop(settle::stop(tx, &found, job.fence, now)?),
            Some(Ok(())) => drop(settle::settle(tx, job.user, run, now)?),
        }
        tx.run(job.user, run)
    })?;
    Ok(ended.map_or(JobEnd::Cancelled, |run| tell_end(ports, job, &run)))
}

fn tell_end(ports: &Ports, job: &Job, run: &Run) -> JobEnd {
    let done = |status: &str| {
        tell(ports, job, EventKind::Done, &serde_json::json!({ "status": status }));
    };
    let end = match run.state {
        RunState::Completed | RunState::Incomplete => {
            done("completed");
            JobEnd::Completed
        }
        RunState::Stopped => {
            done("cancelled");
            JobEnd::Cancelled
        }
        RunState::Paused => {
            let reason = run.reason.clone().unwrap_or_default();
            let data = serde_json::json!({"code": "run_paused", "message": reason, "retry": false});
            tell(ports, job, EventKind::Error, &data);
            JobEnd::Failed { error: format!("run_paused: {reason}") }
        }
        // Cannot be: it has just been settled.
        RunState::Active => try_again("run_active: The run could not be settled.".to_owned()),
    };
    if let Err(error) = ports.events.flush(job.id) {
        log::error!(job_id = job.id.to_string().as_str(), error = error.to_string().as_str(); "the end of a run could not be told");
    }
    end
}

/// Tells whoever watches. The journal is what counts, so a run goes on when nobody can be told.
pub(super) fn tell(ports: &Ports, job: &Job, kind: EventKind, data: &serde_json::Value) {
    if let Err(error) = ports.events.append(job.id, kind, &data.to_string()) {
        log::error!(job_id = job.id.to_string().as_str(), error = error.to_string().as_str(); "a step of a run could not be told");
    }
}

/// Pauses the run of a job that is given up for good.
pub(crate) fn give_up_run(tx: &mut dyn Tx, job: &Job, reason: &str, at: Timestamp) -> Result<(), StorageError> {
    let Ok(id) = RunId::parse(&job.subject) else { return Ok(()) };
    if let Some(run) = settle::held(tx, job, id)? {
        settle::pause(tx, &run, job.fence, reason, at)?;
    }
    Ok(())
}

/// Stops the run of a job that was cancelled without running.
pub(crate) fn stop_run_of(tx: &mut dyn Tx, job: &Job, at: Timestamp) -> Result<(), StorageError> {
    let Ok(id) = RunId::parse(&job.subject) else { return Ok(()) };
    if let Some(run) = tx.run(job.user, id)?.filter(|run| run.job == job.id && run.state == RunState::Active) {
        settle::stop(tx, &run, 0, at)?;
    }
    Ok(())
}
