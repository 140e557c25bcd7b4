//! Drafts and their versions.

use crate::jira::ProjectKey;
use crate::prompt::PromptOrigin;
use crate::story::{Document, StoryFormat};
use crate::{DraftId, JobId, RunId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// Requirements text: not blank, at most [`Requirements::MAX_BYTES`], without control characters other than tab and line feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Requirements(String);

impl Requirements {
    /// Longest text in bytes of UTF-8: 1 MiB, a good 300 densely printed pages.
    pub const MAX_BYTES: usize = 1_024 * 1_024;

    /// Normalises line ends, removes control characters, and refuses what is empty or too long.
    ///
    /// # Errors
    /// [`BadRequirements`] says which.
    pub fn parse(raw: &str) -> Result<Self, BadRequirements> {
        if raw.len() > Self::MAX_BYTES {
            return Err(BadRequirements::TooLong { bytes: raw.len() });
        }
        let unified = raw.replace("\r\n", "\n").replace('\r', "\n");
        let cleaned: String = unified.chars().filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect();
        if cleaned.trim().is_empty() {
            return Err(BadRequirements::Empty);
        }
        Ok(Self(cleaned))
    }

    /// The same, and nothing at all: of a draft that is written from its sources alone.
    ///
    /// # Errors
    /// [`BadRequirements::TooLong`].
    pub fn parse_or_none(raw: &str) -> Result<Self, BadRequirements> {
        match Self::parse(raw) {
            Err(BadRequirements::Empty) => Ok(Self(String::new())),
            other => other,
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text cannot be requirements.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRequirements {
    /// Blank.
    #[error("there are no requirements: paste or type what is wanted")]
    Empty,
    /// Over the limit.
    #[error(
        "the requirements are {bytes} bytes long, the limit is {}: split them into several drafts",
        Requirements::MAX_BYTES
    )]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
    },
}

/// Where a draft is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DraftState {
    /// Nothing is going on: it can be edited, generated, refined, published.
    Editing,
    /// A job is writing.
    Writing {
        /// That job.
        job: JobId,
    },
    /// A run is creating its issues.
    Publishing {
        /// That run.
        run: RunId,
    },
    /// Its issues are in Jira.
    Published {
        /// The run that created them.
        run: RunId,
    },
}

/// A draft with its present document.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Its id.
    pub id: DraftId,
    /// Whose it is.
    pub user: UserId,
    /// Shown in lists: the summary of its first story, or the first words of its requirements.
    pub title: String,
    /// What is wanted.
    pub requirements: Requirements,
    /// How stories are told.
    pub format: StoryFormat,
    /// The person's own words to the model; may be empty.
    pub prompt: String,
    /// The prompt that those words came from, if they came from one.
    pub prompt_from: Option<PromptOrigin>,
    /// Project that it is for.
    pub project: ProjectKey,
    /// Issue type id of its stories.
    pub issue_type: String,
    /// Name of that type as the site shows it.
    pub issue_type_name: String,
    /// Rule set id.
    pub rule_set: String,
    /// Where it is.
    pub state: DraftState,
    /// Grows by one with every change; the ETag.
    pub version: u32,
    /// The present document.
    pub document: Document,
    /// When it was put in the bin.
    pub deleted_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// How a version came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// By a person's hand.
    Edited,
    /// Written by the model.
    Generated,
    /// Changed by the model on instruction.
    Refined,
    /// Brought back from an older version.
    Restored,
}

impl Origin {
    /// All origins.
    pub const ALL: [Self; 4] = [Self::Edited, Self::Generated, Self::Refined, Self::Restored];

    /// The word in the database and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Edited => "edited",
            Self::Generated => "generated",
            Self::Refined => "refined",
            Self::Restored => "restored",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|origin| origin.as_str() == raw)
    }
}

/// One version of a draft.
#[derive(Debug, Clone, PartialEq)]
pub struct DraftVersion {
    /// Its draft.
    pub draft: DraftId,
    /// Its number.
    pub number: u32,
    /// How it came to be.
    pub origin: Origin,
    /// The instruction, or what was restored; may be empty.
    pub note: String,
    /// The document as it was.
    pub document: Document,
    /// When.
    pub created_at: Timestamp,
}

/// A draft in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DraftSummary {
    /// Its id.
    pub id: DraftId,
    /// Title.
    pub title: String,
    /// Project key.
    pub project: String,
    /// Issue type name.
    pub issue_type_name: String,
    /// Where it is.
    pub state: DraftState,
    /// Version.
    pub version: u32,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// The draft is not in a state that allows this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongState {
    /// A job is writing it.
    #[error("the draft is being written: wait for it or stop it")]
    Writing {
        /// That job.
        job: JobId,
    },
    /// A run is creating its issues.
    #[error("the issues of the draft are being created")]
    Publishing {
        /// That run.
        run: RunId,
    },
    /// Its issues are in Jira.
    #[error("the issues of the draft are in Jira already")]
    Published {
        /// The run that created them.
        run: RunId,
    },
}

impl Draft {
    /// The draft with a new document, one version on; its title follows the first story.
    #[must_use]
    pub fn with_document(self, document: Document, at: Timestamp) -> Self {
        let document = document.with_references();
        let title = title_of(&document, self.requirements.as_str());
        Self { title, document, version: self.version + 1, updated_at: at, ..self }
    }

    /// Hands the draft to a writing job.
    ///
    /// # Errors
    /// [`WrongState`] unless it is being edited.
    pub fn begin_writing(self, job: JobId, at: Timestamp) -> Result<Self, WrongState> {
        self.editable()?;
        Ok(Self { state: DraftState::Writing { job }, version: self.version + 1, updated_at: at, ..self })
    }

    /// Takes the draft back from a writing job, with what it wrote or without.
    #[must_use]
    pub fn end_writing(self, at: Timestamp) -> Self {
        Self { state: DraftState::Editing, version: self.version + 1, updated_at: at, ..self }
    }

    /// Hands the draft to a publish run.
    ///
    /// # Errors
    /// [`WrongState`] unless it is being edited.
    pub fn begin_publishing(self, run: RunId, at: Timestamp) -> Result<Self, WrongState> {
        self.editable()?;
        Ok(Self { state: DraftState::Publishing { run }, version: self.version + 1, updated_at: at, ..self })
    }

    /// Ends publishing: published when every issue was created, else editable again.
    #[must_use]
    pub fn end_publishing(self, run: RunId, complete: bool, at: Timestamp) -> Self {
        let state = if complete { DraftState::Published { run } } else { DraftState::Editing };
        Self { state, version: self.version + 1, updated_at: at, ..self }
    }

    /// Whether the document may change now.
    ///
    /// # Errors
    /// [`WrongState`] says what holds it.
    pub fn editable(&self) -> Result<(), WrongState> {
        match self.state {
            DraftState::Editing => Ok(()),
            DraftState::Writing { job } => Err(WrongState::Writing { job }),
            DraftState::Publishing { run } => Err(WrongState::Publishing { run }),
            DraftState::Published { run } => Err(WrongState::Published { run }),
        }
    }
}

/// The title of a draft: the first summary, else the first words of the requirements; at most 120 characters.
#[must_use]
pub fn title_of(document: &Document, requirements: &str) -> String {
    let first = document.stories.iter().map(|story| story.summary.trim()).find(|summary| !summary.is_empty());
    let line = first
        .unwrap_or_else(|| requirements.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("Untitled"));
    let line = line.trim_start_matches(['#', '*', '-', ' ']);
    if line.chars().count() <= 120 { line.to_owned() } else { line.chars().take(119).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_lose_control_characters_and_keep_the_rest() {
        let text = Requirements::parse("A\u{0}b\r\n\u{1b}[31mc\td\u{7f}").map(|text| text.as_str().to_owned());
        assert_eq!(text, Ok("Ab\n[31mc\td".to_owned()));
    }

    #[test]
    fn empty_and_oversize_requirements_are_refused() {
        assert_eq!(Requirements::parse(" \n\u{0} "), Err(BadRequirements::Empty));
        let longest = "x".repeat(Requirements::MAX_BYTES);
        assert!(Requirements::parse(&longest).is_ok());
        let bytes = longest.len() + 1;
        assert!(Requirements::parse(&(longest + "x")) == Err(BadRequirements::TooLong { bytes }));
    }

    #[test]
    fn a_title_is_the_first_summary_or_the_first_words() {
        assert_eq!(title_of(&Document::default(), "\n# Refunds\nmore"), "Refunds");
        assert_eq!(title_of(&Document::default(), &"é".repeat(200)).chars().count(), 120);
    }
}
