//! Requirement text of any length, read by its structure: blocks, sentences, sections for a model, and what of it the stories cover.
//!
//! Everything here is a pure function of the text. Ranges are bytes of the text and always lie on character boundaries.

mod blocks;
mod coverage;
mod outline;
mod sentences;

pub use coverage::{COVERED, Coverage, SentenceCoverage, WantedText, coverage, coverage_of};
pub use outline::{OutlineSection, compact, outline};
pub use sentences::{RequirementSentence, requirement_sentences};

/// Characters that one token of a model stands for; an estimate that holds for European languages and errs to the high side.
const CHARS_PER_TOKEN: usize = 4;

/// How many tokens a text is about to cost.
#[must_use]
pub fn estimated_tokens(text: &str) -> usize {
    text.chars().count().div_ceil(CHARS_PER_TOKEN)
}

#[cfg(test)]
mod tests;
