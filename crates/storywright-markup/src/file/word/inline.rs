//! The pieces of a paragraph.

use super::body::{Depth, Reader};
use super::{attribute, child, elements, is_on};
use crate::tree::{Block, Inline, Mark};
use roxmltree::Node;
use storywright_domain::file::FileProblem;

/// Pieces of a line, and the blocks of text boxes that hang on it.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) pieces: Vec<Inline>,
    pub(super) boxes: Vec<Block>,
}

impl Reader<'_> {
    /// What is in a paragraph, or in an element within one.
    pub(super) fn line(&mut self, parent: Node<'_, '_>, line: &mut Line, depth: Depth) -> Result<(), FileProblem> {
        let depth = depth.deeper()?;
        for node in elements(parent) {
            match node.tag_name().name() {
                "r" => self.run(node, line, depth)?,
                "hyperlink" => self.link(node, line, depth)?,
                // What was taken out or moved away is not on the page.
                "del" | "moveFrom" | "Fallback" | "pPr" | "rPr" | "sdtPr" => {}
                "t" => push(&mut line.pieces, node.text().unwrap_or_default()),
                _ => self.line(node, line, depth)?,
            }
        }
        Ok(())
    }

    fn link(&mut self, node: Node<'_, '_>, line: &mut Line, depth: Depth) -> Result<(), FileProblem> {
        let mut inner = Line::default();
        self.line(node, &mut inner, depth)?;
        line.boxes.append(&mut inner.boxes);
        let target = attribute(node, "id").and_then(|id| self.links.target(id));
        match target.filter(|target| crate::address::followable(target)) {
            Some(target) if !inner.pieces.is_empty() => line.pieces.push(Inline::Link {
                target: target.to_owned(),
                title: String::new(),
                content: inner.pieces,
            }),
            _ => line.pieces.append(&mut inner.pieces),
        }
        Ok(())
    }

    fn run(&mut self, run: Node<'_, '_>, line: &mut Line, depth: Depth) -> Result<(), FileProblem> {
        let properties = child(run, "rPr");
        if is_on(properties, "vanish") {
            return Ok(());
        }
        let mut pieces = Vec::new();
        for node in elements(run) {
            match node.tag_name().name() {
                "t" => push(&mut pieces, node.text().unwrap_or_default()),
                "tab" => push(&mut pieces, " "),
                "noBreakHyphen" => push(&mut pieces, "-"),
                "br" | "cr" if !matches!(attribute(node, "type"), Some("page" | "column")) => {
                    pieces.push(Inline::Break)
                }
                "footnoteReference" => {
                    if let Some(id) = attribute(node, "id").filter(|id| id.bytes().all(|byte| byte.is_ascii_digit())) {
                        self.notes.insert(id.to_owned());
                        pieces.push(Inline::Raw(format!("[^{id}]")));
                    }
                }
                "AlternateContent" | "drawing" | "pict" | "object" => self.boxes(node, &mut line.boxes, depth)?,
                _ => {}
            }
        }
        for (property, mark) in [("b", Mark::Strong), ("i", Mark::Emphasis), ("strike", Mark::Strike)] {
            if is_on(properties, property) && !pieces.is_empty() {
                pieces = vec![Inline::Marked(mark, pieces)];
            }
        }
        line.pieces.append(&mut pieces);
        Ok(())
    }

    /// The text of text boxes in a drawing; of two forms for old and new programs, the first.
    fn boxes(&mut self, node: Node<'_, '_>, out: &mut Vec<Block>, depth: Depth) -> Result<(), FileProblem> {
        let depth = depth.deeper()?;
        for inner in elements(node) {
            match inner.tag_name().name() {
                "txbxContent" => out.append(&mut self.blocks_at(inner, depth)?),
                "Choice" => return self.boxes(inner, out, depth),
                _ => self.boxes(inner, out, depth)?,
            }
        }
        Ok(())
    }
}

fn push(pieces: &mut Vec<Inline>, text: &str) {
    match pieces.last_mut() {
        Some(Inline::Text(last)) => last.push_str(text),
        _ if text.is_empty() => {}
        _ => pieces.push(Inline::Text(text.to_owned())),
    }
}
