//! Tools over the API: what a person sees, what administrators decide, what members may not.

use crate::support::{App, Client};
use serde_json::{Value, json};
use storywright_domain::ports::ToolError;
use storywright_domain::tool::{ToolDefinition, ToolPurpose};
use storywright_testkit::build::{self, tool, tool_list};
use storywright_web::api::ROUTES;
use storywright_web::route::Verb;

const SERVER: &str = "mcp-jira";

fn app() -> App {
    App::with_servers(vec![build::mcp_server(SERVER, ToolPurpose::Jira)])
}

/// Offers tools and has the person's list fetched.
async fn listed(app: &App, person: &Client, tools: Vec<ToolDefinition>) {
    app.tools.offers(SERVER, Ok(tool_list(tools)));
    let job = person.post(&format!("/tools/{SERVER}/refresh")).send(app).await;
    let id = job.good(202)["job_id"].as_str().unwrap().to_owned();
    assert_eq!(job.header("location"), Some(format!("/api/v1/jobs/{id}").as_str()));
    app.work().await;
    assert_eq!(person.get(&format!("/jobs/{id}")).send(app).await.good(200)["status"], "completed");
}

async fn shown(app: &App, person: &Client, name: &str) -> Value {
    person.get(&format!("/tools/{SERVER}/tools/{name}")).send(app).await.good(200)
}

fn approval(detail: &Value) -> Value {
    json!({"hash": detail["hash"], "class": "read", "words": "Issues that fit a query"})
}

#[actix_web::test]
async fn a_person_sees_what_each_server_offers_and_in_which_state() {
    let app = app();
    let (boss, member) = (app.person(1), app.person(2));
    let before = member.get("/tools").send(&app).await.good(200);
    let server = &before["items"][0];
    assert_eq!((server["id"].as_str(), server["purpose"].as_str()), (Some(SERVER), Some("jira")));
    assert_eq!((&server["fetched_at"], &server["tools"], &server["stale"]), (&Value::Null, &json!([]), &json!(false)));
    // Each of them has asked for the list when they signed in: two jobs.
    app.tools.offers(SERVER, Ok(tool_list(vec![tool("jira_search", "Searches")])));
    app.work().await;
    app.work().await;
    listed(&app, &member, vec![tool("jira_search", "Searches"), tool("bad", "hidden\u{200b}")]).await;
    let detail = shown(&app, &boss, "jira_search").await;
    let path = format!("/tools/{SERVER}/tools/jira_search/approval");
    let approved = boss.put(&path, &approval(&detail), None).send(&app).await.good(200);
    assert_eq!((approved["state"].as_str(), approved["approval"]["class"].as_str()), (Some("offered"), Some("read")));
    let server = member.get(&format!("/tools/{SERVER}")).send(&app).await.good(200);
    assert!(server["fetched_at"].is_string() && server["fresh_until"].is_string(), "{server:#}");
    assert_eq!(server["unusable"], Value::Null);
    let tools = server["tools"].as_array().unwrap();
    assert_eq!(
        (tools[0]["state"].as_str(), tools[0]["offered_name"].as_str()),
        (Some("offered"), Some("mcp-jira__jira_search"))
    );
    assert_eq!((tools[1]["state"].as_str(), tools[1]["offered_name"].as_str()), (Some("refused"), None));
    assert!(tools[1]["refused"].as_str().unwrap().contains("U+200B"), "{server:#}");
    // What cannot be approved, nobody can approve.
    let bad = json!({"hash": tools[1]["hash"], "class": "read", "words": "Looks harmless"});
    listed(&app, &boss, vec![tool("jira_search", "Searches"), tool("bad", "hidden\u{200b}")]).await;
    boss.put(&format!("/tools/{SERVER}/tools/bad/approval"), &bad, None).send(&app).await.problem(409, "tool_refused");
}

#[actix_web::test]
async fn a_changed_definition_is_shown_with_its_difference_until_somebody_decides() {
    let app = app();
    let boss = app.person(1);
    listed(&app, &boss, vec![tool("jira_search", "Searches"), tool("jira_get_issue", "One issue")]).await;
    let all = boss.post(&format!("/tools/{SERVER}/approve-suggested")).send(&app).await.good(200);
    assert_eq!(all["tools"], json!(["jira_search", "jira_get_issue"]));
    let old = shown(&app, &boss, "jira_search").await;
    assert_eq!((old["state"].as_str(), &old["changes"]), (Some("offered"), &json!([])));
    listed(&app, &boss, vec![tool("jira_search", "Searches everything")]).await;
    let now = shown(&app, &boss, "jira_search").await;
    assert_eq!(now["state"], "changed");
    assert!(now["approval"]["quarantined_at"].is_string(), "{now:#}");
    let change = now["changes"].as_array().unwrap().iter().find(|one| one["path"] == "description").unwrap();
    assert_eq!((&change["before"], &change["after"]), (&json!("Searches"), &json!("Searches everything")));
    assert!(now["definition"].as_str().unwrap().contains("Searches everything"));
    assert_eq!(now["suggestion"]["class"], "read");
    assert_eq!(shown(&app, &boss, "jira_get_issue").await["state"], "gone");
    let path = format!("/tools/{SERVER}/tools/jira_search/approval");
    boss.put(&path, &approval(&old), None).send(&app).await.problem(409, "tool_changed");
    let decided = boss.put(&path, &approval(&now), None).send(&app).await.good(200);
    assert_eq!((decided["state"].as_str(), &decided["approval"]["quarantined_at"]), (Some("offered"), &Value::Null));
    boss.delete(&path).send(&app).await.good(204);
    boss.delete(&path).send(&app).await.problem(404, "tool_not_approved");
    assert_eq!(shown(&app, &boss, "jira_search").await["state"], "new");
}

#[actix_web::test]
async fn what_is_wrong_with_a_decision_is_said_by_field() {
    let app = app();
    let boss = app.person(1);
    let mut writer = tool("jira_create_issue", "Creates");
    writer.hints.read_only = Some(false);
    listed(&app, &boss, vec![writer]).await;
    let detail = shown(&app, &boss, "jira_create_issue").await;
    let path = format!("/tools/{SERVER}/tools/jira_create_issue/approval");
    for (change, field, code) in [
        (json!({"class": "all"}), "class", "class_unknown"),
        (json!({"class": "read"}), "class", "class_too_low"),
        (json!({"words": "x"}), "words", "tool_words_invalid"),
    ] {
        let mut body = json!({"hash": detail["hash"], "class": "write", "words": "Creates one issue"});
        body[field] = change[field].clone();
        boss.put(&path, &body, None).send(&app).await.refused(422, "invalid_input", &[(field, code)]);
    }
    let body = json!({"hash": detail["hash"], "class": "write", "words": "Creates one issue"});
    let kept = boss.put(&path, &body, None).send(&app).await.good(200);
    assert_eq!((kept["state"].as_str(), kept["effective_class"].as_str()), (Some("kept"), Some("write")));
    let nowhere = boss.put(&format!("/tools/{SERVER}/tools/none/approval"), &body, None).send(&app).await;
    nowhere.problem(404, "tool_not_found");
}

#[actix_web::test]
async fn what_is_not_there_and_who_does_not_answer_is_told() {
    let app = app();
    let member = app.person(2);
    for path in ["/tools/other", "/tools/other/tools/jira_search"] {
        member.get(path).send(&app).await.problem(404, "tool_server_not_found");
    }
    member.post("/tools/other/refresh").send(&app).await.problem(404, "tool_server_not_found");
    member.get(&format!("/tools/{SERVER}/tools/none")).send(&app).await.problem(404, "tool_not_found");
    listed(&app, &member, vec![tool("jira_search", "Searches")]).await;
    app.tools.offers(SERVER, Err(ToolError::Unreachable { detail: "connection refused".to_owned() }));
    member.post(&format!("/tools/{SERVER}/refresh")).send(&app).await.good(202);
    app.work().await;
    let server = member.get(&format!("/tools/{SERVER}")).send(&app).await.good(200);
    assert_eq!(server["problem"]["code"], "mcp_unreachable");
    assert_eq!(server["tools"].as_array().unwrap().len(), 1, "the last list stays");
    app.clock.advance(storywright_domain::Millis::hours(7));
    assert_eq!(member.get("/tools").send(&app).await.good(200)["items"][0]["stale"], true);
}

#[actix_web::test]
async fn what_is_for_administrators_is_refused_to_members() {
    let app = app();
    let (boss, member) = (app.person(1), app.person(2));
    let body = json!({"hash": "0", "class": "read", "words": "Issues that fit a query"});
    let mut tried = 0;
    for route in ROUTES.iter().filter(|route| route.administrators_only) {
        let path =
            route.path.trim_start_matches("/api/v1").replace("{server}", SERVER).replace("{tool}", "jira_search");
        let method = match route.method {
            Verb::Get => "GET",
            Verb::Post => "POST",
            Verb::Put => "PUT",
            Verb::Delete => "DELETE",
        };
        let call = |who: &Client| who.raw(method, &path, "application/json", body.to_string());
        call(&member).send(&app).await.problem(403, "forbidden");
        let status = call(&boss).send(&app).await.status.as_u16();
        assert!(status != 403 && status != 500, "{method} {path}: {status}");
        tried += 1;
    }
    assert!(tried >= 3, "{tried}");
    let nothing = member.get(&format!("/tools/{SERVER}")).send(&app).await.good(200);
    assert_eq!(nothing["tools"], json!([]));
}
