//! Whether pages have changed since they were read, and which stories rest on words that no longer stand there.

use super::add::{queue, reading_job, start};
use super::{SourceError, any_draft, noted, open_draft, stands_in};
use crate::{Ports, access};
use std::collections::BTreeSet;
use storywright_domain::person::Actor;
use storywright_domain::ports::{StorageError, StorageExt};
use storywright_domain::source::{SourceEntry, SourceKind, SourceState};
use storywright_domain::story::Document;
use storywright_domain::{DraftId, JobId, Millis};

/// A check that is younger than this is not repeated unasked.
const FRESH: Millis = Millis::minutes(5);

/// A citation whose words no longer stand in its source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CitationFlag {
    /// Reference of the story.
    pub story: String,
    /// Which of its citations, from 0.
    pub citation: usize,
    /// Number of the source.
    pub source: u32,
}

/// A source as it was read and as it is by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differs {
    /// The source.
    pub entry: SourceEntry,
    /// Its text as it was read.
    pub before: String,
    /// Its text by now; `None` when the page is gone.
    pub after: Option<String>,
}

/// Asks Confluence for the versions of the draft's pages, with few calls, and keeps what cited pages have come to. Unless it is asked
/// for (`always`), pages that were looked at a short while ago are not looked at again. Gives how many pages have changed since.
///
/// # Errors
/// [`SourceError`].
pub fn check_changes(ports: &Ports, actor: &Actor, draft: DraftId, always: bool) -> Result<usize, SourceError> {
    let (document, entries) = ports.storage.read(|tx| {
        let draft = any_draft(tx, actor, draft)?;
        Ok::<_, SourceError>((draft.document, tx.sources(actor.user(), draft.id)?))
    })?;
    let now = ports.clock.now();
    let due = |entry: &&SourceEntry| {
        let fresh = entry.checked_at.is_some_and(|at| at + FRESH > now);
        entry.kind == SourceKind::Page && entry.is_read() && (always || !fresh)
    };
    let due: Vec<&SourceEntry> = entries.iter().filter(due).collect();
    if due.is_empty() {
        return Ok(entries.iter().filter(|entry| entry.newer.is_some()).count());
    }
    let access = access::confluence(ports, actor.user(), actor.request_id())?;
    let due: Vec<&SourceEntry> = due.into_iter().filter(|entry| entry.site == access.site.id).collect();
    let ids: Vec<String> = due.iter().map(|entry| entry.name.clone()).collect();
    let versions = ports.confluence.versions(&access, &ids).map_err(|error| noted(ports, actor, &access, error))?;
    let cited = cited(&document);
    for entry in due {
        let version = versions.get(&entry.name).map(ToString::to_string).unwrap_or_default();
        let newer = (version != entry.revision).then_some(version);
        // The text of a page that stories rest on is needed to say which of them it touches.
        let text = match &newer {
            Some(version) if !version.is_empty() && cited.contains(&entry.number) && entry.newer != newer => {
                let page = ports.confluence.page(&access, &entry.name);
                page.map_err(|error| noted(ports, actor, &access, error))?.map(|page| page.markdown)
            }
            _ => None,
        };
        keep(ports, actor, draft, entry, newer, text)?;
    }
    let entries = ports.storage.read(|tx| tx.sources(actor.user(), draft))?;
    Ok(entries.iter().filter(|entry| entry.newer.is_some()).count())
}

fn keep(
    ports: &Ports,
    actor: &Actor,
    draft: DraftId,
    seen: &SourceEntry,
    newer: Option<String>,
    text: Option<String>,
) -> Result<(), StorageError> {
    let now = ports.clock.now();
    ports.storage.write(|tx| {
        let stored = tx.source(actor.user(), draft, seen.number)?;
        // Read again or removed meanwhile: what was found out is about another state of it.
        let Some(stored) = stored.filter(|stored| stored.revision == seen.revision && stored.is_read()) else {
            return Ok(());
        };
        if text.is_some() || newer.is_none() || newer.as_deref() == Some("") {
            tx.set_newer_text(actor.user(), draft, seen.number, text.as_deref())?;
        }
        let entry = SourceEntry { newer: newer.clone(), checked_at: Some(now), ..stored };
        let _ = tx.update_source(actor.user(), draft, &entry, None)?;
        Ok(())
    })
}

fn cited(document: &Document) -> BTreeSet<u32> {
    let citations = document.stories.iter().flat_map(|story| &story.citations);
    citations.filter_map(|citation| SourceEntry::number_of(&citation.source)).collect()
}

/// Citations whose words no longer stand in their source, as far as the last check knows. One text at a time is in memory.
///
/// # Errors
/// [`StorageError`].
pub fn flags(
    ports: &Ports,
    actor: &Actor,
    draft: DraftId,
    document: &Document,
    entries: &[SourceEntry],
) -> Result<Vec<CitationFlag>, StorageError> {
    let mut flags = Vec::new();
    for number in cited(document) {
        let Some(entry) = entries.iter().find(|entry| entry.number == number) else { continue };
        if entry.newer.is_none() && entry.rereads == 0 {
            continue;
        }
        let text = ports.storage.read(|tx| match entry.newer.as_deref() {
            Some("") => Ok(Some(String::new())),
            Some(_) => tx.newer_text(actor.user(), draft, number),
            None => tx.source_text(actor.user(), draft, number),
        })?;
        // A changed page whose text is not here yet says nothing about its words.
        let Some(text) = text else { continue };
        for story in &document.stories {
            for (index, citation) in story.citations.iter().enumerate() {
                if SourceEntry::number_of(&citation.source) == Some(number) && !stands_in(&text, &citation.quote) {
                    flags.push(CitationFlag { story: story.id.clone(), citation: index, source: number });
                }
            }
        }
    }
    flags.sort();
    Ok(flags)
}

/// A source as it was read beside what it is by now; the new text is fetched when it is not here.
///
/// # Errors
/// [`SourceError::NotFound`] also when it has not changed.
pub fn differences(ports: &Ports, actor: &Actor, draft: DraftId, number: u32) -> Result<Differs, SourceError> {
    let (entry, before, after) = ports.storage.read(|tx| {
        any_draft(tx, actor, draft)?;
        let entry = tx.source(actor.user(), draft, number)?.filter(|entry| entry.removed_at.is_none());
        let entry = entry.filter(|entry| entry.newer.is_some()).ok_or(SourceError::NotFound)?;
        let before = tx.source_text(actor.user(), draft, number)?.unwrap_or_default();
        Ok::<_, SourceError>((entry, before, tx.newer_text(actor.user(), draft, number)?))
    })?;
    if entry.newer.as_deref() == Some("") || after.is_some() {
        return Ok(Differs { entry, before, after });
    }
    let access = access::confluence(ports, actor.user(), actor.request_id())?;
    let page = ports.confluence.page(&access, &entry.name).map_err(|error| noted(ports, actor, &access, error))?;
    let newer = page.as_ref().map_or_else(String::new, |page| page.version.to_string());
    let after = page.map(|page| page.markdown);
    keep(ports, actor, draft, &entry, Some(newer.clone()), after.clone())?;
    Ok(Differs { entry: SourceEntry { newer: Some(newer), ..entry }, before, after })
}

/// Reads a page again, in the version that it has by now. Gives the job that does it.
///
/// # Errors
/// [`SourceError`].
pub fn read_again(ports: &Ports, actor: &Actor, draft: DraftId, number: u32) -> Result<JobId, SourceError> {
    let job = reading_job(ports, actor, draft);
    let id = ports.storage.write(|tx| {
        open_draft(tx, actor, draft)?;
        let entry = tx.source(actor.user(), draft, number)?.filter(|entry| entry.removed_at.is_none());
        let entry = entry.filter(|entry| entry.kind == SourceKind::Page).ok_or(SourceError::NotFound)?;
        let id = queue(ports, tx, actor, &job)?;
        let again = SourceEntry { state: SourceState::Waiting, job: Some(id), note: String::new(), ..entry };
        let _ = tx.update_source(actor.user(), draft, &again, None)?;
        start(tx, &job, id)?;
        Ok::<_, SourceError>(id)
    })?;
    ports.queue.wake();
    Ok(id)
}
