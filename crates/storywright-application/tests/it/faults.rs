//! Crashes and trouble with the database in the middle of a run.

use crate::executor::{rejected, small_run, unknown};
use crate::hooks::Moment;
use crate::world::{World, sends};
use storywright_application::publishing::{resume_run, stop_run};
use storywright_application::worker::{give_up_attempt, run_claimed};
use storywright_domain::draft::DraftState;
use storywright_domain::job::{JobStatus, MAX_ATTEMPTS};
use storywright_domain::ports::{StorageError, StorageExt as _};
use storywright_domain::publishing::{ItemState, RunState};
use storywright_testkit::NextCreate;

use ItemState::{Blocked, Linked, NeedsHuman, Planned, Sending};

#[test]
fn a_crash_while_sending_is_read_as_unknown() {
    let world = World::new();
    let run = small_run(&world);
    world.jira.once("create", Moment::Before, || panic!("killed before the call"));
    world.work_and_die();
    assert_eq!(world.states(run), [Sending, Planned, Planned]);
    assert!(world.try_claim().is_none(), "its lease holds");
    world.outlive_leases();
    assert_eq!(world.work().status, JobStatus::Completed);
    assert_eq!(world.states(run), [NeedsHuman, Blocked, Blocked]);
    assert_eq!(world.jira.fake.sent(), [], "it is not sent again: nobody knows that it never left");
    assert_eq!(world.ended(run).0, RunState::Incomplete);
}

#[test]
fn an_issue_that_was_created_before_the_crash_is_adopted() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let run = world.approved(draft.id);
    world.jira.once("create", Moment::After, || panic!("killed after the call"));
    world.work_and_die();
    world.outlive_leases();
    assert_eq!(world.work().status, JobStatus::Completed);
    assert_eq!(world.states(run), [Linked; 3]);
    assert_eq!((sends(&world, "Refund"), world.jira.fake.issues().len()), (1, 3));
    assert_eq!(world.draft(draft.id).state, DraftState::Published { run });
}

#[test]
fn a_run_that_ended_before_the_crash_is_not_run_again() {
    let world = World::new();
    let run = small_run(&world);
    world.jira.fake.next_create(NextCreate::Only(rejected()));
    let claim = world.claim();
    run_claimed(&world.ports, &claim);
    let before = world.view(run);
    assert_eq!(before.run.state, RunState::Incomplete);
    // As if the process had died after the run was settled and before the job was given back.
    let again =
        storywright_domain::job::Job { status: JobStatus::Pending, id: storywright_domain::JobId(3), ..claim.job };
    world.store.write(|tx| tx.insert_job(&again)).unwrap();
    world.store.write(|tx| tx.set_run_job(world.person.id, run, again.id)).unwrap();
    assert!(world.work().status.is_final());
    assert_eq!(world.view(run).items, before.items);
    assert_eq!(world.ended(run).0, RunState::Incomplete);
    assert_eq!(world.jira.fake.sent().len(), 1);
}

#[test]
fn an_old_job_leaves_a_run_alone_that_has_a_new_one() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let run = world.approved(draft.id);
    // The first worker pauses the run and dies before it can give its job back.
    let first = world.claim();
    world
        .store
        .write(|tx| tx.set_run_state(world.person.id, run, RunState::Paused, Some("x"), world.ports.clock.now()))
        .unwrap();
    assert!(resume_run(&world.ports, &world.actor, run).is_ok());
    world.outlive_leases();
    let old = world.work();
    assert_eq!(old.id, first.job.id);
    assert!(old.status.is_final());
    assert_eq!(world.ended(run).0, RunState::Active, "it is the new job's");
    assert_eq!(world.draft(draft.id).state, DraftState::Publishing { run });
    assert_eq!(world.jira.fake.sent(), []);
    assert_eq!(world.work().status, JobStatus::Completed);
    assert_eq!(world.states(run), [Linked; 3]);
}

#[test]
fn a_database_that_fails_before_the_call_means_no_call() {
    let world = World::new();
    let run = small_run(&world);
    let claim = world.claim();
    world.break_database(true);
    run_claimed(&world.ports, &claim);
    assert_eq!(world.jira.fake.sent(), []);
    world.break_database(false);
    world.outlive_leases();
    assert_eq!(world.work().status, JobStatus::Completed);
    assert_eq!(world.states(run), [Linked; 3]);
}

#[test]
fn a_database_that_fails_after_the_call_loses_no_issue() {
    let world = World::new();
    let run = small_run(&world);
    let store = world.store.clone();
    world.jira.once("create", Moment::After, move || {
        store.break_down(Some(StorageError::Unavailable("disk full".to_owned())));
    });
    let claim = world.claim();
    run_claimed(&world.ports, &claim);
    world.break_database(false);
    assert_eq!(world.states(run), [Sending, Planned, Planned]);
    world.outlive_leases();
    assert_eq!(world.work().status, JobStatus::Completed);
    assert_eq!(world.states(run), [Linked; 3]);
    assert_eq!(world.jira.fake.issues().len(), 3);
}

/// Brings down the worker as often as a job is tried, and lets it be tried once more.
fn exhaust(world: &World) -> storywright_domain::job::Job {
    for attempt in 1..=MAX_ATTEMPTS {
        world.jira.hook(|name, _, _| assert_ne!(name, "create", "down again"));
        let claim = world.work_and_die();
        assert_eq!(claim.job.attempts, attempt);
        give_up_attempt(&world.ports, &claim);
        world.outlive_leases();
        world.jira.hook(|_, _, _| ());
        // Planned again, as if Jira had not been reached: else it would not be sent a second time.
        let items = world.store.read(|tx| tx.run_items(world.person.id, world.run_of(&claim))).unwrap();
        for item in items.into_iter().filter(|item| item.state == Sending && attempt < MAX_ATTEMPTS) {
            world.set_item(&item, Planned);
        }
    }
    world.work()
}

#[test]
fn a_run_whose_attempts_are_used_up_pauses_and_says_why() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let run = world.approved(draft.id);
    let job = exhaust(&world);
    assert_eq!(job.status, JobStatus::Failed);
    let (state, reason) = world.ended(run);
    assert_eq!(state, RunState::Paused, "it is not left active for ever");
    assert!(reason.contains("5 attempts"), "{reason}");
    assert_eq!(world.states(run), [ItemState::Unknown, Planned, Planned], "nothing is left in sending");
    assert_eq!(world.draft(draft.id).state, DraftState::Publishing { run });
    assert!(resume_run(&world.ports, &world.actor, run).is_ok());
    assert_eq!(world.work().status, JobStatus::Completed);
    assert_eq!(world.states(run), [NeedsHuman, Blocked, Blocked]);
}

#[test]
fn a_run_whose_attempts_are_used_up_can_be_stopped() {
    let world = World::new();
    let run = small_run(&world);
    exhaust(&world);
    assert_eq!(stop_run(&world.ports, &world.actor, run), Ok(true));
    assert_eq!(world.states(run), [NeedsHuman, ItemState::Cancelled, ItemState::Cancelled]);
    assert_eq!(world.ended(run).0, RunState::Stopped);
}

#[test]
fn giving_up_is_tried_again_until_it_is_written_down() {
    let world = World::new();
    let run = small_run(&world);
    for _ in 0..MAX_ATTEMPTS {
        let claim = world.claim();
        give_up_attempt(&world.ports, &claim);
        world.outlive_leases();
    }
    let claim = world.claim();
    world.store.break_down(Some(StorageError::Unavailable("busy".to_owned())));
    let (store, ports) = (world.store.clone(), world.other_process());
    // The database comes back between the release that failed and the end of the job.
    let healing = std::sync::Arc::new(Healing { inner: store });
    run_claimed(&storywright_application::Ports { queue: healing, ..ports }, &claim);
    assert!(!world.job(claim.job.id).status.is_final(), "the job is not over before its run is settled");
    world.outlive_leases();
    assert_eq!(world.work().status, JobStatus::Failed);
    assert_eq!(world.ended(run).0, RunState::Paused);
}

/// A queue that works again when a job is given back.
struct Healing {
    inner: storywright_testkit::MemoryStore,
}

impl storywright_domain::ports::JobQueue for Healing {
    fn claim(
        &self,
        worker: &str,
        kinds: &[storywright_domain::job::JobKind],
        lease: storywright_domain::Millis,
    ) -> Result<Option<storywright_domain::ports::Claim>, StorageError> {
        self.inner.claim(worker, kinds, lease)
    }

    fn renew(
        &self,
        job: storywright_domain::JobId,
        fence: i64,
        lease: storywright_domain::Millis,
    ) -> Result<storywright_domain::ports::Held, StorageError> {
        self.inner.renew(job, fence, lease)
    }

    fn end(
        &self,
        job: storywright_domain::JobId,
        fence: i64,
        end: &storywright_domain::ports::JobEnd,
    ) -> Result<bool, StorageError> {
        self.inner.break_down(None);
        self.inner.end(job, fence, end)
    }

    fn wait(&self, at_most: storywright_domain::Millis) {
        self.inner.wait(at_most);
    }

    fn wake(&self) {
        self.inner.wake();
    }
}

#[test]
fn an_event_that_cannot_be_said_stops_nothing() {
    let world = World::new();
    let run = small_run(&world);
    let ports = storywright_application::Ports { events: std::sync::Arc::new(Dumb), ..world.other_process() };
    let claim = world.claim();
    run_claimed(&ports, &claim);
    assert_eq!(world.states(run), [Linked; 3], "the journal is what counts");
    assert_eq!(world.job(claim.job.id).status, JobStatus::Completed);
}

/// An event log whose disk has failed for good.
struct Dumb;

impl storywright_domain::ports::EventLog for Dumb {
    fn append(
        &self,
        _: storywright_domain::JobId,
        _: storywright_domain::job::EventKind,
        _: &str,
    ) -> Result<u64, StorageError> {
        Err(StorageError::Unavailable("no disk".to_owned()))
    }

    fn flush(&self, _: storywright_domain::JobId) -> Result<(), StorageError> {
        Err(StorageError::Unavailable("no disk".to_owned()))
    }

    fn subscribe(
        &self,
        _: storywright_domain::JobId,
        _: u64,
        _: Box<dyn storywright_domain::ports::EventListener>,
    ) -> Result<storywright_domain::ports::Subscription, StorageError> {
        Err(StorageError::Unavailable("no disk".to_owned()))
    }
}

#[test]
fn a_lost_answer_and_a_crash_in_one_run_double_nothing() {
    let world = World::new();
    let run = world.approved(world.draft_with(&["Refund", "Chargeback"]).id);
    world.jira.fake.next_create(NextCreate::CreatedBut(unknown()));
    let calls = std::sync::atomic::AtomicU32::new(0);
    world.jira.hook(move |name, moment, _| {
        if (name, moment) == ("create", Moment::After) {
            assert_ne!(calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 1, "killed after the second call");
        }
    });
    world.work_and_die();
    world.jira.hook(|_, _, _| ());
    world.outlive_leases();
    world.work();
    assert_eq!(world.states(run), [Linked; 6]);
    assert_eq!(world.jira.fake.issues().len(), 6);
}
