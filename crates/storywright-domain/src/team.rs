//! What a team adds to the checks: severities of its own, words that it does not use, patterns that no story may match.
//!
//! Patterns are regular expressions of the `regex` crate: they take time in proportion to the text, whatever they say.

use crate::finding::Severity;
use crate::quality::{Criterion, MOST_OF_A_CODE};
use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// Largest compiled pattern in bytes.
const PATTERN_BYTES: usize = 1 << 20;
/// Most patterns of one rule set.
const MOST_PATTERNS: usize = 100;
/// Longest pattern in bytes, and all of a rule set together: what a pattern costs before it is refused grows with its length.
const PATTERN_CHARS: usize = 300;
const ALL_PATTERNS: usize = 8_000;
/// Longest message and cure of a pattern in characters: both go into every finding.
const MAX_WORDS: usize = 300;
/// Most forbidden words of one rule set.
const MOST_WORDS: usize = 1_000;

/// The code of a word that the team does not use.
pub const FORBIDDEN_WORD: &str = "forbidden_word";
/// The code of a text that a pattern of the team matches.
pub const TEAM_PATTERN: &str = "team_pattern";

/// A severity in a rule set, or a check that is not reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Blocks creation.
    Error,
    /// Shown, does not block.
    Warning,
    /// A hint.
    Info,
    /// Not reported.
    Off,
}

impl Weight {
    /// The severity; `None` when nothing is reported.
    #[must_use]
    pub fn severity(self) -> Option<Severity> {
        match self {
            Self::Error => Some(Severity::Error),
            Self::Warning => Some(Severity::Warning),
            Self::Info => Some(Severity::Info),
            Self::Off => None,
        }
    }
}

/// A pattern of a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    /// What no text may match: a regular expression.
    pub pattern: String,
    /// What is wrong then, as a sentence.
    pub message: String,
    /// What to do, as a sentence.
    #[serde(default)]
    pub cure: String,
    /// The criterion that it belongs to.
    pub criterion: Criterion,
    /// How much it weighs.
    #[serde(default = "warning")]
    pub severity: Weight,
}

fn warning() -> Weight {
    Weight::Warning
}

/// Why a team's rules are not taken: the key, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {problem}")]
pub struct TeamRulesError {
    /// The key: `patterns.0.pattern`.
    pub key: String,
    /// What is wrong and what to do.
    pub problem: String,
}

struct Compiled {
    expression: Regex,
    code: &'static str,
    criterion: Criterion,
    severity: Severity,
    message: String,
    cure: String,
}

/// What a pattern found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match<'a> {
    /// [`FORBIDDEN_WORD`] or [`TEAM_PATTERN`].
    pub code: &'static str,
    /// The criterion that it belongs to.
    pub criterion: Criterion,
    /// How much it weighs.
    pub severity: Severity,
    /// Where, in characters from 0, the end not included.
    pub place: Range<usize>,
    /// What is wrong.
    pub message: &'a str,
    /// What to do.
    pub cure: &'a str,
}

/// A team's rules, ready for use.
#[derive(Default)]
pub struct TeamRules {
    weights: BTreeMap<String, Weight>,
    patterns: Vec<Compiled>,
}

impl TeamRules {
    /// Compiles what a rule set says; `known` tells whether a word is a code or criterion whose severity may be set.
    ///
    /// # Errors
    /// The first key that is wrong.
    pub fn compile(
        weights: &BTreeMap<String, Weight>,
        forbidden_words: &[String],
        patterns: &[Pattern],
        known: impl Fn(&str) -> bool,
    ) -> Result<Self, TeamRulesError> {
        let wrong = |key: String, problem: String| TeamRulesError { key, problem };
        if let Some(name) = weights.keys().find(|name| !known(name)) {
            let problem =
                format!("`{name}` is neither a code nor a criterion whose severity can be set; see docs/RULES.md");
            return Err(wrong("severity".to_owned(), problem));
        }
        if patterns.len() > MOST_PATTERNS {
            return Err(wrong(
                "patterns".to_owned(),
                format!("there are more than {MOST_PATTERNS}: join some of them"),
            ));
        }
        if patterns.iter().map(|pattern| pattern.pattern.len()).sum::<usize>() > ALL_PATTERNS {
            return Err(wrong(
                "patterns".to_owned(),
                format!("together they are longer than {ALL_PATTERNS} bytes: shorten some"),
            ));
        }
        for (number, pattern) in patterns.iter().enumerate() {
            let long = [("message", &pattern.message), ("cure", &pattern.cure)];
            if let Some((key, _)) = long.iter().find(|(_, text)| text.chars().count() > MAX_WORDS) {
                let problem = format!("it is longer than {MAX_WORDS} characters: shorten it");
                return Err(wrong(format!("patterns.{number}.{key}"), problem));
            }
            if pattern.pattern.len() > PATTERN_CHARS {
                let problem = format!("it is longer than {PATTERN_CHARS} bytes: make several of it");
                return Err(wrong(format!("patterns.{number}.pattern"), problem));
            }
        }
        if forbidden_words.len() > MOST_WORDS {
            return Err(wrong("forbidden_words".to_owned(), format!("there are more than {MOST_WORDS}: remove some")));
        }
        let mut compiled = Vec::new();
        let words: Vec<String> =
            forbidden_words.iter().map(|word| word.trim()).filter(|word| !word.is_empty()).map(whole_word).collect();
        if !words.is_empty() {
            compiled.push(Compiled {
                expression: compile(&format!("(?i)(?:{})", words.join("|")))
                    .map_err(|error| wrong("forbidden_words".to_owned(), error.to_string()))?,
                code: FORBIDDEN_WORD,
                criterion: Criterion::Unambiguous,
                severity: Severity::Error,
                message: "The team does not use this word.".to_owned(),
                cure: "Use another word.".to_owned(),
            });
        }
        for (number, pattern) in patterns.iter().enumerate() {
            let expression = compile(&pattern.pattern)
                .map_err(|error| wrong(format!("patterns.{number}.pattern"), error.to_string()))?;
            let Some(severity) = pattern.severity.severity() else { continue };
            compiled.push(Compiled {
                expression,
                code: TEAM_PATTERN,
                criterion: pattern.criterion,
                severity,
                message: pattern.message.clone(),
                cure: pattern.cure.clone(),
            });
        }
        Ok(Self { weights: weights.clone(), patterns: compiled })
    }

    /// What the team's words and patterns find in a text, at most [`MOST_OF_A_CODE`] times each.
    pub fn matches<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Match<'a>> + 'a {
        self.patterns.iter().flat_map(move |pattern| {
            pattern.expression.find_iter(text).take(MOST_OF_A_CODE).map(move |found| {
                let start = text[..found.start()].chars().count();
                Match {
                    code: pattern.code,
                    criterion: pattern.criterion,
                    severity: pattern.severity,
                    place: start..start + found.as_str().chars().count(),
                    message: &pattern.message,
                    cure: &pattern.cure,
                }
            })
        })
    }

    /// How much a finding weighs for the team; `None` when it does not want to hear of it. A code goes before its criterion.
    #[must_use]
    pub fn weigh(&self, code: &str, criterion: Option<Criterion>, severity: Severity) -> Option<Severity> {
        let by_criterion = || criterion.and_then(|criterion| self.weights.get(criterion.as_str()));
        self.weights.get(code).or_else(by_criterion).map_or(Some(severity), |weight| weight.severity())
    }
}

/// The expression that finds a word as a whole: a boundary stands only where the word itself ends in a letter or digit (`C++`).
fn whole_word(word: &str) -> String {
    let edge = |character: Option<char>| match character {
        Some(character) if character.is_alphanumeric() || character == '_' => r"\b",
        _ => "",
    };
    format!("{}{}{}", edge(word.chars().next()), regex::escape(word), edge(word.chars().next_back()))
}

fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(words: &[&str], patterns: &[Pattern]) -> Result<TeamRules, TeamRulesError> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        TeamRules::compile(&BTreeMap::new(), &words, patterns, |_| true)
    }

    fn places(rules: &TeamRules, text: &str) -> Vec<Range<usize>> {
        rules.matches(text).map(|found| found.place).collect()
    }

    #[test]
    fn forbidden_words_are_whole_words_in_any_case() {
        let rules = rules(&["simply", "C++", " "], &[]).unwrap();
        assert_eq!(places(&rules, "Ü Simply use c++, oversimply"), [2..8, 13..16]);
    }

    #[test]
    fn a_pattern_that_is_none_is_named() {
        let pattern = |text: &str| Pattern {
            pattern: text.to_owned(),
            message: String::new(),
            cure: String::new(),
            criterion: Criterion::Minimal,
            severity: Weight::Off,
        };
        let error = rules(&[], &[pattern("a"), pattern("(")]).err().unwrap();
        assert_eq!(error.key, "patterns.1.pattern");
        let huge = rules(&[], &[pattern(r"\w{5000}{5000}")]).err().unwrap();
        assert_eq!(huge.key, "patterns.0.pattern");
    }

    #[test]
    fn a_code_goes_before_its_criterion() {
        let weights = BTreeMap::from([("minimal".to_owned(), Weight::Off), ("note".to_owned(), Weight::Error)]);
        let rules = TeamRules::compile(&weights, &[], &[], |_| true).unwrap();
        assert_eq!(rules.weigh("note", Some(Criterion::Minimal), Severity::Warning), Some(Severity::Error));
        assert_eq!(rules.weigh("brackets", Some(Criterion::Minimal), Severity::Warning), None);
        assert_eq!(rules.weigh("vague_word", Some(Criterion::Unambiguous), Severity::Info), Some(Severity::Info));
        let unknown = TeamRules::compile(&weights, &[], &[], |name| name != "note").err().unwrap();
        assert_eq!(unknown.key, "severity");
    }
}
