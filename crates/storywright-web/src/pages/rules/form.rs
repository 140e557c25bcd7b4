//! The form of a rule set: what was typed, the rules that it means, and what it shows.

use super::judged::{self, ShownJudged};
use crate::view::{Choice, Errors};
use serde::Serialize;
use std::collections::BTreeMap;
use storywright_domain::quality::{Code, Criterion, Language};
use storywright_domain::rule_keeping::RuleSetProblem;
use storywright_domain::rules::{
    MAX_REWRITES, Oversize, ReadyItem, RequiredSection, RuleSet, SchemaAddress, WEIGHABLE,
};
use storywright_domain::team::{Pattern, Weight};

/// Blank rows for further patterns.
const SPARE_ROWS: usize = 2;

/// The words of the definition of ready, as stored and as shown.
const READY: [(ReadyItem, &str, &str); 6] = [
    (ReadyItem::Estimate, "estimate", "An estimate"),
    (ReadyItem::Epic, "epic", "An epic"),
    (ReadyItem::Priority, "priority", "A priority"),
    (ReadyItem::Component, "component", "A component"),
    (ReadyItem::Label, "label", "A label"),
    (ReadyItem::Source, "source", "A source"),
];

const LANGUAGES: [(Language, &str, &str); 3] = [
    (Language::English, "english", "English"),
    (Language::German, "german", "German"),
    (Language::French, "french", "French"),
];

const WEIGHTS: [(Weight, &str); 4] =
    [(Weight::Error, "error"), (Weight::Warning, "warning"), (Weight::Info, "info"), (Weight::Off, "off")];

/// What was typed: pairs of a form in their order, of which some come more than once.
pub(super) struct Typed(pub(super) Vec<(String, String)>);

impl Typed {
    pub(super) fn one(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// One entry a line.
    fn lines(&self, name: &str) -> Vec<String> {
        self.one(name).lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }

    /// The rules, and what about them cannot be read.
    pub(super) fn rules(&self, id: &str) -> (RuleSet, Vec<RuleSetProblem>) {
        let mut problems = Vec::new();
        let mut number = |key: &str, what: &str, otherwise: f64| {
            self.one(key).replace(',', ".").parse::<f64>().unwrap_or_else(|_| {
                problems.push(RuleSetProblem { key: key.to_owned(), problem: format!("use {what}") });
                otherwise
            })
        };
        let max_story_points = number("max_story_points", "a number, such as 3 or 0.5", 3.0);
        let max_summary_chars = whole(number("max_summary_chars", "a whole number, such as 150", 150.0));
        let max_acceptance_criteria = match self.one("max_acceptance_criteria") {
            "" => None,
            _ => Some(whole(number("max_acceptance_criteria", "a whole number, or leave it empty", 1.0))),
        };
        let required = |section, word: &str| self.all("required").any(|one| one == word).then_some(section);
        let rules = RuleSet {
            schema: SchemaAddress,
            id: id.to_owned(),
            name: self.one("name").to_owned(),
            max_story_points,
            oversize: if self.one("oversize") == "reject" { Oversize::Reject } else { Oversize::Split },
            max_summary_chars,
            required_sections: [
                required(RequiredSection::AcceptanceCriteria, "acceptance_criteria"),
                required(RequiredSection::StlcNotes, "stlc_notes"),
            ]
            .into_iter()
            .flatten()
            .collect(),
            custom_sections: self.lines("custom_sections"),
            language: LANGUAGES.iter().find(|(_, word, _)| *word == self.one("language")).map(|(it, ..)| *it),
            severity: self.weights(),
            forbidden_words: self.lines("forbidden_words"),
            patterns: self.patterns(),
            labels: self.lines("labels"),
            max_acceptance_criteria,
            rewrites: self.one("rewrites").parse().unwrap_or(MAX_REWRITES),
            judged: judged::typed(self),
            ready: READY
                .iter()
                .filter(|(_, word, _)| self.all("ready").any(|one| one == *word))
                .map(|it| it.0)
                .collect(),
        };
        (rules, problems)
    }

    /// The numbers of rows, in the order of the form.
    pub(super) fn numbers<'a>(&'a self, before: &'a str, after: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.0.iter().filter_map(move |(key, _)| key.strip_prefix(before)?.strip_suffix(after))
    }

    fn weights(&self) -> BTreeMap<String, Weight> {
        let weight = |value: &str| WEIGHTS.iter().find(|(_, word)| *word == value).map(|(weight, _)| *weight);
        let typed = self.0.iter().filter_map(|(key, value)| Some((key.strip_prefix("weight.")?, weight(value)?)));
        typed.map(|(code, weight)| (code.to_owned(), weight)).collect()
    }

    fn patterns(&self) -> Vec<Pattern> {
        let rows = self.numbers("pattern.", ".pattern");
        let row = |number: &str| {
            let part = |name: &str| self.one(&format!("pattern.{number}.{name}"));
            let weight = WEIGHTS.iter().find(|(_, word)| *word == part("severity"));
            // A pattern may begin or end with a space that matters, so it is taken as typed.
            let pattern = self.all(&format!("pattern.{number}.pattern")).next().unwrap_or_default().to_owned();
            Pattern {
                pattern,
                message: part("message").to_owned(),
                cure: part("cure").to_owned(),
                criterion: Criterion::parse(part("criterion")).unwrap_or(Criterion::ConceptuallySound),
                severity: weight.map_or(Weight::Warning, |(weight, _)| *weight),
            }
        };
        let blank = |pattern: &Pattern| pattern.pattern.trim().is_empty() && pattern.message.is_empty();
        rows.map(row).filter(|pattern| !blank(pattern)).collect()
    }
}

/// A number as a count; what is none becomes 0, which no rule allows.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked before")]
fn whole(number: f64) -> usize {
    if number.fract() == 0.0 && (0.0..1e6).contains(&number) { number as usize } else { 0 }
}

/// What the form shows.
#[derive(Serialize)]
pub(super) struct Shown {
    id: String,
    name: String,
    language: &'static str,
    languages: Vec<Choice>,
    max_story_points: String,
    reject: bool,
    max_summary_chars: String,
    max_acceptance_criteria: String,
    acceptance_criteria: bool,
    stlc_notes: bool,
    custom_sections: String,
    labels: String,
    forbidden_words: String,
    ready: Vec<Ready>,
    rewrites: u8,
    criteria: Vec<Weighed>,
    criterion_choices: Vec<Choice>,
    others: Vec<Weighed>,
    weighed: usize,
    patterns: Vec<ShownPattern>,
    judged: Vec<ShownJudged>,
    note: String,
}

#[derive(Serialize)]
struct Ready {
    value: &'static str,
    label: &'static str,
    on: bool,
}

/// A check whose severity may be set.
#[derive(Serialize)]
struct Weighed {
    code: String,
    label: String,
    about: String,
    weight: &'static str,
    parts: Vec<Weighed>,
}

#[derive(Serialize)]
struct ShownPattern {
    number: usize,
    pattern: String,
    message: String,
    cure: String,
    criterion: &'static str,
    severity: &'static str,
    problem: Option<String>,
}

impl Shown {
    /// The form of rules.
    pub(super) fn of(rules: &RuleSet, errors: &Errors) -> Self {
        let weight = |code: &str| rules.severity.get(code).copied().map_or("", word_of);
        let weighed = |code: &str, label: String, about: String, parts| Weighed {
            code: code.to_owned(),
            label,
            about,
            weight: weight(code),
            parts,
        };
        let codes_of = |criterion: Criterion| {
            let codes = Code::ALL.into_iter().filter(move |code| code.criterion() == criterion);
            codes.map(|code| weighed(code.as_str(), readable(code.as_str()), code.cure().to_owned(), Vec::new()))
        };
        let criterion = |one: Criterion| {
            weighed(one.as_str(), readable(one.as_str()), one.meaning().to_owned(), codes_of(one).collect())
        };
        let name = |language| LANGUAGES.iter().find(|(it, ..)| *it == language).map(|(_, word, _)| *word);
        Self {
            id: rules.id.clone(),
            name: rules.name.clone(),
            language: rules.language.and_then(name).unwrap_or_default(),
            languages: LANGUAGES.iter().map(|(_, word, label)| Choice::new(word, label)).collect(),
            max_story_points: rules.max_story_points.to_string(),
            reject: rules.oversize == Oversize::Reject,
            max_summary_chars: rules.max_summary_chars.to_string(),
            max_acceptance_criteria: rules.max_acceptance_criteria.map(|most| most.to_string()).unwrap_or_default(),
            acceptance_criteria: rules.required_sections.contains(&RequiredSection::AcceptanceCriteria),
            stlc_notes: rules.required_sections.contains(&RequiredSection::StlcNotes),
            custom_sections: rules.custom_sections.join("\n"),
            labels: rules.labels.join("\n"),
            forbidden_words: rules.forbidden_words.join("\n"),
            ready: READY
                .iter()
                .map(|(item, value, label)| Ready { value, label, on: rules.ready.contains(item) })
                .collect(),
            rewrites: rules.rewrites,
            criteria: Criterion::ALL.into_iter().map(criterion).collect(),
            criterion_choices: Criterion::ALL
                .iter()
                .map(|one| Choice::new(one.as_str(), &readable(one.as_str())))
                .collect(),
            others: WEIGHABLE.iter().map(|code| weighed(code, readable(code), String::new(), Vec::new())).collect(),
            weighed: rules.severity.len(),
            patterns: patterns(rules, errors),
            judged: judged::rows(&rules.judged, errors),
            note: String::new(),
        }
    }

    /// With what was typed in number fields, also where it is no number, and the note.
    pub(super) fn with_typed(self, typed: &Typed) -> Self {
        Self {
            max_story_points: typed.one("max_story_points").to_owned(),
            max_summary_chars: typed.one("max_summary_chars").to_owned(),
            max_acceptance_criteria: typed.one("max_acceptance_criteria").to_owned(),
            note: typed.one("note").to_owned(),
            ..self
        }
    }
}

fn patterns(rules: &RuleSet, errors: &Errors) -> Vec<ShownPattern> {
    let problem = |number: usize| {
        let keys = ["pattern", "message"].map(|part| format!("patterns.{number}.{part}"));
        keys.iter().find_map(|key| errors.get(key).cloned())
    };
    let shown = rules.patterns.iter().enumerate().map(|(number, one)| ShownPattern {
        number,
        pattern: one.pattern.clone(),
        message: one.message.clone(),
        cure: one.cure.clone(),
        criterion: one.criterion.as_str(),
        severity: word_of(one.severity),
        problem: problem(number),
    });
    let spare = (rules.patterns.len()..rules.patterns.len() + SPARE_ROWS).map(|number| ShownPattern {
        number,
        pattern: String::new(),
        message: String::new(),
        cure: String::new(),
        criterion: Criterion::ConceptuallySound.as_str(),
        severity: word_of(Weight::Warning),
        problem: None,
    });
    shown.chain(spare).collect()
}

fn word_of(weight: Weight) -> &'static str {
    WEIGHTS.iter().find(|(one, _)| *one == weight).map_or("", |(_, word)| *word)
}

fn readable(code: &str) -> String {
    let words = code.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The fields of the form that show their own problem; the others are told above it.
pub(super) fn fields(rules: &RuleSet) -> Vec<String> {
    let mut names: Vec<String> = [
        "name",
        "max_story_points",
        "max_summary_chars",
        "max_acceptance_criteria",
        "custom_sections",
        "labels",
        "forbidden_words",
        "judged",
        "note",
    ]
    .map(str::to_owned)
    .into();
    for number in 0..rules.patterns.len() {
        names.extend(["pattern", "message"].map(|part| format!("patterns.{number}.{part}")));
    }
    for number in 0..rules.judged.len() {
        names.extend(judged::PARTS.map(|part| format!("judged.{number}.{part}")));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use storywright_domain::judged::{Advice, JudgedRule, YesNo};

    fn typed(pairs: &[(&str, &str)]) -> Typed {
        Typed(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// What a browser sends of the form as it is shown.
    fn sent(shown: &Shown) -> Typed {
        let mut pairs = vec![
            ("name".to_owned(), shown.name.clone()),
            ("language".to_owned(), shown.language.to_owned()),
            ("max_story_points".to_owned(), shown.max_story_points.clone()),
            ("oversize".to_owned(), if shown.reject { "reject" } else { "split" }.to_owned()),
            ("max_summary_chars".to_owned(), shown.max_summary_chars.clone()),
            ("max_acceptance_criteria".to_owned(), shown.max_acceptance_criteria.clone()),
            ("custom_sections".to_owned(), shown.custom_sections.clone()),
            ("labels".to_owned(), shown.labels.clone()),
            ("rewrites".to_owned(), shown.rewrites.to_string()),
            ("forbidden_words".to_owned(), shown.forbidden_words.clone()),
        ];
        let required = [("acceptance_criteria", shown.acceptance_criteria), ("stlc_notes", shown.stlc_notes)];
        pairs
            .extend(required.iter().filter(|(_, on)| *on).map(|(word, _)| ("required".to_owned(), (*word).to_owned())));
        let ready = shown.ready.iter().filter(|item| item.on);
        pairs.extend(ready.map(|item| ("ready".to_owned(), item.value.to_owned())));
        let weighed = shown.criteria.iter().flat_map(|one| std::iter::once(one).chain(&one.parts)).chain(&shown.others);
        pairs.extend(weighed.map(|one| (format!("weight.{}", one.code), one.weight.to_owned())));
        for row in &shown.patterns {
            let parts = [("pattern", row.pattern.as_str()), ("message", &row.message), ("cure", &row.cure)];
            let parts = parts.into_iter().chain([("criterion", row.criterion), ("severity", row.severity)]);
            pairs.extend(parts.map(|(name, value)| (format!("pattern.{}.{name}", row.number), value.to_owned())));
        }
        pairs.extend(judged::sent(&shown.judged));
        Typed(pairs)
    }

    #[test]
    fn a_form_that_is_sent_as_shown_changes_nothing() {
        let pattern = Pattern {
            pattern: " T[B8]D".to_owned(),
            message: "It is open.".to_owned(),
            cure: "Decide it.".to_owned(),
            criterion: Criterion::Estimable,
            severity: Weight::Error,
        };
        let rules = RuleSet {
            schema: SchemaAddress,
            id: "pay".to_owned(),
            name: "Payments".to_owned(),
            max_story_points: 2.5,
            oversize: Oversize::Reject,
            max_summary_chars: 80,
            required_sections: vec![RequiredSection::StlcNotes],
            custom_sections: vec!["Context".to_owned(), "Scope".to_owned()],
            language: Some(Language::German),
            severity: BTreeMap::from([
                ("minimal".to_owned(), Weight::Off),
                ("vague_word".to_owned(), Weight::Error),
                ("not_ready".to_owned(), Weight::Info),
            ]),
            forbidden_words: vec!["simply".to_owned()],
            patterns: vec![pattern],
            labels: vec!["payments".to_owned()],
            max_acceptance_criteria: Some(9),
            ready: vec![ReadyItem::Epic, ReadyItem::Source],
            rewrites: 0,
            judged: vec![JudgedRule {
                name: "names-who-benefits".to_owned(),
                question: "Does the story name who benefits?".to_owned(),
                finding_when: YesNo::Yes,
                severity: Advice::Info,
                cure: "Name them.".to_owned(),
            }],
        };
        for rules in [rules, RuleSet::default()] {
            let (back, problems) = sent(&Shown::of(&rules, &Errors::new())).rules(&rules.id);
            assert_eq!((back, problems), (rules, Vec::new()));
        }
    }

    #[test]
    fn numbers_that_are_none_are_named_and_kept() {
        let typed = typed(&[("max_story_points", "three"), ("max_summary_chars", "1.5"), ("name", " N ")]);
        let (rules, problems) = typed.rules("n");
        let keys: Vec<&str> = problems.iter().map(|problem| problem.key.as_str()).collect();
        assert_eq!(
            (keys.as_slice(), rules.name.as_str(), rules.max_summary_chars),
            (&["max_story_points"][..], "N", 0)
        );
        assert_eq!(Shown::of(&rules, &Errors::new()).with_typed(&typed).max_story_points, "three");
    }
}
