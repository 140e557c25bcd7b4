//! What drafts are written from.

use super::{MemoryTx, refused};
use storywright_domain::ports::{DraftRepo, Saved, SourceRepo, StorageError};
use storywright_domain::source::{SourceEntry, SourceState};
use storywright_domain::{DraftId, JobId, Timestamp, UserId};

/// A source as it is kept.
#[derive(Clone)]
pub struct KeptSource {
    user: UserId,
    entry: SourceEntry,
    text: String,
    newer: Option<String>,
}

impl MemoryTx<'_> {
    fn kept(&self, user: UserId, draft: DraftId, number: u32) -> Option<&KeptSource> {
        self.state.sources.get(&(draft, number)).filter(|kept| kept.user == user)
    }

    fn of_draft(&self, user: UserId, draft: DraftId) -> impl Iterator<Item = &KeptSource> {
        let range = self.state.sources.range((draft, 0)..=(draft, u32::MAX));
        range.map(|(_, kept)| kept).filter(move |kept| kept.user == user)
    }
}

impl SourceRepo for MemoryTx<'_> {
    fn sources(&mut self, user: UserId, draft: DraftId) -> Result<Vec<SourceEntry>, StorageError> {
        let here = self.of_draft(user, draft).filter(|kept| kept.entry.removed_at.is_none());
        Ok(here.map(|kept| kept.entry.clone()).collect())
    }

    fn source(&mut self, user: UserId, draft: DraftId, number: u32) -> Result<Option<SourceEntry>, StorageError> {
        Ok(self.kept(user, draft, number).map(|kept| kept.entry.clone()))
    }

    fn source_text(&mut self, user: UserId, draft: DraftId, number: u32) -> Result<Option<String>, StorageError> {
        let kept = self.kept(user, draft, number).filter(|kept| kept.entry.removed_at.is_none());
        Ok(kept.map(|kept| kept.text.clone()))
    }

    fn newer_text(&mut self, user: UserId, draft: DraftId, number: u32) -> Result<Option<String>, StorageError> {
        let kept = self.kept(user, draft, number).filter(|kept| kept.entry.removed_at.is_none());
        Ok(kept.and_then(|kept| kept.newer.clone()))
    }

    fn next_source_number(&mut self, user: UserId, draft: DraftId) -> Result<u32, StorageError> {
        Ok(self.of_draft(user, draft).map(|kept| kept.entry.number).max().unwrap_or(0) + 1)
    }

    fn insert_source(
        &mut self,
        user: UserId,
        draft: DraftId,
        entry: &SourceEntry,
        text: &str,
    ) -> Result<(), StorageError> {
        if self.draft(user, draft)?.is_none() {
            return refused("source", "its draft is gone");
        }
        if self.state.sources.contains_key(&(draft, entry.number)) {
            return refused("source", "it is there already");
        }
        let kept = KeptSource { user, entry: entry.clone(), text: text.to_owned(), newer: None };
        self.change()?.sources.insert((draft, entry.number), kept);
        Ok(())
    }

    fn update_source(
        &mut self,
        user: UserId,
        draft: DraftId,
        entry: &SourceEntry,
        text: Option<&str>,
    ) -> Result<Saved, StorageError> {
        let kept = self.change()?.sources.get_mut(&(draft, entry.number)).filter(|kept| kept.user == user);
        let Some(kept) = kept else { return Ok(Saved::Conflict) };
        kept.entry = entry.clone();
        if let Some(text) = text {
            kept.text = text.to_owned();
        }
        Ok(Saved::Stored)
    }

    fn set_newer_text(
        &mut self,
        user: UserId,
        draft: DraftId,
        number: u32,
        text: Option<&str>,
    ) -> Result<(), StorageError> {
        if let Some(kept) = self.change()?.sources.get_mut(&(draft, number)).filter(|kept| kept.user == user) {
            kept.newer = text.map(str::to_owned);
        }
        Ok(())
    }

    fn next_waiting(&mut self, user: UserId, draft: DraftId, job: JobId) -> Result<Option<SourceEntry>, StorageError> {
        let next = self.of_draft(user, draft).find(|kept| {
            let entry = &kept.entry;
            entry.state == SourceState::Waiting && entry.job == Some(job) && entry.removed_at.is_none()
        });
        Ok(next.map(|kept| kept.entry.clone()))
    }

    fn forget_removed(&mut self, user: UserId, draft: DraftId, before: Timestamp) -> Result<(), StorageError> {
        for ((of, _), kept) in &mut self.change()?.sources {
            if *of == draft && kept.user == user && kept.entry.removed_at.is_some_and(|at| at < before) {
                kept.text.clear();
                kept.newer = None;
            }
        }
        Ok(())
    }
}
