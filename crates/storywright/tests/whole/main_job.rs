//! The main job from sign-up to issues in Jira, and what every step promises.

use crate::support::{Company, PASSWORD, REQUIREMENTS, streamed};
use serde_json::json;

#[test]
fn an_employee_comes_from_a_token_to_a_story_with_sub_tasks_in_jira() {
    let company = Company::start();
    let alice = company.member("alice");
    assert_eq!(alice.get("me").expect(200)["employee_id"], company.person("alice").employee_id.as_str());
    let projects = alice.get("projects").expect(200);
    assert!(projects.to_string().contains("PAY"), "{projects:#}");

    let draft = alice.new_draft(REQUIREMENTS);
    let job = alice.generate(&draft);
    let events = alice.to_end(&job);
    let view = alice.get(&format!("drafts/{draft}")).expect(200);
    let story = &view["document"]["stories"][0];
    let texts = streamed(&events);
    assert_eq!(texts["stories.0.summary"], story["summary"].as_str().unwrap(), "what streamed is what was kept");
    assert!(events.iter().filter(|event| event.kind == "token").count() > 20, "the text streams in many pieces");
    assert!(
        story["acceptance_criteria"].to_string().to_lowercase().contains("ledger"),
        "the draft comes from the requirements: {story:#}"
    );
    let ids: Vec<u64> = events.iter().map(|event| event.id).collect();
    assert!(ids.windows(2).all(|two| two[0] < two[1]));
    assert_eq!(streamed(&alice.to_end(&job)), texts, "a replay is exact");

    let refine = alice
        .call("POST", &format!("drafts/{draft}/refine"), json!({"instructions": "Set story points to 2"}))
        .expect(202);
    alice.to_end(refine["job_id"].as_str().unwrap());
    let refined = alice.get(&format!("drafts/{draft}")).expect(200);
    assert_eq!(refined["document"]["stories"][0]["story_points"], 2.0, "{refined:#}");
    let versions = alice.get(&format!("drafts/{draft}/versions")).expect(200);
    assert!(versions["items"].as_array().unwrap().len() >= 2, "{versions:#}");
    let findings = alice.get(&format!("drafts/{draft}/findings")).expect(200);
    assert!(!findings.to_string().contains("\"error\""), "{findings:#}");

    let plan = alice.get(&format!("drafts/{draft}/plan")).expect(200);
    let planned = plan["issues"].as_array().unwrap().len();
    assert!(planned >= 3, "{plan:#}");
    let run = alice.publish(&draft, "first-click");
    let again = alice
        .call_with(
            "POST",
            &format!("drafts/{draft}/publish"),
            &[("Idempotency-Key", "first-click")],
            json!({"plan_hash": plan["plan_hash"]}),
        )
        .expect(202);
    assert_eq!(again["run_id"], run.as_str(), "a double click is one run");
    let view = alice.settled(&run);
    assert_eq!(view["state"], "completed", "{view:#}");
    let created = company.created();
    assert_eq!(created.len(), planned, "{created:#?}");
    let parent = &created.iter().find(|(_, _, parent)| parent.is_none()).unwrap().0;
    assert!(
        created.iter().filter(|(_, _, parent)| parent.is_some()).all(|(_, _, of)| of.as_ref() == Some(parent)),
        "{created:#?}"
    );
    assert_eq!(alice.get(&format!("drafts/{draft}")).expect(200)["state"], "published");
}

#[test]
fn another_person_sees_nothing_of_it() {
    let company = Company::start();
    let (alice, bob) = (company.member("alice"), company.member("bob"));
    let draft = alice.new_draft(REQUIREMENTS);
    let job = alice.generate(&draft);
    alice.to_end(&job);
    for path in [
        format!("drafts/{draft}"),
        format!("drafts/{draft}/versions"),
        format!("drafts/{draft}/plan"),
        format!("jobs/{job}"),
    ] {
        assert_eq!(bob.get(&path).status, 404, "{path}");
    }
    assert_eq!(bob.call("POST", &format!("jobs/{job}/cancel"), json!({})).status, 404);
    assert_eq!(bob.get("drafts").expect(200)["items"].as_array().unwrap().len(), 0);
}

#[test]
fn a_question_is_asked_and_its_answer_goes_in() {
    let company = Company::start();
    let alice = company.member("alice");
    let draft = alice.new_draft("Refunds");
    let job = alice.generate(&draft);
    let asked = alice.events(&job, 0, |event| event.kind == "clarify" || event.is_last());
    let asked = asked.last().unwrap();
    assert_eq!(asked.kind, "clarify", "{asked:?}");
    alice.call("POST", &format!("jobs/{job}/answer"), json!({"text": "Support agents must refund captured card payments in full so that customers get their money back."})).expect(202);
    let rest = alice.events(&job, asked.id, |event| event.is_last());
    assert_eq!(rest.last().unwrap().data["status"], "completed", "{rest:#?}");
}

#[test]
fn stop_ends_the_stream_within_two_seconds_and_keeps_what_had_come() {
    let company = Company::start();
    company.llm_control("__pace", &json!({"chunk_ms": 60}));
    let alice = company.member("alice");
    let draft = alice.new_draft(REQUIREMENTS);
    let job = alice.generate(&draft);
    let seen = alice.events(&job, 0, |event| event.kind == "token" && event.data["path"] == "stories.0.narrative.goal");
    let begin = std::time::Instant::now();
    alice.call("POST", &format!("jobs/{job}/cancel"), json!({})).expect(200);
    let rest = alice.events(&job, seen.last().unwrap().id, |event| event.is_last());
    assert!(begin.elapsed() < std::time::Duration::from_secs(2), "{:?}", begin.elapsed());
    assert_eq!(rest.last().unwrap().data["status"], "cancelled", "{rest:#?}");
    let view = alice.get(&format!("drafts/{draft}")).expect(200);
    assert_eq!(view["state"], "editing");
    assert!(!view["document"]["stories"][0]["summary"].as_str().unwrap().is_empty(), "{view:#}");
}

#[test]
fn two_tabs_get_a_conflict_that_loses_nothing() {
    let company = Company::start();
    let alice = company.member("alice");
    let draft = alice.written(REQUIREMENTS);
    let path = format!("drafts/{draft}");
    let loaded = alice.get(&path);
    let tag = loaded.header("etag").unwrap().to_owned();
    let mut document = loaded.expect(200)["document"].clone();
    document["stories"][0]["summary"] = json!("First tab");
    alice.call_with("PUT", &path, &[("If-Match", &tag)], json!({"document": document})).expect(200);
    document["stories"][0]["summary"] = json!("Second tab");
    let conflict = alice
        .call_with("PUT", &path, &[("If-Match", &tag)], json!({"document": document}))
        .problem(409, "draft_changed");
    assert_eq!(conflict["current"]["document"]["stories"][0]["summary"], "First tab", "{conflict:#}");
    assert_eq!(alice.get(&path).expect(200)["document"]["stories"][0]["summary"], "First tab");
}

#[test]
fn a_revoked_token_and_a_wrong_password_are_refused() {
    let company = Company::start();
    let alice = company.signed_up("alice");
    let other = company.sign_in("alice");
    assert_eq!(other.call("DELETE", "tokens/current", serde_json::Value::Null).status, 204);
    other.get("me").problem(401, "sign_in_required");
    alice.get("me").expect(200);
    let name = company.person("alice").employee_id;
    company
        .nobody()
        .call("POST", "tokens", json!({"username": name, "password": format!("{PASSWORD}!")}))
        .problem(401, "sign_in_refused");
    company
        .nobody()
        .call("POST", "tokens", json!({"username": "E99999", "password": PASSWORD}))
        .problem(401, "sign_in_refused");
}

#[test]
fn fifty_submits_at_once_under_one_key_make_one_run() {
    let company = Company::start();
    let alice = company.member("alice");
    let draft = alice.written(REQUIREMENTS);
    let plan = alice.get(&format!("drafts/{draft}/plan")).expect(200);
    let body = json!({"plan_hash": plan["plan_hash"]});
    let runs: Vec<String> = std::thread::scope(|scope| {
        let submit = || {
            let headers = [("Idempotency-Key", "pressed-often")];
            let run = alice.call_with("POST", &format!("drafts/{draft}/publish"), &headers, body.clone()).expect(202);
            run["run_id"].as_str().unwrap().to_owned()
        };
        let threads: Vec<_> = (0..50).map(|_| scope.spawn(submit)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(runs.iter().all(|run| *run == runs[0]), "{runs:?}");
    assert_eq!(alice.settled(&runs[0])["state"], "completed");
    assert_eq!(company.created().len(), plan["issues"].as_array().unwrap().len());
    assert_eq!(alice.get("runs").expect(200)["items"].as_array().unwrap().len(), 1);
}
