//! What refusals teach: validators demand fields that no screen calls required, and screens list fields that have no place.

use serde_json::Value;
use storywright_domain::Timestamp;
use storywright_domain::ports::{StorageError, Tx};
use storywright_domain::preflight::{Lesson, ScreenPlace};
use storywright_domain::remote::FieldRefusal;

/// What every issue has; a refusal of it is about its value.
const ALWAYS_THERE: [&str; 4] = ["project", "issuetype", "summary", "parent"];

/// Keeps what a refused create call revealed. A field that the payload left out is required; a field that it held is off the screen
/// when Jira says so, and else only its value was wrong, which teaches nothing.
///
/// # Errors
/// [`StorageError`].
pub fn learn(
    tx: &mut dyn Tx,
    place: &ScreenPlace,
    payload: &str,
    refusals: &[FieldRefusal],
    at: Timestamp,
) -> Result<(), StorageError> {
    for (refusal, lesson) in lessons(payload, refusals) {
        tx.learn_field(place, &refusal.field, lesson, &refusal.message, at)?;
    }
    Ok(())
}

/// Forgets what a created issue disproves: a field that was said to be required and was left out, or to be off the screen and was
/// taken.
///
/// # Errors
/// [`StorageError`].
pub fn forget(tx: &mut dyn Tx, place: &ScreenPlace, payload: &str) -> Result<(), StorageError> {
    for known in tx.learned_fields(place)? {
        let disproved = match known.lesson {
            Lesson::Required => !was_sent(&parsed(payload), &known.field),
            Lesson::OffScreen => was_sent(&parsed(payload), &known.field),
        };
        if disproved {
            tx.forget_field(place, &known.field)?;
        }
    }
    Ok(())
}

fn parsed(payload: &str) -> Value {
    serde_json::from_str(payload).unwrap_or(Value::Null)
}

fn was_sent(payload: &Value, field: &str) -> bool {
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(all) => all.is_empty(),
        _ => false,
    };
    payload.get("fields").and_then(|fields| fields.get(field)).is_some_and(|value| !empty(value))
}

fn lessons<'a>(payload: &str, refusals: &'a [FieldRefusal]) -> Vec<(&'a FieldRefusal, Lesson)> {
    let payload = parsed(payload);
    let lesson = |refusal: &FieldRefusal| {
        if ALWAYS_THERE.contains(&refusal.field.as_str()) {
            return None;
        }
        match was_sent(&payload, &refusal.field) {
            false => Some(Lesson::Required),
            // The words are in the person's language; those of other languages are read as a wrong value, which blocks nothing.
            true if refusal.message.contains("not on the appropriate screen") => Some(Lesson::OffScreen),
            true => None,
        }
    };
    refusals.iter().filter_map(|refusal| Some((refusal, lesson(refusal)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(field: &str, message: &str) -> FieldRefusal {
        FieldRefusal { field: field.to_owned(), message: message.to_owned() }
    }

    #[test]
    fn only_what_is_about_the_screen_is_learned() {
        let payload =
            r#"{"fields":{"summary":"x","priority":{"id":"9"},"labels":["a"],"customfield_2":[],"duedate":null}}"#;
        let refusals = [
            refusal("customfield_1", "Le plan est obligatoire."),
            refusal("customfield_2", "Groups is required."),
            refusal("duedate", "Due is required."),
            refusal("priority", "The priority selected is invalid."),
            refusal("labels", "Field 'labels' cannot be set. It is not on the appropriate screen, or unknown."),
            refusal("summary", "You must specify a summary of the issue."),
            refusal("parent", "Could not find issue by id or key."),
        ];
        let learned: Vec<(&str, Lesson)> =
            lessons(payload, &refusals).iter().map(|(refusal, lesson)| (refusal.field.as_str(), *lesson)).collect();
        let expected = [
            ("customfield_1", Lesson::Required),
            ("customfield_2", Lesson::Required),
            ("duedate", Lesson::Required),
            ("labels", Lesson::OffScreen),
        ];
        assert_eq!(learned, expected);
    }
}
