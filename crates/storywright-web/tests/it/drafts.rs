//! Saving while typing, two tabs, the bin.

use crate::support::{Browser, alice_and_bob};
use serde_json::json;
use storywright_application::drafting::{CUT_OFF_NOTE, STOPPED_NOTE, generate};
use storywright_application::drafts::{DraftChange, draft, edit_draft, list_drafts};
use storywright_application::publishing::{make_plan, publish};
use storywright_domain::draft::{DraftState, DraftVersion, Origin};
use storywright_domain::ports::{Saved, StorageExt};
use storywright_domain::story::{Document, Narrative, Story};
use storywright_testkit::{Script, build};

#[actix_web::test]
async fn what_is_typed_is_saved_with_its_version() {
    let (app, alice, _) = alice_and_bob().await;
    let made = app.ready_draft(&alice, "Refund a card payment");
    let browser = Browser::signed_in(&app, "alice").await;
    let path = format!("/drafts/{}", made.id);
    let id = made.document.stories[0].id.clone();
    let changed =
        json!({"version": made.version, "document": {"stories": [{"id": id, "summary": "Refund a voucher"}]}});
    let got = browser.put(&path, &changed).await.expect(200);
    assert_eq!(got.header("etag"), format!("\"{}\"", made.version + 1));
    assert_eq!(got.body, json!({"version": made.version + 1}).to_string());
    let stored = draft(&app.ports, &app.actor(&alice), made.id).unwrap().unwrap();
    assert_eq!(stored.document.stories[0].summary, "Refund a voucher");
    assert_eq!(stored.document.stories[0].subtasks.len(), 2, "what the page did not send is kept");
    let got = browser.put(&path, &json!({"version": stored.version, "requirements": " "})).await.expect(422);
    assert_eq!(got.header("content-type"), "application/problem+json");
    got.shows("There are no requirements");
    for (body, status) in [
        (json!({"version": "x"}), 400),
        (json!({}), 400),
        (json!({"version": stored.version, "document": []}), 422),
        (json!({"version": stored.version, "document": {"stories": [{"summary": 7}]}}), 400),
        (json!({"version": stored.version, "prompt": "x".repeat(5_000)}), 422),
    ] {
        let got = browser.put(&path, &body).await.expect(status);
        assert_eq!(got.header("content-type"), "application/problem+json", "{body}");
    }
}

#[actix_web::test]
async fn two_tabs_keep_both_texts() {
    let (app, alice, _) = alice_and_bob().await;
    let made = app.ready_draft(&alice, "Refund a card payment");
    let browser = Browser::signed_in(&app, "alice").await;
    let path = format!("/drafts/{}", made.id);
    let id = made.document.stories[0].id.clone();
    let save = |version: u32, summary: &str| json!({"version": version, "document": {"stories": [{"id": id, "summary": summary}]}});
    browser.put(&path, &save(made.version, "From the first tab")).await.expect(200);
    let conflict = browser.put(&path, &save(made.version, "From the second tab")).await.expect(409);
    let theirs = made.version + 1;
    let conflict = conflict.shows("changed somewhere else").shows("<del>first</del>").shows("<ins>second</ins>");
    conflict.shows(&format!("data-theirs=\"{theirs}\"")).hides("<html");
    // Mine becomes the newest; the other stays a version that can be restored.
    app.clock.advance(storywright_domain::Millis::minutes(10));
    browser.put(&path, &save(theirs, "From the second tab")).await.expect(200);
    browser.post(&format!("{path}/versions/{theirs}/restore"), &[]).await.expect(204);
    let stored = draft(&app.ports, &app.actor(&alice), made.id).unwrap().unwrap();
    assert_eq!(stored.document.stories[0].summary, "From the first tab");
}

#[actix_web::test]
async fn a_draft_that_is_being_written_is_not_edited() {
    let (app, alice, _) = alice_and_bob().await;
    let made = app.empty_draft(&alice, "Money back");
    generate(&app.ports, &app.actor(&alice), made.id).unwrap();
    let browser = Browser::signed_in(&app, "alice").await;
    let path = format!("/drafts/{}", made.id);
    let body = json!({"version": made.version + 1, "requirements": "else"});
    browser.put(&path, &body).await.expect(409).shows("draft_being_written");
    browser.post(&format!("{path}/delete"), &[]).await.expect(409).shows("draft_being_written");
    browser.get(&path).await.expect(200).shows("Waiting for its turn").shows("data-busy");
}

#[actix_web::test]
async fn a_draft_comes_back_from_the_bin() {
    let (app, alice, _) = alice_and_bob().await;
    let made = app.ready_draft(&alice, "Refund a card payment");
    let browser = Browser::signed_in(&app, "alice").await;
    let path = format!("/drafts/{}", made.id);
    browser.post(&format!("{path}/delete"), &[]).await.expect(200).shows("Deleted: Refund").shows("Undo");
    browser.get(&path).await.expect(404).shows("draft_not_found");
    browser.get("/drafts").await.expect(200).hides("Refund a card payment");
    browser.post(&format!("{path}/undelete"), &[]).await.expect(200).shows("Refund a card payment");
    browser.get(&path).await.expect(200);
}

#[actix_web::test]
async fn refusals_of_refining_are_shown_where_one_typed() {
    let (app, alice, _) = alice_and_bob().await;
    let browser = Browser::signed_in(&app, "alice").await;
    let empty = app.empty_draft(&alice, "Money back");
    let refine = |id: String| format!("/drafts/{id}/refine");
    browser
        .post(&refine(empty.id.to_string()), &[("instructions", "shorter")])
        .await
        .expect(422)
        .shows("id=\"prompt-bar\"");
    let ready = app.ready_draft(&alice, "Refund");
    browser.post(&refine(ready.id.to_string()), &[("instructions", " ")]).await.expect(422).shows("id=\"prompt-bar\"");
    let gone = [("finding", "summary_missing"), ("path", "stories.7.summary")];
    browser.post(&refine(ready.id.to_string()), &gone).await.expect(422).shows("gone already");
    for _ in 0..4 {
        let other = app.ready_draft(&alice, "Another");
        browser.post(&refine(other.id.to_string()), &[("instructions", "shorter")]).await.expect(202);
    }
    browser
        .post(&refine(ready.id.to_string()), &[("instructions", "shorter, please")])
        .await
        .expect(422)
        .shows("shorter, please")
        .shows("jobs");
}

#[actix_web::test]
async fn a_press_beside_the_second_of_two_findings_is_about_the_second() {
    let (app, alice, _) = alice_and_bob().await;
    let browser = Browser::signed_in(&app, "alice").await;
    let actor = app.actor(&alice);
    let goal = "to export (as CSV) the list of fast refunds (once a month) to a fast ledger";
    let told =
        |goal: &str| Narrative { role: "clerk".into(), goal: goal.into(), benefit: "the books are right".into() };
    let story = Story { narrative: Some(told(goal)), ..build::story("Refunds") };
    let made = app.ready_draft(&alice, "Refund");
    let change = DraftChange { document: Some(Document::of_stories(vec![story])), ..DraftChange::default() };
    let made = edit_draft(&app.ports, &actor, made.id, made.version, &change).unwrap();
    let path = format!("/drafts/{}", made.id);
    let goal =
        || draft(&app.ports, &actor, made.id).unwrap().unwrap().document.stories[0].narrative.clone().unwrap().goal;
    let list = browser.fragment(&format!("{path}/findings"), "findings").await.expect(200);
    list.shows("name=\"start\" value=\"10\"").shows("name=\"start\" value=\"44\"");

    let which = |code, start| [("finding", code), ("path", "stories.0.narrative.goal"), ("start", start)];
    browser.post(&format!("{path}/refine"), &which("vague_word", "1")).await.expect(422).shows("gone already");
    browser.post(&format!("{path}/fix"), &which("brackets", "44")).await;
    assert_eq!(goal(), "to export (as CSV) the list of fast refunds to a fast ledger");
    browser.post(&format!("{path}/refine"), &which("vague_word", "49")).await.expect(202);
    let written = draft(&app.ports, &actor, made.id).unwrap().unwrap();
    let DraftState::Writing { job } = written.state else { panic!("{written:?}") };
    let job = storywright_application::jobs::job(&app.ports, &actor, job).unwrap().unwrap();
    assert!(
        job.payload.contains("Of the 2 such places") && job.payload.contains("only number 2 is meant"),
        "{}",
        job.payload
    );
}

#[actix_web::test]
async fn what_jira_has_already_is_linked_or_left_out() {
    let (app, alice, _) = alice_and_bob().await;
    let first = app.ready_draft(&alice, "Refund a captured card payment");
    let actor = app.actor(&alice);
    let plan = make_plan(&app.ports, &actor, first.id).unwrap();
    publish(&app.ports, &actor, first.id, &plan.plan_hash, "key").unwrap();
    while app.work() {}
    let again = app.ready_draft(&alice, "Refund a captured card payment");
    let reference = again.document.stories[0].id.clone();
    let (path, plan) = (format!("/drafts/{}/similar", again.id), format!("/drafts/{}/plan", again.id));
    let (alices, bobs) = (Browser::signed_in(&app, "alice").await, Browser::signed_in(&app, "bob").await);

    alices.get(&plan).await.expect(200).shows(&format!("similar?of={reference}"));
    let of = format!("{path}?of={reference}");
    let key = app.jira.issues()[0].key.clone();
    alices
        .fragment(&of, "")
        .await
        .expect(200)
        .shows(&key)
        .shows("Jira may have this already")
        .shows("Leave this one out");
    bobs.fragment(&of, "").await.expect(404);
    alices.fragment(&format!("{path}?of=nothing"), "").await.expect(404);

    let version = again.version.to_string();
    let say = |decision, key| {
        [("of", reference.as_str()), ("version", version.as_str()), ("decision", decision), ("key", key)]
    };
    bobs.post(&path, &say("link", &key)).await.expect(404);
    alices.post(&path, &say("link", "javascript:")).await.expect(422);
    alices.post(&path, &say("keep", &key)).await.expect(422);
    alices.post(&path, &say("link", &key)).await.expect(204);
    let linked = draft(&app.ports, &actor, again.id).unwrap().unwrap();
    assert_eq!(linked.document.stories[0].links[0].to, key);
    alices.get(&plan).await.expect(200).shows(&format!("It will be linked to {key}."));
    alices.fragment(&of, "").await.expect(200).hides(&format!("value=\"{key}\""));

    // Another tab decides on what it saw, not on what the draft is now.
    alices.post(&path, &say("leave", "")).await.expect(409);
    let newest = linked.version.to_string();
    let leave = [("of", reference.as_str()), ("version", newest.as_str()), ("decision", "leave")];
    alices.post(&path, &leave).await.expect(204);
    assert!(draft(&app.ports, &actor, again.id).unwrap().unwrap().document.stories.is_empty());
}

#[actix_web::test]
async fn a_draft_whose_issues_are_in_jira_is_read_only_and_can_be_copied() {
    let (app, alice, _) = alice_and_bob().await;
    let made = app.ready_draft(&alice, "Refund a card payment");
    let actor = app.actor(&alice);
    let plan = make_plan(&app.ports, &actor, made.id).unwrap();
    let run = publish(&app.ports, &actor, made.id, &plan.plan_hash, "key").unwrap();
    let browser = Browser::signed_in(&app, "alice").await;
    let path = format!("/drafts/{}", made.id);
    browser.get(&path).await.expect(200).shows("data-held").shows("The issues are being created in PAY");
    while app.work() {}
    let link = format!("href=\"/runs/{run}\"");
    let page = browser.get(&path).await.expect(200);
    let page =
        page.shows("In Jira as PAY-1, PAY-2, PAY-3").shows("data-busy").shows("Copy to a new draft").shows(&link);
    page.hides("name=\"instructions\"").hides("data-suggest").hides("1 missing").hides("/restore\"").hides("/fields\"");
    let bar = browser.fragment(&format!("{path}/create"), "create-bar").await.expect(200);
    bar.shows("In Jira · 3 issues").shows(&link);
    // What a page from before still sends is a problem that says what to do, not a conflict of two texts.
    let stored = draft(&app.ports, &actor, made.id).unwrap().unwrap();
    let late = browser.put(&path, &json!({"version": stored.version, "requirements": "else"})).await.expect(409);
    assert_eq!(late.header("content-type"), "application/problem+json");
    late.shows("begin a new draft");
    let copied = browser.post(&format!("{path}/copy"), &[]).await.expect(204);
    let place = copied.header("hx-redirect").to_owned();
    assert_ne!(place, path);
    let page = browser.get(&place).await.expect(200).shows("This is the copy").hides("data-held").shows("/plan");
    page.shows("name=\"instructions\"").shows("Refund a card payment");
    let copy = list_drafts(&app.ports, &actor, None, None).unwrap().items;
    let copy = copy.iter().find(|one| place.ends_with(&one.id.to_string())).unwrap();
    let copy = draft(&app.ports, &actor, copy.id).unwrap().unwrap();
    assert_eq!(
        (&copy.document, &copy.requirements, copy.format),
        (&stored.document, &stored.requirements, stored.format)
    );
    assert_eq!((copy.version, &copy.issue_type, &copy.project), (1, &stored.issue_type, &stored.project));
    // The copy goes its own way.
    browser.put(&place, &json!({"version": 1, "requirements": "something else"})).await.expect(200);
    assert_eq!(draft(&app.ports, &actor, made.id).unwrap().unwrap(), stored);
}

#[actix_web::test]
async fn text_that_ends_early_is_not_offered_as_ready() {
    let (app, alice, _) = alice_and_bob().await;
    let browser = Browser::signed_in(&app, "alice").await;
    let made = app.ready_draft(&alice, "Refund a card payment");
    let path = format!("/drafts/{}", made.id);
    let create = format!("<a class=\"btn btn-primary\" href=\"{path}/plan\"");
    browser.get(&path).await.expect(200).hides("Write again").shows(&create);
    let about_sources = format!("{STOPPED_NOTE}; sources not read: p4");
    for (note, text) in [
        (STOPPED_NOTE, "Writing was stopped: the text may be"),
        (CUT_OFF_NOTE, "Writing ended early"),
        (&about_sources, "Writing was stopped: the text may be"),
    ] {
        let stored = draft(&app.ports, &app.actor(&alice), made.id).unwrap().unwrap();
        let next = stored.clone().with_document(stored.document.clone(), app.ports.clock.now());
        let version = DraftVersion {
            draft: made.id,
            number: next.version,
            origin: Origin::Generated,
            note: note.to_owned(),
            document: next.document.clone(),
            created_at: next.updated_at,
        };
        let saved = app.store.write(|tx| tx.update_draft(&next, stored.version)).unwrap();
        assert_eq!(saved, Saved::Stored);
        app.store.write(|tx| tx.insert_version(alice.id, &version)).unwrap();
        let page = browser.get(&path).await.expect(200);
        page.shows(text).shows("Write again").hides(&create).shows(&format!("{path}/plan"));
    }
    // Whoever goes on by hand takes it as it is.
    let stored = draft(&app.ports, &app.actor(&alice), made.id).unwrap().unwrap();
    let id = stored.document.stories[0].id.clone();
    let mine = json!({"version": stored.version, "document": {"stories": [{"id": id, "summary": "Mine"}]}});
    browser.put(&path, &mine).await.expect(200);
    browser.get(&path).await.expect(200).hides("Write again").shows(&create);
}

#[actix_web::test]
async fn changed_requirements_are_told_until_the_stories_are_written_from_them() {
    const STORY: &str = r#"{"clarify":null,"stories":[{"summary":"Refund a card payment","narrative":{"role":"customer","goal":"money back","benefit":"trust"},"acceptance_criteria":["Sent in a day"],"stlc_notes":"","story_points":2,"subtasks":[]}]}"#;
    let (app, alice, _) = alice_and_bob().await;
    let browser = Browser::signed_in(&app, "alice").await;
    let made = app.empty_draft(&alice, "Money back");
    let path = format!("/drafts/{}", made.id);
    let write = || {
        app.chat.will_say(Script::text(STORY));
        generate(&app.ports, &app.actor(&alice), made.id).unwrap();
        assert!(app.work());
    };
    let told = "The requirements changed since the stories were written";
    write();
    browser.get(&path).await.expect(200).hides(told);
    let version = draft(&app.ports, &app.actor(&alice), made.id).unwrap().unwrap().version;
    browser.put(&path, &json!({"version": version, "requirements": "Money back in a day"})).await.expect(200);
    browser.get(&path).await.expect(200).shows(told).shows("Write again").hides("Writing was stopped");
    // The part of the page that is asked for after each save brings it along.
    let findings = browser.fragment(&format!("{path}/findings"), "findings").await.expect(200);
    findings.shows("id=\"again\" hx-swap-oob=\"true\"").shows(told);
    write();
    browser.get(&path).await.expect(200).hides(told);
}

#[actix_web::test]
async fn the_coverage_names_who_covers_what_and_has_the_rest_written() {
    let (app, alice, _) = alice_and_bob().await;
    let made = app.ready_draft(&alice, "The clerk must refund a card payment");
    let browser = Browser::signed_in(&app, "alice").await;
    let path = format!("/drafts/{}", made.id);
    let open: String = (1..=60).map(|number| format!("- The <b>baker</b> must weigh loaf {number}.\n")).collect();
    let requirements = format!("# Money\n\nThe clerk must refund a card payment.\n\n# Bread\n\n{open}");
    browser.put(&path, &json!({"version": made.version, "requirements": requirements})).await.expect(200);
    // All fits one call, so there are no sections to follow.
    browser.get(&format!("{path}/sections")).await.expect(200).hides("data-sections");
    let got = browser.get(&format!("{path}/coverage")).await.expect(200);
    let got = got.shows("1 of 61 sentences").shows("Write stories for these").shows("Under Bread").shows("10 left");
    got.shows("&lt;b&gt;baker&lt;").hides("<b>baker");
    browser.get(&format!("{path}/coverage?from=50")).await.expect(200).shows("loaf 60").hides("loaf 50").hides("left");
    let story = &made.document.stories[0].id;
    let got = browser.get(&format!("{path}/coverage?story={story}")).await.expect(200);
    got.shows("The clerk must refund a card payment").hides("loaf");
    browser.get(&format!("{path}/coverage?story=%22")).await.expect(200).shows("covers none of them");
    for place in ["1", "7", "x"] {
        browser.post(&format!("{path}/sections/{place}/write"), &[]).await.expect(422).shows("still to be written");
    }
    browser.post(&format!("{path}/coverage/write"), &[]).await.expect(202).shows("data-job");
    browser.get(&format!("{path}/coverage")).await.expect(200).hides("Write stories");
    app.chat.will_say(Script::text(&json!({"clarify": null, "stories": [build::story("Weigh loaves")]}).to_string()));
    while app.work() {}
    let after = draft(&app.ports, &app.actor(&alice), made.id).unwrap().unwrap();
    assert_eq!(after.document.stories[0], made.document.stories[0], "what is there stays");
    assert_eq!(after.document.stories[1].summary, "Weigh loaves");
    browser.get(&path).await.expect(200).shows("what no story covered");
}

#[actix_web::test]
async fn whoever_approves_sees_what_was_waived_and_the_way_of_the_issue_keeps_it() {
    let (app, alice, _) = alice_and_bob().await;
    let browser = Browser::signed_in(&app, "alice").await;
    let actor = app.actor(&alice);
    let made = app.ready_draft(&alice, "Refund");
    let story = Story { stlc_notes: "ghp_0123456789abcdefghijklmnopqrstuvwxyz".to_owned(), ..build::story("Refund") };
    let change = DraftChange { document: Some(Document::of_stories(vec![story])), ..DraftChange::default() };
    let made = edit_draft(&app.ports, &actor, made.id, made.version, &change).unwrap();
    let path = format!("/drafts/{}", made.id);
    let which = [("finding", "secret_suspected"), ("path", "stories.0.stlc_notes")];
    let reason = [which[0], which[1], ("reason", "A <b>test</b> account")];
    browser.post(&format!("{path}/waivers"), &reason).await;
    let page = browser.get(&format!("{path}/plan")).await.expect(200).shows("Waived, and approved with it");
    page.shows("A &lt;b&gt;test&lt;/b&gt; account").shows("secret_suspected").hides("<b>test");

    let plan = make_plan(&app.ports, &actor, made.id).unwrap();
    publish(&app.ports, &actor, made.id, &plan.plan_hash, "key").unwrap();
    while app.work() {}
    app.store.write(|tx| tx.delete_waiver(alice.id, made.id, &plan.waivers[0].fingerprint)).unwrap();
    let issue = app.jira.issues().into_iter().find(|issue| issue.summary == "Refund").unwrap();
    let way = browser.get(&format!("/audit/issue/{}", issue.key)).await.expect(200);
    let way = way.shows("Waived when it was approved").shows("A &lt;b&gt;test&lt;/b&gt; account").hides("<b>test");
    way.shows(&format!("{}, <time", alice.display_name));
}
