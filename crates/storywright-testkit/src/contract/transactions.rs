//! Transactions: all or nothing, snapshots, one writer at a time, users apart.

use super::{Promise, promises};
use crate::build::{self, kept_draft, signed_up};
use storywright_domain::DraftId;
use storywright_domain::ports::{Saved, Storage, StorageError, StorageExt, TxEnd, TxMode};

pub const ALL: &[Promise<dyn Storage>] = promises![
    a_storage_answers,
    an_error_undoes_everything_and_comes_out_unchanged,
    a_rollback_is_not_an_error,
    a_reader_cannot_write,
    a_transaction_sees_its_own_changes,
    a_reader_keeps_its_snapshot_while_others_write,
    a_panic_undoes_everything_and_leaves_the_storage_usable,
    contended_changes_are_neither_lost_nor_refused,
    readers_work_beside_writers,
];

#[derive(Debug, PartialEq)]
enum Own {
    Mine,
    Storage(StorageError),
}

impl From<StorageError> for Own {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

fn title(storage: &dyn Storage, user: u128, draft: u128) -> String {
    let found = storage.read(|tx| tx.draft(storywright_domain::UserId(user), DraftId(draft))).unwrap();
    found.expect("the draft is there").title
}

fn a_storage_answers(storage: &dyn Storage) {
    assert_eq!(storage.ping(), Ok(()));
}

fn an_error_undoes_everything_and_comes_out_unchanged(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let outcome: Result<(), Own> = storage.write(|tx| {
        tx.insert_draft(&build::draft(person.id, 1))?;
        tx.audit(&build::audit(Some(person.id), "draft_made"))?;
        Err(Own::Mine)
    });
    assert_eq!(outcome, Err(Own::Mine));
    assert_eq!(storage.read(|tx| tx.draft(person.id, DraftId(1))), Ok(None));
    assert_eq!(storage.read(|tx| tx.audit_entries(person.id, None, 10)).unwrap().items, []);
}

fn a_rollback_is_not_an_error(storage: &dyn Storage) {
    assert_eq!(storage.run(TxMode::Write, &mut |_| TxEnd::Rollback), Ok(()));
    assert_eq!(storage.run(TxMode::Read, &mut |_| TxEnd::Rollback), Ok(()));
    assert_eq!(storage.run(TxMode::Read, &mut |_| TxEnd::Commit), Ok(()));
}

fn a_reader_cannot_write(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let outcome = storage.read(|tx| tx.insert_draft(&build::draft(person.id, 1)));
    assert!(matches!(outcome, Err(StorageError::Unavailable(_))), "{outcome:?}");
    assert_eq!(storage.read(|tx| tx.draft(person.id, DraftId(1))), Ok(None));
}

fn a_transaction_sees_its_own_changes(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let found = storage.write(|tx| {
        tx.insert_draft(&build::draft(person.id, 1))?;
        tx.draft(person.id, DraftId(1))
    });
    assert_eq!(found, Ok(Some(build::draft(person.id, 1))));
}

fn a_reader_keeps_its_snapshot_while_others_write(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let draft = kept_draft(storage, person.id, 1);
    let seen = storage.read::<_, StorageError>(|tx| {
        let before = tx.draft(person.id, draft.id)?.map(|draft| draft.version);
        let newer = storywright_domain::draft::Draft { version: 2, ..draft.clone() };
        let changed = std::thread::scope(|scope| {
            scope.spawn(|| storage.write(|tx| tx.update_draft(&newer, 1))).join().expect("the writer ends")
        })?;
        assert_eq!(changed, Saved::Stored);
        Ok((before, tx.draft(person.id, draft.id)?.map(|draft| draft.version)))
    });
    assert_eq!(seen, Ok((Some(1), Some(1))));
    assert_eq!(storage.read(|tx| tx.draft(person.id, draft.id)).unwrap().map(|draft| draft.version), Some(2));
}

fn a_panic_undoes_everything_and_leaves_the_storage_usable(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    for mode in [TxMode::Write, TxMode::Read] {
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            storage.run(mode, &mut |tx| {
                if mode == TxMode::Write {
                    tx.insert_draft(&build::draft(person.id, 1)).unwrap();
                }
                std::panic::resume_unwind(Box::new("stop"));
            })
        }));
        assert!(panicked.is_err());
    }
    assert_eq!(storage.read(|tx| tx.draft(person.id, DraftId(1))), Ok(None));
    kept_draft(storage, person.id, 1);
    assert_eq!(title(storage, 1, 1), "Refund 1");
}

fn contended_changes_are_neither_lost_nor_refused(storage: &dyn Storage) {
    const THREADS: u32 = 8;
    const CHANGES: u32 = 25;
    let person = signed_up(storage, 1);
    let draft = kept_draft(storage, person.id, 1);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..CHANGES {
                    let saved = storage.write::<_, StorageError>(|tx| {
                        let mut found = tx.draft(person.id, draft.id)?.expect("the draft is there");
                        let expected = found.version;
                        found.version += 1;
                        tx.update_draft(&found, expected)
                    });
                    assert_eq!(saved, Ok(Saved::Stored));
                }
            });
        }
    });
    let found = storage.read(|tx| tx.draft(person.id, draft.id)).unwrap();
    assert_eq!(found.map(|found| found.version), Some(1 + THREADS * CHANGES));
}

fn readers_work_beside_writers(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    kept_draft(storage, person.id, 1);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 2..40 {
                kept_draft(storage, person.id, number);
            }
        });
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..40 {
                    let listed = storage.read(|tx| tx.drafts(person.id, None, None, 200)).unwrap();
                    let numbers: Vec<u128> = listed.items.iter().map(|draft| draft.id.0).collect();
                    let expected: Vec<u128> = (1..=numbers.len() as u128).rev().collect();
                    assert_eq!(numbers, expected, "a list has no holes");
                }
            });
        }
    });
    assert_eq!(title(storage, 1, 39), "Refund 39");
}
