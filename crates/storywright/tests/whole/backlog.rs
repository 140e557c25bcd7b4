//! The issues of the pretend company as its people write them into Jira.

use crate::support::{Company, call_site};
use serde_json::{Value, json};

fn jira(company: &Company, method: &str, path: &str, body: &Value) -> Value {
    let alice = company.person("alice");
    let url = format!("{}/rest/api/2/{path}", company.sandbox.jira_url());
    call_site(method, &url, &alice.jira_pat, body)
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
