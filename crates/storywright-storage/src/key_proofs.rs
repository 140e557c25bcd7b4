//! What tells whether a keyring belongs to this database. No port: only the program's start and its doctor ask.

use crate::error::failed;
use crate::schema::{key_proofs, users};
use crate::store::{OpenError, SqliteStorage, look};
use crate::text::{Conn, parsed};
use diesel::prelude::*;
use std::path::Path;
use storywright_domain::ports::StorageError;
use storywright_domain::{Timestamp, UserId};

const ENTITY: &str = "key proof";

/// How many stored credentials are looked at when there is no proof yet.
const CREDENTIALS: i64 = 20;

/// What a keyring has to open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyProofs {
    /// A sealed text for each key that sealed here, by key id.
    pub sealed: Vec<(String, String)>,
    /// The newest sealed Jira tokens with whose they are, for databases from before there were proofs.
    pub credentials: Vec<(UserId, String)>,
}

impl SqliteStorage {
    /// What a keyring has to open to be the one of this database.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn key_proofs(&self) -> Result<KeyProofs, StorageError> {
        self.reading(read)
    }

    /// The same of a database that may be in use, or of an older version, without changing anything.
    ///
    /// # Errors
    /// [`OpenError`] when it cannot be opened, [`StorageError`] in words when it cannot be read.
    pub fn inspect_key_proofs(path: impl AsRef<Path>) -> Result<Result<KeyProofs, StorageError>, OpenError> {
        Ok(read(&mut look(path.as_ref())?))
    }

    /// Keeps the proof of one more key.
    ///
    /// # Errors
    /// [`StorageError`]; that of a key which has one stays as it is.
    pub fn add_key_proof(&self, key_id: &str, sealed: &str, at: Timestamp) -> Result<(), StorageError> {
        self.writing(|conn| insert(conn, key_id, sealed, at))
    }

    /// Takes this key for the one of the database, whatever sealed here before.
    ///
    /// # Errors
    /// [`StorageError`]; nothing is changed then.
    pub fn replace_key_proofs(&self, key_id: &str, sealed: &str, at: Timestamp) -> Result<(), StorageError> {
        self.writing(|conn| {
            diesel::delete(key_proofs::table).execute(conn).map_err(failed(ENTITY))?;
            insert(conn, key_id, sealed, at)
        })
    }
}

fn insert(conn: &mut Conn, key_id: &str, sealed: &str, at: Timestamp) -> Result<(), StorageError> {
    let row = (key_proofs::key_id.eq(key_id), key_proofs::sealed.eq(sealed), key_proofs::created_at.eq(at.0));
    diesel::insert_into(key_proofs::table).values(row).execute(conn).map(drop).map_err(failed(ENTITY))
}

fn read(conn: &mut Conn) -> Result<KeyProofs, StorageError> {
    let has_table: i64 = diesel::select(diesel::dsl::sql::<diesel::sql_types::BigInt>(
        "(SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'key_proofs')",
    ))
    .get_result(conn)
    .map_err(failed(ENTITY))?;
    let sealed = if has_table == 0 {
        Vec::new()
    } else {
        key_proofs::table
            .select((key_proofs::key_id, key_proofs::sealed))
            .order(key_proofs::created_at)
            .load(conn)
            .map_err(failed(ENTITY))?
    };
    let rows: Vec<(String, Option<String>)> = users::table
        .filter(users::encrypted_jira_pat.is_not_null())
        .select((users::id, users::encrypted_jira_pat))
        .order(users::created_at.desc())
        .limit(CREDENTIALS)
        .load(conn)
        .map_err(failed(ENTITY))?;
    let credentials = rows
        .into_iter()
        .filter_map(|(id, sealed)| sealed.map(|sealed| Ok((parsed(ENTITY, "id", UserId::parse(&id))?, sealed))))
        .collect::<Result<_, StorageError>>()?;
    Ok(KeyProofs { sealed, credentials })
}
