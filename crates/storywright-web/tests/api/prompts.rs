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
    bob.delete(&path).header("if-match", "\"2\"").send(&app).await.problem(403, "prompt_not_yours");
    let versions = alice.get(&format!("{path}/versions")).send(&app).await.good(200);
    assert_eq!(versions["items"].as_array().unwrap().len(), 2);
    let restore = format!("{path}/versions/1/restore");
    alice.post(&restore).send(&app).await.problem(428, "if_match_missing");
    alice.post(&restore).header("if-match", "\"1\"").send(&app).await.problem(409, "prompt_changed");
    let restored = alice.post(&restore).header("if-match", "\"2\"").send(&app).await.good(200);
    assert_eq!((&restored["version"], &restored["text"]), (&json!(3), &made["text"]));
    alice.delete(&path).send(&app).await.problem(428, "if_match_missing");
    alice.delete(&path).header("if-match", "\"2\"").send(&app).await.problem(409, "prompt_changed");
    alice.delete(&path).header("if-match", "\"3\"").send(&app).await.good(204);
    alice.get(&path).send(&app).await.problem(404, "prompt_not_found");
    alice.get("/prompts?scope=all").send(&app).await.problem(422, "invalid_input");
}

#[actix_web::test]
async fn a_draft_names_the_prompt_of_its_words_and_a_secret_is_warned_about() {
    let app = App::new();
    let (alice, bob) = (app.person(1), app.person(2));
    let token = format!("ghp_{}", "a1B2".repeat(9));
    let made = alice
        .post_json("/prompts", &json!({"name": "Token", "text": format!("Use {token}")}))
        .send(&app)
        .await
        .good(201);
    assert_eq!(made["warnings"][0]["code"], "secret_suspected");
    assert!(!made["warnings"].to_string().contains(&token));
    let brief = alice.post_json("/prompts", &json!({"name": "Brief", "text": "Be brief."})).send(&app).await.good(201);
    assert_eq!(brief["warnings"], json!([]));
    let new = |prompt: &serde_json::Value, words: &str| json!({"requirements": "Refunds", "format": "bdd", "prompt": words, "prompt_id": prompt, "project_key": "PAY", "issue_type": "10001"});
    let draft = alice.post_json("/drafts", &new(&brief["id"], "Be brief.")).send(&app).await.good(201);
    let from = json!({"prompt_id": brief["id"], "version": 1, "name": "Brief", "changed": false});
    assert_eq!(draft["prompt_from"], from);
    let own = alice.post_json("/drafts", &new(&brief["id"], "Be long.")).send(&app).await.good(201);
    assert_eq!(own["prompt_from"]["changed"], true);
    for prompt in [&brief["id"], &json!("nothing")] {
        let reply = bob.post_json("/drafts", &new(prompt, "Be brief.")).send(&app).await;
        assert_eq!(reply.problem(422, "invalid_input")["errors"][0]["code"], "prompt_unknown", "{prompt}");
    }
}
