//! Handing a draft to the model.

use super::body::{Json, query};
use super::drafts::draft_id;
use super::{Answer, Caller, json};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use storywright_application::drafting;
use storywright_domain::JobId;
use utoipa::ToSchema;

/// What should change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refinement {
    /// 1 to 8,000 characters.
    #[schema(
        min_length = 1,
        max_length = 8_000,
        example = "Split the largest story and add a scenario for a refused refund."
    )]
    instructions: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WritingWay {
    #[serde(default)]
    look_up: bool,
}

/// A job that was started or goes on.
#[derive(Serialize, ToSchema)]
pub struct JobStarted {
    /// Poll `GET /jobs/{id}` or listen to `GET /jobs/{id}/events`.
    #[schema(example = "0199f2a4c6e87a5d9d0c3b2a1f0e9d8c")]
    job_id: String,
}

/// The answer to a call that started a job.
pub(super) fn started(job: JobId) -> HttpResponse {
    let mut answer = json(StatusCode::ACCEPTED, &JobStarted { job_id: job.to_string() });
    if let Ok(address) = header::HeaderValue::from_str(&format!("/api/v1/jobs/{job}")) {
        answer.headers_mut().insert(header::LOCATION, address);
    }
    answer
}

/// Starts writing the draft from its requirements.
#[utoipa::path(post, path = "/api/v1/drafts/{id}/generate", tag = "Writing", operation_id = "generateDraft",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$"),
        ("look_up" = Option<bool>, Query, description = "Whether the agent looks things up with approved tools before it writes.")),
    responses((status = 202, description = "The job that writes.", body = JobStarted, headers(("Location" = String))),
        (status = 409, description = "The LLM is not connected, or the draft is being written or published."),
        (status = 429, description = "Too many jobs of this person.")))]
pub async fn generate(caller: Caller, id: web::Path<String>) -> Answer {
    let way = query::<WritingWay>(caller.request());
    let job = caller
        .run(move |ports, actor| Ok(drafting::generate_with(ports, actor, draft_id(&id)?, way?.look_up)?))
        .await?;
    Ok(started(job))
}

/// Starts changing the draft as the instruction says.
#[utoipa::path(post, path = "/api/v1/drafts/{id}/refine", tag = "Writing", operation_id = "refineDraft",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$")), request_body = Refinement,
    responses((status = 202, description = "The job that writes.", body = JobStarted, headers(("Location" = String))),
        (status = 409, description = "The draft is empty, the LLM is not connected, or the draft is being written or published."),
        (status = 429, description = "Too many jobs of this person.")))]
pub async fn refine(caller: Caller, id: web::Path<String>, body: Json<Refinement>) -> Answer {
    let job = caller
        .run(move |ports, actor| {
            let id = draft_id(&id)?;
            let body = body.read()?;
            Ok(drafting::refine(ports, actor, id, &body.instructions)?)
        })
        .await?;
    Ok(started(job))
}
