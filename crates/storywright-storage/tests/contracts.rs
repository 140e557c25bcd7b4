//! SQLite keeps the promises of the ports.
#![expect(clippy::unwrap_used, reason = "test support")]

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

#[test]
fn sqlite_keeps_the_promises_of_a_storage() {
    let databases = Databases::new();
    storage_contract(|| databases.fresh());
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
