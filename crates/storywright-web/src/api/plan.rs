//! Plans: what would be sent, and approving it.

use super::body::Json;
use super::drafts::draft_id;
use super::stories::FindingJson;
use super::{Answer, Caller, json, ok};
use actix_web::http::{StatusCode, header};
use actix_web::web;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use storywright_application::publishing::{self, make_plan};
use storywright_domain::publishing::{Plan, PlannedIssue};
use utoipa::ToSchema;

/// A tool that creates issues.
#[derive(Debug, Serialize, ToSchema)]
pub struct ThroughJson {
    /// Id of the MCP server.
    server: String,
    /// The server's name of the tool.
    tool: String,
}

/// What a person approves: exact payloads, and one hash over all of them, host, project and person.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanJson {
    /// Send it to approve exactly this.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    plan_hash: String,
    /// Draft.
    draft_id: String,
    /// Version of the draft.
    version: u32,
    /// Jira site id.
    site: String,
    /// Project key.
    project_key: String,
    /// Label that marks every issue of the run.
    run_label: String,
    /// How an issue of the draft's own type is found again when an answer is lost: `field`, `run_label`, `footer`, `word` or `manual`.
    marker_mode: String,
    /// The same for each issue type, by its name.
    marker_modes: BTreeMap<String, String>,
    /// The MCP server and the tool that create the issues; left out when Jira's own REST API does.
    #[serde(skip_serializing_if = "Option::is_none")]
    through: Option<ThroughJson>,
    /// In the order of the tree: what is below an issue comes after it.
    issues: Vec<PlannedIssueJson>,
    /// Issues of the draft that an earlier run has created: they are not created again.
    existing: Vec<ExistingIssueJson>,
    /// What is worth a look before approving; nothing of it blocks.
    findings: Vec<FindingJson>,
}

/// An issue of the draft that is in Jira already.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExistingIssueJson {
    /// Local reference in the document.
    reference: String,
    /// Key.
    #[schema(example = "PAY-12")]
    key: String,
    /// Summary that it was created with.
    summary: String,
    /// The run that created it.
    run_id: String,
}

/// A link that is made when both of its ends are in Jira.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlannedLinkJson {
    /// `blocks` or `relates_to`.
    kind: &'static str,
    /// The other end: reference in the plan, or the key of an issue that exists.
    to: String,
    /// It goes from the other end to this issue.
    reversed: bool,
}

/// One issue of a plan.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlannedIssueJson {
    /// Local reference in the document.
    #[schema(example = "s1.1")]
    reference: String,
    /// Reference of what it is created under: the epic of a story, the story of a sub-task.
    #[schema(required)]
    parent: Option<String>,
    /// Key of what it is created under, when an earlier run has created that.
    #[schema(required)]
    parent_key: Option<String>,
    /// How far down in the tree: 0 without a parent.
    depth: u32,
    /// Issue type name.
    issue_type: String,
    /// Summary.
    summary: String,
    /// Description as Jira will store it.
    description: String,
    /// The create payload, JSON text, with `@parent` where the parent's key goes.
    payload: String,
    /// SHA-256 of the payload.
    payload_sha256: String,
    /// Links to other issues.
    links: Vec<PlannedLinkJson>,
}

impl From<&Plan> for PlanJson {
    fn from(plan: &Plan) -> Self {
        Self {
            plan_hash: plan.plan_hash.clone(),
            draft_id: plan.draft.to_string(),
            version: plan.version,
            site: plan.site.clone(),
            project_key: plan.project.clone(),
            run_label: plan.run_label.clone(),
            marker_mode: plan.marker_mode.clone(),
            marker_modes: plan.marker_modes.clone(),
            through: plan.through.clone().map(|(server, tool)| ThroughJson { server, tool }),
            issues: plan.issues.iter().map(PlannedIssueJson::from).collect(),
            existing: plan
                .existing
                .iter()
                .map(|issue| ExistingIssueJson {
                    reference: issue.reference.clone(),
                    key: issue.key.clone(),
                    summary: issue.summary.clone(),
                    run_id: issue.run.to_string(),
                })
                .collect(),
            findings: plan.findings.iter().map(FindingJson::from).collect(),
        }
    }
}

impl From<&PlannedIssue> for PlannedIssueJson {
    fn from(issue: &PlannedIssue) -> Self {
        Self {
            reference: issue.reference.clone(),
            parent: issue.parent.clone(),
            parent_key: issue.parent_key.clone(),
            depth: issue.depth,
            issue_type: issue.issue_type.clone(),
            summary: issue.summary.clone(),
            description: issue.description.clone(),
            payload: issue.payload.clone(),
            payload_sha256: issue.payload_sha256.clone(),
            links: issue
                .links
                .iter()
                .map(|link| PlannedLinkJson { kind: link.kind.as_str(), to: link.to.clone(), reversed: link.reversed })
                .collect(),
        }
    }
}

/// Approval of a plan.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// `plan_hash` of the plan that was looked at.
    #[schema(pattern = "^[0-9a-f]{64}$", example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    plan_hash: String,
}

/// A run that was started, or the one that the same idempotency key started before.
#[derive(Serialize, ToSchema)]
pub struct RunStarted {
    /// Look at `GET /runs/{id}`.
    run_id: String,
}

/// The plan of a draft as it is now: exact payloads for every issue, and the hash to approve.
#[utoipa::path(get, path = "/api/v1/drafts/{id}/plan", tag = "Publishing", operation_id = "getPlan",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$")),
    responses((status = 200, description = "The plan.", body = PlanJson),
        (status = 409, description = "Rules block it (`findings`), Jira would refuse something (`errors`), or Jira is not connected.")))]
pub async fn plan(caller: Caller, id: web::Path<String>) -> Answer {
    let plan = caller.run(move |ports, actor| Ok(make_plan(ports, actor, draft_id(&id)?)?)).await?;
    Ok(ok(&PlanJson::from(&plan)))
}

/// Approves a plan and starts creating its issues. The same `Idempotency-Key` gives the same run, however often it is sent.
#[utoipa::path(post, path = "/api/v1/drafts/{id}/publish", tag = "Publishing", operation_id = "publishDraft",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$"),
        ("Idempotency-Key" = String, Header, description = "1 to 100 visible ASCII characters, chosen by the caller, the same for every try.", pattern = "^[!-~]{1,100}$")),
    request_body = Approval,
    responses((status = 202, description = "The run.", body = RunStarted, headers(("Location" = String))),
        (status = 409, description = "The plan has changed (`plan` holds the new one), or there is none.")))]
pub async fn publish(caller: Caller, id: web::Path<String>, body: Json<Approval>) -> Answer {
    let key = caller.request().headers().get("idempotency-key").and_then(|value| value.to_str().ok());
    let key = key.unwrap_or_default().to_owned();
    let run = caller
        .run(move |ports, actor| {
            let id = draft_id(&id)?;
            let body = body.read()?;
            Ok(publishing::publish(ports, actor, id, &body.plan_hash, &key)?)
        })
        .await?;
    let mut answer = json(StatusCode::ACCEPTED, &RunStarted { run_id: run.to_string() });
    if let Ok(address) = header::HeaderValue::from_str(&format!("/api/v1/runs/{run}")) {
        answer.headers_mut().insert(header::LOCATION, address);
    }
    Ok(answer)
}
