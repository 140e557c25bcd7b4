//! Jobs as people see them.

use super::{KeptJob, MemoryTx, page, refused};
use storywright_domain::job::{Job, JobStatus};
use storywright_domain::ports::{JobRepo, Saved, Slice, StorageError};
use storywright_domain::{JobId, Timestamp, UserId};

impl JobRepo for MemoryTx<'_> {
    fn insert_job(&mut self, job: &Job) -> Result<(), StorageError> {
        self.state.must_know("job", job.user)?;
        if job.status != JobStatus::Pending {
            return refused("job", "a new job is pending");
        }
        if self.state.jobs.contains_key(&job.id) {
            return refused("job", "it is there already");
        }
        self.change()?.jobs.insert(job.id, KeptJob { job: job.clone(), lease_until: None });
        Ok(())
    }

    fn job(&mut self, user: UserId, id: JobId) -> Result<Option<Job>, StorageError> {
        Ok(self.state.jobs.get(&id).map(|kept| kept.job.clone()).filter(|job| job.user == user))
    }

    fn jobs(&mut self, user: UserId, cursor: Option<&str>, limit: u32) -> Result<Slice<Job>, StorageError> {
        let mine = self.state.jobs.values().map(|kept| kept.job.clone()).filter(|job| job.user == user).collect();
        Ok(page(mine, cursor, limit, |job: &Job| (job.created_at.0, job.id.to_string())))
    }

    fn open_jobs(&mut self, user: UserId) -> Result<Vec<Job>, StorageError> {
        let jobs = self.state.jobs.values().map(|kept| kept.job.clone());
        let mut open: Vec<Job> = jobs.filter(|job| job.user == user && !job.status.is_final()).collect();
        open.sort_by_key(|job| std::cmp::Reverse((job.created_at, job.id)));
        Ok(open)
    }

    fn request_cancel(&mut self, user: UserId, id: JobId, at: Timestamp) -> Result<Option<JobStatus>, StorageError> {
        let now = self.now;
        let Some(kept) = self.change()?.jobs.get_mut(&id).filter(|kept| kept.job.user == user) else {
            return Ok(None);
        };
        if kept.job.status.is_final() {
            return Ok(Some(kept.job.status));
        }
        kept.job.cancel_requested = true;
        if kept.lease_until.is_none_or(|until| until <= now) {
            kept.job.status = JobStatus::Cancelled;
            kept.job.question = None;
            kept.job.finished_at = Some(at);
            kept.lease_until = None;
        }
        Ok(Some(kept.job.status))
    }

    fn answer_job(&mut self, user: UserId, id: JobId, payload: &str, at: Timestamp) -> Result<Saved, StorageError> {
        let now = self.now;
        let kept = self.change()?.jobs.get_mut(&id).filter(|kept| kept.job.user == user);
        let asking = |job: &Job| job.status == JobStatus::Pending && job.question.is_some();
        let Some(kept) = kept.filter(|kept| asking(&kept.job)) else { return Ok(Saved::Conflict) };
        kept.job.payload = payload.to_owned();
        kept.job.question = None;
        kept.job.run_at = now.min(at);
        Ok(Saved::Stored)
    }

    fn lease_holds(&mut self, id: JobId, fence: i64) -> Result<bool, StorageError> {
        Ok(self.state.jobs.get(&id).is_some_and(|kept| {
            kept.job.status == JobStatus::Running
                && kept.job.fence == fence
                && kept.lease_until.is_some_and(|until| until > self.now)
        }))
    }
}
