//! What Confluence keeps: spaces, and content (pages, comments, attachments) with all versions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{clock::Millis, people::Person};

/// Spaces and content.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Store {
    pub(super) next_id: u64,
    pub(super) spaces: Vec<Space>,
    pub(super) contents: BTreeMap<u64, Content>,
    /// When the company was seeded; content created later is younger than the index may be.
    pub(super) seeded_at: Millis,
}

/// A space and who may do what in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Space {
    pub(super) id: u64,
    pub(super) key: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) homepage: u64,
    /// Handles of those who may see it; `None` lets everybody in.
    pub(super) viewers: Option<Vec<String>>,
    /// Handles of those who see it but change nothing.
    pub(super) readers: Vec<String>,
}

/// Kinds of content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Page,
    Blogpost,
    Comment,
    Attachment,
}

impl Kind {
    /// The word the API uses.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Blogpost => "blogpost",
            Self::Comment => "comment",
            Self::Attachment => "attachment",
        }
    }

    /// Reads that word.
    pub(super) fn parse(name: &str) -> Option<Self> {
        [Self::Page, Self::Blogpost, Self::Comment, Self::Attachment].into_iter().find(|kind| kind.name() == name)
    }
}

/// A page, comment or attachment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(super) id: u64,
    pub(super) kind: Kind,
    pub(super) trashed: bool,
    pub(super) space: String,
    /// The page above, or the page that a comment or attachment belongs to.
    pub(super) parent: Option<u64>,
    /// Oldest first, never empty.
    pub(super) versions: Vec<Version>,
    pub(super) labels: Vec<String>,
    /// Handles of those who may see it; empty lets everybody who sees the space.
    pub(super) viewers: Vec<String>,
    /// Handles of those who may change it; empty lets everybody who may change the space.
    pub(super) editors: Vec<String>,
    pub(super) properties: BTreeMap<String, Property>,
    pub(super) file: Option<File>,
}

/// One state of a content.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(super) title: String,
    /// Storage format.
    pub(super) body: String,
    /// User key of the author.
    pub(super) by: String,
    pub(super) at: Millis,
    pub(super) message: String,
    pub(super) minor: bool,
}

/// A content property.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Property {
    pub(super) value: Value,
    pub(super) version: u64,
}

/// An attachment's file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct File {
    pub(super) media_type: String,
    pub(super) text: String,
}

impl Content {
    /// The state that is shown.
    pub(super) fn current(&self) -> &Version {
        // Every constructor and every update leaves at least one version.
        self.versions.last().unwrap_or(const { &Version::EMPTY })
    }

    /// The first state.
    pub(super) fn first(&self) -> &Version {
        self.versions.first().unwrap_or(const { &Version::EMPTY })
    }

    /// Title of the current state.
    pub(super) fn title(&self) -> &str {
        &self.current().title
    }

    /// Number of the current version, from 1.
    pub(super) fn number(&self) -> usize {
        self.versions.len()
    }
}

impl Version {
    const EMPTY: Self = Self {
        title: String::new(),
        body: String::new(),
        by: String::new(),
        at: 0,
        message: String::new(),
        minor: false,
    };
}

impl Space {
    /// May this person (nobody: an anonymous browser) see the space?
    pub(super) fn seen_by(&self, person: Option<&Person>) -> bool {
        match (&self.viewers, person) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(viewers), Some(person)) => person.admin || viewers.contains(&person.handle),
        }
    }
}

impl Store {
    /// A fresh id.
    pub(super) fn take_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// The space with this key.
    pub(super) fn space(&self, key: &str) -> Option<&Space> {
        self.spaces.iter().find(|space| space.key.eq_ignore_ascii_case(key))
    }

    /// A current content that this person may see, with all pages above it visible too.
    pub(super) fn visible(&self, id: u64, person: Option<&Person>) -> Option<&Content> {
        self.contents.get(&id).filter(|content| !content.trashed && self.sees(content, person))
    }

    /// May this person see the content?
    pub(super) fn sees(&self, content: &Content, person: Option<&Person>) -> bool {
        if !self.space(&content.space).is_some_and(|space| space.seen_by(person)) {
            return false;
        }
        self.with_ancestors(content)
            .into_iter()
            .all(|part| part.viewers.is_empty() || person.is_some_and(|p| p.admin || part.viewers.contains(&p.handle)))
    }

    /// May this person change content in this space?
    pub(super) fn may_write(&self, space: &str, person: &Person) -> bool {
        self.space(space)
            .is_some_and(|s| s.seen_by(Some(person)) && (person.admin || !s.readers.contains(&person.handle)))
    }

    /// May this person change this content?
    pub(super) fn may_edit(&self, content: &Content, person: &Person) -> bool {
        self.may_write(&content.space, person)
            && (person.admin || content.editors.is_empty() || content.editors.contains(&person.handle))
    }

    /// The content and everything above it, from the bottom up.
    pub(super) fn with_ancestors<'a>(&'a self, content: &'a Content) -> Vec<&'a Content> {
        let mut chain = vec![content];
        let mut above = content.parent;
        while let Some(parent) = above.and_then(|id| self.contents.get(&id)) {
            if chain.iter().any(|known| known.id == parent.id) {
                break;
            }
            chain.push(parent);
            above = parent.parent;
        }
        chain
    }

    /// Current content directly below, visible to this person, in the order of creation.
    pub(super) fn children(&self, id: u64, kind: Kind, person: Option<&Person>) -> Vec<&Content> {
        self.contents
            .values()
            .filter(|c| c.parent == Some(id) && c.kind == kind && !c.trashed && self.sees(c, person))
            .collect()
    }

    /// A visible page by space and title; titles compare without regard to case, as in Confluence.
    pub(super) fn by_title(&self, space: &str, title: &str, person: Option<&Person>) -> Option<&Content> {
        self.contents.values().find(|c| {
            matches!(c.kind, Kind::Page | Kind::Blogpost)
                && !c.trashed
                && c.space.eq_ignore_ascii_case(space)
                && c.title().to_lowercase() == title.to_lowercase()
                && self.sees(c, person)
        })
    }

    /// Is there a current page with this title, whoever may see it?
    pub(super) fn title_taken(&self, space: &str, title: &str, except: Option<u64>) -> bool {
        self.contents.values().any(|c| {
            c.kind == Kind::Page
                && !c.trashed
                && Some(c.id) != except
                && c.space.eq_ignore_ascii_case(space)
                && c.title().to_lowercase() == title.to_lowercase()
        })
    }
}
