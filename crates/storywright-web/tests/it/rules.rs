//! The pages of rule sets: the form with everything that was typed, versions, import, export, projects, and the preview on a draft.

use crate::support::{Browser, TestApp};
use std::rc::Rc;
use storywright_domain::ports::StorageExt;
use storywright_domain::rule_keeping::KeptRuleSet;
use storywright_domain::rules::RuleSet;

const FORM: [(&str, &str); 7] = [
    ("name", "Payments"),
    ("max_story_points", "5"),
    ("oversize", "reject"),
    ("max_summary_chars", "120"),
    ("required", "acceptance_criteria"),
    ("forbidden_words", "simply\njust"),
    ("weight.vague_word", "error"),
];

fn stored(app: &TestApp, id: &str) -> Option<KeptRuleSet> {
    app.store.read(|tx| tx.kept_rule_set(id)).unwrap()
}

fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = FORM.iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
    kept.chain(more).copied().collect()
}

async fn alice() -> (Rc<TestApp>, Browser) {
    let app = TestApp::new().await;
    app.person("alice", 1);
    let browser = Browser::signed_in(&app, "alice").await;
    (app, browser)
}

#[actix_web::test]
async fn a_rule_set_is_made_saved_and_taken_back() {
    let (app, browser) = alice().await;
    browser.get("/rules").await.expect(200).shows("Team default").shows("From the configuration");
    browser.get("/rules/new").await.expect(200).shows("Store the rule set").hides("Versions");
    let made = browser.post("/rules", &FORM).await.expect(204);
    assert_eq!(made.header("hx-redirect"), "/rules/payments");
    let kept = stored(&app, "payments").unwrap();
    assert_eq!((kept.rules.max_story_points, kept.rules.forbidden_words.len()), (5.0, 2));

    let page = browser.get("/rules/payments").await.expect(200).shows("The rule set is stored.");
    page.shows("Save as version 2").shows("alice Archer").hides("name=\"project\"");
    browser
        .post("/rules/payments", &with(&[("version", "1"), ("max_story_points", "8"), ("note", "Larger")]))
        .await
        .expect(204);
    browser.get("/rules/payments").await.expect(200).shows("Version 2 counts from now on").shows("Larger");
    browser.post("/rules/payments/versions/1/restore", &[("version", "1")]).await.expect(204);
    browser.get("/rules/payments").await.expect(200).shows("Nothing was overwritten");
    browser.post("/rules/payments/versions/1/restore", &[("version", "2")]).await.expect(204);
    assert_eq!(stored(&app, "payments").map(|kept| (kept.version, kept.rules.max_story_points)), Some((3, 5.0)));
    browser.post("/rules/payments/versions/9/restore", &[("version", "3")]).await.expect(404);
    browser.post("/rules/payments/delete", &[("version", "3")]).await.expect(204);
    browser.get("/rules/payments").await.expect(404);
}

#[actix_web::test]
async fn what_is_wrong_is_said_beside_it_and_nothing_typed_is_lost() {
    let (app, browser) = alice().await;
    let wrong = with(&[
        ("max_story_points", "many"),
        ("labels", "<b>two words"),
        ("pattern.0.pattern", "("),
        ("pattern.0.message", "It is open."),
        ("note", "Mine"),
    ]);
    let got = browser.post("/rules", &wrong).await.expect(422).hides("<html");
    got.shows("Use a number, such as 3 or 0.5").shows("value=\"many\"").shows("value=\"Mine\"").shows("simply\njust");
    let wrong = with(&[("labels", "<b>two words"), ("pattern.0.pattern", "("), ("pattern.0.message", "It is open.")]);
    let got = browser.post("/rules", &wrong).await.expect(422);
    got.shows("&lt;b&gt;two words")
        .shows("join the words with a hyphen")
        .shows("egex parse error")
        .shows("value=\"(\"");
    assert_eq!(stored(&app, "payments"), None);

    browser.post("/rules", &FORM).await.expect(204);
    browser.post("/rules/payments", &with(&[("version", "1"), ("max_story_points", "2")])).await.expect(204);
    let late =
        browser.post("/rules/payments", &with(&[("version", "1"), ("max_story_points", "13")])).await.expect(422);
    late.shows("Version 2 was saved meanwhile").shows("value=\"13\"").shows("name=\"version\" value=\"2\"");
    assert_eq!(stored(&app, "payments").unwrap().rules.max_story_points, 2.0);
}

#[actix_web::test]
async fn others_look_and_copy_but_change_nothing() {
    let (app, browser) = alice().await;
    browser.post("/rules", &FORM).await.expect(204);
    app.person("bob", 2);
    let bob = Browser::signed_in(&app, "bob").await;
    bob.get("/rules/payments")
        .await
        .expect(200)
        .shows("Somebody else keeps it")
        .shows("disabled")
        .hides("Save as version");
    for (place, code) in [
        ("/rules/payments", "rule_set_not_yours"),
        ("/rules/payments/delete", "rule_set_not_yours"),
        ("/rules/payments/versions/1/restore", "rule_set_not_yours"),
        ("/rules/default", "rule_set_shipped"),
        ("/rules/payments/projects", "forbidden"),
    ] {
        let got = bob.post(place, &with(&[("version", "1"), ("site", "jira"), ("project", "PAY")])).await;
        assert_eq!(got.header("x-error-code"), code, "{place}");
    }
    bob.get("/rules/new?from=payments").await.expect(200).shows("Payments (copy)").shows("simply");
    assert_eq!(stored(&app, "payments").unwrap().version, 1);
}

#[actix_web::test]
async fn a_rule_set_travels_as_json() {
    let (app, browser) = alice().await;
    browser.post("/rules", &FORM).await.expect(204);
    let file = browser.get("/rules/payments/export").await.expect(200);
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"payments.json\"");
    let text = file.body.replace("\"payments\"", "\"billing\"");
    browser.post("/rules/import", &[("json", text.as_str())]).await.expect(204);
    assert_eq!(stored(&app, "billing").unwrap().rules.forbidden_words, ["simply", "just"]);
    let broken = browser.post("/rules/import", &[("json", "{\"id\": \"<script>")]).await.expect(422);
    broken.shows("It is not JSON").shows("{&quot;id&quot;: &quot;&lt;script&gt;");
    let schema: serde_json::Value =
        serde_json::from_str(&browser.get("/rules/schema.json").await.expect(200).body).unwrap();
    assert_eq!(schema["title"], "A rule set of Storywright");
}

#[actix_web::test]
async fn administrators_say_what_projects_begin_with() {
    let (app, _) = alice().await;
    app.person("boss", 2);
    let boss = Browser::signed_in(&app, "boss").await;
    boss.post("/rules", &FORM).await.expect(204);
    let site = app.ports.settings.sites[0].id.clone();
    let choose = [("site", site.as_str()), ("project", " PAY "), ("remove", "")];
    boss.post("/rules/payments/projects", &choose).await.expect(204);
    boss.get("/rules/payments")
        .await
        .shows("New drafts of PAY begin with this rule set")
        .shows("begins with the default again");
    boss.post("/rules/payments/delete", &[("version", "1")]).await.expect(204);
    boss.get("/rules/payments").await.expect(200).shows("Drafts or projects have this rule set");
    boss.post("/rules/payments/projects", &[("site", &site), ("project", "pay!")]).await.expect(204);
    boss.get("/rules/payments").await.expect(200).hides("PAY! ");
    let remove = [("site", site.as_str()), ("project", "PAY"), ("remove", "1")];
    boss.post("/rules/payments/projects", &remove).await.expect(204);
    boss.get("/rules/payments").await.expect(200).shows("PAY begins with the default again");
}

#[actix_web::test]
async fn the_preview_says_what_would_change() {
    let app = TestApp::new().await;
    let alice = app.person("alice", 1);
    let browser = Browser::signed_in(&app, "alice").await;
    let draft = app.ready_draft(&alice, "Simply refund").id.to_string();
    browser.get("/rules/new").await.expect(200).shows("Simply refund");
    let tried = with(&[("draft", draft.as_str()), ("max_story_points", "1")]);
    let got = browser.post("/rules/preview", &tried).await.expect(200).hides("<html");
    got.shows("story_points_exceeded").shows("0 →").shows("forbidden_word");
    let broken = with(&[("draft", draft.as_str()), ("pattern.0.pattern", "("), ("pattern.0.message", "m")]);
    browser.post("/rules/preview", &broken).await.expect(200).shows("egex parse error");
    // The form of a rule set that one may not change is disabled and sends nothing: its page names it.
    browser.get("/rules/default").await.expect(200).shows("hx-vals='{\"kept\": \"default\"}'");
    let kept = [("draft", draft.as_str()), ("kept", "default"), ("version", "1")];
    browser.post("/rules/preview", &kept).await.expect(200).hides("use a number").shows("The same findings");
    app.person("bob", 2);
    let bob = Browser::signed_in(&app, "bob").await;
    bob.post("/rules/preview", &tried)
        .await
        .expect(200)
        .hides("story_points_exceeded")
        .shows("Choose one of your drafts");
}

#[actix_web::test]
async fn the_preview_is_limited_per_person() {
    let app = TestApp::with(|settings| settings.rates.costly_per_person = 3).await;
    let alice = app.person("alice", 1);
    app.person("bob", 2);
    let browser = Browser::signed_in(&app, "alice").await;
    let bob = Browser::signed_in(&app, "bob").await;
    let draft = app.ready_draft(&alice, "Simply refund").id.to_string();
    let tried = with(&[("draft", draft.as_str())]);
    for _ in 0..3 {
        browser.post("/rules/preview", &tried).await.expect(200);
    }
    let got = browser.post("/rules/preview", &tried).await.expect(429).shows("too_many_requests");
    let wait: i64 = got.header("retry-after").parse().unwrap();
    got.shows(&format!("Wait {wait} seconds"));
    // Nothing else is held up, and nobody else.
    browser.get("/rules/new").await.expect(200);
    bob.post("/rules/preview", &tried).await.expect(200);
    app.clock.advance(storywright_domain::Millis::seconds(wait));
    browser.post("/rules/preview", &tried).await.expect(200);
}

#[actix_web::test]
async fn the_list_goes_on_where_it_ended() {
    let app = TestApp::new().await;
    app.person("alice", 1);
    for number in 1..=51 {
        let name = format!("Team & {number:02}");
        let rules = RuleSet { id: format!("team-{number:02}"), name, ..RuleSet::default() };
        let kept = KeptRuleSet { rules, ..storywright_testkit::build::kept_rule_set() };
        app.store.write(|tx| tx.save_rule_set(&kept, "", "")).map(drop).unwrap();
    }
    let browser = Browser::signed_in(&app, "alice").await;
    let first = browser.get("/rules").await.expect(200);
    let first = first.shows("Team &amp; 01").shows("at most 3 points").hides("Team &amp; 51");
    let next = first.body.split("href=\"/rules?cursor=").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    browser.get(&format!("/rules?cursor={next}")).await.expect(200).shows("Team &amp; 51").hides("Team &amp; 01");
    // A form offers them all.
    browser.get("/drafts/new").await.expect(200).shows("Team &amp; 01").shows("Team &amp; 51");
}
