//! Signing up: a Jira token proves who somebody is, a password makes the account, or sets the one of the account that there is anew
//! (`reset`).

use super::password::{BadPassword, check_password};
use super::reset::may_be_reset;
use crate::Ports;
use crate::access::{access_with, listed_site, place};
use storywright_domain::integration::{Health, Integration, IntegrationKind};
use storywright_domain::person::{JiraUser, Person, Registration, Role};
use storywright_domain::ports::{HashError, Inserted, Place, SealError, StorageError, StorageExt};
use storywright_domain::remote::{RemoteError, SiteKind, TlsTrust};
use storywright_domain::secret::BadCredential;
use storywright_domain::{RegistrationId, RequestId, Secret, Timestamp, UserId};

/// Why a sign-up cannot begin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegisterError {
    /// The site is not on the administrator's list.
    #[error("the Jira site `{0}` is not on the administrator's list")]
    SiteNotListed(String),
    /// The token cannot be used as it was pasted.
    #[error(transparent)]
    BadToken(#[from] BadCredential),
    /// Jira said no.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The account is not active in Jira.
    #[error("the Jira account `{0}` is not active")]
    Inactive(String),
    /// The account is deleted in Jira.
    #[error("the Jira account `{0}` is deleted")]
    Deleted(String),
    /// There is an account for this person already, and this token cannot set its password: it is the one that is stored with the account,
    /// or the account is closed.
    #[error("there is an account for `{0}` already")]
    AlreadyRegistered(String),
    /// The token cannot be kept.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database is in trouble.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why a sign-up cannot be confirmed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfirmError {
    /// It has expired, was used, or never was.
    #[error("there is no such sign-up, or it has expired")]
    NotFound,
    /// The password is refused.
    #[error(transparent)]
    BadPassword(#[from] BadPassword),
    /// Too many at once.
    #[error(transparent)]
    Busy(#[from] HashError),
    /// Somebody has this employee ID or e-mail already, or it is the password of an account that would be set.
    #[error("there is an account for `{0}` already")]
    AlreadyRegistered(String),
    /// The token cannot be kept.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database is in trouble.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

pub(super) fn registration_place(id: RegistrationId) -> Place {
    Place { table: "registrations", column: "encrypted_pat", owner: id.to_string(), row: id.to_string() }
}

/// Asks Jira whose the token is and keeps the sign-up until it is confirmed. When that person has an account, it is one that sets the
/// password of the account anew.
///
/// # Errors
/// [`RegisterError`].
pub fn register(
    ports: &Ports,
    site_id: &str,
    raw_pat: &str,
    request_id: &RequestId,
) -> Result<Registration, RegisterError> {
    let site = listed_site(ports, SiteKind::Jira, site_id)
        .ok_or_else(|| RegisterError::SiteNotListed(site_id.chars().take(100).collect()))?;
    let pat = Secret::pasted(raw_pat)?;
    let id = RegistrationId(random_id(ports));
    let access = access_with(UserId(id.0), site, pat.clone(), TlsTrust::default(), request_id);
    let user = ports.jira.current_user(&access)?;
    admit(&user)?;
    let account = ports.storage.read(|tx| tx.person_by_jira(&site.id, &user.key))?;
    if let Some(account) = &account
        && !may_be_reset(ports, account, &pat)?
    {
        return Err(RegisterError::AlreadyRegistered(user.name));
    }
    let avatar = user.avatar_url.as_deref().and_then(|url| ports.jira.avatar(&access, url).unwrap_or(None));
    let registration = Registration {
        id,
        site: site.id.clone(),
        user,
        avatar,
        sealed_pat: ports.sealer.seal(&registration_place(id), &pat)?,
        pat_hint: pat.hint(),
        resets: account.as_ref().map(|account| account.security_stamp.clone()),
        expires_at: ports.clock.now() + ports.settings.registration_ttl,
    };
    let entry = ports.audit_entry(
        account.as_ref().map(|account| account.id),
        request_id,
        if account.is_some() { "password_reset_started" } else { "registration_started" },
        format!("employee:{}", registration.user.name),
        site.id.clone(),
    );
    ports.storage.write(|tx| {
        tx.insert_registration(&registration, entry.at)?;
        tx.audit(&entry)
    })?;
    Ok(registration)
}

fn admit(user: &JiraUser) -> Result<(), RegisterError> {
    if user.deleted {
        return Err(RegisterError::Deleted(user.name.clone()));
    }
    if !user.active {
        return Err(RegisterError::Inactive(user.name.clone()));
    }
    Ok(())
}

/// An id that nobody can guess: whoever knows it may set the password.
fn random_id(ports: &Ports) -> u128 {
    let secret = ports.ids.secret();
    secret.iter().take(16).fold(0, |number, byte| (number << 8) | u128::from(*byte))
}

/// A sign-up that waits for its password.
///
/// # Errors
/// [`StorageError`].
pub fn pending_registration(ports: &Ports, id: RegistrationId) -> Result<Option<Registration>, StorageError> {
    let now = ports.clock.now();
    ports.storage.read(|tx| tx.registration(id, now))
}

/// Sets the password and makes the account, with its Jira connection already tested.
///
/// # Errors
/// [`ConfirmError`].
pub fn confirm_registration(
    ports: &Ports,
    id: RegistrationId,
    password: &Secret,
    request_id: &RequestId,
) -> Result<Person, ConfirmError> {
    let registration = pending_registration(ports, id)?.ok_or(ConfirmError::NotFound)?;
    if registration.resets.is_some() {
        return Err(ConfirmError::AlreadyRegistered(registration.user.name));
    }
    let hash = new_hash(ports, &registration, password)?;
    let person = person_of(ports, &registration);
    let jira = connection(ports, &person, &registration, person.created_at)?;
    let entry = ports.audit_entry(
        Some(person.id),
        request_id,
        "registered",
        format!("employee:{}", person.employee_id),
        String::new(),
    );
    ports.storage.write(|tx| {
        if !tx.delete_registration(id)? {
            return Err(ConfirmError::NotFound);
        }
        match tx.insert_person(&person, &hash, &jira)? {
            Inserted::New => {}
            Inserted::Exists(_) => return Err(ConfirmError::AlreadyRegistered(person.employee_id.clone())),
        }
        tx.audit(&entry)?;
        Ok(())
    })?;
    log::info!(user_id = person.id.to_string().as_str(), request_id = request_id.as_str(); "registered");
    Ok(person)
}

/// Checks the new password and gives its hash.
pub(super) fn new_hash(ports: &Ports, registration: &Registration, password: &Secret) -> Result<String, ConfirmError> {
    let user = &registration.user;
    check_password(password, &[&user.name, &user.email, &user.display_name])?;
    Ok(ports.passwords.hash(password)?)
}

/// The person's Jira with the token of the sign-up: Jira has just said whose that is.
pub(super) fn connection(
    ports: &Ports,
    person: &Person,
    registration: &Registration,
    at: Timestamp,
) -> Result<Integration, SealError> {
    let pat = ports.sealer.open(&registration_place(registration.id), &registration.sealed_pat)?;
    // Jira may call a person otherwise by now; the test of the connection says what to do about that.
    let same_name = registration.user.name.eq_ignore_ascii_case(&person.employee_id);
    let health =
        if same_name { Health::Ok { employee_id: registration.user.name.clone(), at } } else { Health::Untested };
    Ok(Integration {
        user: person.id,
        kind: IntegrationKind::Jira,
        target: registration.site.clone(),
        sealed_credential: ports.sealer.seal(&place(person.id, IntegrationKind::Jira), &pat)?,
        credential_hint: registration.pat_hint.clone(),
        tls: TlsTrust::default(),
        health,
        updated_at: at,
    })
}

fn person_of(ports: &Ports, registration: &Registration) -> Person {
    let user = &registration.user;
    let administrator = ports.settings.administrators.iter().any(|id| id.eq_ignore_ascii_case(&user.name));
    Person {
        id: UserId(ports.ids.id()),
        employee_id: user.name.clone(),
        jira_key: user.key.clone(),
        jira_site: registration.site.clone(),
        display_name: user.display_name.clone(),
        email: user.email.clone(),
        avatar: registration.avatar.clone(),
        role: if administrator { Role::Administrator } else { Role::Member },
        active: true,
        security_stamp: ports.random_token(),
        preferences: "{}".to_owned(),
        created_at: ports.clock.now(),
    }
}
