//! How much two texts are about the same: words and their spelling, no meaning.
//!
//! Texts are brought into one form (lower case, letters without accents, words without stop words) and compared twice: by the
//! words that they share (Sørensen-Dice over sets of words) and by the runs of three letters that they share (the same over
//! trigrams), so that `refund` and `refunds`, or a typing error, still count. The score is the weighted mean, between 0 and 1;
//! the same words in any order give 1.

use std::collections::BTreeSet;

/// Share of whole words in a score; the rest is spelling.
const WORDS: f64 = 0.6;
/// Share of the summary in the score of two issues that both have a description.
const SUMMARY: f64 = 0.75;
/// Most words of a description that count: what a story is about is said at its beginning.
const DESCRIPTION_WORDS: usize = 120;

/// From this score on, two issues are worth a look by a person.
pub const ALIKE: f64 = 0.55;

/// Words that say nothing about what a text is about: English, French, German, and what stories are made of.
const STOP_WORDS: &[&str] = &[
    "a", "aber", "about", "afin", "after", "all", "als", "also", "am", "an", "and", "any", "are", "as", "at", "au",
    "auf", "aus", "avec", "be", "been", "bei", "but", "by", "can", "could", "dans", "das", "de", "dem", "den", "der",
    "des", "die", "do", "does", "doit", "du", "ein", "eine", "einem", "einen", "einer", "elle", "en", "es", "est",
    "et", "etre", "for", "from", "fur", "get", "given", "has", "hat", "have", "he", "i", "ich", "if", "il", "im", "in",
    "into", "is", "ist", "it", "its", "je", "kann", "la", "le", "les", "leur", "mais", "may", "me", "mit", "mochte",
    "must", "my", "nach", "ne", "nicht", "no", "not", "nous", "oder", "of", "on", "or", "ou", "our", "par", "pas",
    "peut", "pour", "pouvoir", "qu", "que", "qui", "sa", "se", "ses", "shall", "should", "sich", "sie", "sind", "so",
    "son", "sont", "sur", "that", "the", "their", "then", "there", "they", "this", "to", "um", "un", "und", "une",
    "user", "veux", "vom", "von", "vous", "want", "was", "we", "werden", "when", "which", "will", "wir", "wird",
    "with", "without", "would", "you", "your", "zu", "zum", "zur",
];

/// A text in the form in which texts are compared. Made once, compared often.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile {
    words: BTreeSet<String>,
    trigrams: BTreeSet<[char; 3]>,
}

impl Profile {
    /// The profile of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self::of_words(significant(text))
    }

    fn of_words(words: Vec<String>) -> Self {
        let mut trigrams = BTreeSet::new();
        for word in &words {
            // Blanks at both ends make the beginning of a word count more than its middle.
            let padded: Vec<char> = [' ', ' '].into_iter().chain(word.chars()).chain([' ']).collect();
            trigrams.extend(padded.windows(3).filter_map(|run| <[char; 3]>::try_from(run).ok()));
        }
        Self { words: words.into_iter().collect(), trigrams }
    }

    /// Whether the text has no words.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// How much two texts share, between 0 and 1; 0 when one of them has no words.
    #[must_use]
    pub fn similarity(&self, other: &Self) -> f64 {
        if self.is_empty() || other.is_empty() {
            return 0.0;
        }
        WORDS * dice(&self.words, &other.words) + (1.0 - WORDS) * dice(&self.trigrams, &other.trigrams)
    }
}

/// Twice what both have over what each has.
fn dice<T: Ord>(one: &BTreeSet<T>, other: &BTreeSet<T>) -> f64 {
    let all = one.len() + other.len();
    if all == 0 {
        return 0.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of words are small")]
    let share = (2 * one.intersection(other).count()) as f64 / all as f64;
    share
}

/// Summary and description of an issue, to be compared with others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IssueProfile {
    summary: Profile,
    description: Profile,
}

impl IssueProfile {
    /// The profile of an issue.
    #[must_use]
    pub fn of(summary: &str, description: &str) -> Self {
        let mut words = significant(description);
        words.truncate(DESCRIPTION_WORDS);
        Self { summary: Profile::of(summary), description: Profile::of_words(words) }
    }

    /// How much two issues are about the same, between 0 and 1. Descriptions count when both have one.
    #[must_use]
    pub fn similarity(&self, other: &Self) -> f64 {
        let summary = self.summary.similarity(&other.summary);
        if self.description.is_empty() || other.description.is_empty() {
            return summary;
        }
        SUMMARY * summary + (1.0 - SUMMARY) * self.description.similarity(&other.description)
    }
}

/// Places of issues of one list that are about the same, with their score, most alike first.
#[must_use]
pub fn doubles(issues: &[IssueProfile], least: f64) -> Vec<(usize, usize, f64)> {
    let mut found = Vec::new();
    for (place, one) in issues.iter().enumerate() {
        for (other_place, other) in issues.iter().enumerate().skip(place + 1) {
            let score = one.similarity(other);
            if score >= least {
                found.push((place, other_place, score));
            }
        }
    }
    found.sort_by(|a, b| b.2.total_cmp(&a.2));
    found
}

/// The words that an issue is to be searched by: those of the summary first, longer ones first, each once, as they are written.
#[must_use]
pub fn keywords(summary: &str, description: &str, most: usize) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut seen = BTreeSet::new();
    for text in [summary, description] {
        let mut words: Vec<(String, String)> =
            split(text).map(|word| (word.to_lowercase(), folded(word))).filter(|(_, plain)| !is_stop(plain)).collect();
        words.sort_by_key(|(word, _)| std::cmp::Reverse(word.chars().count()));
        for (word, plain) in words {
            if word.chars().count() > 2 && seen.insert(plain) {
                found.push(word);
            }
        }
    }
    found.truncate(most);
    found
}

/// Words in one form without stop words, in order; all of them when there are only stop words.
pub(crate) fn significant(text: &str) -> Vec<String> {
    let all: Vec<String> = split(text).map(folded).collect();
    let kept: Vec<String> = all.iter().filter(|word| !is_stop(word)).cloned().collect();
    if kept.is_empty() { all } else { kept }
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

fn is_stop(word: &str) -> bool {
    STOP_WORDS.binary_search(&word).is_ok()
}

/// Lower case, Latin letters without accents.
fn folded(word: &str) -> String {
    let mut plain = String::with_capacity(word.len());
    for c in word.chars().flat_map(char::to_lowercase) {
        match c {
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => plain.push('a'),
            'ç' | 'č' | 'ć' => plain.push('c'),
            'è' | 'é' | 'ê' | 'ë' | 'ě' | 'ę' => plain.push('e'),
            'ì' | 'í' | 'î' | 'ï' => plain.push('i'),
            'ñ' | 'ń' => plain.push('n'),
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => plain.push('o'),
            'š' | 'ś' => plain.push('s'),
            'ù' | 'ú' | 'û' | 'ü' | 'ů' => plain.push('u'),
            'ý' | 'ÿ' => plain.push('y'),
            'ž' | 'ź' | 'ż' => plain.push('z'),
            'ł' => plain.push('l'),
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'ß' => plain.push_str("ss"),
            // An accent that stands by itself after its letter.
            '\u{300}'..='\u{36f}' => {}
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests;
