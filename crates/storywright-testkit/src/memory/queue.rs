//! The job queue as workers see it.

use super::{KeptJob, MemoryStore, lock};
use std::sync::PoisonError;
use std::time::Duration;
use storywright_domain::job::{JobKind, JobStatus};
use storywright_domain::ports::{Claim, Held, JobEnd, JobQueue, StorageError};
use storywright_domain::{JobId, Millis, Timestamp};

fn is_due(kept: &KeptJob, now: Timestamp) -> bool {
    match kept.job.status {
        JobStatus::Pending => kept.job.cancel_requested || (kept.job.question.is_none() && kept.job.run_at <= now),
        JobStatus::Running => kept.lease_until.is_some_and(|until| until <= now),
        _ => false,
    }
}

impl JobQueue for MemoryStore {
    fn claim(&self, _worker: &str, kinds: &[JobKind], lease: Millis) -> Result<Option<Claim>, StorageError> {
        {
            let mut bell = lock(&self.shared.bell);
            let count = bell.count;
            bell.looked.insert(std::thread::current().id(), count);
        }
        self.change(|state, now| {
            let due = state.jobs.values_mut().filter(|kept| kinds.contains(&kept.job.kind) && is_due(kept, now));
            let kept = due.min_by_key(|kept| (kept.job.created_at, kept.job.id))?;
            kept.job.status = JobStatus::Running;
            kept.job.attempts += 1;
            kept.job.fence += 1;
            kept.lease_until = Some(now + lease);
            Some(Claim { job: kept.job.clone(), lease_until: now + lease })
        })
    }

    fn renew(&self, job: JobId, fence: i64, lease: Millis) -> Result<Held, StorageError> {
        let held = self.change(|state, now| {
            let kept = state.jobs.get_mut(&job).filter(|kept| holds(kept, fence))?;
            kept.lease_until = Some(now + lease);
            Some(Held::Yes { until: now + lease, cancel_requested: kept.job.cancel_requested })
        })?;
        Ok(held.unwrap_or(Held::Lost))
    }

    fn end(&self, job: JobId, fence: i64, end: &JobEnd) -> Result<bool, StorageError> {
        let ended = self.change(|state, now| {
            let kept = state.jobs.get_mut(&job).filter(|kept| holds(kept, fence))?;
            let job = &mut kept.job;
            kept.lease_until = None;
            job.status = match end {
                JobEnd::Completed => JobStatus::Completed,
                JobEnd::Failed { .. } => JobStatus::Failed,
                JobEnd::Cancelled => JobStatus::Cancelled,
                JobEnd::Retry { .. } | JobEnd::Later { .. } | JobEnd::Released | JobEnd::Asked { .. } => {
                    JobStatus::Pending
                }
            };
            job.error = match end {
                JobEnd::Failed { error } | JobEnd::Retry { error, .. } => Some(error.clone()),
                _ => None,
            };
            job.question = match end {
                JobEnd::Asked { question } => Some(question.clone()),
                _ => None,
            };
            if matches!(end, JobEnd::Later { .. } | JobEnd::Released | JobEnd::Asked { .. }) {
                job.attempts -= 1;
            }
            if job.status.is_final() {
                job.finished_at = Some(now);
            } else {
                job.run_at = match end {
                    JobEnd::Retry { after, .. } | JobEnd::Later { after } => now + *after,
                    _ => now,
                };
            }
            Some(())
        })?;
        Ok(ended.is_some())
    }

    fn wait(&self, at_most: Millis) {
        let span = Duration::from_millis(u64::try_from(at_most.0).unwrap_or(0));
        let thread = std::thread::current().id();
        let bell = lock(&self.shared.bell);
        let seen = bell.looked.get(&thread).copied().unwrap_or(bell.count);
        let waited = self.shared.rung.wait_timeout_while(bell, span, |bell| bell.count == seen);
        let mut bell = waited.unwrap_or_else(PoisonError::into_inner).0;
        let count = bell.count;
        bell.looked.insert(thread, count);
    }

    fn wake(&self) {
        lock(&self.shared.bell).count += 1;
        self.shared.rung.notify_all();
    }
}

fn holds(kept: &KeptJob, fence: i64) -> bool {
    kept.job.status == JobStatus::Running && kept.job.fence == fence
}
