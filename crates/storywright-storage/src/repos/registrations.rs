//! Sign-ups under way.

use super::SqliteTx;
use crate::error::failed;
use crate::schema::registrations;
use crate::text::{Conn, from_json, parsed, to_json};
use diesel::prelude::*;
use storywright_domain::person::Registration;
use storywright_domain::ports::{RegistrationRepo, StorageError};
use storywright_domain::{RegistrationId, Timestamp};

const ENTITY: &str = "sign-up";

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = registrations)]
struct Row {
    id: String,
    site: String,
    jira_user: String,
    encrypted_pat: String,
    pat_hint: String,
    expires_at: i64,
    avatar: Option<String>,
    resets_stamp: Option<String>,
}

impl TryFrom<Row> for Registration {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self, StorageError> {
        Ok(Self {
            id: parsed(ENTITY, "id", RegistrationId::parse(&row.id))?,
            site: row.site,
            user: from_json(ENTITY, "jira_user", &row.jira_user)?,
            avatar: row.avatar,
            sealed_pat: row.encrypted_pat,
            pat_hint: row.pat_hint,
            resets: row.resets_stamp,
            expires_at: Timestamp(row.expires_at),
        })
    }
}

/// Removes those that had ended before `now`.
pub fn remove_ended(conn: &mut Conn, now: Timestamp) -> Result<usize, StorageError> {
    diesel::delete(registrations::table.filter(registrations::expires_at.lt(now.0)))
        .execute(conn)
        .map_err(failed(ENTITY))
}

impl RegistrationRepo for SqliteTx<'_> {
    fn insert_registration(&mut self, registration: &Registration, now: Timestamp) -> Result<(), StorageError> {
        remove_ended(self.conn, now)?;
        let row = Row {
            id: registration.id.to_string(),
            site: registration.site.clone(),
            jira_user: to_json(ENTITY, &registration.user)?,
            encrypted_pat: registration.sealed_pat.clone(),
            pat_hint: registration.pat_hint.clone(),
            expires_at: registration.expires_at.0,
            avatar: registration.avatar.clone(),
            resets_stamp: registration.resets.clone(),
        };
        diesel::insert_into(registrations::table).values(row).execute(self.conn).map(drop).map_err(failed(ENTITY))
    }

    fn registration(&mut self, id: RegistrationId, now: Timestamp) -> Result<Option<Registration>, StorageError> {
        registrations::table
            .find(id.to_string())
            .filter(registrations::expires_at.ge(now.0))
            .select(Row::as_select())
            .first(self.conn)
            .optional()
            .map_err(failed(ENTITY))?
            .map(Registration::try_from)
            .transpose()
    }

    fn delete_registration(&mut self, id: RegistrationId) -> Result<bool, StorageError> {
        diesel::delete(registrations::table.find(id.to_string()))
            .execute(self.conn)
            .map(|removed| removed > 0)
            .map_err(failed(ENTITY))
    }
}
