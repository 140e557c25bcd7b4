//! One contract for every tool server: both protocols over sockets; the fake keeps it as well.

use crate::support::{Company, call};
use serde_json::json;
use storywright_domain::Secret;
use storywright_domain::ports::ToolAccess;
use storywright_sandbox::McpProtocols;
use storywright_testkit::{ToolServerFixture, tool_server_contract};

fn keeps_the_contract(protocols: McpProtocols, page_size: Option<usize>) {
    let company = Company::open(|settings| {
        settings.mcp_protocols = protocols;
        settings.mcp_page_size = page_size;
    });
    let with = |access: ToolAccess, name: &'static str| ToolServerFixture {
        wrong: ToolAccess { secrets: vec![(name, Secret::new("nobodys-token".to_owned()))], ..access.clone() },
        access,
        finds: (call("jira_search", &json!({"jql": "key = PAY-3"})), "Pay with a saved card".to_owned()),
        fails: call("jira_get_issue", &json!({"issue_key": "PAY-99999"})),
    };
    tool_server_contract(&company.client, &with(company.access("alice"), "jira_pat"));
    let wiki = ToolServerFixture {
        finds: (call("confluence_search", &json!({"query": "title ~ \"Card refunds\""})), "Card refunds".to_owned()),
        fails: call("confluence_get_page", &json!({"page_id": "999999"})),
        ..with(company.wiki("alice"), "confluence_pat")
    };
    tool_server_contract(&company.client, &wiki);
}

#[test]
fn a_modern_server_keeps_the_contract() {
    keeps_the_contract(McpProtocols::Modern, None);
}

#[test]
fn an_old_server_keeps_the_contract() {
    keeps_the_contract(McpProtocols::Old, None);
}

#[test]
fn a_server_of_both_eras_with_small_pages_keeps_the_contract() {
    keeps_the_contract(McpProtocols::Both, Some(3));
}
