//! Tables: cells are lines, whatever was in them.

use super::dom::Element;
use super::{blocks, inline};
use crate::tree::{Block, Cell, Inline, Mark, text_of};

/// Most columns that a cell may span, and most rows: a page may claim any number.
const WIDEST: usize = 100;

/// The table, with its caption before it.
pub(super) fn table(element: &Element) -> Vec<Block> {
    let mut out = Vec::new();
    if let Some(caption) = element.elements().find(|child| child.name == "caption") {
        out.push(Block::Paragraph(vec![Inline::Marked(Mark::Strong, inline::content(caption))]));
    }
    let mut found = Vec::new();
    rows(element, false, &mut found);
    let mut filled = Filler::default();
    let mut rows = found.into_iter().map(|(row, in_head)| filled.row(row, in_head)).peekable();
    let first = rows.next_if(|row| !row.is_empty() && row.iter().all(|(head, _)| *head));
    let head = first.unwrap_or_default().into_iter().map(|(_, cell)| cell).collect();
    let strong = |(head, cell): (bool, Cell)| if head { vec![Inline::Marked(Mark::Strong, cell)] } else { cell };
    let rows = rows.map(|row| row.into_iter().map(strong).collect()).collect();
    out.push(Block::Table { align: Vec::new(), head, rows });
    out
}

/// The rows of this table, not of tables in it, each with whether it stands in the head.
fn rows<'a>(element: &'a Element, in_head: bool, out: &mut Vec<(&'a Element, bool)>) {
    for child in element.elements().filter(|child| !child.is_hidden()) {
        match child.name.as_str() {
            "tr" => out.push((child, in_head)),
            "thead" => rows(child, true, out),
            "tbody" | "tfoot" => rows(child, false, out),
            _ => {}
        }
    }
}

/// Fills what cells span: empty cells beside and below them.
#[derive(Default)]
struct Filler {
    /// For each column, in how many more rows a cell from above reaches into it.
    below: Vec<usize>,
}

impl Filler {
    fn row(&mut self, row: &Element, in_head: bool) -> Vec<(bool, Cell)> {
        let mut cells: Vec<(bool, Cell)> = Vec::new();
        for element in row.elements().filter(|child| matches!(child.name.as_str(), "td" | "th")) {
            self.skip(&mut cells, in_head);
            let span = |name: &str| {
                let span = element.attribute(name).and_then(|span| span.trim().parse().ok());
                span.unwrap_or(1_usize).clamp(1, WIDEST)
            };
            let head = in_head || element.name == "th";
            let (columns, down) = (span("colspan"), span("rowspan"));
            for column in 0..columns {
                if self.below.len() <= cells.len() {
                    self.below.resize(cells.len() + 1, 0);
                }
                if let Some(below) = self.below.get_mut(cells.len()) {
                    *below = down - 1;
                }
                cells.push((head, if column == 0 { lines(element) } else { Cell::new() }));
            }
        }
        self.skip(&mut cells, in_head);
        cells
    }

    fn skip(&mut self, cells: &mut Vec<(bool, Cell)>, in_head: bool) {
        while let Some(below) = self.below.get_mut(cells.len()).filter(|below| **below > 0) {
            *below -= 1;
            cells.push((in_head, Cell::new()));
        }
    }
}

/// The blocks of a cell as lines.
fn lines(cell: &Element) -> Cell {
    let mut out = Cell::new();
    flatten(&blocks(cell), "", &mut out);
    out
}

fn flatten(blocks: &[Block], before: &str, out: &mut Cell) {
    for block in blocks {
        match block {
            Block::Paragraph(content) | Block::Heading { content, .. } => add(before, content.clone(), out),
            Block::Quote(inner) => flatten(inner, before, out),
            Block::Panel { kind, title, blocks } => {
                let title = kind.titled(title);
                if !title.trim().is_empty() {
                    add(before, vec![Inline::Marked(Mark::Strong, vec![Inline::Text(title)])], out);
                }
                flatten(blocks, before, out);
            }
            Block::Code { title, text, .. } => {
                if !title.trim().is_empty() {
                    add(before, vec![Inline::Text(title.clone())], out);
                }
                for line in text.lines().filter(|line| !line.trim().is_empty()) {
                    add(before, vec![Inline::Code(line.to_owned())], out);
                }
            }
            Block::List { start, items } => {
                for (number, item) in (start.unwrap_or_default()..).zip(items) {
                    let marker = if start.is_some() { format!("{number}. ") } else { "• ".to_owned() };
                    let task = match item.task {
                        None => "",
                        Some(true) => "[x] ",
                        Some(false) => "[ ] ",
                    };
                    flatten(&item.blocks, &format!("{before}{marker}{task}"), out);
                }
            }
            // A table in a table: its rows as lines.
            Block::Table { head, rows, .. } => {
                for row in std::iter::once(head).chain(rows).filter(|row| !row.is_empty()) {
                    let words: Vec<String> = row.iter().map(|cell| text_of(cell).trim().to_owned()).collect();
                    add(before, vec![Inline::Text(words.join(" | "))], out);
                }
            }
            Block::Raw { source, .. } => add(before, vec![Inline::Text(source.clone())], out),
            Block::Rule => {}
        }
    }
}

fn add(before: &str, mut content: Vec<Inline>, out: &mut Cell) {
    let says_something = !text_of(&content).trim().is_empty();
    if !says_something {
        return;
    }
    if !out.is_empty() {
        out.push(Inline::Break);
    }
    if !before.is_empty() {
        out.push(Inline::Text(before.to_owned()));
    }
    out.append(&mut content);
}
