//! What remains to be looked at beside the scenes that pass by a page anyway.

use super::{RULES, axe, inspect, sideways};
use crate::browser::{DESKTOP, PHONE};
use crate::pages::{self, field};
use crate::stage::play;
use crate::support::REQUIREMENTS;
use serde_json::json;

#[test]
fn what_is_wrong_with_a_page_is_noticed() {
    play("noticed", DESKTOP, async |stage, browser| {
        browser.goto("/sign-in").await;
        let rules = json!({ "type": "tag", "values": RULES });
        assert_eq!(axe(stage, browser, rules.clone()).await, [] as [&str; 0]);
        assert_eq!(sideways(browser).await, None);
        assert_eq!(browser.complaints().await, [] as [&str; 0]);
        let plant = "document.body.insertAdjacentHTML('beforeend', '<div id=planted><img src=https://elsewhere.invalid/x.png><button></button></div>')";
        browser.js(plant).await;
        browser.js("one('main').style.setProperty('min-width', '2000px')").await;
        let found = axe(stage, browser, rules).await.join(" ");
        assert!(found.contains("image-alt") && found.contains("button-name"), "{found}");
        assert!(sideways(browser).await.is_some());
        let complaints = browser.complaints().await.join(" ");
        assert!(complaints.contains("Content Security Policy"), "{complaints}");
    });
}

#[test]
fn every_format_of_a_story_and_its_approval() {
    play("formats", DESKTOP, async |stage, browser| {
        let client = stage.company.member("alice");
        pages::sign_in(browser, &stage.company.person("alice")).await;
        for format in ["bdd", "custom"] {
            let body =
                json!({ "requirements": REQUIREMENTS, "format": format, "project_key": "PAY", "issue_type": "Story" });
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
