//! Correcting what was refused: the draft goes back to its person, and its next plan holds only what is missing.

use super::resolve::ResolveError;
use super::settle::{self, move_item};
use crate::Ports;
use storywright_domain::draft::DraftState;
use storywright_domain::person::Actor;
use storywright_domain::ports::{Saved, StorageExt};
use storywright_domain::publishing::{ItemState, RunState};
use storywright_domain::{DraftId, RunId};

/// Gives the draft of an ended or paused run back, so that what Jira refused can be corrected. What the run has created stays: the next
/// plan of the draft leaves it out, hangs the rest under it, and is approved by its own hash. The run itself is over. To send the same
/// bytes again, see [`super::resume_run`].
///
/// # Errors
/// [`ResolveError`]; `InDoubt` while whether an issue of the run is in Jira is not known: it could be created twice.
pub fn retry_run(ports: &Ports, actor: &Actor, id: RunId) -> Result<DraftId, ResolveError> {
    let user = actor.user();
    let now = ports.clock.now();
    let entry = ports.audit_entry(Some(user), actor.request_id(), "run_corrected", format!("run:{id}"), String::new());
    ports.storage.write(|tx| {
        let run = tx.run(user, id)?.ok_or(ResolveError::NotFound)?;
        if run.state == RunState::Active {
            return Err(ResolveError::Running);
        }
        settle::put_down(tx, &run, 0, now)?;
        let items = tx.run_items(user, id)?;
        if items.iter().any(|item| item.state.is_in_doubt()) {
            return Err(ResolveError::InDoubt);
        }
        if items.iter().all(|item| item.state.is_in_jira()) {
            return Err(ResolveError::NothingMissing);
        }
        let draft = tx.draft(user, run.draft)?.filter(|draft| draft.deleted_at.is_none());
        let draft = draft.ok_or(ResolveError::DraftWentOn)?;
        for item in items.iter().filter(|item| item.state == ItemState::Planned) {
            move_item(tx, user, item, 0, ItemState::Cancelled, None, now, "left to the next plan of the draft")?;
        }
        if run.state == RunState::Paused {
            let reason = "Ended so that the draft can be corrected.";
            tx.set_run_state(user, id, RunState::Stopped, Some(reason), now)?;
        }
        match draft.state {
            DraftState::Editing => {}
            DraftState::Publishing { run } if run == id => {
                let expected = draft.version;
                match tx.update_draft(&draft.end_publishing(id, false, now), expected)? {
                    Saved::Stored => {}
                    Saved::Conflict => return Err(ResolveError::DraftWentOn),
                }
            }
            _ => return Err(ResolveError::DraftWentOn),
        }
        tx.audit(&entry)?;
        Ok(run.draft)
    })
}
