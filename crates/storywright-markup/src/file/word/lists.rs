//! Items of lists stand one after the other in a Word document, each with its level; here they become lists within lists.

use crate::tree::{Block, Cell, Inline, Item, MAX_DEPTH, text_of};

/// A block, or an item that is to be gathered into a list.
#[derive(Debug)]
pub(super) enum Entry {
    Block(Block),
    Item { level: usize, number: Option<u64>, content: Vec<Inline> },
}

/// A list that is still open.
struct Open {
    level: usize,
    start: Option<u64>,
    items: Vec<Item>,
}

/// Blocks, with neighboring items gathered into lists.
pub(super) fn gathered(entries: Vec<Entry>) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    for entry in entries {
        match entry {
            Entry::Block(block) => {
                close_to(&mut open, 0, &mut blocks);
                blocks.push(block);
            }
            Entry::Item { level, number, content } => {
                let deeper = open.iter().filter(|list| list.level > level).count();
                let keep = open.len() - deeper;
                close_to(&mut open, keep, &mut blocks);
                if open.last().is_some_and(|last| last.level == level && last.start.is_some() != number.is_some()) {
                    let keep = open.len() - 1;
                    close_to(&mut open, keep, &mut blocks);
                }
                if !open.last().is_some_and(|last| last.level == level || open.len() > MAX_DEPTH) {
                    open.push(Open { level, start: number, items: Vec::new() });
                }
                if let Some(list) = open.last_mut() {
                    list.items.push(Item { task: None, blocks: vec![Block::Paragraph(content)] });
                }
            }
        }
    }
    close_to(&mut open, 0, &mut blocks);
    blocks
}

/// Closes lists until so many are open; each goes into the last item of the one around it.
fn close_to(open: &mut Vec<Open>, keep: usize, blocks: &mut Vec<Block>) {
    while open.len() > keep {
        let Some(done) = open.pop() else { return };
        let list = Block::List { start: done.start, items: done.items };
        match open.last_mut().and_then(|around| around.items.last_mut()) {
            Some(item) => item.blocks.push(list),
            None => blocks.push(list),
        }
    }
}

/// Blocks as one cell of a table: a line for each.
pub(super) fn flat(blocks: &[Block]) -> Cell {
    let mut cell = Cell::new();
    lines(blocks, "", &mut cell);
    cell
}

fn lines(blocks: &[Block], before: &str, cell: &mut Cell) {
    for block in blocks {
        match block {
            Block::Paragraph(content) | Block::Heading { content, .. } => {
                if !cell.is_empty() {
                    cell.push(Inline::Break);
                }
                if !before.is_empty() {
                    cell.push(Inline::Text(before.to_owned()));
                }
                cell.extend(content.iter().cloned());
            }
            Block::List { items, .. } => items.iter().for_each(|item| lines(&item.blocks, "• ", cell)),
            Block::Table { head, rows, .. } => {
                for row in std::iter::once(head).chain(rows).filter(|row| !row.is_empty()) {
                    let words: Vec<String> = row.iter().map(|cell| text_of(cell)).collect();
                    lines(&[Block::Paragraph(vec![Inline::Text(words.join(" / "))])], before, cell);
                }
            }
            _ => {}
        }
    }
}
