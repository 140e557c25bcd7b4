//! Drafts about issues that exist, and the journal of changes of these issues.

use super::{Inserted, Saved, StorageError};
use crate::issue_update::{DraftIssue, IssueUpdate};
use crate::write_state::WriteState;
use crate::{DraftId, UserId};

/// Which issue a draft is about, and what was changed there.
pub trait IssueUpdateRepo {
    /// The issue that one of a person's drafts is about; `None` for most drafts.
    ///
    /// # Errors
    /// [`StorageError`].
    fn draft_issue(&mut self, user: UserId, draft: DraftId) -> Result<Option<DraftIssue>, StorageError>;

    /// Says which issue a draft is about, once.
    ///
    /// # Errors
    /// [`StorageError`]; also when the person has no such draft, or it is about an issue already.
    fn insert_draft_issue(&mut self, issue: &DraftIssue) -> Result<(), StorageError>;

    /// Changes that one of a person's drafts made, the newest first, at most [`MAX_EDITIONS`](crate::issue_update::MAX_EDITIONS).
    ///
    /// # Errors
    /// [`StorageError`].
    fn issue_updates(&mut self, user: UserId, draft: DraftId) -> Result<Vec<IssueUpdate>, StorageError>;

    /// Changes of one issue by all of a person's drafts, the newest first, at most 50.
    ///
    /// # Errors
    /// [`StorageError`].
    fn updates_of_issue(&mut self, user: UserId, site: &str, key: &str) -> Result<Vec<IssueUpdate>, StorageError>;

    /// Changes of one issue, by the id that it keeps when it moves, of which it is not known what became: of all of a person's drafts, the newest
    /// first, at most 50.
    ///
    /// # Errors
    /// [`StorageError`].
    fn open_updates_of_issue(
        &mut self,
        user: UserId,
        site: &str,
        issue_id: &str,
    ) -> Result<Vec<IssueUpdate>, StorageError>;

    /// Adds a change; `Exists` with its edition when the draft has one of this edition already.
    ///
    /// # Errors
    /// [`StorageError`]; also when the person's draft is about no issue.
    fn insert_issue_update(&mut self, update: &IssueUpdate) -> Result<Inserted<u32>, StorageError>;

    /// Changes what is known of a change: state, note, time. What was approved stays as it is. `Conflict` when it is not in `from`.
    ///
    /// # Errors
    /// [`StorageError`].
    fn settle_issue_update(&mut self, update: &IssueUpdate, from: WriteState) -> Result<Saved, StorageError>;
}
