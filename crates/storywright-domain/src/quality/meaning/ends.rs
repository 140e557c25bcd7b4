//! Ends: a reason, not what the system does, and not the means once more.

use super::super::parse::Reading;
use super::super::words::{Lexicon, class};
use super::super::{Code, Criterion, Field, Findings};

/// Ends that are a feature, or the means once more.
pub(super) fn ends(reading: &Reading<'_>, findings: &mut Findings) {
    let text = &reading.text;
    let (Some(ends), Some(means)) = (&reading.ends, &reading.means) else { return };
    let tokens = ends.tokens.clone();
    let first = tokens.start + usize::from(reading.is(tokens.start, class::DETERMINER));
    let thing = (first..(first + 2).min(tokens.end)).find(|&place| reading.is(place, class::THING));
    if let Some(thing) = thing
        && system_acts(reading, thing + 1)
    {
        findings.add(
            Code::EndsNoReason,
            Field::Ends,
            text.bytes(tokens),
            "The ends tells what the system does, not why.",
        );
        return;
    }
    let stem = |place: usize| -> Option<&str> {
        let word = text.word(place);
        let function = class::DETERMINER | class::PRONOUN | class::PREPOSITION;
        let empty = matches!(
            word,
            "i" | "can"
                | "is"
                | "are"
                | "be"
                | "able"
                | "to"
                | "will"
                | "we"
                | "have"
                | "has"
                | "been"
                | "it's"
                | "ich"
                | "kann"
                | "ist"
                | "wird"
                | "werden"
                | "sind"
                | "worden"
                | "je"
                | "puisse"
                | "soit"
                | "and"
                | "und"
                | "et"
                | "do"
                | "could"
                | "would"
        );
        (text.is_word(place) && !empty && !reading.is(place, function)).then(|| root(word))
    };
    let mut count = 0;
    let mut repeated = 0;
    for place in tokens.clone().take(24) {
        // "the system imports …" after "import …": who does it is no news.
        if Some(place) == thing && place + 1 < tokens.end {
            continue;
        }
        if let Some(word) = stem(place) {
            count += 1;
            repeated += usize::from(means.tokens.clone().take(40).filter_map(stem).any(|other| other == word));
        }
    }
    if count >= 2 && repeated == count && !findings.has(Criterion::ConceptuallySound) {
        findings.add(Code::EndsRepeatMeans, Field::Ends, text.bytes(tokens), "The ends says the means once more.");
    }
}

/// `scann` of `scanned`, `plann` of `planning`: the letter was doubled for the ending only.
fn single(stem: &str) -> &str {
    let doubled = ["bb", "dd", "gg", "mm", "nn", "pp", "rr", "tt"].iter().any(|pair| stem.ends_with(pair));
    if doubled && stem.len() > 3 { &stem[..stem.len() - 1] } else { stem }
}

/// Whether a system does something from a place on that is told as a function: `stores the claim`, `sends an e-mail`; not what it is
/// like: `stays available`, `opens in a second`.
fn system_acts(reading: &Reading<'_>, at: usize) -> bool {
    let text = &reading.text;
    let (word, next) = (text.word(at), text.word(at + 1));
    let measured = matches!(next, "in" | "within" | "faster" | "quicker" | "sooner" | "at");
    let function = matches!(
        word,
        "shows"
            | "displays"
            | "sends"
            | "stores"
            | "saves"
            | "creates"
            | "generates"
            | "updates"
            | "calculates"
            | "opens"
            | "prints"
            | "redirects"
            | "lists"
            | "records"
            | "logs"
            | "writes"
            | "adds"
            | "deletes"
            | "automatically"
            | "then"
            | "notifies"
            | "returns"
            | "processes"
            | "validates"
            | "checks"
            | "sendet"
            | "zeigt"
            | "speichert"
            | "affiche"
            | "envoie"
            | "enregistre"
    ) && !measured;
    let announced = matches!(word, "will" | "can" | "should" | "must" | "shall")
        && !matches!(next, "be" | "stay" | "keep" | "not" | "remain" | "grow" | "handle");
    // Any other verb and what it is done to, unless it tells a quality.
    let quality = matches!(
        word,
        "keeps"
            | "helps"
            | "knows"
            | "supports"
            | "meets"
            | "gets"
            | "allows"
            | "lets"
            | "makes"
            | "gives"
            | "has"
            | "uses"
            | "protects"
            | "prevents"
            | "avoids"
            | "ensures"
            | "guarantees"
            | "reflects"
            | "needs"
            | "matches"
            | "follows"
            | "takes"
            | "stops"
            | "loses"
            | "fits"
            | "serves"
            | "reduces"
            | "improves"
    );
    let other = word.strip_suffix('s').is_some_and(|verb| {
        let lexicon = Lexicon::of(reading.language);
        (lexicon.class(verb) | lexicon.class(verb.strip_suffix('e').unwrap_or(verb))) & class::VERB != 0
    }) && reading.is(at + 1, class::DETERMINER);
    function || announced || other && !quality
}

/// A word without its usual endings.
pub(in super::super) fn root(word: &str) -> &str {
    let word = word.trim_end_matches("'s");
    for end in ["ations", "ation", "ings", "ing", "ied", "ies", "ed", "es", "s"] {
        if let Some(short) = word.strip_suffix(end)
            && short.len() >= 3
        {
            return single(short.trim_end_matches('e'));
        }
    }
    if word.len() > 3 { word.trim_end_matches(['e', 'y']) } else { word }
}
