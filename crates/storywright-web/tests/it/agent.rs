//! What the agent did, as people see it: steps, questions with ready answers, the way of an issue.

use crate::support::{Browser, alice_and_bob};
use serde_json::json;
use storywright_application::drafting::{GO_ON_WITHOUT, LEANEST, generate};
use storywright_application::drafts::draft;
use storywright_application::prompts::{PromptDraft, create_prompt, delete_prompt};
use storywright_application::publishing::{make_plan, publish};
use storywright_domain::agent::{AgentStep, Provenance, StepKind, StepState, UsedSource};
use storywright_domain::draft::Draft;
use storywright_domain::ports::{Saved, StorageError, StorageExt};
use storywright_domain::prompt::PromptOrigin;
use storywright_domain::tool::ToolClass;
use storywright_testkit::{Script, build};

const HOSTILE: &str = "<img src=x onerror=alert(1)> {{ 7*7 }}";

fn answer(summary: &str) -> String {
    json!({"clarify": null, "stories": [build::story(summary)]}).to_string()
}

#[actix_web::test]
async fn an_issue_tells_how_it_came_to_be_to_its_person_alone_and_without_credentials() {
    let (app, alice, _) = alice_and_bob().await;
    let actor = app.actor(&alice);
    let made = app.empty_draft(&alice, "Customers get their money back.");
    let job = generate(&app.ports, &actor, made.id).unwrap();
    app.chat.will_say(Script::text(&answer("Refund a card payment")));
    while app.work() {}
    let version = draft(&app.ports, &actor, made.id).unwrap().unwrap().version;
    let source = UsedSource {
        id: "p1".to_owned(),
        kind: "page".to_owned(),
        site: "wiki".to_owned(),
        name: "4711".to_owned(),
        revision: "7".to_owned(),
        title: HOSTILE.to_owned(),
        url: "javascript:alert(1)".to_owned(),
    };
    let tool = AgentStep {
        state: StepState::Done,
        asked: "Reads a page".to_owned(),
        tool: "wiki__get_page".to_owned(),
        server: "wiki".to_owned(),
        class: Some(ToolClass::Read),
        arguments: r#"{"page_id":"4711"}"#.to_owned(),
        result: HOSTILE.to_owned(),
        bytes: 2_048,
        ..AgentStep::begun(job, alice.id, 9, StepKind::Tool, 1, build::NOW)
    };
    let written = app.store.read(|tx| tx.provenance(alice.id, made.id, version)).unwrap().unwrap();
    assert_eq!((written.prompt.as_str(), written.model.as_str(), written.job), ("draft", "model-1", job));
    let prompt = PromptDraft { name: HOSTILE.to_owned(), text: "Be brief.".to_owned(), ..PromptDraft::default() };
    let prompt = create_prompt(&app.ports, &actor, &prompt).unwrap();
    let from = PromptOrigin { prompt: prompt.id, version: 1, name: HOSTILE.to_owned(), changed: true };
    let more = Provenance { version: version + 1, sources: vec![source], prompt_from: Some(from), ..written };
    app.store
        .write(|tx| {
            tx.put_step(&tool)?;
            tx.insert_provenance(&more)?;
            let written = tx.draft(alice.id, made.id)?.unwrap();
            let stored = tx.update_draft(&Draft { version: version + 1, ..written }, version)?;
            assert_eq!(stored, Saved::Stored);
            Ok::<_, StorageError>(())
        })
        .unwrap();
    let plan = make_plan(&app.ports, &actor, made.id).unwrap();
    publish(&app.ports, &actor, made.id, &plan.plan_hash, "key").unwrap();
    while app.work() {}
    let key = app.jira.issues()[0].key.clone();

    let browser = Browser::signed_in(&app, "alice").await;
    browser.get("/audit").await.expect(200).shows("The way of an issue");
    let found = browser.get(&format!("/audit/issue?key=%20{}%20", key.to_lowercase())).await.expect(303);
    assert_eq!(found.header("location"), format!("/audit/issue/{}", key.to_lowercase().replace('-', "%2D")));
    let page = browser.get(&format!("/audit/issue/{}", key.to_lowercase())).await.expect(200);
    let page =
        page.shows(&alice.display_name).shows(&alice.employee_id).shows("Model model-1").shows(&more.prompt_sha256);
    let page = page.shows("wiki__get_page").shows("page_id").shows("2 KB").shows("version 7").shows(&plan.plan_hash);
    let page = page.shows(&format!("browse/{key}")).shows("&lt;img src=x onerror=alert(1)&gt; {{ 7*7 }}");
    let version_page = format!("/prompts/{}/versions/1", prompt.id);
    let page =
        page.shows(&format!("href=\"{version_page}\"")).shows(", changed by hand").shows("System instructions “draft”");
    let page = page.hides("<img src=x").hides("javascript:alert").hides("pat-of-alice").hides("cookie-of-alice");
    browser.get(&version_page).await.expect(200).shows("Be brief.").shows("&lt;img src=x").hides("<img src=x");
    let workspace = browser.get(&format!("/drafts/{}", made.id)).await.expect(200).hides("<img src=x");
    workspace
        .shows("data-written")
        .shows(&format!("href=\"{version_page}\""))
        .shows(&more.prompt_sha256)
        .shows("model-1");
    delete_prompt(&app.ports, &actor, prompt.id, 1).unwrap();
    let gone = browser.get(&format!("/audit/issue/{key}")).await.expect(200).hides(&version_page);
    gone.shows("&lt;img src=x onerror=alert(1)&gt; {{ 7*7 }}”, version 1").shows("shared with you no longer");
    let run = page.body.split("href=\"/runs/").nth(1).and_then(|rest| rest.get(..32)).unwrap().to_owned();
    browser.get(&format!("/runs/{run}")).await.expect(200).shows(&format!("/audit/issue/{key}"));
    browser.get("/audit/issue/PAY-999").await.expect(200).shows("No run of yours created this issue");

    let other = Browser::signed_in(&app, "bob").await;
    other.get(&format!("/audit/issue/{key}")).await.expect(200).shows("No run of yours").hides(&plan.plan_hash);
    other.fragment(&format!("/jobs/{job}/steps"), "agent-steps").await.expect(404);
}

#[actix_web::test]
async fn steps_stand_in_the_workspace_as_text() {
    let (app, alice, _) = alice_and_bob().await;
    let actor = app.actor(&alice);
    let made = app.empty_draft(&alice, "Customers get their money back.");
    let job = generate(&app.ports, &actor, made.id).unwrap();
    let step = |ordinal: u32, state: StepState| AgentStep {
        state,
        asked: "Searches pages".to_owned(),
        tool: "wiki__search".to_owned(),
        arguments: HOSTILE.to_owned(),
        problem: "mcp_no_answer: the server is silent".to_owned(),
        ..AgentStep::begun(job, alice.id, ordinal, StepKind::Tool, 1, build::NOW)
    };
    app.store.write(|tx| tx.put_step(&step(1, StepState::Failed))).unwrap();
    let browser = Browser::signed_in(&app, "alice").await;
    let page = browser.get(&format!("/drafts/{}", made.id)).await.expect(200);
    page.shows(&format!("hx-get=\"/jobs/{job}/steps\""))
        .shows("wiki__search")
        .shows("the server is silent")
        .hides("<img src=x");
    app.store.write(|tx| tx.put_step(&step(2, StepState::Running))).unwrap();
    let part = browser.fragment(&format!("/jobs/{job}/steps"), "agent-steps").await.expect(200);
    part.shows("step-2").shows("running").hides("<html").hides("<img src=x");
}

#[actix_web::test]
async fn a_question_has_ready_answers() {
    let (app, alice, _) = alice_and_bob().await;
    let actor = app.actor(&alice);
    let made = app.empty_draft(&alice, "Customers get their money back.");
    let job = generate(&app.ports, &actor, made.id).unwrap();
    app.chat.will_say(Script::text(r#"{"clarify":"Which currency?","stories":[]}"#));
    while app.work() {}
    let browser = Browser::signed_in(&app, "alice").await;
    let page = browser.get(&format!("/drafts/{}", made.id)).await.expect(200);
    page.shows("Which currency?").shows("name=\"choice\"").shows("Assume the leanest</button>");
    browser.post(&format!("/jobs/{job}/answer"), &[("text", ""), ("choice", LEANEST)]).await.expect(200);
    app.chat.will_say(Script::text(r#"{"clarify":"The server `wiki` is gone?","stories":[]}"#));
    while app.work() {}
    let told = app.chat.requests()[1].values.iter().find(|(name, _)| *name == "answer").map(|(_, text)| text.clone());
    assert_eq!(told, Some(format!("Which currency?\n{LEANEST}")));
    let about = AgentStep {
        state: StepState::Done,
        asked: "The server `wiki` is gone?".to_owned(),
        server: "wiki".to_owned(),
        ..AgentStep::begun(job, alice.id, 7, StepKind::Question, 1, build::NOW)
    };
    app.store.write(|tx| tx.put_step(&about)).unwrap();
    let page = browser.get(&format!("/drafts/{}", made.id)).await.expect(200);
    page.shows(GO_ON_WITHOUT).shows("Try again</button>").hides("Assume the leanest</button>");
    browser
        .post(&format!("/jobs/{job}/answer"), &[("text", " "), ("choice", "")])
        .await
        .expect(422)
        .shows("name=\"choice\"");
}
