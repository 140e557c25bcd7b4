//! One line of inline pieces.

use crate::escape::{self, Beside};
use crate::tree::{Inline, Mark};

/// Where a line stands, and so what a line break in it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A paragraph: a new line.
    Flow,
    /// A list item, a heading, a table cell: the line must go on.
    OneLine,
}

enum Token {
    Text(String),
    /// Markup that is ready.
    Ready(String),
    Open(Mark),
    Close(Mark),
    Break,
}

/// The pieces as wiki markup.
pub(crate) fn line(inlines: &[Inline], place: Place) -> String {
    let mut tokens = Vec::new();
    flatten(inlines, &mut Vec::new(), &mut tokens);
    write(&tokens, place).trim().to_owned()
}

fn flatten(inlines: &[Inline], active: &mut Vec<Mark>, tokens: &mut Vec<Token>) {
    for inline in inlines {
        match inline {
            Inline::Text(text) => match tokens.last_mut() {
                Some(Token::Text(before)) => before.push_str(text),
                _ => tokens.push(Token::Text(text.clone())),
            },
            Inline::Code(code) => tokens.extend(mono(code).map(Token::Ready)),
            Inline::Task(done) => tokens.push(Token::Ready(if *done { "\\[x\\] " } else { "\\[ \\] " }.to_owned())),
            Inline::Break => tokens.push(Token::Break),
            // Bold in bold is bold.
            Inline::Marked(mark, inner) if active.contains(mark) => flatten(inner, active, tokens),
            Inline::Marked(mark, inner) => {
                active.push(*mark);
                tokens.push(Token::Open(*mark));
                flatten(inner, active, tokens);
                tokens.push(Token::Close(*mark));
                active.pop();
            }
            Inline::Link(address, inner) => match link(address, inner) {
                Some(link) => tokens.push(Token::Ready(link)),
                None => flatten(inner, active, tokens),
            },
        }
    }
}

/// A link to an address that may be followed; nothing for any other.
fn link(address: &str, inner: &[Inline]) -> Option<String> {
    let address = address.trim();
    let scheme = address.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let address = match scheme.as_str() {
        "http" | "https" | "ftp" | "mailto" => address.to_owned(),
        // An address between angle brackets comes without its scheme.
        _ if address.contains('@') && !address.contains([':', '/', ' ']) => format!("mailto:{address}"),
        _ => return None,
    };
    let mut target = String::new();
    escape::encode(&address, &mut target);
    let same = matches!(inner, [Inline::Text(text)] if text.trim() == address);
    let text = if same { String::new() } else { line(inner, Place::OneLine) };
    Some(if text.is_empty() { format!("[{target}]") } else { format!("[{text}|{target}]") })
}

/// Monospaced text. Jira reads markup inside it, so it is escaped like any other.
fn mono(code: &str) -> Option<String> {
    let code = code.trim();
    if code.is_empty() {
        return None;
    }
    let mut inner = String::new();
    escape::text(code, Beside::Markup, Beside::Markup, false, &mut inner);
    // A brace beside the delimiters would be taken for one of theirs.
    if let Some(rest) = inner.strip_prefix("\\{") {
        inner = format!("&#123;{rest}");
    }
    if let Some(rest) = inner.strip_suffix("\\}") {
        inner = format!("{rest}&#125;");
    }
    Some(format!("{{{{{inner}}}}}"))
}

fn write(tokens: &[Token], place: Place) -> String {
    let mut out = String::new();
    let mut open: Vec<&'static str> = Vec::new();
    let mut line_start = true;
    for (index, token) in tokens.iter().enumerate() {
        match token {
            Token::Text(text) => {
                let text = if line_start { text.trim_start() } else { text };
                let before = if line_start { Beside::Nothing } else { Beside::Markup };
                let after = match tokens.get(index + 1) {
                    None | Some(Token::Break) => Beside::Nothing,
                    Some(_) => Beside::Markup,
                };
                escape::text(text, before, after, line_start, &mut out);
                line_start &= text.is_empty();
            }
            Token::Ready(ready) => {
                out.push_str(ready);
                line_start = false;
            }
            Token::Open(mark) => {
                let delimiter = delimiter(*mark, tokens, index);
                open.push(delimiter);
                out.push_str(delimiter);
                line_start = false;
            }
            Token::Close(_) => out.push_str(open.pop().unwrap_or_default()),
            Token::Break => {
                // What is set off may not span lines: it ends here and begins again.
                open.iter().rev().for_each(|delimiter| out.push_str(delimiter));
                out.push_str(if place == Place::Flow { "\n" } else { " \\\\ " });
                open.iter().for_each(|delimiter| out.push_str(delimiter));
                line_start = open.is_empty();
            }
        }
    }
    out
}

/// The delimiter of a mark: the plain one between non-letters, else the forced one.
fn delimiter(mark: Mark, tokens: &[Token], opened: usize) -> &'static str {
    let closed = closing(mark, tokens, opened);
    let before = match opened.checked_sub(1).and_then(|index| tokens.get(index)) {
        Some(Token::Text(text)) => text.chars().next_back(),
        _ => None,
    };
    let after = match tokens.get(closed + 1) {
        Some(Token::Text(text)) => text.chars().next(),
        _ => None,
    };
    let clings = |c: Option<char>| {
        c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '*' | '_' | '-' | '+' | '^' | '~' | '\\'))
    };
    match (mark, clings(before) || clings(after)) {
        (Mark::Strong, false) => "*",
        (Mark::Strong, true) => "{*}",
        (Mark::Emphasis, false) => "_",
        (Mark::Emphasis, true) => "{_}",
        (Mark::Strike, false) => "-",
        (Mark::Strike, true) => "{-}",
    }
}

fn closing(mark: Mark, tokens: &[Token], opened: usize) -> usize {
    let after = tokens.iter().skip(opened).position(|token| matches!(token, Token::Close(closed) if *closed == mark));
    after.map_or(tokens.len(), |distance| opened + distance)
}
