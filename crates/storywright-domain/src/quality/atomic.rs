//! One thing a story: conjunctions that join two actions, and not those that join two objects.

use super::parse::{Reading, is_french_infinitive};
use super::words::{Language, class};
use super::{Code, Field, Findings};
use std::ops::Range;

/// Looks for a second action in the means.
pub(super) fn check(reading: &Reading<'_>, findings: &mut Findings) {
    let Some(means) = &reading.means else { return };
    let mut report = |bytes: Range<usize>| {
        findings.add(Code::SeveralMeans, Field::Means, bytes, "The story asks for more than one thing.");
    };
    if let Some(at) = reading.more_means {
        report(reading.text.bytes(at..at + 1));
    }
    let tokens = means.tokens.clone();
    match reading.language {
        Language::English => english(reading, tokens, &mut report),
        Language::German => german(reading, tokens, &mut report),
        Language::French => french(reading, tokens, &mut report),
    }
}

fn english(reading: &Reading<'_>, tokens: Range<usize>, report: &mut impl FnMut(Range<usize>)) {
    let text = &reading.text;
    // The place of the word that put what follows into a clause of its own.
    let mut clause: Option<usize> = None;
    let mut brackets = 0_usize;
    let mut idiom_until = 0;
    let row_end = row_of_verbs(reading, tokens.clone());
    for at in tokens.clone() {
        let known = reading.known.get(at).copied().unwrap_or_default();
        if known.phrase & class::IDIOM != 0 {
            idiom_until = at + known.phrase_words;
        }
        match text.mark(at) {
            Some('(' | '[') => brackets += 1,
            Some(')' | ']') => brackets = brackets.saturating_sub(1),
            Some(',') if clause.is_some_and(|clause| text.word(clause) != "that" && text.word(clause) != "which") => {
                clause = None
            }
            _ => {}
        }
        if brackets > 0 {
            continue;
        }
        if reading.is(at, class::SUBORDINATOR) && at != tokens.start
            || text.word(at) == "that" && at > tokens.start && text.is_word(at - 1) && !reading.is(at + 1, class::HEAD)
        {
            clause = Some(at);
        }
        let Some(next) = after_conjunction(reading, at, tokens.end) else { continue };
        if at < idiom_until {
            continue;
        }
        let mut verb = next;
        let mut explicit = false;
        while matches!(
            text.word(verb),
            "then"
                | "also"
                | "to"
                | "be"
                | "able"
                | "immediately"
                | "easily"
                | "quickly"
                | "not"
                | "later"
                | "optionally"
                | "automatically"
                | "subsequently"
                | "possibly"
                | "therefore"
                | "even"
                | "finally"
                | "directly"
                | "either"
        ) && verb < tokens.end
        {
            explicit |= matches!(text.word(verb), "then" | "also" | "to" | "be");
            verb += 1;
        }
        if verb >= tokens.end || !text.is_word(verb) {
            continue;
        }
        if explicit && text.word(verb - 1) == "be" {
            // and be told: an action of its own; and be sure: not.
            if clause.is_none()
                && !matches!(text.word(verb), "sure" | "certain" | "safe" | "happy" | "confident" | "clear" | "ready")
            {
                report(text.bytes(at..verb + 1));
            }
            continue;
        }
        if acts(reading, verb, at, tokens.clone(), row_end, explicit)
            && free(reading, clause, verb, explicit, tokens.end)
        {
            report(text.bytes(at..verb + 1));
        }
    }
}

/// The place after a conjunction at `at`, when there is one.
fn after_conjunction(reading: &Reading<'_>, at: usize, end: usize) -> Option<usize> {
    let text = &reading.text;
    let next = match (text.mark(at), text.word(at)) {
        (Some('&' | '+' | ';' | '/'), _) => at + 1,
        (_, "and" | "or") => {
            if text.mark(at + 1) == Some('/') && matches!(text.word(at + 2), "or") {
                at + 3
            } else {
                at + 1
            }
        }
        (_, "then" | "plus")
            if at > 0
                && !matches!(text.word(at - 1), "and" | "or")
                && (text.mark(at - 1) == Some(',') || text.word(at) == "plus") =>
        {
            at + 1
        }
        (_, "as") if text.has(at, &["as", "well", "as"]) => at + 3,
        (Some(','), _)
            if reading.is(at + 1, class::VERB)
                && !reading.is(at + 1, class::NOUN_TOO)
                && list_of_verbs(reading, at, end) =>
        {
            at + 1
        }
        _ => return None,
    };
    (next < end).then_some(next)
}

/// `view, annotate and approve`: a comma in a row of verbs.
fn list_of_verbs(reading: &Reading<'_>, at: usize, end: usize) -> bool {
    at > 0 && reading.is(at - 1, class::VERB) && matches!(reading.text.word(at + 2), "and" | "or") && at + 3 < end
}

/// Whether a word after a conjunction is an action.
fn acts(
    reading: &Reading<'_>,
    verb: usize,
    conjunction: usize,
    tokens: Range<usize>,
    row_end: usize,
    explicit: bool,
) -> bool {
    let text = &reading.text;
    if !reading.is(verb, class::VERB) {
        let word = text.word(verb);
        let made = word.len() > 6
            && (word.ends_with("ize") || word.ends_with("ise") && !word.ends_with("wise") || word.ends_with("ify"));
        return made && !reading.is(verb + 1, class::PREPOSITION);
    }
    if !reading.is(verb, class::NOUN_TOO) {
        // "the read and write permissions", "create and delete rights": names of rights, not actions.
        let rights = matches!(
            text.word(verb + 1),
            "permission"
                | "permissions"
                | "rights"
                | "access"
                | "operations"
                | "functionality"
                | "functions"
                | "times"
                | "dates"
                | "date"
                | "time"
                | "actions"
                | "buttons"
                | "events"
        );
        let after_noun = conjunction > tokens.start && reading.is(conjunction - 1, class::VERB);
        return !(rights && after_noun && conjunction > tokens.start + 1);
    }
    let before = conjunction.checked_sub(1).filter(|&before| before >= tokens.start);
    // "search and filter products": verb beside verb, the first right after the marker.
    if before.is_some_and(|before| reading.is(before, class::VERB) && leads(reading, before, tokens.start, row_end)) {
        return true;
    }
    if explicit {
        return true;
    }
    let next = verb + 1;
    if next >= tokens.end || text.mark(next).is_some() {
        return false;
    }
    if reading.is(next, class::DETERMINER)
        || reading.is(next, class::PRONOUN) && !matches!(text.word(next), "i" | "we" | "they" | "you" | "he" | "she")
    {
        return true;
    }
    if reading.is(next, class::PREPOSITION) {
        return matches!(
            (text.word(verb), text.word(next)),
            ("search", "for")
                | ("look", "for" | "at" | "up")
                | ("sign" | "log" | "check", "in" | "up" | "out")
                | ("comment", "on")
                | ("vote" | "pay" | "ask" | "apply" | "wait", "for")
                | ("reply" | "talk", "to")
                | ("filter" | "sort", "by")
                | ("work", "on" | "with")
                | ("turn" | "switch", "on" | "off")
                | ("set", "up")
                | ("follow" | "back", "up")
                | ("download" | "print" | "export" | "share" | "save", "as" | "to" | "with" | "from")
        );
    }
    if reading.is(next, class::HEAD)
        || matches!(text.word(next), "and" | "or" | "are" | "is" | "was" | "that" | "which")
    {
        return false;
    }
    // Bare words: an action and its object when the object is a plural, else a name such as "order history".
    let plural = |at: usize| {
        let object = text.word(at);
        at < tokens.end && object.len() > 3 && object.ends_with('s') && !object.ends_with("ss")
    };
    !reading.is(verb, class::DETERMINER)
        && (plural(next) && common_action(text.word(verb)) || plural(next + 1) && plain_action(text.word(verb)))
}

/// Words that are hardly ever the first of a name of three: `print ear tags`, but "order delivery dates".
fn plain_action(word: &str) -> bool {
    matches!(
        word,
        "download"
            | "upload"
            | "share"
            | "cancel"
            | "print"
            | "send"
            | "edit"
            | "save"
            | "reserve"
            | "copy"
            | "approve"
    )
}

/// Words that are nouns too, but before a plural mostly actions.
fn common_action(word: &str) -> bool {
    matches!(
        word,
        "filter"
            | "sort"
            | "download"
            | "upload"
            | "share"
            | "view"
            | "import"
            | "export"
            | "cancel"
            | "print"
            | "rate"
            | "update"
            | "track"
            | "order"
            | "save"
            | "reserve"
            | "pay"
            | "comment"
            | "upgrade"
            | "copy"
            | "approve"
            | "search"
            | "play"
            | "send"
            | "edit"
            | "schedule"
            | "tag"
            | "follow"
            | "flag"
            | "report"
            | "check"
            | "sell"
            | "book"
            | "review"
            | "compare"
    )
}

/// Where the row of verbs ends with which the means begins: `view, annotate and approve | a plan`.
fn row_of_verbs(reading: &Reading<'_>, tokens: Range<usize>) -> usize {
    tokens
        .clone()
        .find(|&at| {
            !reading.is(at, class::VERB)
                && !matches!(reading.text.word(at), "to" | "be" | "able" | "and" | "or" | "easily" | "quickly" | "also")
                && reading.text.mark(at).is_none()
        })
        .unwrap_or(tokens.end)
}

/// Whether a verb is the first word of the means, or stands in the row of verbs from there on.
fn leads(reading: &Reading<'_>, verb: usize, start: usize, row_end: usize) -> bool {
    verb <= row_end || verb > start && reading.text.word(verb - 1) == "to"
}

/// Whether an action stands outside of clauses such as `when I …`.
fn free(reading: &Reading<'_>, clause: Option<usize>, verb: usize, explicit: bool, end: usize) -> bool {
    let Some(clause) = clause else { return true };
    let text = &reading.text;
    match text.word(clause) {
        "that" | "which" | "who" => {
            let object =
                verb + 1 < end && (reading.is(verb + 1, class::PRONOUN) || reading.is(verb + 1, class::DETERMINER));
            explicit
                || object
                    && !reading.is(clause + 1, class::VERB)
                    && !matches!(text.word(clause + 1), "i" | "can" | "allows" | "lets" | "they" | "users" | "will")
        }
        _ => explicit && text.word(verb - 1) == "to",
    }
}

fn german(reading: &Reading<'_>, tokens: Range<usize>, report: &mut impl FnMut(Range<usize>)) {
    let text = &reading.text;
    for at in tokens.clone() {
        let joins = matches!(text.word(at), "und" | "oder" | "sowie") || matches!(text.mark(at), Some('/' | '&'));
        if !joins
            || at == tokens.start
            || at + 1 >= tokens.end
            || reading.known.get(at - 1).is_some_and(|known| known.phrase & class::IDIOM != 0)
        {
            continue;
        }
        let before = german_infinitive(reading, at - 1) && !(at >= 2 && reading.is(at - 2, class::DETERMINER));
        // Looks no further than a sentence: a line of nothing but conjunctions stays linear.
        let limit = tokens.end.min(at + 40);
        let stop = (at + 1..limit).find(|&place| text.mark(place).is_some()).unwrap_or(limit);
        let after = (at + 1..stop).rev().any(|place| {
            german_infinitive(reading, place)
                && !matches!(text.word(place), "können" | "werden" | "wollen" | "dürfen" | "haben")
        });
        let adjectives = text.word(at - 1).ends_with('n')
            && !reading.is(at - 1, class::VERB)
            && !text.is_capitalised(at + 1)
            && text.is_capitalised(at + 2)
            && !reading.is(at + 1, class::DETERMINER | class::PREPOSITION);
        if before && after && !adjectives {
            report(text.bytes(at..at + 1));
        }
    }
}

fn german_infinitive(reading: &Reading<'_>, at: usize) -> bool {
    let word = reading.text.word(at);
    let shape = word.len() > 4 && (word.ends_with("en") || word.ends_with("ern") || word.ends_with("eln"));
    reading.text.is_word(at)
        && (reading.is(at, class::VERB)
            || shape
                && !reading.text.is_capitalised(at)
                && !reading.is(
                    at,
                    class::DETERMINER | class::PRONOUN | class::VAGUE | class::VAGUE_IN_MEANS | class::QUANTITY,
                ))
}

fn french(reading: &Reading<'_>, tokens: Range<usize>, report: &mut impl FnMut(Range<usize>)) {
    let text = &reading.text;
    for at in tokens.clone() {
        let joins = matches!(text.word(at), "et" | "ou" | "puis") || matches!(text.mark(at), Some('/' | '&'));
        if !joins || at == tokens.start {
            continue;
        }
        let mut verb = at + 1;
        while matches!(
            text.word(verb),
            "de" | "d'"
                | "les"
                | "le"
                | "la"
                | "l'"
                | "me"
                | "m'"
                | "ensuite"
                | "aussi"
                | "en"
                | "y"
                | "lui"
                | "leur"
                | "pouvoir"
                | "se"
                | "s'"
        ) && verb < tokens.end
            && (is_french_infinitive(text.word(verb + 1))
                || matches!(text.word(verb + 1), "les" | "le" | "la" | "ensuite"))
        {
            verb += 1;
        }
        let idiom =
            at > tokens.start && reading.known.get(at - 1).is_some_and(|known| known.phrase & class::IDIOM != 0);
        if verb < tokens.end && !idiom && (is_french_infinitive(text.word(verb)) || reading.is(verb, class::VERB)) {
            report(text.bytes(at..verb + 1));
        }
    }
}
