//! One line of inline pieces as Markdown, with words that mean themselves.

use super::tags;
use crate::address;
use crate::tree::{Inline, Mark};

/// Stands for the delimiter around words that are written apart from what is before them.
const INSIDE: char = '\u{1}';

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A paragraph.
    Flow,
    /// Behind the signs of a heading.
    Heading,
    /// Between the bars of a table.
    Cell,
    /// Between the brackets of a link.
    Link,
    /// The same within a table.
    CellLink,
}

impl Place {
    fn in_cell(self) -> bool {
        matches!(self, Self::Cell | Self::CellLink)
    }

    fn in_link(self) -> bool {
        matches!(self, Self::Link | Self::CellLink)
    }
}

/// The pieces as Markdown.
pub(super) fn line(content: &[Inline], place: Place) -> String {
    let mut out = String::new();
    pieces(content, place, &mut out);
    if place == Place::Heading && out.ends_with('#') {
        // Signs at the end of a heading are decoration.
        out.pop();
        out.push_str("\\#");
    }
    out
}

/// Plain words as Markdown.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::new();
    words(text, Around { line_start: false, after: None, place: Place::Flow }, &mut out);
    out
}

/// Words within the quotation marks of a fence's title.
pub(super) fn info(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("&quot;"),
            '`' => out.push_str("&#96;"),
            '\\' => out.push_str("&#92;"),
            '&' => out.push_str("&amp;"),
            c => out.push(c),
        }
    }
    out
}

fn pieces(content: &[Inline], place: Place, out: &mut String) {
    for (index, inline) in content.iter().enumerate() {
        let next = content.get(index + 1);
        match inline {
            Inline::Text(text) => {
                let line_start = place == Place::Flow && (out.is_empty() || out.ends_with('\n'));
                words(text, Around { line_start, after: next, place }, out);
            }
            Inline::Code(code) => self::code(code, place, out),
            Inline::Marked(mark, inner) => marked(*mark, inner, next, place, out),
            Inline::Link { target, title, content } => link(target, title, content, place, out),
            Inline::Image { source, alt } => {
                let mut words = String::new();
                pieces(&[Inline::Text(alt.clone())], Place::Cell, &mut words);
                out.push_str(&format!("![{words}]({})", destination(source)));
            }
            Inline::Mention(name) => {
                // What follows could make it a link or the definition of one.
                let plain = match next {
                    Some(Inline::Text(text)) => !text.starts_with(['(', '[', ':']),
                    Some(Inline::Link { .. } | Inline::Mention(_) | Inline::Attachment(_) | Inline::Raw(_)) => false,
                    _ => true,
                };
                out.push_str(&format!("[~{name}]{}", if plain { "" } else { "[]" }));
            }
            Inline::Attachment(name) => {
                let target = format!("{}{name}", address::ATTACHMENT);
                link(&target, "", &[Inline::Text(name.clone())], place, out);
            }
            Inline::Break if place == Place::Flow => out.push_str("\\\n"),
            Inline::Break => out.push_str("<br>"),
            Inline::Raw(source) if place.in_cell() => out.push_str(&source.replace('|', "\\|")),
            Inline::Raw(source) => out.push_str(source),
        }
    }
}

/// How the two sides of a delimiter look to Markdown. What is neither for certain is taken as whatever spoils more.
fn is_space(c: Option<char>) -> bool {
    c.is_none_or(char::is_whitespace)
}

fn is_letter(c: Option<char>) -> bool {
    c.is_some_and(char::is_alphanumeric)
}

fn is_sign(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_ascii_punctuation() || c == INSIDE)
}

fn marked(mark: Mark, inner: &[Inline], next: Option<&Inline>, place: Place, out: &mut String) {
    let mut inside = String::new();
    // What stands at the begin of this line decides about the signs of blocks, not what stands in the mark.
    inside.push(INSIDE);
    pieces(inner, place, &mut inside);
    let inside = &inside[INSIDE.len_utf8()..];
    let before = out.chars().next_back();
    let after = match next {
        None => Some(' '),
        Some(Inline::Text(text)) => text.chars().next(),
        Some(_) => Some('*'),
    };
    // At the end of a mark within a mark, the delimiter of the outer one follows.
    let (first, last) = (inside.chars().next(), inside.chars().next_back());
    let opens = !is_space(first) && (is_letter(first) || is_space(before) || is_sign(before));
    let closes = !is_space(last) && (is_letter(last) || is_space(after) || is_sign(after));
    let delimiter = match mark {
        Mark::Strong if opens && closes => "**",
        Mark::Strike if opens && closes => "~~",
        Mark::Emphasis if opens && closes && !is_letter(before) && !is_letter(after) => {
            let sides = (is_space(before) || is_sign(before)) && (is_space(after) || is_sign(after));
            if sides { "_" } else { "" }
        }
        _ => "",
    };
    if delimiter.is_empty() {
        let name = tags::name(mark);
        out.push_str(&format!("<{name}>{inside}</{name}>"));
    } else {
        out.push_str(&format!("{delimiter}{inside}{delimiter}"));
    }
}

fn code(code: &str, place: Place, out: &mut String) {
    // A cell ends at a bar even in code, and a backslash before it is no plain backslash.
    let barred = place.in_cell() && code.contains('|');
    // A bracket in it could end a link at the begin of a paragraph, as if it were the definition of one.
    let bracketed = place.in_link() && code.contains([']', '[']);
    if bracketed || (barred && code.contains("\\|")) || code.chars().all(|c| c == ' ') {
        let mut inside = String::from(INSIDE);
        words(code, Around { line_start: false, after: None, place }, &mut inside);
        out.push_str(&format!("<code>{}</code>", &inside[INSIDE.len_utf8()..]));
        return;
    }
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let pad = if code.starts_with('`') || code.ends_with('`') { " " } else { "" };
    let code = if barred { code.replace('|', "\\|") } else { code.to_owned() };
    out.push_str(&format!("{fence}{pad}{code}{pad}{fence}"));
}

fn link(target: &str, title: &str, content: &[Inline], place: Place, out: &mut String) {
    let same = matches!(content, [Inline::Text(text)] if text == target);
    if same && title.is_empty() && !place.in_cell() && address::followable(target) {
        out.push_str(&format!("<{target}>"));
        return;
    }
    let mut inside = String::from(INSIDE);
    pieces(content, if place.in_cell() { Place::CellLink } else { Place::Link }, &mut inside);
    let title = if title.is_empty() { String::new() } else { format!(" \"{}\"", quoted(title, place)) };
    out.push_str(&format!("[{}]({}{title})", &inside[INSIDE.len_utf8()..], destination(target)));
}

fn quoted(title: &str, place: Place) -> String {
    let title = info(title);
    if place.in_cell() { title.replace('|', "&#124;") } else { title }
}

/// The target of a link or the source of a picture.
fn destination(target: &str) -> String {
    let mut out = String::with_capacity(target.len());
    for (index, c) in target.char_indices() {
        match c {
            '&' if address::is_reference(&target[index + 1..]) => out.push_str("&amp;"),
            '\\' => out.push_str("&#92;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '|' => out.push_str("&#124;"),
            '`' => out.push_str("&#96;"),
            c => out.push(c),
        }
    }
    if out.is_empty() || out.contains([' ', '(', ')', '<']) { format!("<{out}>") } else { out }
}

/// What stands around words.
struct Around<'a> {
    /// Whether nothing stands before them on their line.
    line_start: bool,
    after: Option<&'a Inline>,
    place: Place,
}

fn words(text: &str, around: Around<'_>, out: &mut String) {
    let mut rest = text;
    if around.line_start {
        rest = start_of_line(rest, out);
    }
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        let previous = out.chars().next_back();
        let next = rest.chars().next();
        let escaped = match c {
            '`' | '[' | ']' => true,
            // Alone between spaces it means itself.
            '*' | '_' if previous == Some(' ') && next == Some(' ') => false,
            '*' => true,
            '~' => matches!(previous, Some('~' | INSIDE)) || next.is_none_or(|next| !next.is_ascii_digit()),
            '_' => !(is_letter(previous) && is_letter(next)),
            // Before a letter it is no escape.
            '\\' => next.is_none_or(|next| next.is_ascii_punctuation()),
            '<' => next.is_none_or(|next| next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?')),
            '!' => next == Some('[') || (next.is_none() && around.after.is_some()),
            '&' => address::is_reference(rest),
            '|' => around.place.in_cell(),
            _ => false,
        };
        if escaped {
            out.push('\\');
        }
        out.push(c);
    }
}

/// Escapes what would make a line a heading, a list, a quote, a rule or a table; gives the rest.
fn start_of_line<'a>(text: &'a str, out: &mut String) -> &'a str {
    let Some(first) = text.chars().next() else { return text };
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match first {
        '#' | '>' | '+' | '-' | '=' | '|' | ':' | '$' => {
            let signs = text.bytes().take_while(|byte| *byte == b'#').count();
            let next = text[signs.max(1)..].chars().next();
            let means_block = match first {
                '#' => signs <= 6 && is_space(next),
                '+' => is_space(next),
                '-' => is_space(next) || matches!(next, Some('-' | '|' | ':')),
                '=' => text.trim_end_matches([' ', '=']).is_empty(),
                ':' => matches!(next, Some('-')),
                '$' => matches!(next, Some('$')),
                _ => true,
            };
            if means_block {
                out.push('\\');
            }
            out.push(first);
            &text[1..]
        }
        _ if (1..=9).contains(&digits) && text[digits..].starts_with(['.', ')']) => {
            let next = text[digits + 1..].chars().next();
            out.push_str(&text[..digits]);
            if is_space(next) {
                out.push('\\');
            }
            out.push_str(&text[digits..=digits]);
            &text[digits + 1..]
        }
        _ => text,
    }
}
