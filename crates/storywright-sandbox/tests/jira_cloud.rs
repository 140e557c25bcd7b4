//! Where the sandbox's Cloud differs from its Data Center.
#![expect(clippy::unwrap_used, reason = "test support")]

use base64::Engine as _;
use serde_json::{Value, json};
use storywright_sandbox::{Options, Running, Sandbox};

struct Client {
    agent: ureq::Agent,
    base: String,
    authorization: String,
}

impl Client {
    fn of(sandbox: &Running, authorization: String) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).build();
        Self { agent: config.into(), base: sandbox.cloud_url(), authorization }
    }

    fn alice(sandbox: &Running) -> Self {
        let alice = sandbox.person("alice").unwrap();
        Self::of(sandbox, basic(&alice.email, &alice.jira_pat))
    }

    fn send(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("Authorization", &self.authorization)
            .header("Content-Type", "application/json")
            .body(body.to_owned())
            .unwrap();
        let mut answer = self.agent.run(request).unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        (answer.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    fn get(&self, path: &str) -> (u16, Value) {
        self.send("GET", path, "")
    }

    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.send("POST", path, &body.to_string())
    }

    fn create(&self, fields: &Value) -> (u16, Value) {
        self.post("/rest/api/2/issue", &json!({"fields": fields}))
    }
}

fn basic(name: &str, secret: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{name}:{secret}")))
}

fn company() -> Running {
    Sandbox::start(Options::default()).unwrap()
}

fn story(extra: &Value) -> Value {
    let mut fields = json!({"project": {"key": "PAY"}, "issuetype": {"id": "10001"}, "summary": "On Cloud"});
    for (name, value) in extra.as_object().unwrap() {
        fields[name] = value.clone();
    }
    fields
}

#[test]
fn people_sign_in_with_mail_and_token_and_go_by_account_id() {
    let company = company();
    let (status, me) = Client::alice(&company).get("/rest/api/2/myself");
    assert_eq!(status, 200);
    assert!(me["accountId"].as_str().unwrap().starts_with("712020:") && me["accountType"] == "atlassian");
    assert!(me.get("name").is_none() && me.get("key").is_none());
    let alice = company.person("alice").unwrap();
    for wrong in [
        format!("Bearer {}", alice.jira_pat),
        basic(&alice.employee_id, &alice.jira_pat),
        basic(&alice.email, &alice.password),
        basic(&alice.email, "wrong"),
    ] {
        let (status, body) = Client::of(&company, wrong.clone()).get("/rest/api/2/myself");
        assert_eq!((status, body["status-code"].as_u64()), (401, Some(401)), "{wrong}");
    }
    let (_, info) = Client::alice(&company).get("/rest/api/2/serverInfo");
    assert_eq!(info["deploymentType"], "Cloud");
}

#[test]
fn the_old_search_is_gone_and_the_new_one_pages_by_token() {
    let company = company();
    let alice = Client::alice(&company);
    for number in 0..5 {
        assert_eq!(alice.create(&story(&json!({"labels": ["paged"], "summary": format!("Page {number}")}))).0, 201);
    }
    assert_eq!(alice.get("/rest/api/2/search?jql=project=PAY").0, 410);
    assert_eq!(alice.post("/rest/api/2/search", &json!({"jql": "project = PAY"})).0, 410);
    assert_eq!(alice.get("/rest/api/2/search/jql?jql=order+by+created").0, 400, "unbounded");
    let (mut token, mut seen) = (None::<String>, Vec::new());
    loop {
        let mut body = json!({"jql": "labels = paged", "maxResults": 2, "fields": ["summary"]});
        if let Some(token) = &token {
            body["nextPageToken"] = json!(token);
        }
        let (status, page) = alice.post("/rest/api/3/search/jql", &body);
        assert_eq!(status, 200, "{page}");
        assert!(page.get("total").is_none());
        seen.extend(page["issues"].as_array().unwrap().iter().map(|issue| issue["key"].as_str().unwrap().to_owned()));
        token = page["nextPageToken"].as_str().map(str::to_owned);
        assert_eq!(page["isLast"].as_bool(), Some(token.is_none()));
        if token.is_none() {
            break;
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 5);
    let (_, bare) = alice.get("/rest/api/2/search/jql?jql=labels=paged");
    assert_eq!(bare["issues"][0].as_object().unwrap().keys().collect::<Vec<_>>(), ["id"], "no fields, no key");
    assert_eq!(alice.get("/rest/api/2/search/jql?jql=labels=paged&nextPageToken=forged").0, 400);
}

#[test]
fn an_epic_is_the_parent() {
    let company = company();
    let alice = Client::alice(&company);
    let (_, types) = alice.get("/rest/api/2/issue/createmeta/PAY/issuetypes");
    let levels: Vec<i64> =
        types["issueTypes"].as_array().unwrap().iter().map(|kind| kind["hierarchyLevel"].as_i64().unwrap()).collect();
    assert_eq!(levels, [1, 0, 0, -1]);
    let (_, screen) = alice.get("/rest/api/2/issue/createmeta/PAY/issuetypes/10001");
    let ids: Vec<&str> =
        screen["fields"].as_array().unwrap().iter().map(|field| field["key"].as_str().unwrap()).collect();
    assert!(ids.contains(&"parent") && !ids.contains(&"customfield_10100"), "{ids:?}");

    let (status, refusal) = alice.create(&story(&json!({"customfield_10100": "PAY-1"})));
    assert_eq!((status, refusal["errors"]["customfield_10100"].is_string()), (400, true));
    let (status, created) = alice.create(&story(&json!({"parent": {"key": "PAY-1"}})));
    assert_eq!(status, 201, "{created}");
    let key = created["key"].as_str().unwrap();
    let (_, read) = alice.get(&format!("/rest/api/2/issue/{key}"));
    assert_eq!(read["fields"]["parent"]["key"], "PAY-1");
    assert_eq!(alice.create(&story(&json!({"parent": {"key": key}}))).0, 400, "a story is no epic");
    let moved = alice.send("PUT", &format!("/rest/api/2/issue/{key}"), r#"{"fields":{"parent":{"key":"PAY-2"}}}"#);
    assert_eq!(moved.0, 204);
    assert_eq!(alice.get(&format!("/rest/api/2/issue/{key}")).1["fields"]["parent"]["key"], "PAY-2");
    assert_eq!(alice.post("/rest/agile/1.0/epic/PAY-1/issue", &json!({"issues": [key]})).0, 404, "not here");
    // Data Center shows the same company its own way.
    let summary = company.issues().into_iter().find(|issue| issue.key == key).unwrap();
    assert_eq!(summary.epic.as_deref(), Some("PAY-2"));
}

#[test]
fn people_are_found_and_named_by_account_alone() {
    let company = company();
    let alice = Client::alice(&company);
    let (_, found) = alice.get("/rest/api/2/user/assignable/search?project=PAY&query=bob");
    let id = found[0]["accountId"].as_str().unwrap();
    assert_eq!(alice.get("/rest/api/2/user/assignable/search?project=PAY&username=bob").0, 400);
    assert_eq!(alice.create(&story(&json!({"assignee": {"accountId": id}}))).0, 201);
    assert_eq!(alice.create(&story(&json!({"assignee": {"name": "E10235"}}))).0, 400);
    assert_eq!(alice.create(&story(&json!({"assignee": {"accountId": "712020:nobody"}}))).0, 400);
}
