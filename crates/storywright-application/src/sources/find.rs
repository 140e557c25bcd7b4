//! Looking for pages.

use super::{SourceError, noted};
use crate::{Ports, access};
use storywright_domain::confluence::{PageList, PageSearch, Space};
use storywright_domain::person::Actor;

/// Pages of the connected Confluence, 20 at a time.
///
/// # Errors
/// [`SourceError::Access`], [`SourceError::Remote`].
pub fn search_pages(ports: &Ports, actor: &Actor, search: &PageSearch, start: u32) -> Result<PageList, SourceError> {
    let access = access::confluence(ports, actor.user(), actor.request_id())?;
    ports.confluence.search(&access, search, start, 20).map_err(|error| noted(ports, actor, &access, error))
}

/// Spaces that may be searched.
///
/// # Errors
/// [`SourceError::Access`], [`SourceError::Remote`].
pub fn spaces(ports: &Ports, actor: &Actor) -> Result<Vec<Space>, SourceError> {
    let access = access::confluence(ports, actor.user(), actor.request_id())?;
    ports.confluence.spaces(&access).map_err(|error| noted(ports, actor, &access, error))
}
