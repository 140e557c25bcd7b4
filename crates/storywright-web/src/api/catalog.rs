//! What can be chosen from, and checking a story that is no draft.

use super::body::Json;
use super::stories::{FindingJson, StoryJson};
use super::{Answer, Caller, ok};
use crate::errors::{AppError, FieldProblem};
use crate::state::AppState;
use actix_web::web;
use serde::{Deserialize, Serialize};
use storywright_application::Ports;
use storywright_application::catalog::{list_issue_types, list_projects};
use storywright_application::drafts::validate_story;
use storywright_domain::finding::blocks;
use storywright_domain::jira::ProjectKey;
use storywright_domain::remote::{Site, SiteKind};
use storywright_domain::story::{Story, StoryFormat};
use utoipa::ToSchema;

/// An entry of the administrator's list.
#[derive(Serialize, ToSchema)]
pub struct SiteJson {
    /// Short stable name, used in other calls.
    #[schema(example = "jira")]
    pub id: String,
    /// Name for people.
    #[schema(example = "Jira (Frankfurt)")]
    pub name: String,
    /// `jira` or `confluence`.
    #[schema(example = "jira")]
    pub kind: &'static str,
    /// Where it is.
    #[schema(example = "https://jira.corp.example/jira")]
    pub base_url: String,
}

impl From<&Site> for SiteJson {
    fn from(site: &Site) -> Self {
        let kind = match site.kind {
            SiteKind::Jira => "jira",
            SiteKind::Confluence => "confluence",
        };
        Self { id: site.id.clone(), name: site.name.clone(), kind, base_url: site.base_url.clone() }
    }
}

/// The sites that can be connected to.
#[derive(Serialize, ToSchema)]
pub struct Sites {
    items: Vec<SiteJson>,
}

/// A Jira project that the person can see.
#[derive(Serialize, ToSchema)]
pub struct ProjectJson {
    /// Numeric id as text.
    id: String,
    /// Key.
    #[schema(example = "PAY")]
    key: String,
    /// Name.
    #[schema(example = "Payments")]
    name: String,
}

/// Projects.
#[derive(Serialize, ToSchema)]
pub struct Projects {
    items: Vec<ProjectJson>,
}

/// An issue type of a project.
#[derive(Serialize, ToSchema)]
pub struct IssueTypeJson {
    /// Id: the same in every language.
    #[schema(example = "10001")]
    id: String,
    /// Name as the site shows it.
    #[schema(example = "Story")]
    name: String,
    /// Whether it lives under another issue.
    subtask: bool,
}

/// Issue types.
#[derive(Serialize, ToSchema)]
pub struct IssueTypes {
    items: Vec<IssueTypeJson>,
}

/// A story to be checked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ValidateRequest {
    /// The story.
    story: StoryJson,
    /// Rule set id; `default` when left out.
    #[schema(example = "default")]
    rule_set: Option<String>,
    /// `classic`, `bdd` or `custom`; what the story looks like when left out.
    #[schema(value_type = Option<FormatName>)]
    format: Option<String>,
}

/// How stories are told.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only the description of the API uses it")]
pub enum FormatName {
    /// As a …, I want …, so that ….
    Classic,
    /// Given, When, Then.
    Bdd,
    /// Sections that the team names itself.
    Custom,
}

/// What the rules say.
#[derive(Serialize, ToSchema)]
pub struct ValidateAnswer {
    /// Whether any finding blocks creation.
    blocked: bool,
    /// All findings.
    findings: Vec<FindingJson>,
}

/// The id of a listed site that is named by id or by base address; what fits none is left as it is, to be refused by name.
pub(super) fn site_id(ports: &Ports, kind: SiteKind, raw: &str) -> String {
    let raw = raw.trim();
    let fits = |site: &&Site| site.kind == kind && (site.id == raw || site.base_url == raw.trim_end_matches('/'));
    ports.settings.sites.iter().find(fits).map_or_else(|| raw.to_owned(), |site| site.id.clone())
}

/// The sites on the administrator's list.
#[utoipa::path(get, path = "/api/v1/sites", tag = "Catalog", operation_id = "listSites",
    responses((status = 200, description = "The sites.", body = Sites)))]
pub async fn sites(state: web::Data<AppState>) -> Answer {
    Ok(ok(&Sites { items: state.ports.settings.sites.iter().map(SiteJson::from).collect() }))
}

/// The projects that the person can see.
#[utoipa::path(get, path = "/api/v1/projects", tag = "Catalog", operation_id = "listProjects",
    responses((status = 200, description = "The projects by key.", body = Projects), (status = 409, description = "Jira is not connected.")))]
pub async fn projects(caller: Caller) -> Answer {
    let projects = caller.run(|ports, actor| Ok(list_projects(ports, actor)?)).await?;
    let items = projects.into_iter().map(|it| ProjectJson { id: it.id, key: it.key, name: it.name }).collect();
    Ok(ok(&Projects { items }))
}

/// The issue types that the person may create in a project; empty when they may create nothing there.
#[utoipa::path(get, path = "/api/v1/projects/{key}/issue-types", tag = "Catalog", operation_id = "listIssueTypes",
    params(("key" = String, Path, description = "Project key.", pattern = "^[A-Z][A-Z0-9_]{1,9}$", example = "PAY")),
    responses((status = 200, description = "The issue types.", body = IssueTypes), (status = 409, description = "Jira is not connected.")))]
pub async fn issue_types(caller: Caller, key: web::Path<String>) -> Answer {
    let types = caller
        .run(move |ports, actor| {
            let key = ProjectKey::parse(&key)
                .map_err(|error| AppError::field("key", "project_key_invalid", &error.to_string()))?;
            Ok(list_issue_types(ports, actor, &key)?)
        })
        .await?;
    let items = types.into_iter().map(|it| IssueTypeJson { id: it.id, name: it.name, subtask: it.subtask }).collect();
    Ok(ok(&IssueTypes { items }))
}

/// Checks a story against a rule set without keeping it.
#[utoipa::path(post, path = "/api/v1/validate", tag = "Catalog", operation_id = "validateStory", request_body = ValidateRequest,
    responses((status = 200, description = "All findings; none when the story is good.", body = ValidateAnswer)))]
pub async fn validate(caller: Caller, body: Json<ValidateRequest>) -> Answer {
    let findings = caller
        .run(move |ports, _| {
            let body = body.read()?;
            let story = Story::from(body.story);
            let format = match &body.format {
                Some(raw) => StoryFormat::parse(raw).ok_or_else(unknown_format)?,
                None => format_of(&story),
            };
            validate_story(ports, story, format, body.rule_set.as_deref())?.ok_or_else(unknown_rule_set)
        })
        .await?;
    let answer =
        ValidateAnswer { blocked: blocks(&findings), findings: findings.iter().map(FindingJson::from).collect() };
    Ok(ok(&answer))
}

/// How a story is told, as far as its parts say.
fn format_of(story: &Story) -> StoryFormat {
    if !story.scenarios.is_empty() {
        StoryFormat::Bdd
    } else if !story.sections.is_empty() {
        StoryFormat::Custom
    } else {
        StoryFormat::Classic
    }
}

/// The format is not one of ours.
pub(super) fn unknown_format() -> AppError {
    AppError::invalid(vec![FieldProblem::new("format", "format_unknown", "choose classic, bdd or custom")])
}

fn unknown_rule_set() -> AppError {
    AppError::field("rule_set", "rule_set_unknown", "there is no such rule set: choose one of GET /api/v1/rule-sets")
}
