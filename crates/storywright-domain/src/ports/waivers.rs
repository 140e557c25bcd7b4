//! Waivers of findings.

use super::storage::StorageError;
use crate::waiver::{StandingWaiver, Waiver};
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

    /// Keeps the waivers that stand while a plan of a draft is approved. The hash of the plan covers them: those of a plan that is known
    /// already stay as they are.
    ///
    /// # Errors
    /// [`StorageError`]; `Corrupt` when the person has no such draft.
    fn keep_standing_waivers(
        &mut self,
        user: UserId,
        draft: DraftId,
        plan_hash: &str,
        waivers: &[StandingWaiver],
    ) -> Result<(), StorageError>;

    /// The waivers that stood when a plan was approved, in their order; nothing that happens to waivers later changes them.
    ///
    /// # Errors
    /// [`StorageError`].
    fn standing_waivers(
        &mut self,
        user: UserId,
        draft: DraftId,
        plan_hash: &str,
    ) -> Result<Vec<StandingWaiver>, StorageError>;
}
