//! A company in memory: one person with tested connections, and everything that the use cases stand on.

use crate::hooks::{Act, HookedHasher, HookedJira, HookedStorage};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use storywright_application::publishing::{RunView, make_plan, publish, run_view};
use storywright_application::worker::run_claimed;
use storywright_application::{Ports, RunningJobs, Settings, access};
use storywright_domain::draft::Draft;
use storywright_domain::integration::{Integration, IntegrationKind};
use storywright_domain::job::{EventKind, Job, JobKind, JobStatus};
use storywright_domain::person::{Actor, AuditEntry, Person};
use storywright_domain::ports::{
    Claim, Inserted, ItemChange, Jira as _, JobQueue as _, PasswordHasher as _, Saved, StorageError, StorageExt as _,
};
use storywright_domain::publishing::{ItemState, Plan, RunItem, RunState};
use storywright_domain::remote::{Site, SiteKind};
use storywright_domain::story::{Document, Story};
use storywright_domain::{DraftId, JobId, Millis, RequestId, RunId, Secret, Timestamp};
use storywright_testkit::build::{self, NOW};
use storywright_testkit::{
    CountingIds, FakeChat, FakeConfluence, FakeSealer, FakeSha256, FakeSigner, FakeTools, FixedClock, MemoryStore,
};

pub const PASSWORD: &str = "copper lantern meadow train";
pub const PAT: &str = "jira-token-of-emp1";
pub const CONFLUENCE_PAT: &str = "confluence-token-of-emp1";
pub const COOKIE: &str = "session-cookie-of-emp1";

type AtPause = Arc<Mutex<Option<Act>>>;

pub struct World {
    pub clock: Arc<FixedClock>,
    pub store: MemoryStore,
    pub storage: Arc<HookedStorage>,
    pub jira: Arc<HookedJira>,
    pub confluence: Arc<FakeConfluence>,
    pub chat: Arc<FakeChat>,
    pub tools: Arc<FakeTools>,
    pub hasher: Arc<HookedHasher>,
    /// How long jobs waited.
    pub pauses: Arc<Mutex<Vec<Millis>>>,
    at_pause: AtPause,
    pub ports: Ports,
    pub person: Person,
    pub actor: Actor,
}

pub fn site(id: &str, kind: SiteKind, allow_unverified_tls: bool) -> Site {
    Site {
        id: id.to_owned(),
        name: id.to_owned(),
        kind,
        base_url: format!("https://{id}.corp.example"),
        allow_http: false,
        allow_loopback: false,
        allow_unverified_tls,
        marker_field: None,
        spaces: Vec::new(),
        restricted_spaces: Vec::new(),
        publish_through: None,
    }
}

pub fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

pub fn request_id() -> RequestId {
    RequestId::from_number(7)
}

/// Jobs running in a process whose jobs do not really wait.
fn process(pauses: &Arc<Mutex<Vec<Millis>>>, clock: &Arc<FixedClock>, at_pause: &AtPause) -> Arc<RunningJobs> {
    let (pauses, clock, at_pause) = (Arc::clone(pauses), Arc::clone(clock), Arc::clone(at_pause));
    Arc::new(RunningJobs::pausing_by(move |span, _| {
        pauses.lock().unwrap().push(span);
        clock.advance(span);
        let act = at_pause.lock().unwrap().take();
        if let Some(act) = act {
            act();
        }
    }))
}

impl World {
    pub fn new() -> Self {
        let clock = Arc::new(FixedClock::default());
        let store = MemoryStore::new(clock.clone());
        let storage = Arc::new(HookedStorage::new(store.clone()));
        let jira = Arc::new(HookedJira::default());
        let confluence = Arc::new(FakeConfluence::with_person(CONFLUENCE_PAT, "emp1"));
        let chat = Arc::new(FakeChat::with_person(COOKIE, "emp1"));
        let tools = Arc::new(FakeTools::default());
        let hasher = Arc::new(HookedHasher::default());
        let pauses = Arc::new(Mutex::new(Vec::new()));
        let at_pause = AtPause::default();
        let settings = Settings {
            sites: vec![
                site("jira", SiteKind::Jira, false),
                site("lab", SiteKind::Jira, true),
                site("confluence", SiteKind::Confluence, true),
                site("wiki", SiteKind::Confluence, false),
            ],
            administrators: vec!["BOSS".to_owned()],
            // So that the same test makes the same calls in the same order.
            finish_at_once: 0,
            ..Settings::default()
        };
        let ports = Ports {
            storage: storage.clone(),
            jira: jira.clone(),
            confluence: confluence.clone(),
            chat: chat.clone(),
            files: Arc::new(storywright_testkit::ReadsWith(storywright_markup::read_file)),
            tools: tools.clone(),
            events: Arc::new(store.clone()),
            queue: Arc::new(store.clone()),
            passwords: hasher.clone(),
            sealer: Arc::new(FakeSealer::default()),
            tokens: Arc::new(FakeSigner),
            sha256: Arc::new(FakeSha256),
            clock: clock.clone(),
            ids: Arc::new(CountingIds::after(1_000)),
            settings: Arc::new(settings),
            running: process(&pauses, &clock, &at_pause),
            reviewer: Arc::default(),
        };
        assert_eq!(store.write(|tx| tx.save_rule_set(&build::kept_rule_set(), "", "")), Ok(Saved::Stored));
        let person = build::person(1);
        let actor = Actor::of(&person, request_id());
        let world = Self {
            clock,
            store,
            storage,
            jira,
            confluence,
            chat,
            tools,
            hasher,
            pauses,
            at_pause,
            ports,
            person,
            actor,
        };
        world.join(&world.person, PAT);
        for (kind, credential) in [(IntegrationKind::Confluence, CONFLUENCE_PAT), (IntegrationKind::Llm, COOKIE)] {
            let connected = world.connected(&world.person, kind, credential);
            world.store.write(|tx| tx.save_integration(&connected)).unwrap();
        }
        world
    }

    /// A tested connection with this credential.
    pub fn connected(&self, person: &Person, kind: IntegrationKind, credential: &str) -> Integration {
        let sealed = self.ports.sealer.seal(&access::place(person.id, kind), &secret(credential)).unwrap();
        Integration { sealed_credential: sealed, ..build::integration(person, kind) }
    }

    /// Signs a person up.
    pub fn join(&self, person: &Person, pat: &str) {
        let number = person.id.0;
        self.jira.fake.add_person(pat, build::jira_user(number));
        let hash = self.hasher.hash(&secret(PASSWORD)).unwrap();
        let jira = self.connected(person, IntegrationKind::Jira, pat);
        let inserted = self.store.write(|tx| tx.insert_person(person, &hash, &jira));
        assert_eq!(inserted, Ok::<_, StorageError>(Inserted::New));
    }

    /// Another person of the company.
    pub fn colleague(&self) -> Actor {
        let person = build::person(2);
        self.join(&person, "jira-token-of-emp2");
        Actor::of(&person, request_id())
    }

    /// Another person, with an LLM connection of their own.
    pub fn colleague_with_llm(&self) -> Actor {
        let actor = self.colleague();
        let connected = self.connected(&build::person(2), IntegrationKind::Llm, "session-cookie-of-emp2");
        self.chat.add_person("session-cookie-of-emp2", "emp2");
        self.save(&connected);
        actor
    }

    /// The same company seen from another server process.
    pub fn other_process(&self) -> Ports {
        Ports { running: process(&self.pauses, &self.clock, &self.at_pause), ..self.ports.clone() }
    }

    pub fn integration(&self, kind: IntegrationKind) -> Integration {
        self.store.read(|tx| tx.integration(self.person.id, kind)).unwrap().expect("it is connected")
    }

    pub fn save(&self, integration: &Integration) {
        self.store.write(|tx| tx.save_integration(integration)).unwrap();
    }

    /// A draft with stories that the rules find no fault with, each with two sub-tasks.
    pub fn draft_with(&self, stories: &[&str]) -> Draft {
        let stories: Vec<Story> = stories.iter().map(|summary| build::story(summary)).collect();
        let number = self.ports.ids.id();
        let document = Document::of_stories(stories).with_references();
        let draft = Draft { document, ..build::draft(self.person.id, number) };
        self.store.write(|tx| tx.insert_draft(&draft)).unwrap();
        draft
    }

    pub fn draft(&self, id: DraftId) -> Draft {
        self.store.read(|tx| tx.draft(self.person.id, id)).unwrap().expect("the draft is there")
    }

    pub fn plan(&self, id: DraftId) -> Plan {
        make_plan(&self.ports, &self.actor, id).expect("the draft can be planned")
    }

    /// A run of the draft, approved under a key of its own.
    pub fn approved(&self, id: DraftId) -> RunId {
        let plan = self.plan(id);
        let key = format!("key-{}-{}", id, plan.version);
        publish(&self.ports, &self.actor, id, &plan.plan_hash, &key).expect("the plan is approved")
    }

    pub fn view(&self, run: RunId) -> RunView {
        run_view(&self.ports, &self.actor, run).unwrap().expect("the run is there")
    }

    /// Any run of the person.
    pub fn view_any(&self) -> storywright_domain::publishing::Run {
        self.store.read(|tx| tx.runs(self.person.id, None, 1)).unwrap().items.remove(0)
    }

    /// When the next job is due that waits or whose lease runs out.
    pub fn next_job_at(&self) -> Option<Timestamp> {
        let open = self.store.read(|tx| tx.open_jobs(self.person.id)).unwrap();
        let lease = Millis(self.ports.settings.job_lease.0.max(self.ports.settings.create_timeout.0) + 60_000);
        let now = self.ports.clock.now();
        let due = open.into_iter().map(|job| match job.status {
            JobStatus::Running => now + lease,
            _ => job.run_at,
        });
        due.min()
    }

    /// The links that an issue shows: name of the type, direction, other key.
    pub fn links(&self, key: &str) -> Vec<String> {
        let access = build::access(self.person.id, PAT);
        let links = self.jira.fake.links(&access, key).unwrap().into_iter().map(|link| {
            let arrow = if link.outward { "->" } else { "<-" };
            format!("{} {arrow} {}", link.link_type, link.other_key)
        });
        links.collect()
    }

    pub fn states(&self, run: RunId) -> Vec<ItemState> {
        self.view(run).items.iter().map(|item| item.state).collect()
    }

    /// The run that a claimed job works on.
    pub fn run_of(&self, claim: &Claim) -> RunId {
        RunId::parse(&claim.job.subject).unwrap()
    }

    /// Puts an item into a state, past all rules.
    pub fn set_item(&self, item: &RunItem, to: ItemState) {
        let detail = "by the test".to_owned();
        let change = ItemChange::plain(item.state, to, NOW, detail);
        assert_eq!(self.store.write(|tx| tx.change_item(self.person.id, item.id, 0, &change)), Ok(Saved::Stored));
    }

    /// State of the run, and its reason.
    pub fn ended(&self, run: RunId) -> (RunState, String) {
        let run = self.view(run).run;
        (run.state, run.reason.unwrap_or_default())
    }

    pub fn job(&self, id: JobId) -> Job {
        self.store.read(|tx| tx.job(self.person.id, id)).unwrap().expect("the job is there")
    }

    pub fn try_claim(&self) -> Option<Claim> {
        self.store.claim("worker", &JobKind::ALL, self.ports.settings.job_lease).unwrap()
    }

    #[track_caller]
    pub fn claim(&self) -> Claim {
        self.try_claim().expect("a job is due")
    }

    /// Does the next job once, and gives it as it is afterwards.
    #[track_caller]
    pub fn work_once(&self) -> Job {
        let claim = self.claim();
        run_claimed(&self.ports, &claim);
        self.job(claim.job.id)
    }

    /// Does the next job, and goes on with it whenever its time has come, until it waits no more; gives it as it is afterwards.
    #[track_caller]
    pub fn work(&self) -> Job {
        let mut job = self.work_once();
        for _ in 0..60 {
            if job.kind != JobKind::Publish || job.status != JobStatus::Pending || job.run_at <= self.ports.clock.now()
            {
                return job;
            }
            self.clock.set(job.run_at);
            job = self.work_once();
        }
        panic!("it waits for ever: {job:?}");
    }

    /// Does the next job in a process that dies where a hook panics.
    #[track_caller]
    pub fn work_and_die(&self) -> Claim {
        let claim = self.claim();
        let process = self.other_process();
        let outcome = catch_unwind(AssertUnwindSafe(|| run_claimed(&process, &claim)));
        assert!(outcome.is_err(), "the process lives");
        claim
    }

    /// Acts once, when a job waits the next time.
    pub fn at_next_pause(&self, act: impl FnOnce() + Send + 'static) {
        *self.at_pause.lock().unwrap() = Some(Box::new(act));
    }

    /// Lets every lease run out.
    pub fn outlive_leases(&self) {
        self.clock.advance(Millis(self.ports.settings.job_lease.0.max(self.ports.settings.create_timeout.0) + 60_000));
    }

    /// What a job said, without the text that streamed.
    pub fn said(&self, job: JobId) -> Vec<(EventKind, serde_json::Value)> {
        let events = self.store.said(job).into_iter().filter(|event| event.kind != EventKind::Token);
        events.map(|event| (event.kind, serde_json::from_str(&event.data).unwrap())).collect()
    }

    /// What kinds of things a job said, in order.
    pub fn kinds_said(&self, job: JobId) -> Vec<EventKind> {
        self.said(job)
            .into_iter()
            .map(|(kind, _)| kind)
            .filter(|kind| !matches!(kind, EventKind::Progress | EventKind::Step))
            .collect()
    }

    /// What a person did, oldest first.
    pub fn audited(&self) -> Vec<AuditEntry> {
        let mut entries = self.store.read(|tx| tx.audit_entries(self.person.id, None, 200)).unwrap().items;
        entries.reverse();
        entries
    }

    pub fn actions(&self) -> Vec<String> {
        self.audited().into_iter().map(|entry| entry.action).collect()
    }

    /// Makes the database fail, or work again.
    pub fn break_database(&self, broken: bool) {
        self.store.break_down(broken.then(|| StorageError::Unavailable("no disk".to_owned())));
    }
}

/// How often each summary was sent.
pub fn sends(world: &World, summary: &str) -> usize {
    world.jira.fake.sent().iter().filter(|(payload, _)| summary_of(payload) == summary).count()
}

pub fn summary_of(payload: &str) -> String {
    let json: serde_json::Value = serde_json::from_str(payload).unwrap();
    json["fields"]["summary"].as_str().unwrap().to_owned()
}
