//! The promises of [`ToolServer`], for the real adapter and the fake.

use serde_json::Value;
use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::{ToolAccess, ToolError, ToolServer};
use storywright_domain::tool::{ToolCall, ToolResult};

/// A server with a person who may call its tools.
pub struct ToolServerFixture {
    /// Access of the person.
    pub access: ToolAccess,
    /// The same with a credential that is nobody's.
    pub wrong: ToolAccess,
    /// A call that finds something, and a word of what it finds. Its answer is JSON.
    pub finds: (ToolCall, String),
    /// A call that the tool answers with a failure.
    pub fails: ToolCall,
}

/// Checks that a [`ToolServer`] keeps its promises.
///
/// # Panics
/// When a promise is broken.
pub fn tool_server_contract(server: &dyn ToolServer, site: &ToolServerFixture) {
    tools_are_listed_once_each_in_their_canonical_form(server, site);
    a_call_gives_text_and_json(server, site);
    a_failure_of_a_tool_is_a_result(server, site);
    an_unknown_tool_does_nothing(server, site);
    arguments_are_a_json_object(server, site);
    a_credential_that_is_missing_is_not_sent(server, site);
    a_credential_that_is_nobodys_opens_nothing(server, site);
    what_is_stopped_before_it_begins_does_not_begin(server, site);
}

fn call(server: &dyn ToolServer, access: &ToolAccess, call: &ToolCall) -> Result<ToolResult, ToolError> {
    server.call_tool(access, call, &Cancellation::new())
}

fn tools_are_listed_once_each_in_their_canonical_form(server: &dyn ToolServer, site: &ToolServerFixture) {
    let list = server.list_tools(&site.access, &Cancellation::new()).unwrap();
    assert!(list.tools.iter().any(|tool| tool.name == site.finds.0.tool), "the tool is on offer");
    assert!(!list.protocol.is_empty() && !list.server.is_empty());
    let mut names: Vec<&str> = list.tools.iter().map(|tool| tool.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), list.tools.len(), "each name once");
    for tool in &list.tools {
        let definition: Value = serde_json::from_str(&tool.canonical).expect("the canonical form is JSON");
        assert_eq!(definition["name"], tool.name.as_str());
        assert_eq!(definition["description"], tool.description.as_str());
        let schema: Value = serde_json::from_str(&tool.input_schema).expect("the schema is JSON");
        assert_eq!(definition["inputSchema"], schema);
    }
    assert_eq!(server.list_tools(&site.access, &Cancellation::new()).unwrap(), list, "the same list again");
}

fn a_call_gives_text_and_json(server: &dyn ToolServer, site: &ToolServerFixture) {
    let (finds, word) = &site.finds;
    let result = call(server, &site.access, finds).unwrap();
    assert!(!result.failed && !result.cut && result.bytes > 0, "{}", result.text);
    assert!(result.text.contains(word.as_str()), "{}", result.text);
    let json = result.json.expect("the text holds JSON");
    assert!(serde_json::from_str::<Value>(&json).is_ok() && json.contains(word.as_str()), "{json}");
}

fn a_failure_of_a_tool_is_a_result(server: &dyn ToolServer, site: &ToolServerFixture) {
    let result = call(server, &site.access, &site.fails).unwrap();
    assert!(result.failed && !result.text.is_empty());
}

fn an_unknown_tool_does_nothing(server: &dyn ToolServer, site: &ToolServerFixture) {
    let unknown = ToolCall { tool: "no_such_tool".to_owned(), arguments: "{}".to_owned() };
    match call(server, &site.access, &unknown) {
        Ok(result) => assert!(result.failed, "{}", result.text),
        Err(error) => assert!(matches!(error, ToolError::Rejected { .. }), "{error}"),
    }
}

fn arguments_are_a_json_object(server: &dyn ToolServer, site: &ToolServerFixture) {
    for arguments in ["", "[]", "1", "{", "{} {}"] {
        let odd = ToolCall { arguments: arguments.to_owned(), ..site.finds.0.clone() };
        let refused = call(server, &site.access, &odd).unwrap_err();
        assert!(matches!(refused, ToolError::Rejected { .. }), "{arguments}: {refused}");
    }
}

fn a_credential_that_is_missing_is_not_sent(server: &dyn ToolServer, site: &ToolServerFixture) {
    let nobody = ToolAccess { secrets: Vec::new(), ..site.access.clone() };
    let refused = |error: ToolError| assert!(matches!(error, ToolError::Unauthorized { .. }), "{error}");
    refused(server.list_tools(&nobody, &Cancellation::new()).unwrap_err());
    refused(call(server, &nobody, &site.finds.0).unwrap_err());
}

fn a_credential_that_is_nobodys_opens_nothing(server: &dyn ToolServer, site: &ToolServerFixture) {
    // Some servers refuse it, with others the tool does.
    match call(server, &site.wrong, &site.finds.0) {
        Ok(result) => assert!(result.failed && !result.text.contains(&site.finds.1), "{}", result.text),
        Err(error) => assert!(matches!(error, ToolError::Unauthorized { .. }), "{error}"),
    }
}

fn what_is_stopped_before_it_begins_does_not_begin(server: &dyn ToolServer, site: &ToolServerFixture) {
    let stopped = Cancellation::new();
    stopped.cancel();
    assert_eq!(server.list_tools(&site.access, &stopped), Err(ToolError::Cancelled));
    assert_eq!(server.call_tool(&site.access, &site.finds.0, &stopped), Err(ToolError::Cancelled));
}
