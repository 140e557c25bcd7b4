//! The storage port: typed transactions over small repositories. Every query for a person's data takes the person's id.

use super::agent_repo::AgentRepo;
use super::fields::FieldRepo;
use super::issue_update_repo::IssueUpdateRepo;
use super::judgements::JudgementRepo;
use super::people_repos::{IntegrationRepo, PersonRepo, RegistrationRepo, SessionRepo, TokenRepo};
use super::prompts::PromptRepo;
use super::rule_sets::RuleSetRepo;
use super::section_repo::SectionRepo;
use super::sources::SourceRepo;
use super::story_page_repo::StoryPageRepo;
use super::tool_repos::ToolRepo;
use super::trials::TrialRepo;
use super::waivers::WaiverRepo;
use super::work_repos::{AuditRepo, DraftRepo, JobRepo, PublishRepo};

/// Why storage could not do it. Nothing that a person typed is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// No connection, no space, timeout: trying again later may help.
    #[error("the database is not available ({0})")]
    Unavailable(String),
    /// A row cannot be read back into its type.
    #[error("a stored {entity} cannot be read ({detail})")]
    Corrupt {
        /// Which kind of row.
        entity: &'static str,
        /// What is wrong.
        detail: String,
    },
}

/// What a compare-and-set did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Saved {
    /// The row was as expected and is changed.
    Stored,
    /// Somebody was faster, or the row is gone; nothing was changed.
    Conflict,
}

/// What an insert under a unique key did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Inserted<Existing> {
    /// It is new.
    New,
    /// There is one already.
    Exists(Existing),
}

/// Where a list goes on: opaque text made by the storage. Never holds secrets.
pub type Cursor = String;

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice<T> {
    /// The entries, newest first unless said otherwise.
    pub items: Vec<T>,
    /// Where the next part begins, if there is one.
    pub next: Option<Cursor>,
}

/// Whether a transaction may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TxMode {
    /// Reads one snapshot.
    Read,
    /// Writes; begins as a writer, so that it never fails for having to become one.
    Write,
}

/// How a transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TxEnd {
    /// Keep.
    Commit,
    /// Undo.
    Rollback,
}

/// Everything that a transaction can do.
pub trait Tx:
    PersonRepo
    + RegistrationRepo
    + SessionRepo
    + TokenRepo
    + IntegrationRepo
    + PromptRepo
    + TrialRepo
    + RuleSetRepo
    + WaiverRepo
    + JudgementRepo
    + DraftRepo
    + SourceRepo
    + JobRepo
    + PublishRepo
    + FieldRepo
    + AgentRepo
    + SectionRepo
    + StoryPageRepo
    + IssueUpdateRepo
    + AuditRepo
    + ToolRepo
{
}

impl<T> Tx for T where
    T: PersonRepo
        + RegistrationRepo
        + SessionRepo
        + TokenRepo
        + IntegrationRepo
        + PromptRepo
        + TrialRepo
        + RuleSetRepo
        + WaiverRepo
        + JudgementRepo
        + DraftRepo
        + SourceRepo
        + JobRepo
        + PublishRepo
        + FieldRepo
        + AgentRepo
        + SectionRepo
        + StoryPageRepo
        + IssueUpdateRepo
        + AuditRepo
        + ToolRepo
{
}

/// Where everything is kept. Object-safe; use [`StorageExt`] for typed results.
pub trait Storage: Send + Sync {
    /// Runs `work` in a transaction that ends as it says. `work` may run more than once, so it does nothing but use the
    /// [`Tx`]: nothing leaves the building inside a transaction.
    ///
    /// # Errors
    /// [`StorageError`] when the transaction could not begin or end.
    fn run(&self, mode: TxMode, work: &mut dyn FnMut(&mut dyn Tx) -> TxEnd) -> Result<(), StorageError>;

    /// Whether the database answers and takes writes: after one that it did not take, whether it does again.
    ///
    /// # Errors
    /// [`StorageError`] when it does not; `Corrupt` when the database itself is damaged.
    fn ping(&self) -> Result<(), StorageError>;
}

/// Typed transactions: `Ok` commits, `Err` rolls back and comes out unchanged.
pub trait StorageExt: Storage {
    /// Runs `work` on one snapshot.
    ///
    /// # Errors
    /// What `work` returned, or [`StorageError`] as its type.
    fn read<T, E: From<StorageError>>(&self, work: impl FnMut(&mut dyn Tx) -> Result<T, E>) -> Result<T, E> {
        typed(self, TxMode::Read, work)
    }

    /// Runs `work` as the only writer.
    ///
    /// # Errors
    /// What `work` returned, or [`StorageError`] as its type.
    fn write<T, E: From<StorageError>>(&self, work: impl FnMut(&mut dyn Tx) -> Result<T, E>) -> Result<T, E> {
        typed(self, TxMode::Write, work)
    }
}

impl<S: Storage + ?Sized> StorageExt for S {}

fn typed<S: Storage + ?Sized, T, E: From<StorageError>>(
    storage: &S,
    mode: TxMode,
    mut work: impl FnMut(&mut dyn Tx) -> Result<T, E>,
) -> Result<T, E> {
    let mut outcome: Option<Result<T, E>> = None;
    storage.run(mode, &mut |tx| {
        let result = work(tx);
        let end = if result.is_ok() { TxEnd::Commit } else { TxEnd::Rollback };
        outcome = Some(result);
        end
    })?;
    outcome.unwrap_or_else(|| Err(StorageError::Unavailable("the transaction did not run".to_owned()).into()))
}
