//! The pane of sources: pages found by words, by address and below others; what is too much, restricted, gone or changed since.

use crate::browser::{Browser, DESKTOP};
use crate::looks::{inspect_pane, shifts};
use crate::pages;
use crate::stage::play;
use crate::support::Client;
use crate::wiki::edit_page;
use serde_json::{Value, json};

/// The page about refunds.
const REFUNDS: &str = "65550";

/// The page about the export of invoices.
const INVOICES: &str = "65552";

fn empty_draft(client: &Client) -> String {
    let body = json!({"requirements": "", "format": "classic", "project_key": "PAY", "issue_type": "Story", "from_sources": true});
    client.call("POST", "drafts", body).expect(201)["id"].as_str().unwrap().to_owned()
}

/// Waits until the sources with these titles are read.
async fn read(browser: &Browser, titles: &[&str]) {
    for title in titles {
        browser.see("#sources [data-source]", title).await;
    }
    browser
        .until("see everything read", "one('[data-sources]') && !one('[data-sources] [role=status]', 'Reading')")
        .await;
}

async fn add_by_address(browser: &Browser, address: &str, below: &str) {
    browser.fill("#source-page", address).await;
    browser.choose("#sources select[name=below]", below).await;
    browser.click("#sources button", "Add page").await;
}

#[test]
fn pages_are_picked_read_cited_and_what_changes_there_flags_the_stories_that_cite_it() {
    play("sources", DESKTOP, async |stage, browser| {
        let client = stage.company.member("alice");
        let draft = empty_draft(&client);
        pages::sign_in(browser, &stage.company.person("alice")).await;
        pages::open(browser, &draft).await;
        browser.see("#sources", "that the stories are written from").await;
        inspect_pane(stage, browser, "sources-empty", "Sources").await;

        // By words, with the keyboard alone.
        browser.click("#source-words", "").await;
        browser.keys("zzzz").await;
        browser.see("#source-hits", "No page has these words").await;
        browser.fill("#source-words", "refunds").await;
        browser.see("#source-hits li", "Card refunds: requirements").await;
        inspect_pane(stage, browser, "sources-found", "Sources").await;
        browser.click("#source-hits button", "Add Card refunds: requirements").await;
        read(browser, &["Card refunds: requirements"]).await;
        browser.see("[data-source=p1]", "version 2").await;
        browser.fill("#source-words", "invoice export").await;
        browser.click("#source-hits button", "Add Invoice export").await;
        read(browser, &["Invoice export"]).await;

        // By an address that is none of this Confluence's: what was typed stays.
        browser.permit(422);
        add_by_address(browser, "https://wiki.elsewhere.example/display/PAY/Refunds", "With the pages directly below")
            .await;
        browser.see("#sources", "names no page").await;
        assert_eq!(browser.value("#source-page").await, "https://wiki.elsewhere.example/display/PAY/Refunds");
        inspect_pane(stage, browser, "sources-refused", "Sources").await;

        // By address, with what stands below it; and one that few may read.
        let wiki = stage.company.sandbox.confluence_url();
        add_by_address(browser, &format!("{wiki}/display/OPS/On-call+handbook"), "With the pages directly below").await;
        read(browser, &["On-call handbook", "On-call handbook: archive"]).await;
        add_by_address(browser, &format!("{wiki}/pages/viewpage.action?pageId=65554"), "Only this page").await;
        read(browser, &["Merchant fees"]).await;
        browser.see("#sources .notice", "1 source is restricted").await;
        browser.see("#sources", "go to the model").await;
        inspect_pane(stage, browser, "sources-restricted", "Sources").await;

        // Removed, brought back, removed.
        browser.click("#sources button", "Remove Merchant fees").await;
        browser.see("#sources [role=status]", "“Merchant fees” is removed.").await;
        browser.click("#sources button", "Undo").await;
        browser.see("#sources .notice", "1 source is restricted").await;
        browser.click("#sources button", "Remove Merchant fees").await;
        browser.see("#sources [role=status]", "“Merchant fees” is removed.").await;
        inspect_pane(stage, browser, "sources-removed", "Sources").await;

        // The stories cite what they rest on.
        browser.click("#prompt-bar button", "Write the stories").await;
        pages::written(browser).await;
        browser.see("[data-citations] summary", "Rests on").await;
        browser.js("all('[data-citations] summary').forEach((e) => e.click())").await;
        browser.see("[data-citation=p1]", "Card refunds: requirements").await;
        inspect_pane(stage, browser, "sources-cited", "Stories").await;

        changed_since(stage, browser, &client, &draft).await;
        let (moved, entries) = shifts(browser).await;
        assert!(moved < 0.05, "the page jumped by {moved:.3}: {entries:#}");
    });
}

/// The document is read anew when the writing ends, sometimes twice: neither takes away what somebody did meanwhile.
#[test]
fn the_end_of_the_writing_keeps_what_is_closed_and_what_is_typed() {
    play("end-of-writing", DESKTOP, async |stage, browser| {
        let client = stage.company.member("alice");
        let draft = empty_draft(&client);
        let pages = json!([{"page": REFUNDS}, {"page": INVOICES}]);
        client.call("POST", &format!("drafts/{draft}/sources"), json!({"pages": pages})).expect(202);
        pages::sign_in(browser, &stage.company.person("alice")).await;
        pages::open(browser, &draft).await;
        read(browser, &["Card refunds: requirements", "Invoice export"]).await;
        stage.company.llm_control("__pace", &json!({ "chunk_ms": 4 }));
        browser.click("#prompt-bar button", "Write the stories").await;
        browser.see("#prompt-bar[data-job]", "").await;
        // Answers with the document wait until the test lets them go.
        browser
            .js("(() => {
                const real = window.fetch;
                window.asked = 0;
                window.pass = 0;
                window.fetch = async (url, ...rest) => {
                    const answer = await real(url, ...rest);
                    if (!/\\/document$/.test(String(url))) return answer;
                    const turn = ++window.asked;
                    while (window.pass < turn) await new Promise((done) => setTimeout(done, 10));
                    return answer;
                };
            })()")
            .await;
        let job = browser.js("one('#prompt-bar').dataset.job").await.as_str().unwrap().to_owned();
        browser.until("see the document asked for", "window.asked > 0").await;
        client.to_end(&job);
        let first = browser.js("window.pass = window.asked").await.as_u64().unwrap();
        browser.until("see it asked for again", &format!("window.asked > {first}")).await;
        pages::written(browser).await;
        browser.click("[data-citations] summary", "Rests on").await;
        browser.see("[data-citation=p1]", "Card refunds: requirements").await;
        browser.see("#doc-tree > summary", "").await;
        browser.click("#doc-tree > summary", "").await;
        browser.until("see the list closed", "!one('#doc-tree').open").await;
        let summary = pages::field("stories.0.summary");
        browser.fill(&summary, "Typed while the document was on its way").await;
        browser.fill("#instructions", "Say what happens when the card").await;
        browser.js("window.pass = 1e9").await;
        pages::saved(browser).await;
        assert_eq!(browser.value(&summary).await, "Typed while the document was on its way");
        assert_eq!(browser.value("#instructions").await, "Say what happens when the card");
        assert_eq!(browser.js("one('#doc-tree').open").await, false, "what was closed stays closed");
        browser.see("[data-citation=p1]", "Card refunds: requirements").await;
        browser.reload().await;
        assert_eq!(browser.value(&summary).await, "Typed while the document was on its way");
    });
}

/// An edit of the page flags exactly the stories that cite the words that are gone, without a reload.
async fn changed_since(stage: &crate::stage::Stage, browser: &Browser, client: &Client, draft: &str) {
    let view = client.get(&format!("drafts/{draft}")).expect(200);
    let stories = view["document"]["stories"].as_array().unwrap().clone();
    let quotes = |story: &Value| -> Vec<String> {
        let citations = story["citations"].as_array().unwrap().iter();
        citations.filter(|one| one["source"] == "p1").map(|one| one["quote"].as_str().unwrap().to_owned()).collect()
    };
    let quote = stories.iter().flat_map(quotes).next().unwrap();
    let word =
        quote.split_whitespace().filter(|word| word.chars().all(char::is_alphabetic)).max_by_key(|word| word.len());
    let word = word.unwrap().to_owned();
    let touched: Vec<usize> =
        (0..stories.len()).filter(|index| quotes(&stories[*index]).iter().any(|quote| quote.contains(&word))).collect();
    assert!(touched.len() < stories.len(), "there is a story that the edit does not touch");
    edit_page(&stage.company, REFUNDS, |storage| storage.replace(&word, "something-else"));

    browser.click("#sources button", "Check for changes").await;
    browser.see("#sources .notice", "1 source has changed since").await;
    let flagged = "all('[data-story]').map((story, index) => one(`#${story.id} [data-citations] summary .badge`) ? index : -1).filter((index) => index >= 0)";
    browser
        .until(
            "see the stories flagged",
            &format!("JSON.stringify({flagged}) === {}", json!(json!(touched).to_string())),
        )
        .await;
    assert_eq!(browser.count("[data-broken] a").await, touched.len() as u64);
    browser.click("[data-broken] a", "").await;
    inspect_pane(stage, browser, "sources-flagged", "Stories").await;
    browser.click("[data-source=p1] button", "Show what changed").await;
    browser.see("[data-source-change] ins", "something-else").await;
    browser.see("[data-source-change] del", &word).await;
    inspect_pane(stage, browser, "sources-changed", "Sources").await;
    browser.click("[data-source-change] button", "Read version 3").await;
    browser.see("[data-source=p1]", "version 3").await;
    // The story still rests on words that are gone.
    browser
        .until(
            "see them flagged still",
            &format!("JSON.stringify({flagged}) === {}", json!(json!(touched).to_string())),
        )
        .await;
}
