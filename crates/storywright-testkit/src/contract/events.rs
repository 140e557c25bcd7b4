//! The event log: exact, in order, each once, live at once.

use super::{Promise, must_come, promises};
use crate::build::{kept_job, signed_up};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use storywright_domain::JobId;
use storywright_domain::job::{EventKind, JobEvent};
use storywright_domain::ports::{EventListener, EventLog, Listening, Storage, StorageError, Subscription};

/// An event log and the storage that holds its jobs.
pub struct EventFixture {
    storage: Box<dyn Storage>,
    log: Arc<dyn EventLog>,
}

impl EventFixture {
    /// Both, on the same jobs.
    pub fn new(storage: impl Storage + 'static, log: impl EventLog + 'static) -> Self {
        Self { storage: Box::new(storage), log: Arc::new(log) }
    }
}

pub const ALL: &[Promise<EventFixture>] = promises![
    numbers_grow_per_job,
    what_was_said_is_told_exactly,
    an_event_is_heard_before_speaking_returns,
    listeners_are_told_what_comes_after_their_number,
    every_listener_hears_everything_once_and_in_order,
    jobs_do_not_mix,
    a_listener_that_has_gone_is_forgotten,
    a_listener_may_go_while_it_is_told_the_past,
    a_dropped_subscription_is_silent,
    a_subscription_may_be_dropped_by_its_own_listener,
    the_past_is_told_after_the_job_has_ended,
    flushing_what_was_never_said_is_nothing,
    a_job_that_nobody_knows_cannot_speak,
    many_speak_at_once,
];

const JOB: JobId = JobId(1);
const OTHER: JobId = JobId(2);

impl EventFixture {
    fn with_jobs(&self) -> &dyn EventLog {
        let person = signed_up(&*self.storage, 1);
        kept_job(&*self.storage, person.id, JOB.0);
        kept_job(&*self.storage, person.id, OTHER.0);
        &*self.log
    }
}

/// Passes everything on.
struct Ear(Sender<JobEvent>);

impl EventListener for Ear {
    fn event(&mut self, event: &JobEvent) -> Listening {
        if self.0.send(event.clone()).is_ok() { Listening::Yes } else { Listening::Gone }
    }
}

fn listen(log: &dyn EventLog, job: JobId, after: u64) -> (Subscription, Receiver<JobEvent>) {
    let (sender, receiver) = channel();
    (log.subscribe(job, after, Box::new(Ear(sender))).unwrap(), receiver)
}

fn say(log: &dyn EventLog, job: JobId, data: &str) -> u64 {
    log.append(job, EventKind::Token, data).unwrap()
}

fn heard(receiver: &Receiver<JobEvent>) -> Vec<String> {
    receiver.try_iter().map(|event| event.data).collect()
}

fn numbers_grow_per_job(on: &EventFixture) {
    let log = on.with_jobs();
    let mut last = 0;
    for _ in 0..50 {
        let seq = say(log, JOB, "{}");
        assert!(seq > last);
        last = seq;
    }
}

fn what_was_said_is_told_exactly(on: &EventFixture) {
    let log = on.with_jobs();
    let long = "x".repeat(100_000);
    let texts =
        ["", "{}", r#"{"text":"a \"b\" \\ \n"}"#, "not json\n\r\t\u{0}\u{2028}\u{1f642}", " { \"a\" : 1.0 } ", &long];
    let mut said = Vec::new();
    for (kind, data) in EventKind::ALL.into_iter().zip(texts.into_iter().cycle()) {
        let seq = log.append(JOB, kind, data).unwrap();
        said.push(JobEvent { seq, kind, data: data.to_owned() });
    }
    let before_disk: Vec<JobEvent> = listen(log, JOB, 0).1.try_iter().collect();
    assert_eq!(before_disk, said);
    assert_eq!(log.flush(JOB), Ok(()));
    let from_disk: Vec<JobEvent> = listen(log, JOB, 0).1.try_iter().collect();
    assert_eq!(from_disk, said);
}

fn an_event_is_heard_before_speaking_returns(on: &EventFixture) {
    let log = on.with_jobs();
    let (_subscription, ear) = listen(log, JOB, 0);
    for number in 0..20 {
        let seq = say(log, JOB, &number.to_string());
        let event = ear.try_recv().expect("it was told on the speaking thread");
        assert_eq!((event.seq, event.data), (seq, number.to_string()));
    }
}

fn listeners_are_told_what_comes_after_their_number(on: &EventFixture) {
    let log = on.with_jobs();
    let numbers: Vec<u64> = ["a", "b", "c", "d"].into_iter().map(|data| say(log, JOB, data)).collect();
    for flushed in [false, true] {
        if flushed {
            log.flush(JOB).unwrap();
        }
        assert_eq!(heard(&listen(log, JOB, numbers[1]).1), ["c", "d"]);
        assert_eq!(heard(&listen(log, JOB, numbers[3]).1), Vec::<String>::new());
        assert_eq!(heard(&listen(log, JOB, 0).1), ["a", "b", "c", "d"]);
        assert_eq!(heard(&listen(log, JOB, u64::MAX / 4).1), Vec::<String>::new());
    }
}

fn every_listener_hears_everything_once_and_in_order(on: &EventFixture) {
    const EVENTS: usize = 3_000;
    let log = on.with_jobs();
    let first = say(log, JOB, "0");
    std::thread::scope(|scope| {
        let speaker = scope.spawn(move || {
            (1..EVENTS).map(|number| say(log, JOB, &number.to_string())).fold(first, |last, seq| {
                assert!(seq > last);
                seq
            })
        });
        // They come at any time: before, while and after the events reach the disk.
        let listeners: Vec<_> = (0..24)
            .map(|number: usize| {
                scope.spawn(move || {
                    let (warm_up, early) = listen(log, JOB, 0);
                    let mut after = (0, 0);
                    for _ in 0..number * 40 {
                        let event = must_come(&early);
                        after = (event.seq, event.data.parse::<usize>().unwrap() + 1);
                    }
                    drop(warm_up);
                    let (_subscription, ear) = listen(log, JOB, after.0);
                    for expected in after.1..EVENTS {
                        assert_eq!(must_come(&ear).data, expected.to_string());
                    }
                    ear
                })
            })
            .collect();
        let last = speaker.join().unwrap();
        assert!(last > first);
        for listener in listeners {
            let ear = listener.join().unwrap();
            assert_eq!(heard(&ear), Vec::<String>::new(), "nothing is told twice");
        }
    });
}

fn jobs_do_not_mix(on: &EventFixture) {
    let log = on.with_jobs();
    let (_one, one) = listen(log, JOB, 0);
    let (_other, other) = listen(log, OTHER, 0);
    say(log, JOB, "mine");
    say(log, OTHER, "yours");
    assert_eq!(heard(&one), ["mine"]);
    assert_eq!(heard(&other), ["yours"]);
    log.flush(JOB).unwrap();
    log.flush(OTHER).unwrap();
    assert_eq!(heard(&listen(log, OTHER, 0).1), ["yours"]);
}

/// Notes when the log lets go of it.
struct Short {
    left: u32,
    told: u32,
    dropped: Arc<Mutex<Option<u32>>>,
}

impl EventListener for Short {
    fn event(&mut self, _event: &JobEvent) -> Listening {
        self.told += 1;
        if self.told == self.left { Listening::Gone } else { Listening::Yes }
    }
}

impl Drop for Short {
    fn drop(&mut self) {
        *self.dropped.lock().unwrap() = Some(self.told);
    }
}

fn short(left: u32) -> (Box<Short>, Arc<Mutex<Option<u32>>>) {
    let dropped = Arc::new(Mutex::new(None));
    (Box::new(Short { left, told: 0, dropped: Arc::clone(&dropped) }), dropped)
}

fn a_listener_that_has_gone_is_forgotten(on: &EventFixture) {
    let log = on.with_jobs();
    let (listener, dropped) = short(2);
    let _subscription = log.subscribe(JOB, 0, listener).unwrap();
    for _ in 0..5 {
        say(log, JOB, "x");
    }
    assert_eq!(*dropped.lock().unwrap(), Some(2));
}

fn a_listener_may_go_while_it_is_told_the_past(on: &EventFixture) {
    let log = on.with_jobs();
    for flushed in [false, true] {
        for _ in 0..5 {
            say(log, JOB, "x");
        }
        if flushed {
            log.flush(JOB).unwrap();
        }
        let (listener, dropped) = short(3);
        let _subscription = log.subscribe(JOB, 0, listener).unwrap();
        assert_eq!(*dropped.lock().unwrap(), Some(3));
        say(log, JOB, "after");
    }
}

fn a_dropped_subscription_is_silent(on: &EventFixture) {
    let log = on.with_jobs();
    let (listener, dropped) = short(u32::MAX);
    let subscription = log.subscribe(JOB, 0, listener).unwrap();
    say(log, JOB, "heard");
    drop(subscription);
    assert_eq!(*dropped.lock().unwrap(), Some(1), "the listener is let go at once");
    say(log, JOB, "not heard");
}

/// Ends its own subscription when it hears something.
struct Leaver {
    own: Arc<Mutex<Option<Subscription>>>,
    told: Arc<Mutex<u32>>,
    ended: Arc<AtomicBool>,
}

impl EventListener for Leaver {
    fn event(&mut self, _event: &JobEvent) -> Listening {
        *self.told.lock().unwrap() += 1;
        drop(self.own.lock().unwrap().take());
        self.ended.store(true, Ordering::SeqCst);
        Listening::Yes
    }
}

fn a_subscription_may_be_dropped_by_its_own_listener(on: &EventFixture) {
    let log = on.with_jobs();
    let (own, told, ended) = (Arc::default(), Arc::default(), Arc::default());
    let listener = Leaver { own: Arc::clone(&own), told: Arc::clone(&told), ended: Arc::clone(&ended) };
    let subscription = log.subscribe(JOB, 0, Box::new(listener)).unwrap();
    *own.lock().unwrap() = Some(subscription);
    for _ in 0..3 {
        say(log, JOB, "x");
    }
    assert!(ended.load(Ordering::SeqCst));
    assert_eq!(*told.lock().unwrap(), 1);
}

fn the_past_is_told_after_the_job_has_ended(on: &EventFixture) {
    let log = on.with_jobs();
    say(log, JOB, "x");
    log.append(JOB, EventKind::Done, r#"{"status":"completed"}"#).unwrap();
    log.flush(JOB).unwrap();
    assert_eq!(heard(&listen(log, JOB, 0).1), ["x", r#"{"status":"completed"}"#]);
}

fn flushing_what_was_never_said_is_nothing(on: &EventFixture) {
    let log = on.with_jobs();
    assert_eq!(log.flush(JOB), Ok(()));
    assert_eq!(log.flush(JobId(99)), Ok(()));
}

fn a_job_that_nobody_knows_cannot_speak(on: &EventFixture) {
    let log = on.with_jobs();
    let outcome = log.append(JobId(99), EventKind::Token, "{}");
    assert!(matches!(outcome, Err(StorageError::Corrupt { .. })), "{outcome:?}");
    assert_eq!(heard(&listen(log, JobId(99), 0).1), Vec::<String>::new());
}

fn many_speak_at_once(on: &EventFixture) {
    let person = signed_up(&*on.storage, 1);
    let jobs: Vec<JobId> = (1..=40).map(|number| kept_job(&*on.storage, person.id, number).id).collect();
    let log = &*on.log;
    std::thread::scope(|scope| {
        for chunk in jobs.chunks(10) {
            scope.spawn(move || {
                for number in 0..50 {
                    for job in chunk {
                        say(log, *job, &format!("{job} {number}"));
                    }
                }
            });
        }
    });
    for job in jobs {
        log.flush(job).unwrap();
        let expected: Vec<String> = (0..50).map(|number| format!("{job} {number}")).collect();
        assert_eq!(heard(&listen(log, job, 0).1), expected);
    }
}
