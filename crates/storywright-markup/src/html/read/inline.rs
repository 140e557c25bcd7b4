//! The pieces of lines in HTML.

use super::dom::{Element, Node};
use super::emoticons;
use crate::tree::{Block, Inline, Mark, text_of};

/// Pieces that are gathered until a block comes.
#[derive(Default)]
pub(super) struct Inlines {
    out: Vec<Inline>,
}

/// Everything in an element as pieces of one line.
pub(super) fn content(element: &Element) -> Vec<Inline> {
    let mut inlines = Inlines::default();
    inlines.children(element);
    inlines.out
}

impl Inlines {
    /// Words; spaces that do not break are spaces, as people type them for no reason that text has.
    pub(super) fn text(&mut self, text: &str) {
        self.out.push(Inline::Text(text.replace('\u{a0}', " ").replace('\u{200b}', "")));
    }

    /// Ends the paragraph.
    pub(super) fn flush(&mut self, blocks: &mut Vec<Block>) {
        if !self.out.is_empty() {
            blocks.push(Block::Paragraph(std::mem::take(&mut self.out)));
        }
    }

    fn children(&mut self, element: &Element) {
        for child in &element.children {
            match child {
                Node::Text(text) => self.text(text),
                Node::Element(child) if child.is_hidden() => {}
                Node::Element(child) => self.element(child),
            }
        }
    }

    pub(super) fn element(&mut self, element: &Element) {
        let mark = match element.name.as_str() {
            "strong" | "b" => Some(Mark::Strong),
            "em" | "i" | "dfn" | "var" => Some(Mark::Emphasis),
            "del" | "s" | "strike" => Some(Mark::Strike),
            "ins" | "u" => Some(Mark::Insert),
            "sup" => Some(Mark::Superscript),
            "sub" => Some(Mark::Subscript),
            "cite" => Some(Mark::Cite),
            "span" if element.has_class("status-macro") || element.has_class("aui-lozenge") => Some(Mark::Strong),
            _ => None,
        };
        if let Some(mark) = mark {
            self.out.push(Inline::Marked(mark, content(element)));
            return;
        }
        match element.name.as_str() {
            "br" => self.out.push(Inline::Break),
            "code" | "kbd" | "samp" | "tt" => self.out.push(Inline::Code(element.text().replace('\u{a0}', " "))),
            "a" => self.link(element),
            "img" => self.image(element),
            "time" => self.time(element),
            "input" => {}
            _ => {
                // A block where a line is wanted, such as a paragraph in a heading, stands apart by a space.
                let apart = super::is_block(&element.name);
                if apart {
                    self.text(" ");
                }
                self.children(element);
                if apart {
                    self.text(" ");
                }
            }
        }
    }

    fn link(&mut self, element: &Element) {
        let inner = content(element);
        if element.has_class("user-mention") || element.has_class("confluence-userlink") {
            let name = text_of(&inner);
            self.text(&format!("@{}", name.trim().trim_start_matches('@')));
            return;
        }
        let target = element.attribute("href").unwrap_or_default().trim();
        // Words that only lead elsewhere on the page, and what would run a script, stay as words.
        let scheme = target.split([':', '/', '?', '#']).next().unwrap_or_default().to_ascii_lowercase();
        let dangerous = matches!(scheme.as_str(), "javascript" | "vbscript" | "data");
        if target.is_empty() || target.starts_with('#') || dangerous {
            self.out.extend(inner);
        } else {
            self.out.push(Inline::Link { target: target.to_owned(), title: String::new(), content: inner });
        }
    }

    /// A picture by its file name.
    fn image(&mut self, element: &Element) {
        if let Some(character) = emoticons::of(element) {
            self.text(&character);
            return;
        }
        // Signs of issue types and avatars say what stands beside them already.
        if element.has_class("icon")
            || element.has_class("userLogo")
            || element.attribute("aria-hidden") == Some("true")
        {
            return;
        }
        let alt = element.attribute("alt").unwrap_or_default().trim();
        let named = element.attribute("data-linked-resource-default-alias").unwrap_or_default();
        let source = element.attribute("src").unwrap_or_default();
        let path = source.split(['?', '#']).next().unwrap_or_default();
        let last = path.rsplit('/').next().unwrap_or_default();
        let name = match (named, source.starts_with("data:")) {
            ("", true) => "image".to_owned(),
            ("", false) => decoded(last),
            (named, _) => named.to_owned(),
        };
        let alt = if alt == name { "" } else { alt };
        match (name.is_empty(), alt.is_empty()) {
            (true, true) => {}
            (true, false) => self.text(alt),
            (false, _) => self.out.push(Inline::Image { source: name, alt: alt.to_owned() }),
        }
    }

    fn time(&mut self, element: &Element) {
        let shown = element.text();
        let date = element.attribute("datetime").unwrap_or_default();
        self.text(if shown.trim().is_empty() { date } else { &shown });
    }
}

/// The name without the encoding of addresses.
fn decoded(name: &str) -> String {
    let bytes = name.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let hex = name.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (byte, hex) {
            (b'%', Some(decoded)) => {
                out.push(decoded);
                at += 3;
            }
            (b'+', _) => {
                out.push(b' ');
                at += 1;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
