//! The jobs running in this process: so that a stop reaches them at once, and so that their leases are renewed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use storywright_domain::cancel::Cancellation;
use storywright_domain::{JobId, Millis};

/// How a job waits: for this span, or until it is to stop.
pub type Pause = dyn Fn(Millis, &Cancellation) + Send + Sync;

/// The jobs running in this process.
pub struct RunningJobs {
    jobs: Mutex<HashMap<JobId, (i64, Cancellation)>>,
    shutting_down: AtomicBool,
    pause: Box<Pause>,
}

impl Default for RunningJobs {
    fn default() -> Self {
        Self::pausing_by(wait)
    }
}

fn wait(span: Millis, cancellation: &Cancellation) {
    let (sender, receiver) = channel::<()>();
    cancellation.on_cancel(move || {
        // The receiver is gone when the wait is over: nobody needs the signal then.
        let _ = sender.send(());
    });
    // Either end of the wait is as good as the other: the caller looks at the cancellation.
    let _ = receiver.recv_timeout(Duration::from_millis(u64::try_from(span.0).unwrap_or(0)));
}

impl RunningJobs {
    /// No jobs yet; those that come wait like this instead of by the clock of the machine.
    #[must_use]
    pub fn pausing_by(pause: impl Fn(Millis, &Cancellation) + Send + Sync + 'static) -> Self {
        Self { jobs: Mutex::default(), shutting_down: AtomicBool::new(false), pause: Box::new(pause) }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<JobId, (i64, Cancellation)>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a job with the fence of its lease; `None` once the process is ending. A worker of this process that lost the lease before is
    /// stopped; one that lost it before it could begin is stopped at once.
    #[must_use]
    pub fn begin(&self, job: JobId, fence: i64) -> Option<Cancellation> {
        let mut jobs = self.lock();
        if self.is_shutting_down() {
            return None;
        }
        let cancellation = Cancellation::new();
        let newer = jobs.get(&job).is_some_and(|(running, _)| *running > fence);
        let stale = if newer {
            Some(cancellation.clone())
        } else {
            jobs.insert(job, (fence, cancellation.clone())).map(|(_, stale)| stale)
        };
        drop(jobs);
        if let Some(stale) = stale {
            stale.cancel();
        }
        Some(cancellation)
    }

    /// Forgets a job, unless a newer lease of it runs here too.
    pub fn end(&self, job: JobId, fence: i64) {
        let mut jobs = self.lock();
        if jobs.get(&job).is_some_and(|(running, _)| *running == fence) {
            jobs.remove(&job);
        }
    }

    /// Stops a job if it runs here.
    pub fn cancel(&self, job: JobId) {
        let cancellation = self.lock().get(&job).map(|(_, cancellation)| cancellation.clone());
        if let Some(cancellation) = cancellation {
            cancellation.cancel();
        }
    }

    /// Blocks the thread of a job for a while, but not longer than until somebody stops it.
    pub fn pause(&self, span: Millis, cancellation: &Cancellation) {
        (self.pause)(span, cancellation);
    }

    /// No new jobs from here on.
    pub fn shut_down(&self) {
        let _jobs = self.lock();
        self.shutting_down.store(true, Ordering::SeqCst);
    }

    /// Stops all jobs; each is handed back without counting the attempt.
    pub fn cancel_all(&self) {
        let all: Vec<Cancellation> = self.lock().values().map(|(_, cancellation)| cancellation.clone()).collect();
        for cancellation in all {
            cancellation.cancel();
        }
    }

    /// Whether the process is ending.
    #[must_use]
    pub fn is_shutting_down(&self) -> bool {
        self.shutting_down.load(Ordering::SeqCst)
    }

    /// The jobs running here, with the fences of their leases.
    #[must_use]
    pub fn leases(&self) -> Vec<(JobId, i64)> {
        self.lock().iter().map(|(job, (fence, _))| (*job, *fence)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_by_itself_or_when_the_job_is_to_stop() {
        let running = RunningJobs::default();
        running.pause(Millis(0), &Cancellation::new());
        running.pause(Millis(-1), &Cancellation::new());
        let cancellation = Cancellation::new();
        std::thread::scope(|scope| {
            // It takes an hour, or ends with the stop, whichever of the two threads is faster.
            let waiting = scope.spawn(|| running.pause(Millis::hours(1), &cancellation));
            cancellation.cancel();
            waiting.join().unwrap();
        });
        running.pause(Millis::hours(1), &cancellation);
    }
}
