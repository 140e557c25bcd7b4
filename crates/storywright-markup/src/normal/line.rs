//! Inline pieces in normal form.
//!
//! A line is taken apart into pieces that know their marks, white space is settled between neighbors, and the nesting is
//! built anew: equal marks on neighboring pieces become one.

use crate::address;
use crate::tree::{Inline, Mark, text_of};

/// What becomes of line breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breaks {
    /// They stay, one at a time.
    Single,
    /// They become spaces: a heading or a link is one line.
    Space,
}

/// A piece and the marks around it, outermost first.
struct Piece {
    marks: Vec<Mark>,
    atom: Atom,
}

enum Atom {
    Space,
    Break,
    Inline(Inline),
}

/// The pieces of one paragraph in normal form.
pub(crate) fn line(content: &[Inline], breaks: Breaks) -> Vec<Inline> {
    let mut lines = split_at_breaks(content, breaks);
    lines.retain(|line| !line.is_empty());
    join(lines)
}

/// The paragraphs that double line breaks make of it.
pub(super) fn split(content: &[Inline]) -> Vec<Vec<Inline>> {
    let lines = split_at_breaks(content, Breaks::Single);
    lines.split(|line| line.is_empty()).map(|lines| join(lines.to_vec())).collect()
}

fn join(lines: Vec<Vec<Inline>>) -> Vec<Inline> {
    let mut out: Vec<Inline> = Vec::new();
    for mut line in lines {
        if !out.is_empty() {
            out.push(Inline::Break);
        }
        out.append(&mut line);
    }
    out
}

fn split_at_breaks(content: &[Inline], breaks: Breaks) -> Vec<Vec<Inline>> {
    let mut pieces = Vec::new();
    Flattener { breaks, in_link: false, outer: Vec::new(), pieces: &mut pieces }.all(content, &mut Vec::new());
    pieces.split(|piece| matches!(piece.atom, Atom::Break)).map(one_line).collect()
}

struct Flattener<'a> {
    breaks: Breaks,
    in_link: bool,
    /// Marks around the link whose content this is.
    outer: Vec<Mark>,
    pieces: &'a mut Vec<Piece>,
}

impl Flattener<'_> {
    fn all(&mut self, content: &[Inline], marks: &mut Vec<Mark>) {
        for inline in content {
            match inline {
                Inline::Marked(mark, inner) if marks.contains(mark) || self.outer.contains(mark) => {
                    self.all(inner, marks);
                }
                Inline::Marked(mark, inner) => {
                    marks.push(*mark);
                    self.all(inner, marks);
                    marks.pop();
                }
                Inline::Link { content, .. } if self.in_link => self.all(content, marks),
                Inline::Link { target, title, content } => self.link(target, title, content, marks),
                Inline::Text(text) | Inline::Raw(text) if text.is_empty() => {}
                // The marker of a panel that is none.
                Inline::Raw(text) if text.starts_with("[!") => self.text(text, marks),
                Inline::Text(text) => self.text(text, marks),
                Inline::Code(code) => {
                    let code = super::words(code);
                    if !code.is_empty() {
                        self.push(marks, Atom::Inline(Inline::Code(code)));
                    }
                }
                Inline::Break => self.push(marks, if self.breaks == Breaks::Space { Atom::Space } else { Atom::Break }),
                Inline::Image { source, alt } => {
                    let (source, alt) = (super::words(source), super::words(alt));
                    if source.is_empty() {
                        self.text(&alt, marks);
                    } else {
                        self.push(marks, Atom::Inline(Inline::Image { source, alt }));
                    }
                }
                // What is no name that a markup could hold is words.
                Inline::Mention(name) if self.in_link || !address::is_user_name(name) => {
                    self.text(&format!("@{name}"), marks);
                }
                Inline::Attachment(name) if self.in_link || !address::is_file_name(name) => self.text(name, marks),
                Inline::Mention(_) | Inline::Attachment(_) => self.push(marks, Atom::Inline(inline.clone())),
                Inline::Raw(source) => self.push(marks, Atom::Inline(Inline::Raw(super::words(source)))),
            }
        }
    }

    /// Words, with the spaces around them as pieces of their own.
    fn text(&mut self, text: &str, marks: &[Mark]) {
        let text = clean(text);
        let words = text.trim_matches(' ');
        if text.starts_with(' ') {
            self.push(marks, Atom::Space);
        }
        if !words.is_empty() {
            self.push(marks, Atom::Inline(Inline::Text(words.to_owned())));
            if text.ends_with(' ') {
                self.push(marks, Atom::Space);
            }
        }
    }

    fn link(&mut self, target: &str, title: &str, content: &[Inline], marks: &mut Vec<Mark>) {
        if let Some(name) = target.strip_prefix(address::ATTACHMENT)
            && address::is_file_name(name)
            && content.iter().all(|piece| matches!(piece, Inline::Text(_)))
            && text_of(content) == name
        {
            self.push(marks, Atom::Inline(Inline::Attachment(name.to_owned())));
            return;
        }
        let target = super::target(target);
        if target.is_empty() {
            self.all(content, marks);
            return;
        }
        let mut pieces = Vec::new();
        Flattener { breaks: Breaks::Space, in_link: true, outer: marks.clone(), pieces: &mut pieces }
            .all(content, &mut Vec::new());
        let (before, after) = match (pieces.first(), pieces.last()) {
            (Some(first), Some(last)) => (matches!(first.atom, Atom::Space), matches!(last.atom, Atom::Space)),
            _ => (false, false),
        };
        let mut content = one_line(&pieces);
        if content.is_empty() {
            content.push(Inline::Text(target.clone()));
        }
        if before {
            self.push(marks, Atom::Space);
        }
        self.push(marks, Atom::Inline(Inline::Link { target, title: super::words(title), content }));
        if after {
            self.push(marks, Atom::Space);
        }
    }

    fn push(&mut self, marks: &[Mark], atom: Atom) {
        self.pieces.push(Piece { marks: marks.to_vec(), atom });
    }
}

/// The pieces of one line, with spaces settled and marks nested.
fn one_line(pieces: &[Piece]) -> Vec<Inline> {
    let mut settled: Vec<(Vec<Mark>, Inline)> = Vec::with_capacity(pieces.len());
    let mut space: Option<Vec<Mark>> = None;
    for piece in pieces {
        match &piece.atom {
            Atom::Space | Atom::Break => {
                space = Some(match space {
                    Some(before) => common(&before, &piece.marks),
                    None => piece.marks.clone(),
                });
            }
            Atom::Inline(inline) => {
                // A space belongs to a mark only between two pieces of it.
                if let (Some(own), Some((before, _))) = (space.take(), settled.last()) {
                    let marks = common(&common(&own, before), &piece.marks);
                    settled.push((marks, Inline::Text(" ".to_owned())));
                }
                settled.push((piece.marks.clone(), inline.clone()));
            }
        }
    }
    nest(&settled, 0)
}

fn common(a: &[Mark], b: &[Mark]) -> Vec<Mark> {
    a.iter().zip(b).take_while(|(a, b)| a == b).map(|(mark, _)| *mark).collect()
}

fn nest(pieces: &[(Vec<Mark>, Inline)], depth: usize) -> Vec<Inline> {
    let mut out: Vec<Inline> = Vec::new();
    let mut rest = pieces;
    while let Some(((marks, inline), after)) = rest.split_first() {
        let Some(mark) = marks.get(depth) else {
            push_joined(inline, &mut out);
            rest = after;
            continue;
        };
        let end = rest.iter().position(|(marks, _)| marks.get(depth) != Some(mark)).unwrap_or(rest.len());
        let (inside, outside) = rest.split_at(end);
        out.push(Inline::Marked(*mark, nest(inside, depth + 1)));
        rest = outside;
    }
    out
}

fn push_joined(inline: &Inline, out: &mut Vec<Inline>) {
    match (out.last_mut(), inline) {
        (Some(Inline::Text(before)), Inline::Text(text)) => before.push_str(text),
        (Some(Inline::Code(before)), Inline::Code(code)) => before.push_str(code),
        _ => out.push(inline.clone()),
    }
}

/// The text with runs of white space as one space and without control characters. Spaces that do not break stay.
pub(crate) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}') {
            if !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !c.is_control() {
            out.push(c);
        }
    }
    out
}
