//! The replayable stream of what jobs say.

use super::StorageError;
use crate::JobId;
use crate::job::{EventKind, JobEvent};

/// Whether a listener still wants events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listening {
    /// Yes.
    Yes,
    /// It has gone; the log forgets it.
    Gone,
}

/// Somebody who wants to hear what a job says. Must not block: it is called on the thread that speaks.
pub trait EventListener: Send {
    /// The next event.
    fn event(&mut self, event: &JobEvent) -> Listening;
}

/// Ends the listening when dropped.
pub struct Subscription(Option<Box<dyn FnOnce() + Send>>);

impl Subscription {
    /// A subscription that runs `end` when it is dropped.
    #[must_use]
    pub fn new(end: impl FnOnce() + Send + 'static) -> Self {
        Self(Some(Box::new(end)))
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(end) = self.0.take() {
            end();
        }
    }
}

/// What jobs say, live and for ever.
///
/// Numbers of one job grow. Live delivery does not wait for the disk; the disk follows within about 50 ms, many events in
/// one transaction. After a crash the tail of at most that time is lost, and numbers go on above any that were given out.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait EventLog: Send + Sync {
    /// Says something. Returns its number. Does not wait for the disk.
    ///
    /// # Errors
    /// [`StorageError`] when the log of this job cannot be read or the disk has failed for good.
    fn append(&self, job: JobId, kind: EventKind, data: &str) -> Result<u64, StorageError>;

    /// Waits until everything said by this job so far is on disk.
    ///
    /// # Errors
    /// [`StorageError`] when it could not be written.
    fn flush(&self, job: JobId) -> Result<(), StorageError>;

    /// Calls `listener` for every event with a number above `after`, in order, each once: first what is stored, then what
    /// follows, without a gap.
    ///
    /// # Errors
    /// [`StorageError`] when what is stored cannot be read.
    fn subscribe(&self, job: JobId, after: u64, listener: Box<dyn EventListener>)
    -> Result<Subscription, StorageError>;
}
