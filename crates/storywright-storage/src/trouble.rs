//! A full disk and a broken file: noted where they are met, told by the readiness of the server. A disk may take writes again, and that is
//! found out by writing; a broken file stays broken until it is restored.

use crate::error::{Trouble, failed};
use crate::schema::write_probe;
use crate::store::SqliteStorage;
use diesel::prelude::*;
use std::sync::PoisonError;
use storywright_domain::ports::StorageError;

/// What is written to find out whether the disk takes writes again: more than the room that a full disk may still have in the file.
const PROBE_BYTES: usize = 64 * 1024;

impl SqliteStorage {
    /// What keeps the database from being written to, as far as is known.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        self.shared.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn note(&self, trouble: Trouble) {
        let mut known = self.shared.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*known, Some(Trouble::Damaged(_))) {
            if known.as_ref() != Some(&trouble) {
                log::error!(trouble = format!("{trouble:?}").as_str(); "the database cannot be written to");
            }
            *known = Some(trouble);
        }
    }

    /// Writes as much as an ordinary write and removes it again.
    fn probe(&self) -> Result<(), StorageError> {
        let remove = |conn: &mut SqliteConnection| {
            diesel::delete(write_probe::table).execute(conn).map(drop).map_err(failed("write probe"))
        };
        self.writing(|conn| {
            // What a probe left behind that was cut off.
            remove(conn)?;
            let row = (write_probe::id.eq(1), write_probe::filler.eq("0".repeat(PROBE_BYTES)));
            diesel::insert_into(write_probe::table).values(row).execute(conn).map(drop).map_err(failed("write probe"))
        })?;
        self.writing(remove)
    }

    /// What keeps a probe from being written. SQLite ends a transaction by itself when the disk is full, and the error that comes out is only
    /// that there is none to roll back.
    fn why(&self, error: StorageError) -> StorageError {
        match self.trouble() {
            Some(Trouble::CannotWrite(detail)) => StorageError::Unavailable(detail),
            Some(Trouble::Damaged(detail)) => damaged(detail),
            None => error,
        }
    }

    /// Whether the database takes writes; after one that it did not take, whether it does again.
    pub(crate) fn takes_writes(&self) -> Result<(), StorageError> {
        match self.trouble() {
            None => Ok(()),
            Some(Trouble::Damaged(detail)) => Err(damaged(detail)),
            Some(Trouble::CannotWrite(_)) => {
                if let Err(error) = self.probe() {
                    return Err(self.why(error));
                }
                let mut known = self.shared.trouble.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(Trouble::CannotWrite(detail)) = known.as_ref() {
                    log::info!(detail = detail.as_str(); "the database can be written to again");
                    *known = None;
                }
                Ok(())
            }
        }
    }
}

pub(crate) fn damaged(detail: String) -> StorageError {
    StorageError::Corrupt { entity: "database", detail }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::SqliteOptions;
    use diesel::connection::SimpleConnection as _;
    use diesel::sql_types::BigInt;
    use storywright_domain::UserId;
    use storywright_domain::integration::IntegrationKind;
    use storywright_domain::person::Person;
    use storywright_domain::ports::{Storage as _, StorageExt as _};

    /// Lets the file grow by so many pages and no more; a negative number takes the limit away.
    fn room(storage: &SqliteStorage, pages: i64) {
        let limit =
            format!("PRAGMA max_page_count = {};", if pages < 0 { 1_073_741_823 } else { page_count(storage) + pages });
        storage.as_writer(|conn| conn.batch_execute(&limit).map_err(failed("test"))).unwrap();
    }

    fn page_count(storage: &SqliteStorage) -> i64 {
        #[derive(QueryableByName)]
        struct Pages {
            #[diesel(sql_type = BigInt)]
            page_count: i64,
        }
        let pages: Pages = storage
            .reading(|conn| {
                diesel::sql_query("SELECT page_count FROM pragma_page_count").get_result(conn).map_err(failed("test"))
            })
            .unwrap();
        pages.page_count
    }

    #[test]
    fn while_the_disk_is_full_it_is_not_ready_and_it_comes_back_by_itself() {
        let folder = tempfile::tempdir().unwrap();
        let storage = SqliteStorage::open(folder.path().join("a.db"), SqliteOptions::default()).unwrap();
        assert_eq!(storage.ping(), Ok(()));
        room(&storage, 0);
        assert_eq!(storage.ping(), Ok(()), "nobody has met it yet, and nothing is written without a reason");
        // As use cases write: the error is theirs by the time that the transaction ends.
        let refused = storage.write(|tx| {
            let person = storywright_testkit::build::person(1);
            let jira = storywright_testkit::build::integration(&person, IntegrationKind::Jira);
            let person = Person { preferences: "x".repeat(200_000), ..person };
            tx.insert_person(&person, "hash", &jira).map(drop).map_err(|_| StorageError::Unavailable("mine".to_owned()))
        });
        assert!(refused.is_err());
        for _ in 0..2 {
            let Err(StorageError::Unavailable(reason)) = storage.ping() else { panic!("it is ready") };
            assert!(reason.contains("disk is full"), "{reason}");
        }
        room(&storage, -1);
        assert_eq!(storage.ping(), Ok(()));
        assert_eq!(storage.trouble(), None);
    }

    #[test]
    fn a_file_that_breaks_while_it_is_used_is_written_to_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let storage = SqliteStorage::open(folder.path().join("a.db"), SqliteOptions::default()).unwrap();
        let broken = || {
            let info: Box<String> = Box::new("database disk image is malformed".to_owned());
            diesel::result::Error::DatabaseError(diesel::result::DatabaseErrorKind::Unknown, info)
        };
        let met: Result<(), StorageError> = storage.reading(|_| Err(failed("draft")(broken())));
        assert!(met.is_err());
        for outcome in [storage.ping(), storage.writing(|_| Ok(())), storage.ping()] {
            assert!(matches!(&outcome, Err(StorageError::Corrupt { entity: "database", .. })), "{outcome:?}");
        }
        assert!(storage.read(|tx| tx.person(UserId(1))).is_ok(), "what is there can still be read");
    }
}
