//! Waivers of findings.

use super::{Promise, promises};
use crate::build::{self, NOW, signed_up};
use storywright_domain::draft::Draft;
use storywright_domain::finding::Severity;
use storywright_domain::ports::{Storage, StorageError, StorageExt};
use storywright_domain::waiver::{StandingWaiver, Waiver};
use storywright_domain::{Millis, UserId};

pub const ALL: &[Promise<dyn Storage>] = promises![
    waivers_come_back_the_newest_first,
    a_waiver_again_replaces_the_first,
    waivers_of_others_are_out_of_reach,
    waivers_that_stood_stay_as_they_were,
    waivers_that_stood_in_plans_of_others_are_out_of_reach,
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

fn standing(number: u8, severity: Severity) -> StandingWaiver {
    StandingWaiver {
        fingerprint: format!("{number:064x}"),
        story: format!("s{number}"),
        code: "vague_word".to_owned(),
        place: format!("stories.{number}.summary"),
        severity,
        message: "`fast` is vague.".to_owned(),
        reason: format!("Reason {number}"),
        at: NOW + Millis::minutes(i64::from(number)),
    }
}

fn waivers_that_stood_stay_as_they_were(storage: &dyn Storage) {
    let draft = kept(storage, 1);
    let (plan, other) = ("ab".repeat(32), "cd".repeat(32));
    let stood = [standing(2, Severity::Warning), standing(1, Severity::Error), standing(3, Severity::Info)];
    let keep = |plan: &str, waivers: &[StandingWaiver]| {
        storage.write(|tx| tx.keep_standing_waivers(draft.user, draft.id, plan, waivers)).unwrap();
    };
    let read = |plan: &str| storage.read(|tx| tx.standing_waivers(draft.user, draft.id, plan)).unwrap();
    assert_eq!(read(&plan), []);
    keep(&plan, &stood);
    assert_eq!(read(&plan), stood);
    // A second run of the same plan, and what becomes of the draft's own waivers, change nothing.
    keep(&plan, &stood[..1]);
    storage.write(|tx| tx.save_waiver(&waiver(&draft, 1))).unwrap();
    storage.write(|tx| tx.delete_waiver(draft.user, draft.id, &waiver(&draft, 1).fingerprint)).unwrap();
    assert_eq!(read(&plan), stood);
    keep(&other, &stood[1..]);
    keep(&other, &[]);
    assert_eq!((read(&other), read(&plan)), (stood[1..].to_vec(), stood.to_vec()));
}

fn waivers_that_stood_in_plans_of_others_are_out_of_reach(storage: &dyn Storage) {
    let (draft, other) = (kept(storage, 1), signed_up(storage, 2).id);
    let plan = "ab".repeat(32);
    let stood = [standing(1, Severity::Error)];
    let outcome = storage.write(|tx| tx.keep_standing_waivers(other, draft.id, &plan, &stood));
    assert!(matches!(outcome, Err(StorageError::Corrupt { .. })), "{outcome:?}");
    storage.write(|tx| tx.keep_standing_waivers(draft.user, draft.id, &plan, &stood)).unwrap();
    assert_eq!(storage.read(|tx| tx.standing_waivers(other, draft.id, &plan)), Ok(Vec::new()));
}
