//! Sections of a long text, each small enough for one call of a model.

use super::blocks::{Block, BlockKind, blocks, heading_words};
use super::sentences::sentence_ranges;
use super::{CHARS_PER_TOKEN, estimated_tokens};
use std::ops::Range;

/// Longest title of a section in characters.
const TITLE: usize = 120;

/// A section of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutlineSection {
    /// Place in the text, from 1.
    pub ordinal: usize,
    /// Its first heading, or else the one that it stands under, or else its first words.
    pub title: String,
    /// Where it stands, in bytes of the text.
    pub range: Range<usize>,
    /// Estimated tokens of its text.
    pub tokens: usize,
}

/// The sections of a text for calls of at most `budget` tokens each (at least 1). Together they are the whole text. Cuts are made before
/// headings where that fills at least half the budget, else between blocks, else at sentence ends, else between words. Code blocks and rows of
/// tables are never cut: one that is larger than the budget alone is a section of its own, larger than the budget.
#[must_use]
pub fn outline(text: &str, budget: usize) -> Vec<OutlineSection> {
    let budget = budget.max(1);
    let atoms = atoms(text, budget);
    let mut sections: Vec<OutlineSection> = Vec::new();
    let mut heading = String::new();
    let mut begin = 0;
    while begin < atoms.len() {
        let end = section_end(text, &atoms, begin, budget);
        let range = atoms[begin].range.start..atoms[end - 1].range.end;
        let headings: Vec<&str> = atoms[begin..end]
            .iter()
            .filter(|atom| matches!(atom.kind, BlockKind::Heading(_)))
            .map(|atom| heading_words(&text[atom.range.clone()]))
            .collect();
        let title = match headings.first() {
            Some(first) => short(first),
            None if heading.is_empty() => short(&text[range.clone()]),
            None => heading.clone(),
        };
        if let Some(last) = headings.last() {
            heading = short(last);
        }
        let tokens = estimated_tokens(&text[range.clone()]);
        sections.push(OutlineSection { ordinal: sections.len() + 1, title, range, tokens });
        begin = end;
    }
    sections
}

/// The titles of all sections, one a line, for calls that see only one of them; at most `most` characters.
#[must_use]
pub fn compact(sections: &[OutlineSection], most: usize) -> String {
    let mut lines = String::new();
    let mut left = most;
    for section in sections {
        let line = format!("{}. {}\n", section.ordinal, section.title);
        let length = line.chars().count();
        if length > left {
            break;
        }
        left -= length;
        lines.push_str(&line);
    }
    lines
}

/// Place after the last atom of the section that begins at `begin`.
fn section_end(text: &str, atoms: &[Block], begin: usize, budget: usize) -> usize {
    let is_heading = |atom: &Block| matches!(atom.kind, BlockKind::Heading(_));
    let mut chars = 0;
    let mut has_words = false;
    let mut end = begin;
    for (place, atom) in atoms.iter().enumerate().skip(begin) {
        let length = text[atom.range.clone()].chars().count();
        let full = (chars + length).div_ceil(CHARS_PER_TOKEN) > budget;
        let half_full = chars.div_ceil(CHARS_PER_TOKEN) * 2 >= budget;
        if place > begin && (full && has_words || is_heading(atom) && half_full && has_words) {
            break;
        }
        chars += length;
        has_words |= !is_heading(atom) && atom.kind != BlockKind::Blank;
        end = place + 1;
    }
    // A heading stays with what follows it.
    let mut kept = end;
    while end < atoms.len()
        && kept > begin
        && (is_heading(&atoms[kept - 1]) || atoms[kept - 1].kind == BlockKind::Blank)
    {
        kept -= 1;
    }
    let moved_heading = atoms[kept..end].iter().any(is_heading);
    if kept > begin && moved_heading { kept } else { end }
}

/// Blocks, with prose that is larger than the budget cut at sentence ends or between words.
fn atoms(text: &str, budget: usize) -> Vec<Block> {
    let mut found = Vec::new();
    for block in blocks(text) {
        let large = estimated_tokens(&text[block.range.clone()]) > budget;
        if !large || !matches!(block.kind, BlockKind::Paragraph | BlockKind::Entry) {
            found.push(block);
            continue;
        }
        for sentence in sentence_ranges(text, block.range) {
            found.extend(pieces(text, sentence, budget).into_iter().map(|range| Block { kind: block.kind, range }));
        }
    }
    found
}

/// A sentence in pieces of at most `budget` tokens, cut after a blank where there is one.
fn pieces(text: &str, sentence: Range<usize>, budget: usize) -> Vec<Range<usize>> {
    let most = budget.saturating_mul(CHARS_PER_TOKEN);
    let mut found = Vec::new();
    let mut start = sentence.start;
    let mut blank = None;
    let mut chars = 0;
    for (offset, c) in text[sentence.clone()].char_indices() {
        let place = sentence.start + offset;
        if chars == most {
            let cut = blank.take().unwrap_or(place);
            found.push(start..cut);
            chars = text[cut..place].chars().count();
            start = cut;
        }
        chars += 1;
        if c.is_whitespace() {
            blank = Some(place + c.len_utf8());
        }
    }
    if start < sentence.end {
        found.push(start..sentence.end);
    }
    found
}

fn short(words: &str) -> String {
    let line = words.split_whitespace().take(TITLE).collect::<Vec<_>>().join(" ");
    if line.chars().count() <= TITLE {
        return line;
    }
    line.chars().take(TITLE - 1).chain(['…']).collect()
}
