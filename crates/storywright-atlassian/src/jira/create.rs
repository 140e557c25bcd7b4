//! The one call that must not be repeated: creating an issue, and what became of it.

use super::AtlassianJira;
use super::render::PARENT;
use crate::answer::{self, Refusal};
use serde_json::{Value, json};
use storywright_domain::jira::CreateOutcome;
use storywright_domain::remote::{Access, RemoteError};
use storywright_http::{Answer, HttpError, Method, SendOnceError};

impl AtlassianJira {
    pub(super) fn send_create(&self, access: &Access, payload: &str, parent: Option<&str>) -> CreateOutcome {
        let body = match with_parent(payload, parent) {
            Ok(body) => body,
            Err(detail) => return CreateOutcome::NotSent { detail: detail.to_owned(), retry_after_ms: None },
        };
        let request = self.request(access, Method::Post, "/rest/api/2/issue").json(body).timeout(self.create_timeout);
        match request.send_once() {
            Ok(answer) => outcome(&answer),
            Err(SendOnceError::NotSent { error }) => {
                let retry_after_ms = match error {
                    HttpError::CircuitOpen { retry_after_ms } | HttpError::RateLimited { retry_after_ms } => {
                        Some(retry_after_ms)
                    }
                    _ => None,
                };
                CreateOutcome::NotSent { detail: error.to_string(), retry_after_ms }
            }
            Err(SendOnceError::Unknown { status, error }) => CreateOutcome::Unknown {
                detail: status.map_or_else(|| error.to_string(), |status| format!("status {status}, {error}")),
            },
        }
    }
}

/// The approved bytes with the parent's key in its one place, everything else untouched: `fields.parent.key` of a sub-task, or the
/// custom field that holds the key of an epic.
pub(super) fn with_parent(payload: &str, parent: Option<&str>) -> Result<String, &'static str> {
    const DAMAGED: &str = "the approved payload is damaged: make the plan again";
    let mut wanted: Value = serde_json::from_str(payload).map_err(|_| DAMAGED)?;
    let Some(fields) = wanted.get_mut("fields").and_then(Value::as_object_mut) else { return Err(DAMAGED) };
    let mut places = fields.iter_mut().filter_map(|(id, value)| {
        if id == "parent" {
            value.get_mut("key").filter(|key| **key == PARENT).map(|key| (key, json!({"key": PARENT}), id))
        } else {
            let held = id.starts_with("customfield_") && *value == PARENT;
            held.then(|| (value, json!(PARENT), id))
        }
    });
    let Some((place, before, id)) = places.next() else { return Ok(payload.to_owned()) };
    if places.next().is_some() {
        return Err(DAMAGED);
    }
    let parent = parent.ok_or("the parent issue is not known yet")?;
    *place = json!(parent);
    let after = if before.is_object() { json!({"key": parent}) } else { json!(parent) };
    let id = json!(id);
    let sent = payload.replacen(&format!("{id}:{before}"), &format!("{id}:{after}"), 1);
    // Text was replaced, to keep every other byte; that it was the right text is seen by reading it again.
    match serde_json::from_str::<Value>(&sent) {
        Ok(read) if read == wanted => Ok(sent),
        _ => Err(DAMAGED),
    }
}

/// What an answer to a create call means. The body has been sent in full by now.
fn outcome(answer: &Answer) -> CreateOutcome {
    let status = answer.status;
    if let Some(created) = created(answer) {
        return created;
    }
    match answer::not_for_us(answer) {
        None => {}
        Some(RemoteError::Malformed { detail }) => return CreateOutcome::Unknown { detail },
        Some(error) => return CreateOutcome::AuthLost { detail: error.to_string() },
    }
    match status {
        403 => CreateOutcome::AuthLost { detail: "status 403".to_owned() },
        400 | 404 | 409 | 413 | 422 => match Refusal::read(answer) {
            Some(Refusal { messages, fields }) => CreateOutcome::Rejected { status, messages, fields },
            None => CreateOutcome::Unknown { detail: format!("status {status} without Jira's words") },
        },
        // Only Jira's own limiter stands before the work; a proxy's may stand behind it.
        429 if answer.headers.has_prefix("x-ratelimit-") || answer.headers.has("ratelimit-reason") => {
            CreateOutcome::NotSent {
                detail: "Jira's rate limit".to_owned(),
                retry_after_ms: Some(answer.headers.retry_after_ms().unwrap_or(1_000)),
            }
        }
        200..=299 => CreateOutcome::Unknown { detail: format!("status {status} without the id of an issue") },
        _ => CreateOutcome::Unknown { detail: format!("status {status}") },
    }
}

/// Id and key, when the answer has both in their shapes.
fn created(answer: &Answer) -> Option<CreateOutcome> {
    if !matches!(answer.status, 200 | 201) {
        return None;
    }
    let body: Value = serde_json::from_slice(&answer.body).ok()?;
    let id = match body.get("id")? {
        Value::String(id) => id.clone(),
        Value::Number(id) => id.to_string(),
        _ => return None,
    };
    let key = body.get("key")?.as_str()?;
    let (project, number) = key.rsplit_once('-')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let shape_ok = digits(&id)
        && digits(number)
        && !project.is_empty()
        && project.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    shape_ok.then(|| CreateOutcome::Created { id, key: key.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAYLOAD: &str = r#"{"fields":{"summary":"\"parent\":{\"key\":\"@parent\"}","parent":{"key":"@parent"},"n":3.50},"properties":[{"key":"k","value":"@parent"}]}"#;

    #[test]
    fn only_the_parents_key_changes() {
        let sent = with_parent(PAYLOAD, Some("PAY-7")).expect("good");
        assert_eq!(sent, PAYLOAD.replacen(r#""parent":{"key":"@parent"},"n""#, r#""parent":{"key":"PAY-7"},"n""#, 1));
    }

    #[test]
    fn a_field_may_hold_the_epic() {
        let payload = r#"{"fields":{"summary":"@parent","customfield_10100":"@parent","customfield_2":"\"customfield_10100\":\"@parent\""}}"#;
        let sent = with_parent(payload, Some("PAY-7")).expect("good");
        assert_eq!(sent, payload.replacen(r#""customfield_10100":"@parent""#, r#""customfield_10100":"PAY-7""#, 1));
        assert!(with_parent(payload, None).is_err());
        let two = r#"{"fields":{"parent":{"key":"@parent"},"customfield_1":"@parent"}}"#;
        assert!(with_parent(two, Some("PAY-7")).is_err(), "which one is meant?");
    }

    #[test]
    fn without_a_place_for_a_parent_the_bytes_are_the_approved_ones() {
        let payload = r#"{"fields":{"summary":"@parent"}}"#;
        assert_eq!(with_parent(payload, Some("PAY-7")).as_deref(), Ok(payload));
        assert_eq!(with_parent(payload, None).as_deref(), Ok(payload));
    }

    #[test]
    fn a_missing_parent_or_a_damaged_payload_sends_nothing() {
        assert!(with_parent(PAYLOAD, None).is_err());
        assert!(with_parent("{\"fields\":", Some("PAY-7")).is_err());
        assert!(with_parent(r#"{"fields":{"parent": {"key": "@parent"}}}"#, Some("PAY-7")).is_err(), "not our bytes");
    }
}
