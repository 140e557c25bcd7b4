//! The job queue: one worker per job, leases in database time, fences.

use super::{PATIENCE, Promise, must_come, promises};
use crate::build::{NOW, job, kept_job, signed_up};
use std::collections::HashSet;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use storywright_domain::job::{Job, JobKind, JobStatus};
use storywright_domain::ports::{Claim, Held, JobEnd, JobQueue, Saved, Storage, StorageExt};
use storywright_domain::{JobId, Millis, Timestamp, UserId};

/// A queue and the storage that it works on.
pub struct QueueFixture {
    storage: Box<dyn Storage>,
    queue: Arc<dyn JobQueue>,
}

impl QueueFixture {
    /// Both, on the same jobs.
    pub fn new(storage: impl Storage + 'static, queue: impl JobQueue + 'static) -> Self {
        Self { storage: Box::new(storage), queue: Arc::new(queue) }
    }
}

pub const ALL: &[Promise<QueueFixture>] = promises![
    a_claim_takes_the_oldest_due_job_of_the_kinds,
    a_job_under_lease_is_not_claimed,
    a_lease_that_ran_out_is_claimed_anew_with_a_higher_fence,
    a_job_is_claimed_by_one_worker,
    a_lease_is_renewed_by_its_holder_alone,
    a_worker_hears_that_it_is_to_stop,
    an_ended_job_is_not_claimed_again,
    a_retry_waits_and_counts,
    a_job_that_goes_on_later_waits_and_does_not_count,
    a_released_job_does_not_count_the_attempt,
    a_question_waits_for_its_answer,
    a_stale_worker_changes_nothing,
    a_running_job_is_not_cancelled_from_outside,
    a_job_whose_worker_is_gone_is_cancelled_at_once,
    a_job_that_waits_and_is_to_stop_is_claimed_for_it,
    a_lease_holds_until_it_ends,
    a_call_ends_the_wait,
    a_call_between_looking_and_waiting_is_not_lost,
    a_wait_ends_by_itself,
];

const LEASE: Millis = Millis::minutes(5);
const OVER_AT_ONCE: Millis = Millis(0);
const USER: UserId = UserId(1);

impl QueueFixture {
    fn with_job(&self) -> Job {
        let person = signed_up(&*self.storage, USER.0);
        kept_job(&*self.storage, person.id, 1)
    }

    fn claim(&self, lease: Millis) -> Option<Claim> {
        self.queue.claim("worker", &JobKind::ALL, lease).unwrap()
    }

    #[track_caller]
    fn claimed(&self, lease: Millis) -> Claim {
        self.claim(lease).expect("a job is due")
    }

    fn job(&self, id: JobId) -> Job {
        self.storage.read(|tx| tx.job(USER, id)).unwrap().expect("the job is there")
    }

    fn end(&self, claim: &Claim, end: &JobEnd) -> bool {
        self.queue.end(claim.job.id, claim.job.fence, end).unwrap()
    }

    fn cancel(&self, id: JobId) -> Option<JobStatus> {
        self.storage.write(|tx| tx.request_cancel(USER, id, NOW)).unwrap()
    }
}

fn a_claim_takes_the_oldest_due_job_of_the_kinds(on: &QueueFixture) {
    let person = signed_up(&*on.storage, USER.0);
    let with = |number: u128, created: i64, kind: JobKind, run_at: Timestamp| {
        let created_at = NOW + Millis(created);
        on.storage.write(|tx| tx.insert_job(&Job { created_at, kind, run_at, ..job(person.id, number) })).unwrap();
    };
    let far = Timestamp(i64::MAX / 4);
    with(1, 9, JobKind::Generate, NOW);
    with(2, 3, JobKind::Generate, NOW);
    with(3, 1, JobKind::Publish, NOW);
    with(4, 2, JobKind::Refine, NOW);
    with(5, 0, JobKind::Generate, far);
    let next = |kinds: &[JobKind]| on.queue.claim("w", kinds, LEASE).unwrap().map(|claim| claim.job.id.0);
    assert_eq!(next(&[]), None);
    assert_eq!(next(&[JobKind::Generate, JobKind::Refine]), Some(4));
    assert_eq!(next(&[JobKind::Generate, JobKind::Refine]), Some(2));
    assert_eq!(next(&[JobKind::Generate]), Some(1));
    assert_eq!(next(&[JobKind::Generate]), None);
    assert_eq!(next(&[JobKind::Publish]), Some(3));
}

fn a_job_under_lease_is_not_claimed(on: &QueueFixture) {
    let kept = on.with_job();
    let claim = on.claimed(LEASE);
    let expected = Job { status: JobStatus::Running, attempts: 1, fence: 1, ..kept };
    assert_eq!(claim.job, expected);
    assert_eq!(on.job(expected.id), expected);
    assert_eq!(on.claim(LEASE), None);
}

fn a_lease_that_ran_out_is_claimed_anew_with_a_higher_fence(on: &QueueFixture) {
    on.with_job();
    let first = on.claimed(OVER_AT_ONCE);
    let second = on.claimed(LEASE);
    assert_eq!((second.job.attempts, second.job.status), (2, JobStatus::Running));
    assert!(second.job.fence > first.job.fence);
    assert!(second.lease_until > first.lease_until);
}

fn a_job_is_claimed_by_one_worker(on: &QueueFixture) {
    let person = signed_up(&*on.storage, USER.0);
    for number in 1..=40 {
        kept_job(&*on.storage, person.id, number);
    }
    let claimed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                // Bounded, so that a queue that gives jobs out again and again ends the test too.
                for claim in std::iter::from_fn(|| on.claim(LEASE)).take(41) {
                    claimed.lock().unwrap().push(claim.job.id);
                }
            });
        }
    });
    let claimed = claimed.into_inner().unwrap();
    assert_eq!(claimed.len(), 40);
    assert_eq!(claimed.iter().collect::<HashSet<_>>().len(), 40);
}

fn a_lease_is_renewed_by_its_holder_alone(on: &QueueFixture) {
    on.with_job();
    let claim = on.claimed(OVER_AT_ONCE);
    let Held::Yes { until, cancel_requested } = on.queue.renew(claim.job.id, claim.job.fence, LEASE).unwrap() else {
        panic!("the lease has not passed on");
    };
    assert!(until > claim.lease_until && !cancel_requested);
    assert_eq!(on.claim(LEASE), None, "a renewed lease holds");
    for (job, fence) in [(claim.job.id, claim.job.fence + 1), (claim.job.id, 0), (JobId(9), claim.job.fence)] {
        assert_eq!(on.queue.renew(job, fence, LEASE), Ok(Held::Lost));
    }
}

fn a_worker_hears_that_it_is_to_stop(on: &QueueFixture) {
    on.with_job();
    let claim = on.claimed(LEASE);
    assert_eq!(on.cancel(claim.job.id), Some(JobStatus::Running));
    let held = on.queue.renew(claim.job.id, claim.job.fence, LEASE).unwrap();
    assert!(matches!(held, Held::Yes { cancel_requested: true, .. }), "{held:?}");
}

fn an_ended_job_is_not_claimed_again(on: &QueueFixture) {
    let person = signed_up(&*on.storage, USER.0);
    let error = "llm_unavailable: nobody answered".to_owned();
    let ends = [
        (JobEnd::Completed, JobStatus::Completed, None),
        (JobEnd::Failed { error: error.clone() }, JobStatus::Failed, Some(error)),
        (JobEnd::Cancelled, JobStatus::Cancelled, None),
    ];
    for (number, (end, status, error)) in (1..).zip(ends) {
        kept_job(&*on.storage, person.id, number);
        let claim = on.claimed(OVER_AT_ONCE);
        assert!(on.end(&claim, &end));
        let found = on.job(claim.job.id);
        assert_eq!((found.status, found.error, found.attempts), (status, error, 1));
        assert!(found.finished_at.is_some());
        assert_eq!(on.claim(LEASE), None);
        assert!(!on.end(&claim, &JobEnd::Completed), "it ends once");
        assert_eq!(on.queue.renew(claim.job.id, claim.job.fence, LEASE), Ok(Held::Lost));
    }
}

fn a_retry_waits_and_counts(on: &QueueFixture) {
    on.with_job();
    let claim = on.claimed(LEASE);
    let error = "llm_unavailable: later".to_owned();
    assert!(on.end(&claim, &JobEnd::Retry { after: Millis(0), error: error.clone() }));
    let found = on.job(claim.job.id);
    assert_eq!((found.status, found.attempts, found.error), (JobStatus::Pending, 1, Some(error.clone())));
    assert_eq!(found.finished_at, None);
    let again = on.claimed(LEASE);
    assert_eq!(again.job.attempts, 2);
    assert!(on.end(&again, &JobEnd::Retry { after: Millis::hours(1), error }));
    assert_eq!(on.claim(LEASE), None);
    assert!(on.job(claim.job.id).run_at >= again.lease_until + Millis(Millis::minutes(55).0 - LEASE.0));
}

fn a_job_that_goes_on_later_waits_and_does_not_count(on: &QueueFixture) {
    on.with_job();
    let claim = on.claimed(LEASE);
    assert!(on.end(&claim, &JobEnd::Later { after: Millis(0) }));
    let found = on.job(claim.job.id);
    assert_eq!((found.status, found.attempts, found.error), (JobStatus::Pending, 0, None));
    let again = on.claimed(LEASE);
    assert!(again.job.fence > claim.job.fence);
    assert!(on.end(&again, &JobEnd::Later { after: Millis::hours(1) }));
    assert_eq!(on.claim(LEASE), None);
    assert!(on.job(claim.job.id).run_at >= again.lease_until + Millis(Millis::minutes(55).0 - LEASE.0));
    assert_eq!(on.cancel(claim.job.id), Some(JobStatus::Cancelled), "nobody has it");
}

fn a_released_job_does_not_count_the_attempt(on: &QueueFixture) {
    on.with_job();
    let claim = on.claimed(LEASE);
    assert!(on.end(&claim, &JobEnd::Released));
    assert_eq!((on.job(claim.job.id).status, on.job(claim.job.id).attempts), (JobStatus::Pending, 0));
    let again = on.claimed(LEASE);
    assert_eq!(again.job.attempts, 1);
    assert!(again.job.fence > claim.job.fence);
}

fn a_question_waits_for_its_answer(on: &QueueFixture) {
    on.with_job();
    let claim = on.claimed(LEASE);
    let question = "Which currency?".to_owned();
    assert!(on.end(&claim, &JobEnd::Asked { question: question.clone() }));
    let found = on.job(claim.job.id);
    assert_eq!((found.status, found.attempts, found.question), (JobStatus::Pending, 0, Some(question)));
    assert_eq!(on.claim(LEASE), None);
    let answered = on.storage.write(|tx| tx.answer_job(USER, claim.job.id, r#"{"answer":"EUR"}"#, NOW));
    assert_eq!(answered, Ok(Saved::Stored));
    let again = on.claimed(LEASE);
    assert_eq!((again.job.attempts, again.job.question), (1, None));
    assert_eq!(again.job.payload, r#"{"answer":"EUR"}"#);
}

fn a_stale_worker_changes_nothing(on: &QueueFixture) {
    on.with_job();
    let stale = on.claimed(OVER_AT_ONCE);
    let holder = on.claimed(LEASE);
    let before = on.job(holder.job.id);
    for end in [JobEnd::Completed, JobEnd::Released, JobEnd::Cancelled, JobEnd::Failed { error: "x".to_owned() }] {
        assert!(!on.end(&stale, &end));
    }
    assert_eq!(on.queue.renew(stale.job.id, stale.job.fence, LEASE), Ok(Held::Lost));
    assert_eq!(on.job(holder.job.id), before);
    assert!(on.end(&holder, &JobEnd::Completed));
}

fn a_running_job_is_not_cancelled_from_outside(on: &QueueFixture) {
    on.with_job();
    let claim = on.claimed(LEASE);
    assert_eq!(on.cancel(claim.job.id), Some(JobStatus::Running));
    let found = on.job(claim.job.id);
    assert!(found.cancel_requested && found.status == JobStatus::Running);
    assert!(on.end(&claim, &JobEnd::Cancelled));
    assert_eq!(on.cancel(claim.job.id), Some(JobStatus::Cancelled));
}

fn a_job_whose_worker_is_gone_is_cancelled_at_once(on: &QueueFixture) {
    on.with_job();
    let claim = on.claimed(OVER_AT_ONCE);
    assert_eq!(on.cancel(claim.job.id), Some(JobStatus::Cancelled));
    assert!(!on.end(&claim, &JobEnd::Completed));
    assert_eq!(on.claim(LEASE), None);
}

fn a_job_that_waits_and_is_to_stop_is_claimed_for_it(on: &QueueFixture) {
    on.with_job();
    for end in [
        JobEnd::Retry { after: Millis::hours(1), error: "x".to_owned() },
        JobEnd::Asked { question: "Which?".to_owned() },
    ] {
        let claim = on.claimed(LEASE);
        assert_eq!(on.cancel(claim.job.id), Some(JobStatus::Running));
        assert!(on.end(&claim, &end));
    }
    let claim = on.claimed(LEASE);
    assert!(claim.job.cancel_requested);
}

fn a_lease_holds_until_it_ends(on: &QueueFixture) {
    on.with_job();
    let holds = |claim: &Claim| on.storage.write(|tx| tx.lease_holds(claim.job.id, claim.job.fence)).unwrap();
    let over = on.claimed(OVER_AT_ONCE);
    assert!(!holds(&over));
    let good = on.claimed(LEASE);
    assert!(holds(&good) && !holds(&over));
    assert!(on.end(&good, &JobEnd::Completed));
    assert!(!holds(&good));
}

/// Runs a wait of nearly for ever on a thread of its own, and `look` before it.
fn wait_on_thread(on: &QueueFixture, look: bool) -> (std::sync::mpsc::Receiver<()>, std::sync::mpsc::Receiver<()>) {
    let (looked_tx, looked) = channel();
    let (ended_tx, ended) = channel();
    let queue = Arc::clone(&on.queue);
    std::thread::spawn(move || {
        if look {
            assert_eq!(queue.claim("w", &JobKind::ALL, LEASE), Ok(None));
        }
        looked_tx.send(()).unwrap();
        queue.wait(Millis::hours(1));
        // The test may have given up by now.
        let _ = ended_tx.send(());
    });
    (looked, ended)
}

fn a_call_ends_the_wait(on: &QueueFixture) {
    let (looked, ended) = wait_on_thread(on, true);
    must_come(&looked);
    on.queue.wake();
    must_come(&ended);
}

fn a_call_between_looking_and_waiting_is_not_lost(on: &QueueFixture) {
    assert_eq!(on.claim(LEASE), None);
    on.queue.wake();
    // On this thread: it returns at once, or the test takes an hour.
    let (done_tx, done) = channel();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // Saves the suite from hanging when the promise is broken.
            if done.recv_timeout(PATIENCE).is_err() {
                on.queue.wake();
            }
        });
        on.queue.wait(Millis::hours(1));
        assert!(done_tx.send(()).is_ok(), "the call was lost");
    });
}

fn a_wait_ends_by_itself(on: &QueueFixture) {
    on.queue.wait(Millis(1));
    on.queue.wait(Millis(0));
    on.queue.wait(Millis(-5));
}
