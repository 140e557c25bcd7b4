//! The page of a run in each of its states, and that it follows what happens without being loaded again.

use crate::browser::{Browser, DESKTOP};
use crate::looks::inspect;
use crate::pages;
use crate::stage::{Stage, play};
use crate::support::Client;
use serde_json::json;
use std::collections::BTreeMap;
use storywright_sandbox::{FaultKind, FaultRule, Service};

const CREATE: &str = "/rest/api/2/issue";

/// An epic with two stories, the first of two sub-tasks, blocking the second.
fn tree(client: &Client) -> String {
    let story = |id: &str, summary: &str| {
        json!({
            "id": id, "summary": summary, "epic": "e1",
            "narrative": {"role": "support agent", "goal": format!("to see that {summary}"), "benefit": "customers are paid back"},
            "acceptance_criteria": ["The ledger shows it within a day"], "stlc_notes": "Regression: ledger.", "story_points": 2,
        })
    };
    let mut first = story("s1", "Book a refund");
    first["subtasks"] =
        json!([{"id": "s1.1", "summary": "Write the booking"}, {"id": "s1.2", "summary": "Test the booking"}]);
    first["links"] = json!([{"kind": "blocks", "to": "s2"}]);
    let document =
        json!({"epics": [{"id": "e1", "summary": "Refunds"}], "stories": [first, story("s2", "Tell the customer")]});
    client.draft_of(&document)
}

async fn signed_in(stage: &Stage, browser: &Browser) -> (Client, String) {
    let client = stage.company.member("alice");
    let draft = tree(&client);
    pages::sign_in(browser, &stage.company.person("alice")).await;
    browser.goto(&format!("/drafts/{draft}/plan")).await;
    browser.see("article", "Book a refund").await;
    (client, draft)
}

async fn approve(browser: &Browser) {
    browser.click("button[data-main]", "Create 5 issues in PAY").await;
    browser.arrive("/runs/").await;
}

fn fault(stage: &Stage, kind: FaultKind, method: &str, path: &str, skip: u64) {
    stage
        .company
        .sandbox
        .add_fault(FaultRule::new(Service::Jira, kind).on(method, path).after(skip).for_ever())
        .unwrap();
}

fn status(code: u16, errors: serde_json::Value) -> FaultKind {
    FaultKind::Status { code, body: Some(json!({"errorMessages": [], "errors": errors})), headers: BTreeMap::new() }
}

#[test]
fn the_tree_follows_live_from_planned_to_linked() {
    play("run-tree", DESKTOP, async |stage, browser| {
        let _ = signed_in(stage, browser).await;
        inspect(stage, browser, "approval-tree").await;
        // The third create call is held, so that each state is there to be looked at.
        stage
            .company
            .sandbox
            .add_fault(
                FaultRule::new(Service::Jira, FaultKind::DelayMs { ms: 4_000 }).on("POST", CREATE).after(2).times(1),
            )
            .unwrap();
        approve(browser).await;
        browser.js("(window.same = true)").await;
        browser.see("#run .badge", "Created").await;
        browser.see("#run .badge", "Creating").await;
        browser.see("#run .badge", "Waiting").await;
        inspect(stage, browser, "run-under-way").await;
        browser.see("#run .badge", "Done").await;
        browser
            .until(
                "see every issue finished",
                "all('#run li .badge').every(badge => badge.textContent.trim() === 'Linked')",
            )
            .await;
        assert_eq!(browser.js("window.same").await, true, "the page was not loaded again");
        inspect(stage, browser, "run-linked").await;
        let made = stage.company.sandbox.issues();
        let key = |summary: &str| made.iter().find(|issue| issue.summary == summary).unwrap().clone();
        assert_eq!(key("Book a refund").epic, Some(key("Refunds").key));
        assert_eq!(key("Write the booking").parent, Some(key("Book a refund").key));
    });
}

#[test]
fn a_refused_story_holds_back_its_own_sub_tasks_alone_and_is_corrected() {
    play("run-blocked", DESKTOP, async |stage, browser| {
        let _ = signed_in(stage, browser).await;
        let refusal = status(400, json!({"customfield_10300": "Requestor is required."}));
        let rule = FaultRule::new(Service::Jira, refusal).on("POST", CREATE).after(1).times(1);
        stage.company.sandbox.add_fault(rule).unwrap();
        approve(browser).await;
        browser.see("#run .badge", "Partly done").await;
        browser.see("#run", "customfield_10300").await;
        browser.see("#run", "Requestor is required.").await;
        browser.see("#run .badge", "Refused").await;
        browser.see("#run .badge", "Held back").await;
        inspect(stage, browser, "run-blocked").await;
        assert_eq!(stage.company.created().len(), 2, "the epic and the other story");
        browser.click("#run button", "Correct and create the rest").await;
        browser.arrive("/drafts/").await;
        browser.see("main", "The next plan holds only the issues that are missing.").await;
        let draft = browser.place().await;
        browser.goto(&format!("{draft}/plan")).await;
        browser.see("main", "In Jira already").await;
        inspect(stage, browser, "approval-rest").await;
    });
}

#[test]
fn a_link_that_is_refused_is_said_and_made_later() {
    play("run-unlinked", DESKTOP, async |stage, browser| {
        let _ = signed_in(stage, browser).await;
        fault(stage, status(403, json!({})), "POST", "/rest/api/2/issueLink", 0);
        approve(browser).await;
        browser.see("#run .badge", "Created, not linked").await;
        inspect(stage, browser, "run-unlinked").await;
        stage.company.sandbox.clear_faults();
        browser.click("#run button", "Go on with the rest").await;
        browser.see("#run .badge", "Done").await;
        browser.until("see it linked", "!one('#run .badge', 'Created, not linked')").await;
        assert_eq!(stage.company.created().len(), 5, "nothing is created again");
    });
}

#[test]
fn an_unknown_outcome_is_looked_for_then_asked_about_and_adopted() {
    play("run-unknown", DESKTOP, async |stage, browser| {
        let _ = signed_in(stage, browser).await;
        let lost = FaultKind::StatusAfterCommit { code: 504, body: None, headers: BTreeMap::new() };
        let sandbox = &stage.company.sandbox;
        sandbox.add_fault(FaultRule::new(Service::Jira, lost).on("POST", CREATE).times(1)).unwrap();
        sandbox.add_fault(FaultRule::new(Service::Jira, FaultKind::IndexLagMs { ms: -1 })).unwrap();
        // Nor may issues be read: nobody can say that it is not there.
        fault(stage, status(403, json!({})), "GET", "/rest/api/2/issue/*", 0);
        approve(browser).await;
        browser.see("#run .badge", "Unknown").await;
        browser.see("#run", "It is looked for again at").await;
        inspect(stage, browser, "run-reconciling").await;
        browser.see("#run .badge", "You decide").await;
        browser.see("#run button", "Create again, may double it").await;
        browser.see("#run button", "This is the one").await;
        inspect(stage, browser, "run-needs-human").await;
        assert_eq!(stage.company.created().len(), 1, "an unknown outcome is not sent again");
        sandbox.clear_faults();
        browser.click("#run button", "Look again").await;
        browser.see("#run a.key", "PAY-").await;
        browser.click("#run button", "Go on with the rest").await;
        browser.see("#run .badge", "Done").await;
        assert_eq!(stage.company.created().len(), 5, "nothing is doubled");
    });
}

#[test]
fn a_token_that_ends_pauses_the_run_and_a_stopped_run_leaves_the_rest_out() {
    play("run-paused", DESKTOP, async |stage, browser| {
        let _ = signed_in(stage, browser).await;
        let refusal = FaultKind::Status { code: 401, body: None, headers: BTreeMap::new() };
        let rule = FaultRule::new(Service::Jira, refusal).on("POST", CREATE).after(2).times(1);
        stage.company.sandbox.add_fault(rule).unwrap();
        approve(browser).await;
        browser.see("#run", "Open Integrations").await;
        inspect(stage, browser, "run-paused").await;
        browser.click("#run button[data-stop]", "Stop").await;
        browser.see("#run .badge", "Left out").await;
        inspect(stage, browser, "run-stopped").await;
    });
}
