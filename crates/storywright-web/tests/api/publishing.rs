//! Plans and runs.

use crate::support::{App, Client, Reply};
use serde_json::{Value, json};
use storywright_domain::jira::CreateOutcome;
use storywright_testkit::NextCreate;

struct Planned {
    draft: String,
    hash: String,
}

async fn planned(app: &App, person: &Client) -> Planned {
    let draft = format!("/drafts/{}", app.draft(person).await["id"].as_str().unwrap());
    let plan = person.get(&format!("{draft}/plan")).send(app).await.good(200);
    Planned { draft, hash: plan["plan_hash"].as_str().unwrap().to_owned() }
}

async fn publish(app: &App, person: &Client, planned: &Planned, key: &str) -> Reply {
    let call = person.post_json(&format!("{}/publish", planned.draft), &json!({"plan_hash": planned.hash}));
    call.header("idempotency-key", key).send(app).await
}

fn item_states(run: &Value) -> Vec<&str> {
    run["items"].as_array().unwrap().iter().map(|item| item["state"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn an_approved_plan_becomes_issues_once() {
    let app = App::new();
    let person = app.person(1);
    let planned = planned(&app, &person).await;
    let plan = person.get(&format!("{}/plan", planned.draft)).send(&app).await.good(200);
    assert_eq!(plan["issues"].as_array().unwrap().len(), 3);
    assert_eq!(
        (plan["issues"][1]["parent"].as_str(), plan["plan_hash"].as_str()),
        (Some("s1"), Some(planned.hash.as_str()))
    );

    let reply = publish(&app, &person, &planned, "key-1").await;
    let run = reply.good(202)["run_id"].as_str().unwrap().to_owned();
    assert_eq!(reply.header("location"), Some(format!("/api/v1/runs/{run}").as_str()));
    // A double click, and a try after the answer was lost.
    assert_eq!(publish(&app, &person, &planned, "key-1").await.good(202)["run_id"], run.as_str());
    publish(&app, &person, &planned, "key-2").await.problem(409, "draft_being_published");

    app.work().await;
    let done = person.get(&format!("/runs/{run}")).send(&app).await.good(200);
    assert_eq!((done["state"].as_str(), item_states(&done)), (Some("completed"), vec!["linked"; 3]));
    assert_eq!(
        done["items"][0]["url"],
        format!("https://jira.corp.example/jira/browse/{}", done["items"][0]["key"].as_str().unwrap())
    );
    assert_eq!(app.jira.issues().len(), 3);
    assert_eq!(publish(&app, &person, &planned, "key-1").await.good(202)["run_id"], run.as_str());
    assert_eq!(app.jira.issues().len(), 3);
    assert_eq!(person.get(&planned.draft).send(&app).await.good(200)["state"], "published");
    let other = Planned {
        draft: format!("/drafts/{}", app.draft(&person).await["id"].as_str().unwrap()),
        hash: planned.hash.clone(),
    };
    publish(&app, &person, &other, "key-1").await.problem(422, "idempotency_key_used");
    let runs = person.get("/runs").send(&app).await.good(200);
    assert_eq!(runs["items"][0]["id"], run.as_str());
    person.post(&format!("/runs/{run}/stop")).send(&app).await.problem(409, "run_ended");
}

#[actix_web::test]
async fn what_was_not_approved_is_not_sent() {
    let app = App::new();
    let person = app.person(1);
    let planned = planned(&app, &person).await;
    let missing = person.post_json(&format!("{}/publish", planned.draft), &json!({"plan_hash": planned.hash}));
    missing.send(&app).await.problem(400, "idempotency_key_invalid");
    publish(&app, &person, &planned, "two words").await.problem(400, "idempotency_key_invalid");
    publish(&app, &person, &planned, &"k".repeat(101)).await.problem(400, "idempotency_key_invalid");
    let other = Planned { draft: planned.draft.clone(), hash: "0".repeat(64) };
    let problem = publish(&app, &person, &other, "key-1").await.problem(409, "plan_changed");
    assert_eq!(problem["plan"]["plan_hash"], planned.hash.as_str());
    assert_eq!(app.jira.sent().len(), 0);
}

#[actix_web::test]
async fn a_run_is_stopped_and_goes_on() {
    let app = App::new();
    let person = app.person(1);
    let planned = planned(&app, &person).await;
    let run = publish(&app, &person, &planned, "key-1").await.good(202)["run_id"].as_str().unwrap().to_owned();
    person.post(&format!("/runs/{run}/resume")).send(&app).await.problem(409, "run_active");
    let stopped = person.post(&format!("/runs/{run}/stop")).send(&app).await.good(202);
    assert_eq!(stopped["state"], "stopped");
    let resumed = person.post(&format!("/runs/{run}/resume")).send(&app).await.good(202);
    assert_eq!(resumed["run_id"], run.as_str());
    app.work().await;
    let done = person.get(&format!("/runs/{run}")).send(&app).await.good(200);
    assert_eq!((done["state"].as_str(), done["job_id"].as_str()), (Some("completed"), resumed["job_id"].as_str()));
}

#[actix_web::test]
async fn an_issue_whose_state_is_unknown_is_settled_by_the_person() {
    let app = App::new();
    let person = app.person(1);
    let planned = planned(&app, &person).await;
    let lost = CreateOutcome::Unknown { detail: "the connection broke".to_owned() };
    app.jira.next_create(NextCreate::Only(lost));
    let run = publish(&app, &person, &planned, "key-1").await.good(202)["run_id"].as_str().unwrap().to_owned();
    app.work().await;
    let view = person.get(&format!("/runs/{run}")).send(&app).await.good(200);
    assert_eq!(
        (view["state"].as_str(), item_states(&view)),
        (Some("active"), vec!["reconciling", "planned", "planned"])
    );
    assert!(view["items"][0]["next_look_at"].is_string());
    // Long after every look: a project without issues says nothing about what is missing in it, so the person decides.
    app.clock.advance(storywright_domain::Millis::minutes(10));
    app.work().await;
    let view = person.get(&format!("/runs/{run}")).send(&app).await.good(200);
    assert_eq!(
        (view["state"].as_str(), item_states(&view)),
        (Some("incomplete"), vec!["needs_human", "blocked", "blocked"])
    );
    let items = view["items"].as_array().unwrap();
    let path = |index: usize| format!("/runs/{run}/items/{}/resolve", items[index]["id"].as_str().unwrap());
    for (body, field, code) in [
        (json!({"action": "exists"}), "key", "field_missing"),
        (json!({"action": "check_again", "key": "PAY-1"}), "key", "field_unknown"),
        (json!({"action": "guess"}), "action", "field_invalid"),
    ] {
        person.post_json(&path(0), &body).send(&app).await.refused(400, "invalid_body", &[(field, code)]);
    }
    let check = json!({"action": "check_again"});
    person.post_json(&path(1), &check).send(&app).await.problem(409, "item_settled");
    let checked = person.post_json(&path(0), &check).send(&app).await.good(200);
    assert_eq!(
        (checked["resolved"].as_bool(), checked["run"]["items"][0]["state"].as_str()),
        (Some(false), Some("needs_human"))
    );
    for key in ["PAY-99", "", "PAY-1/../2"] {
        let named = json!({"action": "exists", "key": key});
        person.post_json(&path(0), &named).send(&app).await.refused(422, "invalid_input", &[("key", "no_such_issue")]);
    }
    let again = person.post_json(&path(0), &json!({"action": "create_again"})).send(&app).await.good(200);
    assert_eq!(
        (again["resolved"].as_bool(), again["run"]["items"][0]["state"].as_str()),
        (Some(true), Some("planned"))
    );
    person.post(&format!("/runs/{run}/resume")).send(&app).await.good(202);
    app.work().await;
    let done = person.get(&format!("/runs/{run}")).send(&app).await.good(200);
    assert_eq!((done["state"].as_str(), item_states(&done)), (Some("completed"), vec!["linked"; 3]));
    assert_eq!(app.jira.issues().len(), 3);
}

#[actix_web::test]
async fn required_fields_are_asked_for_before_anything_is_sent() {
    let app = App::new();
    let person = app.person(1);
    let draft = format!("/drafts/{}", app.draft(&person).await["id"].as_str().unwrap());
    let change = json!({"document": {"stories": [{"summary": "Refund", "narrative": {"role": "a", "goal": "b", "benefit": "c"}, "acceptance_criteria": ["x"], "stlc_notes": "y", "components": ["Billing"]}]}});
    person.put(&draft, &change, Some("\"2\"")).send(&app).await.good(200);
    let problem = person.get(&format!("{draft}/plan")).send(&app).await;
    problem.refused(409, "plan_fields", &[("s1.components", "field_not_on_screen")]);
    assert!(app.jira.sent().is_empty());
}
