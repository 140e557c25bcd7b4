//! A new draft that begins as a copy of another one: how to go on with stories whose issues are in Jira.

use crate::Ports;
use storywright_domain::DraftId;
use storywright_domain::agent::Provenance;
use storywright_domain::draft::{Draft, DraftState, DraftVersion, Origin};
use storywright_domain::person::Actor;
use storywright_domain::ports::{StorageError, StorageExt};

/// Makes a draft with the requirements, prompt, project, issue type, rule set and document of another one, whatever state that is in;
/// `None` when there is none of this person outside the bin.
///
/// # Errors
/// [`StorageError`].
pub fn copy_draft(ports: &Ports, actor: &Actor, id: DraftId) -> Result<Option<Draft>, StorageError> {
    let now = ports.clock.now();
    let new = DraftId(ports.ids.id());
    ports.storage.write(|tx| {
        let Some(original) = tx.draft(actor.user(), id)?.filter(|draft| draft.deleted_at.is_none()) else {
            return Ok(None);
        };
        let title = original.title.clone();
        let made = tx.provenance(actor.user(), id, original.version)?;
        let copy =
            Draft { id: new, state: DraftState::Editing, version: 1, created_at: now, updated_at: now, ..original };
        tx.insert_draft(&copy)?;
        if !copy.document.is_empty() {
            tx.insert_version(
                actor.user(),
                &DraftVersion {
                    draft: new,
                    number: copy.version,
                    origin: Origin::Restored,
                    note: format!("from the draft “{title}”"),
                    document: copy.document.clone(),
                    created_at: now,
                },
            )?;
        }
        if let Some(made) = made.filter(|_| !copy.document.is_empty()) {
            tx.insert_provenance(&Provenance { draft: new, version: copy.version, ..made })?;
        }
        tx.audit(&ports.audit_entry(
            Some(actor.user()),
            actor.request_id(),
            "draft_created",
            format!("draft:{new}"),
            format!("{}, copied from another", copy.project.as_str()),
        ))?;
        Ok(Some(copy))
    })
}
