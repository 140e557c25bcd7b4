//! People, the proof that they are who they say, their sessions and tokens.

use crate::{RegistrationId, RequestId, SessionId, Timestamp, TokenId, UserId};
use serde::{Deserialize, Serialize};

/// Who a Jira credential belongs to, as `GET /rest/api/2/myself` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JiraUser {
    /// Stable key that survives a rename (`key` on Data Center, `accountId` on Cloud).
    pub key: String,
    /// Login name: the employee ID.
    pub name: String,
    /// Name for people.
    pub display_name: String,
    /// E-mail address; empty when the site hides it.
    pub email: String,
    /// Whether the account is active.
    pub active: bool,
    /// Whether the account is deleted.
    pub deleted: bool,
    /// Address of the 48x48 avatar on the same site, or none.
    pub avatar_url: Option<String>,
}

/// What a person may do beyond their own data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Their own drafts, integrations and runs.
    Member,
    /// Also the settings shared by all.
    Administrator,
}

/// A person who signed up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Our id.
    pub id: UserId,
    /// Jira's login name, unique here.
    pub employee_id: String,
    /// Jira's stable key on `jira_site`.
    pub jira_key: String,
    /// Site of the administrator's list.
    pub jira_site: String,
    /// Name for people.
    pub display_name: String,
    /// E-mail address, unique here when not empty.
    pub email: String,
    /// The 48x48 avatar as a `data:` URL, fetched once at sign-up, so that no request leaves the browser.
    pub avatar: Option<String>,
    /// What they may do.
    pub role: Role,
    /// Whether they may sign in.
    pub active: bool,
    /// Changes whenever all sessions and tokens must end: password change, reset, deactivation.
    pub security_stamp: String,
    /// Interface preferences as JSON (theme, navigation width); never trusted, only shown back.
    pub preferences: String,
    /// When they signed up.
    pub created_at: Timestamp,
}

/// A sign-up whose person has been shown and who has not set a password yet.
#[derive(Clone)]
pub struct Registration {
    /// Unguessable id.
    pub id: RegistrationId,
    /// Site of the administrator's list.
    pub site: String,
    /// Who the credential belongs to.
    pub user: JiraUser,
    /// The 48x48 avatar as a `data:` URL.
    pub avatar: Option<String>,
    /// The sealed token.
    pub sealed_pat: String,
    /// Last characters of the token.
    pub pat_hint: String,
    /// Security stamp of the account that gets a new password; none when an account is made. With any other stamp it does not hold.
    pub resets: Option<String>,
    /// When it is forgotten.
    pub expires_at: Timestamp,
}

/// A browser session as stored. The token that names it is stored only as a hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Public id, for the list on the profile page.
    pub id: SessionId,
    /// SHA-256 of the token in the cookie, hexadecimal.
    pub token_hash: String,
    /// Whose it is; none before sign-in.
    pub user: Option<UserId>,
    /// The person's stamp when they signed in; a different one now ends the session.
    pub security_stamp: String,
    /// Session state as a JSON object of strings.
    pub state: String,
    /// Browser, as it named itself, cut to 200 characters.
    pub user_agent: String,
    /// Address it was last used from.
    pub address: String,
    /// When it began.
    pub created_at: Timestamp,
    /// Last request that counts as use.
    pub last_seen_at: Timestamp,
    /// When it ends if not used.
    pub idle_expires_at: Timestamp,
    /// When it ends in any case.
    pub expires_at: Timestamp,
}

/// An API token as stored: what is needed to list and revoke it, not the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApiToken {
    /// The `jti`.
    pub id: TokenId,
    /// Whose it is.
    pub user: UserId,
    /// Given by the person, or `API sign-in`.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Last use, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// What a signed API token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenClaims {
    /// The `jti`.
    pub token: TokenId,
    /// The `sub`.
    pub user: UserId,
    /// The person's stamp when it was made.
    pub security_stamp: String,
    /// The `iat`.
    pub issued_at: Timestamp,
    /// The `exp`.
    pub expires_at: Timestamp,
}

/// A person who has proved who they are, in the course of one request. Use cases that touch a person's data take one, and
/// pass its user id to every query, so that other people's rows are out of reach by type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    user: UserId,
    employee_id: String,
    role: Role,
    request_id: RequestId,
}

impl Actor {
    /// The actor for a person whose session or token has just been checked.
    #[must_use]
    pub fn of(person: &Person, request_id: RequestId) -> Self {
        Self { user: person.id, employee_id: person.employee_id.clone(), role: person.role, request_id }
    }

    /// Whose data this actor may touch.
    #[must_use]
    pub fn user(&self) -> UserId {
        self.user
    }

    /// Jira's login name.
    #[must_use]
    pub fn employee_id(&self) -> &str {
        &self.employee_id
    }

    /// The request on whose behalf this happens.
    #[must_use]
    pub fn request_id(&self) -> &RequestId {
        &self.request_id
    }

    /// The power over shared settings, if the person has it.
    #[must_use]
    pub fn as_administrator(&self) -> Option<Administrator<'_>> {
        (self.role == Role::Administrator).then_some(Administrator(self))
    }
}

/// Proof that the actor is an administrator; only [`Actor::as_administrator`] makes one.
#[derive(Debug, Clone, Copy)]
pub struct Administrator<'a>(&'a Actor);

impl Administrator<'_> {
    /// The actor behind the power.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        self.0
    }
}

/// One line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Who; none when nobody was signed in.
    pub user: Option<UserId>,
    /// What: `sign_in`, `sign_in_failed`, `integration_saved`, `plan_approved`, `issue_created` …
    pub action: String,
    /// On what: `draft:…`, `run:…`, `PAY-12`.
    pub subject: String,
    /// More, without secrets and without texts that people typed, except for the reasons of waivers.
    pub detail: String,
    /// In which request.
    pub request_id: String,
}
