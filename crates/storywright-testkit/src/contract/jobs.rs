//! Jobs as people see them.

use super::{Promise, promises};
use crate::build::{NOW, job, kept_job, signed_up};
use storywright_domain::job::{Job, JobKind, JobStatus};
use storywright_domain::ports::{Saved, Storage, StorageError, StorageExt};
use storywright_domain::{JobId, Millis, UserId};

pub const ALL: &[Promise<dyn Storage>] = promises![
    a_job_comes_back_as_it_was,
    a_new_job_is_pending,
    jobs_are_listed_newest_first_in_pages,
    open_jobs_are_those_not_ended,
    a_pending_job_is_cancelled_at_once,
    an_ended_job_stays_as_it_ended,
    only_an_open_question_can_be_answered,
    a_lease_that_nobody_took_does_not_hold,
    jobs_of_others_are_out_of_reach,
    a_job_of_a_stranger_is_refused,
];

fn a_job_comes_back_as_it_was(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    for (number, kind) in (1..).zip(JobKind::ALL) {
        let kept = Job {
            kind,
            subject: "0f".repeat(16),
            payload: r#"{"text":"“x”"}"#.to_owned(),
            run_at: NOW + Millis(5),
            request_id: "abc-12345".to_owned(),
            ..job(person.id, number)
        };
        storage.write(|tx| tx.insert_job(&kept)).unwrap();
        assert_eq!(storage.read(|tx| tx.job(person.id, kept.id)), Ok(Some(kept)));
    }
    assert_eq!(storage.read(|tx| tx.job(person.id, JobId(99))), Ok(None));
}

fn a_new_job_is_pending(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let running = Job { status: JobStatus::Running, ..job(person.id, 1) };
    let outcome = storage.write(|tx| tx.insert_job(&running));
    assert!(matches!(outcome, Err(StorageError::Corrupt { .. })), "{outcome:?}");
}

fn jobs_are_listed_newest_first_in_pages(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    for number in 1..=5_u128 {
        let created_at = NOW + Millis(i64::try_from(number / 2).unwrap());
        storage.write(|tx| tx.insert_job(&Job { created_at, ..job(person.id, number) })).unwrap();
    }
    let first = storage.read(|tx| tx.jobs(person.id, None, 3)).unwrap();
    let second = storage.read(|tx| tx.jobs(person.id, first.next.as_deref(), 3)).unwrap();
    let numbers: Vec<u128> = first.items.iter().chain(&second.items).map(|job| job.id.0).collect();
    assert_eq!(numbers, [5, 4, 3, 2, 1]);
    assert_eq!(second.next, None);
}

fn open_jobs_are_those_not_ended(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    for number in 1..=3 {
        kept_job(storage, person.id, number);
    }
    assert_eq!(storage.write(|tx| tx.request_cancel(person.id, JobId(2), NOW)), Ok(Some(JobStatus::Cancelled)));
    let open = storage.read(|tx| tx.open_jobs(person.id)).unwrap();
    assert_eq!(open.iter().map(|job| job.id.0).collect::<Vec<_>>(), [3, 1]);
}

fn a_pending_job_is_cancelled_at_once(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let kept = kept_job(storage, person.id, 1);
    assert_eq!(storage.write(|tx| tx.request_cancel(person.id, kept.id, NOW)), Ok(Some(JobStatus::Cancelled)));
    let found = storage.read(|tx| tx.job(person.id, kept.id)).unwrap();
    let expected =
        Job { status: JobStatus::Cancelled, cancel_requested: true, finished_at: Some(NOW), ..job(person.id, 1) };
    assert_eq!(found, Some(expected));
    assert_eq!(storage.write(|tx| tx.request_cancel(person.id, JobId(9), NOW)), Ok(None));
}

fn an_ended_job_stays_as_it_ended(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let kept = kept_job(storage, person.id, 1);
    for at in [NOW, NOW + Millis(5)] {
        assert_eq!(storage.write(|tx| tx.request_cancel(person.id, kept.id, at)), Ok(Some(JobStatus::Cancelled)));
    }
    let found = storage.read(|tx| tx.job(person.id, kept.id)).unwrap();
    assert_eq!(found.and_then(|job| job.finished_at), Some(NOW));
}

fn only_an_open_question_can_be_answered(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let plain = kept_job(storage, person.id, 1);
    assert_eq!(storage.write(|tx| tx.answer_job(person.id, plain.id, "{}", NOW)), Ok(Saved::Conflict));
    let asking = Job { question: Some("Which currency?".to_owned()), ..job(person.id, 2) };
    storage.write(|tx| tx.insert_job(&asking)).unwrap();
    let answer = r#"{"answer":"EUR"}"#;
    assert_eq!(storage.write(|tx| tx.answer_job(person.id, asking.id, answer, NOW)), Ok(Saved::Stored));
    assert_eq!(storage.write(|tx| tx.answer_job(person.id, asking.id, "{}", NOW)), Ok(Saved::Conflict));
    let found = storage.read(|tx| tx.job(person.id, asking.id)).unwrap().expect("it is there");
    assert_eq!((found.question, found.payload.as_str(), found.status), (None, answer, JobStatus::Pending));
    assert!(found.run_at <= NOW);
}

fn a_lease_that_nobody_took_does_not_hold(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let kept = kept_job(storage, person.id, 1);
    for (id, fence) in [(kept.id, 0), (kept.id, 1), (JobId(9), 1)] {
        assert_eq!(storage.write(|tx| tx.lease_holds(id, fence)), Ok(false));
    }
}

fn jobs_of_others_are_out_of_reach(storage: &dyn Storage) {
    let (person, other) = (signed_up(storage, 1), signed_up(storage, 2));
    let kept = Job { question: Some("Which?".to_owned()), ..job(person.id, 1) };
    storage.write(|tx| tx.insert_job(&kept)).unwrap();
    assert_eq!(storage.read(|tx| tx.job(other.id, kept.id)), Ok(None));
    assert_eq!(storage.read(|tx| tx.jobs(other.id, None, 10)).unwrap().items, []);
    assert_eq!(storage.read(|tx| tx.open_jobs(other.id)), Ok(Vec::new()));
    assert_eq!(storage.write(|tx| tx.request_cancel(other.id, kept.id, NOW)), Ok(None));
    assert_eq!(storage.write(|tx| tx.answer_job(other.id, kept.id, "{}", NOW)), Ok(Saved::Conflict));
    assert_eq!(storage.read(|tx| tx.job(person.id, kept.id)), Ok(Some(kept)));
}

fn a_job_of_a_stranger_is_refused(storage: &dyn Storage) {
    let outcome = storage.write(|tx| tx.insert_job(&job(UserId(9), 1)));
    assert!(matches!(outcome, Err(StorageError::Corrupt { .. })), "{outcome:?}");
}
