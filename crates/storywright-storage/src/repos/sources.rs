//! What drafts are written from. Lists leave the texts where they are.

use super::SqliteTx;
use crate::error::{corrupt, failed};
use crate::schema::draft_sources as table;
use crate::text::{count, parsed, time, word};
use diesel::prelude::*;
use storywright_domain::ports::{Saved, SourceRepo, StorageError};
use storywright_domain::source::{Below, SourceEntry, SourceKind, SourceState};
use storywright_domain::{DraftId, JobId, Timestamp, UserId};

const ENTITY: &str = "source";

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true)]
struct Row {
    number: i64,
    kind: String,
    state: String,
    job_id: Option<String>,
    below: String,
    site: String,
    name: String,
    revision: String,
    title: String,
    space: String,
    url: String,
    restricted: bool,
    chars: i64,
    code: Option<String>,
    note: String,
    read_at: i64,
    rereads: i64,
    removed_at: Option<i64>,
    checked_at: Option<i64>,
    newer_revision: Option<String>,
    suspicions: String,
}

impl TryFrom<Row> for SourceEntry {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self, StorageError> {
        Ok(Self {
            number: count(ENTITY, "number", row.number)?,
            kind: word(ENTITY, "kind", &row.kind, SourceKind::parse(&row.kind))?,
            state: match (row.state.as_str(), row.code) {
                ("waiting", None) => SourceState::Waiting,
                ("read", None) => SourceState::Read,
                ("failed", Some(code)) => SourceState::Failed { code },
                _ => return Err(corrupt(ENTITY, "state: not known, or without its code")),
            },
            job: row.job_id.map(|id| parsed(ENTITY, "job_id", JobId::parse(&id))).transpose()?,
            below: word(ENTITY, "below", &row.below, Below::parse(&row.below))?,
            site: row.site,
            name: row.name,
            revision: row.revision,
            title: row.title,
            space: row.space,
            url: row.url,
            restricted: row.restricted,
            chars: parsed(ENTITY, "chars", usize::try_from(row.chars))?,
            note: row.note,
            read_at: Timestamp(row.read_at),
            rereads: count(ENTITY, "rereads", row.rereads)?,
            removed_at: time(row.removed_at),
            checked_at: time(row.checked_at),
            newer: row.newer_revision,
            suspicions: parsed(ENTITY, "suspicions", serde_json::from_str(&row.suspicions))?,
        })
    }
}

impl From<&SourceEntry> for Row {
    fn from(entry: &SourceEntry) -> Self {
        let code = match &entry.state {
            SourceState::Failed { code } => Some(code.clone()),
            SourceState::Waiting | SourceState::Read => None,
        };
        Self {
            number: i64::from(entry.number),
            kind: entry.kind.as_str().to_owned(),
            state: entry.state.as_str().to_owned(),
            job_id: entry.job.map(|id| id.to_string()),
            below: entry.below.as_str().to_owned(),
            site: entry.site.clone(),
            name: entry.name.clone(),
            revision: entry.revision.clone(),
            title: entry.title.clone(),
            space: entry.space.clone(),
            url: entry.url.clone(),
            restricted: entry.restricted,
            chars: i64::try_from(entry.chars).unwrap_or(i64::MAX),
            code,
            note: entry.note.clone(),
            read_at: entry.read_at.0,
            rereads: i64::from(entry.rereads),
            removed_at: entry.removed_at.map(|at| at.0),
            checked_at: entry.checked_at.map(|at| at.0),
            newer_revision: entry.newer.clone(),
            suspicions: serde_json::to_string(&entry.suspicions).unwrap_or_else(|_| "[]".to_owned()),
        }
    }
}

impl SourceRepo for SqliteTx<'_> {
    fn sources(&mut self, user: UserId, draft: DraftId) -> Result<Vec<SourceEntry>, StorageError> {
        let rows: Vec<Row> = table::table
            .filter(table::draft_id.eq(draft.to_string()))
            .filter(table::user_id.eq(user.to_string()))
            .filter(table::removed_at.is_null())
            .order(table::number)
            .select(Row::as_select())
            .load(self.conn)
            .map_err(failed(ENTITY))?;
        rows.into_iter().map(SourceEntry::try_from).collect()
    }

    fn source(&mut self, user: UserId, draft: DraftId, number: u32) -> Result<Option<SourceEntry>, StorageError> {
        table::table
            .find((draft.to_string(), i64::from(number)))
            .filter(table::user_id.eq(user.to_string()))
            .select(Row::as_select())
            .first(self.conn)
            .optional()
            .map_err(failed(ENTITY))?
            .map(SourceEntry::try_from)
            .transpose()
    }

    fn source_text(&mut self, user: UserId, draft: DraftId, number: u32) -> Result<Option<String>, StorageError> {
        table::table
            .find((draft.to_string(), i64::from(number)))
            .filter(table::user_id.eq(user.to_string()))
            .filter(table::removed_at.is_null())
            .select(table::text)
            .first(self.conn)
            .optional()
            .map_err(failed(ENTITY))
    }

    fn newer_text(&mut self, user: UserId, draft: DraftId, number: u32) -> Result<Option<String>, StorageError> {
        let found: Option<Option<String>> = table::table
            .find((draft.to_string(), i64::from(number)))
            .filter(table::user_id.eq(user.to_string()))
            .filter(table::removed_at.is_null())
            .select(table::newer_text)
            .first(self.conn)
            .optional()
            .map_err(failed(ENTITY))?;
        Ok(found.flatten())
    }

    fn next_source_number(&mut self, user: UserId, draft: DraftId) -> Result<u32, StorageError> {
        let last: Option<i64> = table::table
            .filter(table::draft_id.eq(draft.to_string()))
            .filter(table::user_id.eq(user.to_string()))
            .order(table::number.desc())
            .select(table::number)
            .first(self.conn)
            .optional()
            .map_err(failed(ENTITY))?;
        count(ENTITY, "number", last.unwrap_or(0) + 1)
    }

    fn insert_source(
        &mut self,
        user: UserId,
        draft: DraftId,
        entry: &SourceEntry,
        text: &str,
    ) -> Result<(), StorageError> {
        diesel::insert_into(table::table)
            .values((
                Row::from(entry),
                table::draft_id.eq(draft.to_string()),
                table::user_id.eq(user.to_string()),
                table::text.eq(text),
            ))
            .execute(self.conn)
            .map(drop)
            .map_err(failed(ENTITY))
    }

    fn update_source(
        &mut self,
        user: UserId,
        draft: DraftId,
        entry: &SourceEntry,
        text: Option<&str>,
    ) -> Result<Saved, StorageError> {
        let one = || {
            table::table.find((draft.to_string(), i64::from(entry.number))).filter(table::user_id.eq(user.to_string()))
        };
        let changed = match text {
            Some(text) => diesel::update(one()).set((Row::from(entry), table::text.eq(text))).execute(self.conn),
            None => diesel::update(one()).set(Row::from(entry)).execute(self.conn),
        }
        .map_err(failed(ENTITY))?;
        Ok(if changed > 0 { Saved::Stored } else { Saved::Conflict })
    }

    fn set_newer_text(
        &mut self,
        user: UserId,
        draft: DraftId,
        number: u32,
        text: Option<&str>,
    ) -> Result<(), StorageError> {
        let one = table::table.find((draft.to_string(), i64::from(number))).filter(table::user_id.eq(user.to_string()));
        diesel::update(one).set(table::newer_text.eq(text)).execute(self.conn).map(drop).map_err(failed(ENTITY))
    }

    fn next_waiting(&mut self, user: UserId, draft: DraftId, job: JobId) -> Result<Option<SourceEntry>, StorageError> {
        table::table
            .filter(table::draft_id.eq(draft.to_string()))
            .filter(table::user_id.eq(user.to_string()))
            .filter(table::job_id.eq(job.to_string()))
            .filter(table::state.eq("waiting"))
            .filter(table::removed_at.is_null())
            .order(table::number)
            .select(Row::as_select())
            .first(self.conn)
            .optional()
            .map_err(failed(ENTITY))?
            .map(SourceEntry::try_from)
            .transpose()
    }

    fn forget_removed(&mut self, user: UserId, draft: DraftId, before: Timestamp) -> Result<(), StorageError> {
        let old = table::table
            .filter(table::draft_id.eq(draft.to_string()))
            .filter(table::user_id.eq(user.to_string()))
            .filter(table::removed_at.lt(before.0));
        diesel::update(old)
            .set((table::text.eq(""), table::newer_text.eq(None::<String>)))
            .execute(self.conn)
            .map(drop)
            .map_err(failed(ENTITY))
    }
}
