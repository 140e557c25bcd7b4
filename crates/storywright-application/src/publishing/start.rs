//! Approving a plan, and looking at runs.

use super::plan::{PlanError, make_plan};
use crate::Ports;
use crate::drafts::still_stand;
use storywright_domain::draft::Draft;
use storywright_domain::job::{Job, JobKind};
use storywright_domain::person::Actor;
use storywright_domain::ports::{Inserted, Saved, Slice, StorageError, StorageExt};
use storywright_domain::publishing::{ItemState, Plan, Run, RunEvent, RunItem, RunState};
use storywright_domain::waiver::StandingWaiver;
use storywright_domain::{DraftId, ItemId, JobId, RunId, Timestamp, UserId};

/// Why no run was started.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PublishError {
    /// There is no plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// What was approved is not what would be sent now: the plan must be looked at again.
    #[error("the plan has changed since it was approved")]
    PlanChanged(Box<Plan>),
    /// The key is blank, too long, or holds characters that a header cannot.
    #[error("the idempotency key must be 1 to 100 visible ASCII characters")]
    BadKey,
    /// The key was used for another draft.
    #[error("the idempotency key was used for another draft")]
    KeyUsed,
    /// Another run of the person is active in the project.
    #[error("another run is under way in this project")]
    Busy(RunId),
    /// The draft has changed while the plan was made.
    #[error("the draft has changed meanwhile")]
    Conflict(Box<Draft>),
    /// The database is in trouble.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A run with everything a page shows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunView {
    /// The run.
    pub run: Run,
    /// Its items in order.
    pub items: Vec<RunItem>,
    /// Its history.
    pub events: Vec<RunEvent>,
}

/// Starts creating the issues of an approved plan. The same idempotency key gives the same run.
///
/// # Errors
/// [`PublishError`].
pub fn publish(
    ports: &Ports,
    actor: &Actor,
    id: DraftId,
    plan_hash: &str,
    idempotency_key: &str,
) -> Result<RunId, PublishError> {
    let key_ok =
        (1..=100).contains(&idempotency_key.len()) && idempotency_key.bytes().all(|byte| byte.is_ascii_graphic());
    if !key_ok {
        return Err(PublishError::BadKey);
    }
    let user = actor.user();
    if let Some(run) = twin(ports, user, idempotency_key, id)? {
        return Ok(run);
    }
    let plan = match make_plan(ports, actor, id) {
        Ok(plan) if plan.plan_hash == plan_hash => plan,
        outcome => {
            // The twin request of a double click was faster: its run is this run, whatever has become of the draft since.
            if let Some(run) = twin(ports, user, idempotency_key, id)? {
                return Ok(run);
            }
            return Err(outcome.map_or_else(PublishError::from, |plan| PublishError::PlanChanged(Box::new(plan))));
        }
    };
    let now = ports.clock.now();
    let (run, items) = journal(ports, user, &plan, idempotency_key, now);
    let job = publish_job(actor, &run, now);
    let entry = ports.audit_entry(
        Some(user),
        actor.request_id(),
        "plan_approved",
        format!("run:{}", run.id),
        format!("draft:{id} plan:{plan_hash} issues:{}{}", items.len(), waived_in_words(&plan.waivers)),
    );
    let id = ports.storage.write(|tx| {
        if let Some(existing) = tx.run_by_key(user, idempotency_key)? {
            return same_draft(&existing, id);
        }
        let draft = tx.draft(user, id)?.ok_or(PlanError::NotFound)?;
        if draft.version != plan.version || !still_stand(tx, user, id, &plan.waivers)? {
            return Err(PublishError::Conflict(Box::new(draft)));
        }
        if let Some(active) = tx.active_run(user, &plan.site, &plan.project)? {
            return Err(PublishError::Busy(active.id));
        }
        let publishing = draft.clone().begin_publishing(run.id, now).map_err(PlanError::from)?;
        // Before the draft: a run that is there already must leave the draft as it is.
        match tx.insert_run(&run, &items)? {
            Inserted::New => {}
            Inserted::Exists(existing) => return Ok(existing),
        }
        match tx.update_draft(&publishing, plan.version)? {
            Saved::Stored => {}
            Saved::Conflict => return Err(PublishError::Conflict(Box::new(draft))),
        }
        tx.keep_standing_waivers(user, id, &plan.plan_hash, &plan.waivers)?;
        tx.insert_job(&job)?;
        tx.audit(&entry)?;
        Ok(run.id)
    })?;
    ports.queue.wake();
    Ok(id)
}

/// How many findings were let pass, for the audit log; nothing when there are none.
pub(crate) fn waived_in_words(waivers: &[StandingWaiver]) -> String {
    if waivers.is_empty() { String::new() } else { format!(" waived:{}", waivers.len()) }
}

/// The run that was started under this key.
fn twin(ports: &Ports, user: UserId, key: &str, draft: DraftId) -> Result<Option<RunId>, PublishError> {
    ports.storage.read(|tx| tx.run_by_key(user, key)?.map(|run| same_draft(&run, draft)).transpose())
}

fn same_draft(run: &Run, draft: DraftId) -> Result<RunId, PublishError> {
    if run.draft == draft { Ok(run.id) } else { Err(PublishError::KeyUsed) }
}

fn journal(ports: &Ports, user: UserId, plan: &Plan, key: &str, now: Timestamp) -> (Run, Vec<RunItem>) {
    let run = Run {
        id: RunId(ports.ids.id()),
        user,
        draft: plan.draft,
        version: plan.version,
        site: plan.site.clone(),
        project: plan.project.clone(),
        plan_hash: plan.plan_hash.clone(),
        run_label: plan.run_label.clone(),
        marker_mode: plan.marker_mode.clone(),
        idempotency_key: key.to_owned(),
        state: RunState::Active,
        reason: None,
        job: JobId(ports.ids.id()),
        approved_at: now,
        finished_at: None,
        newest_before: None,
        sweep_at: None,
        sweeps: 0,
    };
    let mut items: Vec<RunItem> = Vec::with_capacity(plan.issues.len());
    for (ordinal, issue) in (0_u32..).zip(&plan.issues) {
        let parent = issue
            .parent
            .as_ref()
            .and_then(|parent| items.iter().find(|item| item.reference == *parent))
            .map(|item| item.id);
        items.push(RunItem {
            id: ItemId(ports.ids.id()),
            run: run.id,
            ordinal,
            reference: issue.reference.clone(),
            parent,
            parent_key: issue.parent_key.clone(),
            issue_type_id: issue.issue_type_id.clone(),
            issue_type: issue.issue_type.clone(),
            summary: issue.summary.clone(),
            payload: issue.payload.clone(),
            payload_sha256: issue.payload_sha256.clone(),
            content_sha256: issue.content_sha256.clone(),
            marker: issue.marker.clone(),
            epic_afterwards: issue.epic_afterwards,
            links: issue.links.clone(),
            state: ItemState::Planned,
            attempts: 0,
            sent_at: None,
            jira_id: None,
            jira_key: None,
            problem: None,
            fields: Vec::new(),
            differences: Vec::new(),
            duplicates: Vec::new(),
            probes: 0,
            next_probe_at: None,
        });
    }
    (run, items)
}

/// The job that works on a run.
pub(super) fn publish_job(actor: &Actor, run: &Run, now: Timestamp) -> Job {
    Job::waiting(run.job, run.user, JobKind::Publish, run.id.to_string(), actor.request_id().as_str(), now)
}

/// A run of the person with its items and history.
///
/// # Errors
/// [`StorageError`].
pub fn run_view(ports: &Ports, actor: &Actor, id: RunId) -> Result<Option<RunView>, StorageError> {
    let user = actor.user();
    ports.storage.read(|tx| {
        let Some(run) = tx.run(user, id)? else { return Ok(None) };
        Ok(Some(RunView { run, items: tx.run_items(user, id)?, events: tx.run_events(user, id)? }))
    })
}

/// The person's runs, newest first, 20 at a time.
///
/// # Errors
/// [`StorageError`].
pub fn list_runs(ports: &Ports, actor: &Actor, cursor: Option<&str>) -> Result<Slice<Run>, StorageError> {
    ports.storage.read(|tx| tx.runs(actor.user(), cursor, 20))
}
