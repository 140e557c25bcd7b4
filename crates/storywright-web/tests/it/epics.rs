//! Epics and links in the workspace, and the pickers.

use crate::support::{Browser, TestApp, alice_and_bob};
use serde_json::json;
use storywright_application::drafts::{DraftChange, draft, edit_draft};
use storywright_domain::draft::Draft;
use storywright_domain::person::Person;
use storywright_domain::remote::RemoteError;
use storywright_domain::story::{Document, Epic, LinkKind, Story, StoryLink};
use storywright_testkit::build;

/// A draft with an epic, a story in it and one outside, linked.
fn grouped(app: &TestApp, person: &Person) -> Draft {
    let made = app.ready_draft(person, "Refund a card payment");
    let epic = Epic {
        id: "e1".to_owned(),
        summary: "Refunds & <returns>".to_owned(),
        labels: vec!["pay".to_owned()],
        ..Epic::default()
    };
    let link = |kind, to: &str| StoryLink { kind, to: to.to_owned() };
    let first = Story {
        epic: Some("e1".to_owned()),
        links: vec![link(LinkKind::Blocks, "s2"), link(LinkKind::RelatesTo, "PAY-7")],
        ..made.document.stories[0].clone()
    };
    let second = Story { id: "s2".to_owned(), epic: Some("PAY-12".to_owned()), ..build::story("Refund a voucher") };
    let document = Document { epics: vec![epic], stories: vec![first, second] };
    let change = DraftChange { document: Some(document), ..DraftChange::default() };
    edit_draft(&app.ports, &app.actor(person), made.id, made.version, &change).unwrap()
}

#[actix_web::test]
async fn the_workspace_shows_epics_and_links_by_name() {
    let (app, alice, _) = alice_and_bob().await;
    let made = grouped(&app, &alice);
    let browser = Browser::signed_in(&app, "alice").await;
    let page = browser.get(&format!("/drafts/{}", made.id)).await.expect(200);
    let page = page
        .shows(r#"data-path="epics.0.summary""#)
        .shows("Refunds &amp; &lt;returns&gt;</textarea>")
        .hides("<returns>")
        .shows(r#"id="p-epics.0.labels" data-path="epics.0.labels" data-kind="list" placeholder="None" value="pay""#)
        .shows(r#"data-ref="e1" placeholder="None" value="Refunds &amp; &lt;returns&gt;""#)
        .shows(r#"data-ref="s2" placeholder="A story of this draft, or a key like PAY-12" value="Refund a voucher""#)
        .shows(r#"value="PAY-7""#)
        .shows(r#"value="PAY-12""#)
        .shows("Group these stories under a new epic")
        .shows("1 epic, 2 stories");
    assert!(page.body.contains(r#"<option value="relates_to" selected>"#), "{}", page.body);
    // The first story stands under its epic, the second beside it.
    let tree = browser.fragment(&format!("/drafts/{}/tree", made.id), "doc-tree").await.expect(200).body;
    let at = |text: &str| tree.find(text).unwrap_or_else(|| panic!("{text} is missing in {tree}"));
    assert!(at("#epic-0") < at("#story-0") && at("#story-0") < at("#story-1"), "{tree}");
    assert!(!tree.contains("<html"), "{tree}");
}

#[actix_web::test]
async fn a_draft_without_epics_has_one_quiet_line_for_them() {
    let (app, alice, _) = alice_and_bob().await;
    let made = app.ready_draft(&alice, "Refund a card payment");
    let browser = Browser::signed_in(&app, "alice").await;
    browser
        .get(&format!("/drafts/{}", made.id))
        .await
        .expect(200)
        .shows("Group these stories under a new epic")
        .shows(r#"<div class="grid gap-4" data-list-path="epics"></div>"#)
        .hides(r#"data-path="epics.0"#)
        .shows(r#"<template id="t-epics">"#);
    let tree = browser.fragment(&format!("/drafts/{}/tree", made.id), "doc-tree").await.expect(200);
    assert_eq!(tree.body.trim(), "", "one story needs no list");
}

#[actix_web::test]
async fn epics_and_links_are_saved_while_they_are_edited() {
    let (app, alice, _) = alice_and_bob().await;
    let made = grouped(&app, &alice);
    let browser = Browser::signed_in(&app, "alice").await;
    let path = format!("/drafts/{}", made.id);
    let document = json!({
        "epics": [{"id": "e1", "summary": "Refunds", "name": "Money back", "description": "Why", "labels": []}, {"id": "e2", "summary": "Vouchers"}],
        "stories": [
            {"id": "s1", "epic": "e2", "links": [{"kind": "relates_to", "to": "s2"}]},
            {"id": "s2", "epic": null, "links": []},
        ],
    });
    browser.put(&path, &json!({"version": made.version, "document": document})).await.expect(200);
    let stored = draft(&app.ports, &app.actor(&alice), made.id).unwrap().unwrap().document;
    let epics: Vec<(&str, &str)> = stored.epics.iter().map(|epic| (epic.id.as_str(), epic.board_name())).collect();
    assert_eq!(epics, [("e1", "Money back"), ("e2", "Vouchers")]);
    assert_eq!(stored.stories[0].epic.as_deref(), Some("e2"));
    assert_eq!(stored.stories[0].links, [StoryLink { kind: LinkKind::RelatesTo, to: "s2".to_owned() }]);
    assert_eq!(stored.stories[1].epic, None);
    // A page from before there were epics takes none away.
    let version = made.version + 1;
    let old = json!({"version": version, "document": {"stories": [{"id": "s1"}, {"id": "s2"}]}});
    browser.put(&path, &old).await.expect(200);
    let stored = draft(&app.ports, &app.actor(&alice), made.id).unwrap().unwrap().document;
    assert_eq!((stored.epics.len(), stored.stories[0].links.len()), (2, 1));
    // What leads nowhere is found, and the page says where.
    let nowhere =
        json!({"stories": [{"id": "s1", "epic": "e9"}, {"id": "s2", "links": [{"kind": "blocks", "to": "s2"}]}]});
    browser.put(&path, &json!({"version": version + 1, "document": nowhere})).await.expect(200);
    browser
        .fragment(&format!("{path}/findings"), "findings")
        .await
        .expect(200)
        .shows("Story 1, epic")
        .shows("Story 2, link 1");
}

#[actix_web::test]
async fn people_and_epics_are_found_while_somebody_types() {
    let (app, alice, _) = alice_and_bob().await;
    let mut odd = build::jira_user(7);
    odd.display_name = "Bo <b>Odd".to_owned();
    odd.name = "odd".to_owned();
    app.jira.add_person("pat-of-odd", odd);
    let browser = Browser::signed_in(&app, "alice").await;
    let pick = |what: &str, q: &str| {
        let path = format!("/pick/{what}?project=PAY&q={q}");
        let browser = &browser;
        async move { browser.fragment(&path, "").await }
    };
    pick("users", "bo")
        .await
        .expect(200)
        .shows(r#"data-value="bob" data-label="bob Archer""#)
        .shows(r#"data-value="odd" data-label="Bo &lt;b&gt;Odd""#)
        .hides("<b>")
        .hides("alice");
    pick("users", "nobody").await.expect(200).shows("Jira finds nobody of this name.").hides("data-value");
    pick("epics", "").await.expect(200).shows("Jira finds no such epic.");
    pick("users", &"x".repeat(5_000)).await.expect(200);
    let got = browser.fragment("/pick/users?project=no+such+key&q=a", "").await;
    assert_eq!((got.status.as_u16(), got.header("x-error-code")), (422, "invalid_input"), "{}", got.body);
    let got = browser.fragment("/pick/users?project=ZZZ&q=a", "").await;
    assert_eq!(got.status.as_u16(), 404, "{}", got.body);
    app.jira.fail(Some(RemoteError::Unavailable { detail: "no route".to_owned() }));
    assert_eq!(pick("epics", "x").await.status.as_u16(), 502);
    let _ = alice;
}
