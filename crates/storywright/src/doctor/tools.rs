//! What the doctor says of MCP servers: whether they answer, what they gave last, and which decisions wait.

use super::egress;
use crate::settings::Settings;
use std::collections::BTreeMap;
use std::sync::Arc;
use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::{StorageError, StorageExt, ToolAccess, ToolError, ToolServer};
use storywright_domain::remote::TlsTrust;
use storywright_domain::tool::{KnownTools, McpServer, ToolApproval};
use storywright_domain::{RequestId, UserId};
use storywright_mcp::McpClient;
use storywright_storage::{SqliteOptions, SqliteStorage};
use storywright_vault::SystemClock;

/// Most names in one note.
const NAMES: usize = 10;

/// Whether a server answers. It is asked as nobody, without its headers: credentials belong to people. A server that turns nobody away
/// has shown that it is there.
pub(super) fn answers(settings: &Settings, server: &McpServer) -> Result<String, String> {
    let origin = storywright_mcp::origin_of(server).map_err(|error| error.to_string())?;
    let client = McpClient::new(egress(settings, vec![origin]), Arc::new(SystemClock::default()));
    let access = ToolAccess {
        user: UserId(0),
        server: McpServer { headers: BTreeMap::new(), ..server.clone() },
        secrets: Vec::new(),
        values: Vec::new(),
        tls: TlsTrust::default(),
        request_id: RequestId::from_number(0),
    };
    let url = &server.url;
    match client.list_tools(&access, &Cancellation::new()) {
        Ok(list) => Ok(format!(
            "{url} answers in protocol {}; whoever asks is shown {} tools, {} of which break a rule",
            list.protocol,
            list.tools.len() + list.refused.len(),
            list.refused.len()
        )),
        Err(ToolError::Unauthorized { .. }) => Ok(format!("{url} answers and asks for a credential")),
        Err(error) => Err(format!("{url}: {error}; {}", cure(&error))),
    }
}

fn cure(error: &ToolError) -> &'static str {
    match error {
        ToolError::Unreachable { .. } | ToolError::NoAnswer { .. } => {
            "start the server, or mend `url` in `mcp_servers`; meanwhile people's last lists are used"
        }
        ToolError::Certificate { .. } => "name your company's certificates in `server.extra_roots_file`",
        ToolError::NotAllowed { .. } => {
            "mend `url` in `mcp_servers`, or set `allow_loopback` for a server on this machine"
        }
        ToolError::RateLimited { .. } => "look again later",
        ToolError::Malformed { .. }
        | ToolError::Rejected { .. }
        | ToolError::AsksForMore { .. }
        | ToolError::Unauthorized { .. }
        | ToolError::Cancelled => {
            "`url` in `mcp_servers` must be its streamable HTTP endpoint, which often ends in /mcp"
        }
    }
}

/// What the database knows of the listed servers, by id. Nothing when there is no database yet or it has to be brought up to date first.
pub(super) fn notes(settings: &Settings) -> Vec<(String, String)> {
    // Opening one of an older version would change it under a server that may be using it.
    let current = settings.database.exists() && matches!(SqliteStorage::inspect(&settings.database), Ok(0));
    if settings.mcp_servers.is_empty() || !current {
        return Vec::new();
    }
    let storage = match SqliteStorage::open(&settings.database, SqliteOptions::default()) {
        Ok(storage) => storage,
        Err(error) => return vec![("all servers".to_owned(), error.to_string())],
    };
    let mut notes = Vec::new();
    for server in &settings.mcp_servers {
        let read: Result<(Option<KnownTools>, Vec<ToolApproval>), StorageError> =
            storage.read(|tx| Ok((tx.newest_tools(&server.id)?, tx.tool_approvals()?)));
        let found = match read {
            Ok((newest, approvals)) => {
                let own: Vec<_> = approvals.into_iter().filter(|approval| approval.server == server.id).collect();
                [Some(listed(newest.as_ref(), own.len())), changed(&own)].into_iter().flatten().collect()
            }
            Err(error) => vec![error.to_string()],
        };
        notes.extend(found.into_iter().map(|note| (server.id.clone(), note)));
    }
    notes
}

fn listed(newest: Option<&KnownTools>, approved: usize) -> String {
    let Some(known) = newest else {
        return "nobody has a list yet; it comes when somebody connects what the server needs and tests it".to_owned();
    };
    let at = jiff::Timestamp::from_millisecond(known.fetched_at.0).unwrap_or_default();
    let refused = known.tools.iter().filter(|tool| tool.refused.is_some()).count();
    let wait = if approved == 0 { "; an administrator decides about them on the page Tools" } else { "" };
    format!(
        "{} listed in protocol {} at {at}, {refused} break a rule, {approved} approved{wait}",
        known.tools.len(),
        known.protocol
    )
}

fn changed(approvals: &[ToolApproval]) -> Option<String> {
    let names: Vec<&str> =
        approvals.iter().filter(|one| one.quarantine.is_some()).map(|one| one.tool.as_str()).collect();
    let more = names.len().saturating_sub(NAMES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!names.is_empty()).then(|| {
        format!(
            "changed since they were approved, disabled for everybody: {}{more}; an administrator looks at them on the page Tools",
            names[..names.len().min(NAMES)].join(", ")
        )
    })
}
