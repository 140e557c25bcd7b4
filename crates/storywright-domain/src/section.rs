//! Sections of a draft with long requirements, and how far the writing of each has come.

use crate::ports::Usage;
use crate::story::Story;
use crate::{DraftId, JobId, UserId};

/// How far a section is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SectionState {
    /// Not begun, or begun by a process that is gone.
    Pending,
    /// The model writes.
    Running,
    /// Its stories are kept.
    Done,
    /// It could not be written.
    Failed,
}

impl SectionState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Running, Self::Done, Self::Failed];

    /// The word in the database and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == raw)
    }
}

/// A section of a draft's requirements.
#[derive(Debug, Clone, PartialEq)]
pub struct DraftSection {
    /// The draft.
    pub draft: DraftId,
    /// Whose it is.
    pub user: UserId,
    /// The job that wrote it last.
    pub job: JobId,
    /// Place in the requirements, from 1.
    pub ordinal: u32,
    /// Its title.
    pub title: String,
    /// Where it begins, in bytes of the requirements.
    pub start: u32,
    /// Where it ends, in bytes of the requirements.
    pub end: u32,
    /// Digest of everything that the model is told for it; stories of another digest are not taken.
    pub digest: String,
    /// How far it is.
    pub state: SectionState,
    /// How often it was begun.
    pub attempts: u32,
    /// What was written for it. While it runs or waits, a first draft that is being mended.
    pub stories: Vec<Story>,
    /// How often what blocks in its stories went back to the model.
    pub rewrites: u8,
    /// Why it failed: stable code, colon, words.
    pub problem: String,
    /// What its calls cost together.
    pub usage: Usage,
}
