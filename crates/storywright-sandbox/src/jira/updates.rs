//! The `update` part of a create or edit body: operations on fields, comments and links.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    catalog::Slot,
    desk::Desk,
    errors::JiraError,
    links,
    store::{Comment, Store},
    values::{Place, off_screen},
};

/// What is done once the issue stands.
#[derive(Default)]
pub(crate) struct After {
    comments: Vec<String>,
    links: Vec<Value>,
}

/// Applies the operations to `fields`; comments and links come back for `after`.
pub(crate) fn apply(
    place: &Place<'_>,
    slots: &[Slot],
    update: Option<&Value>,
    sent: &Map<String, Value>,
    fields: &mut BTreeMap<String, Value>,
    errors: &mut JiraError,
) -> After {
    let mut after = After::default();
    let Some(update) = update.and_then(Value::as_object) else {
        return after;
    };
    for (id, operations) in update {
        if sent.contains_key(id) {
            errors.add(id, format!("Field '{id}' cannot appear in both 'fields' and 'update'"));
            continue;
        }
        let Some(operations) = operations.as_array().filter(|list| list.iter().all(Value::is_object)) else {
            errors.add(id, "Operations must be a list of objects such as {\"set\": ...}.");
            continue;
        };
        match id.as_str() {
            "comment" => {
                let bodies = operations.iter().filter_map(|op| op.get("add")?.get("body")?.as_str());
                after.comments.extend(bodies.map(str::to_owned));
            }
            "issuelinks" => after.links.extend(operations.iter().filter_map(|op| op.get("add")).cloned()),
            _ => match slots.iter().find(|slot| slot.field.id == id) {
                Some(slot) => operate(place, slot, operations, fields, errors),
                None => errors.add(id, off_screen(id)),
            },
        }
    }
    after
}

fn operate(
    place: &Place<'_>,
    slot: &Slot,
    operations: &[Value],
    fields: &mut BTreeMap<String, Value>,
    errors: &mut JiraError,
) {
    let field = slot.field;
    for operation in operations.iter().filter_map(Value::as_object).flatten() {
        let (verb, value) = operation;
        let outcome = match verb.as_str() {
            "set" => place.read(field, value),
            "add" | "remove" if field.plural() => place.read(field, &json!([value])).map(|changed| {
                let mut now = fields.get(field.id).and_then(Value::as_array).cloned().unwrap_or_default();
                for one in changed.as_array().into_iter().flatten() {
                    now.retain(|kept| kept != one);
                    if verb == "add" {
                        now.push(one.clone());
                    }
                }
                Value::Array(now)
            }),
            other => Err(format!("Field does not support operation '{other}'")),
        };
        match outcome {
            Ok(value) => {
                fields.insert(field.id.to_owned(), value);
            }
            Err(message) => errors.add(field.id, message),
        }
    }
}

/// Adds the comments and links of an update to the issue.
pub(crate) fn after(desk: &Desk, store: &mut Store, id: u64, after: &After) {
    let now = desk.shared.clock.now();
    let author = desk.me().map(|p| p.jira_key.clone()).unwrap_or_default();
    for body in &after.comments {
        let comment =
            Comment { id: store.next_id(), author: author.clone(), body: body.clone(), created: now, updated: now };
        if let Some(issue) = store.get_mut(id) {
            issue.comments.push(comment);
        }
    }
    let Some(key) = store.get(id).map(super::store::Issue::key) else {
        return;
    };
    for wanted in &after.links {
        let mut wanted = wanted.clone();
        if let Some(object) = wanted.as_object_mut() {
            // The side that is not named is the issue itself.
            if !object.contains_key("inwardIssue") {
                object.insert("inwardIssue".to_owned(), json!({"key": key}));
            } else if !object.contains_key("outwardIssue") {
                object.insert("outwardIssue".to_owned(), json!({"key": key}));
            }
        }
        if let Err(error) = links::link(desk, store, &wanted) {
            ::log::warn!("a link of an update was not made: {error}");
        }
    }
}
