//! Judgements of stories by a model.

use super::{Promise, promises};
use crate::build::{self, NOW, signed_up};
use storywright_domain::draft::Draft;
use storywright_domain::judged::YesNo;
use storywright_domain::judgement::{Judgement, Verdict};
use storywright_domain::ports::{Storage, StorageError, StorageExt};
use storywright_domain::{JobId, UserId};

pub const ALL: &[Promise<dyn Storage>] = promises![
    judgements_come_back_by_story_and_rule,
    a_judgement_again_replaces_the_first,
    judgements_of_others_are_out_of_reach,
];

fn kept(storage: &dyn Storage, person: u128) -> Draft {
    let person = signed_up(storage, person);
    build::kept_draft(storage, person.id, 70 + person.id.0)
}

fn judgement(draft: &Draft, story: &str, rule: &str, verdict: Verdict) -> Judgement {
    Judgement {
        draft: draft.id,
        user: draft.user,
        version: 7,
        story: story.to_owned(),
        rule: rule.to_owned(),
        fingerprint: "0f".repeat(32),
        verdict,
        job: JobId(5),
        service: "company".to_owned(),
        model: "model-1".to_owned(),
        at: NOW,
    }
}

fn judgements_come_back_by_story_and_rule(storage: &dyn Storage) {
    let draft = kept(storage, 1);
    assert_eq!(storage.read(|tx| tx.judgements(draft.user, draft.id)), Ok(Vec::new()));
    let quote = || "ähnlich <b>\n".to_owned();
    let expected = vec![
        judgement(&draft, "s1", "a", Verdict::Answered { answer: YesNo::Yes, quote: quote() }),
        judgement(&draft, "s1", "b", Verdict::NotQuoted { answer: YesNo::No, quote: quote() }),
        judgement(&draft, "s2", "a", Verdict::NotJudged { problem: "llm_length: cut".to_owned() }),
    ];
    for one in expected.iter().rev() {
        storage.write(|tx| tx.save_judgement(one)).unwrap();
    }
    assert_eq!(storage.read(|tx| tx.judgements(draft.user, draft.id)), Ok(expected));
    let delete = || storage.write(|tx| tx.delete_judgement(draft.user, draft.id, "s1", "b"));
    assert_eq!((delete(), delete()), (Ok(true), Ok(false)));
    assert_eq!(storage.read(|tx| tx.judgements(draft.user, draft.id)).unwrap().len(), 2);
}

fn a_judgement_again_replaces_the_first(storage: &dyn Storage) {
    let draft = kept(storage, 1);
    let first = judgement(&draft, "s1", "a", Verdict::NotJudged { problem: "llm_length: cut".to_owned() });
    let again =
        Judgement { version: 8, verdict: Verdict::Answered { answer: YesNo::No, quote: "x".into() }, ..first.clone() };
    for one in [&first, &again] {
        storage.write(|tx| tx.save_judgement(one)).unwrap();
    }
    assert_eq!(storage.read(|tx| tx.judgements(draft.user, draft.id)), Ok(vec![again]));
}

fn judgements_of_others_are_out_of_reach(storage: &dyn Storage) {
    let (draft, other) = (kept(storage, 1), signed_up(storage, 2).id);
    let own = judgement(&draft, "s1", "a", Verdict::Answered { answer: YesNo::Yes, quote: "x".into() });
    storage.write(|tx| tx.save_judgement(&own)).unwrap();
    assert_eq!(storage.read(|tx| tx.judgements(other, draft.id)), Ok(Vec::new()));
    assert_eq!(storage.write(|tx| tx.delete_judgement(other, draft.id, "s1", "a")), Ok(false));
    let foreign = Judgement { user: UserId(other.0), story: "s2".to_owned(), ..own.clone() };
    let outcome = storage.write(|tx| tx.save_judgement(&foreign));
    assert!(matches!(outcome, Err(StorageError::Corrupt { .. })), "{outcome:?}");
    assert_eq!(storage.read(|tx| tx.judgements(draft.user, draft.id)), Ok(vec![own]));
}
