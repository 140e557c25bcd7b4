//! Stopping runs.

use crate::executor::{not_sent, rejected, small_run, unknown};
use crate::hooks::Moment;
use crate::world::World;
use std::sync::Arc;
use storywright_application::publishing::{resume_run, stop_run};
use storywright_application::worker::run_claimed;
use storywright_domain::RunId;
use storywright_domain::draft::DraftState;
use storywright_domain::job::{EventKind, JobStatus};
use storywright_domain::publishing::{ItemState, RunState};
use storywright_testkit::NextCreate;

use ItemState::{Cancelled, Linked, NeedsHuman};

#[test]
fn a_run_that_waits_is_stopped_at_once() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let run = world.approved(draft.id);
    assert_eq!(stop_run(&world.ports, &world.colleague(), run), Ok(false), "not another person's");
    assert_eq!(stop_run(&world.ports, &world.actor, RunId(4)), Ok(false));
    assert_eq!(stop_run(&world.ports, &world.actor, run), Ok(true));
    assert_eq!(world.states(run), [Cancelled; 3]);
    assert_eq!(world.ended(run).0, RunState::Stopped);
    assert_eq!(world.draft(draft.id).state, DraftState::Editing);
    assert_eq!(stop_run(&world.ports, &world.actor, run), Ok(false), "it has ended");
    assert!(world.try_claim().is_none());
}

#[test]
fn a_stop_finishes_the_call_under_way_and_begins_no_other() {
    let world = Arc::new(World::new());
    let draft = world.draft_with(&["Refund"]);
    let run = world.approved(draft.id);
    let other = Arc::clone(&world);
    world.jira.once("create", Moment::Before, move || {
        assert_eq!(stop_run(&other.ports, &other.actor, run), Ok(true));
    });
    let job = world.work();
    assert_eq!(job.status, JobStatus::Cancelled);
    assert_eq!(world.states(run), [ItemState::Created, Cancelled, Cancelled]);
    assert_eq!(world.ended(run).0, RunState::Stopped);
    assert_eq!(world.said(job.id).last().map(|(kind, _)| *kind), Some(EventKind::Done));
    assert_eq!(world.draft(draft.id).state, DraftState::Publishing { run }, "one issue is in Jira");
    assert!(resume_run(&world.ports, &world.actor, run).is_ok());
    world.work();
    assert_eq!(world.states(run), [Linked; 3]);
    assert_eq!(world.draft(draft.id).state, DraftState::Published { run });
}

#[test]
fn a_stop_reaches_a_worker_in_another_process() {
    let world = Arc::new(World::new());
    let run = small_run(&world);
    let other = Arc::clone(&world);
    world.jira.once("create", Moment::After, move || {
        assert_eq!(stop_run(&other.other_process(), &other.actor, run), Ok(true));
    });
    assert_eq!(world.work().status, JobStatus::Cancelled);
    assert_eq!(world.states(run), [ItemState::Created, Cancelled, Cancelled]);
}

#[test]
fn a_stop_ends_a_wait() {
    let world = Arc::new(World::new());
    let run = small_run(&world);
    world.jira.fake.next_create(NextCreate::Only(not_sent(None)));
    let other = Arc::clone(&world);
    world.jira.once("create", Moment::After, move || {
        assert_eq!(stop_run(&other.ports, &other.actor, run), Ok(true));
    });
    assert_eq!(world.work().status, JobStatus::Cancelled);
    assert_eq!(world.states(run), [Cancelled; 3]);
    assert_eq!(world.jira.fake.sent().len(), 1);
}

#[test]
fn a_run_whose_worker_died_is_stopped_at_once_and_leaves_nothing_in_sending() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let run = world.approved(draft.id);
    world.jira.once("create", Moment::After, || panic!("killed"));
    world.work_and_die();
    world.outlive_leases();
    assert_eq!(stop_run(&world.ports, &world.actor, run), Ok(true));
    assert_eq!(world.states(run), [NeedsHuman, Cancelled, Cancelled]);
    assert_eq!(world.ended(run).0, RunState::Stopped);
    assert_eq!(world.draft(draft.id).state, DraftState::Publishing { run }, "an issue may be in Jira");
    assert!(world.try_claim().is_none());
}

#[test]
fn a_stop_before_the_first_step_needs_no_connection() {
    let world = World::new();
    let run = small_run(&world);
    let claim = world.claim();
    assert_eq!(stop_run(&world.ports, &world.actor, run), Ok(true));
    assert_eq!(world.ended(run).0, RunState::Active, "its worker may be alive");
    let jira = world.integration(storywright_domain::integration::IntegrationKind::Jira);
    let health = storywright_domain::integration::Health::Untested;
    world.save(&storywright_domain::integration::Integration { health, ..jira });
    world.outlive_leases();
    let again = world.claim();
    assert!(again.job.cancel_requested && again.job.id == claim.job.id);
    run_claimed(&world.ports, &again);
    assert_eq!(world.job(again.job.id).status, JobStatus::Cancelled);
    assert_eq!(world.ended(run).0, RunState::Stopped);
}

#[test]
fn a_paused_run_can_be_stopped_and_gives_its_draft_back() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let run = world.approved(draft.id);
    for _ in 0..5 {
        world.jira.fake.next_create(NextCreate::Only(not_sent(None)));
    }
    world.work();
    assert_eq!(world.ended(run).0, RunState::Paused);
    assert_eq!(stop_run(&world.ports, &world.actor, run), Ok(true));
    assert_eq!(world.states(run), [Cancelled; 3]);
    assert_eq!(world.ended(run).0, RunState::Stopped);
    assert_eq!(world.draft(draft.id).state, DraftState::Editing);
}

#[test]
fn what_was_stopped_stays_stopped_until_it_is_resumed_or_complete() {
    let world = Arc::new(World::new());
    let run = world.approved(world.draft_with(&["Refund", "Chargeback"]).id);
    world.jira.fake.next_create(NextCreate::Only(unknown()));
    world.jira.fake.next_create(NextCreate::Only(rejected()));
    let (other, calls) = (Arc::clone(&world), std::sync::atomic::AtomicU32::new(0));
    world.jira.hook(move |name, moment, _| {
        let second =
            (name, moment) == ("create", Moment::After) && calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 1;
        if second {
            assert_eq!(stop_run(&other.ports, &other.actor, run), Ok(true));
        }
    });
    world.work();
    let (state, reason) = world.ended(run);
    assert_eq!(state, RunState::Stopped);
    assert!(reason.starts_with("Stopped"), "{reason}");
    let first = world.view(run).items[0].clone();
    let resolution = storywright_application::publishing::Resolution::CreateAgain;
    let known =
        storywright_application::publishing::resolve_item(&world.ports, &world.actor, run, first.id, &resolution);
    assert_eq!(known, Ok(true));
    assert_eq!(world.ended(run).0, RunState::Stopped);
}
