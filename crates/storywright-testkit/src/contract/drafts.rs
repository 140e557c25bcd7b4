//! Drafts and their versions.

use super::{Promise, promises};
use crate::build::{self, NOW, draft, kept_draft, signed_up, version};
use std::collections::BTreeMap;
use storywright_domain::draft::{Draft, DraftState, DraftVersion, Origin, Requirements};
use storywright_domain::jira::ProjectKey;
use storywright_domain::ports::{Saved, Storage, StorageError, StorageExt};
use storywright_domain::prompt::PromptOrigin;
use storywright_domain::story::{Document, FieldValue, Scenario, Section, Story, StoryFormat};
use storywright_domain::{DraftId, JobId, Millis, RunId, Timestamp, UserId};

pub const ALL: &[Promise<dyn Storage>] = promises![
    a_draft_comes_back_as_it_was,
    every_state_and_format_comes_back,
    every_field_of_a_document_comes_back,
    a_change_needs_the_expected_version,
    a_change_replaces_everything_but_the_beginning,
    drafts_of_others_are_out_of_reach,
    a_draft_of_a_stranger_is_refused,
    a_draft_is_added_once,
    drafts_are_listed_last_changed_first_without_the_bin,
    pages_follow_each_other_without_gap_or_repetition,
    a_page_goes_on_where_it_was_though_drafts_come_and_change,
    a_cursor_that_is_not_ours_begins_at_the_beginning,
    words_are_found_in_titles_and_requirements_in_any_case,
    wildcards_are_ordinary_characters,
    versions_come_back_newest_first,
    versions_have_pages,
    a_version_is_kept_once_and_can_be_removed,
    versions_of_others_are_out_of_reach,
    large_requirements_come_back,
];

fn after(millis: i64) -> Timestamp {
    NOW + Millis(millis)
}

fn keep(storage: &dyn Storage, draft: &Draft) {
    storage.write(|tx| tx.insert_draft(draft)).unwrap();
}

fn ids(storage: &dyn Storage, user: UserId, words: Option<&str>) -> Vec<u128> {
    storage.read(|tx| tx.drafts(user, words, None, 200)).unwrap().items.iter().map(|draft| draft.id.0).collect()
}

fn a_draft_comes_back_as_it_was(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let kept = Draft {
        title: "Zoë’s “draft”\t🙂".to_owned(),
        prompt: "Be brief\n'; DROP TABLE drafts; --".to_owned(),
        prompt_from: Some(build::prompt_origin()),
        project: ProjectKey::parse("PAY_2").unwrap(),
        issue_type: "10002".to_owned(),
        issue_type_name: "Récit".to_owned(),
        rule_set: "payments".to_owned(),
        version: u32::MAX,
        deleted_at: Some(after(9)),
        updated_at: after(5),
        ..draft(person.id, u128::MAX)
    };
    keep(storage, &kept);
    assert_eq!(storage.read(|tx| tx.draft(person.id, kept.id)), Ok(Some(kept)));
    assert_eq!(storage.read(|tx| tx.draft(person.id, DraftId(1))), Ok(None));
}

fn every_state_and_format_comes_back(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let states = [
        DraftState::Editing,
        DraftState::Writing { job: JobId(7) },
        DraftState::Publishing { run: RunId(8) },
        DraftState::Published { run: RunId(8) },
    ];
    let mut number = 0;
    for state in states {
        for format in StoryFormat::ALL {
            number += 1;
            let kept = Draft { state, format, ..draft(person.id, number) };
            keep(storage, &kept);
            assert_eq!(storage.read(|tx| tx.draft(person.id, kept.id)), Ok(Some(kept)));
        }
    }
    let listed = storage.read(|tx| tx.drafts(person.id, None, None, 200)).unwrap().items;
    assert_eq!(listed.iter().filter(|draft| draft.state == states[1]).count(), 3);
}

fn every_field_of_a_document_comes_back(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let fields = [
        FieldValue::Text("a \"b\" \\ \u{1} \u{2028}".to_owned()),
        FieldValue::Number(0.1 + 0.2),
        FieldValue::Date("2026-02-28".to_owned()),
        FieldValue::Option("10010".to_owned()),
        FieldValue::Cascading("1".to_owned(), None),
        FieldValue::Cascading("1".to_owned(), Some("2".to_owned())),
        FieldValue::Options(vec!["1".to_owned(), "2".to_owned()]),
        FieldValue::User("emp1".to_owned()),
        FieldValue::Texts(Vec::new()),
        FieldValue::Issue("PAY-1".to_owned()),
    ];
    let custom_fields: BTreeMap<String, FieldValue> =
        fields.into_iter().enumerate().map(|(index, value)| (format!("customfield_{index}"), value)).collect();
    let story = Story {
        scenarios: vec![Scenario { title: "T".to_owned(), given: vec!["g".to_owned()], ..Scenario::default() }],
        sections: vec![Section { heading: "H".to_owned(), text: "# t".to_owned() }],
        story_points: Some(0.5),
        labels: vec!["a-b".to_owned()],
        components: vec!["API".to_owned()],
        priority: Some("High".to_owned()),
        epic: Some("PAY-9".to_owned()),
        custom_fields,
        ..build::story("All of it")
    };
    let document = Document::of_stories(vec![story, Story::default()]).with_references();
    let kept = Draft { document, ..draft(person.id, 1) };
    keep(storage, &kept);
    assert_eq!(storage.read(|tx| tx.draft(person.id, kept.id)), Ok(Some(kept)));
}

fn a_change_needs_the_expected_version(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let first = kept_draft(storage, person.id, 1);
    let second = Draft { version: 2, title: "second".to_owned(), ..first.clone() };
    let late = Draft { version: 2, title: "late".to_owned(), ..first.clone() };
    assert_eq!(storage.write(|tx| tx.update_draft(&second, 1)), Ok(Saved::Stored));
    assert_eq!(storage.write(|tx| tx.update_draft(&late, 1)), Ok(Saved::Conflict));
    assert_eq!(storage.read(|tx| tx.draft(person.id, first.id)), Ok(Some(second)));
    assert_eq!(storage.write(|tx| tx.update_draft(&draft(person.id, 2), 1)), Ok(Saved::Conflict));
}

fn a_change_replaces_everything_but_the_beginning(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let first = kept_draft(storage, person.id, 1);
    let changed = Draft {
        title: "Other".to_owned(),
        requirements: Requirements::parse("Something else").unwrap(),
        format: StoryFormat::Bdd,
        prompt: "p".to_owned(),
        prompt_from: Some(PromptOrigin { changed: true, ..build::prompt_origin() }),
        project: ProjectKey::parse("OPS").unwrap(),
        issue_type: "3".to_owned(),
        issue_type_name: "Task".to_owned(),
        rule_set: "ops".to_owned(),
        state: DraftState::Writing { job: JobId(1) },
        version: 2,
        document: Document::default(),
        deleted_at: Some(after(1)),
        updated_at: after(2),
        ..first.clone()
    };
    let given = Draft { created_at: after(99), ..changed.clone() };
    assert_eq!(storage.write(|tx| tx.update_draft(&given, 1)), Ok(Saved::Stored));
    assert_eq!(storage.read(|tx| tx.draft(person.id, first.id)), Ok(Some(changed)));
}

fn drafts_of_others_are_out_of_reach(storage: &dyn Storage) {
    let (person, other) = (signed_up(storage, 1), signed_up(storage, 2));
    let kept = kept_draft(storage, person.id, 1);
    assert_eq!(storage.read(|tx| tx.draft(other.id, kept.id)), Ok(None));
    assert_eq!(ids(storage, other.id, None), Vec::<u128>::new());
    assert_eq!(ids(storage, other.id, Some("refund")), Vec::<u128>::new());
    let stolen = Draft { user: other.id, version: 2, ..kept.clone() };
    assert_eq!(storage.write(|tx| tx.update_draft(&stolen, 1)), Ok(Saved::Conflict));
    assert_eq!(storage.read(|tx| tx.draft(person.id, kept.id)), Ok(Some(kept)));
}

fn a_draft_of_a_stranger_is_refused(storage: &dyn Storage) {
    let outcome = storage.write(|tx| tx.insert_draft(&draft(UserId(9), 1)));
    assert!(matches!(outcome, Err(StorageError::Corrupt { .. })), "{outcome:?}");
}

fn a_draft_is_added_once(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let kept = kept_draft(storage, person.id, 1);
    let outcome = storage.write(|tx| tx.insert_draft(&Draft { title: "again".to_owned(), ..kept.clone() }));
    assert!(matches!(outcome, Err(StorageError::Corrupt { .. })), "{outcome:?}");
    assert_eq!(storage.read(|tx| tx.draft(person.id, kept.id)), Ok(Some(kept)));
}

fn drafts_are_listed_last_changed_first_without_the_bin(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    for (number, changed) in [(1, 5), (2, 9), (3, 9), (4, 1)] {
        keep(storage, &Draft { updated_at: after(changed), ..draft(person.id, number) });
    }
    keep(storage, &Draft { deleted_at: Some(NOW), ..draft(person.id, 5) });
    let listed = storage.read(|tx| tx.drafts(person.id, None, None, 200)).unwrap();
    assert_eq!(listed.next, None);
    assert_eq!(listed.items.iter().map(|draft| draft.id.0).collect::<Vec<_>>(), [3, 2, 1, 4]);
    let first = &listed.items[0];
    let expected = draft(person.id, 3);
    assert_eq!((&first.title, first.version, first.updated_at), (&expected.title, 1, after(9)));
    assert_eq!((first.project.as_str(), first.issue_type_name.as_str()), ("PAY", "Story"));
}

fn pages_follow_each_other_without_gap_or_repetition(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    // Many have the same time, so that the tie-breaker is needed.
    for number in 1..=23_u128 {
        let updated_at = after(i64::try_from(number / 7).unwrap());
        keep(storage, &Draft { updated_at, ..draft(person.id, number) });
    }
    for (size, words) in [(1, None), (5, None), (22, None), (23, None), (24, None), (5, Some("refund"))] {
        let (mut seen, mut cursor, mut pages) = (Vec::new(), None, 0);
        loop {
            pages += 1;
            let page = storage.read(|tx| tx.drafts(person.id, words, cursor.as_deref(), size)).unwrap();
            assert!(page.items.len() <= size as usize);
            seen.extend(page.items.iter().map(|draft| draft.id.0));
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, (1..=23).rev().collect::<Vec<u128>>(), "pages of {size}");
        assert_eq!(pages, 23_u32.div_ceil(size), "the last page says that it is the last");
    }
}

fn a_page_goes_on_where_it_was_though_drafts_come_and_change(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    for number in 1..=6_u128 {
        keep(storage, &Draft { updated_at: after(i64::try_from(number).unwrap()), ..draft(person.id, number) });
    }
    let first = storage.read(|tx| tx.drafts(person.id, None, None, 2)).unwrap();
    assert_eq!(first.items.iter().map(|draft| draft.id.0).collect::<Vec<_>>(), [6, 5]);
    // A new one and a changed one go to the front; the one that the cursor stands on goes to the bin.
    keep(storage, &Draft { updated_at: after(50), ..draft(person.id, 7) });
    let moved = Draft { updated_at: after(51), version: 2, ..draft(person.id, 2) };
    let binned = Draft { updated_at: after(52), version: 2, deleted_at: Some(NOW), ..draft(person.id, 5) };
    storage
        .write::<_, StorageError>(|tx| Ok((tx.update_draft(&moved, 1)?, tx.update_draft(&binned, 1)?)))
        .map(|saved| assert_eq!(saved, (Saved::Stored, Saved::Stored)))
        .unwrap();
    let rest = storage.read(|tx| tx.drafts(person.id, None, first.next.as_deref(), 10)).unwrap();
    assert_eq!(rest.items.iter().map(|draft| draft.id.0).collect::<Vec<_>>(), [4, 3, 1]);
}

fn a_cursor_that_is_not_ours_begins_at_the_beginning(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    kept_draft(storage, person.id, 1);
    for cursor in ["", ".", "/", "nonsense", "' OR 1=1 --", "99999999999999999999999.0"] {
        let page = storage.read(|tx| tx.drafts(person.id, None, Some(cursor), 10)).unwrap();
        assert_eq!(page.items.len(), 1, "{cursor}");
    }
}

fn words_are_found_in_titles_and_requirements_in_any_case(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let with = |number: u128, title: &str, requirements: &str| {
        let requirements = Requirements::parse(requirements).unwrap();
        keep(storage, &Draft { title: title.to_owned(), requirements, ..draft(person.id, number) });
    };
    with(1, "Refunds", "Customers of Öresund get their money back");
    with(2, "Money", "Refund within a day");
    with(3, "Search", "Find things");
    assert_eq!(ids(storage, person.id, Some("REFUND money")), [2, 1]);
    assert_eq!(ids(storage, person.id, Some("öRESUND")), [1]);
    assert_eq!(ids(storage, person.id, Some("  ")), [3, 2, 1]);
    assert_eq!(ids(storage, person.id, Some("refund nothing")), Vec::<u128>::new());
    let renamed = Draft { title: "Chargebacks".to_owned(), version: 2, ..draft(person.id, 3) };
    assert_eq!(storage.write(|tx| tx.update_draft(&renamed, 1)), Ok(Saved::Stored));
    assert_eq!(ids(storage, person.id, Some("chargeback")), [3]);
}

fn wildcards_are_ordinary_characters(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    keep(storage, &Draft { title: "50% off".to_owned(), ..draft(person.id, 1) });
    keep(storage, &Draft { title: r"snake_case \d".to_owned(), ..draft(person.id, 2) });
    assert_eq!(ids(storage, person.id, Some("%")), [1]);
    assert_eq!(ids(storage, person.id, Some("_")), [2]);
    assert_eq!(ids(storage, person.id, Some(r"\d")), [2]);
    assert_eq!(ids(storage, person.id, Some("'")), Vec::<u128>::new());
}

fn versions_come_back_newest_first(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let kept = kept_draft(storage, person.id, 1);
    let versions: Vec<DraftVersion> = (1..=4_u32)
        .zip(Origin::ALL)
        .map(|(number, origin)| DraftVersion { number, origin, note: format!("note {number}"), ..version(&kept) })
        .collect();
    for version in &versions {
        storage.write(|tx| tx.insert_version(person.id, version)).unwrap();
    }
    let listed = storage.read(|tx| tx.versions(person.id, kept.id, None, 10)).unwrap();
    assert_eq!(listed.next, None);
    assert!(listed.items.iter().eq(versions.iter().rev()), "{:?}", listed.items);
    assert_eq!(storage.read(|tx| tx.version(person.id, kept.id, 2)), Ok(Some(versions[1].clone())));
    assert_eq!(storage.read(|tx| tx.version(person.id, kept.id, 9)), Ok(None));
}

fn versions_have_pages(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let kept = kept_draft(storage, person.id, 1);
    for number in 1..=5 {
        storage.write(|tx| tx.insert_version(person.id, &DraftVersion { number, ..version(&kept) })).unwrap();
    }
    let first = storage.read(|tx| tx.versions(person.id, kept.id, None, 3)).unwrap();
    let second = storage.read(|tx| tx.versions(person.id, kept.id, first.next.as_deref(), 3)).unwrap();
    let numbers: Vec<u32> = first.items.iter().chain(&second.items).map(|version| version.number).collect();
    assert_eq!(numbers, [5, 4, 3, 2, 1]);
    assert_eq!(second.next, None);
}

fn a_version_is_kept_once_and_can_be_removed(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let kept = kept_draft(storage, person.id, 1);
    let one = version(&kept);
    storage.write(|tx| tx.insert_version(person.id, &one)).unwrap();
    let again = storage.write(|tx| tx.insert_version(person.id, &one));
    assert!(matches!(again, Err(StorageError::Corrupt { .. })), "{again:?}");
    storage.write(|tx| tx.delete_version(person.id, kept.id, 1)).unwrap();
    assert_eq!(storage.read(|tx| tx.version(person.id, kept.id, 1)), Ok(None));
}

fn versions_of_others_are_out_of_reach(storage: &dyn Storage) {
    let (person, other) = (signed_up(storage, 1), signed_up(storage, 2));
    let kept = kept_draft(storage, person.id, 1);
    let one = version(&kept);
    let foreign = storage.write(|tx| tx.insert_version(other.id, &one));
    assert!(matches!(foreign, Err(StorageError::Corrupt { .. })), "{foreign:?}");
    storage.write(|tx| tx.insert_version(person.id, &one)).unwrap();
    assert_eq!(storage.read(|tx| tx.version(other.id, kept.id, 1)), Ok(None));
    assert_eq!(storage.read(|tx| tx.versions(other.id, kept.id, None, 10)).unwrap().items, []);
    storage.write(|tx| tx.delete_version(other.id, kept.id, 1)).unwrap();
    assert_eq!(storage.read(|tx| tx.version(person.id, kept.id, 1)), Ok(Some(one)));
}

fn large_requirements_come_back(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let text = "é".repeat(Requirements::MAX_BYTES / 2);
    let kept = Draft { requirements: Requirements::parse(&text).unwrap(), ..draft(person.id, 1) };
    keep(storage, &kept);
    assert_eq!(storage.read(|tx| tx.draft(person.id, kept.id)), Ok(Some(kept)));
}
