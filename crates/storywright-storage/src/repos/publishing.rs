//! The journal of issue creation: runs, items, history.

mod rows;

use self::rows::{BeforeChange, EVENT, EventRow, ITEM, ItemRow, RUN, RunRow, number};
use super::SqliteTx;
use crate::error::{corrupt, failed};
use crate::schema::{publish_events, publish_items, publish_runs};
use crate::text::{Place, page_size, rows_to_read, slice, to_json};
use diesel::dsl::max;
use diesel::prelude::*;
use storywright_domain::ports::{Inserted, ItemChange, PublishRepo, Saved, Slice, StorageError};
use storywright_domain::publishing::{ItemState, Run, RunEvent, RunItem, RunState};
use storywright_domain::{DraftId, ItemId, JobId, RunId, Timestamp, UserId};

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
