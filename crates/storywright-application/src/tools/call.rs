//! Calling a tool for the agent: everything is checked again at the moment of the call.

use super::access::access;
use super::offered::{NotOffered, OfferedTool, current, judge};
use super::refresh::{entry, short};
use super::scope;
use crate::Ports;
use crate::access::{AccessError, open_site, tested};
use storywright_domain::cancel::Cancellation;
use storywright_domain::integration::IntegrationKind;
use storywright_domain::ports::{StorageError, StorageExt, ToolAccess, ToolError};
use storywright_domain::tool::{McpServer, ToolCall, ToolClass, ToolResult, raised_class};
use storywright_domain::{RequestId, UserId};

/// Why a call was not made, or gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallRefused {
    /// The server is not listed any more, or does not offer the tool.
    #[error("the tool is no longer offered")]
    Gone,
    /// It is not approved for reading in its present definition.
    #[error("the tool is not approved as it is now")]
    NotApproved,
    /// Its definition is not the approved one: it is disabled for everybody until an administrator has looked at it.
    #[error("the tool has changed since it was approved and is disabled until an administrator has looked at it")]
    Changed,
    /// The arguments do not fit.
    #[error("the arguments do not fit: {0}")]
    BadArguments(String),
    /// It is about a project or space that may not be read here.
    #[error("not allowed here: {0}")]
    OutOfScope(String),
    /// The person's connection cannot be used.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The server gave no result.
    #[error(transparent)]
    Tool(#[from] ToolError),
}

impl From<StorageError> for CallRefused {
    fn from(error: StorageError) -> Self {
        Self::Access(AccessError::Storage(error))
    }
}

impl CallRefused {
    /// Stable code for pages, the API, logs and stored steps.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Gone => "tool_gone",
            Self::NotApproved => "tool_not_approved",
            Self::Changed => "tool_changed",
            Self::BadArguments(_) => "tool_arguments",
            Self::OutOfScope(_) => "tool_out_of_scope",
            Self::Access(AccessError::Storage(_)) => "storage",
            Self::Access(_) => "not_connected",
            Self::Tool(error) => error.code(),
        }
    }
}

/// Calls a tool for a person's agent, once. The approval and the hash are compared with the newest list, which is fetched first when its
/// time is over; arguments are checked against the approved definition and the administrator's limits. Each call leaves an audit entry
/// with the digest of its arguments.
///
/// # Errors
/// [`CallRefused`].
pub fn call(
    ports: &Ports,
    user: UserId,
    offered: &OfferedTool,
    arguments: &str,
    request_id: &RequestId,
    cancellation: &Cancellation,
) -> Result<ToolResult, CallRefused> {
    let server = ports.settings.mcp_server(&offered.server).ok_or(CallRefused::Gone)?;
    let access = access(ports, user, server, request_id)?;
    let outcome = checked(ports, &access, offered, arguments, cancellation).and_then(|arguments| {
        let call = ToolCall { tool: offered.tool.clone(), arguments };
        ports.tools.call_tool(&access, &call, cancellation).map_err(CallRefused::Tool)
    });
    let (action, ended) = match &outcome {
        Ok(result) => ("tool_called", format!("{} bytes{}", result.bytes, if result.failed { ", failed" } else { "" })),
        Err(error @ CallRefused::Tool(_)) => ("tool_called", error.code().to_owned()),
        Err(error) => ("tool_refused", error.code().to_owned()),
    };
    let digest = short(&ports.sha256.hex(arguments.as_bytes()));
    let detail =
        format!("arguments {digest} ({} bytes), definition {}: {ended}", arguments.len(), short(&offered.hash));
    let entry = entry(ports, &access, action, &offered.tool, detail);
    ports.storage.write(|tx| tx.audit(&entry).map_err(CallRefused::from))?;
    outcome
}

/// Access to a tool that creates, for the executor of an approved plan alone: listed, in the very definition that an administrator approved
/// for writing, and allowed in this project.
///
/// # Errors
/// [`CallRefused`].
pub(crate) fn open_writer(
    ports: &Ports,
    user: UserId,
    (server, tool): (&str, &str),
    project: &str,
    request_id: &RequestId,
    cancellation: &Cancellation,
) -> Result<ToolAccess, CallRefused> {
    let server = ports.settings.mcp_server(server).ok_or(CallRefused::Gone)?;
    if !server.projects.is_empty() && !server.projects.iter().any(|allowed| allowed.eq_ignore_ascii_case(project)) {
        return Err(CallRefused::OutOfScope(format!("project {project}")));
    }
    let access = access(ports, user, server, request_id)?;
    let known = current(ports, &access, cancellation)?.and_then(|kept| kept.known).ok_or(CallRefused::Gone)?;
    let known = known.tools.into_iter().find(|known| known.name == tool).ok_or(CallRefused::Gone)?;
    let approval: Result<_, StorageError> = ports.storage.read(|tx| tx.tool_approval(&server.id, tool));
    let approval = approval?.ok_or(CallRefused::NotApproved)?;
    if approval.hash != known.hash || approval.quarantine.is_some() {
        return Err(CallRefused::Changed);
    }
    let class = raised_class(approval.class, known.hints, server.purpose);
    if known.refused.is_some() || approval.class != ToolClass::Write || class != ToolClass::Write {
        return Err(CallRefused::NotApproved);
    }
    Ok(access)
}

/// The arguments as they are sent.
fn checked(
    ports: &Ports,
    access: &ToolAccess,
    offered: &OfferedTool,
    arguments: &str,
    cancellation: &Cancellation,
) -> Result<String, CallRefused> {
    let server = &access.server;
    let known = current(ports, access, cancellation)?.and_then(|kept| kept.known).ok_or(CallRefused::Gone)?;
    let tool = known.tools.iter().find(|tool| tool.name == offered.tool).ok_or(CallRefused::Gone)?;
    let approval: Result<_, StorageError> = ports.storage.read(|tx| tx.tool_approval(&offered.server, &offered.tool));
    let now = judge(server, tool, approval?.as_ref()).map_err(|reason| match reason {
        NotOffered::Changed => CallRefused::Changed,
        NotOffered::Refused(_) | NotOffered::New | NotOffered::Raised(_) | NotOffered::Other(_) => {
            CallRefused::NotApproved
        }
    })?;
    if now.hash != offered.hash {
        return Err(CallRefused::Changed);
    }
    let (arguments, pages) =
        scope::checked(server, &offered.tool, &now.parameters, arguments).map_err(|(code, words)| match code {
            "tool_out_of_scope" => CallRefused::OutOfScope(words),
            _ => CallRefused::BadArguments(words),
        })?;
    pages_are_within(ports, access, server, &pages)?;
    Ok(arguments)
}

/// A page is named by its number, which does not say in which space it is.
fn pages_are_within(
    ports: &Ports,
    access: &ToolAccess,
    server: &McpServer,
    pages: &[String],
) -> Result<(), CallRefused> {
    if pages.is_empty() {
        return Ok(());
    }
    let integration = tested(ports, access.user, IntegrationKind::Confluence)?;
    let site = open_site(ports, &integration, &access.request_id)?;
    for id in pages {
        let outside = || CallRefused::OutOfScope(format!("page {id} is not in {}", server.spaces.join(", ")));
        let page = ports.confluence.page(&site, id).map_err(|_| outside())?.ok_or_else(outside)?;
        if !server.spaces.iter().any(|space| space.eq_ignore_ascii_case(&page.space)) {
            return Err(outside());
        }
    }
    Ok(())
}
