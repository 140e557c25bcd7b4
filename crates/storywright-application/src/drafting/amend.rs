//! After a first draft: what blocks goes back to the model as a targeted wish, as often as the rule set says; then the person decides.

use super::gather::over_budget;
use super::keep::{Written, progress};
use super::request::mend;
use super::run::{RunError, converse};
use crate::Ports;
use storywright_domain::cancel::Cancellation;
use storywright_domain::finding::{Finding, Severity};
use storywright_domain::fixing::is_fixable;
use storywright_domain::job::{EventKind, Job};
use storywright_domain::ports::{ChatAccess, ChatRequest};
use storywright_domain::reviewing::Reviewer;
use storywright_domain::rules::RuleSet;
use storywright_domain::story::{Document, StoryFormat};

/// The wish; what is to be mended goes with it as findings.
pub(super) const WISH: &str =
    "Mend the findings and nothing else. Keep every other word, the order of the stories and their references.";

/// By what a first draft is judged.
#[derive(Clone, Copy)]
pub(super) struct Judge<'a> {
    pub reviewer: &'a Reviewer,
    pub rules: &'a RuleSet,
    pub format: StoryFormat,
}

impl Judge<'_> {
    /// What blocks and only a writer can mend.
    pub(super) fn blocking(self, document: &Document) -> Vec<Finding> {
        let findings = self.reviewer.review(document, self.format, self.rules).into_iter();
        let for_a_writer = |finding: &Finding| !finding.field.is_empty() && !is_fixable(finding);
        findings.filter(|finding| finding.severity == Severity::Error && for_a_writer(finding)).collect()
    }

    /// The rewriting with what it still blocks, if it is to be taken: it loses no story, and less blocks than before.
    pub(super) fn taken(
        self,
        before: &Document,
        blocking: &[Finding],
        next: Document,
    ) -> Option<(Document, Vec<Finding>)> {
        let next = next.with_references();
        let left = self.blocking(&next);
        (left.len() < blocking.len() && next.stories.len() >= before.stories.len()).then_some((next, left))
    }
}

/// With what a draft was written, and what is asked for again.
pub(super) struct Amending<'a> {
    pub ports: &'a Ports,
    pub job: &'a Job,
    pub access: &'a ChatAccess,
    /// The call that the first draft came of.
    pub ask: &'a ChatRequest,
    pub judge: Judge<'a>,
    pub cancellation: &'a Cancellation,
}

/// The document with less that blocks, or as it came. Whatever goes wrong here, what was written first is kept: it is whole.
pub(super) fn amended(with: &Amending<'_>, first: Document) -> Written {
    let Amending { job, judge, cancellation, .. } = *with;
    let mut document = first.with_references();
    let mut blocking = judge.blocking(&document);
    for _ in 0..judge.rules.rewrites {
        if blocking.is_empty() || cancellation.is_cancelled() {
            break;
        }
        let next = match again(with, &document, &blocking) {
            Ok(Written::Document(next)) => next,
            // Another worker writes it: nothing of this one is kept.
            Ok(Written::LeaseLost) => return Written::LeaseLost,
            Ok(_) => break,
            Err(error) => {
                log::warn!(job_id = job.id.to_string().as_str(), error = error.to_string().as_str(); "what blocks was not written again");
                break;
            }
        };
        let Some(taken) = judge.taken(&document, &blocking, next) else { break };
        (document, blocking) = taken;
    }
    Written::Document(document)
}

/// Asks the model once to mend what blocks.
fn again(with: &Amending<'_>, document: &Document, blocking: &[Finding]) -> Result<Written, RunError> {
    let Amending { ports, job, access, ask, cancellation, .. } = *with;
    if let Some((code, message)) = over_budget(ports, job.user)? {
        return Ok(Written::Failed { code, message, partial: None });
    }
    let words = format!("Mending {}", counted(blocking.len()));
    progress(ports, job.id, &words, 1)?;
    // What was streamed before is written anew.
    let data = serde_json::json!({"attempt": job.attempts, "reason": words});
    ports.events.append(job.id, EventKind::Reset, &data.to_string())?;
    converse(ports, job, access, mend(ask, document, blocking, WISH), false, cancellation)
}

/// Findings in words: `2 findings that block`.
pub(super) fn counted(count: usize) -> String {
    match count {
        1 => "1 finding that blocks".to_owned(),
        many => format!("{many} findings that block"),
    }
}
