//! Prompts side by side over the API.

use crate::support::App;
use serde_json::json;

#[actix_web::test]
async fn a_trial_is_begun_looked_at_and_removed() {
    let app = App::new();
    let (alice, bob) = (app.writer(1).await, app.writer(2).await);
    let prompt = json!({"name": "Small", "text": "At most {{days}} days.", "variables": [{"name": "days"}]});
    let prompt = alice.post_json("/prompts", &prompt).send(&app).await.good(201);
    let new = |columns: serde_json::Value| json!({"requirements": "The clerk refunds a payment.", "format": "bdd", "columns": columns});
    let one = new(json!([{"prompt_id": prompt["id"]}]));
    let wrong = [("columns", "trial_columns_invalid"), ("columns.1.values.days", "prompt_invalid")];
    alice.post_json("/prompt-trials", &one).send(&app).await.refused(422, "invalid_input", &wrong);
    let two = new(json!([{}, {"prompt_id": prompt["id"], "version": 1, "values": {"days": "two"}}]));
    let foreign = [("columns.2.prompt", "prompt_unknown")];
    bob.post_json("/prompt-trials", &two).send(&app).await.refused(422, "invalid_input", &foreign);
    let begun = alice.post_json("/prompt-trials", &two).send(&app).await.good(202);
    assert_eq!(begun["columns"][0]["prompt_from"], json!(null));
    let second = &begun["columns"][1];
    assert_eq!((&second["state"], &second["words"]), (&json!("waiting"), &json!("At most two days.")));
    let path = format!("/prompt-trials/{}", begun["id"].as_str().unwrap());
    assert_eq!(alice.get(&path).send(&app).await.good(200), begun);
    let listed = alice.get("/prompt-trials").send(&app).await.good(200);
    assert_eq!(listed["items"][0]["columns"][1]["prompt_from"]["name"], "Small");
    assert_eq!(bob.get("/prompt-trials").send(&app).await.good(200)["items"], json!([]));
    for (method, place) in
        [("GET", path.clone()), ("DELETE", path.clone()), ("POST", format!("{path}/columns/1/retry"))]
    {
        let call = match method {
            "GET" => bob.get(&place),
            "DELETE" => bob.delete(&place),
            _ => bob.post(&place),
        };
        call.send(&app).await.problem(404, "trial_not_found");
    }
    alice.delete(&path).send(&app).await.problem(409, "trial_busy");
    alice.post(&format!("{path}/columns/1/retry")).send(&app).await.problem(409, "trial_busy");
    let job = format!("/jobs/{}/cancel", second["job_id"].as_str().unwrap());
    alice.post(&job).send(&app).await.good(200);
    assert_eq!(alice.get(&path).send(&app).await.good(200)["columns"][0]["state"], "stopped");
    alice.post(&format!("{path}/columns/2/retry")).send(&app).await.good(202);
    assert_eq!(alice.get(&path).send(&app).await.good(200)["columns"][1]["state"], "waiting");
}
