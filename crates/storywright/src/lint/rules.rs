//! The file of `--rules`: severities, forbidden words and patterns of a team, or a whole rule set as the product exports it.

use super::output::{Found, Report};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use storywright_domain::quality::{Code, Criterion, Language};
use storywright_domain::rules::RuleSet;
use storywright_domain::team::{Pattern, TeamRules, Weight};

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

/// The file as written.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct RulesFile {
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
    schema: Option<String>,
    /// The language of all stories; without it each story's own.
    language: Option<Language>,
    /// Severity by code or criterion; a code goes before its criterion.
    severity: BTreeMap<String, Weight>,
    /// Words that no story may hold, in any case.
    forbidden_words: Vec<String>,
    /// Regular expressions.
    patterns: Vec<Pattern>,
}

/// What only a rule set of the product has.
#[derive(Deserialize)]
struct Named {
    #[serde(rename = "id")]
    _id: IgnoredAny,
}

/// The rules, ready for use.
#[derive(Default)]
pub struct LintRules {
    language: Option<Language>,
    team: TeamRules,
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

    /// Reads the text of a file; the error says what is wrong. Of a rule set, what is about single stories in their own words is taken;
    /// estimates, labels and required parts are not in a text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim_start_matches('\u{feff}');
        if serde_json::from_str::<Named>(text).is_ok() {
            let set: RuleSet = serde_json::from_str(text).map_err(|error| error.to_string())?;
            set.check().map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))?;
            return Ok(Self { language: set.language, team: set.team().map_err(|error| error.to_string())? });
        }
        let file: RulesFile = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let known = |name: &str| Code::parse(name).is_some() || Criterion::parse(name).is_some();
        let team = TeamRules::compile(&file.severity, &file.forbidden_words, &file.patterns, known)
            .map_err(|error| error.to_string())?;
        Ok(Self { language: file.language, team })
    }

    /// The language of all stories, when the team names one.
    pub fn language(&self) -> Option<Language> {
        self.language
    }

    /// Adds what the team's own patterns find.
    pub fn add_to(&self, report: &mut Report) {
        let found = self.team.matches(&report.story).map(|found| Found {
            code: found.code,
            criterion: found.criterion,
            severity: found.severity,
            field: "story",
            start: found.place.start,
            end: found.place.end,
            message: found.message.to_owned(),
            cure: found.cure.to_owned(),
        });
        report.findings.extend(found.collect::<Vec<_>>());
    }

    /// Sets the team's severities, and takes out what it does not want to hear.
    pub fn weigh(&self, findings: &mut Vec<Found>) {
        findings.retain_mut(|found| {
            let severity = self.team.weigh(found.code, Some(found.criterion), found.severity);
            found.severity = severity.unwrap_or(found.severity);
            severity.is_some()
        });
    }
}

/// A file that uses every key, for the test of the schema.
#[cfg(test)]
pub fn example() -> impl Serialize {
    let pattern = Pattern {
        pattern: "x".to_owned(),
        message: "m".to_owned(),
        cure: "c".to_owned(),
        criterion: Criterion::Atomic,
        severity: Weight::Warning,
    };
    RulesFile { schema: Some(String::new()), patterns: vec![pattern], ..RulesFile::default() }
}
