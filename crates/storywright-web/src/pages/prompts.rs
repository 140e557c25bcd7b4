//! Prompts: the lists, the page of one with its form and versions, and the words that a new draft gets from one.

mod groups;
mod version;
mod words;

pub(in crate::pages) use groups::{PromptGroup, prompt_groups};
pub use version::page as version;
pub(super) use words::Filled;
pub use words::words;

use super::desk::{Answer, Desk, Form, Params, part};
use crate::errors::AppError;
use crate::view::{Errors, Page, Time, View, errors_of};
use crate::visit::SignedIn;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use storywright_application::prompts::{
    PromptDraft, PromptError, create_prompt, delete_prompt, list_prompts, may_change, prompt, prompt_versions,
    restore_prompt, save_prompt, secrets_suspected,
};
use storywright_domain::PromptId;
use storywright_domain::leak::Leak;
use storywright_domain::prompt::{MAX_VARIABLES, Prompt, PromptScope, PromptVariable};

/// Blank rows for further variables.
const SPARE_ROWS: usize = 2;
/// Fields of the form that show their own problem.
const FIELDS: [&str; 5] = ["name", "description", "text", "variables", "note"];

#[derive(Serialize)]
struct PromptsPage {
    lists: Vec<List>,
}

impl View for PromptsPage {
    const TEMPLATE: &'static str = "prompts.html";
}

impl Page for PromptsPage {
    const ACTIVE: &'static str = "prompts";
}

#[derive(Serialize)]
struct List {
    scope: &'static str,
    title: &'static str,
    empty: &'static str,
    prompts: Vec<Line>,
    next_url: Option<String>,
}

#[derive(Serialize)]
struct Line {
    id: String,
    name: String,
    description: String,
    text: String,
    version: u32,
    shared: bool,
    updated: Time,
}

#[derive(Serialize)]
struct PromptPage {
    /// Empty for a new one.
    id: String,
    form: Shown,
    version: u32,
    changeable: bool,
    system: bool,
    errors: Errors,
    versions: Vec<VersionLine>,
    /// What looks like a credential, in sentences.
    suspected: Vec<String>,
}

impl View for PromptPage {
    const TEMPLATE: &'static str = "prompt.html";
}

impl Page for PromptPage {
    const ACTIVE: &'static str = "prompts";
}

/// The form alone.
#[derive(Serialize)]
#[serde(transparent)]
struct PromptForm(PromptPage);

impl View for PromptForm {
    const TEMPLATE: &'static str = "fragments/prompt_form.html";
}

#[derive(Serialize)]
struct Shown {
    name: String,
    description: String,
    text: String,
    shared: bool,
    note: String,
    variables: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    number: usize,
    name: String,
    description: String,
    default: String,
}

#[derive(Serialize)]
struct VersionLine {
    number: u32,
    name: String,
    note: String,
    at: Time,
    current: bool,
}

/// Where a list goes on.
#[derive(Deserialize)]
pub struct Further {
    #[serde(default)]
    scope: String,
    cursor: Option<String>,
}

/// Where a new prompt begins.
#[derive(Deserialize)]
pub struct From {
    #[serde(default)]
    from: String,
}

/// The lists; with a cursor the rest of one of them.
pub async fn list(me: SignedIn, further: Params<Further>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| {
        let Further { scope, cursor } = further.0;
        let only = PromptScope::parse(&scope);
        let scopes = PromptScope::ALL.into_iter().filter(|scope| only.is_none_or(|only| only == *scope));
        let cursor = cursor.filter(|_| only.is_some());
        let lists = scopes.map(|scope| of_scope(desk, scope, cursor.as_deref())).collect::<Result<Vec<_>, _>>()?;
        desk.page(&PromptsPage { lists })
    })
    .await
}

fn of_scope(desk: &Desk<'_>, scope: PromptScope, cursor: Option<&str>) -> Result<List, AppError> {
    let found = list_prompts(desk.ports, &desk.who.actor, scope, cursor)?;
    let (title, empty) = match scope {
        PromptScope::Mine => ("Yours", "What you tell the writer again and again: make your first prompt."),
        PromptScope::Team => ("Shared by colleagues", "Nobody shares one yet."),
        PromptScope::System => ("For everybody", "There is none."),
    };
    let line = |prompt: Prompt| Line {
        id: prompt.id.to_string(),
        text: prompt.body.preview(&BTreeMap::new()),
        name: prompt.name,
        description: prompt.description,
        version: prompt.version,
        shared: prompt.shared,
        updated: desk.time(prompt.updated_at),
    };
    let word = scope.as_str();
    Ok(List {
        scope: word,
        title,
        empty,
        prompts: found.items.into_iter().map(line).collect(),
        next_url: found.next.map(|next| format!("/prompts?scope={word}&cursor={}", super::desk::encoded(&next))),
    })
}

/// The form of a new one, blank or as another.
pub async fn new(me: SignedIn, from: Params<From>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| {
        let copied = match PromptId::parse(&from.0.from) {
            Ok(id) => prompt(desk.ports, &desk.who.actor, id)?,
            Err(_) => None,
        };
        let typed = copied.map(|prompt| PromptDraft { name: format!("{} (copy)", prompt.name), ..draft_of(&prompt) });
        desk.page(&of_new(&typed.unwrap_or_default(), Errors::new()))
    })
    .await
}

fn draft_of(prompt: &Prompt) -> PromptDraft {
    PromptDraft {
        name: prompt.name.clone(),
        description: prompt.description.clone(),
        text: prompt.body.text().to_owned(),
        variables: prompt.body.variables().to_vec(),
        shared: false,
        note: String::new(),
    }
}

fn shown(typed: &PromptDraft) -> Shown {
    let rows = typed.variables.iter().cloned().map(Some).chain(std::iter::repeat_n(None, SPARE_ROWS));
    let row = |(number, variable): (usize, Option<PromptVariable>)| {
        let PromptVariable { name, description, default } = variable.unwrap_or(PromptVariable {
            name: String::new(),
            description: String::new(),
            default: String::new(),
        });
        Row { number, name, description, default }
    };
    Shown {
        name: typed.name.clone(),
        description: typed.description.clone(),
        text: typed.text.clone(),
        shared: typed.shared,
        note: typed.note.clone(),
        variables: rows.take(MAX_VARIABLES).enumerate().map(row).collect(),
    }
}

fn of_new(typed: &PromptDraft, errors: Errors) -> PromptPage {
    PromptPage {
        id: String::new(),
        form: shown(typed),
        version: 0,
        changeable: true,
        system: false,
        errors,
        versions: Vec::new(),
        suspected: Vec::new(),
    }
}

/// The page of one.
pub async fn page(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = prompt_id(&part(me.request(), "id"))?;
    me.serve(move |desk| {
        let stored = prompt(desk.ports, &desk.who.actor, id)?.ok_or(PromptError::NotFound)?;
        let typed = PromptDraft { shared: stored.shared, ..draft_of(&stored) };
        desk.page(&of_stored(desk, &stored, &typed, Errors::new())?)
    })
    .await
}

fn of_stored(desk: &Desk<'_>, stored: &Prompt, typed: &PromptDraft, errors: Errors) -> Result<PromptPage, AppError> {
    let versions = prompt_versions(desk.ports, &desk.who.actor, stored.id, None)?.items.into_iter();
    let line = |version: storywright_domain::prompt::PromptVersion| VersionLine {
        current: version.number == stored.version,
        number: version.number,
        name: version.name,
        note: version.note,
        at: desk.time(version.created_at),
    };
    Ok(PromptPage {
        id: stored.id.to_string(),
        form: shown(typed),
        version: stored.version,
        changeable: may_change(&desk.who.actor, stored),
        system: stored.owner.is_none(),
        errors,
        versions: versions.map(line).collect(),
        suspected: secrets_suspected(stored).iter().map(Leak::told).collect(),
    })
}

fn prompt_id(raw: &str) -> Result<PromptId, AppError> {
    PromptId::parse(raw).map_err(|_| PromptError::NotFound.into())
}

/// What a form says.
fn typed(pairs: &[(String, String)]) -> PromptDraft {
    let one = |name: &str| pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str()).to_owned();
    let rows = pairs.iter().filter_map(|(key, _)| key.strip_prefix("variable.")?.strip_suffix(".name"));
    let variable = |number: &str| PromptVariable {
        name: one(&format!("variable.{number}.name")).trim().to_owned(),
        description: one(&format!("variable.{number}.description")),
        default: one(&format!("variable.{number}.default")),
    };
    let blank = |one: &PromptVariable| {
        one.name.is_empty() && one.description.trim().is_empty() && one.default.trim().is_empty()
    };
    PromptDraft {
        name: one("name"),
        description: one("description"),
        text: one("text"),
        variables: rows.map(variable).filter(|one| !blank(one)).collect(),
        shared: one("shared") == "1",
        note: one("note"),
    }
}

/// Keeps a new one.
pub async fn create(me: SignedIn, sent: Form<Vec<(String, String)>>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| {
        let typed = typed(&sent.0);
        match create_prompt(desk.ports, &desk.who.actor, &typed) {
            Ok(made) => kept(desk, &made, "The prompt is kept."),
            Err(error) => {
                let errors = problems(error)?;
                refused(desk, of_new(&typed, errors))
            }
        }
    })
    .await
}

/// Saves the next version.
pub async fn save(me: SignedIn, sent: Form<Vec<(String, String)>>) -> Result<HttpResponse, AppError> {
    let id = prompt_id(&part(me.request(), "id"))?;
    me.serve(move |desk| {
        let typed = typed(&sent.0);
        match save_prompt(desk.ports, &desk.who.actor, id, expected(&sent.0), &typed) {
            Ok(saved) => kept(desk, &saved, &format!("Version {} is kept.", saved.version)),
            Err(error @ (PromptError::NotFound | PromptError::NotYours)) => Err(error.into()),
            Err(error) => {
                let errors = problems(error)?;
                let stored = prompt(desk.ports, &desk.who.actor, id)?.ok_or(PromptError::NotFound)?;
                refused(desk, of_stored(desk, &stored, &typed, errors)?)
            }
        }
    })
    .await
}

/// Goes to the page of a prompt that was kept; what looks like a credential is said there and then.
fn kept(desk: &Desk<'_>, prompt: &Prompt, words: &str) -> Result<Answer, AppError> {
    let place = format!("/prompts/{}", prompt.id);
    match secrets_suspected(prompt).first() {
        Some(leak) => desk.go_and_say(&place, "warn", &format!("{words} {} {}", leak.told(), Leak::CURE)),
        None => desk.go_and_say(&place, "ok", words),
    }
}

/// The version that a page showed when its button was pressed.
fn expected(pairs: &[(String, String)]) -> u32 {
    pairs.iter().find(|(key, _)| key == "version").and_then(|(_, value)| value.parse().ok()).unwrap_or(0)
}

fn problems(error: PromptError) -> Result<Errors, AppError> {
    match error {
        PromptError::Conflict(stored) => {
            let words = format!(
                "Version {} was saved meanwhile. Nothing of yours is lost: look at what is stored in another tab, then save again \
                 to put this in its place.",
                stored.version
            );
            Ok(Errors::from([("form".to_owned(), words)]))
        }
        error @ (PromptError::Invalid(_) | PromptError::NoteTooLong | PromptError::TooMany) => {
            Ok(errors_of(&error.into(), &FIELDS))
        }
        error => Err(error.into()),
    }
}

fn refused(desk: &Desk<'_>, view: PromptPage) -> Result<Answer, AppError> {
    let answer = if desk.visit.htmx { desk.fragment(&PromptForm(view))? } else { desk.page(&view)? };
    Ok(answer.with_status(StatusCode::UNPROCESSABLE_ENTITY))
}

/// Makes an older version the newest.
pub async fn restore(me: SignedIn, sent: Form<Vec<(String, String)>>) -> Result<HttpResponse, AppError> {
    let (id, number) = (prompt_id(&part(me.request(), "id"))?, version_number(me.request())?);
    me.serve(move |desk| match restore_prompt(desk.ports, &desk.who.actor, id, expected(&sent.0), number) {
        Ok(restored) => {
            kept(desk, &restored, &format!("Version {number} is the newest again, as version {}.", restored.version))
        }
        Err(error) => too_late(desk, id, error),
    })
    .await
}

/// Removes one.
pub async fn delete(me: SignedIn, sent: Form<Vec<(String, String)>>) -> Result<HttpResponse, AppError> {
    let id = prompt_id(&part(me.request(), "id"))?;
    me.serve(move |desk| match delete_prompt(desk.ports, &desk.who.actor, id, expected(&sent.0)) {
        Ok(()) => {
            desk.go_and_say("/prompts", "ok", "The prompt is removed. Drafts keep the words that they got from it.")
        }
        Err(error) => too_late(desk, id, error),
    })
    .await
}

/// Nothing was done because somebody was faster: the page shows what is stored now.
fn too_late(desk: &Desk<'_>, id: PromptId, error: PromptError) -> Result<Answer, AppError> {
    match error {
        PromptError::Conflict(stored) => {
            let words = format!(
                "Version {} was saved meanwhile: nothing was done. Look at it, then decide again.",
                stored.version
            );
            desk.go_and_say(&format!("/prompts/{id}"), "bad", &words)
        }
        error => Err(error.into()),
    }
}

fn version_number(req: &HttpRequest) -> Result<u32, AppError> {
    part(req, "number").parse().map_err(|_| PromptError::NoSuchVersion(0).into())
}
