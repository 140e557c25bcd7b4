//! Fields that Jira demands and a draft does not have: the form, with the right control for each, and what was typed into it.

use super::{draft_id, draft_not_found};
use crate::errors::AppError;
use crate::guard::Body;
use crate::pages::desk::{Answer, Desk, encoded};
use crate::view::{Choice, Errors, View};
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::Serialize;
use std::collections::BTreeMap;
use storywright_application::drafts::draft;
use storywright_application::preflight::values::{BadValue, Typed};
use storywright_application::preflight::{Asked, AskedField, FillError, Level, asked_fields, fill_in, prefilled};
use storywright_application::publishing::{PlanError, PlanProblem, make_plan};
use storywright_domain::DraftId;
use storywright_domain::draft::Draft;
use storywright_domain::jira::{CreateField, FieldKind};

/// A field that Jira demands and the draft does not have, or a note about one that has no place.
#[derive(Debug, Default, Serialize)]
pub(super) struct RequiredField {
    /// Name in the form; the part of it that the kind needs beside the value is `{name}.detail`.
    name: String,
    label: String,
    /// `text`, `textarea`, `number`, `date`, `datetime`, `select`, `cascading`, `checks`, `picker`, or `note` without a control.
    kind: &'static str,
    options: Vec<Choice>,
    /// Children of options, for cascading selects.
    groups: Vec<Group>,
    value: String,
    values: Vec<String>,
    detail: String,
    /// Address that a picker asks.
    pick: String,
    help: Option<String>,
    /// Jira's words, when a refusal revealed the field.
    said: Option<String>,
    issue: String,
    optional: bool,
}

/// The children of an option.
#[derive(Debug, Serialize)]
struct Group {
    parent: String,
    label: String,
    options: Vec<Choice>,
}

#[derive(Serialize)]
struct Versioned {
    id: String,
    version: u32,
}

#[derive(Serialize)]
struct RequiredPart {
    draft: Versioned,
    /// Shown by itself: says so when there is nothing.
    alone: bool,
    required: Vec<RequiredField>,
    errors: Errors,
}

impl View for RequiredPart {
    const TEMPLATE: &'static str = "fragments/required_fields.html";
}

/// Why nothing was saved, in the form that keeps what was typed.
#[derive(Serialize)]
struct Problem {
    errors: Errors,
}

impl View for Problem {
    const TEMPLATE: &'static str = "fragments/form_problem.html";
}

/// The form by itself: what is missing, or, when nothing is, what was filled in.
pub async fn form(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    me.serve(move |desk| {
        if !desk.visit.htmx {
            return Ok(desk.go(&format!("/drafts/{id}/plan")));
        }
        let stored = draft(desk.ports, &desk.who.actor, id)?.ok_or_else(draft_not_found)?;
        let problems = match make_plan(desk.ports, &desk.who.actor, id) {
            Ok(_) => Vec::new(),
            Err(PlanError::Problems(problems)) => problems,
            Err(error) => return Err(error.into()),
        };
        let required = required(desk, &stored, &problems)?;
        desk.fragment(&RequiredPart { draft: versioned(&stored), alone: true, required, errors: Errors::new() })
    })
    .await
}

/// The fields that these problems of a plan ask for; without any that name a missing field, those that have been filled in.
pub(super) fn required(
    desk: &Desk<'_>,
    draft: &Draft,
    problems: &[PlanProblem],
) -> Result<Vec<RequiredField>, AppError> {
    let asked = asked_fields(desk.ports, &desk.who.actor, draft, problems)?;
    Ok(shown(draft, &asked, prefilled))
}

/// Takes values for the fields that Jira asks for.
pub(super) async fn save(me: SignedIn, id: DraftId, body: Body) -> Result<HttpResponse, AppError> {
    let typed = typed(&body.0);
    me.serve(move |desk| match fill_in(desk.ports, &desk.who.actor, id, &typed) {
        Ok(_) => Ok(desk.go(&format!("/drafts/{id}/plan"))),
        Err(FillError::Values(asked, wrong)) => {
            let stored = draft(desk.ports, &desk.who.actor, id)?.ok_or_else(draft_not_found)?;
            let as_typed = |field: &AskedField| typed.get(&field.key()).cloned().unwrap_or_default();
            let required = shown(&stored, &asked, as_typed);
            let errors = asked.fields.iter().filter_map(|field| {
                let problem = wrong.get(&field.key())?;
                Some((form_name(field), words(field, problem)))
            });
            let view = RequiredPart { draft: versioned(&stored), alone: true, required, errors: errors.collect() };
            Ok(desk.fragment(&view)?.with_status(StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(FillError::Plan(error)) => kept(desk, error.into()),
        Err(FillError::Catalog(error)) => kept(desk, error.into()),
        Err(FillError::Edit(error)) => kept(desk, error.into()),
    })
    .await
}

/// A failure that leaves the form as it is, with everything in it.
fn kept(desk: &Desk<'_>, error: AppError) -> Result<Answer, AppError> {
    if !desk.visit.htmx || error.status() != StatusCode::CONFLICT.as_u16() {
        return Err(error);
    }
    let errors = Errors::from([("form".to_owned(), error.detail())]);
    let answer = desk.fragment(&Problem { errors })?.with_status(StatusCode::CONFLICT);
    Ok(answer.with_header("hx-retarget", "#required-problem").with_header("hx-reswap", "innerHTML"))
}

fn versioned(draft: &Draft) -> Versioned {
    Versioned { id: draft.id.to_string(), version: draft.version }
}

/// The name of a field in the form: `field.customfield_10200`, or with the level for epics and sub-tasks.
fn form_name(asked: &AskedField) -> String {
    match asked.level {
        Level::Story => format!("field.{}", asked.field.id),
        Level::Epic | Level::Subtask => asked.key(),
    }
}

/// What was sent, by [`AskedField::key`].
fn typed(body: &[u8]) -> BTreeMap<String, Typed> {
    let text = std::str::from_utf8(body).unwrap_or_default();
    let pairs = actix_web::web::Query::<Vec<(String, String)>>::from_query(text);
    let mut typed: BTreeMap<String, Typed> = BTreeMap::new();
    for (name, value) in pairs.map(actix_web::web::Query::into_inner).unwrap_or_default() {
        let Some((level, field)) = name.split_once('.') else { continue };
        let level = if level == "field" { Level::Story.as_str() } else { level };
        match field.strip_suffix(".detail") {
            Some(field) => typed.entry(format!("{level}.{field}")).or_default().detail = value,
            None => typed.entry(format!("{level}.{field}")).or_default().values.push(value),
        }
    }
    typed
}

fn shown(draft: &Draft, asked: &Asked, value: impl Fn(&AskedField) -> Typed) -> Vec<RequiredField> {
    let notes = asked.nowhere.iter().map(|message| RequiredField {
        kind: "note",
        label: format!(
            "Jira also said: {message} Its create screen has no such field: ask a Jira administrator to add it."
        ),
        ..RequiredField::default()
    });
    asked.fields.iter().map(|field| shown_field(draft, field, &value(field))).chain(notes).collect()
}

fn shown_field(draft: &Draft, asked: &AskedField, typed: &Typed) -> RequiredField {
    let field = &asked.field;
    let (kind, hint) = control(field);
    let pick = match &field.kind {
        FieldKind::User => "users",
        FieldKind::EpicLink => "epics",
        _ => "",
    };
    let pick = if pick.is_empty() {
        String::new()
    } else {
        format!("/pick/{pick}?project={}", encoded(draft.project.as_str()))
    };
    let help = if asked.differs {
        Some("The issues have different values. What you enter here replaces all of them.".to_owned())
    } else if asked.missing.is_empty() && field.has_default {
        Some("Jira fills this in itself when it is left open.".to_owned())
    } else {
        hint
    };
    let (value, detail) = match field.kind {
        FieldKind::DateTime => clock_and_offset(typed),
        _ => (typed.first().to_owned(), typed.detail.clone()),
    };
    RequiredField {
        name: form_name(asked),
        label: field.name.clone(),
        kind,
        options: options_of(field),
        groups: groups_of(field),
        value: if kind == "textarea" { typed.values.join("\n") } else { value },
        values: typed.values.clone(),
        detail,
        pick,
        help,
        said: asked.said.clone(),
        issue: asked.issue_type.name.clone(),
        optional: asked.missing.is_empty(),
    }
}

/// The control for a field, and what it does not say of itself.
fn control(field: &CreateField) -> (&'static str, Option<String>) {
    let listed = !field.allowed.is_empty();
    let several = || Some("Several are separated by commas.".to_owned());
    match &field.kind {
        FieldKind::TextArea => ("textarea", Some("Markdown; it becomes Jira's own markup.".to_owned())),
        FieldKind::Number => ("number", None),
        FieldKind::Date => ("date", None),
        FieldKind::DateTime => ("datetime", None),
        FieldKind::Cascading if listed => ("cascading", None),
        FieldKind::Options | FieldKind::Versions | FieldKind::Components if listed => ("checks", None),
        FieldKind::Option | FieldKind::Priority if listed => ("select", None),
        FieldKind::Options | FieldKind::Versions | FieldKind::Components => ("text", several()),
        FieldKind::Labels => ("text", Some("Single words; several are separated by spaces or commas.".to_owned())),
        FieldKind::User => ("picker", Some("Type a name and choose from the list.".to_owned())),
        FieldKind::EpicLink => ("picker", Some("Type words of an epic or its key, for example PAY-12.".to_owned())),
        FieldKind::Parent => ("text", Some("An issue key, for example PAY-12.".to_owned())),
        FieldKind::Other(kind) => {
            ("text", Some(format!("Jira calls this kind of field “{kind}”. What you type is sent as text.")))
        }
        FieldKind::Text | FieldKind::EpicName | FieldKind::Option | FieldKind::Cascading | FieldKind::Priority => {
            ("text", None)
        }
    }
}

/// What is sent for an option: its name where Jira is told names, else its id.
fn options_of(field: &CreateField) -> Vec<Choice> {
    let by_name = matches!(field.kind, FieldKind::Priority | FieldKind::Components);
    let choice = |id: &str, name: &str| Choice::new(if by_name { name } else { id }, name);
    field.allowed.iter().map(|option| choice(&option.id, &option.name)).collect()
}

fn groups_of(field: &CreateField) -> Vec<Group> {
    let with_children = field.allowed.iter().filter(|option| !option.children.is_empty());
    let group = |option: &storywright_domain::jira::AllowedValue| Group {
        parent: option.id.clone(),
        label: option.name.clone(),
        options: option.children.iter().map(|child| Choice::new(&child.id, &child.name)).collect(),
    };
    if field.kind == FieldKind::Cascading { with_children.map(group).collect() } else { Vec::new() }
}

/// A stored time for a control that shows no offset: `2026-05-04T09:00` and `+0200`. What was typed stays as it is.
fn clock_and_offset(typed: &Typed) -> (String, String) {
    let text = typed.first();
    let split = text.get(11..).and_then(|clock| clock.find(['+', '-', 'Z'])).map(|at| at + 11);
    match split {
        Some(at) => (text.chars().take(16).collect(), text[at..].to_owned()),
        None => (text.to_owned(), typed.detail.clone()),
    }
}

/// Field, problem and cure.
fn words(asked: &AskedField, problem: &BadValue) -> String {
    let name = &asked.field.name;
    match problem {
        BadValue::Missing => format!("{name}: Jira does not take the issue without it. Fill this in."),
        BadValue::NotInList(value) => format!("{name}: “{value}” is not among Jira's values. Choose one of the list."),
        BadValue::NotANumber(value) => format!("{name}: “{value}” is not a number. Enter a number, for example 3.5."),
        BadValue::NotADate(value) => format!("{name}: “{value}” is not a date. Enter it as 2026-05-04."),
        BadValue::NotATime(value) => {
            format!("{name}: “{value}” is not a date with a time. Enter it as 2026-05-04T09:00.")
        }
        BadValue::NotAKey(value) => {
            format!("{name}: “{value}” is not an issue key. Choose an epic of the list, or type a key like PAY-12.")
        }
        BadValue::TooLong { chars, limit } => {
            format!("{name}: the text has {chars} characters. Shorten it to {limit}.")
        }
        BadValue::NoSuchPerson(value) => {
            format!("{name}: Jira finds nobody under “{value}”. Type a name and choose from the list.")
        }
        BadValue::SeveralPeople(value) => {
            format!("{name}: Jira finds several people under “{value}”. Choose one from the list.")
        }
    }
}

#[cfg(test)]
mod tests;
