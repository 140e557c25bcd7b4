//! The audit log.

use super::{Promise, promises};
use crate::build::{NOW, audit, signed_up};
use storywright_domain::person::AuditEntry;
use storywright_domain::ports::{Storage, StorageExt};
use storywright_domain::{Millis, UserId};

pub const ALL: &[Promise<dyn Storage>] = promises![
    an_entry_comes_back_as_it_was,
    entries_are_listed_newest_first_in_pages,
    entries_of_others_and_of_nobody_are_out_of_reach,
];

fn keep(storage: &dyn Storage, entry: &AuditEntry) {
    storage.write(|tx| tx.audit(entry)).unwrap();
}

fn entries(storage: &dyn Storage, user: UserId) -> Vec<AuditEntry> {
    storage.read(|tx| tx.audit_entries(user, None, 100)).unwrap().items
}

fn an_entry_comes_back_as_it_was(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let entry = AuditEntry {
        subject: "PAY-12".to_owned(),
        detail: "from 192.0.2.1\n\u{1b}[31m".to_owned(),
        request_id: "abc-12345".to_owned(),
        ..audit(Some(person.id), "issue_created")
    };
    keep(storage, &entry);
    assert_eq!(entries(storage, person.id), [entry]);
}

fn entries_are_listed_newest_first_in_pages(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    // Two at the same time keep their order, as it was written.
    for (action, at) in [("a", 1), ("b", 2), ("c", 2), ("d", 3), ("e", 0)] {
        keep(storage, &AuditEntry { at: NOW + Millis(at), ..audit(Some(person.id), action) });
    }
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = storage.read(|tx| tx.audit_entries(person.id, cursor.as_deref(), 2)).unwrap();
        seen.extend(page.items.into_iter().map(|entry| entry.action));
        match page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    assert_eq!(seen, ["d", "c", "b", "a", "e"]);
}

fn entries_of_others_and_of_nobody_are_out_of_reach(storage: &dyn Storage) {
    let (person, other) = (signed_up(storage, 1), signed_up(storage, 2));
    keep(storage, &audit(Some(person.id), "sign_in"));
    keep(storage, &audit(None, "sign_in_failed"));
    assert_eq!(entries(storage, other.id), []);
    assert_eq!(entries(storage, person.id).len(), 1);
}
