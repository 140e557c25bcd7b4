//! A company with its MCP servers, and clients of them.

use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::{Clock, ToolAccess, ToolError, ToolServer};
use storywright_domain::remote::TlsTrust;
use storywright_domain::tool::{McpServer, ToolCall, ToolList, ToolPurpose, ToolResult};
use storywright_domain::{Millis, RequestId, Secret, Timestamp, UserId};
use storywright_http::{Egress, EgressOptions};
use storywright_mcp::{McpClient, origin_of};
use storywright_sandbox::{FaultKind, FaultRule, LoggedRequest, Options, Running, Sandbox, Service, Settings};
use storywright_testkit::FixedClock;
use storywright_vault::{SystemClock, SystemIds};

/// The request id of every call here.
pub const ASKED: u128 = 7;

/// The pretend company and a client of its MCP servers.
pub struct Company {
    pub sandbox: Running,
    pub client: McpClient,
    pub clock: Arc<FixedClock>,
}

impl Company {
    pub fn open(settings: impl FnOnce(&mut Settings)) -> Self {
        let sandbox = Sandbox::start(Options::default()).expect("the company opens");
        let mut set = sandbox.settings();
        settings(&mut set);
        sandbox.set_settings(set);
        let clock = Arc::new(FixedClock::default());
        let client = client(&sandbox, clock.clone());
        Self { sandbox, client, clock }
    }

    /// Jira's MCP server as a person.
    pub fn access(&self, who: &str) -> ToolAccess {
        let pat = self.sandbox.person(who).unwrap().jira_pat;
        access(&server(self.sandbox.mcp_jira_url(), ToolPurpose::Jira), "jira_pat", &pat)
    }

    /// Confluence's MCP server as a person.
    pub fn wiki(&self, who: &str) -> ToolAccess {
        let pat = self.sandbox.person(who).unwrap().confluence.credential;
        access(&server(self.sandbox.mcp_confluence_url(), ToolPurpose::Confluence), "confluence_pat", &pat)
    }

    pub fn list(&self) -> Result<ToolList, ToolError> {
        self.client.list_tools(&self.access("alice"), &Cancellation::new())
    }

    pub fn call(&self, tool: &str, arguments: &Value) -> Result<ToolResult, ToolError> {
        self.client.call_tool(&self.access("alice"), &call(tool, arguments), &Cancellation::new())
    }

    pub fn fault(&self, kind: FaultKind, path: &str) {
        self.sandbox.add_fault(FaultRule::new(Service::Mcp, kind).on("POST", path)).unwrap();
    }

    /// What was asked of the MCP servers: the method and, where it is known, how it ended.
    pub fn asked(&self) -> Vec<String> {
        self.of_mcp().iter().map(method).collect()
    }

    pub fn of_mcp(&self) -> Vec<LoggedRequest> {
        self.sandbox.requests().into_iter().filter(|request| request.service == Service::Mcp).collect()
    }

    /// The calls of a tool, each of which was sent.
    pub fn calls(&self, tool: &str) -> Vec<LoggedRequest> {
        self.sandbox.requests().into_iter().filter(|request| request.tool() == Some(tool)).collect()
    }

    /// Waits until the log shows what is looked for.
    #[track_caller]
    pub fn until(&self, what: &str, seen: impl Fn(&[LoggedRequest]) -> bool) {
        let end = Instant::now() + Duration::from_secs(20);
        while !seen(&self.of_mcp()) {
            let ended = || self.of_mcp().iter().map(|r| (method(r), r.outcome.clone())).collect::<Vec<_>>();
            assert!(Instant::now() < end, "{what}: {:?}", ended());
            std::thread::yield_now();
        }
    }
}

/// The JSON-RPC method of a message, or the HTTP method of a request without one.
pub fn method(request: &LoggedRequest) -> String {
    let message = request.body.as_ref().and_then(|body| body.json());
    message.and_then(|message| message["method"].as_str()).unwrap_or(&request.method).to_owned()
}

/// A client with a clock of its own; the egress has the real one.
pub fn client(sandbox: &Running, clock: Arc<dyn Clock>) -> McpClient {
    let servers = [
        server(sandbox.mcp_jira_url(), ToolPurpose::Jira),
        server(sandbox.mcp_confluence_url(), ToolPurpose::Confluence),
    ];
    let places = servers.iter().map(|server| origin_of(server).unwrap()).collect();
    let options = EgressOptions::new("test", Arc::new(SystemClock::default()), Arc::new(SystemIds));
    McpClient::new(Egress::new(places, options), clock)
}

fn server(url: String, purpose: ToolPurpose) -> McpServer {
    let (id, name) = if purpose == ToolPurpose::Jira { ("jira", "jira_pat") } else { ("wiki", "confluence_pat") };
    McpServer {
        id: id.to_owned(),
        name: id.to_owned(),
        purpose,
        url,
        headers: [("Authorization".to_owned(), format!("Token {{{{{name}}}}}"))].into(),
        allow_http: true,
        allow_loopback: true,
        projects: Vec::new(),
        spaces: Vec::new(),
    }
}

fn access(server: &McpServer, name: &'static str, pat: &str) -> ToolAccess {
    ToolAccess {
        user: UserId(1),
        server: server.clone(),
        secrets: vec![(name, Secret::new(pat.to_owned()))],
        values: Vec::new(),
        tls: TlsTrust::default(),
        request_id: RequestId::from_number(ASKED),
    }
}

pub fn call(tool: &str, arguments: &Value) -> ToolCall {
    ToolCall { tool: tool.to_owned(), arguments: arguments.to_string() }
}

/// A call that creates an issue.
pub fn story() -> Value {
    json!({"project_key": "PAY", "summary": "Made by a tool", "issue_type": "Story", "description": "Because."})
}

/// A clock on which each look takes time, so that an operation runs out of it without anybody waiting.
pub struct Hurrying {
    now: AtomicI64,
    step: Millis,
}

impl Hurrying {
    pub fn by(step: Millis) -> Self {
        Self { now: AtomicI64::new(FixedClock::START.0), step }
    }
}

impl Clock for Hurrying {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.fetch_add(self.step.0, Ordering::SeqCst))
    }
}
