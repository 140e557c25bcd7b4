//! The difference of two documents, place by place. Stories and sub-tasks are matched by their reference, so that one that moved is not
//! shown as rewritten.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// One place where two versions differ.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct Difference {
    /// Place: `stories.s1.summary`; stories and sub-tasks by reference, other entries by number.
    #[schema(example = "stories.s1.summary")]
    pub path: String,
    /// `added`, `removed` or `changed`.
    #[schema(example = "changed")]
    pub kind: &'static str,
    /// What stood there; null when it was added.
    pub before: Value,
    /// What stands there now; null when it was removed.
    pub after: Value,
}

/// All places where `after` differs from `before`, in the order of the document.
#[must_use]
pub fn differences(before: &Value, after: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", before, after, &mut found);
    found
}

fn compare(path: &str, before: &Value, after: &Value, found: &mut Vec<Difference>) {
    match (before, after) {
        (before, after) if before == after => {}
        (Value::Object(before), Value::Object(after)) => objects(path, before, after, found),
        (Value::Array(before), Value::Array(after)) => {
            objects(path, &by_reference(before), &by_reference(after), found);
        }
        (before, after) => {
            let kind = match (is_nothing(before), is_nothing(after)) {
                (true, _) => "added",
                (false, true) => "removed",
                (false, false) => "changed",
            };
            found.push(Difference { path: path.to_owned(), kind, before: before.clone(), after: after.clone() });
        }
    }
}

fn objects(path: &str, before: &Map<String, Value>, after: &Map<String, Value>, found: &mut Vec<Difference>) {
    let gone = before.keys().filter(|key| !after.contains_key(*key));
    for key in after.keys().chain(gone) {
        let inner = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        compare(&inner, before.get(key).unwrap_or(&Value::Null), after.get(key).unwrap_or(&Value::Null), found);
    }
}

/// A list as an object: by reference where its entries have one, else by number.
fn by_reference(list: &[Value]) -> Map<String, Value> {
    list.iter()
        .enumerate()
        .map(|(index, entry)| {
            let reference = entry.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
            (reference.map_or_else(|| index.to_string(), str::to_owned), entry.clone())
        })
        .collect()
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(before: &Value, after: &Value, expected: &[(&str, &str)]) {
        let found = differences(before, after);
        let found: Vec<(&str, &str)> = found.iter().map(|one| (one.path.as_str(), one.kind)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn places_are_named_by_reference() {
        let story = |id: &str, summary: &str| json!({"id": id, "summary": summary, "labels": ["a"]});
        let before = json!({"stories": [story("s1", "One"), story("s2", "Two")]});
        check(&before, &before, &[]);
        check(
            &before,
            &json!({"stories": [story("s1", "One"), story("s2", "2")]}),
            &[("stories.s2.summary", "changed")],
        );
        check(&before, &json!({"stories": [story("s2", "Two")]}), &[("stories.s1", "removed")]);
        let three = json!({"stories": [story("s3", "New"), story("s1", "One"), story("s2", "Two")]});
        check(&before, &three, &[("stories.s3", "added")]);
    }

    #[test]
    fn filling_in_is_adding() {
        check(&json!({"a": ""}), &json!({"a": "text"}), &[("a", "added")]);
        check(&json!({"a": ["x"]}), &json!({"a": ["x", "y"]}), &[("a.1", "added")]);
        check(&json!({"a": 2.0}), &json!({"a": null}), &[("a", "removed")]);
    }
}
