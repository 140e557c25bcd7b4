//! New drafts.

use crate::world::World;
use storywright_application::access::AccessError;
use storywright_application::catalog::{CatalogError, list_create_fields, list_issue_types, list_projects, list_sites};
use storywright_application::drafts::{CreateDraftError, NewDraft, create_draft};
use storywright_application::rule_sets::list_rule_sets;
use storywright_domain::draft::{Draft, DraftState, Requirements};
use storywright_domain::integration::{Health, Integration, IntegrationKind};
use storywright_domain::jira::ProjectKey;
use storywright_domain::remote::{RemoteError, SiteKind};
use storywright_domain::story::{Document, StoryFormat};

fn good() -> NewDraft {
    NewDraft {
        requirements: "# Refunds\r\nCustomers get their money back.".to_owned(),
        format: "bdd".to_owned(),
        prompt: "  Be brief ".to_owned(),
        prompt_taken: None,
        project_key: " PAY ".to_owned(),
        issue_type: "10002".to_owned(),
        rule_set: String::new(),
    }
}

fn create(world: &World, new: &NewDraft) -> Result<Draft, CreateDraftError> {
    create_draft(&world.ports, &world.actor, new)
}

/// Fields and codes of the problems.
#[track_caller]
fn problems(world: &World, new: &NewDraft) -> Vec<(&'static str, &'static str)> {
    match create(world, new) {
        Err(CreateDraftError::Invalid(problems)) => {
            problems.into_iter().map(|(field, code, _)| (field, code)).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_draft_begins_empty_with_what_was_entered() {
    let world = World::new();
    let draft = create(&world, &good()).unwrap();
    assert_eq!(world.draft(draft.id), draft);
    assert_eq!((draft.title.as_str(), draft.prompt.as_str()), ("Refunds", "Be brief"));
    assert_eq!((draft.format, draft.state, draft.version), (StoryFormat::Bdd, DraftState::Editing, 1));
    assert_eq!((draft.issue_type.as_str(), draft.issue_type_name.as_str()), ("10002", "Task"));
    assert_eq!((draft.rule_set.as_str(), draft.document), ("default", Document::default()));
    assert_eq!(draft.requirements.as_str(), "# Refunds\nCustomers get their money back.");
    assert_eq!(world.actions(), ["draft_created"]);
}

#[test]
fn an_issue_type_is_found_by_id_or_name() {
    let world = World::new();
    let named = create(&world, &NewDraft { issue_type: "story".to_owned(), ..good() }).unwrap();
    assert_eq!((named.issue_type.as_str(), named.issue_type_name.as_str()), ("10001", "Story"));
    for wanted in ["10003", "Sub-task", "Saga"] {
        let found = problems(&world, &NewDraft { issue_type: wanted.to_owned(), ..good() });
        assert_eq!(found, [("issue_type", "issue_type_unknown")], "{wanted}");
    }
}

#[test]
fn all_problems_are_said_at_once() {
    let world = World::new();
    let new = NewDraft {
        requirements: " \n\u{0}".to_owned(),
        format: "haiku".to_owned(),
        prompt: "x".repeat(4_001),
        prompt_taken: None,
        project_key: "pay; DROP".to_owned(),
        issue_type: " ".to_owned(),
        rule_set: "nobody".to_owned(),
    };
    let expected = [
        ("requirements", "requirements_empty"),
        ("format", "format_unknown"),
        ("prompt", "prompt_too_long"),
        ("project_key", "project_key_invalid"),
        ("rule_set", "rule_set_unknown"),
        ("issue_type", "issue_type_missing"),
    ];
    assert_eq!(problems(&world, &new), expected);
    let long = NewDraft { requirements: "x".repeat(Requirements::MAX_BYTES + 1), ..good() };
    assert_eq!(problems(&world, &long), [("requirements", "requirements_too_long")]);
    assert_eq!(world.jira.fake.calls(), Vec::<&str>::new(), "Jira is not asked about input that is refused anyway");
}

#[test]
fn a_project_that_is_not_there_is_a_problem_of_the_input() {
    let world = World::new();
    let found = problems(&world, &NewDraft { project_key: "NOPE".to_owned(), ..good() });
    assert_eq!(found, [("project_key", "project_not_creatable")]);
}

#[test]
fn without_jira_there_is_no_draft_and_it_is_said_why() {
    let world = World::new();
    let unavailable = RemoteError::Unavailable { detail: "timeout".to_owned() };
    world.jira.fake.fail(Some(unavailable.clone()));
    let expected = CreateDraftError::Catalog(CatalogError::Remote(unavailable));
    assert_eq!(create(&world, &good()), Err(expected));
    let jira = world.integration(IntegrationKind::Jira);
    world.save(&Integration { health: Health::Untested, ..jira });
    let untested = CatalogError::Access(AccessError::NotTested(IntegrationKind::Jira));
    assert_eq!(create(&world, &good()), Err(CreateDraftError::Catalog(untested.clone())));
    assert_eq!(list_projects(&world.ports, &world.actor), Err(untested));
}

#[test]
fn a_person_chooses_from_lists() {
    let world = World::new();
    let pay = ProjectKey::parse("PAY").unwrap();
    world.jira.fake.add_project("OPS", "Operations");
    let projects = list_projects(&world.ports, &world.actor).unwrap();
    assert_eq!(projects.iter().map(|project| project.key.as_str()).collect::<Vec<_>>(), ["OPS", "PAY"]);
    assert_eq!(list_issue_types(&world.ports, &world.actor, &pay).unwrap().len(), 4);
    assert_eq!(list_create_fields(&world.ports, &world.actor, &pay, "10001").unwrap().len(), 4);
    assert_eq!(list_rule_sets(&world.ports, None).unwrap().items[0].id, "default");
    let sites = list_sites(&world.ports, SiteKind::Confluence);
    assert_eq!(sites.iter().map(|site| site.id.as_str()).collect::<Vec<_>>(), ["confluence", "wiki"]);
}
