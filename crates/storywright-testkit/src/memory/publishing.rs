//! The journal of issue creation.

use super::{KeptItem, MemoryTx, page, refused};
use storywright_domain::ports::{Inserted, ItemChange, PublishRepo, Saved, Slice, StorageError};
use storywright_domain::publishing::{Run, RunEvent, RunItem, RunState};
use storywright_domain::{DraftId, ItemId, JobId, RunId, Timestamp, UserId};

impl PublishRepo for MemoryTx<'_> {
    fn insert_run(&mut self, run: &Run, items: &[RunItem]) -> Result<Inserted<RunId>, StorageError> {
        if items.iter().any(|item| item.run != run.id) {
            return refused("run", "an item belongs to another run");
        }
        if let Some(existing) = self.run_by_key(run.user, &run.idempotency_key)? {
            return Ok(Inserted::Exists(existing.id));
        }
        if self.state.drafts.get(&run.draft).is_none_or(|draft| draft.user != run.user) {
            return refused("run", "its draft is gone");
        }
        let state = self.change()?;
        if state.runs.insert(run.id, run.clone()).is_some() {
            return refused("run", "it is there already");
        }
        for item in items {
            let ordinal_taken = |kept: &KeptItem| kept.item.run == run.id && kept.item.ordinal == item.ordinal;
            if state.items.contains_key(&item.id) || state.items.values().any(ordinal_taken) {
                return refused("run item", "it is there already");
            }
            let kept = KeptItem { user: run.user, changed_at: run.approved_at, item: item.clone() };
            state.items.insert(item.id, kept);
        }
        Ok(Inserted::New)
    }

    fn run(&mut self, user: UserId, id: RunId) -> Result<Option<Run>, StorageError> {
        Ok(self.state.runs.get(&id).filter(|run| run.user == user).cloned())
    }

    fn run_by_key(&mut self, user: UserId, idempotency_key: &str) -> Result<Option<Run>, StorageError> {
        let mut runs = self.state.runs.values();
        Ok(runs.find(|run| run.user == user && run.idempotency_key == idempotency_key).cloned())
    }

    fn runs(&mut self, user: UserId, cursor: Option<&str>, limit: u32) -> Result<Slice<Run>, StorageError> {
        let mine = self.state.runs.values().filter(|run| run.user == user).cloned().collect();
        Ok(page(mine, cursor, limit, |run: &Run| (run.approved_at.0, run.id.to_string())))
    }

    fn run_items(&mut self, user: UserId, run: RunId) -> Result<Vec<RunItem>, StorageError> {
        let mine = self.state.items.values().filter(|kept| kept.user == user && kept.item.run == run);
        let mut items: Vec<RunItem> = mine.map(|kept| kept.item.clone()).collect();
        items.sort_by_key(|item| item.ordinal);
        Ok(items)
    }

    fn created_of_draft(&mut self, user: UserId, draft: DraftId) -> Result<Vec<RunItem>, StorageError> {
        let runs = &self.state.runs;
        let of_draft = |kept: &&KeptItem| {
            kept.user == user
                && kept.item.state.is_in_jira()
                && runs.get(&kept.item.run).is_some_and(|run| run.draft == draft)
        };
        let mut found: Vec<&KeptItem> = self.state.items.values().filter(of_draft).collect();
        found.sort_by_key(|kept| (kept.changed_at, kept.item.id));
        Ok(found.into_iter().map(|kept| kept.item.clone()).collect())
    }

    fn items_with_content(
        &mut self,
        user: UserId,
        site: &str,
        project: &str,
        contents: &[String],
        since: Timestamp,
    ) -> Result<Vec<RunItem>, StorageError> {
        let runs = &self.state.runs;
        let there = |run: RunId| runs.get(&run).is_some_and(|run| run.site == site && run.project == project);
        let wanted = |kept: &&KeptItem| {
            kept.user == user
                && kept.changed_at >= since
                && !kept.item.state.is_missing()
                && contents.contains(&kept.item.content_sha256)
                && there(kept.item.run)
        };
        let mut found: Vec<KeptItem> = self.state.items.values().filter(wanted).cloned().collect();
        found.sort_by_key(|kept| std::cmp::Reverse((kept.changed_at, kept.item.id)));
        Ok(found.into_iter().take(200).map(|kept| kept.item).collect())
    }

    fn active_run(&mut self, user: UserId, site: &str, project: &str) -> Result<Option<Run>, StorageError> {
        let active = |run: &&Run| {
            run.user == user && run.state == RunState::Active && run.site == site && run.project == project
        };
        Ok(self.state.runs.values().find(active).cloned())
    }

    fn runs_to_sweep(&mut self, now: Timestamp, limit: u32) -> Result<Vec<Run>, StorageError> {
        let mut due: Vec<Run> =
            self.state.runs.values().filter(|run| run.sweep_at.is_some_and(|at| at <= now)).cloned().collect();
        due.sort_by_key(|run| (run.sweep_at, run.id));
        due.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(due)
    }

    fn created_items(&mut self, user: UserId, limit: u32) -> Result<Vec<RunItem>, StorageError> {
        let created = |kept: &&KeptItem| kept.user == user && kept.item.state.is_in_jira();
        let created: Vec<KeptItem> = self.state.items.values().filter(created).cloned().collect();
        let newest = page(created, None, limit, |kept| (kept.changed_at.0, kept.item.id.to_string()));
        Ok(newest.items.into_iter().map(|kept| kept.item).collect())
    }

    fn items_by_jira_key(&mut self, user: UserId, key: &str) -> Result<Vec<RunItem>, StorageError> {
        let key = key.trim().to_uppercase();
        let mine = self.state.items.values().rev().filter(|kept| kept.user == user);
        Ok(mine.filter(|kept| kept.item.jira_key.as_ref() == Some(&key)).map(|kept| kept.item.clone()).collect())
    }

    fn run_events(&mut self, user: UserId, run: RunId) -> Result<Vec<RunEvent>, StorageError> {
        let mine = self.state.run_events.iter().filter(|(owner, of, _)| (*owner, *of) == (user, run));
        Ok(mine.map(|(_, _, event)| event.clone()).collect())
    }

    fn change_item(
        &mut self,
        user: UserId,
        item: ItemId,
        fence: i64,
        change: &ItemChange,
    ) -> Result<Saved, StorageError> {
        let state = self.change()?;
        let Some(before) = state.items.get(&item).filter(|kept| kept.user == user && kept.item.state == change.from)
        else {
            return Ok(Saved::Conflict);
        };
        let mut after = before.clone();
        if let Some((id, key)) = &change.jira {
            let same_issue = |other: &KeptItem| {
                other.item.run == after.item.run && other.item.id != item && other.item.jira_id.as_ref() == Some(id)
            };
            if state.items.values().any(same_issue) {
                return refused("run item", "another item of the run is this issue");
            }
            after.item.jira_id = Some(id.clone());
            after.item.jira_key = Some(key.clone());
        }
        if change.to.is_in_jira() && after.item.jira_id.is_none() {
            return refused("run item", "what is created has an id in Jira");
        }
        after.item.state = change.to;
        after.item.attempts += u32::from(change.sent_at.is_some());
        after.item.sent_at = change.sent_at.or(after.item.sent_at);
        after.item.problem.clone_from(&change.problem);
        after.item.fields.clone_from(&change.fields);
        if let Some(differences) = &change.differences {
            after.item.differences.clone_from(differences);
        }
        if let Some((probes, next)) = change.probes.or(change.sent_at.map(|_| (0, None))) {
            (after.item.probes, after.item.next_probe_at) = (probes, next);
        }
        after.changed_at = change.at;
        let event =
            RunEvent { item, fence, from: change.from, to: change.to, at: change.at, detail: change.detail.clone() };
        state.run_events.push((user, after.item.run, event));
        state.items.insert(item, after);
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
        if let Some(kept) = self.change()?.runs.get_mut(&run).filter(|kept| kept.user == user) {
            kept.state = state;
            kept.reason = reason.map(str::to_owned);
            kept.finished_at = ended.then_some(at);
        }
        Ok(())
    }

    fn set_run_job(&mut self, user: UserId, run: RunId, job: JobId) -> Result<(), StorageError> {
        if let Some(kept) = self.change()?.runs.get_mut(&run).filter(|kept| kept.user == user) {
            kept.job = job;
        }
        Ok(())
    }

    fn set_newest_before(&mut self, user: UserId, run: RunId, number: u64) -> Result<(), StorageError> {
        if let Some(kept) = self.change()?.runs.get_mut(&run).filter(|kept| kept.user == user) {
            kept.newest_before = Some(number);
        }
        Ok(())
    }

    fn set_sweep(
        &mut self,
        user: UserId,
        run: RunId,
        expected: u32,
        sweeps: u32,
        next: Option<Timestamp>,
    ) -> Result<Saved, StorageError> {
        let runs = &mut self.change()?.runs;
        let Some(kept) = runs.get_mut(&run).filter(|kept| kept.user == user && kept.sweeps == expected) else {
            return Ok(Saved::Conflict);
        };
        (kept.sweeps, kept.sweep_at) = (sweeps, next);
        Ok(Saved::Stored)
    }

    fn set_duplicates(
        &mut self,
        user: UserId,
        item: ItemId,
        keys: &[String],
        problem: &str,
    ) -> Result<(), StorageError> {
        if let Some(kept) = self.change()?.items.get_mut(&item).filter(|kept| kept.user == user) {
            kept.item.duplicates = keys.to_vec();
            kept.item.problem = Some(problem.to_owned());
        }
        Ok(())
    }
}
