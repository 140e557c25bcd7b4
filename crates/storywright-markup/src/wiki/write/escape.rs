//! Making text mean itself in Jira.

use crate::address;
use std::fmt::Write as _;

/// Stands for markup that touches a text without a space in between.
pub(super) const MARKUP: char = '\u{1}';

/// The same, when it is the opening delimiter of a mark before the text.
pub(super) const OPENED: char = '\u{2}';

/// Pictures that Jira draws for parentheses, without the opening one.
const ICONS: [&str; 20] = [
    "y)", "n)", "i)", "/)", "x)", "!)", "+)", "-)", "?)", "on)", "off)", "*)", "*r)", "*g)", "*b)", "*y)", "flag)",
    "flagoff)", "bulb)", "star)",
];

/// What stands around a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around {
    /// The character before it; a space at the begin of a line.
    pub(super) before: char,
    /// The character after it; a space at the end of a line.
    pub(super) after: char,
    /// Whether nothing stands before it on its line.
    pub(super) line_start: bool,
}

/// Appends `text` so that Jira shows it as it is.
pub(super) fn text(text: &str, around: Around, out: &mut String) {
    let mut rest = text;
    let mut previous = around.before;
    let mut earlier = ' ';
    if around.line_start {
        rest = start_of_line(rest, out);
        if rest.len() < text.len() {
            previous = MARKUP;
        }
    }
    while let Some(c) = rest.chars().next() {
        if let Some(address) = address::bare(rest, Some(previous)) {
            out.push_str(address);
            previous = address.chars().next_back().unwrap_or(previous);
            rest = &rest[address.len()..];
            continue;
        }
        rest = &rest[c.len_utf8()..];
        let next = rest.chars().next().unwrap_or(around.after);
        if c == '\\' {
            // A backslash cannot be escaped by another: two are a line break.
            out.push_str("&bsol;");
        } else {
            if must_escape(c, (earlier, previous), next, rest) {
                out.push('\\');
            }
            out.push(c);
        }
        earlier = previous;
        previous = c;
    }
}

fn must_escape(c: char, (earlier, previous): (char, char), next: char, rest: &str) -> bool {
    match c {
        '{' | '}' | '[' | ']' | '|' => true,
        // Alone between spaces and inside a word they mean themselves; a run of hyphens would become a dash.
        '*' | '_' | '+' | '^' | '~' | '-' => {
            let alone = previous.is_whitespace() && next.is_whitespace();
            let inside = previous.is_alphanumeric() && next.is_alphanumeric();
            !alone && !inside
        }
        '?' => [previous, next].iter().any(|c| matches!(*c, '?' | MARKUP | OPENED)),
        '!' => !next.is_whitespace(),
        '(' => {
            let following: String = rest.chars().take(8).collect::<String>().to_ascii_lowercase();
            ICONS.iter().any(|icon| following.starts_with(icon))
        }
        // After the delimiter of a mark it could be the marker of a list.
        '#' => previous == OPENED,
        // There it could end a picture, too: `(*)`, `(*r)`.
        ')' => previous == OPENED || (earlier == OPENED && matches!(previous, 'r' | 'g' | 'b' | 'y')),
        ':' => matches!(next, ')' | '(' | 'P' | 'p' | 'D' | '-'),
        ';' => matches!(next, ')' | '-'),
        '&' => address::is_reference(rest),
        _ => false,
    }
}

/// Escapes what would make a line a list, a heading, a quote, a table or a rule; gives the rest.
fn start_of_line<'a>(text: &'a str, out: &mut String) -> &'a str {
    for marker in ["h1.", "h2.", "h3.", "h4.", "h5.", "h6.", "bq."] {
        if let Some(rest) = text.strip_prefix(marker) {
            out.push_str(marker.trim_end_matches('.'));
            out.push_str("&#46;");
            return rest;
        }
    }
    let markers = text.find(|c| !matches!(c, '*' | '#' | '-')).unwrap_or(text.len());
    for c in text[..markers].chars() {
        out.push('\\');
        out.push(c);
    }
    &text[markers..]
}

/// Monospaced text. Jira reads markup inside it, so it is escaped like any other.
pub(super) fn mono(code: &str) -> String {
    let mut inner = String::new();
    text(code, Around { before: MARKUP, after: MARKUP, line_start: false }, &mut inner);
    // A brace beside the delimiters would be taken for one of theirs.
    if let Some(rest) = inner.strip_prefix("\\{") {
        inner = format!("&#123;{rest}");
    }
    if let Some(rest) = inner.strip_suffix("\\}") {
        inner = format!("{rest}&#125;");
    }
    format!("{{{{{inner}}}}}")
}

/// The value of a macro's parameter or of a picture's: what could end it becomes a reference.
pub(super) fn parameter(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for (index, c) in value.char_indices() {
        let ends = matches!(c, '|' | '{' | '}' | '!' | '[' | ']' | '"' | '\\' | '<' | '>');
        if ends || (c == '&' && address::is_reference(&value[index + 1..])) {
            // Writing to a string cannot fail.
            let _ = write!(out, "&#{};", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}
