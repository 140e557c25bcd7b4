//! Pictures that Jira draws for punctuation, as the characters that look like them.

/// What is typed, and what it looks like. No entry begins another one.
const PICTURES: [(&str, &str); 30] = [
    (":)", "🙂"),
    (":-)", "🙂"),
    (":(", "🙁"),
    (":-(", "🙁"),
    (":P", "😛"),
    (":-P", "😛"),
    (":p", "😛"),
    (":D", "😀"),
    (":-D", "😀"),
    (";)", "😉"),
    (";-)", "😉"),
    ("(y)", "👍"),
    ("(n)", "👎"),
    ("(i)", "ℹ️"),
    ("(/)", "✅"),
    ("(x)", "❌"),
    ("(!)", "⚠️"),
    ("(+)", "➕"),
    ("(-)", "➖"),
    ("(?)", "❓"),
    ("(on)", "💡"),
    ("(off)", "🔅"),
    ("(*)", "⭐"),
    ("(*r)", "🔴"),
    ("(*g)", "🟢"),
    ("(*b)", "🔵"),
    ("(*y)", "🟡"),
    ("(flag)", "🚩"),
    ("(flagoff)", "🏳️"),
    ("(star)", "⭐"),
];

/// The picture that `text` begins with, and the length of what was typed for it.
pub(super) fn at(text: &str, previous: Option<char>) -> Option<(&'static str, usize)> {
    if previous.is_some_and(char::is_alphanumeric) {
        return None;
    }
    let (typed, picture) = PICTURES.iter().find(|(typed, _)| text.starts_with(typed))?;
    // `:Peter` and `:Data` are words.
    let word = typed.ends_with(char::is_alphabetic) && text[typed.len()..].starts_with(char::is_alphanumeric);
    (!word).then_some((*picture, typed.len()))
}

/// The dash that hyphens between spaces make, and how many hyphens there are.
pub(super) fn dash(text: &str, previous: Option<char>) -> Option<(&'static str, usize)> {
    let count = text.bytes().take(4).take_while(|byte| *byte == b'-').count();
    let spaced = previous.is_none_or(char::is_whitespace) && text[count..].starts_with(char::is_whitespace);
    match (spaced, count) {
        (true, 2) => Some(("–", 2)),
        (true, 3) => Some(("—", 3)),
        _ => None,
    }
}
