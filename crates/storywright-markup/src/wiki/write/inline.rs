//! One line of inline pieces.

use super::escape::{self, Around, MARKUP, OPENED};
use crate::address;
use crate::tree::{Inline, Mark};

/// Where a line stands, and so what a line break in it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A paragraph: a new line.
    Flow,
    /// Behind the marker of a list, or in a cell: the line must go on, and may not begin like a block.
    Item,
    /// Behind a heading's marker or a box: the line must go on.
    OneLine,
    /// Between the brackets of a link, where the first sign could make it another thing.
    Link,
}

enum Token<'a> {
    Text(&'a str),
    /// Markup that is ready.
    Ready(String),
    Open(Mark),
    Close,
    Break,
}

/// The pieces as wiki markup.
pub(super) fn line(inlines: &[Inline], place: Place) -> String {
    let mut tokens = Vec::new();
    flatten(inlines, &mut tokens);
    write(&tokens, place)
}

fn flatten<'a>(inlines: &'a [Inline], tokens: &mut Vec<Token<'a>>) {
    for inline in inlines {
        match inline {
            Inline::Text(text) | Inline::Raw(text) => tokens.push(Token::Text(text)),
            Inline::Code(code) => tokens.push(Token::Ready(escape::mono(code))),
            Inline::Break => tokens.push(Token::Break),
            Inline::Marked(mark, inner) => {
                tokens.push(Token::Open(*mark));
                flatten(inner, tokens);
                tokens.push(Token::Close);
            }
            Inline::Link { target, content, .. } => tokens.push(Token::Ready(link(target, content))),
            Inline::Image { source, alt } if alt.is_empty() => tokens.push(Token::Ready(format!("!{source}!"))),
            Inline::Image { source, alt } => {
                tokens.push(Token::Ready(format!("!{source}|alt={}!", escape::parameter(alt).replace(',', "&#44;"))));
            }
            Inline::Mention(name) => tokens.push(Token::Ready(format!("[~{name}]"))),
            Inline::Attachment(name) => tokens.push(Token::Ready(format!("[^{name}]"))),
        }
    }
}

fn link(target: &str, content: &[Inline]) -> String {
    match content {
        [Inline::Text(text)] if text == target => format!("[{target}]"),
        content => format!("[{}|{target}]", line(content, Place::Link)),
    }
}

fn write(tokens: &[Token<'_>], place: Place) -> String {
    let mut out = String::new();
    let mut open: Vec<&'static str> = Vec::new();
    let closings = closings(tokens);
    let mut line_start = matches!(place, Place::Flow | Place::Item);
    let edge = if place == Place::Link { MARKUP } else { ' ' };
    for (index, token) in tokens.iter().enumerate() {
        match token {
            Token::Text(text) => {
                let touching = index.checked_sub(1).and_then(|before| tokens.get(before));
                let beside = |token: Option<&Token<'_>>| match token {
                    None => edge,
                    Some(Token::Break) => ' ',
                    Some(Token::Open(_)) => OPENED,
                    Some(_) => MARKUP,
                };
                let (before, after) = (beside(touching), beside(tokens.get(index + 1)));
                escape::text(text, Around { before, after, line_start }, &mut out);
                line_start = false;
            }
            Token::Ready(ready) => {
                out.push_str(ready);
                line_start = false;
            }
            Token::Open(mark) => {
                let closed = closings.get(index).copied().unwrap_or(index);
                // Right behind a bracket, a plain `^` or `~` would name a file or a person.
                let forced = place == Place::Link && index == 0;
                let delimiter = delimiter(*mark, tokens, index, closed, forced);
                open.push(delimiter);
                out.push_str(delimiter);
                line_start = false;
            }
            Token::Close => out.push_str(open.pop().unwrap_or_default()),
            Token::Break if place == Place::Flow => {
                out.push('\n');
                line_start = true;
            }
            Token::Break => out.push_str(" \\\\ "),
        }
    }
    out
}

/// For every opening token the index of its closing one.
fn closings(tokens: &[Token<'_>]) -> Vec<usize> {
    let mut closings: Vec<usize> = (0..tokens.len()).collect();
    let mut open = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        match token {
            Token::Open(_) => open.push(index),
            Token::Close => {
                if let Some(closing) = open.pop().and_then(|opened: usize| closings.get_mut(opened)) {
                    *closing = index;
                }
            }
            _ => {}
        }
    }
    closings
}

/// The delimiter of a mark: the plain one between non-letters, else the forced one.
fn delimiter(mark: Mark, tokens: &[Token<'_>], opened: usize, closed: usize, forced: bool) -> &'static str {
    let before = match opened.checked_sub(1).and_then(|index| tokens.get(index)) {
        Some(Token::Text(text)) => text.chars().next_back(),
        _ => None,
    };
    let after = match tokens.get(closed + 1) {
        Some(Token::Text(text)) => text.chars().next(),
        _ => None,
    };
    // An address right before a plain delimiter would swallow it.
    let swallows = |index: Option<usize>| match index.and_then(|index| tokens.get(index)) {
        Some(Token::Text(text)) => text.rsplit(char::is_whitespace).next().is_some_and(address::may_be_in),
        _ => false,
    };
    let swallowed = swallows(opened.checked_sub(1)) || swallows(closed.checked_sub(1));
    let clings = |c: Option<char>| {
        c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '*' | '_' | '-' | '+' | '^' | '~' | '?' | '\\'))
    };
    // A plain delimiter touches its words.
    let inside = |index: Option<usize>| match index.and_then(|index| tokens.get(index)) {
        Some(Token::Text(text)) => *text,
        _ => "",
    };
    let last = inside(closed.checked_sub(1));
    let loose = inside(opened.checked_add(1)).starts_with(char::is_whitespace) || last.ends_with(char::is_whitespace);
    // `:-` begins a picture, and so does a parenthesis at the end: `*(*)`.
    let eyes = mark == Mark::Strike && (matches!(before, Some(':' | ';')) || last.ends_with([':', ';']));
    let picture = eyes || last.ends_with('(');
    match (mark, forced || loose || picture || clings(before) || clings(after) || swallowed) {
        (Mark::Strong, false) => "*",
        (Mark::Strong, true) => "{*}",
        (Mark::Emphasis, false) => "_",
        (Mark::Emphasis, true) => "{_}",
        (Mark::Strike, false) => "-",
        (Mark::Strike, true) => "{-}",
        (Mark::Insert, false) => "+",
        (Mark::Insert, true) => "{+}",
        (Mark::Superscript, false) => "^",
        (Mark::Superscript, true) => "{^}",
        (Mark::Subscript, false) => "~",
        (Mark::Subscript, true) => "{~}",
        (Mark::Cite, false) => "??",
        (Mark::Cite, true) => "{??}",
    }
}
