//! Headers, errors, static files, health, and what must never come out.

use crate::support::{Browser, TestApp, alice_and_bob};
use storywright_domain::ports::StorageError;

#[actix_web::test]
async fn every_answer_carries_its_headers() {
    let (app, ..) = alice_and_bob().await;
    let alice = Browser::signed_in(&app, "alice").await;
    for path in ["/", "/nowhere", "/healthz", "/api/v1/me", "/sign-in", "/static/000000000000/app.css"] {
        let got = alice.get(path).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(got.header(name), value, "{path}");
        }
        let policy = got.header("content-security-policy");
        for part in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert!(got.header("permissions-policy").contains("camera=()"), "{path}");
        assert!(got.headers.get("access-control-allow-origin").is_none(), "{path}");
        assert_eq!(got.header("x-request-id").len(), 32, "{path}");
        assert!(!got.header("content-type").is_empty() || got.body.is_empty(), "{path}");
    }
    let first = alice.get("/").await.header("content-security-policy").to_owned();
    assert_ne!(first, alice.get("/").await.header("content-security-policy"), "a nonce is used once");
}

#[actix_web::test]
async fn a_request_id_is_kept_only_when_it_is_harmless() {
    let app = TestApp::new().await;
    let visitor = Browser::anonymous(&app);
    for (sent, kept) in
        [("abc-123-XYZ", true), ("short", false), ("evil\u{e9}-12345678", false), (&"x".repeat(65), false)]
    {
        let got =
            visitor.send(visitor.request("GET", "/healthz").insert_header(("x-request-id", sent))).await.expect(200);
        assert_eq!(got.header("x-request-id") == sent, kept, "{sent}");
    }
}

#[actix_web::test]
async fn static_files_are_kept_for_ever_under_their_own_address() {
    let app = TestApp::new().await;
    let visitor = Browser::anonymous(&app);
    let page = visitor.get("/sign-in").await.expect(200);
    let mut found = 0;
    for part in page.body.split('"').filter(|part| part.starts_with("/static/")) {
        let got = visitor.get(part.split('#').next().unwrap()).await.expect(200);
        assert_eq!(got.header("cache-control"), "public, max-age=31536000, immutable", "{part}");
        assert!(got.headers.get("set-cookie").is_none(), "{part}");
        found += 1;
    }
    assert!(found >= 5, "{found}");
    let old = visitor.get("/static/000000000000/app.css").await.expect(200);
    assert_eq!((old.header("cache-control"), old.header("content-type")), ("no-cache", "text/css; charset=utf-8"));
    for path in [
        "/static/000000000000/../Cargo.toml",
        "/static/000000000000/%2e%2e/Cargo.toml",
        "/static/x/none.js",
        "/static/",
    ] {
        visitor.get(path).await.expect(404);
    }
}

#[actix_web::test]
async fn pages_are_compressed_only_when_asked() {
    let app = TestApp::new().await;
    let visitor = Browser::anonymous(&app);
    assert_eq!(visitor.get("/sign-in").await.expect(200).header("content-encoding"), "");
    let req = visitor.request("GET", "/sign-in").insert_header(("accept-encoding", "gzip"));
    assert_eq!(visitor.send(req).await.expect(200).header("content-encoding"), "gzip");
}

#[actix_web::test]
async fn an_outage_is_said_plainly_and_its_cause_stays_in_the_log() {
    let (app, ..) = alice_and_bob().await;
    let alice = Browser::signed_in(&app, "alice").await;
    alice.get("/readyz").await.expect(200);
    let token = alice.token("/jobs").await;
    app.store.break_down(Some(StorageError::Unavailable("disk /var/secret is full".to_owned())));
    alice.get("/healthz").await.expect(200);
    alice.get("/readyz").await.expect(503).shows("takes no writes").hides("/var/secret");
    let got = alice.get("/drafts").await.expect(503).shows("database_unavailable").hides("/var/secret");
    assert!(!got.header("retry-after").is_empty());
    let req =
        alice.request("POST", "/profile/theme").set_form([("theme", "dark")]).insert_header(("hx-request", "true"));
    let got = alice.send(req.insert_header(("x-csrf-token", token))).await.expect(503);
    got.shows("data-error").hides("<html").hides("/var/secret");
    app.store.break_down(Some(StorageError::Corrupt { entity: "draft", detail: "secret-detail".to_owned() }));
    alice.get("/readyz").await.expect(503).shows("restore the database").hides("secret-detail");
    let got = alice.get("/drafts").await.expect(500).shows("internal_error").hides("secret-detail");
    let id = got.header("x-request-id").to_owned();
    got.shows(&id);
}

#[actix_web::test]
async fn names_and_words_of_others_are_text() {
    let (app, alice, _) = alice_and_bob().await;
    let evil = "<img src=x onerror=alert(1)> \" hx-get=/sign-out x-init=alert(1)";
    let made = app.ready_draft(&alice, evil);
    let browser = Browser::signed_in(&app, "alice").await;
    for path in [
        "/".to_owned(),
        "/drafts".to_owned(),
        format!("/drafts/{}", made.id),
        format!("/drafts/{}/plan", made.id),
        format!("/search?q={}", "%3Cimg%20src%3Dx%20onerror%3D"),
    ] {
        let got = browser.get(&path).await.expect(200).hides("<img src=x");
        assert!(!got.body.contains("\" hx-get=/sign-out"), "{path}: an attribute was broken out of");
    }
}
