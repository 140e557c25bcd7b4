//! Words of a phrase turned: person, number, articles, verb forms.

use super::english::{
    gerund, is_base_verb, is_plural, is_pure_verb, is_stop_word, lower_first, singular, third_person, with_article,
};

/// `canceling an order`; for titles of checks.
pub fn gerund_phrase(action: &str) -> String {
    let action = trimmed(action);
    let (verb, rest) = action.split_once(' ').unwrap_or((action, ""));
    format!("{} {}", gerund(verb), impersonal(rest)).trim().to_owned()
}

/// `my order` of `cancel my order within 14 days`.
pub fn object_of(action: &str) -> Option<String> {
    let mut words = action.split_whitespace().skip(1).peekable();
    let mut object: Vec<&str> = Vec::new();
    while let Some(word) = words.peek() {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let lower = bare.to_lowercase();
        let stops = matches!(
            lower.as_str(),
            "to" | "in"
                | "on"
                | "at"
                | "by"
                | "for"
                | "from"
                | "with"
                | "within"
                | "without"
                | "into"
                | "as"
                | "when"
                | "if"
                | "and"
                | "or"
                | "that"
                | "which"
                | "of"
                | "via"
                | "after"
                | "before"
                | "during"
                | "through"
                | "per"
                | "until"
        );
        if stops || object.len() == 4 {
            break;
        }
        object.push(bare);
        if word.ends_with([',', '.', ';', ':']) {
            break;
        }
        words.next();
    }
    let telling = object.iter().any(|w| !is_stop_word(&w.to_lowercase()));
    telling.then(|| object.join(" "))
}

/// their -> my, they -> I.
pub fn in_first_person(action: &str) -> String {
    swap(
        action,
        &[
            ("their", "my"),
            ("his", "my"),
            ("her", "my"),
            ("them", "them"),
            ("they", "I"),
            ("themselves", "myself"),
            ("our", "our"),
            ("your", "my"),
            ("you", "I"),
        ],
    )
}

/// my -> their, I -> they.
pub fn in_third_person(action: &str) -> String {
    swap(
        action,
        &[
            ("my", "their"),
            ("I", "they"),
            ("me", "them"),
            ("myself", "themselves"),
            ("our", "their"),
            ("we", "they"),
            ("us", "them"),
            ("your", "their"),
        ],
    )
}

/// "cancel my order" -> "cancel an order"-like wording for summaries.
pub fn impersonal(action: &str) -> String {
    let words: Vec<&str> = action.split(' ').collect();
    let kept = words.iter().enumerate().filter_map(|(at, word)| {
        if !matches!(*word, "my" | "their" | "our" | "his" | "her" | "your" | "own") {
            return Some((*word).to_owned());
        }
        // "their order" -> "an order", "their own orders" -> "own orders".
        let next = words.get(at + 1)?;
        let bare = next.trim_matches(|c: char| !c.is_alphanumeric());
        let many = words[at + 1..].iter().take(2).any(|w| is_plural(w.trim_matches(|c: char| !c.is_alphanumeric())));
        match (*word, many) {
            ("own", _) | (_, true) => (*word == "own").then(|| "own".to_owned()),
            _ if bare == "own" => Some("the".to_owned()),
            _ => with_article(bare).split(' ').next().map(str::to_owned),
        }
    });
    kept.collect::<Vec<_>>().join(" ")
}

fn swap(text: &str, pairs: &[(&str, &str)]) -> String {
    let words = text.split(' ').map(|word| {
        let bare = word.trim_end_matches(|c: char| !c.is_alphanumeric());
        let tail = &word[bare.len()..];
        match pairs.iter().find(|(from, _)| *from == bare) {
            Some((_, to)) => format!("{to}{tail}"),
            None => word.to_owned(),
        }
    });
    words.filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

/// For one actor: "approve or reject a refund" -> "approves or rejects a refund", "send a mail and store it" -> "sends a mail and stores it".
pub fn present(action: &str) -> String {
    let mut before = "";
    let mut inflected = Vec::new();
    for (at, word) in action.split(' ').enumerate() {
        // After a noun, "and" may join nouns that look like verbs ("orders and change requests"): only sure verbs are touched there.
        let joined = matches!(before, "and" | "or" | "then")
            && (at == 2 && is_base_verb(word) || is_pure_verb(word) && is_base_verb(word));
        inflected.push(if at == 0 || joined { third_person(word) } else { word.to_owned() });
        before = word;
    }
    inflected.join(" ")
}

/// The subject in mid-sentence, with an article where it needs one.
pub fn the(subject: &str) -> String {
    let subject = lower_first(subject.trim());
    let first = subject.split_whitespace().next().unwrap_or_default().to_lowercase();
    let determined = matches!(
        first.as_str(),
        "a" | "an"
            | "the"
            | "each"
            | "every"
            | "all"
            | "any"
            | "no"
            | "our"
            | "it"
            | "they"
            | "this"
            | "that"
            | "these"
            | "those"
            | "there"
            | "only"
            | "both"
            | "some"
            | "nothing"
            | "nobody"
            | "everything"
            | "everybody"
            | "what"
            | "i"
            | "we"
    );
    let name = subject.chars().next().is_some_and(char::is_uppercase);
    if determined || name || plural_subject(&subject) { subject } else { format!("the {subject}") }
}

/// The subject without its article.
pub fn without_article(subject: &str) -> &str {
    let subject = subject.trim();
    for article in ["The ", "the ", "A ", "a ", "An ", "an "] {
        if let Some(rest) = subject.strip_prefix(article) {
            return rest;
        }
    }
    subject
}

/// True when the subject's head noun is a plural or the subject is a list.
pub fn plural_subject(subject: &str) -> bool {
    let first = subject.split_whitespace().next().unwrap_or_default().to_lowercase();
    if matches!(first.as_str(), "a" | "an" | "each" | "every" | "it" | "this") {
        return false;
    }
    if matches!(first.as_str(), "all" | "both" | "these" | "those" | "they" | "we") || subject.contains(" and ") {
        return true;
    }
    let head = subject
        .split_whitespace()
        .take_while(|w| {
            !matches!(
                *w,
                "of" | "in"
                    | "for"
                    | "with"
                    | "without"
                    | "from"
                    | "to"
                    | "that"
                    | "who"
                    | "which"
                    | "on"
                    | "at"
                    | "over"
                    | "above"
                    | "under"
                    | "below"
            )
        })
        .last();
    head.is_some_and(|h| {
        let bare = h.trim_matches(|c: char| !c.is_alphanumeric());
        is_plural(&bare.to_lowercase()) && singular(&bare.to_lowercase()) != bare.to_lowercase()
    })
}

/// A noun phrase with its last word in the singular.
pub fn singular_phrase(noun: &str) -> String {
    match noun.rsplit_once(' ') {
        Some((head, last)) => format!("{head} {}", singular(last)),
        None => singular(noun),
    }
}

/// An action without its verb.
pub fn rest_of(action: &str) -> &str {
    action.split_once(' ').map_or("", |(_, rest)| rest)
}

/// An action without punctuation at its end.
pub fn trimmed(action: &str) -> &str {
    action.trim().trim_end_matches(['.', ',', ';', ':'])
}
