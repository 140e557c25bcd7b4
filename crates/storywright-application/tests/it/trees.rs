//! Trees: epics, stories, sub-tasks and the links between them, from the plan to the last link.

use crate::executor::{rejected, unknown};
use crate::plan::{field, screen};
use crate::world::World;
use std::collections::BTreeSet;
use std::sync::Arc;
use storywright_application::publishing::{PlanError, make_plan, publish, resume_run, retry_run};
use storywright_application::{Ports, Settings};
use storywright_domain::draft::{Draft, DraftState};
use storywright_domain::finding::Severity;
use storywright_domain::jira::{FieldKind, Marker};
use storywright_domain::ports::{Jira as _, Saved, StorageExt as _};
use storywright_domain::publishing::{ItemState, Plan, RunState};
use storywright_domain::remote::RemoteError;
use storywright_domain::story::{Document, Epic, FieldValue, LinkKind, Story, StoryLink, Subtask};
use storywright_testkit::NextCreate;
use storywright_testkit::build;

use ItemState::{Blocked, Linked, Rejected, Unlinked};

fn epic(summary: &str) -> Epic {
    Epic { summary: summary.to_owned(), description: "All of it.".to_owned(), ..Epic::default() }
}

fn story(summary: &str, epic: Option<&str>, links: &[(LinkKind, &str)]) -> Story {
    let links = links.iter().map(|(kind, to)| StoryLink { kind: *kind, to: (*to).to_owned() });
    let bare = Story { subtasks: Vec::new(), ..build::story(summary) };
    Story { epic: epic.map(str::to_owned), links: links.collect(), ..bare }
}

fn with_parts(story: Story, parts: &[&str]) -> Story {
    let part = |summary: &&str| Subtask { summary: (*summary).to_owned(), ..Subtask::default() };
    Story { subtasks: parts.iter().map(part).collect(), ..story }
}

fn draft(world: &World, epics: Vec<Epic>, stories: Vec<Story>) -> Draft {
    let document = Document { epics, stories }.with_references();
    let draft = Draft { document, ..build::draft(world.person.id, world.ports.ids.id()) };
    world.store.write(|tx| tx.insert_draft(&draft)).unwrap();
    draft
}

fn edit(world: &World, draft: &Draft, change: impl FnOnce(&mut Document)) {
    let before = world.draft(draft.id);
    let mut document = before.document.clone();
    change(&mut document);
    let after = before.clone().with_document(document, world.ports.clock.now());
    assert_eq!(world.store.write(|tx| tx.update_draft(&after, before.version)), Ok(Saved::Stored));
}

fn with_epic_link(world: &World) {
    world.jira.fake.set_fields(screen(vec![field("customfield_7", FieldKind::EpicLink)]));
}

fn codes(plan: &Plan) -> Vec<&str> {
    plan.findings.iter().map(|finding| finding.code.as_str()).collect()
}

#[test]
fn a_tree_is_planned_in_its_order_and_created_level_by_level() {
    let world = World::new();
    with_epic_link(&world);
    let blocks = [(LinkKind::Blocks, "s2"), (LinkKind::RelatesTo, "PAY-1")];
    let stories = vec![
        with_parts(story("Refund", Some("e1"), &blocks), &["Design", "Build"]),
        story("Chargeback", None, &[]),
        story("Report", Some("e2"), &[]),
    ];
    let draft = draft(&world, vec![epic("Money back"), epic("Insight")], stories);
    let plan = world.plan(draft.id);
    let shape: Vec<(&str, Option<&str>, u32)> =
        plan.issues.iter().map(|issue| (issue.reference.as_str(), issue.parent.as_deref(), issue.depth)).collect();
    let expected = [
        ("e1", None, 0),
        ("s1", Some("e1"), 1),
        ("s1.1", Some("s1"), 2),
        ("s1.2", Some("s1"), 2),
        ("e2", None, 0),
        ("s3", Some("e2"), 1),
        ("s2", None, 0),
    ];
    assert_eq!(shape, expected);
    assert!(plan.issues[0].payload.contains(r#""customfield_10101":"Money back""#), "an epic has a name on boards");
    assert!(plan.issues[1].payload.contains(r#""customfield_7":"@parent""#));
    assert_eq!(plan.issues[0].markdown, "All of it.");
    let run = world.approved(draft.id);
    world.work();
    assert_eq!(world.states(run), [Linked; 7]);
    let keys: Vec<String> = world.view(run).items.into_iter().filter_map(|item| item.jira_key).collect();
    assert_eq!(keys, ["PAY-1", "PAY-4", "PAY-6", "PAY-7", "PAY-2", "PAY-5", "PAY-3"]);
    assert_eq!(world.jira.fake.epic_of("PAY-4").as_deref(), Some("PAY-1"));
    assert_eq!(world.jira.fake.epic_of("PAY-5").as_deref(), Some("PAY-2"));
    assert_eq!(world.links("PAY-4"), ["Blocks -> PAY-3", "Relates -> PAY-1"]);
    assert_eq!(world.draft(draft.id).state, DraftState::Published { run });
}

#[test]
fn a_story_whose_screen_has_no_epic_is_put_there_afterwards() {
    let world = World::new();
    let bare = screen(Vec::new()).into_iter().filter(|field| field.id != "parent").collect();
    world.jira.fake.set_fields_of("10001", bare);
    let in_jira = world.approved(draft(&world, vec![epic("Old")], Vec::new()).id);
    world.work();
    assert_eq!(world.states(in_jira), [Linked]);
    let stories = vec![story("Refund", Some("e1"), &[]), story("Chargeback", Some("PAY-1"), &[])];
    let draft = draft(&world, vec![epic("Money back")], stories);
    assert!(world.plan(draft.id).issues.iter().all(|issue| !issue.payload.contains("@parent")));
    let run = world.approved(draft.id);
    world.work();
    assert_eq!(world.states(run), [Linked; 3]);
    assert_eq!(world.jira.fake.epic_of("PAY-4").as_deref(), Some("PAY-2"));
    assert_eq!(world.jira.fake.epic_of("PAY-3").as_deref(), Some("PAY-1"), "an epic that exists as well");
}

#[test]
fn how_issues_hang_together_is_approved_with_them() {
    let world = World::new();
    let draft = draft(&world, Vec::new(), vec![story("Refund", None, &[]), story("Chargeback", None, &[])]);
    let plain = world.plan(draft.id);
    edit(&world, &draft, |document| {
        document.stories[0].links = vec![StoryLink { kind: LinkKind::Blocks, to: "s2".to_owned() }];
    });
    let linked = world.plan(draft.id);
    assert_ne!(plain.plan_hash, linked.plan_hash);
    let contents = |plan: &Plan| plan.issues.iter().map(|issue| issue.content_sha256.clone()).collect::<Vec<_>>();
    assert_eq!(contents(&plain), contents(&linked), "what is created is the same but for its mark");
    let stale = publish(&world.ports, &world.actor, draft.id, &plain.plan_hash, "key");
    assert!(stale.is_err());
}

fn issue_types(world: &World) -> Vec<storywright_domain::jira::IssueType> {
    let project = storywright_domain::jira::ProjectKey::parse("PAY").unwrap();
    world.jira.fake.issue_types(&build::access(world.person.id, crate::world::PAT), &project).unwrap()
}

#[test]
fn a_project_without_epics_takes_none() {
    let world = World::new();
    let types = issue_types(&world).into_iter().filter(|kind| !kind.epic).collect();
    world.jira.fake.set_issue_types(types);
    let draft = draft(&world, vec![epic("Money back")], vec![story("Refund", Some("e1"), &[])]);
    assert_eq!(make_plan(&world.ports, &world.actor, draft.id), Err(PlanError::NoEpicType));
}

#[test]
fn every_type_has_the_best_mark_that_its_screen_can_carry() {
    let world = World::new();
    let without =
        |ids: &[&str]| screen(Vec::new()).into_iter().filter(|field| !ids.contains(&field.id.as_str())).collect();
    world.jira.fake.set_fields_of("10003", without(&["labels", "description"]));
    world.jira.fake.set_fields_of("10001", without(&["labels"]));
    let draft = draft(&world, vec![epic("Money back")], vec![with_parts(story("Refund", None, &[]), &["Design"])]);
    let plan = world.plan(draft.id);
    let modes: Vec<(&str, &str)> =
        plan.marker_modes.iter().map(|(name, mode)| (name.as_str(), mode.as_str())).collect();
    assert_eq!(modes, [("Epic", "run_label"), ("Story", "footer"), ("Sub-task", "manual")]);
    assert_eq!(codes(&plan), ["marker_manual"]);
    let run = world.approved(draft.id);
    world.jira.fake.next_create(NextCreate::Works);
    world.jira.fake.next_create(NextCreate::Works);
    world.jira.fake.next_create(NextCreate::CreatedBut(unknown()));
    world.work();
    assert_eq!(world.view(run).items[2].marker, Marker::Manual);
    assert_eq!(world.states(run), [Linked, Linked, ItemState::NeedsHuman], "nothing is guessed without a mark");
}

#[test]
fn a_plan_says_what_is_there_twice_and_what_was_created_a_short_while_ago() {
    let world = World::new();
    let twice = vec![
        with_parts(story("Refund a payment", None, &[]), &["Design", "Build", "Build"]),
        with_parts(story("Refund the payment", None, &[]), &["Design"]),
    ];
    let first = draft(&world, Vec::new(), twice.clone());
    let plan = world.plan(first.id);
    assert_eq!(codes(&plan), ["plan_duplicate", "plan_duplicate"]);
    assert!(plan.findings.iter().all(|finding| finding.severity == Severity::Warning));
    let named: BTreeSet<&str> = plan.findings.iter().map(|finding| finding.story.as_str()).collect();
    assert_eq!(named, BTreeSet::from(["s1.3", "s2"]), "sub-tasks of different stories may be named alike");
    world.approved(first.id);
    world.work();
    let again = draft(&world, Vec::new(), twice);
    let asked = world.plan(again.id);
    assert_eq!(codes(&asked).iter().filter(|code| **code == "created_recently").count(), 2, "{:?}", asked.findings);
    world.clock.advance(storywright_domain::Millis::hours(25));
    assert_eq!(codes(&world.plan(again.id)), ["plan_duplicate", "plan_duplicate"]);
}

#[test]
fn sub_tasks_have_values_of_their_own() {
    let world = World::new();
    world.jira.fake.set_fields(screen(vec![field("customfield_1", FieldKind::Option)]));
    let mut parent = with_parts(story("Refund", None, &[]), &["Design"]);
    parent.subtasks[0].custom_fields = [("customfield_1".to_owned(), FieldValue::Option("7".to_owned()))].into();
    let draft = draft(&world, Vec::new(), vec![parent]);
    let payload: serde_json::Value = serde_json::from_str(&world.plan(draft.id).issues[1].payload).unwrap();
    assert_eq!(payload["fields"]["customfield_1"], serde_json::json!({"id": "7"}));
}

#[test]
fn a_field_that_jira_dropped_is_shown_and_a_step_that_it_refused_is_named() {
    let world = World::new();
    world.jira.fake.set_fields(screen(vec![field("priority", FieldKind::Priority)]));
    world.jira.fake.drop_field("priority");
    let first = Story { priority: Some("High".to_owned()), ..story("Refund", None, &[(LinkKind::Blocks, "PAY-99")]) };
    let draft = draft(&world, Vec::new(), vec![first]);
    let run = world.approved(draft.id);
    world.work();
    let item = world.view(run).items.remove(0);
    assert_eq!(item.state, Unlinked);
    assert!(item.problem.as_deref().is_some_and(|problem| problem.contains("PAY-99")), "{:?}", item.problem);
    assert_eq!(item.differences.iter().map(|one| one.field.as_str()).collect::<Vec<_>>(), ["priority"]);
    let (state, reason) = world.ended(run);
    assert_eq!(state, RunState::Completed);
    assert!(reason.contains("1 of 1"), "{reason}");
    // Finishing once more makes what is missing and nothing twice.
    let existing = draft_of_one(&world);
    assert!(resume_run(&world.ports, &world.actor, run).is_ok());
    world.work();
    assert_eq!(world.states(run), [Unlinked], "{existing} is not PAY-99");
    assert_eq!(world.jira.fake.issues().len(), 2);
    assert_eq!(world.draft(draft.id).state, DraftState::Published { run });
}

fn draft_of_one(world: &World) -> String {
    let run = world.approved(draft(world, Vec::new(), vec![story("Another", None, &[])]).id);
    world.work();
    world.view(run).items.remove(0).jira_key.unwrap()
}

#[test]
fn finishing_is_repeated_without_harm_when_the_site_is_in_trouble() {
    let world = World::new();
    let stories = vec![story("Refund", None, &[(LinkKind::Blocks, "s2")]), story("Chargeback", None, &[])];
    let draft = draft(&world, Vec::new(), stories);
    let run = world.approved(draft.id);
    world.jira.fake.fail(Some(RemoteError::Unavailable { detail: "503".to_owned() }));
    world.work();
    assert_eq!(world.states(run), [Unlinked; 2]);
    assert_eq!(world.jira.fake.issues().len(), 2, "creation is not held up by what comes after");
    world.jira.fake.fail(None);
    for _ in 0..2 {
        let _ = resume_run(&world.ports, &world.actor, run);
        if world.try_claim().is_some() {
            world.outlive_leases();
            world.work();
        }
    }
    assert_eq!(world.states(run), [Linked; 2]);
    assert_eq!(world.links("PAY-1"), ["Blocks -> PAY-2"]);
}

#[test]
fn a_token_that_is_refused_while_finishing_pauses_the_run() {
    let world = World::new();
    let run = world.approved(draft(&world, Vec::new(), vec![story("Refund", None, &[])]).id);
    world.jira.fake.fail(Some(RemoteError::Captcha { login_url: None }));
    world.work();
    let (state, reason) = world.ended(run);
    assert_eq!(state, RunState::Paused);
    assert!(reason.contains("CAPTCHA"), "{reason}");
    world.jira.fake.fail(None);
    assert!(resume_run(&world.ports, &world.actor, run).is_ok());
    world.work();
    assert_eq!(world.states(run), [Linked]);
}

#[test]
fn issues_link_back_to_their_draft() {
    let world = World::new();
    let draft = draft(&world, Vec::new(), vec![story("Refund", None, &[])]);
    let run = world.approved(draft.id);
    let public_url = Some("https://storywright.corp.example/".to_owned());
    let settings = Settings { public_url, ..(*world.ports.settings).clone() };
    let ports = Ports { settings: Arc::new(settings), ..world.ports.clone() };
    storywright_application::worker::run_claimed(&ports, &world.claim());
    let links = world.jira.fake.web_links();
    let ((key, global_id), (url, _)) = links.iter().next().unwrap();
    assert_eq!(key, "PAY-1");
    assert_eq!(*global_id, format!("storywright:unnamed:{}", world.view(run).items[0].id));
    assert_eq!(*url, format!("https://storywright.corp.example/drafts/{}", draft.id));
}

#[test]
fn issues_are_finished_beside_creation_by_several_threads() {
    let world = World::new();
    with_epic_link(&world);
    let stories: Vec<Story> = (1..=10)
        .map(|number| {
            let links = if number > 1 { vec![(LinkKind::Blocks, "s1")] } else { Vec::new() };
            with_parts(story(&format!("Story {number}"), Some("e1"), &links), &["Design", "Build"])
        })
        .collect();
    let run = world.approved(draft(&world, vec![epic("Money back")], stories).id);
    let settings = Settings { finish_at_once: 3, ..(*world.ports.settings).clone() };
    let ports = Ports { settings: Arc::new(settings), ..world.ports.clone() };
    storywright_application::worker::run_claimed(&ports, &world.claim());
    assert_eq!(world.states(run), [Linked; 31]);
    assert_eq!(world.ended(run), (RunState::Completed, String::new()));
    assert_eq!(world.links("PAY-2").len(), 9);
}

/// A tree of 30: two epics with three stories each, four more stories, and 18 sub-tasks.
fn thirty() -> (Vec<Epic>, Vec<Story>) {
    let stories = (1..=10).map(|number| {
        let epic = match number {
            1..=3 => Some("e1"),
            4..=6 => Some("e2"),
            _ => None,
        };
        let parts: &[&str] = if number <= 8 { &["Design", "Build"] } else { &["Build"] };
        with_parts(story(&format!("Wanted thing number {number}"), epic, &[]), parts)
    });
    (vec![epic("First"), epic("Second")], stories.collect())
}

#[test]
fn three_refusals_leave_twenty_seven_and_a_rerun_creates_exactly_what_is_missing() {
    let world = World::new();
    with_epic_link(&world);
    let (epics, stories) = thirty();
    let draft = draft(&world, epics, stories);
    let plan = world.plan(draft.id);
    assert_eq!(plan.issues.len(), 30);
    let run = world.approved(draft.id);
    // Level by level: 2 epics, 10 stories, then 18 sub-tasks, of which three are refused.
    for number in 0..30 {
        let refused = [13, 20, 29].contains(&number);
        world.jira.fake.next_create(if refused { NextCreate::Only(rejected()) } else { NextCreate::Works });
    }
    world.work();
    let view = world.view(run);
    let count = |state: ItemState| view.items.iter().filter(|item| item.state == state).count();
    assert_eq!((count(Linked), count(Rejected), count(Blocked)), (27, 3, 0));
    let refused: Vec<_> = view.items.iter().filter(|item| item.state == Rejected).collect();
    assert!(refused.iter().all(|item| item.fields[0].field == "summary" && item.problem.is_some()));
    let names: Vec<String> = refused.iter().map(|item| item.reference.clone()).collect();
    let created: BTreeSet<String> = world.jira.fake.issues().into_iter().map(|issue| issue.key).collect();

    assert_eq!(retry_run(&world.ports, &world.actor, run), Ok(draft.id));
    assert_eq!(world.draft(draft.id).state, DraftState::Editing);
    edit(&world, &draft, |document| {
        let subtasks = document.stories.iter_mut().flat_map(|story| &mut story.subtasks);
        for subtask in subtasks.filter(|subtask| names.contains(&subtask.id)) {
            subtask.summary.push_str(" the brighter side");
        }
    });
    let missing = world.plan(draft.id);
    assert_eq!(missing.issues.iter().map(|issue| issue.reference.clone()).collect::<Vec<_>>(), names);
    assert_eq!(missing.existing.len(), 27);
    assert!(missing.issues.iter().all(|issue| issue.parent.is_none() && issue.parent_key.is_some()));
    assert_ne!(missing.plan_hash, plan.plan_hash);
    let second = world.approved(draft.id);
    world.work();
    assert_eq!(world.states(second), [Linked; 3]);
    let issues = world.jira.fake.issues();
    assert_eq!(issues.len(), 30);
    let new: Vec<_> = issues.iter().filter(|issue| !created.contains(&issue.key)).collect();
    assert!(new.iter().all(|issue| issue.summary.ends_with("the brighter side")));
    for (issue, item) in new.iter().zip(&refused) {
        let story = view.items.iter().find(|other| Some(other.id) == item.parent).unwrap();
        assert_eq!(issue.parent, story.jira_key, "under the story that was there");
    }
    assert_eq!(world.draft(draft.id).state, DraftState::Published { run: second });
    assert!(resume_run(&world.ports, &world.actor, run).is_err(), "the first run is over");
    assert_eq!(world.jira.fake.issues().len(), 30);
}

#[test]
fn a_refused_story_holds_back_only_what_is_under_it_and_comes_with_its_links() {
    let world = World::new();
    with_epic_link(&world);
    let stories = vec![
        story("Refund", Some("e1"), &[(LinkKind::Blocks, "s2")]),
        with_parts(story("Chargeback", Some("e1"), &[]), &["Design"]),
    ];
    let draft = draft(&world, vec![epic("Money back")], stories);
    let run = world.approved(draft.id);
    for step in [NextCreate::Works, NextCreate::Works, NextCreate::Only(rejected())] {
        world.jira.fake.next_create(step);
    }
    world.work();
    assert_eq!(world.states(run), [Linked, Unlinked, Rejected, Blocked]);
    let told = world.view(run).items[1].problem.clone().unwrap();
    assert!(told.contains("s2"), "{told}");
    assert_eq!(retry_run(&world.ports, &world.actor, run), Ok(draft.id));
    let plan = world.plan(draft.id);
    assert_eq!(plan.issues[0].payload.matches(r#""customfield_7":"PAY-1""#).count(), 1, "the epic is there");
    let second = world.approved(draft.id);
    world.work();
    assert_eq!(world.states(second), [Linked; 2]);
    assert_eq!(world.links("PAY-2"), ["Blocks -> PAY-3"], "the link that had to wait");
}

#[test]
fn a_draft_is_not_given_back_while_something_of_it_may_be_there() {
    use storywright_application::publishing::ResolveError;
    let world = World::new();
    let draft = draft(&world, Vec::new(), vec![story("Refund", None, &[]), story("Chargeback", None, &[])]);
    let run = world.approved(draft.id);
    world.jira.fake.next_create(NextCreate::CreatedBut(unknown()));
    world.jira.fake.next_create(NextCreate::Only(rejected()));
    world.jira.fake.fail(Some(RemoteError::Unavailable { detail: "503".to_owned() }));
    assert_eq!(retry_run(&world.ports, &world.actor, run), Err(ResolveError::Running));
    world.work();
    world.jira.fake.fail(None);
    assert_eq!(world.states(run), [ItemState::NeedsHuman, Rejected]);
    assert_eq!(retry_run(&world.ports, &world.actor, run), Err(ResolveError::InDoubt));
    assert_eq!(retry_run(&world.ports, &world.colleague(), run), Err(ResolveError::NotFound));
    assert_eq!(world.draft(draft.id).state, DraftState::Publishing { run });
}

#[test]
fn a_draft_that_is_in_jira_in_full_has_no_plan_any_more() {
    let world = World::new();
    let draft = draft(&world, Vec::new(), vec![story("Refund", None, &[]), story("Chargeback", None, &[])]);
    let run = world.approved(draft.id);
    world.jira.fake.next_create(NextCreate::Works);
    world.jira.fake.next_create(NextCreate::Only(rejected()));
    world.work();
    retry_run(&world.ports, &world.actor, run).unwrap();
    edit(&world, &draft, |document| {
        document.stories[0].summary = "Refund in full".to_owned();
    });
    let changed = world.plan(draft.id);
    assert_eq!(codes(&changed), ["in_jira_already"]);
    assert_eq!(changed.issues.len(), 1);
    edit(&world, &draft, |document| {
        document.stories.truncate(1);
    });
    assert_eq!(make_plan(&world.ports, &world.actor, draft.id), Err(PlanError::NothingMissing));
}

/// Two stories, of which the second was refused; given back to its person.
fn half_created(world: &World) -> Draft {
    let stories = vec![story("Refund a card payment", None, &[]), story("Chargeback of a bank", None, &[])];
    let draft = draft(world, Vec::new(), stories);
    let run = world.approved(draft.id);
    world.jira.fake.next_create(NextCreate::Works);
    world.jira.fake.next_create(NextCreate::Only(rejected()));
    world.work();
    retry_run(&world.ports, &world.actor, run).unwrap();
    draft
}

#[test]
fn a_refinement_that_turns_the_stories_round_creates_only_what_is_missing() {
    use storywright_application::drafting::refine;
    use storywright_testkit::Script;
    let world = World::new();
    let draft = half_created(&world);
    let told = |id: serde_json::Value, summary: &str| {
        let full = build::story(summary);
        let mut json = serde_json::to_value(Story { subtasks: Vec::new(), ..full }).unwrap();
        json["id"] = id;
        json
    };
    for (first, second) in [(serde_json::json!("s2"), serde_json::json!("s1")), (serde_json::Value::Null, "s9".into())]
    {
        let stories = [told(first, "Chargeback of a bank"), told(second, "Refund a card payment")];
        let answer = serde_json::json!({"clarify": null, "stories": stories});
        world.chat.will_say(Script::text(&answer.to_string()));
        refine(&world.ports, &world.actor, draft.id, "Turn them round").unwrap();
        world.work();
        let plan = world.plan(draft.id);
        let planned: Vec<&str> = plan.issues.iter().map(|issue| issue.summary.as_str()).collect();
        assert_eq!(planned, ["Chargeback of a bank"]);
        assert_eq!((plan.existing[0].reference.as_str(), plan.existing[0].key.as_str()), ("s1", "PAY-1"));
    }
}

#[test]
fn what_may_be_in_jira_under_another_reference_blocks_the_plan() {
    let world = World::new();
    let draft = half_created(&world);
    let blocked = || match make_plan(&world.ports, &world.actor, draft.id) {
        Err(PlanError::Blocked(findings)) => findings
            .into_iter()
            .filter(|one| one.severity == Severity::Error)
            .map(|one| (one.code, one.story))
            .collect(),
        Ok(_) => Vec::new(),
        Err(other) => panic!("{other:?}"),
    };
    edit(&world, &draft, |document| document.stories.push(story("A card payment: refund", None, &[])));
    assert_eq!(blocked(), [("perhaps_in_jira".to_owned(), "s3".to_owned())]);
    edit(&world, &draft, |document| {
        document.stories.remove(0);
        document.stories.last_mut().unwrap().summary = "Refund a payment by card".to_owned();
    });
    assert_eq!(blocked(), [("perhaps_in_jira".to_owned(), "s3".to_owned())], "it vanished, and this may be it");
    edit(&world, &draft, |document| {
        document.stories.pop();
    });
    assert_eq!(blocked(), []);
    assert_eq!(codes(&world.plan(draft.id)), ["in_jira_not_in_draft"]);
}

#[test]
fn what_is_added_by_hand_is_never_called_like_an_issue_in_jira() {
    use storywright_application::drafts::{DraftChange, edit_draft};
    let world = World::new();
    let draft = half_created(&world);
    let stored = world.draft(draft.id);
    let stories = vec![story("Something new", None, &[]), stored.document.stories[1].clone()];
    let change = DraftChange { document: Some(Document::of_stories(stories)), ..DraftChange::default() };
    let after = edit_draft(&world.ports, &world.actor, draft.id, stored.version, &change).unwrap();
    assert_ne!(after.document.stories[0].id, "s1");
    assert_eq!(world.plan(draft.id).issues.len(), 2);
}

#[test]
fn one_run_at_a_time_in_a_project() {
    use storywright_application::publishing::PublishError;
    let world = World::new();
    let first = draft(&world, Vec::new(), vec![story("Refund", None, &[])]);
    let second = draft(&world, Vec::new(), vec![story("Chargeback", None, &[])]);
    let run = world.approved(first.id);
    let plan = world.plan(second.id);
    let busy = publish(&world.ports, &world.actor, second.id, &plan.plan_hash, "other");
    assert_eq!(busy, Err(PublishError::Busy(run)));
    world.work();
    assert!(publish(&world.ports, &world.actor, second.id, &plan.plan_hash, "other").is_ok());
}
