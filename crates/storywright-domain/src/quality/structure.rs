//! Structure: the three parts, nothing beside them, a whole sentence.

use super::parse::{Reading, is_french_infinitive, is_key};
use super::words::{Language, MarkerKind, class};
use super::{Code, Criterion, Field, Findings};

/// Role, means and ends.
pub(super) fn parts(reading: &Reading<'_>, findings: &mut Findings) {
    let whole = reading.text.bytes(reading.body.clone());
    let missing = match (&reading.role, &reading.means) {
        (None, None) => Some("The text names neither a role nor a means."),
        (None, Some(_)) => Some("The story names no role."),
        (Some(_), None) => Some("The story names no means."),
        (Some(_), Some(_)) => None,
    };
    if let Some(message) = missing {
        findings.add(Code::NotWellFormed, Field::Story, whole.clone(), message);
    }
    if reading.role.is_none() {
        findings.add(Code::RoleAbsent, Field::Role, whole.clone(), "Nobody is named who wants this.");
    }
    if reading.means.is_none() {
        findings.add(Code::MeansAbsent, Field::Means, whole.clone(), "It is not said what is wanted.");
    }
    if reading.ends.is_none() {
        findings.add(Code::EndsAbsent, Field::Ends, whole.end..whole.end, "It is not said what it is good for.");
    }
}

/// Brackets, notes, examples, references, further sentences.
pub(super) fn minimal(reading: &Reading<'_>, findings: &mut Findings) {
    let text = &reading.text;
    if let Some(title) = &reading.title {
        findings.add(Code::Heading, Field::Story, text.bytes(title.clone()), "A heading stands before the story.");
    }
    brackets(reading, findings);
    if let Some(extra) = &reading.extra {
        findings.add(Code::FurtherSentence, Field::Story, text.bytes(extra.clone()), "More text follows the story.");
    }
    let end = reading.extra.as_ref().map_or(reading.body.end, |extra| extra.start);
    let mut noted = false;
    for at in reading.body.start + 1..end {
        let rest = || text.bytes(at..reading.body.end);
        match text.mark(at) {
            Some('-') if !noted && is_dash(reading, at) => {
                noted = true;
                findings.add(Code::Note, Field::Story, rest(), "A note hangs on the story.");
            }
            Some(':') if !noted && text.is_word(at + 1) && is_note_colon(reading, at) => {
                noted = true;
                findings.add(Code::Note, Field::Story, rest(), "A note or list hangs on the story.");
            }
            _ => {}
        }
        let word = text.word(at);
        let example = matches!(word, "e.g" | "eg" | "i.e" | "z.b" | "bspw")
            || matches!(
                (word, text.word(at + 1)),
                ("for", "example" | "instance") | ("par", "exemple") | ("zum", "beispiel")
            );
        if example {
            findings.add(Code::Example, Field::Story, text.bytes(at..at + 1), "An example stands inside the story.");
        }
        let label = text.mark(at + 1) == Some(':')
            && matches!(
                word,
                "note"
                    | "nb"
                    | "todo"
                    | "ac"
                    | "criteria"
                    | "fyi"
                    | "hinweis"
                    | "estimate"
                    | "priority"
                    | "remarque"
                    | "anmerkung"
            );
        let points_elsewhere = matches!(
            (word, text.word(at + 1)),
            (
                "see",
                "mockup"
                    | "mockups"
                    | "attached"
                    | "attachment"
                    | "wiki"
                    | "confluence"
                    | "figma"
                    | "screenshot"
                    | "wireframe"
                    | "spec"
                    | "design"
                    | "section"
                    | "document"
                    | "below"
                    | "above"
            ) | ("as", "shown" | "specified" | "per" | "described" | "discussed" | "agreed" | "defined")
                | ("siehe", _)
                | ("voir", "maquette" | "annexe")
                | ("cf", _)
        ) || matches!((word, text.word(at + 1)), ("refer" | "according", "to"))
            && names_document(reading, at + 2)
            || word == "see"
                && matches!(text.word(at + 1), "the" | "attached")
                && matches!(
                    text.word(at + 2),
                    "mockup" | "mockups" | "attachment" | "wireframe" | "sketch" | "screenshot" | "figma"
                )
                && text.is_word(at - 1);
        let address = matches!(word, "http" | "https") || word.starts_with("www.");
        if label {
            findings.add(Code::Note, Field::Story, rest(), "A note hangs on the story.");
        } else if address || points_elsewhere {
            findings.add(
                Code::Reference,
                Field::Story,
                text.bytes(at..at + 2),
                "The story points to another document.",
            );
        }
    }
}

/// Whether a document of the project is named within a few words: `refer to the attached spec`, but not `refer to it later`.
fn names_document(reading: &Reading<'_>, from: usize) -> bool {
    (from..from + 4).take_while(|&at| reading.text.is_word(at)).any(|at| {
        matches!(
            reading.text.word(at),
            "mockup"
                | "mockups"
                | "wireframe"
                | "wireframes"
                | "attached"
                | "attachment"
                | "spec"
                | "specification"
                | "document"
                | "documentation"
                | "wiki"
                | "confluence"
                | "figma"
                | "screenshot"
                | "section"
                | "appendix"
                | "design"
        )
    })
}

fn brackets(reading: &Reading<'_>, findings: &mut Findings) {
    let text = &reading.text;
    let mut open: Option<(usize, char)> = None;
    for at in reading.body.clone() {
        match (text.mark(at), open) {
            (Some('('), None) => open = Some((at, ')')),
            (Some('['), None) => open = Some((at, ']')),
            (Some('{'), None) => open = Some((at, '}')),
            (Some(mark), Some((start, close))) if mark == close => {
                // file(s) is a word.
                let plural = !text.tokens[start].spaced && at == start + 2 && text.word(start + 1).len() <= 2;
                if !plural && at > start + 1 {
                    let bytes = text.bytes(start..at + 1);
                    findings.add(Code::Brackets, Field::Story, bytes, "The story has text in brackets.");
                }
                open = None;
            }
            _ => {}
        }
    }
}

/// A dash that hangs something on; not one before a part of the story.
fn is_dash(reading: &Reading<'_>, at: usize) -> bool {
    let text = &reading.text;
    let loose = text.tokens[at].spaced || text.raw[text.tokens[at].start..].starts_with(['–', '—']);
    loose && (text.is_word(at + 1) || matches!(text.mark(at + 1), Some('-'))) && !begins_part(reading, at + 1)
}

fn is_note_colon(reading: &Reading<'_>, at: usize) -> bool {
    let text = &reading.text;
    let label = matches!(text.word(at - 1), "as" | "i" | "that" | "want" | "role" | "goal" | "benefit" | "to" | "so");
    let clock = text.word(at - 1).bytes().all(|byte| byte.is_ascii_digit())
        && text.word(at + 1).starts_with(|c: char| c.is_ascii_digit());
    text.is_word(at - 1) && text.tokens[at + 1].spaced && !label && !clock && !begins_part(reading, at + 1)
}

fn begins_part(reading: &Reading<'_>, at: usize) -> bool {
    [&reading.role, &reading.means, &reading.ends].into_iter().flatten().any(|part| part.marker == at)
}

const DANGLING: &[&str] = &[
    "the", "a", "an", "and", "or", "to", "of", "that", "because", "my", "so", "als", "und", "oder", "damit", "um",
    "ein", "eine", "der", "die", "das", "mit", "que", "de", "et", "ou", "pour", "afin", "le", "la", "les", "un", "une",
    "des", "be", "as", "i", "ich", "je", "their", "möchte",
];

/// Whether the story is a whole sentence.
pub(super) fn full_sentence(reading: &Reading<'_>, findings: &mut Findings) {
    let text = &reading.text;
    let whole = text.bytes(reading.body.clone());
    let end = reading.extra.as_ref().map_or(reading.body.end, |extra| extra.start);
    let last = (reading.body.start..end).rev().find(|&at| text.is_word(at));
    let trails = (reading.body.start..end).next_back().is_some_and(|at| text.mark(at) == Some('…'))
        || text.raw.trim_end().ends_with("...");
    if reading.means.is_none() {
        let verb = reading.body.clone().any(|at| {
            matches!(
                text.word(at),
                "is" | "are"
                    | "was"
                    | "were"
                    | "has"
                    | "does"
                    | "do"
                    | "will"
                    | "can"
                    | "must"
                    | "should"
                    | "shall"
                    | "cannot"
                    | "ist"
                    | "sind"
                    | "wird"
                    | "werden"
                    | "kann"
                    | "muss"
                    | "soll"
                    | "est"
                    | "sont"
                    | "peut"
                    | "doit"
            )
        });
        if reading.role.is_some() || reading.ends.is_some() || !verb {
            findings.add(Code::Fragment, Field::Story, whole, "The text is not a whole sentence.");
        }
        return;
    }
    // "supplies that the camp is short of": a preposition may end a relative clause.
    let relative = |last: usize| {
        (last.saturating_sub(12)..last).any(|at| matches!(text.word(at), "that" | "which" | "what" | "who" | "whom"))
    };
    let dangling = last.is_some_and(|last| {
        DANGLING.contains(&text.word(last))
            && !(matches!(text.word(last), "of" | "to") && relative(last))
            && !is_key(text.word(last))
            && (last + 1 >= end || text.mark(last + 1) != Some('?'))
    });
    if (dangling || trails)
        && let Some(last) = last
    {
        findings.add(Code::Unfinished, Field::Story, text.bytes(last..last + 1), "The sentence breaks off.");
        return;
    }
    verb_missing(reading, findings);
}

/// `I want to server configuration`, `I want see my orders`.
fn verb_missing(reading: &Reading<'_>, findings: &mut Findings) {
    let text = &reading.text;
    let Some(means) = &reading.means else { return };
    let mut first = means.tokens.start;
    match reading.language {
        Language::English => {
            while (matches!(
                text.word(first),
                "also" | "not" | "only" | "always" | "quickly" | "easily" | "just" | "never" | "able" | "to"
            ) || text.has(first, &["be", "able"]))
                && first + 1 < means.tokens.end
            {
                first += 1;
            }
            let word = text.word(first);
            // "to page through the orders": what stands before such a word is a verb, whatever else it may be.
            let governs = matches!(text.word(first + 1), "through" | "into" | "onto" | "across");
            let noun = !reading.is(first, class::VERB)
                && !governs
                && (reading.is(first, class::DETERMINER | class::PRONOUN)
                    || ["tion", "ment", "ness", "ity", "ings", "ship"].iter().any(|end| word.ends_with(end))
                        && word.len() > 6
                    || reading.is(first, class::PERSON | class::THING | class::TECHNOLOGY_SOFT));
            let bare = matches!(means.kind, Some(MarkerKind::Want | MarkerKind::Need | MarkerKind::WouldLike))
                && !means.infinitive
                && first == means.tokens.start;
            if means.infinitive && noun && means.kind.is_some() {
                findings.add(Code::VerbMissing, Field::Means, text.bytes(first..first + 1), "The means has no verb.");
            } else if bare
                && reading.is(first, class::VERB)
                && !reading.is(first, class::NOUN_TOO)
                && reading.is(first + 1, class::DETERMINER | class::PRONOUN)
            {
                let message = "`to` is missing before the verb.";
                findings.add(Code::VerbMissing, Field::Means, text.bytes(first..first + 1), message);
            }
        }
        Language::French => {
            let pronoun =
                matches!(text.word(first), "me" | "m'" | "se" | "s'" | "le" | "la" | "les" | "l'" | "y" | "ne" | "lui");
            let thing = reading.is(first, class::DETERMINER)
                || pronoun
                || text.word(first) == "que"
                || text.word(first) == "qu'";
            let _ = thing || is_french_infinitive(text.word(first));
        }
        Language::German => {}
    }
    if findings.has(Criterion::FullSentence) {
        return;
    }
    let words = means.tokens.clone().filter(|&at| text.is_word(at)).count();
    if words == 1 && reading.language == Language::English && !reading.is(first, class::VERB) && means.infinitive {
        findings.add(Code::VerbMissing, Field::Means, text.bytes(first..first + 1), "The means has no verb.");
    }
}
