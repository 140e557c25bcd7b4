//! The executor: one POST per issue, intent on disk before the first byte, no blind retry, parents first.

use super::finish::{Halt, tell};
use super::{probe, settle};
use crate::Ports;
use crate::access::{self, AccessError};
use crate::integrations::mark_broken;
use crate::worker::{StopCause, why_stopped};
use storywright_domain::cancel::Cancellation;
use storywright_domain::integration::IntegrationKind;
use storywright_domain::jira::CreateOutcome;
use storywright_domain::job::{EventKind, Job};
use storywright_domain::ports::{Held, ItemChange, Saved, StorageError, StorageExt};
use storywright_domain::publishing::{ItemState, Run, RunItem};
use storywright_domain::remote::Access;
use storywright_domain::{ItemId, Millis, RequestId, RunId};

/// Create calls of one item before the run pauses.
const MAX_SENDS: u32 = 5;
/// A lease must outlast a create call by this much.
const MARGIN: Millis = Millis::seconds(10);

/// Whether to go on. Cancelling says only that there is a reason to stop; the queue says which.
fn check_stop(ports: &Ports, job: &Job, cancellation: &Cancellation) -> Result<(), Halt> {
    if !cancellation.is_cancelled() {
        return Ok(());
    }
    Err(match why_stopped(ports, job)? {
        StopCause::Person => Halt::Stopped,
        StopCause::Process => Halt::HandedBack,
        StopCause::LeaseLost => Halt::LeaseLost,
    })
}

/// A run under way.
pub(super) struct Executor<'a> {
    ports: &'a Ports,
    job: &'a Job,
    run: Run,
    items: Vec<RunItem>,
    access: Access,
    cancellation: &'a Cancellation,
}

impl<'a> Executor<'a> {
    /// Reads the run and opens the connection.
    pub(super) fn open(
        ports: &'a Ports,
        job: &'a Job,
        run: RunId,
        cancellation: &'a Cancellation,
    ) -> Result<Self, Halt> {
        let found = ports.storage.read(|tx| {
            let Some(run) = settle::held(tx, job, run)? else { return Ok(None) };
            let items = tx.run_items(job.user, run.id)?;
            Ok::<_, StorageError>(Some((run, items)))
        })?;
        let (run, items) = found.ok_or(Halt::NotOurs)?;
        check_stop(ports, job, cancellation)?;
        let request_id = RequestId::parse(&job.request_id).unwrap_or_else(|| RequestId::from_number(job.id.0));
        let access = match access::tested(ports, job.user, IntegrationKind::Jira)
            .and_then(|integration| access::open_site(ports, &integration, &request_id))
        {
            Ok(access) => access,
            Err(AccessError::Storage(error)) => return Err(Halt::Storage(error)),
            Err(error) => {
                return Err(Halt::Paused(format!(
                    "Jira cannot be used: {error}. Open Integrations, test Jira, then resume."
                )));
            }
        };
        if access.site.id != run.site {
            return Err(Halt::Paused(format!(
                "The run was approved for the site `{}`, but you are connected to `{}` now.",
                run.site, access.site.id
            )));
        }
        Ok(Self { ports, job, run, items, access, cancellation })
    }

    /// Creates what is planned and looks for what is unknown.
    pub(super) fn run(&mut self) -> Result<(), Halt> {
        self.settle_interrupted()?;
        self.look_for_unknown()?;
        loop {
            self.create_planned()?;
            self.look_for_unknown()?;
            // A parent whose answer was lost may have been found: its children can follow.
            if !self.unblock()? {
                return Ok(());
            }
        }
    }

    fn create_planned(&mut self) -> Result<(), Halt> {
        for index in 0..self.items.len() {
            check_stop(self.ports, self.job, self.cancellation)?;
            if self.items[index].state != ItemState::Planned {
                continue;
            }
            self.create(index)?;
            let done = self.items.iter().filter(|item| item.state == ItemState::Created).count();
            let data = serde_json::json!({"step": "Creating issues", "done": done, "total": self.items.len()});
            tell(self.ports, self.job, EventKind::Progress, &data);
        }
        Ok(())
    }

    /// A worker that died while sending leaves the outcome unknown: the item is never sent again by itself.
    fn settle_interrupted(&mut self) -> Result<(), Halt> {
        for index in 0..self.items.len() {
            if self.items[index].state == ItemState::Sending {
                let problem =
                    "The server stopped while this issue was being created. Whether Jira has it is not known.";
                let detail = "found in sending after a restart";
                self.change(index, ItemState::Unknown, None, Some(problem.to_owned()), detail)?;
            }
        }
        Ok(())
    }

    fn look_for_unknown(&mut self) -> Result<(), Halt> {
        let unknown = |item: &&RunItem| item.state == ItemState::Unknown;
        let wanted: Vec<ItemId> = self.items.iter().filter(unknown).map(|item| item.id).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let stop = || self.cancellation.is_cancelled();
        let found = match probe::find(self.ports, &self.access, &self.run, &self.items, &wanted, &stop) {
            Ok(found) => found,
            Err(error) => {
                log::warn!(run_id = self.run.id.to_string().as_str(), error = error.to_string().as_str(); "looking for issues failed");
                return Ok(());
            }
        };
        for (item, issue) in found {
            if let Some(index) = self.items.iter().position(|known| known.id == item) {
                self.change(index, ItemState::Created, Some(issue), None, "found by its marker")?;
            }
        }
        Ok(())
    }

    /// Plans what waited for a parent that is there now; says whether there was any.
    fn unblock(&mut self) -> Result<bool, Halt> {
        let mut any = false;
        for index in 0..self.items.len() {
            if self.items[index].state == ItemState::Blocked && self.parent_key(index).is_ok() {
                self.change(index, ItemState::Planned, None, None, "parent found")?;
                any = true;
            }
        }
        Ok(any)
    }

    fn create(&mut self, index: usize) -> Result<(), Halt> {
        let parent = match self.parent_key(index) {
            Ok(parent) => parent,
            Err(()) => {
                return self.change(
                    index,
                    ItemState::Blocked,
                    None,
                    Some("Its parent is not in Jira yet.".to_owned()),
                    "parent not created",
                );
            }
        };
        for attempt in 1..=MAX_SENDS {
            check_stop(self.ports, self.job, self.cancellation)?;
            self.hold_lease()?;
            self.begin_sending(index)?;
            let outcome = self.ports.jira.create(&self.access, &self.items[index].payload, parent.as_deref());
            match outcome {
                CreateOutcome::Created { id, key } => {
                    return self.change(index, ItemState::Created, Some((id, key)), None, "201");
                }
                CreateOutcome::Rejected { status, messages, fields } => {
                    let mut words = messages;
                    words.extend(fields.iter().map(|refusal| format!("{}: {}", refusal.field, refusal.message)));
                    return self.change(index, ItemState::Rejected, None, Some(words.join(" ")), &status.to_string());
                }
                CreateOutcome::Unknown { detail } => {
                    let problem = format!("Whether Jira has this issue is not known ({detail}).");
                    return self.change(index, ItemState::Unknown, None, Some(problem), &detail);
                }
                CreateOutcome::AuthLost { detail } => {
                    self.change(
                        index,
                        ItemState::Unknown,
                        None,
                        Some("Jira stopped accepting your token while this issue was being created.".to_owned()),
                        &detail,
                    )?;
                    let credential = &self.access.credential;
                    mark_broken(
                        self.ports,
                        self.job.user,
                        IntegrationKind::Jira,
                        credential,
                        "credential_refused",
                        &detail,
                    )?;
                    return Err(Halt::Paused(
                        "Jira stopped accepting your token. Open Integrations, save a new token, test it, then resume."
                            .to_owned(),
                    ));
                }
                CreateOutcome::NotSent { detail, retry_after_ms } => {
                    self.change(index, ItemState::Planned, None, Some(detail.clone()), &detail)?;
                    if attempt < MAX_SENDS {
                        let wait = Millis(retry_after_ms.unwrap_or(1_000).clamp(1_000, 120_000));
                        self.ports.running.pause(wait, self.cancellation);
                    }
                }
            }
        }
        Err(Halt::Paused("Jira could not be reached. Nothing was sent; resume when it is back.".to_owned()))
    }

    fn parent_key(&self, index: usize) -> Result<Option<String>, ()> {
        let Some(parent) = self.items[index].parent else { return Ok(None) };
        self.items
            .iter()
            .find(|item| item.id == parent && item.state == ItemState::Created)
            .and_then(|item| item.jira_key.clone())
            .map(Some)
            .ok_or(())
    }

    /// The lease outlasts the call that is about to begin, or nothing is sent.
    fn hold_lease(&self) -> Result<(), Halt> {
        let lease = Millis(self.ports.settings.job_lease.0.max(self.ports.settings.create_timeout.0 + 2 * MARGIN.0));
        match self.ports.queue.renew(self.job.id, self.job.fence, lease)? {
            Held::Yes { cancel_requested: true, .. } => Err(Halt::Stopped),
            Held::Yes { .. } => Ok(()),
            Held::Lost => Err(Halt::LeaseLost),
        }
    }

    fn begin_sending(&mut self, index: usize) -> Result<(), Halt> {
        let now = self.ports.clock.now();
        let from = self.items[index].state;
        let detail = "create call begins".to_owned();
        let change = ItemChange { sent_at: Some(now), ..ItemChange::plain(from, ItemState::Sending, now, detail) };
        self.write(index, &change)?;
        let item = &mut self.items[index];
        item.attempts += 1;
        item.sent_at = Some(now);
        Ok(())
    }

    fn change(
        &mut self,
        index: usize,
        to: ItemState,
        jira: Option<(String, String)>,
        problem: Option<String>,
        detail: &str,
    ) -> Result<(), Halt> {
        let detail = detail.chars().take(500).collect();
        let change = ItemChange {
            jira: jira.clone(),
            problem: problem.clone(),
            ..ItemChange::plain(self.items[index].state, to, self.ports.clock.now(), detail)
        };
        self.write(index, &change)?;
        let item = &mut self.items[index];
        if let Some((id, key)) = jira {
            item.jira_id = Some(id);
            item.jira_key = Some(key);
        }
        item.problem = problem;
        Ok(())
    }

    /// Writes one change under the lease, with its audit line, and tells whoever watches.
    fn write(&mut self, index: usize, change: &ItemChange) -> Result<(), Halt> {
        let item: ItemId = self.items[index].id;
        let (user, job, fence, run) = (self.job.user, self.job, self.job.fence, self.run.id);
        let created = change.jira.as_ref().filter(|_| change.to == ItemState::Created);
        let entry = created.map(|(_, key)| {
            let request_id = &self.access.request_id;
            self.ports.audit_entry(
                Some(user),
                request_id,
                "issue_created",
                key.clone(),
                format!("run:{} item:{item} plan:{}", self.run.id, self.run.plan_hash),
            )
        });
        let saved = self.ports.storage.write(|tx| {
            if settle::held(tx, job, run)?.is_none() {
                return Ok::<_, StorageError>(Saved::Conflict);
            }
            let saved = tx.change_item(user, item, fence, change)?;
            if let (Saved::Stored, Some(entry)) = (saved, &entry) {
                tx.audit(entry)?;
            }
            Ok(saved)
        })?;
        match saved {
            Saved::Conflict => Err(Halt::LeaseLost),
            Saved::Stored => {
                self.items[index].state = change.to;
                let data = serde_json::json!({
                    "item": item, "reference": self.items[index].reference, "state": change.to,
                    "key": change.jira.as_ref().map(|(_, key)| key), "problem": change.problem,
                });
                tell(self.ports, self.job, EventKind::Issue, &data);
                Ok(())
            }
        }
    }
}
