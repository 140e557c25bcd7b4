//! A story as tokens: words in lower case and marks, each with its place in the text. One pass, two allocations.

use std::ops::Range;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters and digits, with apostrophes, hyphens and dots inside.
    Word,
    /// A mark that ends or parts clauses, or a bracket.
    Mark(char),
}

/// One token.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub kind: Kind,
    /// Bytes in the text.
    pub start: usize,
    pub end: usize,
    folded: (usize, usize),
    /// Whether white space stands before it.
    pub spaced: bool,
}

/// A text and its tokens.
#[derive(Debug, Default)]
pub(super) struct Text<'t> {
    pub raw: &'t str,
    pub tokens: Vec<Token>,
    folded: String,
}

/// Longest word that is looked at; a longer run of letters is no word, and its beginning stands for it.
const WORD_BYTES: usize = 64;

impl<'t> Text<'t> {
    /// Reads a text.
    pub fn new(raw: &'t str) -> Self {
        let mut text =
            Self { raw, tokens: Vec::with_capacity(raw.len() / 5 + 4), folded: String::with_capacity(raw.len() + 8) };
        let mut spaced = true;
        let mut characters = raw.char_indices().peekable();
        while let Some((start, first)) = characters.next() {
            if first.is_whitespace() {
                spaced = true;
                continue;
            }
            if !first.is_alphanumeric() {
                if let Some(mark) = mark(first) {
                    let folded = (text.folded.len(), text.folded.len());
                    let end = start + first.len_utf8();
                    text.tokens.push(Token { kind: Kind::Mark(mark), start, end, folded, spaced });
                    spaced = false;
                }
                continue;
            }
            let from = text.folded.len();
            fold(first, &mut text.folded);
            let mut end = start + first.len_utf8();
            while let Some(&(at, c)) = characters.peek() {
                if c.is_alphanumeric() || is_joint(c) && raw[at + c.len_utf8()..].starts_with(char::is_alphanumeric) {
                    if text.folded.len() - from < WORD_BYTES {
                        fold(c, &mut text.folded);
                    }
                    end = at + c.len_utf8();
                    characters.next();
                    // French elision: l'article, qu'un, d'avoir.
                    if matches!(c, '\'' | '’') && elides(&text.folded[from..]) {
                        break;
                    }
                } else {
                    break;
                }
            }
            let folded = (from, text.folded.len());
            text.tokens.push(Token { kind: Kind::Word, start, end, folded, spaced });
            spaced = false;
        }
        text
    }

    /// Number of tokens.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The word at a place in lower case; empty for a mark and beyond the end.
    pub fn word(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| &self.folded[token.folded.0..token.folded.1])
    }

    /// Whether there is a word at a place.
    pub fn is_word(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == Kind::Word)
    }

    /// The mark at a place.
    pub fn mark(&self, at: usize) -> Option<char> {
        match self.tokens.get(at)?.kind {
            Kind::Mark(mark) => Some(mark),
            Kind::Word => None,
        }
    }

    /// Whether the words of a phrase stand one after the other from a place on.
    pub fn has(&self, at: usize, phrase: &[&str]) -> bool {
        phrase.iter().enumerate().all(|(offset, word)| self.word(at + offset) == *word)
    }

    /// Whether the word at a place begins with a capital letter.
    pub fn is_capitalised(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| self.raw[token.start..].starts_with(char::is_uppercase))
    }

    /// The bytes of tokens from one place up to, not with, another.
    pub fn bytes(&self, tokens: Range<usize>) -> Range<usize> {
        match (self.tokens.get(tokens.start), tokens.end.checked_sub(1).and_then(|last| self.tokens.get(last))) {
            (Some(first), Some(last)) if tokens.start < tokens.end => first.start..last.end,
            (Some(first), _) => first.start..first.start,
            _ => self.raw.len()..self.raw.len(),
        }
    }
}

/// Characters that may stand inside a word: `user-friendly`, `I'd`, `e.g`, `v2.1`, `snake_case`.
fn is_joint(c: char) -> bool {
    matches!(c, '\'' | '’' | '-' | '‐' | '‑' | '.' | '_')
}

fn elides(folded: &str) -> bool {
    matches!(folded, "l'" | "d'" | "j'" | "qu'" | "n'" | "s'" | "c'" | "m'" | "t'" | "jusqu'" | "lorsqu'")
}

fn fold(c: char, into: &mut String) {
    match c {
        '’' => into.push('\''),
        '‐' | '‑' => into.push('-'),
        c if c.is_ascii() => into.push(c.to_ascii_lowercase()),
        c => into.extend(c.to_lowercase()),
    }
}

/// Marks that mean something; quotes, stars and other ornaments are passed over.
fn mark(c: char) -> Option<char> {
    match c {
        ',' | ';' | ':' | '.' | '!' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '/' | '&' | '+' | '<' | '>' | '|' => {
            Some(c)
        }
        '（' => Some('('),
        '）' => Some(')'),
        '，' | '、' => Some(','),
        '。' => Some('.'),
        '-' | '–' | '—' | '―' | '‒' => Some('-'),
        '…' => Some('…'),
        '\\' => Some('/'),
        '#' => Some('#'),
        _ => None,
    }
}

/// Character offsets of byte offsets, in one pass over the text. `bytes` must be sorted.
pub(super) fn characters(raw: &str, bytes: &[usize]) -> Vec<usize> {
    if raw.is_ascii() {
        return bytes.to_vec();
    }
    let mut offsets = Vec::with_capacity(bytes.len());
    let mut wanted = bytes.iter().peekable();
    let mut count = 0;
    for (at, _) in raw.char_indices() {
        while wanted.next_if(|&&byte| byte <= at).is_some() {
            offsets.push(count);
        }
        count += 1;
    }
    offsets.resize(bytes.len(), count);
    offsets
}
