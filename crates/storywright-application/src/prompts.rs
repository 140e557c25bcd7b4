//! Prompts: what people tell the writer again and again, kept with variables and versions, shared with colleagues.

use crate::Ports;
use std::collections::BTreeMap;
use storywright_domain::leak::{Leak, leaks};
use storywright_domain::person::Actor;
use storywright_domain::ports::{Saved, Slice, StorageError, StorageExt, Tx};
use storywright_domain::prompt::{
    Prompt, PromptBody, PromptProblem, PromptScope, PromptVariable, PromptVersion, PromptWords,
};
use storywright_domain::{PromptId, UserId};

/// Most prompts of one person.
pub const MOST_PROMPTS: usize = 200;
/// Longest note on a version in characters.
const MAX_NOTE_CHARS: usize = 200;

/// Note on the versions of a system prompt that the configuration gave.
const FROM_CONFIGURATION: &str = "from prompts.json";

/// What is typed of a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PromptDraft {
    /// Name in lists.
    pub name: String,
    /// What it is good for; may be empty.
    pub description: String,
    /// Text with its variables.
    pub text: String,
    /// Their declarations.
    pub variables: Vec<PromptVariable>,
    /// Whether colleagues may use it.
    pub shared: bool,
    /// What is new about it.
    pub note: String,
}

/// Why a prompt was not kept, changed or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PromptError {
    /// There is none that the person may see.
    #[error("there is no such prompt")]
    NotFound,
    /// There is no such version.
    #[error("there is no version {0}")]
    NoSuchVersion(u32),
    /// Somebody else's, or a system prompt that only administrators change.
    #[error("the prompt is not yours: make a copy and change that")]
    NotYours,
    /// The configuration offers it: it would be back at once.
    #[error("the prompt comes from prompts.json: take it out there first")]
    Configured,
    /// It was saved meanwhile; this is what is stored now.
    #[error("the prompt has changed meanwhile")]
    Conflict(Box<Prompt>),
    /// The person has as many as are kept.
    #[error("there are {MOST_PROMPTS} prompts of yours already: remove one that you do not need")]
    TooMany,
    /// What was typed, or the values for the variables.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<PromptProblem>),
    /// The note is too long.
    #[error("the note is longer than {MAX_NOTE_CHARS} characters: shorten it")]
    NoteTooLong,
    /// The database is in trouble.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Makes system prompts of what the configuration offers, known by their names, and gives how many were made or changed. What an
/// administrator has changed since stays as it is; what the configuration offers no longer stays until somebody removes it.
///
/// # Errors
/// [`StorageError`].
pub fn take_over_library(ports: &Ports) -> Result<usize, StorageError> {
    let library = ports.chat.library();
    let now = ports.clock.now();
    ports.storage.write(|tx| {
        let known = system_prompts(tx)?;
        let mut changed = 0;
        // The newest stands first in lists.
        for words in library.iter().rev() {
            let PromptWords { name, description, body } = words.clone();
            let Some(stored) = known.iter().find(|prompt| prompt.name == name) else {
                let id = PromptId(ports.ids.id());
                let (version, created_at, updated_at) = (1, now, now);
                let made =
                    Prompt { id, owner: None, shared: true, name, description, version, body, created_at, updated_at };
                tx.insert_prompt(&made, FROM_CONFIGURATION)?;
                changed += 1;
                continue;
            };
            if (&stored.description, &stored.body) == (&description, &body) || !as_configured(tx, stored)? {
                continue;
            }
            let next = Prompt { description, body, version: stored.version + 1, updated_at: now, ..stored.clone() };
            // Read in this transaction: nobody can have been faster.
            if tx.update_prompt(&next, stored.version, FROM_CONFIGURATION)? == Saved::Stored {
                changed += 1;
            }
        }
        Ok(changed)
    })
}

fn system_prompts(tx: &mut dyn Tx) -> Result<Vec<Prompt>, StorageError> {
    // Nobody: system prompts are the same for everybody.
    let nobody = UserId(0);
    let (mut all, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let part = tx.prompts(nobody, PromptScope::System, cursor.as_deref(), 200)?;
        all.extend(part.items);
        match part.next {
            Some(next) => cursor = Some(next),
            None => return Ok(all),
        }
    }
}

/// Whether nobody has changed what the configuration gave. The first version of a system prompt never comes from a person.
fn as_configured(tx: &mut dyn Tx, prompt: &Prompt) -> Result<bool, StorageError> {
    let newest = tx.prompt_version(UserId(0), prompt.id, prompt.version)?;
    Ok(prompt.version == 1 || newest.is_some_and(|version| version.note == FROM_CONFIGURATION))
}

/// Prompts that the person may use, last changed first, 50 at a time.
///
/// # Errors
/// [`StorageError`].
pub fn list_prompts(
    ports: &Ports,
    actor: &Actor,
    scope: PromptScope,
    cursor: Option<&str>,
) -> Result<Slice<Prompt>, StorageError> {
    ports.storage.read(|tx| tx.prompts(actor.user(), scope, cursor, 50))
}

/// A prompt that the person may use.
///
/// # Errors
/// [`StorageError`].
pub fn prompt(ports: &Ports, actor: &Actor, id: PromptId) -> Result<Option<Prompt>, StorageError> {
    ports.storage.read(|tx| tx.prompt(actor.user(), id))
}

/// Its versions, newest first, 30 at a time.
///
/// # Errors
/// [`StorageError`].
pub fn prompt_versions(
    ports: &Ports,
    actor: &Actor,
    id: PromptId,
    cursor: Option<&str>,
) -> Result<Slice<PromptVersion>, StorageError> {
    ports.storage.read(|tx| tx.prompt_versions(actor.user(), id, cursor, 30))
}

/// Whether the person may change it: their own, and system prompts for administrators.
#[must_use]
pub fn may_change(actor: &Actor, prompt: &Prompt) -> bool {
    match prompt.owner {
        Some(owner) => owner == actor.user(),
        None => actor.as_administrator().is_some(),
    }
}

/// Keeps a new prompt of the person.
///
/// # Errors
/// [`PromptError`].
pub fn create_prompt(ports: &Ports, actor: &Actor, typed: &PromptDraft) -> Result<Prompt, PromptError> {
    let (name, description, body, note) = checked(typed)?;
    let now = ports.clock.now();
    let prompt = Prompt {
        id: PromptId(ports.ids.id()),
        owner: Some(actor.user()),
        shared: typed.shared,
        name,
        description,
        version: 1,
        body,
        created_at: now,
        updated_at: now,
    };
    ports.storage.write(|tx| {
        if own_count(tx, actor.user())? >= MOST_PROMPTS {
            return Err(PromptError::TooMany);
        }
        tx.insert_prompt(&prompt, &note)?;
        note_in_audit(ports, actor, tx, "prompt_saved", &prompt)
    })?;
    Ok(prompt)
}

/// Saves a prompt whose stored version is `expected` as its next version.
///
/// # Errors
/// [`PromptError`].
pub fn save_prompt(
    ports: &Ports,
    actor: &Actor,
    id: PromptId,
    expected: u32,
    typed: &PromptDraft,
) -> Result<Prompt, PromptError> {
    let (name, description, body, note) = checked(typed)?;
    let now = ports.clock.now();
    ports.storage.write(|tx| {
        let stored = changeable(tx, actor, id)?;
        let prompt = Prompt {
            shared: typed.shared || stored.owner.is_none(),
            name: name.clone(),
            description: description.clone(),
            body: body.clone(),
            version: stored.version + 1,
            updated_at: now,
            ..stored.clone()
        };
        store(ports, actor, tx, &prompt, expected, &note)?;
        Ok(prompt)
    })
}

/// Makes an older version of a prompt whose stored version is `expected` the newest.
///
/// # Errors
/// [`PromptError`].
pub fn restore_prompt(
    ports: &Ports,
    actor: &Actor,
    id: PromptId,
    expected: u32,
    number: u32,
) -> Result<Prompt, PromptError> {
    let now = ports.clock.now();
    ports.storage.write(|tx| {
        let stored = changeable(tx, actor, id)?;
        let version = tx.prompt_version(actor.user(), id, number)?.ok_or(PromptError::NoSuchVersion(number))?;
        let prompt = Prompt {
            name: version.name,
            description: version.description,
            body: version.body,
            version: stored.version + 1,
            updated_at: now,
            ..stored.clone()
        };
        store(ports, actor, tx, &prompt, expected, &format!("version {number} restored"))?;
        Ok(prompt)
    })
}

/// Removes a prompt whose stored version is `expected`, with its versions. Drafts keep the words that they got from it.
///
/// # Errors
/// [`PromptError`].
pub fn delete_prompt(ports: &Ports, actor: &Actor, id: PromptId, expected: u32) -> Result<(), PromptError> {
    let library = ports.chat.library();
    ports.storage.write(|tx| {
        let stored = changeable(tx, actor, id)?;
        if stored.owner.is_none() && library.iter().any(|words| words.name == stored.name) {
            return Err(PromptError::Configured);
        }
        if stored.version != expected {
            return Err(PromptError::Conflict(Box::new(stored)));
        }
        tx.delete_prompt(stored.owner, id)?;
        note_in_audit(ports, actor, tx, "prompt_removed", &stored)
    })
}

/// A version of a prompt that the person may use.
///
/// # Errors
/// [`StorageError`].
pub fn prompt_version(
    ports: &Ports,
    actor: &Actor,
    id: PromptId,
    number: u32,
) -> Result<Option<PromptVersion>, StorageError> {
    ports.storage.read(|tx| tx.prompt_version(actor.user(), id, number))
}

/// What in a prompt looks like a credential. It is kept all the same: whoever saves it is told, and it never leaves in a story, since
/// the rules look at those once more.
#[must_use]
pub fn secrets_suspected(prompt: &Prompt) -> Vec<Leak> {
    let variables = prompt.body.variables().iter().flat_map(|one| [one.description.as_str(), one.default.as_str()]);
    [prompt.description.as_str(), prompt.body.text()].into_iter().chain(variables).flat_map(leaks).collect()
}

/// The words for a draft: the text of a prompt that the person may use, with these values in the place of its variables.
///
/// # Errors
/// [`PromptError`].
pub fn words_of_prompt(
    ports: &Ports,
    actor: &Actor,
    id: PromptId,
    values: &BTreeMap<String, String>,
) -> Result<String, PromptError> {
    let found = prompt(ports, actor, id)?.ok_or(PromptError::NotFound)?;
    found.body.render(values).map_err(PromptError::Invalid)
}

fn checked(typed: &PromptDraft) -> Result<(String, String, PromptBody, String), PromptError> {
    let note = typed.note.trim();
    let PromptWords { name, description, body } =
        PromptWords::parse(&typed.name, &typed.description, &typed.text, &typed.variables)
            .map_err(PromptError::Invalid)?;
    if note.chars().count() > MAX_NOTE_CHARS {
        return Err(PromptError::NoteTooLong);
    }
    Ok((name, description, body, note.to_owned()))
}

fn own_count(tx: &mut dyn Tx, user: UserId) -> Result<usize, StorageError> {
    let (mut count, mut cursor) = (0, None::<String>);
    loop {
        let part = tx.prompts(user, PromptScope::Mine, cursor.as_deref(), 200)?;
        count += part.items.len();
        match part.next {
            Some(next) if count < MOST_PROMPTS => cursor = Some(next),
            _ => return Ok(count),
        }
    }
}

fn changeable(tx: &mut dyn Tx, actor: &Actor, id: PromptId) -> Result<Prompt, PromptError> {
    let stored = tx.prompt(actor.user(), id)?.ok_or(PromptError::NotFound)?;
    if may_change(actor, &stored) { Ok(stored) } else { Err(PromptError::NotYours) }
}

fn store(
    ports: &Ports,
    actor: &Actor,
    tx: &mut dyn Tx,
    prompt: &Prompt,
    expected: u32,
    note: &str,
) -> Result<(), PromptError> {
    match tx.update_prompt(prompt, expected, note)? {
        Saved::Stored => note_in_audit(ports, actor, tx, "prompt_saved", prompt),
        Saved::Conflict => Err(match tx.prompt(actor.user(), prompt.id)? {
            Some(stored) => PromptError::Conflict(Box::new(stored)),
            None => PromptError::NotFound,
        }),
    }
}

fn note_in_audit(
    ports: &Ports,
    actor: &Actor,
    tx: &mut dyn Tx,
    action: &str,
    prompt: &Prompt,
) -> Result<(), PromptError> {
    let (subject, detail) = (format!("prompt:{}", prompt.id), format!("version {}", prompt.version));
    let entry = ports.audit_entry(Some(actor.user()), actor.request_id(), action, subject, detail);
    Ok(tx.audit(&entry)?)
}
