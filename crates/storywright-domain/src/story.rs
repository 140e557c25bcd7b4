//! The story document: what a draft holds, what rules look at, and what becomes Jira issues.
//!
//! A document is a list of epics and a list of stories, each with sub-tasks. Texts are Markdown unless their field says otherwise. The
//! JSON form (schema version [`SCHEMA_VERSION`]) is stored, sent to the browser, and asked of the model.

use crate::source::Citation;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};

/// Version of the stored JSON form; raise it together with a migration of stored documents.
pub const SCHEMA_VERSION: u32 = 1;

/// The three ways a story can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoryFormat {
    /// As a …, I want …, so that ….
    Classic,
    /// Given, When, Then.
    Bdd,
    /// Sections that the team names itself.
    Custom,
}

impl StoryFormat {
    /// All formats in the order in which people choose.
    pub const ALL: [Self; 3] = [Self::Classic, Self::Bdd, Self::Custom];

    /// The word used in the API and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Bdd => "bdd",
            Self::Custom => "custom",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == raw)
    }
}

/// Everything that a draft has come to so far.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Document {
    /// Epics that are to be created, in order.
    #[serde(default)]
    pub epics: Vec<Epic>,
    /// The stories in order.
    #[serde(default)]
    pub stories: Vec<Story>,
}

/// An epic that is to be created; its stories name it by its reference.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Epic {
    /// Local reference, unique in the document: `e1`.
    #[serde(default)]
    pub id: String,
    /// One line.
    #[serde(default)]
    pub summary: String,
    /// Short name on boards (Epic Name on Data Center); when it is empty, the summary.
    #[serde(default)]
    pub name: String,
    /// Markdown.
    #[serde(default)]
    pub description: String,
    /// Jira labels, without spaces.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Values of the project's own fields by field id.
    #[serde(default)]
    pub custom_fields: BTreeMap<String, FieldValue>,
}

/// What a link between two issues says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// The first must be done before the second.
    Blocks,
    /// They have to do with each other.
    RelatesTo,
}

impl LinkKind {
    /// All kinds.
    pub const ALL: [Self; 2] = [Self::Blocks, Self::RelatesTo];

    /// The word in the database and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Blocks => "blocks",
            Self::RelatesTo => "relates_to",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == raw)
    }
}

/// A link from a story to another issue: this story blocks that, or relates to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryLink {
    /// What it says.
    pub kind: LinkKind,
    /// Reference of another story or epic of the document, or the key of an issue that exists.
    pub to: String,
}

/// One story, task or other standard issue, before it is in Jira.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Story {
    /// Local reference, unique in the document: `s1`.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub id: String,
    /// One line; Jira takes at most 255 characters, the rule set usually fewer.
    #[serde(default)]
    pub summary: String,
    /// Role, goal and benefit of the classic format.
    #[serde(default)]
    pub narrative: Option<Narrative>,
    /// Scenarios of the BDD format.
    #[serde(default)]
    pub scenarios: Vec<Scenario>,
    /// Sections of the custom format.
    #[serde(default)]
    pub sections: Vec<Section>,
    /// What must hold for the story to be accepted, one testable sentence each.
    #[serde(default)]
    pub acceptance_criteria: Vec<String>,
    /// Software testing life cycle notes: levels, data, environment, regression.
    #[serde(default)]
    pub stlc_notes: String,
    /// Estimate; whole or half points.
    #[serde(default)]
    pub story_points: Option<f64>,
    /// Jira labels, without spaces.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Component names of the project.
    #[serde(default)]
    pub components: Vec<String>,
    /// Priority name.
    #[serde(default)]
    pub priority: Option<String>,
    /// The epic that the story belongs to: the key of one that exists (`PAY-12`), or the reference of one of the document (`e1`).
    #[serde(default)]
    pub epic: Option<String>,
    /// Links to other issues.
    #[serde(default)]
    pub links: Vec<StoryLink>,
    /// Work items under the story.
    #[serde(default)]
    pub subtasks: Vec<Subtask>,
    /// Values of the project's own fields by field id.
    #[serde(default)]
    pub custom_fields: BTreeMap<String, FieldValue>,
    /// Passages of the draft's sources that it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub citations: Vec<Citation>,
}

/// As a `role`, I want `goal`, so that `benefit`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Narrative {
    /// Who wants it.
    #[serde(default)]
    pub role: String,
    /// What is wanted.
    #[serde(default)]
    pub goal: String,
    /// What it is good for.
    #[serde(default)]
    pub benefit: String,
}

/// A Gherkin scenario.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Scenario {
    /// Name of the scenario.
    #[serde(default)]
    pub title: String,
    /// Preconditions.
    #[serde(default)]
    pub given: Vec<String>,
    /// What happens.
    #[serde(default)]
    pub when: Vec<String>,
    /// What is observed.
    #[serde(default)]
    pub then: Vec<String>,
}

/// A named part of a custom story.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Section {
    /// Heading, one line.
    #[serde(default)]
    pub heading: String,
    /// Markdown.
    #[serde(default)]
    pub text: String,
}

/// A sub-task of a story.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Subtask {
    /// Local reference, unique in the document: `s1.2`.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub id: String,
    /// One line.
    #[serde(default)]
    pub summary: String,
    /// Markdown.
    #[serde(default)]
    pub description: String,
    /// Values of the project's own fields by field id; what its create screen demands and is not here it takes from its story.
    #[serde(default)]
    pub custom_fields: BTreeMap<String, FieldValue>,
}

/// A value for one of the project's own fields, in the shapes that Jira's create screen knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum FieldValue {
    /// Text; multi-line text is Markdown and is converted on the way out.
    Text(String),
    /// A number.
    Number(f64),
    /// `YYYY-MM-DD`.
    Date(String),
    /// Option id of a select list.
    Option(String),
    /// Option id and child option id of a cascading select list.
    Cascading(String, Option<String>),
    /// Option ids of a multi-select list.
    Options(Vec<String>),
    /// User name (Data Center) or account id (Cloud).
    User(String),
    /// Several texts, as in labels.
    Texts(Vec<String>),
    /// An issue key, as in Epic Link.
    Issue(String),
}

/// A model that has no reference to give writes null.
fn null_is_empty<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Option::<String>::deserialize(deserializer).map(Option::unwrap_or_default)
}

impl Document {
    /// Gives every epic, story and sub-task its local reference by position; what had one keeps it if it is unique.
    #[must_use]
    pub fn with_references(self) -> Self {
        self.with_references_avoiding(&HashSet::new())
    }

    /// The same; nothing new gets one of the references to `avoid`: in Jira they name other issues.
    #[must_use]
    pub fn with_references_avoiding(mut self, avoid: &HashSet<String>) -> Self {
        // Who has a reference keeps it, wherever it stands: what is in Jira already is known by it.
        let mut epics = References::reserving(self.epics.iter().map(|epic| &epic.id).chain(avoid));
        for epic in &mut self.epics {
            if epic.id.is_empty() || epics.used.contains(&epic.id) {
                epic.id = epics.fresh("e");
            }
            epics.used.insert(epic.id.clone());
        }
        let mut stories = References::reserving(self.stories.iter().map(|story| &story.id).chain(avoid));
        for story in &mut self.stories {
            if story.id.is_empty() || stories.used.contains(&story.id) || epics.used.contains(&story.id) {
                story.id = stories.fresh("s");
                while epics.used.contains(&story.id) {
                    story.id = stories.fresh("s");
                }
            }
            stories.used.insert(story.id.clone());
            let prefix = format!("{}.", story.id);
            let mut subtasks = References::reserving(story.subtasks.iter().map(|subtask| &subtask.id).chain(avoid));
            for subtask in &mut story.subtasks {
                if !subtask.id.starts_with(&prefix) || subtasks.used.contains(&subtask.id) {
                    subtask.id = subtasks.fresh(&prefix);
                }
                subtasks.used.insert(subtask.id.clone());
            }
        }
        self
    }

    /// The document with only these stories.
    #[must_use]
    pub fn of_stories(stories: Vec<Story>) -> Self {
        Self { stories, ..Self::default() }
    }

    /// The epic with this reference.
    #[must_use]
    pub fn epic(&self, reference: &str) -> Option<&Epic> {
        self.epics.iter().find(|epic| epic.id == reference)
    }

    /// How many things its lists hold: epics, stories, sub-tasks, criteria, steps, labels and so on. Pages show each as a field.
    #[must_use]
    pub fn entry_count(&self) -> usize {
        let steps = |scenario: &Scenario| 1 + scenario.given.len() + scenario.when.len() + scenario.then.len();
        let entries = |story: &Story| {
            1 + story.scenarios.iter().map(steps).sum::<usize>()
                + story.sections.len()
                + story.acceptance_criteria.len()
                + story.labels.len()
                + story.components.len()
                + story.links.len()
                + story.subtasks.iter().map(|subtask| 1 + subtask.custom_fields.len()).sum::<usize>()
                + story.custom_fields.len()
        };
        let epics = self.epics.iter().map(|epic| 1 + epic.labels.len() + epic.custom_fields.len());
        epics.chain(self.stories.iter().map(entries)).sum()
    }

    /// Whether there is nothing that could be created.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stories.is_empty() && self.epics.is_empty()
    }

    /// How many Jira issues it would become.
    #[must_use]
    pub fn issue_count(&self) -> usize {
        self.epics.len() + self.stories.iter().map(|story| 1 + story.subtasks.len()).sum::<usize>()
    }
}

/// References that are taken, found without looking at each: a document may come with very many, chosen to collide.
#[derive(Default)]
struct References {
    used: HashSet<String>,
    /// Given before, by whoever holds them: not to be given to another.
    reserved: HashSet<String>,
    /// Every number below it has been found taken.
    free_from: usize,
}

impl References {
    fn reserving<'a>(held: impl Iterator<Item = &'a String>) -> Self {
        Self { reserved: held.cloned().collect(), ..Self::default() }
    }

    /// The first free number after as many as there are references.
    fn fresh(&mut self, prefix: &str) -> String {
        let mut number = self.free_from.max(self.used.len() + 1);
        loop {
            let candidate = format!("{prefix}{number}");
            number += 1;
            if !self.used.contains(&candidate) && !self.reserved.contains(&candidate) {
                self.free_from = number;
                return candidate;
            }
        }
    }
}

impl Epic {
    /// What boards call it: its name, or else its summary.
    #[must_use]
    pub fn board_name(&self) -> &str {
        let name = self.name.trim();
        if name.is_empty() { self.summary.trim() } else { name }
    }
}

impl Story {
    /// The description that Jira gets, as Markdown: narrative, scenarios or sections, then acceptance criteria and STLC notes.
    #[must_use]
    pub fn description_markdown(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        if let Some(narrative) = self.narrative.as_ref().filter(|narrative| !narrative.is_blank()) {
            parts.push(narrative.as_markdown());
        }
        for scenario in &self.scenarios {
            parts.push(scenario.as_markdown());
        }
        for section in &self.sections {
            parts.push(format!("## {}\n\n{}", section.heading, section.text));
        }
        if !self.acceptance_criteria.is_empty() {
            let list: Vec<String> = self.acceptance_criteria.iter().map(|criterion| format!("- {criterion}")).collect();
            parts.push(format!("## Acceptance criteria\n\n{}", list.join("\n")));
        }
        if !self.stlc_notes.trim().is_empty() {
            parts.push(format!("## STLC notes\n\n{}", self.stlc_notes.trim()));
        }
        parts.join("\n\n")
    }
}

impl Narrative {
    /// Whether nothing was filled in.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        [&self.role, &self.goal, &self.benefit].iter().all(|part| part.trim().is_empty())
    }

    /// `**As a** role, **I want** goal, **so that** benefit.`
    #[must_use]
    pub fn as_markdown(&self) -> String {
        let role = self.role.trim();
        let article =
            if role.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O', 'U']) { "As an" } else { "As a" };
        let end = if self.benefit.trim().is_empty() {
            String::new()
        } else {
            format!(", **so that** {}", self.benefit.trim())
        };
        format!("**{article}** {role}, **I want** {}{end}", self.goal.trim())
    }
}

impl Scenario {
    /// Heading and one line a step, each step marked by its keyword.
    #[must_use]
    pub fn as_markdown(&self) -> String {
        let mut lines = vec![format!("### Scenario: {}", self.title), String::new()];
        for (keyword, steps) in [("Given", &self.given), ("When", &self.when), ("Then", &self.then)] {
            for (index, step) in steps.iter().enumerate() {
                lines.push(format!("- **{}** {step}", if index == 0 { keyword } else { "And" }));
            }
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_unique_and_stable() {
        let story = |id: &str| Story { id: id.to_owned(), subtasks: vec![Subtask::default(); 2], ..Story::default() };
        let document = Document::of_stories(vec![story("s2"), story(""), story("s2")]).with_references();
        let ids: Vec<_> = document.stories.iter().map(|story| story.id.as_str()).collect();
        assert_eq!(ids.len(), 3);
        assert_eq!(ids[0], "s2");
        assert_ne!(ids[1], ids[2]);
        assert_eq!(document.stories[1].subtasks[1].id, format!("{}.2", document.stories[1].id));
        assert_eq!(document.clone().with_references(), document);
    }

    #[test]
    fn epics_have_references_of_their_own() {
        let epic = |id: &str| Epic { id: id.to_owned(), ..Epic::default() };
        let story = |id: &str| Story { id: id.to_owned(), ..Story::default() };
        let epics = vec![epic("e2"), epic(""), epic("e2"), epic("s1")];
        let document = Document { epics, stories: vec![story("s1"), story("e2")] }.with_references();
        let mut all: Vec<&str> = document.epics.iter().map(|epic| epic.id.as_str()).collect();
        assert_eq!(all[0], "e2", "who had it first keeps it: stories name it so");
        all.extend(document.stories.iter().map(|story| story.id.as_str()));
        let unique: HashSet<&str> = all.iter().copied().collect();
        assert_eq!(unique.len(), 6, "{all:?}");
        assert_eq!(document.issue_count(), 6);
        assert_eq!(document.clone().with_references(), document);
    }

    #[test]
    fn a_new_piece_never_takes_the_reference_of_another() {
        let story = |id: &str| Story { id: id.to_owned(), ..Story::default() };
        let mut document = Document::of_stories(vec![story("s1"), story(""), story("s2")]);
        let subtask = |id: &str| Subtask { id: id.to_owned(), ..Subtask::default() };
        document.stories[0].subtasks = vec![subtask(""), subtask("s1.1")];
        let document = document.with_references();
        let ids: Vec<&str> = document.stories.iter().map(|story| story.id.as_str()).collect();
        assert_eq!((ids[0], ids[2]), ("s1", "s2"));
        assert_eq!(document.stories[0].subtasks[1].id, "s1.1");
        assert!(!["s1", "s2"].contains(&ids[1]) && document.stories[0].subtasks[0].id != "s1.1");
    }

    #[test]
    fn very_many_colliding_references_are_settled_at_once() {
        let subtask = |id: String| Subtask { id, ..Subtask::default() };
        let taken = (10_001..=20_000).map(|number| subtask(format!("s1.{number}")));
        let subtasks = taken.chain((0..10_000).map(|_| subtask(String::new()))).collect();
        let story = Story { id: "s1".to_owned(), subtasks, ..Story::default() };
        let document = Document::of_stories(vec![story]).with_references();
        let references: HashSet<&str> = document.stories[0].subtasks.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(references.len(), 20_000);
        assert_eq!(document.stories[0].subtasks[10_000].id, "s1.20001");
        assert_eq!(document.entry_count(), 20_001);
    }

    #[test]
    fn a_description_holds_every_part() {
        let story = Story {
            narrative: Some(Narrative {
                role: "auditor".into(),
                goal: "a trail".into(),
                benefit: "I can answer".into(),
            }),
            acceptance_criteria: vec!["Each row has a date".into()],
            stlc_notes: "Regression: reports".into(),
            ..Story::default()
        };
        let text = story.description_markdown();
        assert!(text.starts_with("**As an** auditor, **I want** a trail, **so that** I can answer"), "{text}");
        assert!(text.contains("## Acceptance criteria\n\n- Each row has a date"), "{text}");
        assert!(text.ends_with("## STLC notes\n\nRegression: reports"), "{text}");
    }
}
