//! Adding pages: they are listed at once and read by a job.

use super::{SourceError, noted, open_draft};
use crate::jobs::started_and_open;
use crate::{Ports, access};
use storywright_domain::job::{Job, JobKind, JobStatus};
use storywright_domain::person::Actor;
use storywright_domain::ports::{StorageExt, Tx};
use storywright_domain::source::{Below, MAX_SOURCES, SourceEntry, SourceKind, SourceState};
use storywright_domain::{DraftId, JobId, Timestamp};

/// Most pages that are named at once.
pub(super) const MOST_AT_ONCE: usize = 200;

/// A page that a person wants, by any form of its address or its id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageToAdd {
    /// Address or id.
    pub address: String,
    /// Title, where it is known from a search.
    pub title: String,
    /// Which pages below it come with it.
    pub below: Below,
}

/// What was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcesAdded {
    /// References, in the order in which they were named; pages that the draft has already keep theirs.
    pub ids: Vec<String>,
    /// The job that reads them; `None` when there is nothing to read.
    pub job: Option<JobId>,
}

/// Adds pages to a draft and starts reading them.
///
/// # Errors
/// [`SourceError`]; nothing is added then.
pub fn add_pages(
    ports: &Ports,
    actor: &Actor,
    draft: DraftId,
    pages: &[PageToAdd],
) -> Result<SourcesAdded, SourceError> {
    if pages.is_empty() || pages.len() > MOST_AT_ONCE {
        return Err(SourceError::NothingToAdd);
    }
    // Nothing is asked of Confluence for a draft that is not this person's.
    ports.storage.read(|tx| open_draft(tx, actor, draft).map(drop))?;
    let access = access::confluence(ports, actor.user(), actor.request_id())?;
    let mut wanted: Vec<(String, &PageToAdd)> = Vec::new();
    for page in pages {
        let found = ports.confluence.locate(&access, &page.address);
        let id = found.map_err(|error| match error {
            storywright_domain::remote::RemoteError::NotAllowed { .. } => {
                SourceError::NoSuchPage { address: short(&page.address) }
            }
            error => noted(ports, actor, &access, error),
        })?;
        let id = id.ok_or_else(|| SourceError::NoSuchPage { address: short(&page.address) })?;
        if !wanted.iter().any(|(known, _)| *known == id) {
            wanted.push((id, page));
        }
    }
    let now = ports.clock.now();
    let job = reading_job(ports, actor, draft);
    let names: Vec<&str> = wanted.iter().map(|(id, _)| id.as_str()).collect();
    let entry = ports.audit_entry(
        Some(actor.user()),
        actor.request_id(),
        "sources_added",
        format!("draft:{draft}"),
        format!("pages {}", names.join(", ").chars().take(500).collect::<String>()),
    );
    let added = ports.storage.write(|tx| {
        open_draft(tx, actor, draft)?;
        let known = tx.sources(actor.user(), draft)?;
        let mut next = tx.next_source_number(actor.user(), draft)?;
        let job_id = queue(ports, tx, actor, &job)?;
        let mut ids = Vec::new();
        let mut fresh = 0;
        for (id, page) in &wanted {
            let same = |entry: &&SourceEntry| {
                entry.kind == SourceKind::Page && entry.name == *id && entry.site == access.site.id
            };
            if let Some(known) = known.iter().find(same) {
                ids.push(known.id());
                if page.below != Below::None || matches!(known.state, SourceState::Failed { .. }) {
                    let again = SourceEntry {
                        state: SourceState::Waiting,
                        job: Some(job_id),
                        below: page.below,
                        note: String::new(),
                        ..known.clone()
                    };
                    let _ = tx.update_source(actor.user(), draft, &again, None)?;
                    fresh += 1;
                }
                continue;
            }
            if known.len() + fresh >= MAX_SOURCES {
                return Err(SourceError::TooMany);
            }
            let title = if page.title.trim().is_empty() { format!("Page {id}") } else { short(&page.title) };
            let entry =
                SourceEntry { below: page.below, ..waiting_page(next, &access.site.id, id, title, job_id, now) };
            tx.insert_source(actor.user(), draft, &entry, "")?;
            ids.push(entry.id());
            next += 1;
            fresh += 1;
        }
        if fresh == 0 {
            return Ok(SourcesAdded { ids, job: None });
        }
        start(tx, &job, job_id)?;
        tx.audit(&entry)?;
        Ok(SourcesAdded { ids, job: Some(job_id) })
    })?;
    ports.queue.wake();
    Ok(added)
}

/// Tries failed sources again: one, or all of the draft. Gives the job that reads them.
///
/// # Errors
/// [`SourceError::TooLate`] when none has failed.
pub fn retry(ports: &Ports, actor: &Actor, draft: DraftId, number: Option<u32>) -> Result<JobId, SourceError> {
    let job = reading_job(ports, actor, draft);
    let job_id = ports.storage.write(|tx| {
        open_draft(tx, actor, draft)?;
        let failed: Vec<SourceEntry> = tx
            .sources(actor.user(), draft)?
            .into_iter()
            .filter(|entry| entry.kind == SourceKind::Page && matches!(entry.state, SourceState::Failed { .. }))
            .filter(|entry| number.is_none_or(|number| entry.number == number))
            .collect();
        if failed.is_empty() {
            return Err(SourceError::TooLate);
        }
        let job_id = queue(ports, tx, actor, &job)?;
        for entry in failed {
            let again = SourceEntry { state: SourceState::Waiting, job: Some(job_id), note: String::new(), ..entry };
            let _ = tx.update_source(actor.user(), draft, &again, None)?;
        }
        start(tx, &job, job_id)?;
        Ok(job_id)
    })?;
    ports.queue.wake();
    Ok(job_id)
}

/// A page that a job is to read.
pub(super) fn waiting_page(
    number: u32,
    site: &str,
    id: &str,
    title: String,
    job: JobId,
    now: Timestamp,
) -> SourceEntry {
    SourceEntry {
        number,
        kind: SourceKind::Page,
        state: SourceState::Waiting,
        job: Some(job),
        below: Below::None,
        site: site.to_owned(),
        name: id.to_owned(),
        revision: String::new(),
        title,
        space: String::new(),
        url: String::new(),
        restricted: false,
        chars: 0,
        note: String::new(),
        read_at: now,
        rereads: 0,
        removed_at: None,
        checked_at: None,
        newer: None,
        suspicions: Vec::new(),
    }
}

/// A job that reads sources of a draft, not queued yet.
pub(super) fn reading_job(ports: &Ports, actor: &Actor, draft: DraftId) -> Job {
    let id = JobId(ports.ids.id());
    Job::waiting(
        id,
        actor.user(),
        JobKind::ReadSources,
        draft.to_string(),
        actor.request_id().as_str(),
        ports.clock.now(),
    )
}

/// The job to which sources are given: one that waits for a worker and reads this draft already, or else this one.
pub(super) fn queue(ports: &Ports, tx: &mut dyn Tx, actor: &Actor, job: &Job) -> Result<JobId, SourceError> {
    let open = tx.open_jobs(actor.user())?;
    let waiting = open.iter().find(|open| {
        open.kind == JobKind::ReadSources && open.subject == job.subject && open.status == JobStatus::Pending
    });
    match waiting {
        Some(waiting) => Ok(waiting.id),
        None => match started_and_open(tx, actor.user())? {
            many if many >= ports.settings.max_open_jobs => Err(SourceError::TooManyJobs(many)),
            _ => Ok(job.id),
        },
    }
}

/// Queues the job, unless the sources were given to one that waits already.
pub(super) fn start(tx: &mut dyn Tx, job: &Job, chosen: JobId) -> Result<(), SourceError> {
    if job.id == chosen {
        tx.insert_job(job)?;
    }
    Ok(())
}

/// One line, not too long.
fn short(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(255).collect()
}
