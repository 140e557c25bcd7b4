//! Mending what the rules found, where that needs no model: one finding, or all of them.

use crate::Ports;
use crate::drafts::edit::{DraftChange, EditDraftError, edit_draft, references_in_jira};
use crate::drafts::read::draft_findings;
use crate::drafts::waive::with_waivers;
use crate::drafts::which::Which;
use std::collections::HashSet;
use storywright_domain::DraftId;
use storywright_domain::draft::Draft;
use storywright_domain::finding::Finding;
use storywright_domain::fixing::{fix, is_fixable, is_split};
use storywright_domain::person::Actor;
use storywright_domain::ports::StorageExt;
use storywright_domain::story::Document;

/// Most findings mended at once: after each, everything is looked at again.
const MOST: usize = 50;

/// Which findings are mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mend<'a> {
    /// This one.
    One(Which<'a>),
    /// Every finding that needs neither a model nor a choice: all but splits.
    All,
}

/// Why nothing was mended.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MendError {
    /// The finding is not there (any more), or needs a person or a model.
    #[error("there is no such finding that can be mended without a model: look at the newest list")]
    NothingToMend,
    /// The draft cannot be changed.
    #[error(transparent)]
    Edit(#[from] EditDraftError),
}

/// Mends findings of a draft whose stored version is `expected`, or of whatever is stored; the result is one new version. Also tells how
/// many were mended.
///
/// # Errors
/// [`MendError`].
pub fn mend(
    ports: &Ports,
    actor: &Actor,
    id: DraftId,
    expected: Option<u32>,
    which: &Mend<'_>,
) -> Result<(Draft, usize), MendError> {
    let found = draft_findings(ports, actor, id).map_err(EditDraftError::from)?.ok_or(EditDraftError::NotFound)?;
    let draft = found.draft;
    draft.editable().map_err(EditDraftError::from)?;
    if expected.is_some_and(|expected| expected != draft.version) {
        return Err(EditDraftError::Conflict(Box::new(draft)).into());
    }
    let in_jira = ports.storage.read(|tx| references_in_jira(tx, actor.user(), id)).map_err(EditDraftError::from)?;
    let wanted = |document: &Document, finding: &Finding| match which {
        _ if finding.waived.is_some() => false,
        _ if is_split(finding) && is_in_jira(document, finding, &in_jira) => false,
        Mend::One(which) => which.is(finding),
        // A split changes what the stories are, so a person asks for each by itself.
        Mend::All => !is_split(finding),
    };
    let mut document = draft.document.clone();
    let mut mended = Vec::new();
    let mut findings = found.findings;
    // Each fix moves what stands behind it, so the rest is looked for again.
    while mended.len() < MOST {
        let next = findings.iter().filter(|finding| wanted(&document, finding) && is_fixable(finding));
        let mut fixes = next.filter_map(|finding| Some((finding.code.clone(), fix(&document, finding, &found.rules)?)));
        let Some((code, after)) = fixes.next() else { break };
        mended.push(code);
        document = after;
        if matches!(which, Mend::One(_)) {
            break;
        }
        let present = Draft { document: document.clone(), ..draft.clone() };
        let reviewed = ports.reviewer.review(&document, draft.format, &found.rules);
        findings = ports
            .storage
            .read(|tx| with_waivers(ports.sha256.as_ref(), tx, &present, reviewed.clone()))
            .map_err(EditDraftError::from)?;
    }
    if mended.is_empty() {
        return Err(MendError::NothingToMend);
    }
    let count = mended.len();
    mended.sort();
    mended.dedup();
    let change = DraftChange {
        document: Some(document),
        beside: true,
        note: format!("fixed {}", mended.join(", ")),
        ..DraftChange::default()
    };
    let changed = edit_draft(ports, actor, id, expected.unwrap_or(draft.version), &change)?;
    Ok((changed, count))
}

/// Whether the story of a finding, or one of its sub-tasks, is an issue already: then its parts would be created beside it.
fn is_in_jira(document: &Document, finding: &Finding, in_jira: &HashSet<String>) -> bool {
    let story = document.stories.iter().find(|story| story.id == finding.story);
    story.is_some_and(|story| {
        in_jira.contains(&story.id) || story.subtasks.iter().any(|subtask| in_jira.contains(&subtask.id))
    })
}
