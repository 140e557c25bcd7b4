//! Word lists per language, and the lexicon made of them: one look-up tells all that is known of a word.

mod de;
mod en;
mod fr;

use super::text::Text;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::LazyLock;

/// Languages with word lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    English,
    /// German.
    German,
    /// French.
    French,
}

/// What a marker begins, and in which of the ways a template knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum MarkerKind {
    /// As a …
    Role,
    /// The same, only where a sentence begins.
    RoleStart,
    Want,
    WouldLike,
    Wish,
    Need,
    Can,
    Must,
    /// A verb that begins a means only after a role: `wants to`, `can`.
    Bare,
    SoThat,
    /// A word that begins ends only before a clause of its own.
    So,
    InOrder,
    Because,
}

impl MarkerKind {
    pub fn is_role(self) -> bool {
        matches!(self, Self::Role | Self::RoleStart)
    }

    pub fn is_ends(self) -> bool {
        matches!(self, Self::SoThat | Self::So | Self::InOrder | Self::Because)
    }
}

/// A marker and its phrase, words joined by `_`.
pub(super) struct Marker(pub MarkerKind, pub &'static str);

/// The lists of one language; see the field names.
pub(super) struct Lists {
    pub verbs: &'static str,
    pub nouns_too: &'static str,
    pub compound_heads: &'static str,
    pub determiners: &'static str,
    pub pronouns: &'static str,
    pub prepositions: &'static str,
    pub subordinators: &'static str,
    pub people: &'static str,
    pub things: &'static str,
    pub vague: &'static str,
    pub vague_in_means: &'static str,
    pub vague_phrases: &'static str,
    pub quantities: &'static str,
    pub quantity_phrases: &'static str,
    pub weak_verbs: &'static str,
    pub technology: &'static str,
    pub technology_soft: &'static str,
    pub widgets: &'static str,
    pub technicians: &'static str,
    pub scope: &'static str,
    pub undecided: &'static str,
    pub wishes: &'static str,
    pub idioms: &'static str,
    pub stories: &'static str,
    pub catenative: &'static str,
    pub benefits: &'static str,
}

/// Classes of words and phrases, as bits.
pub(super) mod class {
    pub const VERB: u32 = 1;
    pub const NOUN_TOO: u32 = 1 << 1;
    pub const HEAD: u32 = 1 << 2;
    pub const DETERMINER: u32 = 1 << 3;
    pub const PRONOUN: u32 = 1 << 4;
    pub const PREPOSITION: u32 = 1 << 5;
    pub const SUBORDINATOR: u32 = 1 << 6;
    pub const PERSON: u32 = 1 << 7;
    pub const THING: u32 = 1 << 8;
    pub const VAGUE: u32 = 1 << 9;
    pub const VAGUE_IN_MEANS: u32 = 1 << 10;
    pub const QUANTITY: u32 = 1 << 11;
    pub const WEAK: u32 = 1 << 12;
    pub const TECHNOLOGY: u32 = 1 << 13;
    pub const TECHNOLOGY_SOFT: u32 = 1 << 14;
    pub const WIDGET: u32 = 1 << 15;
    pub const TECHNICIAN: u32 = 1 << 16;
    pub const SCOPE: u32 = 1 << 17;
    pub const UNDECIDED: u32 = 1 << 18;
    pub const WISH: u32 = 1 << 19;
    pub const IDIOM: u32 = 1 << 20;
    pub const STORY: u32 = 1 << 21;
    pub const CATENATIVE: u32 = 1 << 22;
    pub const BENEFIT: u32 = 1 << 23;
}

struct Phrase {
    words: Vec<&'static str>,
    class: u32,
    marker: Option<MarkerKind>,
}

#[derive(Default)]
struct Entry {
    class: u32,
    /// Phrases that begin with this word, longest first.
    phrases: Vec<Phrase>,
}

/// What is known of the words of one language.
pub(super) struct Lexicon {
    entries: HashMap<&'static str, Entry>,
}

static ENGLISH: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::new(&en::LISTS, en::MARKERS));
static GERMAN: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::new(&de::LISTS, de::MARKERS));
static FRENCH: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::new(&fr::LISTS, fr::MARKERS));

/// What one token of a text is known as.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Known {
    /// Classes of the word itself.
    pub word: u32,
    /// Classes of the phrases that begin here, and the number of words of the longest.
    pub phrase: u32,
    pub phrase_words: usize,
    /// The longest marker that begins here.
    pub marker: Option<(MarkerKind, usize)>,
}

impl Lexicon {
    pub fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::German => &GERMAN,
            Language::French => &FRENCH,
        }
    }

    fn new(lists: &Lists, markers: &[Marker]) -> Self {
        let mut lexicon = Self { entries: HashMap::new() };
        let all = [
            (lists.verbs, class::VERB),
            (lists.nouns_too, class::NOUN_TOO),
            (lists.compound_heads, class::HEAD),
            (lists.determiners, class::DETERMINER),
            (lists.pronouns, class::PRONOUN),
            (lists.prepositions, class::PREPOSITION),
            (lists.subordinators, class::SUBORDINATOR),
            (lists.people, class::PERSON),
            (lists.things, class::THING),
            (lists.vague, class::VAGUE),
            (lists.vague_in_means, class::VAGUE_IN_MEANS),
            (lists.vague_phrases, class::VAGUE),
            (lists.quantities, class::QUANTITY),
            (lists.quantity_phrases, class::QUANTITY),
            (lists.weak_verbs, class::WEAK),
            (lists.technology, class::TECHNOLOGY),
            (lists.technology_soft, class::TECHNOLOGY_SOFT),
            (lists.widgets, class::WIDGET),
            (lists.technicians, class::TECHNICIAN),
            (lists.scope, class::SCOPE),
            (lists.undecided, class::UNDECIDED),
            (lists.wishes, class::WISH),
            (lists.idioms, class::IDIOM),
            (lists.stories, class::STORY),
            (lists.catenative, class::CATENATIVE),
            (lists.benefits, class::BENEFIT),
        ];
        for (list, class) in all {
            for entry in list.split_whitespace() {
                lexicon.add(entry, class, None);
            }
        }
        for Marker(kind, phrase) in markers {
            lexicon.add(phrase, 0, Some(*kind));
        }
        for entry in lexicon.entries.values_mut() {
            entry.phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.words.len()));
        }
        lexicon
    }

    fn add(&mut self, phrase: &'static str, class: u32, marker: Option<MarkerKind>) {
        let words: Vec<&str> = phrase.split('_').collect();
        let entry = self.entries.entry(words[0]).or_default();
        if words.len() == 1 && marker.is_none() {
            entry.class |= class;
        } else {
            entry.phrases.push(Phrase { words, class, marker });
        }
    }

    /// The classes of a word.
    pub fn class(&self, word: &str) -> u32 {
        self.entries.get(word).map_or(0, |entry| entry.class)
    }

    /// What is known of every token of a text.
    pub fn know(&self, text: &Text<'_>) -> Vec<Known> {
        (0..text.len()).map(|at| self.known(text, at)).collect()
    }

    fn known(&self, text: &Text<'_>, at: usize) -> Known {
        let mut known = Known::default();
        if !text.is_word(at) {
            return known;
        }
        let Some(entry) = self.entries.get(text.word(at)) else { return known };
        known.word = entry.class;
        for phrase in &entry.phrases {
            if text.has(at, &phrase.words) {
                if phrase.class != 0 {
                    known.phrase |= phrase.class;
                    known.phrase_words = known.phrase_words.max(phrase.words.len());
                }
                if let (Some(kind), None) = (phrase.marker, known.marker) {
                    known.marker = Some((kind, phrase.words.len()));
                }
            }
        }
        known
    }
}

/// Words that tell the languages apart.
const GERMAN_WORDS: &[&str] = &[
    "ich", "möchte", "der", "die", "das", "und", "als", "damit", "eine", "einen", "nicht", "mit", "für", "soll",
    "muss", "wird", "ist", "meine", "sich", "auf",
];
const FRENCH_WORDS: &[&str] = &[
    "je", "veux", "en", "tant", "que", "les", "des", "afin", "une", "pour", "mes", "est", "souhaite", "voudrais",
    "dans", "le", "la", "du", "et", "mon",
];
const ENGLISH_WORDS: &[&str] = &[
    "i", "want", "as", "a", "the", "to", "so", "that", "and", "of", "my", "can", "be", "for", "with", "is", "an",
    "user",
];

/// The language of a text; English when nothing speaks for another.
pub(super) fn language(text: &Text<'_>) -> Language {
    let (mut german, mut french, mut english) = (0, 0, 0);
    for at in 0..text.len().min(60) {
        let word = text.word(at);
        german += usize::from(GERMAN_WORDS.contains(&word));
        french += usize::from(FRENCH_WORDS.contains(&word));
        english += usize::from(ENGLISH_WORDS.contains(&word));
        let umlauts = word.contains(['ä', 'ö', 'ü', 'ß']);
        let accents =
            word.contains(['é', 'è', 'ê', 'à', 'ç', 'ù', 'î', 'ô']) || word.len() == 2 && word.ends_with('\'');
        german += usize::from(umlauts);
        french += usize::from(accents);
    }
    if german > english && german > french {
        Language::German
    } else if french > english && french > german {
        Language::French
    } else {
        Language::English
    }
}
