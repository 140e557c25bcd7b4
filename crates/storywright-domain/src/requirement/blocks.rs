//! The smallest parts that a text is never cut inside: headings, code blocks, rows of tables, entries of lists, paragraphs.

use std::ops::Range;

/// What a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockKind {
    /// With its level, 1 to 6.
    Heading(usize),
    Code,
    Row,
    Entry,
    Paragraph,
    Blank,
}

/// A block with its range; the line end belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    pub kind: BlockKind,
    pub range: Range<usize>,
}

/// The blocks of a text in order; together they are the whole text.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let lines = lines(text);
    let last_fences = last_fences(text, &lines);
    let mut found: Vec<Block> = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let words = &text[line.clone()];
        // A fence that nobody closes is a line like others: the rest of the text is no code because of it.
        let closing =
            fence(words).filter(|mark| last_fences.get(usize::from(*mark == '~')).is_some_and(|last| *last > at));
        if let Some(mark) = closing {
            let end =
                (at + 1..lines.len()).find(|place| fence(&text[lines[*place].clone()]) == Some(mark)).unwrap_or(at);
            found.push(Block { kind: BlockKind::Code, range: line.start..lines[end].end });
            at = end + 1;
            continue;
        }
        let kind = kind_of(words);
        match found.last_mut() {
            Some(last) if goes_on(last.kind, kind, words) => last.range.end = line.end,
            _ => found.push(Block { kind, range: line.clone() }),
        }
        at += 1;
    }
    found
}

/// Whether a line belongs to the block before it.
fn goes_on(before: BlockKind, kind: BlockKind, words: &str) -> bool {
    match (before, kind) {
        (BlockKind::Paragraph, BlockKind::Paragraph) | (BlockKind::Blank, BlockKind::Blank) => true,
        (BlockKind::Entry, BlockKind::Paragraph) => words.starts_with([' ', '\t']),
        _ => false,
    }
}

fn kind_of(line: &str) -> BlockKind {
    let words = line.trim();
    if words.is_empty() {
        BlockKind::Blank
    } else if let Some(level) = heading_level(words) {
        BlockKind::Heading(level)
    } else if words.starts_with('|') {
        BlockKind::Row
    } else if list_marker(words) > 0 {
        BlockKind::Entry
    } else {
        BlockKind::Paragraph
    }
}

/// Level of a Markdown (`## …`) or wiki (`h2. …`) heading.
fn heading_level(words: &str) -> Option<usize> {
    let marks = words.bytes().take_while(|byte| *byte == b'#').count();
    if (1..=6).contains(&marks) && words[marks..].starts_with(' ') {
        return Some(marks);
    }
    let mut chars = words.chars();
    let level = match (chars.next(), chars.next(), chars.next(), chars.next()) {
        (Some('h'), Some(level), Some('.'), Some(' ')) => level.to_digit(10)?,
        _ => return None,
    };
    usize::try_from(level).ok().filter(|level| (1..=6).contains(level))
}

/// Words of a heading without its marks.
pub(super) fn heading_words(line: &str) -> &str {
    let words = line.trim();
    let words = if words.starts_with('#') { words.trim_matches('#') } else { words.get(3..).unwrap_or(words) };
    words.trim()
}

/// Length of the mark of a list entry with its blank (`- `, `* `, `12. `, `a) `); 0 when there is none.
pub(super) fn list_marker(words: &str) -> usize {
    if ["- ", "* ", "+ ", "# "].iter().any(|mark| words.starts_with(mark)) {
        return 2;
    }
    if words.starts_with("• ") || words.starts_with("– ") {
        return "• ".len();
    }
    let digits = words.bytes().take_while(u8::is_ascii_digit).count();
    let label =
        if digits == 0 { usize::from(words.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)) } else { digits };
    let rest = &words.as_bytes()[label.min(words.len())..];
    let marked = if digits == 0 { rest.starts_with(b") ") } else { rest.starts_with(b". ") || rest.starts_with(b") ") };
    if label > 0 && label <= 3 && marked { label + 2 } else { 0 }
}

fn fence(line: &str) -> Option<char> {
    let words = line.trim_start();
    if words.starts_with("```") {
        Some('`')
    } else if words.starts_with("~~~") {
        Some('~')
    } else {
        None
    }
}

/// The last line with a fence of back-ticks and of tildes.
fn last_fences(text: &str, lines: &[Range<usize>]) -> [usize; 2] {
    let mut last = [0, 0];
    for (place, line) in lines.iter().enumerate() {
        match fence(&text[line.clone()]) {
            Some('~') => last[1] = place,
            Some(_) => last[0] = place,
            None => {}
        }
    }
    last
}

fn lines(text: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    text.split_inclusive('\n')
        .map(|line| {
            let range = start..start + line.len();
            start = range.end;
            range
        })
        .collect()
}
