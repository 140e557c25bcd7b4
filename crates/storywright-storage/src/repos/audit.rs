//! The audit log.

use super::SqliteTx;
use crate::error::failed;
use crate::schema::audit_log;
use crate::text::{Place, parsed, rows_to_read, slice};
use diesel::prelude::*;
use storywright_domain::person::AuditEntry;
use storywright_domain::ports::{AuditRepo, Slice, StorageError};
use storywright_domain::{Timestamp, UserId};

const ENTITY: &str = "audit entry";

#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_log)]
struct Row {
    seq: i64,
    at: i64,
    user_id: Option<String>,
    action: String,
    subject: String,
    detail: String,
    request_id: String,
}

impl TryFrom<Row> for AuditEntry {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self, StorageError> {
        Ok(Self {
            at: Timestamp(row.at),
            user: row.user_id.map(|user| parsed(ENTITY, "user_id", UserId::parse(&user))).transpose()?,
            action: row.action,
            subject: row.subject,
            detail: row.detail,
            request_id: row.request_id,
        })
    }
}

impl AuditRepo for SqliteTx<'_> {
    fn audit(&mut self, entry: &AuditEntry) -> Result<(), StorageError> {
        diesel::insert_into(audit_log::table)
            .values((
                audit_log::at.eq(entry.at.0),
                audit_log::user_id.eq(entry.user.map(|user| user.to_string())),
                audit_log::action.eq(&entry.action),
                audit_log::subject.eq(&entry.subject),
                audit_log::detail.eq(&entry.detail),
                audit_log::request_id.eq(&entry.request_id),
            ))
            .execute(self.conn)
            .map(drop)
            .map_err(failed(ENTITY))
    }

    fn audit_entries(
        &mut self,
        user: UserId,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Slice<AuditEntry>, StorageError> {
        let from = Place::after(cursor);
        let seq = i64::from_str_radix(&from.text, 16).unwrap_or(i64::MAX);
        let rows: Vec<Row> = audit_log::table
            .filter(audit_log::user_id.eq(user.to_string()))
            .filter(audit_log::at.le(from.number))
            .filter(audit_log::at.lt(from.number).or(audit_log::seq.lt(seq)))
            .order((audit_log::at.desc(), audit_log::seq.desc()))
            .limit(rows_to_read(limit))
            .select(Row::as_select())
            .load(self.conn)
            .map_err(failed(ENTITY))?;
        slice(rows, limit, |row| (row.at, format!("{:x}", row.seq)), AuditEntry::try_from)
    }
}
