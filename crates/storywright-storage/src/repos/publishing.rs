//! The journal of issue creation: runs, items, history.

use super::SqliteTx;
use crate::error::{corrupt, failed};
use crate::schema::{publish_events, publish_items, publish_runs};
use crate::text::{Place, count, from_json, page_size, parsed, rows_to_read, slice, time, to_json, word};
use diesel::dsl::max;
use diesel::prelude::*;
use storywright_domain::ports::{Inserted, ItemChange, PublishRepo, Saved, Slice, StorageError};
use storywright_domain::publishing::{ItemState, Run, RunEvent, RunItem, RunState};
use storywright_domain::{DraftId, ItemId, JobId, RunId, Timestamp, UserId};

const RUN: &str = "run";
const ITEM: &str = "run item";
const EVENT: &str = "run event";

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = publish_runs)]
struct RunRow {
    id: String,
    user_id: String,
    draft_id: String,
    version: i64,
    site: String,
    project: String,
    plan_hash: String,
    run_label: String,
    marker_mode: String,
    idempotency_key: String,
    state: String,
    reason: Option<String>,
    job_id: String,
    approved_at: i64,
    finished_at: Option<i64>,
    newest_before: Option<i64>,
    sweep_at: Option<i64>,
    sweeps: i64,
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
fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = publish_items)]
struct ItemRow {
    id: String,
    run_id: String,
    ordinal: i64,
    reference: String,
    parent_id: Option<String>,
    parent_key: Option<String>,
    issue_type_id: String,
    issue_type: String,
    summary: String,
    payload_sha256: String,
    content_sha256: String,
    marker: String,
    epic_afterwards: bool,
    links: String,
    state: String,
    attempts: i64,
    sent_at: Option<i64>,
    jira_id: Option<String>,
    jira_key: Option<String>,
    probes: i64,
    next_probe_at: Option<i64>,
    problem: Option<String>,
    fields: String,
    differences: String,
    duplicates: String,
    payload: String,
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
struct BeforeChange {
    run_id: String,
    attempts: i64,
    sent_at: Option<i64>,
    jira_id: Option<String>,
    jira_key: Option<String>,
    probes: i64,
    next_probe_at: Option<i64>,
    differences: String,
}

fn item_state(entity: &'static str, raw: &str) -> Result<ItemState, StorageError> {
    word(entity, "state", raw, ItemState::parse(raw))
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = publish_events)]
struct EventRow {
    item_id: String,
    fence: i64,
    from_state: String,
    to_state: String,
    at: i64,
    detail: String,
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

impl PublishRepo for SqliteTx<'_> {
    fn insert_run(&mut self, run: &Run, items: &[RunItem]) -> Result<Inserted<RunId>, StorageError> {
        if items.iter().any(|item| item.run != run.id) {
            return Err(corrupt(RUN, "an item belongs to another run"));
        }
        if let Some(existing) = self.run_by_key(run.user, &run.idempotency_key)? {
            return Ok(Inserted::Exists(existing.id));
        }
        diesel::insert_into(publish_runs::table).values(RunRow::from(run)).execute(self.conn).map_err(failed(RUN))?;
        for item in items {
            diesel::insert_into(publish_items::table)
                .values((
                    ItemRow::try_from(item)?,
                    publish_items::user_id.eq(run.user.to_string()),
                    publish_items::changed_at.eq(run.approved_at.0),
                ))
                .execute(self.conn)
                .map_err(failed(ITEM))?;
        }
        Ok(Inserted::New)
    }

    fn run(&mut self, user: UserId, id: RunId) -> Result<Option<Run>, StorageError> {
        publish_runs::table
            .filter(publish_runs::id.eq(id.to_string()))
            .filter(publish_runs::user_id.eq(user.to_string()))
            .select(RunRow::as_select())
            .first(self.conn)
            .optional()
            .map_err(failed(RUN))?
            .map(Run::try_from)
            .transpose()
    }

    fn run_by_key(&mut self, user: UserId, idempotency_key: &str) -> Result<Option<Run>, StorageError> {
        publish_runs::table
            .filter(publish_runs::user_id.eq(user.to_string()))
            .filter(publish_runs::idempotency_key.eq(idempotency_key))
            .select(RunRow::as_select())
            .first(self.conn)
            .optional()
            .map_err(failed(RUN))?
            .map(Run::try_from)
            .transpose()
    }

    fn runs(&mut self, user: UserId, cursor: Option<&str>, limit: u32) -> Result<Slice<Run>, StorageError> {
        let from = Place::after(cursor);
        let rows: Vec<RunRow> = publish_runs::table
            .filter(publish_runs::user_id.eq(user.to_string()))
            .filter(publish_runs::approved_at.le(from.number))
            .filter(publish_runs::approved_at.lt(from.number).or(publish_runs::id.lt(&from.text)))
            .order((publish_runs::approved_at.desc(), publish_runs::id.desc()))
            .limit(rows_to_read(limit))
            .select(RunRow::as_select())
            .load(self.conn)
            .map_err(failed(RUN))?;
        slice(rows, limit, |row| (row.approved_at, row.id.clone()), Run::try_from)
    }

    fn run_items(&mut self, user: UserId, run: RunId) -> Result<Vec<RunItem>, StorageError> {
        let rows: Vec<ItemRow> = publish_items::table
            .filter(publish_items::run_id.eq(run.to_string()))
            .filter(publish_items::user_id.eq(user.to_string()))
            .order(publish_items::ordinal)
            .select(ItemRow::as_select())
            .load(self.conn)
            .map_err(failed(ITEM))?;
        rows.into_iter().map(RunItem::try_from).collect()
    }

    fn created_of_draft(&mut self, user: UserId, draft: DraftId) -> Result<Vec<RunItem>, StorageError> {
        let mut rows: Vec<(i64, ItemRow)> = publish_items::table
            .inner_join(publish_runs::table.on(publish_runs::id.eq(publish_items::run_id)))
            .filter(publish_runs::draft_id.eq(draft.to_string()))
            .filter(publish_runs::user_id.eq(user.to_string()))
            .filter(publish_items::user_id.eq(user.to_string()))
            .select((publish_items::changed_at, ItemRow::as_select()))
            .load(self.conn)
            .map_err(failed(ITEM))?;
        newest_first(&mut rows);
        let items: Vec<RunItem> =
            rows.into_iter().rev().map(|(_, row)| RunItem::try_from(row)).collect::<Result<_, StorageError>>()?;
        Ok(items.into_iter().filter(|item| item.state.is_in_jira()).collect())
    }

    fn items_with_content(
        &mut self,
        user: UserId,
        site: &str,
        project: &str,
        contents: &[String],
        since: Timestamp,
    ) -> Result<Vec<RunItem>, StorageError> {
        let mut rows: Vec<(i64, ItemRow)> = Vec::new();
        // One at a time: the statement stays the same, however many there are.
        for content in contents {
            let with_content: Vec<(i64, ItemRow)> = publish_items::table
                .inner_join(publish_runs::table.on(publish_runs::id.eq(publish_items::run_id)))
                .filter(publish_items::user_id.eq(user.to_string()))
                .filter(publish_items::content_sha256.eq(content))
                .filter(publish_items::changed_at.ge(since.0))
                .filter(publish_runs::site.eq(site))
                .filter(publish_runs::project.eq(project))
                .select((publish_items::changed_at, ItemRow::as_select()))
                .load(self.conn)
                .map_err(failed(ITEM))?;
            rows.extend(with_content);
        }
        newest_first(&mut rows);
        let items: Vec<RunItem> =
            rows.into_iter().map(|(_, row)| RunItem::try_from(row)).collect::<Result<_, StorageError>>()?;
        Ok(items.into_iter().filter(|item| !item.state.is_missing()).take(200).collect())
    }

    fn active_run(&mut self, user: UserId, site: &str, project: &str) -> Result<Option<Run>, StorageError> {
        publish_runs::table
            .filter(publish_runs::user_id.eq(user.to_string()))
            .filter(publish_runs::site.eq(site))
            .filter(publish_runs::project.eq(project))
            .filter(publish_runs::state.eq(RunState::Active.as_str()))
            .select(RunRow::as_select())
            .first(self.conn)
            .optional()
            .map_err(failed(RUN))?
            .map(Run::try_from)
            .transpose()
    }

    fn runs_to_sweep(&mut self, now: Timestamp, limit: u32) -> Result<Vec<Run>, StorageError> {
        let rows: Vec<RunRow> = publish_runs::table
            .filter(publish_runs::sweep_at.le(now.0))
            .order(publish_runs::sweep_at)
            .limit(i64::from(limit))
            .select(RunRow::as_select())
            .load(self.conn)
            .map_err(failed(RUN))?;
        rows.into_iter().map(Run::try_from).collect()
    }

    fn created_items(&mut self, user: UserId, limit: u32) -> Result<Vec<RunItem>, StorageError> {
        let mut rows: Vec<(i64, ItemRow)> = Vec::new();
        // One state at a time: so the index gives each in order.
        for state in in_jira() {
            let of_state: Vec<(i64, ItemRow)> = publish_items::table
                .filter(publish_items::user_id.eq(user.to_string()))
                .filter(publish_items::state.eq(state))
                .order((publish_items::changed_at.desc(), publish_items::id.desc()))
                .limit(rows_to_read(limit) - 1)
                .select((publish_items::changed_at, ItemRow::as_select()))
                .load(self.conn)
                .map_err(failed(ITEM))?;
            rows.extend(of_state);
        }
        newest_first(&mut rows);
        rows.into_iter().take(page_size(limit)).map(|(_, row)| RunItem::try_from(row)).collect()
    }

    fn items_by_jira_key(&mut self, user: UserId, key: &str) -> Result<Vec<RunItem>, StorageError> {
        let rows: Vec<ItemRow> = publish_items::table
            .filter(publish_items::user_id.eq(user.to_string()))
            .filter(publish_items::jira_key.eq(key.trim().to_uppercase()))
            .order(publish_items::id.desc())
            .limit(20)
            .select(ItemRow::as_select())
            .load(self.conn)
            .map_err(failed(ITEM))?;
        rows.into_iter().map(RunItem::try_from).collect()
    }

    fn run_events(&mut self, user: UserId, run: RunId) -> Result<Vec<RunEvent>, StorageError> {
        let rows: Vec<EventRow> = publish_events::table
            .filter(publish_events::user_id.eq(user.to_string()))
            .filter(publish_events::run_id.eq(run.to_string()))
            .order(publish_events::seq)
            .select(EventRow::as_select())
            .load(self.conn)
            .map_err(failed(EVENT))?;
        rows.into_iter().map(RunEvent::try_from).collect()
    }

    fn change_item(
        &mut self,
        user: UserId,
        item: ItemId,
        fence: i64,
        change: &ItemChange,
    ) -> Result<Saved, StorageError> {
        let (id, owner) = (item.to_string(), user.to_string());
        let found: Option<BeforeChange> = publish_items::table
            .filter(publish_items::id.eq(&id))
            .filter(publish_items::user_id.eq(&owner))
            .filter(publish_items::state.eq(change.from.as_str()))
            .select(BeforeChange::as_select())
            .first(self.conn)
            .optional()
            .map_err(failed(ITEM))?;
        let Some(before) = found else { return Ok(Saved::Conflict) };
        let (jira_id, jira_key) = match change.jira.clone() {
            Some((id, key)) => (Some(id), Some(key)),
            None => (before.jira_id, before.jira_key),
        };
        let (probes, next_probe_at) = match (change.probes, change.sent_at) {
            (Some((probes, next)), _) => (i64::from(probes), next.map(|at| at.0)),
            (None, Some(_)) => (0, None),
            (None, None) => (before.probes, before.next_probe_at),
        };
        let differences = match &change.differences {
            Some(differences) => to_json(ITEM, differences)?,
            None => before.differences,
        };
        let as_found = publish_items::table
            .filter(publish_items::id.eq(&id))
            .filter(publish_items::user_id.eq(&owner))
            .filter(publish_items::state.eq(change.from.as_str()));
        let changed = diesel::update(as_found)
            .set((
                publish_items::state.eq(change.to.as_str()),
                publish_items::attempts.eq(before.attempts + i64::from(change.sent_at.is_some())),
                publish_items::sent_at.eq(change.sent_at.map(|at| at.0).or(before.sent_at)),
                publish_items::jira_id.eq(jira_id),
                publish_items::jira_key.eq(jira_key),
                publish_items::problem.eq(&change.problem),
                publish_items::fields.eq(to_json(ITEM, &change.fields)?),
                publish_items::differences.eq(differences),
                publish_items::probes.eq(probes),
                publish_items::next_probe_at.eq(next_probe_at),
                publish_items::changed_at.eq(change.at.0),
            ))
            .execute(self.conn)
            .map_err(failed(ITEM))?;
        if changed == 0 {
            return Ok(Saved::Conflict);
        }
        self.add_event(&before.run_id, &owner, &id, fence, change)?;
        Ok(Saved::Stored)
    }

    fn set_run_state(
        &mut self,
        user: UserId,
        run: RunId,
        state: RunState,
        reason: Option<&str>,
        at: Timestamp,
    ) -> Result<(), StorageError> {
        let ended = matches!(state, RunState::Completed | RunState::Incomplete | RunState::Stopped);
        let mine = publish_runs::table
            .filter(publish_runs::id.eq(run.to_string()))
            .filter(publish_runs::user_id.eq(user.to_string()));
        diesel::update(mine)
            .set((
                publish_runs::state.eq(state.as_str()),
                publish_runs::reason.eq(reason),
                publish_runs::finished_at.eq(ended.then_some(at.0)),
            ))
            .execute(self.conn)
            .map(drop)
            .map_err(failed(RUN))
    }

    fn set_run_job(&mut self, user: UserId, run: RunId, job: JobId) -> Result<(), StorageError> {
        let mine = publish_runs::table
            .filter(publish_runs::id.eq(run.to_string()))
            .filter(publish_runs::user_id.eq(user.to_string()));
        diesel::update(mine)
            .set(publish_runs::job_id.eq(job.to_string()))
            .execute(self.conn)
            .map(drop)
            .map_err(failed(RUN))
    }

    fn set_newest_before(&mut self, user: UserId, run: RunId, newest: u64) -> Result<(), StorageError> {
        let mine = publish_runs::table
            .filter(publish_runs::id.eq(run.to_string()))
            .filter(publish_runs::user_id.eq(user.to_string()));
        diesel::update(mine)
            .set(publish_runs::newest_before.eq(number(newest)))
            .execute(self.conn)
            .map(drop)
            .map_err(failed(RUN))
    }

    fn set_sweep(
        &mut self,
        user: UserId,
        run: RunId,
        expected: u32,
        sweeps: u32,
        next: Option<Timestamp>,
    ) -> Result<Saved, StorageError> {
        let as_read = publish_runs::table
            .filter(publish_runs::id.eq(run.to_string()))
            .filter(publish_runs::user_id.eq(user.to_string()))
            .filter(publish_runs::sweeps.eq(i64::from(expected)));
        let changed = diesel::update(as_read)
            .set((publish_runs::sweeps.eq(i64::from(sweeps)), publish_runs::sweep_at.eq(next.map(|at| at.0))))
            .execute(self.conn)
            .map_err(failed(RUN))?;
        Ok(if changed == 0 { Saved::Conflict } else { Saved::Stored })
    }

    fn set_duplicates(
        &mut self,
        user: UserId,
        item: ItemId,
        keys: &[String],
        problem: &str,
    ) -> Result<(), StorageError> {
        let mine = publish_items::table
            .filter(publish_items::id.eq(item.to_string()))
            .filter(publish_items::user_id.eq(user.to_string()));
        diesel::update(mine)
            .set((publish_items::duplicates.eq(to_json(ITEM, &keys)?), publish_items::problem.eq(problem)))
            .execute(self.conn)
            .map(drop)
            .map_err(failed(ITEM))
    }
}

fn newest_first(rows: &mut [(i64, ItemRow)]) {
    rows.sort_by(|(one_at, one), (other_at, other)| (other_at, &other.id).cmp(&(one_at, &one.id)));
}

fn in_jira() -> Vec<&'static str> {
    ItemState::ALL.iter().filter(|state| state.is_in_jira()).map(|state| state.as_str()).collect()
}

impl SqliteTx<'_> {
    fn add_event(
        &mut self,
        run: &str,
        user: &str,
        item: &str,
        fence: i64,
        change: &ItemChange,
    ) -> Result<(), StorageError> {
        let last: Option<i64> = publish_events::table
            .filter(publish_events::run_id.eq(run))
            .select(max(publish_events::seq))
            .first(self.conn)
            .map_err(failed(EVENT))?;
        diesel::insert_into(publish_events::table)
            .values((
                publish_events::run_id.eq(run),
                publish_events::seq.eq(last.unwrap_or(0) + 1),
                publish_events::user_id.eq(user),
                publish_events::item_id.eq(item),
                publish_events::fence.eq(fence),
                publish_events::from_state.eq(change.from.as_str()),
                publish_events::to_state.eq(change.to.as_str()),
                publish_events::at.eq(change.at.0),
                publish_events::detail.eq(&change.detail),
            ))
            .execute(self.conn)
            .map(drop)
            .map_err(failed(EVENT))
    }
}
