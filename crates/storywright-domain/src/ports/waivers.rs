//! Waivers of findings.

use super::storage::StorageError;
use crate::waiver::Waiver;
use crate::{DraftId, UserId};

/// Waivers, each of one person's draft.
pub trait WaiverRepo {
    /// Those of a draft, the newest first.
    ///
    /// # Errors
    /// [`StorageError`].
    fn waivers(&mut self, user: UserId, draft: DraftId) -> Result<Vec<Waiver>, StorageError>;

    /// Adds one, or replaces the one with its fingerprint.
    ///
    /// # Errors
    /// [`StorageError`]; `Corrupt` when the person has no such draft.
    fn save_waiver(&mut self, waiver: &Waiver) -> Result<(), StorageError>;

    /// Removes one; `false` when there was none.
    ///
    /// # Errors
    /// [`StorageError`].
    fn delete_waiver(&mut self, user: UserId, draft: DraftId, fingerprint: &str) -> Result<bool, StorageError>;
}
