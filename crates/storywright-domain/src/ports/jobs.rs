//! The job queue as workers see it.

use super::StorageError;
use crate::job::{Job, JobKind};
use crate::{JobId, Millis, Timestamp};

/// A job under lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The job; its `attempts` counts this one, its `fence` is the fence of this lease.
    pub job: Job,
    /// When the lease ends, in database time.
    pub lease_until: Timestamp,
}

/// What a worker learns when it renews a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Held {
    /// Still its own, until this database time.
    Yes {
        /// New end.
        until: Timestamp,
        /// Somebody asked to stop.
        cancel_requested: bool,
    },
    /// Another worker has it: stop at once, write nothing.
    Lost,
}

/// How a worker gives a job back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobEnd {
    /// Done.
    Completed,
    /// Given up.
    Failed {
        /// Stable code, colon, words for people.
        error: String,
    },
    /// Stopped by request.
    Cancelled,
    /// To be tried again after this span.
    Retry {
        /// How long to wait.
        after: Millis,
        /// Why, for the log and the job list.
        error: String,
    },
    /// Goes on after this span: it waits for something outside. The attempt does not count.
    Later {
        /// How long to wait.
        after: Millis,
    },
    /// Handed back untouched because the process ends: the attempt does not count.
    Released,
    /// Waits for an answer; it runs again when the question is answered. The attempt does not count.
    Asked {
        /// The question.
        question: String,
    },
}

/// The queue of background jobs. Leases are in database time, so clocks of machines do not matter; every change by a worker
/// names its fence and changes no row when the lease has passed on.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait JobQueue: Send + Sync {
    /// Takes the oldest job of these kinds that is due, or whose lease has run out, for `lease`. Its fence grows and its
    /// attempts count one more. `None` when there is none.
    ///
    /// # Errors
    /// [`StorageError`].
    fn claim(&self, worker: &str, kinds: &[JobKind], lease: Millis) -> Result<Option<Claim>, StorageError>;

    /// Extends a lease.
    ///
    /// # Errors
    /// [`StorageError`].
    fn renew(&self, job: JobId, fence: i64, lease: Millis) -> Result<Held, StorageError>;

    /// Gives a job back. `false` when the lease had passed on: nothing was changed.
    ///
    /// # Errors
    /// [`StorageError`].
    fn end(&self, job: JobId, fence: i64, end: &JobEnd) -> Result<bool, StorageError>;

    /// Blocks until a job may be waiting, or this span has passed.
    fn wait(&self, at_most: Millis);

    /// Wakes everybody in [`JobQueue::wait`]; called after a job was committed, and at shutdown.
    fn wake(&self);
}
