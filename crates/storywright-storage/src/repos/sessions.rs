//! Browser sessions.

use super::SqliteTx;
use crate::error::failed;
use crate::schema::user_sessions;
use crate::text::{Conn, parsed};
use diesel::prelude::*;
use storywright_domain::person::Session;
use storywright_domain::ports::{Saved, SessionRepo, StorageError};
use storywright_domain::{SessionId, Timestamp, UserId};

const ENTITY: &str = "session";

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = user_sessions)]
struct Row {
    token_hash: String,
    id: String,
    user_id: Option<String>,
    security_stamp: String,
    user_agent: String,
    address: String,
    created_at: i64,
    last_seen_at: i64,
    idle_expires_at: i64,
    expires_at: i64,
    ends_at: i64,
    state: String,
}

impl TryFrom<Row> for Session {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self, StorageError> {
        Ok(Self {
            id: parsed(ENTITY, "id", SessionId::parse(&row.id))?,
            user: row.user_id.map(|user| parsed(ENTITY, "user_id", UserId::parse(&user))).transpose()?,
            token_hash: row.token_hash,
            security_stamp: row.security_stamp,
            state: row.state,
            user_agent: row.user_agent,
            address: row.address,
            created_at: Timestamp(row.created_at),
            last_seen_at: Timestamp(row.last_seen_at),
            idle_expires_at: Timestamp(row.idle_expires_at),
            expires_at: Timestamp(row.expires_at),
        })
    }
}

impl From<&Session> for Row {
    fn from(session: &Session) -> Self {
        Self {
            token_hash: session.token_hash.clone(),
            id: session.id.to_string(),
            user_id: session.user.map(|user| user.to_string()),
            security_stamp: session.security_stamp.clone(),
            user_agent: session.user_agent.clone(),
            address: session.address.clone(),
            created_at: session.created_at.0,
            last_seen_at: session.last_seen_at.0,
            idle_expires_at: session.idle_expires_at.0,
            expires_at: session.expires_at.0,
            ends_at: session.idle_expires_at.min(session.expires_at).0,
            state: session.state.clone(),
        }
    }
}

/// Removes those that had ended before `now`.
pub fn remove_ended(conn: &mut Conn, now: Timestamp) -> Result<usize, StorageError> {
    diesel::delete(user_sessions::table.filter(user_sessions::ends_at.lt(now.0))).execute(conn).map_err(failed(ENTITY))
}

impl SessionRepo for SqliteTx<'_> {
    fn session(&mut self, token_hash: &str, now: Timestamp) -> Result<Option<Session>, StorageError> {
        user_sessions::table
            .find(token_hash)
            .filter(user_sessions::ends_at.ge(now.0))
            .select(Row::as_select())
            .first(self.conn)
            .optional()
            .map_err(failed(ENTITY))?
            .map(Session::try_from)
            .transpose()
    }

    fn insert_session(&mut self, session: &Session) -> Result<(), StorageError> {
        remove_ended(self.conn, session.created_at)?;
        diesel::insert_into(user_sessions::table)
            .values(Row::from(session))
            .execute(self.conn)
            .map(drop)
            .map_err(failed(ENTITY))
    }

    fn update_session(&mut self, session: &Session) -> Result<Saved, StorageError> {
        let row = Row::from(session);
        let changed = diesel::update(user_sessions::table.find(&row.token_hash))
            .set((
                user_sessions::user_id.eq(&row.user_id),
                user_sessions::security_stamp.eq(&row.security_stamp),
                user_sessions::state.eq(&row.state),
                user_sessions::address.eq(&row.address),
                user_sessions::created_at.eq(row.created_at),
                user_sessions::last_seen_at.eq(row.last_seen_at),
                user_sessions::idle_expires_at.eq(row.idle_expires_at),
                user_sessions::expires_at.eq(row.expires_at),
                user_sessions::ends_at.eq(row.ends_at),
            ))
            .execute(self.conn)
            .map_err(failed(ENTITY))?;
        Ok(if changed > 0 { Saved::Stored } else { Saved::Conflict })
    }

    fn delete_session(&mut self, token_hash: &str) -> Result<(), StorageError> {
        diesel::delete(user_sessions::table.find(token_hash)).execute(self.conn).map(drop).map_err(failed(ENTITY))
    }

    fn sessions(&mut self, user: UserId, now: Timestamp) -> Result<Vec<Session>, StorageError> {
        let rows: Vec<Row> = user_sessions::table
            .filter(user_sessions::user_id.eq(user.to_string()))
            .filter(user_sessions::ends_at.ge(now.0))
            .order((user_sessions::last_seen_at.desc(), user_sessions::id.desc()))
            .select(Row::as_select())
            .load(self.conn)
            .map_err(failed(ENTITY))?;
        rows.into_iter().map(Session::try_from).collect()
    }

    fn end_session(&mut self, user: UserId, session: SessionId) -> Result<bool, StorageError> {
        let one = user_sessions::table
            .filter(user_sessions::id.eq(session.to_string()))
            .filter(user_sessions::user_id.eq(user.to_string()));
        diesel::delete(one).execute(self.conn).map(|removed| removed > 0).map_err(failed(ENTITY))
    }

    fn end_other_sessions(&mut self, user: UserId, keep: Option<SessionId>) -> Result<usize, StorageError> {
        // No id is empty, so that nothing is kept when nothing is to be kept.
        let keep = keep.map(|id| id.to_string()).unwrap_or_default();
        let others =
            user_sessions::table.filter(user_sessions::user_id.eq(user.to_string())).filter(user_sessions::id.ne(keep));
        diesel::delete(others).execute(self.conn).map_err(failed(ENTITY))
    }
}
