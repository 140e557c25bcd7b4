//! Drafts about issues that exist, and changes of these issues.

use super::{MemoryTx, refused};
use storywright_domain::issue_update::{DraftIssue, IssueUpdate, MAX_EDITIONS};
use storywright_domain::ports::{Inserted, IssueUpdateRepo, Saved, StorageError};
use storywright_domain::write_state::WriteState;
use storywright_domain::{DraftId, UserId};

impl MemoryTx<'_> {
    /// The newest first, at most 50.
    fn updates_where(&self, wanted: impl Fn(&IssueUpdate) -> bool) -> Vec<IssueUpdate> {
        let found = self.state.issue_updates.values().filter(|update| wanted(update));
        let mut updates: Vec<IssueUpdate> = found.cloned().collect();
        updates.sort_by_key(|update| std::cmp::Reverse((update.sent_at, update.draft, update.edition)));
        updates.truncate(50);
        updates
    }
}

impl IssueUpdateRepo for MemoryTx<'_> {
    fn draft_issue(&mut self, user: UserId, draft: DraftId) -> Result<Option<DraftIssue>, StorageError> {
        Ok(self.state.draft_issues.get(&draft).filter(|issue| issue.user == user).cloned())
    }

    fn insert_draft_issue(&mut self, issue: &DraftIssue) -> Result<(), StorageError> {
        let state = self.change()?;
        if state.drafts.get(&issue.draft).is_none_or(|draft| draft.user != issue.user) {
            return refused("issue of a draft", "the person has no such draft");
        }
        if state.draft_issues.contains_key(&issue.draft) {
            return refused("issue of a draft", "the draft is about an issue already");
        }
        state.draft_issues.insert(issue.draft, issue.clone());
        Ok(())
    }

    fn issue_updates(&mut self, user: UserId, draft: DraftId) -> Result<Vec<IssueUpdate>, StorageError> {
        let updates = self.state.issue_updates.range((draft, 0)..=(draft, u32::MAX)).rev().map(|(_, update)| update);
        let most = usize::try_from(MAX_EDITIONS).unwrap_or(usize::MAX);
        Ok(updates.filter(|update| update.user == user).take(most).cloned().collect())
    }

    fn updates_of_issue(&mut self, user: UserId, site: &str, key: &str) -> Result<Vec<IssueUpdate>, StorageError> {
        Ok(self.updates_where(|update| update.user == user && update.site == site && update.key == key))
    }

    fn open_updates_of_issue(
        &mut self,
        user: UserId,
        site: &str,
        issue_id: &str,
    ) -> Result<Vec<IssueUpdate>, StorageError> {
        let of_issue = |update: &IssueUpdate| update.user == user && update.site == site && update.issue_id == issue_id;
        Ok(self.updates_where(|update| of_issue(update) && update.state.is_open()))
    }

    fn insert_issue_update(&mut self, update: &IssueUpdate) -> Result<Inserted<u32>, StorageError> {
        let state = self.change()?;
        if state.draft_issues.get(&update.draft).is_none_or(|issue| issue.user != update.user) {
            return refused("issue update", "the person has no such draft about an issue");
        }
        if state.issue_updates.contains_key(&(update.draft, update.edition)) {
            return Ok(Inserted::Exists(update.edition));
        }
        state.issue_updates.insert((update.draft, update.edition), update.clone());
        Ok(Inserted::New)
    }

    fn settle_issue_update(&mut self, update: &IssueUpdate, from: WriteState) -> Result<Saved, StorageError> {
        let stored = self.change()?.issue_updates.get_mut(&(update.draft, update.edition));
        let Some(stored) = stored.filter(|stored| stored.user == update.user && stored.state == from) else {
            return Ok(Saved::Conflict);
        };
        stored.state = update.state;
        stored.note.clone_from(&update.note);
        stored.settled_at = update.settled_at;
        Ok(Saved::Stored)
    }
}
