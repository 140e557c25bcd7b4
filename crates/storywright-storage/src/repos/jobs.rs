//! Jobs as people see them.

use super::SqliteTx;
use crate::error::{corrupt, failed};
use crate::now::now_ms;
use crate::schema::background_jobs;
use crate::text::{Place, count, parsed, rows_to_read, slice, time, word};
use diesel::prelude::*;
use storywright_domain::job::{Job, JobKind, JobStatus};
use storywright_domain::ports::{JobRepo, Saved, Slice, StorageError};
use storywright_domain::{JobId, Timestamp, UserId};

/// For messages.
pub const ENTITY: &str = "job";

/// A job without its lease.
#[derive(Queryable, Selectable, Insertable, QueryableByName)]
#[diesel(table_name = background_jobs)]
pub struct Row {
    id: String,
    user_id: String,
    kind: String,
    subject: String,
    status: String,
    attempts: i64,
    run_at: i64,
    cancel_requested: bool,
    fence: i64,
    created_at: i64,
    finished_at: Option<i64>,
    request_id: String,
    question: Option<String>,
    error: Option<String>,
    payload: String,
}

impl TryFrom<Row> for Job {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self, StorageError> {
        Ok(Self {
            id: parsed(ENTITY, "id", JobId::parse(&row.id))?,
            user: parsed(ENTITY, "user_id", UserId::parse(&row.user_id))?,
            kind: word(ENTITY, "kind", &row.kind, JobKind::parse(&row.kind))?,
            status: word(ENTITY, "status", &row.status, JobStatus::parse(&row.status))?,
            attempts: count(ENTITY, "attempts", row.attempts)?,
            subject: row.subject,
            payload: row.payload,
            run_at: Timestamp(row.run_at),
            question: row.question,
            cancel_requested: row.cancel_requested,
            error: row.error,
            fence: row.fence,
            created_at: Timestamp(row.created_at),
            finished_at: time(row.finished_at),
            request_id: row.request_id,
        })
    }
}

impl From<&Job> for Row {
    fn from(job: &Job) -> Self {
        Self {
            id: job.id.to_string(),
            user_id: job.user.to_string(),
            kind: job.kind.as_str().to_owned(),
            subject: job.subject.clone(),
            status: job.status.as_str().to_owned(),
            attempts: i64::from(job.attempts),
            run_at: job.run_at.0,
            cancel_requested: job.cancel_requested,
            fence: job.fence,
            created_at: job.created_at.0,
            finished_at: job.finished_at.map(|at| at.0),
            request_id: job.request_id.clone(),
            question: job.question.clone(),
            error: job.error.clone(),
            payload: job.payload.clone(),
        }
    }
}

const PENDING: &str = "pending";
const RUNNING: &str = "running";

impl JobRepo for SqliteTx<'_> {
    fn insert_job(&mut self, job: &Job) -> Result<(), StorageError> {
        if job.status != JobStatus::Pending {
            return Err(corrupt(ENTITY, "a new job is pending"));
        }
        diesel::insert_into(background_jobs::table)
            .values(Row::from(job))
            .execute(self.conn)
            .map(drop)
            .map_err(failed(ENTITY))
    }

    fn job(&mut self, user: UserId, id: JobId) -> Result<Option<Job>, StorageError> {
        background_jobs::table
            .filter(background_jobs::id.eq(id.to_string()))
            .filter(background_jobs::user_id.eq(user.to_string()))
            .select(Row::as_select())
            .first(self.conn)
            .optional()
            .map_err(failed(ENTITY))?
            .map(Job::try_from)
            .transpose()
    }

    fn jobs(&mut self, user: UserId, cursor: Option<&str>, limit: u32) -> Result<Slice<Job>, StorageError> {
        let from = Place::after(cursor);
        let rows: Vec<Row> = background_jobs::table
            .filter(background_jobs::user_id.eq(user.to_string()))
            .filter(background_jobs::created_at.le(from.number))
            .filter(background_jobs::created_at.lt(from.number).or(background_jobs::id.lt(&from.text)))
            .order((background_jobs::created_at.desc(), background_jobs::id.desc()))
            .limit(rows_to_read(limit))
            .select(Row::as_select())
            .load(self.conn)
            .map_err(failed(ENTITY))?;
        slice(rows, limit, |row| (row.created_at, row.id.clone()), Job::try_from)
    }

    fn open_jobs(&mut self, user: UserId) -> Result<Vec<Job>, StorageError> {
        // Not `eq_any`: diesel prepares such a statement anew each time.
        let rows: Vec<Row> = background_jobs::table
            .filter(background_jobs::user_id.eq(user.to_string()))
            .filter(background_jobs::status.eq(PENDING).or(background_jobs::status.eq(RUNNING)))
            .select(Row::as_select())
            .load(self.conn)
            .map_err(failed(ENTITY))?;
        let mut open = rows.into_iter().map(Job::try_from).collect::<Result<Vec<Job>, _>>()?;
        open.sort_by_key(|job| std::cmp::Reverse((job.created_at, job.id)));
        Ok(open)
    }

    fn request_cancel(&mut self, user: UserId, id: JobId, at: Timestamp) -> Result<Option<JobStatus>, StorageError> {
        let (id, owner) = (id.to_string(), user.to_string());
        let mine =
            || background_jobs::table.filter(background_jobs::id.eq(&id)).filter(background_jobs::user_id.eq(&owner));
        let run_out = background_jobs::lease_until.assume_not_null().le(now_ms());
        let nobody_runs_it = background_jobs::status.eq(PENDING).or(background_jobs::status.eq(RUNNING).and(run_out));
        diesel::update(mine().filter(nobody_runs_it))
            .set((
                background_jobs::status.eq(JobStatus::Cancelled.as_str()),
                background_jobs::cancel_requested.eq(true),
                background_jobs::question.eq(None::<String>),
                background_jobs::lease_owner.eq(None::<String>),
                background_jobs::lease_until.eq(None::<i64>),
                background_jobs::finished_at.eq(at.0),
            ))
            .execute(self.conn)
            .map_err(failed(ENTITY))?;
        diesel::update(mine().filter(background_jobs::status.eq(RUNNING)))
            .set(background_jobs::cancel_requested.eq(true))
            .execute(self.conn)
            .map_err(failed(ENTITY))?;
        let status: Option<String> =
            mine().select(background_jobs::status).first(self.conn).optional().map_err(failed(ENTITY))?;
        status.map(|raw| word(ENTITY, "status", &raw, JobStatus::parse(&raw))).transpose()
    }

    fn answer_job(&mut self, user: UserId, id: JobId, payload: &str, at: Timestamp) -> Result<Saved, StorageError> {
        // Due now by both clocks, whichever is behind.
        let due = crate::now::read(self.conn).map_err(failed(ENTITY))?.min(at);
        let asking = background_jobs::table
            .filter(background_jobs::id.eq(id.to_string()))
            .filter(background_jobs::user_id.eq(user.to_string()))
            .filter(background_jobs::status.eq(PENDING))
            .filter(background_jobs::question.is_not_null());
        let changed = diesel::update(asking)
            .set((
                background_jobs::payload.eq(payload),
                background_jobs::question.eq(None::<String>),
                background_jobs::run_at.eq(due.0),
            ))
            .execute(self.conn)
            .map_err(failed(ENTITY))?;
        Ok(if changed > 0 { Saved::Stored } else { Saved::Conflict })
    }

    fn lease_holds(&mut self, id: JobId, fence: i64) -> Result<bool, StorageError> {
        let until: Option<Option<i64>> = background_jobs::table
            .find(id.to_string())
            .filter(background_jobs::fence.eq(fence))
            .filter(background_jobs::status.eq(RUNNING))
            .select(background_jobs::lease_until)
            .first(self.conn)
            .optional()
            .map_err(failed(ENTITY))?;
        let Some(until) = until.flatten() else { return Ok(false) };
        Ok(until > crate::now::read(self.conn).map_err(failed(ENTITY))?.0)
    }
}
