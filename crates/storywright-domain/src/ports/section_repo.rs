//! Sections of drafts with long requirements.

use super::StorageError;
use crate::section::DraftSection;
use crate::{DraftId, UserId};

/// Sections of drafts and their stories.
pub trait SectionRepo {
    /// Sections of one of a person's drafts in order; none when its requirements were never written in sections.
    ///
    /// # Errors
    /// [`StorageError`].
    fn sections(&mut self, user: UserId, draft: DraftId) -> Result<Vec<DraftSection>, StorageError>;

    /// Keeps a section; one of the same person with the same place in the same draft is replaced.
    ///
    /// # Errors
    /// [`StorageError`].
    fn put_section(&mut self, section: &DraftSection) -> Result<(), StorageError>;

    /// Removes all sections of one of a person's drafts.
    ///
    /// # Errors
    /// [`StorageError`].
    fn clear_sections(&mut self, user: UserId, draft: DraftId) -> Result<(), StorageError>;
}
