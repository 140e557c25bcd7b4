//! The tree as Jira wiki markup. The tree is one that Jira's markup can say: see `form`.

use super::form::wiki_form;
use crate::language::{self, Shown};
use crate::note::Converted;
use crate::tree::{Block, Cell, Document, Inline, Item, PanelKind};
use inline::{Place, line};

pub(super) mod escape;
mod inline;

/// The tree as Jira wiki markup, and what had to be said in another way.
///
/// ```
/// use storywright_markup::{parse_markdown, render_wiki};
/// let converted = render_wiki(&parse_markdown("3. **third**"));
/// assert_eq!(converted.text, "# *third*");
/// assert_eq!(converted.notes[0].to_string(), "Jira counts every list from one: third");
/// ```
#[must_use]
pub fn render_wiki(document: &Document) -> Converted {
    let (document, notes) = wiki_form(document);
    Converted { text: sequence(&document.blocks), notes }
}

fn sequence(blocks: &[Block]) -> String {
    let texts: Vec<String> = blocks.iter().map(|block| one(block, false)).filter(|text| !text.is_empty()).collect();
    texts.join("\n\n")
}

/// A block; `in_item` says that it stands in a list.
fn one(block: &Block, in_item: bool) -> String {
    match block {
        Block::Paragraph(content) => line(content, Place::Flow),
        Block::Heading { level, content } => format!("h{level}. {}", line(content, Place::OneLine)),
        Block::Quote(blocks) => match blocks.as_slice() {
            [Block::Paragraph(content)] if !in_item && !content.contains(&Inline::Break) => {
                format!("bq. {}", line(content, Place::OneLine))
            }
            blocks => format!("{{quote}}\n{}\n{{quote}}", sequence(blocks)),
        },
        Block::Panel { kind, title, blocks } => panel(*kind, title, blocks),
        Block::Code { language, title, text } => code(language, title, text),
        Block::List { start, items } => {
            let mut lines = Vec::new();
            list(start.is_some(), items, "", &mut lines);
            lines.join("\n")
        }
        Block::Table { head, rows, .. } => table(head, rows),
        Block::Rule => "----".to_owned(),
        Block::Raw { source, .. } => code("", "", source),
    }
}

fn panel(kind: PanelKind, title: &str, blocks: &[Block]) -> String {
    let title = parameter("title", &kind.titled(title));
    let colon = if title.is_empty() { "" } else { ":" };
    format!("{{panel{colon}{title}}}\n{}\n{{panel}}", sequence(blocks))
}

/// A code block, its delimiters on lines of their own. Code in a language that Jira does not know keeps the name of its
/// language as a title; what has no language is not highlighted at all.
fn code(language: &str, title: &str, text: &str) -> String {
    let title = |shown| parameter("title", &language::titled(shown, language, title));
    let diagram = language::DIAGRAMS.contains(&language);
    if diagram || text.contains("{code") || (language.is_empty() && !text.contains("{noformat")) {
        let title = title(Shown::Not);
        let colon = if title.is_empty() { "" } else { ":" };
        return format!("{{noformat{colon}{title}}}\n{text}\n{{noformat}}");
    }
    let highlighted = language::highlighted(language);
    let title = title(Shown::As(highlighted));
    let bar = if title.is_empty() { "" } else { "|" };
    format!("{{code:{highlighted}{bar}{title}}}\n{text}\n{{code}}")
}

/// A parameter of a macro, or nothing when it has no value.
fn parameter(name: &str, value: &str) -> String {
    if value.is_empty() { String::new() } else { format!("{name}={}", escape::parameter(value)) }
}

/// Every item is one line behind the path of its markers; blocks of an item follow it without an empty line.
fn list(ordered: bool, items: &[Item], above: &str, lines: &mut Vec<String>) {
    let path = format!("{above}{}", if ordered { '#' } else { '*' });
    for item in items {
        let mut own: Vec<String> = Vec::new();
        let mut after_text = false;
        for block in &item.blocks {
            match (block, own.last_mut()) {
                (Block::List { start, items }, _) => {
                    finish(&path, &mut own, lines);
                    list(start.is_some(), items, &path, lines);
                }
                (Block::Paragraph(content), Some(last)) if after_text => {
                    last.push_str(" \\\\ \\\\ ");
                    last.push_str(&line(content, Place::OneLine));
                }
                (Block::Paragraph(content), None) if item.task.is_some() => {
                    let shown = if item.task == Some(true) { "\\[x\\]" } else { "\\[ \\]" };
                    own.push(format!("{shown} {}", line(content, Place::OneLine)));
                }
                (Block::Paragraph(content), _) => own.push(no_task(line(content, Place::Item))),
                (other, _) => own.push(one(other, true)),
            }
            after_text = matches!(block, Block::Paragraph(_));
        }
        finish(&path, &mut own, lines);
    }
}

/// Words that look like the box of a task, and are none.
fn no_task(line: String) -> String {
    match line.strip_prefix("\\[") {
        Some(rest) if rest.starts_with(" \\]") || rest.starts_with("x\\]") => format!("&#91;{rest}"),
        _ => line,
    }
}

/// Writes what an item says besides its lists.
fn finish(path: &str, own: &mut Vec<String>, lines: &mut Vec<String>) {
    if let Some(first) = own.first_mut() {
        first.insert_str(0, &format!("{path} "));
    }
    lines.append(own);
}

fn table(head: &[Cell], rows: &[Vec<Cell>]) -> String {
    let mut lines = Vec::with_capacity(rows.len() + 1);
    if !head.is_empty() {
        lines.push(row(head, "||"));
    }
    lines.extend(rows.iter().map(|cells| row(cells, "|")));
    lines.join("\n")
}

fn row(cells: &[Cell], bar: &str) -> String {
    let mut text = bar.to_owned();
    for cell in cells {
        let cell = line(cell, Place::Item);
        // Two bars in a row would begin a head cell.
        text.push_str(if cell.is_empty() { " " } else { &cell });
        text.push_str(bar);
    }
    text
}
