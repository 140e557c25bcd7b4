//! What remains to be looked at beside the scenes that pass by a page anyway.

use super::inspect;
use crate::browser::{DESKTOP, PHONE};
use crate::pages::{self, field};
use crate::stage::play;
use crate::support::REQUIREMENTS;

#[test]
fn every_format_of_a_story_and_its_approval() {
    play("formats", DESKTOP, async |stage, browser| {
        let client = stage.company.member("alice");
        pages::sign_in(browser, &stage.company.person("alice")).await;
        for format in ["bdd", "custom"] {
            let body = serde_json::json!({ "requirements": REQUIREMENTS, "format": format, "project_key": "PAY", "issue_type": "Story" });
            let draft = client.call("POST", "drafts", body).expect(201)["id"].as_str().unwrap().to_owned();
            client.to_end(&client.generate(&draft));
            pages::open(browser, &draft).await;
            inspect(stage, browser, &format!("workspace-{format}")).await;
        }
        let draft = client.written(REQUIREMENTS);
        browser.goto(&format!("/drafts/{draft}/plan")).await;
        browser.see("article", "").await;
        inspect(stage, browser, "approval").await;
        pages::open(browser, &draft).await;
        browser.fill(&field("stories.0.summary"), "Refund a captured card payment within one business day").await;
        pages::saved(browser).await;
        pages::review(browser, "Versions").await;
        browser.click("#panel-versions a", "Compare").await;
        browser.see(".diff-text ins", "").await;
        inspect(stage, browser, "compare").await;
    });
}

#[test]
fn the_navigation_of_a_phone() {
    play("phone-navigation", PHONE, async |stage, browser| {
        stage.company.signed_up("alice");
        pages::sign_in(browser, &stage.company.person("alice")).await;
        browser.click(".sheet-bar button", "More").await;
        browser.see("#nav-sheet a", "My audit log").await;
        let faults = super::inspect_at(stage, browser, "navigation-sheet", PHONE).await;
        assert!(faults.is_empty(), "{faults:#?}");
        browser.click("#nav-sheet a", "Integrations").await;
        browser.see("h1", "Integrations").await;
        browser.click("button[aria-controls=person-menu]", "").await;
        browser.see("#person-menu", "Sign out").await;
        let faults = super::inspect_at(stage, browser, "person-menu", PHONE).await;
        assert!(faults.is_empty(), "{faults:#?}");
    });
}
