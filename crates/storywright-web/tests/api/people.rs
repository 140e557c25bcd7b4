//! Signing up, tokens, the person behind a token.

use crate::support::{App, PASSWORD, anonymous, anonymous_json};
use serde_json::json;
use storywright_domain::Millis;
use storywright_domain::ports::{Clock as _, StorageExt as _, Usage};
use storywright_domain::remote::RemoteError;
use storywright_testkit::build;

#[actix_web::test]
async fn a_person_signs_up_and_gets_a_token() {
    let app = App::new();
    app.jira.add_person("pat-1", build::jira_user(1));
    let body = json!({"jira_site": "jira", "jira_pat": " pat-1\r\n"});
    let registration = anonymous_json("POST", "/registrations", &body).send(&app).await.good(201);
    assert_eq!(registration["employee_id"], "emp1");
    assert_eq!(registration["name"], "Person 1");
    assert_eq!(registration["email"], "emp1@corp.example");
    assert!(registration["avatar_url"].is_null());

    let path = format!("/registrations/{}/confirm", registration["registration_id"].as_str().unwrap());
    let short = anonymous_json("POST", &path, &json!({"password": "short"})).send(&app).await;
    short.refused(422, "password_refused", &[("password", "password_too_short")]);
    let me = anonymous_json("POST", &path, &json!({"password": PASSWORD})).send(&app).await.good(201);
    assert_eq!(me["employee_id"], "emp1");
    let twice = anonymous_json("POST", &path, &json!({"password": PASSWORD})).send(&app).await;
    twice.problem(404, "registration_not_found");

    let credentials = json!({"username": "EMP1", "password": PASSWORD});
    let reply = anonymous_json("POST", "/tokens", &credentials).send(&app).await;
    let token = reply.good(201);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(token["token_type"], "Bearer");
    assert_eq!(token["expires_at"], "2026-01-01T08:00:00Z");

    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let me = anonymous("GET", "/me").header("authorization", &bearer).send(&app).await.good(200);
    assert_eq!((me["employee_id"].as_str(), me["role"].as_str()), (Some("emp1"), Some("member")));
}

#[actix_web::test]
async fn a_site_can_be_named_by_its_address() {
    let app = App::new();
    app.jira.add_person("pat-1", build::jira_user(1));
    let body = json!({"jira_site": "https://jira.corp.example/jira/", "jira_pat": "pat-1"});
    anonymous_json("POST", "/registrations", &body).send(&app).await.good(201);
    let sites = anonymous("GET", "/sites").send(&app).await.good(200);
    assert_eq!(sites["items"][0]["id"], "jira");
}

#[actix_web::test]
async fn a_sign_up_that_cannot_begin_says_why() {
    let app = App::new();
    app.person(1);
    let mut inactive = build::jira_user(2);
    inactive.active = false;
    app.jira.add_person("inactive", inactive);
    let mut deleted = build::jira_user(3);
    deleted.deleted = true;
    app.jira.add_person("deleted", deleted);
    for (site, pat, status, code, field) in [
        ("elsewhere", "x", 422, "invalid_input", Some(("jira_site", "site_not_listed"))),
        ("confluence", "x", 422, "invalid_input", Some(("jira_site", "site_not_listed"))),
        ("jira", "", 422, "invalid_input", Some(("jira_pat", "credential_empty"))),
        ("jira", "pä", 422, "invalid_input", Some(("jira_pat", "credential_unprintable"))),
        ("jira", "wrong", 422, "invalid_input", Some(("jira_pat", "credential_refused"))),
        ("jira", "inactive", 403, "account_inactive", Some(("jira_pat", "account_inactive"))),
        ("jira", "deleted", 403, "account_deleted", Some(("jira_pat", "account_deleted"))),
        ("jira", "jira-pat-1", 409, "already_registered", None),
    ] {
        let body = json!({"jira_site": site, "jira_pat": pat});
        let reply = anonymous_json("POST", "/registrations", &body).send(&app).await;
        reply.refused(status, code, &field.into_iter().collect::<Vec<_>>());
        assert!(!String::from_utf8_lossy(&reply.body).contains("jira-pat-1"));
    }
    app.jira.fail(Some(RemoteError::Unavailable { detail: "timed out".to_owned() }));
    let body = json!({"jira_site": "jira", "jira_pat": "x"});
    anonymous_json("POST", "/registrations", &body).send(&app).await.problem(502, "unavailable");
}

#[actix_web::test]
async fn a_forgotten_password_is_set_anew_only_by_those_who_say_so() {
    let app = App::new();
    let client = app.writer(1).await;
    app.jira.add_person("made-later", build::jira_user(1));
    let body = json!({"jira_site": "jira", "jira_pat": "made-later"});
    let registration = anonymous_json("POST", "/registrations", &body).send(&app).await.good(201);
    assert_eq!(registration["resets_account"], true);
    let path = format!("/registrations/{}/confirm", registration["registration_id"].as_str().unwrap());
    let password = "winter marble orchard fifteen";
    let unsaid = anonymous_json("POST", &path, &json!({"password": password})).send(&app).await;
    unsaid.problem(409, "already_registered");
    client.get("/me").send(&app).await.good(200);
    let me = anonymous_json("POST", &path, &json!({"password": password, "reset": true})).send(&app).await.good(201);
    assert_eq!(me["employee_id"], "emp1");
    client.get("/me").send(&app).await.problem(401, "sign_in_required");
    let credentials = json!({"username": "emp1", "password": password});
    anonymous_json("POST", "/tokens", &credentials).send(&app).await.good(201);
    // Who has no account gets one all the same.
    app.jira.add_person("pat-2", build::jira_user(2));
    let body = json!({"jira_site": "jira", "jira_pat": "pat-2"});
    let registration = anonymous_json("POST", "/registrations", &body).send(&app).await.good(201);
    assert_eq!(registration["resets_account"], false);
    let path = format!("/registrations/{}/confirm", registration["registration_id"].as_str().unwrap());
    anonymous_json("POST", &path, &json!({"password": password, "reset": true})).send(&app).await.good(201);
}

#[actix_web::test]
async fn wrong_names_and_wrong_passwords_look_the_same() {
    let app = App::new();
    app.person(1);
    let mut bodies = Vec::new();
    for (name, password) in [("emp1", "wrong password of some length"), ("nobody", PASSWORD)] {
        let body = json!({"username": name, "password": password});
        let reply = anonymous_json("POST", "/tokens", &body).header("x-request-id", "request-1").send(&app).await;
        reply.problem(401, "sign_in_refused");
        bodies.push(reply.body);
    }
    assert_eq!(bodies[0], bodies[1]);
    app.hasher.set_busy(true);
    let body = json!({"username": "emp1", "password": PASSWORD});
    let busy = anonymous_json("POST", "/tokens", &body).send(&app).await;
    busy.problem(503, "too_busy");
    assert_eq!(busy.header("retry-after"), Some("3"));
}

#[actix_web::test]
async fn guessing_is_slowed_down() {
    let app = App::with(|settings| settings.rates.sign_in_per_name_and_address = 3);
    app.person(1);
    let body = json!({"username": "emp1", "password": "wrong password of some length"});
    for _ in 0..3 {
        anonymous_json("POST", "/tokens", &body).send(&app).await.problem(401, "sign_in_refused");
    }
    let slowed = anonymous_json("POST", "/tokens", &body).send(&app).await;
    slowed.problem(429, "too_many_sign_ins");
    assert_eq!(slowed.header("retry-after"), Some("20"));
}

#[actix_web::test]
async fn a_token_ends_when_it_is_revoked_or_expires() {
    let app = App::new();
    let (first, second) = (app.person(1), app.person(2));
    first.delete("/tokens/current").send(&app).await.good(204);
    let refused = first.get("/me").send(&app).await;
    refused.problem(401, "sign_in_required");
    assert_eq!(refused.header("www-authenticate"), Some("Bearer realm=\"storywright\""));
    second.get("/me").send(&app).await.good(200);
    app.clock.advance(Millis::hours(8));
    second.get("/me").send(&app).await.problem(401, "sign_in_required");
}

#[actix_web::test]
async fn what_a_person_used_of_the_llm_is_theirs_alone() {
    let app = App::new();
    let (me, other) = (app.person(1), app.person(2));
    let day = app.clock.now().0.div_euclid(86_400_000);
    let usage = |input: u64, output: u64| Usage { input, output };
    app.store
        .write(|tx| {
            tx.add_tokens(me.user, day - 31, usage(1, 1), 1)?;
            tx.add_tokens(me.user, day - 1, usage(10, 5), 1_230_000)?;
            tx.add_tokens(me.user, day, usage(300, 200), 0)?;
            tx.add_tokens(other.user, day, usage(9_000, 9_000), 9_000_000)
        })
        .unwrap();
    let body = me.get("/usage").send(&app).await.good(200);
    assert_eq!(body["today"], json!({"day": "2026-01-01", "input_tokens": 300, "output_tokens": 200, "cost": "0.00"}));
    let days = body["days"].as_array().unwrap();
    assert_eq!(days.len(), 2, "30 days: {days:?}");
    assert_eq!(days[1], json!({"day": "2025-12-31", "input_tokens": 10, "output_tokens": 5, "cost": "1.23"}));
    assert_eq!((&body["token_limit"], &body["used_up"]), (&json!(5_000_000), &json!(false)));
    app.store.write(|tx| tx.add_tokens(me.user, day, usage(5_000_000, 0), 0)).unwrap();
    assert_eq!(me.get("/usage").send(&app).await.good(200)["used_up"], true);
    anonymous("GET", "/usage").send(&app).await.problem(401, "sign_in_required");
}
