//! What a person can do with a run: stop it, go on with it, settle what is not known.

use super::plan::{ORIGIN_PROPERTY, origin};
use super::probe::{Search, same_json};
use super::settle::{self, move_item};
use super::start::{RunView, publish_job, run_view};
use crate::Ports;
use crate::access::{self, AccessError};
use crate::jobs::cancel_job;
use storywright_domain::draft::DraftState;
use storywright_domain::jira::Marker;
use storywright_domain::person::Actor;
use storywright_domain::ports::{ItemChange, Saved, StorageError, StorageExt, Tx};
use storywright_domain::publishing::{ItemState, Run, RunItem, RunState};
use storywright_domain::remote::RemoteError;
use storywright_domain::{ItemId, JobId, RunId, Timestamp};

/// What a person says about an item whose state is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// Look again.
    CheckAgain,
    /// It is this issue.
    Exists(String),
    /// Create it once more; a duplicate is accepted.
    CreateAgain,
}

/// Why an item was not resolved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// There is no such run or item of this person.
    #[error("there is no such item")]
    NotFound,
    /// Its state is known.
    #[error("the state of this item is known")]
    NotUnknown,
    /// The run is under way.
    #[error("the run is under way: wait for it or stop it")]
    Running,
    /// Another run of the person is active in the project.
    #[error("another run is under way in this project")]
    Busy(RunId),
    /// Whether some of its issues are in Jira is not known.
    #[error("some issues of the run are not known yet")]
    InDoubt,
    /// All of its issues are in Jira.
    #[error("every issue of the run is in Jira")]
    NothingMissing,
    /// Its draft was changed, published again or put in the bin since it went back to editing.
    #[error("the draft has gone on without this run: approve a new plan of it")]
    DraftWentOn,
    /// The named issue is not there, or is not one of the run's project.
    #[error("there is no issue `{0}` in this project")]
    NoSuchIssue(String),
    /// The Jira connection cannot be used.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Jira said no.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The database is in trouble.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Stops a run: the call under way is finished and written down, no other begins. What was paused is closed at once. `false` when there
/// is no such run or it has ended.
///
/// # Errors
/// [`StorageError`].
pub fn stop_run(ports: &Ports, actor: &Actor, id: RunId) -> Result<bool, StorageError> {
    let user = actor.user();
    let Some(run) = ports.storage.read(|tx| tx.run(user, id))? else { return Ok(false) };
    if !matches!(run.state, RunState::Active | RunState::Paused) {
        return Ok(false);
    }
    let status = cancel_job(ports, actor, run.job)?;
    if status.is_some_and(|status| !status.is_final()) && run.state == RunState::Active {
        // Its worker stops it.
        return Ok(true);
    }
    let now = ports.clock.now();
    let entry = ports.audit_entry(Some(user), actor.request_id(), "run_stopped", format!("run:{id}"), String::new());
    ports.storage.write(|tx| {
        let same = |now: &Run| (now.job, now.state) == (run.job, run.state);
        // Cancelling the job has closed it, or somebody resumed it meanwhile.
        let Some(run) = tx.run(user, id)?.filter(same) else { return Ok(()) };
        settle::stop(tx, &run, 0, now)?;
        tx.audit(&entry)
    })?;
    Ok(true)
}

/// Goes on with the approved bytes: with what is not in Jira yet (planned, rejected, absent, blocked and cancelled items), with looking
/// for what is unknown, with finishing what is not finished. To send other bytes, see [`super::retry_run`].
///
/// # Errors
/// [`ResolveError`].
pub fn resume_run(ports: &Ports, actor: &Actor, id: RunId) -> Result<JobId, ResolveError> {
    let user = actor.user();
    let now = ports.clock.now();
    let new_job = JobId(ports.ids.id());
    let entry = ports.audit_entry(Some(user), actor.request_id(), "run_resumed", format!("run:{id}"), String::new());
    ports.storage.write(|tx| {
        let run = tx.run(user, id)?.ok_or(ResolveError::NotFound)?;
        let items = tx.run_items(user, id)?;
        match run.state {
            RunState::Active => return Err(ResolveError::Running),
            RunState::Completed if items.iter().all(|item| item.state == ItemState::Linked) => {
                return Err(ResolveError::NotUnknown);
            }
            RunState::Completed | RunState::Paused | RunState::Incomplete | RunState::Stopped => {}
        }
        if let Some(active) = tx.active_run(user, &run.site, &run.project)? {
            return Err(ResolveError::Busy(active.id));
        }
        take_draft(tx, &run, now)?;
        settle::put_down(tx, &run, 0, now)?;
        for item in tx.run_items(user, id)? {
            match item.state {
                state if state.is_missing() => {
                    move_item(tx, user, &item, 0, ItemState::Planned, None, now, "resumed by the person")?;
                }
                // It is looked for once more; nothing is sent for it before it is known.
                ItemState::NeedsHuman => {
                    let problem = item.problem.clone();
                    let detail = "to be looked for once more";
                    move_item(tx, user, &item, 0, ItemState::Unknown, problem.as_deref(), now, detail)?;
                }
                ItemState::Unlinked => {
                    let detail = "to be finished once more";
                    move_item(tx, user, &item, 0, ItemState::Created, None, now, detail)?;
                }
                _ => {}
            }
        }
        tx.set_run_job(user, id, new_job)?;
        tx.set_run_state(user, id, RunState::Active, None, now)?;
        tx.insert_job(&publish_job(actor, &Run { job: new_job, ..run }, now))?;
        tx.audit(&entry)?;
        Ok(())
    })?;
    ports.queue.wake();
    Ok(new_job)
}

/// Binds the draft to its run again, unless it has gone on without it: then the run would create what another run creates, or what
/// nobody wants any more.
fn take_draft(tx: &mut dyn Tx, run: &Run, now: Timestamp) -> Result<(), ResolveError> {
    let draft = tx.draft(run.user, run.draft)?.filter(|draft| draft.deleted_at.is_none());
    let draft = draft.ok_or(ResolveError::DraftWentOn)?;
    let own = [DraftState::Publishing { run: run.id }, DraftState::Published { run: run.id }];
    if own.contains(&draft.state) {
        return Ok(());
    }
    if run.finished_at.is_none_or(|end| draft.updated_at > end) {
        return Err(ResolveError::DraftWentOn);
    }
    let expected = draft.version;
    let taken = draft.begin_publishing(run.id, now).map_err(|_| ResolveError::DraftWentOn)?;
    match tx.update_draft(&taken, expected)? {
        Saved::Stored => Ok(()),
        Saved::Conflict => Err(ResolveError::DraftWentOn),
    }
}

/// Settles an item whose state is not known. `true` when it is known now.
///
/// # Errors
/// [`ResolveError`].
pub fn resolve_item(
    ports: &Ports,
    actor: &Actor,
    run_id: RunId,
    item_id: ItemId,
    resolution: &Resolution,
) -> Result<bool, ResolveError> {
    let user = actor.user();
    let view = run_view(ports, actor, run_id)?.ok_or(ResolveError::NotFound)?;
    let item = view.items.iter().find(|item| item.id == item_id).ok_or(ResolveError::NotFound)?;
    if view.run.state == RunState::Active {
        return Err(ResolveError::Running);
    }
    if !item.state.is_in_doubt() {
        return Err(ResolveError::NotUnknown);
    }
    let Some((jira, detail)) = answer(ports, actor, &view, item, resolution)? else { return Ok(false) };
    let now = ports.clock.now();
    let to = if jira.is_some() { ItemState::Created } else { ItemState::Planned };
    let change = ItemChange { jira, ..ItemChange::plain(item.state, to, now, detail.to_owned()) };
    let subject = format!("run:{run_id} item:{item_id}");
    let entry = ports.audit_entry(Some(user), actor.request_id(), "item_resolved", subject, detail.to_owned());
    ports.storage.write(|tx| {
        // Asking Jira took its time: the run may have been resumed, and its worker does not expect changes by others.
        let run = tx.run(user, run_id)?.ok_or(ResolveError::NotFound)?;
        if run.state == RunState::Active {
            return Err(ResolveError::Running);
        }
        match tx.change_item(user, item_id, 0, &change)? {
            Saved::Stored => {}
            Saved::Conflict => return Err(ResolveError::NotUnknown),
        }
        settle::settle(tx, user, run_id, now)?;
        tx.audit(&entry)?;
        Ok(())
    })?;
    Ok(true)
}

/// Id and key of the issue, or none to create it once more, with words for the journal; `None` when it is still not known.
type Settled = (Option<(String, String)>, &'static str);

fn answer(
    ports: &Ports,
    actor: &Actor,
    view: &RunView,
    item: &RunItem,
    resolution: &Resolution,
) -> Result<Option<Settled>, ResolveError> {
    match resolution {
        Resolution::CreateAgain => Ok(Some((None, "the person accepts a possible duplicate"))),
        Resolution::CheckAgain => {
            let access = access::jira(ports, actor)?;
            let (run, items) = (&view.run, view.items.as_slice());
            let search = Search { ports, access: &access, run, items, stop: &|| false };
            let mut found = search.by_mark(&[item.id])?;
            if found.is_empty() && item.marker != Marker::Manual {
                found = search.by_number(&[item.id])?.found;
            }
            Ok(found.into_iter().next().map(|(_, issue)| (Some(issue), "found by its mark")))
        }
        Resolution::Exists(key) => {
            let access = access::jira(ports, actor)?;
            let key = key.trim();
            let named = || ResolveError::NoSuchIssue(key.chars().take(40).collect());
            if key.is_empty() || key.contains(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_')) {
                return Err(named());
            }
            let issue = ports.jira.issue(&access, key, Some(ORIGIN_PROPERTY))?.ok_or_else(named)?;
            // An issue that proves to be another one is not this one: that other would be held for missing.
            let own = same_json(&origin(&view.run.run_label, &item.reference));
            if issue.property.as_deref().is_some_and(|proof| same_json(proof) != own) {
                return Err(named());
            }
            let taken = view.items.iter().any(|other| other.jira_id.as_deref() == Some(issue.id.as_str()));
            if taken || issue.key.rsplit_once('-').is_none_or(|(project, _)| project != view.run.project) {
                return Err(named());
            }
            Ok(Some((Some((issue.id, issue.key)), "named by the person")))
        }
    }
}
