//! Approving a plan.

use crate::hooks::Moment;
use crate::world::World;
use std::collections::BTreeSet;
use std::sync::Mutex;
use storywright_application::drafts::{DraftChange, edit_draft};
use storywright_application::publishing::{PlanError, PublishError, list_runs, publish, run_view};
use storywright_domain::draft::{DraftState, WrongState};
use storywright_domain::job::{JobKind, JobStatus};
use storywright_domain::publishing::{ItemState, RunState};
use storywright_domain::{DraftId, Millis};

#[test]
fn an_approved_plan_is_a_run_with_its_journal() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let plan = world.plan(draft.id);
    let id = publish(&world.ports, &world.actor, draft.id, &plan.plan_hash, "key-1").unwrap();
    assert_eq!(world.draft(draft.id).state, DraftState::Publishing { run: id });
    let view = world.view(id);
    assert_eq!((view.run.state, view.run.version, view.run.plan_hash.clone()), (RunState::Active, 1, plan.plan_hash));
    let stored: Vec<&str> = view.items.iter().map(|item| item.payload.as_str()).collect();
    assert_eq!(stored, plan.issues.iter().map(|issue| issue.payload.as_str()).collect::<Vec<_>>());
    assert!(view.items.iter().all(|item| item.state == ItemState::Planned && item.attempts == 0));
    assert_eq!(view.items[1].parent, Some(view.items[0].id));
    let job = world.job(view.run.job);
    assert_eq!((job.kind, job.status, job.subject), (JobKind::Publish, JobStatus::Pending, id.to_string()));
    assert_eq!(world.actions(), ["plan_approved"]);
    assert!(!world.jira.fake.calls().contains(&"create"), "the request creates nothing");
    assert_eq!(run_view(&world.ports, &world.colleague(), id), Ok(None));
}

#[test]
fn one_key_is_one_run() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let hash = world.plan(draft.id).plan_hash;
    let first = publish(&world.ports, &world.actor, draft.id, &hash, "key").unwrap();
    assert_eq!(publish(&world.ports, &world.actor, draft.id, &hash, "key"), Ok(first));
    while world.try_claim().is_some() {}
    assert_eq!(publish(&world.ports, &world.actor, draft.id, "any hash", "key"), Ok(first));
    let other = publish(&world.ports, &world.actor, draft.id, &hash, "another-key");
    assert_eq!(other, Err(PublishError::Plan(PlanError::WrongState(WrongState::Publishing { run: first }))));
    assert_eq!(list_runs(&world.ports, &world.actor, None).unwrap().items.len(), 1);
}

#[test]
fn a_key_is_not_used_for_another_draft() {
    let world = World::new();
    let (one, other) = (world.draft_with(&["Refund"]), world.draft_with(&["Chargeback"]));
    let approve = |id: DraftId| {
        let hash = world.plan(id).plan_hash;
        publish(&world.ports, &world.actor, id, &hash, "key")
    };
    assert!(approve(one.id).is_ok());
    assert_eq!(approve(other.id), Err(PublishError::KeyUsed), "or somebody would believe that it was created");
    assert_eq!(world.draft(other.id), other);
}

#[test]
fn keys_are_the_persons_own() {
    let world = World::new();
    let mine = world.draft_with(&["Refund"]);
    let other = world.colleague();
    let theirs = storywright_testkit::build::kept_draft(&world.store, other.user(), 50);
    let hash = world.plan(mine.id).plan_hash;
    let run = publish(&world.ports, &world.actor, mine.id, &hash, "key").unwrap();
    let plan = storywright_application::publishing::make_plan(&world.ports, &other, theirs.id).unwrap();
    let their_run = publish(&world.ports, &other, theirs.id, &plan.plan_hash, "key").unwrap();
    assert_ne!(run, their_run);
    for key in ["", "with space", "ümlaut", "line\nbreak", &"x".repeat(101)] {
        assert_eq!(publish(&world.ports, &world.actor, mine.id, &hash, key), Err(PublishError::BadKey), "{key}");
    }
}

#[test]
fn fifty_clicks_at_once_are_one_run() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let hash = world.plan(draft.id).plan_hash;
    let runs = Mutex::new(BTreeSet::new());
    std::thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| {
                let run = publish(&world.ports, &world.actor, draft.id, &hash, "key").unwrap();
                runs.lock().unwrap().insert(run);
            });
        }
    });
    assert_eq!(runs.into_inner().unwrap().len(), 1);
    assert_eq!(list_runs(&world.ports, &world.actor, None).unwrap().items.len(), 1);
    world.work();
    assert!(world.try_claim().is_none(), "one job");
    assert_eq!(world.jira.fake.issues().len(), 3);
}

#[test]
fn only_what_was_approved_is_created() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let approved = world.plan(draft.id).plan_hash;
    let change = DraftChange { prompt: Some("p".to_owned()), ..DraftChange::default() };
    edit_draft(&world.ports, &world.actor, draft.id, 1, &change).unwrap();
    let now = world.plan(draft.id);
    let outcome = publish(&world.ports, &world.actor, draft.id, &approved, "key");
    assert_eq!(outcome, Err(PublishError::PlanChanged(Box::new(now))));
    assert_eq!(list_runs(&world.ports, &world.actor, None).unwrap().items, []);
}

#[test]
fn a_change_while_the_plan_is_checked_is_noticed() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let hash = world.plan(draft.id).plan_hash;
    let (ports, actor, id) = (world.other_process(), world.actor.clone(), draft.id);
    world.jira.once("create_fields", Moment::After, move || {
        let change = DraftChange { requirements: Some("Other words".to_owned()), ..DraftChange::default() };
        assert!(edit_draft(&ports, &actor, id, 1, &change).is_ok());
    });
    let outcome = publish(&world.ports, &world.actor, draft.id, &hash, "key");
    let now = world.draft(draft.id);
    assert_eq!(outcome, Err(PublishError::Conflict(Box::new(now.clone()))));
    assert_eq!(now.state, DraftState::Editing);
    assert_eq!(list_runs(&world.ports, &world.actor, None).unwrap().items, []);
    assert!(world.try_claim().is_none());
}

#[test]
fn a_twin_whose_run_has_ended_already_is_still_a_twin() {
    let world = std::sync::Arc::new(World::new());
    let draft = world.draft_with(&["Refund"]);
    let hash = world.plan(draft.id).plan_hash;
    let (twin, key_hash, id) = (std::sync::Arc::clone(&world), hash.clone(), draft.id);
    // The other request is served, and its run is refused by Jira, while this one is being looked at.
    world.jira.once("issue_types", Moment::Before, move || {
        let no = storywright_domain::jira::CreateOutcome::Rejected { status: 400, messages: vec![], fields: vec![] };
        twin.jira.fake.next_create(storywright_testkit::NextCreate::Only(no));
        assert!(publish(&twin.ports, &twin.actor, id, &key_hash, "key").is_ok());
        twin.clock.advance(Millis(1));
        assert_eq!(twin.work().status, JobStatus::Completed);
        assert_eq!(twin.draft(id).state, DraftState::Editing);
    });
    let run = publish(&world.ports, &world.actor, draft.id, &hash, "key");
    let runs = list_runs(&world.ports, &world.actor, None).unwrap().items;
    assert_eq!(run, Ok(runs[0].id));
    assert_eq!(runs.len(), 1);
}
