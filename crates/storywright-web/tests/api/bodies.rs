//! What a program sends is read strictly, and what is wrong is said by field.

use crate::support::{App, anonymous};
use serde_json::json;

const JSON: &str = "application/json";

#[actix_web::test]
async fn a_body_must_be_json_of_the_right_shape() {
    let app = App::new();
    let person = app.person(1);
    let good = r#""requirements":"Refunds","format":"classic","project_key":"PAY","issue_type":"Story""#;
    for (body, fields) in [
        ("".to_owned(), vec![]),
        ("{".to_owned(), vec![]),
        ("[]".to_owned(), vec![("", "field_invalid")]),
        (format!("{{{good},\"project\":\"X\"}}"), vec![("project", "field_unknown")]),
        (format!("{{{good},\"format\":\"bdd\"}}"), vec![("format", "duplicate_key")]),
        (r#"{"requirements":"Refunds"}"#.to_owned(), vec![("format", "field_missing")]),
        (r#"{"requirements":7}"#.to_owned(), vec![("requirements", "field_invalid")]),
    ] {
        let reply = person.raw("POST", "/drafts", JSON, body.clone()).send(&app).await;
        reply.refused(400, "invalid_body", &fields);
    }
    let not_utf8: &[u8] = b"{\"requirements\":\"\xff\"}";
    person.raw("POST", "/drafts", JSON, not_utf8.to_vec()).send(&app).await.problem(400, "invalid_body");
    for wrong in ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"] {
        let reply = person.raw("POST", "/drafts", wrong, format!("{{{good}}}")).send(&app).await;
        reply.problem(415, "wrong_content_type");
    }
    let charset = person.raw("POST", "/drafts", "Application/JSON; charset=utf-8", format!("{{{good}}}"));
    charset.send(&app).await.good(201);
}

#[actix_web::test]
async fn a_field_deep_inside_a_story_is_named_by_its_place() {
    let app = App::new();
    let person = app.person(1);
    let unknown = json!({"story": {"subtasks": [{"summary": "a"}, {"sumary": "b"}]}});
    person.post_json("/validate", &unknown).send(&app).await.refused(
        400,
        "invalid_body",
        &[("story.subtasks.1.sumary", "field_unknown")],
    );
    let bad = json!({"story": {"custom_fields": {"customfield_1": {"kind": "number", "value": "many"}}}});
    person.post_json("/validate", &bad).send(&app).await.refused(
        400,
        "invalid_body",
        &[("story.custom_fields.customfield_1", "field_invalid")],
    );
    let good = json!({"story": {"custom_fields": {"customfield_1": {"kind": "cascading", "value": ["1", null]}}}});
    person.post_json("/validate", &good).send(&app).await.good(200);
}

#[actix_web::test]
async fn an_oversize_body_is_refused_whole() {
    let app = App::new();
    let person = app.person(1);
    let large = json!({"plan_hash": "x".repeat(70_000)});
    let path = format!("/drafts/{}/publish", "0".repeat(32));
    person.post_json(&path, &large).send(&app).await.problem(413, "body_too_large");
    let requirements = json!({"requirements": "x".repeat(1_048_577), "format": "classic", "project_key": "PAY", "issue_type": "Story"});
    let reply = person.post_json("/drafts", &requirements).send(&app).await;
    reply.refused(422, "invalid_input", &[("requirements", "requirements_too_long")]);
}

#[actix_web::test]
async fn who_calls_is_asked_before_what_they_sent() {
    let app = App::new();
    let person = app.person(1);
    person.delete("/tokens/current").send(&app).await.good(204);
    let reply = person.raw("POST", "/drafts", JSON, "{").send(&app).await;
    reply.problem(401, "sign_in_required");
    let reply = person.raw("POST", "/drafts", "text/plain", "x").send(&app).await;
    reply.problem(401, "sign_in_required");
}

#[actix_web::test]
async fn an_unknown_parameter_is_refused() {
    let app = App::new();
    let person = app.person(1);
    person.get("/drafts?page=2").send(&app).await.refused(400, "invalid_query", &[("page", "field_unknown")]);
}

#[actix_web::test]
async fn unknown_addresses_and_methods_are_problems_too() {
    let app = App::new();
    let person = app.person(1);
    person.get("/nothing").send(&app).await.problem(404, "not_found");
    let wrong = person.post("/drafts/x").send(&app).await;
    wrong.problem(405, "method_not_allowed");
    assert_eq!(wrong.header("allow"), Some("GET, HEAD, PUT, DELETE"));
    anonymous("GET", "/nothing").send(&app).await.problem(404, "not_found");
}

#[actix_web::test]
async fn trouble_with_the_database_is_said_without_its_words() {
    let app = App::new();
    let person = app.person(1);
    let error = storywright_domain::ports::StorageError::Unavailable("canary-host:5432".to_owned());
    app.store.break_down(Some(error));
    let reply = person.get("/drafts").send(&app).await;
    reply.problem(503, "database_unavailable");
    assert!(!String::from_utf8_lossy(&reply.body).contains("canary"));
    assert_eq!(reply.header("retry-after"), Some("5"));
}
