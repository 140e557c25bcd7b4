//! Every page, empty and full, and the parts that htmx asks for.

use crate::support::{Browser, TestApp, alice_and_bob};
use storywright_application::drafting::generate;
use storywright_application::drafts::{DraftChange, draft, edit_draft};
use storywright_application::publishing::{make_plan, publish};
use storywright_domain::DraftId;
use storywright_domain::jira::CreateOutcome;
use storywright_domain::job::JobStatus;
use storywright_domain::ports::StorageExt;
use storywright_domain::story::{Document, Scenario, Section, Story, StoryFormat};
use storywright_testkit::{NextCreate, Script, build};

/// A page is whole, names its request, and lets only its own scripts run.
#[track_caller]
fn whole(got: &crate::support::Got) {
    assert!(
        got.body.trim_start().starts_with("<!doctype html>") && got.body.trim_end().ends_with("</html>"),
        "{}",
        got.body
    );
    let policy = got.header("content-security-policy");
    let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    assert!(nonce.len() >= 32, "{policy}");
    let scripts = got.body.matches("<script").count();
    assert_eq!(scripts, got.body.matches(&format!("<script nonce=\"{nonce}\"")).count(), "a script without the nonce");
    assert!(!got.body.contains(" style=\"") && !got.body.contains("onclick="), "something inline");
    assert_eq!(got.header("cache-control"), "no-store");
}

#[actix_web::test]
async fn pages_of_visitors() {
    let app = TestApp::new().await;
    let visitor = Browser::anonymous(&app);
    for (path, text) in [
        ("/sign-in", "Employee ID or e-mail"),
        ("/sign-up", "Company Jira"),
        ("/sign-in?next=%2Fdrafts", "Sign in to go on"),
    ] {
        let got = visitor.get(path).await.expect(200).shows(text);
        whole(&got);
    }
}

#[actix_web::test]
async fn pages_with_nothing_on_them() {
    let (app, ..) = alice_and_bob().await;
    let bob = Browser::signed_in(&app, "bob").await;
    for (path, text) in [
        ("/", "No drafts yet"),
        ("/drafts", "No drafts yet"),
        ("/drafts?state=ready&q=nothing", "No draft matches"),
        ("/drafts/new", "Payments"),
        ("/drafts/new?format=bdd&project_key=PAY", "Story"),
        ("/runs", "Nothing created yet"),
        ("/integrations", "Language model"),
        ("/jobs", "No jobs yet"),
        ("/profile", "Where you are signed in"),
        ("/audit", "Signed in"),
        ("/search", "What are you looking for?"),
        ("/search?q=zzz", "Nothing found"),
    ] {
        let got = bob.get(path).await.expect(200).shows(text);
        whole(&got);
    }
}

#[actix_web::test]
async fn a_person_with_nothing_connected_is_told_what_to_do() {
    let app = TestApp::new().await;
    app.person("carol", 3);
    let person = app.store.read(|tx| tx.person_by_login("carol")).unwrap().unwrap().0;
    for kind in storywright_domain::integration::IntegrationKind::ALL {
        app.store.write(|tx| tx.delete_integration(person.id, kind)).unwrap();
    }
    let carol = Browser::signed_in(&app, "carol").await;
    carol.get("/").await.expect(200).shows("Not connected.").shows("/integrations#card-llm");
    carol.get("/drafts/new").await.expect(200).shows("Jira is not connected and tested.");
    carol.get("/integrations").await.expect(200).shows("Connect Jira");
}

#[actix_web::test]
async fn pages_full_of_things() {
    let (app, alice, _) = alice_and_bob().await;
    let ready = app.ready_draft(&alice, "Refund a card payment");
    for number in 0..25 {
        app.ready_draft(&alice, &format!("Story number {number}"));
    }
    let published = app.ready_draft(&alice, "Refund a voucher");
    let actor = app.actor(&alice);
    let plan = make_plan(&app.ports, &actor, published.id).unwrap();
    let run = publish(&app.ports, &actor, published.id, &plan.plan_hash, "key-1").unwrap();
    assert!(app.work());
    let browser = Browser::signed_in(&app, "alice").await;
    for (path, text) in [
        ("/".to_owned(), "Refund a voucher"),
        ("/drafts".to_owned(), "Story number 24"),
        ("/drafts?state=published".to_owned(), "Refund a voucher"),
        ("/drafts?project=PAY&q=number".to_owned(), "Story number 20"),
        (format!("/drafts/{}", ready.id), "Refund a card payment"),
        (format!("/drafts/{}/plan", ready.id), "Create 3 issues in PAY"),
        (format!("/drafts/{}/compare", ready.id), "Compare versions"),
        ("/runs".to_owned(), "3 of 3 issues created"),
        (format!("/runs/{run}"), "https://jira.corp.example/browse/PAY-1"),
        ("/jobs".to_owned(), "Creating: Refund a voucher"),
        ("/audit".to_owned(), "Approved issues to be created"),
        ("/search?q=voucher".to_owned(), "https://jira.corp.example/browse/PAY-1"),
    ] {
        let got = browser.get(&path).await.expect(200).shows(text);
        whole(&got);
    }
    browser.get("/").await.expect(200).shows("https://jira.corp.example/browse/PAY-1");
    // The list goes on where it ended, without doubling or losing a line.
    let first = browser.get("/drafts").await.expect(200);
    assert!(first.body.contains("<span class=\"chip-count muted\">27</span>"), "all are counted: {}", first.body);
    let next =
        first.body.split("/drafts?q=").nth(1).expect("a next page").split('"').next().unwrap().replace("&amp;", "&");
    let second = browser.fragment(&format!("/drafts?q={next}"), "").await.expect(200);
    let count = |text: &str| text.matches("data-row").count();
    assert_eq!((count(&first.body), count(&second.body)), (20, 7));
    browser
        .fragment("/search?q=card", "search-results")
        .await
        .expect(200)
        .shows("Refund a card payment")
        .hides("<html");
    browser.fragment("/drafts?q=card", "draft-list").await.expect(200).shows("id=\"draft-list\"").hides("<html");
}

#[actix_web::test]
async fn all_three_formats_show_and_their_parts_reload() {
    let (app, alice, _) = alice_and_bob().await;
    let browser = Browser::signed_in(&app, "alice").await;
    let scenario = Scenario {
        title: "Refund within 30 days".to_owned(),
        given: vec!["a paid order".to_owned()],
        when: vec!["the customer asks".to_owned()],
        then: vec!["the money is sent".to_owned(), "a mail is sent".to_owned()],
    };
    let section = Section { heading: "Scope".to_owned(), text: "Cards only".to_owned() };
    let stories = [
        (StoryFormat::Classic, build::story("Classic"), "my money back"),
        (StoryFormat::Bdd, Story { scenarios: vec![scenario], ..build::story("Scenarios") }, "Refund within 30 days"),
        (StoryFormat::Custom, Story { sections: vec![section], ..build::story("Custom") }, "Cards only"),
    ];
    for (format, story, text) in stories {
        let made = app.empty_draft(&alice, "Money back");
        let document = Document::of_stories(vec![story.clone(), Story { summary: String::new(), ..story }]);
        let change = DraftChange { document: Some(document), format: Some(format), ..DraftChange::default() };
        edit_draft(&app.ports, &app.actor(&alice), made.id, made.version, &change).unwrap();
        let path = format!("/drafts/{}", made.id);
        whole(&browser.get(&path).await.expect(200).shows(text));
        browser.fragment(&format!("{path}/document"), "document").await.expect(200).shows(text).hides("<html");
        browser.fragment(&format!("{path}/findings"), "findings").await.expect(200).shows("summary_missing");
        browser.fragment(&format!("{path}/versions"), "versions").await.expect(200).shows("Edited by hand");
        browser.fragment(&format!("{path}/create"), "create-bar").await.expect(200).shows("missing");
        let redirected = browser.get(&format!("{path}/document")).await.expect(303);
        assert_eq!(redirected.header("location"), path);
    }
}

const ANSWER: &str = r#"{"clarify":null,"stories":[{"summary":"Refund a card payment","narrative":{"role":"customer","goal":"money back","benefit":"trust"},"acceptance_criteria":["Sent in a day"],"stlc_notes":"Unit tests","story_points":2,"subtasks":[{"summary":"Call the bank","description":""}]}]}"#;

#[actix_web::test]
async fn writing_from_the_first_press_to_the_story_with_a_question_between() {
    let (app, alice, _) = alice_and_bob().await;
    let browser = Browser::signed_in(&app, "alice").await;
    let made = app.empty_draft(&alice, "Customers want their money back.");
    let path = format!("/drafts/{}", made.id);
    browser.get(&path).await.expect(200).shows("Nothing written yet");
    app.chat.will_say(Script::text(r#"{"clarify":"Which cards?","stories":[]}"#));
    app.chat.will_say(Script::text(ANSWER));
    let bar = browser.post_to(&format!("{path}/generate"), "prompt-bar", &[]).await.expect(202).shows("data-job=");
    let job = bar.body.split("data-job=\"").nth(1).unwrap()[..32].to_owned();
    browser.post(&format!("{path}/generate"), &[]).await.expect(422).shows(&job);
    browser.fragment("/jobs/indicator", "job-indicator").await.expect(200).shows("Writing");
    assert!(app.work());
    whole(&browser.get(&path).await.expect(200).shows("Which cards?").shows("Waiting for your answer"));
    browser.get("/drafts").await.expect(200).shows("Needs an answer");
    browser.post(&format!("/jobs/{job}/answer"), &[("text", " ")]).await.expect(422).shows("Which cards?");
    browser.post(&format!("/jobs/{job}/answer"), &[("text", "All of them")]).await.expect(200).hides("Which cards?");
    assert!(app.work());
    let got = browser.get(&path).await.expect(200);
    whole(&got);
    got.shows("Refund a card payment").shows("Written from the requirements").shows("/plan");
    browser.get("/jobs").await.expect(200).shows("Done");
    // Refining by the button of a finding, and stopping it.
    let story = Story { story_points: Some(8.0), ..build::story("Too large") };
    let stored = draft(&app.ports, &app.actor(&alice), made.id).unwrap().unwrap();
    let change = DraftChange { document: Some(Document::of_stories(vec![story])), ..DraftChange::default() };
    edit_draft(&app.ports, &app.actor(&alice), made.id, stored.version, &change).unwrap();
    browser.fragment(&format!("{path}/findings"), "findings").await.expect(200).shows("story_points_indivisible");
    let wish = [("finding", "story_points_indivisible"), ("path", "stories.0.story_points")];
    let bar = browser.post_to(&format!("{path}/refine"), "prompt-bar", &wish).await.expect(202);
    let job = bar.body.split("data-job=\"").nth(1).unwrap()[..32].to_owned();
    let bar = browser.post_to(&format!("/jobs/{job}/cancel"), "prompt-bar", &[]).await.expect(200);
    bar.shows("id=\"prompt-bar\"").hides("data-job=");
    browser.get("/jobs").await.expect(200).shows("Stopped");
}

#[actix_web::test]
async fn a_failed_writing_says_why_until_the_draft_changes() {
    let (app, alice, _) = alice_and_bob().await;
    let browser = Browser::signed_in(&app, "alice").await;
    let made = app.empty_draft(&alice, "Customers want their money back.");
    let job = generate(&app.ports, &app.actor(&alice), made.id).unwrap();
    app.chat.will_say(Script::text("<html>Sign in</html>"));
    app.chat.will_say(Script::text("still no JSON"));
    assert!(app.work());
    let ended = app.store.read(|tx| tx.job(alice.id, job)).unwrap().unwrap();
    assert_eq!(ended.status, JobStatus::Failed);
    let path = format!("/drafts/{}", made.id);
    browser.get(&path).await.expect(200).shows("llm_answer_unusable");
    browser.get("/drafts").await.expect(200).shows("Failed");
    browser.get("/jobs").await.expect(200).shows("llm_answer_unusable");
    app.clock.advance(storywright_domain::Millis::minutes(1));
    let stored = draft(&app.ports, &app.actor(&alice), made.id).unwrap().unwrap();
    browser.put(&path, &serde_json::json!({"version": stored.version, "prompt": "shorter"})).await.expect(200);
    browser.get(&path).await.expect(200).hides("llm_answer_unusable");
}

#[actix_web::test]
async fn a_run_with_lost_and_refused_issues_can_be_settled() {
    let (app, alice, _) = alice_and_bob().await;
    let browser = Browser::signed_in(&app, "alice").await;
    let made = app.ready_draft(&alice, "Refund a card payment");
    app.jira.next_create(NextCreate::Only(CreateOutcome::Unknown { detail: "the connection was cut".to_owned() }));
    let page = browser.get(&format!("/drafts/{}/plan", made.id)).await.expect(200);
    let field = |name: &str| {
        let mark = format!("name=\"{name}\" value=\"");
        page.body.split(&mark).nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    let (hash, key) = (field("plan_hash"), field("idempotency_key"));
    let approval = [("plan_hash", hash.as_str()), ("idempotency_key", key.as_str())];
    let sent = browser.post(&format!("/drafts/{}/publish", made.id), &approval).await.expect(204);
    let run = sent.header("hx-redirect").to_owned();
    // The second press of the button, and the way back in the browser, lead to the same run.
    let again = browser.post(&format!("/drafts/{}/publish", made.id), &approval).await.expect(204);
    assert_eq!(again.header("hx-redirect"), run);
    let another_tab = [("plan_hash", hash.as_str()), ("idempotency_key", "another")];
    let again = browser.post(&format!("/drafts/{}/publish", made.id), &another_tab).await.expect(204);
    assert_eq!(again.header("hx-redirect"), run);
    browser.get(&run).await.expect(200).shows("Running").shows("data-job=");
    while app.work() {}
    browser
        .fragment(&run, "run")
        .await
        .expect(200)
        .shows("It is looked for again at")
        .hides("The answer of Jira was lost");
    app.clock.advance(storywright_domain::Millis::minutes(10));
    while app.work() {}
    let shown = browser.fragment(&run, "run").await.expect(200).shows("The answer of Jira was lost").hides("<html");
    assert_eq!(app.jira.issues().len(), 0);
    let item = shown.body.split("/items/").nth(1).unwrap()[..32].to_owned();
    let resolve = format!("{run}/items/{item}/resolve");
    browser.post(&resolve, &[("decision", "nonsense")]).await.expect(422);
    browser.post(&resolve, &[("decision", "adopt"), ("key", "PAY-404")]).await.expect(422);
    let looked = browser.post(&resolve, &[("decision", "retry")]).await.expect(200);
    assert!(looked.header("hx-trigger").contains("check again"), "{:?}", looked.headers);
    browser.post(&resolve, &[("decision", "create")]).await.expect(200);
    while app.work() {}
    browser.get(&run).await.expect(200).shows("3 of 3 created").shows("Done");
    assert_eq!(app.jira.issues().len(), 3);
    browser.get("/runs").await.expect(200).shows("3 of 3 issues created");
}

#[actix_web::test]
async fn the_plan_says_what_is_in_the_way() {
    let (app, alice, _) = alice_and_bob().await;
    let browser = Browser::signed_in(&app, "alice").await;
    let empty = app.empty_draft(&alice, "Money back");
    browser.get(&format!("/drafts/{}/plan", empty.id)).await.expect(200).shows("no story yet").shows("disabled");
    let ready = app.ready_draft(&alice, "Refund");
    app.jira.fail(Some(storywright_domain::remote::RemoteError::Unavailable { detail: "timeout".to_owned() }));
    whole(&browser.get(&format!("/drafts/{}/plan", ready.id)).await.expect(200).shows("unavailable"));
    app.jira.fail(None);
    let stale = [("plan_hash", "old"), ("idempotency_key", "key")];
    browser.post(&format!("/drafts/{}/publish", ready.id), &stale).await.expect(409).shows("Look at the new plan");
    assert_eq!(app.jira.issues().len(), 0);
}

#[actix_web::test]
async fn versions_are_compared_and_restored() {
    let (app, alice, _) = alice_and_bob().await;
    let browser = Browser::signed_in(&app, "alice").await;
    let first = app.ready_draft(&alice, "Refund a card payment");
    app.clock.advance(storywright_domain::Millis::minutes(10));
    let document = Document::of_stories(vec![build::story("Refund a voucher payment")]);
    let change = DraftChange { document: Some(document), ..DraftChange::default() };
    let second = edit_draft(&app.ports, &app.actor(&alice), first.id, first.version, &change).unwrap();
    let path = format!("/drafts/{}", first.id);
    let compared =
        browser.get(&format!("{path}/compare?from={}&to={}", first.version, second.version)).await.expect(200);
    compared.shows("<del>card</del>").shows("<ins>voucher</ins>");
    let restored = browser.post(&format!("{path}/versions/{}/restore", first.version), &[]).await.expect(204);
    assert_eq!(restored.header("hx-redirect"), path);
    browser.get(&path).await.expect(200).shows("is the newest again").shows("Refund a card payment");
    // The message is shown once.
    browser.get(&path).await.expect(200).hides("is the newest again");
    browser.get(&format!("{path}/compare?from=x")).await.expect(400);
    assert!(draft(&app.ports, &app.actor(&alice), DraftId(5)).unwrap().is_none());
}
