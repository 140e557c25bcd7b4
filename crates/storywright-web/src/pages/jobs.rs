//! Jobs: the list, the indicator in the corner, stopping, answering.

use super::desk::{Desk, Form, Params, all_wait, encoded, part};
use super::drafts::workspace::{self, PromptBar};
use super::lists::JobRow;
use super::runs::Place;
use super::steps::answer_choices;
use crate::errors::{AppError, kinds};
use crate::view::{Choice, Errors, Page, View, errors_of};
use crate::visit::SignedIn;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use storywright_application::agent::offered_answers;
use storywright_application::drafting::answer_question;
use storywright_application::drafts::draft;
use storywright_application::jobs::{cancel_job, job, list_jobs, open_jobs};
use storywright_application::publishing::run_view;
use storywright_domain::job::{Job, JobKind};
use storywright_domain::{DraftId, JobId, RunId};

#[derive(Serialize)]
struct JobsPage {
    jobs: Vec<JobRow>,
    next_url: Option<String>,
}

impl View for JobsPage {
    const TEMPLATE: &'static str = "jobs.html";
}

impl Page for JobsPage {
    const ACTIVE: &'static str = "jobs";
}

#[derive(Serialize)]
struct Indicator {
    running_jobs: usize,
    jobs_wait: bool,
    jobs: Vec<JobRow>,
}

impl View for Indicator {
    const TEMPLATE: &'static str = "fragments/job_indicator.html";
}

#[derive(Serialize)]
struct OneJob {
    job: JobRow,
}

impl View for OneJob {
    const TEMPLATE: &'static str = "fragments/job_row.html";
}

#[derive(Serialize)]
struct Question {
    clarify: Option<Asked>,
    errors: Errors,
    form: TypedAnswer,
}

#[derive(Serialize)]
struct Asked {
    job_id: String,
    question: String,
    choices: Vec<Choice>,
}

impl View for Question {
    const TEMPLATE: &'static str = "fragments/clarify.html";
}

/// An answer to the model's question.
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct TypedAnswer {
    #[serde(default)]
    text: String,
    /// An offered answer that was pressed.
    #[serde(default, skip_serializing)]
    choice: String,
}

fn job_id(req: &HttpRequest) -> Result<JobId, AppError> {
    JobId::parse(&part(req, "id")).map_err(|_| job_not_found())
}

fn job_not_found() -> AppError {
    AppError::new(&kinds::JOB_NOT_FOUND, "There is no such job among yours", "Look in the list of jobs")
}

/// The listed name of an MCP server, or its id when it is listed no more.
fn tool_server_name(desk: &Desk<'_>, id: &str) -> String {
    desk.ports.settings.mcp_server(id).map_or(id, |server| server.name.as_str()).to_owned()
}

/// What a job works on.
fn subject(desk: &Desk<'_>, job: &Job) -> Result<String, AppError> {
    let title_of = |id: DraftId| -> Result<String, AppError> {
        Ok(draft(desk.ports, &desk.who.actor, id)?.map(|draft| draft.title).unwrap_or_default())
    };
    match job.kind {
        JobKind::Generate | JobKind::Refine | JobKind::ReadSources | JobKind::Judge => {
            DraftId::parse(&job.subject).map_or(Ok(String::new()), title_of)
        }
        JobKind::RefreshTools => Ok(tool_server_name(desk, &job.subject)),
        JobKind::TryPrompts => Ok(String::new()),
        JobKind::Publish => {
            let Ok(id) = RunId::parse(&job.subject) else { return Ok(String::new()) };
            match run_view(desk.ports, &desk.who.actor, id)? {
                Some(view) => title_of(view.run.draft),
                None => Ok(String::new()),
            }
        }
    }
}

fn rows(desk: &Desk<'_>, jobs: &[Job]) -> Result<Vec<JobRow>, AppError> {
    jobs.iter().map(|job| Ok(JobRow::of(desk, job, &subject(desk, job)?))).collect()
}

/// All jobs, newest first.
pub async fn page(me: SignedIn, place: Params<Place>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| {
        let cursor = Some(place.0.cursor.as_str()).filter(|cursor| !cursor.is_empty());
        let slice = list_jobs(desk.ports, &desk.who.actor, cursor)?;
        let next_url = slice.next.map(|cursor| format!("/jobs?cursor={}", encoded(&cursor)));
        desk.page(&JobsPage { jobs: rows(desk, &slice.items)?, next_url })
    })
    .await
}

/// What runs at present; asked for every few seconds, which is no use of the session.
pub async fn indicator(me: SignedIn) -> Result<HttpResponse, AppError> {
    me.serve(|desk| {
        let open = open_jobs(desk.ports, &desk.who.actor)?;
        let shown = &open[..open.len().min(5)];
        desk.fragment(&Indicator { running_jobs: open.len(), jobs_wait: all_wait(&open), jobs: rows(desk, shown)? })
    })
    .await
}

/// Stops a job.
pub async fn cancel(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = job_id(me.request())?;
    me.serve(move |desk| {
        let before = job(desk.ports, &desk.who.actor, id)?.ok_or_else(job_not_found)?;
        cancel_job(desk.ports, &desk.who.actor, id)?.ok_or_else(job_not_found)?;
        let now = job(desk.ports, &desk.who.actor, id)?.ok_or_else(job_not_found)?;
        if !desk.visit.htmx {
            return Ok(desk.go("/jobs"));
        }
        let of_draft =
            DraftId::parse(&before.subject).ok().filter(|_| matches!(before.kind, JobKind::Generate | JobKind::Refine));
        match of_draft {
            Some(draft) if desk.visit.htmx_target == "prompt-bar" => {
                desk.fragment(&PromptBar(workspace::read(desk, draft)?))
            }
            _ => desk.fragment(&OneJob { job: JobRow::of(desk, &now, &subject(desk, &now)?) }),
        }
    })
    .await
}

/// Answers the model's question; the job goes on.
pub async fn answer(me: SignedIn, typed: Form<TypedAnswer>) -> Result<HttpResponse, AppError> {
    let id = job_id(me.request())?;
    me.serve(move |desk| {
        let found = job(desk.ports, &desk.who.actor, id)?.ok_or_else(job_not_found)?;
        let words = if typed.0.choice.is_empty() { &typed.0.text } else { &typed.0.choice };
        let answered = answer_question(desk.ports, &desk.who.actor, id, words).map_err(AppError::from);
        let place = format!("/drafts/{}", found.subject);
        match answered {
            Ok(()) if desk.visit.htmx => {
                desk.fragment(&Question { clarify: None, errors: Errors::new(), form: TypedAnswer::default() })
            }
            Ok(()) => Ok(desk.go(&place)),
            Err(error) if error.status() == 422 && desk.visit.htmx => {
                let choices = answer_choices(&offered_answers(desk.ports, &desk.who.actor, &found)?);
                let asked = Asked { job_id: id.to_string(), question: found.question.unwrap_or_default(), choices };
                let mut errors = errors_of(&error, &["text", "answer"]);
                if let Some(words) = errors.remove("answer").or_else(|| errors.remove("form")) {
                    errors.insert("text".to_owned(), words);
                }
                let view = Question { clarify: Some(asked), errors, form: typed.0 };
                Ok(desk.fragment(&view)?.with_status(StatusCode::UNPROCESSABLE_ENTITY))
            }
            Err(error) if error.status() == 422 => desk.go_and_say(&place, "bad", &error.detail()),
            Err(error) => Err(error),
        }
    })
    .await
}
