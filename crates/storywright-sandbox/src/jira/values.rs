//! Values of fields: what clients may send, and what is kept of it.

use serde_json::{Value, json};

use super::{
    catalog::{self, Choice, Field, Kind, Named, Project, Role},
    desk::Desk,
    store::Store,
};

/// Longest text of a wiki field (`jira.text.field.character.limit`).
pub(crate) const TEXT_LIMIT: usize = 32_767;

/// Where a value is read: the asker, the store, the project of the issue.
pub(crate) struct Place<'a> {
    pub(crate) desk: &'a Desk,
    pub(crate) store: &'a Store,
    pub(crate) project: &'static Project,
}

impl Place<'_> {
    /// Turns what a client sent into what is kept; the error is Jira's message for the field.
    pub(crate) fn read(&self, field: &Field, sent: &Value) -> Result<Value, String> {
        if field.id == "summary" {
            return summary(sent);
        }
        if sent.is_null() {
            return Ok(Value::Null);
        }
        match field.kind {
            Kind::Line | Kind::EpicName => line(sent),
            Kind::Text => text(sent),
            Kind::Number => number(sent),
            Kind::Date => date(sent),
            Kind::Labels => list(sent, label),
            Kind::Select(choices) => choose(choices, sent).map(|choice| json!(choice.id)),
            Kind::MultiSelect(choices) => list(sent, |one| choose(choices, one).map(|choice| json!(choice.id))),
            Kind::Cascading(choices) => cascade(choices, sent),
            Kind::User => self.user(sent),
            Kind::Priority => {
                named(&catalog::PRIORITIES, sent).ok_or_else(|| "The priority selected is invalid.".to_owned())
            }
            Kind::Components => list(sent, |one| {
                named(self.project.components, one)
                    .ok_or_else(|| format!("Component name '{}' is not valid", id_or_name(one)))
            }),
            Kind::Versions => list(sent, |one| {
                named(self.project.versions, one)
                    .ok_or_else(|| format!("Version name '{}' is not valid", id_or_name(one)))
            }),
            Kind::EpicLink => self.epic(sent),
            Kind::Sprint => {
                sent.as_u64().map(|id| json!(id)).ok_or_else(|| "Number value expected as the Sprint id.".to_owned())
            }
            Kind::Project | Kind::IssueType | Kind::Parent | Kind::Computed(_) | Kind::ComputedList(_) => {
                Err(off_screen(field.id))
            }
        }
    }

    fn user(&self, sent: &Value) -> Result<Value, String> {
        let object = sent.as_object().ok_or("data was not an object")?;
        if self.desk.cloud {
            // Names went away with the privacy rules; only `accountId` (or `id`) is read.
            let id = object.get("accountId").or_else(|| object.get("id")).and_then(Value::as_str);
            return match id.map(|id| (id, self.desk.by_account(id))) {
                None => Err("Specify a valid value for this user field.".to_owned()),
                Some((_, Some(person))) if person.active => Ok(json!(person.jira_key)),
                Some((id, _)) => Err(format!("User '{id}' does not exist.")),
            };
        }
        let name = object.get("name");
        let name = match name {
            None | Some(Value::Null) => return Ok(Value::Null),
            Some(name) => name.as_str().unwrap_or_default(),
        };
        // Automatic assignment: nobody in this company.
        if name.is_empty() || name == "-1" {
            return Ok(Value::Null);
        }
        match self.desk.by_name(name) {
            Some(person) if person.active => Ok(json!(person.jira_key)),
            _ => Err(format!("User '{name}' does not exist.")),
        }
    }

    fn epic(&self, sent: &Value) -> Result<Value, String> {
        let key = sent.as_str().ok_or("Epic Link must be the key of an epic.")?;
        if key.is_empty() {
            return Ok(Value::Null);
        }
        let epic = self
            .store
            .find(key)
            .filter(|issue| self.desk.sees(&issue.project) && !key.bytes().all(|b| b.is_ascii_digit()));
        match epic.and_then(|issue| Some((issue.id, issue.issue_type()?.role))) {
            Some((id, Role::Epic)) => Ok(json!(id)),
            Some(_) => Err(format!("Issue with key '{key}' is not an epic.")),
            None => Err(format!("Issue with key '{key}' could not be found.")),
        }
    }
}

/// The message for a field that has no place here.
pub(crate) fn off_screen(field: &str) -> String {
    format!("Field '{field}' cannot be set. It is not on the appropriate screen, or unknown.")
}

fn summary(sent: &Value) -> Result<Value, String> {
    let text = match sent {
        Value::Null => "",
        Value::String(text) => text.trim(),
        _ => return Err("Operation value must be a string".to_owned()),
    };
    if text.is_empty() {
        Err("You must specify a summary of the issue.".to_owned())
    } else if text.contains(['\n', '\r']) {
        Err("The summary is invalid because it contains newline characters.".to_owned())
    } else if text.encode_utf16().count() > 255 {
        Err("Summary must be less than 255 characters.".to_owned())
    } else {
        Ok(json!(text))
    }
}

fn line(sent: &Value) -> Result<Value, String> {
    let text = sent.as_str().ok_or("Operation value must be a string")?;
    if text.encode_utf16().count() > 255 {
        return Err("The entered text is too long. It exceeds the allowed limit of 255 characters.".to_owned());
    }
    Ok(if text.is_empty() { Value::Null } else { json!(text) })
}

fn text(sent: &Value) -> Result<Value, String> {
    let text = sent.as_str().ok_or("Operation value must be a string")?;
    if text.encode_utf16().count() > TEXT_LIMIT {
        return Err("The entered text is too long. It exceeds the allowed limit of 32,767 characters.".to_owned());
    }
    Ok(if text.is_empty() { Value::Null } else { json!(text) })
}

fn number(sent: &Value) -> Result<Value, String> {
    let number = sent.as_f64().ok_or("Operation value must be a number")?;
    if number.abs() > 1e14 {
        return Err("Please enter a number no larger than 100,000,000,000,000.".to_owned());
    }
    Ok(json!(number))
}

fn date(sent: &Value) -> Result<Value, String> {
    let text = sent.as_str().ok_or("Operation value must be a string")?;
    if text.is_empty() {
        return Ok(Value::Null);
    }
    match text.parse::<jiff::civil::Date>() {
        Ok(date) => Ok(json!(date.to_string())),
        Err(_) => Err(format!("Error parsing date string: {text}")),
    }
}

fn label(sent: &Value) -> Result<Value, String> {
    let text = sent.as_str().ok_or("string expected at index 0")?;
    if text.contains(char::is_whitespace) {
        Err(format!("The label '{text}' contains spaces which is invalid."))
    } else if text.chars().count() > 255 {
        Err(format!("The label '{text}' exceeds the maximum length for a label of 255 characters."))
    } else {
        Ok(json!(text))
    }
}

fn list(sent: &Value, mut one: impl FnMut(&Value) -> Result<Value, String>) -> Result<Value, String> {
    let mut values = Vec::new();
    for item in sent.as_array().ok_or("data was not an array")? {
        let value = one(item)?;
        if !values.contains(&value) {
            values.push(value);
        }
    }
    Ok(Value::Array(values))
}

fn choose<'a>(choices: &'a [Choice], sent: &Value) -> Result<&'a Choice, String> {
    let object = sent.as_object().ok_or("Could not find valid 'id' or 'value' in the Parent Option object.")?;
    if let Some(id) = object.get("id") {
        let id = plain(id);
        return choices.iter().find(|c| c.id == id).ok_or_else(|| format!("Option id '{id}' is not valid"));
    }
    if let Some(value) = object.get("value") {
        let value = plain(value);
        return choices.iter().find(|c| c.value == value).ok_or_else(|| format!("Option value '{value}' is not valid"));
    }
    Err("Could not find valid 'id' or 'value' in the Parent Option object.".to_owned())
}

fn cascade(choices: &[Choice], sent: &Value) -> Result<Value, String> {
    let parent = choose(choices, sent)?;
    match sent.get("child") {
        None | Some(Value::Null) => Ok(json!({"id": parent.id})),
        Some(child) => Ok(json!({"id": parent.id, "child": choose(parent.children, child)?.id})),
    }
}

fn named(list: &[Named], sent: &Value) -> Option<Value> {
    let object = sent.as_object()?;
    let found = match (object.get("id"), object.get("name")) {
        (Some(id), _) => list.iter().find(|n| n.id == plain(id)),
        (None, Some(name)) => list.iter().find(|n| Some(n.name) == name.as_str()),
        (None, None) => None,
    };
    found.map(|n| json!(n.id))
}

fn id_or_name(sent: &Value) -> String {
    sent.get("name").or_else(|| sent.get("id")).map_or_else(|| sent.to_string(), plain)
}

/// A string or number as text; clients send ids as either.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
