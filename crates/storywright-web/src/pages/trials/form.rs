//! The form of a new trial: one text, two to four prompts with a version and values each; and the trials before.

use crate::errors::{AppError, sentence};
use crate::pages::desk::{Answer, Desk, Form, Params};
use crate::pages::prompts::{Filled, PromptGroup, prompt_groups};
use crate::view::{Choice, Errors, Page, Time, View};
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::Serialize;
use std::collections::BTreeMap;
use storywright_application::prompts::{prompt, prompt_version, prompt_versions};
use storywright_application::rule_sets::rule_set_choices;
use storywright_application::trials::{ChosenPrompt, NewTrial, list_trials, start_trial, trial};
use storywright_domain::prompt::{MAX_COLUMNS, MIN_COLUMNS, PromptTrial, PromptVariable, TrialColumn, TrialSummary};
use storywright_domain::{PromptId, TrialId};

/// What stands for no prompt in a column that is used.
const NONE: &str = "none";
/// Characters of a text in the list of trials.
const SHOWN_CHARS: usize = 140;

#[derive(Serialize)]
struct TrialsPage {
    requirements: String,
    format: String,
    rule_set: String,
    rule_sets: Vec<Choice>,
    prompts: Vec<PromptGroup>,
    slots: Vec<Slot>,
    errors: Errors,
    trials: Vec<Line>,
}

impl View for TrialsPage {
    const TEMPLATE: &'static str = "trials.html";
}

impl Page for TrialsPage {
    const ACTIVE: &'static str = "prompts";
}

#[derive(Serialize)]
#[serde(transparent)]
struct TrialForm(TrialsPage);

impl View for TrialForm {
    const TEMPLATE: &'static str = "fragments/trial_form.html";
}

/// A column of the form.
#[derive(Serialize)]
struct Slot {
    number: usize,
    /// Empty when the column is not used, `none` for no prompt.
    prompt: String,
    needed: bool,
    version: String,
    versions: Vec<Choice>,
    variables: Vec<Filled>,
    problem: Option<String>,
}

/// Version and values of a column.
#[derive(Serialize)]
struct SlotFields {
    slot: Slot,
}

impl View for SlotFields {
    const TEMPLATE: &'static str = "fragments/trial_slot.html";
}

#[derive(Serialize)]
struct Line {
    id: String,
    text: String,
    prompts: Vec<String>,
    state: &'static str,
    at: Time,
}

type Pairs = Vec<(String, String)>;

fn one<'a>(pairs: &'a Pairs, name: &str) -> &'a str {
    pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
}

fn values(pairs: &Pairs, number: usize) -> BTreeMap<String, String> {
    let prefix = format!("columns.{number}.values.");
    let value = |(key, value): &(String, String)| Some((key.strip_prefix(&prefix)?.to_owned(), value.clone()));
    pairs.iter().filter_map(value).collect()
}

/// The form, and the trials before. With `like`, the form holds what that trial was begun with.
pub async fn page(me: SignedIn, suggested: Params<Pairs>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| {
        let before = TrialId::parse(one(&suggested.0, "like")).ok();
        let before = before.map(|id| trial(desk.ports, &desk.who.actor, id)).transpose()?.flatten();
        let view = match &before {
            Some(before) => read(desk, &like(before), Errors::new())?,
            None => read(desk, &suggested.0, Errors::new())?,
        };
        desk.page(&view)
    })
    .await
}

/// What the form said when a trial was begun. Values of variables are part of a prompt's words by then and are not given back.
fn like(before: &PromptTrial) -> Pairs {
    let column = |column: &TrialColumn| {
        let field = |name: &str, value: String| (format!("columns.{}.{name}", column.number), value);
        match &column.prompt_from {
            Some(from) => {
                vec![field("prompt", from.prompt.to_string()), field("version", from.version.to_string())]
            }
            None => vec![field("prompt", NONE.to_owned())],
        }
    };
    let text = [
        ("requirements", before.requirements.as_str()),
        ("format", before.format.as_str()),
        ("rule_set", before.rule_set.as_str()),
    ];
    let text = text.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    text.chain(before.columns.iter().flat_map(column)).collect()
}

fn read(desk: &Desk<'_>, pairs: &Pairs, errors: Errors) -> Result<TrialsPage, AppError> {
    let slots = (1..=MAX_COLUMNS).map(|number| slot_of(desk, pairs, number, &errors)).collect::<Result<_, _>>()?;
    let rule_set = |kept: &storywright_domain::rule_keeping::RuleSetSummary| Choice::new(&kept.id, &kept.name);
    Ok(TrialsPage {
        requirements: one(pairs, "requirements").to_owned(),
        format: one(pairs, "format").to_owned(),
        rule_set: one(pairs, "rule_set").to_owned(),
        rule_sets: rule_set_choices(desk.ports)?.iter().map(rule_set).collect(),
        prompts: prompt_groups(desk)?,
        slots,
        errors,
        trials: list_trials(desk.ports, &desk.who.actor)?.iter().map(|trial| line(desk, trial)).collect(),
    })
}

fn line(desk: &Desk<'_>, trial: &TrialSummary) -> Line {
    let open = trial.columns.iter().any(|(_, state)| state.is_open());
    let all = |state: &str| trial.columns.iter().all(|(_, one)| one.as_str() == state);
    let state = match (open, all("done"), all("failed"), all("stopped")) {
        (true, ..) => "running",
        (_, true, ..) => "completed",
        (_, _, true, _) => "failed",
        (.., true) => "stopped",
        _ => "partial",
    };
    let name = |from: &Option<storywright_domain::prompt::PromptOrigin>| match from {
        Some(from) => format!("{}, version {}", from.name, from.version),
        None => "No prompt".to_owned(),
    };
    Line {
        id: trial.id.to_string(),
        text: trial.requirements.as_str().chars().take(SHOWN_CHARS).collect(),
        prompts: trial.columns.iter().map(|(from, _)| name(from)).collect(),
        state,
        at: desk.time(trial.created_at),
    }
}

fn slot_of(desk: &Desk<'_>, pairs: &Pairs, number: usize, errors: &Errors) -> Result<Slot, AppError> {
    let field = |name: &str| format!("columns.{number}.{name}");
    let mut slot = Slot {
        number,
        prompt: one(pairs, &field("prompt")).to_owned(),
        needed: number <= MIN_COLUMNS,
        version: String::new(),
        versions: Vec::new(),
        variables: Vec::new(),
        problem: errors.get(&field("prompt")).cloned(),
    };
    let Ok(id) = PromptId::parse(&slot.prompt) else { return Ok(slot) };
    let actor = &desk.who.actor;
    let Some(chosen) = prompt(desk.ports, actor, id)? else { return Ok(slot) };
    let wanted = one(pairs, &field("version")).parse().unwrap_or(chosen.version);
    // A version of the prompt that was chosen before may stand in the form still.
    let version = match prompt_version(desk.ports, actor, id, wanted)? {
        Some(version) => Some(version),
        None => prompt_version(desk.ports, actor, id, chosen.version)?,
    };
    let Some(version) = version else { return Ok(slot) };
    let given = values(pairs, number);
    slot.version = version.number.to_string();
    slot.versions = prompt_versions(desk.ports, actor, id, None)?
        .items
        .iter()
        .map(|one| Choice::new(&one.number.to_string(), &format!("Version {}", one.number)))
        .collect();
    let filled = |variable: &PromptVariable| {
        let value = given.get(&variable.name).cloned().unwrap_or_else(|| variable.default.clone());
        Filled::of(variable, value, errors.get(&field(&format!("values.{}", variable.name))).cloned())
    };
    slot.variables = version.body.variables().iter().map(filled).collect();
    Ok(slot)
}

/// Version and values for the prompt that was chosen in a column.
pub async fn slot(me: SignedIn, sent: Params<Pairs>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| {
        let number = one(&sent.0, "number").parse().unwrap_or(1_usize).clamp(1, MAX_COLUMNS);
        desk.fragment(&SlotFields { slot: slot_of(desk, &sent.0, number, &Errors::new())? })
    })
    .await
}

/// Begins a trial.
pub async fn start(me: SignedIn, sent: Form<Pairs>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| match start_trial(desk.ports, &desk.who.actor, &new(&sent.0)).map_err(AppError::from) {
        Ok(trial) => Ok(desk.go(&format!("/prompts/trials/{}", trial.id))),
        Err(error) if error.status() < 500 => refused(desk, &sent.0, &error),
        Err(error) => Err(error),
    })
    .await
}

/// Columns that are not used are left out, so that those after them move up.
fn used(pairs: &Pairs) -> Vec<usize> {
    (1..=MAX_COLUMNS).filter(|number| !one(pairs, &format!("columns.{number}.prompt")).is_empty()).collect()
}

fn new(pairs: &Pairs) -> NewTrial {
    let column = |number: usize| {
        let prompt = one(pairs, &format!("columns.{number}.prompt"));
        ChosenPrompt {
            // What is neither `none` nor an id is refused as an unknown prompt.
            prompt: (prompt != NONE).then(|| PromptId::parse(prompt).unwrap_or(PromptId(0))),
            version: one(pairs, &format!("columns.{number}.version")).parse().ok(),
            values: values(pairs, number),
        }
    };
    NewTrial {
        requirements: one(pairs, "requirements").to_owned(),
        format: one(pairs, "format").to_owned(),
        rule_set: one(pairs, "rule_set").to_owned(),
        columns: used(pairs).into_iter().map(column).collect(),
    }
}

fn refused(desk: &Desk<'_>, pairs: &Pairs, error: &AppError) -> Result<Answer, AppError> {
    let used = used(pairs);
    let mut errors = Errors::new();
    for problem in &error.errors {
        errors.entry(in_form(&problem.field, &used)).or_insert_with(|| sentence(&problem.message));
    }
    if error.errors.is_empty() {
        errors.insert("form".to_owned(), error.detail());
    }
    let view = read(desk, pairs, errors)?;
    let answer = if desk.visit.htmx { desk.fragment(&TrialForm(view))? } else { desk.page(&view)? };
    Ok(answer.with_status(StatusCode::UNPROCESSABLE_ENTITY))
}

/// The field of the form for one of the trial: its columns count only what is used.
fn in_form(field: &str, used: &[usize]) -> String {
    let moved = field.strip_prefix("columns.").and_then(|rest| {
        let (number, name) = rest.split_once('.')?;
        let place = number.parse::<usize>().ok()?.checked_sub(1)?;
        Some(format!("columns.{}.{name}", used.get(place)?))
    });
    moved.unwrap_or_else(|| field.to_owned())
}
