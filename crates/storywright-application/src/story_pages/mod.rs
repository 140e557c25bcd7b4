//! Writing the story map of a run to Confluence: planned, approved, written once, looked up when the answer was lost.

mod map;
mod plan;
mod write;

pub use plan::{last_wish, must_be_own, plan_page, story_pages};
pub use write::{settle_page, write_page};

use crate::access::AccessError;
use storywright_domain::confluence::PageHit;
use storywright_domain::ports::StorageError;
use storywright_domain::remote::RemoteError;
use storywright_domain::story_page::{MAX_TITLE, PagePlan};
use storywright_domain::write_state::WriteState;

/// Why a story map was not planned, written or looked up.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StoryPageError {
    /// The person has no such run.
    #[error("there is no such run")]
    NotFound,
    /// Issues are being created, or whether some are there is not known.
    #[error("the run is not finished")]
    NotFinished,
    /// No issue of the draft is in Jira.
    #[error("no issue of the run is in Jira")]
    NothingToShow,
    /// The title cannot be used.
    #[error("a title has 1 to {MAX_TITLE} characters")]
    BadTitle,
    /// The space cannot be used.
    #[error("`{space}` is no space that may be written to: use the key of one of those listed")]
    BadSpace {
        /// What was given.
        space: String,
    },
    /// An address names no page that the person may see.
    #[error("`{address}` names no page that you may see in this space")]
    NoSuchPage {
        /// What was given.
        address: String,
    },
    /// The space has a page with this title.
    #[error("the space has a page with this title already")]
    TitleTaken(Option<PageHit>),
    /// What was approved is not what would be written now.
    #[error("what would be written has changed since it was shown")]
    PlanChanged(Box<PagePlan>),
    /// An earlier writing is under way, or what became of it is not known.
    #[error("an earlier writing is {}", .0.as_str())]
    Open(WriteState),
    /// Nothing is to be looked up.
    #[error("nothing is to be looked up")]
    NothingOpen,
    /// The Confluence connection cannot be used.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Confluence gave no answer that could be used.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The database is in trouble.
    #[error(transparent)]
    Storage(#[from] StorageError),
}
