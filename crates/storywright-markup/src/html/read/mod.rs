//! The HTML of Confluence as a tree.

use crate::normal::normalise;
use crate::tree::{Block, Document, Inline, Mark};
use dom::{Element, Node};
use inline::Inlines;

mod dom;
mod emoticons;
mod inline;
mod macros;
mod table;

/// The HTML of a Confluence page, view or export, as a tree in normal form. Any input gives an output.
///
/// Scripts, styles, comments, hidden elements and tables of contents are dropped: a reader of the page sees them as little, or
/// twice. Pictures become their file names, people and status lozenges their words, emoticons characters, unfolding sections
/// a strong line and what is in them. Links stay as the page has them: those of a view are relative, those of an export whole. Cells that span columns are followed by empty ones; blocks in cells become lines.
///
/// ```
/// use storywright_markup::{parse_html, render_markdown};
/// let html = r#"<div class="confluence-information-macro confluence-information-macro-tip">
///     <div class="confluence-information-macro-body"><p>Use <code>X</code></p></div></div>"#;
/// assert_eq!(render_markdown(&parse_html(html)), "> [!TIP]\n> Use `X`");
/// ```
#[must_use]
pub fn parse_html(html: &str) -> Document {
    normalise(&Document { blocks: blocks(&dom::parse(html)) })
}

/// The words of a page that somebody has hidden from its readers: elements of no size, see-through, in the colour of the ground or not
/// displayed. At most `most` of them, in their order.
///
/// ```
/// use storywright_markup::hidden_in_html;
/// assert_eq!(hidden_in_html("<p>Goal<span style='font-size:0'>create <b>it</b></span></p>", 5), ["create it"]);
/// ```
#[must_use]
pub fn hidden_in_html(html: &str, most: usize) -> Vec<String> {
    let mut found = Vec::new();
    hidden_below(&dom::parse(html), most, &mut found);
    found
}

fn hidden_below(element: &Element, most: usize, found: &mut Vec<String>) {
    for child in element.elements() {
        if found.len() >= most {
            return;
        }
        if !child.is_made_invisible() {
            hidden_below(child, most, found);
            continue;
        }
        let words = child.text().split_whitespace().collect::<Vec<_>>().join(" ");
        if !words.is_empty() {
            found.push(words);
        }
    }
}

/// Whether an element begins on a line of its own.
fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "center"
            | "dd"
            | "details"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hr"
            | "html"
            | "li"
            | "main"
            | "nav"
            | "ol"
            | "p"
            | "pre"
            | "section"
            | "summary"
            | "table"
            | "ul"
    )
}

/// The blocks in an element. Words between them are paragraphs.
fn blocks(element: &Element) -> Vec<Block> {
    let mut out = Vec::new();
    let mut words = Inlines::default();
    for child in &element.children {
        match child {
            Node::Text(text) => words.text(text),
            Node::Element(child) if child.is_hidden() => {}
            Node::Element(child) if is_block(&child.name) || holds_block(child) => {
                words.flush(&mut out);
                block(child, &mut out);
            }
            Node::Element(child) => words.element(child),
        }
    }
    words.flush(&mut out);
    out
}

/// Whether an element that stands in lines has a block in it, as a link around a heading has.
fn holds_block(element: &Element) -> bool {
    element.elements().any(|child| is_block(&child.name)) && !matches!(element.name.as_str(), "a" | "button")
        || element.elements().any(|child| matches!(child.name.as_str(), "span" | "font") && holds_block(child))
}

fn block(element: &Element, out: &mut Vec<Block>) {
    if let Some(mut found) = macros::block(element) {
        out.append(&mut found);
        return;
    }
    match element.name.as_str() {
        "p" | "address" | "figcaption" => out.append(&mut blocks(element)),
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
            let level = element.name.bytes().next_back().map_or(1, |digit| digit - b'0');
            out.push(Block::Heading { level, content: inline::content(element) });
        }
        "ul" | "ol" | "menu" => out.push(list(element)),
        "dl" => definitions(element, out),
        "blockquote" => out.push(Block::Quote(blocks(element))),
        "pre" => out.push(macros::code(element, String::new())),
        "hr" => out.push(Block::Rule),
        "table" => out.extend(table::table(element)),
        "summary" => out.push(Block::Paragraph(vec![Inline::Marked(Mark::Strong, inline::content(element))])),
        _ => out.append(&mut blocks(element)),
    }
}

fn list(element: &Element) -> Block {
    let start =
        (element.name == "ol").then(|| element.attribute("start").and_then(|s| s.trim().parse().ok()).unwrap_or(1));
    let tasks = element.has_class("inline-task-list");
    let mut items: Vec<crate::tree::Item> = Vec::new();
    for child in element.elements().filter(|child| !child.is_hidden()) {
        if child.name == "li" {
            let checkbox = child.find(&|inner| inner.name == "input" && inner.attribute("type") == Some("checkbox"));
            let task = match checkbox {
                Some(checkbox) => Some(checkbox.attribute("checked").is_some()),
                None => tasks.then(|| child.has_class("checked")),
            };
            items.push(crate::tree::Item { task, blocks: blocks(child) });
        } else {
            // Some write a list right in a list: it belongs to the item before it.
            let mut inner = Vec::new();
            block(child, &mut inner);
            match items.last_mut() {
                Some(item) => item.blocks.append(&mut inner),
                None => items.push(crate::tree::Item { task: None, blocks: inner }),
            }
        }
    }
    Block::List { start, items }
}

/// Terms as strong lines, each followed by what it means.
fn definitions(element: &Element, out: &mut Vec<Block>) {
    for child in element.elements().filter(|child| !child.is_hidden()) {
        if child.name == "dt" {
            out.push(Block::Paragraph(vec![Inline::Marked(Mark::Strong, inline::content(child))]));
        } else {
            out.append(&mut blocks(child));
        }
    }
}
