//! Pages of a Confluence site: as they are found, as they are read, and as they are written.

use crate::suspicion::Unseen;
use serde::{Deserialize, Serialize};

/// A search for pages. The query is built by the adapter from plain words: nobody's text becomes an operator.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageSearch {
    /// Words that stand in title or text; without any, the pages changed last.
    pub words: String,
    /// Keys of the spaces to look in; empty for all that the site's list allows.
    pub spaces: Vec<String>,
}

/// A page in a list.
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
    /// Address for people.
    pub url: String,
}

/// A part of a list of pages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageList {
    /// The pages.
    pub hits: Vec<PageHit>,
    /// Where the next part begins, if there is one.
    pub next: Option<u32>,
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
    /// The page as it is shown, macros and included pages in it, as Markdown. Untrusted.
    pub markdown: String,
    /// What is on the page and nobody sees: it is not in the text.
    pub unseen: Vec<Unseen>,
    /// Address for people.
    pub url: String,
    /// The page itself may be read by named people only.
    pub restricted: bool,
    /// Ids of the pages above it, the highest first; their restrictions hold for it as well.
    pub ancestors: Vec<String>,
}

impl From<&Page> for PageHit {
    fn from(page: &Page) -> Self {
        Self {
            id: page.id.clone(),
            title: page.title.clone(),
            space: page.space.clone(),
            version: page.version,
            url: page.url.clone(),
        }
    }
}

/// A space that the person may see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Space {
    /// Key.
    pub key: String,
    /// Name.
    pub name: String,
    /// Somebody's own space, or one that the administrator's list calls restricted.
    pub restricted: bool,
}

/// A page to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPage {
    /// Space key.
    pub space: String,
    /// Id of the page above it; without one it stands below the home page of the space.
    pub parent: Option<String>,
    /// Title, unique in the space.
    pub title: String,
    /// Body in storage format.
    pub storage: String,
}

/// A new version of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageUpdate {
    /// Id.
    pub id: String,
    /// The version that it follows: nothing is written when the page has another one by now.
    pub follows: u32,
    /// Title.
    pub title: String,
    /// Body in storage format.
    pub storage: String,
    /// Note in the page's history.
    pub note: String,
}

/// What became of a page that was to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageWritten {
    /// It is there.
    Done(PageHit),
    /// The space has a page with this title already; the page when the person may see it.
    TitleTaken(Option<PageHit>),
    /// Somebody changed the page meanwhile: the version that it has now, when it is known.
    Changed(Option<u32>),
    /// There is no such page, space or parent, or the person may not see it.
    Missing,
}

/// What a page with a story map shows: the issues that were created, by epic, with their addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoryMap {
    /// A line about where it comes from.
    pub intro: String,
    /// Epics with their stories; stories without an epic stand in a group without an issue.
    pub groups: Vec<MapGroup>,
}

/// An epic of a story map with its stories.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MapGroup {
    /// The epic.
    pub epic: Option<MapIssue>,
    /// Its stories in order, each with its sub-tasks.
    pub stories: Vec<(MapIssue, Vec<MapIssue>)>,
}

/// An issue of a story map.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MapIssue {
    /// Key; empty when it was not created by this run and is not known.
    pub key: String,
    /// Address for people; empty without a key.
    pub url: String,
    /// Summary.
    pub summary: String,
    /// Pages that it cites: title and address.
    pub pages: Vec<(String, String)>,
}
