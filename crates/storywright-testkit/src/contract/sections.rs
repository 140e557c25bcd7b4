//! Sections of drafts with long requirements.

use super::{Promise, promises};
use crate::build::{self, signed_up};
use storywright_domain::ports::{Storage, StorageExt, Usage};
use storywright_domain::section::{DraftSection, SectionState};
use storywright_domain::story::Story;
use storywright_domain::{DraftId, JobId, UserId};

pub const ALL: &[Promise<dyn Storage>] = promises![
    sections_come_back_in_order_and_a_later_state_replaces_an_earlier_one,
    sections_of_others_are_out_of_reach,
];

fn section(user: UserId, draft: DraftId, ordinal: u32) -> DraftSection {
    DraftSection {
        draft,
        user,
        job: JobId(7),
        ordinal,
        title: "Refunds é\u{1f600}".to_owned(),
        start: 10,
        end: 500_000,
        digest: "ab".repeat(32),
        state: SectionState::Running,
        attempts: 1,
        stories: Vec::new(),
        rewrites: 0,
        problem: String::new(),
        usage: Usage::default(),
    }
}

fn sections_come_back_in_order_and_a_later_state_replaces_an_earlier_one(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let draft = build::draft(person.id, 10);
    storage.write(|tx| tx.insert_draft(&draft)).unwrap();
    let first = section(person.id, draft.id, 1);
    let second = section(person.id, draft.id, 2);
    let done = DraftSection {
        state: SectionState::Done,
        attempts: 2,
        stories: vec![Story { summary: "Approve".to_owned(), ..Story::default() }],
        rewrites: 2,
        problem: "llm_refused: no".to_owned(),
        usage: Usage { input: 5, output: 6 },
        ..first.clone()
    };
    storage
        .write(|tx| {
            tx.put_section(&second)?;
            tx.put_section(&first)?;
            tx.put_section(&done)
        })
        .unwrap();
    assert_eq!(storage.read(|tx| tx.sections(person.id, draft.id)).unwrap(), [done, second]);
    storage.write(|tx| tx.clear_sections(person.id, draft.id)).unwrap();
    assert_eq!(storage.read(|tx| tx.sections(person.id, draft.id)).unwrap(), []);
}

fn sections_of_others_are_out_of_reach(storage: &dyn Storage) {
    let (person, other) = (signed_up(storage, 1), signed_up(storage, 2));
    let draft = build::draft(person.id, 10);
    storage.write(|tx| tx.insert_draft(&draft)).unwrap();
    let kept = section(person.id, draft.id, 1);
    storage.write(|tx| tx.put_section(&kept)).unwrap();
    assert_eq!(storage.read(|tx| tx.sections(other.id, draft.id)).unwrap(), []);
    storage.write(|tx| tx.clear_sections(other.id, draft.id)).unwrap();
    assert_eq!(storage.read(|tx| tx.sections(person.id, draft.id)).unwrap(), [kept]);
}
