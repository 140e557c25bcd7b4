//! Which sentence of the requirements is covered by which story: by its words, without a model.
//!
//! A sentence counts as covered by the story that holds the largest share of its words, if that share is at least [`COVERED`]. Words are
//! compared without accents, case, stop words and common endings, so `refunded` in a story covers `refunds`. The measure knows no meaning: a
//! story in other words than its sentence is not found, and a story that repeats the words without the sense is. It is a list of places
//! to look at, not a verdict.

use super::sentences::{RequirementSentence, requirement_sentences};
use crate::similarity::significant;
use crate::story::{Document, Story};
use std::collections::{BTreeSet, HashMap};

/// Share of a sentence's words that a story must hold to cover it.
pub const COVERED: f64 = 0.6;

/// Endings that words are compared without, longest first.
const ENDINGS: &[&str] = &["ungen", "ments", "ings", "ing", "ung", "ed", "es", "en", "er", "s", "e"];
/// Fewest letters that are left of a word without its ending.
const STEM: usize = 3;

/// A text that says what is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WantedText<'t> {
    /// Number of the source; `None` for the requirements themselves.
    pub source: Option<u32>,
    /// The text.
    pub text: &'t str,
}

/// A sentence with the story that covers it.
#[derive(Debug, Clone, PartialEq)]
pub struct SentenceCoverage {
    /// Number of the source that it stands in; `None` for the requirements themselves.
    pub source: Option<u32>,
    /// The sentence.
    pub sentence: RequirementSentence,
    /// Reference of the story that covers it; `None` when no story does.
    pub story: Option<String>,
    /// Largest share of its words that one story holds, between 0 and 1.
    pub share: f64,
}

/// How much of the requirements the stories cover.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Coverage {
    /// Each sentence that asks for something, text by text, in order.
    pub sentences: Vec<SentenceCoverage>,
}

impl Coverage {
    /// Sentences that no story covers, in order.
    pub fn uncovered(&self) -> impl Iterator<Item = &SentenceCoverage> {
        self.sentences.iter().filter(|entry| entry.story.is_none())
    }

    /// How many sentences a story covers.
    #[must_use]
    pub fn covered(&self) -> usize {
        self.sentences.iter().filter(|entry| entry.story.is_some()).count()
    }
}

/// Looks each sentence of the requirements up in the stories of the document.
#[must_use]
pub fn coverage(requirements: &str, document: &Document) -> Coverage {
    coverage_of(&[WantedText { source: None, text: requirements }], document)
}

/// The same for several texts.
#[must_use]
pub fn coverage_of(texts: &[WantedText<'_>], document: &Document) -> Coverage {
    let mut holders: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, story) in document.stories.iter().enumerate() {
        for stem in stems(&words_of(story)) {
            holders.entry(stem).or_default().push(place);
        }
    }
    let all = texts.iter().flat_map(|WantedText { source, text }| {
        requirement_sentences(text).into_iter().map(move |sentence| (*source, sentence))
    });
    let sentences = all.map(|(source, sentence)| {
        let wanted = stems(&sentence.text);
        let mut held = vec![0_u32; document.stories.len()];
        for place in wanted.iter().filter_map(|stem| holders.get(stem)).flatten() {
            held[*place] += 1;
        }
        // The first of equals: the order of stories is the order of the text.
        let best = held.iter().enumerate().max_by_key(|(place, count)| (**count, std::cmp::Reverse(*place)));
        let wanted = u32::try_from(wanted.len().max(1)).unwrap_or(u32::MAX);
        let share = best.map_or(0.0, |(_, count)| f64::from(*count) / f64::from(wanted));
        let story = best.filter(|_| share >= COVERED).map(|(place, _)| document.stories[place].id.clone());
        SentenceCoverage { source, sentence, story, share }
    });
    Coverage { sentences: sentences.collect() }
}

/// What a story says, as it would stand in Jira.
fn words_of(story: &Story) -> String {
    let mut words = format!("{}\n{}", story.summary, story.description_markdown());
    for subtask in &story.subtasks {
        words.push('\n');
        words.push_str(&subtask.summary);
        words.push('\n');
        words.push_str(&subtask.description);
    }
    words
}

fn stems(text: &str) -> BTreeSet<String> {
    significant(text).into_iter().map(stem).collect()
}

fn stem(word: String) -> String {
    let ending = ENDINGS.iter().find(|ending| word.ends_with(**ending) && word.chars().count() >= ending.len() + STEM);
    match ending {
        Some(ending) => word[..word.len() - ending.len()].to_owned(),
        None => word,
    }
}
