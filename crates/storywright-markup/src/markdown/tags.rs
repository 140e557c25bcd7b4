//! HTML elements that stand for marks in Markdown.

use crate::tree::Mark;

/// What an HTML tag in a line means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    Mark(Mark),
    Code,
}

/// The tag that closes or opens an element that is known; anything with attributes is not.
pub(super) fn known(tag: &str) -> Option<(Element, bool)> {
    let inside = tag.strip_prefix('<')?.strip_suffix('>')?.trim().to_ascii_lowercase();
    let (name, closes) = match inside.strip_prefix('/') {
        Some(name) => (name.trim(), true),
        None => (inside.as_str(), false),
    };
    let element = match name {
        "strong" | "b" => Element::Mark(Mark::Strong),
        "em" | "i" => Element::Mark(Mark::Emphasis),
        "del" | "s" | "strike" => Element::Mark(Mark::Strike),
        "ins" | "u" => Element::Mark(Mark::Insert),
        "sup" => Element::Mark(Mark::Superscript),
        "sub" => Element::Mark(Mark::Subscript),
        "cite" => Element::Mark(Mark::Cite),
        "code" | "kbd" | "tt" | "samp" => Element::Code,
        _ => return None,
    };
    Some((element, closes))
}

/// Whether the tag is a line break.
pub(super) fn is_break(tag: &str) -> bool {
    let inside = tag.trim_start_matches('<').trim_end_matches('>').trim_end_matches('/').trim();
    inside.eq_ignore_ascii_case("br")
}

/// The name of the element that is always understood for a mark.
pub(super) fn name(mark: Mark) -> &'static str {
    match mark {
        Mark::Strong => "strong",
        Mark::Emphasis => "em",
        Mark::Strike => "del",
        Mark::Insert => "ins",
        Mark::Superscript => "sup",
        Mark::Subscript => "sub",
        Mark::Cite => "cite",
    }
}
