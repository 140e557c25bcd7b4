//! Against the pretend company, over real sockets.

use crate::support::jira;
use std::collections::BTreeMap;
use storywright_domain::jira::{CreateOutcome, FieldKind, Marker, NewIssue, Placement, ProjectKey};
use storywright_domain::ports::Jira;
use storywright_domain::story::FieldValue;
use storywright_sandbox::{FaultKind, FaultRule, Options, Running, Sandbox, Service, Settings};

fn company() -> Running {
    Sandbox::start(Options::default()).expect("the company opens")
}

fn token(company: &Running, who: &str) -> String {
    company.person(who).expect("a seeded person").jira_pat
}

fn key(raw: &str) -> ProjectKey {
    ProjectKey::parse(raw).unwrap()
}

fn ops_story() -> NewIssue {
    NewIssue {
        project: "OPS".to_owned(),
        issue_type: "10001".to_owned(),
        summary: "Move the database".to_owned(),
        description: "## Why\n\nIt is `slow`.".to_owned(),
        labels: Vec::new(),
        components: vec!["Databases".to_owned()],
        priority: Some("High".to_owned()),
        story_points: Some(("customfield_10106".to_owned(), 3.0)),
        epic: None,
        placement: Placement::Alone,
        custom_fields: Vec::new(),
        marker: Marker::RunLabel("aid-ops".to_owned()),
        property: None,
    }
}

#[test]
fn people_are_read_as_they_are() {
    let company = company();
    let user = |who: &str| {
        let (jira, access) = jira(&company.jira_url(), &token(&company, who));
        jira.current_user(&access)
    };
    let alice = user("alice").unwrap();
    assert_eq!((alice.name.as_str(), alice.key.as_str()), ("E10234", "JIRAUSER10100"));
    let (jira, access) = jira(&company.jira_url(), &token(&company, "alice"));
    let picture = jira.avatar(&access, &alice.avatar_url.expect("an address")).unwrap().expect("a picture");
    assert!(picture.starts_with("data:image/png;base64,"));
    let info = jira.server_info(&access).unwrap();
    assert_eq!(info.deployment, "Server");
    assert!(info.version.starts_with("10."), "{}", info.version);
}

#[test]
fn who_may_create_nothing_gets_no_types() {
    let company = company();
    let (jira, access) = jira(&company.jira_url(), &token(&company, "frank"));
    assert!(jira.issue_types(&access, &key("PAY")).unwrap().is_empty());
    assert!(jira.create_fields(&access, &key("PAY"), "10001").unwrap().is_empty());
}

#[test]
fn types_in_another_language_go_by_id() {
    let company = company();
    let (jira, access) = jira(&company.jira_url(), &token(&company, "alice"));
    let types = jira.issue_types(&access, &key("FR")).unwrap();
    let subtask = types.iter().find(|kind| kind.subtask).unwrap();
    assert_eq!((subtask.id.as_str(), subtask.name.as_str()), ("10103", "Sous-tâche"));
}

#[test]
fn a_parent_that_the_screen_leaves_out_is_added() {
    let company = company();
    let (jira, access) = jira(&company.jira_url(), &token(&company, "alice"));
    let fields = jira.create_fields(&access, &key("OPS"), "10003").unwrap();
    assert!(fields.iter().any(|field| field.kind == FieldKind::Parent && field.required));
}

#[test]
fn required_fields_are_known_before_and_refused_by_name() {
    let company = company();
    let (jira, access) = jira(&company.jira_url(), &token(&company, "alice"));
    let fields = jira.create_fields(&access, &key("OPS"), "10001").unwrap();
    let kinds: BTreeMap<&str, &FieldKind> =
        fields.iter().filter(|field| field.required).map(|field| (field.id.as_str(), &field.kind)).collect();
    assert_eq!(kinds["customfield_10200"], &FieldKind::Option);
    assert_eq!(kinds["customfield_10201"], &FieldKind::Cascading);
    assert_eq!(kinds["customfield_10202"], &FieldKind::User);
    assert_eq!(kinds["customfield_10100"], &FieldKind::EpicLink);
    let environment = fields.iter().find(|field| field.id == "customfield_10200").unwrap();
    assert!(environment.allowed.iter().any(|value| value.id == "10401" && value.name == "Staging"));
    let location = fields.iter().find(|field| field.id == "customfield_10201").unwrap();
    assert!(location.allowed[0].children.iter().any(|child| child.id == "10411"));

    let (payload, _) = jira.render(&ops_story());
    let CreateOutcome::Rejected { status: 400, fields: refused, .. } = jira.create(&access, &payload, None) else {
        panic!("must be rejected");
    };
    let named: Vec<&str> = refused.iter().map(|refusal| refusal.field.as_str()).collect();
    for field in ["customfield_10100", "customfield_10200", "customfield_10201", "customfield_10202"] {
        assert!(named.contains(&field), "{named:?}");
    }
}

#[test]
fn every_kind_of_field_is_accepted() {
    let company = company();
    let (jira, access) = jira(&company.jira_url(), &token(&company, "alice"));
    let epic = company.issues().into_iter().find(|issue| issue.project == "OPS" && issue.issue_type == "Epic");
    let epic = epic.map_or_else(
        || {
            let epic = NewIssue {
                issue_type: "10000".to_owned(),
                story_points: None,
                custom_fields: vec![(
                    "customfield_10101".to_owned(),
                    FieldKind::EpicName,
                    FieldValue::Text("Databases".to_owned()),
                )],
                ..ops_story()
            };
            match jira.create(&access, &jira.render(&epic).0, None) {
                CreateOutcome::Created { key, .. } => key,
                other => panic!("no epic: {other:?}"),
            }
        },
        |epic| epic.key,
    );
    let field = |id: &str, kind: FieldKind, value: FieldValue| (format!("customfield_{id}"), kind, value);
    let story = NewIssue {
        epic: Some(("customfield_10100".to_owned(), epic.clone())),
        custom_fields: vec![
            field("10200", FieldKind::Option, FieldValue::Option("10401".to_owned())),
            field("10201", FieldKind::Cascading, FieldValue::Cascading("10410".to_owned(), Some("10411".to_owned()))),
            field("10202", FieldKind::User, FieldValue::User("E10234".to_owned())),
            field("10203", FieldKind::Options, FieldValue::Options(vec!["10440".to_owned(), "10442".to_owned()])),
            field("10204", FieldKind::Date, FieldValue::Date("2026-12-24".to_owned())),
            field("10205", FieldKind::TextArea, FieldValue::Text("- **undo**".to_owned())),
        ],
        ..ops_story()
    };
    let CreateOutcome::Created { key, .. } = jira.create(&access, &jira.render(&story).0, None) else {
        panic!("must be created: {:?}", jira.create(&access, &jira.render(&story).0, None));
    };
    let found = company.issues().into_iter().find(|issue| issue.key == key).unwrap();
    assert_eq!(found.epic.as_deref(), Some(epic.as_str()));
}

#[test]
fn a_field_that_is_not_on_the_screen_is_refused_by_name() {
    let company = company();
    let (jira, access) = jira(&company.jira_url(), &token(&company, "alice"));
    // Tasks of this project have no labels, so a run label has no place to go.
    let fields = jira.create_fields(&access, &key("OPS"), "10002").unwrap();
    assert!(!fields.iter().any(|field| field.kind == FieldKind::Labels));
    let task = NewIssue { issue_type: "10002".to_owned(), ..ops_story() };
    let outcome = jira.create(&access, &jira.render(&task).0, None);
    let CreateOutcome::Rejected { fields, .. } = outcome else { panic!("{outcome:?}") };
    assert!(fields.iter().any(|refusal| refusal.field == "labels"), "{fields:?}");
}

fn pay_story() -> NewIssue {
    NewIssue { project: "PAY".to_owned(), components: Vec::new(), story_points: None, ..ops_story() }
}

/// One create call under one fault; gives the outcome and how many issues came of it.
fn create_under(kind: FaultKind) -> (CreateOutcome, usize) {
    let company = company();
    let (jira, access) = jira(&company.jira_url(), &token(&company, "alice"));
    company.add_fault(FaultRule::new(Service::Jira, kind).on("POST", "/rest/api/2/issue")).unwrap();
    let before = company.issues().len();
    let outcome = jira.create(&access, &jira.render(&pay_story()).0, None);
    let posts = company.requests().iter().filter(|request| request.method == "POST").count();
    assert_eq!(posts, 1, "never a second POST");
    (outcome, company.issues().len() - before)
}

#[test]
fn faults_lead_to_the_outcome_that_says_what_is_known() {
    let unknown = |kind: FaultKind, exists: usize| {
        let (outcome, issues) = create_under(kind.clone());
        assert!(matches!(outcome, CreateOutcome::Unknown { .. }), "{kind:?}: {outcome:?}");
        assert_eq!(issues, exists, "{kind:?}");
    };
    let status_after = |code| FaultKind::StatusAfterCommit { code, body: None, headers: BTreeMap::new() };
    unknown(FaultKind::DropBefore, 0);
    unknown(FaultKind::DropAfter, 1);
    unknown(status_after(504), 1);
    unknown(status_after(502), 1);
    unknown(FaultKind::Truncate { after_bytes: None }, 1);
    unknown(FaultKind::MalformedJson, 1);
    let (outcome, issues) = create_under(FaultKind::HtmlLogin);
    assert!(matches!(outcome, CreateOutcome::AuthLost { .. }) && issues == 0, "{outcome:?}");
    let (outcome, issues) = create_under(FaultKind::Anonymous);
    assert!(matches!(outcome, CreateOutcome::AuthLost { .. }) && issues == 0, "{outcome:?}");
    let (outcome, issues) = create_under(FaultKind::RetryAfter { seconds: 0, code: 429 });
    assert!(matches!(outcome, CreateOutcome::NotSent { retry_after_ms: Some(1_000), .. }), "{outcome:?}");
    assert_eq!(issues, 0);
    let (outcome, issues) = create_under(FaultKind::DelayAfterMs { ms: 200 });
    assert!(matches!(outcome, CreateOutcome::Created { .. }) && issues == 1, "{outcome:?}");
}

#[test]
fn reads_wait_trouble_out() {
    let company = company();
    let (jira, access) = jira(&company.jira_url(), &token(&company, "alice"));
    company.add_fault(FaultRule::new(Service::Jira, FaultKind::RetryAfter { seconds: 7, code: 429 })).unwrap();
    assert!(jira.current_user(&access).is_ok());
    company.add_fault(FaultRule::new(Service::Jira, FaultKind::DropBefore)).unwrap();
    assert!(jira.projects(&access).is_ok());
    company.add_fault(FaultRule::new(Service::Jira, FaultKind::HtmlLogin)).unwrap();
    assert_eq!(jira.current_user(&access).unwrap_err().code(), "login_page");
    company.change_person("alice", |person| person.jira_pat = "another".to_owned());
    assert_eq!(jira.current_user(&access).unwrap_err().code(), "credential_refused");
}

#[test]
fn a_site_that_drops_properties_still_creates() {
    let company = company();
    company.set_settings(Settings { create_properties: false, ..Settings::default() });
    let (jira, access) = jira(&company.jira_url(), &token(&company, "alice"));
    let story = NewIssue { property: Some(("origin.x".to_owned(), "{\"v\":1}".to_owned())), ..pay_story() };
    let CreateOutcome::Created { key, .. } = jira.create(&access, &jira.render(&story).0, None) else { panic!() };
    assert_eq!(jira.issue(&access, &key, Some("origin.x")).unwrap().expect("the issue").property, None);
}
