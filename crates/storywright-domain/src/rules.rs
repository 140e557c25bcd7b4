//! Rule sets: what a team asks of every story.

use serde::{Deserialize, Serialize};

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

/// A team's rules, as stored and as written in `config/rules/*.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
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
}

fn default_points() -> f64 {
    3.0
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
            id: "default".to_owned(),
            name: "Team default".to_owned(),
            max_story_points: default_points(),
            oversize: default_oversize(),
            max_summary_chars: default_summary(),
            required_sections: default_sections(),
            custom_sections: Vec::new(),
        }
    }
}
