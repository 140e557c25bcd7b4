//! The servers as the SDK wants them: who they are, which protocols they speak, what they offer, and how a tool is called.

use std::{borrow::Cow, sync::Arc};

use actix_web::web::Data;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation, JsonObject,
        ListToolsResult, PaginatedRequestParams, ProtocolVersion, ServerCapabilities, ServerConfig,
    },
    service::RequestContext,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use serde_json::{Value, json};

use super::{
    confluence,
    door::Caller,
    jira, jira_create,
    rest::{Away, Rest},
    spoil::Spoils,
    tool::Entry,
};
use crate::{
    settings::McpProtocols,
    state::{Service, Shared},
};

type Http = StreamableHttpService<McpServer, LocalSessionManager>;

/// Both servers.
pub(crate) struct Servers {
    jira: Http,
    confluence: Http,
}

impl Servers {
    /// Servers whose sessions are shared by all threads.
    pub(crate) fn new(shared: &Data<Shared>) -> Self {
        let http = |product, tools| {
            let server = McpServer { product, shared: shared.clone(), away: Away::default(), tools: Arc::new(tools) };
            Http::new(move || Ok(server.clone()), Arc::default(), StreamableHttpServerConfig::default())
        };
        let mut jira = jira::tools();
        jira.extend(jira_create::tools());
        Self { jira: http(Service::Jira, jira), confluence: http(Service::Confluence, confluence::tools()) }
    }

    /// The server of a product.
    pub(super) fn of(&self, product: Service) -> &Http {
        if product == Service::Confluence { &self.confluence } else { &self.jira }
    }
}

/// One of them, for one session or one request.
#[derive(Clone)]
pub(super) struct McpServer {
    product: Service,
    shared: Data<Shared>,
    away: Away,
    tools: Arc<Vec<Entry>>,
}

impl McpServer {
    fn rest(&self, caller: &Caller) -> Rest {
        let base = format!("{}{}", self.shared.base_url, self.product.prefix());
        self.away.rest(self.product, base, caller.authorization.clone(), caller.request_id.clone())
    }

    /// Does the work on a thread of its own: it waits for this company's other services.
    async fn work(&self, caller: &Caller, name: &str, arguments: JsonObject) -> CallToolResult {
        let Some(place) = self.tools.iter().position(|entry| entry.tool.name == name) else {
            return told(&format!("Unknown tool: '{name}'"), &caller.spoils);
        };
        let (tools, rest) = (Arc::clone(&self.tools), self.rest(caller));
        let done = tokio::task::spawn_blocking(move || tools[place].run(&rest, arguments)).await;
        match done {
            Ok(Ok(mut value)) => {
                caller.spoils.result(&mut value);
                // Everything is indented JSON as text, and the same text once more as a structured result.
                let text = serde_json::to_string_pretty(&value).unwrap_or_default();
                let mut result = CallToolResult::success(vec![ContentBlock::text(text.clone())]);
                result.structured_content = Some(json!({"result": text}));
                result
            }
            Ok(Err(problem)) => told(&problem.of_tool(name), &caller.spoils),
            Err(error) => told(&format!("Error calling tool '{name}': {error}"), &caller.spoils),
        }
    }
}

/// A result that says what went wrong.
fn told(words: &str, spoils: &Spoils) -> CallToolResult {
    let mut value = Value::from(words);
    spoils.result(&mut value);
    CallToolResult::error(vec![ContentBlock::text(value.as_str().unwrap_or(words))])
}

/// Who calls; the door puts it into the head of every request.
fn caller(context: &RequestContext<RoleServer>) -> Result<Caller, ErrorData> {
    let head = context.extensions.get::<http::request::Parts>();
    let caller = head.and_then(|head| head.extensions.get::<Caller>()).cloned();
    caller.ok_or_else(|| ErrorData::internal_error("the request has no head", None))
}

impl ServerHandler for McpServer {
    fn get_info(&self) -> ServerConfig {
        let name = if self.product == Service::Confluence { "sandbox-confluence" } else { "sandbox-jira" };
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new(name, env!("CARGO_PKG_VERSION")))
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        let known = ProtocolVersion::KNOWN_VERSIONS;
        let of_era = |old: bool| known.iter().filter(|version| version.has_initialize() == old).cloned().collect();
        match self.shared.settings().mcp_protocols {
            McpProtocols::Both => Cow::Borrowed(known),
            McpProtocols::Modern => of_era(false),
            McpProtocols::Old => of_era(true),
        }
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let caller = caller(&context)?;
        let cursor = request.and_then(|params| params.cursor);
        let circular = caller.spoils.circular();
        let start = match cursor.as_deref().filter(|_| !circular) {
            Some(cursor) => cursor.parse().map_err(|_| ErrorData::invalid_params("unknown cursor", None))?,
            None => 0_usize,
        };
        let settings = self.shared.settings();
        let size = settings.mcp_page_size.unwrap_or(usize::MAX).max(1);
        let page = self.tools.iter().skip(start).take(size);
        let tools = page.map(|entry| caller.spoils.definition(&entry.tool)).collect();
        let next = start.saturating_add(size);
        let mut list = ListToolsResult::with_all_items(tools)
            .with_ttl_ms(settings.mcp_ttl_ms)
            .with_cache_scope(CacheScope::Private);
        list.next_cursor = (circular || next < self.tools.len()).then(|| if circular { 0 } else { next }.to_string());
        Ok(list)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let caller = caller(&context)?;
        Ok(self.work(&caller, &request.name, request.arguments.unwrap_or_default()).await.into())
    }
}
