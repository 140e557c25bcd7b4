//! Opening the database, the readers' pool, the one writer, transactions.

use crate::error::{Trouble, failed, is_damage, met};
use crate::events::JobLog;
use crate::repos::SqliteTx;
use crate::trouble::damaged;
use crate::wakeup::Bell;
use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Error as PoolError, Pool, R2D2Connection as _};
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::collections::HashSet;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use storywright_domain::ports::{Storage, StorageError, StorageExt, Tx, TxEnd, TxMode};
use storywright_domain::{Millis, Timestamp};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// Newest versions of each rule set that are kept.
const RULE_SET_VERSIONS_KEPT: u32 = 50;
/// What finished jobs said and ended tokens are kept this long.
const EVENTS_ARE_KEPT: Millis = Millis::hours(30 * 24);

/// How long a reader waits for a free connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// How the database is used.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// Connections for reading, opened as they are needed. There is one more for writing.
    pub readers: u32,
    /// How long a statement waits for another process.
    pub busy_timeout: Millis,
    /// Whether the file is checked before it is used. Takes about a second per gigabyte.
    pub check: bool,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self { readers: 8, busy_timeout: Millis::seconds(5), check: true }
    }
}

/// Why the database cannot be used. Nothing in the file has been changed unless a migration says so.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be created or opened.
    #[error("the database {path} cannot be opened ({detail}): check that the folder exists and is writable")]
    CannotOpen {
        /// Where it was looked for.
        path: PathBuf,
        /// The system's words.
        detail: String,
    },
    /// The file is no database, or its check failed.
    #[error("the database {path} is damaged ({detail}): restore it from a backup; it was left as it is")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// First lines of the check.
        detail: String,
    },
    /// A newer version of the program has used it.
    #[error(
        "the database {path} was used by a newer version (migration {migration} is not known here): start that version"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The first migration that is not known.
        migration: String,
    },
    /// A migration failed; it was rolled back.
    #[error("the database {path} could not be brought up to date ({detail})")]
    Migration {
        /// The file.
        path: PathBuf,
        /// What failed.
        detail: String,
    },
}

/// How many rows [`SqliteStorage::tidy`] removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tidied {
    /// Rows of what finished jobs said.
    pub events: usize,
    /// Sessions and sign-ups that had ended, and API tokens that ended 30 days before.
    pub expired: usize,
    /// Versions of rule sets behind the newest 50 of each.
    pub rule_set_versions: usize,
}

/// The storage and the job queue on one SQLite file. Cloning shares the same connections.
#[derive(Clone)]
pub struct SqliteStorage {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    path: PathBuf,
    options: SqliteOptions,
    readers: Pool<ConnectionManager<SqliteConnection>>,
    /// The only connection that writes; the lock is the queue of writers. Empty after a panic and after a transaction that could
    /// not be ended, until the next use.
    writer: Mutex<Option<SqliteConnection>>,
    /// What keeps the database from being written to, as far as is known.
    pub(crate) trouble: Mutex<Option<Trouble>>,
    bell: Bell,
}

#[derive(Debug)]
struct Pragmas {
    busy_timeout: Millis,
    read_only: bool,
}

impl Pragmas {
    fn apply(&self, conn: &mut SqliteConnection) -> QueryResult<()> {
        // The timeout comes first: changing the others may have to wait already.
        conn.batch_execute(&format!(
            "PRAGMA busy_timeout = {};
             PRAGMA foreign_keys = ON;
             PRAGMA synchronous = FULL;
             PRAGMA journal_size_limit = 67108864;
             PRAGMA temp_store = MEMORY;
             PRAGMA query_only = {};",
            self.busy_timeout.0.max(0),
            if self.read_only { "ON" } else { "OFF" },
        ))
    }
}

impl CustomizeConnection<SqliteConnection, PoolError> for Pragmas {
    fn on_acquire(&self, conn: &mut SqliteConnection) -> Result<(), PoolError> {
        self.apply(conn).map_err(PoolError::QueryError)
    }
}

impl SqliteStorage {
    /// Opens the database, creating it when it is missing (readable by its owner alone), checks it, and runs the
    /// migrations that it lacks.
    ///
    /// # Errors
    /// [`OpenError`]; a damaged or newer file is left as it is.
    pub fn open(path: impl AsRef<Path>, options: SqliteOptions) -> Result<Self, OpenError> {
        let path = path.as_ref().to_path_buf();
        create_private(&path)?;
        let mut writer = connect(&path, &options)?;
        if options.check {
            quick_check(&path, &mut writer)?;
        }
        // Writes to a file that was not in this mode yet, so it comes after the check.
        writer
            .batch_execute("PRAGMA journal_mode = WAL;")
            .map_err(|error| OpenError::CannotOpen { path: path.clone(), detail: error.to_string() })?;
        migrate(&path, &mut writer)?;
        let manager = ConnectionManager::new(path.to_string_lossy());
        let readers = Pool::builder()
            .max_size(options.readers.max(1))
            .min_idle(Some(1))
            .test_on_check_out(false)
            .connection_timeout(PATIENCE)
            .connection_customizer(Box::new(Pragmas { busy_timeout: options.busy_timeout, read_only: true }))
            .build(manager)
            .map_err(|error| OpenError::CannotOpen { path: path.clone(), detail: error.to_string() })?;
        let shared = Shared {
            path,
            options,
            readers,
            writer: Mutex::new(Some(writer)),
            trouble: Mutex::new(None),
            bell: Bell::new(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Checks a database that may be in use, without changing anything: how many migrations it lacks.
    ///
    /// # Errors
    /// [`OpenError`], as [`SqliteStorage::open`].
    pub fn inspect(path: impl AsRef<Path>) -> Result<usize, OpenError> {
        let path = path.as_ref();
        let mut conn = look(path)?;
        quick_check(path, &mut conn)?;
        let (known, applied) = migrations_of(path, &mut conn)?;
        Ok(known.len().saturating_sub(applied))
    }

    /// The log of what jobs say, on this database. Make one per process and keep it: it owns the thread that writes.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the thread cannot be started.
    pub fn job_log(&self) -> Result<JobLog, StorageError> {
        JobLog::new(self.clone())
    }

    /// Removes what finished jobs said and API tokens that ended more than 30 days before `now`, and sessions and sign-ups that have
    /// ended, and versions of rule sets that are older than the newest 50 of each. In small
    /// transactions, so that other writers are not held up.
    ///
    /// # Errors
    /// [`StorageError`]; what was removed before stays removed.
    pub fn tidy(&self, now: Timestamp) -> Result<Tidied, StorageError> {
        const CHUNK: usize = 500;
        let before = now.0.saturating_sub(EVENTS_ARE_KEPT.0);
        let mut tidied = Tidied::default();
        loop {
            let removed = self.writing(|conn| crate::events::rows::remove_old(conn, before, CHUNK))?;
            tidied.events += removed;
            if removed < CHUNK {
                break;
            }
        }
        tidied.expired = self.writing(|conn| {
            let sessions = crate::repos::sessions::remove_ended(conn, now)?;
            let registrations = crate::repos::registrations::remove_ended(conn, now)?;
            Ok(sessions + registrations + crate::repos::tokens::remove_ended(conn, before)?)
        })?;
        loop {
            let removed = self.write(|tx| tx.prune_rule_set_versions(RULE_SET_VERSIONS_KEPT, 500))?;
            tidied.rule_set_versions += removed;
            if removed < CHUNK {
                break;
            }
        }
        Ok(tidied)
    }

    /// Runs `work` on a connection for reading, in one snapshot.
    pub(crate) fn reading<T>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        self.as_reader(|conn| ended(conn.transaction(|conn| work(conn).map_err(Stopped::Failed))))
    }

    /// Runs `work` as the only writer of this process, in a transaction that begins as a writer.
    pub(crate) fn writing<T>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        self.as_writer(|conn| ended(conn.immediate_transaction(|conn| work(conn).map_err(Stopped::Failed))))
    }

    fn as_reader<T>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let conn = self.shared.readers.get();
        let mut conn =
            conn.map_err(|error| StorageError::Unavailable(format!("no connection for reading: {error}")))?;
        let outcome = work(&mut conn);
        // What a reader cannot do says nothing about writing, but a broken file is broken for both.
        if let Some(damaged @ Trouble::Damaged(_)) = met() {
            self.note(damaged);
        }
        outcome
    }

    pub(crate) fn as_writer<T>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let mut slot = self.shared.writer.lock().unwrap_or_else(PoisonError::into_inner);
        // Nothing is written over what can still be rescued.
        if let Some(Trouble::Damaged(detail)) = self.trouble() {
            return Err(damaged(detail));
        }
        // Taken out for the time of the work: after a panic the connection is gone, and its transaction with it.
        let mut conn = match slot.take() {
            Some(conn) => conn,
            None => connect(&self.shared.path, &self.shared.options)
                .map_err(|error| StorageError::Unavailable(error.to_string()))?,
        };
        let outcome = work(&mut conn);
        // SQLite may have ended the transaction by itself, as it does when the disk is full: such a connection begins none any more.
        if !conn.is_broken() {
            *slot = Some(conn);
        }
        if let Some(trouble) = met() {
            self.note(trouble);
        }
        outcome
    }

    pub(crate) fn bell(&self) -> &Bell {
        &self.shared.bell
    }
}

impl Storage for SqliteStorage {
    fn run(&self, mode: TxMode, work: &mut dyn FnMut(&mut dyn Tx) -> TxEnd) -> Result<(), StorageError> {
        let mut body = |conn: &mut SqliteConnection| match work(&mut SqliteTx { conn }) {
            TxEnd::Commit => Ok(()),
            TxEnd::Rollback => Err(Stopped::RolledBack),
        };
        match mode {
            TxMode::Read => {
                self.as_reader(|conn| ended(conn.transaction(|conn| body(conn)).or_else(Stopped::or_rolled_back)))
            }
            TxMode::Write => self.as_writer(|conn| {
                ended(conn.immediate_transaction(|conn| body(conn)).or_else(Stopped::or_rolled_back))
            }),
        }
    }

    fn ping(&self) -> Result<(), StorageError> {
        self.reading(|conn| {
            let answer: i32 = diesel::select(diesel::dsl::sql::<diesel::sql_types::Integer>("1"))
                .get_result(conn)
                .map_err(failed("database"))?;
            if answer == 1 { Ok(()) } else { Err(StorageError::Unavailable("a wrong answer".to_owned())) }
        })?;
        self.takes_writes()
    }
}

/// Why a transaction was not committed.
enum Stopped {
    RolledBack,
    Failed(StorageError),
}

impl Stopped {
    fn or_rolled_back(self) -> Result<(), Self> {
        match self {
            Self::RolledBack => Ok(()),
            failed @ Self::Failed(_) => Err(failed),
        }
    }
}

impl From<diesel::result::Error> for Stopped {
    fn from(error: diesel::result::Error) -> Self {
        Self::Failed(failed("transaction")(error))
    }
}

fn ended<T>(outcome: Result<T, Stopped>) -> Result<T, StorageError> {
    outcome.map_err(|stopped| match stopped {
        Stopped::Failed(error) => error,
        Stopped::RolledBack => StorageError::Unavailable("the transaction was rolled back".to_owned()),
    })
}

fn create_private(path: &Path) -> Result<(), OpenError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map(drop)
        .map_err(|error| OpenError::CannotOpen { path: path.to_path_buf(), detail: error.to_string() })
}

/// A connection that changes nothing.
pub(crate) fn look(path: &Path) -> Result<SqliteConnection, OpenError> {
    let mut conn = connect(path, &SqliteOptions::default())?;
    conn.batch_execute("PRAGMA query_only = ON;")
        .map_err(|error| OpenError::CannotOpen { path: path.to_path_buf(), detail: error.to_string() })?;
    Ok(conn)
}

fn connect(path: &Path, options: &SqliteOptions) -> Result<SqliteConnection, OpenError> {
    let cannot = |detail: String| {
        let path = path.to_path_buf();
        if is_damage(&detail) { OpenError::Damaged { path, detail } } else { OpenError::CannotOpen { path, detail } }
    };
    let mut conn = SqliteConnection::establish(&path.to_string_lossy()).map_err(|error| cannot(error.to_string()))?;
    Pragmas { busy_timeout: options.busy_timeout, read_only: false }
        .apply(&mut conn)
        .map_err(|error| cannot(error.to_string()))?;
    Ok(conn)
}

#[derive(QueryableByName)]
struct CheckLine {
    #[diesel(sql_type = Text)]
    quick_check: String,
}

#[derive(QueryableByName)]
struct BrokenReferences {
    #[diesel(sql_type = BigInt)]
    broken: i64,
}

fn quick_check(path: &Path, conn: &mut SqliteConnection) -> Result<(), OpenError> {
    let damaged = |detail: String| OpenError::Damaged { path: path.to_path_buf(), detail };
    let lines: Vec<CheckLine> =
        diesel::sql_query("PRAGMA quick_check(5)").load(conn).map_err(|error| damaged(error.to_string()))?;
    let said: Vec<&str> = lines.iter().map(|line| line.quick_check.as_str()).collect();
    if said == ["ok"] { Ok(()) } else { Err(damaged(said.join("; "))) }
}

/// The migrations that this version has, and how many of them the database has; a database with others is refused.
fn migrations_of(path: &Path, conn: &mut SqliteConnection) -> Result<(HashSet<String>, usize), OpenError> {
    let broken = |detail: String| OpenError::Migration { path: path.to_path_buf(), detail };
    let known: HashSet<String> = MigrationSource::<Sqlite>::migrations(&MIGRATIONS)
        .map_err(|error| broken(error.to_string()))?
        .iter()
        .map(|migration| Migration::<Sqlite>::name(migration).version().to_string())
        .collect();
    let applied = conn.applied_migrations().map_err(|error| broken(error.to_string()))?;
    match applied.iter().map(ToString::to_string).find(|version| !known.contains(version)) {
        Some(migration) => Err(OpenError::Newer { path: path.to_path_buf(), migration }),
        None => Ok((known, applied.len())),
    }
}

fn migrate(path: &Path, conn: &mut SqliteConnection) -> Result<(), OpenError> {
    let broken = |detail: String| OpenError::Migration { path: path.to_path_buf(), detail };
    let (known, applied) = migrations_of(path, conn)?;
    if applied == known.len() {
        return Ok(());
    }
    // Rebuilding a table must not delete what refers to it, so references are checked afterwards, all at once; and all at once it is taken
    // back when one of them leads nowhere, so that no later start takes the schema for a good one.
    conn.batch_execute("PRAGMA foreign_keys = OFF;").map_err(|error| broken(error.to_string()))?;
    let migrated = conn.transaction(|conn| {
        conn.run_pending_migrations(MIGRATIONS)?;
        match broken_references(conn)? {
            0 => Ok::<_, Box<dyn std::error::Error + Send + Sync>>(()),
            many => Err(format!("{many} references lead nowhere").into()),
        }
    });
    conn.batch_execute("PRAGMA foreign_keys = ON;").map_err(|error| broken(error.to_string()))?;
    migrated.map_err(|error| broken(error.to_string()))
}

fn broken_references(conn: &mut SqliteConnection) -> QueryResult<i64> {
    let rows: Vec<BrokenReferences> =
        diesel::sql_query("SELECT count(*) AS broken FROM pragma_foreign_key_check").load(conn)?;
    Ok(rows.first().map_or(0, |row| row.broken))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(QueryableByName, Debug, PartialEq)]
    struct Settings {
        #[diesel(sql_type = BigInt)]
        synchronous: i64,
        #[diesel(sql_type = BigInt)]
        foreign_keys: i64,
        #[diesel(sql_type = BigInt)]
        busy_timeout: i64,
        #[diesel(sql_type = BigInt)]
        query_only: i64,
    }

    fn settings(conn: &mut SqliteConnection) -> Result<Settings, StorageError> {
        diesel::sql_query(
            "SELECT synchronous, foreign_keys, timeout AS busy_timeout, query_only
             FROM pragma_synchronous, pragma_foreign_keys, pragma_busy_timeout, pragma_query_only",
        )
        .get_result(conn)
        .map_err(failed("settings"))
    }

    #[test]
    fn a_migration_that_leaves_references_to_nothing_is_refused_at_every_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        drop(SqliteStorage::open(&path, SqliteOptions::default()).unwrap());
        let mut conn = connect(&path, &SqliteOptions::default()).unwrap();
        conn.revert_last_migration(MIGRATIONS).unwrap();
        conn.batch_execute("PRAGMA foreign_keys = OFF;").unwrap();
        let stray = "INSERT INTO api_tokens (id, user_id, name, created_at, expires_at) VALUES ('0123456789abcdef0123456789abcdef', 'nobody', 'n', 0, 1);";
        conn.batch_execute(stray).unwrap();
        drop(conn);
        for _ in 0..2 {
            let refused = SqliteStorage::open(&path, SqliteOptions::default()).map(drop).unwrap_err();
            assert!(
                matches!(&refused, OpenError::Migration { detail, .. } if detail.contains("lead nowhere")),
                "{refused}"
            );
        }
    }

    #[test]
    fn every_connection_is_durable_and_checks_references_and_readers_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let storage = SqliteStorage::open(folder.path().join("a.db"), SqliteOptions::default()).unwrap();
        let expected = |query_only| Settings { synchronous: 2, foreign_keys: 1, busy_timeout: 5_000, query_only };
        assert_eq!(storage.writing(settings), Ok(expected(0)));
        assert_eq!(storage.reading(settings), Ok(expected(1)));
        // After a panic the writer is another connection.
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            storage.writing(|_| -> Result<(), StorageError> { std::panic::resume_unwind(Box::new("stop")) })
        }));
        assert!(panicked.is_err());
        assert_eq!(storage.writing(settings), Ok(expected(0)));
    }
}
