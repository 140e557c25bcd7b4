//! Saving a draft while it is edited, restoring a version, and the fields that Jira asks for.

use super::compare::{Change, VersionLine, differences, version_at};
use super::fields::{required_fields, value_for};
use super::{draft_id, draft_not_found};
use crate::api;
use crate::errors::{AppError, kinds};
use crate::guard::Body;
use crate::pages::desk::{Answer, Desk, part};
use crate::view::{Errors, Time, View};
use crate::visit::SignedIn;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use storywright_application::drafts::{DraftChange, EditDraftError, draft, edit_draft, restore_version};
use storywright_domain::DraftId;
use storywright_domain::draft::Draft;
use storywright_domain::jira::FieldKind;
use storywright_domain::story::{Document, FieldValue, Story};

/// What the page sends: only what was changed.
#[derive(Deserialize)]
struct Sent {
    version: u32,
    requirements: Option<String>,
    prompt: Option<String>,
    document: Option<Value>,
    /// After a conflict: the version of the other tab stays beside this one.
    #[serde(default)]
    beside: bool,
}

#[derive(Serialize)]
struct Conflict {
    draft: OnlyId,
    yours: Side,
    theirs: Side,
    changes: Vec<Change>,
}

#[derive(Serialize)]
struct OnlyId {
    id: String,
}

#[derive(Serialize)]
struct Side {
    version: u32,
    by: String,
    at: Time,
}

impl View for Conflict {
    const TEMPLATE: &'static str = "fragments/conflict.html";
}

/// Saves what was changed; two tabs that save at once both keep their text.
pub async fn save(me: SignedIn, body: Body) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    let content_type = me.request().headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content_type.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        return save_fields(me, id, body).await;
    }
    let request_id = me.visit.request_id.clone();
    let saved = me.serve(move |desk| save_json(desk, id, &body)).await;
    // The script on the page shows the words of a problem beside the state of saving.
    match saved {
        Err(error) if error.kind != &kinds::SIGN_IN_REQUIRED => Ok(api::problem(&error, &request_id)),
        other => other,
    }
}

fn save_json(desk: &Desk<'_>, id: DraftId, body: &Body) -> Result<Answer, AppError> {
    let sent: Sent = serde_json::from_slice(&body.0).map_err(|error| bad_json(&error))?;
    let stored = draft(desk.ports, &desk.who.actor, id)?.ok_or_else(draft_not_found)?;
    let document = match sent.document {
        Some(value) => Some(merged(&stored.document, value)?),
        None => None,
    };
    let change = DraftChange {
        requirements: sent.requirements,
        prompt: sent.prompt,
        document,
        beside: sent.beside,
        ..DraftChange::default()
    };
    match edit_draft(desk.ports, &desk.who.actor, id, sent.version, &change) {
        Ok(saved) => {
            let etag = format!("\"{}\"", saved.version);
            Ok(Answer::json(serde_json::json!({"version": saved.version})).with_header("etag", &etag))
        }
        Err(EditDraftError::Conflict(theirs)) => conflict(desk, sent.version, &theirs, change.document.as_ref()),
        Err(error) => Err(error.into()),
    }
}

fn bad_json(error: &serde_json::Error) -> AppError {
    AppError::new(
        &kinds::INVALID_BODY,
        &format!("The page sent something that cannot be read ({error})"),
        "Copy your text, reload the page, and paste it",
    )
}

/// The document of the page over the stored one: what the page does not show is kept, story by story.
fn merged(stored: &Document, sent: Value) -> Result<Document, AppError> {
    let Value::Object(mut whole) = sent else {
        return Err(AppError::field("document", "field_invalid", "the document must be an object with stories"));
    };
    if let Some(Value::Array(stories)) = whole.get_mut("stories") {
        for story in stories {
            let Value::Object(shown) = story else { continue };
            let id = shown.get("id").and_then(Value::as_str).unwrap_or_default();
            let known = stored.stories.iter().find(|story| !id.is_empty() && story.id == id);
            let Some(Ok(Value::Object(mut full))) = known.map(serde_json::to_value) else { continue };
            full.extend(std::mem::take(shown));
            *shown = full;
        }
    }
    serde_json::from_value(Value::Object(whole)).map_err(|error| bad_json(&error))
}

fn conflict(desk: &Desk<'_>, from: u32, theirs: &Draft, mine: Option<&Document>) -> Result<Answer, AppError> {
    let by = match version_at(desk, theirs.id, theirs.version) {
        Ok(version) => VersionLine::of(desk, &version, true).by().to_owned(),
        Err(_) => desk.who.person.display_name.clone(),
    };
    let view = Conflict {
        draft: OnlyId { id: theirs.id.to_string() },
        yours: Side { version: from, by: desk.who.person.display_name.clone(), at: desk.time(desk.now) },
        theirs: Side { version: theirs.version, by, at: desk.time(theirs.updated_at) },
        changes: mine.map(|mine| differences(&theirs.document, mine)).unwrap_or_default(),
    };
    Ok(desk.fragment(&view)?.with_status(StatusCode::CONFLICT))
}

/// Makes an older version the newest.
pub async fn restore(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    let number: u32 = part(me.request(), "number").parse().map_err(|_| draft_not_found())?;
    me.serve(move |desk| {
        let stored = draft(desk.ports, &desk.who.actor, id)?.ok_or_else(draft_not_found)?;
        let version = version_at(desk, id, number)?;
        restore_version(desk.ports, &desk.who.actor, id, stored.version, version.number)?;
        desk.go_and_say(&format!("/drafts/{id}"), "ok", &format!("Version {} is the newest again.", version.number))
    })
    .await
}

/// Takes values for the fields that Jira asks for.
async fn save_fields(me: SignedIn, id: DraftId, body: Body) -> Result<HttpResponse, AppError> {
    let text = String::from_utf8(body.0.to_vec()).unwrap_or_default();
    let form = web::Query::<HashMap<String, String>>::from_query(&text).map(web::Query::into_inner).unwrap_or_default();
    me.serve(move |desk| {
        let stored = draft(desk.ports, &desk.who.actor, id)?.ok_or_else(draft_not_found)?;
        let expected = form.get("version").and_then(|version| version.parse().ok()).unwrap_or(stored.version);
        let mut asked = required_fields(desk, &stored)?;
        let mut errors = Errors::new();
        let mut document = stored.document.clone();
        for field in &mut asked.required {
            let typed = form.get(&format!("field.{}", field.id)).map(|value| value.trim()).unwrap_or_default();
            typed.clone_into(&mut field.value);
            match asked.screen.iter().find(|known| known.id == field.id).map(|known| value_for(known, typed)) {
                Some(Ok(value)) => {
                    for story in &mut document.stories {
                        let kind = asked.screen.iter().find(|known| known.id == field.id).map(|known| &known.kind);
                        put(story, &field.id, kind, &value);
                    }
                }
                Some(Err(words)) => {
                    errors.insert(field.id.clone(), words);
                }
                None => {}
            }
        }
        if !errors.is_empty() {
            asked.errors = errors;
            return Ok(desk.fragment(&asked.into_part(&stored))?.with_status(StatusCode::UNPROCESSABLE_ENTITY));
        }
        let change = DraftChange { document: Some(document), ..DraftChange::default() };
        edit_draft(desk.ports, &desk.who.actor, id, expected, &change)?;
        Ok(desk.go(&format!("/drafts/{id}/plan")))
    })
    .await
}

/// Puts a value where the story has none yet: own fields by id, Jira's well-known ones where the story keeps them.
fn put(story: &mut Story, id: &str, kind: Option<&FieldKind>, value: &FieldValue) {
    match (kind, value) {
        (Some(FieldKind::EpicLink), FieldValue::Issue(key)) => {
            story.epic.get_or_insert_with(|| key.clone());
        }
        (Some(FieldKind::Priority), FieldValue::Text(name)) => {
            story.priority.get_or_insert_with(|| name.clone());
        }
        (Some(FieldKind::Components), FieldValue::Texts(names)) => {
            if story.components.is_empty() {
                story.components.clone_from(names);
            }
        }
        _ => {
            story.custom_fields.entry(id.to_owned()).or_insert_with(|| value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_page_does_not_show_is_kept() {
        let story = Story {
            id: "s1".to_owned(),
            summary: "old".to_owned(),
            stlc_notes: "kept".to_owned(),
            custom_fields: [("customfield_1".to_owned(), FieldValue::Text("kept".to_owned()))].into(),
            ..Story::default()
        };
        let stored = Document::of_stories(vec![story]);
        let sent = serde_json::json!({"stories": [{"id": "s1", "summary": "new"}, {"id": "", "summary": "added"}]});
        let document = merged(&stored, sent).unwrap();
        assert_eq!(document.stories[0].summary, "new");
        assert_eq!(document.stories[0].stlc_notes, "kept");
        assert_eq!(document.stories[0].custom_fields, stored.stories[0].custom_fields);
        assert_eq!(document.stories[1].summary, "added");
        assert!(merged(&stored, serde_json::json!([])).is_err());
        assert!(merged(&stored, serde_json::json!({"stories": [{"summary": 7}]})).is_err());
    }
}
