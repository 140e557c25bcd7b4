//! Saving a draft while it is edited, restoring a version, copying.

use super::compare::{Change, VersionLine, differences, version_at};
use super::{draft_id, draft_not_found, fields};
use crate::api;
use crate::errors::{AppError, kinds};
use crate::guard::Body;
use crate::pages::desk::{Answer, Desk, Form, part};
use crate::view::{Time, View};
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use storywright_application::drafts::{
    DraftChange, EditDraftError, Mend, MendError, Which, copy_draft, draft, edit_draft, mend, restore_version,
};
use storywright_domain::DraftId;
use storywright_domain::draft::Draft;
use storywright_domain::story::Document;

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
        return fields::save(me, id, body).await;
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

/// The document of the page over the stored one: what the page does not show is kept, piece by piece.
fn merged(stored: &Document, sent: Value) -> Result<Document, AppError> {
    let Value::Object(mut whole) = sent else {
        return Err(AppError::field("document", "field_invalid", "the document must be an object with stories"));
    };
    // A page from before there were epics sends none.
    whole.entry("epics").or_insert_with(|| serde_json::json!(stored.epics));
    for (list, known) in [("epics", values(&stored.epics)), ("stories", values(&stored.stories))] {
        if let Some(pieces) = whole.get_mut(list) {
            keep_unshown(pieces, &known);
        }
    }
    serde_json::from_value(Value::Object(whole)).map_err(|error| bad_json(&error))
}

fn values<T: Serialize>(pieces: &[T]) -> Vec<Value> {
    pieces.iter().filter_map(|piece| serde_json::to_value(piece).ok()).collect()
}

/// Gives each piece what the known one with its id has and it does not mention, and likewise its sub-tasks.
fn keep_unshown(pieces: &mut Value, known: &[Value]) {
    let by_id: HashMap<&str, &Value> =
        known.iter().filter_map(|piece| Some((piece.get("id")?.as_str()?, piece))).collect();
    for piece in pieces.as_array_mut().into_iter().flatten() {
        let Value::Object(shown) = piece else { continue };
        let id = shown.get("id").and_then(Value::as_str).unwrap_or_default();
        let Some(Value::Object(full)) = by_id.get(id).filter(|_| !id.is_empty()) else { continue };
        if let (Some(subtasks), Some(Value::Array(known))) = (shown.get_mut("subtasks"), full.get("subtasks")) {
            keep_unshown(subtasks, known);
        }
        for (name, value) in full {
            shown.entry(name.as_str()).or_insert_with(|| value.clone());
        }
    }
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

/// The finding that is mended; none stands for all that need no model.
#[derive(Deserialize)]
pub struct Mended {
    #[serde(default)]
    finding: String,
    #[serde(default)]
    path: String,
    /// The first character of its place, where it has one.
    start: Option<usize>,
}

/// Mends what the rules found, where that needs no model.
pub async fn fix(me: SignedIn, which: Form<Mended>) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    me.serve(move |desk| {
        let Mended { finding: code, path: field, start } = &which.0;
        let which =
            if code.is_empty() { Mend::All } else { Mend::One(Which { code, field, start: *start, message: None }) };
        let (tone, words) = match mend(desk.ports, &desk.who.actor, id, None, &which) {
            Ok((_, 1)) => ("ok", "One finding is fixed. The version before is kept under Versions.".to_owned()),
            Ok((_, count)) => ("ok", format!("{count} findings are fixed. The version before is kept under Versions.")),
            Err(MendError::NothingToMend) => ("bad", "That finding is gone already: here is the new list.".to_owned()),
            Err(MendError::Edit(error)) => return Err(error.into()),
        };
        desk.go_and_say(&format!("/drafts/{id}"), tone, &words)
    })
    .await
}

/// Makes a new draft that begins as this one: the way on when the issues of this one are in Jira.
pub async fn copy(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    me.serve(move |desk| {
        let made = copy_draft(desk.ports, &desk.who.actor, id)?.ok_or_else(draft_not_found)?;
        desk.go_and_say(&format!("/drafts/{}", made.id), "ok", "This is the copy. The first draft stays as it is.")
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use storywright_domain::story::{Epic, FieldValue, LinkKind, Story, StoryLink, Subtask};

    #[test]
    fn what_the_page_does_not_show_is_kept() {
        let kept: std::collections::BTreeMap<_, _> =
            [("customfield_1".to_owned(), FieldValue::Text("kept".to_owned()))].into();
        let subtask = |id: &str| Subtask { id: id.to_owned(), custom_fields: kept.clone(), ..Subtask::default() };
        let story = Story {
            id: "s1".to_owned(),
            summary: "old".to_owned(),
            stlc_notes: "kept".to_owned(),
            links: vec![StoryLink { kind: LinkKind::Blocks, to: "PAY-1".to_owned() }],
            subtasks: vec![subtask("s1.1"), subtask("s1.2")],
            custom_fields: kept.clone(),
            ..Story::default()
        };
        let epic = Epic { id: "e1".to_owned(), custom_fields: kept.clone(), ..Epic::default() };
        let stored = Document { epics: vec![epic], stories: vec![story] };
        let sent = serde_json::json!({"stories": [
            {"id": "s1", "summary": "new", "subtasks": [{"id": "s1.2", "summary": "moved"}, {"id": "s1.3"}]},
            {"id": "", "summary": "added"},
        ]});
        let document = merged(&stored, sent).unwrap();
        assert_eq!(document.epics, stored.epics);
        let [changed, added] = &document.stories[..] else { panic!("{document:?}") };
        assert_eq!((changed.summary.as_str(), changed.stlc_notes.as_str()), ("new", "kept"));
        assert_eq!((&changed.custom_fields, &changed.links), (&kept, &stored.stories[0].links));
        assert_eq!(changed.subtasks[0], Subtask { summary: "moved".to_owned(), ..subtask("s1.2") });
        assert!(changed.subtasks.len() == 2 && changed.subtasks[1].custom_fields.is_empty());
        assert_eq!(added.summary, "added");

        let sent =
            serde_json::json!({"epics": [{"id": "e1", "summary": "Refunds"}], "stories": [{"id": "s1", "links": []}]});
        let document = merged(&stored, sent).unwrap();
        assert_eq!(document.epics, [Epic { summary: "Refunds".to_owned(), ..stored.epics[0].clone() }]);
        assert!(document.stories[0].links.is_empty() && document.stories[0].subtasks == stored.stories[0].subtasks);
        assert!(merged(&stored, serde_json::json!({"epics": [], "stories": []})).unwrap().epics.is_empty());
        assert!(merged(&stored, serde_json::json!([])).is_err());
        assert!(merged(&stored, serde_json::json!({"stories": [{"summary": 7}]})).is_err());
    }
}
