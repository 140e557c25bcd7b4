//! Tools of MCP servers: none, approved, used step by step, changed; and how an issue came to be.

use crate::browser::{Browser, DESKTOP};
use crate::looks::{inspect, inspect_pane};
use crate::mcp;
use crate::pages;
use crate::stage::{Stage, play};
use crate::support::{Client, REQUIREMENTS};
use storywright_sandbox::{FaultKind, FaultRule, Service};

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

#[test]
fn tools_are_approved_used_step_by_step_and_stopped_when_they_change() {
    play("tools-used", DESKTOP, async |stage, admin| {
        let client = stage.company.member("alice");
        stage.company.member("ada");
        pages::sign_in(admin, &stage.company.person("ada")).await;
        admin.goto("/tools").await;
        admin.see("#server-mcp-jira", "Jira tools").await;
        admin.until("see both lists", "all('[aria-labelledby^=server-] .rows').length === 2").await;
        inspect(stage, admin, "tools-new").await;
        for server in mcp::SERVERS {
            let place = format!("[aria-labelledby=server-{server}]");
            admin.click(&format!("{place} button"), "suggested reads").await;
            admin.until("see them approved", &format!("one('{place} .badge', 'In use')")).await;
        }
        inspect(stage, admin, "tools-approved").await;
        admin.goto("/integrations").await;
        admin.see("#card-jira", "in use").await;
        inspect(stage, admin, "integrations-tools").await;
        admin.goto("/tools").await;

        let person = stage.browser(DESKTOP).await;
        pages::sign_in(&person, &stage.company.person("alice")).await;
        looks_things_up(stage, &person, &client).await;
        asks_and_assumes_the_leanest(stage, &person, &client).await;

        let changed = FaultKind::ChangedDefinition { tool: Some("confluence_search".to_owned()) };
        stage.company.sandbox.add_fault(FaultRule::new(Service::Mcp, changed)).unwrap();
        admin.click("button", "Refresh the tools of Confluence tools").await;
        admin.see(".badge", "Changed").await;
        admin.click("summary", "What changed").await;
        admin.see(".diff-text ins", "partners").await;
        admin.js("void scrollTo({ top: 0, behavior: 'instant' })").await;
        inspect(stage, admin, "tools-changed").await;
        // Nothing is chosen for the administrator: a tool that writes is one press away from one that reads.
        let chosen = admin.js("all('form[action=\"/tools/approve\"] select').map((e) => e.value)").await;
        assert!(chosen.as_array().unwrap().iter().all(|value| value == ""), "{chosen}");

        // The agent goes on without it.
        let before = mcp::now(&stage.company);
        let draft = client.new_draft(REQUIREMENTS);
        look_up(&person, &draft).await;
        pages::written(&person).await;
        let calls = mcp::calls(&mcp::after(&stage.company, before));
        assert!(!calls.is_empty() && !calls.iter().any(|tool| tool == "confluence_search"), "{calls:?}");
    });
}

/// Opens a draft and has its stories written by an agent that looks things up.
async fn look_up(browser: &Browser, draft: &str) {
    pages::open(browser, draft).await;
    browser.click("#prompt-bar label", "Let the agent look things up").await;
    browser.click("#prompt-bar button", "Write the stories").await;
    browser.see("#prompt-bar[data-job]", "").await;
}

/// Each step is there while it happens, with what was asked, of which tool, with which arguments, and how much came back.
async fn looks_things_up(stage: &Stage, browser: &Browser, client: &Client) {
    let slow = FaultRule::new(Service::Mcp, FaultKind::DelayMs { ms: 4_000 }).on("POST", "/*/tools/call/**").for_ever();
    stage.company.sandbox.add_fault(slow).unwrap();
    let draft = client.new_draft(REQUIREMENTS);
    look_up(browser, &draft).await;
    pages::review(browser, "Activity").await;
    browser.see("#agent-steps [data-step=running]", "mcp-confluence__confluence_search").await;
    browser.see("#agent-steps [data-step=done]", "mcp-confluence__confluence_search").await;
    browser.click("#agent-steps [data-step=done] summary", "mcp-confluence__confluence_search").await;
    browser.see("#agent-steps [data-step=done] dd", "\"query\":\"card payment\"").await;
    browser.see("#agent-steps [data-step=running]", "").await;
    browser.see("#agent-steps [data-step=done] details[open]", "").await;
    browser.click("[role=tab]", "Versions").await;
    browser.see("#panel-versions", "No versions yet").await;
    pages::written(browser).await;
    stage.company.sandbox.clear_faults();
    pages::review(browser, "Activity").await;
    browser.js("all('#agent-steps details').forEach((e) => { e.open = true; })").await;
    browser.see("#agent-steps dd", "Pages by words or CQL").await;
    browser.see("#agent-steps pre[aria-label='What came back']", "Card refunds").await;
    let sizes = browser
        .js("all('#agent-steps [data-step=done] summary').filter((e) => / (B|KB)/.test(e.innerText)).length")
        .await;
    assert!(sizes.as_u64().unwrap() >= 3, "how much came back: {sizes}");
    inspect_pane(stage, browser, "steps", "Review").await;
    pages::pane(browser, "Sources").await;
    browser.see("#sources [data-source]", "Card refunds: requirements").await;
}

async fn asks_and_assumes_the_leanest(stage: &Stage, browser: &Browser, client: &Client) {
    let draft = client.new_draft("Zebra");
    look_up(browser, &draft).await;
    browser.see("[data-question]", "?").await;
    browser.see("[data-clarify] button", "Assume the leanest").await;
    inspect_pane(stage, browser, "steps-question", "Stories").await;
    browser.click("[data-clarify] button", "Assume the leanest").await;
    pages::written(browser).await;
    assert!(!browser.shows("[data-clarify]", "").await, "one question, one answer");
}
