//! The texts that say what is wanted: the requirements, and the pages, files and issues that stories are written from.

use super::Budget;
use crate::Ports;
use std::collections::BTreeMap;
use storywright_domain::UserId;
use storywright_domain::draft::Draft;
use storywright_domain::ports::{StorageError, StorageExt};
use storywright_domain::requirement::{Coverage, WantedText, coverage_of};
use storywright_domain::source::SourceKind;

/// What of all that is wanted the stories of a draft cover.
#[derive(Debug, Clone, PartialEq)]
pub struct DraftCoverage {
    /// The draft.
    pub draft: Draft,
    /// Each sentence of its requirements and of its sources.
    pub coverage: Coverage,
    /// Titles of the sources, by their number.
    pub titles: BTreeMap<u32, String>,
}

/// Looks up what is wanted in the stories. Of the sources those count that go to the model; results of tools only helped to write.
pub(crate) fn covered(ports: &Ports, user: UserId, draft: Draft) -> Result<DraftCoverage, StorageError> {
    let entries = ports.storage.read(|tx| tx.sources(user, draft.id))?;
    let budget = Budget::of(&entries, ports.settings.source_chars);
    let wanted = |kind: SourceKind| matches!(kind, SourceKind::Page | SourceKind::File | SourceKind::Issue);
    let mut sources = Vec::new();
    let mut titles = BTreeMap::new();
    for entry in entries.into_iter().filter(|entry| wanted(entry.kind) && budget.fits.contains(&entry.number)) {
        let Some(text) = ports.storage.read(|tx| tx.source_text(user, draft.id, entry.number))? else { continue };
        sources.push((entry.number, text));
        titles.insert(entry.number, entry.title);
    }
    let own = WantedText { source: None, text: draft.requirements.as_str() };
    let of_sources = sources.iter().map(|(number, text)| WantedText { source: Some(*number), text });
    let texts: Vec<WantedText<'_>> = std::iter::once(own).chain(of_sources).collect();
    let coverage = coverage_of(&texts, &draft.document);
    Ok(DraftCoverage { draft, coverage, titles })
}
