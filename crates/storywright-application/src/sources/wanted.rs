//! The texts that stories are written from, and what of all that they ask for the stories cover.

use super::Budget;
use crate::Ports;
use std::collections::BTreeMap;
use storywright_domain::draft::Draft;
use storywright_domain::ports::{StorageError, StorageExt};
use storywright_domain::requirement::{Coverage, WantedText, coverage_of};
use storywright_domain::source::{SourceEntry, SourceKind};
use storywright_domain::{DraftId, UserId};

/// What of all that is wanted the stories of a draft cover.
#[derive(Debug, Clone, PartialEq)]
pub struct DraftCoverage {
    /// The draft.
    pub draft: Draft,
    /// Each sentence of its requirements and of its sources.
    pub coverage: Coverage,
    /// The sources that were looked through, by their number.
    pub sources: BTreeMap<u32, SourceEntry>,
}

/// The sources of a draft that go to the model, in order, each with its text; and what becomes of the others.
pub(crate) fn texts_for_the_model(
    ports: &Ports,
    user: UserId,
    draft: DraftId,
) -> Result<(Budget, Vec<(SourceEntry, String)>), StorageError> {
    let entries = ports.storage.read(|tx| tx.sources(user, draft))?;
    let budget = Budget::of(&entries, ports.settings.source_chars);
    let mut texts = Vec::with_capacity(budget.fits.len());
    for entry in entries.into_iter().filter(|entry| budget.fits.contains(&entry.number)) {
        let text = ports.storage.read(|tx| tx.source_text(user, draft, entry.number))?;
        texts.extend(text.map(|text| (entry, text)));
    }
    Ok((budget, texts))
}

/// Looks up what is wanted in the stories. Of the sources those count that go to the model; results of tools only helped to write.
pub(crate) fn covered(ports: &Ports, user: UserId, draft: Draft) -> Result<DraftCoverage, StorageError> {
    let (_, mut texts) = texts_for_the_model(ports, user, draft.id)?;
    texts.retain(|(entry, _)| entry.kind != SourceKind::Tool);
    let own = WantedText { source: None, text: draft.requirements.as_str() };
    let of_sources = texts.iter().map(|(entry, text)| WantedText { source: Some(entry.number), text });
    let wanted: Vec<WantedText<'_>> = std::iter::once(own).chain(of_sources).collect();
    let coverage = coverage_of(&wanted, &draft.document);
    let sources = texts.into_iter().map(|(entry, _)| (entry.number, entry)).collect();
    Ok(DraftCoverage { draft, coverage, sources })
}
