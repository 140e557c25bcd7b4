//! Stories as programs send and get them: the document of a draft, and findings. Strict: a field that is not known is refused, so that
//! a typing error never loses text.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use storywright_domain::finding::{Finding, Severity};
use storywright_domain::fixing::is_fixable;
use storywright_domain::quality::Criterion;
use storywright_domain::source::Citation;
use storywright_domain::story::{
    Document, Epic, FieldValue, LinkKind, Narrative, Scenario, Section, Story, StoryLink, Subtask,
};
use storywright_domain::waiver::is_waivable;
use utoipa::ToSchema;

/// Everything that a draft has come to so far.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DocumentJson {
    /// Epics that are to be created, in order.
    pub epics: Vec<EpicJson>,
    /// The stories in order.
    pub stories: Vec<StoryJson>,
}

/// An epic that is to be created; its stories name it by its reference.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EpicJson {
    /// Local reference; given by position when it is left out.
    #[schema(example = "e1")]
    pub id: String,
    /// One line.
    #[schema(example = "Refunds in part")]
    pub summary: String,
    /// Short name on boards; when it is empty, the summary.
    pub name: String,
    /// Markdown.
    pub description: String,
    /// Jira labels, without spaces.
    pub labels: Vec<String>,
    /// Values of the project's own fields by field id.
    pub custom_fields: BTreeMap<String, CustomValue>,
}

/// A link from a story to another issue.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkJson {
    /// `blocks`: this story must be done before the other; `relates_to`.
    pub kind: LinkKindJson,
    /// Reference of another story or epic of the document, or the key of an issue that exists.
    #[schema(example = "s2")]
    pub to: String,
}

/// What a link says.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkKindJson {
    /// The first must be done before the second.
    Blocks,
    /// They have to do with each other.
    RelatesTo,
}

/// One story, task or other standard issue. Texts are Markdown unless their field says otherwise; every field may be left out.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StoryJson {
    /// Local reference, unique in the document; given by position when it is left out.
    #[schema(example = "s1")]
    pub id: String,
    /// One line.
    #[schema(example = "Refund a payment in part")]
    pub summary: String,
    /// Role, goal and benefit of the classic format.
    pub narrative: Option<NarrativeJson>,
    /// Scenarios of the BDD format.
    pub scenarios: Vec<ScenarioJson>,
    /// Sections of the custom format.
    pub sections: Vec<SectionJson>,
    /// What must hold for the story to be accepted, one testable sentence each.
    #[schema(example = json!(["A refund of more than the payment is refused."]))]
    pub acceptance_criteria: Vec<String>,
    /// Software testing life cycle notes.
    #[schema(example = "Regression: refunds, monthly report.")]
    pub stlc_notes: String,
    /// Estimate.
    #[schema(example = 2.0)]
    pub story_points: Option<f64>,
    /// Jira labels, without spaces.
    pub labels: Vec<String>,
    /// Component names of the project.
    pub components: Vec<String>,
    /// Priority name.
    pub priority: Option<String>,
    /// The epic that the story belongs to: the key of one that exists, or the reference of one of the document.
    #[schema(example = "e1")]
    pub epic: Option<String>,
    /// Links to other issues.
    pub links: Vec<LinkJson>,
    /// Work items under the story.
    pub subtasks: Vec<SubtaskJson>,
    /// Values of the project's own fields by field id.
    pub custom_fields: BTreeMap<String, CustomValue>,
    /// Passages of the draft's sources that it rests on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub citations: Vec<CitationJson>,
}

/// A passage of a source.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CitationJson {
    /// Reference of the source in the draft.
    #[schema(example = "p1")]
    pub source: String,
    /// The heading under which it stands; may be empty.
    pub heading: String,
    /// The words.
    pub quote: String,
}

/// As a `role`, I want `goal`, so that `benefit`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NarrativeJson {
    /// Who wants it.
    #[schema(example = "support agent")]
    pub role: String,
    /// What is wanted.
    #[schema(example = "to refund a payment in part")]
    pub goal: String,
    /// What it is good for.
    #[schema(example = "customers need not wait for a second payment")]
    pub benefit: String,
}

/// A Gherkin scenario.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ScenarioJson {
    /// Name.
    pub title: String,
    /// Preconditions.
    pub given: Vec<String>,
    /// What happens.
    pub when: Vec<String>,
    /// What is observed.
    pub then: Vec<String>,
}

/// A named part of a custom story.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SectionJson {
    /// Heading, one line.
    pub heading: String,
    /// Markdown.
    pub text: String,
}

/// A sub-task of a story.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SubtaskJson {
    /// Local reference; given by position when it is left out.
    #[schema(example = "s1.1")]
    pub id: String,
    /// One line.
    #[schema(example = "Extend the refund dialog")]
    pub summary: String,
    /// Markdown.
    pub description: String,
    /// Values of the project's own fields by field id.
    pub custom_fields: BTreeMap<String, CustomValue>,
}

/// A value for one of the project's own fields.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "RawValue", into = "RawValue")]
#[schema(as = CustomValue, value_type = ValueShape)]
pub struct CustomValue(FieldValue);

/// The wire form, before the value is known to fit its kind.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawValue {
    kind: ValueKind,
    value: serde_json::Value,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ValueKind {
    Text,
    Number,
    Date,
    Option,
    Cascading,
    Options,
    User,
    Texts,
    Issue,
}

/// What kind of value, and the value in the shape of that kind.
#[derive(ToSchema)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
#[expect(dead_code, reason = "only the description of the API uses it")]
pub enum ValueShape {
    /// Text; several lines are Markdown.
    Text(String),
    /// A number.
    Number(f64),
    /// `YYYY-MM-DD`.
    Date(String),
    /// Option id of a select list.
    Option(String),
    /// Option id of a cascading select list, then child option id or null.
    Cascading(Vec<Option<String>>),
    /// Option ids.
    Options(Vec<String>),
    /// User name.
    User(String),
    /// Several texts.
    Texts(Vec<String>),
    /// An issue key.
    Issue(String),
}

impl TryFrom<RawValue> for CustomValue {
    type Error = String;

    fn try_from(raw: RawValue) -> Result<Self, String> {
        let whole = serde_json::to_value(&raw).map_err(|error| error.to_string())?;
        serde_json::from_value(whole)
            .map(Self)
            .map_err(|_| "bad value, expected a value of the shape of its kind".to_owned())
    }
}

impl From<CustomValue> for RawValue {
    fn from(value: CustomValue) -> Self {
        let (kind, value) = match value.0 {
            FieldValue::Text(text) => (ValueKind::Text, text.into()),
            FieldValue::Number(number) => (ValueKind::Number, number.into()),
            FieldValue::Date(date) => (ValueKind::Date, date.into()),
            FieldValue::Option(id) => (ValueKind::Option, id.into()),
            FieldValue::Cascading(id, child) => (ValueKind::Cascading, serde_json::json!([id, child])),
            FieldValue::Options(ids) => (ValueKind::Options, ids.into()),
            FieldValue::User(name) => (ValueKind::User, name.into()),
            FieldValue::Texts(texts) => (ValueKind::Texts, texts.into()),
            FieldValue::Issue(key) => (ValueKind::Issue, key.into()),
        };
        Self { kind, value }
    }
}

impl From<DocumentJson> for Document {
    fn from(document: DocumentJson) -> Self {
        Self {
            epics: document.epics.into_iter().map(Epic::from).collect(),
            stories: document.stories.into_iter().map(Story::from).collect(),
        }
    }
}

impl From<&Document> for DocumentJson {
    fn from(document: &Document) -> Self {
        Self {
            epics: document.epics.iter().cloned().map(EpicJson::from).collect(),
            stories: document.stories.iter().cloned().map(StoryJson::from).collect(),
        }
    }
}

fn values_in(values: BTreeMap<String, CustomValue>) -> BTreeMap<String, FieldValue> {
    values.into_iter().map(|(id, value)| (id, value.0)).collect()
}

fn values_out(values: BTreeMap<String, FieldValue>) -> BTreeMap<String, CustomValue> {
    values.into_iter().map(|(id, value)| (id, CustomValue(value))).collect()
}

impl From<EpicJson> for Epic {
    fn from(epic: EpicJson) -> Self {
        Self {
            id: epic.id,
            summary: epic.summary,
            name: epic.name,
            description: epic.description,
            labels: epic.labels,
            custom_fields: values_in(epic.custom_fields),
        }
    }
}

impl From<Epic> for EpicJson {
    fn from(epic: Epic) -> Self {
        Self {
            id: epic.id,
            summary: epic.summary,
            name: epic.name,
            description: epic.description,
            labels: epic.labels,
            custom_fields: values_out(epic.custom_fields),
        }
    }
}

impl From<LinkJson> for StoryLink {
    fn from(link: LinkJson) -> Self {
        let kind = match link.kind {
            LinkKindJson::Blocks => LinkKind::Blocks,
            LinkKindJson::RelatesTo => LinkKind::RelatesTo,
        };
        Self { kind, to: link.to }
    }
}

impl From<StoryLink> for LinkJson {
    fn from(link: StoryLink) -> Self {
        let kind = match link.kind {
            LinkKind::Blocks => LinkKindJson::Blocks,
            LinkKind::RelatesTo => LinkKindJson::RelatesTo,
        };
        Self { kind, to: link.to }
    }
}

impl From<StoryJson> for Story {
    fn from(story: StoryJson) -> Self {
        let narrative = |part: NarrativeJson| Narrative { role: part.role, goal: part.goal, benefit: part.benefit };
        let scenario =
            |part: ScenarioJson| Scenario { title: part.title, given: part.given, when: part.when, then: part.then };
        let subtask = |part: SubtaskJson| Subtask {
            id: part.id,
            summary: part.summary,
            description: part.description,
            custom_fields: values_in(part.custom_fields),
        };
        let citation = |part: CitationJson| Citation { source: part.source, heading: part.heading, quote: part.quote };
        Self {
            id: story.id,
            summary: story.summary,
            narrative: story.narrative.map(narrative),
            scenarios: story.scenarios.into_iter().map(scenario).collect(),
            sections: story
                .sections
                .into_iter()
                .map(|part| Section { heading: part.heading, text: part.text })
                .collect(),
            acceptance_criteria: story.acceptance_criteria,
            stlc_notes: story.stlc_notes,
            story_points: story.story_points,
            labels: story.labels,
            components: story.components,
            priority: story.priority,
            epic: story.epic,
            links: story.links.into_iter().map(StoryLink::from).collect(),
            subtasks: story.subtasks.into_iter().map(subtask).collect(),
            custom_fields: values_in(story.custom_fields),
            citations: story.citations.into_iter().map(citation).collect(),
        }
    }
}

impl From<Story> for StoryJson {
    fn from(story: Story) -> Self {
        let narrative = |part: Narrative| NarrativeJson { role: part.role, goal: part.goal, benefit: part.benefit };
        let scenario =
            |part: Scenario| ScenarioJson { title: part.title, given: part.given, when: part.when, then: part.then };
        let subtask = |part: Subtask| SubtaskJson {
            id: part.id,
            summary: part.summary,
            description: part.description,
            custom_fields: values_out(part.custom_fields),
        };
        let citation = |part: Citation| CitationJson { source: part.source, heading: part.heading, quote: part.quote };
        Self {
            id: story.id,
            summary: story.summary,
            narrative: story.narrative.map(narrative),
            scenarios: story.scenarios.into_iter().map(scenario).collect(),
            sections: story
                .sections
                .into_iter()
                .map(|part| SectionJson { heading: part.heading, text: part.text })
                .collect(),
            acceptance_criteria: story.acceptance_criteria,
            stlc_notes: story.stlc_notes,
            story_points: story.story_points,
            labels: story.labels,
            components: story.components,
            priority: story.priority,
            epic: story.epic,
            links: story.links.into_iter().map(LinkJson::from).collect(),
            subtasks: story.subtasks.into_iter().map(subtask).collect(),
            custom_fields: values_out(story.custom_fields),
            citations: story.citations.into_iter().map(citation).collect(),
        }
    }
}

/// What a rule has to say about one place of a document.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FindingJson {
    /// Stable code.
    #[schema(example = "summary_too_long")]
    pub code: String,
    /// How much it weighs; `error` blocks creation.
    pub severity: SeverityJson,
    /// Local reference of the story or sub-task; empty for the document as a whole.
    #[schema(example = "s1")]
    pub story: String,
    /// Path inside the document; empty for the document as a whole.
    #[schema(example = "stories.0.summary")]
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub cure: String,
    /// The criterion of the Quality User Story framework or INVEST that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "unambiguous")]
    pub criterion: Option<&'static str>,
    /// First character (Unicode scalar value, from 0) of the field's text that it is about; none when it is about all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<usize>,
    /// The character after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<usize>,
    /// Whether `POST /api/v1/drafts/{id}/fixes` mends it without a model.
    pub fixable: bool,
    /// Whether `POST /drafts/{id}/waivers` can let it pass.
    pub waivable: bool,
    /// Why it may pass; then it neither blocks nor counts.
    #[schema(required)]
    pub waived: Option<String>,
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeverityJson {
    /// Blocks creation.
    Error,
    /// Does not block.
    Warning,
    /// A hint.
    Info,
}

impl From<Severity> for SeverityJson {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Error => Self::Error,
            Severity::Warning => Self::Warning,
            Severity::Info => Self::Info,
        }
    }
}

impl From<&Finding> for FindingJson {
    fn from(finding: &Finding) -> Self {
        Self {
            code: finding.code.clone(),
            severity: finding.severity.into(),
            story: finding.story.clone(),
            field: finding.field.clone(),
            message: finding.message.clone(),
            cure: finding.cure.clone(),
            criterion: finding.criterion.map(Criterion::as_str),
            start: finding.place.map(|place| place.start),
            end: finding.place.map(|place| place.end),
            fixable: is_fixable(finding),
            waivable: is_waivable(finding),
            waived: finding.waived.clone(),
        }
    }
}
