//! Pages that say what went wrong, and forms that do.

use crate::browser::DESKTOP;
use crate::looks::inspect;
use crate::pages;
use crate::stage::play;
use crate::support::REQUIREMENTS;
use storywright_sandbox::{FaultKind, FaultRule, Service};

#[test]
fn unknown_addresses_and_other_peoples_drafts_are_not_found() {
    play("not-found", DESKTOP, async |stage, browser| {
        browser.permit(404);
        let bob = stage.company.signed_up("bob");
        drop(bob);
        let draft = stage.company.member("alice").new_draft(REQUIREMENTS);
        pages::sign_in(browser, &stage.company.person("bob")).await;
        for path in [
            "/no/such/page".to_owned(),
            format!("/drafts/{draft}"),
            format!("/drafts/{draft}/plan"),
            "/runs/zzz".to_owned(),
        ] {
            browser.goto(&path).await;
            browser.see("main .num", "404").await;
            browser.see("dd.mono", "not_found").await;
        }
        inspect(stage, browser, "error-404").await;
        browser.click("a", "Back to the start").await;
        browser.see("h1", "Dashboard").await;
    });
}

#[test]
fn a_site_that_is_down_is_named_with_what_to_do() {
    play("jira-down", DESKTOP, async |stage, browser| {
        let client = stage.company.member("alice");
        let draft = client.written(REQUIREMENTS);
        pages::sign_in(browser, &stage.company.person("alice")).await;
        let down = FaultKind::Status { code: 503, body: None, headers: Default::default() };
        stage.company.sandbox.add_fault(FaultRule::new(Service::Jira, down).for_ever()).unwrap();
        for status in [502, 503] {
            browser.permit(status);
        }
        browser.goto("/drafts/new").await;
        browser.see("main [role=alert]", "does not answer").await;
        inspect(stage, browser, "draft-new-jira-down").await;
        browser.goto(&format!("/drafts/{draft}/plan")).await;
        browser.see("main [role=alert]", "does not answer").await;
        inspect(stage, browser, "approval-jira-down").await;
        browser.goto("/integrations").await;
        pages::test_connection(browser, "jira").await;
        browser.see("#card-jira .badge", "Not working").await;
        browser.see("#card-jira [role=alert]", "").await;
    });
}

#[test]
fn a_new_draft_says_what_is_missing_and_keeps_what_was_typed() {
    play("new-draft-refused", DESKTOP, async |stage, browser| {
        browser.permit(422);
        pages::member(stage, browser, "alice").await;
        browser.goto("/drafts/new").await;
        inspect(stage, browser, "draft-new").await;
        browser.click("button", "Write the stories").await;
        browser.see("#requirements-problem", "Fill this in.").await;
        inspect(stage, browser, "draft-new-problems").await;
        browser.fill("#requirements", "Support agents must refund a payment.").await;
        browser.choose("#project_key", "PAY · ").await;
        browser.choose("#issue_type", "Story").await;
        browser.click("button", "Save without writing").await;
        browser.arrive_past("/drafts/", "/drafts/new").await;
        browser.see("#document", "Nothing written yet").await;
        inspect(stage, browser, "workspace-empty").await;
        browser.click("button", "Write the stories").await;
        pages::written(browser).await;
        inspect(stage, browser, "workspace").await;
        for (tab, name) in [("Versions", "workspace-versions"), ("Activity", "workspace-activity")] {
            browser.click(".pane-right [role=tab]", tab).await;
            inspect(stage, browser, name).await;
        }
        browser.goto("/jobs").await;
        browser.see("#jobs .badge", "Done").await;
        inspect(stage, browser, "jobs").await;
        browser.goto("/audit").await;
        browser.see("table", "").await;
        inspect(stage, browser, "audit").await;
    });
}
