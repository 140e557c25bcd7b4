//! One contract for every Jira: Data Center, Cloud, sites with small pages, and the fake that other tests use.

use crate::support::{access, jira};
use storywright_domain::jira::ProjectKey;
use storywright_domain::jira::{CreateField, FieldKind};
use storywright_domain::remote::SiteKind;
use storywright_sandbox::{Options, Running, Sandbox, Settings};
use storywright_testkit::build::jira_user;
use storywright_testkit::{FakeJira, JiraFixture, jira_contract};

fn company(settings: Settings) -> Running {
    let company = Sandbox::start(Options::default()).expect("the company opens");
    company.set_settings(settings);
    company
}

fn on_data_center(company: &Running) {
    let (adapter, access) = jira(&company.jira_url(), &company.person("alice").unwrap().jira_pat);
    let fixture = JiraFixture {
        access,
        wrong: jira(&company.jira_url(), "nobodys-token-123").1,
        project: ProjectKey::parse("PAY").unwrap(),
        story: "10001".to_owned(),
        subtask: "10003".to_owned(),
        epic: "10000".to_owned(),
        epic_field: "customfield_10100".to_owned(),
        mark_field: company.settings().marker_field.then(|| "customfield_10990".to_owned()),
        somebody: ("bob".to_owned(), "Bob Tanaka".to_owned()),
    };
    jira_contract(&adapter, &fixture);
    let others: Vec<_> = company.requests().into_iter().filter(|request| request.request_id.is_none()).collect();
    assert!(others.is_empty(), "every call carries its request id: {others:?}");
}

fn on_cloud(company: &Running) {
    let alice = company.person("alice").unwrap();
    let (adapter, access) = jira(&company.cloud_url(), &format!("{}:{}", alice.email, alice.jira_pat));
    let fixture = JiraFixture {
        access,
        wrong: jira(&company.cloud_url(), &format!("{}:nobodys-token-123", alice.email)).1,
        project: ProjectKey::parse("PAY").unwrap(),
        story: "10001".to_owned(),
        subtask: "10003".to_owned(),
        epic: "10000".to_owned(),
        epic_field: "parent".to_owned(),
        mark_field: company.settings().marker_field.then(|| "customfield_10990".to_owned()),
        somebody: ("bob".to_owned(), "Bob Tanaka".to_owned()),
    };
    jira_contract(&adapter, &fixture);
    let asked: Vec<String> = company.requests().into_iter().map(|request| request.path).collect();
    assert!(asked.iter().any(|path| path == "/cloud/rest/api/2/search/jql"), "the new search was used");
    for old in ["/cloud/rest/api/2/search", "/rest/agile/"] {
        assert!(!asked.iter().any(|path| path == old || path.contains("/rest/agile/")), "{old} was called");
    }
}

#[test]
fn data_center_keeps_the_contract() {
    on_data_center(&company(Settings::default()));
}

#[test]
fn data_center_with_small_pages_and_a_field_for_marks_keeps_the_contract() {
    on_data_center(&company(Settings { jira_page_size: Some(3), marker_field: true, ..Settings::default() }));
}

#[test]
fn cloud_keeps_the_contract() {
    on_cloud(&company(Settings::default()));
}

#[test]
fn cloud_with_small_pages_and_a_field_for_marks_keeps_the_contract() {
    on_cloud(&company(Settings { jira_page_size: Some(3), marker_field: true, ..Settings::default() }));
}

#[test]
fn the_fake_that_other_tests_use_keeps_the_contract() {
    let access = |token| access(SiteKind::Jira, "https://jira.corp", token);
    let fake = FakeJira::with_person("pat", jira_user(1));
    let field = |id: &str, kind| CreateField {
        id: id.to_owned(),
        name: id.to_owned(),
        required: false,
        has_default: false,
        kind,
        allowed: Vec::new(),
    };
    fake.set_fields_of(
        "10001",
        vec![
            field("summary", FieldKind::Text),
            field("description", FieldKind::TextArea),
            field("labels", FieldKind::Labels),
            field("priority", FieldKind::Priority),
            field("customfield_10100", FieldKind::EpicLink),
            field("customfield_10990", FieldKind::Text),
            field("assignee", FieldKind::User),
        ],
    );
    let user = jira_user(1);
    let fixture = JiraFixture {
        access: access("pat"),
        wrong: access("nobodys"),
        project: ProjectKey::parse("PAY").unwrap(),
        story: "10001".to_owned(),
        subtask: "10003".to_owned(),
        epic: "10000".to_owned(),
        epic_field: "customfield_10100".to_owned(),
        mark_field: Some("customfield_10990".to_owned()),
        somebody: (user.name.clone(), user.display_name),
    };
    jira_contract(&fake, &fixture);
    assert_eq!(fake.web_links().values().map(|(_, title)| title.as_str()).collect::<Vec<_>>(), ["second"]);
}
