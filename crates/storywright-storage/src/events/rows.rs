//! The rows of `job_events`: what a job said between two writes, as one JSON array.

use super::MOST_WAITING;
use crate::error::{corrupt, failed};
use crate::schema::{background_jobs, job_events};
use crate::text::{Conn, from_json, to_json, word};
use diesel::dsl::max;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use storywright_domain::JobId;
use storywright_domain::job::{EventKind, JobEvent};
use storywright_domain::ports::StorageError;

const ENTITY: &str = "job event";
/// Rows read at a time.
const CHUNK: i64 = 200;

/// One event as stored. The data is text within the JSON, so that it comes back byte by byte.
#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    seq: u64,
    kind: Cow<'a, str>,
    data: Cow<'a, str>,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is in the transaction.
    Yes,
    /// Its job is gone; so are its events.
    JobIsGone,
}

/// Writes one batch of one job.
pub fn write(conn: &mut Conn, job: JobId, batch: &[JobEvent]) -> Result<Kept, StorageError> {
    let (Some(first), Some(last)) = (batch.first(), batch.last()) else { return Ok(Kept::Yes) };
    let stored: Vec<Stored<'_>> = batch
        .iter()
        .map(|event| Stored { seq: event.seq, kind: event.kind.as_str().into(), data: event.data.as_str().into() })
        .collect();
    let outcome = diesel::insert_into(job_events::table)
        .values((
            job_events::job_id.eq(job.to_string()),
            job_events::last_seq.eq(signed(last.seq)),
            job_events::first_seq.eq(signed(first.seq)),
            job_events::events.eq(to_json(ENTITY, &stored)?),
        ))
        .execute(conn);
    match outcome {
        Ok(_) => Ok(Kept::Yes),
        Err(Error::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _)) => Ok(Kept::JobIsGone),
        Err(other) => Err(failed(ENTITY)(other)),
    }
}

/// Events with a number above `after`, in order, and whether there may be more.
pub fn stored(conn: &mut Conn, job: JobId, after: u64) -> Result<(Vec<JobEvent>, bool), StorageError> {
    let rows: Vec<String> = job_events::table
        .filter(job_events::job_id.eq(job.to_string()))
        .filter(job_events::last_seq.gt(signed(after)))
        .order(job_events::last_seq)
        .limit(CHUNK)
        .select(job_events::events)
        .load(conn)
        .map_err(failed(ENTITY))?;
    let mut events = Vec::new();
    for row in &rows {
        for event in from_json::<Vec<Stored<'_>>>(ENTITY, "events", row)? {
            let kind = word(ENTITY, "kind", &event.kind, EventKind::parse(&event.kind))?;
            if event.seq > after {
                events.push(JobEvent { seq: event.seq, kind, data: event.data.into_owned() });
            }
        }
    }
    Ok((events, i64::try_from(rows.len()) == Ok(CHUNK)))
}

/// The number before the first that this process gives out for a job.
///
/// What an earlier process said and did not write may have been heard, at most [`MOST_WAITING`] numbers after the last on
/// disk. They are skipped, once more for each time that the job was claimed.
pub fn begin_at(conn: &mut Conn, job: JobId) -> Result<u64, StorageError> {
    let fence: Option<i64> = background_jobs::table
        .find(job.to_string())
        .select(background_jobs::fence)
        .first(conn)
        .optional()
        .map_err(failed(ENTITY))?;
    let fence = fence.ok_or_else(super::gone)?;
    let last: Option<i64> = job_events::table
        .filter(job_events::job_id.eq(job.to_string()))
        .select(max(job_events::last_seq))
        .first(conn)
        .map_err(failed(ENTITY))?;
    let last = u64::try_from(last.unwrap_or(0)).map_err(|error| corrupt(ENTITY, error))?;
    let claims = u64::try_from(fence).unwrap_or(0);
    if last == 0 && claims <= 1 { Ok(0) } else { Ok(last + MOST_WAITING * claims.max(1)) }
}

/// Removes rows of jobs that ended before that time, at most `most`.
pub fn remove_old(conn: &mut Conn, before: i64, most: usize) -> Result<usize, StorageError> {
    let old: Vec<(String, i64)> = job_events::table
        .inner_join(background_jobs::table.on(background_jobs::id.eq(job_events::job_id)))
        .filter(background_jobs::finished_at.lt(before))
        .select((job_events::job_id, job_events::last_seq))
        .limit(i64::try_from(most).unwrap_or(i64::MAX))
        .load(conn)
        .map_err(failed(ENTITY))?;
    for (job, last_seq) in &old {
        diesel::delete(job_events::table.find((job, last_seq))).execute(conn).map_err(failed(ENTITY))?;
    }
    Ok(old.len())
}

fn signed(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
