//! Connections and catalogs.

use crate::support::App;
use serde_json::json;
use storywright_domain::remote::RemoteError;

#[actix_web::test]
async fn every_connection_is_shown_without_its_credential() {
    let app = App::new();
    let person = app.writer(1).await;
    let reply = person.get("/integrations").send(&app).await;
    let all = reply.good(200);
    let states: Vec<(&str, &str)> = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["kind"].as_str().unwrap(), item["state"].as_str().unwrap()))
        .collect();
    assert_eq!(states, [("jira", "ok"), ("llm", "ok"), ("confluence", "not_connected")]);
    assert_eq!(all["items"][1]["choices"]["services"], json!(["company"]));
    assert_eq!(all["items"][2]["choices"]["sites"][0]["id"], "confluence");
    let text = String::from_utf8(reply.body).unwrap();
    assert!(!text.contains("jira-pat-1") && !text.contains("llm-cookie-1"), "{text}");
}

#[actix_web::test]
async fn a_credential_of_somebody_else_is_shown_with_both_ids() {
    let app = App::new();
    let person = app.person(1);
    app.confluence.add_person("conf-pat", "emp9");
    let body = json!({"site": "confluence", "pat": "conf-pat"});
    let saved = person.put("/integrations/confluence", &body, None).send(&app).await.good(200);
    assert_eq!((saved["state"].as_str(), saved["credential_hint"].as_str()), (Some("untested"), Some("····")));
    let report = person.post("/integrations/confluence/test").send(&app).await.good(200);
    assert_eq!(report["ok"], false);
    assert_eq!(report["code"], "employee_id_mismatch");
    assert_eq!((report["employee_id"].as_str(), report["expected_employee_id"].as_str()), (Some("emp9"), Some("emp1")));
    assert!(report["detail"].as_str().unwrap().contains("emp9") && report["detail"].as_str().unwrap().contains("emp1"));

    app.confluence.add_person("conf-pat", "emp1");
    let report = person.post("/integrations/confluence/test").send(&app).await.good(200);
    assert_eq!((report["ok"].as_bool(), report["code"].as_str()), (Some(true), None));
}

#[actix_web::test]
async fn a_test_reports_what_the_other_side_says() {
    let app = App::new();
    let person = app.person(1);
    person.post("/integrations/llm/test").send(&app).await.problem(409, "integration_not_connected");
    person.post("/integrations/fax/test").send(&app).await.problem(404, "not_found");
    app.jira.revoke("jira-pat-1");
    let report = person.post("/integrations/jira/test").send(&app).await.good(200);
    assert_eq!((report["ok"].as_bool(), report["code"].as_str()), (Some(false), Some("credential_refused")));
    person.get("/projects").send(&app).await.problem(409, "integration_not_tested");
    app.jira.add_person("new-pat", storywright_testkit::build::jira_user(1));
    person.put("/integrations/jira", &json!({"pat": "new-pat"}), None).send(&app).await.good(200);
    person.post("/integrations/jira/test").send(&app).await.good(200);
    person.get("/projects").send(&app).await.good(200);
}

#[actix_web::test]
async fn a_connection_that_cannot_be_saved_names_the_field_of_the_call() {
    let app = App::new();
    let person = app.person(1);
    for (path, body, code, field, field_code) in [
        ("confluence", json!({"site": "elsewhere", "pat": "x"}), "invalid_input", "site", "target_not_listed"),
        ("confluence", json!({"site": "confluence"}), "invalid_input", "pat", "credential_missing"),
        (
            "confluence",
            json!({"site": "confluence", "pat": "a\u{7}b"}),
            "invalid_input",
            "pat",
            "credential_unprintable",
        ),
        (
            "confluence",
            json!({"site": "confluence", "pat": "x", "verify_tls": false}),
            "invalid_input",
            "verify_tls",
            "tls_must_be_verified",
        ),
        (
            "confluence",
            json!({"site": "confluence", "pat": "x", "ca_pem": "no"}),
            "certificate_refused",
            "ca_pem",
            "certificate_refused",
        ),
        ("llm", json!({"service": "other", "credential": "x"}), "invalid_input", "service", "target_not_listed"),
        ("llm", json!({"service": "company", "credential": " "}), "invalid_input", "credential", "credential_missing"),
        ("jira", json!({"pat": "\u{e9}"}), "invalid_input", "pat", "credential_unprintable"),
    ] {
        let reply = person.put(&format!("/integrations/{path}"), &body, None).send(&app).await;
        reply.refused(422, code, &[(field, field_code)]);
    }
    let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    let body = json!({"site": "confluence", "pat": "x", "verify_tls": true, "ca_pem": pem});
    let saved = person.put("/integrations/confluence", &body, None).send(&app).await.good(200);
    assert_eq!(saved["has_ca"], true);
}

#[actix_web::test]
async fn projects_types_and_rules_can_be_chosen_from() {
    let app = App::new();
    let person = app.person(1);
    let projects = person.get("/projects").send(&app).await.good(200);
    assert_eq!(projects["items"], json!([{"id": "1", "key": "PAY", "name": "Payments"}]));
    let types = person.get("/projects/PAY/issue-types").send(&app).await.good(200);
    assert_eq!(types["items"][0], json!({"id": "10001", "name": "Story", "subtask": false}));
    person.get("/projects/pay/issue-types").send(&app).await.refused(
        422,
        "invalid_input",
        &[("key", "project_key_invalid")],
    );
    let rules = person.get("/rule-sets").send(&app).await.good(200);
    assert_eq!(
        (rules["items"][0]["id"].as_str(), rules["items"][0]["max_story_points"].as_f64()),
        (Some("default"), Some(3.0))
    );
    app.jira.fail(Some(RemoteError::RateLimited { retry_after_ms: 7_000 }));
    let limited = person.get("/projects").send(&app).await;
    limited.problem(503, "rate_limited_there");
    assert_eq!(limited.header("retry-after"), Some("7"));
}

#[actix_web::test]
async fn calls_that_reach_outside_are_limited_per_person() {
    let app = App::with(|settings| settings.rates.outside_per_person = 2);
    let (first, second) = (app.person(1), app.person(2));
    for _ in 0..2 {
        first.get("/projects").send(&app).await.good(200);
    }
    let limited = first.get("/projects").send(&app).await;
    limited.problem(429, "too_many_requests");
    assert_eq!(limited.header("retry-after"), Some("30"));
    first.get("/drafts").send(&app).await.good(200);
    second.get("/projects").send(&app).await.good(200);
}

#[actix_web::test]
async fn a_story_is_checked_without_being_kept() {
    let app = App::new();
    let person = app.person(1);
    let good = serde_json::to_value(storywright_testkit::build::story("Refund")).unwrap();
    let answer = person.post_json("/validate", &json!({"story": good})).send(&app).await.good(200);
    assert_eq!(answer, json!({"blocked": false, "findings": []}));
    let long = json!({"story": {"summary": "x".repeat(300), "story_points": 8}});
    let answer = person.post_json("/validate", &long).send(&app).await.good(200);
    assert_eq!(answer["blocked"], true);
    let findings = answer["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["field"] == "stories.0.summary"), "{answer}");
    assert!(findings.iter().all(|finding| finding["cure"].as_str().is_some_and(|cure| !cure.is_empty())), "{answer}");
    let unknown = json!({"story": {}, "rule_set": "other"});
    person.post_json("/validate", &unknown).send(&app).await.refused(
        422,
        "invalid_input",
        &[("rule_set", "rule_set_unknown")],
    );
    let unknown = json!({"story": {}, "format": "haiku"});
    person.post_json("/validate", &unknown).send(&app).await.refused(
        422,
        "invalid_input",
        &[("format", "format_unknown")],
    );
}
