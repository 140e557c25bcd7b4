//! Fields of a create screen: from Atlassian's description to ours.

use serde::Deserialize;
use serde_json::Value;
use storywright_domain::jira::{AllowedValue, CreateField, FieldKind};

/// Deepest nesting of allowed values that is read; Jira has two levels.
const DEEPEST: usize = 3;

/// One row of createmeta.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Described {
    /// Data Center; Cloud also has `key`.
    field_id: Option<String>,
    key: Option<String>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    has_default_value: bool,
    #[serde(default)]
    schema: Schema,
    #[serde(default)]
    allowed_values: Vec<Value>,
}

#[derive(Deserialize, Default)]
struct Schema {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    items: String,
    #[serde(default)]
    system: String,
    #[serde(default)]
    custom: String,
}

impl Described {
    /// For the field `issuetype`: whether the type of this id lives under another issue, if the row says so.
    pub(super) fn says_subtask(&self, issue_type: &str) -> Option<bool> {
        let of_type = self.allowed_values.iter().find(|value| plain(value.get("id")).as_deref() == Some(issue_type))?;
        of_type.get("subtask").and_then(Value::as_bool)
    }
}

/// The field in our words; `None` when it has no id.
pub(super) fn field(described: &Described) -> Option<CreateField> {
    let id = described.field_id.as_ref().or(described.key.as_ref())?.clone();
    let allowed: Vec<AllowedValue> = described.allowed_values.iter().filter_map(|value| allowed(value, 0)).collect();
    Some(CreateField {
        kind: choosable(kind(&described.schema, &id), &allowed, &id),
        id,
        name: described.name.clone(),
        required: described.required,
        has_default: described.has_default_value,
        allowed,
    })
}

/// A kind that has no name here, a version or a security level, is a choice all the same when its values are listed with ids.
fn choosable(kind: FieldKind, allowed: &[AllowedValue], id: &str) -> FieldKind {
    match kind {
        FieldKind::Other(_) if allowed.is_empty() || matches!(id, "project" | "issuetype") => kind,
        // Takes a number, whatever is listed.
        FieldKind::Other(ref other) if other == "sprint" => kind,
        FieldKind::Other(other) if other.starts_with("array of ") => FieldKind::Options,
        FieldKind::Other(_) => FieldKind::Option,
        known => known,
    }
}

/// The field that some versions leave out of the screens of sub-task types.
pub(super) fn parent() -> CreateField {
    CreateField {
        id: "parent".to_owned(),
        name: "Parent".to_owned(),
        required: true,
        has_default: false,
        kind: FieldKind::Parent,
        allowed: Vec::new(),
    }
}

fn kind(schema: &Schema, id: &str) -> FieldKind {
    let custom = schema.custom.rsplit(':').next().unwrap_or_default();
    match custom {
        "gh-epic-link" => return FieldKind::EpicLink,
        "gh-epic-label" => return FieldKind::EpicName,
        "textarea" => return FieldKind::TextArea,
        "labels" => return FieldKind::Labels,
        // Called an array of strings, but takes the number of one sprint.
        "gh-sprint" => return FieldKind::Other("sprint".to_owned()),
        _ => {}
    }
    match (schema.kind.as_str(), schema.system.as_str(), schema.items.as_str()) {
        (_, "description" | "environment", _) => FieldKind::TextArea,
        (_, "parent", _) => FieldKind::Parent,
        (_, "labels", _) => FieldKind::Labels,
        ("string", ..) => FieldKind::Text,
        ("number", ..) => FieldKind::Number,
        ("date", ..) => FieldKind::Date,
        ("datetime", ..) => FieldKind::DateTime,
        ("option", ..) => FieldKind::Option,
        ("option-with-child", ..) => FieldKind::Cascading,
        ("user", ..) => FieldKind::User,
        ("priority", ..) => FieldKind::Priority,
        ("issuelink", ..) if id == "parent" => FieldKind::Parent,
        ("array", _, "option") => FieldKind::Options,
        ("array", _, "component") => FieldKind::Components,
        ("array", _, "version") => FieldKind::Versions,
        ("array", _, items) => FieldKind::Other(format!("array of {items}")),
        (other, ..) => FieldKind::Other(other.to_owned()),
    }
}

fn allowed(value: &Value, depth: usize) -> Option<AllowedValue> {
    if depth >= DEEPEST || value.get("disabled").and_then(Value::as_bool) == Some(true) {
        return None;
    }
    let id = plain(value.get("id"))?;
    let name = ["value", "name", "key"].iter().find_map(|key| plain(value.get(*key)));
    let children = value.get("children").and_then(Value::as_array).into_iter().flatten();
    Some(AllowedValue {
        name: name.unwrap_or_else(|| id.clone()),
        id,
        children: children.filter_map(|child| allowed(child, depth + 1)).collect(),
    })
}

/// A text, or a number as text: ids are both.
fn plain(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
