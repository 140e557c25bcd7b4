//! Bad input and bad moods of the services: each has a clear answer, and nothing is lost.

use crate::support::{Company, PASSWORD, REQUIREMENTS};
use serde_json::json;
use storywright_sandbox::{FaultKind, FaultRule, Service};

#[test]
fn sign_up_says_what_is_wrong_with_a_token() {
    let company = Company::start();
    let nobody = company.nobody();
    let sign_up =
        |pat: &str| nobody.call("POST", "registrations", json!({"jira_site": "company-jira", "jira_pat": pat}));
    let alice = company.person("alice");
    let refused = |pat: &str, field: &str| {
        let problem = sign_up(pat).problem(422, "invalid_input");
        assert_eq!(problem["errors"][0]["field"], field, "{problem:#}");
    };
    refused("not-a-token-at-all", "jira_pat");
    refused("  ", "jira_pat");
    sign_up(&company.person("carol").jira_pat).problem(403, "account_inactive");
    sign_up(&company.person("dave").jira_pat).problem(403, "account_deleted");
    let elsewhere = json!({"jira_site": "elsewhere", "jira_pat": alice.jira_pat});
    let problem = nobody.call("POST", "registrations", elsewhere).problem(422, "invalid_input");
    assert_eq!(problem["errors"][0]["code"], "site_not_listed", "{problem:#}");
    for kind in [FaultKind::HtmlLogin, FaultKind::Anonymous] {
        company
            .sandbox
            .add_fault(FaultRule::new(Service::Jira, kind).on("GET", "/rest/api/2/myself").times(1))
            .unwrap();
        refused(&alice.jira_pat, "jira_pat");
    }
    let (head, tail) = alice.jira_pat.split_at(10);
    sign_up(&format!("  {head}\r\n{tail}\n ")).expect(201);
}

#[test]
fn a_password_is_checked_and_a_second_account_is_refused() {
    let company = Company::start();
    let nobody = company.nobody();
    let pat = company.person("alice").jira_pat;
    let registration =
        nobody.call("POST", "registrations", json!({"jira_site": "company-jira", "jira_pat": pat})).expect(201);
    let path = format!("registrations/{}/confirm", registration["registration_id"].as_str().unwrap());
    nobody.call("POST", &path, json!({"password": "short"})).problem(422, "password_refused");
    nobody.call("POST", &path, json!({"password": PASSWORD})).expect(201);
    nobody.call("POST", &path, json!({"password": PASSWORD})).problem(404, "registration_not_found");
    nobody
        .call("POST", "registrations", json!({"jira_site": "company-jira", "jira_pat": pat}))
        .problem(409, "already_registered");
}

#[test]
fn employee_ids_that_differ_are_shown_and_switch_the_feature_off() {
    let company = Company::start();
    let erin = company.signed_up("erin");
    let person = company.person("erin");
    erin.call("PUT", "integrations/llm", json!({"service": "sandbox", "credential": person.llm.credential}))
        .expect(200);
    let report = erin.call("POST", "integrations/llm/test", json!({})).expect(200);
    assert_eq!(
        (&report["ok"], report["employee_id"].as_str(), report["expected_employee_id"].as_str()),
        (&json!(false), Some(person.llm.employee_id.as_str()), Some(person.employee_id.as_str()))
    );
    assert!(report["detail"].as_str().unwrap().contains(&person.llm.employee_id), "{report:#}");
    let draft = erin.new_draft(REQUIREMENTS);
    erin.call("POST", &format!("drafts/{draft}/generate"), json!({})).problem(409, "integration_not_tested");
}

#[test]
fn bad_requirements_projects_and_types_are_named_together() {
    let company = Company::start();
    let alice = company.member("alice");
    let create = |requirements: &str, project: &str, issue_type: &str| {
        alice.call("POST", "drafts", json!({"requirements": requirements, "format": "classic", "project_key": project, "issue_type": issue_type}))
    };
    let problem = create(" \u{0} ", "pay!", "").problem(422, "invalid_input");
    let fields: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["requirements", "project_key", "issue_type"], "{problem:#}");
    create(REQUIREMENTS, "NOPE", "Story").problem(422, "invalid_input");
    create(REQUIREMENTS, "PAY", "Saga").problem(422, "invalid_input");
    create(&"x ".repeat(600_000), "PAY", "Story").problem(422, "invalid_input");
    assert_eq!(create(&"x".repeat(5_000_000), "PAY", "Story").status, 413);
    let id = create("Support\u{7} agents must refund payments.\r\nSoon.", "PAY", "Story").expect(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let draft = alice.get(&format!("drafts/{id}")).expect(200);
    assert_eq!(draft["requirements"], "Support agents must refund payments.\nSoon.");
}

#[test]
fn a_misbehaving_model_is_explained_and_the_draft_stays_editable() {
    let company = Company::start();
    let alice = company.member("alice");
    for (behavior, code) in [
        (json!({"kind": "length_empty"}), "llm_input_too_long"),
        // Cut again each time that it is asked to go on.
        (json!({"kind": "length_cut", "n": 20, "times": 4}), "llm_length"),
        (json!({"kind": "error_in_stream", "n": 20}), "llm_broke_off"),
        (json!({"kind": "drop_after_chunks", "n": 20}), "llm_broke_off"),
        (json!({"kind": "refuse"}), "llm_refused"),
        (json!({"kind": "bad_schema_once", "times": 2}), "llm_answer_unusable"),
        (json!({"kind": "expire_cookie_after_chunks", "n": 20}), "llm_credential_refused"),
    ] {
        company.llm_control("__behave", &behavior);
        let draft = alice.new_draft(REQUIREMENTS);
        let job = alice.generate(&draft);
        let events = alice.to_end(&job);
        let last = events.last().unwrap();
        assert_eq!((last.kind.as_str(), last.data["code"].as_str()), ("error", Some(code)), "{behavior}: {last:?}");
        assert!(last.data["message"].as_str().unwrap().len() > 20, "{last:?}");
        let view = alice.get(&format!("drafts/{draft}")).expect(200);
        assert_eq!(view["state"], "editing", "{behavior}");
    }
    // The expired cookie is seen where people look for it.
    let integrations = alice.get("integrations").expect(200);
    assert!(integrations.to_string().contains("llm_credential_refused"), "{integrations:#}");
}

#[test]
fn imperfect_but_usable_answers_are_used() {
    let company = Company::start();
    let alice = company.member("alice");
    for kind in ["fenced_json", "trailing_prose", "think_block", "sse_dialect", "bare_chunks", "bad_schema_once"] {
        company.llm_control("__behave", &json!({"kind": kind}));
        let draft = alice.written(REQUIREMENTS);
        let view = alice.get(&format!("drafts/{draft}")).expect(200);
        assert!(!view["document"]["stories"][0]["summary"].as_str().unwrap().is_empty(), "{kind}: {view:#}");
    }
}

#[test]
fn a_plan_that_was_not_looked_at_is_not_carried_out() {
    let company = Company::start();
    let alice = company.member("alice");
    let draft = alice.written(REQUIREMENTS);
    let publish = |hash: &str, key: &str| {
        alice.call_with(
            "POST",
            &format!("drafts/{draft}/publish"),
            &[("Idempotency-Key", key)],
            json!({"plan_hash": hash}),
        )
    };
    publish(&"0".repeat(64), "k1").problem(409, "plan_changed");
    publish(&"0".repeat(64), "bad key").problem(400, "idempotency_key_invalid");
    assert!(company.created().is_empty());
}

#[test]
fn a_refused_issue_is_named_with_its_field_and_blocks_only_its_own() {
    let company = Company::start();
    let alice = company.member("alice");
    let draft = alice.written(REQUIREMENTS);
    let refusal = FaultKind::Status {
        code: 400,
        body: Some(json!({"errorMessages": [], "errors": {"customfield_10040": "Requestor is required."}})),
        headers: Default::default(),
    };
    company
        .sandbox
        .add_fault(FaultRule::new(Service::Jira, refusal).on("POST", "/rest/api/2/issue").after(1).times(1))
        .unwrap();
    let run = alice.publish(&draft, "k1");
    let view = alice.settled(&run);
    assert_eq!(view["state"], "incomplete", "{view:#}");
    let refused: Vec<_> = view["items"].as_array().unwrap().iter().filter(|item| item["state"] == "rejected").collect();
    assert_eq!(refused.len(), 1, "{view:#}");
    assert!(refused[0]["problem"].as_str().unwrap().contains("customfield_10040: Requestor is required."), "{view:#}");
    let before = company.created().len();
    alice.call("POST", &format!("runs/{run}/resume"), json!({})).expect(202);
    assert_eq!(alice.settled(&run)["state"], "completed");
    assert_eq!(company.created().len(), before + 1, "only what was missing is created");
}
