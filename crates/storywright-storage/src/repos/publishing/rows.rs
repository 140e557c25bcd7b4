//! The rows of runs, items and their history, read and written.

use crate::schema::{publish_events, publish_items, publish_runs};
use crate::text::{count, from_json, parsed, time, to_json, word};
use diesel::prelude::*;
use storywright_domain::ports::StorageError;
use storywright_domain::publishing::{ItemState, Run, RunEvent, RunItem, RunState};
use storywright_domain::{DraftId, ItemId, JobId, RunId, Timestamp, UserId};

pub(super) const RUN: &str = "run";
pub(super) const ITEM: &str = "run item";
pub(super) const EVENT: &str = "run event";

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = publish_runs)]
pub(super) struct RunRow {
    pub(super) id: String,
    pub(super) user_id: String,
    pub(super) draft_id: String,
    pub(super) version: i64,
    pub(super) site: String,
    pub(super) project: String,
    pub(super) plan_hash: String,
    pub(super) run_label: String,
    pub(super) marker_mode: String,
    pub(super) idempotency_key: String,
    pub(super) state: String,
    pub(super) reason: Option<String>,
    pub(super) job_id: String,
    pub(super) approved_at: i64,
    pub(super) finished_at: Option<i64>,
    pub(super) newest_before: Option<i64>,
    pub(super) sweep_at: Option<i64>,
    pub(super) sweeps: i64,
}

impl TryFrom<RunRow> for Run {
    type Error = StorageError;

    fn try_from(row: RunRow) -> Result<Self, StorageError> {
        Ok(Self {
            id: parsed(RUN, "id", RunId::parse(&row.id))?,
            user: parsed(RUN, "user_id", UserId::parse(&row.user_id))?,
            draft: parsed(RUN, "draft_id", DraftId::parse(&row.draft_id))?,
            version: count(RUN, "version", row.version)?,
            state: word(RUN, "state", &row.state, RunState::parse(&row.state))?,
            job: parsed(RUN, "job_id", JobId::parse(&row.job_id))?,
            site: row.site,
            project: row.project,
            plan_hash: row.plan_hash,
            run_label: row.run_label,
            marker_mode: row.marker_mode,
            idempotency_key: row.idempotency_key,
            reason: row.reason,
            approved_at: Timestamp(row.approved_at),
            finished_at: time(row.finished_at),
            newest_before: row
                .newest_before
                .map(|number| parsed(RUN, "newest_before", u64::try_from(number)))
                .transpose()?,
            sweep_at: time(row.sweep_at),
            sweeps: count(RUN, "sweeps", row.sweeps)?,
        })
    }
}

impl From<&Run> for RunRow {
    fn from(run: &Run) -> Self {
        Self {
            id: run.id.to_string(),
            user_id: run.user.to_string(),
            draft_id: run.draft.to_string(),
            version: i64::from(run.version),
            site: run.site.clone(),
            project: run.project.clone(),
            plan_hash: run.plan_hash.clone(),
            run_label: run.run_label.clone(),
            marker_mode: run.marker_mode.clone(),
            idempotency_key: run.idempotency_key.clone(),
            state: run.state.as_str().to_owned(),
            reason: run.reason.clone(),
            job_id: run.job.to_string(),
            approved_at: run.approved_at.0,
            finished_at: run.finished_at.map(|at| at.0),
            newest_before: run.newest_before.map(number),
            sweep_at: run.sweep_at.map(|at| at.0),
            sweeps: i64::from(run.sweeps),
        }
    }
}

/// No project has so many issues that it matters.
pub(super) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = publish_items)]
pub(super) struct ItemRow {
    pub(super) id: String,
    pub(super) run_id: String,
    pub(super) ordinal: i64,
    pub(super) reference: String,
    pub(super) parent_id: Option<String>,
    pub(super) parent_key: Option<String>,
    pub(super) issue_type_id: String,
    pub(super) issue_type: String,
    pub(super) summary: String,
    payload_sha256: String,
    content_sha256: String,
    pub(super) marker: String,
    pub(super) epic_afterwards: bool,
    pub(super) links: String,
    pub(super) state: String,
    pub(super) attempts: i64,
    pub(super) sent_at: Option<i64>,
    pub(super) jira_id: Option<String>,
    pub(super) jira_key: Option<String>,
    pub(super) probes: i64,
    pub(super) next_probe_at: Option<i64>,
    pub(super) problem: Option<String>,
    pub(super) fields: String,
    pub(super) differences: String,
    pub(super) duplicates: String,
    pub(super) payload: String,
}

impl TryFrom<ItemRow> for RunItem {
    type Error = StorageError;

    fn try_from(row: ItemRow) -> Result<Self, StorageError> {
        Ok(Self {
            id: parsed(ITEM, "id", ItemId::parse(&row.id))?,
            run: parsed(ITEM, "run_id", RunId::parse(&row.run_id))?,
            ordinal: count(ITEM, "ordinal", row.ordinal)?,
            parent: row.parent_id.map(|id| parsed(ITEM, "parent_id", ItemId::parse(&id))).transpose()?,
            state: item_state(ITEM, &row.state)?,
            attempts: count(ITEM, "attempts", row.attempts)?,
            marker: from_json(ITEM, "marker", &row.marker)?,
            links: from_json(ITEM, "links", &row.links)?,
            fields: from_json(ITEM, "fields", &row.fields)?,
            differences: from_json(ITEM, "differences", &row.differences)?,
            duplicates: from_json(ITEM, "duplicates", &row.duplicates)?,
            probes: count(ITEM, "probes", row.probes)?,
            next_probe_at: time(row.next_probe_at),
            reference: row.reference,
            parent_key: row.parent_key,
            issue_type_id: row.issue_type_id,
            issue_type: row.issue_type,
            summary: row.summary,
            payload: row.payload,
            payload_sha256: row.payload_sha256,
            content_sha256: row.content_sha256,
            epic_afterwards: row.epic_afterwards,
            sent_at: time(row.sent_at),
            jira_id: row.jira_id,
            jira_key: row.jira_key,
            problem: row.problem,
        })
    }
}

impl TryFrom<&RunItem> for ItemRow {
    type Error = StorageError;

    fn try_from(item: &RunItem) -> Result<Self, StorageError> {
        Ok(Self {
            id: item.id.to_string(),
            run_id: item.run.to_string(),
            ordinal: i64::from(item.ordinal),
            reference: item.reference.clone(),
            parent_id: item.parent.map(|id| id.to_string()),
            parent_key: item.parent_key.clone(),
            issue_type_id: item.issue_type_id.clone(),
            issue_type: item.issue_type.clone(),
            summary: item.summary.clone(),
            payload_sha256: item.payload_sha256.clone(),
            content_sha256: item.content_sha256.clone(),
            marker: to_json(ITEM, &item.marker)?,
            epic_afterwards: item.epic_afterwards,
            links: to_json(ITEM, &item.links)?,
            state: item.state.as_str().to_owned(),
            attempts: i64::from(item.attempts),
            sent_at: item.sent_at.map(|at| at.0),
            jira_id: item.jira_id.clone(),
            jira_key: item.jira_key.clone(),
            probes: i64::from(item.probes),
            next_probe_at: item.next_probe_at.map(|at| at.0),
            problem: item.problem.clone(),
            fields: to_json(ITEM, &item.fields)?,
            differences: to_json(ITEM, &item.differences)?,
            duplicates: to_json(ITEM, &item.duplicates)?,
            payload: item.payload.clone(),
        })
    }
}

/// What a change of an item keeps unless it says otherwise.
#[derive(Queryable, Selectable)]
#[diesel(table_name = publish_items)]
pub(super) struct BeforeChange {
    pub(super) run_id: String,
    pub(super) attempts: i64,
    pub(super) sent_at: Option<i64>,
    pub(super) jira_id: Option<String>,
    pub(super) jira_key: Option<String>,
    pub(super) probes: i64,
    pub(super) next_probe_at: Option<i64>,
    pub(super) differences: String,
}

fn item_state(entity: &'static str, raw: &str) -> Result<ItemState, StorageError> {
    word(entity, "state", raw, ItemState::parse(raw))
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = publish_events)]
pub(super) struct EventRow {
    pub(super) item_id: String,
    pub(super) fence: i64,
    pub(super) from_state: String,
    pub(super) to_state: String,
    pub(super) at: i64,
    pub(super) detail: String,
}

impl TryFrom<EventRow> for RunEvent {
    type Error = StorageError;

    fn try_from(row: EventRow) -> Result<Self, StorageError> {
        Ok(Self {
            item: parsed(EVENT, "item_id", ItemId::parse(&row.item_id))?,
            fence: row.fence,
            from: item_state(EVENT, &row.from_state)?,
            to: item_state(EVENT, &row.to_state)?,
            at: Timestamp(row.at),
            detail: row.detail,
        })
    }
}
