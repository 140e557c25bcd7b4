//! Prompts side by side: what each makes of one text, live; one that fails is tried again alone; one of them becomes a draft.

use crate::browser::{Browser, DESKTOP};
use crate::looks::inspect;
use crate::pages;
use crate::stage::play;
use serde_json::json;

const TEXT: &str = "The support agent must be able to refund a card payment in part, so that customers stay.\n\n\
    The accountant must be able to export refunds as a table, so that the books are right.";

async fn state(browser: &Browser, number: usize, state: &str) {
    browser.see(&format!("#column-{number}[data-state='{state}']"), "").await;
}

#[test]
fn prompts_are_tried_side_by_side_and_one_becomes_a_draft() {
    play("trials", DESKTOP, async |stage, browser| {
        pages::member(stage, browser, "alice").await;
        browser.goto("/prompts").await;
        browser.click("a", "Try side by side").await;
        browser.see("main", "There is none yet").await;

        browser.fill("#requirements", TEXT).await;
        browser.choose("#prompt-1", "Small stories").await;
        browser.see("#slot-1", "Days of work").await;
        browser.fill("#value-1-days", "three").await;
        browser.permit(422);
        browser.click("#trial-form button", "Try them").await;
        browser.see("#trial-form .problem", "2 to 4 prompts").await;
        assert_eq!(browser.value("#value-1-days").await, "three", "nothing typed is lost");
        inspect(stage, browser, "trials-refused").await;
        browser.choose("#prompt-2", "No prompt").await;
        browser.choose("#prompt-3", "Measurable criteria").await;
        browser.see("#slot-3", "Version 1").await;

        let refuse = json!({ "kind": "refuse", "contains": "Make every acceptance criterion measurable" });
        stage.company.llm_control("__behave", &refuse);
        stage.company.llm_control("__pace", &json!({ "chunk_ms": 20 }));
        browser.click("#trial-form button", "Try them").await;
        browser.arrive("/prompts/trials/").await;
        state(browser, 1, "running").await;
        browser.see("[data-live] li", "Refund").await;
        inspect(stage, browser, "trial-running").await;
        stage.company.llm_control("__pace", &json!({ "chunk_ms": 1 }));
        state(browser, 1, "completed").await;
        state(browser, 2, "completed").await;
        state(browser, 3, "failed").await;
        browser.see("#column-3", "llm_refused").await;
        browser.see("#column-1 [data-figures]", "of 2 sentences").await;
        browser.gone("[data-job]").await;
        inspect(stage, browser, "trial-failed").await;

        browser.click("#column-3 button", "Try again").await;
        state(browser, 3, "completed").await;
        browser.click("#column-1 ol summary", "").await;
        inspect(stage, browser, "trial").await;

        browser.click("#column-1 a", "Draft with this one").await;
        browser.arrive("/drafts/new").await;
        assert_eq!(browser.value("#prompt").await, "Keep each story small enough for three days of work.");
        assert!(browser.value("#requirements").await.starts_with("The support agent"));
        browser.choose("#project_key", "PAY · ").await;
        browser.choose("#issue_type", "Story").await;
        browser.click("#draft-form button", "Write the stories").await;
        browser.arrive_past("/drafts/", "/drafts/new").await;
        pages::written(browser).await;
        pages::review(browser, "Versions").await;
        browser.see("[data-written]", "“Small stories”, version 1").await;
        inspect(stage, browser, "workspace-written").await;

        // A cookie that runs out ends the whole trial, which is said at once.
        stage.company.llm_control("__behave", &json!({ "kind": "expire_cookie_after_chunks", "n": 1 }));
        browser.goto("/prompts/trials").await;
        browser.see("main", "Your last 20 are kept").await;
        browser.fill("#requirements", TEXT).await;
        browser.choose("#prompt-1", "No prompt").await;
        browser.choose("#prompt-2", "Plain words").await;
        browser.see("#slot-2", "Who reads the stories").await;
        browser.click("#trial-form button", "Try them").await;
        browser.arrive("/prompts/trials/").await;
        browser.see("#column-1[data-state='failed'], #column-2[data-state='failed']", "No stories came of it").await;
        browser.gone("[data-job]").await;
        for number in [1, 2] {
            if browser.count(&format!("#column-{number}[data-state='failed']")).await == 1 {
                browser.permit(409);
                browser.click(&format!("#column-{number} button"), "Try again").await;
                break;
            }
        }
        browser.see("#trial [role='alert']", "Open Integrations").await;
        browser.see("#column-2", "").await;

        browser.goto("/prompts/trials").await;
        inspect(stage, browser, "trials").await;
    });
}
