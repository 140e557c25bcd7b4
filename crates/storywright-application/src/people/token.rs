//! API tokens: issued for name and password or from the profile page, revocable, ended by a changed security stamp.

use super::profile::{ProofError, proved};
use super::sign_in::{SignInError, sign_in};
use crate::Ports;
use storywright_domain::person::{Actor, ApiToken, Person, TokenClaims};
use storywright_domain::ports::{BadToken, SealError, StorageError, StorageExt};
use storywright_domain::{Millis, RequestId, Secret, Timestamp, TokenId};

/// A use is noted at most this often.
const TOUCH_EVERY: Millis = Millis::minutes(1);

/// A token that was just made. It holds a secret, so it has no `Debug`.
pub struct IssuedToken {
    /// The signed token: shown once.
    pub token: Secret,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Signs a token for a person who has just proved who they are.
///
/// # Errors
/// [`SignInError`].
pub fn issue_token(
    ports: &Ports,
    login: &str,
    password: &Secret,
    request_id: &RequestId,
) -> Result<IssuedToken, SignInError> {
    let person = sign_in(ports, login, password, request_id)?;
    make(ports, &person, "API sign-in", ports.settings.api_token_ttl, request_id).map_err(|error| match error {
        MakeError::Storage(error) => SignInError::Storage(error),
        MakeError::Seal(error) => SignInError::Storage(StorageError::Unavailable(error.to_string())),
    })
}

/// Why no token was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssueTokenError {
    /// The password is wrong, or the account is gone.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The database is in trouble.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// It cannot be signed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

enum MakeError {
    Storage(StorageError),
    Seal(SealError),
}

impl From<StorageError> for MakeError {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl From<MakeError> for IssueTokenError {
    fn from(error: MakeError) -> Self {
        match error {
            MakeError::Storage(error) => Self::Storage(error),
            MakeError::Seal(error) => Self::Seal(error),
        }
    }
}

/// Signs a token with a name and a life of its own for a person who is signed in and gives the password once more: a token may
/// outlive every session.
///
/// # Errors
/// [`IssueTokenError`].
pub fn issue_token_for(
    ports: &Ports,
    actor: &Actor,
    password: &Secret,
    name: &str,
    life: Millis,
) -> Result<IssuedToken, IssueTokenError> {
    let person = proved(ports, actor, password)?;
    Ok(make(ports, &person, name.trim(), life, actor.request_id())?)
}

fn make(
    ports: &Ports,
    person: &Person,
    name: &str,
    life: Millis,
    request_id: &RequestId,
) -> Result<IssuedToken, MakeError> {
    let now = ports.clock.now();
    let token = ApiToken {
        id: TokenId(ports.ids.id()),
        user: person.id,
        name: name.chars().take(80).collect(),
        created_at: now,
        expires_at: now + life,
        last_used_at: None,
        revoked_at: None,
    };
    let claims = TokenClaims {
        token: token.id,
        user: person.id,
        security_stamp: person.security_stamp.clone(),
        issued_at: now,
        expires_at: token.expires_at,
    };
    let signed = ports.tokens.sign(&claims).map_err(MakeError::Seal)?;
    let entry =
        ports.audit_entry(Some(person.id), request_id, "token_issued", format!("token:{}", token.id), String::new());
    ports.storage.write(|tx| {
        tx.insert_token(&token)?;
        tx.audit(&entry)
    })?;
    Ok(IssuedToken { token: signed, expires_at: token.expires_at })
}

/// Who a bearer token belongs to, and which token it is.
///
/// # Errors
/// `Ok(None)` for every token that does not hold; [`StorageError`] when that cannot be found out.
pub fn authenticate_token(
    ports: &Ports,
    bearer: &str,
    request_id: &RequestId,
) -> Result<Option<(Actor, TokenId)>, StorageError> {
    let now = ports.clock.now();
    let claims = match ports.tokens.verify(bearer, now) {
        Ok(claims) => claims,
        Err(BadToken) => return Ok(None),
    };
    let found = ports.storage.read(|tx| {
        let person = tx.person(claims.user)?;
        let token = tx.token(claims.user, claims.token)?;
        Ok::<_, StorageError>(person.zip(token))
    })?;
    let Some((person, token)) = found else { return Ok(None) };
    let holds = person.active
        && person.security_stamp == claims.security_stamp
        && token.revoked_at.is_none()
        && token.expires_at > now;
    if !holds {
        return Ok(None);
    }
    if token.last_used_at.is_none_or(|last| now.since(last) >= TOUCH_EVERY) {
        ports.storage.write(|tx| tx.touch_token(claims.user, claims.token, now))?;
    }
    Ok(Some((Actor::of(&person, request_id.clone()), claims.token)))
}

/// Revokes one of the person's tokens; `false` when it was gone.
///
/// # Errors
/// [`StorageError`].
pub fn revoke_token(ports: &Ports, actor: &Actor, token: TokenId) -> Result<bool, StorageError> {
    let entry = ports.audit_entry(
        Some(actor.user()),
        actor.request_id(),
        "token_revoked",
        format!("token:{token}"),
        String::new(),
    );
    ports.storage.write(|tx| {
        let revoked = tx.revoke_token(actor.user(), token, entry.at)?;
        if revoked {
            tx.audit(&entry)?;
        }
        Ok(revoked)
    })
}
