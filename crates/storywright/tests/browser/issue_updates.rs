//! An issue that is in Jira: improved with its difference shown, put back; and broken down.

use crate::backlog::{edit_issue, new_issue, read_issue};
use crate::browser::DESKTOP;
use crate::looks::inspect;
use crate::pages;
use crate::stage::play;
use serde_json::json;

const TEXT: &str = "Support agents must be able to refund a card payment from the order page.\n\nA refund above 500 EUR needs the approval of a team lead. <img src=x onerror=\"document.title='owned'\">";

#[test]
fn an_issue_is_improved_with_its_difference_shown_and_put_back() {
    play("issue-update", DESKTOP, async |stage, browser| {
        let key = new_issue(&stage.company, "Story", "refunds!! <b>now</b>", TEXT, &json!({}));
        let _ = stage.company.member("alice");
        pages::sign_in(browser, &stage.company.person("alice")).await;
        browser.goto("/drafts/from-issue").await;

        // What is no key: said in place, and what was typed stays.
        browser.permit(422);
        browser.fill("#issue", "the refund thing").await;
        browser.click("#from-issue-form button", "Read it and write").await;
        browser.see("#issue-problem", "is no key of an issue").await;
        assert_eq!(browser.value("#issue").await, "the refund thing");
        inspect(stage, browser, "from-issue").await;

        browser.fill("#issue", &key).await;
        browser.click("#from-issue-form button", "Read it and write").await;
        browser.see("[data-about]", &format!("This draft improves {key}")).await;
        browser.see("#create-bar", &format!("Show what changes in {key}")).await;
        inspect(stage, browser, "draft-about-issue").await;
        browser.click("#create-bar a", "Show what changes").await;
        browser.see("h1", &format!("What changes in {key}")).await;
        browser.see("#change-title del", "now").await;
        browser.see("[data-change] ins", "").await;
        inspect(stage, browser, "issue-change").await;

        // Somebody else was faster: it is shown, and nothing was sent.
        browser.permit(409);
        edit_issue(&stage.company, &key, &json!({"description": format!("{TEXT}\n\nAgreed with finance on Monday.")}));
        browser.click("aside button", &format!("Change {key}")).await;
        browser.see("[role=alert]", "so nothing was sent").await;
        browser.see("[data-change] del", "Agreed with finance").await;
        inspect(stage, browser, "issue-change-conflict").await;
        browser.click("aside button", &format!("Change {key}")).await;
        browser.see("[data-update=written]", "In Jira").await;
        browser.see("main", &format!("{key} has these words")).await;
        assert_ne!(read_issue(&stage.company, &key)["fields"]["summary"], "refunds!! <b>now</b>");
        inspect(stage, browser, "issue-changed").await;

        browser.click("[data-update=written] a", "Put back").await;
        browser.see("aside h2", "Put the earlier words back").await;
        browser.click("aside button", "Put them back").await;
        browser.see("[data-update=written]", "puts 1 back").await;
        assert_eq!(read_issue(&stage.company, &key)["fields"]["summary"], "refunds!! <b>now</b>");
        browser.goto(&format!("/audit/issue/{key}")).await;
        browser.see("[data-changes]", "Earlier words put back").await;
        browser.see("[data-changes]", "Rewritten from").await;
        inspect(stage, browser, "issue-changes-traced").await;
    });
}
