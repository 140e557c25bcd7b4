//! What administrators decide about tools: approvals of exact definitions, for everybody, and their withdrawal.

use super::access::{access, digest};
use super::refresh::short;
use super::suggested::suggestion;
use crate::Ports;
use crate::access::AccessError;
use storywright_domain::person::{Administrator, Person};
use storywright_domain::ports::{StorageError, StorageExt, Tx};
use storywright_domain::tool::{KnownTool, McpServer, ToolApproval, ToolClass, ToolHints, is_invisible, raised_class};

/// Longest words for a tool, in characters.
const MAX_WORDS: usize = 200;

/// What an administrator decides about one definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApproval {
    /// Which server.
    pub server: String,
    /// The server's name for the tool.
    pub tool: String,
    /// SHA-256 of the definition that the administrator looked at.
    pub hash: String,
    /// What it may be used for.
    pub class: ToolClass,
    /// Their own words for it.
    pub words: String,
    /// A tool that reads from elsewhere may be called without asking.
    pub auto_read: bool,
}

/// Why a tool was not approved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApproveError {
    /// No such server is listed.
    #[error("`{0}` is not on the administrator's list")]
    NotListed(String),
    /// The administrator's own list has no such tool.
    #[error("the server does not offer you this tool; refresh the list")]
    NotFound,
    /// The definition is not the one that was looked at.
    #[error("the definition has changed since you looked at it; look at it again")]
    Changed,
    /// Its definition breaks a rule.
    #[error("the tool cannot be used: {0}")]
    Refused(String),
    /// The server itself claims more.
    #[error("the server says that the tool does more than that; the lowest class for it is `{}`", .0.as_str())]
    Claims(ToolClass),
    /// The words cannot be used.
    #[error("describe the tool in your own words, in 3 to {MAX_WORDS} characters on one line")]
    BadWords,
    /// The administrator's connection cannot be used.
    #[error(transparent)]
    Access(#[from] AccessError),
}

impl From<StorageError> for ApproveError {
    fn from(error: StorageError) -> Self {
        Self::Access(AccessError::Storage(error))
    }
}

fn words_of(raw: &str) -> Result<String, ApproveError> {
    let words = raw.trim();
    let fits = (3..=MAX_WORDS).contains(&words.chars().count());
    let plain = !words.chars().any(|character| character.is_control() || is_invisible(character));
    if fits && plain { Ok(words.to_owned()) } else { Err(ApproveError::BadWords) }
}

/// Approves a tool in the very definition that the administrator looked at. Ends a quarantine.
///
/// # Errors
/// [`ApproveError`].
pub fn approve_tool(ports: &Ports, by: Administrator<'_>, new: &NewApproval) -> Result<ToolApproval, ApproveError> {
    let words = words_of(&new.words)?;
    let seen = Seen::of(ports, by, &new.server)?;
    ports.storage.write(|tx| {
        let (hints, definition) = seen.definition(ports, tx, new)?;
        let lowest = raised_class(new.class, hints, seen.server.purpose);
        // Reading from elsewhere is what the purpose of a server alone can make of it; then it is kept as such.
        let class = if new.class == ToolClass::Read && lowest == ToolClass::ReadOpen { lowest } else { new.class };
        if lowest > class {
            return Err(ApproveError::Claims(lowest));
        }
        let new = NewApproval { class, words: words.clone(), ..new.clone() };
        keep(ports, by, tx, &new, definition)
    })
}

/// Approves, in our suggested words, every tool of a server for which there is a suggestion and about which nobody has decided yet. Gives
/// the names of those that were approved.
///
/// # Errors
/// [`ApproveError`].
pub fn approve_suggested(ports: &Ports, by: Administrator<'_>, server: &str) -> Result<Vec<String>, ApproveError> {
    let seen = Seen::of(ports, by, server)?;
    ports.storage.write(|tx| {
        let mut approved = Vec::new();
        for tool in seen.tools(tx)?.iter().filter(|tool| tool.refused.is_none()) {
            let Some(suggestion) = suggestion(seen.server, &tool.name) else { continue };
            let fits = raised_class(suggestion.class, tool.hints, seen.server.purpose) == suggestion.class;
            if !fits || tx.tool_approval(server, &tool.name)?.is_some() {
                continue;
            }
            let new = NewApproval {
                server: server.to_owned(),
                tool: tool.name.clone(),
                hash: tool.hash.clone(),
                class: suggestion.class,
                words: suggestion.words.to_owned(),
                auto_read: false,
            };
            let (_, definition) = seen.definition(ports, tx, &new)?;
            keep(ports, by, tx, &new, definition)?;
            approved.push(new.tool);
        }
        Ok(approved)
    })
}

/// Withdraws the approval of a tool, for everybody; `false` when there was none.
///
/// # Errors
/// [`StorageError`].
pub fn revoke_tool(ports: &Ports, by: Administrator<'_>, server: &str, tool: &str) -> Result<bool, StorageError> {
    let subject = format!("tool:{server}/{tool}");
    let actor = by.actor();
    let entry = ports.audit_entry(Some(actor.user()), actor.request_id(), "tool_revoked", subject, String::new());
    ports.storage.write(|tx| {
        let removed = tx.delete_tool_approval(server, tool)?;
        if removed {
            tx.audit(&entry)?;
        }
        Ok(removed)
    })
}

/// The list that the administrator sees.
struct Seen<'a> {
    server: &'a McpServer,
    user: storywright_domain::UserId,
    credential: String,
}

impl<'a> Seen<'a> {
    fn of(ports: &'a Ports, by: Administrator<'_>, server: &str) -> Result<Self, ApproveError> {
        let not_listed = || ApproveError::NotListed(server.chars().take(40).collect());
        let server = ports.settings.mcp_server(server).ok_or_else(not_listed)?;
        let actor = by.actor();
        let access = access(ports, actor.user(), server, actor.request_id())?;
        Ok(Self { server, user: actor.user(), credential: digest(ports, &access) })
    }

    fn tools(&self, tx: &mut dyn Tx) -> Result<Vec<KnownTool>, StorageError> {
        let kept = tx.cached_tools(self.user, &self.server.id, &self.credential)?;
        Ok(kept.and_then(|kept| kept.known).map(|known| known.tools).unwrap_or_default())
    }

    /// The definition with the approved hash, and what the server claims with it.
    fn definition(
        &self,
        ports: &Ports,
        tx: &mut dyn Tx,
        new: &NewApproval,
    ) -> Result<(ToolHints, String), ApproveError> {
        let tools = self.tools(tx)?;
        let tool = tools.iter().find(|tool| tool.name == new.tool).ok_or(ApproveError::NotFound)?;
        if let Some(reason) = &tool.refused {
            return Err(ApproveError::Refused(reason.clone()));
        }
        if tool.hash != new.hash {
            return Err(ApproveError::Changed);
        }
        let definitions = tx.tool_definitions(self.user, &self.server.id, &self.credential)?;
        let definition = definitions.into_iter().find(|(name, _)| *name == new.tool).map(|(_, text)| text);
        // The text that is kept with the approval is the one that was hashed, or there is no approval.
        let definition = definition.filter(|text| ports.sha256.hex(text.as_bytes()) == new.hash);
        Ok((tool.hints, definition.ok_or(ApproveError::Changed)?))
    }
}

fn keep(
    ports: &Ports,
    by: Administrator<'_>,
    tx: &mut dyn Tx,
    new: &NewApproval,
    definition: String,
) -> Result<ToolApproval, ApproveError> {
    let actor = by.actor();
    let name = |person: Person| format!("{} ({})", person.display_name, person.employee_id);
    let by_name = tx.person(actor.user())?.map(name).unwrap_or_else(|| actor.employee_id().to_owned());
    let approval = ToolApproval {
        server: new.server.clone(),
        tool: new.tool.clone(),
        hash: new.hash.clone(),
        class: new.class,
        words: new.words.clone(),
        auto_read: new.auto_read && new.class == ToolClass::ReadOpen,
        by: actor.user(),
        by_name,
        at: ports.clock.now(),
        definition,
        quarantine: None,
    };
    tx.save_tool_approval(&approval)?;
    let detail = format!("{} as {}", short(&approval.hash), approval.class.as_str());
    let subject = format!("tool:{}/{}", approval.server, approval.tool);
    tx.audit(&ports.audit_entry(Some(actor.user()), actor.request_id(), "tool_approved", subject, detail))?;
    Ok(approval)
}
