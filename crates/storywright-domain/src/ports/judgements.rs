//! Judgements of stories by a model.

use super::storage::StorageError;
use crate::judgement::Judgement;
use crate::{DraftId, UserId};

/// Judgements, each of one person's draft.
pub trait JudgementRepo {
    /// Those of a draft, by story and rule.
    ///
    /// # Errors
    /// [`StorageError`].
    fn judgements(&mut self, user: UserId, draft: DraftId) -> Result<Vec<Judgement>, StorageError>;

    /// Adds one, or replaces the one of its story and rule.
    ///
    /// # Errors
    /// [`StorageError`]; `Corrupt` when the person has no such draft.
    fn save_judgement(&mut self, judgement: &Judgement) -> Result<(), StorageError>;

    /// Removes that of a story and rule; `false` when there was none.
    ///
    /// # Errors
    /// [`StorageError`].
    fn delete_judgement(&mut self, user: UserId, draft: DraftId, story: &str, rule: &str)
    -> Result<bool, StorageError>;
}
