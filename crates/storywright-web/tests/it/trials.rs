//! Prompts tried side by side: the form, the columns, and the way from one of them to a draft.

use crate::support::{Browser, TestApp};
use serde_json::json;
use std::rc::Rc;
use storywright_application::prompts::{PromptDraft, create_prompt};
use storywright_application::trials::list_trials;
use storywright_domain::person::Person;
use storywright_domain::ports::ChatError;
use storywright_domain::prompt::{Prompt, PromptVariable};
use storywright_domain::story::Story;
use storywright_testkit::{Script, build};

const HOSTILE: &str = "<img src=x onerror=alert(1)> {{ 7*7 }}";

async fn alice() -> (Rc<TestApp>, Person, Browser) {
    let app = TestApp::new().await;
    let alice = app.person("alice", 1);
    let browser = Browser::signed_in(&app, "alice").await;
    (app, alice, browser)
}

fn prompt(app: &TestApp, person: &Person, name: &str) -> Prompt {
    let days =
        PromptVariable { name: "days".to_owned(), description: "Days of work".to_owned(), default: String::new() };
    let typed = PromptDraft {
        name: name.to_owned(),
        text: "At most {{days}} days.".to_owned(),
        variables: vec![days],
        ..PromptDraft::default()
    };
    create_prompt(&app.ports, &app.actor(person), &typed).unwrap()
}

fn answer(summary: &str) -> String {
    let story = Story { acceptance_criteria: vec![HOSTILE.to_owned()], ..build::story(summary) };
    json!({"clarify": null, "stories": [story]}).to_string()
}

#[actix_web::test]
async fn prompts_are_tried_and_one_of_them_becomes_a_draft() {
    let (app, alice, browser) = alice().await;
    let kept = prompt(&app, &alice, HOSTILE);
    let id = kept.id.to_string();
    browser.get("/prompts").await.expect(200).shows("href=\"/prompts/trials\"");
    let form = browser.get("/prompts/trials").await.expect(200).shows("There is none yet").hides("<img src=x");
    form.shows("No prompt</option>");
    let slot = browser.get(&format!("/prompts/trials/slot?number=2&columns.2.prompt={id}")).await.expect(200);
    slot.shows("name=\"columns.2.version\"")
        .shows("name=\"columns.2.values.days\"")
        .shows("Days of work")
        .hides("<html");
    let days = format!("<b>two</b> {HOSTILE}");
    let sent = [
        ("requirements", "Customers get their money back."),
        ("format", "classic"),
        ("columns.1.prompt", "none"),
        ("columns.3.prompt", &id),
        ("columns.3.version", "1"),
        ("columns.3.values.days", &days),
    ];
    let place = browser.post("/prompts/trials", &sent).await.expect(204).header("hx-redirect").to_owned();
    let waits = browser.get(&place).await.expect(200).shows("data-job=").shows("Queued").shows("data-live=\"2\"");
    waits.shows("data-event=\"trial-changed\"");
    for _ in 0..2 {
        app.chat.will_say(Script::text(&answer(HOSTILE)));
    }
    while app.work() {}
    let done = browser.get(&place).await.expect(200).hides("<img src=x").hides("<b>two").hides("data-job=");
    let done =
        done.shows("&lt;img src=x onerror=alert(1)&gt; {{ 7*7 }}").shows("href=\"/prompts/").shows("data-figures");
    done.shows("model-1").shows("Draft with this one").shows("No prompt</h2>");
    let part = browser.fragment(&place, "trial").await.expect(200).hides("<html");
    part.shows("column-2-title");
    browser.get("/prompts/trials").await.expect(200).shows(&format!("href=\"{place}\"")).hides("<img src=x");

    let trial = place.trim_start_matches("/prompts/trials/");
    let taken = browser.get(&format!("/drafts/new?trial={trial}&column=2")).await.expect(200);
    taken
        .shows("Customers get their money back.</textarea>")
        .shows("At most &lt;b&gt;two&lt;/b&gt;")
        .shows(&format!("value=\"{id}\" selected"))
        .shows("name=\"prompt_version\" value=\"1\"");
    browser.get(&format!("/drafts/new?trial={trial}&column=7")).await.expect(404);
    let again = browser.get(&format!("/prompts/trials?like={trial}")).await.expect(200).hides("<img src=x");
    again
        .shows("Customers get their money back.</textarea>")
        .shows(&format!("value=\"{id}\" selected"))
        .shows("value=\"none\" selected")
        .shows("name=\"columns.2.values.days\"");

    app.person("bob", 2);
    let bob = Browser::signed_in(&app, "bob").await;
    bob.get(&place).await.expect(404);
    bob.get(&format!("/drafts/new?trial={trial}&column=1")).await.expect(404);
    bob.get(&format!("/prompts/trials?like={trial}")).await.expect(200).hides("Customers get their money back.");
    bob.post(&format!("{place}/stop"), &[]).await.expect(404);
    bob.post(&format!("{place}/columns/1/retry"), &[]).await.expect(404);
    bob.post(&format!("{place}/delete"), &[]).await.expect(404);
    browser.post(&format!("{place}/delete"), &[]).await.expect(204);
    browser.get(&place).await.expect(404);
}

#[actix_web::test]
async fn a_failed_column_is_tried_again_and_a_waiting_one_is_stopped() {
    let (app, alice, browser) = alice().await;
    let sent =
        [("requirements", "Refunds."), ("format", "bdd"), ("columns.1.prompt", "none"), ("columns.2.prompt", "none")];
    let place = browser.post("/prompts/trials", &sent).await.expect(204).header("hx-redirect").to_owned();
    app.chat.will_say(Script::text(&answer("Refund")));
    app.chat.will_say(Script::error(ChatError::BrokenOff { detail: HOSTILE.to_owned() }));
    while app.work() {}
    let page = browser.get(&place).await.expect(200).shows("No stories came of it").hides("<img src=x");
    let number = if page.body.contains("Try again: prompt 1") { 1 } else { 2 };
    let again = browser.post(&format!("{place}/columns/{number}/retry"), &[]).await.expect(200);
    again.shows("Queued").shows("data-job=").hides("<html");
    let busy = browser.post(&format!("{place}/columns/{number}/retry"), &[]).await.expect(409);
    busy.shows("is not one that failed or was stopped").shows("column-2-title");
    browser.post(&format!("{place}/delete"), &[]).await.expect(204);
    browser.get(&place).await.expect(200).shows("The trial is being written");
    browser.post(&format!("{place}/stop"), &[]).await.expect(200).shows("Stopped").hides("data-job=");
    assert_eq!(list_trials(&app.ports, &app.actor(&alice)).unwrap().len(), 1);
}

#[actix_web::test]
async fn what_is_wrong_is_said_beside_it_and_nothing_typed_is_lost() {
    let (app, alice, browser) = alice().await;
    let id = prompt(&app, &alice, "Small").id.to_string();
    let wrong = [("requirements", "<b>Refunds"), ("format", "bdd"), ("columns.2.prompt", &id)];
    let got = browser.post("/prompts/trials", &wrong).await.expect(422).hides("<html").hides("<b>Refunds");
    got.shows("&lt;b&gt;Refunds")
        .shows("Choose 2 to 4 prompts")
        .shows("has no value and no default")
        .shows("value=\"bdd\" selected")
        .shows("aria-describedby=\"columns-problem\"")
        .shows("name=\"columns.2.values.days\"");
    assert!(list_trials(&app.ports, &app.actor(&alice)).unwrap().is_empty());
}
