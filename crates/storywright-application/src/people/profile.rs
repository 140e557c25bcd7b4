//! The person's own page: details, password, sessions, tokens, preferences, audit trail.

use super::password::{BadPassword, check_password};
use crate::Ports;
use storywright_domain::person::{Actor, ApiToken, AuditEntry, Person, Session};
use storywright_domain::ports::{HashError, Slice, StorageError, StorageExt};
use storywright_domain::{Secret, SessionId};

/// Longest stored preferences in bytes.
const MAX_PREFERENCES: usize = 4_096;

/// Why a password was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangePasswordError {
    /// The current password is wrong, or the account is gone.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The new one is refused.
    #[error(transparent)]
    BadPassword(#[from] BadPassword),
    /// Too many at once.
    #[error(transparent)]
    Busy(#[from] HashError),
    /// The database is in trouble.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why somebody who is signed in could not prove that it is them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The password is wrong.
    #[error("the current password is wrong")]
    WrongPassword,
    /// Too many at once.
    #[error(transparent)]
    Busy(#[from] HashError),
    /// The account is gone.
    #[error("the account is gone")]
    Gone,
    /// The database is in trouble.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The person behind an actor, when the password is theirs: a session alone is not enough for what outlives it.
pub(super) fn proved(ports: &Ports, actor: &Actor, password: &Secret) -> Result<Person, ProofError> {
    let found = ports.storage.read(|tx| tx.person_by_login(actor.employee_id()))?;
    // A login may also be the mail address of somebody else.
    let (person, hash) = found.filter(|(person, _)| person.id == actor.user()).ok_or(ProofError::Gone)?;
    if ports.passwords.verify(password, Some(&hash))? { Ok(person) } else { Err(ProofError::WrongPassword) }
}

/// The person behind an actor; `None` when the account has gone meanwhile.
///
/// # Errors
/// [`StorageError`].
pub fn profile(ports: &Ports, actor: &Actor) -> Result<Option<Person>, StorageError> {
    ports.storage.read(|tx| tx.person(actor.user()))
}

/// Changes the password, gives a new security stamp, ends every session and token. The present session must be opened anew
/// by the caller with the returned person.
///
/// # Errors
/// [`ChangePasswordError`].
pub fn change_password(
    ports: &Ports,
    actor: &Actor,
    current: &Secret,
    new: &Secret,
) -> Result<Person, ChangePasswordError> {
    let person = proved(ports, actor, current)?;
    check_password(new, &[&person.employee_id, &person.email, &person.display_name])?;
    let hash = ports.passwords.hash(new)?;
    let stamp = ports.random_token();
    let entry =
        ports.audit_entry(Some(person.id), actor.request_id(), "password_changed", String::new(), String::new());
    ports.storage.write(|tx| {
        tx.set_password(person.id, &hash, &stamp, entry.at)?;
        tx.end_other_sessions(person.id, None::<SessionId>)?;
        tx.audit(&entry)
    })?;
    Ok(Person { security_stamp: stamp, ..person })
}

/// Keeps interface preferences (a JSON object); longer ones than 4 KiB are dropped.
///
/// # Errors
/// [`StorageError`].
pub fn save_preferences(ports: &Ports, actor: &Actor, preferences: &str) -> Result<(), StorageError> {
    if preferences.len() > MAX_PREFERENCES {
        return Ok(());
    }
    ports.storage.write(|tx| tx.set_preferences(actor.user(), preferences))
}

/// The person's sessions that hold.
///
/// # Errors
/// [`StorageError`].
pub fn list_sessions(ports: &Ports, actor: &Actor) -> Result<Vec<Session>, StorageError> {
    let now = ports.clock.now();
    ports.storage.read(|tx| tx.sessions(actor.user(), now))
}

/// The person's tokens that have not ended.
///
/// # Errors
/// [`StorageError`].
pub fn list_tokens(ports: &Ports, actor: &Actor) -> Result<Vec<ApiToken>, StorageError> {
    let now = ports.clock.now();
    ports.storage.read(|tx| tx.tokens(actor.user(), now))
}

/// What the person did, newest first.
///
/// # Errors
/// [`StorageError`].
pub fn audit_trail(ports: &Ports, actor: &Actor, cursor: Option<&str>) -> Result<Slice<AuditEntry>, StorageError> {
    ports.storage.read(|tx| tx.audit_entries(actor.user(), cursor, 50))
}
