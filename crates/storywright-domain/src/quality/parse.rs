//! Role, means and ends of a story, in any order and in paraphrase. One pass over the tokens.

mod untold;

use super::text::Text;
use super::words::{Known, Language, Lexicon, MarkerKind, class, language};
use std::ops::Range;

/// Tokens of one part and how it was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// Where the marker begins.
    pub marker: usize,
    /// The tokens after the marker.
    pub tokens: Range<usize>,
    /// The marker; `None` for a part that was told without one.
    pub kind: Option<MarkerKind>,
    /// Whether the marker ends in `to`, so that a verb must follow.
    pub infinitive: bool,
}

/// A story as read.
#[derive(Debug)]
pub(super) struct Reading<'t> {
    pub text: Text<'t>,
    pub known: Vec<Known>,
    pub language: Language,
    /// What is left without bullet, number and key.
    pub body: Range<usize>,
    /// A heading before the sentence: `Login: As a …`.
    pub title: Option<Range<usize>>,
    pub role: Option<Part>,
    pub means: Option<Part>,
    pub ends: Option<Part>,
    /// Further means: `…, and I want …`.
    pub more_means: Option<usize>,
    /// What stands after the sentence.
    pub extra: Option<Range<usize>>,
}

impl<'t> Reading<'t> {
    /// Reads a story; `hint` is the language of its set.
    pub fn new(raw: &'t str, hint: Option<Language>) -> Self {
        let text = Text::new(raw);
        let language = hint.unwrap_or_else(|| language(&text));
        let known = Lexicon::of(language).know(&text);
        let mut reading = Self {
            body: 0..text.len(),
            text,
            known,
            language,
            title: None,
            role: None,
            means: None,
            ends: None,
            more_means: None,
            extra: None,
        };
        reading.strip_noise();
        reading.strip_title();
        reading.walk();
        reading.interrupted_means();
        reading.without_markers();
        reading.drop_empty();
        reading.purpose();
        reading
    }

    pub fn is(&self, at: usize, class: u32) -> bool {
        self.known.get(at).is_some_and(|known| known.word & class != 0)
    }

    /// The same of the word before a place.
    pub fn is_before(&self, at: usize, class: u32) -> bool {
        at.checked_sub(1).is_some_and(|before| self.is(before, class))
    }

    fn marker(&self, at: usize) -> Option<(MarkerKind, usize)> {
        self.known.get(at).and_then(|known| known.marker)
    }

    /// Whether a sentence or clause begins at a place.
    fn begins(&self, at: usize) -> bool {
        at == self.body.start || at > 0 && self.text.mark(at - 1).is_some()
    }

    /// Bullets, boxes, numbers, keys: `- [ ] US-12: …`.
    fn strip_noise(&mut self) {
        let text = &self.text;
        let mut at = 0;
        while at < text.len() && at < 12 {
            let next = match text.mark(at) {
                Some('[' | '(') if matches!(text.mark(at + 1), Some(']' | ')')) => at + 2,
                Some('[' | '(')
                    if matches!(text.mark(at + 2), Some(']' | ')'))
                        && (is_key(text.word(at + 1)) || text.word(at + 1) == "x") =>
                {
                    at + 3
                }
                Some('-' | '#' | '>' | '|' | '+' | '.' | ':' | ')' | ']' | ',' | ';' | '…') => at + 1,
                Some(_) => break,
                None => {
                    let word = text.word(at);
                    let closed = matches!(text.mark(at + 1), Some(':' | '.' | ')' | '-' | '|' | '#'));
                    let before_role = self.known.get(at + 1).and_then(|known| known.marker).is_some();
                    let labels = ["story", "userstory", "us", "title", "description", "summary", "feature", "req"];
                    if is_key(word) && (closed || before_role)
                        || word == "user" && text.word(at + 1) == "story"
                        || labels.contains(&word)
                            && (text.mark(at + 1) == Some(':')
                                || is_key(text.word(at + 1))
                                || text.mark(at + 1) == Some('#'))
                    {
                        at + 1
                    } else {
                        break;
                    }
                }
            };
            at = next;
        }
        if at < text.len() {
            self.body.start = at;
        }
        while self.body.end > self.body.start && matches!(self.text.mark(self.body.end - 1), Some('|' | '-')) {
            self.body.end -= 1;
        }
    }

    /// A short heading before a role: `Login: As a …`.
    fn strip_title(&mut self) {
        let start = self.body.start;
        for at in start..(start + 10).min(self.body.end) {
            let parts = match self.text.mark(at) {
                Some(':' | '|' | '.' | ']') => true,
                Some('-') => self.text.tokens[at].spaced,
                _ => false,
            };
            if parts
                && at > start
                && (start..at).any(|word| self.text.is_word(word))
                && self.marker(at + 1).is_some_and(|(kind, _)| matches!(kind, MarkerKind::Role | MarkerKind::Want))
                && !(start..at).any(|word| {
                    self.marker(word).is_some_and(|(kind, _)| {
                        matches!(kind, MarkerKind::Role | MarkerKind::Want | MarkerKind::SoThat | MarkerKind::InOrder)
                    })
                })
            {
                self.title = Some(start..at);
                self.body.start = at + 1;
                return;
            }
        }
    }

    /// Whether a sentence ends with the mark at a place and another one follows.
    fn sentence_ends(&self, at: usize) -> bool {
        if !matches!(self.text.mark(at), Some('.' | '!' | '?' | '…')) || at + 1 >= self.body.end {
            return false;
        }
        let before = if at > 0 { self.text.word(at - 1) } else { "" };
        const ABBREVIATIONS: &[&str] = &[
            "e.g", "eg", "i.e", "ie", "vs", "dr", "mr", "mrs", "ms", "st", "no", "approx", "z.b", "bzw", "ca", "nr",
            "inkl", "incl", "p.ex", "ex", "resp", "cf", "fig", "min", "max",
        ];
        let next = &self.text.tokens[at + 1];
        next.spaced && !ABBREVIATIONS.contains(&before) && (before != "etc" || self.text.is_capitalised(at + 1))
    }

    fn walk(&mut self) {
        let mut found = Found::default();
        let last_word = self.body.clone().rev().find(|&place| self.text.is_word(place));
        let mut at = self.body.start;
        while at < self.body.end {
            if self.sentence_ends(at) {
                found.close(at);
                let next = at + 1;
                let goes_on = self.marker(next).is_some_and(|(kind, _)| self.accepts(&found, kind, next));
                if !goes_on && found.any() && self.extra.is_none() && last_word.is_some_and(|last| last >= next) {
                    self.extra = Some(next..self.body.end);
                }
                at += 1;
                continue;
            }
            let Some((kind, words)) = self.marker(at) else {
                at += 1;
                continue;
            };
            if self.accepts(&found, kind, at) {
                found.open(at);
                // As a user, want to …: only the `I` is missing.
                let told = match (kind, self.text.word(at)) {
                    (MarkerKind::Bare, "want" | "wants" | "would" | "wish" | "wishes") => MarkerKind::Want,
                    (MarkerKind::Bare, "need" | "needs") => MarkerKind::Need,
                    _ => kind,
                };
                let part = Part {
                    marker: at,
                    tokens: at + words..self.body.end,
                    kind: Some(told),
                    infinitive: matches!(self.text.word(at + words - 1), "to" | "can" | "must" | "should"),
                };
                if kind.is_role() {
                    found.role = Some(part);
                    found.state = State::Role;
                } else if kind.is_ends() {
                    found.ends = Some(part);
                    found.state = State::Ends;
                } else {
                    found.means = Some(part);
                    found.state = State::Means;
                }
                at += words;
                continue;
            }
            let strong = matches!(kind, MarkerKind::Want | MarkerKind::WouldLike | MarkerKind::Need | MarkerKind::Wish);
            let joined = at > 0
                && (self.text.mark(at - 1).is_some() || matches!(self.text.word(at - 1), "and" | "und" | "et" | "or"));
            if strong && joined && self.more_means.is_none() && found.means.is_some() && found.state != State::Ends {
                self.more_means = Some(at);
            }
            at += words.max(1);
        }
        found.close(self.body.end);
        (self.role, self.means, self.ends) = (found.role, found.means, found.ends);
        if let (Some(extra), Some(last)) =
            (&self.extra, [&self.role, &self.means, &self.ends].into_iter().flatten().map(|part| part.marker).max())
            && last >= extra.start
        {
            // What follows goes on with a part of the story.
            self.extra = None;
        }
    }

    /// Whether a marker begins a part, given what was found before it.
    fn accepts(&self, found: &Found, kind: MarkerKind, at: usize) -> bool {
        use MarkerKind::{Bare, Because, Can, InOrder, Must, Role, RoleStart, So, SoThat};
        let before = if at > 0 { self.text.word(at - 1) } else { "" };
        let (_, words) = self.known[at].marker.unwrap_or((kind, 1));
        let next = at + words;
        match kind {
            Role if self.language == Language::German && self.text.word(at) == "als" => {
                found.role.is_none()
                    && (self.begins(at)
                        || matches!(before, "ich" | "möchte" | "will" | "gerne" | "gern" | "wir" | "brauche"))
                    && self.text.is_word(next)
            }
            Role => {
                found.role.is_none()
                    && (self.begins(at)
                        || matches!(before, "i" | "we" | "me" | "je" | "moi")
                        || (next..(next + 3).min(self.body.end)).any(|place| self.is(place, class::PERSON)))
            }
            RoleStart => {
                found.role.is_none()
                    && self.begins(at)
                    && !matches!(
                        self.text.word(next),
                        "soon"
                            | "well"
                            | "much"
                            | "many"
                            | "long"
                            | "far"
                            | "if"
                            | "described"
                            | "per"
                            | "usual"
                            | "needed"
                            | "possible"
                            | "it"
                            | "is"
                            | "in"
                            | "part"
                            | "of"
                            | "mentioned"
                            | "discussed"
                            | "above"
                            | "i"
                    )
                    && (next..(next + 10).min(self.body.end)).any(|place| {
                        self.marker(place).is_some_and(|(kind, _)| {
                            self.is_strong(kind)
                                || matches!(kind, Can | Must)
                                || kind == Bare && self.text.mark(place - 1) == Some(',')
                        })
                    })
            }
            Bare => {
                let subject = found.role.as_ref().is_some_and(|role| role.tokens.start < at);
                found.state == State::Role && found.means.is_none() && subject && !self.strong_follows(at)
            }
            Can | Must => {
                found.means.is_none()
                    && match found.state {
                        State::Role => true,
                        State::Ends => self.begins(at) && at > self.body.start,
                        State::None | State::Closed => self.begins(at),
                        State::Means => false,
                    }
            }
            SoThat | InOrder if self.text.word(at) == "to" => {
                found.ends.is_none()
                    && found.means.as_ref().is_some_and(|means| {
                        at > means.tokens.start + 1
                            && (means.infinitive
                                || !(means.tokens.start..at).any(|place| self.is(place, class::PERSON)))
                    })
            }
            InOrder if self.language == Language::German => {
                found.ends.is_none()
                    && (self.begins(at) || found.means.is_some() && self.ends_in_zu(next))
                    && !self.text.word(next).starts_with(|c: char| c.is_ascii_digit())
            }
            SoThat | InOrder => found.ends.is_none(),
            Because => {
                found.ends.is_none()
                    && (found.means.is_some() || at == self.body.start)
                    && (!matches!(self.text.word(at), "this" | "that" | "thereby" | "therefore") || self.begins(at))
            }
            So if self.language == Language::French => {
                let word = self.text.word(next);
                found.ends.is_none()
                    && (is_french_infinitive(word) || matches!(word, "ne" | "me" | "m'" | "se" | "s'") || word == "y")
            }
            So => {
                let clause = self.is(next, class::PRONOUN | class::DETERMINER | class::PERSON)
                    || matches!(
                        self.text.word(next),
                        "there"
                            | "nobody"
                            | "everybody"
                            | "nothing"
                            | "people"
                            | "other"
                            | "others"
                            | "i'm"
                            | "i'll"
                            | "they're"
                            | "it's"
                            | "im"
                            | "to"
                    );
                let comma = at > 0 && self.text.mark(at - 1) == Some(',');
                found.ends.is_none()
                    && (found.means.is_some() || at == self.body.start || found.role.is_some())
                    && !matches!(before, "and" | "or" | "do" | "not" | "is" | "are")
                    && (clause && !matches!(self.text.word(next), "many" | "most")
                        || comma && self.text.is_word(next) && !matches!(self.text.word(next), "far" | "called" | "on"))
            }
            kind => {
                debug_assert!(self.is_strong(kind));
                found.means.is_none()
                    && match found.state {
                        State::Ends => self.begins(at) || self.language == Language::German,
                        _ => true,
                    }
            }
        }
    }

    /// Whether a clause ends as `… zu können` does; so it needs no comma before `um` to be known for what it is.
    fn ends_in_zu(&self, from: usize) -> bool {
        let limit = self.body.end.min(from + 30);
        let end = (from..limit).find(|&at| self.text.mark(at).is_some()).unwrap_or(limit);
        (from + 1..end).any(|at| self.text.word(at) == "zu" && self.text.word(at + 1).ends_with('n') && at + 2 == end)
    }

    fn is_strong(&self, kind: MarkerKind) -> bool {
        matches!(kind, MarkerKind::Want | MarkerKind::WouldLike | MarkerKind::Wish | MarkerKind::Need)
    }

    /// `I'd like, as a manager, to compare …`: the role stands inside the means, which goes on with `to`.
    fn interrupted_means(&mut self) {
        let (Some(role), Some(means)) = (&mut self.role, &mut self.means) else { return };
        let empty = !means.tokens.clone().any(|at| self.text.is_word(at));
        if !empty || role.marker < means.marker {
            return;
        }
        let goes_on = (role.tokens.start + 1..role.tokens.end)
            .find(|&at| self.text.word(at) == "to" && self.text.mark(at - 1) == Some(','));
        if let Some(to) = goes_on {
            (means.tokens, means.infinitive) = (to + 1..role.tokens.end, true);
            role.tokens.end = to - 1;
        }
    }

    /// Whether a marker with `I` follows soon, which is the means then: `As a user who wants to travel, I want …`.
    fn strong_follows(&self, at: usize) -> bool {
        (at + 1..(at + 25).min(self.body.end)).any(|place| {
            self.marker(place).is_some_and(|(kind, _)| {
                self.is_strong(kind) || matches!(kind, MarkerKind::Can | MarkerKind::Must) && self.begins(place)
            })
        })
    }

    /// Parts without a word of their own are not there.
    fn drop_empty(&mut self) {
        for part in [&mut self.role, &mut self.means, &mut self.ends] {
            let Some(found) = part.as_mut() else { continue };
            while found.tokens.end > found.tokens.start
                && self.text.mark(found.tokens.end - 1).is_some_and(|mark| !matches!(mark, ')' | ']' | '}' | '>'))
            {
                found.tokens.end -= 1;
            }
            while found.tokens.start < found.tokens.end
                && self.text.mark(found.tokens.start).is_some_and(|mark| !matches!(mark, '(' | '[' | '{' | '<'))
            {
                found.tokens.start += 1;
            }
            // `I, as a manager, want`: the other part's connecting word is none of this one's.
            while found.tokens.end > found.tokens.start
                && matches!(self.text.word(found.tokens.end - 1), "and" | "then" | "und" | "et")
            {
                found.tokens.end -= 1;
            }
            let words = found.tokens.clone().filter(|&at| self.text.is_word(at)).count();
            let undecided = words <= 2
                && self
                    .known
                    .get(found.tokens.start)
                    .is_some_and(|known| (known.word | known.phrase) & class::UNDECIDED != 0);
            let template = matches!(
                (self.text.mark(found.tokens.start), self.text.mark(found.tokens.end.saturating_sub(1))),
                (Some('<'), Some('>')) | (Some('['), Some(']')) | (Some('{'), Some('}'))
            );
            let alone = words == 1 && matches!(self.text.word(found.tokens.start), "n/a" | "na" | "none" | "i" | "we");
            if words == 0 || undecided || template || alone {
                *part = None;
            }
        }
        if let (Some(role), None) = (self.role.clone(), &self.means)
            && self.language == Language::German
            && let Some((start, _)) = (self.body.start..role.marker)
                .find_map(|at| Some((at, self.marker(at)?)))
                .filter(|(_, (kind, _))| self.is_strong(*kind))
            && let Some(noun) = role.tokens.clone().find(|&at| self.text.is_capitalised(at))
            && noun + 1 < role.tokens.end
        {
            let (kind, _) = self.marker(start).unwrap_or((MarkerKind::Want, 2));
            self.means =
                Some(Part { marker: start, tokens: noun + 1..role.tokens.end, kind: Some(kind), infinitive: false });
            self.role = Some(Part { tokens: role.tokens.start..noun + 1, ..role });
        }
    }
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    None,
    Role,
    Means,
    Ends,
    /// After the end of a sentence.
    Closed,
}

#[derive(Default)]
struct Found {
    role: Option<Part>,
    means: Option<Part>,
    ends: Option<Part>,
    state: State,
}

impl Found {
    fn any(&self) -> bool {
        self.role.is_some() || self.means.is_some() || self.ends.is_some()
    }

    /// Ends the part that is open, because another begins at `at`.
    fn open(&mut self, at: usize) {
        self.close(at);
    }

    fn close(&mut self, at: usize) {
        let part = match self.state {
            State::Role => &mut self.role,
            State::Means => &mut self.means,
            State::Ends => &mut self.ends,
            State::None | State::Closed => return,
        };
        if let Some(part) = part {
            part.tokens.end = at.max(part.tokens.start);
        }
        self.state = State::Closed;
    }
}

/// Numbers and keys: `12`, `1.2.3`, `US-12`, `PAY12`.
pub(super) fn is_key(word: &str) -> bool {
    word.len() <= 16
        && word.bytes().any(|byte| byte.is_ascii_digit())
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
        && (word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            || word.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').len() < word.len()
                && word
                    .trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')
                    .bytes()
                    .all(|byte| !byte.is_ascii_digit()))
}

/// Whether a French word is a verb in its basic form, by its end and a list of nouns that end alike.
pub(super) fn is_french_infinitive(word: &str) -> bool {
    const VERBS_IN_IER: &[&str] = &[
        "publier",
        "modifier",
        "vérifier",
        "copier",
        "trier",
        "étudier",
        "identifier",
        "notifier",
        "certifier",
        "justifier",
        "planifier",
        "oublier",
        "apprécier",
        "négocier",
        "associer",
        "remercier",
        "simplifier",
        "confier",
        "lier",
    ];
    let long = word.chars().count() > 3;
    long && (word.ends_with("er") && (!word.ends_with("ier") || VERBS_IN_IER.contains(&word))
        || word.ends_with("ir") && !matches!(word, "loisir" | "plaisir" | "avenir" | "soir" | "noir" | "loir")
        || word.ends_with("dre")
        || word.ends_with("tre")
            && matches!(
                word,
                "mettre" | "être" | "permettre" | "transmettre" | "connaître" | "remettre" | "soumettre" | "émettre"
            )
        || matches!(
            word,
            "faire" | "lire" | "dire" | "écrire" | "suivre" | "inscrire" | "conclure" | "exclure" | "inclure"
        ))
}
