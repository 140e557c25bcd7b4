//! The job that reads sources: one page at a time, each kept before the next is asked for, so that memory stays flat.

use super::add::waiting_page;
use crate::Ports;
use crate::access::{self, AccessError};
use crate::integrations::mark_broken;
use crate::worker::{StopCause, why_stopped};
use std::collections::BTreeMap;
use storywright_domain::cancel::Cancellation;
use storywright_domain::confluence::Page;
use storywright_domain::integration::IntegrationKind;
use storywright_domain::job::{EventKind, Job};
use storywright_domain::ports::{Claim, JobEnd, StorageError, StorageExt, Tx};
use storywright_domain::remote::{Access, RemoteError};
use storywright_domain::source::{Below, MAX_SOURCE_CHARS, MAX_SOURCES, SourceEntry, SourceState};
use storywright_domain::suspicion::suspicions;
use storywright_domain::{DraftId, Millis, RequestId, Timestamp};

/// Most pages that one page brings with it.
const MOST_BELOW: usize = 200;
/// Longest sum of waits that a site may ask for one page.
const PATIENCE: Millis = Millis::minutes(5);

/// What came of one page.
enum Outcome {
    Read(Box<Page>, bool),
    Failed {
        code: String,
        words: String,
    },
    /// No further page can be read either.
    Over {
        code: String,
        words: String,
    },
    Stopped,
}

/// Runs a claimed reading job to its end and says how it ends.
pub(crate) fn run_reading(ports: &Ports, claim: &Claim, cancellation: &Cancellation) -> JobEnd {
    let job = &claim.job;
    let result = Reading::open(ports, job, cancellation).and_then(|mut reading| reading.run());
    result.unwrap_or_else(|error| {
        log::error!(job_id = job.id.to_string().as_str(), error = error.to_string().as_str(); "sources could not be kept");
        JobEnd::Retry { after: Millis::seconds(5), error: format!("storage: {error}") }
    })
}

/// Marks what a job was still to read as failed, when it will not be read by it any more.
pub(crate) fn give_up_reading(tx: &mut dyn Tx, job: &Job, code: &str, words: &str) -> Result<(), StorageError> {
    let Ok(draft) = DraftId::parse(&job.subject) else { return Ok(()) };
    while let Some(entry) = tx.next_waiting(job.user, draft, job.id)? {
        let _ = tx.update_source(job.user, draft, &failed(entry, code, words), None)?;
    }
    Ok(())
}

fn failed(entry: SourceEntry, code: &str, words: &str) -> SourceEntry {
    // A page that was read before and could not be read again keeps its text.
    SourceEntry { state: SourceState::Failed { code: code.to_owned() }, note: words.to_owned(), ..entry }
}

struct Reading<'a> {
    ports: &'a Ports,
    job: &'a Job,
    draft: DraftId,
    cancellation: &'a Cancellation,
    /// Which pages above others are restricted, as asked once.
    restricted: BTreeMap<String, bool>,
    done: usize,
}

impl<'a> Reading<'a> {
    fn open(ports: &'a Ports, job: &'a Job, cancellation: &'a Cancellation) -> Result<Self, StorageError> {
        let draft = DraftId::parse(&job.subject)
            .map_err(|error| StorageError::Corrupt { entity: "job", detail: error.to_string() })?;
        Ok(Self { ports, job, draft, cancellation, restricted: BTreeMap::new(), done: 0 })
    }

    fn run(&mut self) -> Result<JobEnd, StorageError> {
        let request_id =
            RequestId::parse(&self.job.request_id).unwrap_or_else(|| RequestId::from_number(self.job.id.0));
        let access = match access::confluence(self.ports, self.job.user, &request_id) {
            Ok(access) => access,
            Err(AccessError::Storage(error)) => return Err(error),
            Err(error) => {
                return self.over("confluence_not_connected", &format!("{error}: open Integrations and test it"));
            }
        };
        loop {
            if self.cancellation.is_cancelled() {
                return self.stopped();
            }
            let next = self.ports.storage.read(|tx| tx.next_waiting(self.job.user, self.draft, self.job.id))?;
            let Some(entry) = next else { break };
            self.tell(&format!("Reading {}", entry.title))?;
            let outcome = if entry.site == access.site.id {
                self.read(&access, &entry)
            } else {
                let words = "it belongs to another Confluence than the connected one".to_owned();
                Outcome::Failed { code: "site_not_connected".to_owned(), words }
            };
            let kept = match outcome {
                Outcome::Stopped => return self.stopped(),
                Outcome::Over { code, words } => return self.over(&code, &words),
                Outcome::Failed { code, words } => self.keep(&failed(entry, &code, &words), None)?,
                Outcome::Read(page, restricted) => self.keep_page(&access, entry, *page, restricted)?,
            };
            if !kept {
                return Ok(JobEnd::Cancelled);
            }
            self.done += 1;
        }
        self.tell("Done")?;
        self.end("completed")?;
        Ok(JobEnd::Completed)
    }

    /// Reads one page, waiting when the site asks for it.
    fn read(&mut self, access: &Access, entry: &SourceEntry) -> Outcome {
        let mut waited = Millis(0);
        loop {
            let result = self.ports.confluence.page(access, &entry.name);
            match result.and_then(|page| self.with_restriction(access, page)) {
                Ok(Some((page, restricted))) => return self.checked(access, page, restricted),
                Ok(None) => {
                    let words = "there is no such page, or you may not see it".to_owned();
                    return Outcome::Failed { code: "page_not_found".to_owned(), words };
                }
                Err(RemoteError::RateLimited { retry_after_ms }) if waited.0 < PATIENCE.0 => {
                    waited = Millis(waited.0 + retry_after_ms);
                    self.ports.running.pause(Millis(retry_after_ms), self.cancellation);
                    if self.cancellation.is_cancelled() {
                        return Outcome::Stopped;
                    }
                }
                Err(error) => return self.trouble(access, &error),
            }
        }
    }

    fn checked(&self, access: &Access, page: Page, restricted: bool) -> Outcome {
        let fail = |code: &str, words: String| Outcome::Failed { code: code.to_owned(), words };
        if !access.site.allows_space(&page.space) {
            let words = format!("the space {} is not among those that may be read here", page.space);
            return fail("space_not_allowed", words);
        }
        let chars = page.markdown.chars().count();
        if chars > MAX_SOURCE_CHARS {
            return fail(
                "source_too_long",
                format!("it has {chars} characters, a source has at most {MAX_SOURCE_CHARS}"),
            );
        }
        Outcome::Read(Box::new(page), restricted)
    }

    fn trouble(&self, access: &Access, error: &RemoteError) -> Outcome {
        let (code, words) = (error.code().to_owned(), error.to_string());
        match error {
            RemoteError::Unauthorized { .. } => {
                let kind = IntegrationKind::Confluence;
                let marked = mark_broken(self.ports, self.job.user, kind, &access.credential, &code, &words);
                if let Err(error) = marked {
                    log::error!(error = error.to_string().as_str(); "the Confluence connection could not be marked as broken");
                }
                Outcome::Over { code, words }
            }
            RemoteError::LoginPage { .. } | RemoteError::Captcha { .. } | RemoteError::Certificate { .. } => {
                Outcome::Over { code, words }
            }
            _ => Outcome::Failed { code, words },
        }
    }

    /// Whether the page, a page above it or its space is for few.
    fn with_restriction(&mut self, access: &Access, page: Option<Page>) -> Result<Option<(Page, bool)>, RemoteError> {
        let Some(page) = page else { return Ok(None) };
        let mut restricted = page.restricted || access.site.restricts_space(&page.space);
        for above in &page.ancestors {
            let known = match self.restricted.get(above) {
                Some(known) => *known,
                None => {
                    let asked = self.ports.confluence.page_restricted(access, above)?;
                    self.restricted.insert(above.clone(), asked);
                    asked
                }
            };
            restricted |= known;
        }
        Ok(Some((page, restricted)))
    }

    fn keep_page(
        &mut self,
        access: &Access,
        entry: SourceEntry,
        page: Page,
        restricted: bool,
    ) -> Result<bool, StorageError> {
        let below = match entry.below {
            Below::None => Ok(String::new()),
            below => self.add_below(access, &page.id, below == Below::All)?,
        };
        let note = below.unwrap_or_else(|error| format!("the pages below it could not be listed: {error}"));
        let now = self.ports.clock.now();
        let was_read = !entry.revision.is_empty();
        let read = SourceEntry {
            state: SourceState::Read,
            below: Below::None,
            revision: page.version.to_string(),
            title: page.title,
            space: page.space,
            url: page.url,
            restricted,
            chars: page.markdown.chars().count(),
            note,
            read_at: now,
            rereads: entry.rereads + u32::from(was_read),
            checked_at: Some(now),
            newer: None,
            suspicions: suspicions(&page.markdown, &page.unseen),
            ..entry
        };
        self.keep(&read, Some(&page.markdown))
    }

    /// Adds the pages below a page, as far as there is room. Gives words about what was left out.
    fn add_below(&self, access: &Access, id: &str, deep: bool) -> Result<Result<String, RemoteError>, StorageError> {
        let (mut start, mut seen, mut left_out) = (Some(0), 0_usize, 0_usize);
        while let Some(from) = start {
            let part = match self.ports.confluence.pages_below(access, id, deep, from, 50) {
                Ok(part) => part,
                Err(error) => return Ok(Err(error)),
            };
            let now = self.ports.clock.now();
            let room = MOST_BELOW.saturating_sub(seen);
            let added = self.ports.storage.write(|tx| self.insert_below(tx, access, &part.hits, room, now))?;
            left_out += part.hits.len().saturating_sub(added);
            seen += added;
            // Whoever has lost the job lists no further; what cannot be asked is no answer.
            let ours = self.ports.storage.read(|tx| tx.lease_holds(self.job.id, self.job.fence))?;
            start = part.next.filter(|_| ours);
            if left_out > 0 && start.is_some() {
                return Ok(Ok(format!(
                    "more pages stand below it than the {seen} that were added; a draft has at most {MAX_SOURCES} sources"
                )));
            }
        }
        Ok(Ok(match left_out {
            0 => String::new(),
            left_out => format!("{left_out} pages below it were left out: a draft has at most {MAX_SOURCES} sources"),
        }))
    }

    /// Gives how many of them the draft has now.
    fn insert_below(
        &self,
        tx: &mut dyn Tx,
        access: &Access,
        hits: &[storywright_domain::confluence::PageHit],
        room: usize,
        now: Timestamp,
    ) -> Result<usize, StorageError> {
        if !tx.lease_holds(self.job.id, self.job.fence)? {
            return Ok(hits.len());
        }
        let known = tx.sources(self.job.user, self.draft)?;
        let mut next = tx.next_source_number(self.job.user, self.draft)?;
        let (mut there, mut count) = (0, known.len());
        for hit in hits {
            if known.iter().any(|entry| entry.site == access.site.id && entry.name == hit.id) {
                there += 1;
            } else if there < room && count < MAX_SOURCES {
                let entry = waiting_page(next, &access.site.id, &hit.id, hit.title.clone(), self.job.id, now);
                tx.insert_source(self.job.user, self.draft, &entry, "")?;
                next += 1;
                count += 1;
                there += 1;
            }
        }
        Ok(there)
    }

    /// Keeps what is known of a source under the lease; `false` when it has passed on. A source that was removed meanwhile stays so.
    fn keep(&self, entry: &SourceEntry, text: Option<&str>) -> Result<bool, StorageError> {
        self.ports.storage.write(|tx| {
            if !tx.lease_holds(self.job.id, self.job.fence)? {
                return Ok(false);
            }
            let stored = tx.source(self.job.user, self.draft, entry.number)?;
            let removed_at = stored.and_then(|stored| stored.removed_at);
            let entry = SourceEntry { removed_at, ..entry.clone() };
            let _ = tx.update_source(self.job.user, self.draft, &entry, text)?;
            if text.is_some() {
                tx.set_newer_text(self.job.user, self.draft, entry.number, None)?;
            }
            Ok(true)
        })
    }

    fn tell(&self, step: &str) -> Result<(), StorageError> {
        let entries = self.ports.storage.read(|tx| tx.sources(self.job.user, self.draft))?;
        let waiting = entries
            .iter()
            .filter(|entry| entry.state == SourceState::Waiting && entry.job == Some(self.job.id))
            .count();
        let data = serde_json::json!({"step": step, "done": self.done, "total": self.done + waiting});
        self.ports.events.append(self.job.id, EventKind::Progress, &data.to_string()).map(drop)
    }

    fn end(&self, status: &str) -> Result<(), StorageError> {
        let data = serde_json::json!({"status": status}).to_string();
        self.ports.events.append(self.job.id, EventKind::Done, &data)?;
        self.ports.events.flush(self.job.id)
    }

    fn stopped(&self) -> Result<JobEnd, StorageError> {
        match why_stopped(self.ports, self.job)? {
            StopCause::Process => Ok(JobEnd::Released),
            StopCause::LeaseLost => Ok(JobEnd::Cancelled),
            StopCause::Person => {
                self.give_up("stopped", "reading was stopped before its turn")?;
                self.end("cancelled")?;
                Ok(JobEnd::Cancelled)
            }
        }
    }

    fn over(&self, code: &str, words: &str) -> Result<JobEnd, StorageError> {
        self.give_up(code, words)?;
        let message = format!("The pages could not be read: {words}.");
        let data = serde_json::json!({"code": code, "message": message, "retry": false});
        self.ports.events.append(self.job.id, EventKind::Error, &data.to_string())?;
        self.ports.events.flush(self.job.id)?;
        Ok(JobEnd::Failed { error: format!("{code}: {message}") })
    }

    fn give_up(&self, code: &str, words: &str) -> Result<(), StorageError> {
        self.ports.storage.write(|tx| {
            if tx.lease_holds(self.job.id, self.job.fence)? {
                give_up_reading(tx, self.job, code, words)
            } else {
                Ok(())
            }
        })
    }
}
