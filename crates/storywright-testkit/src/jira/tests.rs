//! The fake Jira.

use super::*;
use crate::build::{access, jira_user};
use storywright_domain::UserId;
use storywright_domain::jira::Placement;

fn new_issue(summary: &str, placement: Placement) -> NewIssue {
    NewIssue {
        project: "PAY".to_owned(),
        issue_type: "10001".to_owned(),
        summary: summary.to_owned(),
        description: "d".to_owned(),
        labels: Vec::new(),
        components: Vec::new(),
        priority: None,
        story_points: None,
        epic: None,
        placement,
        custom_fields: Vec::new(),
        marker: Marker::RunLabel("sw-1".to_owned()),
        property: Some(("origin.storywright".to_owned(), r#"{"item":"1"}"#.to_owned())),
    }
}

#[test]
fn what_is_created_is_found_by_label_and_key() {
    let fake = FakeJira::with_person("pat", jira_user(1));
    let access = access(UserId(1), "pat");
    let (payload, _) = fake.render(&new_issue("parent", Placement::Alone));
    assert_eq!(fake.render(&new_issue("parent", Placement::Alone)).0, payload);
    let created = fake.create(&access, &payload, None);
    assert_eq!(created, CreateOutcome::Created { id: "10001".to_owned(), key: "PAY-1".to_owned() });
    let (child, _) = fake.render(&new_issue("child", Placement::UnderParent));
    fake.create(&access, &child, Some("PAY-1"));
    let found = fake.marked(&access, "PAY", &Marker::RunLabel("sw-1".to_owned())).unwrap();
    assert_eq!(found.iter().map(|issue| issue.key.as_str()).collect::<Vec<_>>(), ["PAY-2", "PAY-1"]);
    assert_eq!(found[0].parent.as_deref(), Some("PAY-1"));
    let proof = fake.issue(&access, "10001", Some("origin.storywright")).unwrap();
    assert_eq!(proof.and_then(|issue| issue.property).as_deref(), Some(r#"{"item":"1"}"#));
}

#[test]
fn an_answer_is_lost_with_or_without_an_issue() {
    let fake = FakeJira::with_person("pat", jira_user(1));
    let access = access(UserId(1), "pat");
    let (payload, _) = fake.render(&new_issue("one", Placement::Alone));
    let lost = CreateOutcome::Unknown { detail: "504".to_owned() };
    for (next, issues) in [(NextCreate::CreatedBut(lost.clone()), 1), (NextCreate::Only(lost.clone()), 1)] {
        fake.next_create(next);
        assert_eq!(fake.create(&access, &payload, None), lost);
        assert_eq!(fake.issues().len(), issues);
    }
    fake.revoke("pat");
    assert!(matches!(fake.create(&access, &payload, None), CreateOutcome::AuthLost { .. }));
    assert_eq!(fake.sent().len(), 3);
}
