//! The tree as Jira wiki markup.

use crate::code;
use crate::inline::{Place, line};
use crate::tree::{Block, Inline};

pub(crate) fn document(blocks: &[Block]) -> String {
    sequence(blocks, false).join("\n\n")
}

/// Every block that says something, as text of its own.
fn sequence(blocks: &[Block], in_quote: bool) -> Vec<String> {
    blocks.iter().map(|block| one(block, in_quote)).filter(|text| !text.is_empty()).collect()
}

fn one(block: &Block, in_quote: bool) -> String {
    match block {
        Block::Paragraph(inlines) => line(inlines, Place::Flow),
        Block::Heading(level, inlines) => {
            let text = line(inlines, Place::OneLine);
            if text.is_empty() { text } else { format!("h{level}. {text}") }
        }
        Block::Quote(blocks) => quote(blocks, in_quote),
        Block::Code { language, text } => code::block(language, text),
        Block::Html(html) => html_shown(html),
        Block::List { ordered, items } => {
            let mut lines = Vec::new();
            list(*ordered, items, "", &mut lines);
            lines.join("\n")
        }
        Block::Table(rows) => table(rows),
        Block::Rule => "----".to_owned(),
    }
}

/// A quote of one line, or a block of many. Quotes do not nest: an inner one continues the outer.
fn quote(blocks: &[Block], in_quote: bool) -> String {
    let inner = sequence(blocks, true);
    match (blocks, inner.as_slice()) {
        _ if in_quote => inner.join("\n\n"),
        (_, []) => String::new(),
        ([Block::Paragraph(_)], [text]) if !text.contains('\n') => format!("bq. {text}"),
        _ => format!("{{quote}}\n{}\n{{quote}}", inner.join("\n\n")),
    }
}

fn html_shown(html: &str) -> String {
    let html = html.trim();
    // Comments are not for readers.
    if html.is_empty() || (html.starts_with("<!--") && html.ends_with("-->")) {
        String::new()
    } else {
        code::literal(html)
    }
}

/// One line per item, its marker the path from the outermost list. What cannot stand in a line follows the item.
fn list(ordered: bool, items: &[Vec<Block>], path: &str, lines: &mut Vec<String>) {
    let path = format!("{path}{}", if ordered { '#' } else { '*' });
    for item in items {
        let mut head: Vec<String> = Vec::new();
        let mut begun = false;
        for block in item {
            match block {
                Block::List { ordered, items } => {
                    begin(&path, &mut head, &mut begun, lines);
                    list(*ordered, items, &path, lines);
                }
                Block::Code { .. } | Block::Table(_) | Block::Html(_) => {
                    begin(&path, &mut head, &mut begun, lines);
                    lines.extend(Some(one(block, true)).filter(|text| !text.is_empty()));
                }
                other => head.extend(in_line(other)),
            }
        }
        begin(&path, &mut head, &mut begun, lines);
    }
}

/// Writes what has come together for an item: its own line at first, plain lines after a block that ended it.
fn begin(path: &str, head: &mut Vec<String>, begun: &mut bool, lines: &mut Vec<String>) {
    let text = std::mem::take(head).join(" \\\\ ");
    if text.is_empty() {
        return;
    }
    lines.push(if *begun { text } else { format!("{path} {text}") });
    *begun = true;
}

/// Blocks that can stand in the line of an item.
fn in_line(block: &Block) -> Vec<String> {
    let text = match block {
        Block::Paragraph(inlines) => line(inlines, Place::OneLine),
        Block::Heading(_, inlines) => line(inlines, Place::OneLine),
        Block::Quote(blocks) => return blocks.iter().flat_map(in_line).collect(),
        Block::List { items, .. } => return items.iter().flatten().flat_map(in_line).collect(),
        Block::Rule => String::new(),
        Block::Code { .. } | Block::Html(_) | Block::Table(_) => one(block, true),
    };
    if text.is_empty() { Vec::new() } else { vec![text] }
}

fn table(rows: &[Vec<Vec<Inline>>]) -> String {
    let row = |(index, cells): (usize, &Vec<Vec<Inline>>)| {
        let bar = if index == 0 { "||" } else { "|" };
        let cells: Vec<String> = cells
            .iter()
            .map(|cell| line(cell, Place::OneLine))
            // Nothing between two bars would be read as one.
            .map(|text| if text.is_empty() { " ".to_owned() } else { text })
            .collect();
        format!("{bar}{}{bar}", cells.join(bar))
    };
    rows.iter().enumerate().map(row).collect::<Vec<_>>().join("\n")
}
