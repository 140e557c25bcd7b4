//! Fetching tool lists: at once, in jobs, when their time has come; and what to do when a tool is not what was approved.

use super::access::{access, connections, digest};
use super::known::known_tools;
use crate::Ports;
use crate::access::AccessError;
use crate::worker::{StopCause, why_stopped};
use storywright_domain::cancel::Cancellation;
use storywright_domain::integration::IntegrationKind;
use storywright_domain::job::{EventKind, Job, JobKind};
use storywright_domain::person::Actor;
use storywright_domain::ports::{Claim, JobEnd, Saved, StorageError, StorageExt, ToolAccess, ToolError, Tx};
use storywright_domain::tool::{CachedTools, KnownTool, KnownTools, Quarantine, ToolProblem};
use storywright_domain::{JobId, Millis, RequestId, UserId};

/// A list that could not be fetched is asked for again after this span, and a queued refresh is left to itself as long.
const AFTER_PROBLEM: Millis = Millis::minutes(15);
/// Lists that one look takes up.
const AT_ONCE: u32 = 50;
/// A server that calls its list old at once is not asked more often than this.
const SHORTEST: Millis = Millis::minutes(1);

/// Why a refresh was not started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefreshError {
    /// No such server is listed.
    #[error("`{0}` is not on the administrator's list")]
    NotListed(String),
    /// The person has not connected what the server needs.
    #[error(transparent)]
    Access(#[from] AccessError),
}

impl From<StorageError> for RefreshError {
    fn from(error: StorageError) -> Self {
        Self::Access(AccessError::Storage(error))
    }
}

/// A span lengthened or shortened by up to a tenth, so that people's lists are not all due together.
fn jittered(ports: &Ports, span: Millis) -> Millis {
    let [first, second, ..] = ports.ids.secret();
    let part = i64::from(u16::from_be_bytes([first, second]));
    let tenth = span.0 / 10;
    Millis(span.0 - tenth + 2 * tenth * part / i64::from(u16::MAX))
}

/// Asks the server for its tools and keeps them, or keeps why they did not come. Approved tools that are not what was approved are put
/// into quarantine for everybody.
pub(super) fn fetch(
    ports: &Ports,
    access: &ToolAccess,
    cancellation: &Cancellation,
) -> Result<Result<usize, ToolError>, StorageError> {
    let credential = digest(ports, access);
    let (user, server) = (access.user, access.server.id.as_str());
    let answer = ports.tools.list_tools(access, cancellation);
    let now = ports.clock.now();
    let list = match answer {
        Ok(list) => list,
        Err(ToolError::Cancelled) => return Ok(Err(ToolError::Cancelled)),
        Err(error) => {
            let problem = ToolProblem { code: error.code().to_owned(), detail: error.to_string(), at: now };
            let again = now + jittered(ports, AFTER_PROBLEM);
            ports.storage.write(|tx| tx.note_tool_problem(user, server, &credential, &problem, again))?;
            return Ok(Err(error));
        }
    };
    let (tools, definitions) = known_tools(ports, &access.server, &list);
    let ttl = list.ttl_ms.map_or(ports.settings.tools_ttl.0, |ttl| ttl.clamp(0, ports.settings.tools_ttl.0));
    let known = KnownTools {
        tools,
        protocol: list.protocol.chars().take(40).collect(),
        introduced_as: list.server.chars().filter(|c| !c.is_control()).take(100).collect(),
        fetched_at: now,
        fresh_until: now + Millis(ttl),
    };
    let refresh_at = now + jittered(ports, Millis(ttl.max(SHORTEST.0)));
    let cached = CachedTools {
        user,
        server: server.to_owned(),
        credential: credential.clone(),
        known: Some(known),
        problem: None,
        refresh_at,
    };
    ports.storage.write(|tx| {
        let before = tx.cached_tools(user, server, &credential)?.and_then(|kept| kept.known);
        tx.save_tools(&cached, &definitions)?;
        let now_known = cached.known.as_ref().map(|known| known.tools.as_slice()).unwrap_or_default();
        quarantine_changed(ports, tx, access, now_known, &list.tools)?;
        let before = before.map(|known| known.tools).unwrap_or_default();
        note_comings_and_goings(ports, tx, access, &before, now_known)
    })?;
    Ok(Ok(cached.known.map_or(0, |known| known.tools.len())))
}

/// Whatever differs from what was approved is disabled for everybody until an administrator has looked at it.
fn quarantine_changed(
    ports: &Ports,
    tx: &mut dyn Tx,
    access: &ToolAccess,
    tools: &[KnownTool],
    definitions: &[storywright_domain::tool::ToolDefinition],
) -> Result<(), StorageError> {
    let server = access.server.id.as_str();
    for approval in tx.tool_approvals()?.into_iter().filter(|approval| approval.server == server) {
        let differs = |tool: &&KnownTool| tool.name == approval.tool && tool.hash != approval.hash;
        // A name that comes twice is refused as a whole: one of the two is not the approved one.
        let refused = |tool: &&KnownTool| tool.name == approval.tool && tool.refused.is_some();
        let Some(found) = tools.iter().find(differs).or_else(|| tools.iter().find(refused)) else { continue };
        let known_already = approval.quarantine.as_ref().is_some_and(|standing| standing.hash == found.hash);
        if known_already {
            continue;
        }
        let definition = definitions.iter().find(|tool| ports.sha256.hex(tool.canonical.as_bytes()) == found.hash);
        let definition = definition.map(|tool| tool.canonical.chars().take(200_000).collect()).unwrap_or_default();
        let quarantine = Quarantine { hash: found.hash.clone(), definition, at: ports.clock.now() };
        if tx.quarantine_tool(server, &approval.tool, &approval.hash, &quarantine)? == Saved::Conflict {
            continue;
        }
        log::warn!(server, tool = approval.tool.as_str(), request_id = access.request_id.as_str(); "a tool is not what was approved and is disabled");
        let detail = format!("approved {}, found {}", short(&approval.hash), short(&found.hash));
        tx.audit(&entry(ports, access, "tool_changed", &approval.tool, detail))?;
    }
    Ok(())
}

/// Tools that are new or gone since the last list of the same person.
fn note_comings_and_goings(
    ports: &Ports,
    tx: &mut dyn Tx,
    access: &ToolAccess,
    before: &[KnownTool],
    now: &[KnownTool],
) -> Result<(), StorageError> {
    if before.is_empty() {
        return Ok(());
    }
    let lacks = |tools: &[KnownTool], name: &str| !tools.iter().any(|tool| tool.name == name);
    for (action, these, those) in [("tool_added", now, before), ("tool_removed", before, now)] {
        let names: Vec<&str> = these.iter().map(|tool| tool.name.as_str()).filter(|name| lacks(those, name)).collect();
        if !names.is_empty() {
            let detail: String = names.join(" ").chars().take(500).collect();
            let subject = format!("tools:{}", access.server.id);
            tx.audit(&ports.audit_entry(Some(access.user), &access.request_id, action, subject, detail))?;
        }
    }
    Ok(())
}

/// The first digits of a hash.
pub(super) fn short(hash: &str) -> String {
    hash.chars().take(12).collect()
}

/// An audit entry about a tool.
pub(super) fn entry(
    ports: &Ports,
    access: &ToolAccess,
    action: &str,
    tool: &str,
    detail: String,
) -> storywright_domain::person::AuditEntry {
    let subject = format!("tool:{}/{tool}", access.server.id);
    ports.audit_entry(Some(access.user), &access.request_id, action, subject, detail)
}

/// Starts a job that fetches the list of one server anew; gives the job that does it already, when there is one.
///
/// # Errors
/// [`RefreshError`].
pub fn start_refresh(ports: &Ports, actor: &Actor, server: &str) -> Result<JobId, RefreshError> {
    let listed =
        ports.settings.mcp_server(server).ok_or_else(|| RefreshError::NotListed(server.chars().take(40).collect()))?;
    // Fails early and clearly, before anything is queued.
    access(ports, actor.user(), listed, actor.request_id())?;
    Ok(queue(ports, actor.user(), server, actor.request_id())?)
}

fn queue(ports: &Ports, user: UserId, server: &str, request_id: &RequestId) -> Result<JobId, StorageError> {
    let now = ports.clock.now();
    let id = JobId(ports.ids.id());
    let job = Job::waiting(id, user, JobKind::RefreshTools, server.to_owned(), request_id.as_str(), now);
    let id = ports.storage.write(|tx| {
        let open = tx.open_jobs(user)?;
        let same = open.iter().find(|open| open.kind == JobKind::RefreshTools && open.subject == server);
        if let Some(same) = same {
            return Ok::<_, StorageError>(same.id);
        }
        tx.insert_job(&job)?;
        Ok(id)
    })?;
    ports.queue.wake();
    Ok(id)
}

/// Starts jobs for the servers of which the person has no list with their present credentials: after a sign-in, and after the test of a
/// connection (then only servers that need this one, and whether there is a list or not).
///
/// # Errors
/// [`StorageError`].
pub fn fetch_missing_lists(
    ports: &Ports,
    actor: &Actor,
    tested: Option<IntegrationKind>,
) -> Result<Vec<JobId>, StorageError> {
    let mut started = Vec::new();
    for server in &ports.settings.mcp_servers {
        if tested.is_some_and(|kind| !connections(server).contains(&kind)) {
            continue;
        }
        let access = match access(ports, actor.user(), server, actor.request_id()) {
            Ok(access) => access,
            Err(AccessError::Storage(error)) => return Err(error),
            Err(_) => continue,
        };
        let credential = digest(ports, &access);
        let kept: Result<_, StorageError> =
            ports.storage.read(|tx| tx.cached_tools(actor.user(), &server.id, &credential));
        let now = ports.clock.now();
        let missing = kept?.and_then(|kept| kept.known).is_none_or(|known| now >= known.fresh_until);
        if missing || tested.is_some() {
            started.push(queue(ports, actor.user(), &server.id, actor.request_id())?);
        }
    }
    Ok(started)
}

/// Starts jobs for the lists whose time has come, of people who are signed in. Meant to be called every minute or so; several servers may.
/// Gives how many were started.
///
/// # Errors
/// [`StorageError`].
pub fn refresh_due_lists(ports: &Ports) -> Result<usize, StorageError> {
    if ports.settings.mcp_servers.is_empty() {
        return Ok(0);
    }
    let now = ports.clock.now();
    let due: Result<_, StorageError> = ports.storage.read(|tx| tx.tools_to_refresh(now, AT_ONCE));
    let mut started = 0;
    for (user, server, expected) in due? {
        // First, so that no other server starts the same.
        let next = now + jittered(ports, AFTER_PROBLEM);
        let taken: Result<_, StorageError> =
            ports.storage.write(|tx| tx.set_tool_refresh(user, &server, expected, next));
        if taken? == Saved::Conflict || ports.settings.mcp_server(&server).is_none() {
            continue;
        }
        queue(ports, user, &server, &RequestId::from_number(ports.ids.id()))?;
        started += 1;
    }
    Ok(started)
}

/// Runs a claimed refresh. A server that does not answer is a problem of the list, not of the job.
pub fn run_refresh(ports: &Ports, claim: &Claim, cancellation: &Cancellation) -> JobEnd {
    match refresh(ports, &claim.job, cancellation) {
        Ok(end) => end,
        Err(error) => JobEnd::Retry { after: Millis::seconds(5), error: format!("storage: {error}") },
    }
}

fn refresh(ports: &Ports, job: &Job, cancellation: &Cancellation) -> Result<JobEnd, StorageError> {
    let say = |kind: EventKind, data: serde_json::Value| ports.events.append(job.id, kind, &data.to_string()).map(drop);
    let fail = |code: &str, message: String| -> Result<JobEnd, StorageError> {
        say(EventKind::Error, serde_json::json!({"code": code, "message": message, "retry": false}))?;
        ports.events.flush(job.id)?;
        Ok(JobEnd::Failed { error: format!("{code}: {message}") })
    };
    let Some(server) = ports.settings.mcp_server(&job.subject) else {
        return fail("mcp_not_listed", "The server is no longer on the administrator's list.".to_owned());
    };
    let request_id = RequestId::parse(&job.request_id).unwrap_or_else(|| RequestId::from_number(job.id.0));
    let access = match access(ports, job.user, server, &request_id) {
        Ok(access) => access,
        Err(AccessError::Storage(error)) => return Err(error),
        Err(error) => return fail("not_connected", format!("The tools need a connection that works: {error}.")),
    };
    say(EventKind::Progress, serde_json::json!({"step": format!("Asking {}", server.name), "done": 0, "total": 1}))?;
    match fetch(ports, &access, cancellation)? {
        Ok(count) => {
            say(EventKind::Progress, serde_json::json!({"step": format!("{count} tools"), "done": 1, "total": 1}))?;
            say(EventKind::Done, serde_json::json!({"status": "completed"}))?;
            ports.events.flush(job.id)?;
            Ok(JobEnd::Completed)
        }
        Err(ToolError::Cancelled) => Ok(match why_stopped(ports, job)? {
            StopCause::Person => {
                say(EventKind::Done, serde_json::json!({"status": "cancelled"}))?;
                ports.events.flush(job.id)?;
                JobEnd::Cancelled
            }
            StopCause::Process | StopCause::LeaseLost => JobEnd::Released,
        }),
        Err(error) => fail(error.code(), format!("{} gave no tools: {error}.", server.name)),
    }
}
