//! The repository of what drafts are written from.

use super::storage::{Saved, StorageError};
use crate::source::SourceEntry;
use crate::{DraftId, JobId, Timestamp, UserId};

/// Sources of drafts. Lists hold no texts, so that they stay small; a draft has at most [`crate::source::MAX_SOURCES`].
pub trait SourceRepo {
    /// Sources of a draft that are not removed, in the order in which they were added.
    ///
    /// # Errors
    /// [`StorageError`].
    fn sources(&mut self, user: UserId, draft: DraftId) -> Result<Vec<SourceEntry>, StorageError>;

    /// One source, also a removed one.
    ///
    /// # Errors
    /// [`StorageError`].
    fn source(&mut self, user: UserId, draft: DraftId, number: u32) -> Result<Option<SourceEntry>, StorageError>;

    /// The text of a source that is not removed.
    ///
    /// # Errors
    /// [`StorageError`].
    fn source_text(&mut self, user: UserId, draft: DraftId, number: u32) -> Result<Option<String>, StorageError>;

    /// The text that it has come to since it was read, when that was fetched.
    ///
    /// # Errors
    /// [`StorageError`].
    fn newer_text(&mut self, user: UserId, draft: DraftId, number: u32) -> Result<Option<String>, StorageError>;

    /// The number that no source of the draft has had.
    ///
    /// # Errors
    /// [`StorageError`].
    fn next_source_number(&mut self, user: UserId, draft: DraftId) -> Result<u32, StorageError>;

    /// Adds a source with its text; a waiting one has none.
    ///
    /// # Errors
    /// [`StorageError`].
    fn insert_source(
        &mut self,
        user: UserId,
        draft: DraftId,
        entry: &SourceEntry,
        text: &str,
    ) -> Result<(), StorageError>;

    /// Replaces what is known of a source; without a text it keeps the one that it has. `Conflict` when it is not there.
    ///
    /// # Errors
    /// [`StorageError`].
    fn update_source(
        &mut self,
        user: UserId,
        draft: DraftId,
        entry: &SourceEntry,
        text: Option<&str>,
    ) -> Result<Saved, StorageError>;

    /// Keeps the text that a source has come to since, or forgets it.
    ///
    /// # Errors
    /// [`StorageError`].
    fn set_newer_text(
        &mut self,
        user: UserId,
        draft: DraftId,
        number: u32,
        text: Option<&str>,
    ) -> Result<(), StorageError>;

    /// The next source that a job is to read.
    ///
    /// # Errors
    /// [`StorageError`].
    fn next_waiting(&mut self, user: UserId, draft: DraftId, job: JobId) -> Result<Option<SourceEntry>, StorageError>;

    /// Forgets the texts of sources that were removed before this time.
    ///
    /// # Errors
    /// [`StorageError`].
    fn forget_removed(&mut self, user: UserId, draft: DraftId, before: Timestamp) -> Result<(), StorageError>;
}
