//! Cuts a text at the macros that hold blocks, and at the rows of tables.

use super::scan::{Next, Tag, tag};
use std::ops::Range;

/// A part of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chunk<'a> {
    /// Lines; the first and the last may be parts of lines.
    Text(Range<usize>),
    /// One row of a table, which may go over several lines.
    Row(Range<usize>),
    /// `{code}` or `{noformat}`.
    Verbatim { name: &'a str, parameters: &'a str, text: Range<usize> },
    /// `{quote}`, `{panel}` or a box of Confluence.
    Holder { name: &'a str, parameters: &'a str, chunks: Vec<Chunk<'a>> },
}

/// A holder that is not closed yet.
struct Open<'a> {
    name: &'a str,
    parameters: &'a str,
    tag: Range<usize>,
    chunks: Vec<Chunk<'a>>,
}

/// The chunks of a text.
pub(super) fn of(text: &str) -> Vec<Chunk<'_>> {
    Cutter { text, at: 0, open: Vec::new(), chunks: Vec::new(), searches: Searches::new(text) }.run()
}

/// Whether a macro holds blocks.
pub(super) fn is_holder(name: &str) -> bool {
    matches!(name, "quote" | "panel" | "info" | "note" | "tip" | "warning")
}

/// The searches for what ends a macro.
pub(super) struct Searches<'a> {
    text: &'a str,
    code: Next<'a>,
    noformat: Next<'a>,
    mono: Next<'a>,
    line: Next<'a>,
}

impl<'a> Searches<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            code: Next::new(text, "{code}"),
            noformat: Next::new(text, "{noformat}"),
            mono: Next::new(text, "}}"),
            line: Next::new(text, "\n"),
        }
    }

    /// The inside of a verbatim macro whose opening tag this is, and the place after its closing one.
    pub(super) fn verbatim(&mut self, tag: &Tag<'_>) -> Option<(Range<usize>, usize)> {
        let close = match tag.name {
            "code" => self.code.at(tag.end)?,
            "noformat" => self.noformat.at(tag.end)?,
            _ => return None,
        };
        Some((tag.end..close, close + tag.name.len() + 2))
    }

    /// The inside of monospaced text that opens at `at`, and the place after it.
    pub(super) fn mono(&mut self, at: usize) -> Option<(Range<usize>, usize)> {
        if !self.text[at..].starts_with("{{") {
            return None;
        }
        let mut close = self.mono.at(at + 2)?;
        // An escaped brace is one of the words.
        if self.text[..close].ends_with('\\') && self.text[close + 1..].starts_with("}}") {
            close += 1;
        }
        let same_line = self.line.at(at).is_none_or(|line| close < line);
        (same_line && close > at + 2).then_some((at + 2..close, close + 2))
    }
}

struct Cutter<'a> {
    text: &'a str,
    /// Everything before it is in a chunk.
    at: usize,
    open: Vec<Open<'a>>,
    chunks: Vec<Chunk<'a>>,
    searches: Searches<'a>,
}

impl<'a> Cutter<'a> {
    fn run(mut self) -> Vec<Chunk<'a>> {
        let bytes = self.text.as_bytes();
        let mut here = 0;
        let mut line_start = true;
        while let Some(byte) = bytes.get(here) {
            match byte {
                b'\n' => {
                    line_start = true;
                    here += 1;
                }
                b' ' | b'\t' => here += 1,
                b'|' if line_start => {
                    let end = self.row_end(here);
                    self.push_text(here);
                    self.push(Chunk::Row(here..end));
                    self.at = end;
                    here = end;
                }
                b'\\' => {
                    line_start = false;
                    here += escape_length(bytes, here);
                }
                b'{' => {
                    here = self.brace(here);
                    line_start = self.at == here && line_start;
                }
                _ => {
                    line_start = false;
                    here += 1;
                }
            }
        }
        self.push_text(self.text.len());
        while !self.open.is_empty() {
            self.give_up();
        }
        self.chunks
    }

    /// Looks at an opening brace; gives the place to go on from.
    fn brace(&mut self, here: usize) -> usize {
        if let Some((_, end)) = self.searches.mono(here) {
            return end;
        }
        let Some(tag) = tag(self.text, here) else { return here + 1 };
        if let Some((text, end)) = self.searches.verbatim(&tag) {
            self.push_text(here);
            self.push(Chunk::Verbatim { name: tag.name, parameters: tag.parameters.unwrap_or_default(), text });
            self.at = end;
            return end;
        }
        if !is_holder(tag.name) {
            return tag.end;
        }
        let is_open = self.open.iter().any(|open| open.name == tag.name);
        match (is_open, tag.parameters) {
            // The same macro in itself: Jira knows no such thing, so this is text.
            (true, Some(_)) => return tag.end,
            (true, None) => {
                self.push_text(here);
                while self.open.last().is_some_and(|open| open.name != tag.name) {
                    self.give_up();
                }
                if let Some(Open { name, parameters, chunks, .. }) = self.open.pop() {
                    self.push(Chunk::Holder { name, parameters, chunks });
                }
            }
            (false, _) => {
                self.push_text(here);
                self.open.push(Open {
                    name: tag.name,
                    parameters: tag.parameters.unwrap_or_default(),
                    tag: here..tag.end,
                    chunks: Vec::new(),
                });
            }
        }
        self.at = tag.end;
        tag.end
    }

    /// An opening tag without an end is text.
    fn give_up(&mut self) {
        if let Some(open) = self.open.pop() {
            self.push(Chunk::Text(open.tag));
            open.chunks.into_iter().for_each(|chunk| self.push(chunk));
        }
    }

    fn push_text(&mut self, to: usize) {
        let to = to.min(self.text.len());
        if self.at < to {
            self.push(Chunk::Text(self.at..to));
        }
        self.at = self.at.max(to);
    }

    fn push(&mut self, chunk: Chunk<'a>) {
        let chunks = self.open.last_mut().map_or(&mut self.chunks, |open| &mut open.chunks);
        match (chunks.last_mut(), chunk) {
            (Some(Chunk::Text(before)), Chunk::Text(text)) if before.end == text.start => before.end = text.end,
            (_, chunk) => chunks.push(chunk),
        }
    }

    /// Where the row that begins at `from` ends: after the line that a bar ends, or before an empty line or another block.
    fn row_end(&mut self, from: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut here = from;
        let mut last = b' ';
        while let Some(byte) = bytes.get(here) {
            match byte {
                b'\\' => {
                    last = b'\\';
                    here += escape_length(bytes, here);
                    continue;
                }
                b'{' => {
                    if let Some((_, end)) = tag(self.text, here).and_then(|tag| self.searches.verbatim(&tag)) {
                        last = b'}';
                        here = end;
                        continue;
                    }
                }
                b'\n' => {
                    let next = self.text[here + 1..].trim_start_matches([' ', '\t']);
                    let another = next.starts_with(['\n', '|', '{']) || next.is_empty();
                    if last == b'|' || another {
                        return here + 1;
                    }
                }
                _ => {}
            }
            if !byte.is_ascii_whitespace() {
                last = *byte;
            }
            here += 1;
        }
        self.text.len()
    }
}

/// How many bytes a backslash and what it escapes take. It escapes no line feed.
fn escape_length(bytes: &[u8], at: usize) -> usize {
    if bytes.get(at + 1).is_none_or(|next| *next == b'\n') { 1 } else { 2 }
}
