//! The quality of a user story as text: deterministic checks with stable codes, places and cures.
//!
//! The criteria are those of the Quality User Story framework (Lucassen, Dalpiaz, van der Werf, Brinkkemper: *Improving agile
//! requirements: the Quality User Story framework and tool*, Requirements Engineering 21, 2016) and, where they meet, INVEST. [`check`]
//! looks at one story; [`set::Set`] adds what only a set can tell: a template of its own, and doubles.
//!
//! Nothing here allocates per rule or backtracks: a story becomes tokens once, every word is looked up once, and each check passes over
//! the tokens a bounded number of times, so that a line of any length takes time in proportion to it. Places are counted in characters
//! (Unicode scalar values) of the text that was handed in, from 0, the end not included.
//!
//! ```
//! use storywright_domain::quality::{Criterion, check};
//!
//! let review = check("As a reader, I want to rate and lend books (in June).");
//! let criteria: Vec<Criterion> = review.findings.iter().map(|finding| finding.code.criterion()).collect();
//! assert_eq!(criteria, [Criterion::NoEnds, Criterion::Atomic, Criterion::Minimal]);
//! assert_eq!(review.means.as_deref(), Some("rate and lend books (in June)"));
//! ```

mod atomic;
mod catalogue;
mod meaning;
pub mod narrative;
mod parse;
pub mod set;
mod structure;
mod text;
mod words;

pub use catalogue::{Code, Criterion};
pub use words::Language;

use crate::finding::Severity;
use parse::{Part, Reading};
use std::ops::Range;

/// Most findings of one code in one story: the first ones say enough.
pub const MOST_OF_A_CODE: usize = 5;

/// The part of a story that a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// The whole text.
    Story,
    /// Who wants it.
    Role,
    /// What is wanted.
    Means,
    /// What it is good for.
    Ends,
}

impl Field {
    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Story => "story",
            Self::Role => "role",
            Self::Means => "means",
            Self::Ends => "ends",
        }
    }
}

/// One thing that a check has to say about one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryFinding {
    /// What was found.
    pub code: Code,
    /// In which part.
    pub field: Field,
    /// First character.
    pub start: usize,
    /// The character after the last.
    pub end: usize,
    /// What is wrong, as a sentence.
    pub message: String,
}

impl StoryFinding {
    /// How much it weighs unless a rule set says otherwise.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// What to do, as a sentence.
    #[must_use]
    pub fn cure(&self) -> &'static str {
        self.code.cure()
    }
}

/// What a story was read as, and what there is to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryReview {
    /// The language it was read in.
    pub language: Language,
    /// Who wants it.
    pub role: Option<String>,
    /// What is wanted.
    pub means: Option<String>,
    /// What it is good for.
    pub ends: Option<String>,
    /// All findings, in the order of the criteria.
    pub findings: Vec<StoryFinding>,
    /// What a set compares; see [`set::Set`].
    pub profile: set::Profile,
}

/// Checks one story.
#[must_use]
pub fn check(story: &str) -> StoryReview {
    check_in(story, None)
}

/// Checks one story in a known language.
#[must_use]
pub fn check_in(story: &str, language: Option<Language>) -> StoryReview {
    let reading = Reading::new(story, language);
    let mut findings = Findings::default();
    structure::parts(&reading, &mut findings);
    atomic::check(&reading, &mut findings);
    structure::minimal(&reading, &mut findings);
    structure::full_sentence(&reading, &mut findings);
    meaning::check(&reading, &mut findings);
    StoryReview {
        language: reading.language,
        role: words_of(&reading, reading.role.as_ref()),
        means: words_of(&reading, reading.means.as_ref()),
        ends: words_of(&reading, reading.ends.as_ref()),
        findings: findings.placed(story),
        profile: set::Profile::of(&reading),
    }
}

/// Checks a sentence that is no story, such as an acceptance criterion or a step, for words that can mean many things.
#[must_use]
pub fn check_wording(sentence: &str, language: Option<Language>) -> Vec<StoryFinding> {
    let reading = Reading::new(sentence, language);
    let mut findings = Findings::default();
    meaning::wording(&reading, &mut findings);
    findings.placed(sentence)
}

/// The language of a text; English when nothing speaks for another.
#[must_use]
pub fn language_of(text: &str) -> Language {
    words::language(&text::Text::new(text))
}

fn words_of(reading: &Reading<'_>, part: Option<&Part>) -> Option<String> {
    let bytes = reading.text.bytes(part?.tokens.clone());
    Some(reading.text.raw[bytes].trim().to_owned())
}

/// Findings with places in bytes.
#[derive(Default)]
struct Findings {
    found: Vec<(Code, Field, Range<usize>, String)>,
}

impl Findings {
    fn add(&mut self, code: Code, field: Field, bytes: Range<usize>, message: impl Into<String>) {
        if self.found.iter().rev().filter(|(other, ..)| *other == code).count() < MOST_OF_A_CODE {
            self.found.push((code, field, bytes, message.into()));
        }
    }

    fn has(&self, criterion: Criterion) -> bool {
        self.found.iter().any(|(code, ..)| code.criterion() == criterion)
    }

    fn placed(mut self, story: &str) -> Vec<StoryFinding> {
        self.found.sort_by_key(|(code, _, bytes, _)| (*code, bytes.start));
        let mut bytes: Vec<usize> = self.found.iter().flat_map(|(_, _, bytes, _)| [bytes.start, bytes.end]).collect();
        bytes.sort_unstable();
        bytes.dedup();
        let offsets = text::characters(story, &bytes);
        let at =
            |byte: usize| bytes.binary_search(&byte).ok().and_then(|place| offsets.get(place)).copied().unwrap_or(0);
        self.found
            .into_iter()
            .map(|(code, field, bytes, message)| StoryFinding {
                code,
                field,
                start: at(bytes.start),
                end: at(bytes.end),
                message,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
