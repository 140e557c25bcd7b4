//! Drafts about issues that are in Jira, over the API.

use crate::support::{App, Client};
use serde_json::{Value, json};
use storywright_domain::remote::RemoteError;
use storywright_testkit::build;

/// An issue in Jira, made by an ordinary run, and a draft that improves it with its story there.
async fn improving(app: &App, person: &Client) -> (String, String) {
    let first = format!("/drafts/{}", app.draft(person).await["id"].as_str().unwrap());
    let plan = person.get(&format!("{first}/plan")).send(app).await.good(200);
    let call = person.post_json(&format!("{first}/publish"), &json!({"plan_hash": plan["plan_hash"]}));
    let run = call.header("idempotency-key", "k").send(app).await.good(202);
    app.work().await;
    let view = person.get(&format!("/runs/{}", run["run_id"].as_str().unwrap())).send(app).await.good(200);
    let key = view["items"][0]["key"].as_str().unwrap().to_owned();
    let new = json!({"issue": key, "purpose": "improve", "format": "classic"});
    let draft = person.post_json("/drafts/from-issue", &new).send(app).await.good(201);
    let draft = format!("/drafts/{}", draft["id"].as_str().unwrap());
    let story = serde_json::to_value(build::story("Refund a card payment in full")).unwrap();
    let change = json!({"document": {"stories": [story]}});
    person.put(&draft, &change, Some("\"1\"")).send(app).await.good(200);
    (key, draft)
}

async fn plan(app: &App, person: &Client, draft: &str, wish: &Value) -> Value {
    person.post_json(&format!("{draft}/issue/plan"), wish).send(app).await.good(200)
}

#[actix_web::test]
async fn an_issue_is_changed_as_approved_once() {
    let app = App::new();
    let person = app.person(1);
    let (key, draft) = improving(&app, &person).await;
    let issue = format!("{draft}/issue");
    let about = person.get(&issue).send(&app).await.good(200);
    assert_eq!((about["purpose"].as_str(), about["key"].as_str()), (Some("improve"), Some(key.as_str())));
    assert_eq!(about["updates"], json!([]));
    let planned = plan(&app, &person, &draft, &json!({})).await;
    assert_eq!(planned["summary"], "Refund a card payment in full");
    person.post_json(&issue, &json!({"hash": "0"})).send(&app).await.problem(409, "update_plan_changed");
    let done = person.post_json(&issue, &json!({"hash": planned["hash"]})).send(&app).await.good(200);
    assert_eq!((done["state"].as_str(), done["edition"].as_u64()), (Some("written"), Some(1)));
    person.post_json(&issue, &json!({"hash": planned["hash"]})).send(&app).await.problem(409, "nothing_changes");
    person.post(&format!("{issue}/settle")).send(&app).await.problem(409, "update_settled");
    assert_eq!(app.jira.calls().iter().filter(|call| **call == "update").count(), 1);

    let back = json!({"puts_back": 1});
    let planned = plan(&app, &person, &draft, &back).await;
    app.jira.next_update(RemoteError::Unavailable { detail: "status 504".to_owned() }, false);
    let lost = person.post_json(&issue, &json!({"puts_back": 1, "hash": planned["hash"]})).send(&app).await.good(200);
    assert_eq!(lost["state"], "unknown");
    person.post_json(&format!("{issue}/plan"), &back).send(&app).await.problem(409, "update_not_settled");
    person.delete(&draft).send(&app).await.problem(409, "update_not_settled");
    app.clock.advance(storywright_domain::Millis::minutes(6));
    let settled = person.post(&format!("{issue}/settle")).send(&app).await.good(200);
    assert_eq!(settled["state"], "absent");
    let missing = json!({"puts_back": 9});
    person.post_json(&format!("{issue}/plan"), &missing).send(&app).await.problem(409, "nothing_to_put_back");
    app.jira.lock_words(&key);
    person.post_json(&format!("{issue}/plan"), &back).send(&app).await.problem(409, "issue_not_editable");
    app.jira.delete_issue(&key);
    person.post_json(&format!("{issue}/plan"), &back).send(&app).await.problem(409, "issue_gone");
}

#[actix_web::test]
async fn what_cannot_be_done_is_told_by_its_code() {
    let app = App::new();
    let (person, other) = (app.person(1), app.person(2));
    let (_, draft) = improving(&app, &person).await;
    for (issue, code) in [
        ("", "issue_key_invalid"),
        ("PAY-99999", "issue_not_found"),
        ("https://x.example/browse/PAY-1", "issue_elsewhere"),
    ] {
        let new = json!({"issue": issue, "purpose": "improve", "format": "classic"});
        person.post_json("/drafts/from-issue", &new).send(&app).await.refused(422, "invalid_input", &[("issue", code)]);
    }
    let new = json!({"issue": "PAY-1", "purpose": "delete", "format": "classic"});
    person.post_json("/drafts/from-issue", &new).send(&app).await.refused(
        422,
        "invalid_input",
        &[("purpose", "purpose_unknown")],
    );
    let issue = format!("{draft}/issue");
    other.get(&issue).send(&app).await.problem(404, "draft_not_found");
    other.post_json(&format!("{issue}/plan"), &json!({})).send(&app).await.problem(404, "draft_not_found");
    other.post_json(&issue, &json!({"hash": "0"})).send(&app).await.problem(404, "draft_not_found");
    other.post(&format!("{issue}/settle")).send(&app).await.problem(404, "draft_not_found");
    person.get(&format!("{draft}/plan")).send(&app).await.problem(409, "changes_an_issue");
    let plain = format!("/drafts/{}", app.draft(&person).await["id"].as_str().unwrap());
    person.get(&format!("{plain}/issue")).send(&app).await.problem(409, "not_about_an_issue");
    let change = json!({"document": {"stories": []}});
    person.put(&draft, &change, Some("\"2\"")).send(&app).await.good(200);
    person.post_json(&format!("{issue}/plan"), &json!({})).send(&app).await.problem(409, "not_one_story");
}
