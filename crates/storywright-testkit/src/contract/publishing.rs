//! The journal of issue creation.

use super::{Promise, promises};
use crate::build::{NOW, item, kept_draft, run, signed_up};
use storywright_domain::jira::{Difference, Marker};
use storywright_domain::ports::{Inserted, ItemChange, Saved, Storage, StorageError, StorageExt};
use storywright_domain::publishing::{ItemState, PlannedLink, Run, RunEvent, RunItem, RunState};
use storywright_domain::remote::FieldRefusal;
use storywright_domain::story::LinkKind;
use storywright_domain::{DraftId, ItemId, JobId, Millis, RunId, UserId};

pub const ALL: &[Promise<dyn Storage>] = promises![
    a_run_comes_back_with_its_items_in_order,
    an_idempotency_key_makes_one_run_per_person,
    many_at_once_with_one_key_make_one_run,
    a_run_needs_a_draft_of_the_same_person,
    items_of_another_run_are_refused,
    runs_are_listed_newest_first_in_pages,
    intent_counts_an_attempt_and_notes_the_time,
    an_item_changes_only_from_the_expected_state,
    what_is_not_given_stays_and_a_problem_is_replaced,
    every_change_leaves_a_line_in_order,
    two_items_are_never_the_same_issue,
    what_is_created_has_an_id,
    created_items_are_listed_newest_first,
    a_run_ends_and_goes_on,
    a_run_is_handed_to_another_job,
    everything_of_an_item_comes_back,
    a_change_keeps_refusals_differences_and_probes,
    every_state_can_be_kept,
    what_is_in_jira_is_known_by_its_draft,
    the_same_content_is_found_again,
    a_person_has_one_active_run_in_a_project,
    runs_are_swept_when_it_is_time,
    doubles_are_noted_without_a_change_of_state,
    runs_of_others_are_out_of_reach,
];

fn change(from: ItemState, to: ItemState) -> ItemChange {
    ItemChange::plain(from, to, NOW, format!("{} to {}", from.as_str(), to.as_str()))
}

fn created(number: u32) -> ItemChange {
    let jira = Some((format!("1000{number}"), format!("PAY-{number}")));
    ItemChange { jira, at: NOW + Millis(number.into()), ..change(ItemState::Planned, ItemState::Created) }
}

/// A person, their draft, and a run with three items.
fn journal(storage: &dyn Storage, number: u128) -> (Run, Vec<RunItem>) {
    let person = signed_up(storage, number);
    let draft = kept_draft(storage, person.id, number);
    let run = run(&draft, number);
    let items: Vec<RunItem> = (0..3).map(|ordinal| item(&run, ordinal)).collect();
    assert_eq!(storage.write(|tx| tx.insert_run(&run, &items)), Ok(Inserted::New));
    (run, items)
}

fn apply(storage: &dyn Storage, user: UserId, item: ItemId, change: &ItemChange) -> Saved {
    storage.write(|tx| tx.change_item(user, item, 7, change)).unwrap()
}

fn a_run_comes_back_with_its_items_in_order(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let draft = kept_draft(storage, person.id, 1);
    let kept = Run {
        reason: Some("waits".to_owned()),
        state: RunState::Paused,
        marker_mode: "footer".to_owned(),
        ..run(&draft, 1)
    };
    let parent = item(&kept, 0);
    let child = RunItem {
        parent: Some(parent.id),
        payload: r#"{"fields":{"parent":{"key":"@parent"}}}"#.to_owned(),
        problem: Some("“no”".to_owned()),
        ..item(&kept, 1)
    };
    // Given in another order.
    let given = [child.clone(), parent.clone()];
    assert_eq!(storage.write(|tx| tx.insert_run(&kept, &given)), Ok(Inserted::New));
    assert_eq!(storage.read(|tx| tx.run_items(person.id, kept.id)), Ok(vec![parent, child]));
    assert_eq!(storage.read(|tx| tx.run_by_key(person.id, "key-1")), Ok(Some(kept.clone())));
    assert_eq!(storage.read(|tx| tx.run_by_key(person.id, "other")), Ok(None));
    assert_eq!(storage.read(|tx| tx.run(person.id, kept.id)), Ok(Some(kept)));
    assert_eq!(storage.read(|tx| tx.run(person.id, RunId(9))), Ok(None));
}

fn an_idempotency_key_makes_one_run_per_person(storage: &dyn Storage) {
    let (first, _) = journal(storage, 1);
    let again = Run { id: RunId(50), ..first.clone() };
    let outcome = storage.write(|tx| tx.insert_run(&again, &[item(&again, 0)]));
    assert_eq!(outcome, Ok(Inserted::Exists(first.id)));
    assert_eq!(storage.read(|tx| tx.run(first.user, again.id)), Ok(None));
    assert_eq!(storage.read(|tx| tx.run_items(first.user, again.id)), Ok(Vec::new()));
    let other = signed_up(storage, 2);
    let draft = kept_draft(storage, other.id, 2);
    let same_key = Run { idempotency_key: first.idempotency_key, ..run(&draft, 2) };
    assert_eq!(storage.write(|tx| tx.insert_run(&same_key, &[])), Ok(Inserted::New));
}

fn many_at_once_with_one_key_make_one_run(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let draft = kept_draft(storage, person.id, 1);
    let outcomes: Vec<Inserted<RunId>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (1..=50_u128)
            .map(|number| {
                let run = Run { idempotency_key: "same".to_owned(), ..run(&draft, number) };
                scope.spawn(move || storage.write(|tx| tx.insert_run(&run, &[item(&run, 0)])).unwrap())
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Inserted::New).count(), 1, "{outcomes:?}");
    assert_eq!(storage.read(|tx| tx.runs(person.id, None, 50)).unwrap().items.len(), 1);
}

fn a_run_needs_a_draft_of_the_same_person(storage: &dyn Storage) {
    let (person, other) = (signed_up(storage, 1), signed_up(storage, 2));
    let draft = kept_draft(storage, person.id, 1);
    let foreign = Run { user: other.id, ..run(&draft, 1) };
    let outcome = storage.write(|tx| tx.insert_run(&foreign, &[]));
    assert!(matches!(outcome, Err(StorageError::Corrupt { .. })), "{outcome:?}");
}

fn items_of_another_run_are_refused(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let draft = kept_draft(storage, person.id, 1);
    let (one, other) = (run(&draft, 1), run(&draft, 2));
    let outcome = storage.write(|tx| tx.insert_run(&one, &[item(&other, 0)]));
    assert!(matches!(outcome, Err(StorageError::Corrupt { .. })), "{outcome:?}");
}

fn runs_are_listed_newest_first_in_pages(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let draft = kept_draft(storage, person.id, 1);
    for number in 1..=5_u128 {
        let approved_at = NOW + Millis(i64::try_from(number / 2).unwrap());
        let kept = Run { approved_at, ..run(&draft, number) };
        assert_eq!(storage.write(|tx| tx.insert_run(&kept, &[])), Ok(Inserted::New));
    }
    let first = storage.read(|tx| tx.runs(person.id, None, 3)).unwrap();
    let second = storage.read(|tx| tx.runs(person.id, first.next.as_deref(), 3)).unwrap();
    let numbers: Vec<u128> = first.items.iter().chain(&second.items).map(|run| run.id.0).collect();
    assert_eq!(numbers, [5, 4, 3, 2, 1]);
    assert_eq!(second.next, None);
}

fn intent_counts_an_attempt_and_notes_the_time(storage: &dyn Storage) {
    let (run, items) = journal(storage, 1);
    let send = ItemChange { sent_at: Some(NOW + Millis(3)), ..change(ItemState::Planned, ItemState::Sending) };
    assert_eq!(apply(storage, run.user, items[0].id, &send), Saved::Stored);
    let found = storage.read(|tx| tx.run_items(run.user, run.id)).unwrap();
    let sending =
        RunItem { state: ItemState::Sending, attempts: 1, sent_at: Some(NOW + Millis(3)), ..items[0].clone() };
    assert_eq!(found, [sending, items[1].clone(), items[2].clone()]);
}

fn an_item_changes_only_from_the_expected_state(storage: &dyn Storage) {
    let (run, items) = journal(storage, 1);
    let from_sending = change(ItemState::Sending, ItemState::Unknown);
    assert_eq!(apply(storage, run.user, items[0].id, &from_sending), Saved::Conflict);
    assert_eq!(apply(storage, run.user, ItemId(999_999), &from_sending), Saved::Conflict);
    assert_eq!(storage.read(|tx| tx.run_items(run.user, run.id)), Ok(items));
    assert_eq!(storage.read(|tx| tx.run_events(run.user, run.id)), Ok(Vec::new()));
}

fn what_is_not_given_stays_and_a_problem_is_replaced(storage: &dyn Storage) {
    let (run, items) = journal(storage, 1);
    let id = items[0].id;
    let unknown = ItemChange {
        sent_at: Some(NOW),
        jira: Some(("10001".to_owned(), "PAY-1".to_owned())),
        problem: Some("the answer was lost".to_owned()),
        ..change(ItemState::Planned, ItemState::Unknown)
    };
    assert_eq!(apply(storage, run.user, id, &unknown), Saved::Stored);
    assert_eq!(apply(storage, run.user, id, &change(ItemState::Unknown, ItemState::Created)), Saved::Stored);
    let found = storage.read(|tx| tx.run_items(run.user, run.id)).unwrap().remove(0);
    assert_eq!((found.attempts, found.sent_at, found.problem), (1, Some(NOW), None));
    assert_eq!((found.jira_id.as_deref(), found.jira_key.as_deref()), (Some("10001"), Some("PAY-1")));
}

fn every_change_leaves_a_line_in_order(storage: &dyn Storage) {
    let (run, items) = journal(storage, 1);
    let steps = [
        (items[1].id, change(ItemState::Planned, ItemState::Sending)),
        (items[0].id, change(ItemState::Planned, ItemState::Cancelled)),
        (items[1].id, change(ItemState::Sending, ItemState::Rejected)),
    ];
    for (item, step) in &steps {
        assert_eq!(apply(storage, run.user, *item, step), Saved::Stored);
    }
    let expected: Vec<RunEvent> = steps
        .iter()
        .map(|(item, step)| RunEvent {
            item: *item,
            fence: 7,
            from: step.from,
            to: step.to,
            at: step.at,
            detail: step.detail.clone(),
        })
        .collect();
    assert_eq!(storage.read(|tx| tx.run_events(run.user, run.id)), Ok(expected));
}

fn two_items_are_never_the_same_issue(storage: &dyn Storage) {
    let (run, items) = journal(storage, 1);
    assert_eq!(apply(storage, run.user, items[0].id, &created(1)), Saved::Stored);
    let outcome = storage.write(|tx| tx.change_item(run.user, items[1].id, 7, &created(1)));
    assert!(matches!(outcome, Err(StorageError::Corrupt { .. })), "{outcome:?}");
    let found = storage.read(|tx| tx.run_items(run.user, run.id)).unwrap();
    assert_eq!(found[1], items[1]);
}

fn what_is_created_has_an_id(storage: &dyn Storage) {
    let (run, items) = journal(storage, 1);
    let without = change(ItemState::Planned, ItemState::Created);
    let outcome = storage.write(|tx| tx.change_item(run.user, items[0].id, 7, &without));
    assert!(matches!(outcome, Err(StorageError::Corrupt { .. })), "{outcome:?}");
}

fn created_items_are_listed_newest_first(storage: &dyn Storage) {
    let (run, items) = journal(storage, 1);
    let (other_run, other_items) = journal(storage, 2);
    for (index, item) in [2, 0, 1].iter().zip([1, 2, 3]).map(|(item, number)| (number, &items[*item])) {
        assert_eq!(apply(storage, run.user, item.id, &created(index)), Saved::Stored);
    }
    assert_eq!(apply(storage, other_run.user, other_items[0].id, &created(9)), Saved::Stored);
    let newest = |limit| {
        let found = storage.read(|tx| tx.created_items(run.user, limit)).unwrap();
        found.into_iter().map(|item| item.id).collect::<Vec<_>>()
    };
    assert_eq!(newest(10), [items[1].id, items[0].id, items[2].id]);
    assert_eq!(newest(2), [items[1].id, items[0].id]);
}

fn a_run_ends_and_goes_on(storage: &dyn Storage) {
    let (run, _) = journal(storage, 1);
    let at = NOW + Millis(8);
    for (state, reason, finished_at) in [
        (RunState::Paused, Some("token refused"), None),
        (RunState::Active, None, None),
        (RunState::Incomplete, Some("one was rejected"), Some(at)),
        (RunState::Completed, None, Some(at)),
        (RunState::Stopped, None, Some(at)),
    ] {
        storage.write(|tx| tx.set_run_state(run.user, run.id, state, reason, at)).unwrap();
        let expected = Run { state, reason: reason.map(str::to_owned), finished_at, ..run.clone() };
        assert_eq!(storage.read(|tx| tx.run(run.user, run.id)), Ok(Some(expected)));
    }
}

fn a_run_is_handed_to_another_job(storage: &dyn Storage) {
    let (run, _) = journal(storage, 1);
    storage.write(|tx| tx.set_run_job(run.user, run.id, JobId(77))).unwrap();
    let found = storage.read(|tx| tx.run(run.user, run.id)).unwrap();
    assert_eq!(found, Some(Run { job: JobId(77), ..run }));
}

fn everything_of_an_item_comes_back(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let draft = kept_draft(storage, person.id, 1);
    let run = Run { newest_before: Some(41), sweep_at: Some(NOW), sweeps: 1, ..run(&draft, 1) };
    let link = PlannedLink { kind: LinkKind::RelatesTo, to: "s2".to_owned(), reversed: true };
    let whole = RunItem {
        parent_key: Some("PAY-7".to_owned()),
        marker: Marker::Field { id: "customfield_1".to_owned(), value: "aid".to_owned() },
        epic_afterwards: true,
        links: vec![link],
        fields: vec![refusal()],
        differences: vec![difference()],
        duplicates: vec!["PAY-9".to_owned()],
        probes: 2,
        next_probe_at: Some(NOW),
        ..item(&run, 0)
    };
    assert_eq!(storage.write(|tx| tx.insert_run(&run, std::slice::from_ref(&whole))), Ok(Inserted::New));
    assert_eq!(storage.read(|tx| tx.run_items(person.id, run.id)), Ok(vec![whole]));
    assert_eq!(storage.read(|tx| tx.run(person.id, run.id)), Ok(Some(run)));
}

fn refusal() -> FieldRefusal {
    FieldRefusal { field: "customfield_1".to_owned(), message: "“Requestor” is required".to_owned() }
}

fn difference() -> Difference {
    Difference {
        field: "priority".to_owned(),
        name: "Priority".to_owned(),
        sent: "High".to_owned(),
        stored: "Low".to_owned(),
    }
}

fn a_change_keeps_refusals_differences_and_probes(storage: &dyn Storage) {
    let (run, items) = journal(storage, 1);
    let id = items[0].id;
    let read = || storage.read(|tx| tx.run_items(run.user, run.id)).unwrap().remove(0);
    let looked = ItemChange { probes: Some((3, Some(NOW))), ..change(ItemState::Planned, ItemState::Reconciling) };
    assert_eq!(apply(storage, run.user, id, &looked), Saved::Stored);
    assert_eq!((read().probes, read().next_probe_at), (3, Some(NOW)));
    let absent = change(ItemState::Reconciling, ItemState::Absent);
    assert_eq!(apply(storage, run.user, id, &absent), Saved::Stored);
    assert_eq!((read().probes, read().next_probe_at), (3, Some(NOW)), "what is not given stays");
    let send = ItemChange { sent_at: Some(NOW), ..change(ItemState::Absent, ItemState::Sending) };
    assert_eq!(apply(storage, run.user, id, &send), Saved::Stored);
    assert_eq!((read().probes, read().next_probe_at), (0, None), "a new call begins anew");
    let refused = ItemChange {
        fields: vec![refusal()],
        differences: Some(vec![difference()]),
        ..change(ItemState::Sending, ItemState::Rejected)
    };
    assert_eq!(apply(storage, run.user, id, &refused), Saved::Stored);
    assert_eq!((read().fields, read().differences), (vec![refusal()], vec![difference()]));
    assert_eq!(apply(storage, run.user, id, &change(ItemState::Rejected, ItemState::Planned)), Saved::Stored);
    assert_eq!((read().fields, read().differences), (Vec::new(), vec![difference()]));
}

fn every_state_can_be_kept(storage: &dyn Storage) {
    let (run, items) = journal(storage, 1);
    let mut from = ItemState::Planned;
    for to in ItemState::ALL {
        let step = ItemChange { jira: Some(("10001".to_owned(), "PAY-1".to_owned())), ..change(from, to) };
        assert_eq!(apply(storage, run.user, items[0].id, &step), Saved::Stored, "{to:?}");
        assert_eq!(storage.read(|tx| tx.run_items(run.user, run.id)).unwrap()[0].state, to);
        from = to;
    }
    for state in [ItemState::Linked, ItemState::Unlinked] {
        let without = change(ItemState::Planned, state);
        let outcome = storage.write(|tx| tx.change_item(run.user, items[1].id, 7, &without));
        assert!(matches!(outcome, Err(StorageError::Corrupt { .. })), "{outcome:?}");
    }
}

fn what_is_in_jira_is_known_by_its_draft(storage: &dyn Storage) {
    let (first, items) = journal(storage, 1);
    journal(storage, 2);
    let second = Run { id: RunId(50), idempotency_key: "key-50".to_owned(), ..first.clone() };
    let later = item(&second, 0);
    assert_eq!(storage.write(|tx| tx.insert_run(&second, std::slice::from_ref(&later))), Ok(Inserted::New));
    let of_draft = |draft| {
        let found = storage.read(|tx| tx.created_of_draft(first.user, draft)).unwrap();
        found.into_iter().map(|item| item.id).collect::<Vec<_>>()
    };
    assert_eq!(of_draft(first.draft), []);
    assert_eq!(apply(storage, first.user, items[1].id, &created(1)), Saved::Stored);
    assert_eq!(apply(storage, first.user, later.id, &created(2)), Saved::Stored);
    assert_eq!(apply(storage, first.user, later.id, &change(ItemState::Created, ItemState::Linked)), Saved::Stored);
    assert_eq!(of_draft(first.draft).len(), 2);
    assert!(of_draft(first.draft).contains(&items[1].id) && of_draft(first.draft).contains(&later.id));
    assert_eq!(of_draft(DraftId(2)), []);
    assert_eq!(storage.read(|tx| tx.created_of_draft(UserId(2), first.draft)), Ok(Vec::new()));
}

fn the_same_content_is_found_again(storage: &dyn Storage) {
    let (run, items) = journal(storage, 1);
    journal(storage, 2);
    let contents = [items[0].content_sha256.clone(), items[1].content_sha256.clone()];
    let found = |user: UserId, project: &str, contents: &[String], since: i64| {
        let since = NOW + Millis(since);
        let found = storage.read(|tx| tx.items_with_content(user, "jira", project, contents, since)).unwrap();
        found.into_iter().map(|item| item.id).collect::<Vec<_>>()
    };
    assert_eq!(apply(storage, run.user, items[0].id, &created(5)), Saved::Stored);
    assert_eq!(apply(storage, run.user, items[1].id, &change(ItemState::Planned, ItemState::Rejected)), Saved::Stored);
    assert_eq!(found(run.user, "PAY", &contents, 0), [items[0].id], "what was refused is not there");
    assert_eq!(found(run.user, "PAY", &contents, 6), []);
    assert_eq!(found(run.user, "OPS", &contents, 0), []);
    assert_eq!(found(run.user, "PAY", &contents[1..], 0), []);
    assert_eq!(found(run.user, "PAY", &[], 0), []);
}

fn a_person_has_one_active_run_in_a_project(storage: &dyn Storage) {
    let (run, _) = journal(storage, 1);
    let active = |user: UserId, site: &str, project: &str| {
        storage.read(|tx| tx.active_run(user, site, project)).unwrap().map(|run| run.id)
    };
    assert_eq!(active(run.user, "jira", "PAY"), Some(run.id));
    assert_eq!(active(run.user, "lab", "PAY"), None);
    assert_eq!(active(run.user, "jira", "OPS"), None);
    assert_eq!(active(UserId(9), "jira", "PAY"), None);
    storage.write(|tx| tx.set_run_state(run.user, run.id, RunState::Paused, Some("x"), NOW)).unwrap();
    assert_eq!(active(run.user, "jira", "PAY"), None);
}

fn runs_are_swept_when_it_is_time(storage: &dyn Storage) {
    let (one, _) = journal(storage, 1);
    let (other, _) = journal(storage, 2);
    let due = |at: i64| {
        let found = storage.read(|tx| tx.runs_to_sweep(NOW + Millis(at), 10)).unwrap();
        found.into_iter().map(|run| run.id).collect::<Vec<_>>()
    };
    assert_eq!(due(1_000), [], "none is planned");
    let sweep = |run: &Run, expected: u32, next: Option<i64>| {
        let next = next.map(|at| NOW + Millis(at));
        storage.write(|tx| tx.set_sweep(run.user, run.id, expected, expected + 1, next)).unwrap()
    };
    assert_eq!(sweep(&one, 0, Some(20)), Saved::Stored);
    assert_eq!(sweep(&other, 0, Some(10)), Saved::Stored);
    assert_eq!(due(9), []);
    assert_eq!(due(20), [other.id, one.id]);
    assert_eq!(storage.read(|tx| tx.runs_to_sweep(NOW + Millis(20), 1)).unwrap().len(), 1);
    assert_eq!(sweep(&other, 0, Some(30)), Saved::Conflict, "somebody else was faster");
    assert_eq!(sweep(&other, 1, None), Saved::Stored);
    assert_eq!(due(1_000), [one.id]);
    storage.write(|tx| tx.set_newest_before(one.user, one.id, 41)).unwrap();
    let found = storage.read(|tx| tx.run(one.user, one.id)).unwrap().unwrap();
    assert_eq!((found.newest_before, found.sweeps, found.sweep_at), (Some(41), 1, Some(NOW + Millis(20))));
}

fn doubles_are_noted_without_a_change_of_state(storage: &dyn Storage) {
    let (run, items) = journal(storage, 1);
    assert_eq!(apply(storage, run.user, items[0].id, &created(1)), Saved::Stored);
    let keys = ["PAY-8".to_owned()];
    storage.write(|tx| tx.set_duplicates(run.user, items[0].id, &keys, "twice")).unwrap();
    storage.write(|tx| tx.set_duplicates(UserId(9), items[1].id, &keys, "not theirs")).unwrap();
    let found = storage.read(|tx| tx.run_items(run.user, run.id)).unwrap();
    assert_eq!((found[0].state, found[0].problem.as_deref()), (ItemState::Created, Some("twice")));
    assert_eq!(found[0].duplicates, keys);
    assert_eq!(found[1], items[1]);
}

fn runs_of_others_are_out_of_reach(storage: &dyn Storage) {
    let (run, items) = journal(storage, 1);
    let other = signed_up(storage, 2).id;
    assert_eq!(storage.read(|tx| tx.run(other, run.id)), Ok(None));
    assert_eq!(storage.read(|tx| tx.run_by_key(other, &run.idempotency_key)), Ok(None));
    assert_eq!(storage.read(|tx| tx.runs(other, None, 10)).unwrap().items, []);
    assert_eq!(storage.read(|tx| tx.run_items(other, run.id)), Ok(Vec::new()));
    assert_eq!(apply(storage, other, items[0].id, &created(1)), Saved::Conflict);
    storage
        .write::<_, StorageError>(|tx| {
            tx.set_run_state(other, run.id, RunState::Stopped, None, NOW)?;
            tx.set_run_job(other, run.id, JobId(66))
        })
        .unwrap();
    assert_eq!(apply(storage, run.user, items[0].id, &created(1)), Saved::Stored);
    assert_eq!(storage.read(|tx| tx.run_events(other, run.id)), Ok(Vec::new()));
    assert_eq!(storage.read(|tx| tx.created_items(other, 10)), Ok(Vec::new()));
    assert_eq!(storage.read(|tx| tx.run(run.user, run.id)), Ok(Some(run)));
}
