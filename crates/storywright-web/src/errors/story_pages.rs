//! Words for what can be wrong with writing a story map.

use super::{AppError, kinds};
use storywright_application::story_pages::StoryPageError;

impl From<StoryPageError> for AppError {
    fn from(error: StoryPageError) -> Self {
        match error {
            StoryPageError::NotFound => {
                Self::new(&kinds::RUN_NOT_FOUND, "There is no such run among yours", "Look in the list of runs")
            }
            StoryPageError::NotFinished => Self::new(
                &kinds::RUN_ACTIVE,
                "The run is not finished, or whether some of its issues are there is not known",
                "Wait until it has ended, and settle what is unknown",
            ),
            StoryPageError::NothingToShow => Self::new(
                &kinds::NOTHING_CREATED,
                "No issue of the run is in Jira",
                "Create the issues first; then there is something to show",
            ),
            StoryPageError::BadTitle => Self::field("title", "page_title_invalid", &error.to_string()),
            StoryPageError::BadSpace { .. } => Self::field("space", "space_invalid", &error.to_string()),
            StoryPageError::NoSuchPage { .. } => Self::field("page", "page_not_found", &error.to_string()),
            StoryPageError::TitleTaken(taken) => {
                let which = taken.map(|page| format!(": {}", page.url)).unwrap_or_default();
                Self::new(
                    &kinds::PAGE_TITLE_TAKEN,
                    &format!("The space has a page with this title already{which}"),
                    "Choose another title, or name that page to write over it",
                )
            }
            StoryPageError::PlanChanged(_) => Self::new(
                &kinds::PAGE_PLAN_CHANGED,
                "What would be written has changed since it was shown, so nothing was written",
                "Look at it again, then approve it",
            ),
            StoryPageError::Open(_) => Self::new(
                &kinds::PAGE_NOT_SETTLED,
                "What became of an earlier writing is not known yet",
                "Look it up first: nothing is sent twice",
            ),
            StoryPageError::NothingOpen => {
                Self::new(&kinds::PAGE_SETTLED, "Nothing is to be looked up", "Reload the page")
            }
            StoryPageError::Access(error) => error.into(),
            StoryPageError::Remote(error) => error.into(),
            StoryPageError::Storage(error) => error.into(),
        }
    }
}
