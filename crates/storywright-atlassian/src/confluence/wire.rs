//! Content, spaces and people as Confluence sends them.

use serde::Deserialize;
use storywright_domain::confluence::{PageHit, PageList};
use storywright_domain::remote::Site;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    #[serde(default, rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) username: String,
    #[serde(default)]
    pub(super) user_key: String,
    #[serde(default)]
    pub(super) display_name: String,
}

#[derive(Deserialize)]
pub(super) struct Content {
    pub(super) id: String,
    #[serde(default)]
    pub(super) title: String,
    pub(super) space: Option<SpaceRow>,
    pub(super) version: Option<Version>,
    pub(super) body: Option<Body>,
    #[serde(default)]
    pub(super) ancestors: Vec<Above>,
    pub(super) restrictions: Option<ByOperation>,
    #[serde(default, rename = "_links")]
    links: WebLinks,
}

#[derive(Deserialize)]
pub(super) struct SpaceRow {
    pub(super) key: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default, rename = "type")]
    pub(super) kind: String,
    pub(super) homepage: Option<Above>,
}

#[derive(Deserialize)]
pub(super) struct Version {
    pub(super) number: u32,
}

#[derive(Deserialize)]
pub(super) struct Above {
    pub(super) id: String,
}

#[derive(Deserialize)]
pub(super) struct Body {
    pub(super) export_view: Option<Representation>,
    pub(super) view: Option<Representation>,
}

#[derive(Deserialize)]
pub(super) struct Representation {
    pub(super) value: String,
}

#[derive(Deserialize)]
pub(super) struct ByOperation {
    pub(super) read: Option<Restriction>,
}

#[derive(Deserialize)]
pub(super) struct Restriction {
    restrictions: Option<Restricted>,
}

#[derive(Deserialize)]
struct Restricted {
    user: Option<Named>,
    group: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    size: u32,
    #[serde(default)]
    results: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize, Default)]
struct WebLinks {
    #[serde(default)]
    webui: String,
}

#[derive(Deserialize)]
pub(super) struct Results<T> {
    pub(super) results: Vec<T>,
    #[serde(default, rename = "_links")]
    links: ListLinks,
}

#[derive(Deserialize, Default)]
struct ListLinks {
    next: Option<String>,
}

impl Restriction {
    /// Whether it names anybody; `None` when the answer does not say.
    pub(super) fn names_people(&self) -> Option<bool> {
        let lists = self.restrictions.as_ref()?;
        let some = |list: &Option<Named>| list.as_ref().is_some_and(|list| list.size > 0 || !list.results.is_empty());
        Some(some(&lists.user) || some(&lists.group))
    }
}

impl<T> Results<T> {
    /// Where the next part begins. The site's own address of it is not followed: it is built anew from its number.
    pub(super) fn next(&self, start: u32) -> Option<u32> {
        let count = u32::try_from(self.results.len()).unwrap_or(u32::MAX);
        (self.links.next.is_some() && count > 0).then(|| start.saturating_add(count))
    }
}

impl Content {
    pub(super) fn space_key(&self) -> String {
        self.space.as_ref().map(|space| space.key.clone()).unwrap_or_default()
    }

    pub(super) fn version_number(&self) -> u32 {
        self.version.as_ref().map_or(0, |version| version.number)
    }

    /// Address for people, always below the listed site.
    pub(super) fn url(&self, site: &Site) -> String {
        let below = Some(&self.links.webui).filter(|path| path.starts_with('/')).cloned();
        let below = below.unwrap_or_else(|| format!("/pages/viewpage.action?pageId={}", self.id));
        format!("{}{below}", site.base_url.trim_end_matches('/'))
    }

    pub(super) fn hit(&self, site: &Site) -> PageHit {
        PageHit {
            id: self.id.clone(),
            title: self.title.clone(),
            space: self.space_key(),
            version: self.version_number(),
            url: self.url(site),
        }
    }
}

impl Results<Content> {
    pub(super) fn list(&self, site: &Site, start: u32) -> PageList {
        PageList { hits: self.results.iter().map(|content| content.hit(site)).collect(), next: self.next(start) }
    }
}
