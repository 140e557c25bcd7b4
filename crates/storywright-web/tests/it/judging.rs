//! What the model says to the team's questions: shown apart, as text and nothing else, and never in the way.

use crate::support::{Browser, TestApp, alice_and_bob};
use serde_json::json;
use std::rc::Rc;
use storywright_domain::draft::Draft;
use storywright_domain::judged::{Advice, JudgedRule, YesNo};
use storywright_domain::ports::{Saved, StorageExt};
use storywright_domain::rule_keeping::KeptRuleSet;
use storywright_domain::rules::RuleSet;
use storywright_testkit::Script;
use storywright_testkit::build::kept_rule_set;

fn rule(name: &str, severity: Advice) -> JudgedRule {
    JudgedRule {
        name: name.to_owned(),
        question: format!("Does the <i>story</i> name its {name}?"),
        finding_when: YesNo::No,
        severity,
        cure: "Name <u>it</u>.".to_owned(),
    }
}

fn keep_rules(app: &TestApp) {
    let judged = vec![rule("payer", Advice::Warning), rule("payee", Advice::Info)];
    let kept = KeptRuleSet { rules: RuleSet { judged, ..RuleSet::default() }, version: 2, ..kept_rule_set() };
    assert_eq!(app.store.write(|tx| tx.save_rule_set(&kept, "", "")), Ok(Saved::Stored));
}

fn says(app: &TestApp, entries: &[(&str, &str, &str)]) {
    let entry = |(rule, answer, quote): &(&str, &str, &str)| json!({"rule": rule, "answer": answer, "quote": quote});
    let entries: Vec<_> = entries.iter().map(entry).collect();
    app.chat.will_say(Script::text(&json!({ "judgements": entries }).to_string()));
}

async fn asked(summary: &str) -> (Rc<TestApp>, Browser, Draft, String) {
    let (app, alice, _) = alice_and_bob().await;
    keep_rules(&app);
    let draft = app.ready_draft(&alice, summary);
    let browser = Browser::signed_in(&app, "alice").await;
    let path = format!("/drafts/{}/judgements", draft.id);
    (app, browser, draft, path)
}

#[actix_web::test]
async fn answers_stand_apart_with_their_words_and_block_nothing() {
    let (app, browser, draft, path) = asked("Refund <b>in full</b>").await;
    browser.get(&format!("/drafts/{}", draft.id)).await.expect(200).shows("id=\"judged\"");
    browser.get(&path).await.expect(200).shows("Ask the model").shows("0 of 2 answered").hides("every 2s");
    browser.post(&path, &[]).await.expect(202).shows("Asking").shows("every 2s").hides("Ask the model");
    says(&app, &[("payer", "no", "<b>in full</b>"), ("payee", "no", "<script>alert(1)</script>")]);
    while app.work() {}
    let got = browser.get(&path).await.expect(200).shows("1 of 2 answered").shows("Ask what is open");
    let got = got.shows("Refund <mark>&lt;b&gt;in full&lt;/b&gt;</mark>").hides("<b>in full").hides("<script>alert");
    let got = got.shows("judged:payer").shows("Does the &lt;i&gt;story").shows("Name &lt;u&gt;it").shows("model-1 · ");
    let got = got.shows("data-go=\"stories.0.summary\" data-start=\"7\" data-end=\"21\"");
    got.shows("data-judgement=\"uncertain\"").shows("Uncertain: the model quoted words that the story does not hold");
    // Neither the findings nor the way to Jira know of it.
    let findings = browser.fragment(&format!("/drafts/{}/findings", draft.id), "findings").await.expect(200);
    findings.hides("judged:").hides("payer");
    browser.fragment(&format!("/drafts/{}/create", draft.id), "create-bar").await.expect(200).shows("Create");
    browser.get(&format!("/drafts/{}/plan", draft.id)).await.expect(200).hides("judged:").shows("Create 3 issues");
    // What is answered well folds away.
    browser.post(&path, &[]).await.expect(202);
    says(&app, &[("payee", "yes", "Refund")]);
    while app.work() {}
    browser.get(&path).await.expect(200).shows("1 answered as they should be").shows("Ask again").hides("Uncertain");
}

#[actix_web::test]
async fn why_there_is_no_answer_is_told() {
    let (app, browser, draft, path) = asked("Refund in full").await;
    browser.post(&path, &[]).await.expect(202);
    app.chat.will_say(Script::text("<h1>no</h1>"));
    app.chat.will_say(Script::text("<h1>no</h1>"));
    while app.work() {}
    let got = browser.get(&path).await.expect(200).shows("Not judged").shows("answer could not be used");
    got.shows("Ask the model").hides("<h1>");
    // A failed job says why, and an unconnected LLM refuses at once.
    app.chat.forget_person("cookie-of-alice-5678");
    browser.post(&path, &[]).await.expect(202);
    while app.work() {}
    browser.get(&path).await.expect(200).shows("The stories were not judged").shows("llm_credential_refused");
    browser.post(&path, &[]).await.expect(422).shows("role=\"alert\"").hides("Asking");
    let bob = Browser::signed_in(&app, "bob").await;
    bob.get(&path).await.expect(404);
    bob.post(&path, &[]).await.expect(404);
    assert!(app.store.read(|tx| tx.judgements(draft.user, draft.id)).unwrap().len() == 2);
}

#[actix_web::test]
async fn without_such_rules_there_is_nothing_of_it() {
    let (app, alice, _) = alice_and_bob().await;
    let draft = app.ready_draft(&alice, "Refund in full");
    let browser = Browser::signed_in(&app, "alice").await;
    browser.get(&format!("/drafts/{}", draft.id)).await.expect(200).hides("id=\"judged\"");
    let path = format!("/drafts/{}/judgements", draft.id);
    browser.get(&path).await.expect(200).hides("Judged by the model");
    browser.post(&path, &[]).await.expect(422);
}

#[actix_web::test]
async fn questions_are_kept_with_the_rule_set_and_what_is_wrong_stands_beside_them() {
    let (app, _, _) = alice_and_bob().await;
    let browser = Browser::signed_in(&app, "alice").await;
    let question = "Does the story name who benefits?";
    let form = |question: &'static str, cure: &'static str| {
        [
            ("name", "Payments"),
            ("max_story_points", "5"),
            ("max_summary_chars", "120"),
            ("judged.0.question", question),
            ("judged.0.cure", cure),
            ("judged.0.finding_when", "no"),
            ("judged.0.severity", "info"),
        ]
    };
    let got = browser.post("/rules", &form("Short?", "<b>Name them")).await.expect(422);
    got.shows("value=\"Short?\"").shows("sk in 10 to 300 characters").shows("&lt;b&gt;Name them").hides("<b>Name");
    browser.post("/rules", &form(question, "Name them.")).await.expect(204);
    let kept = app.store.read(|tx| tx.kept_rule_set("payments")).unwrap().unwrap().rules.judged;
    assert_eq!((kept[0].code().as_str(), kept[0].severity), ("judged:does-the-story-name-who-benefits", Advice::Info));
    browser.get("/rules/payments").await.expect(200).shows(question).shows("never blocks");
    browser.get("/rules/payments/export").await.expect(200).shows("\"finding_when\": \"no\"");
    let blocking = r#"{"id": "x", "name": "X", "judged": [{"name": "a", "question": "Is it so, or not?", "finding_when": "no", "severity": "error"}]}"#;
    browser.post("/rules/import", &[("json", blocking)]).await.expect(422).shows("nknown variant `error`");
}
