//! How rule sets are kept: by whom, with every state that they had, and as the default of projects.

use crate::jira::ProjectKey;
use crate::rules::{MAX_REWRITES, Oversize, RuleSet};
use crate::team::TeamRulesError;
use crate::{Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// Longest name in characters.
pub const MAX_NAME_CHARS: usize = 80;
/// Longest note on a version in characters.
pub const MAX_NOTE_CHARS: usize = 200;
/// Most headings, and most labels, of one rule set.
const MOST_ENTRIES: usize = 200;
/// Most headings of custom stories, and how long each may be in characters.
const MOST_HEADINGS: usize = 30;
const MAX_HEADING_CHARS: usize = 60;
/// Longest label or word in characters.
const MAX_ENTRY_CHARS: usize = 200;

/// A rule set with how it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptRuleSet {
    /// The rules.
    pub rules: RuleSet,
    /// Counts from 1; each saving is one more.
    pub version: u32,
    /// Who may change it, beside administrators.
    pub keeper: Option<UserId>,
    /// Whether it comes with the configuration; then it is changed there and nowhere else.
    pub shipped: bool,
    /// Last saving.
    pub updated_at: Timestamp,
}

/// What a list tells of a rule set.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleSetSummary {
    /// Short stable name.
    pub id: String,
    /// Name shown to people.
    pub name: String,
    /// What it is about, in figures.
    pub outline: RuleSetOutline,
    /// Counts from 1; each saving is one more.
    pub version: u32,
    /// Who may change it, beside administrators.
    pub keeper: Option<UserId>,
    /// Whether it comes with the configuration.
    pub shipped: bool,
    /// Last saving.
    pub updated_at: Timestamp,
}

/// A rule set in figures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RuleSetOutline {
    /// Largest estimate of one story.
    pub max_story_points: f64,
    /// What happens above it.
    pub oversize: Oversize,
    /// Severities that the team has set.
    pub severities: usize,
    /// Words that it does not use.
    pub forbidden_words: usize,
    /// Patterns that no text may match.
    pub patterns: usize,
    /// Labels that stories may have; 0 when any may be used.
    pub labels: usize,
    /// Conditions of ready.
    pub ready: usize,
}

impl From<&RuleSet> for RuleSetOutline {
    fn from(rules: &RuleSet) -> Self {
        Self {
            max_story_points: rules.max_story_points,
            oversize: rules.oversize,
            severities: rules.severity.len(),
            forbidden_words: rules.forbidden_words.len(),
            patterns: rules.patterns.len(),
            labels: rules.labels.len(),
            ready: rules.ready.len(),
        }
    }
}

impl From<&KeptRuleSet> for RuleSetSummary {
    fn from(kept: &KeptRuleSet) -> Self {
        Self {
            id: kept.rules.id.clone(),
            name: kept.rules.name.clone(),
            outline: RuleSetOutline::from(&kept.rules),
            version: kept.version,
            keeper: kept.keeper,
            shipped: kept.shipped,
            updated_at: kept.updated_at,
        }
    }
}

/// A state that a rule set had.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleSetVersion {
    /// The rule set.
    pub rule_set: String,
    /// Counts from 1.
    pub number: u32,
    /// Who saved it, as called then; empty for the configuration.
    pub author: String,
    /// What they say of the change; may be empty.
    pub note: String,
    /// When it was saved.
    pub saved_at: Timestamp,
    /// The rules.
    pub rules: RuleSet,
}

/// The rule set that new drafts of a project begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectRuleSet {
    /// The Jira site, by its id in the administrator's list.
    pub site: String,
    /// The project.
    pub project: ProjectKey,
    /// The rule set.
    pub rule_set: String,
}

/// What makes a rule set unusable: the key, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {problem}")]
pub struct RuleSetProblem {
    /// The key: `max_story_points`, `patterns.0.pattern`.
    pub key: String,
    /// What is wrong and what to do.
    pub problem: String,
}

impl From<TeamRulesError> for RuleSetProblem {
    fn from(TeamRulesError { key, problem }: TeamRulesError) -> Self {
        Self { key, problem }
    }
}

impl RuleSet {
    /// Checks what types do not.
    ///
    /// # Errors
    /// Every key that is wrong, at once.
    pub fn check(&self) -> Result<(), Vec<RuleSetProblem>> {
        let mut problems = Vec::new();
        let mut wrong = |key: &str, problem: &str| {
            problems.push(RuleSetProblem { key: key.to_owned(), problem: problem.to_owned() });
        };
        if !is_id(&self.id) {
            wrong("id", "use 1 to 60 small letters, digits and hyphens, beginning with a letter or digit");
        }
        if self.name.trim().is_empty()
            || self.name.chars().count() > MAX_NAME_CHARS
            || self.name.chars().any(char::is_control)
        {
            wrong("name", &format!("give it a name of 1 to {MAX_NAME_CHARS} characters"));
        }
        if !(0.5..=1_000.0).contains(&self.max_story_points) {
            wrong("max_story_points", "use a number from 0.5 to 1000");
        }
        if !(10..=255).contains(&self.max_summary_chars) {
            wrong("max_summary_chars", "use a whole number from 10 to 255: Jira takes no more than 255");
        }
        if self.max_acceptance_criteria.is_some_and(|most| !(1..=100).contains(&most)) {
            wrong("max_acceptance_criteria", "use a whole number from 1 to 100, or leave it empty");
        }
        let lists = [
            ("custom_sections", &self.custom_sections),
            ("labels", &self.labels),
            ("forbidden_words", &self.forbidden_words),
        ];
        for (key, entries) in lists {
            if key != "forbidden_words" && entries.len() > MOST_ENTRIES {
                wrong(key, &format!("there are more than {MOST_ENTRIES}: remove some"));
            }
            // Each heading is one line of what the model is told.
            let (most, longest) = if key == "custom_sections" {
                (MOST_HEADINGS, MAX_HEADING_CHARS)
            } else {
                (usize::MAX, MAX_ENTRY_CHARS)
            };
            let fits = |entry: &String| !entry.trim().is_empty() && entry.chars().count() <= longest;
            if entries.len() > most {
                wrong(key, &format!("there are more than {most}: remove some"));
            } else if !entries.iter().all(|entry| fits(entry) && !entry.chars().any(char::is_control)) {
                wrong(key, &format!("each needs 1 to {longest} characters in one line"));
            }
        }
        if self.rewrites > MAX_REWRITES {
            wrong("rewrites", &format!("use 0 to {MAX_REWRITES}: then the person decides"));
        }
        if self.labels.iter().any(|label| label.chars().any(char::is_whitespace)) {
            wrong("labels", "Jira's labels are single words: join the words with a hyphen");
        }
        for (number, pattern) in self.patterns.iter().enumerate() {
            if pattern.message.trim().is_empty() {
                wrong(&format!("patterns.{number}.message"), "say what is wrong with a text that matches");
            }
        }
        if let Err(error) = self.team() {
            problems.push(error.into());
        }
        problems.extend(crate::judged::problems(&self.judged));
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

/// Whether a text is a short stable name.
pub(crate) fn is_id(id: &str) -> bool {
    (1..=60).contains(&id.len())
        && id.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit())
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// An id made of a name: small letters and digits, everything else a hyphen; `taken` tells which are in use.
#[must_use]
pub fn id_for(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let words: Vec<String> = name
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let mut id: String = words.join("-").chars().take(50).collect();
    id.truncate(id.trim_end_matches('-').len());
    if id.is_empty() {
        "rules".clone_into(&mut id);
    }
    (1_u32..)
        .map(|number| if number == 1 { id.clone() } else { format!("{id}-{number}") })
        .find(|id| !taken(id))
        .unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::Criterion;
    use crate::team::{Pattern, Weight};

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        assert_eq!(RuleSet::default().check(), Ok(()));
        let pattern = Pattern {
            pattern: "(".to_owned(),
            message: " ".to_owned(),
            cure: String::new(),
            criterion: Criterion::Minimal,
            severity: Weight::Error,
        };
        let wrong = RuleSet {
            id: "Not so".to_owned(),
            name: " ".to_owned(),
            max_story_points: f64::NAN,
            max_summary_chars: 300,
            max_acceptance_criteria: Some(0),
            rewrites: 3,
            labels: vec!["two words".to_owned()],
            custom_sections: vec![String::new()],
            patterns: vec![pattern],
            ..RuleSet::default()
        };
        let keys: Vec<String> = wrong.check().unwrap_err().into_iter().map(|problem| problem.key).collect();
        let expected = [
            "id",
            "name",
            "max_story_points",
            "max_summary_chars",
            "max_acceptance_criteria",
            "custom_sections",
            "rewrites",
            "labels",
            "patterns.0.message",
            "patterns.0.pattern",
        ];
        assert_eq!(keys, expected);
    }

    #[test]
    fn ids_are_made_of_names_and_are_free() {
        assert_eq!(id_for("Payments: Team 2!", |_| false), "payments-team-2");
        assert_eq!(id_for("Ünïcode", |_| false), "n-code");
        assert_eq!(id_for("ß", |id| id == "rules"), "rules-2");
        assert!(is_id(&id_for(&"x-".repeat(80), |_| false)));
    }
}
