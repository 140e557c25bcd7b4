//! Prompts: what people tell the writer again and again, kept with variables and versions, shared with colleagues.

use crate::Ports;
use std::collections::BTreeMap;
use storywright_domain::leak::{Leak, leaks};
use storywright_domain::person::Actor;
use storywright_domain::ports::{Saved, Slice, StorageError, StorageExt, Tx};
use storywright_domain::prompt::{
    MAX_DESCRIPTION_CHARS, MAX_NAME_CHARS, Prompt, PromptBody, PromptProblem, PromptScope, PromptVariable,
    PromptVersion,
};
use storywright_domain::{PromptId, UserId};

/// Most prompts of one person.
pub const MOST_PROMPTS: usize = 200;
/// Longest note on a version in characters.
const MAX_NOTE_CHARS: usize = 200;

/// A system prompt that comes with the program.
struct Shipped {
    name: &'static str,
    description: &'static str,
    text: &'static str,
    /// Name, description and default of its variable, if it has one.
    variable: Option<[&'static str; 3]>,
}

/// Made when there are no system prompts.
const SHIPPED: [Shipped; 4] = [
    Shipped {
        name: "Small stories",
        description: "Stories that fit into a few days.",
        text: "Keep each story small enough for {{days}} days of work.",
        variable: Some(["days", "Days of work for one story", "two"]),
    },
    Shipped {
        name: "Negative cases",
        description: "What goes wrong is covered as well.",
        text: "Cover what goes wrong as well: refused input, lost connections, missing rights.",
        variable: None,
    },
    Shipped {
        name: "Measurable criteria",
        description: "Acceptance criteria that a tester can count.",
        text: "Make every acceptance criterion measurable: numbers, times, exact words.",
        variable: None,
    },
    Shipped {
        name: "Plain words",
        description: "Stories that people outside the team understand.",
        text: "Use plain words that {{readers}} understand; explain every abbreviation once.",
        variable: Some(["readers", "Who reads the stories", "people outside the team"]),
    },
];

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

/// Makes the system prompts that come with the program when there are none at all.
///
/// # Errors
/// [`StorageError`].
pub fn make_system_prompts(ports: &Ports) -> Result<(), StorageError> {
    let nobody = UserId(0);
    let now = ports.clock.now();
    ports.storage.write(|tx| {
        if !tx.prompts(nobody, PromptScope::System, None, 1)?.items.is_empty() {
            return Ok(());
        }
        // The newest stands first in lists.
        for shipped in SHIPPED.iter().rev() {
            let variable = |[name, description, default]: [&str; 3]| PromptVariable {
                name: name.to_owned(),
                description: description.to_owned(),
                default: default.to_owned(),
            };
            let variables: Vec<PromptVariable> = shipped.variable.map(variable).into_iter().collect();
            let Ok(body) = PromptBody::parse(shipped.text, &variables) else { continue };
            let prompt = Prompt {
                id: PromptId(ports.ids.id()),
                owner: None,
                shared: true,
                name: shipped.name.to_owned(),
                description: shipped.description.to_owned(),
                version: 1,
                body,
                created_at: now,
                updated_at: now,
            };
            tx.insert_prompt(&prompt, "")?;
        }
        Ok(())
    })
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
    ports.storage.write(|tx| {
        let stored = changeable(tx, actor, id)?;
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
    let (name, description, note) = (typed.name.trim(), typed.description.trim(), typed.note.trim());
    let mut problems = Vec::new();
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS || name.chars().any(char::is_control) {
        problems.push(PromptProblem::BadName);
    }
    if description.chars().count() > MAX_DESCRIPTION_CHARS {
        problems.push(PromptProblem::DescriptionTooLong);
    }
    let body = PromptBody::parse(&typed.text, &typed.variables).map_err(|more| problems.extend(more));
    let Ok(body) = body else { return Err(PromptError::Invalid(problems)) };
    if !problems.is_empty() {
        return Err(PromptError::Invalid(problems));
    }
    if note.chars().count() > MAX_NOTE_CHARS {
        return Err(PromptError::NoteTooLong);
    }
    Ok((name.to_owned(), description.to_owned(), body, note.to_owned()))
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
