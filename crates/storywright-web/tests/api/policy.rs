//! Every route of the table: nobody gets in without a token, cookies count for nothing, other people's things are not there.

use crate::support::{App, Client, anonymous, anonymous_json};
use serde_json::json;
use storywright_domain::ports::{StorageError, StorageExt};
use storywright_testkit::build;
use storywright_web::api::ROUTES;
use storywright_web::route::{Policy, Route, Verb};

fn method(route: &Route) -> &'static str {
    match route.method {
        Verb::Get => "GET",
        Verb::Post => "POST",
        Verb::Put => "PUT",
        Verb::Delete => "DELETE",
    }
}

/// The path of a route with these ids in it, after the prefix.
fn path(route: &Route, draft: &str, run: &str, item: &str, job: &str) -> String {
    let id = if route.path.contains("/drafts/") {
        draft
    } else if route.path.contains("/runs/") {
        run
    } else {
        job
    };
    route
        .path
        .trim_start_matches("/api/v1")
        .replace("{id}", id)
        .replace("{item}", item)
        .replace("{number}", "1")
        .replace("{kind}", "jira")
        .replace("{key}", "PAY")
        .replace("{server}", "mcp-jira")
        .replace("{tool}", "jira_search")
}

#[actix_web::test]
async fn nobody_gets_in_without_a_token() {
    let app = App::new();
    let id = "0".repeat(32);
    let mut checked = 0;
    for route in ROUTES.iter().filter(|route| route.policy == Policy::Bearer) {
        let path = path(route, &id, &id, &id, &id);
        for authorization in ["", "Bearer ", "Bearer x", "Basic eDp5", "bearer a.b.c.d.e.f"] {
            let call = anonymous_json(method(route), &path, &json!({}));
            let call = if authorization.is_empty() { call } else { call.header("authorization", authorization) };
            let reply = call.header("cookie", "__Host-sid=anything; sid=anything").send(&app).await;
            reply.problem(401, "sign_in_required");
            assert_eq!(reply.header("set-cookie"), None, "{}", route.path);
            assert_eq!(reply.header("access-control-allow-origin"), None);
        }
        checked += 1;
    }
    assert!(checked >= 35, "{checked}");
}

#[test]
fn public_routes_are_these_alone() {
    let public: Vec<(&str, &str)> =
        ROUTES.iter().filter(|route| route.policy != Policy::Bearer).map(|route| (method(route), route.path)).collect();
    let expected = [
        ("GET", "/api/v1/openapi.json"),
        ("GET", "/api/v1/sites"),
        ("POST", "/api/v1/registrations"),
        ("POST", "/api/v1/registrations/{id}/confirm"),
        ("POST", "/api/v1/tokens"),
    ];
    assert_eq!(public, expected);
    assert!(ROUTES.iter().all(|route| route.path.starts_with("/api/v1/") && !route.csrf && route.policy.is_api()));
}

#[test]
fn what_has_the_model_or_a_site_asked_is_limited_for_each_person_on_pages_and_in_the_api() {
    let asks =
        ["/generate", "/refine", "/answer", "/read", "/retry", "/write", "/judgements", "/prompt-trials", "/trials"];
    let mut checked = 0;
    for route in ROUTES.iter().chain(storywright_web::pages::ROUTES).filter(|route| route.method == Verb::Post) {
        if asks.iter().any(|end| route.path.ends_with(end)) {
            assert!(route.reaches_outside, "{}", route.path);
            checked += 1;
        }
    }
    assert!(checked >= 2 * asks.len(), "{checked}");
}

/// Whether a path names something that belongs to one person; rule sets belong to the company.
fn is_personal(route: &Route) -> bool {
    route.policy == Policy::Bearer && route.path.contains("{id}") && !route.path.starts_with("/api/v1/rule-sets/")
}

fn body_for(route: &Route) -> serde_json::Value {
    match route.path.rsplit('/').next().unwrap() {
        "sources" => json!({"pages": [{"page": "1"}]}),
        "refine" => json!({"instructions": "shorter"}),
        "publish" => json!({"plan_hash": "x"}),
        "resolve" => json!({"action": "check_again"}),
        "answer" => json!({"text": "yes"}),
        "words" => json!({"values": {}}),
        "waivers" => json!({"code": "vague_word", "field": "stories.0.summary", "reason": "A reason"}),
        "take-back" => json!({"code": "vague_word", "field": "stories.0.summary"}),
        _ => json!({}),
    }
}

async fn call(app: &App, client: &Client, route: &Route, path: &str) -> (u16, String) {
    let query = if path.ends_with("/compare") { "?from=1&to=1" } else { "" };
    let call = client
        .raw(method(route), &format!("{path}{query}"), "application/json", body_for(route).to_string())
        .header("if-match", "\"1\"")
        .header("idempotency-key", "key-1");
    let reply = call.send(app).await;
    (reply.status.as_u16(), String::from_utf8(reply.body).unwrap())
}

#[actix_web::test]
async fn other_peoples_things_are_not_there() {
    let app = App::new();
    let (owner, other) = (app.writer(1).await, app.writer(2).await);
    let draft = build::kept_draft(&app.store, owner.user, 70);
    let job = build::kept_job(&app.store, owner.user, 71);
    let run = build::run(&draft, 72);
    let item = build::item(&run, 0);
    app.store
        .write(|tx| {
            tx.insert_version(owner.user, &build::version(&draft))?;
            let _ = tx.insert_run(&run, std::slice::from_ref(&item))?;
            Ok::<_, StorageError>(())
        })
        .unwrap();
    let mut checked = 0;
    for route in ROUTES.iter().filter(|route| is_personal(route)) {
        // There are more routes than calls that one person may make in a minute.
        app.clock.advance(storywright_domain::Millis::seconds(5));
        let real = path(route, &draft.id.to_string(), &run.id.to_string(), &item.id.to_string(), &job.id.to_string());
        let (status, theirs) = call(&app, &other, route, &real).await;
        assert_eq!(status, 404, "{} {real}: {theirs}", method(route));
        let none = "f".repeat(32);
        let (status, missing) = call(&app, &other, route, &path(route, &none, &none, &none, &none)).await;
        assert_eq!(status, 404, "{} {}: {missing}", method(route), route.path);
        let (status, nonsense) = call(&app, &other, route, &path(route, "x", "x", "x", "x")).await;
        assert_eq!(status, 404, "{} {}: {nonsense}", method(route), route.path);
        // The answer does not even tell whether somebody else has it.
        let plain = |text: &str| {
            let mut value: serde_json::Value = serde_json::from_str(text).unwrap();
            value["request_id"] = json!("");
            value
        };
        assert_eq!(plain(&theirs), plain(&missing), "{}", route.path);
        checked += 1;
    }
    assert!(checked >= 20, "{checked}");
    owner.get(&format!("/drafts/{}", draft.id)).send(&app).await.good(200);
}

#[actix_web::test]
async fn a_session_cookie_alone_is_nobody() {
    let app = App::new();
    let person = app.person(1);
    let reply = anonymous("GET", "/me").header("cookie", &format!("__Host-sid={}", person.token)).send(&app).await;
    reply.problem(401, "sign_in_required");
}
