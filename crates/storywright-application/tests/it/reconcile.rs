//! Lost answers: looked for by schedule, settled by proof or by the person, and late arrivals reported.

use crate::executor::{small_run, unknown};
use crate::world::{PAT, World, sends};
use storywright_application::publishing::{retry_run, stop_run, sweep_late_arrivals};
use storywright_domain::job::JobStatus;
use storywright_domain::ports::{Jira as _, StorageExt as _};
use storywright_domain::publishing::{ItemState, RunState};
use storywright_domain::remote::RemoteError;
use storywright_domain::{Millis, RunId};
use storywright_testkit::NextCreate;
use storywright_testkit::build::access;

use ItemState::{Absent, Blocked, Linked, NeedsHuman, Planned, Reconciling};

/// A project with an issue of its own, as most have.
fn lived_in() -> World {
    let world = World::new();
    let payload = serde_json::json!({"fields": {"project": {"key": "PAY"}, "summary": "From before"}});
    let _ = world.jira.fake.create(&access(world.person.id, PAT), &payload.to_string(), None);
    world
}

fn lose(world: &World, created: bool) -> RunId {
    let run = small_run(world);
    world.jira.fake.next_create(if created { NextCreate::CreatedBut(unknown()) } else { NextCreate::Only(unknown()) });
    run
}

fn looks(world: &World, run: RunId) -> Vec<i64> {
    let view = world.view(run);
    let looked = view.events.iter().filter(|line| line.from == Reconciling);
    let sent = view.items[0].sent_at.unwrap_or(view.run.approved_at);
    looked.map(|line| (line.at.0 - sent.0) / 1_000).collect()
}

#[test]
fn what_the_index_does_not_show_is_found_by_its_number() {
    let world = lived_in();
    world.jira.fake.lag_index(true);
    let run = lose(&world, true);
    let job = world.work_once();
    assert_eq!((job.status, job.attempts), (JobStatus::Pending, 0), "the thread is given back");
    assert_eq!(world.states(run), [Reconciling, Planned, Planned]);
    assert_eq!(world.view(run).items[0].probes, 1);
    world.clock.set(job.run_at);
    assert_eq!(world.work().status, JobStatus::Completed);
    assert_eq!(world.states(run), [Linked; 3]);
    assert_eq!(looks(&world, run), [120, 180, 240], "found by the third look, which walks the numbers");
    assert_eq!((sends(&world, "Refund"), world.jira.fake.issues().len()), (1, 4));
}

#[test]
fn what_is_nowhere_is_created_once_more_but_not_before_five_minutes() {
    let world = lived_in();
    let run = lose(&world, false);
    world.work();
    assert_eq!(world.states(run), [Linked; 3]);
    assert_eq!(sends(&world, "Refund"), 2);
    let absent = world.view(run).events.iter().find(|line| line.to == Absent).cloned().unwrap();
    assert_eq!(absent.at.0 - world.view(run).run.approved_at.0, 300_000);
    assert_eq!(world.jira.fake.issues().len(), 4);
}

#[test]
fn five_sends_are_enough() {
    let world = lived_in();
    let run = small_run(&world);
    for _ in 0..9 {
        world.jira.fake.next_create(NextCreate::Only(unknown()));
    }
    world.work();
    assert_eq!(world.states(run), [Absent, Blocked, Blocked]);
    assert_eq!(sends(&world, "Refund"), 5);
    let (state, reason) = world.ended(run);
    assert_eq!(state, RunState::Incomplete);
    assert!(reason.ends_with("1 did not arrive in Jira."), "{reason}");
}

#[test]
fn others_go_on_while_one_is_looked_for() {
    let world = lived_in();
    world.jira.fake.lag_index(true);
    let run = world.approved(world.draft_with(&["Refund", "Chargeback"]).id);
    world.jira.fake.next_create(NextCreate::CreatedBut(unknown()));
    world.work_once();
    assert_eq!(world.states(run), [Reconciling, Planned, Planned, Linked, Linked, Linked]);
}

#[test]
fn what_the_person_cannot_read_is_not_absent() {
    let world = World::new();
    let run = lose(&world, false);
    world.work();
    assert_eq!(
        world.states(run),
        [NeedsHuman, Blocked, Blocked],
        "the project is empty: nothing shows that it can be read"
    );
    assert_eq!(sends(&world, "Refund"), 1);
}

#[test]
fn an_issue_of_another_does_not_show_that_ones_own_can_be_read() {
    let world = lived_in();
    let run = world.approved(world.draft_with(&["Refund", "Chargeback"]).id);
    world.jira.fake.next_create(NextCreate::Only(unknown()));
    world.work_once();
    // A security level hides what the person made, and a colleague makes something that everybody sees.
    for item in world.view(run).items {
        if let Some(key) = item.jira_key {
            world.jira.fake.delete_issue(&key);
        }
    }
    let payload = serde_json::json!({"fields": {"project": {"key": "PAY"}, "summary": "Of a colleague"}});
    let _ = world.jira.fake.create(&access(world.person.id, PAT), &payload.to_string(), None);
    world.outlive_leases();
    world.work();
    assert_eq!(world.states(run)[0], NeedsHuman);
    assert_eq!(sends(&world, "Refund"), 1);
}

#[test]
fn an_issue_that_looks_like_it_is_shown_to_the_person() {
    let world = lived_in();
    let run = lose(&world, false);
    world.work_once();
    // Somebody makes it by hand meanwhile, or the site has lost the property.
    let payload = serde_json::json!({"fields": {"project": {"key": "PAY"}, "summary": "Refund"}});
    let _ = world.jira.fake.create(&access(world.person.id, PAT), &payload.to_string(), None);
    world.outlive_leases();
    world.work();
    assert_eq!(world.states(run), [NeedsHuman, Blocked, Blocked]);
    let problem = world.view(run).items[0].problem.clone().unwrap();
    assert!(problem.contains("PAY-2"), "{problem}");
}

#[test]
fn a_stop_while_looking_asks_the_person() {
    let world = lived_in();
    world.jira.fake.lag_index(true);
    let run = lose(&world, true);
    world.work_once();
    assert_eq!(stop_run(&world.ports, &world.actor, run), Ok(true));
    assert_eq!(world.states(run), [NeedsHuman, ItemState::Cancelled, ItemState::Cancelled]);
    assert_eq!(world.ended(run).0, RunState::Stopped);
    assert!(retry_run(&world.ports, &world.actor, run).is_err());
}

#[test]
fn a_sign_in_page_while_looking_pauses_the_run() {
    let world = lived_in();
    let run = lose(&world, true);
    world.jira.once("marked", crate::hooks::Moment::Before, {
        let jira = std::sync::Arc::clone(&world.jira);
        move || jira.fake.fail(Some(RemoteError::LoginPage { detail: "200 text/html".to_owned() }))
    });
    world.work();
    let (state, reason) = world.ended(run);
    assert_eq!(state, RunState::Paused);
    assert!(reason.contains("sign-in page"), "{reason}");
}

#[test]
fn late_arrivals_are_taken_or_reported() {
    let world = lived_in();
    world.jira.fake.lag_index(true);
    let run = lose(&world, false);
    world.jira.fake.next_create(NextCreate::Works);
    let first = world.view(run).items[0].clone();
    world.work();
    assert_eq!(world.states(run), [Linked; 3]);
    let kept = world.view(run).items[0].jira_key.clone();
    // The first call was held up somewhere, and arrives after the second.
    let _ = world.jira.fake.create(&access(world.person.id, PAT), &first.payload, None);
    world.jira.fake.lag_index(false);
    assert_eq!(sweep_late_arrivals(&world.ports), Ok(0), "it is too early");
    world.clock.advance(Millis::minutes(15));
    assert_eq!(sweep_late_arrivals(&world.ports), Ok(1));
    let item = world.view(run).items[0].clone();
    assert_eq!((item.jira_key, item.state), (kept, Linked));
    assert_eq!(item.duplicates, ["PAY-5"]);
    assert!(item.problem.is_some_and(|problem| problem.contains("came late")));
    let (state, reason) = world.ended(run);
    assert_eq!(state, RunState::Completed);
    assert!(reason.starts_with("PAY-5"), "{reason}");
    assert_eq!(world.jira.fake.issues().len(), 5, "nothing is deleted");
    world.clock.advance(Millis::hours(24));
    assert_eq!(sweep_late_arrivals(&world.ports), Ok(1));
    world.clock.advance(Millis::hours(48));
    assert_eq!(sweep_late_arrivals(&world.ports), Ok(0));
}

#[test]
fn what_came_late_for_a_person_who_was_asked_is_taken() {
    let world = World::new();
    let run = lose(&world, false);
    let first = world.view(run).items[0].clone();
    world.work();
    assert_eq!(world.states(run), [NeedsHuman, Blocked, Blocked]);
    let _ = world.jira.fake.create(&access(world.person.id, PAT), &first.payload, None);
    world.clock.advance(Millis::minutes(20));
    assert_eq!(sweep_late_arrivals(&world.ports), Ok(1));
    assert_eq!(world.states(run), [ItemState::Created, Blocked, Blocked]);
    assert_eq!(
        world.store.read(|tx| tx.run_items(world.person.id, run)).unwrap()[0].jira_key.as_deref(),
        Some("PAY-1")
    );
}

#[test]
fn a_look_for_late_arrivals_that_fails_is_made_again_and_not_for_ever() {
    let world = World::new();
    let run = lose(&world, false);
    let first = world.view(run).items[0].clone();
    world.work();
    let _ = world.jira.fake.create(&access(world.person.id, PAT), &first.payload, None);
    world.clock.advance(Millis::minutes(20));
    let down = || Some(RemoteError::Unavailable { detail: "503".to_owned() });
    for _ in 0..2 {
        world.jira.fake.fail(down());
        assert_eq!(sweep_late_arrivals(&world.ports), Ok(1));
        assert_eq!(sweep_late_arrivals(&world.ports), Ok(0), "not at once");
        world.clock.advance(Millis::minutes(20));
    }
    world.jira.fake.fail(None);
    assert_eq!(sweep_late_arrivals(&world.ports), Ok(1));
    assert_eq!(world.states(run)[0], ItemState::Created);
    assert_eq!(world.view(run).run.sweeps, 1, "what came to nothing does not count");
    let mut looks = 0;
    for _ in 0..40 {
        world.clock.advance(Millis::hours(6));
        world.jira.fake.fail(down());
        looks += sweep_late_arrivals(&world.ports).unwrap();
    }
    assert!((20..40).contains(&looks), "{looks}");
    world.clock.advance(Millis::hours(24));
    assert_eq!(sweep_late_arrivals(&world.ports), Ok(0), "it is given up");
}
