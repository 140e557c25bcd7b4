//! Runs: what became of an approved plan, stopping, going on, settling.

use super::body::{Json, query};
use super::{Answer, Caller, json, ok, rfc3339};
use crate::errors::{AppError, FieldProblem, kinds};
use actix_web::http::StatusCode;
use actix_web::web;
use serde::{Deserialize, Serialize};
use storywright_application::Ports;
use storywright_application::publishing::{
    Resolution, ResolveError, RunView, list_runs, resolve_item, resume_run, retry_run, run_view, stop_run,
};
use storywright_domain::person::Actor;
use storywright_domain::publishing::{Run, RunItem};
use storywright_domain::{ItemId, RunId};
use utoipa::ToSchema;

/// A run that goes on.
#[derive(Serialize, ToSchema)]
pub struct RunResumed {
    /// The run.
    run_id: String,
    /// The job that works on it now.
    job_id: String,
}

/// A run in a list.
#[derive(Serialize, ToSchema)]
pub struct RunRow {
    /// Its id.
    id: String,
    /// From which draft.
    draft_id: String,
    /// From which version.
    version: u32,
    /// Jira site id.
    site: String,
    /// Project key.
    project_key: String,
    /// What was approved.
    plan_hash: String,
    /// `active`, `paused`, `completed`, `incomplete` or `stopped`.
    #[schema(example = "completed")]
    state: &'static str,
    /// Why it is paused or incomplete.
    #[schema(required)]
    reason: Option<String>,
    /// The job that works on it.
    job_id: String,
    /// When it was approved.
    #[schema(format = DateTime)]
    approved_at: String,
    /// When it ended.
    #[schema(required, format = DateTime)]
    finished_at: Option<String>,
}

/// A part of the list of runs, newest first.
#[derive(Serialize, ToSchema)]
pub struct Runs {
    items: Vec<RunRow>,
    /// Send it as `cursor` for the next part; null when there is none.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// A run with its issues.
#[derive(Serialize, ToSchema)]
pub struct RunJson {
    #[serde(flatten)]
    run: RunRow,
    /// One per issue, in the order of creation.
    items: Vec<RunItemJson>,
}

/// One issue of a run.
#[derive(Serialize, ToSchema)]
pub struct RunItemJson {
    /// Its id.
    id: String,
    /// Local reference in the document.
    #[schema(example = "s1.1")]
    reference: String,
    /// Item under which it is created.
    #[schema(required)]
    parent: Option<String>,
    /// Issue type name.
    issue_type: String,
    /// Summary.
    summary: String,
    /// `planned`, `sending`, `created` (not finished yet), `linked` (finished), `unlinked` (a finishing step was refused), `rejected`,
    /// `unknown`, `reconciling` (being looked for), `needs_human`, `absent`, `blocked` or `cancelled`.
    #[schema(example = "created")]
    state: &'static str,
    /// Create calls begun.
    attempts: u32,
    /// Key in Jira.
    #[schema(required, example = "PAY-12")]
    key: Option<String>,
    /// Address in Jira, for people.
    #[schema(required)]
    url: Option<String>,
    /// What went wrong.
    #[schema(required)]
    problem: Option<String>,
    /// Jira's refusal, field by field.
    fields: Vec<RefusedFieldJson>,
    /// What Jira stored otherwise than it was sent.
    differences: Vec<StoredDifferenceJson>,
    /// Keys of further issues with this item's proof of origin: they came late, and nothing is deleted.
    duplicates: Vec<String>,
    /// When it is looked for the next time.
    #[schema(required)]
    next_look_at: Option<String>,
}

/// A field that Jira refused.
#[derive(Serialize, ToSchema)]
pub struct RefusedFieldJson {
    /// Field id.
    #[schema(example = "customfield_10040")]
    field: String,
    /// Jira's words.
    message: String,
}

/// A field that Jira stored otherwise than it was sent.
#[derive(Serialize, ToSchema)]
pub struct StoredDifferenceJson {
    /// Field id.
    field: String,
    /// Name as the site shows it.
    name: String,
    /// What was sent.
    sent: String,
    /// What is stored.
    stored: String,
}

/// A draft that can be corrected.
#[derive(Serialize, ToSchema)]
pub struct RunCorrected {
    /// Change it, then look at its plan.
    draft_id: String,
}

/// How an issue whose state is unknown is settled.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Settlement {
    /// What to do.
    action: SettleAction,
    /// Key of the issue in Jira, with `exists`.
    #[schema(example = "PAY-12")]
    key: Option<String>,
}

/// What to do with an issue whose state is unknown.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SettleAction {
    /// Look again.
    CheckAgain,
    /// It is the issue named by `key`.
    Exists,
    /// Create it once more; a duplicate is accepted.
    CreateAgain,
}

/// What settling gave.
#[derive(Serialize, ToSchema)]
pub struct Settled {
    /// Whether the state is known now.
    resolved: bool,
    /// The run after the call.
    run: RunJson,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    cursor: Option<String>,
}

impl From<&Run> for RunRow {
    fn from(run: &Run) -> Self {
        Self {
            id: run.id.to_string(),
            draft_id: run.draft.to_string(),
            version: run.version,
            site: run.site.clone(),
            project_key: run.project.clone(),
            plan_hash: run.plan_hash.clone(),
            state: run.state.as_str(),
            reason: run.reason.clone(),
            job_id: run.job.to_string(),
            approved_at: rfc3339(run.approved_at),
            finished_at: run.finished_at.map(rfc3339),
        }
    }
}

fn shown(ports: &Ports, view: &RunView) -> RunJson {
    let site = ports.settings.site(&view.run.site).map(|site| site.base_url.as_str());
    let url = |key: &Option<String>| Some(format!("{}/browse/{}", site?, key.as_ref()?));
    let item = |item: &RunItem| RunItemJson {
        id: item.id.to_string(),
        reference: item.reference.clone(),
        parent: item.parent.map(|parent| parent.to_string()),
        issue_type: item.issue_type.clone(),
        summary: item.summary.clone(),
        state: item.state.as_str(),
        attempts: item.attempts,
        key: item.jira_key.clone(),
        url: url(&item.jira_key),
        problem: item.problem.clone(),
        fields: item
            .fields
            .iter()
            .map(|one| RefusedFieldJson { field: one.field.clone(), message: one.message.clone() })
            .collect(),
        differences: item
            .differences
            .iter()
            .map(|one| StoredDifferenceJson {
                field: one.field.clone(),
                name: one.name.clone(),
                sent: one.sent.clone(),
                stored: one.stored.clone(),
            })
            .collect(),
        duplicates: item.duplicates.clone(),
        next_look_at: item.next_probe_at.map(rfc3339),
    };
    RunJson { run: RunRow::from(&view.run), items: view.items.iter().map(item).collect() }
}

fn run_id(raw: &str) -> Result<RunId, AppError> {
    RunId::parse(raw).map_err(|_| AppError::run_not_found())
}

fn find(ports: &Ports, actor: &Actor, id: RunId) -> Result<RunJson, AppError> {
    run_view(ports, actor, id)?.map(|view| shown(ports, &view)).ok_or_else(AppError::run_not_found)
}

/// The person's runs, newest first, 20 at a time.
#[utoipa::path(get, path = "/api/v1/runs", tag = "Publishing", operation_id = "listRuns",
    params(("cursor" = Option<String>, Query, description = "`next_cursor` of the part before.")),
    responses((status = 200, description = "A part of the list.", body = Runs)))]
pub async fn list(caller: Caller) -> Answer {
    let asked = query::<ListQuery>(caller.request());
    let slice = caller.run(move |ports, actor| Ok(list_runs(ports, actor, asked?.cursor.as_deref())?)).await?;
    Ok(ok(&Runs { items: slice.items.iter().map(RunRow::from).collect(), next_cursor: slice.next }))
}

/// A run with what became of each issue.
#[utoipa::path(get, path = "/api/v1/runs/{id}", tag = "Publishing", operation_id = "getRun",
    params(("id" = String, Path, description = "Run id.", pattern = "^[0-9a-f]{32}$")),
    responses((status = 200, description = "The run.", body = RunJson)))]
pub async fn show(caller: Caller, id: web::Path<String>) -> Answer {
    let run = caller.run(move |ports, actor| find(ports, actor, run_id(&id)?)).await?;
    Ok(ok(&run))
}

/// Stops a run: the call under way is finished and written down, no other begins.
#[utoipa::path(post, path = "/api/v1/runs/{id}/stop", tag = "Publishing", operation_id = "stopRun",
    params(("id" = String, Path, description = "Run id.", pattern = "^[0-9a-f]{32}$")),
    responses((status = 202, description = "It stops; this is the run right after the call.", body = RunJson),
        (status = 409, description = "It has ended already.")))]
pub async fn stop(caller: Caller, id: web::Path<String>) -> Answer {
    let run = caller
        .run(move |ports, actor| {
            let id = run_id(&id)?;
            find(ports, actor, id)?;
            if !stop_run(ports, actor, id)? {
                let ended =
                    AppError::new(&kinds::RUN_ENDED, "The run has ended", "Look at it: nothing is left to stop");
                return Err(ended);
            }
            find(ports, actor, id)
        })
        .await?;
    Ok(json(StatusCode::ACCEPTED, &run))
}

/// Goes on with what is not in Jira yet. Issues whose state is unknown stay unknown.
#[utoipa::path(post, path = "/api/v1/runs/{id}/resume", tag = "Publishing", operation_id = "resumeRun",
    params(("id" = String, Path, description = "Run id.", pattern = "^[0-9a-f]{32}$")),
    responses((status = 202, description = "The job that goes on.", body = RunResumed), (status = 409, description = "It is under way.")))]
pub async fn resume(caller: Caller, id: web::Path<String>) -> Answer {
    let answer = caller
        .run(move |ports, actor| {
            let id = run_id(&id)?;
            let job = resume_run(ports, actor, id).map_err(|error| match error {
                ResolveError::NotFound => AppError::run_not_found(),
                other => other.into(),
            })?;
            Ok(RunResumed { run_id: id.to_string(), job_id: job.to_string() })
        })
        .await?;
    Ok(json(StatusCode::ACCEPTED, &answer))
}

/// Gives the draft of an ended or paused run back, so that what Jira refused can be corrected. Its next plan holds only what is missing.
#[utoipa::path(post, path = "/api/v1/runs/{id}/correct", tag = "Publishing", operation_id = "correctRun",
    params(("id" = String, Path, description = "Run id.", pattern = "^[0-9a-f]{32}$")),
    responses((status = 200, description = "The draft to correct.", body = RunCorrected),
        (status = 409, description = "It is under way, nothing is missing, or whether some issues exist is not known.")))]
pub async fn correct(caller: Caller, id: web::Path<String>) -> Answer {
    let draft = caller
        .run(move |ports, actor| {
            retry_run(ports, actor, run_id(&id)?).map_err(|error| match error {
                ResolveError::NotFound => AppError::run_not_found(),
                other => other.into(),
            })
        })
        .await?;
    Ok(ok(&RunCorrected { draft_id: draft.to_string() }))
}

/// Settles an issue whose state is unknown.
#[utoipa::path(post, path = "/api/v1/runs/{id}/items/{item}/resolve", tag = "Publishing", operation_id = "resolveItem",
    params(("id" = String, Path, description = "Run id.", pattern = "^[0-9a-f]{32}$"), ("item" = String, Path, description = "Item id.", pattern = "^[0-9a-f]{32}$")), request_body = Settlement,
    responses((status = 200, description = "Whether its state is known now.", body = Settled),
        (status = 409, description = "The run is under way, or the state is known.")))]
pub async fn resolve(caller: Caller, place: web::Path<(String, String)>, body: Json<Settlement>) -> Answer {
    let settled = caller
        .run(move |ports, actor| {
            let id = run_id(&place.0)?;
            let item = ItemId::parse(&place.1).map_err(|_| AppError::from(ResolveError::NotFound))?;
            let resolution = resolution(body.read()?)?;
            let resolved = resolve_item(ports, actor, id, item, &resolution)?;
            Ok(Settled { resolved, run: find(ports, actor, id)? })
        })
        .await?;
    Ok(ok(&settled))
}

fn resolution(body: Settlement) -> Result<Resolution, AppError> {
    match (body.action, body.key) {
        (SettleAction::CheckAgain, None) => Ok(Resolution::CheckAgain),
        (SettleAction::CreateAgain, None) => Ok(Resolution::CreateAgain),
        (SettleAction::Exists, Some(key)) => Ok(Resolution::Exists(key)),
        (SettleAction::Exists, None) => Err(wrong_key("field_missing", "name the issue in Jira, as in PAY-12")),
        (SettleAction::CheckAgain | SettleAction::CreateAgain, Some(_)) => {
            Err(wrong_key("field_unknown", "a key is only sent with `exists`: leave it out"))
        }
    }
}

fn wrong_key(code: &'static str, message: &str) -> AppError {
    AppError::invalid(vec![FieldProblem::new("key", code, message)]).of_kind(&kinds::INVALID_BODY)
}
