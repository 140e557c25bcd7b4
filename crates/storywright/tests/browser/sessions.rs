//! Accounts: who may come in, and what the profile remembers.

use crate::browser::DESKTOP;
use crate::looks::inspect;
use crate::pages;
use crate::stage::play;
use crate::support::PASSWORD;
use thirtyfour::prelude::*;

#[test]
fn sign_up_says_what_is_wrong_with_a_token() {
    play("sign-up-refused", DESKTOP, async |stage, browser| {
        browser.permit(422);
        browser.goto("/sign-up").await;
        inspect(stage, browser, "sign-up").await;
        // Nothing is sent while nothing is typed.
        browser.click("button", "Continue").await;
        browser.see("#jira_pat-problem", "Fill this in.").await;
        browser.fill("#jira_pat", "not-a-token-at-all").await;
        browser.click("button", "Continue").await;
        browser.see("#jira_pat-problem", "").await;
        let wrong = browser.text("#jira_pat-problem").await;
        assert!(wrong.to_lowercase().contains("token"), "{wrong}");
        assert_eq!(browser.value("#jira_pat").await, "", "a token never comes back");
        inspect(stage, browser, "sign-up-refused").await;
        browser.fill("#jira_pat", &stage.company.person("carol").jira_pat).await;
        browser.click("button", "Continue").await;
        browser
            .until(
                "read about the inactive account",
                "/inactive|not active|deactivated|switched off/i.test(one('form').innerText)",
            )
            .await;

        let bob = stage.company.person("bob");
        browser.fill("#jira_pat", &bob.jira_pat).await;
        browser.click("button", "Continue").await;
        browser.arrive("/sign-up/").await;
        browser.fill("#password", "short").await;
        browser.see("#password-why", "more characters needed").await;
        browser.fill("#password_repeat", "other").await;
        browser.click("button", "Yes, create my account").await;
        browser.see("#password-problem", "at least").await;
        browser.see("#password_repeat-problem", "differ").await;
        inspect(stage, browser, "sign-up-confirm").await;
        pages::choose_password(browser).await;
        browser.until("leave the sign-up", "!location.pathname.startsWith('/sign-up')").await;
    });
}

#[test]
fn sign_in_leads_to_the_page_that_was_wanted() {
    play("sign-in", DESKTOP, async |stage, browser| {
        browser.permit(422);
        stage.company.signed_up("alice");
        let alice = stage.company.person("alice");
        browser.goto("/drafts").await;
        browser.arrive("/sign-in").await;
        inspect(stage, browser, "sign-in").await;
        browser.fill("#username", &alice.email).await;
        browser.fill("#password", "not the password").await;
        browser.click("button", "Sign in").await;
        browser.see("form .notice, form .problem", "").await;
        assert_eq!(browser.value("#username").await, alice.email, "the name stays");
        inspect(stage, browser, "sign-in-refused").await;
        browser.fill("#password", PASSWORD).await;
        browser.keys(Key::Enter + "").await;
        browser.arrive("/drafts").await;
        browser.see("h1", "Drafts").await;
        browser.see("#draft-list", "No drafts yet").await;
        inspect(stage, browser, "drafts-empty").await;
        browser.goto("/").await;
        inspect(stage, browser, "dashboard-first").await;
        browser.goto("/integrations").await;
        inspect(stage, browser, "integrations-first").await;
        browser.goto("/drafts/new").await;
        browser.see(".notice", "").await;
        inspect(stage, browser, "draft-new-missing").await;
        // Out again; the way back is closed.
        browser.click("button[aria-controls=person-menu]", "").await;
        browser.click("#person-menu button", "Sign out").await;
        browser.arrive("/sign-in").await;
        browser.goto("/drafts").await;
        browser.arrive("/sign-in").await;
    });
}

#[test]
fn employee_ids_that_differ_are_shown() {
    play("mismatch", DESKTOP, async |stage, browser| {
        stage.company.signed_up("erin");
        let erin = stage.company.person("erin");
        pages::sign_in(browser, &erin).await;
        browser.goto("/integrations").await;
        pages::connect(browser, "llm", &erin.llm.credential).await;
        pages::test_connection(browser, "llm").await;
        browser.see("#card-llm .badge", "Not working").await;
        for id in [&erin.employee_id, &erin.llm.employee_id] {
            browser.see("#card-llm", id).await;
        }
        inspect(stage, browser, "integrations-mismatch").await;
    });
}

#[test]
fn theme_and_navigation_are_remembered() {
    play("profile", DESKTOP, async |stage, browser| {
        stage.company.signed_up("alice");
        let alice = stage.company.person("alice");
        pages::sign_in(browser, &alice).await;
        browser.goto("/profile").await;
        inspect(stage, browser, "profile").await;
        browser.click("label", "Dark").await;
        browser.until("see the dark theme", "document.documentElement.dataset.theme === 'dark'").await;
        browser.until("see the theme kept", "performance.getEntriesByType('resource').some((e) => e.name.endsWith('/profile/theme') && e.responseStatus === 204)").await;
        browser.reload().await;
        assert_eq!(browser.js("document.documentElement.dataset.theme").await, "dark");

        // Wider by keyboard, then only icons.
        let width = browser.js("one('nav.side').getBoundingClientRect().width").await.as_f64().unwrap();
        browser.js("one('.side-grip').focus()").await;
        browser.keys(Key::Right + "").await;
        browser
            .until(
                "see the navigation widen",
                &format!("one('nav.side').getBoundingClientRect().width === {}", width + 16.0),
            )
            .await;
        kept(browser, 1).await;
        browser.reload().await;
        assert_eq!(browser.js("one('nav.side').getBoundingClientRect().width").await.as_f64(), Some(width + 16.0));
        browser.click("nav.side button", "Collapse the sidebar").await;
        browser.until("see the rail", "one('nav.side').getBoundingClientRect().width === 56").await;
        kept(browser, 1).await;
        browser.goto("/").await;
        assert_eq!(browser.js("one('nav.side').getBoundingClientRect().width").await, 56);
        inspect(stage, browser, "dashboard-rail").await;

        // Another device knows it too.
        let other = stage.browser(DESKTOP).await;
        pages::sign_in(&other, &alice).await;
        assert_eq!(other.js("document.documentElement.dataset.theme").await, "dark");

        // API tokens are shown once.
        browser.goto("/profile").await;
        browser.click("label", "System").await;
        browser.fill("#token-name", "nightly script").await;
        browser.fill("#token-password", PASSWORD).await;
        browser.click("#tokens button", "Create a token").await;
        let token = browser.text("#new-token").await;
        assert!(token.len() > 20, "{token}");
        inspect(stage, browser, "profile-token").await;
        browser.reload().await;
        browser.see("#tokens li", "nightly script").await;
        assert!(!browser.shows("#new-token", "").await);
        browser.click("#tokens button", "Revoke nightly script").await;
        browser.click("#tokens dialog button", "Revoke the token").await;
        browser.until("see the token go", "!one('#tokens li', 'nightly script')").await;
    });
}

/// Waits until the page has told the server about the navigation as often as that.
async fn kept(browser: &crate::browser::Browser, times: usize) {
    let told = format!(
        "performance.getEntriesByType('resource').filter((e) => e.name.endsWith('/profile/navigation') && e.responseStatus === 204).length >= {times}"
    );
    browser.until("see the navigation kept", &told).await;
}
