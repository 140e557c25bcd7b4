//! The journal of pages with story maps.

use super::{Inserted, Saved, StorageError};
use crate::story_page::StoryPage;
use crate::write_state::WriteState;
use crate::{RunId, UserId};

/// Writings of story maps.
pub trait StoryPageRepo {
    /// Writings of one of a person's runs, the newest first, at most 50.
    ///
    /// # Errors
    /// [`StorageError`].
    fn story_pages(&mut self, user: UserId, run: RunId) -> Result<Vec<StoryPage>, StorageError>;

    /// Adds a writing; `Exists` with its edition when the run has one of this edition already.
    ///
    /// # Errors
    /// [`StorageError`]; also when the person has no such run.
    fn insert_story_page(&mut self, page: &StoryPage) -> Result<Inserted<u32>, StorageError>;

    /// Changes what is known of a writing; what was approved stays as it is. `Conflict` when it is not in `from`.
    ///
    /// # Errors
    /// [`StorageError`].
    fn settle_story_page(&mut self, page: &StoryPage, from: WriteState) -> Result<Saved, StorageError>;
}
