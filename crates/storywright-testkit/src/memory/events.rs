//! What jobs say, in memory.

use super::{MemoryStore, lock, refused};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use storywright_domain::JobId;
use storywright_domain::job::{EventKind, JobEvent};
use storywright_domain::ports::{EventListener, EventLog, Listening, StorageError, Subscription};

/// What every job has said, and who listens.
#[derive(Default)]
pub struct Channels {
    jobs: Mutex<HashMap<JobId, Channel>>,
    next: AtomicU64,
}

#[derive(Default)]
struct Channel {
    said: Vec<JobEvent>,
    listeners: Vec<Listener>,
}

struct Listener {
    id: u64,
    ended: Arc<AtomicBool>,
    listener: Box<dyn EventListener>,
}

impl MemoryStore {
    /// Everything that a job has said so far.
    #[must_use]
    pub fn said(&self, job: JobId) -> Vec<JobEvent> {
        lock(&self.shared.channels.jobs).get(&job).map(|channel| channel.said.clone()).unwrap_or_default()
    }
}

impl EventLog for MemoryStore {
    fn append(&self, job: JobId, kind: EventKind, data: &str) -> Result<u64, StorageError> {
        self.check()?;
        if !lock(&self.shared.state).jobs.contains_key(&job) {
            return refused("job", "what it says cannot be kept: the job is gone");
        }
        let mut jobs = lock(&self.shared.channels.jobs);
        let channel = jobs.entry(job).or_default();
        let seq = channel.said.last().map_or(1, |event| event.seq + 1);
        let event = JobEvent { seq, kind, data: data.to_owned() };
        channel.listeners.retain_mut(|listener| {
            !listener.ended.load(Ordering::SeqCst) && listener.listener.event(&event) == Listening::Yes
        });
        channel.said.push(event);
        Ok(seq)
    }

    fn flush(&self, _job: JobId) -> Result<(), StorageError> {
        self.check()
    }

    fn subscribe(
        &self,
        job: JobId,
        after: u64,
        mut listener: Box<dyn EventListener>,
    ) -> Result<Subscription, StorageError> {
        self.check()?;
        let id = self.shared.channels.next.fetch_add(1, Ordering::SeqCst);
        let ended = Arc::new(AtomicBool::new(false));
        let mut jobs = lock(&self.shared.channels.jobs);
        let channel = jobs.entry(job).or_default();
        let mut missed = channel.said.iter().filter(|event| event.seq > after);
        if missed.all(|event| listener.event(event) == Listening::Yes) {
            channel.listeners.push(Listener { id, ended: Arc::clone(&ended), listener });
        }
        drop(jobs);
        let channels = Arc::clone(&self.shared.channels);
        Ok(Subscription::new(move || {
            ended.store(true, Ordering::SeqCst);
            // A listener may end its own subscription while it is being told: then the mark is enough.
            if let Ok(mut jobs) = channels.jobs.try_lock()
                && let Some(channel) = jobs.get_mut(&job)
            {
                channel.listeners.retain(|listener| listener.id != id);
            }
        }))
    }
}
