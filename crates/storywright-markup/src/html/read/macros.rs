//! What Confluence makes of its macros: boxes, code, sections to unfold.

use super::dom::Element;
use super::{blocks, inline};
use crate::tree::{Block, Inline, Mark, PanelKind};

/// The blocks of an element that a macro made; `None` when it is an element like any other.
pub(super) fn block(element: &Element) -> Option<Vec<Block>> {
    if element.has_class("confluence-information-macro") {
        return Some(vec![information(element)]);
    }
    if element.has_class("expand-container") || element.name == "details" {
        return Some(expand(element));
    }
    if element.has_class("panel") || element.has_class("aui-message") {
        return Some(vec![panel(element)]);
    }
    None
}

/// Info, note, warning and tip.
fn information(element: &Element) -> Block {
    let kind = element.classes().find_map(|class| match class.strip_prefix("confluence-information-macro-")? {
        "information" => Some(PanelKind::Info),
        "note" => Some(PanelKind::Note),
        "warning" => Some(PanelKind::Warning),
        "tip" => Some(PanelKind::Tip),
        _ => None,
    });
    let title = element.find(&|inner| inner.has_class("title")).map(Element::text).unwrap_or_default();
    let body = element.find(&|inner| inner.has_class("confluence-information-macro-body"));
    Block::Panel { kind: kind.unwrap_or(PanelKind::Info), title, blocks: body.map(blocks).unwrap_or_default() }
}

/// A panel; panels are also what code and preformatted text are shown in.
fn panel(element: &Element) -> Block {
    let class = |name: &'static str| move |inner: &Element| inner.has_class(name);
    let header = element.find(&class("panelHeader")).or_else(|| element.find(&class("title")));
    let title = header.map(Element::text).unwrap_or_default();
    let content = element.find(&class("panelContent"));
    if element.has_class("code") || element.has_class("preformatted") {
        let text = content.unwrap_or(element);
        return code(text.find(&|inner| inner.name == "pre").unwrap_or(text), title);
    }
    let kind = if element.has_class("aui-message-warning") || element.has_class("warning") {
        PanelKind::Warning
    } else if element.has_class("aui-message") {
        PanelKind::Info
    } else {
        PanelKind::Plain
    };
    let blocks = match (content, header) {
        (Some(content), _) => blocks(content),
        (None, None) => blocks(element),
        // The title stands among the blocks; it is said once.
        (None, Some(_)) => blocks(element).split_off(1),
    };
    Block::Panel { kind, title, blocks }
}

/// A section to unfold: its title as a strong line, then what is in it.
fn expand(element: &Element) -> Vec<Block> {
    let title = element
        .find(&|inner| inner.has_class("expand-control-text") || inner.name == "summary")
        .map(inline::content)
        .unwrap_or_default();
    let content = element.find(&|inner| inner.has_class("expand-content"));
    let mut out = Vec::new();
    // The word that every untitled section has says nothing.
    let words = crate::tree::text_of(&title);
    if !words.trim().is_empty() && !words.trim().starts_with("Click here to expand") {
        out.push(Block::Paragraph(vec![Inline::Marked(Mark::Strong, title)]));
    }
    match content {
        Some(content) => out.append(&mut blocks(content)),
        None => {
            let mut inner = blocks(element);
            // The summary comes first among the blocks of the element.
            if !out.is_empty() && !inner.is_empty() {
                inner.remove(0);
            }
            out.append(&mut inner);
        }
    }
    out
}

/// Code, with the language that its highlighter was told.
pub(super) fn code(element: &Element, title: String) -> Block {
    let inner = element.elements().find(|inner| inner.name == "code");
    let language = [Some(element), inner].into_iter().flatten().find_map(language).unwrap_or_default();
    let text = element.text();
    Block::Code { language, title, text: text.strip_prefix('\n').unwrap_or(&text).to_owned() }
}

fn language(element: &Element) -> Option<String> {
    let parameters = element.attribute("data-syntaxhighlighter-params").unwrap_or_default();
    let brush = parameters.split(';').find_map(|part| part.trim().strip_prefix("brush:"));
    let class = element.classes().find_map(|class| class.strip_prefix("language-").or(class.strip_prefix("code-")));
    let found = brush.or(element.attribute("data-language")).or(class)?.trim().to_owned();
    (!found.is_empty()).then_some(found)
}
