//! MCP servers that offer and answer what a test wrote for them.

use crate::Gate;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use storywright_domain::UserId;
use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::{ToolAccess, ToolError, ToolServer};
use storywright_domain::tool::{ToolCall, ToolList, ToolResult};

/// How one call is answered.
#[derive(Clone)]
pub struct ToolScript {
    /// Waits here first; the call has reached the server by then.
    pub gate: Option<Gate>,
    /// What comes back.
    pub end: Result<ToolResult, ToolError>,
}

impl ToolScript {
    /// An answer of plain text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self { gate: None, end: Ok(result(text, None, false)) }
    }

    /// An answer that holds JSON, as text and as value.
    #[must_use]
    pub fn json(json: &str) -> Self {
        Self { gate: None, end: Ok(result(json, Some(json), false)) }
    }

    /// A tool that says that it failed.
    #[must_use]
    pub fn failed(text: &str) -> Self {
        Self { gate: None, end: Ok(result(text, None, true)) }
    }

    /// A call without an answer.
    #[must_use]
    pub fn error(error: ToolError) -> Self {
        Self { gate: None, end: Err(error) }
    }

    /// The same, held at a gate first.
    #[must_use]
    pub fn held(self, gate: &Gate) -> Self {
        Self { gate: Some(gate.clone()), ..self }
    }
}

fn result(text: &str, json: Option<&str>, failed: bool) -> ToolResult {
    let bytes = u64::try_from(text.len()).unwrap_or(0);
    ToolResult { text: text.to_owned(), json: json.map(str::to_owned), failed, bytes, cut: false }
}

/// A call that reached a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeCall {
    /// On whose behalf.
    pub user: UserId,
    /// Which server.
    pub server: String,
    /// What was called.
    pub call: ToolCall,
    /// The request id that travelled with it.
    pub request_id: String,
}

/// MCP servers in memory. A server that was never told to offer anything is not reachable.
#[derive(Default)]
pub struct FakeTools {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    servers: BTreeMap<String, Server>,
    calls: Vec<MadeCall>,
    lists: Vec<(UserId, String)>,
}

#[derive(Default)]
struct Server {
    list: Option<Result<ToolList, ToolError>>,
    /// Lists of single persons, before the one for everybody.
    lists: BTreeMap<UserId, Result<ToolList, ToolError>>,
    /// The next answers by tool, then what it answers always.
    next: BTreeMap<String, VecDeque<ToolScript>>,
    always: BTreeMap<String, ToolScript>,
    refused: Vec<String>,
}

impl FakeTools {
    /// From now on the server offers this, or fails like this, to everybody.
    pub fn offers(&self, server: &str, list: Result<ToolList, ToolError>) {
        self.lock().servers.entry(server.to_owned()).or_default().list = Some(list);
    }

    /// From now on the server offers this, or fails like this, to one person.
    pub fn offers_to(&self, server: &str, person: UserId, list: Result<ToolList, ToolError>) {
        self.lock().servers.entry(server.to_owned()).or_default().lists.insert(person, list);
    }

    /// The next call of the tool that has no answer yet is answered so.
    pub fn will_answer(&self, server: &str, tool: &str, script: ToolScript) {
        let mut state = self.lock();
        let server = state.servers.entry(server.to_owned()).or_default();
        server.next.entry(tool.to_owned()).or_default().push_back(script);
    }

    /// Calls of the tool for which nothing else waits are answered so. Without that, a tool is unknown.
    pub fn answers(&self, server: &str, tool: &str, script: ToolScript) {
        self.lock().servers.entry(server.to_owned()).or_default().always.insert(tool.to_owned(), script);
    }

    /// The server does not accept this credential any more.
    pub fn refuses(&self, server: &str, credential: &str) {
        self.lock().servers.entry(server.to_owned()).or_default().refused.push(credential.to_owned());
    }

    /// The calls that reached a server, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<MadeCall> {
        self.lock().calls.clone()
    }

    /// For whom tools were listed, and of which server, in order.
    #[must_use]
    pub fn lists(&self) -> Vec<(UserId, String)> {
        self.lock().lists.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The headers of the server need values that the person has; a value that is not there is the error of the port.
fn check_values(access: &ToolAccess) -> Result<(), ToolError> {
    for template in access.server.headers.values() {
        let names = template.split("{{").skip(1).filter_map(|rest| rest.split("}}").next());
        for name in names.map(str::trim).filter(|name| *name != "request_id") {
            let known = access.secrets.iter().any(|(known, _)| *known == name)
                || access.values.iter().any(|(known, _)| *known == name);
            if !known {
                return Err(ToolError::Unauthorized { detail: format!("`{name}` is not connected") });
            }
        }
    }
    Ok(())
}

/// The arguments are a JSON object.
fn check_arguments(call: &ToolCall) -> Result<(), ToolError> {
    match serde_json::from_str::<serde_json::Value>(&call.arguments) {
        Ok(arguments) if arguments.is_object() => Ok(()),
        _ => Err(ToolError::Rejected { code: 0, detail: "the arguments are no JSON object".to_owned() }),
    }
}

impl Server {
    fn admits(&self, access: &ToolAccess) -> Result<(), ToolError> {
        let refused = |secret: &storywright_domain::Secret| self.refused.iter().any(|known| known == secret.reveal());
        match access.secrets.iter().any(|(_, secret)| refused(secret)) {
            true => Err(ToolError::Unauthorized { detail: "status 401".to_owned() }),
            false => Ok(()),
        }
    }
}

impl ToolServer for FakeTools {
    fn list_tools(&self, access: &ToolAccess, cancellation: &Cancellation) -> Result<ToolList, ToolError> {
        check_values(access)?;
        if cancellation.is_cancelled() {
            return Err(ToolError::Cancelled);
        }
        let mut state = self.lock();
        state.lists.push((access.user, access.server.id.clone()));
        let server = state.servers.get(&access.server.id);
        let server = server.ok_or_else(|| ToolError::Unreachable { detail: "no connection".to_owned() })?;
        server.admits(access)?;
        let list = server.lists.get(&access.user).or(server.list.as_ref());
        list.cloned().unwrap_or_else(|| Err(ToolError::Unreachable { detail: "no connection".to_owned() }))
    }

    fn call_tool(
        &self,
        access: &ToolAccess,
        call: &ToolCall,
        cancellation: &Cancellation,
    ) -> Result<ToolResult, ToolError> {
        check_values(access)?;
        check_arguments(call)?;
        if cancellation.is_cancelled() {
            return Err(ToolError::Cancelled);
        }
        let script = {
            let mut state = self.lock();
            let server = state.servers.get_mut(&access.server.id);
            let server = server.ok_or_else(|| ToolError::Unreachable { detail: "no connection".to_owned() })?;
            server.admits(access)?;
            let next = server.next.get_mut(&call.tool).and_then(VecDeque::pop_front);
            let script = next.or_else(|| server.always.get(&call.tool).cloned());
            state.calls.push(MadeCall {
                user: access.user,
                server: access.server.id.clone(),
                call: call.clone(),
                request_id: access.request_id.as_str().to_owned(),
            });
            script
        };
        let unknown = || ToolError::Rejected { code: -32_602, detail: format!("unknown tool: {}", call.tool) };
        let script = script.ok_or_else(unknown)?;
        if let Some(gate) = &script.gate {
            gate.pass(cancellation);
        }
        if cancellation.is_cancelled() { Err(ToolError::Cancelled) } else { script.end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build;
    use crate::contract::{ToolServerFixture, tool_server_contract};

    fn call(tool: &str) -> ToolCall {
        ToolCall { tool: tool.to_owned(), arguments: "{}".to_owned() }
    }

    #[test]
    fn it_offers_and_answers_what_was_written() {
        let (fake, none) = (FakeTools::default(), Cancellation::new());
        let access = build::tool_access(1, "token");
        assert!(matches!(fake.list_tools(&access, &none), Err(ToolError::Unreachable { .. })));
        fake.offers("mcp-jira", Ok(build::tool_list(vec![build::tool("jira_search", "Searches")])));
        assert_eq!(fake.list_tools(&access, &none).unwrap().tools.len(), 1);
        fake.answers("mcp-jira", "jira_search", ToolScript::json("[]"));
        fake.will_answer("mcp-jira", "jira_search", ToolScript::failed("no"));
        let failed = |fake: &FakeTools| fake.call_tool(&access, &call("jira_search"), &none).unwrap().failed;
        assert!(failed(&fake) && !failed(&fake));
        assert!(matches!(fake.call_tool(&access, &call("other"), &none), Err(ToolError::Rejected { .. })));
        assert_eq!(fake.calls().len(), 3);
        fake.refuses("mcp-jira", "token");
        assert!(matches!(fake.list_tools(&access, &none), Err(ToolError::Unauthorized { .. })));
        let nobody = ToolAccess { secrets: Vec::new(), ..access };
        assert!(matches!(fake.list_tools(&nobody, &none), Err(ToolError::Unauthorized { .. })));
    }

    #[test]
    fn it_keeps_the_contract() {
        let fake = FakeTools::default();
        fake.offers("mcp-jira", Ok(build::tool_list(vec![build::tool("find", "Finds"), build::tool("fail", "Fails")])));
        fake.answers("mcp-jira", "find", ToolScript::json(r#"{"key":"PAY-1"}"#));
        fake.answers("mcp-jira", "fail", ToolScript::failed("no"));
        fake.refuses("mcp-jira", "nobodys");
        let site = ToolServerFixture {
            access: build::tool_access(1, "token"),
            wrong: build::tool_access(1, "nobodys"),
            finds: (call("find"), "PAY-1".to_owned()),
            fails: call("fail"),
        };
        tool_server_contract(&fake, &site);
    }

    #[test]
    fn a_held_call_ends_when_it_is_cancelled() {
        let (fake, gate, cancellation) = (FakeTools::default(), Gate::default(), Cancellation::new());
        fake.answers("mcp-jira", "slow", ToolScript::text("late").held(&gate));
        let access = build::tool_access(1, "token");
        let answer = std::thread::scope(|scope| {
            let calling = scope.spawn(|| fake.call_tool(&access, &call("slow"), &cancellation));
            gate.await_reached();
            cancellation.cancel();
            calling.join().unwrap()
        });
        assert_eq!(answer, Err(ToolError::Cancelled));
    }
}
