//! Waivers of findings.

use super::{MemoryTx, refused};
use storywright_domain::ports::{StorageError, WaiverRepo};
use storywright_domain::waiver::{StandingWaiver, Waiver};
use storywright_domain::{DraftId, UserId};

impl WaiverRepo for MemoryTx<'_> {
    fn waivers(&mut self, user: UserId, draft: DraftId) -> Result<Vec<Waiver>, StorageError> {
        let of_draft = self.state.waivers.values().filter(|waiver| (waiver.user, waiver.draft) == (user, draft));
        let mut all: Vec<Waiver> = of_draft.cloned().collect();
        all.sort_by(|one, other| (other.at, &other.fingerprint).cmp(&(one.at, &one.fingerprint)));
        Ok(all)
    }

    fn save_waiver(&mut self, waiver: &Waiver) -> Result<(), StorageError> {
        let state = self.change()?;
        if state.drafts.get(&waiver.draft).is_none_or(|draft| draft.user != waiver.user) {
            return refused("waiver", "the person has no such draft");
        }
        state.waivers.insert((waiver.draft, waiver.fingerprint.clone()), waiver.clone());
        Ok(())
    }

    fn delete_waiver(&mut self, user: UserId, draft: DraftId, fingerprint: &str) -> Result<bool, StorageError> {
        let state = self.change()?;
        let key = (draft, fingerprint.to_owned());
        if state.waivers.get(&key).is_none_or(|waiver| waiver.user != user) {
            return Ok(false);
        }
        Ok(state.waivers.remove(&key).is_some())
    }

    fn keep_standing_waivers(
        &mut self,
        user: UserId,
        draft: DraftId,
        plan_hash: &str,
        waivers: &[StandingWaiver],
    ) -> Result<(), StorageError> {
        let state = self.change()?;
        if waivers.is_empty() {
            return Ok(());
        }
        if state.drafts.get(&draft).is_none_or(|draft| draft.user != user) {
            return refused("standing waiver", "the person has no such draft");
        }
        state.standing_waivers.entry((draft, plan_hash.to_owned())).or_insert_with(|| (user, waivers.to_vec()));
        Ok(())
    }

    fn standing_waivers(
        &mut self,
        user: UserId,
        draft: DraftId,
        plan_hash: &str,
    ) -> Result<Vec<StandingWaiver>, StorageError> {
        let kept = self.state.standing_waivers.get(&(draft, plan_hash.to_owned()));
        Ok(kept.filter(|(owner, _)| *owner == user).map(|(_, waivers)| waivers.clone()).unwrap_or_default())
    }
}
