//! A version of a prompt as it was: where the history of a draft or an issue leads to.

use super::{Row, prompt_id, version_number};
use crate::errors::AppError;
use crate::pages::desk::part;
use crate::view::{Page, Time, View};
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use serde::Serialize;
use storywright_application::prompts::{PromptError, prompt, prompt_version};
use storywright_domain::prompt::PromptVariable;

/// A version as it was.
#[derive(Serialize)]
struct VersionPage {
    id: String,
    prompt_name: String,
    newest: u32,
    number: u32,
    name: String,
    description: String,
    note: String,
    text: String,
    variables: Vec<Row>,
    at: Time,
}

impl View for VersionPage {
    const TEMPLATE: &'static str = "prompt_version.html";
}

impl Page for VersionPage {
    const ACTIVE: &'static str = "prompts";
}

/// A version as it was.
pub async fn page(me: SignedIn) -> Result<HttpResponse, AppError> {
    let (id, number) = (prompt_id(&part(me.request(), "id"))?, version_number(me.request())?);
    me.serve(move |desk| {
        let stored = prompt(desk.ports, &desk.who.actor, id)?.ok_or(PromptError::NotFound)?;
        let version = prompt_version(desk.ports, &desk.who.actor, id, number)?;
        let version = version.ok_or(PromptError::NoSuchVersion(number))?;
        let variable = |(number, one): (usize, &PromptVariable)| Row {
            number,
            name: one.name.clone(),
            description: one.description.clone(),
            default: one.default.clone(),
        };
        desk.page(&VersionPage {
            id: id.to_string(),
            prompt_name: stored.name,
            newest: stored.version,
            number: version.number,
            text: version.body.text().to_owned(),
            variables: version.body.variables().iter().enumerate().map(variable).collect(),
            name: version.name,
            description: version.description,
            note: version.note,
            at: desk.time(version.created_at),
        })
    })
    .await
}
