//! A draft from an issue that is in Jira: to improve it, or to break it down.

use super::new::{begin, rule_choice};
use crate::errors::AppError;
use crate::pages::desk::{Answer, Desk, Form, Params};
use crate::view::{Choice, Errors, Page, View, errors_of};
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};
use storywright_application::issue_updates::{NewFromIssue, begin_from_issue};
use storywright_application::rule_sets::rule_set_choices;
use storywright_domain::issue_update::IssuePurpose;

/// What was typed, or what the address suggests.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Typed {
    issue: String,
    purpose: String,
    format: String,
    rule_set: String,
    prompt: String,
}

#[derive(Serialize)]
struct FromIssuePage {
    form: Typed,
    rule_sets: Vec<Choice>,
    errors: Errors,
}

impl View for FromIssuePage {
    const TEMPLATE: &'static str = "draft_from_issue.html";
}

impl Page for FromIssuePage {
    const ACTIVE: &'static str = "new";
}

#[derive(Serialize)]
#[serde(transparent)]
struct FromIssueForm(FromIssuePage);

impl View for FromIssueForm {
    const TEMPLATE: &'static str = "fragments/from_issue_form.html";
}

/// The form.
pub async fn page(me: SignedIn, suggested: Params<Typed>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| desk.page(&read(desk, suggested.0, Errors::new())?)).await
}

/// Reads the issue, makes the draft and starts writing it.
pub async fn create(me: SignedIn, typed: Form<Typed>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| {
        let form = typed.0;
        let new = NewFromIssue {
            issue: form.issue.clone(),
            purpose: form.purpose.clone(),
            prompt: form.prompt.clone(),
            format: form.format.clone(),
            rule_set: form.rule_set.clone(),
        };
        match begin_from_issue(desk.ports, &desk.who.actor, &new).map_err(AppError::from) {
            Ok(draft) => begin(desk, draft.id, true, false),
            Err(error) if error.status() != 500 => refused(desk, form, &error),
            Err(error) => Err(error),
        }
    })
    .await
}

fn refused(desk: &Desk<'_>, form: Typed, error: &AppError) -> Result<Answer, AppError> {
    let errors = errors_of(error, &["issue", "purpose", "format", "rule_set", "prompt"]);
    let view = read(desk, form, errors)?;
    let answer = if desk.visit.htmx { desk.fragment(&FromIssueForm(view))? } else { desk.page(&view)? };
    let status = if error.status() == 503 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(answer.with_status(status))
}

fn read(desk: &Desk<'_>, mut form: Typed, errors: Errors) -> Result<FromIssuePage, AppError> {
    if IssuePurpose::parse(&form.purpose).is_none() {
        IssuePurpose::Improve.as_str().clone_into(&mut form.purpose);
    }
    let rule_sets = rule_set_choices(desk.ports)?.iter().map(rule_choice).collect();
    Ok(FromIssuePage { form, rule_sets, errors })
}
