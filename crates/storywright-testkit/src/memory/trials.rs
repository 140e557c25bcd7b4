//! Trials of prompts.

use super::{MemoryTx, refused};
use storywright_domain::ports::{StorageError, TrialRepo};
use storywright_domain::prompt::{PromptTrial, TrialColumn, TrialSummary};
use storywright_domain::{TrialId, UserId};

impl MemoryTx<'_> {
    /// Newest first.
    fn trials_of(&self, user: UserId) -> Vec<&PromptTrial> {
        let mut own: Vec<&PromptTrial> = self.state.trials.values().filter(|trial| trial.user == user).collect();
        own.sort_by_key(|trial| std::cmp::Reverse((trial.created_at, trial.id)));
        own
    }
}

impl TrialRepo for MemoryTx<'_> {
    fn insert_trial(&mut self, trial: &PromptTrial, keep: u32) -> Result<(), StorageError> {
        if !self.state.people.contains_key(&trial.user) || self.state.trials.contains_key(&trial.id) {
            return refused("prompt trial", "its person is gone, or the id is taken");
        }
        self.change()?.trials.insert(trial.id, trial.clone());
        let keep = usize::try_from(keep).unwrap_or(usize::MAX);
        let over = |trial: &&&PromptTrial| trial.open_jobs().is_empty();
        let old: Vec<TrialId> =
            self.trials_of(trial.user).iter().skip(keep).filter(over).map(|trial| trial.id).collect();
        let state = self.change()?;
        for id in old {
            state.trials.remove(&id);
        }
        Ok(())
    }

    fn trial(&mut self, user: UserId, id: TrialId) -> Result<Option<PromptTrial>, StorageError> {
        Ok(self.state.trials.get(&id).filter(|trial| trial.user == user).cloned())
    }

    fn trials(&mut self, user: UserId, limit: u32) -> Result<Vec<TrialSummary>, StorageError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let summary = |trial: &PromptTrial| TrialSummary {
            id: trial.id,
            requirements: trial.requirements.clone(),
            columns: trial.columns.iter().map(|column| (column.prompt_from.clone(), column.state)).collect(),
            created_at: trial.created_at,
        };
        Ok(self.trials_of(user).into_iter().take(limit).map(summary).collect())
    }

    fn put_trial_column(&mut self, user: UserId, trial: TrialId, column: &TrialColumn) -> Result<bool, StorageError> {
        let state = self.change()?;
        let own = state.trials.get_mut(&trial).filter(|trial| trial.user == user);
        let place = own.and_then(|trial| trial.columns.iter_mut().find(|known| known.number == column.number));
        Ok(place.map(|place| column.clone_into(place)).is_some())
    }

    fn delete_trial(&mut self, user: UserId, id: TrialId) -> Result<bool, StorageError> {
        let state = self.change()?;
        if state.trials.get(&id).is_none_or(|trial| trial.user != user) {
            return Ok(false);
        }
        state.trials.remove(&id);
        Ok(true)
    }
}
