//! Waivers: letting a finding pass with a reason, and taking that back.

use super::body::Json;
use super::drafts::draft_id;
use super::{Answer, Caller};
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use storywright_application::drafts::{Which, take_waiver_back, waive};
use utoipa::ToSchema;

/// A finding that may pass.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WaiveFinding {
    /// Its `code`.
    #[schema(example = "vague_word")]
    code: String,
    /// Its `field`.
    #[schema(example = "stories.0.narrative.goal")]
    field: String,
    /// Its `start`; needed where a field has several findings of a code.
    start: Option<usize>,
    /// Its `message`; needed where several findings of a code begin at one character.
    message: Option<String>,
    /// Why, in 5 to 500 characters.
    #[schema(example = "The number is that of a test card.")]
    reason: String,
}

/// A finding whose waiver is taken back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeWaiverBack {
    /// Its `code`.
    #[schema(example = "vague_word")]
    code: String,
    /// Its `field`.
    #[schema(example = "stories.0.narrative.goal")]
    field: String,
    /// Its `start`; needed where a field has several findings of a code.
    start: Option<usize>,
    /// Its `message`; needed where several findings of a code begin at one character.
    message: Option<String>,
}

/// Lets a finding pass, whatever it weighs. It is bound to the words that it is about: when they change, the finding counts again. The reason stands
/// with the finding as `waived`; the audit log says who waived what. What Jira would refuse cannot be waived.
#[utoipa::path(post, path = "/api/v1/drafts/{id}/waivers", tag = "Drafts", operation_id = "waiveFinding",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$")), request_body = WaiveFinding,
    responses((status = 204, description = "It neither blocks nor counts any more."), (status = 409, description = "The draft is being written or published."),
        (status = 422, description = "There is no such finding, it cannot be waived, or the reason is too short.")))]
pub async fn create(caller: Caller, id: web::Path<String>, body: Json<WaiveFinding>) -> Answer {
    let waived = caller
        .run(move |ports, actor| {
            let id = draft_id(&id)?;
            let WaiveFinding { code, field, start, message, reason } = body.read()?;
            let which = Which { code: &code, field: &field, start, message: message.as_deref() };
            waive(ports, actor, id, &which, &reason)?;
            Ok(id)
        })
        .await?;
    caller.state.counts.forget(waived);
    Ok(HttpResponse::NoContent().finish())
}

/// Takes a waiver back.
#[utoipa::path(post, path = "/api/v1/drafts/{id}/waivers/take-back", tag = "Drafts", operation_id = "takeWaiverBack",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$")), request_body = TakeWaiverBack,
    responses((status = 204, description = "It counts again, and blocks if it is an error."), (status = 409, description = "The draft is being written or published."),
        (status = 422, description = "No such finding is waived.")))]
pub async fn take_back(caller: Caller, id: web::Path<String>, body: Json<TakeWaiverBack>) -> Answer {
    let taken_back = caller
        .run(move |ports, actor| {
            let id = draft_id(&id)?;
            let TakeWaiverBack { code, field, start, message } = body.read()?;
            let which = Which { code: &code, field: &field, start, message: message.as_deref() };
            take_waiver_back(ports, actor, id, &which)?;
            Ok(id)
        })
        .await?;
    caller.state.counts.forget(taken_back);
    Ok(HttpResponse::NoContent().finish())
}
