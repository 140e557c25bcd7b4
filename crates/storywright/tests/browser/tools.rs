//! Tools of MCP servers, and how an issue came to be.

use crate::browser::DESKTOP;
use crate::looks::inspect;
use crate::pages;
use crate::stage::play;
use crate::support::REQUIREMENTS;

#[test]
fn the_tools_page_says_what_it_is_for_and_an_issue_says_how_it_came_to_be() {
    play("tools", DESKTOP, async |stage, browser| {
        let client = stage.company.member("alice");
        let draft = client.written(REQUIREMENTS);
        let run = client.publish(&draft, "tools");
        let view = client.settled(&run);
        let key = view["items"][0]["key"].as_str().unwrap().to_owned();
        pages::sign_in(browser, &stage.company.person("alice")).await;

        browser.goto("/tools").await;
        browser.see("h1", "Tools").await;
        inspect(stage, browser, "tools").await;

        browser.goto(&format!("/audit/issue/{key}")).await;
        browser.see("h1", &key).await;
        inspect(stage, browser, "issue-chain").await;
    });
}
