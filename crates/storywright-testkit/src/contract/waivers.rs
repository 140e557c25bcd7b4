//! Waivers of findings.

use super::{Promise, promises};
use crate::build::{self, NOW, signed_up};
use storywright_domain::draft::Draft;
use storywright_domain::ports::{Storage, StorageError, StorageExt};
use storywright_domain::waiver::Waiver;
use storywright_domain::{Millis, UserId};

pub const ALL: &[Promise<dyn Storage>] = promises![
    waivers_come_back_the_newest_first,
    a_waiver_again_replaces_the_first,
    waivers_of_others_are_out_of_reach,
];

fn kept(storage: &dyn Storage, person: u128) -> Draft {
    let person = signed_up(storage, person);
    build::kept_draft(storage, person.id, 70 + person.id.0)
}

fn waiver(draft: &Draft, number: u8) -> Waiver {
    Waiver {
        draft: draft.id,
        user: draft.user,
        fingerprint: format!("{number:064x}"),
        code: "vague_word".to_owned(),
        place: "stories.0.summary".to_owned(),
        reason: format!("Reason {number}"),
        at: NOW + Millis::minutes(i64::from(number)),
    }
}

fn waivers_come_back_the_newest_first(storage: &dyn Storage) {
    let draft = kept(storage, 1);
    assert_eq!(storage.read(|tx| tx.waivers(draft.user, draft.id)), Ok(Vec::new()));
    for number in [2, 1, 3] {
        storage.write(|tx| tx.save_waiver(&waiver(&draft, number))).unwrap();
    }
    let expected: Vec<Waiver> = [3, 2, 1].map(|number| waiver(&draft, number)).into();
    assert_eq!(storage.read(|tx| tx.waivers(draft.user, draft.id)), Ok(expected));
    let fingerprint = waiver(&draft, 2).fingerprint;
    assert_eq!(storage.write(|tx| tx.delete_waiver(draft.user, draft.id, &fingerprint)), Ok(true));
    assert_eq!(storage.write(|tx| tx.delete_waiver(draft.user, draft.id, &fingerprint)), Ok(false));
    assert_eq!(storage.read(|tx| tx.waivers(draft.user, draft.id)).unwrap().len(), 2);
}

fn a_waiver_again_replaces_the_first(storage: &dyn Storage) {
    let draft = kept(storage, 1);
    let again = Waiver { reason: "Better".to_owned(), ..waiver(&draft, 1) };
    for one in [&waiver(&draft, 1), &again] {
        storage.write(|tx| tx.save_waiver(one)).unwrap();
    }
    assert_eq!(storage.read(|tx| tx.waivers(draft.user, draft.id)), Ok(vec![again]));
}

fn waivers_of_others_are_out_of_reach(storage: &dyn Storage) {
    let (draft, other) = (kept(storage, 1), signed_up(storage, 2).id);
    storage.write(|tx| tx.save_waiver(&waiver(&draft, 1))).unwrap();
    assert_eq!(storage.read(|tx| tx.waivers(other, draft.id)), Ok(Vec::new()));
    let fingerprint = waiver(&draft, 1).fingerprint;
    assert_eq!(storage.write(|tx| tx.delete_waiver(other, draft.id, &fingerprint)), Ok(false));
    let foreign = Waiver { user: UserId(other.0), ..waiver(&draft, 2) };
    let outcome = storage.write(|tx| tx.save_waiver(&foreign));
    assert!(matches!(outcome, Err(StorageError::Corrupt { .. })), "{outcome:?}");
    assert_eq!(storage.read(|tx| tx.waivers(draft.user, draft.id)).unwrap().len(), 1);
}
