//! Runs: what was created, what was refused, what is not known, and what a person can do about it.

use super::desk::{Answer, Desk, Form, Params, encoded, part};
use super::lists::{issue_url, kind_of};
use crate::errors::{AppError, kinds, sentence};
use crate::view::{Page, Time, View};
use crate::visit::SignedIn;
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use storywright_application::drafts::draft;
use storywright_application::publishing::{
    Resolution, ResolveError, RunView, list_runs, resolve_item, resume_run, retry_run, run_view, stop_run,
};
use storywright_domain::publishing::{ItemState, Run, RunItem, RunState, depths};
use storywright_domain::{DraftId, ItemId, RunId};

#[derive(Serialize)]
struct RunPage {
    run: ShownRun,
}

impl View for RunPage {
    const TEMPLATE: &'static str = "run.html";
}

impl Page for RunPage {
    const ACTIVE: &'static str = "runs";
}

#[derive(Serialize)]
#[serde(transparent)]
struct RunPart(RunPage);

impl View for RunPart {
    const TEMPLATE: &'static str = "fragments/run.html";
}

#[derive(Serialize)]
struct ShownRun {
    id: String,
    draft_id: String,
    draft_title: String,
    project_key: String,
    state: &'static str,
    reason: Option<String>,
    job_id: Option<String>,
    last_event_id: u64,
    started: Time,
    finished: Option<Time>,
    totals: Totals,
    can_stop: bool,
    can_resume: bool,
    can_correct: bool,
    items: Vec<ShownItem>,
}

#[derive(Serialize)]
struct Totals {
    total: usize,
    created: usize,
    waiting: usize,
    rejected: usize,
    unknown: usize,
    unlinked: usize,
    blocked: usize,
    absent: usize,
    differing: usize,
}

#[derive(Serialize)]
struct ShownItem {
    id: String,
    depth: u32,
    kind: &'static str,
    type_name: String,
    summary: String,
    state: &'static str,
    key: Option<String>,
    url: Option<String>,
    message: Option<String>,
    fields: Vec<Refused>,
    differences: Vec<Differs>,
    duplicates: Vec<Linked>,
    looking: Option<Time>,
    can_retry: bool,
    question: Option<String>,
}

/// A field that Jira refused.
#[derive(Serialize)]
struct Refused {
    id: String,
    message: String,
}

/// A field that Jira stored otherwise than it was sent.
#[derive(Serialize)]
struct Differs {
    id: String,
    name: String,
    sent: String,
    stored: String,
}

/// An issue to look at.
#[derive(Serialize)]
struct Linked {
    key: String,
    url: String,
}

#[derive(Serialize)]
struct RunsPage {
    runs: Vec<RunRow>,
    next_url: Option<String>,
}

impl View for RunsPage {
    const TEMPLATE: &'static str = "runs.html";
}

impl Page for RunsPage {
    const ACTIVE: &'static str = "runs";
}

#[derive(Serialize)]
struct RunRow {
    id: String,
    draft_id: String,
    draft_title: String,
    project_key: String,
    state: &'static str,
    created: usize,
    total: usize,
    unknown: usize,
    rejected: usize,
    started: Time,
}

/// Where a list goes on.
#[derive(Deserialize)]
pub struct Place {
    #[serde(default)]
    pub(super) cursor: String,
}

/// What a person decides about an issue.
#[derive(Deserialize)]
pub struct Decision {
    #[serde(default)]
    decision: String,
    #[serde(default)]
    key: String,
}

fn run_id(req: &HttpRequest) -> Result<RunId, AppError> {
    RunId::parse(&part(req, "id")).map_err(|_| run_not_found())
}

fn run_not_found() -> AppError {
    AppError::new(&kinds::RUN_NOT_FOUND, "There is no such run among yours", "Look in the list of runs")
}

/// All runs, newest first.
pub async fn list(me: SignedIn, place: Params<Place>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| {
        let cursor = Some(place.0.cursor.as_str()).filter(|cursor| !cursor.is_empty());
        let slice = list_runs(desk.ports, &desk.who.actor, cursor)?;
        let mut titles = HashMap::new();
        let runs = slice.items.iter().map(|run| row(desk, run, &mut titles)).collect::<Result<_, _>>()?;
        let next_url = slice.next.map(|cursor| format!("/runs?cursor={}", encoded(&cursor)));
        desk.page(&RunsPage { runs, next_url })
    })
    .await
}

fn row(desk: &Desk<'_>, run: &Run, titles: &mut HashMap<DraftId, String>) -> Result<RunRow, AppError> {
    let draft_title = match titles.get(&run.draft) {
        Some(title) => title.clone(),
        None => {
            let title = title(desk, run)?;
            titles.insert(run.draft, title.clone());
            title
        }
    };
    let items = run_view(desk.ports, &desk.who.actor, run.id)?.map(|view| view.items).unwrap_or_default();
    let totals = totals(&items);
    Ok(RunRow {
        id: run.id.to_string(),
        draft_id: run.draft.to_string(),
        draft_title,
        project_key: run.project.clone(),
        state: state(run, &totals),
        created: totals.created,
        total: totals.total,
        unknown: totals.unknown,
        rejected: totals.rejected,
        started: desk.time(run.approved_at),
    })
}

/// One run: the page, or the part of it that changes while issues are created.
pub async fn page(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = run_id(me.request())?;
    me.serve(move |desk| {
        if desk.visit.htmx {
            return fragment(desk, id);
        }
        let view = run_view(desk.ports, &desk.who.actor, id)?.ok_or_else(run_not_found)?;
        desk.page(&RunPage { run: shown(desk, view)? })
    })
    .await
}

/// Stops a run; what is under way is finished and written down.
pub async fn stop(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = run_id(me.request())?;
    me.serve(move |desk| {
        run_view(desk.ports, &desk.who.actor, id)?.ok_or_else(run_not_found)?;
        stop_run(desk.ports, &desk.who.actor, id)?;
        fragment(desk, id)
    })
    .await
}

/// Goes on with what is not in Jira yet.
pub async fn resume(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = run_id(me.request())?;
    me.serve(move |desk| {
        resume_run(desk.ports, &desk.who.actor, id)?;
        fragment(desk, id)
    })
    .await
}

/// Gives the draft back for correction: its next plan holds only what is missing.
pub async fn correct(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = run_id(me.request())?;
    me.serve(move |desk| {
        let draft = retry_run(desk.ports, &desk.who.actor, id).map_err(|error| match error {
            ResolveError::NotFound => run_not_found(),
            other => other.into(),
        })?;
        let said = "Correct what Jira refused. The next plan holds only the issues that are missing.";
        desk.go_and_say(&format!("/drafts/{draft}"), "ok", said)
    })
    .await
}

/// Settles an issue whose answer was lost, or tries again what was refused.
pub async fn resolve(me: SignedIn, decision: Form<Decision>) -> Result<HttpResponse, AppError> {
    let id = run_id(me.request())?;
    let item = ItemId::parse(&part(me.request(), "item"))
        .map_err(|_| AppError::new(&kinds::ITEM_NOT_FOUND, "There is no such issue in this run", "Reload the page"))?;
    me.serve(move |desk| {
        let view = run_view(desk.ports, &desk.who.actor, id)?.ok_or_else(run_not_found)?;
        let unknown = view.items.iter().any(|one| one.id == item && one.state.is_in_doubt());
        let Decision { decision, key } = decision.0;
        let resolution = match decision.as_str() {
            "adopt" => Resolution::Exists(key),
            "create" => Resolution::CreateAgain,
            "retry" if unknown => Resolution::CheckAgain,
            "retry" => {
                resume_run(desk.ports, &desk.who.actor, id)?;
                return fragment(desk, id);
            }
            _ => return Err(AppError::field("decision", "field_invalid", "choose what is to be done with this issue")),
        };
        let accepts_duplicate = resolution == Resolution::CreateAgain;
        let settled = resolve_item(desk.ports, &desk.who.actor, id, item, &resolution)?;
        if accepts_duplicate {
            resume_run(desk.ports, &desk.who.actor, id)?;
        }
        let answer = fragment(desk, id)?;
        Ok(if settled {
            answer
        } else {
            answer.with_toast("warn", "Jira does not find the issue yet. Its search may lag: check again in a minute.")
        })
    })
    .await
}

fn fragment(desk: &Desk<'_>, id: RunId) -> Result<Answer, AppError> {
    if !desk.visit.htmx {
        return Ok(desk.go(&format!("/runs/{id}")));
    }
    let view = run_view(desk.ports, &desk.who.actor, id)?.ok_or_else(run_not_found)?;
    desk.fragment(&RunPart(RunPage { run: shown(desk, view)? }))
}

fn title(desk: &Desk<'_>, run: &Run) -> Result<String, AppError> {
    let found = draft(desk.ports, &desk.who.actor, run.draft)?;
    Ok(found.map_or_else(|| format!("A deleted draft for {}", run.project), |draft| draft.title))
}

fn totals(items: &[RunItem]) -> Totals {
    let of = |states: &[ItemState]| items.iter().filter(|item| states.contains(&item.state)).count();
    Totals {
        total: items.len(),
        created: of(&[ItemState::Created, ItemState::Linked, ItemState::Unlinked]),
        waiting: of(&[ItemState::Planned, ItemState::Sending]),
        rejected: of(&[ItemState::Rejected]),
        unknown: of(&[ItemState::Unknown, ItemState::Reconciling, ItemState::NeedsHuman]),
        unlinked: of(&[ItemState::Unlinked]),
        blocked: of(&[ItemState::Blocked, ItemState::Cancelled]),
        absent: of(&[ItemState::Absent]),
        differing: items.iter().filter(|item| !item.differences.is_empty()).count(),
    }
}

fn state(run: &Run, totals: &Totals) -> &'static str {
    match run.state {
        RunState::Active => "running",
        RunState::Completed => "completed",
        RunState::Stopped | RunState::Paused => "stopped",
        RunState::Incomplete if totals.created > 0 || totals.unknown > 0 => "partial",
        RunState::Incomplete => "failed",
    }
}

fn shown(desk: &Desk<'_>, view: RunView) -> Result<ShownRun, AppError> {
    let RunView { run, items, .. } = view;
    let totals = totals(&items);
    let active = run.state == RunState::Active;
    let draft_title = title(desk, &run)?;
    let open = items.iter().any(|item| {
        matches!(item.state, ItemState::Planned | ItemState::Unlinked)
            || item.state.is_missing()
            || item.state.is_in_doubt()
    });
    let depths = depths(&items);
    Ok(ShownRun {
        id: run.id.to_string(),
        draft_id: run.draft.to_string(),
        draft_title,
        project_key: run.project.clone(),
        state: state(&run, &totals),
        // How many of what is said by the totals.
        reason: run.reason.as_deref().filter(|_| run.state != RunState::Incomplete).map(sentence),
        job_id: active.then(|| run.job.to_string()),
        last_event_id: 0,
        started: desk.time(run.approved_at),
        finished: run.finished_at.filter(|_| !active).map(|at| desk.time(at)),
        can_stop: active || run.state == RunState::Paused,
        can_resume: !active && open,
        can_correct: !active
            && items.iter().any(|item| item.state.is_missing())
            && !items.iter().any(|item| item.state.is_in_doubt()),
        items: items.into_iter().zip(depths).map(|(item, depth)| shown_item(desk, &run, item, depth, active)).collect(),
        totals,
    })
}

fn shown_item(desk: &Desk<'_>, run: &Run, item: RunItem, depth: u32, active: bool) -> ShownItem {
    let state = match item.state {
        ItemState::Planned => "waiting",
        ItemState::Sending => "sending",
        ItemState::Created => "created",
        ItemState::Linked => "linked",
        ItemState::Unlinked => "unlinked",
        ItemState::Rejected => "rejected",
        ItemState::Absent => "absent",
        ItemState::Unknown | ItemState::Reconciling => "unknown",
        ItemState::NeedsHuman => "needs_human",
        ItemState::Blocked => "blocked",
        ItemState::Cancelled => "skipped",
    };
    let explained = match item.state {
        ItemState::Blocked => Some("Its parent was not created.".to_owned()),
        ItemState::Cancelled => Some("The run was stopped before its turn.".to_owned()),
        ItemState::Absent => Some("It was looked for everywhere and is not in Jira.".to_owned()),
        _ => None,
    };
    let asks = item.state == ItemState::NeedsHuman || (item.state.is_in_doubt() && !active);
    let question = asks.then(|| {
        "The answer of Jira was lost, so the issue may exist or not. Look in Jira, then say what is so.".to_owned()
    });
    ShownItem {
        id: item.id.to_string(),
        depth,
        kind: kind_of(&item.issue_type, &item.reference),
        type_name: item.issue_type,
        summary: item.summary,
        state,
        url: item.jira_key.as_deref().map(|key| issue_url(desk, &run.site, key)),
        key: item.jira_key,
        // What is said field by field is not said twice.
        message: item.problem.as_deref().filter(|_| item.fields.is_empty()).map(sentence).or(explained),
        fields: item.fields.into_iter().map(|one| Refused { id: one.field, message: sentence(&one.message) }).collect(),
        differences: item
            .differences
            .into_iter()
            .map(|one| Differs { id: one.field, name: one.name, sent: one.sent, stored: one.stored })
            .collect(),
        duplicates: item
            .duplicates
            .into_iter()
            .map(|key| Linked { url: issue_url(desk, &run.site, &key), key })
            .collect(),
        looking: item.next_probe_at.filter(|_| state == "unknown" && active).map(|at| desk.time(at)),
        can_retry: !active && item.state.is_missing(),
        question,
    }
}
