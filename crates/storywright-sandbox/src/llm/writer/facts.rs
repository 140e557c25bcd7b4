//! What a whole requirement text says: its title, its requirements, its people and its topics.

use std::collections::HashMap;

use super::actors::role_of;
use super::blocks::{self, Blocks};
use super::english::{is_person, is_pure_verb, is_stop_word, is_verb_form, singular};
use super::reading::{self, Force, Requirement};

/// Everything the writer knows about a requirement text.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The document's first heading.
    pub title: Option<String>,
    /// In reading order.
    pub requirements: Vec<Requirement>,
    /// People, in the order of their first mention as actors, then as others.
    pub roles: Vec<String>,
    /// Topics (nouns and noun pairs), most telling first.
    pub nouns: Vec<String>,
    /// Numbers with their unit, such as `14 days`.
    pub limits: Vec<String>,
    /// Words of everything that is asked for.
    pub words: usize,
    raw: String,
}

impl Facts {
    /// Reads a text; `None` when nothing in it could be a statement.
    pub fn read(raw: &str) -> Self {
        let Blocks { title, statements } = blocks::read(raw);
        let requirements: Vec<Requirement> = statements.iter().map(reading::read).collect();
        Self::of(title, requirements, raw)
    }

    /// The same facts for some of the requirements.
    pub fn narrowed(&self, requirements: Vec<Requirement>) -> Self {
        let raw: String = requirements.iter().map(|r| format!("{}.\n", r.text)).collect();
        let mut narrowed = Self::of(self.title.clone(), requirements, &raw);
        if narrowed.roles.is_empty() {
            narrowed.roles.clone_from(&self.roles);
        }
        if narrowed.nouns.is_empty() {
            narrowed.nouns.clone_from(&self.nouns);
        }
        narrowed
    }

    fn of(title: Option<String>, requirements: Vec<Requirement>, raw: &str) -> Self {
        // What is asked for tells more about the topic than the story around it, and a benefit tells nothing.
        let weighted: Vec<(&str, usize)> = title
            .iter()
            .map(|title| (title.as_str(), 6))
            .chain(requirements.iter().map(|r| match (r.asks(), r.action.is_empty()) {
                (true, false) => (r.action.as_str(), 3),
                _ => (r.text.as_str(), 1),
            }))
            .chain(requirements.iter().filter(|r| r.asks() && r.role.is_none()).map(|r| (r.subject.as_str(), 2)))
            .collect();
        let (roles, nouns) = (roles(&requirements), nouns(&weighted));
        let mut facts = Self { title, requirements, roles, nouns, limits: Vec::new(), words: 0, raw: raw.to_owned() };
        let rules: Vec<&str> = facts.rules().iter().map(|r| r.text.as_str()).collect();
        let (found, words) = (limits(&rules), rules.iter().map(|t| t.split_whitespace().count()).sum());
        (facts.limits, facts.words) = (found, words);
        facts
    }

    /// Requirements that ask for something inside the scope.
    pub fn asked(&self) -> Vec<&Requirement> {
        self.requirements.iter().filter(|r| r.asks() && !self.is_aside(r)).collect()
    }

    /// Everything a criterion or a scenario can be made of, what is asked for first.
    pub fn rules(&self) -> Vec<&Requirement> {
        let intro = ["description", "overview", "context", "introduction", "summary"];
        let in_scope = || self.requirements.iter().filter(|r| !self.is_aside(r));
        let asked: Vec<&Requirement> = in_scope().filter(|r| r.force != Force::Fact).collect();
        // "We want to spare them this" is what it is for, once others say what is to be done.
        let others = asked.iter().filter(|r| !is_we(r)).count();
        let mut rules: Vec<&Requirement> = asked.into_iter().filter(|r| others < 2 || !is_we(r)).collect();
        let normative = ["require", "rule", "criteri", "detail", "decision", "behavior"];
        let few = rules.len() < 3;
        rules.extend(in_scope().filter(|r| {
            let stated = r.force == Force::Fact && !r.action.is_empty() && !r.under(&intro) && !is_comment(r);
            stated && (few || r.under(&normative))
        }));
        rules
    }

    /// Things to leave alone, under a heading such as "Out of scope".
    pub fn out_of_scope(&self) -> Vec<&Requirement> {
        self.requirements.iter().filter(|r| r.under(&["out of scope", "not in scope", "exclu", "non-goal"])).collect()
    }

    /// Background, open questions and what is out of scope: not to be built from.
    pub fn is_aside(&self, requirement: &Requirement) -> bool {
        requirement.force == Force::Question
            || requirement.force == Force::Fact && is_about_today(&requirement.text)
            || requirement.under(&[
                "out of scope",
                "not in scope",
                "exclu",
                "non-goal",
                "background",
                "open question",
                "glossary",
                "history",
                "reference",
                "related",
                "next step",
                "to do",
                "words",
                "definition",
                "status",
                "contact",
                "example",
            ])
    }

    /// True when there is something to write a story from.
    pub fn is_substantial(&self) -> bool {
        self.raw.trim().chars().count() >= 25 && blocks::has_verb(&self.raw)
    }

    /// True when the text holds one of these words.
    pub fn mentions(&self, words: &[&str]) -> bool {
        let lower = self.raw.to_lowercase();
        let mut tokens = lower.split(|c: char| !c.is_alphanumeric() && c != '-');
        tokens.any(|token| words.contains(&token) || words.contains(&singular(token).as_str()))
    }

    /// The text itself.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The `n`th topic, or a stand-in.
    pub fn noun(&self, n: usize) -> String {
        self.nouns.get(n).or_else(|| self.nouns.first()).cloned().unwrap_or_else(|| "change".to_owned())
    }
}

/// "Today agents do this by hand": the reason for a change, not the change.
fn is_about_today(text: &str) -> bool {
    let lower = text.to_lowercase();
    let habit = ["often", "usually", "frequently", "sometimes", "typically", "nowadays"];
    if lower.split_whitespace().take(5).any(|word| habit.contains(&word)) {
        return true;
    }
    ["today", "currently", "at the moment", "right now", "so far", "at present", "until now"]
        .iter()
        .any(|word| lower.starts_with(word))
        || lower.ends_with(" today")
}

fn is_we(requirement: &Requirement) -> bool {
    matches!(requirement.subject.to_lowercase().as_str(), "we" | "i")
}

/// "This belongs to …", "It is …": about the text itself.
fn is_comment(requirement: &Requirement) -> bool {
    let first = requirement.text.split_whitespace().next().unwrap_or_default().to_lowercase();
    matches!(
        first.as_str(),
        "what" | "which" | "words" | "questions" | "more" | "this" | "it" | "that" | "these" | "see" | "note" | "here"
    )
}

fn roles(requirements: &[Requirement]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut add = |role: String| {
        if !found.contains(&role) {
            found.push(role);
        }
    };
    for requirement in requirements.iter().filter(|r| r.asks()) {
        requirement.role.iter().cloned().for_each(&mut add);
    }
    for requirement in requirements {
        requirement.role.iter().cloned().for_each(&mut add);
    }
    for requirement in requirements {
        let words: Vec<&str> = requirement.text.split_whitespace().collect();
        for (at, word) in words.iter().enumerate() {
            let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
            if is_person(&bare.to_lowercase()) && bare.len() > 2 && bare != "support" && bare != "lead" {
                let start = at.saturating_sub(1);
                let pair = words[start..=at].join(" ");
                let with_kind = role_of(&pair)
                    .filter(|r| r.split(' ').all(|w| !is_stop_word(w) && (is_person(w) || !is_verb_form(w))));
                with_kind.or_else(|| role_of(bare)).into_iter().for_each(&mut add);
            }
        }
    }
    found
}

fn nouns(texts: &[(&str, usize)]) -> Vec<String> {
    let mut counted: Vec<(String, usize)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut count = |noun: String, weight: usize| match places.get(&noun).and_then(|at| counted.get_mut(*at)) {
        Some((_, times)) => *times += weight,
        None => {
            places.insert(noun.clone(), counted.len());
            counted.push((noun, weight));
        }
    };
    for (text, weight) in texts {
        let words = candidates(text);
        for (at, word) in words.iter().enumerate() {
            let Some(noun) = word else { continue };
            count(noun.clone(), 2 * weight);
            if let Some(Some(next)) = words.get(at + 1)
                && next != noun
            {
                count(format!("{noun} {next}"), 3 * weight);
            }
        }
    }
    let mut ranked: Vec<(usize, String, usize)> =
        counted.into_iter().enumerate().map(|(at, (noun, n))| (at, noun, n)).collect();
    ranked.sort_by(|a, b| b.2.cmp(&a.2).then(a.0.cmp(&b.0)));
    let mut kept: Vec<String> = Vec::new();
    for (_, noun, _) in ranked {
        let overlaps = kept.iter().any(|k| noun.split(' ').any(|word| k.split(' ').any(|other| other == word)));
        if !overlaps {
            kept.push(noun);
        }
        if kept.len() == 8 {
            break;
        }
    }
    kept
}

/// The words of a text: `Some(singular)` where the word can be a topic.
fn candidates(text: &str) -> Vec<Option<String>> {
    let mut found = Vec::new();
    let mut after_verb_mark = true;
    for raw in text.split_whitespace() {
        let bare = raw.trim_matches(|c: char| !c.is_alphanumeric());
        let lower = bare.to_lowercase();
        let usable = lower.len() > 2
            && lower.chars().all(|c| c.is_alphanumeric() || c == '-')
            && !lower.chars().next().is_some_and(|c| c.is_ascii_digit())
            && !is_stop_word(&lower)
            && !is_person(&lower)
            && !is_pure_verb(&lower)
            && !["ly", "ing", "ed", "able", "ible", "ful", "ous", "less"].iter().any(|end| {
                lower.ends_with(end)
                    && !matches!(
                        lower.as_str(),
                        "feed"
                            | "speed"
                            | "table"
                            | "building"
                            | "booking"
                            | "setting"
                            | "settings"
                            | "billing"
                            | "shipping"
                            | "pricing"
                            | "onboarding"
                            | "embed"
                    )
            })
            && !(after_verb_mark && is_verb_form(&lower));
        let noun =
            if bare.chars().filter(|c| c.is_uppercase()).count() > 1 { singular(bare) } else { singular(&lower) };
        found.push(usable.then_some(noun));
        if raw.ends_with([',', '.', ';', ':']) {
            found.push(None);
        }
        after_verb_mark = matches!(
            lower.as_str(),
            "to" | "must" | "should" | "can" | "shall" | "may" | "will" | "not" | "cannot" | "and"
        );
    }
    found
}

fn limits(texts: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for text in texts {
        let words: Vec<&str> = text.split_whitespace().collect();
        for (at, word) in words.iter().enumerate() {
            let bare = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '%' && c != '€' && c != '$');
            let digits = bare.chars().filter(char::is_ascii_digit).count();
            let plain_number =
                digits > 0 && bare.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '%' | '€' | '$'));
            if !plain_number {
                continue;
            }
            let unit = words.get(at + 1).map(|u| u.trim_matches(['.', ',', ';', ':', ')', '('])).unwrap_or_default();
            let sign = matches!(unit, "€" | "$" | "£" | "%");
            let with_unit = (unit.chars().all(char::is_alphabetic) || sign)
                && unit.len() > 1
                && !is_stop_unit(unit)
                && !word.ends_with([',', '.', ';', ')'])
                && !bare.ends_with('%');
            let limit = if with_unit { format!("{bare} {unit}") } else { bare.to_owned() };
            if (with_unit || !bare.chars().all(|c| c.is_ascii_digit())) && !found.contains(&limit) {
                found.push(limit);
            }
        }
    }
    found.truncate(4);
    found
}

fn is_stop_unit(word: &str) -> bool {
    matches!(
        word.to_lowercase().as_str(),
        "and"
            | "or"
            | "to"
            | "of"
            | "in"
            | "for"
            | "must"
            | "can"
            | "is"
            | "are"
            | "the"
            | "by"
            | "at"
            | "on"
            | "per"
            | "such"
            | "other"
            | "more"
    )
}
