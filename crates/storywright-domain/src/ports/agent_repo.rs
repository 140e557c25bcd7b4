//! Steps of the agent, origins of versions, tokens by day.

use super::StorageError;
use super::chat::Usage;
use crate::agent::{AgentStep, Provenance};
use crate::meter::DayUse;
use crate::{DraftId, JobId, UserId};

/// What the agent did and what it cost.
pub trait AgentRepo {
    /// Steps of one of a person's jobs in order.
    ///
    /// # Errors
    /// [`StorageError`].
    fn steps(&mut self, user: UserId, job: JobId) -> Result<Vec<AgentStep>, StorageError>;

    /// Keeps a step; one with the same place in the same job is replaced.
    ///
    /// # Errors
    /// [`StorageError`].
    fn put_step(&mut self, step: &AgentStep) -> Result<(), StorageError>;

    /// Keeps with what a version was written; kept once, a second one of the same version changes nothing.
    ///
    /// # Errors
    /// [`StorageError`].
    fn insert_provenance(&mut self, provenance: &Provenance) -> Result<(), StorageError>;

    /// With what the newest version of a draft up to `version` that a model wrote was written.
    ///
    /// # Errors
    /// [`StorageError`].
    fn provenance(&mut self, user: UserId, draft: DraftId, version: u32) -> Result<Option<Provenance>, StorageError>;

    /// Adds tokens and what they cost, in millionths of the currency, to a person's count of a day; days are counted from 1970-01-01, UTC.
    ///
    /// # Errors
    /// [`StorageError`].
    fn add_tokens(&mut self, user: UserId, day: i64, usage: Usage, cost_micros: u64) -> Result<(), StorageError>;

    /// What a person used on each day from `since` on, the latest first; at most 366 days, and none on which nothing was used.
    ///
    /// # Errors
    /// [`StorageError`].
    fn use_by_day(&mut self, user: UserId, since: i64) -> Result<Vec<DayUse>, StorageError>;

    /// Tokens of a person on a day.
    ///
    /// # Errors
    /// [`StorageError`].
    fn tokens_of(&mut self, user: UserId, day: i64) -> Result<Usage, StorageError>;

    /// Tokens of all people together on a day: only for the budget of the installation.
    ///
    /// # Errors
    /// [`StorageError`].
    fn tokens_of_all(&mut self, day: i64) -> Result<Usage, StorageError>;
}
