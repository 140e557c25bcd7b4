//! The pages as a person uses them.

use crate::browser::Browser;
use crate::stage::Stage;
use crate::support::PASSWORD;
use storywright_sandbox::Person;

/// Name of a field of the document: `stories.0.summary` is `#p-stories\.0\.summary`.
pub fn field(path: &str) -> String {
    format!("#p-{}", path.replace('.', "\\."))
}

// ---- accounts

/// First step of the sign-up.
pub async fn present_token(browser: &Browser, token: &str) {
    browser.goto("/sign-up").await;
    browser.fill("#jira_pat", token).await;
    browser.click("button", "Continue").await;
}

/// Second step of the sign-up.
pub async fn choose_password(browser: &Browser) {
    browser.fill("#password", PASSWORD).await;
    browser.fill("#password_repeat", PASSWORD).await;
    browser.click("button", "Yes, create my account").await;
}

pub async fn sign_in(browser: &Browser, person: &Person) {
    browser.goto("/sign-in").await;
    enter(browser, person).await;
    browser.see("h1", "Dashboard").await;
}

/// Fills the sign-in page that is open.
pub async fn enter(browser: &Browser, person: &Person) {
    browser.fill("#username", &person.employee_id).await;
    browser.fill("#password", PASSWORD).await;
    browser.click("button", "Sign in").await;
}

/// Somebody who has everything connected, signed in.
pub async fn member(stage: &Stage, browser: &Browser, handle: &str) -> Person {
    stage.company.member(handle);
    let person = stage.company.person(handle);
    sign_in(browser, &person).await;
    person
}

// ---- integrations

/// Saves a connection. `kind`: `jira`, `confluence` or `llm`.
pub async fn connect(browser: &Browser, kind: &str, secret: &str) {
    if !browser.shows(&format!("#{kind}-secret"), "").await {
        browser.click(&format!("#card-{kind} summary"), "Change the connection").await;
    }
    browser.fill(&format!("#{kind}-secret"), secret).await;
    browser.click(&format!("#card-{kind} form[hx-post='/integrations/{kind}'] button"), "").await;
    // The field is empty in the card that comes back, and the card knows the end of the secret.
    let tail = &secret[secret.len() - 4..];
    browser.see(&format!("#card-{kind} dd"), tail).await;
}

/// Tests a connection to its end.
pub async fn test_connection(browser: &Browser, kind: &str) {
    browser.click(&format!("#card-{kind} button"), "Test the connection").await;
    browser
        .until(
            &format!("see the test of {kind} end"),
            &format!("one('#card-{kind} .badge', 'Connected') || one('#card-{kind} .badge', 'Not working')"),
        )
        .await;
}

// ---- drafts

/// Fills the page for a new draft and asks for the stories.
pub async fn new_draft(browser: &Browser, requirements: &str) -> String {
    browser.goto("/drafts/new").await;
    browser.fill("#requirements", requirements).await;
    browser.choose("#project_key", "PAY · ").await;
    browser.choose("#issue_type", "Story").await;
    browser.click("button", "Write the stories").await;
    let path = browser.arrive_past("/drafts/", "/drafts/new").await;
    path.trim_start_matches("/drafts/").to_owned()
}

/// Opens a draft.
pub async fn open(browser: &Browser, draft: &str) {
    browser.goto(&format!("/drafts/{draft}")).await;
    browser.see("#prompt-bar", "").await;
}

/// Waits until no job writes any more and the page shows what is stored.
pub async fn written(browser: &Browser) {
    browser
        .until(
            "see the writing end",
            "all('#stories .story').length > 0 && !one('#prompt-bar[data-job]') && one('#instructions')",
        )
        .await;
}

/// Waits until what was typed is saved.
pub async fn saved(browser: &Browser) {
    browser.until("see it saved", "/^Saved$/.test(one('#save-state').innerText.trim())").await;
}

/// Chooses a pane of the workspace on a phone; on a desktop all are there.
pub async fn pane(browser: &Browser, label: &str) {
    if browser.shows(".pane-switch", "").await {
        browser.click(".pane-switch button", label).await;
    }
}

/// Opens a tab of the review pane.
pub async fn review(browser: &Browser, tab: &str) {
    pane(browser, "Review").await;
    browser.click(".pane-right [role=tab]", tab).await;
}

/// Asks the writer for a change and waits for its end.
pub async fn refine(browser: &Browser, instructions: &str) {
    pane(browser, "Stories").await;
    browser.fill("#instructions", instructions).await;
    browser.click("#prompt-bar button", "Refine").await;
    browser.see("#prompt-bar[data-job]", "").await;
    written(browser).await;
}

// ---- runs

/// Approves the draft that is open and gives the path of its run.
pub async fn approve(browser: &Browser) -> String {
    browser.click("#create-bar a", "Create").await;
    browser.see("h1", "What Jira will get").await;
    browser.click("button[data-main]", "Create").await;
    browser.arrive("/runs/").await
}
