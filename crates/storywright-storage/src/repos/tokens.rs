//! API tokens.

use super::SqliteTx;
use crate::error::failed;
use crate::schema::api_tokens;
use crate::text::{parsed, time};
use diesel::prelude::*;
use storywright_domain::person::ApiToken;
use storywright_domain::ports::{StorageError, TokenRepo};
use storywright_domain::{Timestamp, TokenId, UserId};

const ENTITY: &str = "API token";

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = api_tokens)]
struct Row {
    id: String,
    user_id: String,
    name: String,
    created_at: i64,
    expires_at: i64,
    last_used_at: Option<i64>,
    revoked_at: Option<i64>,
}

impl TryFrom<Row> for ApiToken {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self, StorageError> {
        Ok(Self {
            id: parsed(ENTITY, "id", TokenId::parse(&row.id))?,
            user: parsed(ENTITY, "user_id", UserId::parse(&row.user_id))?,
            name: row.name,
            created_at: Timestamp(row.created_at),
            expires_at: Timestamp(row.expires_at),
            last_used_at: time(row.last_used_at),
            revoked_at: time(row.revoked_at),
        })
    }
}

#[diesel::dsl::auto_type]
fn of(user: String, token: String) -> _ {
    let id: String = token;
    let owner: String = user;
    api_tokens::table.filter(api_tokens::id.eq(id)).filter(api_tokens::user_id.eq(owner))
}

/// Removes tokens that ended or were revoked before a point in time: by then nobody looks for them in a list or a log.
pub fn remove_ended(conn: &mut SqliteConnection, before: i64) -> Result<usize, StorageError> {
    let ended = api_tokens::expires_at.lt(before).or(api_tokens::revoked_at.lt(before).assume_not_null());
    diesel::delete(api_tokens::table.filter(ended)).execute(conn).map_err(failed(ENTITY))
}

impl TokenRepo for SqliteTx<'_> {
    fn insert_token(&mut self, token: &ApiToken) -> Result<(), StorageError> {
        let row = Row {
            id: token.id.to_string(),
            user_id: token.user.to_string(),
            name: token.name.clone(),
            created_at: token.created_at.0,
            expires_at: token.expires_at.0,
            last_used_at: token.last_used_at.map(|at| at.0),
            revoked_at: token.revoked_at.map(|at| at.0),
        };
        diesel::insert_into(api_tokens::table).values(row).execute(self.conn).map(drop).map_err(failed(ENTITY))
    }

    fn token(&mut self, user: UserId, token: TokenId) -> Result<Option<ApiToken>, StorageError> {
        of(user.to_string(), token.to_string())
            .select(Row::as_select())
            .first(self.conn)
            .optional()
            .map_err(failed(ENTITY))?
            .map(ApiToken::try_from)
            .transpose()
    }

    fn tokens(&mut self, user: UserId, now: Timestamp) -> Result<Vec<ApiToken>, StorageError> {
        let rows: Vec<Row> = api_tokens::table
            .filter(api_tokens::user_id.eq(user.to_string()))
            .filter(api_tokens::expires_at.ge(now.0))
            .order((api_tokens::created_at.desc(), api_tokens::id.desc()))
            .select(Row::as_select())
            .load(self.conn)
            .map_err(failed(ENTITY))?;
        rows.into_iter().map(ApiToken::try_from).collect()
    }

    fn touch_token(&mut self, user: UserId, token: TokenId, at: Timestamp) -> Result<(), StorageError> {
        diesel::update(of(user.to_string(), token.to_string()))
            .set(api_tokens::last_used_at.eq(at.0))
            .execute(self.conn)
            .map(drop)
            .map_err(failed(ENTITY))
    }

    fn revoke_token(&mut self, user: UserId, token: TokenId, at: Timestamp) -> Result<bool, StorageError> {
        diesel::update(of(user.to_string(), token.to_string()).filter(api_tokens::revoked_at.is_null()))
            .set(api_tokens::revoked_at.eq(at.0))
            .execute(self.conn)
            .map(|changed| changed > 0)
            .map_err(failed(ENTITY))
    }
}
