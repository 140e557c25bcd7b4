//! After a first draft: what blocks goes back to the model as a targeted wish, as often as the rule set says; then the person decides.

use super::gather::over_budget;
use super::keep::{Written, progress};
use super::request::{Changes, WritingPayload, request};
use super::run::{RunError, converse};
use crate::Ports;
use storywright_domain::cancel::Cancellation;
use storywright_domain::draft::Draft;
use storywright_domain::finding::{Finding, Severity};
use storywright_domain::fixing::is_fixable;
use storywright_domain::job::{EventKind, Job, JobKind};
use storywright_domain::ports::ChatAccess;
use storywright_domain::review::review;
use storywright_domain::rules::RuleSet;
use storywright_domain::story::Document;

/// The wish; what is to be mended goes with it as findings.
const WISH: &str =
    "Mend the findings and nothing else. Keep every other word, the order of the stories and their references.";

/// With what a draft was written, and what is asked for again.
pub(super) struct Amending<'a> {
    pub ports: &'a Ports,
    pub job: &'a Job,
    pub access: &'a ChatAccess,
    /// The draft as it was before; its document is not looked at.
    pub draft: &'a Draft,
    pub rules: &'a RuleSet,
    /// The names that Jira takes, as in the first call.
    pub allowed: &'a str,
    /// The sources, as in the first call.
    pub sources: &'a str,
    pub cancellation: &'a Cancellation,
}

/// The document with less that blocks, or as it came. Whatever goes wrong here, what was written first is kept: it is whole.
pub(super) fn amended(with: &Amending<'_>, first: Document) -> Written {
    let Amending { job, draft, rules, cancellation, .. } = *with;
    let mut document = first.with_references();
    let mut blocking = blocking(&document, draft, rules);
    for _ in 0..rules.rewrites {
        if blocking.is_empty() || cancellation.is_cancelled() {
            break;
        }
        let next = match again(with, &document, &blocking) {
            Ok(Written::Document(next)) => next.with_references(),
            // Another worker writes it: nothing of this one is kept.
            Ok(Written::LeaseLost) => return Written::LeaseLost,
            Ok(_) => break,
            Err(error) => {
                log::warn!(job_id = job.id.to_string().as_str(), error = error.to_string().as_str(); "what blocks was not written again");
                break;
            }
        };
        let left = self::blocking(&next, draft, rules);
        // A rewriting that loses stories or mends nothing is not taken.
        if left.len() >= blocking.len() || next.stories.len() < document.stories.len() {
            break;
        }
        (document, blocking) = (next, left);
    }
    Written::Document(document)
}

/// Asks the model once to mend what blocks.
fn again(with: &Amending<'_>, document: &Document, blocking: &[Finding]) -> Result<Written, RunError> {
    let Amending { ports, job, access, draft, rules, allowed, sources, cancellation } = *with;
    if let Some((code, message)) = over_budget(ports, job.user)? {
        return Ok(Written::Failed { code, message, partial: None });
    }
    let verb = if blocking.len() == 1 { "blocks" } else { "block" };
    let words = format!("Mending {} that {verb}", counted(blocking.len()));
    progress(ports, job.id, &words, 1)?;
    // What was streamed before is written anew.
    let data = serde_json::json!({"attempt": job.attempts, "reason": words});
    ports.events.append(job.id, EventKind::Reset, &data.to_string())?;
    let payload = WritingPayload { instructions: WISH.to_owned(), ..WritingPayload::default() };
    let changes = Changes {
        kind: JobKind::Refine,
        payload: &payload,
        findings: blocking,
        allowed: allowed.to_owned(),
        sources: sources.to_owned(),
    };
    let present = Draft { document: document.clone(), ..draft.clone() };
    converse(ports, job, access, request(&present, rules, &changes), false, cancellation)
}

/// What blocks and only a writer can mend.
fn blocking(document: &Document, draft: &Draft, rules: &RuleSet) -> Vec<Finding> {
    let findings = review(document, draft.format, rules).into_iter();
    let for_a_writer = |finding: &Finding| !finding.field.is_empty() && !is_fixable(finding);
    findings.filter(|finding| finding.severity == Severity::Error && for_a_writer(finding)).collect()
}

fn counted(count: usize) -> String {
    if count == 1 { "1 finding".to_owned() } else { format!("{count} findings") }
}
