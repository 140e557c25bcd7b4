//! What is kept of trials of prompts.

use super::StorageError;
use crate::prompt::{PromptTrial, TrialColumn, TrialSummary};
use crate::{TrialId, UserId};

/// Trials, each seen by its person alone.
pub trait TrialRepo {
    /// Keeps a new trial with its columns, and removes those of the person's that are older than the newest `keep`; one of which a column is
    /// still to be written stays, so that its job ends in order.
    ///
    /// # Errors
    /// [`StorageError`], also when the person is gone or the id is taken.
    fn insert_trial(&mut self, trial: &PromptTrial, keep: u32) -> Result<(), StorageError>;

    /// One of the person's trials.
    ///
    /// # Errors
    /// [`StorageError`].
    fn trial(&mut self, user: UserId, id: TrialId) -> Result<Option<PromptTrial>, StorageError>;

    /// The person's trials, newest first.
    ///
    /// # Errors
    /// [`StorageError`].
    fn trials(&mut self, user: UserId, limit: u32) -> Result<Vec<TrialSummary>, StorageError>;

    /// Replaces a column of one of the person's trials; `false` when there is no such column.
    ///
    /// # Errors
    /// [`StorageError`].
    fn put_trial_column(&mut self, user: UserId, trial: TrialId, column: &TrialColumn) -> Result<bool, StorageError>;

    /// Removes one of the person's trials.
    ///
    /// # Errors
    /// [`StorageError`].
    fn delete_trial(&mut self, user: UserId, id: TrialId) -> Result<bool, StorageError>;
}
