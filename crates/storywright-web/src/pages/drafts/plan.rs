//! What Jira will get: exact payloads to approve, what is missing, and the approval itself.

use super::compare::place;
use super::fields::{RequiredField, required};
use super::shown::points;
use super::waive::ShownWaiver;
use super::workspace::Missing;
use super::{draft_id, draft_not_found};
use crate::errors::{AppError, Extra, kinds};
use crate::pages::desk::{Answer, Desk, Form, encoded};
use crate::pages::lists::{issue_url, kind_of};
use crate::view::{Errors, Issue, Page, View, markdown_html};
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use storywright_application::catalog::list_create_fields;
use storywright_application::drafts::draft;
use storywright_application::publishing::{PlanError, PlanProblem, PublishError, make_plan, publish};
use storywright_domain::draft::{Draft, WrongState};
use storywright_domain::publishing::{Plan, PlannedIssue, PlannedLink};
use storywright_domain::story::{LinkKind, Story};

#[derive(Serialize)]
struct ApprovalPage {
    draft: Titled,
    plan: ShownPlan,
    required: Vec<RequiredField>,
    blocked: Vec<Missing>,
    idempotency_key: String,
    errors: Errors,
    failure: Option<Issue>,
}

impl View for ApprovalPage {
    const TEMPLATE: &'static str = "approval.html";
}

impl Page for ApprovalPage {
    const ACTIVE: &'static str = "drafts";
}

#[derive(Serialize)]
struct Titled {
    id: String,
    title: String,
    version: u32,
}

#[derive(Serialize)]
struct ShownPlan {
    hash: String,
    short_hash: String,
    project: Named,
    count: usize,
    button: String,
    issues: Vec<ShownIssue>,
    existing: Vec<Existing>,
    findings: Vec<Worth>,
    waived: Vec<ShownWaiver>,
    marks: Vec<Mark>,
    /// The tool that creates the issues, where it is not Jira itself.
    through: Option<String>,
}

/// An issue of the draft that an earlier run has created.
#[derive(Serialize)]
struct Existing {
    key: String,
    url: String,
    summary: String,
}

/// Something to look at before approving; it does not block.
#[derive(Serialize)]
struct Worth {
    message: String,
    cure: String,
    href: Option<String>,
}

/// How issues of a type are found again when the answer to their creation is lost.
#[derive(Serialize)]
struct Mark {
    type_name: String,
    words: &'static str,
    weak: bool,
}

#[derive(Serialize)]
struct Named {
    key: String,
    name: String,
}

#[derive(Serialize)]
struct ShownIssue {
    r#ref: String,
    depth: u8,
    type_name: String,
    kind: &'static str,
    parent: Option<String>,
    summary: String,
    /// For the address of what is similar; none for sub-tasks.
    similar: Option<String>,
    links: Vec<String>,
    fields: Vec<ShownField>,
    description_html: String,
    description_wiki: String,
    raw_json: String,
}

#[derive(Serialize)]
struct ShownField {
    label: String,
    value: String,
}

/// The approval, as sent.
#[derive(Deserialize)]
pub struct Approval {
    #[serde(default)]
    plan_hash: String,
    #[serde(default)]
    idempotency_key: String,
}

/// The page.
pub async fn page(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    me.serve(move |desk| {
        let stored = draft(desk.ports, &desk.who.actor, id)?.ok_or_else(draft_not_found)?;
        match make_plan(desk.ports, &desk.who.actor, id) {
            Ok(plan) => desk.page(&approval(desk, &stored, Some(plan))),
            Err(PlanError::WrongState(WrongState::Publishing { run } | WrongState::Published { run })) => {
                Ok(desk.go(&format!("/runs/{run}")))
            }
            // Its story creates nothing: it changes an issue, on a page of its own.
            Err(PlanError::ChangesAnIssue(_)) => Ok(desk.go(&format!("/drafts/{id}/change"))),
            Err(error) => desk.page(&refused(desk, &stored, error)?),
        }
    })
    .await
}

/// Takes the approval: the same key gives the same run, however often it is sent.
pub async fn approve(me: SignedIn, approval: Form<Approval>) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    me.serve(move |desk| {
        let Approval { plan_hash, idempotency_key } = approval.0;
        match publish(desk.ports, &desk.who.actor, id, &plan_hash, &idempotency_key) {
            Ok(run) => Ok(desk.go(&format!("/runs/{run}"))),
            Err(PublishError::Plan(PlanError::WrongState(
                WrongState::Publishing { run } | WrongState::Published { run },
            ))) => Ok(desk.go(&format!("/runs/{run}"))),
            Err(error) => again(desk, id, error),
        }
    })
    .await
}

/// The page once more, with why nothing was created.
fn again(desk: &Desk<'_>, id: storywright_domain::DraftId, error: PublishError) -> Result<Answer, AppError> {
    let stored = draft(desk.ports, &desk.who.actor, id)?.ok_or_else(draft_not_found)?;
    let mut view = match error {
        PublishError::Plan(error) => refused(desk, &stored, error)?,
        PublishError::PlanChanged(plan) => {
            let mut view = super::plan::approval(desk, &stored, Some(*plan));
            let text = "The draft or the create screen changed since this page was made. Look at the new plan, then approve it.";
            view.errors.insert("form".to_owned(), text.to_owned());
            view
        }
        other => {
            let error = AppError::from(other);
            if error.status() >= 500 || !matches!(error.extra.as_deref(), Some(Extra::Current(_))) {
                return Err(error);
            }
            let mut view = approval(desk, &stored, None);
            view.blocked.push(Missing { text: error.detail(), href: Some(format!("/drafts/{id}/plan")) });
            view
        }
    };
    view.idempotency_key = new_key(desk);
    Ok(desk.page(&view)?.with_status(StatusCode::CONFLICT))
}

fn new_key(desk: &Desk<'_>) -> String {
    desk.ports.random_token().chars().take(32).collect()
}

fn titled(draft: &Draft) -> Titled {
    Titled { id: draft.id.to_string(), title: draft.title.clone(), version: draft.version }
}

fn approval(desk: &Desk<'_>, draft: &Draft, plan: Option<Plan>) -> ApprovalPage {
    let count = plan.as_ref().map_or_else(|| draft.document.issue_count(), |plan| plan.issues.len());
    let key = draft.project.as_str();
    let names = plan.as_ref().map(|plan| field_names(desk, draft, plan)).unwrap_or_default();
    let issues =
        plan.iter().flat_map(|plan| plan.issues.iter().map(|issue| shown(draft, plan, issue, &names))).collect();
    let (existing, findings, marks) = plan.as_ref().map_or_else(Default::default, |plan| around(desk, draft, plan));
    let waived = plan.as_ref().map(|plan| ShownWaiver::all(desk, &plan.waivers)).unwrap_or_default();
    let through = plan.as_ref().and_then(|plan| plan.through.clone());
    let through = through.map(|(server, tool)| format!("{tool} of {server}"));
    let hash = plan.map(|plan| plan.plan_hash).unwrap_or_default();
    ApprovalPage {
        draft: titled(draft),
        plan: ShownPlan {
            short_hash: hash.chars().take(8).collect(),
            hash,
            project: Named { key: key.to_owned(), name: key.to_owned() },
            count,
            button: format!("Create {count} issue{} in {key}", if count == 1 { "" } else { "s" }),
            issues,
            existing,
            findings,
            waived,
            marks,
            through,
        },
        required: Vec::new(),
        blocked: Vec::new(),
        idempotency_key: new_key(desk),
        errors: Errors::new(),
        failure: None,
    }
}

/// What stands beside the issues of a plan: what exists already, what is worth a look, how lost answers are found.
fn around(desk: &Desk<'_>, draft: &Draft, plan: &Plan) -> (Vec<Existing>, Vec<Worth>, Vec<Mark>) {
    let existing = plan.existing.iter().map(|issue| Existing {
        url: issue_url(desk, &plan.site, &issue.key),
        key: issue.key.clone(),
        summary: issue.summary.clone(),
    });
    let findings = plan.findings.iter().filter(|finding| finding.waived.is_none()).map(|finding| Worth {
        message: finding.message.clone(),
        cure: finding.cure.clone(),
        href: (!finding.field.is_empty()).then(|| format!("/drafts/{}#p-{}", draft.id, finding.field)),
    });
    let marks = plan.marker_modes.iter().map(|(type_name, mode)| {
        let words = match mode.as_str() {
            "field" => "by a mark in the field that the administrator chose",
            "run_label" => "by a label that all issues of this run carry",
            "footer" => "by a word in the last line of the description",
            "word" => "by a word of their own in the last line of the description",
            _ => "only by you: the create screen has no place for a mark",
        };
        Mark { type_name: type_name.clone(), words, weak: mode == "manual" }
    });
    (existing.collect(), findings.collect(), marks.collect())
}

/// The links of an issue in words.
fn links_of(plan: &Plan, issue: &PlannedIssue) -> Vec<String> {
    let words = |link: &PlannedLink| {
        let other = plan.issues.iter().find(|other| other.reference == link.to);
        let other = other.map_or_else(|| link.to.clone(), |other| format!("“{}”", other.summary));
        match (link.kind, link.reversed) {
            (LinkKind::Blocks, false) => format!("blocks {other}"),
            (LinkKind::Blocks, true) => format!("is blocked by {other}"),
            (LinkKind::RelatesTo, _) => format!("relates to {other}"),
        }
    };
    let pages = plan.pages.get(&issue.reference).into_iter().flatten();
    issue.links.iter().map(words).chain(pages.map(|page| format!("links to the page “{}”", page.title))).collect()
}

/// The page of a draft that cannot be created yet.
fn refused(desk: &Desk<'_>, draft: &Draft, error: PlanError) -> Result<ApprovalPage, AppError> {
    let mut view = approval(desk, draft, None);
    match error {
        PlanError::Blocked(findings) => {
            let errors = findings.iter().filter(|finding| finding.blocks());
            view.blocked = errors
                .map(|finding| Missing {
                    text: format!("{}: {}", place(&finding.field), finding.message),
                    href: Some(format!("/drafts/{}#p-{}", draft.id, finding.field)),
                })
                .collect();
        }
        PlanError::Problems(problems) => {
            view.blocked = problems.iter().map(|problem| problem_line(draft, problem)).collect();
            view.required = required(desk, draft, &problems)?;
        }
        PlanError::NotFound => return Err(draft_not_found()),
        other => {
            let error = AppError::from(other);
            if error.kind == &kinds::INTERNAL || error.kind == &kinds::DATABASE_UNAVAILABLE {
                return Err(error);
            }
            view.blocked.push(Missing { text: error.what.clone(), href: None });
            view.failure = Some(desk.issue(&error));
        }
    }
    Ok(view)
}

fn problem_line(draft: &Draft, problem: &PlanProblem) -> Missing {
    let of_epic = draft.document.epics.iter().position(|epic| epic.id == problem.reference);
    let of_story = draft.document.stories.iter().position(|story| story.id == problem.reference);
    let of_subtask = draft
        .document
        .stories
        .iter()
        .position(|story| story.subtasks.iter().any(|subtask| subtask.id == problem.reference));
    let (place, text, level) = match (of_epic, of_story.or(of_subtask)) {
        (Some(index), _) => (format!("epic-{index}"), format!("Epic {}: {}", index + 1, problem.message), "epic"),
        (None, Some(index)) => {
            let level = if of_story.is_some() { "field" } else { "subtask" };
            (format!("story-{index}"), format!("Story {}: {}", index + 1, problem.message), level)
        }
        (None, None) => ("story-0".to_owned(), problem.message.clone(), "field"),
    };
    let href = match problem.code {
        "required_field_missing" => format!("#{level}.{}", problem.field),
        _ => format!("/drafts/{}#{place}", draft.id),
    };
    Missing { text, href: Some(href) }
}

/// Names of the fields as the site shows them, by id. They were asked for a moment ago, for the plan; without them ids are shown.
fn field_names(desk: &Desk<'_>, draft: &Draft, plan: &Plan) -> HashMap<String, String> {
    let mut types: Vec<&str> = plan.issues.iter().map(|issue| issue.issue_type_id.as_str()).collect();
    types.sort_unstable();
    types.dedup();
    let fields = |kind: &str| list_create_fields(desk.ports, &desk.who.actor, &draft.project, kind).unwrap_or_default();
    types.into_iter().flat_map(fields).map(|field| (field.id, field.name)).collect()
}

fn shown(draft: &Draft, plan: &Plan, issue: &PlannedIssue, names: &HashMap<String, String>) -> ShownIssue {
    let story = draft.document.stories.iter().find(|story| story.id == issue.reference);
    let payload: Value = serde_json::from_str(&issue.payload).unwrap_or(Value::Null);
    let parent = issue.parent.as_ref().and_then(|parent| plan.issues.iter().find(|one| one.reference == *parent));
    ShownIssue {
        r#ref: issue.reference.replace('.', "-"),
        depth: u8::try_from(issue.depth).unwrap_or(u8::MAX),
        type_name: issue.issue_type.clone(),
        kind: kind_of(&issue.issue_type, &issue.reference),
        parent: parent.map(|parent| parent.summary.clone()),
        summary: issue.summary.clone(),
        similar: (!issue.reference.contains('.')).then(|| encoded(&issue.reference)),
        links: links_of(plan, issue),
        fields: shown_fields(&payload, story, names),
        description_html: markdown_html(&issue.markdown),
        description_wiki: issue.description.clone(),
        raw_json: serde_json::to_string_pretty(&payload).unwrap_or_else(|_| issue.payload.clone()),
    }
}

/// The fields of the payload beside what the page shows anyway.
fn shown_fields(payload: &Value, story: Option<&Story>, names: &HashMap<String, String>) -> Vec<ShownField> {
    let Some(fields) = payload.get("fields").and_then(Value::as_object) else { return Vec::new() };
    let shown_elsewhere = ["project", "issuetype", "summary", "description", "parent"];
    let estimate = story.and_then(|story| story.story_points).and_then(points).map(Value::Number);
    let epic = story.and_then(|story| story.epic.clone()).map(Value::String);
    fields
        .iter()
        // The place of the parent is shown by the tree.
        .filter(|(id, value)| !shown_elsewhere.contains(&id.as_str()) && value.as_str() != Some("@parent"))
        .map(|(id, value)| {
            let is = |other: &Option<Value>| other.as_ref().is_some_and(|other| same_value(other, value));
            let label = match id.as_str() {
                "labels" => "Labels",
                "priority" => "Priority",
                "components" => "Components",
                "duedate" => "Due date",
                "reporter" => "Reporter",
                "assignee" => "Assignee",
                _ if is(&estimate) => "Story points",
                _ if is(&epic) => "Epic link",
                other => names.get(other).map_or(other, String::as_str),
            };
            ShownField { label: label.to_owned(), value: plain(value) }
        })
        .collect()
}

fn same_value(one: &Value, other: &Value) -> bool {
    one == other || one.as_f64().is_some_and(|number| other.as_f64() == Some(number))
}

/// A JSON value as people read it.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(map) => {
            ["name", "value", "key", "id"].iter().find_map(|key| map.get(*key)).map_or_else(|| value.to_string(), plain)
        }
        other => other.to_string(),
    }
}
