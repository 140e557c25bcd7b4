//! Jobs as people see them, and the list of running ones.

use crate::world::World;
use std::sync::mpsc::channel;
use storywright_application::drafting::generate;
use storywright_application::jobs::{cancel_job, listen};
use storywright_application::publishing::publish;
use storywright_domain::JobId;
use storywright_domain::draft::DraftState;
use storywright_domain::job::{EventKind, JobEvent, JobStatus};
use storywright_domain::ports::{EventListener, Listening};
use storywright_domain::publishing::RunState;
use storywright_testkit::Script;
use storywright_testkit::build::story;

pub fn answer(summaries: &[&str]) -> String {
    let stories: Vec<_> = summaries.iter().map(|summary| story(summary)).collect();
    serde_json::json!({"clarify": null, "stories": stories}).to_string()
}

#[test]
fn a_waiting_job_is_cancelled_at_once_and_gives_its_draft_back() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let id = generate(&world.ports, &world.actor, draft.id).unwrap();
    assert_eq!(cancel_job(&world.ports, &world.actor, id), Ok(Some(JobStatus::Cancelled)));
    assert_eq!(world.draft(draft.id).state, DraftState::Editing);
    assert_eq!(world.draft(draft.id).document, draft.document);
    assert_eq!(world.kinds_said(id), [EventKind::Done]);
    assert_eq!(world.said(id)[0].1["status"], "cancelled");
    assert!(world.try_claim().is_none());
    assert_eq!(cancel_job(&world.ports, &world.actor, id), Ok(Some(JobStatus::Cancelled)));
    assert_eq!(world.kinds_said(id), [EventKind::Done], "it is said once");
    assert_eq!(cancel_job(&world.ports, &world.actor, JobId(3)), Ok(None));
}

#[test]
fn a_question_that_nobody_answers_can_be_cancelled() {
    let world = World::new();
    let draft = world.draft_with(&[]);
    let id = generate(&world.ports, &world.actor, draft.id).unwrap();
    world.chat.will_say(Script::text(r#"{"clarify":"Which currency?","stories":[]}"#));
    assert_eq!(world.work().status, JobStatus::Pending);
    assert_eq!(cancel_job(&world.ports, &world.actor, id), Ok(Some(JobStatus::Cancelled)));
    assert_eq!(world.draft(draft.id).state, DraftState::Editing);
}

#[test]
fn a_job_whose_worker_died_is_cancelled_at_once() {
    let world = World::new();
    let draft = world.draft_with(&[]);
    let id = generate(&world.ports, &world.actor, draft.id).unwrap();
    drop(world.claim());
    assert_eq!(cancel_job(&world.ports, &world.actor, id), Ok(Some(JobStatus::Running)), "it may be alive");
    world.outlive_leases();
    assert_eq!(cancel_job(&world.ports, &world.actor, id), Ok(Some(JobStatus::Cancelled)));
    assert_eq!(world.draft(draft.id).state, DraftState::Editing);
}

#[test]
fn nobody_stops_the_job_of_somebody_else() {
    let world = World::new();
    let id = generate(&world.ports, &world.actor, world.draft_with(&[]).id).unwrap();
    let claim = world.claim();
    let running = world.ports.running.begin(id, claim.job.fence).expect("the process lives");
    assert_eq!(cancel_job(&world.ports, &world.colleague(), id), Ok(None));
    assert!(!running.is_cancelled(), "another person's job goes on");
    assert_eq!(cancel_job(&world.ports, &world.actor, id), Ok(Some(JobStatus::Running)));
    assert!(running.is_cancelled());
    assert!(world.actions().contains(&"job_cancelled".to_owned()));
}

#[test]
fn cancelling_the_job_of_a_run_stops_the_run() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let plan = world.plan(draft.id);
    let run = publish(&world.ports, &world.actor, draft.id, &plan.plan_hash, "key").unwrap();
    let job = world.view(run).run.job;
    assert_eq!(cancel_job(&world.ports, &world.actor, job), Ok(Some(JobStatus::Cancelled)));
    assert_eq!(world.ended(run).0, RunState::Stopped);
    assert_eq!(world.draft(draft.id).state, DraftState::Editing);
}

struct Ear(std::sync::mpsc::Sender<JobEvent>);

impl EventListener for Ear {
    fn event(&mut self, event: &JobEvent) -> Listening {
        if self.0.send(event.clone()).is_ok() { Listening::Yes } else { Listening::Gone }
    }
}

#[test]
fn a_person_listens_to_their_own_jobs() {
    let world = World::new();
    let id = generate(&world.ports, &world.actor, world.draft_with(&[]).id).unwrap();
    let (sender, heard) = channel();
    let nothing = listen(&world.ports, &world.colleague(), id, 0, Box::new(Ear(sender.clone()))).unwrap();
    assert!(nothing.is_none());
    let subscription = listen(&world.ports, &world.actor, id, 0, Box::new(Ear(sender))).unwrap();
    assert!(subscription.is_some());
    world.chat.will_say(Script::text(&answer(&["Refund"])));
    world.work();
    let kinds: Vec<EventKind> = heard.try_iter().map(|event| event.kind).collect();
    assert!(kinds.contains(&EventKind::Token) && kinds.last() == Some(&EventKind::Done), "{kinds:?}");
}

#[test]
fn a_worker_that_lost_its_lease_takes_nothing_from_the_one_that_has_it() {
    let world = World::new();
    let running = &world.ports.running;
    let old = running.begin(JobId(1), 1).expect("the process lives");
    let new = running.begin(JobId(1), 2).expect("the process lives");
    assert!(old.is_cancelled(), "the old one stops: its lease has passed on");
    running.end(JobId(1), 1);
    assert_eq!(running.leases(), [(JobId(1), 2)], "the lease of the new one is still renewed");
    running.cancel(JobId(1));
    assert!(new.is_cancelled());
    running.end(JobId(1), 2);
    assert_eq!(running.leases(), []);
    running.shut_down();
    assert!(running.begin(JobId(2), 1).is_none());
}
