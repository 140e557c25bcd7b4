//! Confluence Data Center: who one is, finding pages, reading them as they are shown.

use crate::site;
use serde::Deserialize;
use storywright_domain::ports::{Confluence, ConfluenceUser, Page, PageHit};
use storywright_domain::remote::{Access, RemoteError};
use storywright_http::{Egress, Method, Purpose, Request};

/// [`Confluence`] over HTTP.
#[derive(Clone)]
pub struct AtlassianConfluence {
    egress: Egress,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    user_key: String,
    #[serde(default)]
    display_name: String,
}

#[derive(Deserialize)]
struct Content {
    id: String,
    title: String,
    space: Option<Space>,
    version: Option<Version>,
    body: Option<Body>,
    #[serde(default, rename = "_links")]
    links: Links,
}

#[derive(Deserialize)]
struct Space {
    key: String,
}

#[derive(Deserialize)]
struct Version {
    number: u32,
}

#[derive(Deserialize)]
struct Body {
    export_view: Option<Representation>,
}

#[derive(Deserialize)]
struct Representation {
    value: String,
}

#[derive(Deserialize, Default)]
struct Links {
    #[serde(default)]
    webui: String,
}

#[derive(Deserialize)]
struct Results {
    results: Vec<Content>,
}

impl AtlassianConfluence {
    /// Confluence through this egress, whose list says which sites may be called.
    #[must_use]
    pub fn new(egress: Egress) -> Self {
        Self { egress }
    }

    fn get(&self, access: &Access, path: &str) -> Request {
        site::request(&self.egress, Purpose::Confluence, access, Method::Get, path)
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

    fn search(&self, access: &Access, words: &str, limit: u32) -> Result<Vec<PageHit>, RemoteError> {
        let Some(cql) = cql(words) else { return Ok(Vec::new()) };
        let limit = limit.clamp(1, 50).to_string();
        let query = site::query(&[("cql", &cql), ("limit", &limit), ("start", "0"), ("expand", "space,version")]);
        let found: Results = site::read(self.get(access, &format!("/rest/api/content/search{query}")))?;
        let hit = |content: Content| PageHit {
            id: content.id,
            title: content.title,
            space: content.space.map(|space| space.key).unwrap_or_default(),
            version: content.version.map_or(0, |version| version.number),
        };
        Ok(found.results.into_iter().map(hit).collect())
    }

    fn page(&self, access: &Access, id: &str) -> Result<Option<Page>, RemoteError> {
        if id.is_empty() || id.len() > 20 || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(None);
        }
        let query = site::query(&[("expand", "body.export_view,version,space")]);
        let content = match site::read::<Content>(self.get(access, &format!("/rest/api/content/{id}{query}"))) {
            Ok(content) => content,
            // Some versions say that a page is there when it may not be seen; that is the person's to know, not ours to tell.
            Err(RemoteError::NotFound | RemoteError::Forbidden { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let missing = || RemoteError::Malformed { detail: "the page has no rendered body".to_owned() };
        let html = content.body.and_then(|body| body.export_view).ok_or_else(missing)?.value;
        let below = Some(content.links.webui).filter(|path| path.starts_with('/'));
        let below = below.unwrap_or_else(|| format!("/pages/viewpage.action?pageId={}", content.id));
        Ok(Some(Page {
            url: format!("{}{below}", access.site.base_url.trim_end_matches('/')),
            id: content.id,
            title: content.title,
            space: content.space.map(|space| space.key).unwrap_or_default(),
            version: content.version.map_or(0, |version| version.number),
            html,
        }))
    }
}

/// A search for pages that have the words, each in title or text; `None` when no word is left.
///
/// Inside its quotes the text is read once more, by the index: everything that means something there is no part of a word
/// for the index either, so it is left out, and the operators are written small.
fn cql(words: &str) -> Option<String> {
    let readable = |c: char| if c.is_alphanumeric() || matches!(c, '_' | '.' | '\'' | '@') { c } else { ' ' };
    let cleaned: String = words.chars().take(500).map(readable).collect();
    let plain = |word: &str| {
        let operator = matches!(word, "AND" | "OR" | "NOT");
        if operator { word.to_ascii_lowercase() } else { word.to_owned() }
    };
    let words: Vec<String> = cleaned
        .split_whitespace()
        .map(|word| word.trim_matches(['.', '\'']))
        .filter(|word| !word.is_empty())
        .take(20)
        .map(plain)
        .collect();
    if words.is_empty() {
        return None;
    }
    let text = site::quoted(&words.join(" "));
    Some(format!("type = page AND (title ~ {text} OR text ~ {text})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_cannot_become_a_query() {
        assert_eq!(
            cql("refund  policy").as_deref(),
            Some(r#"type = page AND (title ~ "refund policy" OR text ~ "refund policy")"#)
        );
        let hostile = cql(r#"x" OR type = blogpost AND text ~ "a* (b) AND c\"#).expect("words remain");
        assert_eq!(hostile.matches('"').count(), 4, "{hostile}");
        assert!(hostile.contains(r#"~ "x or type blogpost and text a b and c""#), "{hostile}");
        assert_eq!(cql(" \"*\" "), None);
        assert!(cql(&"word ".repeat(1_000)).expect("words").len() < 400);
    }
}
