//! Prompts over the API.

use crate::support::App;
use serde_json::json;

#[actix_web::test]
async fn a_prompt_lives_in_versions_and_gives_words() {
    let app = App::new();
    let (alice, bob) = (app.person(1), app.person(2));
    let body = json!({"name": "Small", "text": "At most {{days}} days.", "variables": [{"name": "days", "description": "Days of work"}]});
    let made = alice.post_json("/prompts", &body).send(&app).await;
    assert_eq!(made.header("etag"), Some("\"1\""));
    let made = made.good(201);
    let path = format!("/prompts/{}", made["id"].as_str().unwrap());
    assert_eq!((&made["scope"], &made["changeable"], &made["shared"]), (&json!("mine"), &json!(true), &json!(false)));
    let fill = json!({"values": {"days": "two"}});
    let words = alice.post_json(&format!("{path}/words"), &fill).send(&app).await.good(200);
    assert_eq!(words["text"], "At most two days.");
    let reply = alice.post_json(&format!("{path}/words"), &json!({})).send(&app).await;
    reply.refused(422, "invalid_input", &[("values.days", "prompt_invalid")]);
    bob.post_json(&format!("{path}/words"), &fill).send(&app).await.problem(404, "prompt_not_found");

    let mut shared = body.clone();
    shared["shared"] = json!(true);
    alice.put(&path, &shared, None).send(&app).await.problem(428, "if_match_missing");
    alice.put(&path, &shared, Some("\"1\"")).send(&app).await.good(200);
    alice.put(&path, &shared, Some("\"1\"")).send(&app).await.problem(409, "prompt_changed");
    let seen = bob.get("/prompts?scope=team").send(&app).await.good(200);
    assert_eq!((&seen["items"][0]["scope"], &seen["items"][0]["changeable"]), (&json!("team"), &json!(false)));
    bob.put(&path, &shared, Some("\"2\"")).send(&app).await.problem(403, "prompt_not_yours");
    bob.delete(&path).send(&app).await.problem(403, "prompt_not_yours");
    let versions = alice.get(&format!("{path}/versions")).send(&app).await.good(200);
    assert_eq!(versions["items"].as_array().unwrap().len(), 2);
    let restored = alice.post(&format!("{path}/versions/1/restore")).send(&app).await.good(200);
    assert_eq!((&restored["version"], &restored["text"]), (&json!(3), &made["text"]));
    alice.delete(&path).send(&app).await.good(204);
    alice.get(&path).send(&app).await.problem(404, "prompt_not_found");
    alice.get("/prompts?scope=all").send(&app).await.problem(422, "invalid_input");
}
