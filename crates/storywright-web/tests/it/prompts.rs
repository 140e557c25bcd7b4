//! The pages of prompts, and the words that a new draft gets from one.

use crate::support::{Browser, TestApp};
use std::rc::Rc;
use storywright_application::prompts::{list_prompts, take_over_library};
use storywright_domain::person::Person;
use storywright_domain::prompt::{Prompt, PromptScope, PromptWords};

const FORM: [(&str, &str); 5] = [
    ("name", "Small stories"),
    ("text", "At most {{days}} days."),
    ("variable.0.name", "days"),
    ("variable.0.description", "Days of work"),
    ("variable.0.default", "two"),
];

fn mine(app: &TestApp, person: &Person) -> Vec<Prompt> {
    list_prompts(&app.ports, &app.actor(person), PromptScope::Mine, None).unwrap().items
}

async fn alice() -> (Rc<TestApp>, Person, Browser) {
    let app = TestApp::new().await;
    let alice = app.person("alice", 1);
    let browser = Browser::signed_in(&app, "alice").await;
    (app, alice, browser)
}

#[actix_web::test]
async fn a_prompt_is_kept_changed_and_taken_back() {
    let (app, alice, browser) = alice().await;
    browser.get("/prompts").await.expect(200).shows("make your first prompt");
    browser.get("/prompts/new").await.expect(200).shows("Keep the prompt");
    browser.post("/prompts", &FORM).await.expect(204);
    let kept = mine(&app, &alice).remove(0);
    let place = format!("/prompts/{}", kept.id);
    browser
        .get(&place)
        .await
        .expect(200)
        .shows("The prompt is kept.")
        .shows("Save as version 2")
        .shows("value=\"days\"");
    let mut changed = FORM.to_vec();
    changed[1].1 = "Be brief.";
    changed.extend([("version", "1"), ("shared", "1"), ("note", "Shorter")]);
    browser.post(&place, &changed).await.expect(204);
    browser.get("/prompts").await.expect(200).shows("Be brief.").shows("Shared");
    // Somebody else's tab: nothing typed is lost.
    let late = browser.post(&place, &changed).await.expect(422);
    late.shows("Version 2 was saved meanwhile").shows("Be brief.").shows("name=\"version\" value=\"2\"");
    let stale = [("version", "1")];
    for path in [format!("{place}/versions/1/restore"), format!("{place}/delete")] {
        browser.post(&path, &stale).await.expect(204);
        browser
            .get(&place)
            .await
            .expect(200)
            .shows("Version 2 was saved meanwhile: nothing was done")
            .shows("Be brief.");
    }
    browser
        .get(&format!("{place}/versions/1"))
        .await
        .expect(200)
        .shows("At most {{days}} days.")
        .shows("at version 2 now");
    browser.get(&format!("{place}/versions/7")).await.expect(404);
    browser.post(&format!("{place}/versions/1/restore"), &[("version", "2")]).await.expect(204);
    browser.get(&place).await.expect(200).shows("version 1 restored").shows("At most {{days}} days.");
    browser.post(&format!("{place}/delete"), &[("version", "3")]).await.expect(204);
    browser.get(&place).await.expect(404);
}

#[actix_web::test]
async fn what_is_wrong_is_said_beside_it_and_nothing_typed_is_lost() {
    let (app, alice, browser) = alice().await;
    let wrong = [("name", " "), ("text", "<b>{{who}}"), ("variable.0.name", "Who"), ("note", "Mine")];
    let got = browser.post("/prompts", &wrong).await.expect(422).hides("<html").hides("<b>{{");
    got.shows("&lt;b&gt;{{who}}")
        .shows("value=\"Who\"")
        .shows("value=\"Mine\"")
        .shows("is not declared")
        .shows("is no name of a variable");
    assert!(mine(&app, &alice).is_empty());
}

#[actix_web::test]
async fn others_see_what_is_shared_and_nothing_else() {
    let (app, alice, browser) = alice().await;
    browser.post("/prompts", &FORM).await.expect(204);
    let place = format!("/prompts/{}", mine(&app, &alice)[0].id);
    app.person("bob", 2);
    let bob = Browser::signed_in(&app, "bob").await;
    bob.get(&place).await.expect(404);
    bob.get(&format!("{place}/versions/1")).await.expect(404);
    let mut shared = FORM.to_vec();
    shared.extend([("version", "1"), ("shared", "1")]);
    browser.post(&place, &shared).await.expect(204);
    bob.get(&place).await.expect(200).shows("A colleague shares it").hides("Save as version");
    for path in [place.clone(), format!("{place}/delete"), format!("{place}/versions/1/restore")] {
        assert_eq!(bob.post(&path, &shared).await.header("x-error-code"), "prompt_not_yours", "{path}");
    }
    let id = place.trim_start_matches("/prompts/");
    bob.get(&format!("/prompts/new?from={id}")).await.expect(200).shows("Small stories (copy)");
}

#[actix_web::test]
async fn a_new_draft_gets_its_words_with_the_variables_filled_in() {
    let (app, alice, browser) = alice().await;
    let measurable = PromptWords::parse("Measurable criteria", "", "Make every criterion measurable.", &[]).unwrap();
    app.chat.will_offer(vec![measurable]);
    take_over_library(&app.ports).unwrap();
    browser.post("/prompts", &FORM).await.expect(204);
    let id = mine(&app, &alice)[0].id;
    browser
        .get("/drafts/new")
        .await
        .expect(200)
        .shows("optgroup label=\"Yours\"")
        .shows("Measurable criteria")
        .hides("promptPicker");
    let asks = browser.get(&format!("/prompts/words?prompt_id={id}")).await.expect(200);
    asks.shows("Days of work").shows("value=\"two\"").shows("At most two days.</textarea>");
    let filled = browser.get(&format!("/prompts/words?fill=1&prompt_id={id}&value.days=%3Cthree%3E")).await.expect(200);
    filled.shows("hx-swap-oob=\"true\">At most &lt;three&gt; days.</textarea>");
    let system = list_prompts(&app.ports, &app.actor(&alice), PromptScope::System, None).unwrap().items;
    let plain = system.iter().find(|prompt| prompt.body.variables().is_empty()).unwrap();
    browser
        .get(&format!("/prompts/words?prompt_id={}", plain.id))
        .await
        .expect(200)
        .shows("<textarea")
        .hides("fieldset");
    browser.get("/prompts/words?prompt_id=").await.expect(200).hides("<textarea");
    let taken = [
        ("requirements", "Refunds."),
        ("project_key", "PAY"),
        ("issue_type", "Story"),
        ("format", "custom"),
        ("custom_sections", "Background; Scope"),
        ("prompt_id", &id.to_string()),
        ("prompt_version", "1"),
        ("prompt", "At most three days."),
        ("generate", "0"),
    ];
    let place = browser.post("/drafts", &taken).await.expect(204).header("hx-redirect").to_owned();
    let made = browser.get(&place).await.expect(200);
    made.shows("“Small stories”, version 1</a>")
        .shows("Use these sections: Background; Scope.")
        .hides("changed by hand");
    let refused = [("requirements", ""), ("prompt_id", &id.to_string()), ("prompt_version", "1"), ("prompt", "x")];
    browser.post("/drafts", &refused).await.expect(422).shows("name=\"prompt_version\" value=\"1\"");
    let form = [("requirements", "Refunds."), ("prompt_id", &id.to_string()), ("prompt", " "), ("generate", "0")];
    browser
        .post("/drafts", &form)
        .await
        .expect(422)
        .shows("words of the chosen prompt are not here yet")
        .shows("Refunds.");
}
