//! Patterns of requirement sentences.

use std::sync::LazyLock;

use regex::Regex;

/// `As a …, I want …`
pub static STORY_FORM: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^as (?:an? |the )?(.+?),?\s+(?:I|we) (?:want|need|would like|wish|can|must|should)(?: to be able)?( to)?\s+(.+)$").ok()
});
/// Must, can, should and the like.
pub static MODAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(must not|must never|should not|should never|shall not|may not|can't|cannot|can not|mustn't|shouldn't|will not|",
        r"(?:must|should|shall|need to|needs to|will|is|are|wants to|want to) be (?:able|allowed) to|(?:is|are) (?:able|allowed|required|expected) to|",
        r"(?:is|are) not (?:able|allowed) to|needs to|need to|has to|have to|wants to|want to|would like to|",
        r"wants|want|would like|needs|need|must|shall|should|can|may|will)\b"
    ))
    .ok()
});
/// `… where people can …`
pub static NESTED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:where|in which|with which|on which|that lets?|so that|which allows?)\s+((?:\w+\s+){0,2}?\w+?)\s+(?:can |may |to )?(?:be able to )?(\w+\s.+)$").ok()
});
/// `allow customers to …`
pub static ENABLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^(?:let|allow|enable|help|permit)s?\s+((?:[\w-]+\s+){0,3}?[\w-]+?)\s+(?:to\s+)?([a-z]+\s.+|[a-z]+)$",
    )
    .ok()
});
/// A condition in front.
pub static LEAD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^(when(?:ever)?|if|once|after|before|as soon as|while|until|unless|during|for each|in case)\b")
        .ok()
});
/// A condition behind.
pub static TRAIL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i),?\s+(?:but only |only |even )?(when(?:ever)?|if|unless|once|as soon as|while|until|before|as long as)\s+\S+ ").ok()
});
/// What joins a benefit.
pub static BENEFIT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i),?\s+(so that|in order to|so (?:we|they|users|customers|people|I|it|he|she|nobody|no one)\b|because|since (?:otherwise|today)|to (?:avoid|reduce|ensure|prevent|save|improve|comply|keep)\b)\s*").ok()
});
