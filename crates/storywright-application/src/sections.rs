//! Long requirements for people: their sections with what each costs and how far it is, and which sentences a story covers.

use crate::Ports;
use crate::drafting::SECTION_TOKENS;
use crate::drafts::draft as live_draft;
use crate::sources::{DraftCoverage, covered};
use storywright_domain::DraftId;
use storywright_domain::person::Actor;
use storywright_domain::ports::{StorageError, StorageExt};
use storywright_domain::requirement::{OutlineSection, outline};
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
    let Some(found) = live_draft(ports, actor, draft)? else { return Ok(None) };
    let kept = ports.storage.read(|tx| tx.sections(actor.user(), draft))?;
    let planned = outline(found.requirements.as_str(), SECTION_TOKENS);
    let same = |one: &DraftSection, other: &OutlineSection| {
        usize::try_from(one.start) == Ok(other.range.start) && usize::try_from(one.end) == Ok(other.range.end)
    };
    let of = |planned: OutlineSection| {
        let kept = kept.iter().find(|one| same(one, &planned)).cloned();
        SectionView { planned, kept }
    };
    Ok(Some(planned.into_iter().map(of).collect()))
}

/// Which sentence of a draft's requirements and sources is covered by which of its stories as they are now. `None` when the person has no
/// such draft.
///
/// # Errors
/// [`StorageError`].
pub fn coverage_of_draft(ports: &Ports, actor: &Actor, draft: DraftId) -> Result<Option<DraftCoverage>, StorageError> {
    let Some(found) = live_draft(ports, actor, draft)? else { return Ok(None) };
    covered(ports, actor.user(), found).map(Some)
}
