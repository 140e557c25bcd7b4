//! The executor: one POST per issue, intent on disk before the first byte, no blind retry, parents first.

use super::probe;
use crate::Ports;
use crate::access;
use crate::integrations::mark_broken;
use storywright_domain::cancel::Cancellation;
use storywright_domain::integration::IntegrationKind;
use storywright_domain::jira::CreateOutcome;
use storywright_domain::job::{EventKind, Job};
use storywright_domain::ports::{Claim, Held, ItemChange, JobEnd, Saved, StorageError, StorageExt};
use storywright_domain::publishing::{ItemState, Run, RunItem, RunState};
use storywright_domain::remote::Access;
use storywright_domain::{ItemId, Millis, RequestId, RunId, UserId};

/// Create calls of one item before the run pauses.
const MAX_SENDS: u32 = 5;
/// A lease must outlast a create call by this much.
const MARGIN: Millis = Millis::seconds(10);

/// Why the executor stopped before its last item.
#[derive(Debug)]
enum Halt {
    /// Another worker has the run: write nothing more.
    LeaseLost,
    /// The person stopped it.
    Stopped,
    /// The process ends.
    HandedBack,
    /// The person must do something first.
    Paused(String),
    /// The database is in trouble.
    Storage(StorageError),
}

impl From<StorageError> for Halt {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

/// Runs a claimed publish job to its end and says how it ends.
pub(crate) fn run_publish(ports: &Ports, claim: &Claim, cancellation: &Cancellation) -> JobEnd {
    let job = &claim.job;
    let Ok(run_id) = RunId::parse(&job.subject) else {
        return JobEnd::Failed { error: "run_not_found: The run is gone.".to_owned() };
    };
    let result = Executor::open(ports, job, run_id, cancellation).and_then(|executor| match executor {
        Some(mut executor) => executor.run(),
        None => Ok(()),
    });
    conclude(ports, job, run_id, result).unwrap_or_else(|error| {
        log::error!(job_id = job.id.to_string().as_str(), error = error.to_string().as_str(); "the state of a run could not be kept");
        JobEnd::Retry { after: Millis::seconds(5), error: format!("storage: {error}") }
    })
}

fn conclude(ports: &Ports, job: &Job, run: RunId, result: Result<(), Halt>) -> Result<JobEnd, StorageError> {
    match result {
        Err(Halt::LeaseLost) => Ok(JobEnd::Cancelled),
        Err(Halt::HandedBack) => Ok(JobEnd::Released),
        Err(Halt::Storage(error)) => {
            Ok(JobEnd::Retry { after: Millis::seconds(5), error: format!("storage: {error}") })
        }
        Err(Halt::Paused(reason)) => {
            let now = ports.clock.now();
            ports.storage.write(|tx| tx.set_run_state(job.user, run, RunState::Paused, Some(&reason), now))?;
            say(
                ports,
                job,
                EventKind::Error,
                &serde_json::json!({"code": "run_paused", "message": reason, "retry": false}),
            )?;
            ports.events.flush(job.id)?;
            Ok(JobEnd::Failed { error: format!("run_paused: {reason}") })
        }
        Err(Halt::Stopped) => {
            let stopped = ports.storage.read(|tx| tx.run(job.user, run))?;
            if let Some(run) = stopped {
                close_stopped(ports, &run)?;
            }
            finish(ports, job, "cancelled")?;
            Ok(JobEnd::Cancelled)
        }
        Ok(()) => {
            settle_run(ports, job.user, run)?;
            finish(ports, job, "completed")?;
            Ok(JobEnd::Completed)
        }
    }
}

fn finish(ports: &Ports, job: &Job, status: &str) -> Result<(), StorageError> {
    say(ports, job, EventKind::Done, &serde_json::json!({"status": status}))?;
    ports.events.flush(job.id)
}

fn say(ports: &Ports, job: &Job, kind: EventKind, data: &serde_json::Value) -> Result<(), StorageError> {
    ports.events.append(job.id, kind, &data.to_string()).map(|_| ())
}

/// Marks what has not begun as cancelled, and the run as stopped.
pub(super) fn close_stopped(ports: &Ports, run: &Run) -> Result<(), StorageError> {
    let now = ports.clock.now();
    ports.storage.write(|tx| {
        for item in tx.run_items(run.user, run.id)? {
            if item.state == ItemState::Planned {
                let change = ItemChange {
                    from: ItemState::Planned,
                    to: ItemState::Cancelled,
                    sent_at: None,
                    jira: None,
                    problem: None,
                    at: now,
                    detail: "stopped by the person".to_owned(),
                };
                let _ = tx.change_item(run.user, item.id, 0, &change)?;
            }
        }
        tx.set_run_state(run.user, run.id, RunState::Stopped, Some("Stopped before every issue was created."), now)
    })?;
    settle_run(ports, run.user, run.id)
}

/// Sets the state of a run that nobody works on from the states of its items, and gives the draft back when nothing of it is in Jira.
pub(super) fn settle_run(ports: &Ports, user: UserId, id: RunId) -> Result<(), StorageError> {
    let now = ports.clock.now();
    ports.storage.write(|tx| {
        let Some(run) = tx.run(user, id)? else { return Ok(()) };
        let items = tx.run_items(user, id)?;
        let count = |state: ItemState| items.iter().filter(|item| item.state == state).count();
        let complete = count(ItemState::Created) == items.len();
        if complete {
            tx.set_run_state(user, id, RunState::Completed, None, now)?;
        } else if run.state != RunState::Stopped {
            let reason = format!(
                "{} of {} created, {} refused, {} unknown, {} blocked.",
                count(ItemState::Created),
                items.len(),
                count(ItemState::Rejected),
                count(ItemState::Unknown),
                count(ItemState::Blocked)
            );
            tx.set_run_state(user, id, RunState::Incomplete, Some(&reason), now)?;
        }
        // While anything of it is or may be in Jira, the draft stays bound to this run: a second run would double it.
        let nothing_there = count(ItemState::Created) + count(ItemState::Unknown) + count(ItemState::Sending) == 0;
        if (complete || nothing_there)
            && let Some(draft) = tx.draft(user, run.draft)?
            && draft.state == (storywright_domain::draft::DraftState::Publishing { run: id })
        {
            let expected = draft.version;
            // Same transaction as the read above: the version cannot have moved.
            let _ = tx.update_draft(&draft.end_publishing(id, complete, now), expected)?;
        }
        Ok(())
    })
}

struct Executor<'a> {
    ports: &'a Ports,
    job: &'a Job,
    run: Run,
    items: Vec<RunItem>,
    access: Access,
    cancellation: &'a Cancellation,
}

impl<'a> Executor<'a> {
    fn open(ports: &'a Ports, job: &'a Job, run: RunId, cancellation: &'a Cancellation) -> Result<Option<Self>, Halt> {
        let found = ports.storage.read(|tx| {
            let Some(run) = tx.run(job.user, run)? else { return Ok(None) };
            let items = tx.run_items(job.user, run.id)?;
            Ok::<_, StorageError>(Some((run, items)))
        })?;
        let Some((run, items)) = found.filter(|(run, _)| run.job == job.id) else { return Ok(None) };
        let request_id = RequestId::parse(&job.request_id).unwrap_or_else(|| RequestId::from_number(job.id.0));
        let access = access::tested(ports, job.user, IntegrationKind::Jira)
            .and_then(|integration| access::open_site(ports, &integration, &request_id))
            .map_err(|error| {
                Halt::Paused(format!("Jira cannot be used: {error}. Open Integrations, test Jira, then resume."))
            })?;
        if access.site.id != run.site {
            return Err(Halt::Paused(format!(
                "The run was approved for the site `{}`, but you are connected to `{}` now.",
                run.site, access.site.id
            )));
        }
        Ok(Some(Self { ports, job, run, items, access, cancellation }))
    }

    fn run(&mut self) -> Result<(), Halt> {
        self.settle_interrupted()?;
        self.look_for_unknown()?;
        for index in 0..self.items.len() {
            self.check_stop()?;
            if self.items[index].state == ItemState::Planned {
                self.create(index)?;
            }
            let done = self.items.iter().filter(|item| item.state == ItemState::Created).count();
            say(
                self.ports,
                self.job,
                EventKind::Progress,
                &serde_json::json!({"step": "Creating issues", "done": done, "total": self.items.len()}),
            )?;
        }
        self.look_for_unknown()
    }

    fn check_stop(&self) -> Result<(), Halt> {
        if !self.cancellation.is_cancelled() {
            return Ok(());
        }
        Err(if self.ports.running.is_shutting_down() { Halt::HandedBack } else { Halt::Stopped })
    }

    /// A worker that died while sending leaves the outcome unknown: the item is never sent again by itself.
    fn settle_interrupted(&mut self) -> Result<(), Halt> {
        for index in 0..self.items.len() {
            if self.items[index].state == ItemState::Sending {
                let problem =
                    "The server stopped while this issue was being created. Whether Jira has it is not known.";
                self.change(
                    index,
                    ItemState::Unknown,
                    None,
                    Some(problem.to_owned()),
                    "found in sending after a restart",
                )?;
            }
        }
        Ok(())
    }

    fn look_for_unknown(&mut self) -> Result<(), Halt> {
        for index in 0..self.items.len() {
            if self.items[index].state != ItemState::Unknown {
                continue;
            }
            match probe::find(self.ports, &self.access, &self.run, &self.items, &self.items[index]) {
                Ok(Some(found)) => self.change(index, ItemState::Created, Some(found), None, "found by its marker")?,
                Ok(None) => {}
                Err(error) => {
                    log::warn!(run_id = self.run.id.to_string().as_str(), error = error.to_string().as_str(); "looking for an issue failed")
                }
            }
        }
        Ok(())
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
        for _ in 0..MAX_SENDS {
            self.check_stop()?;
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
                    mark_broken(self.ports, self.job.user, IntegrationKind::Jira, "credential_refused", &detail)?;
                    return Err(Halt::Paused(
                        "Jira stopped accepting your token. Open Integrations, save a new token, test it, then resume."
                            .to_owned(),
                    ));
                }
                CreateOutcome::NotSent { detail, retry_after_ms } => {
                    self.change(index, ItemState::Planned, None, Some(detail.clone()), &detail)?;
                    let wait = Millis(retry_after_ms.unwrap_or(1_000).clamp(1_000, 120_000));
                    self.ports.running.pause(wait, self.cancellation);
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
        let change = ItemChange {
            from,
            to: ItemState::Sending,
            sent_at: Some(now),
            jira: None,
            problem: None,
            at: now,
            detail: "create call begins".to_owned(),
        };
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
        let change = ItemChange {
            from: self.items[index].state,
            to,
            sent_at: None,
            jira: jira.clone(),
            problem: problem.clone(),
            at: self.ports.clock.now(),
            detail: detail.chars().take(500).collect(),
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
        let (user, job, fence) = (self.job.user, self.job.id, self.job.fence);
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
            if !tx.lease_holds(job, fence)? {
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
                say(self.ports, self.job, EventKind::Issue, &data)?;
                Ok(())
            }
        }
    }
}
