//! The promises of the ports as functions, run on fakes and real adapters alike. Each runs on a fresh subject.

mod agent;
mod audit;
mod confluence;
mod connections;
mod crypto;
mod drafts;
mod events;
mod fields;
mod issue_updates;
mod jira;
mod jobs;
mod judgements;
mod people;
mod prompts;
mod publishing;
mod queue;
mod rule_sets;
mod sections;
mod sessions;
mod sources;
mod story_pages;
mod tool_server;
mod tools;
mod transactions;
mod trials;
mod waivers;

pub use confluence::{ConfluenceFixture, confluence_contract};
pub use crypto::{hasher_contract, sealer_contract, sha256_contract, signer_contract};
pub use events::EventFixture;
pub use jira::{JiraFixture, jira_contract};
pub use queue::QueueFixture;
pub use tool_server::{ToolServerFixture, tool_server_contract};

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;
use storywright_domain::ports::Storage;

/// A promise: what it says, as the name of the function that checks it.
type Promise<S> = (&'static str, fn(&S));

/// The promises of a file; a function that is not listed is dead code, which the compiler reports.
macro_rules! promises {
    ($($name:ident),* $(,)?) => { &[$((stringify!($name), $name)),*] };
}
use promises;

/// Longest wait for something that must happen; a test that needs it all has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// Checks that a storage keeps the promises of [`Storage`] and of every repository.
///
/// # Panics
/// When a promise is broken; each is named, with what was expected printed before.
pub fn storage_contract<S: Storage + 'static>(make: impl Fn() -> S) {
    let suites: [&[Promise<dyn Storage>]; 20] = [
        transactions::ALL,
        people::ALL,
        sessions::ALL,
        connections::ALL,
        prompts::ALL,
        trials::ALL,
        rule_sets::ALL,
        waivers::ALL,
        judgements::ALL,
        drafts::ALL,
        sources::ALL,
        jobs::ALL,
        publishing::ALL,
        fields::ALL,
        agent::ALL,
        sections::ALL,
        story_pages::ALL,
        issue_updates::ALL,
        audit::ALL,
        tools::ALL,
    ];
    let promises: Vec<_> = suites.concat();
    run("storage", &promises, |check| check(&make()));
}

/// Checks that a job queue keeps the promises of [`storywright_domain::ports::JobQueue`]. The storage is the one that the queue works on.
///
/// # Panics
/// When a promise is broken.
pub fn job_queue_contract(make: impl Fn() -> QueueFixture) {
    run("job queue", queue::ALL, |check| check(&make()));
}

/// Checks that an event log keeps the promises of [`storywright_domain::ports::EventLog`]. The storage is the one that holds its jobs.
///
/// # Panics
/// When a promise is broken.
pub fn event_log_contract(make: impl Fn() -> EventFixture) {
    run("event log", events::ALL, |check| check(&make()));
}

/// Runs every promise and reports all that are broken.
fn run<S: ?Sized>(suite: &str, promises: &[Promise<S>], on_fresh: impl Fn(fn(&S))) {
    let broken: Vec<&str> = promises
        .iter()
        .filter(|(_, check)| catch_unwind(AssertUnwindSafe(|| on_fresh(*check))).is_err())
        .map(|(name, _)| *name)
        .collect();
    assert!(
        broken.is_empty(),
        "{suite}: {} of {} promises broken: {}",
        broken.len(),
        promises.len(),
        broken.join(", ")
    );
}

/// Waits for a message that must come.
#[track_caller]
fn must_come<T>(receiver: &Receiver<T>) -> T {
    match receiver.recv_timeout(PATIENCE) {
        Ok(message) => message,
        Err(RecvTimeoutError::Timeout) => panic!("nothing came within {PATIENCE:?}"),
        Err(RecvTimeoutError::Disconnected) => panic!("nothing more can come"),
    }
}
