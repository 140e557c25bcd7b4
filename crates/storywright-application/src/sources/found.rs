//! Sources that the agent found: results of tools, kept like pages that a person added.

use super::{SourceError, open_draft};
use crate::Ports;
use storywright_domain::person::Actor;
use storywright_domain::ports::StorageExt;
use storywright_domain::source::{Below, MAX_SOURCE_CHARS, MAX_SOURCES, SourceEntry, SourceKind, SourceState};
use storywright_domain::suspicion::{suspicions, unseen_in};
use storywright_domain::{DraftId, Timestamp};

/// A source whose text is here already. The text is untrusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSource {
    /// What it is.
    pub kind: SourceKind,
    /// Site of the administrator's list, or the MCP server; empty for files.
    pub site: String,
    /// Page id, file name, issue key or tool name.
    pub name: String,
    /// Version number of a page, `updated` of an issue, SHA-256 of a file or result.
    pub revision: String,
    /// Title for people.
    pub title: String,
    /// Space or project key.
    pub space: String,
    /// Address for people.
    pub url: String,
    /// Fewer people may read it than the Jira project.
    pub restricted: bool,
    /// Markdown.
    pub text: String,
}

/// Adds a source with its text and gives its reference (`p3`). What the draft has already in the same revision keeps its reference; a
/// newer revision of the same thing takes the place of the older one.
///
/// # Errors
/// [`SourceError::NotFound`], [`SourceError::WrongState`], [`SourceError::TooMany`], [`SourceError::TooLong`].
pub fn add_found(ports: &Ports, actor: &Actor, draft: DraftId, source: &NewSource) -> Result<String, SourceError> {
    let chars = source.text.chars().count();
    if chars > MAX_SOURCE_CHARS {
        return Err(SourceError::TooLong { chars });
    }
    let now = ports.clock.now();
    let user = actor.user();
    ports.storage.write(|tx| {
        open_draft(tx, actor, draft)?;
        let known = tx.sources(user, draft)?;
        let same = known
            .iter()
            .find(|entry| entry.kind == source.kind && entry.site == source.site && entry.name == source.name);
        if let Some(entry) = same.filter(|entry| entry.is_read() && entry.revision == source.revision) {
            return Ok(entry.id());
        }
        if same.is_none() && known.len() >= MAX_SOURCES {
            return Err(SourceError::TooMany);
        }
        let number = match same {
            Some(entry) => entry.number,
            None => tx.next_source_number(user, draft)?,
        };
        let rereads = same.map_or(0, |entry| entry.rereads + u32::from(entry.is_read()));
        let entry = SourceEntry { rereads, ..entry_of(source, number, now) };
        if same.is_some() {
            let _ = tx.update_source(user, draft, &entry, Some(&source.text))?;
            tx.set_newer_text(user, draft, entry.number, None)?;
        } else {
            tx.insert_source(user, draft, &entry, &source.text)?;
        }
        let detail = format!("{} {} {}", entry.id(), entry.kind.as_str(), entry.name);
        tx.audit(&ports.audit_entry(Some(user), actor.request_id(), "source_found", format!("draft:{draft}"), detail))?;
        Ok(entry.id())
    })
}

/// A source that was read now.
pub(crate) fn entry_of(source: &NewSource, number: u32, now: Timestamp) -> SourceEntry {
    SourceEntry {
        number,
        kind: source.kind,
        state: SourceState::Read,
        job: None,
        below: Below::None,
        site: source.site.clone(),
        name: source.name.clone(),
        revision: source.revision.clone(),
        title: source.title.clone(),
        space: source.space.clone(),
        url: source.url.clone(),
        restricted: source.restricted,
        chars: source.text.chars().count(),
        note: String::new(),
        read_at: now,
        rereads: 0,
        removed_at: None,
        checked_at: None,
        newer: None,
        suspicions: suspicions(&source.text, &unseen_in(&source.text)),
    }
}
