//! The whole job, from a token to issues in Jira, on a desktop and on a phone.

use crate::browser::{Browser, DESKTOP, PHONE, Size};
use crate::looks::{inspect_at, shifts};
use crate::pages::{self, field};
use crate::stage::{Stage, play};
use crate::support::REQUIREMENTS;
use serde_json::json;
use storywright_sandbox::Person;

#[test]
fn the_whole_job_on_a_desktop() {
    play("whole-job-desktop", DESKTOP, async |stage, browser| whole_job(stage, browser, DESKTOP).await);
}

#[test]
fn the_whole_job_on_a_phone() {
    play("whole-job-phone", PHONE, async |stage, browser| whole_job(stage, browser, PHONE).await);
}

async fn whole_job(stage: &Stage, browser: &Browser, size: Size) {
    let alice = stage.company.person("alice");
    join(browser, &alice).await;
    connect_everything(browser, &alice).await;
    let draft = watch_the_writing(stage, browser, size).await;
    edit_refine_compare_restore(browser, &draft).await;
    create(stage, browser, size).await;
}

/// Sign-up with the token, then sign-in with the password.
async fn join(browser: &Browser, alice: &Person) {
    pages::present_token(browser, &format!("  {} ", alice.jira_pat)).await;
    browser.arrive("/sign-up/").await;
    browser.see("main", &alice.display_name).await;
    for fact in [&alice.employee_id, &alice.email] {
        browser.see("main", fact).await;
    }
    let face = "one('.avatar-lg img') && one('.avatar-lg img').complete && one('.avatar-lg img').naturalWidth > 0";
    browser.until("see the face", face).await;
    pages::choose_password(browser).await;
    // Whoever has just signed up is signed in, at the page where the rest is connected.
    browser.arrive("/integrations").await;
    browser.click("button[aria-controls=person-menu]", "").await;
    browser.click("#person-menu button", "Sign out").await;
    browser.arrive("/sign-in").await;
    pages::enter(browser, alice).await;
    browser.see("h1", "Dashboard").await;
}

async fn connect_everything(browser: &Browser, alice: &Person) {
    browser.goto("/integrations").await;
    for (kind, secret) in [("llm", &alice.llm.credential), ("confluence", &alice.confluence.credential)] {
        pages::connect(browser, kind, secret).await;
        pages::test_connection(browser, kind).await;
        browser.see(&format!("#card-{kind} .badge"), "Connected").await;
        browser.see(&format!("#card-{kind}"), &alice.employee_id).await;
    }
    pages::test_connection(browser, "jira").await;
    browser.see("#card-jira .badge", "Connected").await;
}

/// The text comes piece by piece, survives a reload in the middle, and nothing jumps.
async fn watch_the_writing(stage: &Stage, browser: &Browser, size: Size) -> String {
    stage.company.llm_control("__pace", &json!({ "chunk_ms": 35 }));
    let draft = pages::new_draft(browser, REQUIREMENTS).await;
    let goal = field("stories.0.narrative.goal");
    browser.until("see the first words", &format!("all({})[0]?.value.length > 10", json!(goal))).await;
    browser.see("#prompt-bar[data-job]", "").await;
    assert!(!browser.shows("#instructions", "").await, "the writing has not ended, and its first words are here");
    let summary = browser.value(&field("stories.0.summary")).await;
    let faults = inspect_at(stage, browser, "workspace-writing", size).await;
    assert!(faults.is_empty(), "{faults:#?}");

    browser.reload().await;
    assert_eq!(browser.value(&field("stories.0.summary")).await, summary, "what was streamed is there after a reload");
    assert!(browser.value(&goal).await.len() > 10, "what was streamed is there after a reload");
    let at_reload =
        browser.js("all('#document [data-path]').map((e) => e.value).join('').length").await.as_u64().unwrap();
    browser
        .until("see the writing go on", &format!("one('#prompt-bar[data-job]') && all('#document [data-path]').map((e) => e.value).join('').length > {at_reload} + 20"))
        .await;
    stage.company.llm_control("__pace", &json!({ "chunk_ms": 5 }));
    pages::written(browser).await;
    let (moved, entries) = shifts(browser).await;
    assert!(moved < 0.05, "the page jumped by {moved:.3} while text came: {entries:#}");

    // What the page shows is what is stored.
    let shown = browser.js("all('#document [data-path]').map((e) => [e.dataset.path, e.value])").await;
    browser.reload().await;
    assert_eq!(browser.js("all('#document [data-path]').map((e) => [e.dataset.path, e.value])").await, shown);
    draft
}

async fn edit_refine_compare_restore(browser: &Browser, draft: &str) {
    // By hand.
    let summary = field("stories.0.summary");
    let written = browser.value(&summary).await;
    browser.fill(&summary, "Refund a captured payment, as agreed with support").await;
    pages::saved(browser).await;
    browser.reload().await;
    assert_eq!(browser.value(&summary).await, "Refund a captured payment, as agreed with support");

    // By the writer.
    pages::refine(browser, "Set story points to 2").await;
    assert_eq!(browser.value(&field("stories.0.story_points")).await, "2");

    // Findings: none that keeps it from Jira.
    pages::review(browser, "Findings").await;
    browser.until("see the findings", "one('#findings .finding') || one('#findings', 'Nothing to fix')").await;
    assert!(!browser.shows("#findings h2", "To fix before").await, "{}", browser.text("#findings").await);

    // Compare the first version that the writer made with the newest, and take it back.
    pages::review(browser, "Versions").await;
    let first = browser.until("see the versions", "all('#panel-versions li').filter(seen).length >= 3 && all('#panel-versions a').filter(seen).at(-1).getAttribute('href')").await;
    let versions = browser.count("#panel-versions li").await;
    browser.click("#panel-versions a", "Compare").await;
    browser.see("h1", "Compare versions").await;
    browser.goto(first.as_str().unwrap()).await;
    browser.see(".diff-text ins", "").await;
    browser.goto(&format!("/drafts/{draft}")).await;
    pages::review(browser, "Versions").await;
    let restore = browser
        .until(
            "find the version before the edit",
            &format!(
                "all('#panel-versions li').filter(seen)[{}]?.querySelector('button')?.getAttribute('aria-label')",
                versions - 1
            ),
        )
        .await;
    let before_edit = browser.js("all('#panel-versions li').map((e) => e.innerText)").await;
    browser.click("#panel-versions button", restore.as_str().unwrap()).await;
    browser
        .until(
            "see the restored text",
            &format!("all({})[0]?.value !== 'Refund a captured payment, as agreed with support'", json!(summary)),
        )
        .await;
    browser.see("#prompt-bar", "").await;
    let restored = browser.value(&summary).await;
    assert!(restored == written || restored.is_empty(), "{restored}: {before_edit:#}");
    if restored.is_empty() {
        // The first version was the empty draft: the one after it holds the text.
        pages::review(browser, "Versions").await;
        let second = browser.js(&format!("all('#panel-versions li').filter(seen).at(-2)?.querySelector('button')?.getAttribute('aria-label') ?? {restore}")).await;
        browser.click("#panel-versions button", second.as_str().unwrap()).await;
        browser
            .until("see the restored text", &format!("all({})[0]?.value === {}", json!(summary), json!(written)))
            .await;
    }
}

async fn create(stage: &Stage, browser: &Browser, size: Size) {
    let before = stage.company.created().len();
    browser.click("#create-bar a", "Create").await;
    browser.see("h1", "What Jira will get").await;
    let planned = browser.count("article").await;
    assert!(planned >= 3, "a story and its sub-tasks");
    browser.see("button[data-main]", &format!("Create {planned} issues in PAY")).await;
    browser.click("article:first-of-type [role=tab]", "Raw JSON").await;
    browser.see("pre.raw", "customfield").await;
    let faults = inspect_at(stage, browser, "approval-raw", size).await;
    assert!(faults.is_empty(), "{faults:#?}");
    assert_eq!(stage.company.created().len(), before, "nothing is created before the approval");

    browser.click("button[data-main]", "Create").await;
    let run = browser.arrive("/runs/").await;
    browser.see("#run .badge", "Done").await;
    browser.see("#run [role=status]", &format!("{planned} of {planned} created in PAY")).await;
    let created = stage.company.created();
    assert_eq!(created.len() as u64, planned, "{created:#?}");
    for (key, summary, _) in &created {
        browser.see("#run a.key", key).await;
        browser.see("#run .row-title", summary).await;
    }
    let parent = &created.iter().find(|(_, _, parent)| parent.is_none()).unwrap().0;
    assert!(
        created.iter().filter(|(key, _, _)| key != parent).all(|(_, _, of)| of.as_ref() == Some(parent)),
        "{created:#?}"
    );
    let links = browser.js("all('#run a.key').map((e) => e.href)").await;
    for link in links.as_array().unwrap() {
        let link = link.as_str().unwrap();
        assert!(link.starts_with(&format!("{}/browse/PAY-", stage.company.sandbox.jira_url())), "{link}");
        assert_eq!(ureq::get(link).call().unwrap().status(), 200, "{link} leads to the issue");
    }

    browser.goto("/").await;
    browser.see("section[aria-labelledby=recent-issues] .key", parent).await;
    browser.see("section[aria-labelledby=recent-drafts] .badge", "In Jira").await;
    browser.goto("/runs").await;
    browser.see(&format!("a[href='{run}']"), "").await;
}
