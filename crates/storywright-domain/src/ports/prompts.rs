//! What is kept of prompts.

use super::{Saved, Slice, StorageError};
use crate::prompt::{Prompt, PromptScope, PromptVersion};
use crate::{PromptId, Timestamp, UserId};

/// Prompts and their versions. Everything is seen with the eyes of a person: their own, what is shared, system prompts.
pub trait PromptRepo {
    /// A prompt that the person may see.
    ///
    /// # Errors
    /// [`StorageError`].
    fn prompt(&mut self, user: UserId, id: PromptId) -> Result<Option<Prompt>, StorageError>;

    /// Prompts that the person may see, last changed first.
    ///
    /// # Errors
    /// [`StorageError`].
    fn prompts(
        &mut self,
        user: UserId,
        scope: PromptScope,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Slice<Prompt>, StorageError>;

    /// Keeps a new prompt and its first version.
    ///
    /// # Errors
    /// [`StorageError`], also when its owner is gone.
    fn insert_prompt(&mut self, prompt: &Prompt, note: &str) -> Result<(), StorageError>;

    /// Replaces a prompt of the same owner if its version is `expected`, and keeps the new version beside the older ones.
    ///
    /// # Errors
    /// [`StorageError`].
    fn update_prompt(&mut self, prompt: &Prompt, expected: u32, note: &str) -> Result<Saved, StorageError>;

    /// Shares one of the person's own prompts, or stops sharing it; its version stays.
    ///
    /// # Errors
    /// [`StorageError`].
    fn share_prompt(&mut self, owner: UserId, id: PromptId, shared: bool, at: Timestamp) -> Result<bool, StorageError>;

    /// Removes a prompt of this owner (nobody: a system prompt) with its versions.
    ///
    /// # Errors
    /// [`StorageError`].
    fn delete_prompt(&mut self, owner: Option<UserId>, id: PromptId) -> Result<bool, StorageError>;

    /// A version of a prompt that the person may see.
    ///
    /// # Errors
    /// [`StorageError`].
    fn prompt_version(
        &mut self,
        user: UserId,
        id: PromptId,
        number: u32,
    ) -> Result<Option<PromptVersion>, StorageError>;

    /// Versions of a prompt that the person may see, newest first.
    ///
    /// # Errors
    /// [`StorageError`].
    fn prompt_versions(
        &mut self,
        user: UserId,
        id: PromptId,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Slice<PromptVersion>, StorageError>;
}
