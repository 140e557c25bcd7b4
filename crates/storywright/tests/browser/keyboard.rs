//! Everything under the keyboard.

use crate::browser::DESKTOP;
use crate::looks::inspect;
use crate::pages::{self, field};
use crate::stage::play;
use crate::support::REQUIREMENTS;
use serde_json::json;
use thirtyfour::prelude::*;

#[test]
fn keys_do_what_the_list_of_shortcuts_says() {
    play("keyboard", DESKTOP, async |stage, browser| {
        let client = stage.company.member("alice");
        let draft = client.written(REQUIREMENTS);
        client.new_draft("Support agents must export the list of refunds every month so that finance can check it.");
        pages::sign_in(browser, &stage.company.person("alice")).await;

        browser.keys("?").await;
        browser.see("#shortcuts", "Keyboard shortcuts").await;
        inspect(stage, browser, "shortcuts").await;
        browser.keys(Key::Escape + "").await;
        browser.gone("#shortcuts").await;

        browser.keys("/").await;
        browser.until("see the focus in the search", "document.activeElement.id === 'search'").await;
        browser.keys("refund").await;
        browser.see("#search-results a", "").await;
        inspect(stage, browser, "search-open").await;
        browser.keys(Key::Escape + "").await;
        browser.gone("#search-results a").await;

        browser.goto("/drafts").await;
        browser.see("#draft-list a.row-title", "").await;
        inspect(stage, browser, "drafts").await;
        let focused = "all('[data-row]').findIndex((e) => e.contains(document.activeElement))";
        browser.keys("j").await;
        assert_eq!(browser.js(focused).await, 0);
        browser.keys("j").await;
        assert_eq!(browser.js(focused).await, 1);
        browser.keys("k").await;
        assert_eq!(browser.js(focused).await, 0);
        browser.keys(Key::Enter + "").await;
        browser.arrive("/drafts/").await;

        browser.keys("c").await;
        browser.arrive("/drafts/new").await;

        // Ctrl+Enter refines, and Esc leaves a field.
        pages::open(browser, &draft).await;
        browser.fill("#instructions", "Set story points to 1").await;
        browser.keys(Key::Control + Key::Enter).await;
        browser
            .until(
                "see the points",
                &format!("all({})[0]?.value === '1' && one('#instructions')", json!(field("stories.0.story_points"))),
            )
            .await;
        browser.click("#instructions", "").await;
        browser.keys(Key::Escape + "").await;
        assert_eq!(browser.js("document.activeElement === document.body").await, true);

        browser.goto("/search?q=refund").await;
        browser.see("h1", "Results for").await;
        inspect(stage, browser, "search").await;
    });
}
