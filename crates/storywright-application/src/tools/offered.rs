//! What a person's agent may call.

use super::access::{access, digest};
use super::refresh::fetch;
use crate::Ports;
use crate::access::AccessError;
use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::{StorageError, StorageExt, ToolAccess};
use storywright_domain::tool::{
    CachedTools, KnownTool, McpServer, ToolApproval, ToolClass, offered_name, raised_class,
};
use storywright_domain::{Millis, RequestId, UserId};

/// A server that gave no list is not asked again before this span has passed.
const PATIENCE_AFTER_PROBLEM: Millis = Millis::minutes(1);

/// A tool that may be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedTool {
    /// Name for the model: the server's id, two underscores, the tool's name; `[A-Za-z0-9_-]{1,64}`.
    pub name: String,
    /// Which server.
    pub server: String,
    /// The server's name for it.
    pub tool: String,
    /// What it was approved for.
    pub class: ToolClass,
    /// One line in the administrator's own words.
    pub hint: String,
    /// Its arguments as a JSON schema of names, types and short words.
    pub parameters: String,
    /// SHA-256 of the approved definition.
    pub hash: String,
}

/// Why a tool is not offered, by what a person can do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotOffered {
    /// Its definition breaks a rule.
    Refused(String),
    /// Nobody has approved it.
    New,
    /// It is not what was approved.
    Changed,
    /// The server claims more danger than it was approved for.
    Raised(ToolClass),
    /// It was approved for something that the agent does not do by itself.
    Other(ToolClass),
}

/// Whether a tool may be called by the agent.
pub(super) fn judge(
    server: &McpServer,
    tool: &KnownTool,
    approval: Option<&ToolApproval>,
) -> Result<OfferedTool, NotOffered> {
    if let Some(reason) = &tool.refused {
        return Err(NotOffered::Refused(reason.clone()));
    }
    let approval = approval.ok_or(NotOffered::New)?;
    if approval.hash != tool.hash || approval.quarantine.is_some() {
        return Err(NotOffered::Changed);
    }
    let class = raised_class(approval.class, tool.hints, server.purpose);
    let may = class == ToolClass::Read || (class == ToolClass::ReadOpen && approval.auto_read);
    if !may {
        return Err(if class > approval.class { NotOffered::Raised(class) } else { NotOffered::Other(class) });
    }
    let name =
        offered_name(&server.id, &tool.name).ok_or_else(|| NotOffered::Refused("its name is too long".to_owned()))?;
    Ok(OfferedTool {
        name,
        server: server.id.clone(),
        tool: tool.name.clone(),
        class,
        hint: approval.words.clone(),
        parameters: tool.parameters.clone(),
        hash: tool.hash.clone(),
    })
}

/// What is kept of a server for this access, fetched first when there is nothing or its time is over. When that fails, what is there is
/// served stale.
pub(super) fn current(
    ports: &Ports,
    access: &ToolAccess,
    cancellation: &Cancellation,
) -> Result<Option<CachedTools>, StorageError> {
    let credential = digest(ports, access);
    let (user, server) = (access.user, access.server.id.as_str());
    let kept: Result<_, StorageError> = ports.storage.read(|tx| tx.cached_tools(user, server, &credential));
    let kept = kept?;
    let now = ports.clock.now();
    let fresh = kept.as_ref().and_then(|kept| kept.known.as_ref()).is_some_and(|known| now < known.fresh_until);
    let failed_just_now = kept
        .as_ref()
        .and_then(|kept| kept.problem.as_ref())
        .is_some_and(|problem| now.since(problem.at).0 < PATIENCE_AFTER_PROBLEM.0);
    if fresh || failed_just_now {
        return Ok(kept);
    }
    // What went wrong is kept with the list.
    let _ = fetch(ports, access, cancellation)?;
    ports.storage.read(|tx| tx.cached_tools(user, server, &credential))
}

/// The tools that the person's agent may call now, of all servers whose connections the person has. Lists that are missing or past their
/// time are fetched first, so this may take as long as the servers do; a server without a list offers nothing.
///
/// # Errors
/// [`StorageError`].
pub fn offered(ports: &Ports, user: UserId, request_id: &RequestId) -> Result<Vec<OfferedTool>, StorageError> {
    let mut found = Vec::new();
    if ports.settings.mcp_servers.is_empty() {
        return Ok(found);
    }
    for server in &ports.settings.mcp_servers {
        let access = match access(ports, user, server, request_id) {
            Ok(access) => access,
            Err(AccessError::Storage(error)) => return Err(error),
            Err(_) => continue,
        };
        let kept = current(ports, &access, &Cancellation::new())?;
        let Some(known) = kept.and_then(|kept| kept.known) else { continue };
        // After the fetch, which may have put tools into quarantine.
        let approvals: Result<_, StorageError> = ports.storage.read(|tx| tx.tool_approvals());
        let approvals = approvals?;
        let of = |tool: &KnownTool| {
            approvals.iter().find(|approval| approval.server == server.id && approval.tool == tool.name)
        };
        found.extend(known.tools.iter().filter_map(|tool| judge(server, tool, of(tool)).ok()));
    }
    Ok(found)
}
