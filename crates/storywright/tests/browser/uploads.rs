//! Files as sources: chosen, read, refused in words, and nothing typed lost.

use crate::browser::{Browser, DESKTOP};
use crate::looks::inspect_pane;
use crate::pages;
use crate::stage::play;
use serde_json::json;
use thirtyfour::By;

/// Gives files to the field, as the dialog of the browser does.
async fn choose(browser: &Browser, files: &[std::path::PathBuf]) {
    let field = browser.driver.find(By::Css("#source-files")).await.unwrap();
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    field.send_keys(names.join("\n")).await.unwrap();
    browser.click("#sources button", "Add files").await;
}

#[test]
fn files_are_read_cited_and_refused_in_words() {
    play("uploads", DESKTOP, async |stage, browser| {
        let client = stage.company.member("alice");
        let body = json!({"requirements": "", "format": "classic", "project_key": "PAY", "issue_type": "Story", "from_sources": true});
        let draft = client.call("POST", "drafts", body).expect(201)["id"].as_str().unwrap().to_owned();
        pages::sign_in(browser, &stage.company.person("alice")).await;
        pages::open(browser, &draft).await;
        browser.see("#sources", "Or add files").await;

        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../storywright-markup/corpus/files")
            .canonicalize()
            .unwrap();
        let notes = write("notes.md", b"# Vouchers\n\nCustomers must redeem a voucher at the till.\n");
        choose(browser, &[notes, corpus.join("refunds.docx"), corpus.join("refunds.pdf")]).await;
        for name in ["notes.md", "refunds.docx", "refunds.pdf"] {
            browser.see("#sources [data-source]", name).await;
        }
        inspect_pane(stage, browser, "uploads-read", "Sources").await;

        // What cannot be read is said beside the others, and what was typed meanwhile stays.
        browser.permit(422);
        browser.fill("#source-page", "https://wiki.corp.example/half").await;
        choose(browser, &[write("picture.png", b"\x89PNG\r\n\x1a\n")]).await;
        browser.see("#sources [role=alert]", "picture.png").await;
        assert_eq!(browser.value("#source-page").await, "https://wiki.corp.example/half", "what was typed stays");
        inspect_pane(stage, browser, "uploads-refused", "Sources").await;
        browser.see("#sources [data-source]", "notes.md").await;
    });
}
