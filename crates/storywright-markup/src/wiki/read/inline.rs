//! The pieces of a line.

use super::chunks::Searches;
use super::pictures;
use super::scan::{SPACES, parameter, reference, resolved, tag};
use crate::address;
use crate::tree::{Inline, Mark};

/// Delimiters of marks, as they stand between words and as they are forced between letters.
const DELIMITERS: [(&str, &str, Mark); 7] = [
    ("*", "{*}", Mark::Strong),
    ("_", "{_}", Mark::Emphasis),
    ("-", "{-}", Mark::Strike),
    ("+", "{+}", Mark::Insert),
    ("^", "{^}", Mark::Superscript),
    ("~", "{~}", Mark::Subscript),
    ("??", "{??}", Mark::Cite),
];

/// The pieces of a text; line feeds are line breaks.
pub(super) fn pieces(text: &str) -> Vec<Inline> {
    let reader = Reader { text, at: 0, words: String::new(), out: Vec::new(), open: Vec::new() };
    reader.run(&mut Searches::new(text))
}

/// A mark that is not closed yet; `at` is the place of its delimiter among the pieces.
struct Open {
    mark: Mark,
    forced: bool,
    at: usize,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Words that are no piece yet.
    words: String,
    out: Vec<Inline>,
    /// At most one for each mark, plain and forced.
    open: Vec<Open>,
}

impl<'a> Reader<'a> {
    fn run(mut self, searches: &mut Searches<'a>) -> Vec<Inline> {
        while let Some(c) = self.rest().chars().next() {
            let before = self.at;
            match c {
                '\n' => {
                    self.push(Inline::Break, 1);
                    // Marks end with their line.
                    self.open.clear();
                }
                '\\' => self.backslash(),
                '{' => self.brace(searches),
                '[' => {
                    if let Some((link, end)) = link_at(self.text, before) {
                        self.push(link.piece(), end - before);
                    }
                }
                '!' => {
                    if let Some((image, end)) = image_at(self.text, before) {
                        self.push(image, end - before);
                    }
                }
                '&' => {
                    if let Some((found, length)) = reference(self.rest()) {
                        self.words.push_str(&found);
                        self.at += length;
                    }
                }
                '*' | '_' | '-' | '+' | '^' | '~' | '?' => self.delimiter(),
                '(' | ':' | ';' => self.replace(pictures::at(self.rest(), self.previous())),
                'h' | 'f' | 'm' | 'i' | 'n' => {
                    if let Some(found) = address::bare(self.rest(), self.previous()) {
                        self.words.push_str(found);
                        self.at += found.len();
                    }
                }
                _ => {}
            }
            if self.at == before {
                self.words.push(c);
                self.at += c.len_utf8();
            }
        }
        self.flush();
        self.out
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The character before this place in the source.
    fn previous(&self) -> Option<char> {
        self.text.get(..self.at).and_then(|before| before.chars().next_back())
    }

    fn flush(&mut self) {
        if !self.words.is_empty() {
            self.out.push(Inline::Text(std::mem::take(&mut self.words)));
        }
    }

    fn push(&mut self, piece: Inline, length: usize) {
        self.flush();
        self.out.push(piece);
        self.at += length;
    }

    fn replace(&mut self, found: Option<(&'static str, usize)>) {
        if let Some((character, length)) = found {
            self.words.push_str(character);
            self.at += length;
        }
    }

    fn backslash(&mut self) {
        match self.rest().chars().nth(1) {
            Some('\\') => self.push(Inline::Break, 2),
            Some(c) if c.is_ascii_punctuation() => {
                self.words.push(c);
                self.at += 2;
            }
            _ => {}
        }
    }

    fn brace(&mut self, searches: &mut Searches<'a>) {
        if let Some((inside, end)) = searches.mono(self.at) {
            let code = unescaped(&self.text[inside]);
            self.push(Inline::Code(code), end - self.at);
            return;
        }
        let rest = self.rest();
        if let Some((_, forced, mark)) = DELIMITERS.iter().find(|(_, forced, _)| rest.starts_with(forced)) {
            let may_close = self.is_open(*mark, true);
            if may_close {
                self.close(*mark, true, forced.len());
            } else {
                self.open(*mark, true, forced.len());
            }
        } else if let Some(tag) = tag(self.text, self.at).filter(|tag| matches!(tag.name, "color" | "anchor")) {
            self.at = tag.end;
        }
    }

    fn delimiter(&mut self) {
        let rest = self.rest();
        let previous = self.previous();
        if let Some((dash, length)) = pictures::dash(rest, previous) {
            self.replace(Some((dash, length)));
            return;
        }
        let Some((plain, _, mark)) = DELIMITERS.iter().find(|(plain, ..)| rest.starts_with(plain)) else { return };
        let next = rest[plain.len()..].chars().next();
        let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let space = |c: Option<char>| c.is_none_or(char::is_whitespace);
        if !space(previous) && !letter(next) && self.is_open(*mark, false) && self.close(*mark, false, plain.len()) {
            return;
        }
        if !letter(previous) && !space(next) && !self.is_open(*mark, false) {
            self.open(*mark, false, plain.len());
        }
    }

    fn is_open(&self, mark: Mark, forced: bool) -> bool {
        self.open.iter().any(|open| open.mark == mark && open.forced == forced)
    }

    fn open(&mut self, mark: Mark, forced: bool, length: usize) {
        self.flush();
        self.open.push(Open { mark, forced, at: self.out.len() });
        let delimiter = self.rest().get(..length).unwrap_or_default().to_owned();
        self.push(Inline::Text(delimiter), length);
    }

    /// Closes a mark that is open; what was opened within it and not closed is text. A mark around nothing is none.
    fn close(&mut self, mark: Mark, forced: bool, length: usize) -> bool {
        self.flush();
        let Some(index) = self.open.iter().position(|open| open.mark == mark && open.forced == forced) else {
            return false;
        };
        let at = self.open.get(index).map_or(0, |open| open.at);
        if at + 1 >= self.out.len() {
            return false;
        }
        self.open.truncate(index);
        let inner = self.out.split_off(at + 1);
        // The delimiter itself.
        self.out.pop();
        self.push(Inline::Marked(mark, inner), length);
        true
    }
}

/// What stands between brackets.
pub(super) enum Link<'a> {
    Mention(&'a str),
    Attachment(String),
    Address { words: Option<&'a str>, target: &'a str },
}

impl Link<'_> {
    fn piece(self) -> Inline {
        match self {
            Self::Mention(name) => Inline::Mention(name.to_owned()),
            Self::Attachment(name) => Inline::Attachment(name),
            Self::Address { words, target } => Inline::Link {
                target: target.to_owned(),
                title: String::new(),
                content: words.map_or_else(|| vec![Inline::Text(target.to_owned())], pieces),
            },
        }
    }
}

/// The link that begins at `at`, and the place after it. Brackets around anything else are text.
pub(super) fn link_at(text: &str, at: usize) -> Option<(Link<'_>, usize)> {
    let bytes = text.as_bytes();
    let mut here = at + 1;
    let mut bar = None;
    loop {
        match bytes.get(here)? {
            b']' => break,
            b'[' | b'\n' => return None,
            b'\\' => here += 1,
            b'|' if bar.is_none() => bar = Some(here),
            // The bar of a picture is its own.
            b'!' if bar.is_none() => here = image_at(text, here).map_or(here, |(_, end)| end - 1),
            _ => {}
        }
        here += 1;
    }
    let end = here + 1;
    let inside = text.get(at + 1..here)?;
    if let Some(name) = inside.strip_prefix('~') {
        return address::is_user_name(name).then_some((Link::Mention(name), end));
    }
    if let Some(name) = inside.strip_prefix('^') {
        let name = unescaped(name);
        return address::is_file_name(&name).then_some((Link::Attachment(name), end));
    }
    let (words, rest) = match bar {
        Some(bar) => (Some(text.get(at + 1..bar)?), text.get(bar + 1..here)?),
        None => (None, inside),
    };
    // A third part is a tip for the pointer.
    let target = rest.split('|').next().unwrap_or(rest).trim();
    let leads = address::followable(target) || (target.starts_with('#') && target.len() > 1);
    let leads = leads && !target.contains(char::is_whitespace);
    leads
        .then_some((Link::Address { words: words.filter(|words| !words.trim_matches(SPACES).is_empty()), target }, end))
}

/// The picture that begins at `at`, and the place after it: its size goes, its words stay.
pub(super) fn image_at(text: &str, at: usize) -> Option<(Inline, usize)> {
    let rest = text.get(at + 1..)?;
    let end = rest.find(['!', '\n']).filter(|end| rest.as_bytes().get(*end) == Some(&b'!'))?;
    let inside = &rest[..end];
    let (source, parameters) = inside.split_once('|').unwrap_or((inside, ""));
    let elsewhere = address::is_web(source) && address::encoded(source) == source;
    if !elsewhere && !address::is_file_name(source) {
        return None;
    }
    let parameters = parameters.replace(',', "|");
    let alt = parameter(&parameters, "alt").unwrap_or_default();
    Some((Inline::Image { source: source.to_owned(), alt: resolved(alt.trim_matches('"')) }, at + end + 2))
}

/// The text without escapes and references.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let next = rest.chars().nth(1);
        let previous = text[..text.len() - rest.len()].chars().next_back();
        if let Some(found) = address::bare(rest, previous) {
            out.push_str(found);
            rest = &rest[found.len()..];
        } else if c == '\\' && next.is_some_and(|next| next.is_ascii_punctuation()) {
            out.extend(next);
            rest = &rest[2..];
        } else if let Some((found, length)) = reference(rest).filter(|_| c == '&') {
            out.push_str(&found);
            rest = &rest[length..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}
