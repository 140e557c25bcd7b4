//! Rule sets over the API.

use crate::support::App;
use serde_json::{Value, json};

fn rules(name: &str) -> Value {
    json!({"id": "", "name": name, "max_story_points": 5, "patterns": [{"pattern": "TBD", "message": "It is open.", "criterion": "estimable"}]})
}

#[actix_web::test]
async fn a_rule_set_lives_in_versions() {
    let app = App::new();
    let alice = app.person(1);
    let made = alice.post_json("/rule-sets", &json!({"rules": rules("Payments"), "note": "first"})).send(&app).await;
    assert_eq!(made.header("etag"), Some("\"1\""));
    let made = made.good(201);
    assert_eq!((&made["id"], &made["changeable"], &made["shipped"]), (&json!("payments"), &json!(true), &json!(false)));
    let mut changed = made["rules"].clone();
    changed["max_story_points"] = json!(8);
    let save = json!({"rules": changed, "note": "larger"});
    alice.put("/rule-sets/payments", &save, None).send(&app).await.problem(428, "if_match_missing");
    let saved = alice.put("/rule-sets/payments", &save, Some("\"1\"")).send(&app).await.good(200);
    assert_eq!((&saved["version"], &saved["max_story_points"]), (&json!(2), &json!(8.0)));
    alice.put("/rule-sets/payments", &save, Some("\"1\"")).send(&app).await.problem(409, "rule_set_changed");
    let versions = alice.get("/rule-sets/payments/versions").send(&app).await.good(200);
    let notes: Vec<&Value> = versions["items"].as_array().unwrap().iter().map(|version| &version["note"]).collect();
    assert_eq!(notes, ["larger", "first"]);
    let restored =
        alice.post("/rule-sets/payments/versions/1/restore").header("if-match", "\"2\"").send(&app).await.good(200);
    assert_eq!((&restored["version"], &restored["rules"]), (&json!(3), &made["rules"]));
    let list = alice.get("/rule-sets").send(&app).await.good(200);
    assert_eq!((list["items"].as_array().unwrap().len(), &list["next_cursor"]), (2, &json!(null)));
    // The list tells no rules: they may be long.
    assert_eq!((&list["items"][0]["id"], &list["items"][0]["rules"]), (&json!("payments"), &json!(null)));
    assert_eq!((&list["items"][0]["changeable"], &list["items"][0]["forbidden_words"]), (&json!(true), &json!(0)));
    alice.delete("/rule-sets/payments").header("if-match", "\"3\"").send(&app).await.good(204);
    alice.get("/rule-sets/payments").send(&app).await.problem(404, "rule_set_not_found");
}

#[actix_web::test]
async fn what_is_wrong_is_named() {
    let app = App::new();
    let (alice, bob) = (app.person(1), app.person(2));
    let mut wrong = rules(" ");
    wrong["patterns"][0]["pattern"] = json!("(");
    let reply = alice.post_json("/rule-sets", &json!({"rules": wrong})).send(&app).await;
    reply.refused(422, "invalid_input", &[("name", "rule_set_invalid"), ("patterns.0.pattern", "rule_set_invalid")]);
    alice.post_json("/rule-sets", &json!({"rules": {"id": ""}})).send(&app).await.problem(400, "invalid_body");
    alice.post_json("/rule-sets", &json!({"rules": rules("Payments")})).send(&app).await.good(201);
    let save = json!({"rules": rules("Payments")});
    bob.put("/rule-sets/payments", &save, Some("\"1\"")).send(&app).await.problem(403, "rule_set_not_yours");
    bob.delete("/rule-sets/payments").header("if-match", "\"1\"").send(&app).await.problem(403, "rule_set_not_yours");
    alice.delete("/rule-sets/default").header("if-match", "\"1\"").send(&app).await.problem(409, "rule_set_shipped");
    let mut other = save.clone();
    other["rules"]["id"] = json!("other");
    alice.put("/rule-sets/payments", &other, Some("\"1\"")).send(&app).await.problem(422, "invalid_input");
}
