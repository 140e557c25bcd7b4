//! Drafts, versions, findings.

use crate::support::App;
use serde_json::{Value, json};

fn id(draft: &Value) -> &str {
    draft["id"].as_str().unwrap()
}

#[actix_web::test]
async fn a_draft_is_made_read_changed_and_binned() {
    let app = App::new();
    let person = app.person(1);
    let new = json!({"requirements": "Refunds\r\nin part", "format": "bdd", "prompt": "be brief", "project_key": "PAY", "issue_type": "10001"});
    let reply = person.post_json("/drafts", &new).send(&app).await;
    let made = reply.good(201);
    assert_eq!(reply.header("etag"), Some("\"1\""));
    assert_eq!(reply.header("location"), Some(format!("/api/v1/drafts/{}", id(&made)).as_str()));
    assert_eq!((made["requirements"].as_str(), made["issue_type"].as_str()), (Some("Refunds\nin part"), Some("Story")));
    assert_eq!((made["state"].as_str(), made["rule_set"].as_str()), (Some("editing"), Some("default")));

    let path = format!("/drafts/{}", id(&made));
    let change = json!({"document": {"stories": [{"summary": "Refund in part", "custom_fields": {"customfield_1": {"kind": "texts", "value": ["a"]}}}]}});
    let reply = person.put(&path, &change, Some("\"1\"")).send(&app).await;
    let changed = reply.good(200);
    assert_eq!((reply.header("etag"), changed["version"].as_u64()), (Some("\"2\""), Some(2)));
    assert_eq!(changed["document"]["stories"][0]["id"], "s1");
    assert_eq!(
        changed["document"]["stories"][0]["custom_fields"]["customfield_1"],
        json!({"kind": "texts", "value": ["a"]})
    );
    assert_eq!(changed["prompt"], "be brief");
    assert_eq!(person.get(&path).send(&app).await.good(200), changed);

    let list = person.get("/drafts?q=refund").send(&app).await.good(200);
    assert_eq!((list["items"][0]["id"].as_str(), list["next_cursor"].as_str()), (Some(id(&made)), None));
    let stale = person.delete(&path).header("if-match", "\"1\"").send(&app).await;
    stale.problem(409, "draft_changed");
    person.delete(&path).header("if-match", "\"2\"").send(&app).await.good(204);
    person.get(&path).send(&app).await.problem(404, "draft_not_found");
    assert_eq!(person.get("/drafts").send(&app).await.good(200)["items"], json!([]));
}

#[actix_web::test]
async fn every_problem_of_a_new_draft_is_named_at_once() {
    let app = App::new();
    let person = app.person(1);
    let new = json!({"requirements": " \u{0} ", "format": "haiku", "prompt": "x".repeat(4_001), "project_key": "pay", "issue_type": "", "rule_set": "none"});
    let reply = person.post_json("/drafts", &new).send(&app).await;
    let problem = reply.problem(422, "invalid_input");
    let mut fields: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["format", "issue_type", "project_key", "prompt", "requirements", "rule_set"]);
    let no_type = json!({"requirements": "x", "format": "classic", "project_key": "PAY", "issue_type": "Bug"});
    let reply = person.post_json("/drafts", &no_type).send(&app).await;
    reply.refused(422, "invalid_input", &[("issue_type", "issue_type_unknown")]);
    let no_project = json!({"requirements": "x", "format": "classic", "project_key": "NOPE", "issue_type": "Story"});
    let reply = person.post_json("/drafts", &no_project).send(&app).await;
    assert!(reply.status.is_client_error(), "{reply:?}");
}

#[actix_web::test]
async fn of_two_tabs_the_second_gets_the_first_ones_text() {
    let app = App::new();
    let person = app.person(1);
    let draft = app.draft(&person).await;
    let path = format!("/drafts/{}", id(&draft));
    let first = json!({"requirements": "from the first tab"});
    let second = json!({"requirements": "from the second tab"});
    person.put(&path, &first, Some("\"2\"")).send(&app).await.good(200);
    let conflict = person.put(&path, &second, Some("W/\"2\"")).send(&app).await;
    let problem = conflict.problem(409, "draft_changed");
    assert_eq!(problem["current"]["requirements"], "from the first tab");
    assert_eq!(problem["current"]["version"], 3);
    person.put(&path, &second, None).send(&app).await.problem(428, "if_match_missing");
    for wrong in ["*", "\"x\"", "\"2\", \"3\"", ""] {
        let reply = person.put(&path, &second, Some(wrong)).send(&app).await;
        reply.refused(400, "invalid_query", &[("If-Match", "field_invalid")]);
    }
    let version = problem["current"]["version"].as_u64().unwrap();
    person.put(&path, &second, Some(&format!("\"{version}\""))).send(&app).await.good(200);
}

#[actix_web::test]
async fn a_change_that_cannot_be_kept_names_its_field() {
    let app = App::new();
    let person = app.person(1);
    let draft = app.draft(&person).await;
    let path = format!("/drafts/{}", id(&draft));
    for (change, field, code) in [
        (json!({"requirements": "\u{0}"}), "requirements", "requirements_empty"),
        (json!({"format": "haiku"}), "format", "format_unknown"),
        (json!({"prompt": "x".repeat(4_001)}), "prompt", "prompt_too_long"),
        (json!({"rule_set": "none"}), "rule_set", "rule_set_unknown"),
        (json!({"document": {"stories": [{"stlc_notes": "x".repeat(1_000_001)}]}}), "document", "document_too_large"),
    ] {
        let reply = person.put(&path, &change, Some("\"2\"")).send(&app).await;
        reply.refused(422, "invalid_input", &[(field, code)]);
    }
}

#[actix_web::test]
async fn lists_go_on_where_they_stopped() {
    let app = App::new();
    let person = app.person(1);
    for number in 100..125 {
        storywright_testkit::build::kept_draft(&app.store, person.user, number);
    }
    let first = person.get("/drafts").send(&app).await.good(200);
    assert_eq!(first["items"].as_array().unwrap().len(), 20);
    let cursor = first["next_cursor"].as_str().unwrap().to_owned();
    let rest = person.get(&format!("/drafts?cursor={cursor}")).send(&app).await.good(200);
    assert_eq!((rest["items"].as_array().unwrap().len(), rest["next_cursor"].as_str()), (5, None));
}

#[actix_web::test]
async fn versions_are_listed_compared_and_restored() {
    let app = App::new();
    let person = app.person(1);
    let draft = app.draft(&person).await;
    let path = format!("/drafts/{}", id(&draft));
    // Within one sitting: what a program sends is a version of its own all the same.
    let change = json!({"document": {"stories": [{"id": "s1", "summary": "Refund in part", "labels": ["money"]}]}});
    person.put(&path, &change, Some("\"2\"")).send(&app).await.good(200);

    let versions = person.get(&format!("{path}/versions")).send(&app).await.good(200);
    let numbers: Vec<u64> =
        versions["items"].as_array().unwrap().iter().map(|row| row["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [3, 2]);
    assert_eq!(versions["items"][0]["origin"], "edited");
    let second = person.get(&format!("{path}/versions/2")).send(&app).await.good(200);
    assert_eq!(second["document"], draft["document"]);

    let compared = person.get(&format!("{path}/compare?from=2&to=3")).send(&app).await.good(200);
    let summary = compared["changes"].as_array().unwrap().iter().find(|change| change["path"] == "stories.s1.summary");
    assert_eq!(
        summary,
        Some(
            &json!({"path": "stories.s1.summary", "kind": "changed", "before": "Refund a payment", "after": "Refund in part"})
        )
    );
    person.get(&format!("{path}/compare?from=2")).send(&app).await.refused(
        400,
        "invalid_query",
        &[("to", "field_missing")],
    );
    person.get(&format!("{path}/compare?from=2&to=9")).send(&app).await.problem(404, "version_not_found");

    person.post(&format!("{path}/versions/2/restore")).send(&app).await.problem(428, "if_match_missing");
    let stale = person.post(&format!("{path}/versions/2/restore")).header("if-match", "\"2\"").send(&app).await;
    assert_eq!(stale.problem(409, "draft_changed")["current"]["version"], 3);
    let restored =
        person.post(&format!("{path}/versions/2/restore")).header("if-match", "\"3\"").send(&app).await.good(200);
    assert_eq!((restored["version"].as_u64(), &restored["document"]), (Some(4), &draft["document"]));
    for missing in ["9", "x", "-1", "99999999999"] {
        let reply =
            person.post(&format!("{path}/versions/{missing}/restore")).header("if-match", "\"4\"").send(&app).await;
        reply.problem(404, "version_not_found");
    }
}

#[actix_web::test]
async fn findings_say_what_blocks() {
    let app = App::new();
    let person = app.person(1);
    let draft = app.draft(&person).await;
    let path = format!("/drafts/{}", id(&draft));
    let good = person.get(&format!("{path}/findings")).send(&app).await.good(200);
    assert_eq!((good["blocked"].as_bool(), good["version"].as_u64()), (Some(false), Some(2)));
    person.put(&path, &json!({"document": {"stories": [{"summary": ""}]}}), Some("\"2\"")).send(&app).await.good(200);
    let bad = person.get(&format!("{path}/findings")).send(&app).await.good(200);
    assert_eq!(bad["blocked"], true);
    assert!(bad["findings"].as_array().unwrap().len() > 1, "{bad}");
    let plan = person.get(&format!("{path}/plan")).send(&app).await;
    assert_eq!(plan.problem(409, "plan_blocked")["findings"], bad["findings"]);
}

#[actix_web::test]
async fn a_finding_is_waived_with_a_reason_and_blocks_again_when_that_is_taken_back() {
    let app = App::new();
    let alice = app.person(1);
    let story = json!({"summary": "Refund", "narrative": {"role": "agent", "goal": "to refund a payment", "benefit": "trust"},
        "acceptance_criteria": ["It is paid"], "stlc_notes": "ghp_0123456789abcdefghijklmnopqrstuvwxyz", "story_points": 2});
    let new = json!({"requirements": "Refunds.", "format": "classic", "project_key": "PAY", "issue_type": "10001"});
    let draft = alice.post_json("/drafts", &new).send(&app).await.good(201);
    let path = format!("/drafts/{}", draft["id"].as_str().unwrap());
    let change = json!({"document": {"stories": [story]}});
    alice.put(&path, &change, Some(&format!("\"{}\"", draft["version"]))).send(&app).await.good(200);
    let which = json!({"code": "secret_suspected", "field": "stories.0.stlc_notes"});
    let mut waiver = which.clone();
    waiver["reason"] = json!("ok");
    let waivers = format!("{path}/waivers");
    alice.post_json(&waivers, &waiver).send(&app).await.refused(422, "invalid_input", &[("reason", "reason_invalid")]);
    waiver["reason"] = json!("The password of a test account.");
    alice.post_json(&waivers, &waiver).send(&app).await.good(204);
    let found = alice.get(&format!("{path}/findings")).send(&app).await.good(200);
    let one =
        found["findings"].as_array().unwrap().iter().find(|one| one["code"] == "secret_suspected").unwrap().clone();
    assert_eq!((&found["blocked"], &one["waived"]), (&json!(false), &waiver["reason"]));
    let none = json!({"code": "vague_word", "field": "stories.0.summary", "reason": "Never mind"});
    alice.post_json(&waivers, &none).send(&app).await.refused(422, "invalid_input", &[("field", "finding_gone")]);
    alice.post_json(&format!("{waivers}/take-back"), &which).send(&app).await.good(204);
    assert_eq!(alice.get(&format!("{path}/findings")).send(&app).await.good(200)["blocked"], json!(true));

    // What was let pass when the plan was approved is told with the issue.
    alice.post_json(&waivers, &waiver).send(&app).await.good(204);
    let plan = alice.get(&format!("{path}/plan")).send(&app).await.good(200);
    let call = alice.post_json(&format!("{path}/publish"), &json!({"plan_hash": plan["plan_hash"]}));
    call.header("idempotency-key", "key-1").send(&app).await.good(202);
    app.work().await;
    let way = alice.get(&format!("/audit/issues/{}", app.jira.issues()[0].key)).send(&app).await.good(200);
    let told = &way["items"][0]["waivers"][0];
    assert_eq!((&told["code"], &told["field"], &told["severity"]), (&which["code"], &which["field"], &json!("error")));
    assert_eq!((&told["reason"], &told["waived_by"]), (&waiver["reason"], &way["items"][0]["person"]));
    assert!(told["waived_at"].is_string() && told["message"].is_string(), "{told}");
}

#[actix_web::test]
async fn of_two_findings_of_a_code_in_one_field_the_one_with_the_start_is_mended() {
    let app = App::new();
    let alice = app.person(1);
    let draft = app.draft(&alice).await;
    let path = format!("/drafts/{}", id(&draft));
    let goal = "to export (as CSV) the list of refunds (once a month)";
    let told = json!({"role": "clerk", "goal": goal, "benefit": "the books are right"});
    let document = json!({"stories": [{"summary": "Refunds", "narrative": told}]});
    let changed = alice.put(&path, &json!({"document": document}), Some("\"2\"")).send(&app).await.good(200);
    let fixes = format!("{path}/fixes");
    let version = format!("\"{}\"", changed["version"]);
    let which = |start: usize| json!({"code": "brackets", "field": "stories.0.narrative.goal", "start": start});
    let moved = alice.post_json(&fixes, &which(11)).header("if-match", &version).send(&app).await;
    moved.refused(422, "invalid_input", &[("field", "finding_gone")]);
    let mended = alice.post_json(&fixes, &which(39)).header("if-match", &version).send(&app).await.good(200);
    let goal = &mended["document"]["stories"][0]["narrative"]["goal"];
    assert_eq!(goal, "to export (as CSV) the list of refunds");
}
