//! The state of a run that nobody works on, always in one transaction with what led to it.

use super::sweep::FIRST_SWEEP;
use storywright_domain::draft::DraftState;
use storywright_domain::job::Job;
use storywright_domain::ports::{ItemChange, StorageError, Tx};
use storywright_domain::publishing::{ItemState, Run, RunItem, RunState};
use storywright_domain::{RunId, Timestamp, UserId};

/// What is said of an item whose worker is gone.
pub(super) const INTERRUPTED: &str =
    "The server stopped while this issue was being created. Whether Jira has it is not known.";

/// The run that a job works on, if the job still holds its lease and the run is still active and the job's: whoever lost either
/// writes nothing more.
pub(super) fn held(tx: &mut dyn Tx, job: &Job, run: RunId) -> Result<Option<Run>, StorageError> {
    if !tx.lease_holds(job.id, job.fence)? {
        return Ok(None);
    }
    Ok(tx.run(job.user, run)?.filter(|run| run.job == job.id && run.state == RunState::Active))
}

/// Pauses a run: the person must do something first.
pub(super) fn pause(
    tx: &mut dyn Tx,
    run: &Run,
    fence: i64,
    reason: &str,
    at: Timestamp,
) -> Result<RunState, StorageError> {
    put_down(tx, run, fence, at)?;
    tx.set_run_state(run.user, run.id, RunState::Paused, Some(reason), at)?;
    Ok(RunState::Paused)
}

/// Stops a run: what has not begun is cancelled.
pub(super) fn stop(tx: &mut dyn Tx, run: &Run, fence: i64, at: Timestamp) -> Result<RunState, StorageError> {
    put_down(tx, run, fence, at)?;
    for item in tx.run_items(run.user, run.id)? {
        match item.state {
            ItemState::Planned => {
                move_item(tx, run.user, &item, fence, ItemState::Cancelled, None, at, "stopped by the person")?;
            }
            // Nobody looks any more.
            ItemState::Unknown | ItemState::Reconciling => {
                let problem = item.problem.clone();
                let detail = "stopped before it was known";
                move_item(tx, run.user, &item, fence, ItemState::NeedsHuman, problem.as_deref(), at, detail)?;
            }
            _ => {}
        }
    }
    let reason = "Stopped before every issue was created.";
    tx.set_run_state(run.user, run.id, RunState::Stopped, Some(reason), at)?;
    settle(tx, run.user, run.id, at)
}

/// Nobody is sending any more: what was being sent may be in Jira or not.
pub(super) fn put_down(tx: &mut dyn Tx, run: &Run, fence: i64, at: Timestamp) -> Result<(), StorageError> {
    for item in tx.run_items(run.user, run.id)? {
        if item.state == ItemState::Sending {
            let detail = "found in sending with nobody at work";
            move_item(tx, run.user, &item, fence, ItemState::Unknown, Some(INTERRUPTED), at, detail)?;
            let _ = tx.set_sweep(run.user, run.id, run.sweeps, 0, Some(at + FIRST_SWEEP))?;
        }
    }
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "one line of the journal, said in one line by its callers")]
pub(super) fn move_item(
    tx: &mut dyn Tx,
    user: UserId,
    item: &RunItem,
    fence: i64,
    to: ItemState,
    problem: Option<&str>,
    at: Timestamp,
    detail: &str,
) -> Result<(), StorageError> {
    let problem = problem.map(str::to_owned);
    let change = ItemChange { problem, ..ItemChange::plain(item.state, to, at, detail.to_owned()) };
    // Read in the same transaction: the state cannot have moved.
    let _ = tx.change_item(user, item.id, fence, &change)?;
    Ok(())
}

/// Sets the state of a run from the states of its items, and gives the draft back when nothing of it is or will be in Jira. What was
/// paused or stopped stays so until it is complete.
pub(super) fn settle(tx: &mut dyn Tx, user: UserId, id: RunId, at: Timestamp) -> Result<RunState, StorageError> {
    let Some(run) = tx.run(user, id)? else { return Ok(RunState::Incomplete) };
    let items = tx.run_items(user, id)?;
    let count = |state: ItemState| items.iter().filter(|item| item.state == state).count();
    let there = items.iter().filter(|item| item.state.is_in_jira()).count();
    let complete = there == items.len();
    let state = match run.state {
        _ if complete => RunState::Completed,
        RunState::Stopped => RunState::Stopped,
        RunState::Paused => RunState::Paused,
        RunState::Active | RunState::Incomplete | RunState::Completed => RunState::Incomplete,
    };
    if complete {
        let unfinished = items.iter().filter(|item| item.state != ItemState::Linked).count();
        let reason = (unfinished > 0).then(|| {
            format!("All are in Jira; {unfinished} of {} could not be checked and linked in full.", items.len())
        });
        tx.set_run_state(user, id, state, reason.as_deref(), at)?;
    } else if state == RunState::Incomplete {
        let mut reason = format!(
            "{there} of {} created, {} refused, {} unknown, {} blocked.",
            items.len(),
            count(ItemState::Rejected),
            items.iter().filter(|item| item.state.is_in_doubt()).count(),
            count(ItemState::Blocked)
        );
        if count(ItemState::Absent) > 0 {
            reason.push_str(&format!(" {} did not arrive in Jira.", count(ItemState::Absent)));
        }
        tx.set_run_state(user, id, state, Some(&reason), at)?;
    }
    // While anything of it is, may be or will be in Jira, the draft stays bound to this run: a second run would double it.
    let gone = items.iter().all(|item| item.state.is_missing());
    if (complete || gone)
        && let Some(draft) = tx.draft(user, run.draft)?
        && draft.state == (DraftState::Publishing { run: id })
    {
        let expected = draft.version;
        // Same transaction as the read above: the version cannot have moved.
        let _ = tx.update_draft(&draft.end_publishing(id, complete, at), expected)?;
    }
    Ok(state)
}
