//! Emoticons of Confluence as characters.

use super::dom::Element;

/// The character of an image that is an emoticon.
pub(super) fn of(element: &Element) -> Option<String> {
    if !element.has_class("emoticon") && element.attribute("data-emoji-id").is_none() {
        return None;
    }
    if let Some(own) = element.attribute("data-emoji-fallback").filter(|own| !own.is_empty() && !own.starts_with(':')) {
        return Some(own.to_owned());
    }
    let alt = element.attribute("alt").unwrap_or_default().trim_matches(['(', ')', ':']);
    let class = element.classes().find_map(|class| class.strip_prefix("emoticon-"));
    let name = element.attribute("data-emoticon-name").or(class).unwrap_or(alt);
    let found = match name {
        "smile" => "🙂",
        "sad" => "🙁",
        "cheeky" => "😛",
        "laugh" => "😀",
        "wink" => "😉",
        "thumbs-up" => "👍",
        "thumbs-down" => "👎",
        "information" => "ℹ️",
        "tick" => "✅",
        "cross" => "❌",
        "warning" => "⚠️",
        "plus" => "➕",
        "minus" => "➖",
        "question" => "❓",
        "light-on" => "💡",
        "light-off" => "🔅",
        "yellow-star" => "⭐",
        "red-star" => "🔴",
        "green-star" => "🟢",
        "blue-star" => "🔵",
        "heart" => "❤️",
        "broken-heart" => "💔",
        // One that is new here says its name.
        other => return Some(format!("({other})")),
    };
    Some(found.to_owned())
}
