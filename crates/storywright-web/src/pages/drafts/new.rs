//! A new draft: requirements, format, project, issue type, rules, own words.

use crate::errors::AppError;
use crate::pages::dashboard::connection_name;
use crate::pages::desk::{Answer, Desk, Form, Params};
use crate::pages::prompts::{PromptGroup, prompt_groups};
use crate::view::{Choice, Errors, Issue, Page, View, errors_of};
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};
use storywright_application::agent::can_look_up;
use storywright_application::catalog::{list_issue_types, list_projects};
use storywright_application::drafting::generate_with;
use storywright_application::drafts::{NewDraft, PromptTaken, create_draft, create_draft_for_sources};
use storywright_application::integrations::list_integrations;
use storywright_application::rule_sets::rule_set_choices;
use storywright_application::trials::{TrialError, trial};
use storywright_domain::draft::Requirements;
use storywright_domain::integration::IntegrationKind;
use storywright_domain::jira::{Project, ProjectKey};
use storywright_domain::rule_keeping::{RuleSetOutline, RuleSetSummary};
use storywright_domain::rules::Oversize;
use storywright_domain::{PromptId, TrialId};

/// What was typed, or what the address suggests.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Typed {
    requirements: String,
    format: String,
    custom_sections: String,
    project_key: String,
    issue_type: String,
    rule_set: String,
    prompt_id: String,
    prompt_version: String,
    prompt: String,
    look_up: String,
    #[serde(skip_serializing)]
    generate: String,
    /// A trial whose text and prompt are taken over, and the number of the column.
    #[serde(skip_serializing)]
    trial: String,
    #[serde(skip_serializing)]
    column: String,
}

#[derive(Serialize)]
struct NewDraftPage {
    form: Typed,
    projects: Vec<ProjectChoice>,
    projects_problem: Option<Issue>,
    issue_types: Vec<Choice>,
    rule_sets: Vec<Choice>,
    prompts: Vec<PromptGroup>,
    errors: Errors,
    missing: Vec<Missing>,
    can_look_up: bool,
    requirements_max: usize,
}

impl View for NewDraftPage {
    const TEMPLATE: &'static str = "draft_new.html";
}

impl Page for NewDraftPage {
    const ACTIVE: &'static str = "new";
}

#[derive(Serialize)]
#[serde(transparent)]
struct DraftForm(NewDraftPage);

impl View for DraftForm {
    const TEMPLATE: &'static str = "fragments/draft_form.html";
}

#[derive(Serialize)]
struct ProjectChoice {
    key: String,
    name: String,
}

#[derive(Serialize)]
struct Missing {
    text: String,
    href: &'static str,
    action: &'static str,
}

/// The form.
pub async fn page(me: SignedIn, suggested: Params<Typed>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| {
        let view = read(desk, from_trial(desk, suggested.0)?, Errors::new())?;
        desk.page(&view)
    })
    .await
}

/// Text, format and words of the column of a trial, when the address names one.
fn from_trial(desk: &Desk<'_>, form: Typed) -> Result<Typed, AppError> {
    let (Ok(id), Ok(number)) = (TrialId::parse(&form.trial), form.column.parse()) else { return Ok(form) };
    let found = trial(desk.ports, &desk.who.actor, id)?.ok_or(TrialError::NotFound)?;
    let column = found.column(number).ok_or(TrialError::NoSuchColumn(number))?;
    let (prompt_id, prompt_version) = match &column.prompt_from {
        Some(from) => (from.prompt.to_string(), from.version.to_string()),
        None => (String::new(), String::new()),
    };
    Ok(Typed {
        requirements: found.requirements.as_str().to_owned(),
        format: found.format.as_str().to_owned(),
        rule_set: found.rule_set.clone(),
        prompt: column.words.clone(),
        prompt_id,
        prompt_version,
        ..form
    })
}

/// Makes the draft, and starts writing it if asked.
pub async fn create(me: SignedIn, typed: Form<Typed>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| {
        let form = typed.0;
        let new = NewDraft {
            requirements: form.requirements.clone(),
            format: form.format.clone(),
            prompt: prompt_with_sections(&form),
            prompt_taken: prompt_taken(&form),
            project_key: form.project_key.clone(),
            issue_type: form.issue_type.clone(),
            rule_set: form.rule_set.clone(),
        };
        // A prompt was chosen, but its words were never put in: that would be lost without a word.
        if !form.prompt_id.is_empty() && form.prompt.trim().is_empty() {
            let message =
                "the words of the chosen prompt are not here yet: fill in and put them in, or choose None above";
            return refused(desk, form, &AppError::field("prompt", "prompt_invalid", message));
        }
        // Whoever saves without writing may begin from sources, which are added in the workspace.
        let make = if form.generate == "sources" { create_draft_for_sources } else { create_draft };
        match make(desk.ports, &desk.who.actor, &new).map_err(AppError::from) {
            Ok(draft) => begin(desk, draft.id, form.generate == "1", form.look_up == "1"),
            Err(error) if error.status() != 500 => refused(desk, form, &error),
            Err(error) => Err(error),
        }
    })
    .await
}

/// The prompt that was chosen, with the words that its field holds now.
fn prompt_taken(form: &Typed) -> Option<PromptTaken> {
    let prompt = PromptId::parse(&form.prompt_id).ok()?;
    Some(PromptTaken { prompt, version: form.prompt_version.parse().ok(), words: form.prompt.clone() })
}

/// The headings that a person wants in a custom story travel with their own words.
fn prompt_with_sections(form: &Typed) -> String {
    let headings: Vec<&str> =
        form.custom_sections.split(';').map(str::trim).filter(|heading| !heading.is_empty()).collect();
    if form.format != "custom" || headings.is_empty() {
        return form.prompt.clone();
    }
    let line = format!("Use these sections: {}.", headings.join("; "));
    if form.prompt.trim().is_empty() { line } else { format!("{line}\n{}", form.prompt) }
}

pub(super) fn begin(
    desk: &Desk<'_>,
    id: storywright_domain::DraftId,
    write: bool,
    look_up: bool,
) -> Result<Answer, AppError> {
    let place = format!("/drafts/{id}");
    if !write {
        return Ok(desk.go(&place));
    }
    match generate_with(desk.ports, &desk.who.actor, id, look_up).map_err(AppError::from) {
        Ok(_) => Ok(desk.go(&place)),
        // The draft is kept; why nothing is written stands on its page.
        Err(error) => {
            desk.go_and_say(&place, "warn", &format!("The draft is saved but not written. {}", error.detail()))
        }
    }
}

fn refused(desk: &Desk<'_>, form: Typed, error: &AppError) -> Result<Answer, AppError> {
    let errors = errors_of(error, &["requirements", "format", "project_key", "issue_type", "rule_set", "prompt"]);
    let view = read(desk, form, errors)?;
    let answer = if desk.visit.htmx { desk.fragment(&DraftForm(view))? } else { desk.page(&view)? };
    let status = if error.status() == 503 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(answer.with_status(status))
}

fn read(desk: &Desk<'_>, mut form: Typed, errors: Errors) -> Result<NewDraftPage, AppError> {
    let missing: Vec<Missing> = list_integrations(desk.ports, &desk.who.actor)?
        .into_iter()
        .filter(|(kind, one)| {
            *kind != IntegrationKind::Confluence && !one.as_ref().is_some_and(|one| one.health.is_ok())
        })
        .map(|(kind, _)| Missing {
            text: format!("{} is not connected and tested.", connection_name(kind)),
            href: "/integrations",
            action: "Connect it",
        })
        .collect();
    let (projects, projects_problem) = match list_projects(desk.ports, &desk.who.actor).map_err(AppError::from) {
        Ok(projects) => (projects, None),
        Err(error) => (Vec::new(), Some(desk.issue(&error))),
    };
    if form.project_key.is_empty()
        && let [only] = projects.as_slice()
    {
        form.project_key.clone_from(&only.key);
    }
    let issue_types = issue_types(desk, &projects, &form.project_key);
    if form.issue_type.is_empty()
        && let Some(first) =
            issue_types.iter().find(|kind| kind.label.eq_ignore_ascii_case("story")).or(issue_types.first())
    {
        form.issue_type.clone_from(&first.value);
    }
    Ok(NewDraftPage {
        form,
        projects: projects.into_iter().map(|project| ProjectChoice { key: project.key, name: project.name }).collect(),
        projects_problem,
        issue_types,
        rule_sets: rule_set_choices(desk.ports)?.iter().map(rule_choice).collect(),
        prompts: prompt_groups(desk)?,
        errors,
        missing,
        can_look_up: can_look_up(desk.ports)?,
        requirements_max: Requirements::MAX_BYTES,
    })
}

/// The standard issue types of a project; none when Jira cannot be asked, which the page says elsewhere.
fn issue_types(desk: &Desk<'_>, projects: &[Project], key: &str) -> Vec<Choice> {
    let Some(key) = ProjectKey::parse(key).ok().filter(|key| projects.iter().any(|one| one.key == key.as_str())) else {
        return Vec::new();
    };
    match list_issue_types(desk.ports, &desk.who.actor, &key) {
        Ok(types) => types.iter().filter(|kind| !kind.subtask).map(|kind| Choice::new(&kind.id, &kind.name)).collect(),
        Err(error) => {
            log::warn!(request_id = desk.visit.request_id.as_str(), error = error.to_string().as_str(); "issue types cannot be listed");
            Vec::new()
        }
    }
}

pub(super) fn rule_choice(rules: &RuleSetSummary) -> Choice {
    let RuleSetOutline { max_story_points, oversize, .. } = rules.outline;
    let above = match oversize {
        Oversize::Split => "larger ones are split",
        Oversize::Reject => "larger ones are refused",
    };
    Choice::new(&rules.id, &format!("{}: at most {} points, {above}", rules.name, max_story_points))
}
