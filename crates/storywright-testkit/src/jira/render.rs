//! The payload that the fake renders: the fields as they are, without conversion of texts.

use serde_json::{Map, Value, json};
use storywright_domain::jira::{Marker, NewIssue, Placement};
use storywright_domain::story::FieldValue;

/// What stands where the key of the parent goes.
pub(super) const PARENT: &str = "@parent";

fn field_json(value: &FieldValue) -> Value {
    match value {
        FieldValue::Text(text) | FieldValue::Date(text) | FieldValue::Issue(text) => json!(text),
        FieldValue::Number(number) => json!(number),
        FieldValue::Option(id) => json!({ "id": id }),
        FieldValue::Cascading(id, None) => json!({ "id": id }),
        FieldValue::Cascading(id, Some(child)) => json!({ "id": id, "child": { "id": child } }),
        FieldValue::Options(ids) => ids.iter().map(|id| json!({ "id": id })).collect(),
        FieldValue::User(name) => json!({ "name": name }),
        FieldValue::Texts(texts) => json!(texts),
    }
}

/// An epic's key, as its field takes it.
fn epic_json(field: &str, key: &str) -> Value {
    if field == "parent" { json!({ "key": key }) } else { json!(key) }
}

/// Payload and description.
pub(super) fn render(issue: &NewIssue) -> (String, String) {
    let mut fields = Map::new();
    let mut labels = issue.labels.clone();
    let mut description = issue.description.clone();
    match &issue.marker {
        Marker::RunLabel(label) => labels.push(label.clone()),
        Marker::Footer(word) | Marker::Word(word) => description = format!("{description}\n\nref {word}"),
        Marker::Field { id, value } => drop(fields.insert(id.clone(), json!(value))),
        Marker::Manual => {}
    }
    fields.insert("project".to_owned(), json!({ "key": issue.project }));
    fields.insert("issuetype".to_owned(), json!({ "id": issue.issue_type }));
    fields.insert("summary".to_owned(), json!(issue.summary));
    fields.insert("description".to_owned(), json!(description));
    fields.insert("labels".to_owned(), json!(labels));
    if !issue.components.is_empty() {
        let components: Vec<Value> = issue.components.iter().map(|name| json!({ "name": name })).collect();
        fields.insert("components".to_owned(), json!(components));
    }
    if let Some(priority) = &issue.priority {
        fields.insert("priority".to_owned(), json!({ "name": priority }));
    }
    if let Some((field, points)) = &issue.story_points {
        fields.insert(field.clone(), json!(points));
    }
    if let Some((field, epic)) = &issue.epic {
        fields.insert(field.clone(), epic_json(field, epic));
    }
    match &issue.placement {
        Placement::UnderParent => drop(fields.insert("parent".to_owned(), json!({ "key": PARENT }))),
        Placement::InEpic { field: Some(field) } => drop(fields.insert(field.clone(), epic_json(field, PARENT))),
        Placement::Alone | Placement::InEpic { field: None } => {}
    }
    for (field, _, value) in &issue.custom_fields {
        fields.insert(field.clone(), field_json(value));
    }
    let mut whole = json!({ "fields": fields });
    if let Some((name, value)) = &issue.property {
        let value: Value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
        whole["properties"] = json!([{ "key": name, "value": value }]);
    }
    (whole.to_string(), description)
}

/// The fields of a payload with the parent's key in its place; `None` when a place is left without one.
pub(super) fn filled(payload: &str, parent: Option<&str>) -> Option<(Map<String, Value>, Value)> {
    let mut whole: Value = serde_json::from_str(payload).ok()?;
    let fields = whole.get_mut("fields")?.as_object_mut()?;
    for (id, value) in fields.iter_mut().filter(|(id, _)| *id == "parent" || id.starts_with("customfield_")) {
        if *value == PARENT {
            *value = epic_json(id, parent?);
        } else if value.get("key").is_some_and(|key| key == PARENT) {
            value["key"] = json!(parent?);
        }
    }
    let fields = fields.clone();
    Some((fields, whole["properties"].take()))
}
