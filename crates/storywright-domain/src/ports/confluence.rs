//! The Confluence port.

use crate::confluence::{NewPage, Page, PageHit, PageList, PageSearch, PageUpdate, PageWritten, Space, StoryMap};
use crate::remote::{Access, RemoteError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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

/// A Confluence site. Where the administrator's list names spaces of a site, no other space is searched or listed.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Confluence: Send + Sync {
    /// Whose the credential is; an answer as to `anonymous` is [`RemoteError::Unauthorized`].
    ///
    /// # Errors
    /// Any [`RemoteError`].
    fn current_user(&self, access: &Access) -> Result<ConfluenceUser, RemoteError>;

    /// Pages that a search finds, best first, from number `start` on, at most `limit` (1 to 50).
    ///
    /// # Errors
    /// Any [`RemoteError`].
    fn search(&self, access: &Access, search: &PageSearch, start: u32, limit: u32) -> Result<PageList, RemoteError>;

    /// The id of the page that an address names, in any of the forms that Confluence gives out, or a bare id. Nothing but the
    /// access's own site is ever called; `None` when there is no such page or the person may not see it.
    ///
    /// # Errors
    /// [`RemoteError::NotAllowed`] for an address of another site; any other [`RemoteError`] except `NotFound`.
    fn locate(&self, access: &Access, address: &str) -> Result<Option<String>, RemoteError>;

    /// A page by id, as it is shown; `None` when there is none or the person may not see it.
    ///
    /// # Errors
    /// Any [`RemoteError`] except `NotFound`.
    fn page(&self, access: &Access, id: &str) -> Result<Option<Page>, RemoteError>;

    /// A page by its title in a space, in any case of letters.
    ///
    /// # Errors
    /// Any [`RemoteError`] except `NotFound`.
    fn page_by_title(&self, access: &Access, space: &str, title: &str) -> Result<Option<PageHit>, RemoteError>;

    /// Whether a page may be read by named people only; what is above it does not count. `true` when the site does not say.
    ///
    /// # Errors
    /// Any [`RemoteError`] except `NotFound` and `Forbidden`.
    fn page_restricted(&self, access: &Access, id: &str) -> Result<bool, RemoteError>;

    /// Pages below a page from number `start` on, at most `limit` (1 to 50): those directly below, or all.
    ///
    /// # Errors
    /// Any [`RemoteError`].
    fn pages_below(
        &self,
        access: &Access,
        id: &str,
        deep: bool,
        start: u32,
        limit: u32,
    ) -> Result<PageList, RemoteError>;

    /// Version numbers of many pages, with few calls. A page that is gone or may not be seen has none.
    ///
    /// # Errors
    /// Any [`RemoteError`].
    fn versions(&self, access: &Access, ids: &[String]) -> Result<BTreeMap<String, u32>, RemoteError>;

    /// Spaces that the person may see, by key, at most 200.
    ///
    /// # Errors
    /// Any [`RemoteError`].
    fn spaces(&self, access: &Access) -> Result<Vec<Space>, RemoteError>;

    /// A story map in storage format: well formed, with everything in it escaped. Always the same text for the same map.
    fn render(&self, map: &StoryMap) -> String;

    /// Creates a page. A title that the space has already is no error but an outcome. Never sent twice.
    ///
    /// # Errors
    /// Any [`RemoteError`]; after `Unavailable` the page may be there: look it up by its title.
    fn create_page(&self, access: &Access, page: &NewPage) -> Result<PageWritten, RemoteError>;

    /// Writes a new version of a page unless it has changed meanwhile.
    ///
    /// # Errors
    /// Any [`RemoteError`]; after `Unavailable` the version may be there.
    fn update_page(&self, access: &Access, update: &PageUpdate) -> Result<PageWritten, RemoteError>;
}
