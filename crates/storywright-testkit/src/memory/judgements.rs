//! Judgements of stories by a model.

use super::{MemoryTx, refused};
use storywright_domain::judgement::Judgement;
use storywright_domain::ports::{JudgementRepo, StorageError};
use storywright_domain::{DraftId, UserId};

impl JudgementRepo for MemoryTx<'_> {
    fn judgements(&mut self, user: UserId, draft: DraftId) -> Result<Vec<Judgement>, StorageError> {
        let of_draft = self.state.judgements.values().filter(|one| (one.user, one.draft) == (user, draft));
        Ok(of_draft.cloned().collect())
    }

    fn save_judgement(&mut self, judgement: &Judgement) -> Result<(), StorageError> {
        let state = self.change()?;
        if state.drafts.get(&judgement.draft).is_none_or(|draft| draft.user != judgement.user) {
            return refused("judgement", "the person has no such draft");
        }
        let key = (judgement.draft, judgement.story.clone(), judgement.rule.clone());
        state.judgements.insert(key, judgement.clone());
        Ok(())
    }

    fn delete_judgement(
        &mut self,
        user: UserId,
        draft: DraftId,
        story: &str,
        rule: &str,
    ) -> Result<bool, StorageError> {
        let state = self.change()?;
        let key = (draft, story.to_owned(), rule.to_owned());
        if state.judgements.get(&key).is_none_or(|one| one.user != user) {
            return Ok(false);
        }
        Ok(state.judgements.remove(&key).is_some())
    }
}
