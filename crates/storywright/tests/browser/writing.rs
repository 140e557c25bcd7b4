//! While the writer writes: stop, questions, a cookie that ends, and what the page keeps.

use crate::browser::DESKTOP;
use crate::looks::inspect;
use crate::pages::{self, field};
use crate::stage::play;
use crate::support::REQUIREMENTS;
use serde_json::json;

#[test]
fn stop_keeps_what_was_written() {
    play("stop", DESKTOP, async |stage, browser| {
        pages::member(stage, browser, "alice").await;
        stage.company.llm_control("__pace", &json!({ "chunk_ms": 60 }));
        pages::new_draft(browser, REQUIREMENTS).await;
        let goal = field("stories.0.narrative.goal");
        browser.until("see the first words", &format!("all({})[0]?.value.length > 5", json!(goal))).await;
        let summary = browser.value(&field("stories.0.summary")).await;
        browser.click("[data-stop]", "Stop").await;
        browser.until("see the stop", "!one('#prompt-bar[data-job]') && one('#prompt-bar')").await;
        assert_eq!(browser.value(&field("stories.0.summary")).await, summary, "what had come stays");
        browser.reload().await;
        assert_eq!(browser.value(&field("stories.0.summary")).await, summary, "what had come is stored");
        browser.goto("/jobs").await;
        browser.see("#jobs .badge", "Stopped").await;
    });
}

#[test]
fn a_question_is_answered_in_place() {
    play("question", DESKTOP, async |stage, browser| {
        pages::member(stage, browser, "alice").await;
        pages::new_draft(browser, "Refunds").await;
        browser.see("[data-question]", "?").await;
        inspect(stage, browser, "workspace-question").await;
        browser
            .fill(
                "#clarify-text",
                "Support agents must refund captured card payments in full so that customers get their money back.",
            )
            .await;
        browser.click("[data-clarify] button", "Answer and go on").await;
        pages::written(browser).await;
        assert!(!browser.shows("[data-clarify]", "").await);
        assert!(browser.value(&field("stories.0.summary")).await.to_lowercase().contains("refund"));
    });
}

#[test]
fn a_cookie_that_ends_in_mid_stream_is_explained_and_costs_no_text() {
    play("cookie-ends", DESKTOP, async |stage, browser| {
        pages::member(stage, browser, "alice").await;
        stage.company.llm_control("__behave", &json!({ "kind": "expire_cookie_after_chunks", "n": 40 }));
        pages::new_draft(browser, REQUIREMENTS).await;
        browser.see("#failure", "").await;
        let failure = browser.text("#failure").await;
        assert!(failure.to_lowercase().contains("cookie"), "{failure}");
        assert!(failure.contains("llm_credential_refused"), "{failure}");
        assert!(!browser.value(&field("stories.0.summary")).await.is_empty(), "what had come stays");
        inspect(stage, browser, "workspace-failed").await;
        browser.goto("/").await;
        browser.see("section[aria-label=Integrations] a", "").await;
        inspect(stage, browser, "dashboard-broken").await;
        browser.goto("/integrations").await;
        browser.see("#card-llm .badge", "Not working").await;
        inspect(stage, browser, "integrations-broken").await;
    });
}

#[test]
fn a_finding_leads_to_its_words_and_is_fixed_by_the_writer() {
    play("finding", DESKTOP, async |stage, browser| {
        pages::member(stage, browser, "alice").await;
        pages::new_draft(browser, REQUIREMENTS).await;
        pages::written(browser).await;
        let points = field("stories.0.story_points");
        browser.fill(&points, "8").await;
        pages::saved(browser).await;
        browser.see("#findings h2", "To fix before it can go to Jira").await;
        browser.see("#create-bar summary", "missing").await;
        browser.click("#create-bar summary", "").await;
        browser.see("#create-bar .menu-list", "").await;
        inspect(stage, browser, "workspace-finding").await;
        browser.keys(thirtyfour::Key::Escape).await;
        browser.gone("#create-bar .menu-list").await;
        browser.click("#findings [data-go]", "").await;
        browser
            .until("see the focus at the words", &format!("document.activeElement === all({})[0]", json!(points)))
            .await;
        browser.click("#findings button", "Ask to fix").await;
        browser.until("see the fix", "!one('#findings h2', 'To fix before') && !one('#prompt-bar[data-job]') && one('#create-bar a', 'Create')").await;
    });
}

#[test]
fn what_needs_no_model_is_fixed_at_one_press_and_can_be_taken_back() {
    play("mended", DESKTOP, async |stage, browser| {
        pages::member(stage, browser, "alice").await;
        pages::new_draft(browser, REQUIREMENTS).await;
        pages::written(browser).await;
        let goal = field("stories.0.narrative.goal");
        browser.fill(&goal, "to refund a payment (by 🏦 card) in part").await;
        pages::saved(browser).await;
        browser.click("#findings [data-go='stories.0.narrative.goal'][data-end]", "in brackets").await;
        let selected = format!(
            "(f => f.value.slice(f.selectionStart, f.selectionEnd) === '(by 🏦 card)')(all({})[0])",
            json!(goal)
        );
        browser.until("see the words selected", &selected).await;
        inspect(stage, browser, "workspace-mechanical").await;
        browser.click("#findings button[aria-label*=brackets]", "Fix").await;
        browser
            .until("see the words mended", &format!("all({})[0]?.value === 'to refund a payment in part'", json!(goal)))
            .await;
        browser
            .until(
                "see them kept",
                "[...document.querySelectorAll('.doc-input')].some(f => f.value === '- by 🏦 card')",
            )
            .await;
        pages::review(browser, "Versions").await;
        browser.see("#panel-versions", "fixed brackets").await;
    });
}
