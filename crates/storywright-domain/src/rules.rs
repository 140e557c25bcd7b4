//! Rule sets: what a team asks of every story.

use crate::judged::JudgedRule;
use crate::quality::{Code, Criterion, Language};
use crate::team::{FORBIDDEN_WORD, Pattern, TEAM_PATTERN, TeamRules, TeamRulesError, Weight};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// What happens to a story above the maximum of story points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Oversize {
    /// It is to be split; the split is offered beside the finding.
    Split,
    /// It is refused until somebody makes it smaller.
    Reject,
}

/// A required part of every story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequiredSection {
    /// At least one acceptance criterion.
    AcceptanceCriteria,
    /// Software testing life cycle notes.
    StlcNotes,
}

/// What a story needs before the team takes it into a sprint: its definition of ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadyItem {
    /// An estimate in story points.
    Estimate,
    /// An epic that it belongs to.
    Epic,
    /// A priority.
    Priority,
    /// At least one component.
    Component,
    /// At least one label.
    Label,
    /// At least one passage of a source that it rests on.
    Source,
}

/// Codes of the review whose severity a team may set, beside those of [`Code`]. What Jira would refuse, and what must not leave the
/// house, is always an error.
pub const WEIGHABLE: &[&str] = &[
    "role_missing",
    "goal_missing",
    "benefit_missing",
    "acceptance_criteria_missing",
    "acceptance_criterion_blank",
    "acceptance_criterion_duplicate",
    "acceptance_criteria_too_many",
    "not_testable",
    "stlc_notes_missing",
    "scenarios_missing",
    "scenario_title_missing",
    "scenario_given_missing",
    "scenario_when_missing",
    "scenario_then_missing",
    "scenario_not_gherkin",
    "section_missing",
    "story_points_missing",
    "story_points_split",
    "story_points_indivisible",
    "story_points_exceeded",
    "summary_over_limit",
    "summary_duplicate",
    "link_duplicate",
    "label_unknown",
    "not_ready",
    FORBIDDEN_WORD,
    TEAM_PATTERN,
];

/// The `$schema` of a file: read, and of no meaning to the rules.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SchemaAddress;

impl<'de> Deserialize<'de> for SchemaAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|_| Self)
    }
}

/// A team's rules, as stored and as written in `config/rules/*.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    /// The schema that an editor checks the file by.
    #[serde(rename = "$schema", default, skip_serializing)]
    pub schema: SchemaAddress,
    /// Short stable name: `default`.
    pub id: String,
    /// Name shown to people.
    pub name: String,
    /// Largest estimate of one story.
    #[serde(default = "default_points")]
    pub max_story_points: f64,
    /// What happens above it.
    #[serde(default = "default_oversize")]
    pub oversize: Oversize,
    /// Longest summary in characters.
    #[serde(default = "default_summary")]
    pub max_summary_chars: usize,
    /// Parts that every story must have.
    #[serde(default = "default_sections")]
    pub required_sections: Vec<RequiredSection>,
    /// Headings that every story of the custom format must have.
    #[serde(default)]
    pub custom_sections: Vec<String>,
    /// The language of all stories; without it each story's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Severity by code or criterion; a code goes before its criterion.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub severity: BTreeMap<String, Weight>,
    /// Words that no text of a story may hold, in any case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forbidden_words: Vec<String>,
    /// Regular expressions that no text of a story may match.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patterns: Vec<Pattern>,
    /// The only labels that stories may have; empty when any may be used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Most acceptance criteria of one story.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_acceptance_criteria: Option<usize>,
    /// The definition of ready.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ready: Vec<ReadyItem>,
    /// How often what blocks in a first draft goes back to the model before the person decides; at most [`MAX_REWRITES`].
    #[serde(default = "default_rewrites")]
    pub rewrites: u8,
    /// Rules that a model judges; they never block.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub judged: Vec<JudgedRule>,
}

/// Most rewritings of a first draft.
pub const MAX_REWRITES: u8 = 2;

impl RuleSet {
    /// The team's own severities, words and patterns, ready for use.
    ///
    /// # Errors
    /// The first key that is wrong.
    pub fn team(&self) -> Result<TeamRules, TeamRulesError> {
        TeamRules::compile(&self.severity, &self.forbidden_words, &self.patterns, |name| {
            WEIGHABLE.contains(&name) || Code::parse(name).is_some() || Criterion::parse(name).is_some()
        })
    }
}

fn default_points() -> f64 {
    3.0
}

fn default_rewrites() -> u8 {
    MAX_REWRITES
}

fn default_oversize() -> Oversize {
    Oversize::Split
}

fn default_summary() -> usize {
    150
}

fn default_sections() -> Vec<RequiredSection> {
    vec![RequiredSection::AcceptanceCriteria, RequiredSection::StlcNotes]
}

impl Default for RuleSet {
    fn default() -> Self {
        Self {
            schema: SchemaAddress,
            id: "default".to_owned(),
            name: "Team default".to_owned(),
            max_story_points: default_points(),
            oversize: default_oversize(),
            max_summary_chars: default_summary(),
            required_sections: default_sections(),
            custom_sections: Vec::new(),
            language: None,
            severity: BTreeMap::new(),
            forbidden_words: Vec::new(),
            patterns: Vec::new(),
            labels: Vec::new(),
            max_acceptance_criteria: None,
            ready: Vec::new(),
            rewrites: default_rewrites(),
            judged: Vec::new(),
        }
    }
}
