//! Plans: exact payloads and the hash that a person approves.

use crate::world::World;
use storywright_application::access::AccessError;
use storywright_application::drafts::{DraftChange, edit_draft};
use storywright_application::publishing::{PlanError, make_plan};
use storywright_domain::draft::{Draft, WrongState};
use storywright_domain::finding::Severity;
use storywright_domain::integration::{Health, Integration, IntegrationKind};
use storywright_domain::jira::{AllowedValue, CreateField, FieldKind};
use storywright_domain::ports::{Saved, StorageExt as _};
use storywright_domain::publishing::Plan;
use storywright_domain::remote::RemoteError;
use storywright_domain::story::{Document, FieldValue, Story, Subtask};
use storywright_domain::{DraftId, UserId};
use storywright_testkit::build::story;

pub fn field(id: &str, kind: FieldKind) -> CreateField {
    CreateField { id: id.to_owned(), name: id.to_owned(), required: false, has_default: false, kind, allowed: vec![] }
}

fn required(id: &str, kind: FieldKind) -> CreateField {
    CreateField { required: true, ..field(id, kind) }
}

/// What every create screen here has.
pub fn screen(more: Vec<CreateField>) -> Vec<CreateField> {
    let mut fields = vec![
        required("summary", FieldKind::Text),
        field("description", FieldKind::TextArea),
        field("labels", FieldKind::Labels),
        field("parent", FieldKind::Parent),
    ];
    fields.extend(more);
    fields
}

fn plan(world: &World, id: DraftId) -> Result<Plan, PlanError> {
    make_plan(&world.ports, &world.actor, id)
}

fn with(world: &World, change: impl FnOnce(&mut Story)) -> Draft {
    let mut changed = Story { subtasks: Vec::new(), ..story("Refund") };
    change(&mut changed);
    let before = world.draft_with(&[]);
    let after = before.clone().with_document(Document::of_stories(vec![changed]), before.updated_at);
    assert_eq!(world.store.write(|tx| tx.update_draft(&after, before.version)), Ok(Saved::Stored));
    after
}

/// Reference, field and code of every problem.
#[track_caller]
fn problems(world: &World, draft: &Draft) -> Vec<(String, String, &'static str)> {
    match plan(world, draft.id) {
        Err(PlanError::Problems(problems)) => {
            problems.into_iter().map(|problem| (problem.reference, problem.field, problem.code)).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_plan_holds_exact_payloads_parents_first() {
    let world = World::new();
    let draft = world.draft_with(&["Refund", "Chargeback"]);
    let plan = plan(&world, draft.id).unwrap();
    let order: Vec<(&str, Option<&str>)> =
        plan.issues.iter().map(|issue| (issue.reference.as_str(), issue.parent.as_deref())).collect();
    let expected = [
        ("s1", None),
        ("s1.1", Some("s1")),
        ("s1.2", Some("s1")),
        ("s2", None),
        ("s2.1", Some("s2")),
        ("s2.2", Some("s2")),
    ];
    assert_eq!(order, expected);
    assert_eq!((plan.draft, plan.version, plan.site.as_str()), (draft.id, 1, "jira"));
    for issue in &plan.issues {
        let json: serde_json::Value = serde_json::from_str(&issue.payload).unwrap();
        assert_eq!(json["fields"]["labels"], serde_json::json!([plan.run_label]));
        assert_eq!(json["properties"][0]["key"], "storywright.origin");
        assert_eq!(json["properties"][0]["value"]["item"], issue.reference.as_str());
        assert_eq!(json["fields"]["parent"].is_null(), issue.parent.is_none());
        assert_eq!(issue.payload_sha256, world.ports.sha256.hex(issue.payload.as_bytes()));
    }
    assert!(!world.jira.fake.calls().contains(&"create"), "planning creates nothing");
}

#[test]
fn looking_twice_gives_the_same_hash_and_any_change_another() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let first = plan(&world, draft.id).unwrap();
    assert_eq!(plan(&world, draft.id).unwrap(), first);
    let mut changed = draft.document.clone();
    changed.stories[0].subtasks[1].description = "more".to_owned();
    let change = DraftChange { document: Some(changed), ..DraftChange::default() };
    edit_draft(&world.ports, &world.actor, draft.id, 1, &change).unwrap();
    let second = plan(&world, draft.id).unwrap();
    assert_ne!(second.plan_hash, first.plan_hash);
    // The same text on another site is another plan too.
    let jira = world.integration(IntegrationKind::Jira);
    world.save(&Integration { target: "lab".to_owned(), ..jira });
    let elsewhere = plan(&world, draft.id).unwrap();
    assert_eq!(elsewhere.issues, second.issues);
    assert_ne!(elsewhere.plan_hash, second.plan_hash);
}

#[test]
fn rules_block_and_warnings_do_not() {
    let world = World::new();
    let warned = with(&world, |story| story.story_points = None);
    assert!(plan(&world, warned.id).is_ok());
    let blocked = with(&world, |story| story.acceptance_criteria.clear());
    let Err(PlanError::Blocked(findings)) = plan(&world, blocked.id) else { panic!("it is not blocked") };
    assert_eq!(findings[0].code, "acceptance_criteria_missing");
    assert_eq!(findings[0].severity, Severity::Error);
    let empty = world.draft_with(&[]);
    assert!(matches!(plan(&world, empty.id), Err(PlanError::Blocked(_))));
}

#[test]
fn what_jira_demands_is_asked_before_anything_is_sent() {
    let world = World::new();
    let with_default = CreateField { has_default: true, ..required("customfield_3", FieldKind::Option) };
    world.jira.fake.set_fields(screen(vec![
        required("customfield_1", FieldKind::Option),
        required("components", FieldKind::Components),
        with_default,
    ]));
    let bare = with(&world, |_| ());
    let expected = [
        ("s1".to_owned(), "customfield_1".to_owned(), "required_field_missing"),
        ("s1".to_owned(), "components".to_owned(), "required_field_missing"),
    ];
    assert_eq!(problems(&world, &bare), expected);
    let filled = with(&world, |story| {
        story.components = vec!["API".to_owned()];
        story.custom_fields = [("customfield_1".to_owned(), FieldValue::Option("7".to_owned()))].into();
    });
    let issue = plan(&world, filled.id).unwrap().issues.remove(0);
    let json: serde_json::Value = serde_json::from_str(&issue.payload).unwrap();
    assert_eq!(json["fields"]["customfield_1"], serde_json::json!({"id": "7"}));
}

#[test]
fn a_sub_task_takes_what_jira_demands_from_its_story() {
    let world = World::new();
    world.jira.fake.set_fields(screen(vec![
        required("customfield_1", FieldKind::Option),
        field("customfield_2", FieldKind::Text),
        required("components", FieldKind::Components),
    ]));
    let subtasks = vec![Subtask { summary: "Design".to_owned(), ..Subtask::default() }];
    let bare = with(&world, |story| story.subtasks.clone_from(&subtasks));
    assert_eq!(problems(&world, &bare).len(), 4, "story and sub-task lack two each");
    let filled = with(&world, |story| {
        story.subtasks.clone_from(&subtasks);
        story.components = vec!["API".to_owned()];
        story.custom_fields = [
            ("customfield_1".to_owned(), FieldValue::Option("7".to_owned())),
            ("customfield_2".to_owned(), FieldValue::Text("x".to_owned())),
        ]
        .into();
    });
    let issues = plan(&world, filled.id).unwrap().issues;
    let json: serde_json::Value = serde_json::from_str(&issues[1].payload).unwrap();
    assert_eq!(json["fields"]["customfield_1"], serde_json::json!({"id": "7"}));
    assert_eq!(json["fields"]["components"], serde_json::json!([{"name": "API"}]));
    assert!(json["fields"]["customfield_2"].is_null(), "what is not demanded stays with the story");
}

#[test]
fn nothing_is_dropped_silently() {
    let world = World::new();
    let draft = with(&world, |story| {
        story.components = vec!["API".to_owned()];
        story.priority = Some("High".to_owned());
        story.epic = Some("PAY-9".to_owned());
        story.custom_fields = [("customfield_9".to_owned(), FieldValue::Text("x".to_owned()))].into();
    });
    let found = problems(&world, &draft);
    assert!(found.iter().all(|(reference, _, code)| reference == "s1" && *code == "field_not_on_screen"), "{found:?}");
    let fields: Vec<&str> = found.iter().map(|(_, field, _)| field.as_str()).collect();
    // Into its epic the story can be put afterwards.
    assert_eq!(fields, ["customfield_9", "components", "priority"]);
}

#[test]
fn values_are_those_that_the_screen_allows() {
    let world = World::new();
    let value = |id: &str, name: &str| AllowedValue { id: id.to_owned(), name: name.to_owned(), children: Vec::new() };
    let priority = CreateField { allowed: vec![value("1", "High")], ..field("priority", FieldKind::Priority) };
    let components = CreateField { allowed: vec![value("2", "API")], ..field("components", FieldKind::Components) };
    world.jira.fake.set_fields(screen(vec![priority, components]));
    let with = |priority: &str, component: &str| {
        with(&world, |story| {
            story.priority = Some(priority.to_owned());
            story.components = vec![component.to_owned()];
        })
    };
    assert!(plan(&world, with("High", "API").id).is_ok());
    let expected = [
        ("s1".to_owned(), "components".to_owned(), "value_not_allowed"),
        ("s1".to_owned(), "priority".to_owned(), "value_not_allowed"),
    ];
    assert_eq!(problems(&world, &with("Urgent", "Web")), expected);
}

#[test]
fn estimate_and_epic_go_to_their_fields() {
    let world = World::new();
    let points = CreateField { name: "Story Points".to_owned(), ..field("customfield_4", FieldKind::Number) };
    world.jira.fake.set_fields(screen(vec![points, field("customfield_5", FieldKind::EpicLink)]));
    let draft = with(&world, |story| story.epic = Some("PAY-9".to_owned()));
    let issue = plan(&world, draft.id).unwrap().issues.remove(0);
    let json: serde_json::Value = serde_json::from_str(&issue.payload).unwrap();
    assert_eq!(json["fields"]["customfield_4"], serde_json::json!(2.0));
    assert_eq!(json["fields"]["customfield_5"], "PAY-9");
}

#[test]
fn without_labels_on_the_screen_the_mark_is_in_the_description() {
    let world = World::new();
    let fields = screen(Vec::new()).into_iter().filter(|field| field.id != "labels").collect();
    world.jira.fake.set_fields(fields);
    let plan = plan(&world, world.draft_with(&["Refund"]).id).unwrap();
    assert_eq!(plan.marker_mode, "footer");
    let word = plan.run_label.replace('-', "");
    assert!(plan.issues.iter().all(|issue| issue.description.ends_with(&format!("ref {word}"))));
    let labelled = with(&world, |story| story.labels = vec!["team-a".to_owned()]);
    assert_eq!(problems(&world, &labelled), [("s1".to_owned(), "labels".to_owned(), "field_not_on_screen")]);
}

#[test]
fn one_run_takes_two_hundred_issues() {
    let world = World::new();
    let many = |count: usize| {
        let subtask = |number: usize| Subtask { summary: format!("Part {number}"), ..Subtask::default() };
        with(&world, |story| story.subtasks = (1..count).map(subtask).collect())
    };
    assert_eq!(plan(&world, many(200).id).unwrap().issues.len(), 200);
    assert_eq!(plan(&world, many(201).id), Err(PlanError::TooMany(201)));
}

#[test]
fn two_items_never_have_the_same_mark() {
    let world = World::new();
    // A document written by hand or by a program: the second story is named like a sub-task of the first.
    let before = world.draft_with(&["Refund", "Chargeback"]);
    let mut document = before.document.clone();
    document.stories[1].id = "s1.1".to_owned();
    let change = DraftChange { document: Some(document), ..DraftChange::default() };
    let after = edit_draft(&world.ports, &world.actor, before.id, 1, &change).unwrap();
    let plan = plan(&world, after.id).unwrap();
    let mut references: Vec<&str> = plan.issues.iter().map(|issue| issue.reference.as_str()).collect();
    let count = references.len();
    references.sort_unstable();
    references.dedup();
    assert_eq!(references.len(), count, "{references:?}");
}

#[test]
fn there_is_no_plan_for_what_cannot_be_created() {
    let world = World::new();
    assert_eq!(plan(&world, DraftId(9)), Err(PlanError::NotFound));
    let draft = world.draft_with(&["Refund"]);
    assert_eq!(make_plan(&world.ports, &world.colleague(), draft.id), Err(PlanError::NotFound));
    let gone = Draft { id: DraftId(77), issue_type: "99".to_owned(), ..draft.clone() };
    world.store.write(|tx| tx.insert_draft(&gone)).unwrap();
    assert_eq!(plan(&world, gone.id), Err(PlanError::NoSuchType("Story".to_owned())));
    let page = RemoteError::LoginPage { detail: "200".to_owned() };
    world.jira.fake.fail(Some(page.clone()));
    assert_eq!(plan(&world, draft.id), Err(PlanError::Remote(page)));
    world.jira.fake.fail(None);
    let run = world.approved(draft.id);
    assert_eq!(plan(&world, draft.id), Err(PlanError::WrongState(WrongState::Publishing { run })));
    let jira = world.integration(IntegrationKind::Jira);
    world.save(&Integration { health: Health::Untested, ..jira });
    let untested = AccessError::NotTested(IntegrationKind::Jira);
    assert_eq!(plan(&world, gone.id), Err(PlanError::Access(untested)));
    assert_eq!(world.person.id, UserId(1));
}
