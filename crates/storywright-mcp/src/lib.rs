//! MCP servers: the port [`ToolServer`] over streamable HTTP.
//!
//! Messages and their rules come from the official SDK, `rmcp`; what carries them is this crate, over the program's one way out
//! ([`Egress`]): a call is sent once, over a connection of its own, with the headers of one person, and nothing is kept between two
//! operations but which protocol a server speaks. `docs/adr/0012-mcp-over-the-one-egress.md` says why the SDK's own client does not.

mod definition;
mod headers;
mod json;
mod lifecycle;
mod limits;
mod result;
mod sse;
mod wire;

use crate::lifecycle::{Eras, Session};
use crate::limits::{ARGUMENT_BYTES, CALL_MS, LIST_BYTES, LIST_MS, LIST_PAGES, LIST_TOOLS, WORD_BYTES};
use crate::wire::{Failure, Message, Reply, Wire, malformed, words};
use rmcp::model::{CallToolRequest, CallToolRequestParams, ClientRequest, ListToolsRequest, PaginatedRequestParams};
use serde_json::Value;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use storywright_domain::Millis;
use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::{Clock, ToolAccess, ToolError, ToolServer};
use storywright_domain::tool::{CacheScope, McpServer, RefusedTool, ToolCall, ToolDefinition, ToolList, ToolResult};
use storywright_http::{AllowedOrigin, Egress, OriginRules, Purpose};

/// Longest that one request of an operation may take; the operation's own end comes first.
const WHOLE: Duration = Duration::from_secs(60);

/// An entry of the list of MCP servers cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("MCP server `{id}`: {problem}")]
pub struct BadServer {
    /// Which entry.
    pub id: String,
    /// What is wrong and how to cure it.
    pub problem: String,
}

/// The place that a listed server is, for the list of allowed places.
///
/// # Errors
/// [`BadServer`] when its id, address or headers cannot be used.
pub fn origin_of(server: &McpServer) -> Result<AllowedOrigin, BadServer> {
    let bad = |problem: String| BadServer { id: server.id.escape_default().to_string(), problem };
    let is_id = (1..=32).contains(&server.id.len())
        && server.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !is_id {
        return Err(bad("its id is not 1 to 32 small letters, digits or `-`".to_owned()));
    }
    headers::check(server).map_err(bad)?;
    let rules = OriginRules {
        allow_http: server.allow_http,
        allow_loopback: server.allow_loopback,
        allow_unverified_tls: false,
    };
    AllowedOrigin::parse(&server.id, Purpose::Tools, &server.url, rules).map_err(|problem| bad(problem.to_string()))
}

/// MCP servers over HTTP.
pub struct McpClient {
    egress: Egress,
    clock: Arc<dyn Clock>,
    eras: Eras,
}

impl McpClient {
    /// A client that calls what the egress lists for [`Purpose::Tools`], and nothing else.
    #[must_use]
    pub fn new(egress: Egress, clock: Arc<dyn Clock>) -> Self {
        Self { egress, clock, eras: Eras::default() }
    }

    fn wire(&self, access: &ToolAccess, cancellation: &Cancellation, span_ms: i64) -> Result<Wire, ToolError> {
        Ok(Wire {
            egress: self.egress.clone(),
            clock: Arc::clone(&self.clock),
            headers: headers::fill(access)?,
            access: access.clone(),
            cancellation: cancellation.clone(),
            until: self.clock.now() + Millis(span_ms),
        })
    }

    /// Lists with one conversation. A second value says that it is worth to begin anew.
    fn list(&self, wire: &Wire) -> Result<ToolList, (ToolError, bool)> {
        let session = Session::open(wire, &self.eras).map_err(|error| (error, false))?;
        let mut listing = Listing::default();
        let mut number = 1;
        let result = loop {
            number += 1;
            let page = listing.cursor.clone().map(|cursor| PaginatedRequestParams::default().with_cursor(Some(cursor)));
            let request = ListToolsRequest { params: page, ..ListToolsRequest::default() };
            let reply = session.request(wire, ClientRequest::ListToolsRequest(request), number, None, WHOLE);
            match reply.and_then(|reply| listing.take(reply).map_err(Failure::Told)) {
                Ok(true) => {}
                Ok(false) => break Ok(()),
                Err(Failure::TurnedAway(status, error)) => {
                    // A session that is gone, or a server that speaks another protocol than before.
                    let lost = (status == 404 && session.has_id()) || session.is_modern();
                    self.eras.forget(wire);
                    break Err((Failure::TurnedAway(status, error).told(), lost));
                }
                Err(Failure::Told(error)) => break Err((error, false)),
            }
        };
        let (protocol, server) = (session.version.as_str().to_owned(), session.server.clone());
        session.close(wire, result.is_err().then_some(number));
        result.map(|()| listing.list(protocol, server))
    }
}

impl ToolServer for McpClient {
    fn list_tools(&self, access: &ToolAccess, cancellation: &Cancellation) -> Result<ToolList, ToolError> {
        let wire = self.wire(access, cancellation, LIST_MS)?;
        match self.list(&wire) {
            Err((_, true)) => self.list(&wire).map_err(|(error, _)| error),
            other => other.map_err(|(error, _)| error),
        }
    }

    fn call_tool(
        &self,
        access: &ToolAccess,
        call: &ToolCall,
        cancellation: &Cancellation,
    ) -> Result<ToolResult, ToolError> {
        let params = params(call)?;
        let wire = self.wire(access, cancellation, CALL_MS)?;
        let session = Session::open(&wire, &self.eras).map_err(before_the_call)?;
        let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
        let result = match session.request(&wire, request, 2, Some(&call.tool), WHOLE) {
            Ok(reply) => answered(reply),
            Err(Failure::TurnedAway(404, None)) if session.has_id() => {
                // Whether the session went before or after the call was heard is not known, and it is sent once.
                Err(ToolError::NoAnswer { detail: "the session was lost".to_owned() })
            }
            Err(failure) => {
                if matches!(failure, Failure::TurnedAway(..)) {
                    self.eras.forget(&wire);
                }
                Err(failure.told())
            }
        };
        let given_up = matches!(
            result,
            Err(ToolError::Cancelled
                | ToolError::NoAnswer { .. }
                | ToolError::AsksForMore { .. }
                | ToolError::Malformed { .. })
        );
        session.close(&wire, given_up.then_some(2));
        result
    }
}

/// An error of the conversation's beginning: the call itself was not sent.
fn before_the_call(error: ToolError) -> ToolError {
    match error {
        ToolError::NoAnswer { detail } => ToolError::Unreachable { detail },
        other => other,
    }
}

fn params(call: &ToolCall) -> Result<CallToolRequestParams, ToolError> {
    let refused = |detail: &str| ToolError::Rejected { code: 0, detail: detail.to_owned() };
    if !definition::is_name(&call.tool) {
        return Err(refused("the name of the tool cannot be sent"));
    }
    if call.arguments.len() > ARGUMENT_BYTES {
        return Err(refused("the arguments are longer than 256 KB"));
    }
    match json::read(call.arguments.as_bytes()) {
        Ok(Value::Object(arguments)) => Ok(CallToolRequestParams::new(call.tool.clone()).with_arguments(arguments)),
        Ok(_) => Err(refused("the arguments are no JSON object")),
        Err(problem) => Err(refused(&format!("the arguments are {problem}"))),
    }
}

fn answered(reply: Reply) -> Result<ToolResult, ToolError> {
    let value = complete(reply.message)?;
    if !value.is_object() {
        return Err(malformed("the result is no object"));
    }
    Ok(result::read(&value, reply.bytes))
}

/// The result, unless it wants something first.
fn complete(message: Message) -> Result<Value, ToolError> {
    let value = match message {
        Message::Result(value) => value,
        Message::Error(error) => return Err(error.told()),
        Message::Accepted => return Err(malformed("there is no answer in it")),
    };
    match value.get("resultType").map(|kind| kind.as_str().unwrap_or_default()) {
        None | Some("complete") => Ok(value),
        Some(kind) => Err(ToolError::AsksForMore { detail: words(kind) }),
    }
}

/// A tool list in the making.
#[derive(Default)]
struct Listing {
    tools: Vec<ToolDefinition>,
    refused: Vec<RefusedTool>,
    ttl_ms: Option<i64>,
    is_public: Option<bool>,
    cursor: Option<String>,
    seen: HashSet<String>,
    names: HashSet<String>,
    pages: usize,
    bytes: usize,
}

impl Listing {
    /// Takes a page in; says whether there is another.
    fn take(&mut self, reply: Reply) -> Result<bool, ToolError> {
        self.pages += 1;
        self.bytes += reply.bytes;
        let page = complete(reply.message)?;
        let entries = page.get("tools").and_then(Value::as_array).ok_or_else(|| malformed("it is no tool list"))?;
        if self.tools.len() + self.refused.len() + entries.len() > LIST_TOOLS || self.bytes > LIST_BYTES {
            return Err(malformed(&format!(
                "a list of more than {LIST_TOOLS} tools or {} MB",
                LIST_BYTES / 1_024 / 1_024
            )));
        }
        for entry in entries {
            match definition::read(entry) {
                Ok(tool) if !self.names.insert(tool.name.clone()) => {
                    let reason = "another tool has the same name".to_owned();
                    self.refused.push(RefusedTool { name: tool.name, reason });
                }
                Ok(tool) => self.tools.push(tool),
                Err(refused) => self.refused.push(refused),
            }
        }
        // The shortest time and the narrowest circle of all pages hold.
        let ttl = page.get("ttlMs").and_then(Value::as_i64).map(|ttl| ttl.max(0));
        self.ttl_ms = self.ttl_ms.into_iter().chain(ttl).min();
        let is_public = page.get("cacheScope").and_then(Value::as_str) == Some("public");
        self.is_public = Some(is_public && self.is_public.unwrap_or(true));
        self.cursor = match page.get("nextCursor") {
            None | Some(Value::Null) => None,
            Some(Value::String(cursor)) if cursor.len() <= WORD_BYTES => Some(cursor.clone()),
            Some(_) => return Err(malformed("the mark of its next page cannot be used")),
        };
        let Some(cursor) = &self.cursor else { return Ok(false) };
        if !self.seen.insert(cursor.clone()) {
            return Err(malformed("the pages of its list go round in a circle"));
        }
        if self.pages >= LIST_PAGES {
            return Err(malformed(&format!("a list of more than {LIST_PAGES} pages")));
        }
        Ok(true)
    }

    fn list(self, protocol: String, server: String) -> ToolList {
        let scope = if self.is_public == Some(true) { CacheScope::Public } else { CacheScope::Private };
        ToolList { tools: self.tools, refused: self.refused, ttl_ms: self.ttl_ms, scope, protocol, server }
    }
}
