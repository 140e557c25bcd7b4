//! Words for what can be wrong with drafts about an issue, and with changing it.

use super::drafts::draft_not_found;
use super::{AppError, Extra, kinds};
use storywright_application::issue_updates::{BeginError, UpdateError};

impl From<BeginError> for AppError {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::Draft(error) => error.into(),
            BeginError::Access(error) => error.into(),
            BeginError::Remote(error) => error.into(),
        }
    }
}

impl From<UpdateError> for AppError {
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::NotFound => draft_not_found(),
            UpdateError::NotAboutAnIssue => Self::new(
                &kinds::NOT_ABOUT_AN_ISSUE,
                "This draft improves no issue; its stories are created",
                "Look at the plan of the draft, or begin one that improves an issue",
            ),
            UpdateError::WrongState(error) => error.into(),
            UpdateError::NotOneStory(0) => Self::new(
                &kinds::NOT_ONE_STORY,
                "The draft has no story yet",
                "Let it be written, or write one story yourself",
            ),
            UpdateError::NotOneStory(count) => Self::new(
                &kinds::NOT_ONE_STORY,
                &format!("The draft has {count} stories, and one story takes the place of the issue's text"),
                "Remove all but one, or break the issue down instead",
            ),
            UpdateError::BadSummary => Self::new(
                &kinds::NOT_ONE_STORY,
                &format!("The story cannot take the issue's place: {error}"),
                "Change the summary of the story",
            ),
            UpdateError::Blocked(findings) => Self::new(
                &kinds::PLAN_BLOCKED,
                "The rules of the team do not let these words into Jira yet",
                "Mend what the findings name, or waive it with a reason, then look again",
            )
            .with_extra(Extra::Findings(findings)),
            UpdateError::Gone(key) => Self::new(
                &kinds::ISSUE_GONE,
                &format!("{key} is gone from Jira, or you may not see it any more"),
                "Open it in Jira; if it is there, ask for the right to see it",
            ),
            UpdateError::NotEditable(key) => Self::new(
                &kinds::ISSUE_NOT_EDITABLE,
                &format!("You may not change summary and description of {key}"),
                "Ask somebody who may, or ask for the right to edit issues in that project",
            ),
            UpdateError::NothingChanges => Self::new(
                &kinds::NOTHING_CHANGES,
                "The issue has these words already",
                "Nothing needs to be sent; refine the story if it should say something else",
            ),
            UpdateError::NoSuchEdition(edition) => Self::new(
                &kinds::NOTHING_TO_PUT_BACK,
                &format!("There is no change {edition} that can be put back"),
                "Reload the page: only changes that reached Jira can be put back",
            ),
            UpdateError::TooManyEditions => Self::new(
                &kinds::UPDATES_USED_UP,
                &format!("This draft has changed its issue so often that no change is left: {error}"),
                "Begin a new draft that improves the issue; what this one changed stays listed and can be looked at",
            ),
            UpdateError::PlanChanged(_) => Self::new(
                &kinds::UPDATE_PLAN_CHANGED,
                "The issue or the draft has changed since you looked, so nothing was sent",
                "Look at the difference again, then approve it",
            ),
            UpdateError::Open(_) => Self::new(
                &kinds::UPDATE_NOT_SETTLED,
                "What became of an earlier change is not known yet",
                "Look it up first: nothing is sent twice",
            ),
            UpdateError::NothingOpen => {
                Self::new(&kinds::UPDATE_SETTLED, "Nothing is to be looked up", "Reload the page")
            }
            UpdateError::OtherSite => Self::new(
                &kinds::ISSUE_ELSEWHERE,
                "The issue is on another Jira site than the one you are connected to",
                "Connect to that site under Integrations, or begin a new draft",
            ),
            UpdateError::Access(error) => error.into(),
            UpdateError::Remote(error) => error.into(),
            UpdateError::Storage(error) => error.into(),
        }
    }
}
