//! The file of `--rules`: severities, forbidden words and patterns of a team.

use super::output::{Found, Report};
use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use storywright_domain::finding::Severity;
use storywright_domain::quality::{Code, Criterion, Language};

/// Largest compiled pattern in bytes; the engine itself takes time in proportion to the text.
const PATTERN_BYTES: usize = 1 << 20;

/// Why a rule file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// It cannot be read.
    #[error("{}: {source}; check the name and whether you may read it", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It is not what it should be.
    #[error("{}: {problem}; mend it, or leave `--rules` away", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
}

/// A severity in the file, or a code that is not reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Weight {
    Error,
    Warning,
    Info,
    Off,
}

#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum LanguageName {
    English,
    German,
    French,
}

/// The file as written.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct RulesFile {
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
    schema: Option<String>,
    /// The language of all stories; without it each story's own.
    language: Option<LanguageName>,
    /// Severity by code or criterion; a code goes before its criterion.
    severity: BTreeMap<String, Weight>,
    /// Words that no story may hold, in any case.
    forbidden_words: Vec<String>,
    /// Regular expressions.
    patterns: Vec<PatternFile>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct PatternFile {
    /// What no story may match.
    pattern: String,
    /// What is wrong then, as a sentence.
    message: String,
    /// What to do, as a sentence.
    #[serde(default)]
    cure: String,
    /// The criterion that it belongs to.
    criterion: String,
    #[serde(default = "warning")]
    severity: Weight,
}

fn warning() -> Weight {
    Weight::Warning
}

struct Pattern {
    expression: Regex,
    code: &'static str,
    criterion: Criterion,
    severity: Severity,
    message: String,
    cure: String,
}

/// The rules, ready for use.
#[derive(Default)]
pub struct LintRules {
    language: Option<Language>,
    severity: BTreeMap<String, Weight>,
    patterns: Vec<Pattern>,
}

impl LintRules {
    /// Reads a file.
    ///
    /// # Errors
    /// A file that cannot be read, or names a code, a criterion or a pattern that is none.
    pub fn load(path: &Path) -> Result<Self, RulesError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| RulesError::Read { path: path.to_owned(), source })?;
        Self::parse(&text).map_err(|problem| RulesError::Wrong { path: path.to_owned(), problem })
    }

    /// Reads the text of a file; the error says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: RulesFile = serde_json::from_str(text).map_err(|error| error.to_string())?;
        for name in file.severity.keys() {
            if Code::parse(name).is_none() && criterion(name).is_none() {
                return Err(format!("severity: `{name}` is neither a code nor a criterion; docs/RULES.md lists them"));
            }
        }
        let mut patterns = Vec::new();
        if !file.forbidden_words.is_empty() {
            let words: Vec<String> = file
                .forbidden_words
                .iter()
                .map(|word| regex::escape(word.trim()))
                .filter(|word| !word.is_empty())
                .collect();
            patterns.push(Pattern {
                expression: compile(&format!(r"(?i)\b(?:{})\b", words.join("|")))
                    .map_err(|error| format!("forbidden_words: {error}"))?,
                code: "forbidden_word",
                criterion: Criterion::Unambiguous,
                severity: Severity::Error,
                message: "The team does not use this word.".to_owned(),
                cure: "Use another word.".to_owned(),
            });
        }
        for (number, pattern) in file.patterns.into_iter().enumerate() {
            let severity = match pattern.severity {
                Weight::Error => Severity::Error,
                Weight::Warning => Severity::Warning,
                Weight::Info => Severity::Info,
                Weight::Off => continue,
            };
            patterns.push(Pattern {
                expression: compile(&pattern.pattern).map_err(|error| format!("patterns.{number}.pattern: {error}"))?,
                code: "team_pattern",
                criterion: criterion(&pattern.criterion).ok_or_else(|| {
                    format!("patterns.{number}.criterion: `{}` is none; docs/RULES.md lists them", pattern.criterion)
                })?,
                severity,
                message: pattern.message,
                cure: pattern.cure,
            });
        }
        let language = file.language.map(|name| match name {
            LanguageName::English => Language::English,
            LanguageName::German => Language::German,
            LanguageName::French => Language::French,
        });
        Ok(Self { language, severity: file.severity, patterns })
    }

    /// The language of all stories, when the team names one.
    pub fn language(&self) -> Option<Language> {
        self.language
    }

    /// Adds what the team's own patterns find.
    pub fn add_to(&self, report: &mut Report) {
        for pattern in &self.patterns {
            for place in pattern.expression.find_iter(&report.story).take(storywright_domain::quality::MOST_OF_A_CODE) {
                let start = report.story[..place.start()].chars().count();
                let end = start + place.as_str().chars().count();
                report.findings.push(Found {
                    code: pattern.code,
                    criterion: pattern.criterion,
                    severity: pattern.severity,
                    field: "story",
                    start,
                    end,
                    message: pattern.message.clone(),
                    cure: pattern.cure.clone(),
                });
            }
        }
    }

    /// Sets the team's severities, and takes out what it does not want to hear.
    pub fn weigh(&self, findings: &mut Vec<Found>) {
        if self.severity.is_empty() {
            return;
        }
        findings.retain_mut(|found| {
            let weight = self.severity.get(found.code).or_else(|| self.severity.get(found.criterion.as_str()));
            match weight {
                Some(Weight::Off) => return false,
                Some(Weight::Error) => found.severity = Severity::Error,
                Some(Weight::Warning) => found.severity = Severity::Warning,
                Some(Weight::Info) => found.severity = Severity::Info,
                None => {}
            }
            true
        });
    }
}

fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES).build()
}

fn criterion(name: &str) -> Option<Criterion> {
    Criterion::ALL.into_iter().find(|criterion| criterion.as_str() == name)
}

/// A file that uses every key, for the test of the schema.
#[cfg(test)]
pub fn example() -> impl Serialize {
    let pattern = PatternFile {
        pattern: "x".to_owned(),
        message: "m".to_owned(),
        cure: "c".to_owned(),
        criterion: "atomic".to_owned(),
        severity: Weight::Warning,
    };
    RulesFile { schema: Some(String::new()), patterns: vec![pattern], ..RulesFile::default() }
}
