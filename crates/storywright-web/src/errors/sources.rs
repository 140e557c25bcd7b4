//! Words for what can be wrong with sources.

use super::{AppError, kinds};
use storywright_application::sources::SourceError;
use storywright_domain::Millis;
use storywright_domain::file::FileProblem;

impl From<SourceError> for AppError {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::NotFound => Self::new(
                &kinds::SOURCE_NOT_FOUND,
                "There is no such draft or source among yours",
                "Look at the list of sources again",
            ),
            SourceError::WrongState(error) => error.into(),
            SourceError::Access(error) => error.into(),
            SourceError::Remote(error) => error.into(),
            SourceError::NothingToAdd => Self::field("pages", "pages_missing", &error.to_string()),
            SourceError::NoSuchPage { .. } => Self::field("pages", "page_not_found", &error.to_string()),
            SourceError::TooMany => Self::new(
                &kinds::TOO_MANY_SOURCES,
                "The draft has all the sources that it may have",
                "Remove some, or write from the others in a second draft",
            ),
            SourceError::IsTheIssue => Self::new(
                &kinds::SOURCE_IS_THE_ISSUE,
                "The draft is about this issue, so it stays among the sources",
                "Begin a draft without an issue if its words are not wanted",
            ),
            SourceError::TooLong { .. } => Self::field("text", "source_too_long", &error.to_string()),
            SourceError::File { problem: FileProblem::Busy, .. } => {
                Self::new(&kinds::FILE_READER_BUSY, &error.to_string(), "").with_retry_after(Millis::seconds(5))
            }
            SourceError::File { problem: FileProblem::NoReader, .. } => {
                Self::new(&kinds::FILE_READER_MISSING, &error.to_string(), "")
            }
            SourceError::File { problem, .. } => Self::field("files", problem.code(), &error.to_string()),
            SourceError::TooLate => Self::new(
                &kinds::SOURCE_TOO_LATE,
                "The source cannot be brought back or read again any more",
                "Add it anew",
            ),
            SourceError::TooManyJobs(count) => Self::new(
                &kinds::TOO_MANY_JOBS,
                &format!("{count} of your jobs are waiting or running"),
                "Wait for one of them, or stop it",
            )
            .with_retry_after(Millis::seconds(10)),
            SourceError::Storage(error) => error.into(),
        }
    }
}
