//! Approving a plan, looking at runs, and what a person can do with them.

use super::plan::{PlanError, make_plan};
use super::probe;
use crate::Ports;
use crate::access::{self, AccessError};
use storywright_domain::draft::Draft;
use storywright_domain::job::{Job, JobKind, JobStatus};
use storywright_domain::person::Actor;
use storywright_domain::ports::{Inserted, ItemChange, Saved, Slice, StorageError, StorageExt, Tx};
use storywright_domain::publishing::{ItemState, Plan, Run, RunEvent, RunItem, RunState};
use storywright_domain::remote::RemoteError;
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

/// What a person says about an item whose state is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// Look again.
    CheckAgain,
    /// It is this issue.
    Exists(String),
    /// Create it once more; a duplicate is accepted.
    CreateAgain,
}

/// Why an item was not resolved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// There is no such run or item of this person.
    #[error("there is no such item")]
    NotFound,
    /// Its state is known.
    #[error("the state of this item is known")]
    NotUnknown,
    /// The run is under way.
    #[error("the run is under way: wait for it or stop it")]
    Running,
    /// Its draft was changed, published again or put in the bin since it went back to editing.
    #[error("the draft has gone on without this run: approve a new plan of it")]
    DraftWentOn,
    /// The named issue is not there, or is not one of the run's project.
    #[error("there is no issue `{0}` in this project")]
    NoSuchIssue(String),
    /// The Jira connection cannot be used.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Jira said no.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The database is in trouble.
    #[error(transparent)]
    Storage(#[from] StorageError),
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
    if let Some(run) = ports.storage.read(|tx| tx.run_by_key(user, idempotency_key))? {
        return Ok(run.id);
    }
    let plan = match make_plan(ports, actor, id) {
        Ok(plan) => plan,
        // The twin request of a double click was faster: its run is this run.
        Err(error @ PlanError::WrongState(_)) => {
            return twin(ports, user, idempotency_key)?.ok_or(PublishError::Plan(error));
        }
        Err(error) => return Err(error.into()),
    };
    if plan.plan_hash != plan_hash {
        return Err(PublishError::PlanChanged(Box::new(plan)));
    }
    let now = ports.clock.now();
    let (run, items) = journal(ports, user, &plan, idempotency_key, now);
    let job = publish_job(actor, &run, now);
    let entry = ports.audit_entry(
        Some(user),
        actor.request_id(),
        "plan_approved",
        format!("run:{}", run.id),
        format!("draft:{id} plan:{plan_hash} issues:{}", items.len()),
    );
    let id = ports.storage.write(|tx| {
        if let Some(existing) = tx.run_by_key(user, idempotency_key)? {
            return Ok(existing.id);
        }
        let draft = tx.draft(user, id)?.ok_or(PlanError::NotFound)?;
        if draft.version != plan.version {
            return Err(PublishError::Conflict(Box::new(draft)));
        }
        let publishing = draft.clone().begin_publishing(run.id, now).map_err(PlanError::from)?;
        match tx.update_draft(&publishing, plan.version)? {
            Saved::Stored => {}
            Saved::Conflict => return Err(PublishError::Conflict(Box::new(draft))),
        }
        match tx.insert_run(&run, &items)? {
            Inserted::New => {}
            Inserted::Exists(existing) => return Ok(existing),
        }
        tx.insert_job(&job)?;
        tx.audit(&entry)?;
        Ok(run.id)
    })?;
    ports.queue.wake();
    Ok(id)
}

fn twin(ports: &Ports, user: UserId, key: &str) -> Result<Option<RunId>, StorageError> {
    ports.storage.read(|tx| Ok(tx.run_by_key(user, key)?.map(|run| run.id)))
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
            issue_type: issue.issue_type.clone(),
            summary: issue.summary.clone(),
            payload: issue.payload.clone(),
            payload_sha256: issue.payload_sha256.clone(),
            state: ItemState::Planned,
            attempts: 0,
            sent_at: None,
            jira_id: None,
            jira_key: None,
            problem: None,
        });
    }
    (run, items)
}

fn publish_job(actor: &Actor, run: &Run, now: Timestamp) -> Job {
    Job {
        id: run.job,
        user: run.user,
        kind: JobKind::Publish,
        subject: run.id.to_string(),
        payload: "{}".to_owned(),
        status: JobStatus::Pending,
        attempts: 0,
        run_at: now,
        question: None,
        cancel_requested: false,
        error: None,
        fence: 0,
        created_at: now,
        finished_at: None,
        request_id: actor.request_id().as_str().to_owned(),
    }
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

/// The issues that the person created last.
///
/// # Errors
/// [`StorageError`].
pub fn recently_created(ports: &Ports, actor: &Actor, limit: u32) -> Result<Vec<RunItem>, StorageError> {
    ports.storage.read(|tx| tx.created_items(actor.user(), limit))
}

/// Stops a run: the call under way is finished and written down, no other begins. `false` when there is no such run or it
/// has ended.
///
/// # Errors
/// [`StorageError`].
pub fn stop_run(ports: &Ports, actor: &Actor, id: RunId) -> Result<bool, StorageError> {
    let Some(run) = ports.storage.read(|tx| tx.run(actor.user(), id))? else { return Ok(false) };
    if run.state != RunState::Active {
        return Ok(false);
    }
    let status = crate::jobs::cancel_job(ports, actor, run.job)?;
    if status == Some(JobStatus::Cancelled) {
        super::execute::close_stopped(ports, &run)?;
    }
    Ok(true)
}

/// Goes on with what is not in Jira yet: planned, rejected, blocked and cancelled items. Unknown ones stay unknown.
///
/// # Errors
/// [`ResolveError`].
pub fn resume_run(ports: &Ports, actor: &Actor, id: RunId) -> Result<JobId, ResolveError> {
    let user = actor.user();
    let now = ports.clock.now();
    let new_job = JobId(ports.ids.id());
    let entry = ports.audit_entry(Some(user), actor.request_id(), "run_resumed", format!("run:{id}"), String::new());
    ports.storage.write(|tx| {
        let run = tx.run(user, id)?.ok_or(ResolveError::NotFound)?;
        if run.state == RunState::Active {
            return Err(ResolveError::Running);
        }
        for item in tx.run_items(user, id)? {
            if matches!(item.state, ItemState::Rejected | ItemState::Blocked | ItemState::Cancelled) {
                let change = plain_change(item.state, ItemState::Planned, now, "resumed by the person");
                let _ = tx.change_item(user, item.id, 0, &change)?;
            }
        }
        restart(tx, actor, &run, new_job, now)?;
        tx.audit(&entry)?;
        Ok(())
    })?;
    ports.queue.wake();
    Ok(new_job)
}

fn restart(tx: &mut dyn Tx, actor: &Actor, run: &Run, job: JobId, now: Timestamp) -> Result<(), StorageError> {
    tx.set_run_job(run.user, run.id, job)?;
    tx.set_run_state(run.user, run.id, RunState::Active, None, now)?;
    tx.insert_job(&publish_job(actor, &Run { job, ..run.clone() }, now))
}

fn plain_change(from: ItemState, to: ItemState, at: Timestamp, detail: &str) -> ItemChange {
    ItemChange { from, to, sent_at: None, jira: None, problem: None, at, detail: detail.to_owned() }
}

/// Settles an item whose state is not known. `true` when it is known now.
///
/// # Errors
/// [`ResolveError`].
pub fn resolve_item(
    ports: &Ports,
    actor: &Actor,
    run_id: RunId,
    item_id: ItemId,
    resolution: &Resolution,
) -> Result<bool, ResolveError> {
    let user = actor.user();
    let view = run_view(ports, actor, run_id)?.ok_or(ResolveError::NotFound)?;
    let item = view.items.iter().find(|item| item.id == item_id).ok_or(ResolveError::NotFound)?;
    if view.run.state == RunState::Active {
        return Err(ResolveError::Running);
    }
    if item.state != ItemState::Unknown {
        return Err(ResolveError::NotUnknown);
    }
    let now = ports.clock.now();
    let change = match resolution {
        Resolution::CreateAgain => {
            plain_change(ItemState::Unknown, ItemState::Planned, now, "the person accepts a possible duplicate")
        }
        Resolution::CheckAgain => {
            let access = access::jira(ports, actor)?;
            match probe::find(ports, &access, &view.run, &view.items, item)? {
                Some(found) => adopted(found, now, "found by its marker"),
                None => return Ok(false),
            }
        }
        Resolution::Exists(key) => {
            let access = access::jira(ports, actor)?;
            let key = key.trim();
            let named = || ResolveError::NoSuchIssue(key.chars().take(40).collect());
            if key.is_empty() || key.contains(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_')) {
                return Err(named());
            }
            let issue = ports.jira.issue(&access, key, None)?.ok_or_else(named)?;
            let taken = view.items.iter().any(|other| other.jira_id.as_deref() == Some(issue.id.as_str()));
            if taken || issue.key.rsplit_once('-').is_none_or(|(project, _)| project != view.run.project) {
                return Err(named());
            }
            adopted((issue.id, issue.key), now, "named by the person")
        }
    };
    let entry = ports.audit_entry(
        Some(user),
        actor.request_id(),
        "item_resolved",
        format!("run:{run_id} item:{item_id}"),
        change.detail.clone(),
    );
    let saved = ports.storage.write(|tx| {
        let saved = tx.change_item(user, item_id, 0, &change)?;
        tx.audit(&entry)?;
        Ok::<_, StorageError>(saved)
    })?;
    if saved == Saved::Conflict {
        return Err(ResolveError::NotUnknown);
    }
    super::execute::settle_run(ports, user, run_id)?;
    Ok(true)
}

fn adopted(issue: (String, String), at: Timestamp, detail: &str) -> ItemChange {
    ItemChange { jira: Some(issue), ..plain_change(ItemState::Unknown, ItemState::Created, at, detail) }
}
