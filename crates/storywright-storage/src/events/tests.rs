//! What the contract cannot see: batches, bounds, failure, restarts.

use super::*;
use crate::schema::job_events;
use crate::{SqliteOptions, SqliteStorage};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use storywright_domain::Millis;
use storywright_domain::person::ApiToken;
use storywright_domain::ports::{Storage, StorageExt};
use storywright_testkit::build::{self, kept_job, signed_up};
use tempfile::TempDir;

const JOB: JobId = JobId(1);

struct Ear(Sender<JobEvent>);

impl EventListener for Ear {
    fn event(&mut self, event: &JobEvent) -> Listening {
        if self.0.send(event.clone()).is_ok() { Listening::Yes } else { Listening::Gone }
    }
}

struct Fixture {
    folder: TempDir,
    storage: SqliteStorage,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // A lock that another connection holds is reported at once.
        let options = SqliteOptions { busy_timeout: Millis(0), ..SqliteOptions::default() };
        let storage = SqliteStorage::open(folder.path().join("events.db"), options).unwrap();
        let fixture = Self { folder, storage };
        kept_job(&fixture.storage, signed_up(&fixture.storage, 1).id, JOB.0);
        fixture
    }

    fn connection(&self) -> SqliteConnection {
        let path = self.folder.path().join("events.db");
        SqliteConnection::establish(&path.to_string_lossy()).unwrap()
    }

    fn rows(&self) -> Vec<(i64, i64)> {
        let rows = job_events::table.order(job_events::last_seq).select((job_events::first_seq, job_events::last_seq));
        rows.load(&mut self.connection()).unwrap()
    }

    /// As a worker would: the fence grows.
    fn claim(&self) {
        use storywright_domain::ports::JobQueue as _;
        let claim = self.storage.claim("w", &storywright_domain::job::JobKind::ALL, Millis(0)).unwrap();
        assert!(claim.is_some());
    }
}

fn say(log: &JobLog, text: &str) -> u64 {
    log.append(JOB, EventKind::Token, text).unwrap()
}

fn told(log: &JobLog, after: u64) -> (Subscription, Receiver<JobEvent>) {
    let (sender, receiver) = channel();
    (log.subscribe(JOB, after, Box::new(Ear(sender))).unwrap(), receiver)
}

#[test]
fn what_is_said_between_two_writes_is_one_row() {
    let fixture = Fixture::new();
    let log = fixture.storage.job_log().unwrap();
    let began = writer::monotonic();
    let last = (0..500).fold(0, |_, _| say(&log, "x"));
    log.flush(JOB).unwrap();
    let rows = fixture.rows();
    let most = began.elapsed().as_millis() / 50 + 2;
    assert!(rows.len() as u128 <= most, "{} rows in {:?}", rows.len(), began.elapsed());
    assert_eq!((rows[0].0, rows[rows.len() - 1].1), (1, last as i64));
    assert!(rows.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0), "{rows:?}");
}

#[test]
fn what_reaches_the_disk_while_a_listener_joins_is_told_once() {
    let fixture = Fixture::new();
    let log = fixture.storage.job_log().unwrap();
    let ended = Arc::new(AtomicBool::new(false));
    // Whatever the writer does between the two steps of joining: nothing, one write, a write and more to say.
    for steps in 0..3 {
        let first = say(&log, "one") - 1;
        say(&log, "two");
        let joined = log.shared.join(JOB, 900 + steps, first, &ended);
        if steps > 0 {
            log.flush(JOB).unwrap();
        }
        if steps > 1 {
            say(&log, "three");
        }
        let (sender, ear) = channel();
        let listening = log.shared.replay(&joined, 900 + steps, first, Box::new(Ear(sender))).unwrap();
        say(&log, "after");
        log.flush(JOB).unwrap();
        let heard: Vec<String> = ear.try_iter().map(|event| event.data).collect();
        let expected: &[&str] = if steps > 1 { &["one", "two", "three", "after"] } else { &["one", "two", "after"] };
        assert_eq!(heard, expected, "{steps} steps");
        assert_eq!(listening, Listening::Yes);
    }
}

#[test]
fn writing_follows_by_itself_and_dropping_the_log_writes_the_rest() {
    let fixture = Fixture::new();
    let log = fixture.storage.job_log().unwrap();
    say(&log, "one");
    drop(log);
    let log = fixture.storage.job_log().unwrap();
    assert_eq!(told(&log, 0).1.try_iter().count(), 1);
}

#[test]
fn numbers_given_out_before_a_crash_are_not_given_out_again() {
    let fixture = Fixture::new();
    let mut highest = 0;
    for _ in 0..4 {
        fixture.claim();
        // Holds the disk, so that nothing of this process is ever written: its crash loses all.
        let mut other = fixture.connection();
        other.batch_execute("BEGIN IMMEDIATE").unwrap();
        let log = fixture.storage.job_log().unwrap();
        let first = say(&log, "lost");
        assert!(first > highest, "{first} after {highest}");
        highest = first;
        while let Ok(seq) = log.append(JOB, EventKind::Token, "lost") {
            highest = seq;
        }
        drop(log);
        other.batch_execute("ROLLBACK").unwrap();
    }
    assert_eq!(fixture.rows(), []);
    let log = fixture.storage.job_log().unwrap();
    say(&log, "kept");
    log.flush(JOB).unwrap();
    drop(log);
    fixture.claim();
    let log = fixture.storage.job_log().unwrap();
    assert!(say(&log, "later") > highest + MOST_WAITING);
}

#[test]
fn while_the_disk_fails_nothing_more_is_taken_and_nothing_is_lost() {
    let fixture = Fixture::new();
    let log = fixture.storage.job_log().unwrap();
    say(&log, "before");
    log.flush(JOB).unwrap();
    let (_subscription, ear) = told(&log, 0);
    let mut other = fixture.connection();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let during = say(&log, "during");
    assert!(matches!(log.flush(JOB), Err(StorageError::Unavailable(_))));
    assert!(matches!(log.append(JOB, EventKind::Token, "refused"), Err(StorageError::Unavailable(_))));
    other.batch_execute("ROLLBACK").unwrap();
    // It is tried again by itself; each attempt that fails is reported.
    while log.flush(JOB).is_err() {}
    let after = say(&log, "after");
    assert_eq!(after, during + 1, "what was refused has no number");
    log.flush(JOB).unwrap();
    let live: Vec<String> = ear.try_iter().map(|event| event.data).collect();
    assert_eq!(live, ["before", "during", "after"]);
    let stored: Vec<String> = told(&log, 0).1.try_iter().map(|event| event.data).collect();
    assert_eq!(stored, live);
}

#[test]
fn a_speaker_faster_than_the_disk_waits_and_memory_is_bounded() {
    let fixture = Fixture::new();
    let log = fixture.storage.job_log().unwrap();
    for _ in 0..5_000 {
        say(&log, "x");
        let channel = log.shared.existing(JOB).unwrap();
        assert!(channel.lock().waiting_events <= MOST_WAITING);
    }
    let long = "x".repeat(300_000);
    for _ in 0..20 {
        say(&log, &long);
        let channel = log.shared.existing(JOB).unwrap();
        assert!(channel.lock().waiting_bytes <= MOST_WAITING_BYTES + long.len() + 64);
    }
    log.flush(JOB).unwrap();
    assert_eq!(log.shared.waiting_bytes.load(Ordering::SeqCst), 0);
    assert_eq!(told(&log, 0).1.try_iter().count(), 5_020);
}

#[test]
fn an_ended_job_is_forgotten_once_written_and_unheard() {
    let fixture = Fixture::new();
    let log = fixture.storage.job_log().unwrap();
    say(&log, "x");
    log.append(JOB, EventKind::Error, r#"{"code":"x","message":"x","retry":true}"#).unwrap();
    log.flush(JOB).unwrap();
    assert_eq!(log.live_jobs(), 1, "it will go on");
    let (subscription, _ear) = told(&log, 0);
    log.append(JOB, EventKind::Done, r#"{"status":"completed"}"#).unwrap();
    log.flush(JOB).unwrap();
    assert_eq!(log.live_jobs(), 1, "somebody listens");
    drop(subscription);
    assert_eq!(log.live_jobs(), 0);
    // Looking at it later holds it only as long as somebody looks.
    let (later, ear) = told(&log, 0);
    assert_eq!(ear.try_iter().count(), 3);
    drop(later);
    log.append(JOB, EventKind::Error, r#"{"code":"x","message":"x","retry":false}"#).unwrap();
    log.flush(JOB).unwrap();
    assert_eq!(log.live_jobs(), 0);
}

#[test]
fn a_job_that_is_removed_while_it_speaks_holds_up_nobody() {
    let fixture = Fixture::new();
    kept_job(&fixture.storage, build::person(1).id, 2);
    let log = fixture.storage.job_log().unwrap();
    say(&log, "x");
    log.flush(JOB).unwrap();
    let mut other = fixture.connection();
    other.batch_execute("PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000;").unwrap();
    other.batch_execute(&format!("DELETE FROM background_jobs WHERE id = '{JOB}'")).unwrap();
    log.append(JOB, EventKind::Token, "gone").unwrap();
    log.append(JobId(2), EventKind::Token, "here").unwrap();
    log.flush(JobId(2)).unwrap();
    let outcome = log.flush(JOB).and_then(|()| log.append(JOB, EventKind::Token, "gone").map(drop));
    assert!(matches!(outcome, Err(StorageError::Corrupt { .. })), "{outcome:?}");
    assert_eq!(fixture.rows().len(), 1);
}

#[test]
fn a_damaged_row_is_reported_and_not_skipped() {
    let fixture = Fixture::new();
    let log = fixture.storage.job_log().unwrap();
    say(&log, "x");
    log.flush(JOB).unwrap();
    for damage in ["nonsense", "[{}]", r#"[{"seq":1,"kind":"nonsense","data":""}]"#] {
        diesel::update(job_events::table)
            .set(job_events::events.eq(damage))
            .execute(&mut fixture.connection())
            .unwrap();
        let (sender, _ear) = channel();
        let outcome = log.subscribe(JOB, 0, Box::new(Ear(sender))).map(drop);
        assert!(matches!(outcome, Err(StorageError::Corrupt { entity: "job event", .. })), "{damage}");
    }
}

#[test]
fn old_events_of_finished_jobs_are_removed() {
    use storywright_domain::ports::{JobEnd, JobQueue as _};
    let fixture = Fixture::new();
    let person = build::person(1).id;
    kept_job(&fixture.storage, person, 2);
    let log = fixture.storage.job_log().unwrap();
    for job in [JOB, JobId(2)] {
        for _ in 0..3 {
            log.append(job, EventKind::Token, "x").unwrap();
            log.flush(job).unwrap();
        }
    }
    let kinds = storywright_domain::job::JobKind::ALL;
    let claim = fixture.storage.claim("w", &kinds, Millis::minutes(1)).unwrap().unwrap();
    assert!(fixture.storage.end(claim.job.id, claim.job.fence, &JobEnd::Completed).unwrap());
    let ended = fixture.storage.read(|tx| tx.job(person, claim.job.id)).unwrap().unwrap().finished_at.unwrap();
    let session = build::session(None, 1);
    fixture.storage.write(|tx| tx.insert_session(&session)).unwrap();
    fixture.storage.write(|tx| tx.insert_registration(&build::registration(1), build::NOW)).unwrap();
    let token = |number, expires_at, revoked_at| ApiToken { expires_at, revoked_at, ..build::token(person, number) };
    let far = ended + Millis::hours(60 * 24);
    for token in [token(1, ended, None), token(2, far, Some(ended)), token(3, far, None)] {
        fixture.storage.write(|tx| tx.insert_token(&token)).unwrap();
    }
    let month = Millis::hours(30 * 24);
    assert_eq!(fixture.storage.tidy(ended + month).unwrap().events, 0);
    // The job that is not finished keeps what it said, however old.
    assert_eq!(
        fixture.storage.tidy(ended + month + Millis(1)).unwrap(),
        crate::Tidied { events: 3, expired: 2, rule_set_versions: 0 }
    );
    assert_eq!(fixture.rows().len(), 3);
    assert!(fixture.storage.ping().is_ok());
}

/// Prints what speaking costs; the bound is ten times what is promised, for a machine that is busy with other tests.
#[test]
fn speaking_is_fast_while_a_thousand_jobs_speak() {
    let fixture = Fixture::new();
    let person = build::person(1).id;
    let jobs: Vec<JobId> = (1..1_000)
        .map(|number| {
            // In the high digits, as ids of time are.
            let job = storywright_domain::job::Job { id: JobId(number << 64 | number), ..build::job(person, 1) };
            fixture.storage.write(|tx| tx.insert_job(&job)).unwrap();
            job.id
        })
        .collect();
    let log = fixture.storage.job_log().unwrap();
    let mut took: Vec<Duration> = Vec::new();
    for round in 0..20 {
        for job in &jobs {
            let began = writer::monotonic();
            log.append(*job, EventKind::Token, r#"{"path":"stories.0.summary","text":" word"}"#).unwrap();
            if round > 0 {
                took.push(began.elapsed());
            }
        }
    }
    took.sort_unstable();
    let at = |share: f64| took[(took.len() as f64 * share) as usize];
    println!("append: p50 {:?}, p99 {:?}, p99.9 {:?}", at(0.5), at(0.99), at(0.999));
    assert!(at(0.99) < Duration::from_millis(1), "p99 {:?}", at(0.99));
}
