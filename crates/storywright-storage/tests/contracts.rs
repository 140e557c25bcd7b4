//! SQLite keeps the promises of the ports.
#![expect(clippy::unwrap_used, reason = "test support")]

use diesel::connection::{Instrumentation, InstrumentationEvent};
use diesel::prelude::*;
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use storywright_storage::{SqliteOptions, SqliteStorage};
use storywright_testkit::{EventFixture, QueueFixture, event_log_contract, job_queue_contract, storage_contract};
use tempfile::TempDir;

/// Gives a fresh database at each call.
struct Databases {
    folder: TempDir,
    made: AtomicU32,
}

impl Databases {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), made: AtomicU32::new(0) }
    }

    fn fresh(&self) -> SqliteStorage {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        SqliteStorage::open(self.folder.path().join(format!("{number}.db")), SqliteOptions::default()).unwrap()
    }
}

/// Every statement of this process, without its values.
static STATEMENTS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
/// Those that are prepared once per connection.
static PREPARED_ONCE: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

fn note_statements() -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(|event: InstrumentationEvent<'_>| match event {
        InstrumentationEvent::StartQuery { query, .. } => {
            let text = query.to_string();
            let statement = text.split(" -- binds").next().unwrap_or_default().to_owned();
            STATEMENTS.lock().unwrap().insert(statement);
        }
        InstrumentationEvent::CacheQuery { sql, .. } => {
            PREPARED_ONCE.lock().unwrap().insert(sql.to_owned());
        }
        _ => {}
    }))
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = diesel::sql_types::Text)]
    detail: String,
}

/// Shared by all and few, so that reading them all is right.
const READ_WHOLE: &str = "SCAN rule_sets";

fn slow_steps(conn: &mut SqliteConnection, statement: &str) -> Vec<String> {
    let steps: Vec<Step> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load(conn).unwrap();
    let slow = |detail: &String| {
        let scans = detail.starts_with("SCAN ") && !detail.contains(" USING ") && detail != "SCAN CONSTANT ROW";
        (scans && detail != READ_WHOLE) || detail.contains("TEMP B-TREE") || detail.contains("AUTOMATIC")
    };
    steps.into_iter().map(|step| step.detail).filter(slow).collect()
}

#[test]
fn sqlite_keeps_the_promises_of_a_storage_by_its_indexes() {
    diesel::connection::set_default_instrumentation(note_statements).unwrap();
    let databases = Databases::new();
    storage_contract(|| databases.fresh());

    let path = databases.folder.path().join("0.db");
    let mut conn = SqliteConnection::establish(&path.to_string_lossy()).unwrap();
    let statements: Vec<String> = std::mem::take(&mut *STATEMENTS.lock().unwrap()).into_iter().collect();
    let asks = |statement: &&String| {
        ["SELECT", "UPDATE", "DELETE"].iter().any(|verb| statement.starts_with(verb))
            && !["sqlite_master", "pragma_", "__diesel"].iter().any(|other| statement.contains(other))
    };
    let asked: Vec<&String> = statements.iter().filter(asks).collect();
    assert!(asked.len() > 60, "{} statements were noted", asked.len());
    let slow: Vec<String> = asked
        .iter()
        .filter_map(|statement| {
            let steps = slow_steps(&mut conn, statement);
            (!steps.is_empty()).then(|| format!("{steps:?}\n    {statement}"))
        })
        .collect();
    assert!(slow.is_empty(), "not served by an index:\n{}", slow.join("\n"));
    let prepared_once = PREPARED_ONCE.lock().unwrap();
    // The time is an expression of its own; a search has as many conditions as words.
    let exempt = |it: &str| it == "SELECT 1" || it.contains("unixepoch") || it.contains("LIKE");
    let each_time: Vec<&&String> = asked
        .iter()
        .filter(|it| it.starts_with("SELECT") && !prepared_once.contains(it.as_str()) && !exempt(it))
        .collect();
    assert!(each_time.is_empty(), "prepared each time: {each_time:#?}");
    // The check sees what it is to see.
    assert!(!slow_steps(&mut conn, "SELECT * FROM drafts WHERE title = ?").is_empty());
    assert!(!slow_steps(&mut conn, "SELECT * FROM drafts WHERE user_id = ? ORDER BY title").is_empty());
}

#[test]
fn sqlite_keeps_the_promises_of_a_job_queue() {
    let databases = Databases::new();
    job_queue_contract(|| {
        let storage = databases.fresh();
        QueueFixture::new(storage.clone(), storage)
    });
}

#[test]
fn sqlite_keeps_the_promises_of_an_event_log() {
    let databases = Databases::new();
    event_log_contract(|| {
        let storage = databases.fresh();
        let log = storage.job_log().unwrap();
        EventFixture::new(storage, log)
    });
}
