//! Writings of story maps.

use super::MemoryTx;
use storywright_domain::ports::{Inserted, Saved, StorageError, StoryPageRepo};
use storywright_domain::story_page::StoryPage;
use storywright_domain::write_state::WriteState;
use storywright_domain::{RunId, UserId};

impl StoryPageRepo for MemoryTx<'_> {
    fn story_pages(&mut self, user: UserId, run: RunId) -> Result<Vec<StoryPage>, StorageError> {
        let pages = self.state.story_pages.range((run, 0)..=(run, u32::MAX)).rev().map(|(_, page)| page);
        Ok(pages.filter(|page| page.user == user).take(50).cloned().collect())
    }

    fn insert_story_page(&mut self, page: &StoryPage) -> Result<Inserted<u32>, StorageError> {
        let state = self.change()?;
        if state.runs.get(&page.run).is_none_or(|run| run.user != page.user) {
            return Err(StorageError::Corrupt { entity: "story page", detail: "no such run".to_owned() });
        }
        if state.story_pages.contains_key(&(page.run, page.edition)) {
            return Ok(Inserted::Exists(page.edition));
        }
        state.story_pages.insert((page.run, page.edition), page.clone());
        Ok(Inserted::New)
    }

    fn settle_story_page(&mut self, page: &StoryPage, from: WriteState) -> Result<Saved, StorageError> {
        let stored = self.change()?.story_pages.get_mut(&(page.run, page.edition));
        let Some(stored) = stored.filter(|stored| stored.user == page.user && stored.state == from) else {
            return Ok(Saved::Conflict);
        };
        *stored = StoryPage {
            page: page.page.clone(),
            state: page.state,
            version: page.version,
            url: page.url.clone(),
            note: page.note.clone(),
            settled_at: page.settled_at,
            ..stored.clone()
        };
        Ok(Saved::Stored)
    }
}
