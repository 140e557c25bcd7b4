//! Who acts, and the verb phrase after a modal.

use super::english::{is_base_verb, is_person, is_plural, lower_first, singular};

/// The person a subject names: singular, no article, small letters except abbreviations.
pub fn role_of(subject: &str) -> Option<String> {
    let plain = subject.trim().trim_start_matches(['"', '\'', '(']);
    let mut words: Vec<&str> =
        plain.split_whitespace().map(|w| w.trim_matches([',', ';', ':', '"', ')', '.'])).collect();
    while words.len() > 1 && is_determiner(&words[0].to_lowercase()) {
        words.remove(0);
    }
    let cut = words.iter().position(|w| {
        matches!(
            w.to_lowercase().as_str(),
            "who"
                | "that"
                | "with"
                | "without"
                | "in"
                | "of"
                | "from"
                | "at"
                | "on"
                | "and"
                | "or"
                | "and/or"
                | "whose"
                | "then"
                | "also"
        )
    });
    let head_end = cut.unwrap_or(words.len());
    let head = words.get(head_end.checked_sub(1)?)?.to_lowercase();
    if !is_person(&head) || head_end > 4 {
        return None;
    }
    let mut phrase: Vec<String> = words[..head_end].iter().map(|w| lower_first(w)).collect();
    if let Some(last) = phrase.last_mut() {
        *last = singular(last);
        if last == "person" {
            "user".clone_into(last);
        }
    }
    // "a customer who has paid" is a narrower role; "customers in France and agents" is not worth its length.
    if words.get(head_end).is_some_and(|w| matches!(*w, "who" | "with" | "without"))
        && words.len() <= head_end + 6
        && !is_plural(&head)
    {
        phrase.extend(words[head_end..].iter().map(|w| (*w).to_owned()));
    }
    Some(phrase.join(" "))
}

/// Articles and their kind.
pub fn is_determiner(word: &str) -> bool {
    matches!(
        word,
        "a" | "an"
            | "the"
            | "each"
            | "every"
            | "all"
            | "any"
            | "our"
            | "some"
            | "no"
            | "only"
            | "both"
            | "these"
            | "those"
            | "most"
            | "many"
            | "other"
    )
}

/// The writer of the text.
pub fn is_pronoun(word: &str) -> bool {
    matches!(word.to_lowercase().as_str(), "i" | "we" | "you")
}

/// "a list of orders" -> "have a list of orders"; "to see my orders" -> "see my orders".
pub fn as_verb_phrase(wish: &str) -> String {
    let wish = wish.trim();
    if let Some(rest) = wish.strip_prefix("to ") {
        return rest.to_owned();
    }
    let first = wish.split_whitespace().next().unwrap_or_default().to_lowercase();
    if is_base_verb(&first) && !is_determiner(&first) { wish.to_owned() } else { format!("have {wish}") }
}

/// `always send a mail` -> `send a mail`.
pub fn without_adverb(action: &str) -> &str {
    match action.split_once(' ') {
        Some((first, rest))
            if (first.ends_with("ly")
                && first != "rely"
                && first != "apply"
                && first != "reply"
                && first != "supply")
                || matches!(first, "also" | "always" | "only" | "therefore" | "then" | "still") =>
        {
            rest
        }
        _ => action,
    }
}
