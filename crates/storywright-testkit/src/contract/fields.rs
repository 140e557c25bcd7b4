//! What is remembered of create screens.

use super::{Promise, promises};
use crate::build::{NOW, signed_up};
use std::collections::BTreeMap;
use storywright_domain::ports::{Storage, StorageError, StorageExt};
use storywright_domain::preflight::{Lesson, ScreenPlace};
use storywright_domain::story::FieldValue;
use storywright_domain::{Millis, UserId};

pub const ALL: &[Promise<dyn Storage>] = promises![
    defaults_are_kept_per_person_and_screen,
    defaults_are_replaced_as_a_whole,
    every_shape_of_value_comes_back,
    defaults_need_their_person,
    a_lesson_keeps_the_time_at_which_it_was_seen_first,
    lessons_are_kept_per_screen_and_forgotten,
];

fn place(site: &str, project: &str, issue_type: &str) -> ScreenPlace {
    ScreenPlace { site: site.to_owned(), project: project.to_owned(), issue_type: issue_type.to_owned() }
}

fn values(field: &str, text: &str) -> BTreeMap<String, FieldValue> {
    BTreeMap::from([(field.to_owned(), FieldValue::Text(text.to_owned()))])
}

fn defaults(storage: &dyn Storage, user: UserId, place: &ScreenPlace) -> BTreeMap<String, FieldValue> {
    storage.read(|tx| tx.field_defaults(user, place)).unwrap()
}

fn keep(storage: &dyn Storage, user: UserId, place: &ScreenPlace, values: &BTreeMap<String, FieldValue>) {
    storage.write(|tx| tx.set_field_defaults(user, place, values, NOW)).unwrap();
}

fn defaults_are_kept_per_person_and_screen(storage: &dyn Storage) {
    let (one, other) = (signed_up(storage, 1).id, signed_up(storage, 2).id);
    let here = place("jira", "PAY", "10001");
    keep(storage, one, &here, &values("customfield_1", "mine"));
    assert_eq!(defaults(storage, one, &here), values("customfield_1", "mine"));
    assert!(defaults(storage, other, &here).is_empty(), "somebody else's");
    for elsewhere in [place("other", "PAY", "10001"), place("jira", "OPS", "10001"), place("jira", "PAY", "10002")] {
        assert!(defaults(storage, one, &elsewhere).is_empty(), "{elsewhere:?}");
    }
    keep(storage, other, &here, &values("customfield_1", "theirs"));
    assert_eq!(defaults(storage, one, &here), values("customfield_1", "mine"));
}

fn defaults_are_replaced_as_a_whole(storage: &dyn Storage) {
    let user = signed_up(storage, 1).id;
    let here = place("jira", "PAY", "10001");
    keep(storage, user, &here, &values("a", "1"));
    keep(storage, user, &here, &values("b", "2"));
    assert_eq!(defaults(storage, user, &here), values("b", "2"));
    keep(storage, user, &here, &BTreeMap::new());
    assert!(defaults(storage, user, &here).is_empty());
}

fn every_shape_of_value_comes_back(storage: &dyn Storage) {
    let user = signed_up(storage, 1).id;
    let here = place("jira", "PAY", "10001");
    let text = |text: &str| text.to_owned();
    let shapes = [
        FieldValue::Text(text("“quoted”\nline")),
        FieldValue::Number(2.5),
        FieldValue::Date(text("2026-01-31")),
        FieldValue::Option(text("10300")),
        FieldValue::Cascading(text("1"), Some(text("2"))),
        FieldValue::Cascading(text("1"), None),
        FieldValue::Options(vec![text("1"), text("2")]),
        FieldValue::User(text("E10234")),
        FieldValue::Texts(vec![text("é")]),
        FieldValue::Issue(text("PAY-1")),
    ];
    let all: BTreeMap<String, FieldValue> =
        shapes.into_iter().enumerate().map(|(number, value)| (format!("customfield_{number}"), value)).collect();
    keep(storage, user, &here, &all);
    assert_eq!(defaults(storage, user, &here), all);
}

fn defaults_need_their_person(storage: &dyn Storage) {
    let here = place("jira", "PAY", "10001");
    let outcome: Result<(), StorageError> =
        storage.write(|tx| tx.set_field_defaults(UserId(404), &here, &values("a", "1"), NOW));
    assert!(outcome.is_err());
}

fn a_lesson_keeps_the_time_at_which_it_was_seen_first(storage: &dyn Storage) {
    let here = place("jira", "OPS", "10001");
    let later = NOW + Millis(5_000);
    let learn = |lesson, message: &str, at| {
        storage.write(|tx| tx.learn_field(&here, "customfield_1", lesson, message, at)).unwrap();
    };
    learn(Lesson::Required, "Plan is required.", NOW);
    learn(Lesson::OffScreen, "Il n'est pas sur l'écran.", later);
    let learned = storage.read(|tx| tx.learned_fields(&here)).unwrap();
    assert_eq!(learned.len(), 1);
    assert_eq!((learned[0].field.as_str(), learned[0].lesson), ("customfield_1", Lesson::OffScreen));
    assert_eq!(learned[0].message, "Il n'est pas sur l'écran.");
    assert_eq!((learned[0].first_seen, learned[0].last_seen), (NOW, later));
}

fn lessons_are_kept_per_screen_and_forgotten(storage: &dyn Storage) {
    let here = place("jira", "OPS", "10001");
    for (place, field) in [(&here, "b"), (&here, "a"), (&place("jira", "OPS", "10002"), "c")] {
        storage.write(|tx| tx.learn_field(place, field, Lesson::Required, "x", NOW)).unwrap();
    }
    let fields = || -> Vec<String> {
        let learned = storage.read(|tx| tx.learned_fields(&here)).unwrap();
        learned.into_iter().map(|learned| learned.field).collect()
    };
    assert_eq!(fields(), ["a", "b"]);
    storage.write(|tx| tx.forget_field(&here, "a")).unwrap();
    storage.write(|tx| tx.forget_field(&here, "unknown")).unwrap();
    assert_eq!(fields(), ["b"]);
}
