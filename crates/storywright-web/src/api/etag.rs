//! The version of a draft as ETag and `If-Match`: nobody's change is overwritten unseen.

use super::drafts::DraftJson;
use crate::errors::{AppError, FieldProblem, kinds};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};
use storywright_domain::draft::Draft;

/// A draft with its version as ETag.
pub(super) fn with_etag(status: StatusCode, draft: &Draft) -> HttpResponse {
    let mut answer = HttpResponse::build(status);
    answer.insert_header((header::ETAG, format!("\"{}\"", draft.version)));
    answer.json(DraftJson::from(draft))
}

/// The version that the caller has seen, from `If-Match`. Proxies that compress make an ETag weak; the number is what counts.
pub(super) fn if_match(req: &HttpRequest) -> Result<Option<u32>, AppError> {
    let Some(value) = req.headers().get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    let number = text.strip_prefix("W/").unwrap_or(text).trim_matches('"');
    number.parse::<u32>().map(Some).map_err(|_| {
        let problem = FieldProblem::new("If-Match", "field_invalid", "send the ETag as you have read it");
        AppError::new(&kinds::INVALID_QUERY, "The header If-Match is no version", "Send the ETag as you got it")
            .with_errors(vec![problem])
    })
}

/// As [`if_match`], for calls that cannot do without.
pub(super) fn expected_version(req: &HttpRequest) -> Result<u32, AppError> {
    if_match(req)?.ok_or_else(|| {
        AppError::new(
            &kinds::PRECONDITION_REQUIRED,
            "The call must say which version it is about",
            "Send the ETag that came with it as If-Match",
        )
    })
}
