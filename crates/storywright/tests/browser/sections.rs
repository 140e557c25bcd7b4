//! Requirements that are too long for one call: their sections while they are written, one that fails and is written for itself, and what
//! no story covers.

use crate::browser::{Browser, DESKTOP};
use crate::looks::inspect_pane;
use crate::pages;
use crate::stage::{Stage, play};
use crate::support::Client;
use serde_json::{Value, json};
use storywright_sandbox::Service;
use thirtyfour::Key;

/// Seven chapters, each more than half of what one call takes.
fn requirements() -> String {
    let chapter = |(title, role, thing): (&str, &str, &str)| {
        let mut text = format!("# {title}\n\nToday each {thing} is kept on paper.\n\n");
        for number in 1..=60 {
            text.push_str(&format!(
                "The {role} must be able to approve a {thing} of group {number}, so that mistakes are found in time.\n\n"
            ));
        }
        text
    };
    let chapters = [
        ("Refunds", "support agent", "refund"),
        ("Ledger", "accountant", "ledger entry"),
        ("Vouchers", "campaign manager", "voucher"),
        ("Parcels", "warehouse clerk", "parcel"),
        ("Invoices", "billing clerk", "invoice"),
        ("Contracts", "key account manager", "contract"),
        ("Payouts", "treasurer", "payout"),
    ];
    chapters.into_iter().map(chapter).collect()
}

/// Calls of the model so far.
fn calls(stage: &Stage) -> usize {
    let requests = stage.company.sandbox.requests();
    requests.iter().filter(|request| request.service == Service::Llm && request.path.ends_with("/completions")).count()
}

fn document(client: &Client, draft: &str) -> Value {
    client.get(&format!("drafts/{draft}")).expect(200)["document"].clone()
}

async fn state(browser: &Browser, ordinal: usize, state: &str) {
    browser.see(&format!("[data-section='{ordinal}'][data-state='{state}']"), "").await;
}

#[test]
fn sections_are_followed_one_is_retried_alone_and_what_is_uncovered_is_written() {
    play("sections", DESKTOP, async |stage, browser| {
        pages::member(stage, browser, "alice").await;
        let alice = stage.company.sign_in("alice");
        let draft = alice.new_draft(&requirements());
        stage
            .company
            .llm_control("__behave", &json!({ "kind": "refuse", "contains": "approve a voucher of group 7," }));
        pages::open(browser, &draft).await;
        pages::review(browser, "Coverage").await;
        browser.see("#coverage", "No stories yet").await;
        let sections = browser.count("[data-section][data-state='none']").await;
        assert!(sections == 7, "{sections}");

        stage.company.llm_control("__pace", &json!({ "chunk_ms": 15 }));
        browser.click("#prompt-bar button", "Write the stories").await;
        // Without a reload: what runs, what waits, what is done.
        state(browser, 1, "running").await;
        browser.see("[data-section][data-state='pending']", "Waiting").await;
        state(browser, 1, "done").await;
        stage.company.llm_control("__pace", &json!({ "chunk_ms": 1 }));
        pages::written(browser).await;
        let failed = browser.js("all('[data-section][data-state=failed]').map((e) => Number(e.dataset.section))").await;
        let failed = failed.as_array().unwrap().iter().map(|one| one.as_u64().unwrap()).collect::<Vec<_>>();
        let [failed] = failed.as_slice() else { panic!("one section fails: {failed:?}") };
        browser.see(&format!("[data-section='{failed}']"), "llm_refused").await;
        inspect_pane(stage, browser, "workspace-sections", "Review").await;

        // By the keyboard: that section and no other, and what is there stays.
        let (before, asked) = (document(&alice, &draft), calls(stage));
        browser.js(&format!("one('#write-section-{failed}').focus()")).await;
        browser.keys(Key::Enter).await;
        browser.see(&format!("[data-section='{failed}'][data-state='done']"), "stor").await;
        pages::written(browser).await;
        assert_eq!(calls(stage), asked + 1, "one call for one section");
        let after = document(&alice, &draft);
        let stories = |document: &Value| document["stories"].as_array().unwrap().clone();
        assert!(stories(&after).len() > stories(&before).len());
        for story in stories(&before) {
            assert!(stories(&after).contains(&story), "it stays as it was: {story:#}");
        }
        let place = |thing: &str| {
            stories(&after).iter().position(|story| story["summary"].as_str().is_some_and(|told| told.contains(thing)))
        };
        assert!(place("ledger") < place("voucher") && place("voucher") < place("parcel"), "{after:#}");
        assert_eq!(browser.count("[data-section]:not([data-state='done'])").await, 0);

        // A sentence that comes later is covered by nothing; it is found in the requirements.
        browser.see("#coverage-title .badge.tone-ok", "sentences").await;
        browser
            .append("#requirements-text", "The quarterly tarpaulin must survive heavy sleet near Reykjavik harbours.")
            .await;
        pages::saved(browser).await;
        browser.see("[data-uncovered]", "tarpaulin").await;
        let sentence = browser.text("[data-uncovered] .finding-go").await;
        browser.click("[data-uncovered] .finding-go", &sentence).await;
        let marked = browser
            .js("(() => { const e = one('#requirements-text'); return e.value.slice(e.selectionStart, e.selectionEnd); })()")
            .await;
        assert_eq!(marked.as_str().unwrap().split_whitespace().collect::<Vec<_>>().join(" "), sentence);
        // Who covers what.
        browser.click("[data-covering] summary", "").await;
        browser.see("[data-covering] [data-covered]", "approve").await;
        inspect_pane(stage, browser, "workspace-coverage", "Review").await;

        let open = browser.js("Number(one('#uncovered-title .badge').innerText)").await.as_u64().unwrap();
        browser.click("#write-uncovered", "").await;
        browser.see("#prompt-bar[data-job]", "").await;
        pages::written(browser).await;
        assert!(stories(&document(&alice, &draft)).len() > stories(&after).len());
        let fewer = format!("!one('#uncovered-title') || Number(one('#uncovered-title .badge').innerText) < {open}");
        browser.until("see fewer uncovered sentences", &fewer).await;
        browser.reload().await;
        pages::review(browser, "Coverage").await;
        state(browser, 1, "done").await;
    });
}
