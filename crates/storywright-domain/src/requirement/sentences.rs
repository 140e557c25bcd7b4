//! Sentences of a text, and those of them that ask for something.

use super::blocks::{BlockKind, blocks, heading_words, list_marker};
use crate::similarity::significant;
use std::ops::Range;

/// Words with a full stop that ends no sentence, in lower case.
const ABBREVIATIONS: &[&str] = &[
    "approx", "art", "bzgl", "bzw", "ca", "cf", "dr", "e.g", "eg", "etc", "evtl", "fig", "ggf", "i.e", "ie", "inc",
    "incl", "inkl", "max", "min", "mr", "mrs", "ms", "nr", "no", "p.ex", "prof", "resp", "sec", "st", "u.a", "usw",
    "vgl", "vs", "z.b",
];
/// Fewest words with a meaning of their own in a sentence that asks for something.
const FEWEST_WORDS: usize = 2;
/// Beginnings, in lower case, of lines that ask for nothing.
const COURTESIES: &[&str] = &[
    "hi ",
    "hi,",
    "hello",
    "dear ",
    "thanks",
    "thank you",
    "best regards",
    "kind regards",
    "regards",
    "cheers",
    "hallo",
    "liebe ",
    "sehr geehrte",
    "danke",
    "viele grüße",
    "mit freundlichen",
    "bonjour",
    "merci",
    "cordialement",
];
/// Beginnings, in lower case, of headings and sentences about what is not wanted.
const EXCLUSIONS: &[&str] = &[
    "out of scope",
    "not in scope",
    "non-goals",
    "non goals",
    "not part of",
    "excluded",
    "nicht im umfang",
    "nicht ziel",
    "nichtziele",
    "abgrenzung",
    "hors périmètre",
    "hors perimetre",
    "exclusions",
];

/// A sentence that asks for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementSentence {
    /// Where it stands, in bytes of the text.
    pub range: Range<usize>,
    /// Its words in one line, without marks of lists and tables.
    pub text: String,
    /// The nearest heading above it; empty when there is none.
    pub heading: String,
}

/// Ranges of the sentences of a stretch of prose; together they are the whole stretch.
pub(super) fn sentence_ranges(text: &str, within: Range<usize>) -> Vec<Range<usize>> {
    let prose = &text[within.clone()];
    let mut found = Vec::new();
    let mut start = 0;
    let mut chars = prose.char_indices().peekable();
    while let Some((place, c)) = chars.next() {
        let end = place + c.len_utf8();
        let blank_follows = chars.peek().is_none_or(|(_, next)| next.is_whitespace());
        if !matches!(c, '.' | '!' | '?' | '。')
            || !(blank_follows || c == '。')
            || (c == '.' && is_abbreviated(&prose[start..place]))
        {
            continue;
        }
        // Blanks after the end belong to the sentence, so that nothing is lost between two.
        let blanks: usize = prose[end..].chars().take_while(|c| c.is_whitespace()).map(char::len_utf8).sum();
        found.push(within.start + start..within.start + end + blanks);
        start = end + blanks;
        while chars.peek().is_some_and(|(place, _)| *place < start) {
            chars.next();
        }
    }
    if start < prose.len() {
        found.push(within.start + start..within.end);
    }
    found
}

/// Whether the full stop after these words ends no sentence.
fn is_abbreviated(before: &str) -> bool {
    let word =
        before.rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | '[' | '"')).next().unwrap_or("").to_lowercase();
    // One letter is an initial; a number alone is a label (`3.`).
    word.chars().count() == 1 && word.chars().all(char::is_alphabetic) || ABBREVIATIONS.contains(&word.as_str())
}

/// The sentences that ask for something: prose by sentence ends, each entry of a list and each row of a table by itself. Headings, code,
/// head rows of tables, courtesies, and parts under a heading such as "Out of scope" ask for nothing.
#[must_use]
pub fn requirement_sentences(text: &str) -> Vec<RequirementSentence> {
    let all = blocks(text);
    let mut found = Vec::new();
    let mut heading = String::new();
    let mut excluded: Option<usize> = None;
    for (place, block) in all.iter().enumerate() {
        let words = &text[block.range.clone()];
        match block.kind {
            BlockKind::Heading(level) => {
                heading = one_line(heading_words(words));
                if excluded.is_none_or(|above| level <= above) {
                    excluded = begins_with(&heading, EXCLUSIONS).then_some(level);
                }
            }
            BlockKind::Code | BlockKind::Blank => {}
            _ if excluded.is_some() => {}
            BlockKind::Row => {
                let rule = |row: &str| {
                    row.contains('-') && row.chars().all(|c| matches!(c, '|' | '-' | ':') || c.is_whitespace())
                };
                let next = all.get(place + 1).filter(|next| next.kind == BlockKind::Row);
                let is_head =
                    words.trim_start().starts_with("||") || next.is_some_and(|next| rule(&text[next.range.clone()]));
                if !is_head && !rule(words) {
                    let cells: Vec<&str> = words.split('|').map(str::trim).filter(|cell| !cell.is_empty()).collect();
                    push(&mut found, block.range.clone(), &cells.join(": "), &heading);
                }
            }
            BlockKind::Entry | BlockKind::Paragraph => {
                let indent = words.len() - words.trim_start().len();
                let mark = if block.kind == BlockKind::Entry { list_marker(words.trim()) } else { 0 };
                for range in sentence_ranges(text, block.range.start + indent + mark..block.range.end) {
                    push(&mut found, range.clone(), &text[range], &heading);
                }
            }
        }
    }
    found
}

fn push(found: &mut Vec<RequirementSentence>, range: Range<usize>, words: &str, heading: &str) {
    let text = one_line(words);
    // A line that only leads to a list (`The clerk can:`) asks for nothing without it.
    let asks = !text.ends_with(':') && !begins_with(&text, COURTESIES) && !begins_with(&text, EXCLUSIONS);
    if asks && significant(&text).len() >= FEWEST_WORDS {
        found.push(RequirementSentence { range, text, heading: heading.to_owned() });
    }
}

fn begins_with(words: &str, beginnings: &[&str]) -> bool {
    let words =
        words.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ' ' | '*' | '_')).to_lowercase();
    beginnings.iter().any(|beginning| words.starts_with(beginning))
}

fn one_line(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}
