//! Having the model write: generating, refining, fixing what a finding says.

use super::draft_id;
use super::workspace::{PromptBar, read};
use crate::errors::{AppError, kinds};
use crate::pages::desk::{Answer, Desk, Form};
use crate::view::{Errors, errors_of};
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::Deserialize;
use storywright_application::drafting::{generate_with as start_writing, refine as start_refining};
use storywright_application::drafts::{Which, draft_findings, number_among};
use storywright_domain::{DraftId, JobId};

/// What should change: words, or a finding.
#[derive(Deserialize)]
pub struct Wish {
    #[serde(default)]
    instructions: String,
    #[serde(default)]
    finding: String,
    #[serde(default)]
    path: String,
    /// The first character of the finding's place, where it has one.
    start: Option<usize>,
    /// What the finding says.
    message: Option<String>,
}

/// How the stories are written.
#[derive(Deserialize)]
pub struct Way {
    /// `1` when the agent looks things up before.
    #[serde(default)]
    look_up: String,
}

/// Starts writing from the requirements.
pub async fn generate(me: SignedIn, way: Form<Way>) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    me.serve(move |desk| {
        let started = start_writing(desk.ports, &desk.who.actor, id, way.0.look_up == "1").map_err(AppError::from);
        bar(desk, id, started, String::new())
    })
    .await
}

/// Starts changing what is written.
pub async fn refine(me: SignedIn, wish: Form<Wish>) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    me.serve(move |desk| {
        let wish = wish.0;
        let instructions = if wish.finding.is_empty() { wish.instructions.clone() } else { cure(desk, id, &wish)? };
        let started = start_refining(desk.ports, &desk.who.actor, id, &instructions).map_err(AppError::from);
        bar(desk, id, started, wish.instructions)
    })
    .await
}

/// A finding as an instruction to the model.
fn cure(desk: &Desk<'_>, id: DraftId, wish: &Wish) -> Result<String, AppError> {
    let found = draft_findings(desk.ports, &desk.who.actor, id)?.ok_or_else(super::draft_not_found)?;
    let which = Which { code: &wish.finding, field: &wish.path, start: wish.start, message: wish.message.as_deref() };
    let finding = found.findings.iter().find(|finding| which.is(finding)).ok_or_else(|| {
        AppError::field("form", "instructions_invalid", "this finding is gone already: look at the new list")
    })?;
    // Without quoting: words of the draft are no instruction.
    let which = match number_among(&found.findings, finding) {
        Some((number, count)) => {
            format!(" Of the {count} such places there, counted from the start, only number {number} is meant.")
        }
        None => String::new(),
    };
    Ok(format!(
        "Fix only this problem and leave everything else as it is. {}: {} {}{which}",
        super::compare::place(&finding.field),
        finding.message,
        finding.cure
    ))
}

/// The prompt bar after a start: with the job, or with what is wrong.
pub(super) fn bar(
    desk: &Desk<'_>,
    id: DraftId,
    started: Result<JobId, AppError>,
    typed: String,
) -> Result<Answer, AppError> {
    let (status, errors) = match started {
        Ok(_) => (StatusCode::ACCEPTED, Errors::new()),
        Err(error) if error.status() >= 500 || error.kind == &kinds::DRAFT_NOT_FOUND => return Err(error),
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, errors_of(&error, &["instructions"])),
    };
    if !desk.visit.htmx {
        return match errors.into_values().next() {
            None => Ok(desk.go(&format!("/drafts/{id}"))),
            Some(words) => desk.go_and_say(&format!("/drafts/{id}"), "bad", &words),
        };
    }
    let mut found = read(desk, id)?;
    found.errors = errors;
    found.form.instructions = if status == StatusCode::ACCEPTED { String::new() } else { typed };
    let answer = desk.fragment(&PromptBar(found))?.with_status(status);
    // The rest of the page learns at once that somebody writes.
    Ok(if status == StatusCode::ACCEPTED { answer.with_header("hx-trigger", "draft-changed") } else { answer })
}
