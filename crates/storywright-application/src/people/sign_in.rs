//! Signing in with employee ID or e-mail.

use crate::Ports;
use crate::tools::fetch_missing_lists;
use storywright_domain::person::{Actor, Person};
use storywright_domain::ports::{HashError, StorageError, StorageExt};
use storywright_domain::{RequestId, Secret};

/// Why nobody was signed in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// Name or password is wrong, or the account is closed: never said which.
    #[error("the name or the password is wrong")]
    Refused,
    /// Too many sign-ins at once.
    #[error(transparent)]
    Busy(#[from] HashError),
    /// The database is in trouble.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Checks name and password. Takes the same time whether the name is known or not.
///
/// # Errors
/// [`SignInError`].
pub fn sign_in(ports: &Ports, login: &str, password: &Secret, request_id: &RequestId) -> Result<Person, SignInError> {
    let found = ports.storage.read(|tx| tx.person_by_login(login.trim()))?;
    let hash = found.as_ref().map(|(_, hash)| hash.as_str());
    let fits = ports.passwords.verify(password, hash)?;
    let person = found.map(|(person, _)| person);
    match person {
        Some(person) if fits && person.active => {
            let entry = ports.audit_entry(Some(person.id), request_id, "sign_in", String::new(), String::new());
            ports.storage.write(|tx| tx.audit(&entry))?;
            log::info!(user_id = person.id.to_string().as_str(), request_id = request_id.as_str(), outcome = "ok"; "sign-in");
            let actor = Actor::of(&person, request_id.clone());
            if let Err(error) = fetch_missing_lists(ports, &actor, None) {
                // The person is signed in all the same; the tools page says that the lists are missing.
                log::error!(request_id = request_id.as_str(), error = error.to_string().as_str(); "tool lists could not be asked for");
            }
            Ok(person)
        }
        other => {
            let user = other.map(|person| person.id);
            let entry = ports.audit_entry(user, request_id, "sign_in_failed", String::new(), String::new());
            ports.storage.write(|tx| tx.audit(&entry))?;
            log::warn!(request_id = request_id.as_str(), outcome = "refused"; "sign-in");
            Err(SignInError::Refused)
        }
    }
}
