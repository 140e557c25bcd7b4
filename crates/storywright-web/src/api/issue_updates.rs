//! Drafts about issues that are in Jira: begun from one, and changing it.

use super::body::Json;
use super::catalog::FormatName;
use super::drafts::{DraftJson, created, draft_id};
use super::stories::FindingJson;
use super::{Answer, Caller, ok, rfc3339};
use crate::errors::AppError;
use actix_web::web;
use serde::{Deserialize, Serialize};
use storywright_application::Ports;
use storywright_application::drafts::draft;
use storywright_application::issue_updates::{
    self, NewFromIssue, UpdateError, begin_from_issue, issue_of_draft, plan_update, settle_update, update_issue,
};
use storywright_domain::DraftId;
use storywright_domain::issue_update::{DraftIssue, IssueUpdate, UpdatePlan, UpdateWish};
use storywright_domain::person::Actor;
use utoipa::ToSchema;

/// A draft about an issue.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FromIssue {
    /// Key or address of the issue.
    #[schema(example = "PAY-12", max_length = 2_000)]
    issue: String,
    /// `improve`: the same issue in better words. `break_down`: smaller stories in its place.
    #[schema(example = "improve", pattern = "^(improve|break_down)$")]
    purpose: String,
    /// How stories are told.
    #[schema(value_type = FormatName)]
    format: String,
    /// Own words to the model.
    #[schema(max_length = 4_000)]
    prompt: Option<String>,
    /// Rule set id; that of the project when left out.
    #[schema(example = "default")]
    rule_set: Option<String>,
}

/// Which words the issue is to get.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateWished {
    /// The edition whose earlier words are put back; the words of the draft when left out.
    puts_back: Option<u32>,
}

/// A change that a person approves.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovedUpdate {
    /// As it was planned.
    puts_back: Option<u32>,
    /// `hash` of the plan.
    hash: String,
}

/// What would be changed.
#[derive(Serialize, ToSchema)]
pub struct UpdatePlanJson {
    /// Which change of this draft it is.
    edition: u32,
    /// The edition whose earlier words are put back.
    #[schema(required)]
    puts_back: Option<u32>,
    /// Site id.
    site: String,
    /// Numeric id of the issue.
    issue_id: String,
    /// Its key now.
    key: String,
    /// Its summary now. Untrusted.
    summary_now: String,
    /// Its description now, as it is stored. Untrusted.
    description_now: String,
    /// Summary that it gets.
    summary: String,
    /// Description that it gets, as it will be stored.
    description: String,
    /// The bytes that are sent, as JSON text.
    payload: String,
    /// It has other words than when the draft was begun or this draft changed it last.
    changed_since: bool,
    /// Sentences of the issue that the new words do not cover.
    uncovered: Vec<String>,
    /// What the rules say of the new words.
    findings: Vec<FindingJson>,
    /// Send it with the approval.
    hash: String,
}

/// A change of an issue.
#[derive(Serialize, ToSchema)]
pub struct IssueUpdateJson {
    /// From 1, one more for each change.
    edition: u32,
    /// The edition whose earlier words were put back.
    #[schema(required)]
    puts_back: Option<u32>,
    /// `sending`, `written`, `refused`, `unknown` (never sent again by itself: settle it) or `absent`.
    #[schema(example = "written")]
    state: &'static str,
    /// Key of the issue when it was approved.
    key: String,
    /// Summary that it took the place of.
    before_summary: String,
    /// Summary that was sent.
    summary: String,
    /// What went wrong.
    note: String,
    /// What was approved.
    plan_hash: String,
    /// When it was sent.
    #[schema(format = DateTime)]
    sent_at: String,
}

/// The issue that a draft is about, and what was changed there.
#[derive(Serialize, ToSchema)]
pub struct AboutIssue {
    /// `improve` or `break_down`.
    #[schema(example = "improve")]
    purpose: &'static str,
    /// Site id.
    site: String,
    /// Numeric id of the issue.
    issue_id: String,
    /// Its key when the draft was begun.
    key: String,
    /// Name of its issue type.
    issue_type: String,
    /// Whether other issues live in it.
    epic: bool,
    /// Changes, newest first, at most 50.
    updates: Vec<IssueUpdateJson>,
}

fn wish(puts_back: Option<u32>) -> UpdateWish {
    puts_back.map_or(UpdateWish::Rewrite, |edition| UpdateWish::PutBack { edition })
}

fn plan_json(plan: UpdatePlan) -> UpdatePlanJson {
    UpdatePlanJson {
        edition: plan.edition,
        puts_back: plan.puts_back,
        site: plan.site,
        issue_id: plan.now.issue.id,
        key: plan.now.issue.key,
        summary_now: plan.now.issue.summary,
        description_now: plan.now.issue.description,
        summary: plan.summary,
        description: plan.description,
        payload: plan.payload,
        changed_since: plan.changed_since,
        uncovered: plan.uncovered,
        findings: plan.findings.iter().map(FindingJson::from).collect(),
        hash: plan.hash,
    }
}

fn update_json(update: IssueUpdate) -> IssueUpdateJson {
    IssueUpdateJson {
        edition: update.edition,
        puts_back: update.puts_back,
        state: update.state.as_str(),
        key: update.key,
        before_summary: update.before_summary,
        summary: update.summary,
        note: update.note,
        plan_hash: update.plan_hash,
        sent_at: rfc3339(update.sent_at),
    }
}

fn about_json(about: DraftIssue, updates: Vec<IssueUpdate>) -> AboutIssue {
    AboutIssue {
        purpose: about.purpose.as_str(),
        site: about.site,
        issue_id: about.issue_id,
        key: about.key,
        issue_type: about.issue_type,
        epic: about.epic,
        updates: updates.into_iter().map(update_json).collect(),
    }
}

/// The issue that the person's draft is about: asked before what they send is looked at.
fn about(ports: &Ports, actor: &Actor, id: DraftId) -> Result<DraftIssue, AppError> {
    match issue_of_draft(ports, actor, id)? {
        Some(about) => Ok(about),
        None if draft(ports, actor, id)?.is_some() => Err(UpdateError::NotAboutAnIssue.into()),
        None => Err(UpdateError::NotFound.into()),
    }
}

/// Makes a draft about an issue that is in Jira, with the issue as its first source. `generate` writes it.
#[utoipa::path(post, path = "/api/v1/drafts/from-issue", tag = "Drafts", operation_id = "createDraftFromIssue", request_body = FromIssue,
    responses((status = 201, description = "The draft.", body = DraftJson, headers(("ETag" = String), ("Location" = String))), (status = 422, description = "The input has problems; `errors` names every field.")))]
pub async fn create(caller: Caller, body: Json<FromIssue>) -> Answer {
    let made = caller
        .run(move |ports, actor| {
            let body = body.read()?;
            let new = NewFromIssue {
                issue: body.issue,
                purpose: body.purpose,
                prompt: body.prompt.unwrap_or_default(),
                format: body.format,
                rule_set: body.rule_set.unwrap_or_default(),
            };
            Ok(begin_from_issue(ports, actor, &new)?)
        })
        .await?;
    Ok(created(&made))
}

/// The issue that a draft is about, and what was changed there.
#[utoipa::path(get, path = "/api/v1/drafts/{id}/issue", tag = "Drafts", operation_id = "showIssueOfDraft",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$")),
    responses((status = 200, description = "The issue.", body = AboutIssue), (status = 409, description = "The draft is about no issue.")))]
pub async fn show(caller: Caller, id: web::Path<String>) -> Answer {
    let (about, updates) = caller
        .run(move |ports, actor| {
            let id = draft_id(&id)?;
            let about = about(ports, actor, id)?;
            Ok((about, issue_updates::issue_updates(ports, actor, id)?))
        })
        .await?;
    Ok(ok(&about_json(about, updates)))
}

/// Says exactly what would be changed in the issue. Nothing is.
#[utoipa::path(post, path = "/api/v1/drafts/{id}/issue/plan", tag = "Publishing", operation_id = "planIssueUpdate",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$")), request_body = UpdateWished,
    responses((status = 200, description = "Approve its `hash`.", body = UpdatePlanJson),
        (status = 409, description = "The draft improves no issue, has not one story, is blocked by rules, or an earlier change is not settled.")))]
pub async fn plan(caller: Caller, id: web::Path<String>, body: Json<UpdateWished>) -> Answer {
    let plan = caller
        .run(move |ports, actor| {
            let id = draft_id(&id)?;
            about(ports, actor, id)?;
            Ok(plan_update(ports, actor, id, wish(body.read()?.puts_back))?)
        })
        .await?;
    Ok(ok(&plan_json(plan)))
}

/// Changes the issue as approved. The answer says what became of it; an unknown outcome is looked up, never sent again by itself.
#[utoipa::path(post, path = "/api/v1/drafts/{id}/issue", tag = "Publishing", operation_id = "updateIssue",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$")), request_body = ApprovedUpdate,
    responses((status = 200, description = "What became of it: look at `state`.", body = IssueUpdateJson),
        (status = 409, description = "What would be changed is not what was approved.")))]
pub async fn update(caller: Caller, id: web::Path<String>, body: Json<ApprovedUpdate>) -> Answer {
    let update = caller
        .run(move |ports, actor| {
            let id = draft_id(&id)?;
            about(ports, actor, id)?;
            let approved = body.read()?;
            Ok(update_issue(ports, actor, id, wish(approved.puts_back), &approved.hash)?)
        })
        .await?;
    Ok(ok(&update_json(update)))
}

/// Looks up what became of a change whose answer was lost.
#[utoipa::path(post, path = "/api/v1/drafts/{id}/issue/settle", tag = "Publishing", operation_id = "settleIssueUpdate",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$")),
    responses((status = 200, description = "What is known now.", body = IssueUpdateJson), (status = 409, description = "Nothing is to be looked up.")))]
pub async fn settle(caller: Caller, id: web::Path<String>) -> Answer {
    let update = caller.run(move |ports, actor| Ok(settle_update(ports, actor, draft_id(&id)?)?)).await?;
    Ok(ok(&update_json(update)))
}
