//! What only a set of stories can tell: a story with a template of its own, and stories that are there twice.
//!
//! Memory is bounded. [`Set`] holds back the last [`WINDOW`] stories, so that of two doubles within that distance both are reported and the
//! template of the majority is known before the first finding; beyond it, only the later one is reported. Of the stories before, 8 bytes for
//! each way in which another may be like it are kept, for the last [`REMEMBERED`] stories.

use super::meaning::root;
use super::parse::{Part, Reading};
use super::words::{Language, MarkerKind, class};
use super::{Code, Field, StoryFinding};
use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Stories that are held back.
pub const WINDOW: usize = 4_096;
/// Stories that later ones are compared with.
pub const REMEMBERED: usize = 65_536;
/// Most words of a means that are compared.
const WORDS: usize = 16;
/// Fewest words of which one may differ.
const NEAR_WORDS: usize = 4;
/// Of this many stories all but one must open the means alike before another opening is a deviation: a set that varies its words
/// anyway has no wording to deviate from.
const ALL_BUT_ONE_OF: usize = 5;

/// How a story is told, apart from the words that open the means. The word that joins the ends (`so that`, `because`, `in order to`)
/// is free, since it follows from what is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Form {
    language: Language,
    role: Option<MarkerKind>,
    /// Whether the role comes after the means.
    turned: bool,
}

/// The template of most stories.
#[derive(Debug, Clone, Copy)]
struct Common {
    form: Form,
    /// What opens the means, when nearly all stories agree on it.
    opening: Option<Option<MarkerKind>>,
    /// Whether the ends come before the means.
    ends_first: bool,
}

/// What is compared of a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    form: Form,
    opening: Option<MarkerKind>,
    /// Whether the ends come before the means; `None` without ends.
    ends_first: Option<bool>,
    has_role: bool,
    has_means: bool,
    /// Hash of all words.
    text: u64,
    /// Hashes of the words of the means, sorted, each once.
    words: Vec<u64>,
    means: Option<(usize, usize)>,
    characters: usize,
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl Profile {
    pub(super) fn of(reading: &Reading<'_>) -> Self {
        let kind = |part: &Option<Part>| part.as_ref().and_then(|part| part.kind).map(plain);
        let place = |part: &Option<Part>| part.as_ref().map_or(usize::MAX, |part| part.marker);
        let scope = reading.means.as_ref().map_or(reading.body.clone(), |means| means.tokens.clone());
        let mut words: Vec<u64> = scope
            .clone()
            .filter(|&at| counts(reading, at))
            .take(WORDS)
            .map(|at| hash(canonical(reading.text.word(at))))
            .collect();
        words.sort_unstable();
        words.dedup();
        let mut hasher = DefaultHasher::new();
        for at in reading.body.clone().filter(|&at| reading.text.is_word(at)) {
            reading.text.word(at).hash(&mut hasher);
        }
        let places = reading.means.as_ref().map(|means| {
            let bytes = reading.text.bytes(means.tokens.clone());
            let offsets = super::text::characters(reading.text.raw, &[bytes.start, bytes.end]);
            (offsets[0], offsets[1])
        });
        Self {
            form: Form {
                language: reading.language,
                role: kind(&reading.role),
                turned: place(&reading.role) > place(&reading.means),
            },
            opening: kind(&reading.means),
            ends_first: reading.ends.as_ref().map(|ends| ends.marker < place(&reading.means)),
            has_role: reading.role.is_some(),
            has_means: reading.means.is_some(),
            text: hasher.finish(),
            words,
            means: places,
            characters: reading.text.raw.chars().count(),
        }
    }

    fn means_key(&self) -> u64 {
        hash(("means", &self.words))
    }

    /// One key for each word that may be left out.
    fn near_keys(&self) -> Vec<u64> {
        if self.words.len() < NEAR_WORDS || !self.has_means {
            return Vec::new();
        }
        let all = hash(("near", &self.words));
        let mut keys = vec![all];
        if self.words.len() > NEAR_WORDS {
            for left_out in 0..self.words.len() {
                let rest: Vec<u64> =
                    self.words.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, word)| *word).collect();
                keys.push(hash(("near", &rest)));
            }
        }
        keys
    }
}

/// Markers that one template may use side by side: politeness is no template.
fn plain(kind: MarkerKind) -> MarkerKind {
    match kind {
        MarkerKind::RoleStart => MarkerKind::Role,
        MarkerKind::WouldLike | MarkerKind::Wish => MarkerKind::Want,
        other => other,
    }
}

/// Whether a word says what a means is about.
fn counts(reading: &Reading<'_>, at: usize) -> bool {
    let word = reading.text.word(at);
    let function = class::DETERMINER | class::PRONOUN;
    let empty = matches!(
        word,
        "to" | "be"
            | "able"
            | "can"
            | "of"
            | "also"
            | "and"
            | "the"
            | "i"
            | "that"
            | "is"
            | "are"
            | "for"
            | "in"
            | "on"
            | "at"
            | "with"
            | "by"
            | "zu"
            | "können"
            | "und"
            | "et"
            | "pouvoir"
            | "de"
            | "d'"
            | "l'"
            | "à"
            | "have"
            | "possibility"
            | "ability"
            | "option"
            | "way"
            | "from"
            | "easily"
            | "quickly"
    );
    reading.text.is_word(at)
        && !empty
        && (!reading.is(at, function)
            || matches!(word, "no" | "another" | "two" | "three" | "four" | "five" | "new" | "all" | "which"))
}

/// One word for words that mean the same in a means, without endings.
fn canonical(word: &str) -> &str {
    match root(word) {
        "delet" | "remov" | "eras" => "delet",
        "view" | "see" | "look" | "display" | "show" => "see",
        "edit" | "updat" | "modif" | "chang" | "amend" | "alter" => "edit",
        "creat" | "add" | "new" => "add",
        "find" | "search" => "search",
        "bu" | "purchas" => "bu",
        "pictur" | "photo" | "imag" | "photograph" => "photo",
        "extend" | "renew" | "prolong" => "extend",
        "sign-in" | "login" | "log-in" => "login",
        "get" | "receiv" | "obtain" => "get",
        "e-mail" | "email" | "mail" => "email",
        other => other,
    }
}

/// A story with the findings of its set, in the order in which stories came in.
pub type Released<T> = (T, Vec<StoryFinding>);

struct Held<T> {
    number: u64,
    item: T,
    profile: Profile,
    double: Option<(Code, u64)>,
}

/// Stories of one set, as they come in.
pub struct Set<T> {
    held: VecDeque<Held<T>>,
    next: u64,
    forms: HashMap<(Form, Option<MarkerKind>), usize>,
    /// Stories whose ends come after the means, and before it.
    ends: [usize; 2],
    counted: usize,
    common: Option<Option<Common>>,
    exact: HashMap<u64, u64>,
    means: HashMap<u64, u64>,
    near: HashMap<u64, u64>,
    remembered: VecDeque<(u64, Vec<u64>)>,
}

impl<T> Default for Set<T> {
    fn default() -> Self {
        Self {
            held: VecDeque::new(),
            next: 0,
            forms: HashMap::new(),
            ends: [0, 0],
            counted: 0,
            common: None,
            exact: HashMap::new(),
            means: HashMap::new(),
            near: HashMap::new(),
            remembered: VecDeque::new(),
        }
    }
}

impl<T> Set<T> {
    /// Takes a story with what belongs to it; gives back the one that need not wait any more.
    pub fn push(&mut self, item: T, profile: Profile) -> Option<Released<T>> {
        let number = self.next;
        self.next += 1;
        if self.common.is_none() && profile.has_role && profile.has_means {
            *self.forms.entry((profile.form, profile.opening)).or_default() += 1;
            if let Some(first) = profile.ends_first {
                self.ends[usize::from(first)] += 1;
            }
            self.counted += 1;
        }
        let double = self.double(&profile, number);
        if let Some((code, other)) = double
            && let Some(first) = self.held.front()
            && other >= first.number
        {
            let place = usize::try_from(other - first.number).unwrap_or(usize::MAX);
            if let Some(other) = self.held.get_mut(place)
                && other.double.is_none_or(|(known, _)| known > code)
            {
                other.double = Some((code, number));
            }
        }
        self.held.push_back(Held { number, item, profile, double });
        if self.held.len() > WINDOW { self.release() } else { None }
    }

    /// Gives back the stories that are still held, one by one, when no more come in.
    pub fn finish(&mut self) -> Option<Released<T>> {
        self.release()
    }

    fn double(&mut self, profile: &Profile, number: u64) -> Option<(Code, u64)> {
        if profile.words.is_empty() {
            return None;
        }
        let means_key = profile.means_key();
        let near_keys = profile.near_keys();
        let mut found = self.exact.get(&profile.text).map(|other| (Code::Duplicate, *other));
        if found.is_none() && profile.has_means && profile.words.len() >= 2 {
            found = self.means.get(&means_key).map(|other| (Code::SameMeans, *other));
        }
        if found.is_none() {
            // One word more or less; two words that differ are two stories.
            let with_all = near_keys.first().and_then(|all| self.near.get(all));
            found = with_all.map(|other| (Code::NearDuplicate, *other));
            for key in near_keys.iter().skip(1) {
                if found.is_some() {
                    break;
                }
                found = self.means.get(&key.wrapping_add(1)).map(|other| (Code::NearDuplicate, *other));
            }
        }
        let mut keys = vec![profile.text];
        self.exact.entry(profile.text).or_insert(number);
        if profile.has_means {
            keys.push(means_key);
            self.means.entry(means_key).or_insert(number);
            if let Some(all) = near_keys.first() {
                // The whole set under a key of its own, for a later story with one word more.
                keys.push(all.wrapping_add(1));
                self.means.entry(all.wrapping_add(1)).or_insert(number);
            }
            for key in near_keys.iter().skip(1) {
                keys.push(*key);
                self.near.entry(*key).or_insert(number);
            }
        }
        self.remembered.push_back((number, keys));
        if self.remembered.len() > REMEMBERED
            && let Some((old, keys)) = self.remembered.pop_front()
        {
            for key in keys {
                for map in [&mut self.exact, &mut self.means, &mut self.near] {
                    if map.get(&key) == Some(&old) {
                        map.remove(&key);
                    }
                }
            }
        }
        found
    }

    /// The template of most stories; none when no form leads.
    fn common(&mut self) -> Option<Common> {
        if let Some(common) = self.common {
            return common;
        }
        let mut forms: HashMap<Form, usize> = HashMap::new();
        let mut openings: HashMap<Option<MarkerKind>, usize> = HashMap::new();
        for ((form, opening), count) in &self.forms {
            *forms.entry(*form).or_default() += count;
            *openings.entry(*opening).or_default() += count;
        }
        let most = forms.values().copied().max().unwrap_or_default();
        let mut leading = forms.iter().filter(|(_, count)| **count == most).map(|(form, _)| *form);
        let form = leading.next().filter(|_| leading.next().is_none() && most >= 2 && self.counted >= 3);
        let opening = openings
            .into_iter()
            .find(|(_, count)| count * ALL_BUT_ONE_OF >= self.counted * (ALL_BUT_ONE_OF - 1))
            .map(|(opening, _)| opening);
        let common = form.map(|form| Common { form, opening, ends_first: self.ends[1] > self.ends[0] });
        self.common = Some(common);
        common
    }

    fn release(&mut self) -> Option<Released<T>> {
        let common = self.common();
        let held = self.held.pop_front()?;
        let mut findings = Vec::new();
        if let Some(common) = common
            && deviates(&held.profile, &common)
        {
            findings.push(StoryFinding {
                code: Code::OtherTemplate,
                field: Field::Story,
                start: 0,
                end: held.profile.characters,
                message: "Most stories of the set follow another template.".to_owned(),
            });
        }
        if let Some((code, other)) = held.double {
            let (field, (start, end)) = match (code, held.profile.means) {
                (Code::Duplicate, _) | (_, None) => (Field::Story, (0, held.profile.characters)),
                (_, Some(means)) => (Field::Means, means),
            };
            let what = match code {
                Code::Duplicate => "is the same",
                Code::SameMeans => "wants the same",
                _ => "wants nearly the same",
            };
            findings.push(StoryFinding {
                code,
                field,
                start,
                end,
                message: format!("Story {} of the set {what}.", other + 1),
            });
        }
        Some((held.item, findings))
    }
}

fn deviates(profile: &Profile, common: &Common) -> bool {
    if profile.has_role && !profile.has_means {
        return profile.form.role != common.form.role;
    }
    profile.form != common.form
        || profile.opening.is_none()
        || common.opening.is_some_and(|opening| opening != profile.opening)
        || profile.ends_first.is_some_and(|first| first != common.ends_first)
}
