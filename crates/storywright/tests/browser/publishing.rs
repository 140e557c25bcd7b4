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
fn what_jira_asks_for_is_filled_in_before_the_approval() {
    play("required-fields", DESKTOP, async |stage, browser| {
        let client = stage.company.member("alice");
        let body =
            json!({ "requirements": REQUIREMENTS, "format": "classic", "project_key": "OPS", "issue_type": "Story" });
        let draft = client.call("POST", "drafts", body).expect(201)["id"].as_str().unwrap().to_owned();
        client.to_end(&client.generate(&draft));
        pages::sign_in(browser, &stage.company.person("alice")).await;
        browser.permit(422);
        browser.goto(&format!("/drafts/{draft}/plan")).await;
        browser.see("#required-fields", "Jira asks for").await;
        inspect(stage, browser, "approval-required").await;
        browser.click("#required-fields button", "Save and check again").await;
        browser.see("#required-fields .problem", "Fill this in.").await;
        inspect(stage, browser, "approval-required-problems").await;
        let epic =
            stage.company.sandbox.issues().into_iter().find(|one| one.project == "OPS" && one.issue_type == "Epic");
        let form = "#required-fields ";
        browser.choose(&field_of(form, "customfield_10200"), "Production").await;
        let first = browser.js("all('#required-fields select')[1].options[1].label").await;
        browser.choose(&field_of(form, "customfield_10201"), first.as_str().unwrap()).await;
        browser.fill(&field_of(form, "customfield_10202"), &stage.company.person("bob").employee_id).await;
        browser.fill(&field_of(form, "customfield_10100"), &epic.unwrap().key).await;
        browser.click("#required-fields button", "Save and check again").await;
        browser.see("article", "").await;
        browser.see("button[data-main]", "in OPS").await;
        browser.click("button[data-main]", "in OPS").await;
        browser.arrive("/runs/").await;
        browser.see("#run .badge", "Done").await;
        assert!(
            stage.company.created().iter().all(|(key, _, _)| key.starts_with("OPS-")),
            "{:?}",
            stage.company.created()
        );
    });
}

/// The input of one of Jira's fields.
fn field_of(form: &str, id: &str) -> String {
    format!("{form}[name='field.{id}']")
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
