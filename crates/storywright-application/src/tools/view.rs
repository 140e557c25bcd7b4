//! Tools as people see them: what each server offers them, what was decided, what changed. Nothing is fetched here.

use super::access::{access, connections, digest};
use super::offered::{NotOffered, judge};
use super::suggested::{Suggestion, suggestion};
use crate::Ports;
use crate::access::AccessError;
use std::collections::BTreeMap;
use storywright_domain::JobId;
use storywright_domain::integration::IntegrationKind;
use storywright_domain::job::JobKind;
use storywright_domain::person::Actor;
use storywright_domain::ports::{StorageError, StorageExt};
use storywright_domain::tool::{KnownTools, McpServer, ToolApproval, ToolClass, ToolProblem, offered_name};

/// What becomes of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolState {
    /// The agent may call it.
    Offered,
    /// Nobody has decided about it.
    New,
    /// It is not what was approved, here or for somebody else; disabled for everybody.
    Changed,
    /// The server claims that it does more than it was approved for.
    Raised(ToolClass),
    /// It was approved for something that the agent does not do by itself.
    Kept(ToolClass),
    /// Its definition breaks a rule.
    Refused(String),
    /// It was approved, and the server does not offer it to this person any more.
    Gone,
}

impl ToolState {
    /// The word in the API.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::New => "new",
            Self::Changed => "changed",
            Self::Raised(_) => "raised",
            Self::Kept(_) => "kept",
            Self::Refused(_) => "refused",
            Self::Gone => "gone",
        }
    }
}

/// A tool as a person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolView {
    /// The server's name for it.
    pub name: String,
    /// Name for the model.
    pub offered_name: Option<String>,
    /// SHA-256 of the definition that this person is given.
    pub hash: String,
    /// That definition; none when it never came or breaks a rule.
    pub definition: Option<String>,
    /// What becomes of it.
    pub state: ToolState,
    /// What was decided.
    pub approval: Option<ToolApproval>,
    /// What we suggest.
    pub suggestion: Option<Suggestion>,
}

impl ToolView {
    /// The definition that was approved and the one that is there instead, when they differ. Somebody else may have been shown what this
    /// person was not.
    #[must_use]
    pub fn change(&self) -> Option<(&str, &str)> {
        let approval = self.approval.as_ref().filter(|_| self.state == ToolState::Changed)?;
        let before = approval.definition.as_str();
        let own = self.definition.as_deref().filter(|now| *now != before);
        let after = own.or(approval.quarantine.as_ref().map(|found| found.definition.as_str()))?;
        Some((before, after))
    }
}

/// A server as a person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerView {
    /// The listed server.
    pub server: McpServer,
    /// Connections that it needs.
    pub needs: Vec<IntegrationKind>,
    /// Why the person cannot use it.
    pub unusable: Option<AccessError>,
    /// The list without its tools; none when none was ever fetched with these credentials.
    pub known: Option<KnownTools>,
    /// Why the last fetch failed.
    pub problem: Option<ToolProblem>,
    /// Whether the list is past its time.
    pub stale: bool,
    /// The tools, in the server's order, then those that are gone.
    pub tools: Vec<ToolView>,
    /// The job that is fetching the list.
    pub job: Option<JobId>,
}

impl ServerView {
    /// How many tools are in a state.
    #[must_use]
    pub fn count(&self, state: &str) -> usize {
        self.tools.iter().filter(|tool| tool.state.as_str() == state).count()
    }
}

/// All listed servers as the person sees them; `with_definitions` reads the texts of the definitions too.
///
/// # Errors
/// [`StorageError`].
pub fn tool_servers(ports: &Ports, actor: &Actor, with_definitions: bool) -> Result<Vec<ServerView>, StorageError> {
    let mut views = Vec::with_capacity(ports.settings.mcp_servers.len());
    for server in &ports.settings.mcp_servers {
        views.push(server_view(ports, actor, server, with_definitions)?);
    }
    Ok(views)
}

/// The listed servers that need a connection, as the person sees them, without the texts of their definitions.
///
/// # Errors
/// [`StorageError`].
pub fn tool_servers_of(ports: &Ports, actor: &Actor, kind: IntegrationKind) -> Result<Vec<ServerView>, StorageError> {
    let needing = ports.settings.mcp_servers.iter().filter(|server| connections(server).contains(&kind));
    needing.map(|server| server_view(ports, actor, server, false)).collect()
}

/// One listed server as the person sees it; none when no such server is listed.
///
/// # Errors
/// [`StorageError`].
pub fn tool_server(
    ports: &Ports,
    actor: &Actor,
    server: &str,
    with_definitions: bool,
) -> Result<Option<ServerView>, StorageError> {
    ports.settings.mcp_server(server).map(|server| server_view(ports, actor, server, with_definitions)).transpose()
}

fn server_view(
    ports: &Ports,
    actor: &Actor,
    server: &McpServer,
    with_definitions: bool,
) -> Result<ServerView, StorageError> {
    let user = actor.user();
    let access = match access(ports, user, server, actor.request_id()) {
        Ok(access) => Ok(digest(ports, &access)),
        Err(AccessError::Storage(error)) => return Err(error),
        Err(error) => Err(error),
    };
    let now = ports.clock.now();
    ports.storage.read(|tx| {
        let (kept, texts) = match &access {
            Ok(credential) => {
                let texts =
                    if with_definitions { tx.tool_definitions(user, &server.id, credential)? } else { Vec::new() };
                (tx.cached_tools(user, &server.id, credential)?, texts)
            }
            Err(_) => (None, Vec::new()),
        };
        let mut texts: BTreeMap<String, String> = texts.into_iter().collect();
        let mut approvals: BTreeMap<String, ToolApproval> = tx
            .tool_approvals()?
            .into_iter()
            .filter(|approval| approval.server == server.id)
            .map(|approval| (approval.tool.clone(), approval))
            .collect();
        let (known, problem) = kept.map_or((None, None), |kept| (kept.known, kept.problem));
        let mut tools = Vec::new();
        for tool in known.as_ref().map(|known| known.tools.as_slice()).unwrap_or_default() {
            let approval = approvals.remove(&tool.name);
            let state = match judge(server, tool, approval.as_ref()) {
                Ok(_) => ToolState::Offered,
                Err(NotOffered::Refused(reason)) => ToolState::Refused(reason),
                Err(NotOffered::New) => ToolState::New,
                Err(NotOffered::Changed) => ToolState::Changed,
                Err(NotOffered::Raised(class)) => ToolState::Raised(class),
                Err(NotOffered::Other(class)) => ToolState::Kept(class),
            };
            tools.push(ToolView {
                offered_name: offered_name(&server.id, &tool.name).filter(|_| tool.refused.is_none()),
                hash: tool.hash.clone(),
                definition: texts.remove(&tool.name),
                state,
                approval,
                suggestion: suggestion(server, &tool.name),
                name: tool.name.clone(),
            });
        }
        if known.is_some() {
            tools.extend(approvals.into_values().map(|approval| ToolView {
                name: approval.tool.clone(),
                offered_name: None,
                hash: String::new(),
                definition: None,
                state: ToolState::Gone,
                suggestion: None,
                approval: Some(approval),
            }));
        }
        let open = tx.open_jobs(user)?;
        let job = open.iter().find(|job| job.kind == JobKind::RefreshTools && job.subject == server.id);
        Ok(ServerView {
            server: server.clone(),
            needs: connections(server),
            unusable: access.as_ref().err().cloned(),
            stale: known.as_ref().is_some_and(|known| now >= known.fresh_until),
            known: known.map(|known| KnownTools { tools: Vec::new(), ..known }),
            problem,
            tools,
            job: job.map(|job| job.id),
        })
    })
}
