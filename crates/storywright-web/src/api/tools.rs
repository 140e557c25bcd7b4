//! Tools of MCP servers: what each server offers the caller, what was decided and what changed; for administrators the decisions.

use super::body::Json;
use super::compare::{Difference, differences};
use super::writing::{JobStarted, started};
use super::{Answer, Caller, ok, rfc3339};
use crate::errors::AppError;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use storywright_application::Ports;
use storywright_application::tools::{
    NewApproval, ServerView, ToolState, ToolView, approve_suggested, approve_tool, revoke_tool, start_refresh,
    tool_server, tool_servers,
};
use storywright_domain::person::{Actor, Administrator};
use storywright_domain::tool::{ToolApproval, ToolClass};
use utoipa::ToSchema;

/// An MCP server as the caller sees it. Names and texts that it gave are untrusted.
#[derive(Serialize, ToSchema)]
pub struct ToolServerJson {
    /// Its id in the settings.
    #[schema(example = "mcp-jira")]
    id: String,
    /// Its name for people.
    name: String,
    /// `jira`, `confluence` or `other`.
    #[schema(example = "jira")]
    purpose: &'static str,
    /// Connections without which its tools have nothing to read.
    needs: Vec<&'static str>,
    /// Why the caller cannot use it; null when nothing is in the way.
    #[schema(required)]
    unusable: Option<Unusable>,
    /// How it introduced itself.
    introduced_as: String,
    /// Protocol version that was spoken; empty when it was never listed.
    #[schema(example = "2025-11-25")]
    protocol: String,
    /// When its list was fetched with the caller's present credentials.
    #[schema(required, format = DateTime)]
    fetched_at: Option<String>,
    /// Until when that list is fresh.
    #[schema(required, format = DateTime)]
    fresh_until: Option<String>,
    /// The list is past its time; it is used until the server answers again.
    stale: bool,
    /// Why the last fetch failed.
    #[schema(required)]
    problem: Option<FetchProblem>,
    /// The job that is fetching the list now.
    #[schema(required)]
    job_id: Option<String>,
    /// Projects that its tools may be asked about; empty: all that the caller may see.
    projects: Vec<String>,
    /// Spaces that its tools may be asked about; empty: all that the caller may see.
    spaces: Vec<String>,
    /// Its tools in its own order, then approved ones that it does not offer any more.
    tools: Vec<ToolJson>,
}

/// Why a person cannot use a server.
#[derive(Serialize, ToSchema)]
pub struct Unusable {
    /// Stable code.
    #[schema(example = "integration_not_tested")]
    code: &'static str,
    /// What happened and what to do.
    detail: String,
}

/// Why a list did not come.
#[derive(Serialize, ToSchema)]
pub struct FetchProblem {
    /// Stable code.
    #[schema(example = "mcp_unreachable")]
    code: String,
    /// In words.
    detail: String,
    /// When it was tried.
    #[schema(format = DateTime)]
    at: String,
}

/// All listed servers.
#[derive(Serialize, ToSchema)]
pub struct ToolServers {
    items: Vec<ToolServerJson>,
}

/// A tool of a list.
#[derive(Serialize, ToSchema)]
pub struct ToolJson {
    /// The server's name for it.
    #[schema(example = "jira_search")]
    name: String,
    /// Name for the model; null for a tool that is never used.
    #[schema(required, example = "mcp-jira__jira_search")]
    offered_name: Option<String>,
    /// `offered` (approved, the agent may call it), `new` (waits for a decision), `changed` (in quarantine: not what was approved), `raised`
    /// (its server claims more than it was approved for), `kept` (approved, not called by the agent itself), `refused` (its definition
    /// breaks a rule) or `gone`.
    #[schema(example = "offered")]
    state: &'static str,
    /// Why it is refused.
    #[schema(required)]
    refused: Option<String>,
    /// With `raised` and `kept`: the class that keeps the agent from it.
    #[schema(required)]
    effective_class: Option<&'static str>,
    /// SHA-256 of the definition that the caller is given; empty when none came.
    hash: String,
    /// What was decided.
    #[schema(required)]
    approval: Option<ApprovalJson>,
}

/// A decision about one definition of a tool, for everybody.
#[derive(Serialize, ToSchema)]
pub struct ApprovalJson {
    /// SHA-256 of the definition that was approved.
    hash: String,
    /// `read`, `read_open`, `write`, `change` or `open`.
    #[schema(example = "read")]
    class: &'static str,
    /// The administrator's words: all that the model is told of the tool.
    words: String,
    /// A tool that reads from elsewhere may be called without asking.
    auto_read: bool,
    /// Who approved it.
    by: String,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// Since when another definition is known, which keeps everybody from the tool.
    #[schema(required, format = DateTime)]
    quarantined_at: Option<String>,
}

/// A tool with its texts.
#[derive(Serialize, ToSchema)]
pub struct ToolDetail {
    #[serde(flatten)]
    tool: ToolJson,
    /// The whole definition as canonical JSON, exactly the text that `hash` is of. Untrusted.
    #[schema(required)]
    definition: Option<String>,
    /// Where the definition differs from the approved one; empty unless the tool is `changed`.
    changes: Vec<Difference>,
    /// What we suggest to approve it as; null when we know no such tool.
    #[schema(required)]
    suggestion: Option<SuggestionJson>,
}

/// What we suggest for a tool that we know by name.
#[derive(Serialize, ToSchema)]
pub struct SuggestionJson {
    /// The class.
    #[schema(example = "read")]
    class: &'static str,
    /// Words for the model.
    #[schema(example = "Issues that fit a JQL query")]
    words: &'static str,
}

/// An administrator's decision.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Approve {
    /// SHA-256 of the definition that was looked at.
    hash: String,
    /// `read`, `read_open`, `write`, `change` or `open`.
    #[schema(example = "read")]
    class: String,
    /// What the tool does, in the administrator's own words: 3 to 200 characters on one line.
    #[schema(min_length = 3, max_length = 200, example = "Issues that fit a JQL query")]
    words: String,
    /// With `read_open`: it may be called without asking; `false` when left out.
    #[serde(default)]
    auto_read: bool,
}

/// What was approved at once.
#[derive(Serialize, ToSchema)]
pub struct ApprovedTools {
    /// Names of the tools.
    tools: Vec<String>,
}

impl From<ServerView> for ToolServerJson {
    fn from(view: ServerView) -> Self {
        let known = view.known.as_ref();
        Self {
            purpose: view.server.purpose.as_str(),
            needs: view.needs.iter().map(|kind| kind.as_str()).collect(),
            unusable: view.unusable.map(|error| Unusable::from(AppError::from(error))),
            introduced_as: known.map(|known| known.introduced_as.clone()).unwrap_or_default(),
            protocol: known.map(|known| known.protocol.clone()).unwrap_or_default(),
            fetched_at: known.map(|known| rfc3339(known.fetched_at)),
            fresh_until: known.map(|known| rfc3339(known.fresh_until)),
            stale: view.stale,
            problem: view.problem.map(|problem| FetchProblem {
                detail: crate::errors::sentence(&problem.detail),
                code: problem.code,
                at: rfc3339(problem.at),
            }),
            job_id: view.job.map(|job| job.to_string()),
            tools: view.tools.iter().map(ToolJson::from).collect(),
            id: view.server.id,
            name: view.server.name,
            projects: view.server.projects,
            spaces: view.server.spaces,
        }
    }
}

impl From<AppError> for Unusable {
    fn from(error: AppError) -> Self {
        Self { code: error.code(), detail: error.detail() }
    }
}

impl From<&ToolView> for ToolJson {
    fn from(view: &ToolView) -> Self {
        let (refused, class) = match &view.state {
            ToolState::Refused(reason) => (Some(reason.clone()), None),
            ToolState::Raised(class) | ToolState::Kept(class) => (None, Some(class.as_str())),
            ToolState::Offered | ToolState::New | ToolState::Changed | ToolState::Gone => (None, None),
        };
        Self {
            name: view.name.clone(),
            offered_name: view.offered_name.clone(),
            state: view.state.as_str(),
            refused,
            effective_class: class,
            hash: view.hash.clone(),
            approval: view.approval.as_ref().map(ApprovalJson::from),
        }
    }
}

impl From<&ToolApproval> for ApprovalJson {
    fn from(approval: &ToolApproval) -> Self {
        Self {
            hash: approval.hash.clone(),
            class: approval.class.as_str(),
            words: approval.words.clone(),
            auto_read: approval.auto_read,
            by: approval.by_name.clone(),
            at: rfc3339(approval.at),
            quarantined_at: approval.quarantine.as_ref().map(|found| rfc3339(found.at)),
        }
    }
}

impl From<ToolView> for ToolDetail {
    fn from(view: ToolView) -> Self {
        let read = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
        let changes = view.change().map(|(before, after)| differences(&read(before), &read(after)));
        Self {
            tool: ToolJson::from(&view),
            changes: changes.unwrap_or_default(),
            suggestion: view.suggestion.map(|found| SuggestionJson { class: found.class.as_str(), words: found.words }),
            definition: view.definition,
        }
    }
}

fn one_tool(ports: &Ports, actor: &Actor, server: &str, tool: &str) -> Result<ToolDetail, AppError> {
    let server = tool_server(ports, actor, server, true)?.ok_or_else(AppError::tool_server_not_found)?;
    let found = server.tools.into_iter().find(|found| found.name == tool);
    found.map(ToolDetail::from).ok_or_else(AppError::tool_not_found)
}

fn administrator(actor: &Actor) -> Result<Administrator<'_>, AppError> {
    actor.as_administrator().ok_or_else(AppError::administrators_only)
}

/// All listed MCP servers and what they offer the caller. Nothing is fetched.
#[utoipa::path(get, path = "/api/v1/tools", tag = "Tools", operation_id = "listTools",
    responses((status = 200, description = "The servers.", body = ToolServers)))]
pub async fn list(caller: Caller) -> Answer {
    let views = caller.run(|ports, actor| Ok(tool_servers(ports, actor, false)?)).await?;
    Ok(ok(&ToolServers { items: views.into_iter().map(ToolServerJson::from).collect() }))
}

/// One MCP server and what it offers the caller. Nothing is fetched.
#[utoipa::path(get, path = "/api/v1/tools/{server}", tag = "Tools", operation_id = "getToolServer",
    params(("server" = String, Path, description = "Id of the server.")),
    responses((status = 200, description = "The server.", body = ToolServerJson)))]
pub async fn server(caller: Caller, server: web::Path<String>) -> Answer {
    let view = caller
        .run(move |ports, actor| tool_server(ports, actor, &server, false)?.ok_or_else(AppError::tool_server_not_found))
        .await?;
    Ok(ok(&ToolServerJson::from(view)))
}

/// Asks a server for its tools anew, as the caller.
#[utoipa::path(post, path = "/api/v1/tools/{server}/refresh", tag = "Tools", operation_id = "refreshTools",
    params(("server" = String, Path, description = "Id of the server.")),
    responses((status = 202, description = "The job that asks; the one that does it already, when there is one.", body = JobStarted, headers(("Location" = String))),
        (status = 409, description = "A connection that the server needs is missing or not tested.")))]
pub async fn refresh(caller: Caller, server: web::Path<String>) -> Answer {
    let job = caller.run(move |ports, actor| Ok(start_refresh(ports, actor, &server)?)).await?;
    Ok(started(job))
}

/// Approves every tool of a server that we know to read only and about which nobody has decided yet. For administrators.
#[utoipa::path(post, path = "/api/v1/tools/{server}/approve-suggested", tag = "Tools", operation_id = "approveSuggestedTools",
    params(("server" = String, Path, description = "Id of the server.")),
    responses((status = 200, description = "What was approved.", body = ApprovedTools),
        (status = 409, description = "A connection that the server needs is missing or not tested.")))]
pub async fn approve_all(caller: Caller, server: web::Path<String>) -> Answer {
    let tools = caller.run(move |ports, actor| Ok(approve_suggested(ports, administrator(actor)?, &server)?)).await?;
    Ok(ok(&ApprovedTools { tools }))
}

/// One tool with its definition, and where it differs from the approved one.
#[utoipa::path(get, path = "/api/v1/tools/{server}/tools/{tool}", tag = "Tools", operation_id = "getTool",
    params(("server" = String, Path, description = "Id of the server."), ("tool" = String, Path, description = "The server's name for the tool.")),
    responses((status = 200, description = "The tool.", body = ToolDetail)))]
pub async fn show(caller: Caller, path: web::Path<(String, String)>) -> Answer {
    let detail = caller.run(move |ports, actor| one_tool(ports, actor, &path.0, &path.1)).await?;
    Ok(ok(&detail))
}

/// Approves a tool in the very definition whose hash is sent, for everybody, and ends its quarantine. For administrators.
#[utoipa::path(put, path = "/api/v1/tools/{server}/tools/{tool}/approval", tag = "Tools", operation_id = "approveTool",
    params(("server" = String, Path, description = "Id of the server."), ("tool" = String, Path, description = "The server's name for the tool.")),
    request_body = Approve,
    responses((status = 200, description = "The tool as it is now.", body = ToolDetail),
        (status = 409, description = "The definition has changed since it was looked at, or breaks a rule.")))]
pub async fn approve(caller: Caller, path: web::Path<(String, String)>, body: Json<Approve>) -> Answer {
    let detail = caller
        .run(move |ports, actor| {
            let (server, tool) = path.into_inner();
            let Approve { hash, class, words, auto_read } = body.read()?;
            let class = ToolClass::parse(&class).ok_or_else(unknown_class)?;
            let new = NewApproval { server, tool, hash, class, words, auto_read };
            approve_tool(ports, administrator(actor)?, &new)?;
            one_tool(ports, actor, &new.server, &new.tool)
        })
        .await?;
    Ok(ok(&detail))
}

/// Withdraws the approval of a tool, for everybody. For administrators.
#[utoipa::path(delete, path = "/api/v1/tools/{server}/tools/{tool}/approval", tag = "Tools", operation_id = "revokeTool",
    params(("server" = String, Path, description = "Id of the server."), ("tool" = String, Path, description = "The server's name for the tool.")),
    responses((status = 204, description = "Nobody's agent calls it any more.")))]
pub async fn revoke(caller: Caller, path: web::Path<(String, String)>) -> Answer {
    let revoked =
        caller.run(move |ports, actor| Ok(revoke_tool(ports, administrator(actor)?, &path.0, &path.1)?)).await?;
    if revoked { Ok(HttpResponse::NoContent().finish()) } else { Err(AppError::tool_not_approved()) }
}

fn unknown_class() -> AppError {
    AppError::field("class", "class_unknown", "choose one of `read`, `read_open`, `write`, `change` and `open`")
}
