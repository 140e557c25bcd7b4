//! The story map of a run: shown before it is written, written, changed by somebody, written over knowingly.

use crate::browser::DESKTOP;
use crate::looks::inspect;
use crate::pages;
use crate::stage::play;
use crate::support::REQUIREMENTS;
use crate::wiki::edit_page;

#[test]
fn a_story_map_is_shown_written_and_written_over_knowingly() {
    play("story-page", DESKTOP, async |stage, browser| {
        let client = stage.company.member("alice");
        let draft = client.written(REQUIREMENTS);
        let run = client.publish(&draft, "story-page");
        let view = client.settled(&run);
        let key = view["items"][0]["key"].as_str().unwrap().to_owned();
        pages::sign_in(browser, &stage.company.person("alice")).await;
        browser.goto(&format!("/runs/{run}")).await;
        browser.see("#story-page h2", "Publish story map to Confluence").await;

        // What is no key of a space: said in place, and what was typed stays.
        browser.permit(422);
        browser.permit(404);
        browser.fill("#map-title", "Refunds: story map").await;
        browser.fill("#map-space", "no space").await;
        browser.click("#story-page button", "Show what would be written").await;
        browser.see("#story-page [role=alert]", "").await;
        assert_eq!(browser.value("#map-title").await, "Refunds: story map");
        browser.fill("#map-space", "PAY").await;
        browser.click("#story-page button", "Show what would be written").await;
        browser.see("[data-page-plan]", "a new page “Refunds: story map”").await;
        browser.see("#story-page pre", &key).await;
        inspect(stage, browser, "run-page-plan").await;
        browser.click("#story-page button", "Create the page").await;
        browser.see("[data-writing=written]", "is in Confluence, version 1").await;
        inspect(stage, browser, "run-page-written").await;

        // Somebody adds a line; what would be gone is struck out before anything is written over.
        let page =
            client.get(&format!("runs/{run}/page")).expect(200)["items"][0]["page_id"].as_str().unwrap().to_owned();
        edit_page(&stage.company, &page, |text| format!("{text}<p>Agreed with finance on Monday.</p>"));
        browser.fill("#map-page", &page).await;
        browser.click("#story-page button", "Show what would be written").await;
        browser.see("#story-page [role=alert]", "Somebody has changed the page since version 1").await;
        browser.see("#story-page .diff-text del", "Agreed with finance").await;
        inspect(stage, browser, "run-page-conflict").await;
        browser.click("#story-page button", "Write the new version").await;
        browser.see("[data-writing=written]", "version 3").await;
    });
}
