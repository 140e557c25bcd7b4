//! What is held in memory of one job that speaks or is listened to.

use serde::Deserialize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use storywright_domain::JobId;
use storywright_domain::job::{EventKind, JobEvent};
use storywright_domain::ports::{EventListener, Listening};

/// Memory that an event costs beside its data.
const OVERHEAD: usize = 64;

/// How much an event counts against the limits.
pub fn size_of(data: &str) -> usize {
    data.len() + OVERHEAD
}

/// One job.
pub struct Channel {
    /// Which.
    pub job: JobId,
    state: Mutex<State>,
    /// Something was written, or could not be.
    pub changed: Condvar,
}

/// What its lock guards.
#[derive(Default)]
pub struct State {
    /// The last number given out; none before the first event in this process.
    pub last: Option<u64>,
    /// The last number on disk.
    pub written: u64,
    /// Said and not yet handed to the writer.
    pending: Vec<JobEvent>,
    /// Handed to the writer and not yet on disk, in order.
    writing: Vec<Arc<Vec<JobEvent>>>,
    /// Events in both.
    pub waiting_events: u64,
    /// Their size.
    pub waiting_bytes: usize,
    /// It is on the writer's list.
    pub queued: bool,
    /// Those who listen.
    pub listeners: Vec<Listener>,
    /// The last event that will come has come.
    pub ended: bool,
    /// Writes that failed.
    pub failures: u64,
    /// Its job is gone from the database.
    pub lost: bool,
    /// It is no longer in the table of channels: look again.
    pub retired: bool,
    /// Rounds of the writer's tidying since the last event.
    pub quiet_rounds: u32,
}

/// Somebody who listens.
pub struct Listener {
    /// Names it.
    pub id: u64,
    /// Its subscription was dropped.
    pub ended: Arc<AtomicBool>,
    /// How far it is.
    pub phase: Phase,
}

/// How far a listener is.
pub enum Phase {
    /// It is being told what is stored; meanwhile what is said is collected.
    Waiting(Vec<JobEvent>),
    /// It hears what is said.
    Live(Box<dyn EventListener>),
}

impl Channel {
    /// A channel of a job that has not spoken in this process.
    pub fn new(job: JobId) -> Self {
        Self { job, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Its state.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its state, unless somebody is busy with it.
    pub fn try_lock(&self) -> Option<MutexGuard<'_, State>> {
        match self.state.try_lock() {
            Ok(state) => Some(state),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

impl State {
    /// The next number.
    pub fn next_seq(&mut self) -> u64 {
        let seq = self.last.unwrap_or(0) + 1;
        self.last = Some(seq);
        seq
    }

    /// Tells everybody, and keeps the event for the writer.
    pub fn deliver(&mut self, event: JobEvent) {
        self.listeners.retain_mut(|listener| {
            if listener.ended.load(Ordering::SeqCst) {
                return false;
            }
            match &mut listener.phase {
                Phase::Waiting(collected) => {
                    collected.push(event.clone());
                    true
                }
                Phase::Live(live) => live.event(&event) == Listening::Yes,
            }
        });
        self.ended = is_last(&event);
        self.quiet_rounds = 0;
        self.waiting_events += 1;
        self.waiting_bytes += size_of(&event.data);
        self.pending.push(event);
    }

    /// Whether something is not on disk.
    pub fn unwritten(&self) -> bool {
        self.waiting_events > 0
    }

    /// What is not on disk, in order.
    pub fn unwritten_events(&self) -> impl Iterator<Item = &JobEvent> {
        self.writing.iter().flat_map(|batch| batch.iter()).chain(&self.pending)
    }

    /// Hands what was said to the writer.
    pub fn take_batch(&mut self) -> Option<Arc<Vec<JobEvent>>> {
        self.queued = false;
        if self.pending.is_empty() {
            return None;
        }
        let batch = Arc::new(std::mem::take(&mut self.pending));
        self.writing.push(Arc::clone(&batch));
        Some(batch)
    }

    /// Notes that the oldest batch is on disk, or can never be. Says how many bytes that frees.
    pub fn batch_done(&mut self) -> usize {
        if self.writing.is_empty() {
            return 0;
        }
        let batch = self.writing.remove(0);
        let bytes = batch.iter().map(|event| size_of(&event.data)).sum();
        self.written = batch.last().map_or(self.written, |event| event.seq);
        self.waiting_events -= u64::try_from(batch.len()).unwrap_or(self.waiting_events);
        self.waiting_bytes -= bytes;
        bytes
    }

    /// What was collected for a listener that is still being told; none when it is not there any more.
    pub fn collected(&mut self, id: u64) -> Option<Vec<JobEvent>> {
        self.listeners.iter_mut().find(|listener| listener.id == id).and_then(|listener| match &mut listener.phase {
            Phase::Waiting(collected) => Some(std::mem::take(collected)),
            Phase::Live(_) => None,
        })
    }

    /// From now on the listener hears what is said.
    pub fn go_live(&mut self, id: u64, live: Box<dyn EventListener>) {
        if let Some(listener) = self.listeners.iter_mut().find(|listener| listener.id == id) {
            listener.phase = Phase::Live(live);
        }
    }

    /// Removes a listener.
    pub fn take_listener(&mut self, id: u64) -> Option<Listener> {
        let index = self.listeners.iter().position(|listener| listener.id == id)?;
        Some(self.listeners.swap_remove(index))
    }

    /// Removes those whose subscription was dropped while the channel was busy.
    pub fn forget_ended_listeners(&mut self) {
        self.listeners.retain(|listener| !listener.ended.load(Ordering::SeqCst));
    }
}

#[derive(Deserialize)]
struct Failure {
    #[serde(default)]
    retry: bool,
}

/// Whether nothing comes after this event.
fn is_last(event: &JobEvent) -> bool {
    match event.kind {
        EventKind::Done => true,
        EventKind::Error => !serde_json::from_str::<Failure>(&event.data).is_ok_and(|failure| failure.retry),
        _ => false,
    }
}
