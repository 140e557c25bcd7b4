//! Which protocol is spoken, how one falls back to the other, and what travels with each request.

use crate::support::{ASKED, Company, story};
use serde_json::json;
use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::ToolServer;
use storywright_domain::{Millis, RequestId};
use storywright_sandbox::McpProtocols;

fn speaking(protocols: McpProtocols) -> Company {
    Company::open(|settings| settings.mcp_protocols = protocols)
}

#[test]
fn the_modern_protocol_comes_first_and_needs_no_session() {
    for protocols in [McpProtocols::Both, McpProtocols::Modern] {
        let company = speaking(protocols);
        let list = company.list().unwrap();
        assert_eq!((list.protocol.as_str(), list.server.as_str()), ("2026-07-28", "sandbox-jira 0.1.0"));
        assert_eq!(list.ttl_ms, Some(300_000));
        assert!(!company.call("jira_get_all_projects", &json!({})).unwrap().failed);
        // What a server speaks is asked once.
        assert_eq!(company.asked(), ["server/discover", "tools/list", "tools/call"]);
        let call = company.calls("jira_get_all_projects").pop().unwrap();
        let header = |name: &str| call.headers.get(name).map(String::as_str);
        assert_eq!(header("mcp-protocol-version"), Some("2026-07-28"));
        assert_eq!((header("mcp-method"), header("mcp-name")), (Some("tools/call"), Some("jira_get_all_projects")));
    }
}

#[test]
fn an_old_server_is_met_with_a_session_and_asked_again_later() {
    let company = speaking(McpProtocols::Old);
    assert_eq!(company.list().unwrap().protocol, "2025-11-25");
    let asked = ["server/discover", "initialize", "notifications/initialized", "tools/list"];
    assert_eq!(company.asked()[..4], asked);
    // The session is left beside the operation, on a thread of its own.
    company.until("the session is left", |log| log.iter().any(|request| request.method == "DELETE"));
    assert!(!company.call("jira_get_all_projects", &json!({})).unwrap().failed);
    assert_eq!(company.asked()[5..8], ["initialize", "notifications/initialized", "tools/call"], "the old way at once");
    // After half an hour it may have learned the new protocol.
    company.clock.advance(Millis::minutes(31));
    let mut settings = company.sandbox.settings();
    settings.mcp_protocols = McpProtocols::Both;
    company.sandbox.set_settings(settings);
    assert_eq!(company.list().unwrap().protocol, "2026-07-28");
}

#[test]
fn a_server_that_forgets_the_modern_protocol_is_met_anew() {
    let company = speaking(McpProtocols::Both);
    assert_eq!(company.list().unwrap().protocol, "2026-07-28");
    let mut settings = company.sandbox.settings();
    settings.mcp_protocols = McpProtocols::Old;
    company.sandbox.set_settings(settings);
    assert_eq!(company.list().unwrap().protocol, "2025-11-25");
}

#[test]
fn each_request_carries_its_id_and_the_callers_credential() {
    let company = speaking(McpProtocols::Both);
    for (who, access) in [("alice", company.access("alice")), ("bob", company.access("bob"))] {
        let made = crate::support::call("jira_create_issue", &story());
        let made = company.client.call_tool(&access, &made, &Cancellation::new()).unwrap();
        assert!(!made.failed, "{}", made.text);
        let key = serde_json::from_str::<serde_json::Value>(&made.json.unwrap()).unwrap()["issue"]["key"].clone();
        let issue = company.sandbox.issues().into_iter().find(|issue| issue.key == key).unwrap();
        assert_eq!(issue.creator, company.sandbox.person(who).unwrap().jira_key);
    }
    let id = RequestId::from_number(ASKED);
    for request in company.sandbox.requests() {
        assert_eq!(request.request_id.as_deref(), Some(id.as_str()), "{}", request.path);
    }
    let people: Vec<_> = company.calls("jira_create_issue").into_iter().map(|call| call.person.unwrap()).collect();
    assert_eq!(people, ["alice", "bob"]);
}
