//! Reading an issue back: is everything there that was sent?

use super::AtlassianJira;
use super::create::with_parent;
use crate::site;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use storywright_domain::jira::{AllowedValue, CreateField, Difference, ProjectKey, same_text};
use storywright_domain::remote::{Access, RemoteError};

/// Most characters of a value in a message.
const SHOWN: usize = 300;

#[derive(Deserialize)]
struct ReadBack {
    #[serde(default)]
    fields: Map<String, Value>,
    #[serde(default)]
    names: BTreeMap<String, String>,
}

impl AtlassianJira {
    pub(super) fn compare(
        &self,
        access: &Access,
        id: &str,
        payload: &str,
        parent: Option<&str>,
    ) -> Result<Option<Vec<Difference>>, RemoteError> {
        let damaged = || RemoteError::Malformed { detail: "what was sent is no payload".to_owned() };
        let sent = with_parent(payload, parent).map_err(|_| damaged())?;
        let sent: Value = serde_json::from_str(&sent).map_err(|_| damaged())?;
        let sent = sent.get("fields").and_then(Value::as_object).ok_or_else(damaged)?;
        let ids: Vec<&str> = sent.keys().map(String::as_str).collect();
        let pairs = [("fields", ids.join(",")), ("expand", "names".to_owned())];
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let path = format!("/rest/api/2/issue/{}{}", site::segment(id), site::query(&pairs));
        let read: ReadBack = match site::read(self.get(access, &path)) {
            Ok(read) => read,
            Err(RemoteError::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        };
        let differing: Vec<(&String, &Value)> =
            sent.iter().filter(|(id, value)| !same(value, read.fields.get(*id))).collect();
        if differing.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let screen = self.screen_of(access, sent);
        let difference = |(id, value): (&String, &Value)| {
            let field = screen.iter().find(|field| field.id == *id);
            let name = read.names.get(id).cloned().or_else(|| field.map(|field| field.name.clone()));
            Difference {
                field: id.clone(),
                name: name.unwrap_or_else(|| id.clone()),
                sent: shown(Some(value), field),
                stored: shown(read.fields.get(id), field),
            }
        };
        Ok(Some(differing.into_iter().map(difference).collect()))
    }

    /// The create screen, for names of what was sent by id. Without it the ids are shown.
    fn screen_of(&self, access: &Access, sent: &Map<String, Value>) -> Vec<CreateField> {
        let text = |field: &str, key: &str| sent.get(field).and_then(|value| value.get(key)).and_then(Value::as_str);
        let (Some(project), Some(issue_type)) = (text("project", "key"), text("issuetype", "id")) else {
            return Vec::new();
        };
        let project = ProjectKey::parse(project).ok();
        project.and_then(|project| self.read_create_fields(access, &project, issue_type).ok()).unwrap_or_default()
    }
}

/// Whether what is stored holds what was sent.
fn same(sent: &Value, stored: Option<&Value>) -> bool {
    let stored = stored.unwrap_or(&Value::Null);
    match (sent, stored) {
        (Value::Null, _) => true,
        (Value::String(sent), Value::String(stored)) => same_text(sent, stored) || same_moment(sent, stored),
        (Value::Number(sent), Value::Number(stored)) => sent.as_f64() == stored.as_f64(),
        // What the site adds to a list, as an automation does with labels, takes nothing away.
        (Value::Array(sent), Value::Array(stored)) => {
            sent.iter().all(|one| stored.iter().any(|other| same(one, Some(other))))
        }
        (Value::Array(sent), Value::Null) => sent.is_empty(),
        (Value::Object(sent), Value::Object(stored)) => {
            sent.iter().all(|(key, value)| match (value, stored.get(key)) {
                // Names are found in any case: priority `high` is stored as `High`.
                (Value::String(sent), Some(Value::String(stored))) if matches!(key.as_str(), "name" | "value") => {
                    sent.to_lowercase() == stored.to_lowercase()
                }
                (value, stored) => same(value, stored),
            })
        }
        (Value::String(sent), Value::Number(stored)) => *sent == stored.to_string(),
        (sent, stored) => sent == stored,
    }
}

/// Sites write the same moment in another time zone.
fn same_moment(sent: &str, stored: &str) -> bool {
    moment(sent).is_some() && moment(sent) == moment(stored)
}

/// The moment of `2026-01-31T10:00:00.000+0000`.
fn moment(text: &str) -> Option<jiff::Timestamp> {
    text.parse().ok()
}

/// A value for people; what was sent by id goes by its name.
fn shown(value: Option<&Value>, field: Option<&CreateField>) -> String {
    let text = match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(all)) => all.iter().map(|one| shown(Some(one), field)).collect::<Vec<_>>().join(", "),
        Some(Value::Object(object)) => {
            let named = ["value", "displayName", "name", "key"].iter().find_map(|key| object.get(*key)?.as_str());
            let id = object.get("id").and_then(Value::as_str).unwrap_or_default();
            let name = named.map(str::to_owned).or_else(|| name_of(id, field.map_or(&[], |field| &field.allowed)));
            let name = name.unwrap_or_else(|| id.to_owned());
            match object.get("child") {
                Some(child) => format!("{name} / {}", shown(Some(child), field)),
                None => name,
            }
        }
        Some(other) => other.to_string(),
    };
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn name_of(id: &str, allowed: &[AllowedValue]) -> Option<String> {
    let here = allowed.iter().find(|value| value.id == id).map(|value| value.name.clone());
    here.or_else(|| allowed.iter().find_map(|value| name_of(id, &value.children)))
}

#[cfg(test)]
mod tests;
