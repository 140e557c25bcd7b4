//! The executor: parents first, intent before the call, every outcome in its place.

use crate::hooks::Moment;
use crate::world::{PAT, World, sends, summary_of};
use std::sync::{Arc, Mutex};
use storywright_application::publishing::resume_run;
use storywright_domain::draft::DraftState;
use storywright_domain::integration::{Health, Integration, IntegrationKind};
use storywright_domain::jira::CreateOutcome;
use storywright_domain::job::{EventKind, JobStatus};
use storywright_domain::ports::{Jira as _, StorageExt as _};
use storywright_domain::publishing::{ItemState, RunState};
use storywright_domain::remote::{FieldRefusal, RemoteError};
use storywright_domain::{Millis, RunId, UserId};
use storywright_testkit::build::jira_user;
use storywright_testkit::{MemoryStore, NextCreate};

use ItemState::{Blocked, Created, Linked, NeedsHuman, Planned, Rejected, Unknown};

pub fn unknown() -> CreateOutcome {
    CreateOutcome::Unknown { detail: "504".to_owned() }
}

pub fn rejected() -> CreateOutcome {
    let fields = vec![FieldRefusal { field: "summary".to_owned(), message: "is too dull".to_owned() }];
    CreateOutcome::Rejected { status: 400, messages: vec!["No.".to_owned()], fields }
}

pub fn not_sent(retry_after_ms: Option<i64>) -> CreateOutcome {
    CreateOutcome::NotSent { detail: "connection refused".to_owned(), retry_after_ms }
}

pub fn auth_lost() -> CreateOutcome {
    CreateOutcome::AuthLost { detail: "401".to_owned() }
}

/// A run of one story with two sub-tasks.
pub fn small_run(world: &World) -> RunId {
    world.approved(world.draft_with(&["Refund"]).id)
}

fn script(world: &World, steps: Vec<NextCreate>) {
    for step in steps {
        world.jira.fake.next_create(step);
    }
}

/// The state of the item that is being sent, as the database has it.
fn journaled(store: &MemoryStore, run: RunId, payload: &str) -> ItemState {
    let items = store.read(|tx| tx.run_items(UserId(1), run)).unwrap();
    items.iter().find(|item| item.payload == payload).expect("what is sent is in the journal").state
}

#[test]
fn issues_are_created_parents_first_with_the_approved_bytes() {
    let world = World::new();
    let draft = world.draft_with(&["Refund", "Chargeback"]);
    let plan = world.plan(draft.id);
    let run = world.approved(draft.id);
    let job = world.work();
    assert_eq!((job.status, job.attempts), (JobStatus::Completed, 1));
    let sent = world.jira.fake.sent();
    let by_level = [0, 3, 1, 2, 4, 5].map(|place: usize| &plan.issues[place].payload);
    assert_eq!(sent.iter().map(|(payload, _)| payload).collect::<Vec<_>>(), by_level);
    let parents: Vec<Option<&str>> = sent.iter().map(|(_, parent)| parent.as_deref()).collect();
    assert_eq!(parents, [None, None, Some("PAY-1"), Some("PAY-1"), Some("PAY-2"), Some("PAY-2")]);
    assert_eq!(world.states(run), [Linked; 6]);
    let keys: Vec<_> = world.view(run).items.iter().filter_map(|item| item.jira_key.clone()).collect();
    assert_eq!(keys, ["PAY-1", "PAY-3", "PAY-4", "PAY-2", "PAY-5", "PAY-6"]);
    assert_eq!(world.ended(run), (RunState::Completed, String::new()));
    assert_eq!(world.draft(draft.id).state, DraftState::Published { run });
    assert_eq!(world.actions().iter().filter(|action| *action == "issue_created").count(), 6);
    let said = world.said(job.id);
    assert_eq!(
        said.last().map(|(kind, data)| (*kind, data["status"].clone())),
        Some((EventKind::Done, "completed".into()))
    );
    assert!(said.iter().any(|(kind, data)| *kind == EventKind::Issue && data["key"] == "PAY-6"));
}

#[test]
fn intent_is_on_disk_before_the_first_byte() {
    let world = World::new();
    let run = small_run(&world);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (store, states) = (world.store.clone(), Arc::clone(&seen));
    world.jira.hook(move |name, moment, payload| {
        if name == "create" {
            states.lock().unwrap().push((moment, journaled(&store, run, payload)));
        }
    });
    world.work();
    let expected = [(Moment::Before, ItemState::Sending), (Moment::After, ItemState::Sending)];
    assert_eq!(*seen.lock().unwrap(), expected.repeat(3));
    let view = world.view(run);
    assert!(view.items.iter().all(|item| item.attempts == 1 && item.sent_at.is_some()));
    let lines: Vec<(ItemState, ItemState)> = view.events.iter().map(|event| (event.from, event.to)).collect();
    let created = [(Planned, ItemState::Sending), (ItemState::Sending, Created)].repeat(3);
    assert_eq!(lines, [created, vec![(Created, Linked); 3]].concat());
    assert!(view.events.iter().all(|event| event.fence > 0));
}

#[test]
fn a_refusal_blocks_the_children_and_nothing_else() {
    let world = World::new();
    let draft = world.draft_with(&["Refund", "Chargeback"]);
    let run = world.approved(draft.id);
    script(&world, vec![NextCreate::Only(rejected())]);
    assert_eq!(world.work().status, JobStatus::Completed);
    assert_eq!(world.states(run), [Rejected, Blocked, Blocked, Linked, Linked, Linked]);
    let items = world.view(run).items;
    assert_eq!(items[0].problem.as_deref(), Some("No. summary: is too dull"));
    assert!(items[1].problem.is_some());
    let (state, reason) = world.ended(run);
    assert_eq!((state, reason.as_str()), (RunState::Incomplete, "3 of 6 created, 1 refused, 0 unknown, 2 blocked."));
    assert_eq!(world.draft(draft.id).state, DraftState::Publishing { run }, "a second run would double what is there");
}

#[test]
fn a_draft_of_which_nothing_is_in_jira_can_be_edited_again() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let run = world.approved(draft.id);
    script(&world, vec![NextCreate::Only(rejected())]);
    world.work();
    assert_eq!(world.states(run), [Rejected, Blocked, Blocked]);
    assert_eq!(world.draft(draft.id).state, DraftState::Editing);
    let again = world.approved(draft.id);
    assert_eq!(world.work().status, JobStatus::Completed);
    assert_eq!(world.ended(again).0, RunState::Completed);
}

#[test]
fn what_is_unknown_is_never_sent_again() {
    let world = World::new();
    let run = small_run(&world);
    script(&world, vec![NextCreate::Only(unknown())]);
    world.work();
    assert_eq!(world.states(run), [NeedsHuman, Blocked, Blocked]);
    for _ in 0..3 {
        assert!(resume_run(&world.ports, &world.actor, run).is_ok());
        assert_eq!(world.work().status, JobStatus::Completed);
        assert_eq!(world.states(run), [NeedsHuman, Blocked, Blocked]);
    }
    assert_eq!(sends(&world, "Refund"), 1);
    assert_eq!(world.ended(run).0, RunState::Incomplete);
}

#[test]
fn a_lost_answer_is_proved_by_label_and_property_and_its_children_follow() {
    let world = World::new();
    let run = small_run(&world);
    script(&world, vec![NextCreate::CreatedBut(unknown())]);
    assert_eq!(world.work().status, JobStatus::Completed);
    assert_eq!(world.states(run), [Linked; 3], "in the same run");
    assert_eq!(world.jira.fake.issues().len(), 3);
    assert_eq!(sends(&world, "Refund"), 1);
    let sent = world.jira.fake.sent();
    assert_eq!(sent[1].1.as_deref(), Some("PAY-1"));
    assert!(world.view(run).events.iter().any(|event| event.detail == "found by its mark"));
}

#[test]
fn a_hit_without_the_right_property_is_not_taken() {
    let world = World::new();
    let run = small_run(&world);
    // Somebody gave another issue the same label.
    let label = world.view(run).run.run_label;
    let other = serde_json::json!({"fields": {"project": {"key": "PAY"}, "summary": "Other", "labels": [label]}});
    let access = storywright_testkit::build::access(UserId(1), PAT);
    let created = world.jira.fake.create(&access, &other.to_string(), None);
    assert!(matches!(created, CreateOutcome::Created { .. }));
    script(&world, vec![NextCreate::Only(unknown())]);
    world.work();
    assert_eq!(world.states(run), [Linked; 3], "that issue is not it, and it is not there: it was sent once more");
    assert_eq!(world.view(run).items[0].jira_key.as_deref(), Some("PAY-2"));
}

#[test]
fn looking_for_what_is_unknown_costs_one_search() {
    let world = World::new();
    let run = world.approved(world.draft_with(&["A", "B", "C", "D"]).id);
    script(&world, vec![NextCreate::CreatedBut(unknown()); 4]);
    world.jira.fake.fail(None);
    world.work();
    assert_eq!(world.states(run), [Linked; 12]);
    let searches = world.jira.fake.calls().iter().filter(|name| **name == "marked").count();
    assert!((1..=4).contains(&searches), "{searches} searches");
}

#[test]
fn a_search_that_fails_decides_nothing() {
    let world = World::new();
    let run = small_run(&world);
    script(&world, vec![NextCreate::CreatedBut(unknown())]);
    world.jira.fake.fail(Some(RemoteError::Unavailable { detail: "timeout".to_owned() }));
    assert_eq!(world.work().status, JobStatus::Completed);
    assert_eq!(world.states(run), [NeedsHuman, Blocked, Blocked]);
    world.jira.fake.fail(None);
    assert!(resume_run(&world.ports, &world.actor, run).is_ok());
    world.work();
    assert_eq!(world.states(run), [Linked; 3], "it is looked for once more");
    assert_eq!(world.jira.fake.issues().len(), 3);
}

#[test]
fn what_never_left_is_tried_again_with_waits() {
    let world = World::new();
    let run = small_run(&world);
    script(
        &world,
        [None, Some(5_000), Some(999_999_999), Some(0)].map(|wait| NextCreate::Only(not_sent(wait))).to_vec(),
    );
    assert_eq!(world.work().status, JobStatus::Completed);
    assert_eq!(world.states(run), [Linked; 3]);
    assert_eq!(sends(&world, "Refund"), 5);
    let waits = [1_000, 5_000, 1_000].map(Millis);
    assert_eq!(*world.pauses.lock().unwrap(), waits, "a long wait gives the thread back");
    let waited = world.ports.clock.now().0 - world.view(run).run.approved_at.0;
    assert_eq!(waited, 127_000, "and is two minutes at most");
    assert_eq!(world.view(run).items[0].attempts, 5);
    assert_eq!(world.jira.fake.issues().len(), 3);
}

#[test]
fn a_run_pauses_when_jira_cannot_be_reached_and_goes_on_later() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let run = world.approved(draft.id);
    script(&world, vec![NextCreate::Only(not_sent(None)); 5]);
    let job = world.work();
    assert_eq!(job.status, JobStatus::Failed);
    assert!(job.error.is_some_and(|error| error.starts_with("run_paused: ")));
    let (state, reason) = world.ended(run);
    assert_eq!(state, RunState::Paused);
    assert!(reason.contains("resume"), "{reason}");
    assert_eq!(world.states(run), [Planned; 3]);
    assert_eq!(world.pauses.lock().unwrap().len(), 4, "after the last try there is nothing to wait for");
    assert_eq!(world.draft(draft.id).state, DraftState::Publishing { run }, "it waits for its run");
    assert!(resume_run(&world.ports, &world.actor, run).is_ok());
    assert_eq!(world.work().status, JobStatus::Completed);
    assert_eq!(world.ended(run), (RunState::Completed, String::new()));
}

#[test]
fn a_refused_token_pauses_the_run_until_there_is_a_new_one() {
    for created in [false, true] {
        let world = World::new();
        let run = small_run(&world);
        let lost = if created { NextCreate::CreatedBut(auth_lost()) } else { NextCreate::Only(auth_lost()) };
        script(&world, vec![NextCreate::Works, lost]);
        assert_eq!(world.work().status, JobStatus::Failed);
        assert_eq!(world.states(run), [Created, Unknown, Planned]);
        assert_eq!(world.ended(run).0, RunState::Paused);
        let health = world.integration(IntegrationKind::Jira).health;
        assert!(matches!(health, Health::Broken { ref code, .. } if code == "credential_refused"), "{health:?}");
        // Resuming with the broken token only pauses again.
        assert!(resume_run(&world.ports, &world.actor, run).is_ok());
        assert_eq!(world.work().status, JobStatus::Failed);
        assert_eq!(world.ended(run).0, RunState::Paused);
        world.jira.fake.add_person("new-token-of-emp1", jira_user(1));
        world.save(&world.connected(&world.person, IntegrationKind::Jira, "new-token-of-emp1"));
        assert!(resume_run(&world.ports, &world.actor, run).is_ok());
        world.work();
        assert_eq!(world.states(run), [Linked; 3], "found, or found to be absent and sent once more");
        assert_eq!(world.jira.fake.issues().len(), 3);
    }
}

#[test]
fn a_token_that_was_replaced_meanwhile_is_not_marked_as_broken() {
    let world = World::new();
    let run = small_run(&world);
    script(&world, vec![NextCreate::Only(auth_lost())]);
    world.jira.fake.add_person("new-token-of-emp1", jira_user(1));
    let (store, new) =
        (world.store.clone(), world.connected(&world.person, IntegrationKind::Jira, "new-token-of-emp1"));
    world.jira.once("create", Moment::After, move || store.write(|tx| tx.save_integration(&new)).unwrap());
    world.work();
    assert_eq!(world.ended(run).0, RunState::Paused);
    assert!(world.integration(IntegrationKind::Jira).health.is_ok(), "the new token is good");
}

#[test]
fn a_run_stays_on_the_site_that_was_approved() {
    let world = World::new();
    let run = small_run(&world);
    let jira = world.integration(IntegrationKind::Jira);
    world.save(&Integration { target: "lab".to_owned(), ..jira });
    assert_eq!(world.work().status, JobStatus::Failed);
    let (state, reason) = world.ended(run);
    assert_eq!(state, RunState::Paused);
    assert!(reason.contains("`jira`") && reason.contains("`lab`"), "{reason}");
    assert_eq!(world.jira.fake.sent(), []);
}

#[test]
fn a_run_without_a_usable_connection_says_what_to_do() {
    let world = World::new();
    let run = small_run(&world);
    let jira = world.integration(IntegrationKind::Jira);
    world.save(&Integration { health: Health::Untested, ..jira });
    assert_eq!(world.work().status, JobStatus::Failed);
    let (state, reason) = world.ended(run);
    assert_eq!(state, RunState::Paused);
    assert!(reason.contains("Open Integrations"), "{reason}");
    assert_eq!(world.states(run), [Planned; 3]);
}

#[test]
fn what_was_sent_is_what_was_approved_though_the_screen_changed_since() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let plan = world.plan(draft.id);
    let run = world.approved(draft.id);
    world.jira.fake.set_fields(Vec::new());
    world.work();
    assert_eq!(world.ended(run).0, RunState::Completed);
    assert_eq!(world.jira.fake.sent()[0].0, plan.issues[0].payload);
    assert_eq!(summary_of(&plan.issues[0].payload), "Refund");
}
