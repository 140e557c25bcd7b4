//! Parts that are told without a marker: orders, the third person, ends behind a mere `to`.

use super::super::words::{Language, MarkerKind, class};
use super::{Part, Reading, is_french_infinitive};

impl Reading<'_> {
    /// Means and roles that are told without a marker.
    pub(super) fn without_markers(&mut self) {
        if self.means.is_some() {
            return;
        }
        if let Some(role) = self.role.clone() {
            // As a user, login with … / As a user, the system should …
            let end = self.part_end(role.marker);
            let comma = (role.tokens.start..end).find(|&at| self.text.mark(at).is_some());
            let german = self.language == Language::German;
            if let Some(comma) = comma {
                let first = comma + 1 + usize::from(matches!(self.text.word(comma + 1), "i" | "we" | "please" | "je"));
                let modal = (first..end).any(|at| self.marker(at).is_some_and(|(kind, _)| kind == MarkerKind::Bare));
                let spoken = first > comma + 1
                    && self.text.is_word(first)
                    && (self.is(first, class::VERB) || self.is(first + 1, class::VERB));
                let acts = self.text.is_word(first) && self.is_imperative(first, end);
                if modal || spoken || acts {
                    self.means = Some(Part { marker: first, tokens: first..end, kind: None, infinitive: false });
                }
                self.role = Some(Part { tokens: role.tokens.start..comma, ..role });
            } else if !german
                && let Some(verb) = (role.tokens.start + 1..end).find(|&at| {
                    self.is(at, class::VERB) && !self.is(at, class::NOUN_TOO) && !self.is(at, class::PERSON)
                })
            {
                self.means = Some(Part { marker: verb, tokens: verb..end, kind: None, infinitive: false });
                self.role = Some(Part { tokens: role.tokens.start..verb, ..role });
            }
            return;
        }
        self.third_person();
    }

    /// Where the part that begins at a marker ends: at the next part.
    fn part_end(&self, marker: usize) -> usize {
        let limit = self.extra.as_ref().map_or(self.body.end, |extra| extra.start - 1);
        [&self.role, &self.means, &self.ends]
            .into_iter()
            .flatten()
            .map(|part| part.marker)
            .filter(|&start| start > marker)
            .min()
            .unwrap_or(limit)
            .min(limit.max(marker))
    }

    /// `The customer wants to …`, `The system shall …`, `Add a …`.
    fn third_person(&mut self) {
        let (mut first, end) = (self.body.start, self.part_end(self.body.start));
        if let Some(ends) = self.ends.clone().filter(|ends| ends.marker <= self.body.start) {
            // In order to …, users should …
            let limit = self.body.end;
            let Some(comma) = (ends.tokens.start..limit).find(|&at| self.text.mark(at) == Some(',')) else { return };
            first = comma + 1;
            let modal = (first..limit).any(|at| self.marker(at).is_some_and(|(kind, _)| kind == MarkerKind::Bare));
            if modal {
                self.ends = Some(Part { tokens: ends.tokens.start..comma, ..ends });
                self.means = Some(Part { marker: first, tokens: first..limit, kind: None, infinitive: false });
            }
            return;
        }
        let modal = (first..end).find(|&at| self.marker(at).is_some_and(|(kind, _)| kind == MarkerKind::Bare));
        if let Some(modal) = modal.filter(|&modal| modal > first) {
            let (_, words) = self.marker(modal).unwrap_or((MarkerKind::Bare, 1));
            let wishes = matches!(
                self.text.word(modal),
                "wants"
                    | "want"
                    | "would"
                    | "needs"
                    | "need"
                    | "wishes"
                    | "wish"
                    | "möchte"
                    | "möchten"
                    | "will"
                    | "souhaite"
                    | "veut"
            ) && !matches!(self.text.word(modal), "will" if self.language == Language::English);
            let person = (first..modal).any(|at| self.is(at, class::PERSON));
            if wishes && person && modal - first <= 5 {
                let start = first + usize::from(self.is(first, class::DETERMINER));
                self.role = Some(Part { marker: first, tokens: start..modal, kind: None, infinitive: false });
            }
            let infinitive = self.text.word(modal + words - 1) == "to";
            self.means = Some(Part { marker: modal, tokens: modal + words..end, kind: None, infinitive });
        } else if self.text.is_word(first) && self.is_imperative(first, end) {
            self.means = Some(Part { marker: first, tokens: first..end, kind: None, infinitive: false });
        }
    }

    /// Whether words from a place on are an order: a verb and what it is done to.
    fn is_imperative(&self, first: usize, end: usize) -> bool {
        if self.language == Language::German {
            return false;
        }
        if self.language == Language::French {
            return is_french_infinitive(self.text.word(first)) && end > first + 1;
        }
        self.is(first, class::VERB)
            && end > first + 1
            && self.text.is_word(first + 1)
            && (!self.is(first, class::NOUN_TOO)
                || self.is(first + 1, class::DETERMINER | class::PRONOUN)
                || matches!(self.text.word(first + 1), "to" | "in" | "into" | "for" | "on" | "with" | "through"))
    }

    /// English ends told by a verb alone: `I want to lock a course to stop late answers`.
    pub(super) fn purpose(&mut self) {
        if self.ends.is_some() || self.language != Language::English {
            return;
        }
        let Some(means) = self.means.clone() else { return };
        let first_verb = means.tokens.start;
        // Without `to` in the marker, the first `to` completes the wish: `I want the system to send …`.
        let mut completes = !means.infinitive
            && means.kind.is_some()
            && means.tokens.clone().any(|at| {
                self.text.word(at + 1) == "to"
                    && (self.is(at, class::PERSON | class::THING) || self.text.word(at + 2) == "be")
            });
        let mut governed = false;
        for at in first_verb..means.tokens.end.saturating_sub(1) {
            if matches!(
                self.text.word(at),
                "allow"
                    | "enable"
                    | "let"
                    | "invite"
                    | "ask"
                    | "tell"
                    | "remind"
                    | "require"
                    | "force"
                    | "encourage"
                    | "help"
                    | "permit"
                    | "expect"
                    | "send"
                    | "how"
                    | "what"
                    | "where"
                    | "when"
                    | "if"
                    | "button"
                    | "link"
                    | "request"
                    | "ability"
                    | "possibility"
                    | "set"
                    | "option"
                    | "way"
            ) {
                governed = true;
            }
            if self.text.word(at) != "to" || at < first_verb + 2 {
                continue;
            }
            if completes {
                completes = false;
                continue;
            }
            let verb = at + 1;
            let free = !governed && !self.is_before(at, class::CATENATIVE) && self.text.is_word(at - 1)
                || self.text.mark(at - 1) == Some(',');
            if free && self.is(verb, class::VERB) && self.is(verb, class::BENEFIT) {
                if let Some(means) = &mut self.means {
                    means.tokens.end = if self.text.mark(at - 1).is_some() { at - 1 } else { at };
                }
                self.ends = Some(Part { marker: at, tokens: verb..means.tokens.end, kind: None, infinitive: true });
                return;
            }
        }
    }
}
