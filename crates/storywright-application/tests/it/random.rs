//! Random outcomes, crashes, lost leases, stops and decisions over a small tree of issues: whatever comes, nothing is sent while it may
//! be there, and every run ends where its person can see it.

use crate::executor::{auth_lost, not_sent, rejected, unknown};
use crate::hooks::Moment;
use crate::world::{PAT, World};
use proptest::prelude::*;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use storywright_application::RunningJobs;
use storywright_application::publishing::{Resolution, resolve_item, resume_run, stop_run};
use storywright_application::worker::{give_up_attempt, run_claimed};
use storywright_domain::RunId;
use storywright_domain::draft::DraftState;
use storywright_domain::integration::IntegrationKind;
use storywright_domain::ports::Claim;
use storywright_domain::publishing::{ItemState, RunEvent, RunState};
use storywright_domain::remote::RemoteError;
use storywright_testkit::NextCreate;

/// What becomes of one create call, and of its worker.
#[derive(Debug, Clone, Copy)]
enum Step {
    Works,
    LostAfterCreation,
    LostBeforeCreation,
    Rejected,
    NotSent,
    AuthLostAfterCreation,
    AuthLostBeforeCreation,
    DiesBefore,
    DiesAfter,
    PanicsAfter,
    SleepsThroughItsLease,
    DiskFailsAfter,
    StoppedMeanwhile,
    ProcessEnds,
}

const STEPS: [Step; 14] = [
    Step::Works,
    Step::LostAfterCreation,
    Step::LostBeforeCreation,
    Step::Rejected,
    Step::NotSent,
    Step::AuthLostAfterCreation,
    Step::AuthLostBeforeCreation,
    Step::DiesBefore,
    Step::DiesAfter,
    Step::PanicsAfter,
    Step::SleepsThroughItsLease,
    Step::DiskFailsAfter,
    Step::StoppedMeanwhile,
    Step::ProcessEnds,
];

/// What the person does when nothing happens by itself any more.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Resume,
    CheckAgain,
    CreateAgain,
    Stop,
}

const DEEDS: [Deed; 4] = [Deed::Resume, Deed::CheckAgain, Deed::CreateAgain, Deed::Stop];

/// The script and what is watched.
struct Play {
    world: World,
    run: RunId,
    steps: Mutex<std::vec::IntoIter<Step>>,
    late: Mutex<std::vec::IntoIter<bool>>,
    /// Steps of calls under way.
    under_way: Mutex<Vec<Step>>,
    /// Items that were sent and of which nobody has said that they are not there.
    may_exist: Mutex<HashMap<String, bool>>,
    /// Items of which a call reached Jira only when an absent issue was no longer waited for: no look could have known of it.
    too_late: Mutex<HashSet<String>>,
    accepted_duplicates: Mutex<HashMap<String, usize>>,
    process: Mutex<Option<Arc<RunningJobs>>>,
    dead: Mutex<bool>,
    violations: Mutex<Vec<String>>,
}

fn reference_of(payload: &str) -> String {
    let json: serde_json::Value = serde_json::from_str(payload).unwrap();
    json["properties"][0]["value"]["item"].as_str().unwrap().to_owned()
}

impl Play {
    fn begin(steps: Vec<Step>, late: Vec<bool>) -> Arc<Self> {
        let world = World::new();
        let run = world.approved(world.draft_with(&["Refund", "Chargeback"]).id);
        let play = Arc::new(Self {
            world,
            run,
            steps: Mutex::new(steps.into_iter()),
            late: Mutex::new(late.into_iter()),
            under_way: Mutex::default(),
            may_exist: Mutex::default(),
            accepted_duplicates: Mutex::default(),
            too_late: Mutex::default(),
            process: Mutex::default(),
            dead: Mutex::default(),
            violations: Mutex::default(),
        });
        let hooked = Arc::clone(&play);
        play.world.jira.hook(move |name, moment, detail| match (name, moment) {
            ("create", Moment::Before) => hooked.before(detail),
            ("create", Moment::After) => hooked.after(detail),
            ("marked", moment) => hooked.search(moment),
            _ => {}
        });
        play
    }

    fn before(&self, payload: &str) {
        let reference = reference_of(payload);
        let mut may_exist = self.may_exist.lock().unwrap();
        let view = self.world.view(self.run);
        let item = view.items.iter().find(|item| item.reference == reference).unwrap();
        let history: Vec<&RunEvent> = view.events.iter().filter(|line| line.item == item.id).collect();
        let intent = history.iter().rev().find(|line| line.to == ItemState::Sending).expect("the intent is on disk").at;
        let too_late = self.too_late.lock().unwrap().contains(&reference);
        let absent = self.there(&reference) == 0 && self.looked_long_enough(&history);
        if may_exist.insert(reference.clone(), true) == Some(true) && !absent && !too_late {
            self.violations
                .lock()
                .unwrap()
                .push(format!("{reference} was sent while it may have been there: {history:?}"));
        }
        drop(may_exist);
        let step = self.steps.lock().unwrap().next().unwrap_or(Step::Works);
        match step {
            Step::DiesBefore => self.die(),
            Step::SleepsThroughItsLease => {
                self.world.outlive_leases();
                if let Some(claim) = self.world.try_claim() {
                    self.work(&claim);
                }
                // Longer than an absent issue is waited for: the double that nobody can prevent.
                if self.world.ports.clock.now().0 - intent.0 >= self.world.ports.settings.reconcile.absent.0 {
                    self.too_late.lock().unwrap().insert(reference.clone());
                    *self.accepted_duplicates.lock().unwrap().entry(reference.clone()).or_default() += 1;
                }
            }
            _ => {}
        }
        self.under_way.lock().unwrap().push(step);
        self.world.jira.fake.next_create(match step {
            Step::LostAfterCreation => NextCreate::CreatedBut(unknown()),
            Step::LostBeforeCreation => NextCreate::Only(unknown()),
            Step::Rejected => NextCreate::Only(rejected()),
            Step::NotSent => NextCreate::Only(not_sent(None)),
            Step::AuthLostAfterCreation => NextCreate::CreatedBut(auth_lost()),
            Step::AuthLostBeforeCreation => NextCreate::Only(auth_lost()),
            _ => NextCreate::Works,
        });
    }

    /// Whether the item was held for absent since the call before this one, and not before its time.
    fn looked_long_enough(&self, history: &[&RunEvent]) -> bool {
        let since = history.iter().rev().skip(1).take_while(|line| line.to != ItemState::Sending);
        let Some(absent) = since.filter(|line| line.to == ItemState::Absent).last() else { return false };
        let sent = history.iter().rev().filter(|line| line.to == ItemState::Sending).nth(1);
        sent.is_some_and(|sent| absent.at.0 - sent.at.0 >= self.world.ports.settings.reconcile.absent.0)
    }

    /// Issues of an item.
    fn there(&self, reference: &str) -> usize {
        let proof = format!("\"item\":\"{reference}\"");
        let issues = self.world.jira.fake.issues();
        issues.iter().filter(|issue| issue.property.as_deref().is_some_and(|it| it.contains(&proof))).count()
    }

    fn after(&self, payload: &str) {
        let step = self.under_way.lock().unwrap().pop().unwrap();
        match step {
            // Jira has said that it is not there.
            Step::Rejected | Step::NotSent => {
                self.may_exist.lock().unwrap().insert(reference_of(payload), false);
            }
            Step::DiesAfter => self.die(),
            Step::PanicsAfter => panic!("a fault in the worker"),
            Step::DiskFailsAfter => self.world.break_database(true),
            Step::StoppedMeanwhile => {
                assert!(stop_run(&self.world.ports, &self.world.actor, self.run).is_ok());
            }
            Step::ProcessEnds => {
                let process = self.process.lock().unwrap().clone().unwrap();
                process.shut_down();
                process.cancel_all();
            }
            _ => {}
        }
    }

    fn search(&self, moment: Moment) {
        let late = moment == Moment::Before && self.late.lock().unwrap().next().unwrap_or(false);
        self.world.jira.fake.fail(late.then(|| RemoteError::Unavailable { detail: "the index is late".to_owned() }));
    }

    fn die(&self) {
        *self.dead.lock().unwrap() = true;
        panic!("killed");
    }

    /// Does a job in a process of its own.
    fn work(&self, claim: &Claim) {
        let process = self.world.other_process();
        *self.process.lock().unwrap() = Some(Arc::clone(&process.running));
        let outcome = catch_unwind(AssertUnwindSafe(|| run_claimed(&process, claim)));
        self.world.break_database(false);
        let dead = std::mem::take(&mut *self.dead.lock().unwrap());
        if outcome.is_err() && !dead {
            give_up_attempt(&process, claim);
        }
    }

    /// Works until nothing happens by itself any more.
    fn work_all(&self) {
        for _ in 0..80 {
            self.world.outlive_leases();
            match self.world.try_claim() {
                Some(claim) => self.work(&claim),
                None => return,
            }
        }
        self.violations.lock().unwrap().push("it works for ever".to_owned());
    }

    fn act(&self, deed: Deed) {
        let (ports, actor) = (&self.world.ports, &self.world.actor);
        let connected = self.world.connected(&self.world.person, IntegrationKind::Jira, PAT);
        self.world.save(&connected);
        let unknown = |item: &&storywright_domain::publishing::RunItem| item.state.is_in_doubt();
        let items = self.world.view(self.run).items;
        match deed {
            Deed::Resume => drop(resume_run(ports, actor, self.run)),
            Deed::Stop => drop(stop_run(ports, actor, self.run)),
            Deed::CheckAgain => {
                for item in items.iter().filter(unknown) {
                    drop(resolve_item(ports, actor, self.run, item.id, &Resolution::CheckAgain));
                }
            }
            Deed::CreateAgain => {
                for item in items.iter().filter(unknown) {
                    let done = resolve_item(ports, actor, self.run, item.id, &Resolution::CreateAgain);
                    assert_eq!(done, Ok(true));
                    self.may_exist.lock().unwrap().insert(item.reference.clone(), false);
                    *self.accepted_duplicates.lock().unwrap().entry(item.reference.clone()).or_default() += 1;
                }
            }
        }
    }

    /// What holds whenever nothing happens by itself any more.
    fn check(&self) -> Result<(), TestCaseError> {
        prop_assert_eq!(&*self.violations.lock().unwrap(), &Vec::<String>::new());
        let view = self.world.view(self.run);
        let issues = self.world.jira.fake.issues();
        prop_assert_ne!(view.run.state, RunState::Active, "it is left active");
        if view.run.state != RunState::Completed {
            prop_assert!(view.run.reason.as_deref().is_some_and(|reason| !reason.is_empty()), "no reason is given");
        }
        let mut ids: Vec<&str> = Vec::new();
        for item in &view.items {
            prop_assert_ne!(item.state, ItemState::Sending, "{} is left in sending", &item.reference);
            if item.state.is_in_jira() {
                let id = item.jira_id.as_deref().expect("what is created has an id");
                prop_assert!(item.jira_key.is_some() && !ids.contains(&id));
                ids.push(id);
                let issue = issues.iter().find(|issue| issue.id == id).expect("what is created is there");
                let proof = format!("\"item\":\"{}\"", item.reference);
                prop_assert!(issue.property.as_deref().is_some_and(|property| property.contains(&proof)));
            }
            let accepted = self.accepted_duplicates.lock().unwrap().get(&item.reference).copied().unwrap_or(0);
            prop_assert!(self.there(&item.reference) <= 1 + accepted, "{} is there twice", &item.reference);
            let mut state = ItemState::Planned;
            for line in view.events.iter().filter(|line| line.item == item.id) {
                prop_assert_eq!(line.from, state, "the history of {} has a gap", &item.reference);
                state = line.to;
            }
            prop_assert_eq!(state, item.state);
        }
        let all = |is: fn(ItemState) -> bool| view.items.iter().all(|item| is(item.state));
        let expected = if all(ItemState::is_in_jira) {
            prop_assert_eq!(view.run.state, RunState::Completed);
            DraftState::Published { run: self.run }
        } else if all(ItemState::is_missing) {
            DraftState::Editing
        } else {
            DraftState::Publishing { run: self.run }
        };
        prop_assert_eq!(self.world.draft(view.run.draft).state, expected);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_nothing_is_doubled_and_every_run_ends_in_sight(
        steps in proptest::collection::vec(proptest::sample::select(&STEPS[..]), 0..14),
        deeds in proptest::collection::vec(proptest::sample::select(&DEEDS[..]), 0..8),
        late in proptest::collection::vec(any::<bool>(), 0..8),
    ) {
        let play = Play::begin(steps, late);
        let mut outcome = { play.work_all(); play.check() };
        for deed in deeds {
            if outcome.is_ok() {
                play.act(deed);
                play.work_all();
                outcome = play.check();
            }
        }
        // The hook holds the play, which holds the hook.
        play.world.jira.hook(|_, _, _| ());
        outcome?;
    }
}
