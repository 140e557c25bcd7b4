//! The storage port: typed transactions over small repositories. Every query for a person's data takes the person's id.

use crate::draft::{Draft, DraftSummary, DraftVersion};
use crate::integration::{Integration, IntegrationKind};
use crate::job::{Job, JobStatus};
use crate::person::{ApiToken, AuditEntry, Person, Registration, Session};
use crate::publishing::{ItemState, Run, RunEvent, RunItem, RunState};
use crate::rules::RuleSet;
use crate::{DraftId, ItemId, JobId, RegistrationId, RunId, SessionId, Timestamp, TokenId, UserId};

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

/// People.
pub trait PersonRepo {
    /// A person by id.
    ///
    /// # Errors
    /// [`StorageError`].
    fn person(&mut self, user: UserId) -> Result<Option<Person>, StorageError>;

    /// A person and their password hash by employee ID or e-mail, both compared without regard to case.
    ///
    /// # Errors
    /// [`StorageError`].
    fn person_by_login(&mut self, login: &str) -> Result<Option<(Person, String)>, StorageError>;

    /// A person by Jira site and stable key.
    ///
    /// # Errors
    /// [`StorageError`].
    fn person_by_jira(&mut self, site: &str, jira_key: &str) -> Result<Option<Person>, StorageError>;

    /// Adds a person with a password hash and their Jira connection. `Exists` when employee ID or e-mail is taken.
    ///
    /// # Errors
    /// [`StorageError`].
    fn insert_person(
        &mut self,
        person: &Person,
        password_hash: &str,
        jira: &Integration,
    ) -> Result<Inserted<UserId>, StorageError>;

    /// Replaces password hash and security stamp.
    ///
    /// # Errors
    /// [`StorageError`].
    fn set_password(
        &mut self,
        user: UserId,
        password_hash: &str,
        security_stamp: &str,
        at: Timestamp,
    ) -> Result<(), StorageError>;

    /// Replaces the interface preferences.
    ///
    /// # Errors
    /// [`StorageError`].
    fn set_preferences(&mut self, user: UserId, preferences: &str) -> Result<(), StorageError>;
}

/// Sign-ups under way.
pub trait RegistrationRepo {
    /// Adds one, and removes those that have expired before `now`.
    ///
    /// # Errors
    /// [`StorageError`].
    fn insert_registration(&mut self, registration: &Registration, now: Timestamp) -> Result<(), StorageError>;

    /// One that has not expired before `now`.
    ///
    /// # Errors
    /// [`StorageError`].
    fn registration(&mut self, id: RegistrationId, now: Timestamp) -> Result<Option<Registration>, StorageError>;

    /// Removes one; `false` when it was gone.
    ///
    /// # Errors
    /// [`StorageError`].
    fn delete_registration(&mut self, id: RegistrationId) -> Result<bool, StorageError>;
}

/// Browser sessions.
pub trait SessionRepo {
    /// The session of a token that has not ended before `now`.
    ///
    /// # Errors
    /// [`StorageError`].
    fn session(&mut self, token_hash: &str, now: Timestamp) -> Result<Option<Session>, StorageError>;

    /// Adds one, and removes those that ended before its creation.
    ///
    /// # Errors
    /// [`StorageError`].
    fn insert_session(&mut self, session: &Session) -> Result<(), StorageError>;

    /// Replaces user, stamp, state, address, times of the session with this token.
    ///
    /// # Errors
    /// [`StorageError`].
    fn update_session(&mut self, session: &Session) -> Result<Saved, StorageError>;

    /// Ends the session of a token.
    ///
    /// # Errors
    /// [`StorageError`].
    fn delete_session(&mut self, token_hash: &str) -> Result<(), StorageError>;

    /// A person's sessions that have not ended, last used first.
    ///
    /// # Errors
    /// [`StorageError`].
    fn sessions(&mut self, user: UserId, now: Timestamp) -> Result<Vec<Session>, StorageError>;

    /// Ends one of a person's sessions; `false` when it was gone.
    ///
    /// # Errors
    /// [`StorageError`].
    fn end_session(&mut self, user: UserId, session: SessionId) -> Result<bool, StorageError>;

    /// Ends all of a person's sessions except one; says how many.
    ///
    /// # Errors
    /// [`StorageError`].
    fn end_other_sessions(&mut self, user: UserId, keep: Option<SessionId>) -> Result<usize, StorageError>;
}

/// API tokens.
pub trait TokenRepo {
    /// Adds one.
    ///
    /// # Errors
    /// [`StorageError`].
    fn insert_token(&mut self, token: &ApiToken) -> Result<(), StorageError>;

    /// One of a person's tokens.
    ///
    /// # Errors
    /// [`StorageError`].
    fn token(&mut self, user: UserId, token: TokenId) -> Result<Option<ApiToken>, StorageError>;

    /// A person's tokens that have not ended, newest first, revoked ones included.
    ///
    /// # Errors
    /// [`StorageError`].
    fn tokens(&mut self, user: UserId, now: Timestamp) -> Result<Vec<ApiToken>, StorageError>;

    /// Notes a use.
    ///
    /// # Errors
    /// [`StorageError`].
    fn touch_token(&mut self, user: UserId, token: TokenId, at: Timestamp) -> Result<(), StorageError>;

    /// Revokes one; `false` when there is none or it was revoked before.
    ///
    /// # Errors
    /// [`StorageError`].
    fn revoke_token(&mut self, user: UserId, token: TokenId, at: Timestamp) -> Result<bool, StorageError>;
}

/// Connections.
pub trait IntegrationRepo {
    /// One of a person's connections.
    ///
    /// # Errors
    /// [`StorageError`].
    fn integration(&mut self, user: UserId, kind: IntegrationKind) -> Result<Option<Integration>, StorageError>;

    /// Adds or replaces a connection.
    ///
    /// # Errors
    /// [`StorageError`].
    fn save_integration(&mut self, integration: &Integration) -> Result<(), StorageError>;

    /// Removes a connection.
    ///
    /// # Errors
    /// [`StorageError`].
    fn delete_integration(&mut self, user: UserId, kind: IntegrationKind) -> Result<(), StorageError>;
}

/// Rule sets, shared by all.
pub trait RuleSetRepo {
    /// All of them by name.
    ///
    /// # Errors
    /// [`StorageError`].
    fn rule_sets(&mut self) -> Result<Vec<RuleSet>, StorageError>;

    /// One by id.
    ///
    /// # Errors
    /// [`StorageError`].
    fn rule_set(&mut self, id: &str) -> Result<Option<RuleSet>, StorageError>;

    /// Adds or replaces one.
    ///
    /// # Errors
    /// [`StorageError`].
    fn save_rule_set(&mut self, rule_set: &RuleSet, at: Timestamp) -> Result<(), StorageError>;
}

/// Drafts and their versions.
pub trait DraftRepo {
    /// One of a person's drafts, also from the bin.
    ///
    /// # Errors
    /// [`StorageError`].
    fn draft(&mut self, user: UserId, id: DraftId) -> Result<Option<Draft>, StorageError>;

    /// Adds a draft.
    ///
    /// # Errors
    /// [`StorageError`].
    fn insert_draft(&mut self, draft: &Draft) -> Result<(), StorageError>;

    /// Replaces the draft if the stored version is `expected`.
    ///
    /// # Errors
    /// [`StorageError`].
    fn update_draft(&mut self, draft: &Draft, expected: u32) -> Result<Saved, StorageError>;

    /// A person's drafts outside the bin, last changed first; `words` filters titles and requirements.
    ///
    /// # Errors
    /// [`StorageError`].
    fn drafts(
        &mut self,
        user: UserId,
        words: Option<&str>,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Slice<DraftSummary>, StorageError>;

    /// Adds a version.
    ///
    /// # Errors
    /// [`StorageError`].
    fn insert_version(&mut self, user: UserId, version: &DraftVersion) -> Result<(), StorageError>;

    /// Removes a version (autosaves of one sitting replace each other).
    ///
    /// # Errors
    /// [`StorageError`].
    fn delete_version(&mut self, user: UserId, draft: DraftId, number: u32) -> Result<(), StorageError>;

    /// One version.
    ///
    /// # Errors
    /// [`StorageError`].
    fn version(&mut self, user: UserId, draft: DraftId, number: u32) -> Result<Option<DraftVersion>, StorageError>;

    /// Versions of a draft, newest first.
    ///
    /// # Errors
    /// [`StorageError`].
    fn versions(
        &mut self,
        user: UserId,
        draft: DraftId,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Slice<DraftVersion>, StorageError>;
}

/// Jobs as people see them; workers use [`super::JobQueue`].
pub trait JobRepo {
    /// Adds a pending job.
    ///
    /// # Errors
    /// [`StorageError`].
    fn insert_job(&mut self, job: &Job) -> Result<(), StorageError>;

    /// One of a person's jobs.
    ///
    /// # Errors
    /// [`StorageError`].
    fn job(&mut self, user: UserId, id: JobId) -> Result<Option<Job>, StorageError>;

    /// A person's jobs, newest first.
    ///
    /// # Errors
    /// [`StorageError`].
    fn jobs(&mut self, user: UserId, cursor: Option<&str>, limit: u32) -> Result<Slice<Job>, StorageError>;

    /// How many of a person's jobs are pending or running.
    ///
    /// # Errors
    /// [`StorageError`].
    fn open_jobs(&mut self, user: UserId) -> Result<Vec<Job>, StorageError>;

    /// Notes that the person wants it stopped. A job without a lease becomes `cancelled` at once; the answer is the
    /// state after the call. `None` when there is no such job.
    ///
    /// # Errors
    /// [`StorageError`].
    fn request_cancel(&mut self, user: UserId, id: JobId, at: Timestamp) -> Result<Option<JobStatus>, StorageError>;

    /// Answers an open question: the payload is replaced, the job is due now. `Conflict` when no question is open.
    ///
    /// # Errors
    /// [`StorageError`].
    fn answer_job(&mut self, user: UserId, id: JobId, payload: &str, at: Timestamp) -> Result<Saved, StorageError>;

    /// Whether a lease with this fence is still good, in database time. Use cases that change things on behalf of a job ask
    /// within the same write transaction.
    ///
    /// # Errors
    /// [`StorageError`].
    fn lease_holds(&mut self, id: JobId, fence: i64) -> Result<bool, StorageError>;
}

/// A change of one journal row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemChange {
    /// State that the row must have.
    pub from: ItemState,
    /// State that it gets.
    pub to: ItemState,
    /// Set when a create call is about to begin: counts an attempt and notes the time.
    pub sent_at: Option<Timestamp>,
    /// Numeric id and key, once known.
    pub jira: Option<(String, String)>,
    /// What went wrong; replaces what stood there.
    pub problem: Option<String>,
    /// When.
    pub at: Timestamp,
    /// For the journal's history.
    pub detail: String,
}

/// The journal of issue creation.
pub trait PublishRepo {
    /// Adds a run with its items. `Exists` when the person has a run with this idempotency key.
    ///
    /// # Errors
    /// [`StorageError`].
    fn insert_run(&mut self, run: &Run, items: &[RunItem]) -> Result<Inserted<RunId>, StorageError>;

    /// One of a person's runs.
    ///
    /// # Errors
    /// [`StorageError`].
    fn run(&mut self, user: UserId, id: RunId) -> Result<Option<Run>, StorageError>;

    /// The person's run with this idempotency key.
    ///
    /// # Errors
    /// [`StorageError`].
    fn run_by_key(&mut self, user: UserId, idempotency_key: &str) -> Result<Option<Run>, StorageError>;

    /// A person's runs, newest first.
    ///
    /// # Errors
    /// [`StorageError`].
    fn runs(&mut self, user: UserId, cursor: Option<&str>, limit: u32) -> Result<Slice<Run>, StorageError>;

    /// The items of a run in order.
    ///
    /// # Errors
    /// [`StorageError`].
    fn run_items(&mut self, user: UserId, run: RunId) -> Result<Vec<RunItem>, StorageError>;

    /// Items that were created, newest first, for the dashboard.
    ///
    /// # Errors
    /// [`StorageError`].
    fn created_items(&mut self, user: UserId, limit: u32) -> Result<Vec<RunItem>, StorageError>;

    /// The history of a run in order.
    ///
    /// # Errors
    /// [`StorageError`].
    fn run_events(&mut self, user: UserId, run: RunId) -> Result<Vec<RunEvent>, StorageError>;

    /// Changes one item under a fence and writes its history line. `Conflict` when the row is not in `from`; the caller
    /// has checked the lease in the same transaction, or acts for the person with fence 0.
    ///
    /// # Errors
    /// [`StorageError`].
    fn change_item(
        &mut self,
        user: UserId,
        item: ItemId,
        fence: i64,
        change: &ItemChange,
    ) -> Result<Saved, StorageError>;

    /// Changes the state of a run.
    ///
    /// # Errors
    /// [`StorageError`].
    fn set_run_state(
        &mut self,
        user: UserId,
        run: RunId,
        state: RunState,
        reason: Option<&str>,
        at: Timestamp,
    ) -> Result<(), StorageError>;

    /// Hands a run to another job (resume after a pause).
    ///
    /// # Errors
    /// [`StorageError`].
    fn set_run_job(&mut self, user: UserId, run: RunId, job: JobId) -> Result<(), StorageError>;
}

/// The audit log.
pub trait AuditRepo {
    /// Adds an entry.
    ///
    /// # Errors
    /// [`StorageError`].
    fn audit(&mut self, entry: &AuditEntry) -> Result<(), StorageError>;

    /// A person's entries, newest first.
    ///
    /// # Errors
    /// [`StorageError`].
    fn audit_entries(
        &mut self,
        user: UserId,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Slice<AuditEntry>, StorageError>;
}

/// Everything that a transaction can do.
pub trait Tx:
    PersonRepo
    + RegistrationRepo
    + SessionRepo
    + TokenRepo
    + IntegrationRepo
    + RuleSetRepo
    + DraftRepo
    + JobRepo
    + PublishRepo
    + AuditRepo
{
}

impl<T> Tx for T where
    T: PersonRepo
        + RegistrationRepo
        + SessionRepo
        + TokenRepo
        + IntegrationRepo
        + RuleSetRepo
        + DraftRepo
        + JobRepo
        + PublishRepo
        + AuditRepo
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

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StorageError`] when it does not.
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
