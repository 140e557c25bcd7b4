//! Generating, refining, questions, stopping.

use crate::support::{App, Client};
use serde_json::{Value, json};
use storywright_domain::ports::ChatError;
use storywright_testkit::{Gate, Script, build};

fn answer() -> String {
    json!({"stories": [build::story("Refund in part")]}).to_string()
}

async fn empty_draft(app: &App, person: &Client) -> String {
    let new =
        json!({"requirements": "Refunds in part", "format": "classic", "project_key": "PAY", "issue_type": "Story"});
    let draft = person.post_json("/drafts", &new).send(app).await.good(201);
    format!("/drafts/{}", draft["id"].as_str().unwrap())
}

async fn started(app: &App, person: &Client, path: &str) -> String {
    let reply = person.post(path).send(app).await;
    let job = reply.good(202)["job_id"].as_str().unwrap().to_owned();
    assert_eq!(reply.header("location"), Some(format!("/api/v1/jobs/{job}").as_str()));
    format!("/jobs/{job}")
}

#[actix_web::test]
async fn a_draft_is_generated_then_refined() {
    let app = App::new();
    let person = app.writer(1).await;
    let path = empty_draft(&app, &person).await;
    let early = json!({"instructions": "shorter"});
    person.post_json(&format!("{path}/refine"), &early).send(&app).await.problem(409, "nothing_to_refine");

    app.chat.will_say(Script::text(&answer()));
    let job = started(&app, &person, &format!("{path}/generate")).await;
    let waiting = person.get(&job).send(&app).await.good(200);
    assert_eq!((waiting["status"].as_str(), waiting["kind"].as_str()), (Some("pending"), Some("generate")));
    assert_eq!(format!("/drafts/{}", waiting["draft_id"].as_str().unwrap()), path);
    let writing = person.get(&path).send(&app).await.good(200);
    assert_eq!(
        (writing["state"].as_str(), format!("/jobs/{}", writing["job_id"].as_str().unwrap())),
        (Some("writing"), job.clone())
    );
    person.post(&format!("{path}/generate")).send(&app).await.problem(409, "draft_being_written");
    person.delete(&path).send(&app).await.problem(409, "draft_being_written");

    app.work().await;
    assert_eq!(person.get(&job).send(&app).await.good(200)["status"], "completed");
    let draft = person.get(&path).send(&app).await.good(200);
    assert_eq!((draft["state"].as_str(), draft["title"].as_str()), (Some("editing"), Some("Refund in part")));

    for instructions in ["", " \u{0}", &"x".repeat(8_001)] {
        let reply =
            person.post_json(&format!("{path}/refine"), &json!({"instructions": instructions})).send(&app).await;
        reply.refused(422, "invalid_input", &[("instructions", "instructions_invalid")]);
    }
    app.chat.will_say(Script::text(&json!({"stories": [build::story("Shorter")]}).to_string()));
    person.post_json(&format!("{path}/refine"), &early).send(&app).await.good(202);
    app.work().await;
    assert_eq!(person.get(&path).send(&app).await.good(200)["title"], "Shorter");
    let versions = person.get(&format!("{path}/versions")).send(&app).await.good(200);
    assert_eq!(
        (versions["items"][0]["origin"].as_str(), versions["items"][0]["note"].as_str()),
        (Some("refined"), Some("shorter"))
    );
    let jobs = person.get("/jobs").send(&app).await.good(200);
    assert_eq!(jobs["items"].as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn a_question_waits_for_its_answer() {
    let app = App::new();
    let person = app.writer(1).await;
    let path = empty_draft(&app, &person).await;
    app.chat.will_say(Script::text(&json!({"clarify": "For cards only?", "stories": []}).to_string()));
    let job = started(&app, &person, &format!("{path}/generate")).await;
    let reply = json!({"text": "Cards only."});
    person.post_json(&format!("{job}/answer"), &reply).send(&app).await.problem(409, "no_open_question");
    app.work().await;
    assert_eq!(person.get(&job).send(&app).await.good(200)["question"], "For cards only?");
    person.post_json(&format!("{job}/answer"), &json!({"text": " "})).send(&app).await.refused(
        422,
        "invalid_input",
        &[("text", "answer_invalid")],
    );
    app.chat.will_say(Script::text(&answer()));
    person.post_json(&format!("{job}/answer"), &reply).send(&app).await.good(202);
    app.work().await;
    let done = person.get(&job).send(&app).await.good(200);
    assert_eq!((done["status"].as_str(), &done["question"]), (Some("completed"), &Value::Null));
}

#[actix_web::test]
async fn a_waiting_job_is_stopped_at_once_and_a_running_one_soon() {
    let app = App::new();
    let person = app.writer(1).await;
    let path = empty_draft(&app, &person).await;
    let job = started(&app, &person, &format!("{path}/generate")).await;
    let stopped = person.post(&format!("{job}/cancel")).send(&app).await.good(200);
    assert_eq!(stopped["status"], "cancelled");
    assert_eq!(person.get(&path).send(&app).await.good(200)["state"], "editing");
    let again = person.post(&format!("{job}/cancel")).send(&app).await.good(200);
    assert_eq!(again["status"], "cancelled");

    let gate = Gate::default();
    app.chat.will_say(Script::text("{\"stories\":[{\"summary\":\"Half a story\"").held(&gate));
    let job = started(&app, &person, &format!("{path}/generate")).await;
    let reached = actix_web::web::block(move || gate.await_reached());
    let stop = async {
        reached.await.unwrap();
        person.post(&format!("{job}/cancel")).send(&app).await.good(200)
    };
    let (asked, ()) = futures_util::future::join(stop, app.work()).await;
    assert_eq!(asked["cancel_requested"], true);
    assert_eq!(person.get(&job).send(&app).await.good(200)["status"], "cancelled");
    let draft = person.get(&path).send(&app).await.good(200);
    assert_eq!(draft["document"]["stories"][0]["summary"], "Half a story");
}

#[actix_web::test]
async fn a_failed_job_says_code_and_words() {
    let app = App::new();
    let person = app.writer(1).await;
    let path = empty_draft(&app, &person).await;
    app.chat.will_say(Script::error(ChatError::TooLong { detail: "128k".to_owned() }));
    let job = started(&app, &person, &format!("{path}/generate")).await;
    app.work().await;
    let failed = person.get(&job).send(&app).await.good(200);
    assert_eq!(
        (failed["status"].as_str(), failed["error"]["code"].as_str()),
        (Some("failed"), Some("llm_input_too_long"))
    );
    assert!(failed["error"]["message"].as_str().unwrap().contains("Split"), "{failed}");
}

#[actix_web::test]
async fn only_so_many_jobs_wait_per_person() {
    let app = App::new();
    let person = app.writer(1).await;
    for _ in 0..4 {
        let path = empty_draft(&app, &person).await;
        started(&app, &person, &format!("{path}/generate")).await;
    }
    let path = empty_draft(&app, &person).await;
    let refused = person.post(&format!("{path}/generate")).send(&app).await;
    refused.problem(429, "too_many_jobs");
    assert!(refused.header("retry-after").is_some());
}

#[actix_web::test]
async fn without_an_llm_nothing_is_started() {
    let app = App::new();
    let person = app.person(1);
    let path = empty_draft(&app, &person).await;
    person.post(&format!("{path}/generate")).send(&app).await.problem(409, "integration_not_connected");
    assert_eq!(person.get(&path).send(&app).await.good(200)["state"], "editing");
}

#[actix_web::test]
async fn steps_and_the_way_of_an_issue_are_the_persons_own() {
    let app = App::new();
    let (person, other) = (app.writer(1).await, app.person(2));
    let path = empty_draft(&app, &person).await;
    app.chat.will_say(Script::text(&answer()));
    let job = started(&app, &person, &format!("{path}/generate?look_up=true")).await;
    app.work().await;
    let steps = person.get(&format!("{job}/steps")).send(&app).await.good(200);
    let step = &steps["items"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (step["kind"].as_str(), step["state"].as_str(), step["model"].as_str()),
        (Some("model"), Some("done"), Some("model-1"))
    );
    assert_eq!(step["prompt_sha256"].as_str().unwrap().len(), 64);
    other.get(&format!("{job}/steps")).send(&app).await.problem(404, "job_not_found");

    let plan = person.get(&format!("{path}/plan")).send(&app).await.good(200);
    let call = person.post_json(&format!("{path}/publish"), &json!({"plan_hash": plan["plan_hash"]}));
    call.header("idempotency-key", "key-1").send(&app).await.good(202);
    app.work().await;
    let key = app.jira.issues()[0].key.clone();
    let way = person.get(&format!("/audit/issues/{key}")).send(&app).await.good(200);
    let chain = &way["items"][0];
    assert_eq!((chain["key"].as_str(), &chain["plan_hash"]), (Some(key.as_str()), &plan["plan_hash"]));
    assert_eq!(
        (chain["origin"]["prompt"].as_str(), chain["origin"]["service"].as_str()),
        (Some("draft"), Some("company"))
    );
    assert_eq!(chain["steps"].as_array().unwrap().len(), steps["items"].as_array().unwrap().len());
    assert_eq!(chain["waivers"], json!([]));
    for canary in ["jira-pat-1", "cookie", "session"] {
        assert!(!way.to_string().contains(canary), "{canary} in {way}");
    }
    other.get(&format!("/audit/issues/{key}")).send(&app).await.problem(404, "issue_not_traced");
}

#[actix_web::test]
async fn sections_and_coverage_are_the_persons_own() {
    let app = App::new();
    let (person, other) = (app.writer(1).await, app.person(2));
    let path = empty_draft(&app, &person).await;
    let sections = person.get(&format!("{path}/sections")).send(&app).await.good(200);
    assert_eq!(sections["items"].as_array().unwrap().len(), 1);
    assert_eq!(sections["items"][0]["state"], "pending");
    assert_eq!(sections["items"][0]["estimated_tokens"], sections["estimated_tokens"]);
    let before = person.get(&format!("{path}/coverage")).send(&app).await.good(200);
    assert_eq!(before["covered"], 0);
    assert!(!before["items"].as_array().unwrap().is_empty());
    for part in ["sections", "coverage"] {
        other.get(&format!("{path}/{part}")).send(&app).await.problem(404, "draft_not_found");
    }
}

#[actix_web::test]
async fn a_part_of_the_requirements_is_written_only_when_it_is_open() {
    let app = App::new();
    let (person, other) = (app.writer(1).await, app.person(2));
    let path = empty_draft(&app, &person).await;
    for place in ["1", "0", "x", "-1", "99999999999"] {
        let reply = person.post_json(&format!("{path}/sections/{place}/write"), &json!({})).send(&app).await;
        reply.problem(409, "section_not_open");
    }
    let reply = person.post_json(&format!("{path}/coverage/write"), &json!({})).send(&app).await;
    reply.problem(409, "nothing_to_refine");
    for part in ["sections/1", "coverage"] {
        other.post_json(&format!("{path}/{part}/write"), &json!({})).send(&app).await.problem(404, "draft_not_found");
    }
}

#[actix_web::test]
async fn a_draft_is_judged_and_what_the_model_said_is_listed() {
    let app = App::new();
    let person = app.writer(1).await;
    let path = format!("/drafts/{}/judgements", app.draft(&person).await["id"].as_str().unwrap());
    person.post(&path).send(&app).await.problem(409, "no_judged_rules");
    let none = person.get(&path).send(&app).await.good(200);
    assert_eq!(none, json!({"items": [], "job_id": null}));
    let question = "Does the story name who benefits?";
    let judged = json!([{"name": "benefit", "question": question, "finding_when": "no", "severity": "info"}]);
    let rules = json!({"id": "", "name": "Judged", "judged": judged});
    let made = person.post_json("/rule-sets", &json!({ "rules": rules })).send(&app).await.good(201);
    assert_eq!(made["rules"]["judged"][0]["severity"], "info");
    let draft = path.trim_end_matches("/judgements");
    person.put(draft, &json!({"rule_set": "judged"}), Some("\"2\"")).send(&app).await.good(200);
    let job = person.post(&path).send(&app).await.good(202);
    let open = person.get(&path).send(&app).await.good(200);
    assert_eq!((&open["job_id"], &open["items"][0]["state"]), (&job["job_id"], &json!("open")));
    let answer = json!({"judgements": [{"rule": "benefit", "answer": "no", "quote": "Refund a payment"}]});
    app.chat.will_say(Script::text(&answer.to_string()));
    app.work().await;
    let found = person.get(&path).send(&app).await.good(200);
    let item = &found["items"][0];
    assert_eq!(
        (&item["code"], &item["state"], &item["answer"]),
        (&json!("judged:benefit"), &json!("finding"), &json!("no"))
    );
    assert_eq!((&item["field"], &item["start"], &item["end"]), (&json!("stories.0.summary"), &json!(0), &json!(16)));
    assert_eq!(
        (&item["model"], &item["question"], &found["job_id"]),
        (&json!("model-1"), &json!(question), &json!(null))
    );
    // It is no finding, and nothing that keeps the draft from Jira.
    let findings = person.get(&format!("{draft}/findings")).send(&app).await.good(200);
    assert_eq!((&findings["findings"], &findings["blocked"]), (&json!([]), &json!(false)));
}
