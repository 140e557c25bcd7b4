//! Drafts about issues that are in Jira, on their pages.

use crate::support::{Browser, TestApp, alice_and_bob, hash_of};
use std::rc::Rc;
use storywright_application::access;
use storywright_application::drafts::{DraftChange, draft, edit_draft};
use storywright_application::issue_updates::{NewFromIssue, begin_from_issue};
use storywright_domain::DraftId;
use storywright_domain::jira::CreateOutcome;
use storywright_domain::person::Person;
use storywright_domain::ports::Jira as _;
use storywright_domain::remote::RemoteError;
use storywright_domain::story::{Document, Narrative, Story};
use storywright_testkit::build;

fn by_hand(app: &TestApp, person: &Person, summary: &str, text: &str) -> String {
    let issue = build::issue_by_hand("10001", summary, text);
    let (payload, _) = app.jira.render(&issue);
    let access = access::jira(&app.ports, &app.actor(person)).unwrap();
    match app.jira.create(&access, &payload, None) {
        CreateOutcome::Created { key, .. } => key,
        other => panic!("{other:?}"),
    }
}

/// A draft that improves the issue, with its story there.
fn improving(app: &TestApp, person: &Person, key: &str) -> DraftId {
    let new = NewFromIssue {
        issue: key.to_owned(),
        purpose: "improve".to_owned(),
        format: "classic".to_owned(),
        ..NewFromIssue::default()
    };
    let actor = app.actor(person);
    let draft = begin_from_issue(&app.ports, &actor, &new).unwrap();
    let story = Story { id: String::new(), ..build::story("Refund a card payment") };
    let change = DraftChange { document: Some(Document::of_stories(vec![story])), ..DraftChange::default() };
    edit_draft(&app.ports, &actor, draft.id, draft.version, &change).unwrap().id
}

async fn browser(app: &Rc<TestApp>) -> Browser {
    Browser::signed_in(app, "alice").await
}

#[actix_web::test]
async fn what_was_typed_stays_when_the_issue_cannot_be_read() {
    let (app, alice, _) = alice_and_bob().await;
    let browser = browser(&app).await;
    browser.get("/drafts/from-issue?issue=PAY-1&purpose=break_down").await.expect(200).shows("value=\"PAY-1\"");
    let typed = [("issue", "PAY-<7>"), ("purpose", "break_down"), ("format", "bdd"), ("prompt", "keep it")];
    let refused = browser.post_to("/drafts/from-issue", "from-issue-form", &typed).await.expect(422);
    refused.shows("is no key of an issue").shows("PAY-&lt;7&gt;").shows("keep it").hides("<html");
    app.jira.fail(Some(RemoteError::Unavailable { detail: "status 503".to_owned() }));
    let typed = [("issue", "PAY-7"), ("purpose", "improve"), ("format", "classic"), ("prompt", "keep it")];
    let refused = browser.post_to("/drafts/from-issue", "from-issue-form", &typed).await;
    assert!(refused.status.as_u16() >= 400);
    refused.shows("keep it").shows("value=\"PAY-7\"");
    app.jira.fail(None);
    let key = by_hand(&app, &alice, "Refunds", "Agents must be able to refund.");
    let typed = [("issue", key.as_str()), ("purpose", "improve"), ("format", "classic")];
    let made = browser.post("/drafts/from-issue", &typed).await.expect(204);
    let place = made.header("hx-redirect").to_owned();
    browser.get(&place).await.expect(200).shows("This draft improves").shows(&format!("/browse/{key}"));
}

#[actix_web::test]
async fn the_difference_is_shown_approved_and_put_back() {
    let (app, alice, _) = alice_and_bob().await;
    let key = by_hand(
        &app,
        &alice,
        "Old <b>words</b>",
        "<script>alert(1)</script> Ledger entries must be kept for ten years.",
    );
    let draft = improving(&app, &alice, &key);
    let browser = browser(&app).await;
    browser.get(&format!("/drafts/{draft}")).await.expect(200).shows(&format!("Show what changes in {key}"));
    let moved = browser.get(&format!("/drafts/{draft}/plan")).await.expect(303);
    let path = format!("/drafts/{draft}/change");
    assert_eq!(moved.header("location"), path);
    let shown = browser.get(&path).await.expect(200);
    let shown = shown.shows("<del>").shows("&lt;script&gt;").hides("<script>alert").hides("<b>words");
    let shown = shown.shows("Perhaps lost").shows("Ledger entries must be kept for ten years.");
    let hash = hash_of(&shown.body);

    app.jira.change_field(&key, "description", Some("Newer <i>words</i>".into()));
    let stale = browser.post(&path, &[("hash", &hash)]).await.expect(409);
    let stale = stale.shows("so nothing was sent").shows("Somebody changed").shows("Newer &lt;i&gt;");
    let hash = hash_of(&stale.body);
    assert!(!app.jira.calls().contains(&"update"));
    browser.post(&path, &[("hash", &hash)]).await.expect(204);
    let after = browser.get(&path).await.expect(200);
    after.shows("has these words").shows("data-update=\"written\"").shows("Put back what stood there before");

    let back = browser.get(&format!("{path}?back=1")).await.expect(200);
    let back = back.shows("Put them back").shows("Newer &lt;i&gt;");
    let hash = hash_of(&back.body);
    browser.post(&path, &[("hash", &hash), ("back", "1")]).await.expect(204);
    assert_eq!(app.jira.field(&key, "description"), Some("Newer <i>words</i>".into()));
    browser.get(&format!("{path}?back=7")).await.expect(200).shows("no change 7 that can be put back");
    browser
        .get(&format!("/audit/issue/{key}"))
        .await
        .expect(200)
        .shows("Earlier words put back")
        .shows("Rewritten from");
}

#[actix_web::test]
async fn what_was_waived_stands_beside_the_change_and_in_the_way_of_the_issue() {
    let (app, alice, _) = alice_and_bob().await;
    let key = by_hand(&app, &alice, "Old", "Agents must be able to refund.");
    let id = improving(&app, &alice, &key);
    let actor = app.actor(&alice);
    let stored = draft(&app.ports, &actor, id).unwrap().unwrap();
    let mut document = stored.document;
    let told = Narrative { role: "clerk".into(), goal: "to see a fast ledger".into(), benefit: "it is right".into() };
    document.stories[0].narrative = Some(told);
    let change = DraftChange { document: Some(document), ..DraftChange::default() };
    edit_draft(&app.ports, &actor, id, stored.version, &change).unwrap();
    let browser = browser(&app).await;
    let path = format!("/drafts/{id}/change");
    let before = hash_of(&browser.get(&path).await.expect(200).hides("Waived, and approved").body);
    let place = "stories.0.narrative.goal";
    let reason = [("finding", "vague_word"), ("path", place), ("reason", "The team knows what that means")];
    browser.post(&format!("/drafts/{id}/waivers"), &reason).await;
    let shown = browser.get(&path).await.expect(200).shows("Waived, and approved with it").shows(reason[2].1);
    let hash = hash_of(&shown.body);
    assert_ne!(hash, before, "what is let pass is part of what is approved");
    browser.post(&path, &[("hash", &before)]).await.expect(409);
    browser.post(&path, &[("hash", &hash)]).await.expect(204);
    browser.post(&format!("/drafts/{id}/waivers/take-back"), &reason[..2]).await;
    let way = browser.get(&format!("/audit/issue/{key}")).await.expect(200).shows(reason[2].1);
    way.shows(&format!("{}, <time", alice.display_name));
}

#[actix_web::test]
async fn a_lost_answer_is_shown_as_unknown() {
    let (app, alice, _) = alice_and_bob().await;
    let key = by_hand(&app, &alice, "Old", "Agents must be able to refund.");
    let draft = improving(&app, &alice, &key);
    let browser = browser(&app).await;
    let path = format!("/drafts/{draft}/change");
    let hash = hash_of(&browser.get(&path).await.expect(200).body);
    app.jira.next_update(RemoteError::Unavailable { detail: "status 504".to_owned() }, false);
    browser.post(&path, &[("hash", &hash)]).await.expect(204);
    let shown = browser.get(&path).await.expect(200);
    shown.shows("data-update=\"unknown\"").shows("Look it up").hides("name=\"hash\"");
    app.clock.advance(storywright_domain::Millis::minutes(6));
    browser.post(&format!("{path}/settle"), &[]).await.expect(204);
    browser.get(&path).await.expect(200).shows("data-update=\"absent\"").shows("name=\"hash\"");
}

#[actix_web::test]
async fn what_is_of_others_is_not_there() {
    let (app, alice, _) = alice_and_bob().await;
    let key = by_hand(&app, &alice, "Old", "Agents must be able to refund.");
    let draft = improving(&app, &alice, &key);
    let bob = Browser::signed_in(&app, "bob").await;
    let path = format!("/drafts/{draft}/change");
    bob.get(&path).await.expect(404);
    bob.post(&path, &[("hash", "x")]).await.expect(404);
    bob.post(&format!("{path}/settle"), &[]).await.expect(404);
    bob.get(&format!("/audit/issue/{key}")).await.expect(200).hides("Rewritten from");
    let plain = app.ready_draft(&alice, "Refund");
    let alice = browser(&app).await;
    alice.get(&format!("/drafts/{}/change", plain.id)).await.expect(409).shows("improves no issue");
}
