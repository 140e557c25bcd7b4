//! The create payload: always the same bytes for the same issue.

use serde_json::{Map, Number, Value, json};
use std::collections::HashSet;
use storywright_domain::jira::{FieldKind, Marker, NewIssue, Placement};
use storywright_domain::story::FieldValue;
use storywright_markup::markdown_to_wiki;

/// What stands where the key of the parent goes.
pub(super) const PARENT: &str = "@parent";

/// Lists that are written by name and have no kind of their own.
const USERS: &str = "array of user";
const GROUPS: &str = "array of group";

/// The payload and the description in it. Keys have a fixed order: project, type, summary, parent, description, labels,
/// components, priority, estimate, epic, mark, then the project's own fields as given.
pub(super) fn render(issue: &NewIssue) -> (String, String) {
    let description = description(issue);
    let mut fields = Map::new();
    let mut set = |id: &str, value: Value| {
        fields.entry(id.to_owned()).or_insert(value);
    };
    set("project", json!({"key": issue.project}));
    set("issuetype", json!({"id": issue.issue_type}));
    set("summary", json!(one_line(&issue.summary)));
    if issue.placement == Placement::UnderParent {
        set("parent", json!({"key": PARENT}));
    }
    if !description.is_empty() {
        set("description", json!(description));
    }
    let labels = labels(issue);
    if !labels.is_empty() {
        set("labels", json!(labels));
    }
    if !issue.components.is_empty() {
        set("components", issue.components.iter().map(|name| json!({"name": name})).collect());
    }
    if let Some(priority) = &issue.priority {
        set("priority", json!({"name": priority}));
    }
    if let Some((field, points)) = &issue.story_points {
        set(field, number(*points));
    }
    if let Some((field, epic)) = &issue.epic {
        set(field, epic_value(field, epic));
    }
    if let Placement::InEpic { field: Some(field) } = &issue.placement {
        set(field, epic_value(field, PARENT));
    }
    if let Marker::Field { id, value } = &issue.marker {
        set(id, json!(value));
    }
    for (field, kind, value) in &issue.custom_fields {
        set(field, rendered(kind, value));
    }
    let mut payload = json!({"fields": fields});
    if let Some((key, value)) = &issue.property {
        let value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
        payload["properties"] = json!([{"key": key, "value": value}]);
    }
    (payload.to_string(), description)
}

/// The key of an epic: Epic Link takes it bare, `parent` (on Cloud) as an issue.
fn epic_value(field: &str, key: &str) -> Value {
    if field == "parent" { json!({"key": key}) } else { json!(key) }
}

fn description(issue: &NewIssue) -> String {
    let wiki = markdown_to_wiki(&issue.description);
    match &issue.marker {
        Marker::RunLabel(_) | Marker::Field { .. } | Marker::Manual => wiki,
        Marker::Footer(word) | Marker::Word(word) if wiki.is_empty() => format!("ref {word}"),
        Marker::Footer(word) | Marker::Word(word) => format!("{wiki}\n\nref {word}"),
    }
}

/// Labels in order, each once, without the spaces that Jira refuses, the run's own last.
fn labels(issue: &NewIssue) -> Vec<String> {
    let own = match &issue.marker {
        Marker::RunLabel(label) => Some(label),
        Marker::Footer(_) | Marker::Word(_) | Marker::Field { .. } | Marker::Manual => None,
    };
    let mut seen = HashSet::new();
    let clean = |label: &String| label.split_whitespace().collect::<Vec<_>>().join("_");
    let labels = issue.labels.iter().chain(own).map(clean);
    labels.filter(|label| !label.is_empty() && seen.insert(label.clone())).collect()
}

pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whole numbers without a fraction, as people write them.
fn number(value: f64) -> Value {
    // Below 2^53 every whole number has an exact form.
    if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 {
        format!("{value:.0}").parse::<i64>().map_or(Value::Null, Value::from)
    } else {
        Number::from_f64(value).map_or(Value::Null, Value::Number)
    }
}

fn rendered(kind: &FieldKind, value: &FieldValue) -> Value {
    match value {
        FieldValue::Text(text) => text_for(kind, text),
        FieldValue::Number(value) => number(*value),
        FieldValue::Date(date) if *kind == FieldKind::DateTime && !date.contains('T') => {
            json!(format!("{date}T00:00:00.000+0000"))
        }
        FieldValue::Date(date) => json!(date),
        FieldValue::Option(id) => json!({"id": id}),
        FieldValue::Cascading(id, None) => json!({"id": id}),
        FieldValue::Cascading(id, Some(child)) => json!({"id": id, "child": {"id": child}}),
        FieldValue::Options(ids) => ids.iter().map(|id| json!({"id": id})).collect(),
        FieldValue::User(name) => person(name),
        FieldValue::Texts(texts) => match kind {
            FieldKind::Components | FieldKind::Versions => texts.iter().map(|name| json!({"name": name})).collect(),
            FieldKind::Options => texts.iter().map(|value| json!({"value": value})).collect(),
            FieldKind::Other(items) if items == USERS => texts.iter().map(|name| person(name)).collect(),
            FieldKind::Other(items) if items == GROUPS => texts.iter().map(|name| json!({"name": name})).collect(),
            _ => json!(texts),
        },
        FieldValue::Issue(key) if *kind == FieldKind::Parent => json!({"key": key}),
        FieldValue::Issue(key) => json!(key),
    }
}

/// Data Center knows people by name, Cloud by account id.
fn person(name: &str) -> Value {
    match name.strip_prefix(super::ACCOUNT) {
        Some(id) => json!({"accountId": id}),
        None => json!({"name": name}),
    }
}

/// A text for a field that may want more than text: people type, and files hold, what the field is called.
fn text_for(kind: &FieldKind, text: &str) -> Value {
    let words = || text.split([',', '\n']).map(str::trim).filter(|word| !word.is_empty());
    match kind {
        FieldKind::TextArea => json!(markdown_to_wiki(text)),
        FieldKind::Text | FieldKind::EpicName | FieldKind::EpicLink => json!(one_line(text)),
        FieldKind::Number => text.trim().parse::<f64>().map_or_else(|_| json!(text), number),
        FieldKind::Option | FieldKind::Cascading => json!({"value": text.trim()}),
        FieldKind::Options => words().map(|value| json!({"value": value})).collect(),
        FieldKind::Components | FieldKind::Versions => words().map(|name| json!({"name": name})).collect(),
        FieldKind::User => person(text.trim()),
        FieldKind::Priority => json!({"name": text.trim()}),
        FieldKind::Labels => text.split_whitespace().map(|label| json!(label)).collect(),
        FieldKind::Parent => json!({"key": text.trim()}),
        FieldKind::Other(items) if items == USERS => words().map(person).collect(),
        FieldKind::Other(items) if items == GROUPS => words().map(|name| json!({"name": name})).collect(),
        FieldKind::Other(kind) if kind == "group" => json!({"name": text.trim()}),
        FieldKind::Date | FieldKind::DateTime | FieldKind::Other(_) => json!(text.trim()),
    }
}

#[cfg(test)]
mod tests;
