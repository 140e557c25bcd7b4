//! What every Jira must do, whatever answers behind it. Run against real sockets and against the fake alike.

use storywright_domain::jira::{CreateOutcome, FieldKind, Marker, NewIssue, Placement, ProjectKey};
use storywright_domain::ports::Jira;
use storywright_domain::remote::{Access, RemoteError};

/// A site with a person who may create issues in a project.
pub struct Site {
    pub access: Access,
    /// The same with a token that is nobody's.
    pub wrong: Access,
    pub project: ProjectKey,
    pub story: String,
    pub subtask: String,
}

fn issue(site: &Site, summary: &str, run: &str, item: &str) -> NewIssue {
    NewIssue {
        project: site.project.as_str().to_owned(),
        issue_type: site.story.clone(),
        summary: summary.to_owned(),
        description: "**As a** tester, **I want** {braces}\n\n- one\n- two".to_owned(),
        labels: vec!["contract".to_owned()],
        components: Vec::new(),
        priority: None,
        story_points: None,
        epic: None,
        placement: Placement::Alone,
        custom_fields: Vec::new(),
        marker: Marker::RunLabel(run.to_owned()),
        property: Some(("origin.storywright".to_owned(), format!(r#"{{"v":1,"run":"{run}","item":"{item}"}}"#))),
    }
}

#[track_caller]
fn created(outcome: CreateOutcome) -> (String, String) {
    match outcome {
        CreateOutcome::Created { id, key } => (id, key),
        other => panic!("not created: {other:?}"),
    }
}

pub fn jira_contract(jira: &dyn Jira, site: &Site) {
    a_wrong_token_is_nobody(jira, site);
    types_and_fields_are_told(jira, site);
    issues_are_created_found_and_read(jira, site);
    what_is_not_there_is_none(jira, site);
    links_are_upserted(jira, site);
}

fn a_wrong_token_is_nobody(jira: &dyn Jira, site: &Site) {
    let user = jira.current_user(&site.access).expect("the person");
    assert!(user.active && !user.deleted && !user.key.is_empty() && !user.name.is_empty());
    let unauthorized = |error: RemoteError| assert_eq!(error.code(), "credential_refused", "{error:?}");
    unauthorized(jira.current_user(&site.wrong).unwrap_err());
    unauthorized(jira.projects(&site.wrong).unwrap_err());
    unauthorized(jira.issue_types(&site.wrong, &site.project).unwrap_err());
    unauthorized(jira.create_fields(&site.wrong, &site.project, &site.story).unwrap_err());
    unauthorized(jira.issues_with_label(&site.wrong, site.project.as_str(), "x").unwrap_err());
    unauthorized(jira.issue(&site.wrong, &format!("{}-1", site.project.as_str()), None).unwrap_err());
    let (payload, _) = jira.render(&issue(site, "Nobody's", "aid-nobody", "s1"));
    let outcome = jira.create(&site.wrong, &payload, None);
    assert!(matches!(outcome, CreateOutcome::AuthLost { .. }), "{outcome:?}");
    assert!(jira.issues_with_label(&site.access, site.project.as_str(), "aid-nobody").unwrap().is_empty());
}

fn types_and_fields_are_told(jira: &dyn Jira, site: &Site) {
    let projects = jira.projects(&site.access).expect("projects");
    assert!(projects.iter().any(|project| project.key == site.project.as_str()));
    assert!(projects.is_sorted_by(|a, b| a.key <= b.key));
    let types = jira.issue_types(&site.access, &site.project).expect("types");
    let find = |id: &str| types.iter().find(|kind| kind.id == id).expect("the type");
    assert!(!find(&site.story).subtask && find(&site.subtask).subtask);
    let fields = jira.create_fields(&site.access, &site.project, &site.story).expect("fields");
    let kind = |id: &str| fields.iter().find(|field| field.id == id).map(|field| &field.kind);
    assert_eq!(kind("summary"), Some(&FieldKind::Text));
    assert_eq!(kind("labels"), Some(&FieldKind::Labels));
    let fields = jira.create_fields(&site.access, &site.project, &site.subtask).expect("fields");
    assert!(fields.iter().any(|field| field.kind == FieldKind::Parent));
}

fn issues_are_created_found_and_read(jira: &dyn Jira, site: &Site) {
    let run = "aid-contract0001";
    let story = issue(site, "Contract story", run, "s1");
    let (payload, description) = jira.render(&story);
    assert_eq!(jira.render(&story), (payload.clone(), description.clone()), "the same issue gives the same bytes");
    assert!(!payload.contains("@parent"));
    let (id, key) = created(jira.create(&site.access, &payload, None));

    let child = NewIssue {
        issue_type: site.subtask.clone(),
        placement: Placement::UnderParent,
        ..issue(site, "Child", run, "s1.1")
    };
    let (payload, _) = jira.render(&child);
    assert!(payload.contains(r#""parent":{"key":"@parent"}"#), "{payload}");
    let (_, child_key) = created(jira.create(&site.access, &payload, Some(&key)));

    let read = jira.issue(&site.access, &key, Some("origin.storywright")).unwrap().expect("the story");
    assert_eq!(
        (read.id.as_str(), read.key.as_str(), read.summary.as_str()),
        (id.as_str(), key.as_str(), "Contract story")
    );
    assert_eq!(read.description, description);
    assert!(read.labels.iter().any(|label| label == run) && read.labels.iter().any(|label| label == "contract"));
    let property: serde_json::Value = serde_json::from_str(&read.property.expect("the proof")).unwrap();
    assert_eq!(property["item"], "s1");
    assert_eq!(jira.issue(&site.access, &id, None).unwrap().expect("by id").key, key);
    let child = jira.issue(&site.access, &child_key, None).unwrap().expect("the child");
    assert_eq!((child.parent.as_deref(), child.property), (Some(key.as_str()), None));

    let found = jira.issues_with_label(&site.access, site.project.as_str(), run).unwrap();
    let keys: Vec<&str> = found.iter().map(|issue| issue.key.as_str()).collect();
    assert_eq!(keys, [child_key.as_str(), key.as_str()], "newest first");
}

fn what_is_not_there_is_none(jira: &dyn Jira, site: &Site) {
    let project = site.project.as_str();
    assert_eq!(jira.issue(&site.access, &format!("{project}-999999"), None).unwrap(), None);
    assert!(jira.issues_with_label(&site.access, project, "aid-none").unwrap().is_empty());
}

fn links_are_upserted(jira: &dyn Jira, site: &Site) {
    let found = jira.issues_with_label(&site.access, site.project.as_str(), "aid-contract0001").unwrap();
    for title in ["first", "second"] {
        jira.remote_link(&site.access, &found[0].key, "inst:item", "https://wiki.corp/x", title).expect("linked");
    }
    let missing = format!("{}-999999", site.project.as_str());
    let error = jira.remote_link(&site.access, &missing, "inst:item", "https://wiki.corp/x", "t").unwrap_err();
    assert_eq!(error, RemoteError::NotFound);
}
