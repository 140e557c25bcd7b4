//! The port against a server that other people wrote: mcp-atlassian, in front of the pretend company.
//!
//! `STORYWRIGHT_MCP_URL` is its address, `STORYWRIGHT_MCP_PATS` the Jira tokens of two people, separated by a comma. Without them the tests say
//! that they were skipped. `cargo xtask test interop` starts the server and sets both.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test support")]

use serde_json::{Value, json};
use std::sync::Arc;
use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::{ToolAccess, ToolError, ToolServer};
use storywright_domain::remote::TlsTrust;
use storywright_domain::tool::{McpServer, ToolCall, ToolPurpose, ToolResult};
use storywright_domain::{RequestId, Secret, UserId};
use storywright_http::{Egress, EgressOptions};
use storywright_mcp::{McpClient, origin_of};
use storywright_vault::{SystemClock, SystemIds};

struct Company {
    client: McpClient,
    server: McpServer,
    pats: Vec<String>,
}

/// The server and two people, or nothing where there is none.
#[expect(clippy::disallowed_methods, reason = "the suite is told where the server is")]
fn company() -> Option<Company> {
    let (Ok(url), Ok(pats)) = (std::env::var("STORYWRIGHT_MCP_URL"), std::env::var("STORYWRIGHT_MCP_PATS")) else {
        eprintln!("skipped: STORYWRIGHT_MCP_URL is not set; `cargo xtask test interop` sets it");
        return None;
    };
    let server = McpServer {
        id: "real".to_owned(),
        name: "mcp-atlassian".to_owned(),
        purpose: ToolPurpose::Jira,
        url,
        headers: [("Authorization".to_owned(), "Token {{jira_pat}}".to_owned())].into(),
        allow_http: true,
        allow_loopback: true,
        projects: Vec::new(),
        spaces: Vec::new(),
    };
    let clock = Arc::new(SystemClock::default());
    let egress = Egress::new(
        vec![origin_of(&server).unwrap()],
        EgressOptions::new("interop", clock.clone(), Arc::new(SystemIds)),
    );
    let pats = pats.split(',').map(str::to_owned).collect();
    Some(Company { client: McpClient::new(egress, clock), server, pats })
}

impl Company {
    fn access(&self, person: usize) -> ToolAccess {
        self.with_pat(&self.pats[person])
    }

    fn with_pat(&self, pat: &str) -> ToolAccess {
        ToolAccess {
            user: UserId(1),
            server: self.server.clone(),
            secrets: vec![("jira_pat", Secret::new(pat.to_owned()))],
            values: Vec::new(),
            tls: TlsTrust::default(),
            request_id: RequestId::from_number(1),
        }
    }

    fn call(&self, access: &ToolAccess, tool: &str, arguments: &Value) -> Result<ToolResult, ToolError> {
        let call = ToolCall { tool: tool.to_owned(), arguments: arguments.to_string() };
        self.client.call_tool(access, &call, &Cancellation::new())
    }

    #[track_caller]
    fn json(&self, person: usize, tool: &str, arguments: &Value) -> Value {
        let result = self.call(&self.access(person), tool, arguments).unwrap();
        assert!(!result.failed, "{}", result.text);
        serde_json::from_str(&result.json.expect("the text holds JSON")).unwrap()
    }
}

#[test]
fn all_its_tools_are_listed() {
    let Some(company) = company() else { return };
    let list = company.client.list_tools(&company.access(0), &Cancellation::new()).unwrap();
    eprintln!(
        "{} tools, {} refused: {:?}; protocol {}, {}",
        list.tools.len(),
        list.refused.len(),
        list.refused.iter().map(|tool| (&tool.name, &tool.reason)).collect::<Vec<_>>(),
        list.protocol,
        list.server
    );
    let has = |name: &str| list.tools.iter().any(|tool| tool.name == name);
    for name in ["jira_create_issue", "jira_search", "jira_get_issue", "confluence_get_page", "confluence_search"] {
        assert!(has(name), "{name} is missing");
    }
    assert!(list.tools.iter().all(|tool| serde_json::from_str::<Value>(&tool.canonical).is_ok()));
}

#[test]
fn issues_are_searched_and_what_fails_is_told() {
    let Some(company) = company() else { return };
    let found = company.json(0, "jira_search", &json!({"jql": "project = PAY ORDER BY key", "limit": 3}));
    assert_eq!(found["issues"].as_array().map(Vec::len), Some(3), "{found}");
    let missing = company.call(&company.access(0), "jira_get_issue", &json!({"issue_key": "PAY-99999"})).unwrap();
    assert!(missing.failed, "{}", missing.text);
    let unknown = company.call(&company.access(0), "no_such_tool", &json!({}));
    assert!(unknown.is_err() || unknown.is_ok_and(|result| result.failed));
}

#[test]
fn a_credential_that_nobody_has_is_no_answer_to_trust() {
    let Some(company) = company() else { return };
    let nobody = company.with_pat("no-such-token");
    let answer = company.call(&nobody, "jira_search", &json!({"jql": "project = PAY", "limit": 1}));
    assert!(answer.is_err() || answer.is_ok_and(|result| result.failed));
}

#[test]
fn two_people_at_once_create_as_themselves() {
    let Some(company) = company() else { return };
    let keys: Vec<String> = std::thread::scope(|scope| {
        let made: Vec<_> = (0..2)
            .map(|person| {
                let company = &company;
                scope.spawn(move || {
                    // Field names in another case pass our own wiki text and the type's id through unchanged.
                    let fields = json!({"Description": "h2. As it is\n\n* {{a b}} *bold*", "labels": ["two-people"]});
                    let made = company.json(
                        person,
                        "jira_create_issue",
                        &json!({
                            "project_key": "PAY",
                            "summary": format!("Made by person {person}"),
                            "issue_type": "Story",
                            "additional_fields": fields.to_string(),
                        }),
                    );
                    made["issue"]["key"].as_str().unwrap().to_owned()
                })
            })
            .collect();
        made.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let reporters: Vec<Value> = keys
        .iter()
        .map(|key| {
            let issue = company.json(0, "jira_get_issue", &json!({"issue_key": key, "fields": "summary,reporter"}));
            issue["reporter"].clone()
        })
        .collect();
    assert_ne!(reporters[0], reporters[1], "each is its own person's");
    assert!(reporters.iter().all(|reporter| !reporter.is_null()));
    println!("created {}", keys.join(" "));
}
