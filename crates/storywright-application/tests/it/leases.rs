//! Leases: who has lost one writes nothing; a process that ends hands its work back.

use crate::executor::{not_sent, small_run};
use crate::hooks::Moment;
use crate::world::{World, sends};
use std::sync::Arc;
use storywright_application::worker::run_claimed;
use storywright_domain::Millis;
use storywright_domain::draft::DraftState;
use storywright_domain::job::{JobKind, JobStatus};
use storywright_domain::ports::JobQueue as _;
use storywright_domain::publishing::{ItemState, RunState};
use storywright_testkit::NextCreate;

use ItemState::{Created, Linked, Planned};

#[test]
fn the_lease_outlasts_the_call() {
    let world = World::new();
    small_run(&world);
    let (clock, timeout, queue) = (world.clock.clone(), world.ports.settings.create_timeout, world.store.clone());
    world.jira.once("create", Moment::After, move || {
        clock.advance(timeout);
        assert_eq!(queue.claim("other", &JobKind::ALL, Millis::hours(1)), Ok(None), "nobody else may begin");
    });
    let claim = world.claim();
    world.clock.advance(Millis(world.ports.settings.job_lease.0 - 1));
    run_claimed(&world.ports, &claim);
    assert_eq!(world.job(claim.job.id).status, JobStatus::Completed);
}

#[test]
fn a_worker_that_slept_through_its_lease_sends_nothing() {
    let world = World::new();
    let run = small_run(&world);
    let asleep = world.claim();
    world.outlive_leases();
    let awake = world.claim();
    run_claimed(&world.other_process(), &asleep);
    assert_eq!(world.jira.fake.sent(), []);
    assert_eq!(world.states(run), [Planned; 3]);
    assert_eq!(world.ended(run).0, RunState::Active);
    run_claimed(&world.ports, &awake);
    assert_eq!(world.states(run), [Linked; 3]);
    assert_eq!(world.job(awake.job.id).status, JobStatus::Completed);
}

#[test]
fn a_worker_that_loses_its_lease_in_a_call_stops_at_once() {
    let world = Arc::new(World::new());
    let draft = world.draft_with(&["Refund"]);
    let run = world.approved(draft.id);
    let other = Arc::clone(&world);
    // It sleeps in the call; another process takes over, looks, finds nothing yet, and ends.
    world.jira.once("create", Moment::Before, move || {
        other.outlive_leases();
        let claim = other.claim();
        run_claimed(&other.other_process(), &claim);
        assert_eq!(other.states(run), [ItemState::Reconciling, Planned, Planned]);
    });
    let claim = world.claim();
    run_claimed(&world.ports, &claim);
    assert_eq!(world.states(run), [ItemState::Reconciling, Planned, Planned], "the late answer changes nothing");
    assert_eq!(sends(&world, "Refund"), 1);
    assert_eq!(world.jira.fake.sent().len(), 1);
    assert_eq!(world.draft(draft.id).state, DraftState::Publishing { run });
    assert!(world.try_claim().is_none());
}

#[test]
fn losing_the_lease_is_not_a_stop_by_the_person() {
    let world = Arc::new(World::new());
    let run = small_run(&world);
    world.jira.fake.next_create(NextCreate::Only(not_sent(None)));
    let (other, ports) = (Arc::clone(&world), world.ports.clone());
    world.at_next_pause(move || {
        // What the thread that renews leases does when one has passed on.
        other.outlive_leases();
        let claim = other.claim();
        ports.running.cancel(claim.job.id);
    });
    let claim = world.claim();
    run_claimed(&world.ports, &claim);
    assert_eq!(world.ended(run).0, RunState::Active, "the other worker has it");
    assert_eq!(world.states(run), [Planned; 3]);
    world.outlive_leases();
    world.work();
    assert_eq!(world.states(run), [Linked; 3]);
    assert_eq!(world.jira.fake.issues().len(), 3);
}

#[test]
fn a_process_that_ends_hands_its_run_back_without_counting() {
    let world = World::new();
    let run = small_run(&world);
    let running = Arc::clone(&world.ports.running);
    world.jira.once("create", Moment::After, move || {
        running.shut_down();
        running.cancel_all();
    });
    let job = world.work();
    assert_eq!((job.status, job.attempts), (JobStatus::Pending, 0));
    assert_eq!(world.states(run), [Created, Planned, Planned], "the call under way is finished and written down");
    assert_eq!(world.ended(run).0, RunState::Active);
    let late = world.claim();
    run_claimed(&world.ports, &late);
    assert_eq!((world.job(late.job.id).status, world.job(late.job.id).attempts), (JobStatus::Pending, 0));
    let claim = world.claim();
    run_claimed(&world.other_process(), &claim);
    assert_eq!(world.states(run), [Linked; 3]);
}

#[test]
fn a_stop_that_comes_while_the_process_ends_is_a_stop() {
    let world = Arc::new(World::new());
    let run = small_run(&world);
    let (other, running) = (Arc::clone(&world), Arc::clone(&world.ports.running));
    world.jira.once("create", Moment::After, move || {
        running.shut_down();
        assert_eq!(storywright_application::publishing::stop_run(&other.ports, &other.actor, run), Ok(true));
    });
    assert_eq!(world.work().status, JobStatus::Cancelled);
    assert_eq!(world.states(run), [Created, ItemState::Cancelled, ItemState::Cancelled]);
    assert_eq!(world.ended(run).0, RunState::Stopped);
}

#[test]
fn a_worker_that_finishes_late_does_not_settle_the_run_of_another() {
    let world = Arc::new(World::new());
    let draft = world.draft_with(&["Refund"]);
    let run = world.approved(draft.id);
    // Its last word is a look at the last issue that takes longer than its lease.
    let (other, looks) = (Arc::clone(&world), std::sync::atomic::AtomicU32::new(0));
    world.jira.hook(move |name, moment, _| {
        let last =
            (name, moment) == ("verify", Moment::After) && looks.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 2;
        if last {
            other.outlive_leases();
            drop(other.claim());
        }
    });
    let claim = world.claim();
    run_claimed(&world.ports, &claim);
    assert_eq!(world.states(run), [Linked, Linked, Created]);
    assert_eq!(world.ended(run).0, RunState::Active, "another worker has it");
    assert_eq!(world.draft(draft.id).state, DraftState::Publishing { run });
}
