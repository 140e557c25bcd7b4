//! Changing a draft by hand: every change is a version; nobody's change is overwritten unseen.

use crate::Ports;
use crate::drafts::create::MAX_PROMPT_CHARS;
use crate::issue_updates::is_in_the_way;
use std::collections::HashSet;
use storywright_domain::agent::Provenance;
use storywright_domain::draft::{BadRequirements, Draft, DraftVersion, Origin, Requirements, WrongState};
use storywright_domain::person::Actor;
use storywright_domain::ports::{Saved, StorageError, StorageExt, Tx};
use storywright_domain::publishing::RunState;
use storywright_domain::story::{Document, StoryFormat};
use storywright_domain::write_state::WriteState;
use storywright_domain::{DraftId, Millis, Timestamp, UserId};

/// Edits within this span of each other are one version: autosave must not flood the list.
const SITTING: Millis = Millis::minutes(5);

/// What a person changes; `None` leaves a part as it is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DraftChange {
    /// What is wanted.
    pub requirements: Option<String>,
    /// Own words to the model.
    pub prompt: Option<String>,
    /// How stories are told.
    pub format: Option<StoryFormat>,
    /// Rule set id.
    pub rule_set: Option<String>,
    /// The whole document.
    pub document: Option<Document>,
    /// Keeps what was newest as a version beside this one, also within a sitting: it came from another tab.
    pub beside: bool,
    /// What the version says of itself; nothing for what a person typed.
    pub note: String,
}

/// Why a draft was not changed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EditDraftError {
    /// There is none of this person with that id.
    #[error("there is no such draft")]
    NotFound,
    /// Somebody (or another tab) was faster: here is what is stored now; what was sent is still the caller's.
    #[error("the draft has changed meanwhile")]
    Conflict(Box<Draft>),
    /// It is being written or published.
    #[error(transparent)]
    WrongState(#[from] WrongState),
    /// The requirements are refused.
    #[error(transparent)]
    BadRequirements(#[from] BadRequirements),
    /// The prompt is too long.
    #[error("the prompt is longer than {MAX_PROMPT_CHARS} characters: shorten it")]
    PromptTooLong,
    /// There is no such rule set.
    #[error("there is no rule set `{0}`: choose one from the list")]
    NoSuchRuleSet(String),
    /// There is no such version.
    #[error("there is no version {0}")]
    NoSuchVersion(u32),
    /// The issue that it improves is being changed, or what became of a change is not known yet.
    #[error("a change of the issue is {}", .0.as_str())]
    ChangeOpen(WriteState),
    /// The document is larger than is stored.
    #[error(
        "the document is larger than {MAX_DOCUMENT_BYTES} bytes or has more than {MAX_DOCUMENT_ENTRIES} entries: split it \
         into several drafts"
    )]
    DocumentTooLarge,
    /// The database is in trouble.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Largest stored document in bytes of text.
pub const MAX_DOCUMENT_BYTES: usize = 1_000_000;

/// Most entries of a stored document; each is a field of its own in pages.
pub const MAX_DOCUMENT_ENTRIES: usize = 20_000;

/// Changes a draft whose stored version is `expected`.
///
/// # Errors
/// [`EditDraftError`].
pub fn edit_draft(
    ports: &Ports,
    actor: &Actor,
    id: DraftId,
    expected: u32,
    change: &DraftChange,
) -> Result<Draft, EditDraftError> {
    let requirements = change.requirements.as_deref().map(Requirements::parse_or_none).transpose()?;
    if change.prompt.as_ref().is_some_and(|prompt| prompt.chars().count() > MAX_PROMPT_CHARS) {
        return Err(EditDraftError::PromptTooLong);
    }
    if let Some(document) = &change.document {
        let size = serde_json::to_string(document).map_or(usize::MAX, |text| text.len());
        if size > MAX_DOCUMENT_BYTES || document.entry_count() > MAX_DOCUMENT_ENTRIES {
            return Err(EditDraftError::DocumentTooLarge);
        }
    }
    let now = ports.clock.now();
    ports.storage.write(|tx| {
        let stored = live(tx, actor.user(), id)?;
        if stored.version != expected {
            return Err(EditDraftError::Conflict(Box::new(stored)));
        }
        stored.editable()?;
        let blank = requirements.as_ref().is_some_and(|text| text.as_str().is_empty());
        if blank && !stored.requirements.as_str().is_empty() && tx.sources(actor.user(), id)?.is_empty() {
            return Err(BadRequirements::Empty.into());
        }
        if let Some(rule_set) = &change.rule_set
            && tx.rule_set(rule_set)?.is_none()
        {
            return Err(EditDraftError::NoSuchRuleSet(rule_set.chars().take(60).collect()));
        }
        let prompt = change.prompt.clone().unwrap_or_else(|| stored.prompt.clone());
        let changed = Draft {
            requirements: requirements.clone().unwrap_or_else(|| stored.requirements.clone()),
            prompt_from: stored.prompt_from.clone().and_then(|from| from.after_edit(&stored.prompt, &prompt)),
            prompt,
            format: change.format.unwrap_or(stored.format),
            rule_set: change.rule_set.clone().unwrap_or_else(|| stored.rule_set.clone()),
            ..stored.clone()
        };
        let document = change.document.clone().unwrap_or_else(|| stored.document.clone());
        let document = document.with_references_avoiding(&references_in_jira(tx, stored.user, id)?);
        store(tx, &stored, changed.with_document(document, now), Origin::Edited, change.beside, &change.note, now)
    })
}

/// Makes an older version the newest.
///
/// # Errors
/// [`EditDraftError`].
pub fn restore_version(
    ports: &Ports,
    actor: &Actor,
    id: DraftId,
    expected: u32,
    number: u32,
) -> Result<Draft, EditDraftError> {
    let now = ports.clock.now();
    ports.storage.write(|tx| {
        let stored = live(tx, actor.user(), id)?;
        if stored.version != expected {
            return Err(EditDraftError::Conflict(Box::new(stored)));
        }
        stored.editable()?;
        let version = tx.version(actor.user(), id, number)?.ok_or(EditDraftError::NoSuchVersion(number))?;
        let changed = stored.clone().with_document(version.document, now);
        let restored = store(tx, &stored, changed, Origin::Restored, false, &format!("version {number}"), now)?;
        // Its words were written with what the older version was written with, not with what came between.
        if let Some(made) = tx.provenance(actor.user(), id, number)? {
            tx.insert_provenance(&Provenance { version: restored.version, ..made })?;
        }
        Ok(restored)
    })
}

/// Puts a draft in the bin. What is created or changed in Jira from it is not left behind on its way there.
///
/// # Errors
/// [`EditDraftError`]; [`EditDraftError::ChangeOpen`] while its change of an issue may still arrive.
pub fn delete_draft(ports: &Ports, actor: &Actor, id: DraftId) -> Result<(), EditDraftError> {
    let now = ports.clock.now();
    let entry = ports.audit_entry(
        Some(actor.user()),
        actor.request_id(),
        "draft_deleted",
        format!("draft:{id}"),
        String::new(),
    );
    ports.storage.write(|tx| {
        let stored = live(tx, actor.user(), id)?;
        match stored.editable() {
            Ok(()) | Err(WrongState::Published { .. }) => {}
            Err(state @ WrongState::Writing { .. }) => return Err(state.into()),
            // A run that ended before it was complete holds the draft; that must not be for ever.
            Err(state @ WrongState::Publishing { run }) => {
                if tx.run(actor.user(), run)?.is_some_and(|run| run.state == RunState::Active) {
                    return Err(state.into());
                }
            }
        }
        let changes = tx.issue_updates(actor.user(), id)?;
        if let Some(open) = changes.iter().find(|change| is_in_the_way(change, now)) {
            return Err(EditDraftError::ChangeOpen(open.state));
        }
        let expected = stored.version;
        let binned = Draft { deleted_at: Some(now), version: expected + 1, ..stored };
        conflict_free(tx.update_draft(&binned, expected)?, &binned)?;
        tx.audit(&entry)?;
        Ok(())
    })
}

/// Takes a draft out of the bin; one that is not there stays as it is.
///
/// # Errors
/// [`EditDraftError`].
pub fn undelete_draft(ports: &Ports, actor: &Actor, id: DraftId) -> Result<Draft, EditDraftError> {
    ports.storage.write(|tx| {
        let stored = tx.draft(actor.user(), id)?.ok_or(EditDraftError::NotFound)?;
        if stored.deleted_at.is_none() {
            return Ok(stored);
        }
        let expected = stored.version;
        let back = Draft { deleted_at: None, version: expected + 1, ..stored };
        conflict_free(tx.update_draft(&back, expected)?, &back)?;
        Ok(back)
    })
}

/// References of the draft's issues that earlier runs have created: nothing new may be called like one of them.
pub(crate) fn references_in_jira(
    tx: &mut dyn Tx,
    user: UserId,
    draft: DraftId,
) -> Result<HashSet<String>, StorageError> {
    Ok(tx.created_of_draft(user, draft)?.into_iter().map(|item| item.reference).collect())
}

fn live(tx: &mut dyn Tx, user: UserId, id: DraftId) -> Result<Draft, EditDraftError> {
    tx.draft(user, id)?.filter(|draft| draft.deleted_at.is_none()).ok_or(EditDraftError::NotFound)
}

fn store(
    tx: &mut dyn Tx,
    stored: &Draft,
    changed: Draft,
    origin: Origin,
    beside: bool,
    note: &str,
    now: Timestamp,
) -> Result<Draft, EditDraftError> {
    conflict_free(tx.update_draft(&changed, stored.version)?, &changed)?;
    if changed.document != stored.document {
        keep_version(tx, stored, &changed, origin, beside, note, now)?;
    }
    Ok(changed)
}

fn conflict_free(saved: Saved, draft: &Draft) -> Result<(), EditDraftError> {
    match saved {
        Saved::Stored => Ok(()),
        Saved::Conflict => Err(EditDraftError::Conflict(Box::new(draft.clone()))),
    }
}

/// Keeps the new document as a version; an edit replaces the edit just before it when both are of one sitting, unless it is to stand
/// `beside` it.
pub(crate) fn keep_version(
    tx: &mut dyn Tx,
    before: &Draft,
    after: &Draft,
    origin: Origin,
    beside: bool,
    note: &str,
    now: Timestamp,
) -> Result<(), StorageError> {
    if origin == Origin::Edited && !beside {
        let last = tx.versions(after.user, after.id, None, 1)?.items.into_iter().next();
        if let Some(last) = last
            && last.origin == Origin::Edited
            && last.document == before.document
            && now.since(last.created_at) < SITTING
        {
            tx.delete_version(after.user, after.id, last.number)?;
            let version = DraftVersion { number: after.version, document: after.document.clone(), ..last };
            return tx.insert_version(after.user, &version);
        }
    }
    let version = DraftVersion {
        draft: after.id,
        number: after.version,
        origin,
        note: note.chars().take(500).collect(),
        document: after.document.clone(),
        created_at: now,
    };
    tx.insert_version(after.user, &version)
}
