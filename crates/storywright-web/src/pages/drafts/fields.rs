//! Fields that Jira demands and a draft does not have: which ones, with which controls, and what was typed into them.

use crate::errors::AppError;
use crate::pages::desk::Desk;
use crate::view::{Choice, Errors, View};
use serde::Serialize;
use std::collections::BTreeMap;
use storywright_application::catalog::list_create_fields;
use storywright_application::publishing::{PlanError, PlanProblem, make_plan};
use storywright_domain::draft::Draft;
use storywright_domain::jira::{CreateField, FieldKind};
use storywright_domain::story::FieldValue;

/// A field that Jira demands and the draft does not have.
#[derive(Serialize)]
pub(super) struct RequiredField {
    pub(super) id: String,
    name: String,
    kind: &'static str,
    options: Vec<Choice>,
    pub(super) value: String,
    help: Option<String>,
    issue: String,
}

/// Fields that are asked for, with the create screen that says what they take.
pub(super) struct Asked {
    pub(super) required: Vec<RequiredField>,
    pub(super) screen: Vec<CreateField>,
    pub(super) errors: Errors,
}

#[derive(Serialize)]
struct Versioned {
    id: String,
    version: u32,
}

#[derive(Serialize)]
pub(super) struct RequiredPart {
    draft: Versioned,
    required: Vec<RequiredField>,
    errors: Errors,
}

impl View for RequiredPart {
    const TEMPLATE: &'static str = "fragments/required_fields.html";
}

impl Asked {
    pub(super) fn into_part(self, draft: &Draft) -> RequiredPart {
        RequiredPart {
            draft: Versioned { id: draft.id.to_string(), version: draft.version },
            required: self.required,
            errors: self.errors,
        }
    }
}

/// The fields that Jira asks for at present.
pub(super) fn required_fields(desk: &Desk<'_>, draft: &Draft) -> Result<Asked, AppError> {
    match make_plan(desk.ports, &desk.who.actor, draft.id) {
        Err(PlanError::Problems(problems)) => fields_of(desk, draft, &problems),
        Ok(_) => Ok(Asked { required: Vec::new(), screen: Vec::new(), errors: Errors::new() }),
        Err(error) => Err(error.into()),
    }
}

/// The fields that these problems ask for.
pub(super) fn fields_of(desk: &Desk<'_>, draft: &Draft, problems: &[PlanProblem]) -> Result<Asked, AppError> {
    let screen = list_create_fields(desk.ports, &desk.who.actor, &draft.project, &draft.issue_type)?;
    let mut required: BTreeMap<&str, RequiredField> = BTreeMap::new();
    // Sub-tasks have no fields of their own in a draft: their problems stay in the list above.
    let of_stories = problems.iter().filter(|problem| {
        problem.code == "required_field_missing"
            && draft.document.stories.iter().any(|story| story.id == problem.reference)
    });
    for problem in of_stories {
        let Some(field) = screen.iter().find(|field| field.id == problem.field) else { continue };
        required.entry(&problem.field).or_insert_with(|| asked_field(field, &draft.issue_type_name));
    }
    Ok(Asked { required: required.into_values().collect(), screen: screen.clone(), errors: Errors::new() })
}

fn asked_field(field: &CreateField, issue: &str) -> RequiredField {
    let (kind, help) = match &field.kind {
        _ if !field.allowed.is_empty() => ("select", None),
        FieldKind::TextArea => ("textarea", None),
        FieldKind::Number => ("number", None),
        FieldKind::Date => ("date", None),
        FieldKind::User => ("user", Some("The employee ID, as Jira knows it.")),
        FieldKind::EpicLink => ("text", Some("The key of an epic, for example PAY-1.")),
        FieldKind::DateTime => ("text", Some("For example 2026-05-04T09:00:00.000+0000.")),
        FieldKind::Labels | FieldKind::Versions | FieldKind::Options | FieldKind::Components => {
            ("text", Some("Several are separated by commas."))
        }
        _ => ("text", None),
    };
    RequiredField {
        id: field.id.clone(),
        name: field.name.clone(),
        kind,
        options: options_of(field),
        value: String::new(),
        help: help.map(str::to_owned),
        issue: issue.to_owned(),
    }
}

/// What a select offers; an option with children stands for each of its children.
fn options_of(field: &CreateField) -> Vec<Choice> {
    let mut choices = Vec::new();
    for option in &field.allowed {
        let by_name = matches!(field.kind, FieldKind::Priority | FieldKind::Components);
        let value = if by_name { &option.name } else { &option.id };
        if option.children.is_empty() {
            choices.push(Choice::new(value, &option.name));
        }
        for child in &option.children {
            choices.push(Choice::new(
                &format!("{}|{}", option.id, child.id),
                &format!("{} / {}", option.name, child.name),
            ));
        }
    }
    choices
}

/// What was typed as a value of the field, or what is wrong with it.
pub(super) fn value_for(field: &CreateField, typed: &str) -> Result<FieldValue, String> {
    if typed.is_empty() {
        return Err("Fill this in.".to_owned());
    }
    let words =
        || typed.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    if !field.allowed.is_empty() && !options_of(field).iter().any(|choice| choice.value == typed) {
        return Err("Choose one of the list.".to_owned());
    }
    Ok(match &field.kind {
        FieldKind::Number => {
            let number = typed.replace(',', ".").parse::<f64>().ok().filter(|number| number.is_finite());
            FieldValue::Number(number.ok_or_else(|| "Enter a number.".to_owned())?)
        }
        FieldKind::Date => {
            let parsed = typed.parse::<jiff::civil::Date>();
            FieldValue::Date(parsed.map_err(|_| "Enter a date as 2026-05-04.".to_owned())?.to_string())
        }
        FieldKind::Option => FieldValue::Option(typed.to_owned()),
        FieldKind::Cascading => match typed.split_once('|') {
            Some((option, child)) => FieldValue::Cascading(option.to_owned(), Some(child.to_owned())),
            None => FieldValue::Cascading(typed.to_owned(), None),
        },
        FieldKind::Options | FieldKind::Versions => FieldValue::Options(words()),
        FieldKind::User => FieldValue::User(typed.to_owned()),
        FieldKind::Labels | FieldKind::Components => FieldValue::Texts(words()),
        FieldKind::EpicLink => FieldValue::Issue(typed.to_uppercase()),
        FieldKind::Text
        | FieldKind::TextArea
        | FieldKind::DateTime
        | FieldKind::Priority
        | FieldKind::EpicName
        | FieldKind::Parent
        | FieldKind::Other(_) => FieldValue::Text(typed.to_owned()),
    })
}
