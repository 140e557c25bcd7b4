//! The pages of the pretend company as its people write them.

use crate::support::{Company, call_site};
use serde_json::{Value, json};

fn confluence(company: &Company, method: &str, path: &str, body: &Value) -> Value {
    let alice = company.person("alice");
    let url = format!("{}/rest/api/{path}", company.sandbox.confluence_url());
    call_site(method, &url, &alice.confluence.credential, body)
}

/// A new page of the space PAY below `parent`; gives its id.
pub fn new_page(company: &Company, parent: &str, title: &str, storage: &str) -> String {
    let body = json!({"type": "page", "title": title, "space": {"key": "PAY"}, "ancestors": [{"id": parent}],
        "body": {"storage": {"value": storage, "representation": "storage"}}});
    confluence(company, "POST", "content", &body)["id"].as_str().unwrap().to_owned()
}

/// Changes the body of a page into its next version.
pub fn edit_page(company: &Company, id: &str, change: impl Fn(&str) -> String) {
    let page = confluence(company, "GET", &format!("content/{id}?expand=body.storage,version"), &Value::Null);
    let storage = page["body"]["storage"]["value"].as_str().unwrap();
    let next = page["version"]["number"].as_u64().unwrap() + 1;
    let body = json!({"type": "page", "title": page["title"], "version": {"number": next},
        "body": {"storage": {"value": change(storage), "representation": "storage"}}});
    confluence(company, "PUT", &format!("content/{id}"), &body);
}
