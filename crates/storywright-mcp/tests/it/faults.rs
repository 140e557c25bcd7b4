//! What goes wrong on the way to a server and in it: never sent twice, never believed too much, never taken in whole.

use crate::support::{Company, Hurrying, call, client, method, story};
use serde_json::{Value, json};
use std::sync::Arc;
use storywright_domain::Millis;
use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::{ToolError, ToolServer};
use storywright_sandbox::{FaultKind, FaultRule, McpProtocols, Service};

const CREATE: &str = "/jira/tools/call/jira_create_issue";

/// Both protocols.
fn companies() -> [Company; 2] {
    [McpProtocols::Modern, McpProtocols::Old].map(|spoken| Company::open(|settings| settings.mcp_protocols = spoken))
}

#[test]
fn a_broken_call_is_of_unknown_outcome_and_sent_once() {
    for company in companies() {
        for (kind, done) in [
            (FaultKind::DropAfter, 1),
            (FaultKind::DropBefore, 0),
            (FaultKind::Truncate { after_bytes: Some(60) }, 1),
            (FaultKind::StatusAfterCommit { code: 504, body: None, headers: Default::default() }, 1),
            (FaultKind::Status { code: 503, body: None, headers: Default::default() }, 0),
        ] {
            let before = (company.sandbox.issues().len(), company.calls("jira_create_issue").len());
            company.fault(kind.clone(), CREATE);
            let error = company.call("jira_create_issue", &story()).unwrap_err();
            assert!(matches!(error, ToolError::NoAnswer { .. }), "{kind:?}: {error}");
            assert_eq!(company.calls("jira_create_issue").len(), before.1 + 1, "{kind:?}: posted once");
            assert_eq!(company.sandbox.issues().len(), before.0 + done, "{kind:?}");
            assert!(!company.call("jira_get_all_projects", &json!({})).unwrap().failed, "the next call is fine");
        }
    }
}

#[test]
fn json_that_breaks_off_is_no_answer_to_trust() {
    for company in companies() {
        company.fault(FaultKind::MalformedJson, CREATE);
        let before = company.sandbox.issues().len();
        let error = company.call("jira_create_issue", &story()).unwrap_err();
        assert!(matches!(error, ToolError::Malformed { .. } | ToolError::NoAnswer { .. }), "{error}");
        assert_eq!((company.sandbox.issues().len(), company.calls("jira_create_issue").len()), (before + 1, 1));
    }
}

#[test]
fn stopping_a_call_closes_its_request_and_tells_an_old_server() {
    for company in companies() {
        let old = company.sandbox.settings().mcp_protocols == McpProtocols::Old;
        // Nothing but the head comes through, so that only the client can end it.
        company.fault(FaultKind::Stall { after_bytes: Some(0) }, "/jira/tools/call/*");
        let stop = Cancellation::new();
        let is = |request: &storywright_sandbox::LoggedRequest, outcome: &str| {
            method(request) == "tools/call" && request.outcome == outcome
        };
        let answer = std::thread::scope(|scope| {
            let calling = scope.spawn(|| {
                let asked = call("jira_search", &json!({"jql": "project = PAY"}));
                company.client.call_tool(&company.access("alice"), &asked, &stop)
            });
            company.until("the call streams", |log| log.iter().any(|request| is(request, "streaming")));
            stop.cancel();
            calling.join().unwrap()
        });
        assert_eq!(answer, Err(ToolError::Cancelled));
        company.until("the request is closed", |log| log.iter().any(|request| is(request, "client_gone")));
        if old {
            company.until("the server is told", |log| log.iter().any(|r| method(r) == "notifications/cancelled"));
            company.until("the session is left", |log| log.iter().any(|request| request.method == "DELETE"));
        }
        assert_eq!(company.calls("jira_search").len(), 1);
    }
}

#[test]
fn a_call_has_an_end_whatever_the_server_does() {
    for company in companies() {
        // Each look at the clock costs; a second is left for the call itself.
        let looks = if company.sandbox.settings().mcp_protocols == McpProtocols::Old { 5 } else { 2 };
        let hurrying = client(&company.sandbox, Arc::new(Hurrying::by(Millis((30_000 - 1_000) / looks))));
        company.fault(FaultKind::Stall { after_bytes: Some(10) }, CREATE);
        let asked = call("jira_create_issue", &story());
        let error = hurrying.call_tool(&company.access("alice"), &asked, &Cancellation::new()).unwrap_err();
        assert!(matches!(error, ToolError::NoAnswer { .. }), "{error}");
        assert_eq!(company.calls("jira_create_issue").len(), 1);
    }
}

#[test]
fn a_huge_result_is_cut_and_a_monstrous_one_is_refused() {
    for company in companies() {
        let search = json!({"jql": "project = PAY ORDER BY key", "limit": 3});
        company.fault(FaultKind::HugeResult { bytes: Some(200_000) }, "/jira/tools/call/*");
        let result = company.call("jira_search", &search).unwrap();
        assert!(result.cut && result.text.len() <= 64 * 1_024 && result.json.is_none());
        assert!(result.bytes > 400_000, "the text and the same once more: {}", result.bytes);
        company.fault(FaultKind::HugeResult { bytes: Some(3_000_000) }, "/jira/tools/call/*");
        let error = company.call("jira_search", &search).unwrap_err();
        assert!(matches!(error, ToolError::Malformed { .. }), "{error}");
        assert_eq!(company.calls("jira_search").len(), 2);
    }
}

#[test]
fn a_changed_definition_is_another_one() {
    for company in companies() {
        let honest = company.list().unwrap();
        for kind in [
            FaultKind::ChangedDefinition { tool: Some("jira_search".to_owned()) },
            FaultKind::PoisonedDescription { tool: Some("jira_search".to_owned()), text: None },
        ] {
            company.sandbox.add_fault(FaultRule::new(Service::Mcp, kind)).unwrap();
            let changed = company.list().unwrap();
            let differing: Vec<&str> = std::iter::zip(&honest.tools, &changed.tools)
                .filter(|(honest, changed)| honest.canonical != changed.canonical)
                .map(|(tool, _)| tool.name.as_str())
                .collect();
            assert_eq!(differing, ["jira_search"]);
            company.sandbox.clear_faults();
        }
        assert_eq!(company.list().unwrap(), honest);
    }
}

#[test]
fn invisible_words_in_a_description_put_the_tool_aside() {
    let company = Company::open(|_| {});
    let hidden = "Search.\u{e0041}\u{e0042}".to_owned();
    let kind = FaultKind::PoisonedDescription { tool: Some("jira_search".to_owned()), text: Some(hidden) };
    company.sandbox.add_fault(FaultRule::new(Service::Mcp, kind)).unwrap();
    let list = company.list().unwrap();
    assert!(list.tools.iter().all(|tool| tool.name != "jira_search"));
    assert_eq!(list.refused.iter().map(|tool| tool.name.as_str()).collect::<Vec<_>>(), ["jira_search"]);
}

#[test]
fn a_poisoned_result_is_data_like_any_other() {
    let company = Company::open(|_| {});
    company.fault(FaultKind::PoisonedResult { text: None }, "/jira/tools/call/jira_get_issue");
    let result = company.call("jira_get_issue", &json!({"issue_key": "PAY-3"})).unwrap();
    let json: Value = serde_json::from_str(&result.json.unwrap()).unwrap();
    assert!(json["note"].as_str().unwrap().contains("ignore all previous instructions"), "it arrives as it is");
    assert_eq!(company.calls("jira_create_issue").len(), 0);
}

#[test]
fn pages_that_go_round_are_noticed() {
    for company in companies() {
        company.sandbox.add_fault(FaultRule::new(Service::Mcp, FaultKind::CircularPages)).unwrap();
        let error = company.list().unwrap_err();
        assert!(error.to_string().contains("round in a circle"), "{error}");
        let lists = company.asked().iter().filter(|method| *method == "tools/list").count();
        assert_eq!(lists, 2, "the first page, and the one that it names");
    }
}

#[test]
fn a_list_is_asked_for_again_where_a_call_is_not() {
    let company = Company::open(|settings| settings.mcp_protocols = McpProtocols::Old);
    // A proxy that lost the session, once.
    let lost = FaultKind::Status { code: 404, body: Some(json!("gone")), headers: Default::default() };
    company.fault(lost.clone(), "/jira/tools/list");
    assert!(!company.list().unwrap().tools.is_empty());
    company.fault(lost, CREATE);
    let error = company.call("jira_create_issue", &story()).unwrap_err();
    assert!(matches!(error, ToolError::NoAnswer { .. }), "{error}");
    assert_eq!(company.calls("jira_create_issue").len(), 1);
}

#[test]
fn who_is_not_let_in_and_who_must_wait_are_told_apart() {
    for company in companies() {
        let list = "/jira/tools/list";
        company.fault(FaultKind::HtmlLogin, list);
        assert!(matches!(company.list(), Err(ToolError::Unauthorized { .. })));
        company.fault(FaultKind::Status { code: 401, body: None, headers: Default::default() }, list);
        assert!(matches!(company.list(), Err(ToolError::Unauthorized { .. })));
        company.fault(FaultKind::RetryAfter { seconds: 3, code: 429 }, "/jira/tools/call/*");
        let limited = company.call("jira_get_all_projects", &json!({})).unwrap_err();
        assert_eq!(limited, ToolError::RateLimited { retry_after_ms: 3_000 });
    }
}
