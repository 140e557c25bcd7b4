//! The issues of the pretend company as its people write them into Jira.

use crate::support::Company;
use serde_json::{Value, json};

fn jira(company: &Company, method: &str, path: &str, body: &Value) -> Value {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(format!("{}/rest/api/2/{path}", company.sandbox.jira_url()))
        .header("Authorization", format!("Bearer {}", company.person("alice").jira_pat))
        .header("Content-Type", "application/json");
    let mut response = match body.is_null() {
        true => agent.run(request.body(()).unwrap()).unwrap(),
        false => agent.run(request.body(body.to_string()).unwrap()).unwrap(),
    };
    let text = response.body_mut().read_to_string().unwrap();
    assert!(response.status().is_success(), "{method} {path}: {text}");
    if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
}

/// A new issue of the project PAY; `more` holds further fields. Gives its key.
pub fn new_issue(company: &Company, issue_type: &str, summary: &str, wiki: &str, more: &Value) -> String {
    let mut fields =
        json!({"project": {"key": "PAY"}, "issuetype": {"name": issue_type}, "summary": summary, "description": wiki});
    if let (Some(fields), Some(more)) = (fields.as_object_mut(), more.as_object()) {
        fields.extend(more.clone());
    }
    jira(company, "POST", "issue", &json!({"fields": fields}))["key"].as_str().unwrap().to_owned()
}

/// Changes fields of an issue.
pub fn edit_issue(company: &Company, key: &str, fields: &Value) {
    jira(company, "PUT", &format!("issue/{key}"), &json!({"fields": fields}));
}

/// An issue as Jira has it.
pub fn read_issue(company: &Company, key: &str) -> Value {
    jira(company, "GET", &format!("issue/{key}"), &Value::Null)
}
