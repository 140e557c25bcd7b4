//! Prompts tried side by side on one text.

use super::body::Json;
use super::prompts::PromptFromJson;
use super::stories::DocumentJson;
use super::{Answer, Caller, json, ok, rfc3339};
use crate::errors::AppError;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use storywright_application::trials::{
    ChosenPrompt, NewTrial, TrialError, delete_trial, list_trials, retry_column, start_trial, trial,
};
use storywright_domain::prompt::{PromptTrial, TrialColumn, TrialSummary};
use storywright_domain::{PromptId, TrialId};
use utoipa::ToSchema;

/// A prompt for a column.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrialPrompt {
    /// Which; left out to leave the writer to itself.
    #[schema(pattern = "^[0-9a-f]{32}$")]
    prompt_id: Option<String>,
    /// Which of its versions; the newest when left out.
    version: Option<u32>,
    /// Values for its variables by name; what has a default may be left out.
    #[serde(default)]
    #[schema(example = json!({"days": "two"}))]
    values: BTreeMap<String, String>,
}

/// A new trial.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartTrial {
    /// What is wanted; short enough for one call.
    #[schema(example = "Support agents need to refund a payment in part.")]
    requirements: String,
    /// How stories are told.
    #[schema(value_type = super::catalog::FormatName)]
    format: String,
    /// Rule set whose findings are counted; `default` when left out.
    #[schema(example = "default")]
    rule_set: Option<String>,
    /// Two to four.
    columns: Vec<TrialPrompt>,
}

/// What a prompt made of the text.
#[derive(Serialize, ToSchema)]
pub struct TrialColumnJson {
    /// Its place, from 1.
    number: u32,
    /// `waiting`, `running`, `done`, `failed` or `stopped`.
    #[schema(example = "done")]
    state: &'static str,
    /// The job that writes or wrote it.
    job_id: String,
    /// The prompt; null when the writer was left to itself.
    #[schema(required)]
    prompt_from: Option<PromptFromJson>,
    /// Its text with the values put in.
    words: String,
    /// Why it failed: stable code, colon, words.
    problem: String,
    /// The stories.
    document: DocumentJson,
    /// Findings that block creation.
    errors: u32,
    /// Findings that do not.
    warnings: u32,
    /// Hints.
    hints: u32,
    /// Sentences of the text that ask for something.
    sentences: u32,
    /// Those of them that a story covers.
    covered: u32,
    /// Tokens of the questions.
    input_tokens: u64,
    /// Tokens of the answers.
    output_tokens: u64,
    /// Calls of the model.
    calls: u32,
    /// Milliseconds from the first call to the end.
    took_ms: i64,
    /// LLM service.
    service: String,
    /// The model.
    model: String,
    /// SHA-256 of the system instructions.
    prompt_sha256: String,
}

impl From<&TrialColumn> for TrialColumnJson {
    fn from(column: &TrialColumn) -> Self {
        let result = &column.result;
        Self {
            number: column.number,
            state: column.state.as_str(),
            job_id: column.job.to_string(),
            prompt_from: column.prompt_from.as_ref().map(PromptFromJson::from),
            words: column.words.clone(),
            problem: column.problem.clone(),
            document: DocumentJson::from(&result.document),
            errors: result.errors,
            warnings: result.warnings,
            hints: result.hints,
            sentences: result.sentences,
            covered: result.covered,
            input_tokens: result.usage.input,
            output_tokens: result.usage.output,
            calls: result.calls,
            took_ms: result.took.0,
            service: result.service.clone(),
            model: result.model.clone(),
            prompt_sha256: result.prompt_sha256.clone(),
        }
    }
}

/// A trial.
#[derive(Serialize, ToSchema)]
pub struct TrialJson {
    /// Its id.
    id: String,
    /// What is wanted.
    requirements: String,
    /// How stories are told.
    #[schema(value_type = super::catalog::FormatName)]
    format: &'static str,
    /// Rule set whose findings are counted.
    rule_set: String,
    /// One for each prompt, in order.
    columns: Vec<TrialColumnJson>,
    /// When it was begun.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<&PromptTrial> for TrialJson {
    fn from(trial: &PromptTrial) -> Self {
        Self {
            id: trial.id.to_string(),
            requirements: trial.requirements.as_str().to_owned(),
            format: trial.format.as_str(),
            rule_set: trial.rule_set.clone(),
            columns: trial.columns.iter().map(TrialColumnJson::from).collect(),
            created_at: rfc3339(trial.created_at),
        }
    }
}

/// A column in a list of trials.
#[derive(Serialize, ToSchema)]
pub struct TrialColumnRow {
    /// The prompt; null when the writer was left to itself.
    #[schema(required)]
    prompt_from: Option<PromptFromJson>,
    /// `waiting`, `running`, `done`, `failed` or `stopped`.
    #[schema(example = "done")]
    state: &'static str,
}

/// A trial in a list.
#[derive(Serialize, ToSchema)]
pub struct TrialRow {
    id: String,
    requirements: String,
    columns: Vec<TrialColumnRow>,
    /// When it was begun.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<TrialSummary> for TrialRow {
    fn from(trial: TrialSummary) -> Self {
        let columns = trial.columns.iter().map(|(from, state)| TrialColumnRow {
            prompt_from: from.as_ref().map(PromptFromJson::from),
            state: state.as_str(),
        });
        Self {
            id: trial.id.to_string(),
            requirements: trial.requirements.as_str().to_owned(),
            columns: columns.collect(),
            created_at: rfc3339(trial.created_at),
        }
    }
}

/// The caller's trials, newest first.
#[derive(Serialize, ToSchema)]
pub struct TrialList {
    /// All that are kept: at most 20, and older ones that are being written.
    items: Vec<TrialRow>,
}

/// The job that writes a column anew.
#[derive(Serialize, ToSchema)]
pub struct TrialJob {
    /// Follow its events, or ask for the trial.
    job_id: String,
}

fn id_of(raw: &str) -> Result<TrialId, AppError> {
    TrialId::parse(raw).map_err(|_| TrialError::NotFound.into())
}

fn new(body: StartTrial) -> NewTrial {
    let column = |one: TrialPrompt| ChosenPrompt {
        // What is no id is refused as an unknown prompt.
        prompt: one.prompt_id.map(|raw| PromptId::parse(&raw).unwrap_or(PromptId(0))),
        version: one.version,
        values: one.values,
    };
    NewTrial {
        requirements: body.requirements,
        format: body.format,
        rule_set: body.rule_set.unwrap_or_default(),
        columns: body.columns.into_iter().map(column).collect(),
    }
}

/// Begins a trial: a job asks the model once for each prompt.
#[utoipa::path(post, path = "/api/v1/prompt-trials", tag = "Prompts", operation_id = "startTrial", request_body = StartTrial,
    responses((status = 202, description = "The trial; its columns fill while its job runs.", body = TrialJson),
        (status = 409, description = "The LLM is not connected."), (status = 422, description = "Parts are wrong; `errors` names each.")))]
pub async fn start(caller: Caller, body: Json<StartTrial>) -> Answer {
    let begun =
        caller.run(move |ports, actor| Ok(TrialJson::from(&start_trial(ports, actor, &new(body.read()?))?))).await?;
    Ok(json(StatusCode::ACCEPTED, &begun))
}

/// The caller's trials, newest first.
#[utoipa::path(get, path = "/api/v1/prompt-trials", tag = "Prompts", operation_id = "listTrials",
    responses((status = 200, description = "All that are kept.", body = TrialList)))]
pub async fn list(caller: Caller) -> Answer {
    let found = caller.run(move |ports, actor| Ok(list_trials(ports, actor)?)).await?;
    Ok(ok(&TrialList { items: found.into_iter().map(TrialRow::from).collect() }))
}

/// A trial with what was written so far.
#[utoipa::path(get, path = "/api/v1/prompt-trials/{id}", tag = "Prompts", operation_id = "getTrial",
    params(("id" = String, Path, description = "Trial id.", pattern = "^[0-9a-f]{32}$")),
    responses((status = 200, description = "The trial.", body = TrialJson)))]
pub async fn show(caller: Caller, id: web::Path<String>) -> Answer {
    let found = caller
        .run(move |ports, actor| {
            let found = trial(ports, actor, id_of(&id)?)?.ok_or(TrialError::NotFound)?;
            Ok(TrialJson::from(&found))
        })
        .await?;
    Ok(ok(&found))
}

/// Writes one column anew that failed or was stopped.
#[utoipa::path(post, path = "/api/v1/prompt-trials/{id}/columns/{number}/retry", tag = "Prompts", operation_id = "retryTrialColumn",
    params(("id" = String, Path, description = "Trial id.", pattern = "^[0-9a-f]{32}$"), ("number" = u32, Path, description = "Column.", example = 1)),
    responses((status = 202, description = "The job that writes it.", body = TrialJob),
        (status = 409, description = "The column is there, or is being written.")))]
pub async fn retry(caller: Caller, path: web::Path<(String, String)>) -> Answer {
    let job = caller
        .run(move |ports, actor| {
            let (id, number) = path.into_inner();
            let id = id_of(&id)?;
            let number = number.parse().map_err(|_| TrialError::NoSuchColumn(0))?;
            Ok(TrialJob { job_id: retry_column(ports, actor, id, number)?.to_string() })
        })
        .await?;
    Ok(json(StatusCode::ACCEPTED, &job))
}

/// Removes a trial of which nothing is being written.
#[utoipa::path(delete, path = "/api/v1/prompt-trials/{id}", tag = "Prompts", operation_id = "deleteTrial",
    params(("id" = String, Path, description = "Trial id.", pattern = "^[0-9a-f]{32}$")),
    responses((status = 204, description = "It is gone."), (status = 409, description = "It is being written.")))]
pub async fn remove(caller: Caller, id: web::Path<String>) -> Answer {
    caller.run(move |ports, actor| Ok(delete_trial(ports, actor, id_of(&id)?)?)).await?;
    Ok(HttpResponse::NoContent().finish())
}
