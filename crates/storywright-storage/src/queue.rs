//! The job queue as workers see it. Claiming is one statement; on PostgreSQL it also needs `FOR UPDATE SKIP LOCKED`.

use crate::error::failed;
use crate::now::NOW_MS;
use crate::repos::jobs::{ENTITY, Row};
use crate::store::SqliteStorage;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use storywright_domain::job::{Job, JobKind};
use storywright_domain::ports::{Claim, Held, JobEnd, JobQueue, StorageError};
use storywright_domain::{JobId, Millis, Timestamp};

#[derive(QueryableByName)]
struct Claimed {
    #[diesel(embed)]
    job: Row,
    #[diesel(sql_type = BigInt)]
    until: i64,
}

#[derive(QueryableByName)]
struct Renewed {
    #[diesel(sql_type = BigInt)]
    until: i64,
    #[diesel(sql_type = Bool)]
    cancel_requested: bool,
}

impl SqliteStorage {
    /// Ends the leases of all running jobs, so that they are claimed at once; their fences stay, so whoever held them changes
    /// no row any more. Only for a process that knows that no other works on this file. Says how many there were.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn abandon_leases(&self) -> Result<usize, StorageError> {
        self.writing(|conn| {
            diesel::sql_query("UPDATE background_jobs SET lease_until = 0 WHERE status = 'running'")
                .execute(conn)
                .map_err(failed(ENTITY))
        })
    }
}

impl JobQueue for SqliteStorage {
    fn claim(&self, worker: &str, kinds: &[JobKind], lease: Millis) -> Result<Option<Claim>, StorageError> {
        self.bell().look();
        if kinds.is_empty() {
            return Ok(None);
        }
        // The words are our own, never a person's. They stand in the statement so that the partial index serves it.
        let kinds: Vec<String> = kinds.iter().map(|kind| format!("'{}'", kind.as_str())).collect();
        let claim = format!(
            "UPDATE background_jobs
             SET status = 'running', attempts = attempts + 1, fence = fence + 1,
                 lease_owner = $1, lease_until = {NOW_MS} + $2
             WHERE id = (
                 SELECT id FROM background_jobs
                 WHERE status IN ('pending', 'running') AND kind IN ({})
                   AND CASE status
                         WHEN 'pending' THEN cancel_requested OR (question IS NULL AND run_at <= {NOW_MS})
                         ELSE lease_until <= {NOW_MS}
                       END
                 ORDER BY created_at, id LIMIT 1)
             RETURNING *, lease_until AS until",
            kinds.join(", "),
        );
        let claimed: Option<Claimed> = self.writing(|conn| {
            diesel::sql_query(claim)
                .bind::<Text, _>(worker)
                .bind::<BigInt, _>(lease.0)
                .get_result(conn)
                .optional()
                .map_err(failed(ENTITY))
        })?;
        claimed
            .map(|claimed| Ok(Claim { job: Job::try_from(claimed.job)?, lease_until: Timestamp(claimed.until) }))
            .transpose()
    }

    fn renew(&self, job: JobId, fence: i64, lease: Millis) -> Result<Held, StorageError> {
        let renew = format!(
            "UPDATE background_jobs SET lease_until = {NOW_MS} + $1
             WHERE id = $2 AND fence = $3 AND status = 'running'
             RETURNING lease_until AS until, cancel_requested"
        );
        let renewed: Option<Renewed> = self.writing(|conn| {
            diesel::sql_query(renew)
                .bind::<BigInt, _>(lease.0)
                .bind::<Text, _>(job.to_string())
                .bind::<BigInt, _>(fence)
                .get_result(conn)
                .optional()
                .map_err(failed(ENTITY))
        })?;
        Ok(match renewed {
            Some(row) => Held::Yes { until: Timestamp(row.until), cancel_requested: row.cancel_requested },
            None => Held::Lost,
        })
    }

    fn end(&self, job: JobId, fence: i64, end: &JobEnd) -> Result<bool, StorageError> {
        let none = None::<&str>;
        let never = Millis(0);
        // Status, whether it is final, attempts given back, wait, question, error.
        let (status, last, back, after, question, error) = match end {
            JobEnd::Completed => ("completed", true, 0, never, none, none),
            JobEnd::Failed { error } => ("failed", true, 0, never, none, Some(error.as_str())),
            JobEnd::Cancelled => ("cancelled", true, 0, never, none, none),
            JobEnd::Retry { after, error } => ("pending", false, 0, *after, none, Some(error.as_str())),
            JobEnd::Later { after } => ("pending", false, 1, *after, none, none),
            JobEnd::Released => ("pending", false, 1, never, none, none),
            JobEnd::Asked { question } => ("pending", false, 1, never, Some(question.as_str()), none),
        };
        let statement = format!(
            "UPDATE background_jobs
             SET status = $1, attempts = attempts - $2, question = $3, error = $4,
                 run_at = CASE WHEN $5 THEN run_at ELSE {NOW_MS} + $6 END,
                 finished_at = CASE WHEN $7 THEN {NOW_MS} ELSE NULL END,
                 lease_owner = NULL, lease_until = NULL
             WHERE id = $8 AND fence = $9 AND status = 'running'"
        );
        let changed = self.writing(|conn| {
            diesel::sql_query(statement)
                .bind::<Text, _>(status)
                .bind::<BigInt, _>(back)
                .bind::<diesel::sql_types::Nullable<Text>, _>(question)
                .bind::<diesel::sql_types::Nullable<Text>, _>(error)
                .bind::<Bool, _>(last)
                .bind::<BigInt, _>(after.0)
                .bind::<Bool, _>(last)
                .bind::<Text, _>(job.to_string())
                .bind::<BigInt, _>(fence)
                .execute(conn)
                .map_err(failed(ENTITY))
        })?;
        Ok(changed > 0)
    }

    fn wait(&self, at_most: Millis) {
        self.bell().wait(at_most);
    }

    fn wake(&self) {
        self.bell().ring();
    }
}
