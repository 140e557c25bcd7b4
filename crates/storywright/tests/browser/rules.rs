//! Rule sets: made, tried on a draft while they are typed, saved as versions, and what they change in the draft.

use crate::browser::DESKTOP;
use crate::looks::{inspect, inspect_pane};
use crate::pages::{self, field};
use crate::stage::play;
use crate::support::REQUIREMENTS;

#[test]
fn a_rule_set_is_tried_on_a_draft_while_it_is_typed() {
    play("rules", DESKTOP, async |stage, browser| {
        let client = stage.company.member("alice");
        client.written(REQUIREMENTS);
        pages::sign_in(browser, &stage.company.person("alice")).await;
        browser.goto("/rules").await;
        browser.see("h1", "Rule sets").await;
        inspect(stage, browser, "rules").await;

        browser.goto("/rules/new?from=default").await;
        browser.fill("#name", "Payments").await;
        browser.choose("#draft", "Refund").await;
        browser.see("#rules-preview", "The same findings").await;
        // What is typed shows without a press.
        browser.fill("#forbidden_words", "refund").await;
        browser.see("#rules-preview", "forbidden_word").await;
        browser.permit(422);
        browser.fill("[name='pattern.0.pattern']", "(").await;
        browser.fill("[name='pattern.0.message']", "It is open.").await;
        browser.see("#rules-preview", "egex parse error").await;
        browser.click("#rule-form button", "Store the rule set").await;
        browser.see("#rule-form .problem", "egex parse error").await;
        assert_eq!(browser.value("#forbidden_words").await, "refund", "what was typed stays");
        browser.js("void scrollTo({ top: 0, behavior: 'instant' })").await;
        inspect(stage, browser, "rules-refused").await;

        browser.fill("[name='pattern.0.pattern']", "TBD").await;
        browser.click("#rule-form button", "Store the rule set").await;
        browser.see("h1", "Payments").await;
        browser.see(".timeline", "Version 1").await;
        browser.fill("#max_story_points", "2").await;
        browser.click("#rule-form button", "Save as version 2").await;
        browser.see(".timeline", "Version 2").await;
        inspect(stage, browser, "rules-versions").await;
        browser.click("button", "Restore version 1").await;
        browser.see(".timeline", "version 1 restored").await;
        assert_eq!(browser.value("#max_story_points").await, "3");
    });
}

#[test]
fn a_story_that_is_too_large_is_split_at_one_press_and_put_back() {
    play("split", DESKTOP, async |stage, browser| {
        pages::member(stage, browser, "alice").await;
        pages::new_draft(browser, REQUIREMENTS).await;
        pages::written(browser).await;
        let criteria = "all('[data-path*=\".acceptance_criteria.\"]').filter(field => field.value).length";
        let stories = "all('[data-story]').length";
        let (before, count) = (browser.js(criteria).await, browser.js(stories).await);
        browser.fill(&field("stories.0.story_points"), "8").await;
        pages::saved(browser).await;
        browser.click("#findings button", "Split").await;
        browser.until("see more stories", &format!("{stories} > {count}")).await;
        assert_eq!(browser.js(criteria).await, before, "every criterion is there once");
        inspect(stage, browser, "workspace-split").await;
    });
}

#[test]
fn a_finding_is_waived_with_a_reason_and_shown_where_the_plan_is_approved() {
    play("waiver", DESKTOP, async |stage, browser| {
        pages::member(stage, browser, "alice").await;
        let draft = pages::new_draft(browser, REQUIREMENTS).await;
        pages::written(browser).await;
        let token = "ghp_0123456789abcdefghijklmnopqrstuvwxyz";
        browser.fill(&field("stories.0.stlc_notes"), &format!("Log in with {token}")).await;
        pages::saved(browser).await;
        browser.see("#findings", "secret_suspected").await;
        browser.click("#findings summary", "Waive with a reason").await;
        browser.fill("#findings [name=reason]", "The token of a test account").await;
        browser.click("#findings form button", "Waive").await;
        browser.see("#findings [data-waived]", "The token of a test account").await;
        browser.see("#create-bar a", "Create").await;
        inspect_pane(stage, browser, "workspace-waived", "Review").await;
        browser.goto(&format!("/drafts/{draft}/plan")).await;
        browser.see("main", "Waived: The token of a test account").await;
        inspect(stage, browser, "approval-waived").await;
        pages::open(browser, &draft).await;
        browser.click("#findings button", "Take it back").await;
        browser.see("#findings h2", "To fix before it can go to Jira").await;
    });
}

#[test]
fn a_half_typed_reason_outlives_a_save_elsewhere_in_the_draft() {
    play("half-typed", DESKTOP, async |stage, browser| {
        pages::member(stage, browser, "alice").await;
        pages::new_draft(browser, REQUIREMENTS).await;
        pages::written(browser).await;
        browser.fill(&field("stories.0.stlc_notes"), "Log in with ghp_0123456789abcdefghijklmnopqrstuvwxyz").await;
        pages::saved(browser).await;
        browser.see("#findings", "secret_suspected").await;
        let reason = "#findings [id^='reason-secret_suspected-s1.stlc_notes']";
        browser.click("#findings [id^='waive-secret_suspected'] > summary", "Waive with a reason").await;
        browser.fill(reason, "The token of a tset account").await;
        browser.js(&format!("void all({reason:?})[0].setSelectionRange(18, 18)")).await;
        browser.js("void (document.querySelector('#findings').firstElementChild.dataset.before = '1')").await;
        // Something else of the draft changes and is saved while the reason is typed.
        let summary = field("stories.0.summary");
        let change = format!(
            "void (all({summary:?})[0].value = 'Refund a captured card payment', all({summary:?})[0].dispatchEvent(new Event('input', {{ bubbles: true }})))"
        );
        browser.js(&change).await;
        browser.until("see the list come anew", "!document.querySelector('#findings [data-before]')").await;
        pages::saved(browser).await;
        let at = format!("document.activeElement === all({reason:?})[0] && document.activeElement.selectionStart");
        assert_eq!(browser.js(&at).await, 18, "focus and caret stay");
        assert_eq!(browser.value(reason).await, "The token of a tset account");
        assert!(browser.shows(reason, "").await, "what was opened stays open");
        browser.fill(reason, "The token of a test account").await;
        browser.click("#findings form button", "Waive").await;
        browser.see("#findings [data-waived]", "The token of a test account").await;
        assert_eq!(browser.value(&field("stories.0.summary")).await, "Refund a captured card payment");
    });
}
