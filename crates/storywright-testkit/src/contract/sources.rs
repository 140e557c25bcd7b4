//! What drafts are written from.

use super::{Promise, promises};
use crate::build::{NOW, kept_draft, signed_up, source};
use storywright_domain::ports::{Saved, Storage, StorageError, StorageExt};
use storywright_domain::source::{Below, SourceEntry, SourceState};
use storywright_domain::suspicion::{Suspicion, SuspicionKind};
use storywright_domain::{DraftId, JobId, Millis, UserId};

pub const ALL: &[Promise<dyn Storage>] = promises![
    a_source_comes_back_as_it_was_kept,
    sources_are_their_persons,
    numbers_are_never_given_again,
    a_removed_source_is_not_listed_and_comes_back,
    texts_of_removed_sources_are_forgotten,
    a_job_gets_its_waiting_sources_in_order,
    what_a_page_has_come_to_is_kept_beside_it,
    a_source_needs_its_draft,
];

fn add(storage: &dyn Storage, user: UserId, draft: DraftId, entry: &SourceEntry, text: &str) {
    storage.write(|tx| tx.insert_source(user, draft, entry, text)).unwrap();
}

fn list(storage: &dyn Storage, user: UserId, draft: DraftId) -> Vec<SourceEntry> {
    storage.read(|tx| tx.sources(user, draft)).unwrap()
}

fn text(storage: &dyn Storage, user: UserId, draft: DraftId, number: u32) -> Option<String> {
    storage.read(|tx| tx.source_text(user, draft, number)).unwrap()
}

fn a_source_comes_back_as_it_was_kept(storage: &dyn Storage) {
    let user = signed_up(storage, 1).id;
    let draft = kept_draft(storage, user, 10).id;
    let full = SourceEntry {
        state: SourceState::Failed { code: "unavailable".to_owned() },
        job: Some(JobId(5)),
        below: Below::All,
        note: "„nobody answered“".to_owned(),
        rereads: 2,
        checked_at: Some(NOW + Millis(1)),
        newer: Some(String::new()),
        suspicions: vec![Suspicion {
            kind: SuspicionKind::Hidden,
            line: 3,
            heading: "Rules".to_owned(),
            words: "ignore “all”".to_owned(),
        }],
        ..source(1)
    };
    add(storage, user, draft, &full, "");
    add(storage, user, draft, &source(2), "# Text\n\nwith “quotes”");
    assert_eq!(list(storage, user, draft), [full.clone(), source(2)]);
    assert_eq!(text(storage, user, draft, 2).as_deref(), Some("# Text\n\nwith “quotes”"));
    let read = SourceEntry { state: SourceState::Read, job: None, newer: None, checked_at: None, ..full };
    assert_eq!(
        storage.write(|tx| tx.update_source(user, draft, &read, Some("now"))),
        Ok::<_, StorageError>(Saved::Stored)
    );
    assert_eq!(storage.read(|tx| tx.source(user, draft, 1)), Ok::<_, StorageError>(Some(read.clone())));
    assert_eq!(text(storage, user, draft, 1).as_deref(), Some("now"));
    let renamed = SourceEntry { title: "Other".to_owned(), ..read };
    assert_eq!(storage.write(|tx| tx.update_source(user, draft, &renamed, None)), Ok::<_, StorageError>(Saved::Stored));
    assert_eq!(text(storage, user, draft, 1).as_deref(), Some("now"), "without a text it keeps what it has");
}

fn sources_are_their_persons(storage: &dyn Storage) {
    let (one, other) = (signed_up(storage, 1).id, signed_up(storage, 2).id);
    let draft = kept_draft(storage, one, 10).id;
    add(storage, one, draft, &source(1), "mine");
    assert!(list(storage, other, draft).is_empty());
    assert_eq!(text(storage, other, draft, 1), None);
    assert_eq!(storage.read(|tx| tx.source(other, draft, 1)), Ok::<_, StorageError>(None));
    let changed = storage.write(|tx| tx.update_source(other, draft, &source(1), Some("theirs")));
    assert_eq!(changed, Ok::<_, StorageError>(Saved::Conflict));
    storage.write(|tx| tx.set_newer_text(other, draft, 1, Some("x"))).unwrap();
    assert_eq!(storage.read(|tx| tx.newer_text(one, draft, 1)), Ok::<_, StorageError>(None));
    assert!(storage.write(|tx| tx.insert_source(other, draft, &source(2), "")).is_err(), "into another's draft");
    assert_eq!(text(storage, one, draft, 1).as_deref(), Some("mine"));
}

fn numbers_are_never_given_again(storage: &dyn Storage) {
    let user = signed_up(storage, 1).id;
    let draft = kept_draft(storage, user, 10).id;
    let next = || storage.read(|tx| tx.next_source_number(user, draft)).unwrap();
    assert_eq!(next(), 1);
    add(storage, user, draft, &source(1), "");
    add(storage, user, draft, &SourceEntry { removed_at: Some(NOW), ..source(7) }, "");
    assert_eq!(next(), 8);
    let twice: Result<(), StorageError> = storage.write(|tx| tx.insert_source(user, draft, &source(7), ""));
    assert!(twice.is_err());
}

fn a_removed_source_is_not_listed_and_comes_back(storage: &dyn Storage) {
    let user = signed_up(storage, 1).id;
    let draft = kept_draft(storage, user, 10).id;
    let removed = SourceEntry { removed_at: Some(NOW), ..source(1) };
    add(storage, user, draft, &source(1), "text");
    let _ = storage.write(|tx| tx.update_source(user, draft, &removed, None)).unwrap();
    assert!(list(storage, user, draft).is_empty());
    assert_eq!(text(storage, user, draft, 1), None);
    assert_eq!(storage.read(|tx| tx.source(user, draft, 1)), Ok::<_, StorageError>(Some(removed)));
    let _ = storage.write(|tx| tx.update_source(user, draft, &source(1), None)).unwrap();
    assert_eq!(text(storage, user, draft, 1).as_deref(), Some("text"));
}

fn texts_of_removed_sources_are_forgotten(storage: &dyn Storage) {
    let user = signed_up(storage, 1).id;
    let draft = kept_draft(storage, user, 10).id;
    for (number, removed_at) in [(1, Some(NOW)), (2, Some(NOW + Millis(10))), (3, None)] {
        add(storage, user, draft, &SourceEntry { removed_at, ..source(number) }, "text");
    }
    storage.write(|tx| tx.forget_removed(user, draft, NOW + Millis(10))).unwrap();
    for (number, expected) in [(1, ""), (2, "text"), (3, "text")] {
        let _ = storage.write(|tx| tx.update_source(user, draft, &source(number), None)).unwrap();
        assert_eq!(text(storage, user, draft, number).as_deref(), Some(expected), "{number}");
    }
}

fn a_job_gets_its_waiting_sources_in_order(storage: &dyn Storage) {
    let user = signed_up(storage, 1).id;
    let draft = kept_draft(storage, user, 10).id;
    let waiting = |number, job| SourceEntry { state: SourceState::Waiting, job: Some(JobId(job)), ..source(number) };
    add(storage, user, draft, &SourceEntry { job: Some(JobId(1)), ..source(1) }, "");
    add(storage, user, draft, &waiting(4, 1), "");
    add(storage, user, draft, &waiting(3, 1), "");
    add(storage, user, draft, &waiting(2, 2), "");
    add(storage, user, draft, &SourceEntry { removed_at: Some(NOW), ..waiting(5, 3) }, "");
    let next = |job| {
        let found = storage.read(|tx| tx.next_waiting(user, draft, JobId(job))).unwrap();
        found.map(|entry| entry.number)
    };
    assert_eq!((next(1), next(2), next(3)), (Some(3), Some(2), None));
}

fn what_a_page_has_come_to_is_kept_beside_it(storage: &dyn Storage) {
    let user = signed_up(storage, 1).id;
    let draft = kept_draft(storage, user, 10).id;
    add(storage, user, draft, &source(1), "then");
    storage.write(|tx| tx.set_newer_text(user, draft, 1, Some("now"))).unwrap();
    let newer = || storage.read(|tx| tx.newer_text(user, draft, 1)).unwrap();
    assert_eq!((newer().as_deref(), text(storage, user, draft, 1).as_deref()), (Some("now"), Some("then")));
    storage.write(|tx| tx.set_newer_text(user, draft, 1, None)).unwrap();
    assert_eq!(newer(), None);
}

fn a_source_needs_its_draft(storage: &dyn Storage) {
    let user = signed_up(storage, 1).id;
    let outcome: Result<(), StorageError> = storage.write(|tx| tx.insert_source(user, DraftId(404), &source(1), ""));
    assert!(outcome.is_err());
}
