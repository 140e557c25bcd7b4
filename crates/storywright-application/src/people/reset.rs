//! Setting a forgotten password anew: a Jira token other than the stored one proves who somebody is, and what somebody else could have got
//! at with the account goes: sessions, API tokens, stored credentials, jobs under way. What the person wrote stays.

use super::register::{ConfirmError, confirm_registration, connection, new_hash, pending_registration};
use crate::Ports;
use crate::access::place;
use crate::jobs::cancel_job;
use storywright_domain::integration::IntegrationKind;
use storywright_domain::person::{Actor, Person, Registration};
use storywright_domain::ports::{StorageError, StorageExt, Tx};
use storywright_domain::{RegistrationId, RequestId, Secret};

/// Whether this token of the account's own person may set its password. Not the one that is stored with it: that is no proof that
/// somebody can sign in to Jira now, it may have been read where it was used. Nor any for an account that was closed.
pub(super) fn may_be_reset(ports: &Ports, account: &Person, pat: &Secret) -> Result<bool, StorageError> {
    let jira = ports.storage.read(|tx| tx.integration(account.id, IntegrationKind::Jira))?;
    let is_stored = jira.is_some_and(|jira| {
        ports
            .sealer
            .open(&place(account.id, IntegrationKind::Jira), &jira.sealed_credential)
            .is_ok_and(|kept| kept == *pat)
    });
    Ok(account.active && !is_stored)
}

/// Makes the account of a sign-up, or sets the password of the one that it found (`reset_password`): for those who have been told which.
///
/// # Errors
/// [`ConfirmError`].
pub fn confirm_or_reset(
    ports: &Ports,
    id: RegistrationId,
    password: &Secret,
    request_id: &RequestId,
) -> Result<Person, ConfirmError> {
    match pending_registration(ports, id)? {
        Some(registration) if registration.resets.is_some() => {
            reset_password(ports, &registration, password, request_id)
        }
        _ => confirm_registration(ports, id, password, request_id),
    }
}

/// Sets the password of the account that a sign-up found, ends its sessions, revokes its API tokens, stops its jobs, and forgets its credentials of
/// Confluence and of the LLM; the Jira token is the new one. The sign-up does not hold when the password was set meanwhile.
///
/// # Errors
/// [`ConfirmError`].
fn reset_password(
    ports: &Ports,
    registration: &Registration,
    password: &Secret,
    request_id: &RequestId,
) -> Result<Person, ConfirmError> {
    let account = ports.storage.read(|tx| account_of(tx, registration))?.ok_or(ConfirmError::NotFound)?;
    let hash = new_hash(ports, registration, password)?;
    let stamp = ports.random_token();
    let now = ports.clock.now();
    let jira = connection(ports, &account, registration, now)?;
    let entry = ports.audit_entry(
        Some(account.id),
        request_id,
        "password_reset",
        format!("employee:{}", account.employee_id),
        String::new(),
    );
    // Whoever was signed in may have begun them; they are not to go on with the new token.
    let actor = Actor::of(&account, request_id.clone());
    for job in ports.storage.read(|tx| tx.open_jobs(account.id))? {
        cancel_job(ports, &actor, job.id)?;
    }
    let person = ports.storage.write(|tx| {
        let person = account_of(tx, registration)?.ok_or(ConfirmError::NotFound)?;
        if !tx.delete_registration(registration.id)? {
            return Err(ConfirmError::NotFound);
        }
        tx.set_password(person.id, &hash, &stamp, now)?;
        tx.end_other_sessions(person.id, None)?;
        for token in tx.tokens(person.id, now)? {
            tx.revoke_token(person.id, token.id, now)?;
        }
        for kind in [IntegrationKind::Confluence, IntegrationKind::Llm] {
            tx.delete_integration(person.id, kind)?;
        }
        tx.save_integration(&jira)?;
        tx.audit(&entry)?;
        Ok(person)
    })?;
    log::warn!(user_id = person.id.to_string().as_str(), request_id = request_id.as_str(); "password reset");
    Ok(Person { security_stamp: stamp, ..person })
}

/// The account whose password this sets, as long as it is as it was when Jira was asked.
fn account_of(tx: &mut dyn Tx, registration: &Registration) -> Result<Option<Person>, StorageError> {
    let account = tx.person_by_jira(&registration.site, &registration.user.key)?;
    let is_the_same =
        |account: &Person| Some(&account.security_stamp) == registration.resets.as_ref() && account.active;
    Ok(account.filter(is_the_same))
}
