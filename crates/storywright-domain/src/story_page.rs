//! The page of a Confluence site that shows the issues of a run: what is to be written, what was written, what is not known.

use crate::confluence::PageHit;
use crate::write_state::WriteState;
use crate::{RunId, Timestamp, UserId};

/// Longest title of a page.
pub const MAX_TITLE: usize = 255;

/// Where a page with a story map is to stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageWish {
    /// A page of its own.
    New {
        /// Space key.
        space: String,
        /// The page above it, by any form of its address or its id; empty for the home page of the space.
        parent: String,
        /// Title.
        title: String,
    },
    /// A new version of a page, in the place of all that stands on it.
    Over {
        /// The page, by any form of its address or its id.
        page: String,
    },
}

/// What would be written: the person approves exactly this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PagePlan {
    /// The run whose issues it shows.
    pub run: RunId,
    /// Which writing of this run's map it is, from 1.
    pub edition: u32,
    /// Site id.
    pub site: String,
    /// Name of the site.
    pub site_name: String,
    /// The page that gets a new version; `None` for a new page.
    pub over: Option<PageHit>,
    /// Space key.
    pub space: String,
    /// Fewer people may read the space than the Jira project, or more: what is said about it.
    pub restricted: bool,
    /// The page above it.
    pub parent: Option<PageHit>,
    /// Title.
    pub title: String,
    /// The body as it is sent, in storage format.
    pub body: String,
    /// What the body shows, as lines of text.
    pub shows: String,
    /// What stands on the page now, as Markdown; empty for a new page. Untrusted.
    pub stands: String,
    /// The version that this run wrote last, when the page has another one by now.
    pub changed_since: Option<u32>,
    /// SHA-256 over all of it.
    pub hash: String,
}

/// A row of the journal: one writing of a run's story map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryPage {
    /// The run.
    pub run: RunId,
    /// Whose it is.
    pub user: UserId,
    /// From 1, one more for each writing.
    pub edition: u32,
    /// Site id.
    pub site: String,
    /// Id of the page: the one that gets a new version, or the new one once it is known.
    pub page: Option<String>,
    /// The version that it follows; `None` for a new page.
    pub follows: Option<u32>,
    /// Space key.
    pub space: String,
    /// Id of the page above it; `None` for the home page of the space, or for a page that exists.
    pub parent: Option<String>,
    /// Title.
    pub title: String,
    /// The body that was approved and sent.
    pub body: String,
    /// What was approved.
    pub plan_hash: String,
    /// What has become of it.
    pub state: WriteState,
    /// The version that was written.
    pub version: Option<u32>,
    /// Address for people; empty until it is known.
    pub url: String,
    /// What went wrong, for people.
    pub note: String,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// When its state was last found out.
    pub settled_at: Option<Timestamp>,
}

/// The line that tells one writing from every other: it stands on the page, and lost answers are settled by it.
#[must_use]
pub fn mark(run: RunId, edition: u32) -> String {
    format!("Storywright, run {run}, edition {edition}.")
}
