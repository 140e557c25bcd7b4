//! Ten thousand runs in virtual time: trees of epics, stories and sub-tasks against a Jira that loses answers, whose index lags, whose
//! people move, strip and delete issues, with workers that die and leases that pass on. Each seed is one story; a seed that fails is
//! named, and told again with `STORYWRIGHT_SEED=<number>`.

use crate::executor::{auth_lost, not_sent, rejected, unknown};
use crate::hooks::Moment;
use crate::plan::{field, screen};
use crate::world::{PAT, World};
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard};
use storywright_application::publishing::{
    Resolution, make_plan, publish, resolve_item, resume_run, retry_run, stop_run, sweep_late_arrivals,
};
use storywright_application::worker::run_claimed;
use storywright_domain::draft::Draft;
use storywright_domain::integration::IntegrationKind;
use storywright_domain::jira::FieldKind;
use storywright_domain::ports::{Claim, StorageExt as _};
use storywright_domain::publishing::{ItemState, RunItem, RunState};
use storywright_domain::story::{Document, Epic, LinkKind, Story, StoryLink, Subtask};
use storywright_domain::{Millis, RunId};
use storywright_testkit::{NextCreate, build};

const SEEDS: u64 = 10_000;

/// Numbers that look random and are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.roll() % bound
    }

    fn one_in(&mut self, number: u64) -> bool {
        self.below(number) == 0
    }
}

/// What becomes of one create call, and of its worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Works,
    AnswerLostAfterCommit,
    AnswerLostBeforeCommit,
    Rejected,
    NotSent,
    RateLimited,
    AuthLost,
    DiesBefore,
    DiesAfter,
    LeasePassesOn,
}

struct Sim {
    world: World,
    dice: Mutex<Dice>,
    /// One fault in so many calls.
    rarity: u64,
    /// When the index catches up; `None` never.
    index_at: Option<Millis>,
    under_way: Mutex<Vec<Fate>>,
    /// Ids of issues that somebody deleted.
    deleted: Mutex<HashSet<String>>,
    /// Origins of which the person accepted so many doubles.
    accepted: Mutex<HashMap<String, usize>>,
    violations: Mutex<Vec<String>>,
    /// How deep workers are in workers.
    nested: Mutex<u32>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A worker that dies in a hook poisons what it held.
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Run label and reference of a payload or property.
fn origin_of(json: &serde_json::Value) -> String {
    format!("{}/{}", json["run"].as_str().unwrap_or_default(), json["item"].as_str().unwrap_or_default())
}

fn origin_of_payload(payload: &str) -> String {
    let json: serde_json::Value = serde_json::from_str(payload).unwrap();
    origin_of(&json["properties"][0]["value"])
}

/// Whether a property is the proof of an origin.
fn carries(origin: &str) -> impl Fn(&str) -> bool {
    let (run, item) = origin.split_once('/').unwrap();
    let parts = [format!("\"run\":\"{run}\""), format!("\"item\":\"{item}\"")];
    move |property| parts.iter().all(|part| property.contains(part.as_str()))
}

fn tree(dice: &mut Dice) -> Document {
    let epics: Vec<Epic> =
        (0..dice.below(3)).map(|number| Epic { summary: format!("Theme {number}"), ..Epic::default() }).collect();
    let stories = (0..1 + dice.below(3)).map(|number| {
        let subtask = |part: u64| Subtask { summary: format!("Part {part}"), ..Subtask::default() };
        let links = if number > 0 && dice.one_in(2) {
            vec![StoryLink { kind: LinkKind::Blocks, to: "s1".to_owned() }]
        } else {
            Vec::new()
        };
        Story {
            subtasks: (0..dice.below(3)).map(subtask).collect(),
            epic: (!epics.is_empty() && dice.one_in(2)).then(|| format!("e{}", 1 + dice.below(epics.len() as u64))),
            links,
            ..build::story(&format!("Story {number} of seed"))
        }
    });
    let stories = stories.collect();
    Document { epics, stories }.with_references()
}

impl Sim {
    fn begin(seed: u64) -> (Arc<Self>, RunId) {
        let mut dice = Dice(seed);
        let world = World::new();
        if dice.one_in(2) {
            // A project that is not empty: what is there can be read.
            world.jira.fake.next_create(NextCreate::Works);
            let access = build::access(world.person.id, PAT);
            let payload = serde_json::json!({"fields": {"project": {"key": "PAY"}, "summary": "From before"}});
            let _ = storywright_domain::ports::Jira::create(&world.jira.fake, &access, &payload.to_string(), None);
        }
        world.jira.fake.add_project("OPS", "Operations");
        match dice.below(3) {
            0 => world.jira.fake.set_fields(screen(vec![field("customfield_7", FieldKind::EpicLink)])),
            1 => {
                let screen = screen(Vec::new()).into_iter().filter(|field| field.id != "parent");
                world.jira.fake.set_fields_of("10001", screen.collect());
            }
            _ => {}
        }
        let (rarity, index_at) =
            (1 + dice.below(5), [Some(Millis(0)), Some(Millis::seconds(60)), None][dice.below(3) as usize]);
        if index_at != Some(Millis(0)) {
            world.jira.fake.lag_index(true);
        }
        let document = tree(&mut dice);
        let draft = Draft { document, ..build::draft(world.person.id, world.ports.ids.id()) };
        world.store.write(|tx| tx.insert_draft(&draft)).unwrap();
        let run = world.approved(draft.id);
        let sim = Arc::new(Self {
            world,
            dice: Mutex::new(dice),
            rarity,
            index_at,
            under_way: Mutex::default(),
            deleted: Mutex::default(),
            accepted: Mutex::default(),
            violations: Mutex::default(),
            nested: Mutex::default(),
        });
        let hooked = Arc::clone(&sim);
        sim.world.jira.hook(move |name, moment, detail| match (name, moment) {
            ("create", Moment::Before) => hooked.before(detail),
            ("create", Moment::After) => hooked.after(detail),
            ("marked", Moment::Before) => hooked.search(),
            _ => {}
        });
        (sim, run)
    }

    fn violated(&self, what: String) {
        locked(&self.violations).push(what);
    }

    fn fate(&self) -> Fate {
        let mut dice = locked(&self.dice);
        if !dice.one_in(self.rarity) {
            return Fate::Works;
        }
        const FATES: [Fate; 12] = [
            Fate::Works,
            Fate::AnswerLostAfterCommit,
            Fate::AnswerLostAfterCommit,
            Fate::AnswerLostAfterCommit,
            Fate::AnswerLostBeforeCommit,
            Fate::Rejected,
            Fate::NotSent,
            Fate::RateLimited,
            Fate::AuthLost,
            Fate::DiesBefore,
            Fate::DiesAfter,
            Fate::LeasePassesOn,
        ];
        FATES[dice.below(FATES.len() as u64) as usize]
    }

    /// Issues of an origin that exist.
    fn there(&self, origin: &str) -> usize {
        let of = carries(origin);
        self.world.jira.fake.issues().iter().filter(|issue| issue.property.as_deref().is_some_and(&of)).count()
    }

    fn item_of(&self, payload: &str) -> Option<RunItem> {
        let user = self.world.person.id;
        let runs = self.world.store.read(|tx| tx.runs(user, None, 20)).unwrap().items;
        let items = runs.iter().flat_map(|run| self.world.store.read(|tx| tx.run_items(user, run.id)).unwrap());
        items.into_iter().find(|item| item.payload == payload)
    }

    fn before(&self, payload: &str) {
        let origin = origin_of_payload(payload);
        let accepted = locked(&self.accepted).get(&origin).copied().unwrap_or(0);
        if self.there(&origin) > accepted {
            self.violated(format!("{origin} is sent though it is there"));
        }
        match self.item_of(payload) {
            Some(item) if item.state == ItemState::Sending => {}
            other => self.violated(format!("{origin} is sent in state {:?}", other.map(|item| item.state))),
        }
        let nested = *locked(&self.nested);
        let fate = match self.fate() {
            Fate::LeasePassesOn if nested > 1 => Fate::Works,
            fate => fate,
        };
        match fate {
            Fate::DiesBefore => resume_unwind(Box::new("killed")),
            Fate::LeasePassesOn => {
                let began = self.world.ports.clock.now();
                self.world.outlive_leases();
                if let Some(claim) = self.world.try_claim() {
                    self.work(&claim);
                }
                // A call that sleeps on its way longer than an absent issue is waited for is the double that nobody can prevent.
                let slept = self.world.ports.clock.now().0 - began.0;
                if slept >= self.world.ports.settings.reconcile.absent.0 {
                    *locked(&self.accepted).entry(origin.clone()).or_default() += 1;
                }
            }
            _ => {}
        }
        locked(&self.under_way).push(fate);
        self.world.jira.fake.next_create(match fate {
            Fate::AnswerLostAfterCommit => NextCreate::CreatedBut(unknown()),
            Fate::AnswerLostBeforeCommit => NextCreate::Only(unknown()),
            Fate::Rejected => NextCreate::Only(rejected()),
            Fate::NotSent => NextCreate::Only(not_sent(None)),
            Fate::RateLimited => NextCreate::Only(not_sent(Some(30_000))),
            Fate::AuthLost => NextCreate::CreatedBut(auth_lost()),
            _ => NextCreate::Works,
        });
    }

    fn after(&self, payload: &str) {
        let fate = locked(&self.under_way).pop().unwrap();
        self.meddle(payload);
        // A call takes its time; a lost answer takes longest.
        let lost = matches!(fate, Fate::AnswerLostAfterCommit | Fate::AnswerLostBeforeCommit);
        self.world.clock.advance(if lost { Millis::seconds(60) } else { Millis(50) });
        if fate == Fate::DiesAfter {
            resume_unwind(Box::new("killed"));
        }
    }

    /// People and automations do things to an issue as soon as it is there.
    fn meddle(&self, payload: &str) {
        let origin = origin_of_payload(payload);
        let issues = self.world.jira.fake.issues();
        let of = carries(&origin);
        let Some(issue) = issues.iter().rev().find(|issue| issue.property.as_deref().is_some_and(&of)) else { return };
        let mut dice = locked(&self.dice);
        if !dice.one_in(8) {
            return;
        }
        match dice.below(3) {
            0 => self.world.jira.fake.change_field(&issue.key, "labels", None),
            1 => self.world.jira.fake.move_issue(&issue.key, &format!("OPS-{}", issue.id)),
            _ => {
                locked(&self.deleted).insert(issue.id.clone());
                self.world.jira.fake.delete_issue(&issue.id);
            }
        }
    }

    fn search(&self) {
        let began = self.world.view_any().approved_at;
        let waited = self.world.ports.clock.now().0 - began.0;
        if self.index_at.is_some_and(|at| waited >= at.0) {
            self.world.jira.fake.lag_index(false);
        }
        // Another node answers, whose index knows nothing yet.
        let blind = locked(&self.dice).one_in(3);
        self.world.jira.blind.store(blind, Ordering::SeqCst);
    }

    /// Does a job in a process of its own, which may die.
    fn work(&self, claim: &Claim) {
        *locked(&self.nested) += 1;
        let process = self.world.other_process();
        let _ = catch_unwind(AssertUnwindSafe(|| run_claimed(&process, claim)));
        *locked(&self.nested) -= 1;
    }

    /// Works until nothing happens by itself any more.
    fn work_all(&self) {
        for _ in 0..120 {
            self.world.clock.advance(Millis::seconds(5));
            if let Some(claim) = self.world.try_claim() {
                self.work(&claim);
                continue;
            }
            let Some(at) = self.world.next_job_at() else { return };
            self.world.clock.set(at);
        }
        self.violated("it works for ever".to_owned());
    }

    fn act(&self, run: RunId) -> RunId {
        let (ports, actor) = (&self.world.ports, &self.world.actor);
        let connected = self.world.connected(&self.world.person, IntegrationKind::Jira, PAT);
        self.world.save(&connected);
        let deed = locked(&self.dice).below(6);
        let items = self.world.view(run).items;
        let in_doubt: Vec<&RunItem> = items.iter().filter(|item| item.state.is_in_doubt()).collect();
        match deed {
            0 | 1 => drop(resume_run(ports, actor, run)),
            2 => drop(stop_run(ports, actor, run)),
            3 => {
                for item in in_doubt {
                    drop(resolve_item(ports, actor, run, item.id, &Resolution::CheckAgain));
                }
            }
            4 => {
                for item in in_doubt {
                    if resolve_item(ports, actor, run, item.id, &Resolution::CreateAgain) == Ok(true) {
                        *locked(&self.accepted).entry(origin_of_payload(&item.payload)).or_default() += 1;
                    }
                }
                drop(resume_run(ports, actor, run));
            }
            _ => {
                if let Ok(draft) = retry_run(ports, actor, run)
                    && let Ok(plan) = make_plan(ports, actor, draft)
                {
                    let key = format!("again-{}", plan.run_label);
                    return publish(ports, actor, draft, &plan.plan_hash, &key).unwrap();
                }
            }
        }
        run
    }

    /// The history of a run, to find out by.
    fn told(&self, run: RunId) -> Vec<String> {
        let view = self.world.view(run);
        let name = |id| view.items.iter().find(|item| item.id == id).map(|item| item.reference.clone());
        let lines = view.events.iter().map(|line| {
            let after = (line.at.0 - view.run.approved_at.0) / 1_000;
            format!(
                "{after} s {} {:?} -> {:?} {}",
                name(line.item).unwrap_or_default(),
                line.from,
                line.to,
                line.detail
            )
        });
        lines.collect()
    }

    /// What holds whenever nothing happens by itself any more.
    fn check(&self, run: RunId) {
        let issues = self.world.jira.fake.issues();
        let deleted = locked(&self.deleted).clone();
        let view = self.world.view(run);
        if view.run.state == RunState::Active {
            self.violated("it is left active".to_owned());
        }
        for item in &view.items {
            let origin = origin_of_payload(&item.payload);
            let accepted = locked(&self.accepted).get(&origin).copied().unwrap_or(0);
            if self.there(&origin) > 1 + accepted {
                self.violated(format!("{origin} is there twice"));
            }
            if matches!(item.state, ItemState::Sending) {
                self.violated(format!("{origin} is left in sending"));
            }
            self.check_history(item, &view.events);
            if !item.state.is_in_jira() {
                continue;
            }
            let id = item.jira_id.clone().unwrap_or_default();
            let Some(issue) = issues.iter().find(|issue| issue.id == id) else {
                if !deleted.contains(&id) {
                    self.violated(format!("{origin} is said to be {id}, which is not there"));
                }
                continue;
            };
            self.check_parent(item, &view.items, issue);
        }
    }

    /// A call begins from a state in which nothing can be there, and after a doubt only once it was settled.
    fn check_history(&self, item: &RunItem, events: &[storywright_domain::publishing::RunEvent]) {
        let mut state = ItemState::Planned;
        for line in events.iter().filter(|line| line.item == item.id) {
            if line.from != state {
                self.violated(format!("the history of {} has a gap", item.reference));
            }
            if line.to == ItemState::Sending && !matches!(line.from, ItemState::Planned | ItemState::Absent) {
                self.violated(format!("{} is sent from {:?}", item.reference, line.from));
            }
            let settled = ["the person accepts a possible duplicate"].contains(&line.detail.as_str());
            if line.from.is_in_doubt() && line.to == ItemState::Planned && !settled {
                self.violated(format!("{} is planned again while it may be there", item.reference));
            }
            state = line.to;
        }
        if state != item.state {
            self.violated(format!("the history of {} ends elsewhere", item.reference));
        }
    }

    fn check_parent(&self, item: &RunItem, items: &[RunItem], issue: &storywright_domain::jira::Issue) {
        let Some(parent) = item.parent.and_then(|parent| items.iter().find(|other| other.id == parent)) else { return };
        let said = parent.jira_key.clone().unwrap_or_default();
        let subtask = item.reference.contains('.');
        let in_epic = || self.world.jira.fake.epic_of(&issue.id).or_else(|| issue.parent.clone());
        let there = if subtask { issue.parent.clone() } else { in_epic() };
        // A story that is put into its epic afterwards is there once it is finished.
        if !subtask && item.state != ItemState::Linked {
            return;
        }
        let same = |key: &str| {
            key == said
                || self
                    .world
                    .jira
                    .fake
                    .issues()
                    .iter()
                    .any(|other| other.key == key && Some(&other.id) == parent.jira_id.as_ref())
        };
        if !there.as_deref().is_some_and(same) {
            self.violated(format!("{} hangs under {there:?} instead of {said}", item.reference));
        }
    }
}

/// Plays one seed to its end; gives what is wrong.
fn play(seed: u64) -> Vec<String> {
    let (sim, first) = Sim::begin(seed);
    let mut runs = vec![first];
    sim.work_all();
    sim.check(first);
    let deeds = locked(&sim.dice).below(5);
    for _ in 0..deeds {
        let run = *runs.last().unwrap();
        let next = sim.act(run);
        if next != run {
            runs.push(next);
        }
        sim.work_all();
        runs.iter().for_each(|run| sim.check(*run));
    }
    for wait in [Millis::minutes(16), Millis::hours(25)] {
        sim.world.clock.advance(wait);
        sim.world.jira.fake.lag_index(false);
        sweep_late_arrivals(&sim.world.ports).unwrap();
        runs.iter().for_each(|run| sim.check(*run));
    }
    // The hook holds the story, which holds the hook.
    sim.world.jira.hook(|_, _, _| ());
    let mut violations = locked(&sim.violations).clone();
    violations.dedup();
    if !violations.is_empty() {
        violations.extend(runs.iter().flat_map(|run| sim.told(*run)));
    }
    violations
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a seed that failed is told again by hand")]
fn ten_thousand_stories_end_without_doubles_losses_or_lies() {
    let chosen = std::env::var("STORYWRIGHT_SEED").ok().and_then(|seed| seed.parse::<u64>().ok());
    let seeds = chosen.map_or(0..SEEDS, |seed| seed..seed + 1);
    let next = std::sync::atomic::AtomicU64::new(seeds.start);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= seeds.end {
                        return;
                    }
                    let violations = play(seed);
                    assert!(violations.is_empty(), "STORYWRIGHT_SEED={seed}: {violations:#?}");
                }
            });
        }
    });
}
