//! The Confluence port.

use crate::remote::{Access, RemoteError};
use serde::{Deserialize, Serialize};

/// Whose a Confluence credential is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfluenceUser {
    /// Login name: the employee ID.
    pub username: String,
    /// Stable key.
    pub key: String,
    /// Name for people.
    pub display_name: String,
}

/// A page in a list of hits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageHit {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Space key.
    pub space: String,
    /// Version number.
    pub version: u32,
}

/// A page with its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Space key.
    pub space: String,
    /// Version number.
    pub version: u32,
    /// The rendered body (export view): HTML, untrusted.
    pub html: String,
    /// Address for people.
    pub url: String,
}

/// A Confluence site.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Confluence: Send + Sync {
    /// Whose the credential is; an answer as to `anonymous` is [`RemoteError::Unauthorized`].
    ///
    /// # Errors
    /// Any [`RemoteError`].
    fn current_user(&self, access: &Access) -> Result<ConfluenceUser, RemoteError>;

    /// Pages whose title or text has the words, best first, at most `limit` (1 to 50).
    ///
    /// # Errors
    /// Any [`RemoteError`].
    fn search(&self, access: &Access, words: &str, limit: u32) -> Result<Vec<PageHit>, RemoteError>;

    /// A page by id, rendered; `None` when there is none or the person may not see it.
    ///
    /// # Errors
    /// Any [`RemoteError`] except `NotFound`.
    fn page(&self, access: &Access, id: &str) -> Result<Option<Page>, RemoteError>;
}
