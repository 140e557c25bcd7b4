//! Renders the storage format: macros, includes and links become plain HTML, as `view` and `export_view` show them.

mod inline;
mod macros;
mod markdown;
mod text;

use roxmltree::{Document, Node, ParsingOptions};

use super::{
    entities,
    store::{Content, Store},
};
use crate::people::Person;

pub(crate) use markdown::to_markdown;
pub(super) use text::{escape, plain};

/// Namespace of macros and links.
pub(super) const AC: &str = "http://atlassian.com/content";
/// Namespace of resource identifiers.
pub(super) const RI: &str = "http://atlassian.com/resource/identifier";

/// Includes nested deeper than this are not followed.
const DEEPEST_INCLUDE: usize = 6;

/// Which HTML is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// For the browser: relative links, classes and scripts' hooks.
    View,
    /// For export: absolute links, everything unfolded.
    Export,
}

/// Everything that rendering may look at.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) store: &'a Store,
    pub(super) people: &'a [Person],
    pub(super) viewer: Option<&'a Person>,
    pub(super) page: &'a Content,
    pub(super) mode: Mode,
    /// `http://127.0.0.1:9900/confluence`
    pub(super) base: &'a str,
    pub(super) depth: usize,
}

/// The XML that a storage body is parsed as.
pub(super) fn wrapped(storage: &str) -> String {
    format!(
        "{}<body xmlns:ac=\"{AC}\" xmlns:ri=\"{RI}\" xmlns:at=\"http://atlassian.com/template\">{storage}</body>",
        entities::document_type()
    )
}

/// Parses wrapped storage.
pub(super) fn parse(wrapped: &str) -> Result<Document<'_>, roxmltree::Error> {
    Document::parse_with_options(wrapped, ParsingOptions { allow_dtd: true, ..ParsingOptions::default() })
}

/// Why a body is not well-formed, as Confluence says it; `None` when it is.
pub(super) fn problem(storage: &str) -> Option<String> {
    let source = wrapped(storage);
    parse(&source).err().map(|error| format!("Error parsing xhtml: {error}"))
}

impl<'a> Context<'a> {
    /// HTML of the page's current body, or of `storage` in its place.
    pub(super) fn html(&self, storage: &str) -> String {
        let source = wrapped(storage);
        match parse(&source) {
            Ok(document) => self.children(document.root_element()),
            Err(error) => {
                format!("<div class=\"error\">Error rendering the page: {}</div>", escape(&error.to_string()))
            }
        }
    }

    fn children(&self, node: Node<'_, '_>) -> String {
        node.children().map(|child| self.node(child)).collect()
    }

    fn node(&self, node: Node<'_, '_>) -> String {
        if node.is_text() {
            return escape(node.text().unwrap_or_default());
        }
        if !node.is_element() {
            return String::new();
        }
        match (node.tag_name().namespace(), node.tag_name().name()) {
            (Some(AC), "structured-macro" | "macro") => self.structured_macro(node),
            (Some(AC), "link") => self.link(node),
            (Some(AC), "image") => self.image(node),
            (Some(AC), "task-list") => self.task_list(node),
            (Some(AC), "emoticon") => self.emoticon(node),
            (Some(AC), "layout") => format!("<div class=\"contentLayout2\">{}</div>", self.children(node)),
            (Some(AC), "layout-section") => format!("<div class=\"columnLayout\">{}</div>", self.children(node)),
            (Some(AC), "layout-cell") => {
                format!("<div class=\"cell normal\"><div class=\"innerCell\">{}</div></div>", self.children(node))
            }
            (Some(AC), "placeholder") | (Some(RI), _) => String::new(),
            (Some(AC), _) => self.children(node),
            (_, name) => self.element(node, name),
        }
    }

    /// Another page, rendered where it is included.
    fn included(&self, page: &'a Content, storage: &str) -> Option<String> {
        (self.depth < DEEPEST_INCLUDE).then(|| Context { page, depth: self.depth + 1, ..*self }.html(storage))
    }

    /// A path below the context path: relative in the browser, absolute in exports.
    fn address(&self, path: &str) -> String {
        match self.mode {
            Mode::View => format!("/confluence{path}"),
            Mode::Export => format!("{}{path}", self.base),
        }
    }
}

/// A macro's parameter.
fn parameter<'n>(node: Node<'n, '_>, name: &str) -> Option<&'n str> {
    node.children()
        .filter(|c| c.has_tag_name((AC, "parameter")))
        .find(|c| c.attribute((AC, "name")) == Some(name))
        .and_then(|c| c.text())
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

/// Title and space of the first page reference at or below this node.
fn page_reference<'n>(node: Node<'n, '_>) -> Option<(&'n str, Option<&'n str>)> {
    let reference = node.descendants().find(|d| d.has_tag_name((RI, "page")))?;
    Some((reference.attribute((RI, "content-title"))?, reference.attribute((RI, "space-key"))))
}

/// The path of a page as Confluence writes it: by title, or by id when the title has odd characters.
pub(super) fn web_path(content: &Content) -> String {
    let plain =
        content.title().chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | ',' | '(' | ')'));
    if plain {
        format!("/display/{}/{}", content.space, content.title().replace(' ', "+"))
    } else {
        format!("/pages/viewpage.action?pageId={}", content.id)
    }
}

#[cfg(test)]
mod tests;
