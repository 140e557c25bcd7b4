//! What is known before anything is sent: what Jira demanded without saying so, and what a person fills in each time.

use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// What a refusal taught about a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lesson {
    /// It was left out and Jira wants it, whatever the create screen says.
    Required,
    /// It was sent and Jira has no place for it, whatever the create screen says.
    OffScreen,
}

impl Lesson {
    /// The word in the database and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::OffScreen => "off_screen",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        [Self::Required, Self::OffScreen].into_iter().find(|lesson| lesson.as_str() == raw)
    }
}

/// The create screen of an issue type in a project of a site.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScreenPlace {
    /// Site id.
    pub site: String,
    /// Project key.
    pub project: String,
    /// Issue type id.
    pub issue_type: String,
}

/// Something that only a create call revealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LearnedField {
    /// Field id: `customfield_10205`.
    pub field: String,
    /// What was learned.
    pub lesson: Lesson,
    /// Jira's words, in the language of the person who saw them last.
    pub message: String,
    /// When it was seen first.
    pub first_seen: Timestamp,
    /// When it was seen last.
    pub last_seen: Timestamp,
}
