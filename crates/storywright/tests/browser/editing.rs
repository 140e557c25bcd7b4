//! Editing by hand: two tabs, a session that ends, removal and undo.

use crate::browser::DESKTOP;
use crate::looks::inspect;
use crate::pages::{self, field};
use crate::stage::play;
use crate::support::{Client, PASSWORD, REQUIREMENTS};
use serde_json::{Value, json};

#[test]
fn two_tabs_keep_both_versions() {
    play("two-tabs", DESKTOP, async |stage, browser| {
        let alice = stage.company.member("alice");
        let draft = alice.written(REQUIREMENTS);
        pages::sign_in(browser, &stage.company.person("alice")).await;
        let summary = field("stories.0.summary");
        let first = browser.tab().await;
        pages::open(browser, &draft).await;
        let second = browser.new_tab(DESKTOP).await;
        pages::open(browser, &draft).await;
        browser.fill(&summary, "What the second tab says").await;
        pages::saved(browser).await;

        browser.permit(409);
        browser.turn_to(&first).await;
        browser.fill(&summary, "What the first tab says").await;
        browser.see("#conflict-view", "This draft changed somewhere else").await;
        assert_eq!(browser.value(&summary).await, "What the first tab says", "the text stays in the page");
        browser.click("#conflict-view summary", "difference").await;
        browser.see("#conflict-view del", "").await;
        inspect(stage, browser, "workspace-conflict").await;
        assert_eq!(stored(&alice, &draft), "What the second tab says");

        browser.click("[data-keep=mine]", "").await;
        pages::saved(browser).await;
        browser.gone("#conflict-view").await;
        assert_eq!(stored(&alice, &draft), "What the first tab says");

        // The other way round: the second tab is behind now, and takes what the first one said.
        browser.turn_to(&second).await;
        browser.append(&summary, ", later").await;
        browser.click("[data-keep=theirs]", "").await;
        browser
            .until(
                "see the other version",
                &format!("all({})[0]?.value === 'What the first tab says' && !one('#conflict-view')", json!(summary)),
            )
            .await;
        assert_eq!(stored(&alice, &draft), "What the first tab says");
        let texts = every_summary(&alice, &draft);
        for kept in ["What the second tab says", "What the first tab says", "What the second tab says, later"] {
            assert!(texts.iter().any(|text| text == kept), "{kept} is among the versions: {texts:?}");
        }
    });
}

fn stored(person: &Client, draft: &str) -> String {
    person.get(&format!("drafts/{draft}")).expect(200)["document"]["stories"][0]["summary"].as_str().unwrap().to_owned()
}

/// The summary in every version that is kept.
fn every_summary(person: &Client, draft: &str) -> Vec<String> {
    let versions = person.get(&format!("drafts/{draft}/versions")).expect(200);
    let of = |version: &Value| {
        let one = person.get(&format!("drafts/{draft}/versions/{}", version["number"])).expect(200);
        one["document"]["stories"][0]["summary"].as_str().unwrap_or_default().to_owned()
    };
    versions["items"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn a_session_that_ends_while_typing_loses_nothing() {
    play("session-ends", DESKTOP, async |stage, browser| {
        let client = stage.company.member("alice");
        let alice = stage.company.person("alice");
        let draft = client.written(REQUIREMENTS);
        pages::sign_in(browser, &alice).await;
        pages::open(browser, &draft).await;

        // Another device signs this one out.
        let other = stage.browser(DESKTOP).await;
        pages::sign_in(&other, &alice).await;
        other.goto("/profile").await;
        other.click("#sessions button", "Sign out the others").await;
        other.until("see one session", "all('#sessions li').length === 1").await;

        browser.permit(401);
        browser.permit(422);
        let summary = field("stories.0.summary");
        browser.fill(&summary, "Typed after the session had ended").await;
        browser.see("#session-dialog", "Sign in again").await;
        inspect(stage, browser, "session-ended").await;
        browser.fill("#renew-password", "not the password").await;
        browser.click("#session-dialog button", "Sign in and go on").await;
        browser.see("#session-dialog .problem, #session-dialog .notice", "").await;
        browser.fill("#renew-password", PASSWORD).await;
        browser.click("#session-dialog button", "Sign in and go on").await;
        browser.gone("#session-dialog").await;
        pages::saved(browser).await;
        assert_eq!(browser.value(&summary).await, "Typed after the session had ended");
        assert_eq!(stored(&client, &draft), "Typed after the session had ended");
        // The page goes on: the next edit and the next form work with the new session.
        browser.append(&summary, " and later").await;
        pages::saved(browser).await;
        pages::refine(browser, "Set story points to 1").await;
        assert_eq!(browser.value(&field("stories.0.story_points")).await, "1");
    });
}

#[test]
fn typing_without_a_network_is_saved_when_it_is_back() {
    play("offline", DESKTOP, async |stage, browser| {
        let client = stage.company.member("alice");
        let draft = client.written(REQUIREMENTS);
        pages::sign_in(browser, &stage.company.person("alice")).await;
        pages::open(browser, &draft).await;
        browser.permit_unreachable();
        browser.network(false).await;
        browser.see("#offline", "You are offline").await;
        let summary = field("stories.0.summary");
        browser.fill(&summary, "Typed in a tunnel").await;
        browser.see("#save-state", "Not saved").await;
        inspect(stage, browser, "workspace-offline").await;
        browser.network(true).await;
        pages::saved(browser).await;
        browser.gone("#offline").await;
        assert_eq!(stored(&client, &draft), "Typed in a tunnel");
    });
}

#[test]
fn lines_are_added_removed_and_brought_back() {
    play("lines", DESKTOP, async |stage, browser| {
        let client = stage.company.member("alice");
        let draft = client.written(REQUIREMENTS);
        pages::sign_in(browser, &stage.company.person("alice")).await;
        pages::open(browser, &draft).await;
        let list = "[data-list-path='stories.0.acceptance_criteria'] > li";
        let before = browser.count(list).await;
        browser.click("[data-add='stories.0.acceptance_criteria']", "").await;
        browser.keys("The refund shows in the monthly report.").await;
        pages::saved(browser).await;
        browser.reload().await;
        assert_eq!(browser.count(list).await, before + 1);
        assert_eq!(
            browser.value(&field(&format!("stories.0.acceptance_criteria.{before}"))).await,
            "The refund shows in the monthly report."
        );

        let first = browser.value(&field("stories.0.acceptance_criteria.0")).await;
        let second = browser.value(&field("stories.0.acceptance_criteria.1")).await;
        browser.click(&format!("{list}:first-child [data-remove]"), "").await;
        assert_eq!(browser.value(&field("stories.0.acceptance_criteria.0")).await, second, "the next line moves up");
        browser.click("#toasts button", "Undo").await;
        assert_eq!(browser.value(&field("stories.0.acceptance_criteria.0")).await, first);
        pages::saved(browser).await;
        browser.reload().await;
        assert_eq!(browser.value(&field("stories.0.acceptance_criteria.0")).await, first);
        assert_eq!(browser.count(list).await, before + 1);

        // A draft that is deleted comes back within ten seconds.
        browser.goto("/drafts").await;
        browser.click("#draft-list form button", "Delete").await;
        browser.see("#draft-list li", "Deleted:").await;
        browser.click("#draft-list button", "Undo").await;
        browser.see("#draft-list a.row-title", "").await;
        browser.reload().await;
        browser.see("#draft-list a.row-title", "").await;
    });
}
