//! Passwords, secrets at rest, signed tokens.

use crate::person::TokenClaims;
use crate::{Secret, Timestamp};

/// Where a sealed secret is stored. It can be opened only there: another row, column or person fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Table.
    pub table: &'static str,
    /// Column.
    pub column: &'static str,
    /// Person or registration, as text.
    pub owner: String,
    /// Row, as text.
    pub row: String,
}

/// A secret could not be opened: wrong key, wrong place, or damaged. It must be entered again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the stored secret cannot be opened ({detail})")]
pub struct SealError {
    /// Which key id, never which secret.
    pub detail: String,
}

/// Encryption at rest with authenticated data and key ids.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Sealer: Send + Sync {
    /// The sealed form, printable text.
    ///
    /// # Errors
    /// [`SealError`] when no key is usable.
    fn seal(&self, place: &Place, secret: &Secret) -> Result<String, SealError>;

    /// The secret back.
    ///
    /// # Errors
    /// [`SealError`] when the text was sealed for another place or by an unknown key, or was changed.
    fn open(&self, place: &Place, sealed: &str) -> Result<Secret, SealError>;
}

/// Why a password could not be hashed or checked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Too many at once; waited 3 s in vain.
    #[error("too many sign-ins at once")]
    Busy,
    /// The stored hash is damaged.
    #[error("the stored hash cannot be read")]
    Corrupt,
}

/// Password hashing, slow on purpose, with a bound on how many run at once.
#[expect(clippy::needless_lifetimes, reason = "the mock generator needs the names")]
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait PasswordHasher: Send + Sync {
    /// A salted hash of the whole password, in versioned text form.
    ///
    /// # Errors
    /// [`HashError::Busy`].
    fn hash(&self, password: &Secret) -> Result<String, HashError>;

    /// Whether the password fits. With no hash it takes the same time and says no, so that unknown names cannot be told
    /// from wrong passwords.
    ///
    /// # Errors
    /// [`HashError`].
    fn verify<'a>(&self, password: &Secret, hash: Option<&'a str>) -> Result<bool, HashError>;
}

/// The token is not one of ours, was changed, or has expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token is not valid")]
pub struct BadToken;

/// Signed API tokens.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait TokenSigner: Send + Sync {
    /// The signed token.
    ///
    /// # Errors
    /// [`SealError`] when no key is usable.
    fn sign(&self, claims: &TokenClaims) -> Result<Secret, SealError>;

    /// What a token says, if it is ours and `now` is before its end. Revocation is the caller's to check.
    ///
    /// # Errors
    /// [`BadToken`], whatever is wrong with it.
    fn verify(&self, token: &str, now: Timestamp) -> Result<TokenClaims, BadToken>;
}

/// SHA-256, for token hashes and plan hashes.
pub trait Sha256: Send + Sync {
    /// The digest as 64 lower-case hexadecimal digits.
    fn hex(&self, bytes: &[u8]) -> String;
}
