//! What jobs say: live to those who listen, and into `job_events` for ever.
//!
//! Each job has a channel in memory: the last number given out, what is not on disk yet, and the listeners. Speaking takes
//! the lock of its own channel only, tells the listeners, and leaves the rest to one thread that writes for all jobs: at
//! most one transaction every 50 ms, one row per job and transaction.
//!
//! What is not on disk is bounded: 1,000 events or 1 MiB per job, 64 MiB altogether; a speaker who is faster than the disk
//! waits. While the disk fails, nothing more is taken: speaking and flushing fail until a write succeeds.

mod channel;
pub mod rows;
#[cfg(test)]
mod tests;
mod writer;

use crate::store::SqliteStorage;
use channel::{Channel, Listener, Phase, State};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;
use storywright_domain::JobId;
use storywright_domain::job::{EventKind, JobEvent};
use storywright_domain::ports::{EventListener, EventLog, Listening, StorageError, Subscription};

/// Most events of one job that are not on disk. Numbers skip as many after a restart, so that none is given out twice.
const MOST_WAITING: u64 = 1_000;
/// Most bytes of one job that are not on disk.
const MOST_WAITING_BYTES: usize = 1_048_576;
/// Most bytes of all jobs that are not on disk.
const MOST_WAITING_BYTES_IN_ALL: usize = 64 * 1_048_576;
/// Locks over the channels, so that jobs that begin and end do not wait for each other.
const SHARDS: usize = 16;

/// The event log on [`SqliteStorage`]. Dropping it writes what is left.
pub struct JobLog {
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
}

/// What speakers, listeners and the writing thread share.
struct Shared {
    storage: SqliteStorage,
    shards: [RwLock<HashMap<JobId, Arc<Channel>>>; SHARDS],
    work: Mutex<Work>,
    work_came: Condvar,
    failure: Mutex<Option<StorageError>>,
    failing: AtomicBool,
    waiting_bytes: AtomicUsize,
    written: Condvar,
    next_listener: AtomicU64,
}

#[derive(Default)]
struct Work {
    dirty: Vec<Arc<Channel>>,
    /// The writer has nothing to do and wants to be woken.
    idle: bool,
    stop: bool,
}

impl JobLog {
    /// Starts the thread that writes.
    pub(crate) fn new(storage: SqliteStorage) -> Result<Self, StorageError> {
        let shared = Arc::new(Shared {
            storage,
            shards: std::array::from_fn(|_| RwLock::default()),
            work: Mutex::default(),
            work_came: Condvar::new(),
            failure: Mutex::default(),
            failing: AtomicBool::new(false),
            waiting_bytes: AtomicUsize::new(0),
            written: Condvar::new(),
            next_listener: AtomicU64::new(0),
        });
        let for_thread = Arc::clone(&shared);
        let writer = std::thread::Builder::new()
            .name("job-events".to_owned())
            .spawn(move || writer::run(&for_thread))
            .map_err(|error| StorageError::Unavailable(format!("no thread for job events: {error}")))?;
        Ok(Self { shared, writer: Some(writer) })
    }

    /// How many jobs are held in memory: those that speak, have spoken within the last minute, or have listeners.
    #[must_use]
    pub fn live_jobs(&self) -> usize {
        self.shared.shards.iter().map(|shard| shard.read().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }
}

impl Drop for JobLog {
    fn drop(&mut self) {
        self.shared.lock_work().stop = true;
        self.shared.work_came.notify_all();
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            log::error!("the thread that writes job events had panicked");
        }
    }
}

impl EventLog for JobLog {
    fn append(&self, job: JobId, kind: EventKind, data: &str) -> Result<u64, StorageError> {
        self.shared.wait_for_room()?;
        loop {
            let channel = self.shared.channel(job);
            let Some(mut state) = self.shared.ready_to_speak(&channel)? else { continue };
            let seq = state.next_seq();
            state.deliver(JobEvent { seq, kind, data: data.to_owned() });
            self.shared.waiting_bytes.fetch_add(channel::size_of(data), Ordering::Relaxed);
            if !std::mem::replace(&mut state.queued, true) {
                drop(state);
                self.shared.hand_over(channel);
            }
            return Ok(seq);
        }
    }

    fn flush(&self, job: JobId) -> Result<(), StorageError> {
        let Some(channel) = self.shared.existing(job) else { return Ok(()) };
        let mut state = channel.lock();
        let target = state.last.unwrap_or(0);
        let failures = state.failures;
        while state.unwritten() && state.written < target {
            if state.failures != failures || state.lost {
                return Err(self.shared.failure());
            }
            state = channel.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.lost { Err(gone()) } else { Ok(()) }
    }

    fn subscribe(
        &self,
        job: JobId,
        after: u64,
        listener: Box<dyn EventListener>,
    ) -> Result<Subscription, StorageError> {
        let ended = Arc::new(AtomicBool::new(false));
        let id = self.shared.next_listener.fetch_add(1, Ordering::Relaxed);
        let channel = self.shared.join(job, id, after, &ended);
        let subscription = {
            let (shared, channel, ended) = (Arc::clone(&self.shared), Arc::clone(&channel), Arc::clone(&ended));
            Subscription::new(move || {
                ended.store(true, Ordering::SeqCst);
                // When the channel is busy this may be its own listener speaking: the mark is enough, it is looked at
                // before each delivery and by the writing thread.
                if let Some(mut state) = channel.try_lock() {
                    let left = state.take_listener(id);
                    shared.retire_if_idle(&channel, &mut state, false);
                    drop(state);
                    drop(left);
                }
            })
        };
        if self.shared.replay(&channel, id, after, listener)? == Listening::Gone {
            channel.lock().take_listener(id);
        }
        Ok(subscription)
    }
}

/// The job was removed while it spoke.
fn gone() -> StorageError {
    StorageError::Corrupt { entity: "job", detail: "what it says cannot be kept: the job is gone".to_owned() }
}

impl Shared {
    fn lock_work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hand_over(&self, channel: Arc<Channel>) {
        let mut work = self.lock_work();
        work.dirty.push(channel);
        let idle = std::mem::take(&mut work.idle);
        drop(work);
        if idle {
            self.work_came.notify_all();
        }
    }

    fn shard(&self, job: JobId) -> &RwLock<HashMap<JobId, Arc<Channel>>> {
        // The low bits of an id are random.
        &self.shards[usize::try_from(job.0 % SHARDS as u128).unwrap_or(0)]
    }

    fn existing(&self, job: JobId) -> Option<Arc<Channel>> {
        self.shard(job).read().unwrap_or_else(PoisonError::into_inner).get(&job).cloned()
    }

    fn channel(&self, job: JobId) -> Arc<Channel> {
        self.existing(job).unwrap_or_else(|| {
            let mut shard = self.shard(job).write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(shard.entry(job).or_insert_with(|| Arc::new(Channel::new(job))))
        })
    }

    fn failure(&self) -> StorageError {
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.clone().unwrap_or_else(|| StorageError::Unavailable("job events cannot be written".to_owned()))
    }

    fn wait_for_room(&self) -> Result<(), StorageError> {
        if self.waiting_bytes.load(Ordering::Relaxed) < MOST_WAITING_BYTES_IN_ALL {
            return Ok(());
        }
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        while self.waiting_bytes.load(Ordering::Relaxed) >= MOST_WAITING_BYTES_IN_ALL {
            if let Some(error) = &*failure {
                return Err(error.clone());
            }
            failure = self.written.wait(failure).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }

    /// Locks the channel once it may take another event. `None` when it was retired meanwhile: look it up again.
    fn ready_to_speak<'a>(&self, channel: &'a Channel) -> Result<Option<MutexGuard<'a, State>>, StorageError> {
        let mut state = channel.lock();
        loop {
            if state.retired {
                return Ok(None);
            }
            if state.lost {
                return Err(gone());
            }
            if self.failing.load(Ordering::SeqCst) {
                return Err(self.failure());
            }
            if state.last.is_none() {
                let begin = self.storage.reading(|conn| rows::begin_at(conn, channel.job))?;
                state.last = Some(begin);
                state.written = begin;
            }
            if state.waiting_events < MOST_WAITING && state.waiting_bytes < MOST_WAITING_BYTES {
                return Ok(Some(state));
            }
            state = channel.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Adds a listener that collects what is said from now on, with what is not on disk yet.
    fn join(&self, job: JobId, id: u64, after: u64, ended: &Arc<AtomicBool>) -> Arc<Channel> {
        loop {
            let channel = self.channel(job);
            let mut state = channel.lock();
            if state.retired {
                continue;
            }
            let collected = state.unwritten_events().filter(|event| event.seq > after).cloned().collect();
            state.listeners.push(Listener { id, ended: Arc::clone(ended), phase: Phase::Waiting(collected) });
            drop(state);
            return channel;
        }
    }

    /// Tells the listener what is on disk, then what was collected meanwhile, then lets it hear the rest live.
    fn replay(
        &self,
        channel: &Arc<Channel>,
        id: u64,
        after: u64,
        mut listener: Box<dyn EventListener>,
    ) -> Result<Listening, StorageError> {
        let mut told = after;
        let mut tell = |listener: &mut Box<dyn EventListener>, events: &[JobEvent]| {
            for event in events {
                // What was collected may have reached the disk before it was read.
                if event.seq > told {
                    told = event.seq;
                    if listener.event(event) == Listening::Gone {
                        return Listening::Gone;
                    }
                }
            }
            Listening::Yes
        };
        let mut from = after;
        loop {
            let (events, more) = self.storage.reading(|conn| rows::stored(conn, channel.job, from))?;
            from = events.last().map_or(from, |event| event.seq);
            if tell(&mut listener, &events) == Listening::Gone {
                return Ok(Listening::Gone);
            }
            if !more {
                break;
            }
        }
        loop {
            let mut state = channel.lock();
            let Some(collected) = state.collected(id) else { return Ok(Listening::Gone) };
            // A few are told under the lock, so that nothing slips in between; many are not, so that nobody waits long.
            if collected.len() <= 16 {
                let listening = tell(&mut listener, &collected);
                if listening == Listening::Yes {
                    state.go_live(id, listener);
                }
                return Ok(listening);
            }
            drop(state);
            if tell(&mut listener, &collected) == Listening::Gone {
                return Ok(Listening::Gone);
            }
        }
    }

    /// Forgets a channel that nobody listens to and that has nothing left to write, once its job has ended or `unused`.
    fn retire_if_idle(&self, channel: &Arc<Channel>, state: &mut State, unused: bool) {
        if state.listeners.is_empty() && !state.unwritten() && !state.queued && (state.ended || unused) {
            state.retired = true;
            self.shard(channel.job).write().unwrap_or_else(PoisonError::into_inner).remove(&channel.job);
        }
    }
}
