//! Connections. The one to Jira stands in `users`, because nobody is here without one; the others have tables of their own.

use super::SqliteTx;
use crate::error::{corrupt, failed};
use crate::schema::{confluence_configs, llm_configs, users};
use crate::text::{from_json, parsed, to_json};
use diesel::prelude::*;
use storywright_domain::integration::{Health, Integration, IntegrationKind};
use storywright_domain::ports::{IntegrationRepo, StorageError};
use storywright_domain::{Timestamp, UserId};

const ENTITY: &str = "connection";

/// The columns of `users` that hold the Jira connection, apart from `jira_site`.
#[derive(Insertable)]
#[diesel(table_name = users)]
pub struct JiraColumns {
    encrypted_jira_pat: Option<String>,
    jira_pat_hint: String,
    jira_health: String,
    jira_updated_at: i64,
    jira_tls: String,
}

impl TryFrom<&Integration> for JiraColumns {
    type Error = StorageError;

    fn try_from(integration: &Integration) -> Result<Self, StorageError> {
        Ok(Self {
            encrypted_jira_pat: Some(integration.sealed_credential.clone()),
            jira_pat_hint: integration.credential_hint.clone(),
            jira_health: to_json(ENTITY, &integration.health)?,
            jira_updated_at: integration.updated_at.0,
            jira_tls: to_json(ENTITY, &integration.tls)?,
        })
    }
}

/// What all three kinds have in common.
#[derive(Queryable)]
struct Row {
    user_id: String,
    target: String,
    sealed_credential: String,
    credential_hint: String,
    tls: String,
    health: String,
    updated_at: i64,
}

impl Row {
    fn read(self, kind: IntegrationKind) -> Result<Integration, StorageError> {
        Ok(Integration {
            user: parsed(ENTITY, "user_id", UserId::parse(&self.user_id))?,
            kind,
            target: self.target,
            sealed_credential: self.sealed_credential,
            credential_hint: self.credential_hint,
            tls: from_json(ENTITY, "tls", &self.tls)?,
            health: from_json::<Health>(ENTITY, "health", &self.health)?,
            updated_at: Timestamp(self.updated_at),
        })
    }
}

macro_rules! config_table {
    ($module:ident, $table:ident) => {
        mod $module {
            use super::*;

            pub fn read(tx: &mut SqliteTx<'_>, user: &str) -> QueryResult<Option<Row>> {
                $table::table
                    .find(user)
                    .select((
                        $table::user_id,
                        $table::target,
                        $table::encrypted_credential,
                        $table::credential_hint,
                        $table::tls,
                        $table::health,
                        $table::updated_at,
                    ))
                    .first(tx.conn)
                    .optional()
            }

            pub fn save(tx: &mut SqliteTx<'_>, row: &Row) -> QueryResult<usize> {
                let values = (
                    $table::target.eq(&row.target),
                    $table::encrypted_credential.eq(&row.sealed_credential),
                    $table::credential_hint.eq(&row.credential_hint),
                    $table::tls.eq(&row.tls),
                    $table::health.eq(&row.health),
                    $table::updated_at.eq(row.updated_at),
                );
                let changed = diesel::update($table::table.find(&row.user_id)).set(values.clone()).execute(tx.conn)?;
                if changed > 0 {
                    return Ok(changed);
                }
                diesel::insert_into($table::table).values(($table::user_id.eq(&row.user_id), values)).execute(tx.conn)
            }

            pub fn delete(tx: &mut SqliteTx<'_>, user: &str) -> QueryResult<usize> {
                diesel::delete($table::table.find(user)).execute(tx.conn)
            }
        }
    };
}

config_table!(llm, llm_configs);
config_table!(confluence, confluence_configs);

fn read_jira(tx: &mut SqliteTx<'_>, user: &str) -> QueryResult<Option<Row>> {
    users::table
        .find(user)
        .filter(users::encrypted_jira_pat.is_not_null())
        .select((
            users::id,
            users::jira_site,
            users::encrypted_jira_pat.assume_not_null(),
            users::jira_pat_hint,
            users::jira_tls,
            users::jira_health,
            users::jira_updated_at,
        ))
        .first(tx.conn)
        .optional()
}

fn save_jira(tx: &mut SqliteTx<'_>, row: &Row) -> Result<(), StorageError> {
    let changed = diesel::update(users::table.find(&row.user_id))
        .set((
            users::jira_site.eq(&row.target),
            users::encrypted_jira_pat.eq(&row.sealed_credential),
            users::jira_pat_hint.eq(&row.credential_hint),
            users::jira_tls.eq(&row.tls),
            users::jira_health.eq(&row.health),
            users::jira_updated_at.eq(row.updated_at),
        ))
        .execute(tx.conn)
        .map_err(failed(ENTITY))?;
    if changed == 0 { Err(corrupt(ENTITY, "its person is gone")) } else { Ok(()) }
}

impl IntegrationRepo for SqliteTx<'_> {
    fn integration(&mut self, user: UserId, kind: IntegrationKind) -> Result<Option<Integration>, StorageError> {
        let id = user.to_string();
        let row = match kind {
            IntegrationKind::Jira => read_jira(self, &id),
            IntegrationKind::Confluence => confluence::read(self, &id),
            IntegrationKind::Llm => llm::read(self, &id),
        };
        row.map_err(failed(ENTITY))?.map(|row| row.read(kind)).transpose()
    }

    fn save_integration(&mut self, integration: &Integration) -> Result<(), StorageError> {
        let row = Row {
            user_id: integration.user.to_string(),
            target: integration.target.clone(),
            sealed_credential: integration.sealed_credential.clone(),
            credential_hint: integration.credential_hint.clone(),
            tls: to_json(ENTITY, &integration.tls)?,
            health: to_json(ENTITY, &integration.health)?,
            updated_at: integration.updated_at.0,
        };
        match integration.kind {
            IntegrationKind::Jira => save_jira(self, &row),
            IntegrationKind::Confluence => confluence::save(self, &row).map(drop).map_err(failed(ENTITY)),
            IntegrationKind::Llm => llm::save(self, &row).map(drop).map_err(failed(ENTITY)),
        }
    }

    fn delete_integration(&mut self, user: UserId, kind: IntegrationKind) -> Result<(), StorageError> {
        let id = user.to_string();
        match kind {
            IntegrationKind::Jira => diesel::update(users::table.find(&id))
                .set((users::encrypted_jira_pat.eq(None::<String>), users::jira_pat_hint.eq("")))
                .execute(self.conn),
            IntegrationKind::Confluence => confluence::delete(self, &id),
            IntegrationKind::Llm => llm::delete(self, &id),
        }
        .map(drop)
        .map_err(failed(ENTITY))
    }
}
