//! References to other stories.

use super::super::parse::{Reading, is_key};
use super::super::words::class;
use super::super::{Code, Findings};
use super::field_at;

#[expect(
    clippy::if_same_then_else,
    reason = "each arm is a way of its own to name another story; two words each are shown"
)]
pub(super) fn independent(reading: &Reading<'_>, at: usize, findings: &mut Findings) {
    let text = &reading.text;
    let word = text.word(at);
    let next = text.word(at + 1);
    let story = |place: usize| reading.is(place, class::STORY);
    let mut words = 0;
    if text.mark(at) == Some('#')
        && is_key(next)
        && next.bytes().all(|byte| byte.is_ascii_digit())
        && at > reading.body.start
        && text.tokens[at + 1].start == text.tokens[at].end
    {
        words = 2;
    } else if is_issue_key(reading, at) || is_issue_key_words(reading, at) {
        words = 1;
    } else if story(at) && (is_number(next) || text.mark(at + 1) == Some('#')) {
        words = 2;
    } else if matches!(
        word,
        "previous"
            | "earlier"
            | "preceding"
            | "above"
            | "other"
            | "last"
            | "former"
            | "prior"
            | "related"
            | "next"
            | "vorherigen"
            | "vorige"
            | "précédente"
            | "following"
            | "same"
            | "login"
            | "parent"
            | "this"
    ) && matches!(
        next,
        "story" | "stories" | "userstory" | "ticket" | "epic" | "feature" | "requirement" | "récit"
    ) && !matches!(word, "this" | "same" | "login" | "last" | "next" if matches!(next, "ticket" | "requirement" | "feature" | "epic"))
        || matches!((word, next), ("previous" | "other" | "above", "user") if story(at + 2))
    {
        words = 2;
    } else if matches!(
        (word, next),
        ("depends" | "dependent" | "depending", "on")
            | ("blocked", "by")
            | ("builds" | "build", "on")
            | ("hängt", "von")
            | ("dépend", "de" | "du")
    ) && mentions_story(reading, at + 2)
    {
        words = 2;
    } else if matches!(
        (word, next),
        ("same", "as")
            | ("as" | "like", "above")
            | ("mentioned" | "described", "above" | "earlier" | "before")
            | ("wie", "oben")
    ) && (next == "above" || mentions_story(reading, at + 2) || matches!(next, "oben" | "earlier" | "before"))
    {
        words = 2;
    } else if matches!(word, "once" | "after" | "when" | "until" | "sobald" | "if")
        && text.is_word(at + 1)
        && finished(reading, at)
    {
        words = 1;
    }
    if words > 0 {
        let bytes = text.bytes(at..at + words);
        let message = format!("`{}` refers to another story.", &text.raw[bytes.clone()]);
        findings.add(Code::OtherStory, field_at(reading, at), bytes, message);
    }
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()) || word.contains('-') && is_key(word)
}

/// `PAY-12`, `US12`, `US-3.1`; not `UTF-8`, `ISO-9001`, `COVID-19`.
fn is_issue_key(reading: &Reading<'_>, at: usize) -> bool {
    let Some(token) = reading.text.tokens.get(at) else { return false };
    let raw = &reading.text.raw[token.start..token.end];
    let Some((project, number)) = raw.rsplit_once('-') else {
        return raw.len() > 2
            && (raw.starts_with("US") || raw.starts_with("us"))
            && raw[2..].bytes().all(|byte| byte.is_ascii_digit());
    };
    const STANDARDS: &[&str] = &[
        "UTF", "ISO", "COVID", "SHA", "MP", "A", "H", "WCAG", "RFC", "IPV", "IP", "AES", "TLS", "EN", "DIN", "IEC",
        "IEEE", "B", "F", "W", "I", "K", "G", "TOP", "BASE", "OAUTH", "S", "USB", "EAN", "GTIN",
    ];
    (2..=10).contains(&project.len())
        && project.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && project.bytes().any(|byte| byte.is_ascii_uppercase())
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && !STANDARDS.contains(&project)
}

/// `us-12` in lower case.
fn is_issue_key_words(reading: &Reading<'_>, at: usize) -> bool {
    let word = reading.text.word(at);
    word.strip_prefix("us-")
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn mentions_story(reading: &Reading<'_>, from: usize) -> bool {
    (from..(from + 7).min(reading.body.end)).any(|at| {
        reading.is(at, class::STORY)
            || is_issue_key(reading, at)
            || matches!(reading.text.word(at), "implemented" | "module" | "above")
    })
}

/// `once the quiz feature is implemented`.
fn finished(reading: &Reading<'_>, at: usize) -> bool {
    let text = &reading.text;
    (at + 2..(at + 9).min(reading.body.end)).take_while(|&place| text.is_word(place)).any(|place| {
        matches!(text.word(place), "is" | "are" | "has" | "have" | "was" | "ist" | "sind")
            && matches!(text.word(place + 1), "implemented" | "built" | "developed" | "deployed" | "done" | "finished" | "released" | "been" | "umgesetzt" | "fertig" | "live" | "coded")
            && (text.word(place + 1) != "been" || matches!(text.word(place + 2), "implemented" | "built" | "developed" | "deployed" | "released" | "done" | "finished" | "completed"))
            && !matches!(if text.word(place + 1) == "been" { text.word(place + 2) } else { text.word(place + 1) }, "finished" | "done" | "completed" | "released" | "built" | "fertig" if !(at..place).any(|before| reading.is(before, class::STORY) || matches!(text.word(before), "feature" | "module" | "login" | "page")))
    })
}
