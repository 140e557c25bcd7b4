//! Publishing through a tool of the pretend company's MCP server, where the administrator has declared how.

use crate::mcp;
use crate::support::{Browser, Company, REQUIREMENTS};
use serde_json::json;
use storywright_sandbox::{FaultKind, FaultRule, LoggedRequest, Service};

const CREATE: &str = "/jira/tools/call/jira_create_issue";

/// A company in which issues are created by `jira_create_issue`.
fn company() -> Company {
    let company = Company::start_with(|config| {
        config["sites"][0]["publish_through"] = json!({
            "server": "mcp-jira",
            "tool": "jira_create_issue",
            "arguments": {"project_key": "{{project}}", "summary": "{{summary}}", "issue_type": "{{issue_type}}"},
            "fields_argument": "additional_fields",
            "rename": {"description": "Description", "issuetype": "IssueType"},
        });
    });
    company.member("ada");
    let mut ada = Browser::sign_in(&company, "ada");
    let page = ada.until("/tools", |page| page.contains(">jira_create_issue<"));
    let hash = page
        .split("name=\"tool\" value=\"jira_create_issue\"><input type=\"hidden\" name=\"hash\" value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("the form of the tool");
    let decision = [
        ("server", "mcp-jira"),
        ("tool", "jira_create_issue"),
        ("hash", hash),
        ("class", "write"),
        ("words", "Creates an issue of an approved plan"),
    ];
    ada.send("/tools", "/tools/approve", &decision);
    company
}

fn calls(company: &Company) -> Vec<LoggedRequest> {
    company.sandbox.requests().into_iter().filter(|request| request.tool() == Some("jira_create_issue")).collect()
}

fn posts(company: &Company) -> Vec<LoggedRequest> {
    let is_create = |request: &LoggedRequest| request.method == "POST" && request.path == "/jira/rest/api/2/issue";
    company.sandbox.requests().into_iter().filter(is_create).collect()
}

/// Publishes a tree with a fault at its second call; every issue is there once, whatever happened to the answer.
fn publish_with(fault: Option<FaultKind>) {
    let company = company();
    let alice = company.member("alice");
    let draft = alice.written(REQUIREMENTS);
    let planned = alice.get(&format!("drafts/{draft}/plan")).expect(200)["issues"].as_array().unwrap().len();
    assert!(planned >= 3);
    if let Some(kind) = fault {
        company.sandbox.add_fault(FaultRule::new(Service::Mcp, kind).on("POST", CREATE).after(1)).unwrap();
    }
    let began = mcp::now(&company);
    let run = alice.publish(&draft, "through");
    let mut view = alice.settled(&run);
    if view["state"] != "completed" {
        alice.call("POST", &format!("runs/{run}/resume"), json!({})).expect(202);
        view = alice.settled(&run);
    }
    assert_eq!(view["state"], "completed", "{view:#}");
    let created = company.created();
    assert_eq!(
        (created.len(), calls(&company).len(), posts(&company).len()),
        (planned, planned, planned),
        "{created:#?}"
    );
    assert!(company.sandbox.faults().is_empty(), "the fault was met");
    let parent = &created.iter().find(|(_, _, parent)| parent.is_none()).unwrap().0;
    assert_eq!(created.iter().filter(|(_, _, of)| of.as_ref() == Some(parent)).count(), planned - 1);
    // What says "no writes" of the agent counts these: each call of the tool, and what the server behind it sent on.
    let writes = mcp::writes(&mcp::after(&company, began));
    let by_tool = writes.iter().filter(|write| write.ends_with(" jira_create_issue")).count();
    let by_rest = writes.iter().filter(|write| write.trim_end() == "POST /jira/rest/api/2/issue").count();
    assert_eq!((by_tool, by_rest), (planned, planned), "{writes:#?}");
    for post in posts(&company) {
        assert!(post.user_agent.unwrap().starts_with("sandbox-mcp/"), "by the tool alone");
        assert_eq!(post.person.as_deref(), Some("alice"));
    }
    let me = company.person("alice").jira_key;
    assert!(company.sandbox.issues().iter().filter(|issue| !issue.seeded).all(|issue| issue.creator == me));
}

#[test]
fn a_tool_creates_the_whole_tree_as_the_person() {
    publish_with(None);
}

#[test]
fn a_stream_that_breaks_after_the_creation_is_adopted_through_rest() {
    publish_with(Some(FaultKind::Truncate { after_bytes: Some(60) }));
}

#[test]
fn a_connection_that_is_lost_after_the_creation_is_adopted_through_rest() {
    publish_with(Some(FaultKind::DropAfter));
}

#[test]
fn a_tool_that_nobody_approved_for_writing_creates_nothing() {
    let company = company();
    let mut ada = Browser::sign_in(&company, "ada");
    ada.send("/tools", "/tools/revoke", &[("server", "mcp-jira"), ("tool", "jira_create_issue")]);
    let alice = company.member("alice");
    let draft = alice.written(REQUIREMENTS);
    let run = alice.publish(&draft, "through");
    let view = alice.settled(&run);
    assert_ne!(view["state"], "completed", "{view:#}");
    assert!(company.created().is_empty() && calls(&company).is_empty() && posts(&company).is_empty());
}
