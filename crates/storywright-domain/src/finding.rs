//! What a review says: data with a stable code, never a sentence that a program would have to read.

use crate::quality::Criterion;
use serde::{Deserialize, Serialize};

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Blocks creation.
    Error,
    /// Shown, does not block.
    Warning,
    /// A hint.
    Info,
}

impl Severity {
    /// The word in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        [Self::Error, Self::Warning, Self::Info].into_iter().find(|severity| severity.as_str() == raw)
    }
}

/// One thing that a rule has to say about one place of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable code: `summary_too_long`.
    pub code: String,
    /// How much it weighs.
    pub severity: Severity,
    /// Local reference of the story or sub-task; empty for the document as a whole.
    pub story: String,
    /// Path inside the document: `stories.0.summary`; empty for the document as a whole.
    pub field: String,
    /// What is wrong, as a sentence.
    pub message: String,
    /// What to do, as a sentence.
    pub cure: String,
    /// The criterion that it belongs to, where it is about the quality of the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criterion: Option<Criterion>,
    /// Where in the field's text; none when it is about the field as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Why a person lets it pass; it does not block then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waived: Option<String>,
}

impl Finding {
    /// Whether it blocks creation.
    #[must_use]
    pub fn blocks(&self) -> bool {
        self.severity == Severity::Error && self.waived.is_none()
    }
}

/// The part of a path that is inside its story or epic: `summary` of `stories.0.summary`; empty for the story as a whole.
#[must_use]
pub fn within(path: &str) -> &str {
    path.splitn(3, '.').nth(2).unwrap_or_default()
}

/// Characters (Unicode scalar values) of a text, from 0, the end not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The first character.
    pub start: usize,
    /// The character after the last.
    pub end: usize,
}

/// How many findings of a severity there are that nobody lets pass.
#[must_use]
pub fn count(findings: &[Finding], severity: Severity) -> usize {
    findings.iter().filter(|finding| finding.severity == severity && finding.waived.is_none()).count()
}

/// Whether any finding blocks creation.
#[must_use]
pub fn blocks(findings: &[Finding]) -> bool {
    findings.iter().any(Finding::blocks)
}
