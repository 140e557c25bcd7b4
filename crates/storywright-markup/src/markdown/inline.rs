//! Inline pieces while they are read: pairs of HTML tags become marks.

use super::tags::{self, Element};
use crate::address;
use crate::tree::{Inline, MAX_DEPTH, Mark, text_of};
use pulldown_cmark::Tag;

/// What Markdown knows nothing of between single brackets.
pub(super) enum Reference<'a> {
    /// `[~name]`
    Mention(&'a str),
    /// `[!NOTE]`
    Panel,
}

impl<'a> Reference<'a> {
    pub(super) fn of(label: &'a str) -> Option<Self> {
        let rest = label.get(1..)?;
        match label.as_bytes().first()? {
            b'~' => address::is_user_name(rest).then_some(Self::Mention(rest)),
            b'!' => {
                let known = ["note", "tip", "important", "warning", "caution", "info", "panel"];
                known.iter().any(|known| known.eq_ignore_ascii_case(rest)).then_some(Self::Panel)
            }
            _ => None,
        }
    }
}

/// Pieces of a line, with the HTML tags that wait for their end.
#[derive(Default)]
pub(super) struct Pieces {
    out: Vec<Inline>,
    open: Vec<(Element, usize)>,
}

impl Pieces {
    pub(super) fn push(&mut self, piece: Inline) {
        self.out.push(piece);
    }

    pub(super) fn extend(&mut self, pieces: Vec<Inline>) {
        self.out.extend(pieces);
    }

    /// Whether the line so far begins with the marker of a panel.
    pub(super) fn is_marker_line(&self) -> bool {
        matches!(self.out.first(), Some(Inline::Raw(marker)) if marker.starts_with("[!"))
            && !self.out.contains(&Inline::Break)
    }

    /// An HTML tag, a comment or the like.
    pub(super) fn html(&mut self, html: &str) {
        if tags::is_break(html) {
            self.out.push(Inline::Break);
            return;
        }
        match tags::known(html) {
            Some((element, false)) if self.open.len() < MAX_DEPTH => {
                self.open.push((element, self.out.len()));
                self.out.push(Inline::Raw(html.to_owned()));
            }
            Some((element, true)) => match self.open.iter().rposition(|(open, _)| *open == element) {
                Some(index) => self.close(element, index),
                None => self.out.push(Inline::Raw(html.to_owned())),
            },
            _ => self.out.push(Inline::Raw(html.to_owned())),
        }
    }

    fn close(&mut self, element: Element, index: usize) {
        let at = self.open.get(index).map_or(0, |(_, at)| *at);
        self.open.truncate(index);
        let inner = self.out.split_off((at + 1).min(self.out.len()));
        // The opening tag itself.
        self.out.pop();
        self.out.push(match element {
            Element::Mark(mark) => Inline::Marked(mark, inner),
            Element::Code => Inline::Code(text_of(&inner)),
        });
    }

    pub(super) fn finish(self) -> Vec<Inline> {
        self.out
    }

    /// What there is, if there is anything, leaving nothing.
    pub(super) fn take(&mut self) -> Option<Vec<Inline>> {
        let pieces = std::mem::take(self).out;
        (!pieces.is_empty()).then_some(pieces)
    }
}

/// The mark that a tag stands for.
pub(super) fn mark(tag: &Tag<'_>) -> Option<Mark> {
    match tag {
        Tag::Strong => Some(Mark::Strong),
        Tag::Emphasis => Some(Mark::Emphasis),
        Tag::Strikethrough => Some(Mark::Strike),
        Tag::Superscript => Some(Mark::Superscript),
        Tag::Subscript => Some(Mark::Subscript),
        _ => None,
    }
}
