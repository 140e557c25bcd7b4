//! Text out of markup: escaping, and the plain words that search sees.

use roxmltree::Node;

use super::{AC, parse, wrapped};

/// Text as HTML.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{a0}' => escaped.push_str("&nbsp;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// The words of a storage body, without markup and macro parameters; included pages are not part of it.
pub(crate) fn plain(storage: &str) -> String {
    let source = wrapped(storage);
    let mut words = String::new();
    if let Ok(document) = parse(&source) {
        collect(document.root_element(), &mut words);
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn collect(node: Node<'_, '_>, words: &mut String) {
    for child in node.children() {
        if child.is_text() {
            words.push_str(child.text().unwrap_or_default());
        } else if child.is_element() {
            let hidden = child.tag_name().namespace() == Some(AC)
                && matches!(
                    child.tag_name().name(),
                    "parameter" | "task-id" | "task-status" | "placeholder" | "task-uuid"
                );
            if !hidden {
                collect(child, words);
            }
            let inline =
                matches!(child.tag_name().name(), "strong" | "em" | "u" | "code" | "span" | "a" | "sub" | "sup" | "s");
            if !inline {
                words.push(' ');
            }
        }
    }
}
