//! Drafts and their versions.

use super::{MemoryTx, page, refused};
use storywright_domain::draft::{Draft, DraftSummary, DraftVersion};
use storywright_domain::ports::{DraftRepo, Saved, Slice, StorageError};
use storywright_domain::{DraftId, UserId};

fn summary(draft: &Draft) -> DraftSummary {
    DraftSummary {
        id: draft.id,
        title: draft.title.clone(),
        project: draft.project.as_str().to_owned(),
        issue_type_name: draft.issue_type_name.clone(),
        state: draft.state,
        version: draft.version,
        updated_at: draft.updated_at,
    }
}

impl DraftRepo for MemoryTx<'_> {
    fn draft(&mut self, user: UserId, id: DraftId) -> Result<Option<Draft>, StorageError> {
        Ok(self.state.drafts.get(&id).filter(|draft| draft.user == user).cloned())
    }

    fn insert_draft(&mut self, draft: &Draft) -> Result<(), StorageError> {
        self.state.must_know("draft", draft.user)?;
        if self.state.drafts.contains_key(&draft.id) {
            return refused("draft", "it is there already");
        }
        self.change()?.drafts.insert(draft.id, draft.clone());
        Ok(())
    }

    fn update_draft(&mut self, draft: &Draft, expected: u32) -> Result<Saved, StorageError> {
        let kept = self.change()?.drafts.get_mut(&draft.id);
        let Some(kept) = kept.filter(|kept| kept.user == draft.user && kept.version == expected) else {
            return Ok(Saved::Conflict);
        };
        *kept = Draft { created_at: kept.created_at, ..draft.clone() };
        Ok(Saved::Stored)
    }

    fn drafts(
        &mut self,
        user: UserId,
        words: Option<&str>,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Slice<DraftSummary>, StorageError> {
        let words = words.unwrap_or_default().to_lowercase();
        let fits = |draft: &&Draft| {
            let text = format!("{}\n{}", draft.title, draft.requirements.as_str()).to_lowercase();
            draft.user == user && draft.deleted_at.is_none() && words.split_whitespace().all(|word| text.contains(word))
        };
        let mine = self.state.drafts.values().filter(fits).map(summary).collect();
        Ok(page(mine, cursor, limit, |draft| (draft.updated_at.0, draft.id.to_string())))
    }

    fn insert_version(&mut self, user: UserId, version: &DraftVersion) -> Result<(), StorageError> {
        let place = (version.draft, version.number);
        if self.draft(user, version.draft)?.is_none() {
            return refused("draft version", "its draft is gone");
        }
        if self.state.versions.contains_key(&place) {
            return refused("draft version", "it is there already");
        }
        self.change()?.versions.insert(place, (user, version.clone()));
        Ok(())
    }

    fn delete_version(&mut self, user: UserId, draft: DraftId, number: u32) -> Result<(), StorageError> {
        let versions = &mut self.change()?.versions;
        if versions.get(&(draft, number)).is_some_and(|(owner, _)| *owner == user) {
            versions.remove(&(draft, number));
        }
        Ok(())
    }

    fn version(&mut self, user: UserId, draft: DraftId, number: u32) -> Result<Option<DraftVersion>, StorageError> {
        let kept = self.state.versions.get(&(draft, number));
        Ok(kept.filter(|(owner, _)| *owner == user).map(|(_, version)| version.clone()))
    }

    fn versions(
        &mut self,
        user: UserId,
        draft: DraftId,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Slice<DraftVersion>, StorageError> {
        let mine = self.state.versions.values().filter(|(owner, version)| *owner == user && version.draft == draft);
        let mine = mine.map(|(_, version)| version.clone()).collect();
        Ok(page(mine, cursor, limit, |version: &DraftVersion| (i64::from(version.number), String::new())))
    }
}
