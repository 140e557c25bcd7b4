//! Mending findings without a model.

use super::body::Json;
use super::drafts::draft_id;
use super::etag::{expected_version, with_etag};
use super::{Answer, Caller};
use actix_web::http::StatusCode;
use actix_web::web;
use serde::Deserialize;
use storywright_application::drafts::{Mend, Which, mend};
use utoipa::ToSchema;

/// Which finding is mended.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FixFinding {
    /// Its `code`; without it every finding that is `fixable`, splits aside: each of them is asked for by itself.
    #[schema(example = "brackets")]
    code: Option<String>,
    /// Its `field`.
    #[schema(example = "stories.0.narrative.goal")]
    field: Option<String>,
    /// Its `start`; needed where a field has several findings of a code.
    start: Option<usize>,
}

/// Mends one finding, or every one that is `fixable`, without a model: what is taken out of a sentence goes to the notes of its story. The
/// result is one version, and the one before can be restored.
#[utoipa::path(post, path = "/api/v1/drafts/{id}/fixes", tag = "Drafts", operation_id = "fixFindings",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$"), ("If-Match" = String, Header, description = "ETag of the draft as it was read.", pattern = "^(W/)?\"[0-9]{1,9}\"$")),
    request_body = FixFinding,
    responses((status = 200, description = "The mended draft.", body = super::drafts::DraftJson, headers(("ETag" = String))),
        (status = 409, description = "It was changed meanwhile (`current` holds it), or it is being written or published."),
        (status = 422, description = "There is no such finding, or it needs a person or a model."),
        (status = 428, description = "`If-Match` is missing.")))]
pub async fn fix(caller: Caller, id: web::Path<String>, body: Json<FixFinding>) -> Answer {
    let expected = expected_version(caller.request());
    let draft = caller
        .run(move |ports, actor| {
            let id = draft_id(&id)?;
            let FixFinding { code, field, start } = body.read()?;
            let (code, field) = (code.as_deref(), field.as_deref());
            let which = match (code, field, start) {
                (None, None, None) => Mend::All,
                _ => {
                    let (code, field) = (code.unwrap_or_default(), field.unwrap_or_default());
                    Mend::One(Which { code, field, start, message: None })
                }
            };
            Ok(mend(ports, actor, id, Some(expected?), &which)?.0)
        })
        .await?;
    Ok(with_etag(StatusCode::OK, &draft))
}
