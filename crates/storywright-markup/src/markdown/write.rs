//! The tree as Markdown.

use super::escape::{self, Place};
use crate::normal::normalise;
use crate::tree::{Align, Block, Cell, Document, Item, PanelKind};

/// The tree as Markdown. Everything that the tree holds has a form in it, so that reading it back gives the same tree.
///
/// ```
/// use storywright_markup::{parse_wiki, render_markdown};
/// let document = parse_wiki("h2. Goal\n\n* fast\n* H{~}2{~}O");
/// assert_eq!(render_markdown(&document), "## Goal\n\n- fast\n- H<sub>2</sub>O");
/// ```
#[must_use]
pub fn render_markdown(document: &Document) -> String {
    sequence(&normalise(document).blocks, false).join("\n")
}

/// Lines of blocks with an empty line between them.
fn sequence(blocks: &[Block], inside: bool) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for block in blocks {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.append(&mut one(block, inside));
    }
    lines
}

fn one(block: &Block, inside: bool) -> Vec<String> {
    match block {
        Block::Paragraph(content) => split(&escape::line(content, Place::Flow)),
        Block::Heading { level, content } => {
            vec![format!("{} {}", "#".repeat(usize::from(*level)), escape::line(content, Place::Heading))]
        }
        Block::Quote(blocks) => sequence(blocks, true).into_iter().map(quoted).collect(),
        Block::Panel { kind, title, blocks } => panel(*kind, title, blocks),
        Block::Code { language, title, text } => code(language, title, text),
        Block::List { start, items } => list(*start, items),
        Block::Table { align, head, rows } => table(align, head, rows),
        // Between list items three hyphens would be a rule of the page.
        Block::Rule => vec![if inside { "***" } else { "---" }.to_owned()],
        Block::Raw { source, .. } => split(source),
    }
}

fn split(text: &str) -> Vec<String> {
    text.split('\n').map(str::to_owned).collect()
}

fn quoted(line: String) -> String {
    if line.is_empty() { ">".to_owned() } else { format!("> {line}") }
}

fn panel(kind: PanelKind, title: &str, blocks: &[Block]) -> Vec<String> {
    let name = if kind == PanelKind::Plain { "PANEL".to_owned() } else { kind.name().to_ascii_uppercase() };
    let mut lines = vec![format!("[!{name}] {}", escape::plain(title)).trim_end_matches(' ').to_owned()];
    if !matches!(blocks.first(), None | Some(Block::Paragraph(_))) {
        lines.push(String::new());
    }
    lines.append(&mut sequence(blocks, true));
    lines.into_iter().map(quoted).collect()
}

fn code(language: &str, title: &str, text: &str) -> Vec<String> {
    let mut info = language.to_owned();
    if !title.is_empty() {
        if !info.is_empty() {
            info.push(' ');
        }
        info.push_str(&format!("title=\"{}\"", escape::info(title)));
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    let mut lines = vec![format!("{fence}{info}")];
    if !text.is_empty() {
        lines.append(&mut split(text));
    }
    lines.push(fence);
    lines
}

fn list(start: Option<u64>, items: &[Item]) -> Vec<String> {
    let mut lines = Vec::new();
    let loose = items.iter().any(|item| item.blocks.windows(2).any(|pair| !close(pair)));
    for (number, item) in (start.unwrap_or_default()..).zip(items) {
        if loose && !lines.is_empty() {
            lines.push(String::new());
        }
        let marker = match start {
            Some(_) => format!("{}. ", number.min(999_999_999)),
            None => "- ".to_owned(),
        };
        let indent = " ".repeat(marker.len());
        for (index, line) in self::item(item).into_iter().enumerate() {
            lines.push(match (index, line.is_empty()) {
                (0, _) => format!("{marker}{line}"),
                (_, true) => String::new(),
                (_, false) => format!("{indent}{line}"),
            });
        }
    }
    lines
}

fn item(item: &Item) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut previous: Option<&Block> = None;
    for block in &item.blocks {
        if previous.is_some_and(|previous| !close(&[previous.clone(), block.clone()])) {
            lines.push(String::new());
        }
        lines.append(&mut one(block, true));
        previous = Some(block);
    }
    if let (Some(done), Some(first)) = (item.task, lines.first_mut()) {
        first.insert_str(0, if done { "[x] " } else { "[ ] " });
    }
    lines
}

/// Whether two blocks of an item need no empty line between them: words and the list below them.
fn close(pair: &[Block]) -> bool {
    let [Block::Paragraph(_), Block::List { start: None | Some(1), items }] = pair else { return false };
    matches!(items.first().and_then(|item| item.blocks.first()), Some(Block::Paragraph(_)))
}

fn table(align: &[Align], head: &[Cell], rows: &[Vec<Cell>]) -> Vec<String> {
    let width = rows.first().map_or(head.len(), Vec::len);
    let row = |cells: &[Cell]| {
        let cells: Vec<String> = cells.iter().map(|cell| escape::line(cell, Place::Cell)).collect();
        format!("| {} |", cells.join(" | "))
    };
    let rule = (0..width).map(|column| match align.get(column) {
        None | Some(Align::Default) => "---",
        Some(Align::Left) => ":--",
        Some(Align::Center) => ":-:",
        Some(Align::Right) => "--:",
    });
    let rule: Vec<&str> = rule.collect();
    // A table without a head has an empty one.
    let head = if head.is_empty() { row(&vec![Cell::new(); width]) } else { row(head) };
    let mut lines = vec![head, format!("| {} |", rule.join(" | "))];
    lines.extend(rows.iter().map(|cells| row(cells)));
    lines
}
