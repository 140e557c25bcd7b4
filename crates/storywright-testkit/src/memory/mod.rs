//! A storage, job queue and event log in memory, for tests of whatever stands on the ports.
//!
//! It passes the same contract suites as the database: writers one at a time, snapshots for readers, rollback, leases by
//! the clock that it was given, unique keys, references that must exist.

mod accounts;
mod agent;
mod drafts;
mod events;
mod fields;
mod issue_updates;
mod jobs;
mod judgements;
mod prompts;
mod publishing;
mod queue;
mod rule_sets;
mod sections;
mod settings;
mod sources;
mod story_pages;
mod tools;
mod trials;
mod waivers;

use crate::FixedClock;
use events::Channels;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;
use storywright_domain::agent::{AgentStep, Provenance};
use storywright_domain::draft::{Draft, DraftVersion};
use storywright_domain::integration::{Integration, IntegrationKind};
use storywright_domain::jira::ProjectKey;
use storywright_domain::job::Job;
use storywright_domain::person::{ApiToken, AuditEntry, Person, Registration, Session};
use storywright_domain::ports::{Clock, Slice, Storage, StorageError, Tx, TxEnd, TxMode};
use storywright_domain::preflight::{LearnedField, ScreenPlace};
use storywright_domain::publishing::{Run, RunEvent, RunItem};
use storywright_domain::rule_keeping::{KeptRuleSet, RuleSetVersion};
use storywright_domain::story::FieldValue;
use storywright_domain::tool::ToolApproval;
use storywright_domain::{DraftId, ItemId, JobId, PromptId, RegistrationId, RunId, Timestamp, TokenId, UserId};

/// Everything in memory. Cloning shares it.
#[derive(Clone)]
pub struct MemoryStore {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Arc<dyn Clock>,
    /// The last committed state.
    state: Mutex<Arc<State>>,
    /// Held by the one writer.
    writing: Mutex<()>,
    broken: Mutex<Option<StorageError>>,
    bell: Mutex<Rings>,
    rung: Condvar,
    channels: Arc<Channels>,
}

#[derive(Default)]
struct Rings {
    count: u64,
    /// What each thread had heard when it began to look the last time.
    looked: HashMap<ThreadId, u64>,
}

#[derive(Clone)]
struct KeptPerson {
    person: Person,
    password_hash: String,
    jira: Option<Integration>,
}

#[derive(Clone)]
struct KeptJob {
    job: Job,
    lease_until: Option<Timestamp>,
}

#[derive(Clone)]
struct KeptItem {
    user: UserId,
    changed_at: Timestamp,
    item: RunItem,
}

#[derive(Clone, Default)]
struct State {
    people: BTreeMap<UserId, KeptPerson>,
    registrations: BTreeMap<RegistrationId, Registration>,
    sessions: BTreeMap<String, Session>,
    tokens: BTreeMap<TokenId, ApiToken>,
    integrations: Vec<Integration>,
    rule_sets: BTreeMap<String, KeptRuleSet>,
    rule_set_versions: BTreeMap<(String, u32), RuleSetVersion>,
    project_rule_sets: BTreeMap<(String, ProjectKey), String>,
    drafts: BTreeMap<DraftId, Draft>,
    versions: BTreeMap<(DraftId, u32), (UserId, DraftVersion)>,
    sources: BTreeMap<(DraftId, u32), sources::KeptSource>,
    waivers: BTreeMap<(DraftId, String), storywright_domain::waiver::Waiver>,
    /// By draft and hash of the plan.
    standing_waivers: BTreeMap<(DraftId, String), (UserId, Vec<storywright_domain::waiver::StandingWaiver>)>,
    judgements: BTreeMap<(DraftId, String, String), storywright_domain::judgement::Judgement>,
    prompts: BTreeMap<PromptId, storywright_domain::prompt::Prompt>,
    trials: BTreeMap<storywright_domain::TrialId, storywright_domain::prompt::PromptTrial>,
    prompt_versions: BTreeMap<(PromptId, u32), storywright_domain::prompt::PromptVersion>,
    jobs: BTreeMap<JobId, KeptJob>,
    runs: BTreeMap<RunId, Run>,
    items: BTreeMap<ItemId, KeptItem>,
    run_events: Vec<(UserId, RunId, RunEvent)>,
    field_defaults: BTreeMap<(UserId, ScreenPlace), BTreeMap<String, FieldValue>>,
    learned_fields: BTreeMap<ScreenPlace, BTreeMap<String, LearnedField>>,
    steps: BTreeMap<(JobId, u32), AgentStep>,
    sections: BTreeMap<(DraftId, u32), storywright_domain::section::DraftSection>,
    draft_issues: BTreeMap<DraftId, storywright_domain::issue_update::DraftIssue>,
    issue_updates: BTreeMap<(DraftId, u32), storywright_domain::issue_update::IssueUpdate>,
    story_pages: BTreeMap<(RunId, u32), storywright_domain::story_page::StoryPage>,
    origins: BTreeMap<(DraftId, u32), Provenance>,
    tokens_by_day: BTreeMap<(i64, UserId), storywright_domain::meter::DayUse>,
    audit: Vec<AuditEntry>,
    tools: BTreeMap<(UserId, String), tools::KeptTools>,
    tool_approvals: BTreeMap<(String, String), ToolApproval>,
}

/// A transaction under way.
struct MemoryTx<'a> {
    /// Shared with whoever reads, until something is changed.
    state: &'a mut Arc<State>,
    mode: TxMode,
    now: Timestamp,
}

impl MemoryTx<'_> {
    fn change(&mut self) -> Result<&mut State, StorageError> {
        match self.mode {
            TxMode::Write => Ok(Arc::make_mut(self.state)),
            TxMode::Read => Err(StorageError::Unavailable("attempt to write in a read transaction".to_owned())),
        }
    }
}

impl MemoryStore {
    /// An empty store whose leases run by this clock.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let shared = Shared {
            clock,
            state: Mutex::default(),
            writing: Mutex::default(),
            broken: Mutex::default(),
            bell: Mutex::default(),
            rung: Condvar::new(),
            channels: Arc::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Makes everything fail with this error, or work again.
    pub fn break_down(&self, error: Option<StorageError>) {
        *lock(&self.shared.broken) = error;
    }

    fn check(&self) -> Result<(), StorageError> {
        lock(&self.shared.broken).clone().map_or(Ok(()), Err)
    }

    fn snapshot(&self) -> Arc<State> {
        Arc::clone(&*lock(&self.shared.state))
    }

    /// Changes the state as the only writer; `None` rolls back.
    fn change<T>(&self, work: impl FnOnce(&mut State, Timestamp) -> Option<T>) -> Result<Option<T>, StorageError> {
        self.change_shared(|state, now| work(Arc::make_mut(state), now))
    }

    /// The same, copying nothing before something is changed.
    fn change_shared<T>(
        &self,
        work: impl FnOnce(&mut Arc<State>, Timestamp) -> Option<T>,
    ) -> Result<Option<T>, StorageError> {
        let _writing = lock(&self.shared.writing);
        self.check()?;
        let mut state = self.snapshot();
        let outcome = work(&mut state, self.shared.clock.now());
        if outcome.is_some() {
            *lock(&self.shared.state) = state;
        }
        Ok(outcome)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new(Arc::new(FixedClock::default()))
    }
}

impl Storage for MemoryStore {
    fn run(&self, mode: TxMode, work: &mut dyn FnMut(&mut dyn Tx) -> TxEnd) -> Result<(), StorageError> {
        match mode {
            TxMode::Read => {
                self.check()?;
                let mut state = self.snapshot();
                work(&mut MemoryTx { state: &mut state, mode, now: self.shared.clock.now() });
                Ok(())
            }
            TxMode::Write => self
                .change_shared(|state, now| match work(&mut MemoryTx { state, mode, now }) {
                    TxEnd::Commit => Some(()),
                    TxEnd::Rollback => None,
                })
                .map(drop),
        }
    }

    fn ping(&self) -> Result<(), StorageError> {
        self.check()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A row that cannot be kept.
fn refused<T>(entity: &'static str, detail: &str) -> Result<T, StorageError> {
    Err(StorageError::Corrupt { entity, detail: detail.to_owned() })
}

impl State {
    fn must_know(&self, entity: &'static str, user: UserId) -> Result<(), StorageError> {
        if self.people.contains_key(&user) { Ok(()) } else { refused(entity, "its person is gone") }
    }

    fn integration_of(&self, user: UserId, kind: IntegrationKind) -> Option<&Integration> {
        match kind {
            IntegrationKind::Jira => self.people.get(&user)?.jira.as_ref(),
            _ => self.integrations.iter().find(|kept| kept.user == user && kept.kind == kind),
        }
    }
}

/// The part of a list after a cursor, by descending number and text.
fn page<T>(mut all: Vec<T>, cursor: Option<&str>, limit: u32, place: impl Fn(&T) -> (i64, String)) -> Slice<T> {
    all.sort_by_key(|entry| std::cmp::Reverse(place(entry)));
    let after = cursor.and_then(|cursor| {
        let (number, text) = cursor.split_once('/')?;
        Some((number.parse::<i64>().ok()?, text.to_owned()))
    });
    let mut rest: Vec<T> =
        all.into_iter().filter(|entry| after.as_ref().is_none_or(|after| place(entry) < *after)).collect();
    let size = usize::try_from(limit).unwrap_or(usize::MAX).clamp(1, 200);
    let more = rest.len() > size;
    rest.truncate(size);
    let next = rest.last().filter(|_| more).map(|entry| {
        let (number, text) = place(entry);
        format!("{number}/{text}")
    });
    Slice { items: rest, next }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{EventFixture, QueueFixture};

    #[test]
    fn it_keeps_the_promises_of_a_storage() {
        crate::storage_contract(MemoryStore::default);
    }

    #[test]
    fn it_keeps_the_promises_of_a_job_queue() {
        crate::job_queue_contract(|| {
            let store = MemoryStore::default();
            QueueFixture::new(store.clone(), store)
        });
    }

    #[test]
    fn it_keeps_the_promises_of_an_event_log() {
        crate::event_log_contract(|| {
            let store = MemoryStore::default();
            EventFixture::new(store.clone(), store)
        });
    }

    #[test]
    fn a_breakdown_reaches_every_call() {
        let store = MemoryStore::default();
        let error = StorageError::Unavailable("no disk".to_owned());
        store.break_down(Some(error.clone()));
        assert_eq!(store.ping(), Err(error));
        store.break_down(None);
        assert_eq!(store.ping(), Ok(()));
    }
}
