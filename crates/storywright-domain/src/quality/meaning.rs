//! Meaning: clear words, a feature as means and a reason as ends, no implementation, a size, no other story.

mod ends;
mod independent;

use super::parse::{Part, Reading};
use super::words::{Language, Lexicon, class};
use super::{Code, Field, Findings};

pub(super) use ends::root;

/// Runs the checks of meaning.
pub(super) fn check(reading: &Reading<'_>, findings: &mut Findings) {
    let technical =
        reading.role.as_ref().is_some_and(|role| role.tokens.clone().any(|place| reading.is(place, class::TECHNICIAN)));
    for at in reading.body.clone() {
        if reading.text.is_word(at) {
            unambiguous(reading, at, findings);
            problem_oriented(reading, at, technical, findings);
            estimable(reading, at, findings);
        }
        independent::independent(reading, at, findings);
    }
    pronoun(reading, findings);
    size(reading, findings);
    role(reading, findings);
    wish(reading, findings);
    ends::ends(reading, findings);
}

/// What can be said of any sentence, be it a story or not: vague words, and what is undecided.
pub(super) fn wording(reading: &Reading<'_>, findings: &mut Findings) {
    for at in reading.body.clone().filter(|&at| reading.text.is_word(at)) {
        unambiguous(reading, at, findings);
        undecided(reading, at, findings);
    }
}

fn field_at(reading: &Reading<'_>, at: usize) -> Field {
    let holds = |part: &Option<Part>| part.as_ref().is_some_and(|part| part.tokens.contains(&at));
    if holds(&reading.role) {
        Field::Role
    } else if holds(&reading.means) {
        Field::Means
    } else if holds(&reading.ends) {
        Field::Ends
    } else {
        Field::Story
    }
}

fn unambiguous(reading: &Reading<'_>, at: usize, findings: &mut Findings) {
    let text = &reading.text;
    let known = reading.known[at];
    let word = text.word(at);
    let field = field_at(reading, at);
    if field == Field::Role {
        return;
    }
    let words = known.phrase_words.max(1);
    let bytes = || text.bytes(at..at + words);
    if matches!(word, "etc" | "usw")
        || known.phrase & class::VAGUE != 0 && matches!(word, "and" | "und" | "et") && text.word(at + 1) != "or"
    {
        findings.add(Code::OpenList, field, bytes(), format!("`{}` leaves the list open.", &text.raw[bytes()]));
        return;
    }
    // Soft words are harmless in a reason: "so that I can quickly see …".
    let in_means = field == Field::Means;
    let means_start = reading.means.as_ref().map_or(0, |means| means.tokens.start);
    let vague_phrase = known.phrase & class::VAGUE != 0;
    let hard = known.word & class::VAGUE != 0 && !names_something(reading, at) && (in_means || is_hard(word));
    let soft = known.word & class::VAGUE_IN_MEANS != 0 && in_means && !measured(reading, at);
    if vague_phrase || hard || soft {
        findings.add(Code::VagueWord, field, bytes(), format!("`{}` can mean many things.", &text.raw[bytes()]));
    } else if in_means
        && (known.word | known.phrase) & class::QUANTITY != 0
        && !(at > 0 && matches!(text.word(at - 1), "how" | "too" | "as" | "at" | "wie" | "so" | "the" | "combien"))
    {
        findings.add(Code::OpenQuantity, field, bytes(), format!("`{}` is no number.", &text.raw[bytes()]));
    }
    let leading = in_means
        && known.word & class::WEAK != 0
        && (at == means_start
            || at > 0 && matches!(text.word(at - 1), "to" | "and" | "or" | "better" | "zu")
            || reading.language == Language::German);
    if leading && !(matches!(word, "process" | "support" | "deal") && reading.is_before(at, class::DETERMINER)) {
        findings.add(Code::WeakVerb, field, text.bytes(at..at + 1), format!("`{word}` does not say what is done."));
    }
}

/// Vague wherever it stands.
fn is_hard(word: &str) -> bool {
    matches!(
        word,
        "user-friendly"
            | "intuitive"
            | "intuitively"
            | "appropriate"
            | "appropriately"
            | "somehow"
            | "stuff"
            | "things"
            | "asap"
            | "state-of-the-art"
            | "various"
            | "seamless"
            | "seamlessly"
            | "properly"
            | "whatever"
            | "adequate"
            | "adequately"
            | "suitable"
            | "sufficiently"
            | "benutzerfreundlich"
            | "irgendwie"
            | "maybe"
            | "possibly"
    )
}

/// Vague words that are part of a name or a comparison: `good` in "goods", `better than`, `special offers`, `best before`.
fn names_something(reading: &Reading<'_>, at: usize) -> bool {
    let text = &reading.text;
    matches!(
        (text.word(at), text.word(at + 1)),
        ("best", "before" | "practice" | "practices")
            | ("certain", "that")
            | ("special", "offer" | "offers" | "characters" | "dietary" | "needs")
            | ("advanced", "search")
            | ("smart", "card" | "phone" | "meter" | "meters" | "home")
            | ("good", "for" | "at" | "morning")
            | ("soon", "as")
            | ("flexible", "hours" | "working")
            | ("nice", "to")
            | ("important" | "certain", "if")
            | ("rich", "text")
            | ("clean", _)
            | ("normal", "user" | "users")
            | ("cool", "down")
    ) || matches!(
        (at.checked_sub(1).map_or("", |before| text.word(before)), text.word(at)),
        ("make" | "be" | "am", "sure" | "certain") | ("as", "soon") | ("how", _) | ("to", "clean")
    )
}

/// A soft word with a measure behind it: `fast, within two seconds`, `smaller than 5 MB`; `how large`.
fn measured(reading: &Reading<'_>, at: usize) -> bool {
    let text = &reading.text;
    let before = at.checked_sub(1).map_or("", |before| text.word(before));
    before == "how"
        || (at..(at + 6).min(text.len())).any(|place| {
            matches!(text.word(place), "within" | "than" | "under")
                || place > at && text.word(place).starts_with(|c: char| c.is_ascii_digit())
        })
}

/// A pronoun in the means before anything was named.
fn pronoun(reading: &Reading<'_>, findings: &mut Findings) {
    let text = &reading.text;
    if reading.language != Language::English
        || reading
            .ends
            .as_ref()
            .is_some_and(|ends| reading.means.as_ref().is_some_and(|means| ends.marker < means.marker))
    {
        return;
    }
    let Some(means) = &reading.means else { return };
    for at in means.tokens.clone() {
        let word = text.word(at);
        let stands_alone = at + 1 >= means.tokens.end
            || text.mark(at + 1).is_some()
            || reading.is(at + 1, class::PREPOSITION | class::VERB) && !reading.is(at + 1, class::NOUN_TOO)
            || matches!(text.word(at + 1), "is" | "are" | "to" | "again" | "and");
        let pronoun = matches!(word, "it" | "them" | "they")
            || matches!(word, "this" | "that" | "these" | "those")
                && stands_alone
                && at <= means.tokens.start + 3
                && (word != "that" || text.word(at + 1).is_empty());
        if pronoun {
            // "make it possible to", "let it be known": no pronoun that stands for something.
            let empty = matches!(text.word(at + 1), "possible" | "easy" | "easier" | "clear" | "available");
            if !empty {
                findings.add(
                    Code::UnclearPronoun,
                    Field::Means,
                    text.bytes(at..at + 1),
                    format!("It is not said what `{word}` stands for."),
                );
            }
            return;
        }
        let names = text.is_word(at) && known_noun(reading, at) && at > means.tokens.start;
        if names
            || matches!(word, "what" | "which" | "something" | "someone" | "people")
            || reading.is(at, class::PERSON)
        {
            return;
        }
    }
}

fn known_noun(reading: &Reading<'_>, at: usize) -> bool {
    let function = class::DETERMINER | class::PRONOUN | class::PREPOSITION | class::SUBORDINATOR;
    let word = reading.text.word(at);
    !reading.is(at, function)
        && !matches!(
            word,
            "and"
                | "or"
                | "be"
                | "not"
                | "also"
                | "able"
                | "only"
                | "always"
                | "just"
                | "is"
                | "are"
                | "please"
                | "then"
                | "quickly"
                | "easily"
                | "again"
        )
        && (!reading.is(at, class::VERB)
            || reading.is(at, class::NOUN_TOO) && reading.is_before(at, class::DETERMINER | class::PREPOSITION))
}

fn problem_oriented(reading: &Reading<'_>, at: usize, technical: bool, findings: &mut Findings) {
    let text = &reading.text;
    let known = reading.known[at];
    let field = field_at(reading, at);
    if field == Field::Role {
        return;
    }
    let all = known.word | known.phrase | compound(reading, text.word(at));
    let words = if known.phrase & (class::TECHNOLOGY | class::TECHNOLOGY_SOFT | class::WIDGET) != 0 {
        known.phrase_words
    } else {
        1
    };
    let bytes = text.bytes(at..at + words);
    let named = &text.raw[bytes.clone()];
    let format = matches!(
        text.word(at),
        "json"
            | "xml"
            | "yaml"
            | "html"
            | "python"
            | "java"
            | "sql"
            | "css"
            | "oauth"
            | "async"
            | "javascript"
            | "cdn"
            | "regex"
            | "saml"
            | "ldap"
            | "spring"
            | "swift"
            | "soap"
            | "angular"
            | "php"
    );
    let everyday = is_everyday(text.word(at)) && !capital_inside(reading, at);
    // "import data in JSON", "as an XML file": the format of what is handed over is the need itself.
    let handed_over = is_file_format(text.word(at))
        && (matches!(text.word(at + 1), "file" | "files" | "format" | "document" | "export")
            || reading.is_before(at, class::PREPOSITION) && field == Field::Means);
    let identifier = is_identifier(text.word(at));
    // Soft words in a reason tell of the surroundings: "so that the database stays correct".
    let excused = everyday || handed_over || technical && format;
    if identifier && !technical
        || all & class::TECHNOLOGY != 0 && !excused
        || all & class::TECHNOLOGY_SOFT != 0 && !technical && field != Field::Ends
    {
        findings.add(Code::Technology, field, bytes, format!("`{named}` is a matter of how it is built."));
    } else if all & class::WIDGET != 0 && !(technical && field == Field::Ends) {
        findings.add(Code::Widget, field, bytes, format!("`{named}` is a matter of how the screen looks."));
    }
}

fn is_file_format(word: &str) -> bool {
    matches!(word, "json" | "xml" | "html" | "yaml")
}

/// Words of everyday language that are names of technology elsewhere.
fn is_everyday(word: &str) -> bool {
    matches!(
        word,
        "spring"
            | "swift"
            | "soap"
            | "lambda"
            | "oracle"
            | "rust"
            | "spark"
            | "flutter"
            | "rails"
            | "django"
            | "react"
            | "vue"
            | "singleton"
            | "bootstrap"
    )
}

/// Whether one part of `SQL-Datenbank` or `redis-backed` is a technology.
fn compound(reading: &Reading<'_>, word: &str) -> u32 {
    let named = |part: &str| Lexicon::of(reading.language).class(part) & class::TECHNOLOGY;
    match word.split_once('-') {
        Some((first, _)) if first.len() > 2 && !is_everyday(first) => named(first),
        _ => 0,
    }
}

/// A name from the code: `fine_cents`; not that of a file.
fn is_identifier(word: &str) -> bool {
    word.contains('_') && !word.contains('.') && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn capital_inside(reading: &Reading<'_>, at: usize) -> bool {
    reading.text.is_capitalised(at) && at > 0 && reading.text.is_word(at - 1)
}

fn estimable(reading: &Reading<'_>, at: usize, findings: &mut Findings) {
    let text = &reading.text;
    let known = reading.known[at];
    let all = known.word | known.phrase;
    let field = field_at(reading, at);
    undecided(reading, at, findings);
    if field == Field::Means && all & class::SCOPE != 0 {
        let narrowed = known.phrase & class::SCOPE == 0
            && matches!(text.word(at), "everything" | "anything" | "alles" | "tout")
            && matches!(text.word(at + 1), "that" | "i" | "he" | "she" | "was" | "ce" | "le" | "les" | "else");
        let denied = matches!(text.word(at), "anything") && at > 0;
        let all_of = matches!(text.word(at), "tout") && known.phrase & class::SCOPE == 0 && text.is_word(at + 1);
        if !narrowed && !denied && !all_of {
            let bytes = text.bytes(at..at + known.phrase_words.max(1));
            findings.add(Code::TooWide, field, bytes, "This is too wide to be estimated.");
        }
    } else if field == Field::Means
        && let Some(words) = whole(reading, at)
    {
        findings.add(Code::TooWide, field, text.bytes(at..at + words), "This is too wide to be estimated.");
    }
}

/// `the whole library system`, `die gesamte Vereinsverwaltung`: the number of words, when they are about all there is.
fn whole(reading: &Reading<'_>, at: usize) -> Option<usize> {
    let text = &reading.text;
    match reading.language {
        Language::English => {
            let whole = matches!(text.word(at), "whole" | "entire")
                || text.word(at) == "complete" && reading.is_before(at, class::DETERMINER);
            let last = (at + 1..at + 4).take_while(|&place| text.is_word(place)).find(|&place| {
                matches!(
                    text.word(place),
                    "system" | "platform" | "application" | "software" | "infrastructure" | "landscape" | "website"
                )
            });
            // "replace all of our old systems", but "see all systems that are down".
            let all = text.word(at) == "all"
                && reading.means.as_ref().is_some_and(|means| {
                    matches!(
                        text.word(means.tokens.start),
                        "replace" | "rewrite" | "rebuild" | "redesign" | "modernise" | "modernize" | "migrate"
                    )
                });
            let last = if all {
                (at + 1..at + 6)
                    .take_while(|&place| text.is_word(place))
                    .find(|&place| matches!(text.word(place), "systems" | "platforms" | "applications"))
            } else {
                last.filter(|_| whole)
            };
            last.map(|last| last + 1 - at)
        }
        Language::German => {
            let whole = ["gesamt", "ganze", "komplett"].iter().any(|start| text.word(at).starts_with(start));
            let noun = text.word(at + 1);
            let wide = ["system", "verwaltung", "software", "anwendung", "plattform", "landschaft"];
            (whole && wide.iter().any(|end| noun.ends_with(end))).then_some(2)
        }
        Language::French => None,
    }
}

fn undecided(reading: &Reading<'_>, at: usize, findings: &mut Findings) {
    let text = &reading.text;
    let known = reading.known[at];
    let bytes = if (known.word | known.phrase) & class::UNDECIDED != 0 {
        text.bytes(at..at + known.phrase_words.max(1))
    } else if text.raw[text.tokens[at].end..].starts_with("???") {
        text.bytes(at..at + 1)
    } else {
        return;
    };
    findings.add(Code::Undecided, field_at(reading, at), bytes, "Something is still undecided.");
}

/// Longest means in words.
const MOST_WORDS: usize = 45;

fn size(reading: &Reading<'_>, findings: &mut Findings) {
    if let Some(means) = &reading.means {
        let words = means.tokens.clone().filter(|&at| reading.text.is_word(at)).count();
        if words > MOST_WORDS {
            let bytes = reading.text.bytes(means.tokens.clone());
            findings.add(Code::TooLong, Field::Means, bytes, format!("The means has {words} words."));
        }
    }
}

fn role(reading: &Reading<'_>, findings: &mut Findings) {
    let Some(role) = &reading.role else { return };
    let last = role.tokens.clone().take_while(|&at| text_word_in_noun_phrase(reading, at)).last();
    if let Some(last) = last
        && reading.is(last, class::THING)
        && !role.tokens.clone().any(|at| reading.is(at, class::PERSON))
    {
        let bytes = reading.text.bytes(role.tokens.clone());
        findings.add(Code::RoleNoPerson, Field::Role, bytes, "The role is no person.");
    }
}

fn text_word_in_noun_phrase(reading: &Reading<'_>, at: usize) -> bool {
    reading.text.is_word(at)
        && !reading.is(at, class::PREPOSITION | class::SUBORDINATOR)
        && !matches!(reading.text.word(at), "that" | "who")
}

/// A means that is a wish or a business goal.
fn wish(reading: &Reading<'_>, findings: &mut Findings) {
    let Some(means) = &reading.means else { return };
    let mut at = means.tokens.start;
    while matches!(reading.text.word(at), "also" | "to" | "really" | "always" | "able") && at + 1 < means.tokens.end {
        at += 1;
    }
    let known = reading.known.get(at).copied().unwrap_or_default();
    let german = reading.language == Language::German
        && (means.tokens.clone().any(|place| reading.known[place].phrase & class::WISH != 0)
            || is_german_state(reading, means));
    // I want readers to be happy, I want lower costs: wishes of the same kind, told about others and things.
    let others = (at..(at + 4).min(means.tokens.end)).find(|&place| {
        !means.infinitive
            && reading.is(place, class::PERSON)
            && reading.text.word(place + 1) == "to"
            && reading.known.get(place + 2).is_some_and(|known| known.phrase & class::WISH != 0)
    });
    let less = !means.infinitive
        && means.kind.is_some()
        && matches!(reading.text.word(at), "lower" | "higher" | "fewer" | "less" | "reduced" | "increased")
        && reading.text.is_word(at + 1);
    let all = known.word | known.phrase;
    let bounded = matches!(reading.text.word(at), "feel" | "trust" | "beat" | "boost" | "grow" | "improve")
        && known.phrase & class::WISH == 0
        && matches!(reading.text.word(at + 1), "out");
    if (all & class::WISH != 0 || german || others.is_some() || less) && !bounded {
        let bytes = reading.text.bytes(at..(at + known.phrase_words.max(1)).min(means.tokens.end));
        findings.add(Code::MeansNoFeature, Field::Means, bytes, "The means is a wish, not a feature.");
    }
}

/// `… stolz auf den Verein sein`: a state at the end of the means.
fn is_german_state(reading: &Reading<'_>, means: &Part) -> bool {
    let text = &reading.text;
    means.tokens.clone().rev().find(|&at| text.is_word(at)).is_some_and(|last| text.word(last) == "sein")
        && means.tokens.clone().take(12).any(|at| {
            matches!(
                text.word(at),
                "stolz"
                    | "zufrieden"
                    | "glücklich"
                    | "erfolgreich"
                    | "erfolgreicher"
                    | "produktiver"
                    | "effizienter"
                    | "beste"
                    | "beliebteste"
                    | "beliebter"
            )
        })
}
