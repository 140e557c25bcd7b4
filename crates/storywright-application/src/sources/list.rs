//! The sources of a draft, removing them and bringing them back.

use super::budget::Budget;
use super::{SourceError, any_draft, open_draft};
use crate::Ports;
use storywright_domain::person::Actor;
use storywright_domain::ports::StorageExt;
use storywright_domain::source::{MAX_SOURCES, SourceEntry};
use storywright_domain::{DraftId, Millis};

/// How long a removed source can be brought back.
pub const UNDO: Millis = Millis::hours(1);

/// Sources of a draft, and what of them the model can read at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceList {
    /// In the order in which they were added.
    pub entries: Vec<SourceEntry>,
    /// How much they are, against what the model reads.
    pub budget: Budget,
}

/// Lists the sources of a draft.
///
/// # Errors
/// [`SourceError::NotFound`], [`SourceError::Storage`].
pub fn list(ports: &Ports, actor: &Actor, draft: DraftId) -> Result<SourceList, SourceError> {
    let entries = ports.storage.read(|tx| {
        any_draft(tx, actor, draft)?;
        Ok::<_, SourceError>(tx.sources(actor.user(), draft)?)
    })?;
    let budget = Budget::of(&entries, ports.settings.source_chars);
    Ok(SourceList { entries, budget })
}

/// The text of a source.
///
/// # Errors
/// [`SourceError::NotFound`], [`SourceError::Storage`].
pub fn text(ports: &Ports, actor: &Actor, draft: DraftId, number: u32) -> Result<String, SourceError> {
    ports.storage.read(|tx| tx.source_text(actor.user(), draft, number))?.ok_or(SourceError::NotFound)
}

/// Removes a source; for [`UNDO`] it can be brought back.
///
/// # Errors
/// [`SourceError`].
pub fn remove(ports: &Ports, actor: &Actor, draft: DraftId, number: u32) -> Result<(), SourceError> {
    let now = ports.clock.now();
    ports.storage.write(|tx| {
        open_draft(tx, actor, draft)?;
        let entry = tx.source(actor.user(), draft, number)?.filter(|entry| entry.removed_at.is_none());
        let entry = entry.ok_or(SourceError::NotFound)?;
        if tx.draft_issue(actor.user(), draft)?.is_some_and(|about| about.source == number) {
            return Err(SourceError::IsTheIssue);
        }
        tx.forget_removed(actor.user(), draft, storywright_domain::Timestamp(now.0 - UNDO.0))?;
        let audit = ports.audit_entry(
            Some(actor.user()),
            actor.request_id(),
            "source_removed",
            format!("draft:{draft}"),
            format!("{} {} {}", entry.id(), entry.kind.as_str(), entry.name),
        );
        let _ = tx.update_source(actor.user(), draft, &SourceEntry { removed_at: Some(now), ..entry }, None)?;
        tx.audit(&audit)?;
        Ok(())
    })
}

/// Brings a removed source back.
///
/// # Errors
/// [`SourceError::TooLate`] when it was removed too long ago.
pub fn restore(ports: &Ports, actor: &Actor, draft: DraftId, number: u32) -> Result<(), SourceError> {
    let now = ports.clock.now();
    ports.storage.write(|tx| {
        open_draft(tx, actor, draft)?;
        let entry = tx.source(actor.user(), draft, number)?.ok_or(SourceError::NotFound)?;
        let Some(removed_at) = entry.removed_at else { return Ok(()) };
        if removed_at + UNDO < now {
            return Err(SourceError::TooLate);
        }
        if tx.sources(actor.user(), draft)?.len() >= MAX_SOURCES {
            return Err(SourceError::TooMany);
        }
        let _ = tx.update_source(actor.user(), draft, &SourceEntry { removed_at: None, ..entry }, None)?;
        Ok(())
    })
}
