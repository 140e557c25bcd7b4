//! Repositories of people and what is theirs: sign-ups, sessions, tokens, connections; and of rule sets, which are shared.

use super::storage::{Inserted, Saved, StorageError};
use crate::integration::{Integration, IntegrationKind};
use crate::person::{ApiToken, Person, Registration, Session};
use crate::{RegistrationId, SessionId, Timestamp, TokenId, UserId};

/// People.
pub trait PersonRepo {
    /// A person by id.
    ///
    /// # Errors
    /// [`StorageError`].
    fn person(&mut self, user: UserId) -> Result<Option<Person>, StorageError>;

    /// A person and their password hash by employee ID or e-mail, both compared without regard to case.
    ///
    /// # Errors
    /// [`StorageError`].
    fn person_by_login(&mut self, login: &str) -> Result<Option<(Person, String)>, StorageError>;

    /// A person by Jira site and stable key.
    ///
    /// # Errors
    /// [`StorageError`].
    fn person_by_jira(&mut self, site: &str, jira_key: &str) -> Result<Option<Person>, StorageError>;

    /// Adds a person with a password hash and their Jira connection. `Exists` when employee ID or e-mail is taken.
    ///
    /// # Errors
    /// [`StorageError`].
    fn insert_person(
        &mut self,
        person: &Person,
        password_hash: &str,
        jira: &Integration,
    ) -> Result<Inserted<UserId>, StorageError>;

    /// Replaces password hash and security stamp.
    ///
    /// # Errors
    /// [`StorageError`].
    fn set_password(
        &mut self,
        user: UserId,
        password_hash: &str,
        security_stamp: &str,
        at: Timestamp,
    ) -> Result<(), StorageError>;

    /// Replaces the interface preferences.
    ///
    /// # Errors
    /// [`StorageError`].
    fn set_preferences(&mut self, user: UserId, preferences: &str) -> Result<(), StorageError>;
}

/// Sign-ups under way.
pub trait RegistrationRepo {
    /// Adds one, and removes those that have expired before `now`.
    ///
    /// # Errors
    /// [`StorageError`].
    fn insert_registration(&mut self, registration: &Registration, now: Timestamp) -> Result<(), StorageError>;

    /// One that has not expired before `now`.
    ///
    /// # Errors
    /// [`StorageError`].
    fn registration(&mut self, id: RegistrationId, now: Timestamp) -> Result<Option<Registration>, StorageError>;

    /// Removes one; `false` when it was gone.
    ///
    /// # Errors
    /// [`StorageError`].
    fn delete_registration(&mut self, id: RegistrationId) -> Result<bool, StorageError>;
}

/// Browser sessions.
pub trait SessionRepo {
    /// The session of a token that has not ended before `now`.
    ///
    /// # Errors
    /// [`StorageError`].
    fn session(&mut self, token_hash: &str, now: Timestamp) -> Result<Option<Session>, StorageError>;

    /// Adds one, and removes those that ended before its creation.
    ///
    /// # Errors
    /// [`StorageError`].
    fn insert_session(&mut self, session: &Session) -> Result<(), StorageError>;

    /// Replaces user, stamp, state, address, times of the session with this token.
    ///
    /// # Errors
    /// [`StorageError`].
    fn update_session(&mut self, session: &Session) -> Result<Saved, StorageError>;

    /// Ends the session of a token.
    ///
    /// # Errors
    /// [`StorageError`].
    fn delete_session(&mut self, token_hash: &str) -> Result<(), StorageError>;

    /// A person's sessions that have not ended, last used first.
    ///
    /// # Errors
    /// [`StorageError`].
    fn sessions(&mut self, user: UserId, now: Timestamp) -> Result<Vec<Session>, StorageError>;

    /// Ends one of a person's sessions; `false` when it was gone.
    ///
    /// # Errors
    /// [`StorageError`].
    fn end_session(&mut self, user: UserId, session: SessionId) -> Result<bool, StorageError>;

    /// Ends all of a person's sessions except one; says how many.
    ///
    /// # Errors
    /// [`StorageError`].
    fn end_other_sessions(&mut self, user: UserId, keep: Option<SessionId>) -> Result<usize, StorageError>;
}

/// API tokens.
pub trait TokenRepo {
    /// Adds one.
    ///
    /// # Errors
    /// [`StorageError`].
    fn insert_token(&mut self, token: &ApiToken) -> Result<(), StorageError>;

    /// One of a person's tokens.
    ///
    /// # Errors
    /// [`StorageError`].
    fn token(&mut self, user: UserId, token: TokenId) -> Result<Option<ApiToken>, StorageError>;

    /// A person's tokens that have not ended, newest first, revoked ones included.
    ///
    /// # Errors
    /// [`StorageError`].
    fn tokens(&mut self, user: UserId, now: Timestamp) -> Result<Vec<ApiToken>, StorageError>;

    /// Notes a use.
    ///
    /// # Errors
    /// [`StorageError`].
    fn touch_token(&mut self, user: UserId, token: TokenId, at: Timestamp) -> Result<(), StorageError>;

    /// Revokes one; `false` when there is none or it was revoked before.
    ///
    /// # Errors
    /// [`StorageError`].
    fn revoke_token(&mut self, user: UserId, token: TokenId, at: Timestamp) -> Result<bool, StorageError>;
}

/// Connections.
pub trait IntegrationRepo {
    /// One of a person's connections.
    ///
    /// # Errors
    /// [`StorageError`].
    fn integration(&mut self, user: UserId, kind: IntegrationKind) -> Result<Option<Integration>, StorageError>;

    /// Adds or replaces a connection.
    ///
    /// # Errors
    /// [`StorageError`].
    fn save_integration(&mut self, integration: &Integration) -> Result<(), StorageError>;

    /// Removes a connection.
    ///
    /// # Errors
    /// [`StorageError`].
    fn delete_integration(&mut self, user: UserId, kind: IntegrationKind) -> Result<(), StorageError>;
}
