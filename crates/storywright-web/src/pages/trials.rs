//! Prompts tried side by side: the form, the page of a trial with its columns, and what can be done with them.

mod form;

pub use form::{page as form, slot, start};

use super::desk::{Answer, Desk, part};
use crate::errors::AppError;
use crate::view::{Page, PromptFrom, Time, View};
use crate::visit::SignedIn;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use std::collections::BTreeSet;
use storywright_application::jobs::cancel_job;
use storywright_application::prompts::prompt_version;
use storywright_application::trials::{TrialError, delete_trial, retry_column, trial};
use storywright_domain::prompt::{ColumnState, PromptTrial, TrialColumn};
use storywright_domain::story::Story;
use storywright_domain::{JobId, TrialId};

#[derive(Serialize)]
struct TrialPage {
    id: String,
    requirements: String,
    format: &'static str,
    rule_set: String,
    made: Time,
    columns: Vec<Column>,
    /// Jobs that still write columns.
    jobs: Vec<String>,
    /// Why what was asked for was not done.
    notice: Option<String>,
}

impl View for TrialPage {
    const TEMPLATE: &'static str = "trial.html";
}

impl Page for TrialPage {
    const ACTIVE: &'static str = "prompts";
}

/// The columns alone.
#[derive(Serialize)]
#[serde(transparent)]
struct Columns(TrialPage);

impl View for Columns {
    const TEMPLATE: &'static str = "fragments/trial.html";
}

#[derive(Serialize)]
struct Column {
    number: u32,
    state: &'static str,
    open: bool,
    retryable: bool,
    prompt_from: Option<PromptFrom>,
    words: String,
    problem: Option<Problem>,
    stories: Vec<ShownStory>,
    errors: u32,
    warnings: u32,
    hints: u32,
    sentences: u32,
    covered: u32,
    tokens: u64,
    input_tokens: u64,
    output_tokens: u64,
    calls: u32,
    seconds: String,
    model: String,
    service: String,
}

/// Why nothing came of a column.
#[derive(Serialize)]
struct Problem {
    code: String,
    what: String,
}

#[derive(Serialize)]
struct ShownStory {
    summary: String,
    text: String,
    criteria: Vec<String>,
    points: Option<String>,
}

impl ShownStory {
    fn of(story: &Story) -> Self {
        let narrative = story.narrative.as_ref().map(|told| {
            format!("As {}, I want {}, so that {}.", told.role.trim(), told.goal.trim(), told.benefit.trim())
        });
        let scenarios = story.scenarios.iter().map(|scenario| {
            let steps = [("Given", &scenario.given), ("When", &scenario.when), ("Then", &scenario.then)];
            let lines = steps.iter().flat_map(|(word, steps)| steps.iter().map(move |step| format!("{word} {step}")));
            format!("{}\n{}", scenario.title, lines.collect::<Vec<_>>().join("\n"))
        });
        let sections = story.sections.iter().map(|section| format!("{}\n{}", section.heading, section.text));
        let text: Vec<String> = narrative.into_iter().chain(scenarios).chain(sections).collect();
        Self {
            summary: story.summary.clone(),
            text: text.join("\n\n"),
            criteria: story.acceptance_criteria.clone(),
            points: story.story_points.map(|points| points.to_string()),
        }
    }
}

impl Column {
    fn of(desk: &Desk<'_>, column: &TrialColumn) -> Result<Self, AppError> {
        let result = &column.result;
        let prompt_from = match &column.prompt_from {
            Some(from) => {
                let visible = prompt_version(desk.ports, &desk.who.actor, from.prompt, from.version)?.is_some();
                Some(PromptFrom::of(from, visible))
            }
            None => None,
        };
        let state = match column.state {
            ColumnState::Waiting => "pending",
            ColumnState::Running => "running",
            ColumnState::Done => "completed",
            ColumnState::Failed => "failed",
            ColumnState::Stopped => "stopped",
        };
        Ok(Self {
            number: column.number,
            state,
            open: column.state.is_open(),
            retryable: matches!(column.state, ColumnState::Failed | ColumnState::Stopped),
            prompt_from,
            words: column.words.clone(),
            problem: problem(column),
            stories: result.document.stories.iter().map(ShownStory::of).collect(),
            errors: result.errors,
            warnings: result.warnings,
            hints: result.hints,
            sentences: result.sentences,
            covered: result.covered,
            tokens: result.usage.total(),
            input_tokens: result.usage.input,
            output_tokens: result.usage.output,
            calls: result.calls,
            seconds: format!("{}.{}", result.took.0 / 1_000, result.took.0 % 1_000 / 100),
            model: result.model.clone(),
            service: result.service.clone(),
        })
    }
}

fn problem(column: &TrialColumn) -> Option<Problem> {
    if column.state != ColumnState::Failed {
        return None;
    }
    let (code, words) = column.problem.split_once(": ").unwrap_or(("job_failed", &column.problem));
    Some(Problem { code: code.to_owned(), what: crate::errors::sentence(words) })
}

fn trial_id(req: &HttpRequest) -> Result<TrialId, AppError> {
    TrialId::parse(&part(req, "id")).map_err(|_| TrialError::NotFound.into())
}

fn read(desk: &Desk<'_>, id: TrialId) -> Result<(PromptTrial, TrialPage), AppError> {
    let found = trial(desk.ports, &desk.who.actor, id)?.ok_or(TrialError::NotFound)?;
    let view = TrialPage {
        id: id.to_string(),
        requirements: found.requirements.as_str().to_owned(),
        format: found.format.as_str(),
        rule_set: found.rule_set.clone(),
        made: desk.time(found.created_at),
        columns: found.columns.iter().map(|column| Column::of(desk, column)).collect::<Result<_, _>>()?,
        jobs: found.open_jobs().iter().map(ToString::to_string).collect(),
        notice: None,
    };
    Ok((found, view))
}

/// The page; for itself, its columns.
pub async fn page(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = trial_id(me.request())?;
    me.serve(move |desk| {
        let (_, view) = read(desk, id)?;
        if desk.visit.htmx && desk.visit.htmx_target == "trial" {
            desk.fragment(&Columns(view))
        } else {
            desk.page(&view)
        }
    })
    .await
}

/// Writes one column anew.
pub async fn retry(me: SignedIn) -> Result<HttpResponse, AppError> {
    let (id, number) = (trial_id(me.request())?, part(me.request(), "number"));
    me.serve(move |desk| {
        let number = number.parse().map_err(|_| AppError::from(TrialError::NoSuchColumn(0)))?;
        match retry_column(desk.ports, &desk.who.actor, id, number).map_err(AppError::from) {
            Ok(_) => shown(desk, id, None),
            Err(error) => shown(desk, id, Some(error)),
        }
    })
    .await
}

/// Stops what is being written.
pub async fn stop(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = trial_id(me.request())?;
    me.serve(move |desk| {
        let jobs: BTreeSet<JobId> = read(desk, id)?.0.open_jobs();
        for job in jobs {
            cancel_job(desk.ports, &desk.who.actor, job)?;
        }
        shown(desk, id, None)
    })
    .await
}

/// The columns as they are now; when something was refused, with why, in the place of nothing.
fn shown(desk: &Desk<'_>, id: TrialId, refused: Option<AppError>) -> Result<Answer, AppError> {
    let (_, view) = read(desk, id)?;
    let place = format!("/prompts/trials/{id}");
    match refused {
        Some(error) if error.status() >= 500 => Err(error),
        Some(error) if desk.visit.htmx => {
            let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::CONFLICT);
            let view = TrialPage { notice: Some(error.detail()), ..view };
            Ok(desk.fragment(&Columns(view))?.with_status(status))
        }
        Some(error) => desk.go_and_say(&place, "bad", &error.detail()),
        None if desk.visit.htmx => desk.fragment(&Columns(view)),
        None => Ok(desk.go(&place)),
    }
}

/// Removes a trial.
pub async fn delete(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = trial_id(me.request())?;
    me.serve(move |desk| {
        match delete_trial(desk.ports, &desk.who.actor, id).map_err(AppError::from) {
            Ok(()) => desk.go_and_say("/prompts/trials", "ok", "The trial is removed."),
            // It may be in the middle of something: its page says so.
            Err(error) if error.status() == 409 => {
                desk.go_and_say(&format!("/prompts/trials/{id}"), "bad", &error.detail())
            }
            Err(error) => Err(error),
        }
    })
    .await
}
