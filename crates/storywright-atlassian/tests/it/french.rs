//! A project in French whose stories demand four fields of their own: the first POST succeeds.

use crate::support::jira;
use std::collections::BTreeMap;
use storywright_domain::jira::{CreateField, CreateOutcome, FieldKind, Marker, NewIssue, Placement, ProjectKey};
use storywright_domain::ports::Jira;
use storywright_domain::remote::Access;
use storywright_domain::story::FieldValue;
use storywright_sandbox::{Options, Running, Sandbox};

fn company() -> Running {
    Sandbox::start(Options::default()).expect("the company opens")
}

/// What the screen demands of its own, with a value for each that is not the site's default.
fn demanded(fields: &[CreateField]) -> Vec<(String, FieldKind, FieldValue)> {
    let own = fields.iter().filter(|field| field.required && field.id.starts_with("customfield_"));
    own.map(|field| {
        let last = || field.allowed.last().expect("a choice").id.clone();
        let value = match field.kind {
            FieldKind::Option => FieldValue::Option(last()),
            FieldKind::Options => FieldValue::Options(vec![last()]),
            FieldKind::Date => FieldValue::Date("2026-12-24".to_owned()),
            FieldKind::Text => FieldValue::Text("Contrat n° 4711 – « été »".to_owned()),
            ref other => panic!("{}: {other:?}", field.name),
        };
        (field.id.clone(), field.kind.clone(), value)
    })
    .collect()
}

fn story(issue_type: &str, custom_fields: Vec<(String, FieldKind, FieldValue)>) -> NewIssue {
    NewIssue {
        project: "FR".to_owned(),
        issue_type: issue_type.to_owned(),
        summary: "Relancer une facture impayée".to_owned(),
        description: "En tant que *comptable*, je veux relancer un client.".to_owned(),
        labels: vec!["réforme".to_owned()],
        components: vec!["Éditique".to_owned()],
        priority: None,
        story_points: None,
        epic: None,
        placement: Placement::Alone,
        custom_fields,
        marker: Marker::RunLabel("aid-french".to_owned()),
        property: None,
    }
}

fn first_post_succeeds(company: &Running, jira: &dyn Jira, access: &Access) {
    let project = ProjectKey::parse("FR").unwrap();
    let types = jira.issue_types(access, &project).unwrap();
    let kind = types.iter().find(|kind| kind.name == "Récit").expect("a story, by the name that the site gives it");
    let fields = jira.create_fields(access, &project, &kind.id).unwrap();
    let values = demanded(&fields);
    let kinds: BTreeMap<&str, &FieldKind> = values.iter().map(|(id, kind, _)| (id.as_str(), kind)).collect();
    let expected = BTreeMap::from([
        ("customfield_10300", &FieldKind::Option),
        ("customfield_10301", &FieldKind::Text),
        ("customfield_10302", &FieldKind::Date),
        ("customfield_10303", &FieldKind::Options),
    ]);
    assert_eq!(kinds, expected);
    let (payload, _) = jira.render(&story(&kind.id, values));
    let before = company.issues().len();
    let CreateOutcome::Created { id, .. } = jira.create(access, &payload, None) else {
        panic!("not created: {payload}")
    };
    assert_eq!(company.issues().len(), before + 1);
    assert_eq!(jira.verify(access, &id, &payload, None), Ok(Some(Vec::new())), "everything is there as it was sent");
    let posts = company.requests().into_iter().filter(|request| request.method == "POST").count();
    assert_eq!(posts, 1, "the first POST");
}

#[test]
fn the_first_post_succeeds_on_data_center() {
    let company = company();
    let (jira, access) = jira(&company.jira_url(), &company.person("alice").unwrap().jira_pat);
    first_post_succeeds(&company, &jira, &access);
}

#[test]
fn the_first_post_succeeds_on_cloud() {
    let company = company();
    let alice = company.person("alice").unwrap();
    let (jira, access) = jira(&company.cloud_url(), &format!("{}:{}", alice.email, alice.jira_pat));
    first_post_succeeds(&company, &jira, &access);
}

#[test]
fn what_is_left_out_is_refused_by_field() {
    let company = company();
    let (jira, access) = jira(&company.jira_url(), &company.person("alice").unwrap().jira_pat);
    let (payload, _) = jira.render(&story("10101", Vec::new()));
    let CreateOutcome::Rejected { fields, .. } = jira.create(&access, &payload, None) else { panic!("it was created") };
    let mut named: Vec<&str> = fields.iter().map(|refusal| refusal.field.as_str()).collect();
    named.sort_unstable();
    assert_eq!(named, ["customfield_10301", "customfield_10302"], "the others have a default there");
}
