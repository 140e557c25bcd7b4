//! What becomes of what the model wrote: kept under the lease, told to everybody.

use super::gather::over_budget;
use super::given::gathered;
use super::identity;
use super::request::{Part, WritingPayload};
use crate::Ports;
use crate::drafts::{references_in_jira, with_waivers};
use crate::jobs::release_draft;
use crate::judging::judge_what_was_written;
use crate::sources::keep_true_citations;
use std::collections::HashSet;
use storywright_domain::agent::Provenance;
use storywright_domain::draft::{Draft, DraftState, Origin};
use storywright_domain::finding::{Severity, count};
use storywright_domain::job::{EventKind, Job, JobKind, MAX_ATTEMPTS};
use storywright_domain::ports::{JobEnd, Saved, StorageError, StorageExt};
use storywright_domain::rules::RuleSet;
use storywright_domain::story::Document;
use storywright_domain::{DraftId, JobId, Millis};

/// Note of the version that holds what was written until the person stopped it.
pub const STOPPED_NOTE: &str = "stopped before it was complete";
/// Note of the version that holds what was written until writing failed.
pub const CUT_OFF_NOTE: &str = "not complete";

/// How writing ended, before it is told to anybody.
pub(super) enum Written {
    Document(Document),
    Question(String),
    /// Stopped by the person; what had come so far.
    Stopped(Option<Document>),
    /// Other runs of the person are at work.
    Wait,
    /// The process ends.
    HandedBack,
    /// It may work later.
    TryAgain {
        code: &'static str,
        message: String,
        after: Millis,
    },
    /// It will not.
    Failed {
        code: &'static str,
        message: String,
        partial: Option<Document>,
    },
    /// Another worker has the job.
    LeaseLost,
    /// An attempt before this one kept its result, and its worker died before it could say so.
    KeptBefore,
}

/// How long a run waits for others of its person before it looks again.
const WAIT: Millis = Millis::seconds(3);

/// Keeps the result, tells everybody, and says how the job ends. Only the holder of the lease may keep anything. `made` says with what
/// the result was written; its draft and version are filled in here.
pub(super) fn conclude(
    ports: &Ports,
    job: &Job,
    written: Written,
    made: Option<&Provenance>,
) -> Result<JobEnd, StorageError> {
    match written {
        Written::LeaseLost => Ok(JobEnd::Cancelled),
        Written::KeptBefore => {
            done(ports, job, "completed")?;
            Ok(JobEnd::Completed)
        }
        Written::Wait => {
            progress(ports, job.id, "Waiting: other drafts of yours are being looked things up for", 0)?;
            Ok(JobEnd::Later { after: WAIT })
        }
        Written::HandedBack => Ok(JobEnd::Released),
        // The question is told when the queue has it: an answer that comes at once must find it open.
        Written::Question(question) => Ok(JobEnd::Asked { question }),
        Written::Document(document) => {
            progress(ports, job.id, "Checking the rules", 2)?;
            if keep(ports, job, Some(document), "", made)? {
                done(ports, job, "completed")?;
            }
            Ok(JobEnd::Completed)
        }
        Written::Stopped(partial) => {
            if keep(ports, job, unless_refining(job, partial), STOPPED_NOTE, made)? {
                done(ports, job, "cancelled")?;
            }
            Ok(JobEnd::Cancelled)
        }
        Written::TryAgain { code, message, after } if job.attempts < MAX_ATTEMPTS => {
            if !ports.storage.read(|tx| tx.lease_holds(job.id, job.fence))? {
                return Ok(JobEnd::Cancelled);
            }
            error(ports, job, code, &format!("{message}. Trying again in {} s.", after.0 / 1_000), true)?;
            Ok(JobEnd::Retry { after, error: format!("{code}: {message}") })
        }
        Written::TryAgain { code, message, .. } => {
            let message = format!("{message}. {MAX_ATTEMPTS} attempts have failed; generate again later.");
            fail(ports, job, code, message, None, made)
        }
        Written::Failed { code, message, partial } => fail(ports, job, code, message, partial, made),
    }
}

fn fail(
    ports: &Ports,
    job: &Job,
    code: &str,
    message: String,
    partial: Option<Document>,
    made: Option<&Provenance>,
) -> Result<JobEnd, StorageError> {
    if keep(ports, job, unless_refining(job, partial), CUT_OFF_NOTE, made)? {
        error(ports, job, code, &message, false)?;
        ports.events.flush(job.id)?;
    }
    Ok(JobEnd::Failed { error: format!("{code}: {message}") })
}

/// Half a refinement is less than the whole draft that it would replace.
fn unless_refining(job: &Job, partial: Option<Document>) -> Option<Document> {
    partial.filter(|_| job.kind != JobKind::Refine)
}

/// Tells everybody that nothing more comes.
pub(crate) fn done(ports: &Ports, job: &Job, status: &str) -> Result<(), StorageError> {
    ports.events.append(job.id, EventKind::Done, &serde_json::json!({"status": status}).to_string())?;
    ports.events.flush(job.id)
}

/// Tells everybody what went wrong, and whether it is tried again.
pub(crate) fn error(ports: &Ports, job: &Job, code: &str, message: &str, retry: bool) -> Result<(), StorageError> {
    ports
        .events
        .append(
            job.id,
            EventKind::Error,
            &serde_json::json!({"code": code, "message": message, "retry": retry}).to_string(),
        )
        .map(|_| ())
}

/// Gives the draft back to its person, with the new document if there is one. `false` when the lease has passed on.
fn keep(
    ports: &Ports,
    job: &Job,
    document: Option<Document>,
    note: &str,
    made: Option<&Provenance>,
) -> Result<bool, StorageError> {
    let now = ports.clock.now();
    let (document, about_sources) = match document {
        Some(document) => {
            let (document, words) = with_true_citations(ports, job, document)?;
            (Some(document), words)
        }
        None => (None, String::new()),
    };
    // What is not whole is not judged by itself, nor is anything when nothing more may be used today.
    let may_judge = note.is_empty() && over_budget(ports, job.user)?.is_none();
    let kept = ports.storage.write(|tx| {
        if !tx.lease_holds(job.id, job.fence)? {
            return Ok::<_, StorageError>(None);
        }
        let draft = DraftId::parse(&job.subject).ok().map(|id| tx.draft(job.user, id)).transpose()?.flatten();
        let Some(before) = draft.filter(|draft| draft.state == DraftState::Writing { job: job.id }) else {
            return Ok(None);
        };
        let Some(document) = document.as_ref() else {
            release_draft(tx, job, now)?;
            return Ok(Some(None));
        };
        let in_jira = references_in_jira(tx, before.user, before.id)?;
        let about = tx.draft_issue(before.user, before.id)?.filter(|_| job.kind == JobKind::Generate);
        let document = about.map_or_else(|| document.clone(), |issue| issue.placed(document.clone()));
        let after = written(before.clone(), document, &in_jira, goes_on(job), now);
        match tx.update_draft(&after, before.version)? {
            Saved::Stored => {}
            Saved::Conflict => return Ok(None),
        }
        crate::drafts::keep_version(
            tx,
            &before,
            &after,
            origin(job.kind),
            false,
            &version_note(job, note, &about_sources),
            now,
        )?;
        if let Some(made) = made {
            tx.insert_provenance(&Provenance { draft: after.id, version: after.version, at: now, ..made.clone() })?;
        }
        let rules = tx.rule_set(&after.rule_set)?.unwrap_or_default();
        let judged = may_judge && judge_what_was_written(ports, tx, job, &after, &rules)?;
        Ok(Some(Some((after, rules, judged))))
    })?;
    match kept {
        None => Ok(false),
        Some(None) => Ok(true),
        Some(Some((draft, rules, judged))) => {
            if judged {
                ports.queue.wake();
            }
            if !about_sources.is_empty() {
                progress(ports, job.id, &about_sources, 2)?;
            }
            announce(ports, job, &draft, &rules)?;
            Ok(true)
        }
    }
}

fn written(
    draft: Draft,
    document: Document,
    in_jira: &HashSet<String>,
    goes_on: bool,
    now: storywright_domain::Timestamp,
) -> Draft {
    let number = draft.version + 1;
    let document = identity::merged(&draft.document, document, in_jira, goes_on);
    // One version for both: the new text and the end of writing are one change.
    Draft { version: number, ..draft.with_document(document, now).end_writing(now) }
}

/// Whether what was written goes on from the stories that are there, so that their references mean the same.
fn goes_on(job: &Job) -> bool {
    job.kind == JobKind::Refine || WritingPayload::of_json(&job.payload).is_ok_and(|payload| payload.only.is_some())
}

fn origin(kind: JobKind) -> Origin {
    match kind {
        JobKind::Refine => Origin::Refined,
        JobKind::Generate
        | JobKind::Publish
        | JobKind::ReadSources
        | JobKind::RefreshTools
        | JobKind::Judge
        | JobKind::TryPrompts => Origin::Generated,
    }
}

/// The document with those citations only whose words stand in their source, and words about those that do not, and about sources that
/// the model has not seen.
fn with_true_citations(ports: &Ports, job: &Job, mut document: Document) -> Result<(Document, String), StorageError> {
    let Ok(draft) = DraftId::parse(&job.subject) else { return Ok((document, String::new())) };
    let dropped = keep_true_citations(ports, job.user, draft, &mut document)?;
    let mut words = Vec::new();
    match dropped {
        0 => {}
        1 => words.push("1 citation was dropped: its words do not stand in the source".to_owned()),
        many => words.push(format!("{many} citations were dropped: their words do not stand in the source")),
    }
    words.extend(gathered(ports, job.user, draft)?.missing().map(|missing| format!("sources {missing}")));
    Ok((document, words.join("; ")))
}

/// How a text came to an end before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndedEarly {
    /// Somebody stopped it.
    Stopped,
    /// The model did not go on.
    CutOff,
}

/// Whether the note of a version says that its text ended before its time. Instructions may stand before that, and words about sources after.
#[must_use]
pub fn ended_early(note: &str) -> Option<EndedEarly> {
    let says = |words: &str| note.split(" (").any(|part| part.starts_with(words));
    match () {
        () if says(STOPPED_NOTE) => Some(EndedEarly::Stopped),
        () if says(CUT_OFF_NOTE) => Some(EndedEarly::CutOff),
        () => None,
    }
}

fn version_note(job: &Job, note: &str, about_sources: &str) -> String {
    let payload = WritingPayload::of_json(&job.payload).unwrap_or_default();
    let instructions = payload.only.map_or(payload.instructions, Part::note);
    let note = [note, about_sources].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ");
    match (instructions.is_empty(), note.is_empty()) {
        (true, _) => note,
        (false, true) => instructions,
        (false, false) => format!("{instructions} ({note})"),
    }
}

fn announce(ports: &Ports, job: &Job, draft: &Draft, rules: &RuleSet) -> Result<(), StorageError> {
    let findings = ports.reviewer.review(&draft.document, draft.format, rules);
    let findings = ports.storage.read(|tx| with_waivers(ports.sha256.as_ref(), tx, draft, findings.clone()))?;
    ports.events.append(job.id, EventKind::Draft, &serde_json::json!({"version": draft.version}).to_string())?;
    let data = serde_json::json!({"errors": count(&findings, Severity::Error), "warnings": count(&findings, Severity::Warning)});
    ports.events.append(job.id, EventKind::Finding, &data.to_string())?;
    progress(ports, job.id, "Done", 3)
}

pub(super) fn progress(ports: &Ports, job: JobId, step: &str, done: u32) -> Result<(), StorageError> {
    ports
        .events
        .append(job, EventKind::Progress, &serde_json::json!({"step": step, "done": done, "total": 3}).to_string())
        .map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_says_how_the_text_ended_whatever_else_it_says() {
        let with_sources = format!("{STOPPED_NOTE}; sources not read: p4");
        let with_instructions = format!("Write it in German ({CUT_OFF_NOTE}; sources not read: p4)");
        assert_eq!(ended_early(STOPPED_NOTE), Some(EndedEarly::Stopped));
        assert_eq!(ended_early(&with_sources), Some(EndedEarly::Stopped));
        assert_eq!(ended_early(&with_instructions), Some(EndedEarly::CutOff));
        assert_eq!(ended_early("Write it in German (sources not read: p4)"), None);
        assert_eq!(ended_early(""), None);
    }
}
