//! Prompts and their versions.

use super::{MemoryTx, page, refused};
use storywright_domain::ports::{PromptRepo, Saved, Slice, StorageError};
use storywright_domain::prompt::{Prompt, PromptScope, PromptVersion};
use storywright_domain::{PromptId, Timestamp, UserId};

impl MemoryTx<'_> {
    fn keep_prompt(&mut self, prompt: &Prompt, note: &str) -> Result<(), StorageError> {
        let version = PromptVersion {
            prompt: prompt.id,
            number: prompt.version,
            name: prompt.name.clone(),
            description: prompt.description.clone(),
            note: note.to_owned(),
            body: prompt.body.clone(),
            created_at: prompt.updated_at,
        };
        let state = self.change()?;
        state.prompts.insert(prompt.id, prompt.clone());
        state.prompt_versions.insert((prompt.id, prompt.version), version);
        Ok(())
    }
}

impl PromptRepo for MemoryTx<'_> {
    fn prompt(&mut self, user: UserId, id: PromptId) -> Result<Option<Prompt>, StorageError> {
        Ok(self.state.prompts.get(&id).filter(|prompt| prompt.visible_to(user)).cloned())
    }

    fn prompts(
        &mut self,
        user: UserId,
        scope: PromptScope,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Slice<Prompt>, StorageError> {
        let seen = self.state.prompts.values().filter(|prompt| prompt.visible_to(user));
        let of_scope = seen.filter(|prompt| PromptScope::of(prompt, user) == scope).cloned().collect();
        Ok(page(of_scope, cursor, limit, |prompt: &Prompt| (prompt.updated_at.0, prompt.id.to_string())))
    }

    fn insert_prompt(&mut self, prompt: &Prompt, note: &str) -> Result<(), StorageError> {
        if prompt.owner.is_some_and(|owner| !self.state.people.contains_key(&owner)) {
            return refused("prompt", "its person is gone");
        }
        self.keep_prompt(prompt, note)
    }

    fn update_prompt(&mut self, prompt: &Prompt, expected: u32, note: &str) -> Result<Saved, StorageError> {
        let stored = self.state.prompts.get(&prompt.id);
        if stored.is_none_or(|stored| (stored.version, stored.owner) != (expected, prompt.owner)) {
            return Ok(Saved::Conflict);
        }
        self.keep_prompt(prompt, note)?;
        Ok(Saved::Stored)
    }

    fn share_prompt(&mut self, owner: UserId, id: PromptId, shared: bool, at: Timestamp) -> Result<bool, StorageError> {
        let state = self.change()?;
        let own = state.prompts.get_mut(&id).filter(|prompt| prompt.owner == Some(owner));
        Ok(own.map(|prompt| (prompt.shared, prompt.updated_at) = (shared, at)).is_some())
    }

    fn delete_prompt(&mut self, owner: Option<UserId>, id: PromptId) -> Result<bool, StorageError> {
        let state = self.change()?;
        if state.prompts.get(&id).is_none_or(|prompt| prompt.owner != owner) {
            return Ok(false);
        }
        state.prompts.remove(&id);
        state.prompt_versions.retain(|(prompt, _), _| *prompt != id);
        Ok(true)
    }

    fn prompt_version(
        &mut self,
        user: UserId,
        id: PromptId,
        number: u32,
    ) -> Result<Option<PromptVersion>, StorageError> {
        let visible = self.prompt(user, id)?.is_some();
        Ok(self.state.prompt_versions.get(&(id, number)).filter(|_| visible).cloned())
    }

    fn prompt_versions(
        &mut self,
        user: UserId,
        id: PromptId,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Slice<PromptVersion>, StorageError> {
        let visible = self.prompt(user, id)?.is_some();
        let versions = self.state.prompt_versions.values().filter(|version| visible && version.prompt == id);
        let versions = versions.cloned().collect();
        Ok(page(versions, cursor, limit, |version: &PromptVersion| (i64::from(version.number), String::new())))
    }
}
