//! Files as sources, by the pane of the workspace and by the API.

use crate::support::{Browser, Got, PASSWORD, TestApp, alice_and_bob};
use std::rc::Rc;
use storywright_application::people::issue_token_for;
use storywright_domain::file::MAX_FILE_BYTES;
use storywright_domain::person::Person;
use storywright_domain::{Millis, Secret};

const BOUNDARY: &str = "----part";

/// A form with these files.
fn form(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, content) in files {
        let head =
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

async fn send(browser: &Browser, path: &str, body: Vec<u8>) -> Got {
    let token = browser.token("/jobs").await;
    let req = browser.request("POST", path).set_payload(body);
    let req = req.insert_header(("content-type", format!("multipart/form-data; boundary={BOUNDARY}")));
    let req = req.insert_header(("hx-request", "true")).insert_header(("hx-target", "sources"));
    browser.send(req.insert_header(("x-csrf-token", token))).await
}

async fn api(app: &Rc<TestApp>, person: &Person, path: &str, body: Vec<u8>) -> (Got, serde_json::Value) {
    let password = Secret::new(PASSWORD.to_owned());
    let issued = issue_token_for(&app.ports, &app.actor(person), &password, "test", Millis::hours(1)).unwrap();
    let browser = Browser::anonymous(app);
    let req = browser.request("POST", path).set_payload(body);
    let req = req.insert_header(("content-type", format!("multipart/form-data; boundary={BOUNDARY}")));
    let got = browser.send(req.insert_header(("authorization", format!("Bearer {}", issued.token.reveal())))).await;
    let json = serde_json::from_str(&got.body).unwrap_or_default();
    (got, json)
}

#[actix_web::test]
async fn files_stand_beside_pages_and_bad_ones_are_told_by_name() {
    let (app, alice, _) = alice_and_bob().await;
    let made = app.ready_draft(&alice, "Refund a card payment");
    let browser = Browser::signed_in(&app, "alice").await;
    let path = format!("/drafts/{}/files", made.id);
    let pane = browser.fragment(&format!("/drafts/{}/sources", made.id), "sources").await.expect(200);
    pane.shows("Add files").shows("multipart/form-data");
    let files: [(&str, &[u8]); 3] = [
        ("<b>rules.md", b"Money goes back within 14 days."),
        ("budget.docx", b"no document"),
        ("notes.txt", b"caf\xe9"),
    ];
    let got = send(&browser, &path, form(&files)).await.expect(200);
    let got = got.shows("&lt;b&gt;rules").hides("<b>rules").shows("31 characters");
    got.shows("`budget.docx` is no Word document in spite of its name").shows("save it as UTF-8");
    let none = send(&browser, &path, form(&[])).await.expect(200);
    none.shows("Send 1 to 10 files").shows("&lt;b&gt;rules");
    let many: Vec<(&str, &[u8])> = vec![("a.md", b"x"); 11];
    send(&browser, &path, form(&many)).await.expect(200).shows("Send 1 to 10 files");
    send(&browser, &path, b"nonsense".to_vec()).await.expect(200).shows("The form cannot be read");
    browser.post_to(&format!("/drafts/{}/sources/p1/remove", made.id), "sources", &[]).await.expect(200).shows("Undo");
}

#[actix_web::test]
async fn nobody_unknown_sends_anything_large() {
    let (app, alice, _) = alice_and_bob().await;
    let made = app.ready_draft(&alice, "Refund a card payment");
    let bob = Browser::signed_in(&app, "bob").await;
    let body = || form(&[("a.md", b"Text")]);
    let page = format!("/drafts/{}/files", made.id);
    send(&bob, &page, body()).await.expect(404);
    let without_token = bob.request("POST", &page).set_payload(body()).insert_header(("hx-request", "true"));
    bob.send(without_token).await.expect(403);
    let path = format!("/api/v1/drafts/{}/files", made.id);
    let stranger = Browser::anonymous(&app).request("POST", &path).set_payload(body());
    let stranger = stranger.insert_header(("authorization", "Bearer made.up.token"));
    Browser::anonymous(&app).send(stranger).await.expect(401);
    let bob = app.person("bobby", 3);
    let (got, problem) = api(&app, &bob, &path, body()).await;
    assert_eq!((got.status.as_u16(), problem["code"].as_str()), (404, Some("source_not_found")));
    let too_large = vec![b'a'; MAX_FILE_BYTES + 2 * 1_024 * 1_024];
    let (got, problem) = api(&app, &alice, &path, form(&[("a.txt", &too_large)])).await;
    assert_eq!((got.status.as_u16(), problem["code"].as_str()), (413, Some("body_too_large")));
}

#[actix_web::test]
async fn a_program_adds_one_file_at_a_time() {
    let (app, alice, _) = alice_and_bob().await;
    let made = app.ready_draft(&alice, "Refund a card payment");
    let path = format!("/api/v1/drafts/{}/files", made.id);
    for _ in 0..2 {
        let (got, json) = api(&app, &alice, &path, form(&[("rules.md", "Zurück in 14 Tagen.".as_bytes())])).await;
        assert_eq!((got.status.as_u16(), json["id"].as_str()), (201, Some("p1")), "{}", got.body);
    }
    let (got, json) = api(&app, &alice, &path, form(&[("a.pdf", b"%PDF-1.4\n\xff")])).await;
    assert_eq!((got.status.as_u16(), json["errors"][0]["code"].as_str()), (422, Some("file_damaged")), "{}", got.body);
    assert!(json["errors"][0]["message"].as_str().unwrap().starts_with("`a.pdf` is damaged"), "{}", got.body);
    let (got, json) = api(&app, &alice, &path, form(&[("a.md", b"x"), ("b.md", b"y")])).await;
    assert_eq!((got.status.as_u16(), json["errors"][0]["code"].as_str()), (422, Some("files_missing")));
    let (got, _) = api(&app, &alice, &path, b"{}".to_vec()).await;
    assert_eq!(got.status.as_u16(), 400);
}
