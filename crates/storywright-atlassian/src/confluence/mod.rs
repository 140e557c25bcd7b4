//! Confluence Data Center: who one is, finding pages, reading them as they are shown, writing them.

mod address;
mod cql;
mod render;
mod wire;
mod write;

use crate::site;
use address::Named;
use std::collections::BTreeMap;
use storywright_domain::confluence::{
    NewPage, Page, PageHit, PageList, PageSearch, PageUpdate, PageWritten, Space, StoryMap,
};
use storywright_domain::ports::{Confluence, ConfluenceUser};
use storywright_domain::remote::{Access, RemoteError};
use storywright_domain::suspicion::{SuspicionKind, Unseen, unseen_in};
use storywright_http::{Egress, Method, Purpose, Request};
use storywright_markup::{hidden_in_html, html_to_markdown};
use wire::{Content, Restriction, Results, SpaceRow, User};

/// Pages of which the version is asked in one call.
const VERSIONS_AT_ONCE: usize = 50;
/// Most spaces that are listed.
const MOST_SPACES: usize = 200;

/// Most hidden passages that are told of a page.
const MOST_HIDDEN: usize = 10;

/// What is in the HTML of a page and nobody sees there.
fn unseen(html: &str) -> Vec<Unseen> {
    let hidden = hidden_in_html(html, MOST_HIDDEN).into_iter();
    // Single words are marks of macros rather than texts.
    let hidden = hidden.filter(|words| words.split_whitespace().count() > 2);
    hidden.map(|words| Unseen { kind: SuspicionKind::Hidden, words }).chain(unseen_in(html)).collect()
}

/// [`Confluence`] over HTTP.
#[derive(Clone)]
pub struct AtlassianConfluence {
    egress: Egress,
}

impl AtlassianConfluence {
    /// Confluence through this egress, whose list says which sites may be called.
    #[must_use]
    pub fn new(egress: Egress) -> Self {
        Self { egress }
    }

    fn request(&self, access: &Access, method: Method, path: &str) -> Request {
        site::request(&self.egress, Purpose::Confluence, access, method, path)
    }

    fn get(&self, access: &Access, path: &str) -> Request {
        self.request(access, Method::Get, path)
    }

    fn pages(
        &self,
        access: &Access,
        path: &str,
        cql: Option<&str>,
        start: u32,
        limit: u32,
    ) -> Result<PageList, RemoteError> {
        let (from, most) = (start.to_string(), limit.clamp(1, 50).to_string());
        let mut pairs = vec![("limit", most.as_str()), ("start", from.as_str()), ("expand", "space,version")];
        pairs.extend(cql.map(|cql| ("cql", cql)));
        let found: Results<Content> = site::read(self.get(access, &format!("{path}{}", site::query(&pairs))))?;
        Ok(found.list(&access.site, start))
    }

    /// The page as it is exported; where that is not to be had, as it is viewed.
    fn html(&self, access: &Access, content: &mut Content) -> Result<String, RemoteError> {
        if let Some(body) = content.body.take().and_then(|body| body.export_view) {
            return Ok(body.value);
        }
        let viewed = self.content(access, &content.id, "body.view")?.and_then(|content| content.body);
        let missing = || RemoteError::Malformed { detail: "the page has no rendered body".to_owned() };
        Ok(viewed.and_then(|body| body.view).ok_or_else(missing)?.value)
    }
}

impl Confluence for AtlassianConfluence {
    fn current_user(&self, access: &Access) -> Result<ConfluenceUser, RemoteError> {
        let user: User = site::read(self.get(access, "/rest/api/user/current"))?;
        if user.kind == "anonymous" {
            return Err(RemoteError::Unauthorized { detail: "status 200, answered as to anonymous".to_owned() });
        }
        if user.username.is_empty() {
            return Err(RemoteError::Malformed { detail: "the answer names no user".to_owned() });
        }
        Ok(ConfluenceUser { username: user.username, key: user.user_key, display_name: user.display_name })
    }

    fn search(&self, access: &Access, search: &PageSearch, start: u32, limit: u32) -> Result<PageList, RemoteError> {
        let Some(query) = cql::search(&access.site, search) else { return Ok(PageList::default()) };
        self.pages(access, "/rest/api/content/search", Some(&query), start, limit)
    }

    fn locate(&self, access: &Access, address: &str) -> Result<Option<String>, RemoteError> {
        match address::read(&access.site.base_url, address)? {
            Named::Id(id) => Ok(Some(id)),
            Named::Title { space, title } => Ok(self.page_by_title(access, &space, &title)?.map(|hit| hit.id)),
            Named::Home(space) => {
                let path = format!("/rest/api/space/{}?expand=homepage", site::segment(&space));
                match site::read::<SpaceRow>(self.get(access, &path)) {
                    Ok(space) => Ok(space.homepage.map(|page| page.id).filter(|id| cql::is_id(id))),
                    Err(RemoteError::NotFound | RemoteError::Forbidden { .. }) => Ok(None),
                    Err(error) => Err(error),
                }
            }
            Named::Nothing => Ok(None),
        }
    }

    fn page(&self, access: &Access, id: &str) -> Result<Option<Page>, RemoteError> {
        const EXPAND: &str = "body.export_view,version,space,ancestors,restrictions.read.restrictions.user,\
                              restrictions.read.restrictions.group";
        if !cql::is_id(id) {
            return Ok(None);
        }
        let Some(mut content) = self.content(access, id, EXPAND)? else { return Ok(None) };
        let html = self.html(access, &mut content)?;
        let own = content.restrictions.as_ref().and_then(|all| all.read.as_ref()).and_then(Restriction::names_people);
        let restricted = own.map_or_else(|| self.page_restricted(access, id), Ok)?;
        Ok(Some(Page {
            url: content.url(&access.site),
            space: content.space_key(),
            version: content.version_number(),
            markdown: html_to_markdown(&html),
            unseen: unseen(&html),
            restricted,
            ancestors: content.ancestors.into_iter().map(|above| above.id).collect(),
            id: content.id,
            title: content.title,
        }))
    }

    fn page_by_title(&self, access: &Access, space: &str, title: &str) -> Result<Option<PageHit>, RemoteError> {
        let pairs =
            [("type", "page"), ("spaceKey", space), ("title", title), ("limit", "2"), ("expand", "space,version")];
        let path = format!("/rest/api/content{}", site::query(&pairs));
        match site::read::<Results<Content>>(self.get(access, &path)) {
            Ok(found) => Ok(found.results.first().map(|content| content.hit(&access.site))),
            Err(RemoteError::NotFound | RemoteError::Forbidden { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn page_restricted(&self, access: &Access, id: &str) -> Result<bool, RemoteError> {
        let path = format!(
            "/rest/api/content/{}/restriction/byOperation/read?expand=restrictions.user,restrictions.group",
            site::segment(id)
        );
        match site::read::<Restriction>(self.get(access, &path)) {
            Ok(restriction) => Ok(restriction.names_people().unwrap_or(true)),
            Err(RemoteError::NotFound | RemoteError::Forbidden { .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }

    fn pages_below(
        &self,
        access: &Access,
        id: &str,
        deep: bool,
        start: u32,
        limit: u32,
    ) -> Result<PageList, RemoteError> {
        if !cql::is_id(id) {
            return Ok(PageList::default());
        }
        if deep {
            // Data Center lists no pages below `descendant`, so the search does.
            return self.pages(access, "/rest/api/content/search", Some(&cql::below(id)), start, limit);
        }
        self.pages(access, &format!("/rest/api/content/{id}/child/page"), None, start, limit)
    }

    fn versions(&self, access: &Access, ids: &[String]) -> Result<BTreeMap<String, u32>, RemoteError> {
        let ids: Vec<&str> = ids.iter().map(String::as_str).filter(|id| cql::is_id(id)).collect();
        let mut known = BTreeMap::new();
        for some in ids.chunks(VERSIONS_AT_ONCE) {
            let mut start = 0;
            loop {
                let query = cql::among(some);
                let part = self.pages(access, "/rest/api/content/search", Some(&query), start, 50)?;
                known.extend(part.hits.into_iter().map(|hit| (hit.id, hit.version)));
                match part.next {
                    Some(next) => start = next,
                    None => break,
                }
            }
        }
        // The index can lag behind: what it does not know is asked for by itself.
        for id in ids {
            if !known.contains_key(id)
                && let Some(content) = self.content(access, id, "version")?
            {
                known.insert(id.to_owned(), content.version_number());
            }
        }
        Ok(known)
    }

    fn spaces(&self, access: &Access) -> Result<Vec<Space>, RemoteError> {
        let site = &access.site;
        let mut spaces: Vec<Space> = Vec::new();
        let mut start = 0;
        while spaces.len() < MOST_SPACES {
            let path = format!("/rest/api/space?limit=100&start={start}");
            let found: Results<SpaceRow> = site::read(self.get(access, &path))?;
            let next = found.next(start);
            let allowed = found.results.into_iter().filter(|space| site.allows_space(&space.key));
            spaces.extend(allowed.map(|space| Space {
                restricted: space.kind == "personal" || site.restricts_space(&space.key),
                key: space.key,
                name: space.name,
            }));
            match next {
                Some(next) => start = next,
                None => break,
            }
        }
        spaces.sort_by(|a, b| a.key.cmp(&b.key));
        spaces.truncate(MOST_SPACES);
        Ok(spaces)
    }

    fn render(&self, map: &StoryMap) -> String {
        render::story_map(map)
    }

    fn create_page(&self, access: &Access, page: &NewPage) -> Result<PageWritten, RemoteError> {
        self.create(access, page)
    }

    fn update_page(&self, access: &Access, update: &PageUpdate) -> Result<PageWritten, RemoteError> {
        self.update(access, update)
    }
}
