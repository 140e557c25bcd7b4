//! What Jira has: projects, issue types, create fields, issues. Shapes of our own, not Atlassian's JSON.

use crate::story::FieldValue;
use serde::{Deserialize, Serialize};

/// A project key: 2 to 10 characters, a capital letter first, then capitals, digits or underscores.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct ProjectKey(String);

impl ProjectKey {
    /// Reads a key.
    ///
    /// # Errors
    /// [`BadProjectKey`] for any other shape.
    pub fn parse(raw: &str) -> Result<Self, BadProjectKey> {
        let bytes = raw.as_bytes();
        let shape_ok = (2..=10).contains(&bytes.len())
            && bytes[0].is_ascii_uppercase()
            && bytes.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_');
        if shape_ok { Ok(Self(raw.to_owned())) } else { Err(BadProjectKey(raw.chars().take(40).collect())) }
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is no project key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a project key: use 2 to 10 capital letters, digits or underscores, as in `PAY`")]
pub struct BadProjectKey(String);

/// A project that the person can see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// Numeric id as text.
    pub id: String,
    /// Key: `PAY`.
    pub key: String,
    /// Name.
    pub name: String,
}

/// An issue type of a project. The name is the site's and may be in any language: compare ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueType {
    /// Id.
    pub id: String,
    /// Name as the site shows it.
    pub name: String,
    /// Whether it lives under another issue.
    pub subtask: bool,
    /// Whether other issues live in it. Known on Cloud; on Data Center only when the site's answer says so: a type whose create
    /// screen has a field of [`FieldKind::EpicName`] is one as well.
    #[serde(default)]
    pub epic: bool,
}

/// What kind of value a create field takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// One line of text.
    Text,
    /// Wiki text of several lines.
    TextArea,
    /// A number.
    Number,
    /// A date.
    Date,
    /// A date with time.
    DateTime,
    /// One of the options.
    Option,
    /// An option and a child option.
    Cascading,
    /// Several options.
    Options,
    /// A user.
    User,
    /// Labels.
    Labels,
    /// Components.
    Components,
    /// Versions.
    Versions,
    /// A priority.
    Priority,
    /// The key of an epic.
    EpicLink,
    /// The name of an epic.
    EpicName,
    /// Parent issue of a sub-task.
    Parent,
    /// Anything else; its schema type is kept for the message.
    Other(String),
}

/// An allowed value of a create field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllowedValue {
    /// Id.
    pub id: String,
    /// Name or value as the site shows it.
    pub name: String,
    /// Child values of a cascading select.
    #[serde(default)]
    pub children: Vec<AllowedValue>,
}

/// One field of a create screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateField {
    /// `summary`, `customfield_10040`.
    pub id: String,
    /// Name as the site shows it.
    pub name: String,
    /// Whether the create screen demands it.
    pub required: bool,
    /// Whether the site fills it when it is left out.
    pub has_default: bool,
    /// What it takes.
    pub kind: FieldKind,
    /// What is allowed, when that is a closed list.
    pub allowed: Vec<AllowedValue>,
}

/// How an issue can be found again when the answer to its creation was lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Marker {
    /// A label of the run, in the create call; the search handle by default.
    RunLabel(String),
    /// A word in the last line of the description.
    Footer(String),
    /// A word in the last line of the description that no other issue has: for ways of creation that cannot carry the issue property,
    /// it is mark and proof in one.
    Word(String),
    /// A text field that the administrator added for it: the least noise, and indexed.
    Field {
        /// Field id: `customfield_10990`.
        id: String,
        /// The word in it.
        value: String,
    },
    /// Nothing on the create screen can hold a mark: a lost answer is settled by a person.
    Manual,
}

/// Where a new issue stands to other issues of the same plan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Placement {
    /// Nothing of this plan is above it; [`NewIssue::epic`] may name an epic that exists.
    #[default]
    Alone,
    /// A sub-task: the payload holds `"parent": {"key": "@parent"}`.
    UnderParent,
    /// In an epic of the same plan.
    InEpic {
        /// Id of the field that holds `@parent`: Epic Link, or `parent` on Cloud (as `{"key": "@parent"}`). `None`: the create
        /// screen has no such field, and [`crate::ports::Jira::put_in_epic`] does it afterwards.
        field: Option<String>,
    },
}

/// An issue to be created, in our words; [`crate::ports::Jira::render`] turns it into the bytes that are approved and sent.
#[derive(Debug, Clone, PartialEq)]
pub struct NewIssue {
    /// Project key.
    pub project: String,
    /// Issue type id.
    pub issue_type: String,
    /// One line.
    pub summary: String,
    /// Markdown; the adapter converts it.
    pub description: String,
    /// Labels.
    pub labels: Vec<String>,
    /// Component names.
    pub components: Vec<String>,
    /// Priority name.
    pub priority: Option<String>,
    /// Field id and value of the estimate, when the create screen has one.
    pub story_points: Option<(String, f64)>,
    /// Field id of Epic Link (`parent` on Cloud) and the key of an epic that exists.
    pub epic: Option<(String, String)>,
    /// What of the same plan is above it; its key is filled in when it exists.
    pub placement: Placement,
    /// The project's own fields.
    pub custom_fields: Vec<(String, FieldKind, FieldValue)>,
    /// How it can be found again.
    pub marker: Marker,
    /// Name and JSON value of the issue property that proves which item this is.
    pub property: Option<(String, String)>,
}

/// An issue as read back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// Numeric id: never changes.
    pub id: String,
    /// Key: changes when the issue moves.
    pub key: String,
    /// Summary.
    pub summary: String,
    /// Status name.
    pub status: String,
    /// Labels.
    pub labels: Vec<String>,
    /// Key of the parent, for a sub-task.
    pub parent: Option<String>,
    /// Description as stored (wiki markup on Data Center).
    pub description: String,
    /// The issue property asked for, as JSON text.
    pub property: Option<String>,
}

/// An issue as a person reads it before it is changed. Its texts are untrusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueDetail {
    /// What every reading gives.
    pub issue: Issue,
    /// Project key.
    pub project: String,
    /// Its type. `epic` is known as [`IssueType::epic`] says.
    pub issue_type: IssueType,
    /// When it was changed last, as the site writes it: only ever compared.
    pub updated: String,
    /// Description as Markdown, without characters that nobody can see.
    pub markdown: String,
    /// Whether the person may change summary and description.
    pub editable: bool,
}

/// New words for an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueWords {
    /// One line.
    pub summary: String,
    /// Description.
    pub description: IssueText,
}

/// A description on its way to Jira.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssueText {
    /// Markdown; the adapter converts it.
    Markdown(String),
    /// As the site stored it before: it goes back as it is.
    Stored(String),
}

/// A field of an issue that is not as it was sent. Texts for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Field id.
    pub field: String,
    /// Name as the site shows it.
    pub name: String,
    /// What was sent.
    pub sent: String,
    /// What is there; empty when the site dropped it.
    pub stored: String,
}

/// A kind of link between issues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkType {
    /// Id.
    pub id: String,
    /// Name: `Blocks`.
    pub name: String,
    /// Read from the first issue to the second: `blocks`.
    pub outward: String,
    /// Read from the second issue to the first: `is blocked by`.
    pub inward: String,
}

/// A link as one of its issues shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueLink {
    /// Name of the link type.
    pub link_type: String,
    /// Whether it goes from this issue to the other ("this blocks the other"); else the other way round.
    pub outward: bool,
    /// Key of the other issue.
    pub other_key: String,
    /// Id of the other issue.
    pub other_id: String,
}

/// A link to be made: `from` blocks `to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLink {
    /// Name of the link type.
    pub link_type: String,
    /// Key of the issue that it goes out from.
    pub from: String,
    /// Key of the issue that it goes to.
    pub to: String,
}

/// A user that a field can take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PickedUser {
    /// The value of [`FieldValue::User`]: user name on Data Center, `accountid:` and the account id on Cloud (as wiki markup
    /// names people there).
    pub name: String,
    /// Name shown to people.
    pub display_name: String,
    /// Whether the account can be used.
    pub active: bool,
}

/// Where the site runs and who it says it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerInfo {
    /// `Server` (also Data Center) or `Cloud`.
    pub deployment: String,
    /// Version.
    pub version: String,
    /// Address for links that people follow, never for calls.
    pub base_url: String,
    /// Title of the installation.
    pub title: String,
}

/// Whether two texts are the same to their readers: sites store other line ends and drop blanks at the end.
#[must_use]
pub fn same_text(one: &str, other: &str) -> bool {
    fn lines(text: &str) -> impl Iterator<Item = &str> {
        text.trim_end().lines().map(str::trim_end)
    }
    lines(one).eq(lines(other))
}

/// What became of one create call. Only [`CreateOutcome::NotSent`] may be tried again without asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreateOutcome {
    /// 201 with id and key.
    Created {
        /// Numeric id.
        id: String,
        /// Key.
        key: String,
    },
    /// Jira understood and refused; nothing was created.
    Rejected {
        /// HTTP status.
        status: u16,
        /// General messages.
        messages: Vec<String>,
        /// Messages per field.
        fields: Vec<crate::remote::FieldRefusal>,
    },
    /// Not one byte of the body can have reached Jira, or Jira's own rate limiter turned it away.
    NotSent {
        /// What happened.
        detail: String,
        /// Milliseconds to wait before the next try, when the site said so.
        retry_after_ms: Option<i64>,
    },
    /// The credential stopped working, or a sign-in page answered. The body was sent: whether an issue exists is not known.
    AuthLost {
        /// What was seen.
        detail: String,
    },
    /// Whether an issue exists is not known.
    Unknown {
        /// What happened.
        detail: String,
    },
}
