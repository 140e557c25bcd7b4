//! Repositories of work: drafts, jobs, the journal of issue creation, the audit log.

use super::storage::{Inserted, Saved, Slice, StorageError};
use crate::draft::{Draft, DraftSummary, DraftVersion};
use crate::jira::Difference;
use crate::job::{Job, JobStatus};
use crate::person::AuditEntry;
use crate::publishing::{ItemState, Run, RunEvent, RunItem, RunState};
use crate::remote::FieldRefusal;
use crate::{DraftId, ItemId, JobId, RunId, Timestamp, UserId};

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

    /// A person's jobs that are pending or running.
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

/// A change of one journal row. What is `None` stays as it is, except the problem, which is replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemChange {
    /// State that the row must have.
    pub from: ItemState,
    /// State that it gets.
    pub to: ItemState,
    /// Set when a create call is about to begin: counts an attempt and notes the time, and forgets earlier probes.
    pub sent_at: Option<Timestamp>,
    /// Numeric id and key, once known.
    pub jira: Option<(String, String)>,
    /// What went wrong; replaces what stood there.
    pub problem: Option<String>,
    /// Jira's refusal, field by field; replaces what stood there.
    pub fields: Vec<FieldRefusal>,
    /// What Jira stored otherwise than it was sent.
    pub differences: Option<Vec<Difference>>,
    /// How often it was looked for, and when that happens again.
    pub probes: Option<(u32, Option<Timestamp>)>,
    /// When.
    pub at: Timestamp,
    /// For the journal's history.
    pub detail: String,
}

impl ItemChange {
    /// From one state to another, and nothing else.
    #[must_use]
    pub fn plain(from: ItemState, to: ItemState, at: Timestamp, detail: String) -> Self {
        Self {
            from,
            to,
            sent_at: None,
            jira: None,
            problem: None,
            fields: Vec::new(),
            differences: None,
            probes: None,
            at,
            detail,
        }
    }
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

    /// Items of all runs of a draft that are in Jira, the longest unchanged first.
    ///
    /// # Errors
    /// [`StorageError`].
    fn created_of_draft(&mut self, user: UserId, draft: DraftId) -> Result<Vec<RunItem>, StorageError>;

    /// The person's items with one of these contents that are, may be or will be in this project and changed since `since`; newest
    /// first, at most 200.
    ///
    /// # Errors
    /// [`StorageError`].
    fn items_with_content(
        &mut self,
        user: UserId,
        site: &str,
        project: &str,
        contents: &[String],
        since: Timestamp,
    ) -> Result<Vec<RunItem>, StorageError>;

    /// The person's active run in a project, if there is one.
    ///
    /// # Errors
    /// [`StorageError`].
    fn active_run(&mut self, user: UserId, site: &str, project: &str) -> Result<Option<Run>, StorageError>;

    /// Runs of all people whose late arrivals are to be looked for by now, the longest due first. Only for the tidying of the server
    /// itself: what it finds it keeps for the run's own person.
    ///
    /// # Errors
    /// [`StorageError`].
    fn runs_to_sweep(&mut self, now: Timestamp, limit: u32) -> Result<Vec<Run>, StorageError>;

    /// Items that are in Jira, newest first, for the dashboard.
    ///
    /// # Errors
    /// [`StorageError`].
    fn created_items(&mut self, user: UserId, limit: u32) -> Result<Vec<RunItem>, StorageError>;

    /// The person's items that are this issue; more than one when sites of the same keys were used. Compared without regard to case.
    ///
    /// # Errors
    /// [`StorageError`].
    fn items_by_jira_key(&mut self, user: UserId, key: &str) -> Result<Vec<RunItem>, StorageError>;

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

    /// Notes the highest issue number that the project was known to have before the first create call of the run.
    ///
    /// # Errors
    /// [`StorageError`].
    fn set_newest_before(&mut self, user: UserId, run: RunId, number: u64) -> Result<(), StorageError>;

    /// Notes how often late arrivals of a run were looked for, and when that happens again. `Conflict` when somebody else has noted
    /// it since it was read as `expected` times.
    ///
    /// # Errors
    /// [`StorageError`].
    fn set_sweep(
        &mut self,
        user: UserId,
        run: RunId,
        expected: u32,
        sweeps: u32,
        next: Option<Timestamp>,
    ) -> Result<Saved, StorageError>;

    /// Notes further issues that carry an item's proof of origin, and words about them; the item's state stays.
    ///
    /// # Errors
    /// [`StorageError`].
    fn set_duplicates(
        &mut self,
        user: UserId,
        item: ItemId,
        keys: &[String],
        problem: &str,
    ) -> Result<(), StorageError>;
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
