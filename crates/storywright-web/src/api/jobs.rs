//! Jobs: looking, stopping, answering. Their events are in [`crate::sse`].

use super::body::{Json, query};
use super::writing::{JobStarted, started};
use super::{Answer, Caller, ok, rfc3339};
use crate::errors::AppError;
use actix_web::web;
use serde::{Deserialize, Serialize};
use storywright_application::drafting::answer_question;
use storywright_application::jobs;
use storywright_domain::JobId;
use storywright_domain::job::{Job, JobKind};
use utoipa::ToSchema;

/// A background job.
#[derive(Serialize, ToSchema)]
pub struct JobJson {
    /// Its id.
    #[schema(example = "0199f2a4c6e87a5d9d0c3b2a1f0e9d8c")]
    id: String,
    /// `generate`, `refine`, `publish`, `read_sources`, `refresh_tools` or `judge`.
    #[schema(example = "generate")]
    kind: &'static str,
    /// `pending`, `running`, `completed`, `failed` or `cancelled`.
    #[schema(example = "running")]
    status: &'static str,
    /// The draft that it writes.
    #[schema(required)]
    draft_id: Option<String>,
    /// The run that it works on.
    #[schema(required)]
    run_id: Option<String>,
    /// Attempts begun.
    #[schema(example = 1)]
    attempts: u32,
    /// A question to the person; the job waits for `POST /jobs/{id}/answer`.
    #[schema(required)]
    question: Option<String>,
    /// Somebody asked to stop it.
    cancel_requested: bool,
    /// Why it failed, or why it is tried again.
    #[schema(required)]
    error: Option<JobFailure>,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it ended.
    #[schema(required, format = DateTime)]
    finished_at: Option<String>,
}

/// Why a job failed.
#[derive(Serialize, ToSchema)]
pub struct JobFailure {
    /// Stable code.
    #[schema(example = "llm_unavailable")]
    code: String,
    /// In words.
    message: String,
}

/// A part of the list of jobs, newest first.
#[derive(Serialize, ToSchema)]
pub struct Jobs {
    items: Vec<JobJson>,
    /// Send it as `cursor` for the next part; null when there is none.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// The answer to a job's question.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JobReply {
    /// 1 to 8,000 characters.
    #[schema(min_length = 1, max_length = 8_000, example = "Only full refunds, and only for cards.")]
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    cursor: Option<String>,
}

impl From<Job> for JobJson {
    fn from(job: Job) -> Self {
        let (draft_id, run_id) = match job.kind {
            JobKind::Generate | JobKind::Refine | JobKind::ReadSources | JobKind::Judge => (Some(job.subject), None),
            JobKind::Publish => (None, Some(job.subject)),
            JobKind::RefreshTools | JobKind::TryPrompts => (None, None),
        };
        let failure = |text: String| {
            let (code, message) = text.split_once(": ").unwrap_or(("internal_error", &text));
            JobFailure { code: code.to_owned(), message: message.to_owned() }
        };
        Self {
            id: job.id.to_string(),
            kind: job.kind.as_str(),
            status: job.status.as_str(),
            draft_id,
            run_id,
            attempts: job.attempts,
            question: job.question,
            cancel_requested: job.cancel_requested,
            error: job.error.map(failure),
            created_at: rfc3339(job.created_at),
            finished_at: job.finished_at.map(rfc3339),
        }
    }
}

fn job_id(raw: &str) -> Result<JobId, AppError> {
    JobId::parse(raw).map_err(|_| AppError::job_not_found())
}

/// The person's jobs, newest first, 20 at a time.
#[utoipa::path(get, path = "/api/v1/jobs", tag = "Jobs", operation_id = "listJobs",
    params(("cursor" = Option<String>, Query, description = "`next_cursor` of the part before.")),
    responses((status = 200, description = "A part of the list.", body = Jobs)))]
pub async fn list(caller: Caller) -> Answer {
    let asked = query::<ListQuery>(caller.request());
    let slice = caller.run(move |ports, actor| Ok(jobs::list_jobs(ports, actor, asked?.cursor.as_deref())?)).await?;
    Ok(ok(&Jobs { items: slice.items.into_iter().map(JobJson::from).collect(), next_cursor: slice.next }))
}

/// A job.
#[utoipa::path(get, path = "/api/v1/jobs/{id}", tag = "Jobs", operation_id = "getJob",
    params(("id" = String, Path, description = "Job id.", pattern = "^[0-9a-f]{32}$")),
    responses((status = 200, description = "The job.", body = JobJson)))]
pub async fn show(caller: Caller, id: web::Path<String>) -> Answer {
    let job = caller
        .run(move |ports, actor| jobs::job(ports, actor, job_id(&id)?)?.ok_or_else(AppError::job_not_found))
        .await?;
    Ok(ok(&JobJson::from(job)))
}

/// Stops a job: at once when it waits, within 2 s when it runs. What was written so far is kept.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/cancel", tag = "Jobs", operation_id = "cancelJob",
    params(("id" = String, Path, description = "Job id.", pattern = "^[0-9a-f]{32}$")),
    responses((status = 200, description = "The job after the call; one that has ended is left as it is.", body = JobJson)))]
pub async fn cancel(caller: Caller, id: web::Path<String>) -> Answer {
    let job = caller
        .run(move |ports, actor| {
            let id = job_id(&id)?;
            jobs::cancel_job(ports, actor, id)?.ok_or_else(AppError::job_not_found)?;
            jobs::job(ports, actor, id)?.ok_or_else(AppError::job_not_found)
        })
        .await?;
    Ok(ok(&JobJson::from(job)))
}

/// Answers the model's question; the job goes on.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/answer", tag = "Jobs", operation_id = "answerJob",
    params(("id" = String, Path, description = "Job id.", pattern = "^[0-9a-f]{32}$")), request_body = JobReply,
    responses((status = 202, description = "The job goes on.", body = JobStarted), (status = 409, description = "The job asks nothing.")))]
pub async fn answer(caller: Caller, id: web::Path<String>, body: Json<JobReply>) -> Answer {
    let job = caller
        .run(move |ports, actor| {
            let id = job_id(&id)?;
            answer_question(ports, actor, id, &body.read()?.text)?;
            Ok(id)
        })
        .await?;
    Ok(started(job))
}
