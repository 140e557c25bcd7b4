//! From the approval to Jira when things go wrong on the way.

use crate::browser::DESKTOP;
use crate::looks::inspect;
use crate::pages;
use crate::stage::play;
use crate::support::REQUIREMENTS;
use serde_json::json;
use storywright_sandbox::{FaultKind, FaultRule, Service};

#[test]
fn a_double_click_is_one_run() {
    play("double-click", DESKTOP, async |stage, browser| {
        let client = stage.company.member("alice");
        let draft = client.written(REQUIREMENTS);
        pages::sign_in(browser, &stage.company.person("alice")).await;
        browser.goto(&format!("/drafts/{draft}/plan")).await;
        let planned = browser.count("article").await;
        let button = browser.driver.find(thirtyfour::By::Css("button[data-main]")).await.unwrap();
        browser.driver.action_chain().double_click_element(&button).perform().await.unwrap();
        browser.arrive("/runs/").await;
        browser.see("#run .badge", "Done").await;
        assert_eq!(stage.company.created().len() as u64, planned);
        browser.goto("/runs").await;
        browser.see("main .rows a", "").await;
        assert_eq!(browser.count("main .rows > li").await, 1, "two clicks, one run");
    });
}

#[test]
fn an_unknown_outcome_is_asked_about_and_adopted() {
    play("unknown-outcome", DESKTOP, async |stage, browser| {
        let client = stage.company.member("alice");
        let draft = client.written(REQUIREMENTS);
        pages::sign_in(browser, &stage.company.person("alice")).await;
        let lost = FaultKind::StatusAfterCommit { code: 504, body: None, headers: Default::default() };
        let sandbox = &stage.company.sandbox;
        sandbox.add_fault(FaultRule::new(Service::Jira, lost).on("POST", "/rest/api/2/issue").times(1)).unwrap();
        sandbox.add_fault(FaultRule::new(Service::Jira, FaultKind::IndexLagMs { ms: -1 })).unwrap();
        pages::open(browser, &draft).await;
        pages::approve(browser).await;
        browser.see("#run .badge", "Unknown").await;
        browser.see("#run legend", "").await;
        browser.see("#run button", "It is not in Jira, create it").await;
        browser.see("#run button", "This is the one").await;
        inspect(stage, browser, "run-unknown").await;
        assert_eq!(stage.company.created().len(), 1, "an unknown outcome is not sent again");
    });
}

#[test]
fn a_refused_issue_says_why_and_is_tried_again() {
    play("refused", DESKTOP, async |stage, browser| {
        let client = stage.company.member("alice");
        let draft = client.written(REQUIREMENTS);
        pages::sign_in(browser, &stage.company.person("alice")).await;
        let refusal = FaultKind::Status {
            code: 400,
            body: Some(json!({ "errorMessages": [], "errors": { "summary": "Requestor is required." } })),
            headers: Default::default(),
        };
        let rule = FaultRule::new(Service::Jira, refusal).on("POST", "/rest/api/2/issue").after(1).times(1);
        stage.company.sandbox.add_fault(rule).unwrap();
        pages::open(browser, &draft).await;
        pages::approve(browser).await;
        browser.see("#run .badge", "Refused").await;
        browser.see("#run", "Requestor is required.").await;
        browser.see("#run .badge", "Partly done").await;
        inspect(stage, browser, "run-refused").await;
        let before = stage.company.created().len();
        browser.click("#run button", "Try again").await;
        browser.see("#run .badge", "Done").await;
        assert_eq!(stage.company.created().len(), before + 1, "only what was missing is created");
        inspect(stage, browser, "run-done").await;
        browser.goto("/runs").await;
        inspect(stage, browser, "runs").await;
        browser.goto("/").await;
        inspect(stage, browser, "dashboard").await;
    });
}
