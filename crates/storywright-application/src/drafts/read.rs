//! Looking at drafts: one, many, their versions, their findings.

use crate::Ports;
use crate::drafts::waive::with_waivers;
use storywright_domain::DraftId;
use storywright_domain::draft::{Draft, DraftSummary, DraftVersion};
use storywright_domain::finding::Finding;
use storywright_domain::person::Actor;
use storywright_domain::ports::{Slice, StorageError, StorageExt};
use storywright_domain::rules::RuleSet;
use storywright_domain::story::{Document, Story, StoryFormat};

/// A draft with its findings and the rules that found them.
#[derive(Debug, Clone, PartialEq)]
pub struct Reviewed {
    /// The draft.
    pub draft: Draft,
    /// The rules.
    pub rules: RuleSet,
    /// The findings.
    pub findings: Vec<Finding>,
}

/// One of the person's drafts outside the bin.
///
/// # Errors
/// [`StorageError`].
pub fn draft(ports: &Ports, actor: &Actor, id: DraftId) -> Result<Option<Draft>, StorageError> {
    ports.storage.read(|tx| Ok(tx.draft(actor.user(), id)?.filter(|draft| draft.deleted_at.is_none())))
}

/// The person's drafts, last changed first, 20 at a time.
///
/// # Errors
/// [`StorageError`].
pub fn list_drafts(
    ports: &Ports,
    actor: &Actor,
    words: Option<&str>,
    cursor: Option<&str>,
) -> Result<Slice<DraftSummary>, StorageError> {
    ports.storage.read(|tx| tx.drafts(actor.user(), words.filter(|words| !words.trim().is_empty()), cursor, 20))
}

/// A draft and what the rules say of it.
///
/// # Errors
/// [`StorageError`].
pub fn draft_findings(ports: &Ports, actor: &Actor, id: DraftId) -> Result<Option<Reviewed>, StorageError> {
    ports.storage.read(|tx| {
        let Some(draft) = tx.draft(actor.user(), id)?.filter(|draft| draft.deleted_at.is_none()) else {
            return Ok(None);
        };
        let rules = tx.rule_set(&draft.rule_set)?.unwrap_or_default();
        let findings = ports.reviewer.review(&draft.document, draft.format, &rules);
        let findings = with_waivers(ports.sha256.as_ref(), tx, &draft, findings)?;
        Ok(Some(Reviewed { draft, rules, findings }))
    })
}

/// One version of a draft outside the bin.
///
/// # Errors
/// [`StorageError`].
pub fn draft_version(
    ports: &Ports,
    actor: &Actor,
    id: DraftId,
    number: u32,
) -> Result<Option<DraftVersion>, StorageError> {
    ports.storage.read(|tx| {
        if tx.draft(actor.user(), id)?.is_none_or(|draft| draft.deleted_at.is_some()) {
            return Ok(None);
        }
        tx.version(actor.user(), id, number)
    })
}

/// The versions of a draft, newest first, 30 at a time; `None` when there is no such draft.
///
/// # Errors
/// [`StorageError`].
pub fn draft_versions(
    ports: &Ports,
    actor: &Actor,
    id: DraftId,
    cursor: Option<&str>,
) -> Result<Option<Slice<DraftVersion>>, StorageError> {
    ports.storage.read(|tx| {
        if tx.draft(actor.user(), id)?.is_none_or(|draft| draft.deleted_at.is_some()) {
            return Ok(None);
        }
        tx.versions(actor.user(), id, cursor, 30).map(Some)
    })
}

/// What a rule set says of one story that is no draft; `None` when there is no such rule set.
///
/// # Errors
/// [`StorageError`].
pub fn validate_story(
    ports: &Ports,
    story: Story,
    format: StoryFormat,
    rule_set: Option<&str>,
) -> Result<Option<Vec<Finding>>, StorageError> {
    let rules = ports.storage.read(|tx| tx.rule_set(rule_set.unwrap_or("default")))?;
    Ok(rules.map(|rules| ports.reviewer.review(&Document::of_stories(vec![story]).with_references(), format, &rules)))
}
