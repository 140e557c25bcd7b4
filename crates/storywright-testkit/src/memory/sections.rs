//! Sections of drafts with long requirements.

use super::MemoryTx;
use storywright_domain::ports::{SectionRepo, StorageError};
use storywright_domain::section::DraftSection;
use storywright_domain::{DraftId, UserId};

impl SectionRepo for MemoryTx<'_> {
    fn sections(&mut self, user: UserId, draft: DraftId) -> Result<Vec<DraftSection>, StorageError> {
        let sections = self.state.sections.range((draft, 0)..=(draft, u32::MAX)).map(|(_, section)| section);
        Ok(sections.filter(|section| section.user == user).cloned().collect())
    }

    fn put_section(&mut self, section: &DraftSection) -> Result<(), StorageError> {
        let state = self.change()?;
        if !state.drafts.contains_key(&section.draft) {
            return Err(StorageError::Corrupt { entity: "draft section", detail: "no such draft".to_owned() });
        }
        state.sections.insert((section.draft, section.ordinal), section.clone());
        Ok(())
    }

    fn clear_sections(&mut self, user: UserId, draft: DraftId) -> Result<(), StorageError> {
        self.change()?.sections.retain(|(of, _), section| *of != draft || section.user != user);
        Ok(())
    }
}
