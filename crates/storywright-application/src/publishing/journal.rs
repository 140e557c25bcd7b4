//! How the executor writes: every change under its lease, with its history and audit line, told to whoever watches.

use super::execute::{Executor, MARGIN};
use super::finish::{Halt, tell};
use super::settle;
use super::sweep::FIRST_SWEEP;
use crate::preflight;
use storywright_domain::Millis;
use storywright_domain::jira::Difference;
use storywright_domain::job::EventKind;
use storywright_domain::ports::{Held, ItemChange, Saved, StorageError, StorageExt, Tx};
use storywright_domain::preflight::ScreenPlace;
use storywright_domain::publishing::ItemState;
use storywright_domain::remote::FieldRefusal;
use storywright_domain::{ItemId, Timestamp};

/// What a write came to.
enum Written {
    Stored,
    Conflict,
    StopAsked,
}

impl Executor<'_> {
    /// The lease outlasts the call that is about to begin, or nothing is sent. It is renewed when half of what it may lose is gone.
    pub(super) fn hold_lease(&mut self) -> Result<(), Halt> {
        let needed = self.ports.settings.create_timeout.0 + MARGIN.0;
        let lease = self.ports.settings.job_lease.0.max(needed + MARGIN.0);
        let now = self.ports.clock.now();
        if self.renewed_at.is_some_and(|at| now.0 - at.0 < (lease - needed) / 2) {
            return Ok(());
        }
        match self.ports.queue.renew(self.job.id, self.job.fence, Millis(lease))? {
            Held::Yes { cancel_requested: true, .. } => Err(Halt::Stopped),
            Held::Yes { .. } => {
                self.renewed_at = Some(now);
                Ok(())
            }
            Held::Lost => Err(Halt::LeaseLost),
        }
    }

    /// Notes that a create call is about to begin; nothing is sent before this is on disk.
    pub(super) fn begin_sending(&mut self, index: usize) -> Result<(), Halt> {
        let now = self.ports.clock.now();
        let change = ItemChange { sent_at: Some(now), ..self.plain(index, ItemState::Sending, "create call begins") };
        self.write(index, &change)?;
        let item = &mut self.items[index];
        item.attempts += 1;
        item.sent_at = Some(now);
        (item.probes, item.next_probe_at) = (0, None);
        Ok(())
    }

    /// Another state, with words about it.
    pub(super) fn change(
        &mut self,
        index: usize,
        to: ItemState,
        problem: Option<String>,
        detail: &str,
    ) -> Result<(), Halt> {
        let change = ItemChange { problem, ..self.plain(index, to, detail) };
        self.write(index, &change)
    }

    /// It is in Jira: created now, or found.
    pub(super) fn created(&mut self, index: usize, jira: (String, String), detail: &str) -> Result<(), Halt> {
        let probes = self.items[index].probes;
        let change = ItemChange {
            jira: Some(jira),
            probes: Some((probes, None)),
            ..self.plain(index, ItemState::Created, detail)
        };
        self.write(index, &change)
    }

    /// Jira refused it.
    pub(super) fn refused(
        &mut self,
        index: usize,
        problem: String,
        fields: Vec<FieldRefusal>,
        detail: &str,
    ) -> Result<(), Halt> {
        let problem = Some(problem);
        let change = ItemChange { problem, fields, ..self.plain(index, ItemState::Rejected, detail) };
        self.write(index, &change)
    }

    /// It was looked for, and is looked for again at `next`.
    pub(super) fn looked(
        &mut self,
        index: usize,
        to: ItemState,
        problem: Option<String>,
        next: Option<Timestamp>,
        detail: &str,
    ) -> Result<(), Halt> {
        let probes = self.items[index].probes + 1;
        let change = ItemChange { problem, probes: Some((probes, next)), ..self.plain(index, to, detail) };
        self.write(index, &change)
    }

    /// It is finished, or as finished as it gets.
    pub(super) fn finished(
        &mut self,
        index: usize,
        problem: Option<String>,
        differences: Option<Vec<Difference>>,
    ) -> Result<(), Halt> {
        let to = if problem.is_none() { ItemState::Linked } else { ItemState::Unlinked };
        let detail = problem.clone().unwrap_or_else(|| "read back and linked".to_owned());
        let change = ItemChange { problem, differences, ..self.plain(index, to, &detail) };
        self.write(index, &change)
    }

    fn plain(&self, index: usize, to: ItemState, detail: &str) -> ItemChange {
        let detail = detail.chars().take(500).collect();
        ItemChange::plain(self.items[index].state, to, self.ports.clock.now(), detail)
    }

    fn write(&mut self, index: usize, change: &ItemChange) -> Result<(), Halt> {
        let item: ItemId = self.items[index].id;
        let (user, job, run) = (self.job.user, self.job, self.run.id);
        let created = change.jira.as_ref().filter(|_| change.to == ItemState::Created);
        let entry = created.map(|(_, key)| {
            self.ports.audit_entry(
                Some(user),
                &self.access.request_id,
                "issue_created",
                key.clone(),
                format!("run:{} item:{item} plan:{}", self.run.id, self.run.plan_hash),
            )
        });
        let written = self.ports.storage.write(|tx| {
            let Some(found) = settle::held(tx, job, run)? else { return Ok::<_, StorageError>(Written::Conflict) };
            if change.to == ItemState::Sending && tx.job(user, job.id)?.is_some_and(|job| job.cancel_requested) {
                return Ok(Written::StopAsked);
            }
            if tx.change_item(user, item, job.fence, change)? == Saved::Conflict {
                return Ok(Written::Conflict);
            }
            if let Some(entry) = &entry {
                tx.audit(entry)?;
            }
            if change.to == ItemState::Unknown {
                // What comes late is looked for, whoever finds what in the meantime.
                let _ = tx.set_sweep(user, run, found.sweeps, 0, Some(change.at + FIRST_SWEEP))?;
            }
            self.keep_lessons(tx, index, change)?;
            Ok(Written::Stored)
        })?;
        match written {
            Written::Conflict => Err(Halt::LeaseLost),
            Written::StopAsked => Err(Halt::Stopped),
            Written::Stored => {
                self.apply(index, change);
                Ok(())
            }
        }
    }

    /// What a refusal says about the create screen is known the next time; what a creation disproves is forgotten.
    fn keep_lessons(&self, tx: &mut dyn Tx, index: usize, change: &ItemChange) -> Result<(), StorageError> {
        let item = &self.items[index];
        let place = || ScreenPlace {
            site: self.run.site.clone(),
            project: self.run.project.clone(),
            issue_type: item.issue_type_id.clone(),
        };
        match change.to {
            _ if item.issue_type_id.is_empty() => Ok(()),
            ItemState::Rejected => preflight::learn(tx, &place(), &item.payload, &change.fields, change.at),
            ItemState::Created if item.state == ItemState::Sending => preflight::forget(tx, &place(), &item.payload),
            _ => Ok(()),
        }
    }

    fn apply(&mut self, index: usize, change: &ItemChange) {
        let item = &mut self.items[index];
        item.state = change.to;
        if let Some((id, key)) = &change.jira {
            item.jira_id = Some(id.clone());
            item.jira_key = Some(key.clone());
        }
        item.problem.clone_from(&change.problem);
        item.fields.clone_from(&change.fields);
        if let Some(differences) = &change.differences {
            item.differences.clone_from(differences);
        }
        if let Some((probes, next)) = change.probes {
            (item.probes, item.next_probe_at) = (probes, next);
        }
        let data = serde_json::json!({
            "item": item.id, "reference": item.reference, "state": change.to,
            "key": item.jira_key, "problem": change.problem,
        });
        tell(self.ports, self.job, EventKind::Issue, &data);
    }
}
