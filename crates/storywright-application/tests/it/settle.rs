//! What a person does after a run: goes on, and settles what is not known.

use crate::executor::{auth_lost, not_sent, rejected, small_run, unknown};
use crate::hooks::Moment;
use crate::world::{PAT, World, sends};
use std::sync::Arc;
use storywright_application::access::AccessError;
use storywright_application::drafts::{DraftChange, delete_draft, edit_draft};
use storywright_application::publishing::{Resolution, ResolveError, publish, resolve_item, resume_run};
use storywright_domain::draft::DraftState;
use storywright_domain::integration::IntegrationKind;
use storywright_domain::job::JobStatus;
use storywright_domain::ports::Jira as _;
use storywright_domain::publishing::{ItemState, RunState};
use storywright_domain::remote::RemoteError;
use storywright_domain::{ItemId, Millis, RunId};
use storywright_testkit::NextCreate;
use storywright_testkit::build::access;

use ItemState::{Blocked, Linked, NeedsHuman, Planned, Rejected};

/// A run whose story is unknown; with an issue in Jira that the search did not show in time, or without.
fn with_unknown(world: &World, exists: bool) -> RunId {
    let run = small_run(world);
    world.jira.fake.next_create(if exists { NextCreate::CreatedBut(unknown()) } else { NextCreate::Only(unknown()) });
    work_blind(world);
    assert_eq!(world.states(run), [NeedsHuman, Blocked, Blocked]);
    run
}

/// Does the next job while nothing can be read.
fn work_blind(world: &World) {
    world.jira.fake.fail(Some(RemoteError::Unavailable { detail: "the index is late".to_owned() }));
    world.work();
    world.jira.fake.fail(None);
}

fn resolve(world: &World, run: RunId, index: usize, resolution: &Resolution) -> Result<bool, ResolveError> {
    let item = world.view(run).items[index].id;
    resolve_item(&world.ports, &world.actor, run, item, resolution)
}

#[test]
fn looking_again_finds_what_is_there() {
    let world = World::new();
    let run = with_unknown(&world, true);
    assert_eq!(resolve(&world, run, 0, &Resolution::CheckAgain), Ok(true));
    assert_eq!(world.states(run), [ItemState::Created, Blocked, Blocked]);
    assert_eq!(world.view(run).items[0].jira_key.as_deref(), Some("PAY-1"));
    assert!(resume_run(&world.ports, &world.actor, run).is_ok());
    world.work();
    assert_eq!(world.states(run), [Linked; 3]);
    assert_eq!(world.ended(run).0, RunState::Completed);
    assert!(world.actions().contains(&"item_resolved".to_owned()));
}

#[test]
fn looking_again_decides_nothing_when_nothing_is_found() {
    let world = World::new();
    let run = with_unknown(&world, false);
    let before = world.view(run);
    assert_eq!(resolve(&world, run, 0, &Resolution::CheckAgain), Ok(false));
    assert_eq!(world.view(run), before);
    let unavailable = RemoteError::Unavailable { detail: "timeout".to_owned() };
    world.jira.fake.fail(Some(unavailable.clone()));
    assert_eq!(resolve(&world, run, 0, &Resolution::CheckAgain), Err(ResolveError::Remote(unavailable)));
    assert_eq!(world.view(run), before);
}

#[test]
fn a_person_may_name_the_issue() {
    let world = World::new();
    let run = with_unknown(&world, false);
    let access = access(world.person.id, PAT);
    let hand_made = |project: &str| {
        let payload = serde_json::json!({"fields": {"project": {"key": project}, "summary": "By hand"}});
        world.jira.fake.create(&access, &payload.to_string(), None);
    };
    hand_made("PAY");
    hand_made("OPS");
    let name = |key: &str| resolve(&world, run, 0, &Resolution::Exists(key.to_owned()));
    for key in ["", "PAY-99", "OPS-2", "PAY-1/../x", "PAY-1?x=1"] {
        assert!(matches!(name(key), Err(ResolveError::NoSuchIssue(_))), "{key}");
    }
    assert_eq!(name(" PAY-1 "), Ok(true));
    let item = world.view(run).items[0].clone();
    assert_eq!((item.state, item.jira_key.as_deref()), (ItemState::Created, Some("PAY-1")));
    assert!(resume_run(&world.ports, &world.actor, run).is_ok());
    world.work();
    assert_eq!(world.states(run), [Linked; 3]);
    assert_eq!(sends(&world, "Refund"), 1);
    assert_eq!(resolve(&world, run, 0, &Resolution::CheckAgain), Err(ResolveError::NotUnknown));
}

#[test]
fn one_issue_is_not_two_items() {
    let world = World::new();
    let run = small_run(&world);
    world.jira.fake.next_create(NextCreate::Works);
    world.jira.fake.next_create(NextCreate::Only(unknown()));
    work_blind(&world);
    let taken = resolve(&world, run, 1, &Resolution::Exists("PAY-1".to_owned()));
    assert_eq!(taken, Err(ResolveError::NoSuchIssue("PAY-1".to_owned())));
}

#[test]
fn a_person_may_accept_a_duplicate() {
    let world = World::new();
    let run = with_unknown(&world, false);
    let draft = world.view(run).run.draft;
    assert_eq!(resolve(&world, run, 0, &Resolution::CreateAgain), Ok(true));
    assert_eq!(world.states(run), [Planned, Blocked, Blocked]);
    assert_eq!(sends(&world, "Refund"), 1, "it is sent when the run goes on");
    assert_eq!(world.draft(draft).state, DraftState::Publishing { run }, "its run will go on with it");
    assert!(resume_run(&world.ports, &world.actor, run).is_ok());
    world.work();
    assert_eq!(world.states(run), [Linked; 3]);
    assert_eq!(sends(&world, "Refund"), 2);
}

#[test]
fn resuming_goes_on_with_everything_but_the_unknown() {
    let world = World::new();
    let run = world.approved(world.draft_with(&["One", "Two", "Three"]).id);
    for step in [NextCreate::Only(rejected()), NextCreate::Only(unknown()), NextCreate::Works] {
        world.jira.fake.next_create(step);
    }
    work_blind(&world);
    let unlinked = ItemState::Unlinked;
    let before = [Rejected, Blocked, Blocked, NeedsHuman, Blocked, Blocked, unlinked, unlinked, unlinked];
    assert_eq!(world.states(run), before);
    let job = resume_run(&world.ports, &world.actor, run).unwrap();
    assert_eq!(world.view(run).run.job, job);
    assert_eq!(world.ended(run), (RunState::Active, String::new()));
    assert_eq!(resume_run(&world.ports, &world.actor, run), Err(ResolveError::Running));
    let busy = resolve(&world, run, 3, &Resolution::CreateAgain);
    assert_eq!(busy, Err(ResolveError::Running));
    world.work();
    let after = [Linked, Linked, Linked, NeedsHuman, Blocked, Blocked, Linked, Linked, Linked];
    assert_eq!(world.states(run), after);
    assert_eq!(world.ended(run).0, RunState::Incomplete);
    assert_eq!((sends(&world, "One"), sends(&world, "Two"), sends(&world, "Three")), (2, 1, 1));
}

#[test]
fn a_pause_is_still_a_pause_after_an_item_was_settled() {
    let world = World::new();
    let run = small_run(&world);
    world.jira.fake.next_create(NextCreate::Works);
    world.jira.fake.next_create(NextCreate::Only(auth_lost()));
    world.work();
    let paused = world.ended(run);
    assert_eq!(paused.0, RunState::Paused);
    assert_eq!(resolve(&world, run, 1, &Resolution::CreateAgain), Ok(true));
    assert_eq!(world.ended(run), paused, "the token is still refused: the reason stands");
}

#[test]
fn a_run_that_was_resumed_meanwhile_is_left_alone() {
    let world = Arc::new(World::new());
    let run = with_unknown(&world, true);
    let other = Arc::clone(&world);
    world.jira.once("marked", Moment::After, move || {
        assert!(resume_run(&other.ports, &other.actor, run).is_ok());
    });
    assert_eq!(resolve(&world, run, 0, &Resolution::CheckAgain), Err(ResolveError::Running));
    assert_eq!(world.states(run), [ItemState::Unknown, Planned, Planned]);
    assert_eq!(world.work().status, JobStatus::Completed);
    assert_eq!(world.ended(run).0, RunState::Completed);
}

#[test]
fn runs_of_others_are_not_there() {
    let world = World::new();
    let run = with_unknown(&world, true);
    let other = world.colleague();
    let item = world.view(run).items[0].id;
    assert_eq!(resume_run(&world.ports, &other, run), Err(ResolveError::NotFound));
    let outcome = resolve_item(&world.ports, &other, run, item, &Resolution::CreateAgain);
    assert_eq!(outcome, Err(ResolveError::NotFound));
    let outcome = resolve_item(&world.ports, &world.actor, run, ItemId(3), &Resolution::CreateAgain);
    assert_eq!(outcome, Err(ResolveError::NotFound));
    assert_eq!(world.states(run), [NeedsHuman, Blocked, Blocked]);
}

#[test]
fn settling_needs_jira_only_for_looking() {
    let world = World::new();
    let run = with_unknown(&world, false);
    let kind = IntegrationKind::Jira;
    let jira = world.integration(kind);
    let health = storywright_domain::integration::Health::Untested;
    world.save(&storywright_domain::integration::Integration { health, ..jira });
    let untested = Err(ResolveError::Access(AccessError::NotTested(kind)));
    assert_eq!(resolve(&world, run, 0, &Resolution::CheckAgain), untested);
    assert_eq!(resolve(&world, run, 0, &Resolution::CreateAgain), Ok(true));
}

#[test]
fn a_run_whose_draft_went_back_unchanged_takes_it_again() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let run = world.approved(draft.id);
    world.jira.fake.next_create(NextCreate::Only(rejected()));
    world.work();
    assert_eq!(world.draft(draft.id).state, DraftState::Editing);
    world.clock.advance(Millis::minutes(1));
    assert!(resume_run(&world.ports, &world.actor, run).is_ok());
    assert_eq!(world.draft(draft.id).state, DraftState::Publishing { run }, "nobody else may publish it now");
    world.work();
    assert_eq!(world.ended(run).0, RunState::Completed);
    assert_eq!(world.draft(draft.id).state, DraftState::Published { run });
}

#[test]
fn a_run_whose_draft_went_on_without_it_is_over() {
    for published in [false, true] {
        let world = World::new();
        let draft = world.draft_with(&["Refund"]);
        let run = world.approved(draft.id);
        world.jira.fake.next_create(NextCreate::Only(rejected()));
        world.work();
        world.clock.advance(Millis::minutes(1));
        if published {
            let hash = world.plan(draft.id).plan_hash;
            assert!(publish(&world.ports, &world.actor, draft.id, &hash, "second").is_ok());
            world.work();
        } else {
            let change = DraftChange { requirements: Some("Other".to_owned()), ..DraftChange::default() };
            edit_draft(&world.ports, &world.actor, draft.id, world.draft(draft.id).version, &change).unwrap();
        }
        let (before, issues) = (world.draft(draft.id), world.jira.fake.issues().len());
        let outcome = resume_run(&world.ports, &world.actor, run);
        assert_eq!(outcome, Err(ResolveError::DraftWentOn), "its issues would be there twice");
        assert_eq!(world.draft(draft.id), before);
        assert_eq!(world.states(run), [Rejected, Blocked, Blocked]);
        assert!(world.try_claim().is_none());
        assert_eq!(world.jira.fake.issues().len(), issues);
    }
}

#[test]
fn a_run_does_not_go_on_for_a_draft_in_the_bin() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let run = world.approved(draft.id);
    world.jira.fake.next_create(NextCreate::Works);
    world.jira.fake.next_create(NextCreate::Only(rejected()));
    world.work();
    delete_draft(&world.ports, &world.actor, draft.id).unwrap();
    assert_eq!(resume_run(&world.ports, &world.actor, run), Err(ResolveError::DraftWentOn));
    storywright_application::drafts::undelete_draft(&world.ports, &world.actor, draft.id).unwrap();
    assert!(resume_run(&world.ports, &world.actor, run).is_ok());
    world.work();
    assert_eq!(world.states(run), [Linked; 3]);
}

#[test]
fn a_complete_run_has_nothing_to_go_on_with() {
    let world = World::new();
    let run = small_run(&world);
    world.work();
    assert_eq!(resume_run(&world.ports, &world.actor, run), Err(ResolveError::NotUnknown));
    assert_eq!(world.ended(run).0, RunState::Completed);
    assert!(world.try_claim().is_none());
}

#[test]
fn a_draft_waits_for_a_paused_run_of_which_nothing_is_there_yet() {
    let world = World::new();
    let draft = world.draft_with(&["Refund", "Chargeback"]);
    let run = world.approved(draft.id);
    world.jira.fake.next_create(NextCreate::Only(unknown()));
    for _ in 0..5 {
        world.jira.fake.next_create(NextCreate::Only(not_sent(None)));
    }
    world.work();
    assert_eq!(world.states(run), [ItemState::Unknown, Planned, Planned, Planned, Planned, Planned]);
    assert_eq!(resolve(&world, run, 0, &Resolution::CreateAgain), Ok(true));
    assert_eq!(world.draft(draft.id).state, DraftState::Publishing { run }, "else it could be published twice");
}
