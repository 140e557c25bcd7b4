//! Errors as programs get them: `application/problem+json` (RFC 9457) with our stable code.

use super::drafts::DraftJson;
use super::plan::PlanJson;
use super::stories::FindingJson;
use crate::errors::{AppError, Extra, FieldProblem};
use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use serde::Serialize;
use storywright_domain::RequestId;
use utoipa::ToSchema;

/// Every answer that is not a success.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// `urn:storywright:error:` and the code.
    #[serde(rename = "type")]
    #[schema(example = "urn:storywright:error:draft_not_found")]
    pub kind: String,
    /// HTTP status.
    #[schema(example = 404)]
    pub status: u16,
    /// Stable code, listed in docs/ERRORS.md.
    #[schema(example = "draft_not_found")]
    pub code: &'static str,
    /// A few words.
    #[schema(example = "There is no such draft")]
    pub title: &'static str,
    /// What happened and what to do.
    #[schema(example = "There is no such draft among yours. It may be in the bin: look in the list of drafts.")]
    pub detail: String,
    /// What is wrong with which field.
    pub errors: Vec<FieldProblem>,
    /// For the administrator, who finds more in the log.
    #[schema(example = "0199f2a4c6e87a5d9d0c3b2a1f0e9d8c")]
    pub request_id: String,
    /// With `draft_changed`: the draft as it is stored now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub current: Option<Box<DraftJson>>,
    /// With `plan_changed`: the plan as it would be now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub plan: Option<Box<PlanJson>>,
    /// With `plan_blocked`: the findings.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub findings: Option<Vec<FindingJson>>,
}

/// A failure as an answer.
#[must_use]
pub fn problem(error: &AppError, request_id: &RequestId) -> HttpResponse {
    let (current, plan, findings) = match error.extra.as_deref() {
        None => (None, None, None),
        Some(Extra::Current(draft)) => (Some(Box::new(DraftJson::from(draft.as_ref()))), None, None),
        Some(Extra::Plan(plan)) => (None, Some(Box::new(PlanJson::from(plan.as_ref()))), None),
        Some(Extra::Findings(findings)) => (None, None, Some(findings.iter().map(FindingJson::from).collect())),
    };
    let body = Problem {
        kind: format!("urn:storywright:error:{}", error.code()),
        status: error.status(),
        code: error.code(),
        title: error.kind.title,
        detail: error.detail(),
        errors: error.errors.clone(),
        request_id: request_id.as_str().to_owned(),
        current,
        plan,
        findings,
    };
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = HttpResponse::build(status);
    if status == StatusCode::UNAUTHORIZED {
        answer.insert_header((header::WWW_AUTHENTICATE, r#"Bearer realm="storywright""#));
    }
    answer.insert_header(("x-error-code", error.code()));
    // A problem is plain data; if it could not be written as JSON, its code is still in the header.
    let text = serde_json::to_string(&body).unwrap_or_default();
    answer.content_type("application/problem+json").body(text)
}
