//! The normal form of a tree: what it says, said in one way.

use crate::address;
use crate::language;
use crate::tree::{Align, Block, Cell, Document, Inline, Item, MAX_DEPTH, PanelKind, Raw};

mod line;

pub(crate) use line::{Breaks, clean, line};

/// The normal form: two trees that mean the same are equal after it, and every reader gives it.
///
/// It joins neighboring texts, marks, code pieces and lists of a kind; trims, and makes runs of white space one space;
/// moves spaces and line breaks out of the marks that they border on; splits paragraphs at double line breaks; takes
/// marks that are inside the same mark away, like links in links; makes words of names that are none; fills short rows of tables; encodes link targets; writes a
/// language by one name; puts the cells of a row that is far longer than the others into its last column; drops control characters and whatever says nothing. It throws no word away.
///
/// ```
/// use storywright_markup::{Block, Document, Inline, normalise};
/// let text = |words: &str| Inline::Text(words.to_owned());
/// let messy = Document { blocks: vec![Block::Paragraph(vec![text(" a  "), text("b"), Inline::Break])] };
/// let tidy = Document { blocks: vec![Block::Paragraph(vec![text("a b")])] };
/// assert_eq!(normalise(&messy), tidy);
/// ```
#[must_use]
pub fn normalise(document: &Document) -> Document {
    Document { blocks: blocks(&document.blocks, 0) }
}

fn blocks(from: &[Block], depth: usize) -> Vec<Block> {
    let mut out = Vec::with_capacity(from.len());
    for block in from {
        one(block, depth, &mut out);
    }
    out
}

fn one(block: &Block, depth: usize, out: &mut Vec<Block>) {
    match block {
        Block::Paragraph(content) => paragraphs(content, out),
        Block::Heading { level, content } => {
            let content = line(content, Breaks::Space);
            if !content.is_empty() {
                out.push(Block::Heading { level: (*level).clamp(1, 6), content });
            }
        }
        Block::Quote(inner) => {
            let inner = blocks(inner, depth + 1);
            if depth >= MAX_DEPTH {
                out.extend(inner);
            } else if !inner.is_empty() {
                out.push(Block::Quote(inner));
            }
        }
        Block::Panel { kind, title, blocks: inner } => panel(*kind, title, inner, depth, out),
        Block::Code { language, title, text } => out.push(Block::Code {
            language: language::canonical(language),
            title: words(title),
            text: code_text(text),
        }),
        Block::List { start, items } => list(*start, items, depth, out),
        Block::Table { align, head, rows } => table(align, head, rows, out),
        Block::Rule => out.push(Block::Rule),
        Block::Raw { kind, source } => {
            let source = code_text(source);
            match (kind, source.trim().is_empty()) {
                (_, true) => {}
                (Raw::Html | Raw::Comment | Raw::Footnote | Raw::Math, false) => {
                    out.push(Block::Raw { kind: *kind, source });
                }
            }
        }
    }
}

/// A paragraph; two line breaks in a row begin another.
fn paragraphs(content: &[Inline], out: &mut Vec<Block>) {
    for piece in line::split(content) {
        if !piece.is_empty() {
            out.push(Block::Paragraph(piece));
        }
    }
}

fn panel(kind: PanelKind, title: &str, inner: &[Block], depth: usize, out: &mut Vec<Block>) {
    let mut inner = blocks(inner, depth + 1);
    let title = words(title);
    let (kind, title) = match kind {
        PanelKind::Plain => PanelKind::of_title(&title),
        kind => (kind, title.as_str()),
    };
    if depth >= MAX_DEPTH {
        one(&Block::Paragraph(vec![Inline::Text(kind.titled(title))]), depth, out);
        out.append(&mut inner);
    } else if !inner.is_empty() || !title.is_empty() {
        out.push(Block::Panel { kind, title: title.to_owned(), blocks: inner });
    }
}

fn list(start: Option<u64>, items: &[Item], depth: usize, out: &mut Vec<Block>) {
    let mut tidy: Vec<Item> = items.iter().filter_map(|entry| item(entry, depth + 1)).collect();
    if depth >= MAX_DEPTH {
        out.extend(tidy.into_iter().flat_map(|item| item.blocks));
        return;
    }
    if tidy.is_empty() {
        return;
    }
    match out.last_mut() {
        Some(Block::List { start: before, items }) if before.is_some() == start.is_some() => items.append(&mut tidy),
        // Markdown has room for nine digits.
        _ => out.push(Block::List { start: start.map(|start| start.min(999_999_999)), items: tidy }),
    }
}

fn item(item: &Item, depth: usize) -> Option<Item> {
    let mut blocks = blocks(&item.blocks, depth);
    match (item.task, blocks.first()) {
        (None, None) => None,
        (None, Some(_)) | (Some(_), Some(Block::Paragraph(_))) => Some(Item { task: item.task, blocks }),
        // A box without words beside it is text: neither markup has a task without any.
        (Some(done), _) => {
            let shown = if done { "[x]" } else { "[ ]" };
            blocks.insert(0, Block::Paragraph(vec![Inline::Text(shown.to_owned())]));
            Some(Item { task: None, blocks })
        }
    }
}

fn table(align: &[Align], head: &[Cell], rows: &[Vec<Cell>], out: &mut Vec<Block>) {
    let lengths = || rows.iter().map(Vec::len).chain([head.len()]);
    // One long row among many short ones must not make a table of a size out of all proportion.
    let most = WIDE.max(8 * lengths().sum::<usize>() / lengths().count());
    let width = lengths().max().unwrap_or_default().min(most);
    let row = |cells: &[Cell]| -> Vec<Cell> {
        let (own, beyond) = cells.split_at(cells.len().min(width));
        let mut row: Vec<Cell> = own.iter().map(|cell| line(cell, Breaks::Single)).collect();
        if let (Some(last), false) = (row.last_mut(), beyond.is_empty()) {
            let more = beyond.iter().flat_map(|cell| std::iter::once(&Inline::Break).chain(cell)).cloned();
            last.extend(more);
            *last = line(last, Breaks::Single);
        }
        row.resize(width, Vec::new());
        row
    };
    let mut head = row(head);
    if head.iter().all(Vec::is_empty) {
        head.clear();
    }
    let rows: Vec<Vec<Cell>> = rows.iter().map(|cells| row(cells)).collect();
    let says_something = !head.is_empty() || rows.iter().flatten().any(|cell| !cell.is_empty());
    if width == 0 || !says_something {
        return;
    }
    let mut align = align.to_vec();
    align.resize(width, Align::Default);
    if align.iter().all(|align| *align == Align::Default) {
        align.clear();
    }
    out.push(Block::Table { align, head, rows });
}

/// Columns that a table may have whatever its rows look like.
const WIDE: usize = 32;

/// One line of plain words.
pub(crate) fn words(text: &str) -> String {
    clean(text).trim_matches(' ').to_owned()
}

/// Code without carriage returns, control characters and line feeds at its end.
fn code_text(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept: String = text.chars().filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect();
    kept.trim_end_matches('\n').to_owned()
}

/// The target of a link as every markup can hold it.
fn target(raw: &str) -> String {
    let raw: String = raw.chars().filter(|c| !c.is_control()).collect();
    address::encoded(&raw)
}
