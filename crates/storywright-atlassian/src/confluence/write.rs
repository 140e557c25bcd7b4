//! Writing pages: created once, changed only from the version that was seen.

use super::wire::Content;
use super::{AtlassianConfluence, cql};
use crate::{answer, site};
use serde_json::json;
use storywright_domain::confluence::{NewPage, PageUpdate, PageWritten};
use storywright_domain::ports::Confluence as _;
use storywright_domain::remote::{Access, RemoteError};
use storywright_http::Method;

impl AtlassianConfluence {
    pub(super) fn create(&self, access: &Access, page: &NewPage) -> Result<PageWritten, RemoteError> {
        let mut body = json!({
            "type": "page",
            "title": page.title,
            "space": {"key": page.space},
            "body": {"storage": {"value": page.storage, "representation": "storage"}},
        });
        if let Some(parent) = &page.parent {
            if !cql::is_id(parent) {
                return Ok(PageWritten::Missing);
            }
            body["ancestors"] = json!([{"id": parent}]);
        }
        let request = self.request(access, Method::Post, "/rest/api/content").json(body.to_string());
        match request.send().map_err(RemoteError::from).and_then(answer::accepted) {
            Ok(answer) => Ok(PageWritten::Done(answer::json::<Content>(&answer)?.hit(&access.site))),
            Err(RemoteError::NotFound) => Ok(PageWritten::Missing),
            // The words are in the person's language, so the reason is looked up instead of read.
            Err(refused @ (RemoteError::Rejected { .. } | RemoteError::Malformed { .. })) => {
                match self.page_by_title(access, &page.space, &page.title)? {
                    Some(hit) => Ok(PageWritten::TitleTaken(Some(hit))),
                    None => Err(refused),
                }
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn update(&self, access: &Access, update: &PageUpdate) -> Result<PageWritten, RemoteError> {
        if !cql::is_id(&update.id) {
            return Ok(PageWritten::Missing);
        }
        let body = json!({
            "type": "page",
            "title": update.title,
            "version": {"number": update.follows.saturating_add(1), "message": update.note},
            "body": {"storage": {"value": update.storage, "representation": "storage"}},
        });
        let path = format!("/rest/api/content/{}", update.id);
        let sent = self
            .request(access, Method::Put, &path)
            .json(body.to_string())
            .tries(1)
            .send()
            .map_err(RemoteError::from)?;
        if sent.status == 409 {
            return Ok(PageWritten::Changed(self.version_of(access, &update.id)?));
        }
        match answer::accepted(sent) {
            Ok(answer) => Ok(PageWritten::Done(answer::json::<Content>(&answer)?.hit(&access.site))),
            Err(RemoteError::NotFound) => Ok(PageWritten::Missing),
            Err(refused @ RemoteError::Rejected { .. }) => match self.version_of(access, &update.id)? {
                // Some versions answer 400 where others answer 409.
                Some(now) if now != update.follows => Ok(PageWritten::Changed(Some(now))),
                Some(_) => self.taken_by_another(access, update, refused),
                None => Ok(PageWritten::Missing),
            },
            Err(error) => Err(error),
        }
    }

    fn taken_by_another(
        &self,
        access: &Access,
        update: &PageUpdate,
        refused: RemoteError,
    ) -> Result<PageWritten, RemoteError> {
        let space = self.content(access, &update.id, "space")?.map(|content| content.space_key()).unwrap_or_default();
        match self.page_by_title(access, &space, &update.title)? {
            Some(hit) if hit.id != update.id => Ok(PageWritten::TitleTaken(Some(hit))),
            _ => Err(refused),
        }
    }

    fn version_of(&self, access: &Access, id: &str) -> Result<Option<u32>, RemoteError> {
        Ok(self.content(access, id, "version")?.map(|content| content.version_number()))
    }

    /// A content with what is to be expanded; `None` when there is none or the person may not see it.
    pub(super) fn content(&self, access: &Access, id: &str, expand: &str) -> Result<Option<Content>, RemoteError> {
        let path = format!("/rest/api/content/{id}{}", site::query(&[("expand", expand)]));
        match site::read::<Content>(self.get(access, &path)) {
            Ok(content) => Ok(Some(content)),
            // Some versions say that a page is there when it may not be seen; that is the person's to know, not ours to tell.
            Err(RemoteError::NotFound | RemoteError::Forbidden { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
