//! What the sandbox's Jira refuses, and how it says so.
#![expect(clippy::unwrap_used, reason = "test support")]

use serde_json::{Value, json};
use storywright_sandbox::{Options, Running, Sandbox, Settings};

/// One person's client.
struct Client {
    agent: ureq::Agent,
    base: String,
    pat: String,
}

impl Client {
    fn of(sandbox: &Running, who: &str) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).build();
        let pat = sandbox.person(who).unwrap().jira_pat;
        Self { agent: config.into(), base: format!("{}/rest/api/2", sandbox.jira_url()), pat }
    }

    fn auth(&self) -> String {
        format!("Bearer {}", self.pat)
    }

    fn read(mut answer: ureq::http::Response<ureq::Body>) -> (u16, Value) {
        let text = answer.body_mut().read_to_string().unwrap();
        (answer.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    fn get(&self, path: &str) -> (u16, Value) {
        Self::read(self.agent.get(format!("{}{path}", self.base)).header("Authorization", self.auth()).call().unwrap())
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("Authorization", self.auth())
            .header("Content-Type", "application/json")
            .body(body.to_string())
            .unwrap();
        Self::read(self.agent.run(request).unwrap())
    }

    fn create(&self, fields: &Value) -> (u16, Value) {
        self.send("POST", "/issue", &json!({"fields": fields}))
    }
}

fn company() -> Running {
    Sandbox::start(Options::default()).unwrap()
}

fn with(extra: &Value) -> Value {
    let mut fields = json!({"project": {"key": "PAY"}, "issuetype": {"id": "10001"}, "summary": "A story"});
    for (name, value) in extra.as_object().unwrap() {
        fields[name] = value.clone();
    }
    fields
}

#[test]
fn one_field_one_complaint() {
    let sandbox = company();
    let alice = Client::of(&sandbox, "alice");
    let before = sandbox.issues().len();
    let long = "x".repeat(256);
    let cases = [
        (json!({"summary": ""}), "summary", "You must specify a summary of the issue."),
        (json!({"summary": null}), "summary", "You must specify a summary of the issue."),
        (json!({"summary": "a\nb"}), "summary", "newline characters"),
        (json!({"summary": long}), "summary", "less than 255"),
        (json!({"description": "x".repeat(32_768)}), "description", "32,767"),
        (json!({"labels": ["two words"]}), "labels", "contains spaces"),
        (json!({"labels": "one"}), "labels", "not an array"),
        (json!({"priority": {"id": "99"}}), "priority", "The priority selected is invalid."),
        (json!({"components": [{"name": "Nope"}]}), "components", "Component name 'Nope' is not valid"),
        (json!({"assignee": {"name": "E99999"}}), "assignee", "does not exist"),
        (json!({"assignee": {"name": "E10236"}}), "assignee", "does not exist"),
        (json!({"duedate": "31.12.2026"}), "duedate", "Error parsing date string"),
        (json!({"customfield_10106": "three"}), "customfield_10106", "must be a number"),
        (json!({"customfield_10100": "PAY-3"}), "customfield_10100", "is not an epic"),
        (json!({"customfield_10100": "PAY-999"}), "customfield_10100", "could not be found"),
        (json!({"customfield_10200": {"id": "10400"}}), "customfield_10200", "cannot be set"),
        (json!({"customfield_99999": "x"}), "customfield_99999", "It is not on the appropriate screen, or unknown."),
        (json!({"parent": {"key": "PAY-3"}}), "parent", "cannot be set"),
        (json!({"issuetype": {"id": "10100"}}), "issuetype", "valid issue type is required"),
        (json!({"issuetype": null}), "issuetype", "issue type is required"),
        (json!({"project": {"key": "NOPE"}}), "project", "valid project is required"),
        (json!({"issuetype": {"name": "Epic"}}), "customfield_10101", "Epic Name is required."),
    ];
    for (extra, field, part) in cases {
        let (status, body) = alice.create(&with(&extra));
        assert_eq!(status, 400, "{extra}: {body}");
        let message = body["errors"][field].as_str().unwrap_or_default();
        assert!(message.contains(part), "{extra}: {body}");
        assert_eq!(body["errors"].as_object().unwrap().len(), 1, "{extra}: {body}");
    }
    assert_eq!(sandbox.issues().len(), before, "nothing was created");
    assert_eq!(alice.create(&with(&json!({"summary": "x".repeat(255)}))).0, 201);
}

#[test]
fn required_custom_fields_are_asked_for_all_at_once() {
    let sandbox = company();
    let alice = Client::of(&sandbox, "alice");
    let mut fields =
        json!({"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": "Move", "labels": ["a"]});
    let (status, body) = alice.create(&fields);
    assert_eq!(status, 400);
    let named: Vec<&str> = body["errors"].as_object().unwrap().keys().map(String::as_str).collect();
    for field in ["labels", "customfield_10100", "customfield_10200", "customfield_10201", "customfield_10202"] {
        assert!(named.contains(&field), "{body}");
    }
    fields["labels"].take();
    fields.as_object_mut().unwrap().remove("labels");
    fields["customfield_10100"] = json!("OPS-1");
    fields["customfield_10200"] = json!({"id": "10402"});
    fields["customfield_10201"] = json!({"value": "Europe", "child": {"id": "10421"}});
    fields["customfield_10202"] = json!({"name": "E10234"});
    let (_, body) = alice.create(&fields);
    assert_eq!(
        body["errors"],
        json!({"customfield_10201": "Option id '10421' is not valid"}),
        "the child is of another parent"
    );
    fields["customfield_10201"] = json!({"value": "Asia", "child": {"id": "10421"}});
    fields["priority"] = json!({"id": "1"});
    let (_, body) = alice.create(&fields);
    let only: Vec<&String> = body["errors"].as_object().unwrap().keys().collect();
    assert_eq!(only, ["customfield_10205"], "a validator asks for what createmeta does not");
    fields["customfield_10205"] = json!("Roll back.");
    let (status, body) = alice.create(&fields);
    assert_eq!(status, 201, "{body}");
    let (_, issue) = alice.get(&format!("/issue/{}", body["key"].as_str().unwrap()));
    assert_eq!(issue["fields"]["customfield_10201"]["child"]["value"], "Tokyo");
    assert_eq!(issue["fields"]["customfield_10100"], "OPS-1");
}

#[test]
fn defaults_fill_what_is_not_sent() {
    let sandbox = company();
    let alice = Client::of(&sandbox, "alice");
    let mut fields = json!({"project": {"key": "FR"}, "issuetype": {"name": "Récit"}, "summary": "Relancer"});
    let (_, body) = alice.create(&fields);
    let missing: Vec<&String> = body["errors"].as_object().unwrap().keys().collect();
    assert_eq!(missing, ["customfield_10301", "customfield_10302"], "the other two have defaults");
    fields["customfield_10301"] = json!("C-17");
    fields["customfield_10302"] = json!("2027-01-31");
    let (status, body) = alice.create(&fields);
    assert_eq!(status, 201, "{body}");
    let (_, issue) = alice.get(&format!("/issue/{}", body["id"].as_str().unwrap()));
    assert_eq!(issue["fields"]["customfield_10300"]["value"], "Encaissement");
    assert_eq!(issue["fields"]["customfield_10303"][0]["value"], "Équipe Lyon");
    let (_, meta) = alice.get("/issue/createmeta/FR/issuetypes/10101?maxResults=100");
    let domain = meta["values"].as_array().unwrap().iter().find(|f| f["fieldId"] == "customfield_10300").unwrap();
    assert_eq!((&domain["required"], &domain["hasDefaultValue"]), (&json!(true), &json!(true)));
    assert_eq!(domain["defaultValue"]["value"], "Encaissement");
}

#[test]
fn subtasks_need_a_parent_of_their_project() {
    let sandbox = company();
    let alice = Client::of(&sandbox, "alice");
    let subtask = |parent: Value| with(&json!({"issuetype": {"id": "10003"}, "parent": parent}));
    let (status, body) = alice.create(&subtask(Value::Null));
    assert_eq!(status, 400);
    assert_eq!(body["errorMessages"][0], "Issue type is a sub-task but parent issue key or id not specified.");
    for (parent, part) in [
        (json!({"key": "OPS-1"}), "same project"),
        (json!({"key": "PAY-4"}), "another sub-task"),
        (json!({"key": "PAY-999"}), "Could not find issue"),
    ] {
        let (status, body) = alice.create(&subtask(parent));
        assert_eq!(status, 400);
        assert!(body["errors"]["parent"].as_str().unwrap().contains(part), "{body}");
    }
    let (status, body) = alice.create(&subtask(json!({"id": "10003"})));
    assert_eq!(status, 201, "{body}");
    let made = sandbox.issues().into_iter().find(|i| i.key == body["key"].as_str().unwrap()).unwrap();
    assert_eq!(made.parent.as_deref(), Some("PAY-3"));
}

#[test]
fn rights_decide_what_is_seen_and_done() {
    let sandbox = company();
    let (bob, frank) = (Client::of(&sandbox, "bob"), Client::of(&sandbox, "frank"));
    let before = sandbox.issues().len();
    let (_, projects) = bob.get("/project");
    assert_eq!(projects.as_array().unwrap().len(), 1);
    assert_eq!(bob.get("/project/OPS").0, 404);
    assert_eq!(bob.get("/issue/OPS-1").0, 404);
    assert_eq!(bob.get("/issue/createmeta/OPS/issuetypes").0, 400);
    let ops =
        json!({"project": {"key": "OPS"}, "issuetype": {"id": "10000"}, "summary": "x", "customfield_10101": "x"});
    let (status, body) = bob.create(&ops);
    assert_eq!((status, body["errors"]["project"].as_str().unwrap()), (400, "valid project is required"));

    let (status, types) = frank.get("/issue/createmeta/PAY/issuetypes");
    assert_eq!((status, &types["values"], &types["total"]), (200, &json!([]), &json!(0)));
    let (_, fields) = frank.get("/issue/createmeta/PAY/issuetypes/10001");
    assert_eq!(fields["values"], json!([]));
    let (status, body) = frank.create(&with(&json!({})));
    assert_eq!(status, 400);
    assert!(body["errors"]["project"].as_str().unwrap().contains("permission"), "{body}");
    assert_eq!(frank.send("PUT", "/issue/PAY-3", &json!({"fields": {"summary": "x"}})).0, 403);
    assert_eq!(bob.send("DELETE", "/issue/PAY-6", &Value::Null).0, 403);
    assert_eq!(sandbox.issues().len(), before);
}

#[test]
fn people_who_left_are_seen_as_such() {
    let sandbox = company();
    let (_, carol) = Client::of(&sandbox, "carol").get("/myself");
    assert_eq!((&carol["active"], &carol["deleted"]), (&json!(false), &json!(false)));
    let (_, dave) = Client::of(&sandbox, "dave").get("/myself");
    assert_eq!((&dave["active"], &dave["deleted"]), (&json!(false), &json!(true)));
    let erin = sandbox.person("erin").unwrap();
    assert_ne!(erin.employee_id, erin.confluence.employee_id);
    assert_ne!(erin.employee_id, erin.llm.employee_id);
    let mut revoked = Client::of(&sandbox, "alice");
    sandbox.change_person("alice", |person| person.jira_pat = "replaced".to_owned()).unwrap();
    assert_eq!(revoked.get("/myself").0, 401);
    revoked.pat = "replaced".to_owned();
    let (status, me) = revoked.get("/myself");
    assert_eq!((status, me["name"].as_str().unwrap()), (200, "E10234"));
}

#[test]
fn properties_come_with_the_create_when_the_site_takes_them() {
    let sandbox = company();
    let alice = Client::of(&sandbox, "alice");
    let body = json!({"fields": with(&json!({})), "properties": [{"key": "origin.test", "value": {"item": 7}}]});
    let (status, made) = alice.send("POST", "/issue?updateHistory=false", &body);
    assert_eq!(status, 201);
    let key = made["key"].as_str().unwrap();
    let (_, issue) = alice.get(&format!("/issue/{key}?fields=summary&properties=origin.test"));
    assert_eq!(issue["properties"]["origin.test"]["item"], 7);
    assert_eq!(issue["fields"].as_object().unwrap().len(), 1);
    sandbox.set_settings(Settings { create_properties: false, ..Settings::default() });
    let (_, made) = alice.send("POST", "/issue", &body);
    assert_eq!(alice.get(&format!("/issue/{}/properties/origin.test", made["key"].as_str().unwrap())).0, 404);
}

#[test]
fn remote_links_are_upserts_by_global_id() {
    let sandbox = company();
    let alice = Client::of(&sandbox, "alice");
    let link =
        |title: &str| json!({"globalId": "run:1", "object": {"url": "https://wiki.example.com/1", "title": title}});
    let (first, made) = alice.send("POST", "/issue/PAY-3/remotelink", &link("One"));
    let (second, again) = alice.send("POST", "/issue/PAY-3/remotelink", &link("Two"));
    assert_eq!((first, second, &made["id"]), (201, 200, &again["id"]));
    let (_, links) = alice.get("/issue/PAY-3/remotelink");
    assert_eq!(links.as_array().unwrap().len(), 1);
    assert_eq!(links[0]["object"]["title"], "Two");
    assert_eq!(alice.send("POST", "/issue/PAY-3/remotelink", &json!({"object": {"title": "no address"}})).0, 400);
}

#[test]
fn a_moved_issue_keeps_its_id_and_answers_to_its_old_key() {
    let sandbox = company();
    let alice = Client::of(&sandbox, "alice");
    assert_eq!(sandbox.move_issue("PAY-6", "OPS").as_deref(), Some("OPS-2"));
    let (status, issue) = alice.get("/issue/PAY-6?fields=summary");
    assert_eq!((status, issue["key"].as_str().unwrap()), (200, "OPS-2"));
    let (_, by_id) = alice.get(&format!("/issue/{}?fields=summary", issue["id"].as_str().unwrap()));
    assert_eq!(by_id["key"], "OPS-2");
}

#[test]
fn rate_limits_when_the_site_has_them() {
    let sandbox = company();
    let alice = Client::of(&sandbox, "alice");
    sandbox.set_settings(Settings { jira_requests_per_second: Some(3), ..Settings::default() });
    let statuses: Vec<u16> = (0..12).map(|_| alice.get("/serverInfo").0).collect();
    assert_eq!(statuses[..3], [200, 200, 200]);
    assert!(statuses.contains(&429), "{statuses:?}");
    assert_eq!(Client::of(&sandbox, "bob").get("/serverInfo").0, 200, "everybody has a bucket of their own");
    sandbox.advance_clock(1_000);
    assert_eq!(alice.get("/serverInfo").0, 200);
}

#[test]
fn pages_of_browsers_are_refused() {
    let sandbox = company();
    let alice = Client::of(&sandbox, "alice");
    let post = |token: Option<&str>| {
        let request = alice.agent.post(format!("{}/issue", alice.base)).header("Authorization", alice.auth());
        let request = request.header("User-Agent", "Mozilla/5.0").header("Content-Type", "application/json");
        let request = match token {
            Some(token) => request.header("X-Atlassian-Token", token),
            None => request,
        };
        request.send(json!({"fields": with(&json!({}))}).to_string()).unwrap().status().as_u16()
    };
    assert_eq!((post(None), post(Some("no-check"))), (403, 201));
}

#[test]
fn avatars_are_pictures() {
    let sandbox = company();
    let alice = Client::of(&sandbox, "alice");
    let (_, me) = alice.get("/myself");
    let mut answer = alice.agent.get(me["avatarUrls"]["48x48"].as_str().unwrap()).call().unwrap();
    assert_eq!(answer.headers()["content-type"], "image/png");
    let bytes = answer.body_mut().read_to_vec().unwrap();
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    assert_eq!(&bytes[16..24], &[0, 0, 0, 48, 0, 0, 0, 48]);
}

#[test]
fn a_state_file_survives_a_restart_and_reset_empties_it() {
    let folder = tempfile::tempdir().unwrap();
    let options = || Options { state_file: Some(folder.path().join("company.json")), ..Options::default() };
    let sandbox = Sandbox::start(options()).unwrap();
    let (status, _) = Client::of(&sandbox, "alice").create(&with(&json!({"summary": "kept"})));
    assert_eq!(status, 201);
    let kept = sandbox.issues();
    sandbox.stop();
    let sandbox = Sandbox::start(options()).unwrap();
    assert_eq!(sandbox.issues(), kept);
    sandbox.reset().unwrap();
    assert!(sandbox.issues().iter().all(|issue| issue.seeded));
    assert!(sandbox.requests().is_empty());
}

#[test]
fn only_loopback_is_served() {
    let options = Options { listen: "0.0.0.0:0".parse().unwrap(), ..Options::default() };
    assert!(Sandbox::start(options).is_err());
}
