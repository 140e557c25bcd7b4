//! Long requirements for people: their sections with what each costs and how far it is, and which of their sentences a story covers.

use crate::Ports;
use crate::drafting::SECTION_TOKENS;
use storywright_domain::DraftId;
use storywright_domain::person::Actor;
use storywright_domain::ports::{StorageError, StorageExt};
use storywright_domain::requirement::{Coverage, OutlineSection, coverage, outline};
use storywright_domain::section::DraftSection;

/// A section of the present requirements, and what was written for it.
#[derive(Debug, Clone, PartialEq)]
pub struct SectionView {
    /// Where it stands and what it is about to cost.
    pub planned: OutlineSection,
    /// How far it is; `None` when it was never begun, or when the requirements have been cut otherwise since.
    pub kept: Option<DraftSection>,
}

/// The sections in which a draft's requirements are written; one when they fit one call. `None` when the person has no such draft.
///
/// # Errors
/// [`StorageError`].
pub fn sections_of_draft(
    ports: &Ports,
    actor: &Actor,
    draft: DraftId,
) -> Result<Option<Vec<SectionView>>, StorageError> {
    let user = actor.user();
    let found = ports.storage.read(|tx| match tx.draft(user, draft)? {
        Some(found) => Ok::<_, StorageError>(Some((found, tx.sections(user, draft)?))),
        None => Ok(None),
    })?;
    Ok(found.map(|(draft, kept)| {
        let planned = outline(draft.requirements.as_str(), SECTION_TOKENS);
        let same = |one: &DraftSection, other: &OutlineSection| {
            usize::try_from(one.start) == Ok(other.range.start) && usize::try_from(one.end) == Ok(other.range.end)
        };
        let of = |planned: OutlineSection| {
            let kept = kept.iter().find(|one| same(one, &planned)).cloned();
            SectionView { planned, kept }
        };
        planned.into_iter().map(of).collect()
    }))
}

/// Which sentence of a draft's requirements is covered by which of its stories as they are now. `None` when the person has no such draft.
///
/// # Errors
/// [`StorageError`].
pub fn coverage_of_draft(ports: &Ports, actor: &Actor, draft: DraftId) -> Result<Option<Coverage>, StorageError> {
    let found = ports.storage.read(|tx| tx.draft(actor.user(), draft))?;
    Ok(found.map(|draft| coverage(draft.requirements.as_str(), &draft.document)))
}
