//! The executor: one POST per issue, intent on disk before the first byte, no blind retry, level by level with parents first.

use super::finish::Halt;
use super::helpers::Helpers;
use super::linking::Finishing;
use super::settle;
use super::through::{self, Through};
use crate::Ports;
use crate::access::{self, AccessError};
use crate::integrations::mark_broken;
use crate::sources::cited_pages;
use crate::worker::{StopCause, why_stopped};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use storywright_domain::cancel::Cancellation;
use storywright_domain::integration::IntegrationKind;
use storywright_domain::jira::CreateOutcome;
use storywright_domain::job::{EventKind, Job};
use storywright_domain::ports::{StorageError, StorageExt, ToolAccess};
use storywright_domain::publishing::{ItemState, Run, RunItem, depths};
use storywright_domain::remote::{Access, FieldRefusal, RemoteError};
use storywright_domain::source::CitedPage;
use storywright_domain::{ItemId, Millis, RequestId, RunId, Timestamp};

/// Create calls of one item before the run pauses or the item is left to the person.
pub(super) const MAX_SENDS: u32 = 5;
/// A lease must outlast a create call by this much.
pub(super) const MARGIN: Millis = Millis::seconds(10);
/// A wait that is longer gives the thread back.
pub(super) const LONG_WAIT: Millis = Millis::seconds(10);

/// A run under way.
pub(super) struct Executor<'a> {
    pub(super) ports: &'a Ports,
    pub(super) job: &'a Job,
    pub(super) run: Run,
    pub(super) items: Vec<RunItem>,
    pub(super) access: Access,
    pub(super) cancellation: &'a Cancellation,
    /// When the lease was renewed last.
    pub(super) renewed_at: Option<Timestamp>,
    pub(super) finishing: Arc<Finishing>,
    /// The threads that finish issues beside creation.
    pub(super) helpers: Option<Helpers>,
    depths: Vec<u32>,
    places: HashMap<ItemId, usize>,
    /// Pages that stories cite, by reference.
    pub(super) pages: BTreeMap<String, Vec<CitedPage>>,
}

/// What stands above an item.
enum Above {
    /// It can be created, with this key in its payload.
    Ready(Option<String>),
    /// It is not there yet, and may come.
    Waits,
    /// It will not come by itself.
    Gone,
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
            let (title, pages) = match tx.draft(job.user, run.draft)? {
                Some(draft) => {
                    let pages = cited_pages(tx, job.user, draft.id, &draft.document)?;
                    (draft.title, pages)
                }
                None => Default::default(),
            };
            let items = tx.run_items(job.user, run.id)?;
            Ok::<_, StorageError>(Some((run, items, title, pages)))
        })?;
        let (run, items, title, pages) = found.ok_or(Halt::NotOurs)?;
        check_stop(ports, job, cancellation)?;
        let access = open_access(ports, job, &run)?;
        let depths = depths(&items);
        let places = items.iter().enumerate().map(|(index, item)| (item.id, index)).collect();
        let public_url = ports.settings.public_url.as_deref().map(|url| url.trim_end_matches('/'));
        let draft = public_url.map(|url| (format!("{url}/drafts/{}", run.draft), format!("Storywright: {title}")));
        let finishing = Arc::new(Finishing::new(ports, &access, cancellation, draft));
        let (renewed_at, helpers) = (None, None);
        Ok(Self { ports, job, run, items, access, cancellation, renewed_at, finishing, helpers, depths, places, pages })
    }

    /// Creates what is planned, looks for what is unknown, finishes what is there. It may go on later: see [`Halt::Later`].
    pub(super) fn run(&mut self) -> Result<(), Halt> {
        self.settle_interrupted()?;
        self.with_helpers(Self::work)
    }

    fn work(&mut self) -> Result<(), Halt> {
        self.remember_newest()?;
        loop {
            let found = self.reconcile()?;
            let sent = self.create_ready()?;
            if !found && !sent {
                break;
            }
        }
        self.finish_created()?;
        match self.next_look() {
            Some(at) => Err(Halt::Later(Millis((at.0 - self.ports.clock.now().0).max(1_000)))),
            None => Ok(()),
        }
    }

    pub(super) fn check_stop(&self) -> Result<(), Halt> {
        check_stop(self.ports, self.job, self.cancellation)
    }

    /// A worker that died while sending leaves the outcome unknown: the item is never sent again by itself.
    fn settle_interrupted(&mut self) -> Result<(), Halt> {
        for index in 0..self.items.len() {
            if self.items[index].state == ItemState::Sending {
                let detail = "found in sending after a restart";
                self.change(index, ItemState::Unknown, Some(settle::INTERRUPTED.to_owned()), detail)?;
            }
        }
        Ok(())
    }

    /// Keeps the highest issue number of the project before the first call: from there on everything new is looked at when an answer
    /// is lost.
    fn remember_newest(&mut self) -> Result<(), Halt> {
        let fresh = self.items.iter().all(|item| item.sent_at.is_none());
        if self.run.newest_before.is_some() || !fresh {
            return Ok(());
        }
        let newest = match self.ports.jira.newest_number(&self.access, &self.run.project) {
            Ok(newest) => newest.unwrap_or(0),
            // It only means that a lost answer is left to the person sooner.
            Err(error) => {
                self.pause_for(&error)?;
                log::warn!(run_id = self.run.id.to_string().as_str(), error = error.to_string().as_str(); "the newest issue number is not known");
                return Ok(());
            }
        };
        let (job, user, id) = (self.job, self.job.user, self.run.id);
        self.ports.storage.write(|tx| match settle::held(tx, job, id)? {
            Some(_) => tx.set_newest_before(user, id, newest),
            None => Ok(()),
        })?;
        self.run.newest_before = Some(newest);
        Ok(())
    }

    /// Creates whatever can be, level by level. Says whether anything was sent.
    fn create_ready(&mut self) -> Result<bool, Halt> {
        let mut order: Vec<usize> = (0..self.items.len()).collect();
        order.sort_by_key(|index| (self.depths[*index], *index));
        let mut any = false;
        for index in order {
            let item = &self.items[index];
            match item.state {
                ItemState::Planned => {}
                ItemState::Absent if may_come(item) => {}
                ItemState::Blocked if matches!(self.above(index), Above::Ready(_)) => {
                    self.change(index, ItemState::Planned, None, "parent found")?;
                }
                _ => continue,
            }
            self.check_stop()?;
            match self.above(index) {
                Above::Waits => {}
                Above::Gone => {
                    let problem = "What it belongs under is not known to be in Jira.".to_owned();
                    self.change(index, ItemState::Blocked, Some(problem), "parent not created")?;
                }
                Above::Ready(parent) => {
                    self.check_budget()?;
                    self.create(index, parent.as_deref())?;
                    self.finish_meanwhile(index)?;
                    any = true;
                    self.tell_progress("Creating issues", ItemState::is_in_jira);
                }
            }
        }
        Ok(any)
    }

    pub(super) fn tell_progress(&self, step: &str, counts: impl Fn(ItemState) -> bool) {
        let done = self.items.iter().filter(|item| counts(item.state)).count();
        let data = serde_json::json!({"step": step, "done": done, "total": self.items.len()});
        super::finish::tell(self.ports, self.job, EventKind::Progress, &data);
    }

    fn check_budget(&self) -> Result<(), Halt> {
        let worked = self.ports.clock.now().0 - self.job.created_at.0;
        if worked <= self.ports.settings.run_budget.0 {
            return Ok(());
        }
        let minutes = self.ports.settings.run_budget.0 / 60_000;
        Err(Halt::Paused(format!("The run has taken longer than {minutes} minutes. Look at it, then resume.")))
    }

    fn create(&mut self, index: usize, parent: Option<&str>) -> Result<(), Halt> {
        for attempt in 1..=MAX_SENDS {
            self.check_stop()?;
            self.hold_lease()?;
            let tool = self.tool_of(index)?;
            self.begin_sending(index)?;
            self.still_fresh(index)?;
            let outcome = match &tool {
                Some((through, tools)) => through.create(self.ports, tools, &self.access, parent),
                None => self.ports.jira.create(&self.access, &self.items[index].payload, parent),
            };
            match outcome {
                CreateOutcome::Created { id, key } => return self.created(index, (id, key), "201"),
                CreateOutcome::Rejected { status, messages, fields } => {
                    return self.rejected(index, status, messages, fields);
                }
                CreateOutcome::Unknown { detail } => {
                    let problem = format!("Whether Jira has this issue is not known ({detail}).");
                    return self.change(index, ItemState::Unknown, Some(problem), &detail);
                }
                CreateOutcome::AuthLost { detail } => return self.auth_lost(index, &detail),
                CreateOutcome::NotSent { detail, retry_after_ms } => {
                    self.change(index, ItemState::Planned, Some(detail.clone()), &detail)?;
                    if attempt < MAX_SENDS {
                        let wait = Millis(retry_after_ms.unwrap_or(1_000).clamp(1_000, 120_000));
                        if wait > LONG_WAIT {
                            return Err(Halt::Later(wait));
                        }
                        self.ports.running.pause(wait, self.cancellation);
                    }
                }
            }
        }
        Err(Halt::Paused("Jira could not be reached. Nothing was sent; resume when it is back.".to_owned()))
    }

    /// The tool that creates an item, if it is not the site itself, and how it is reached. A tool that may not be called pauses the run.
    fn tool_of(&self, index: usize) -> Result<Option<(Through, ToolAccess)>, Halt> {
        let Some(through) = through::of(&self.items[index].payload) else { return Ok(None) };
        match through.open(self.ports, &self.access, &self.run.project, self.cancellation) {
            Ok(tools) => Ok(Some((through, tools))),
            Err(error) => Err(Halt::Paused(format!(
                "The tool `{}` of `{}` cannot create issues now: {error}. Look at Tools, then resume.",
                through.tool, through.server
            ))),
        }
    }

    /// A process that was put to sleep between its intent and its call may wake up when others have long looked for the issue.
    fn still_fresh(&mut self, index: usize) -> Result<(), Halt> {
        let intent = self.items[index].sent_at.unwrap_or(self.ports.clock.now());
        if self.ports.clock.now().0 - intent.0 <= MARGIN.0 {
            return Ok(());
        }
        self.change(index, ItemState::Planned, None, "slept before the call: nothing was sent")?;
        Err(Halt::Later(Millis::seconds(1)))
    }

    fn rejected(
        &mut self,
        index: usize,
        status: u16,
        messages: Vec<String>,
        fields: Vec<FieldRefusal>,
    ) -> Result<(), Halt> {
        let mut words = messages;
        words.extend(fields.iter().map(|refusal| format!("{}: {}", refusal.field, refusal.message)));
        self.refused(index, words.join(" "), fields, &status.to_string())
    }

    fn auth_lost(&mut self, index: usize, detail: &str) -> Result<(), Halt> {
        let problem = "Jira stopped accepting your token while this issue was being created.".to_owned();
        self.change(index, ItemState::Unknown, Some(problem), detail)?;
        // Neither a CAPTCHA nor a sign-in page says that the token is bad.
        if let Some(words) = words_at_the_door(detail) {
            return Err(Halt::Paused(words.to_owned()));
        }
        self.token_refused(detail)
    }

    fn token_refused(&self, detail: &str) -> Result<(), Halt> {
        let credential = &self.access.credential;
        mark_broken(self.ports, self.job.user, IntegrationKind::Jira, credential, "credential_refused", detail)?;
        Err(Halt::Paused(
            "Jira stopped accepting your token. Open Integrations, save a new token, test it, then resume.".to_owned(),
        ))
    }

    /// Pauses the run when the person must do something before Jira answers again.
    pub(super) fn pause_for(&self, error: &RemoteError) -> Result<(), Halt> {
        match error {
            RemoteError::Unauthorized { detail } => self.token_refused(detail),
            RemoteError::LoginPage { .. } | RemoteError::Captcha { .. } => {
                let words = words_at_the_door(&error.to_string()).unwrap_or(SIGN_IN);
                Err(Halt::Paused(words.to_owned()))
            }
            RemoteError::Certificate { .. } | RemoteError::NotAllowed { .. } => Err(Halt::Paused(format!(
                "Jira cannot be reached safely: {error}. Open Integrations, test Jira, then resume."
            ))),
            RemoteError::RateLimited { retry_after_ms } if *retry_after_ms > LONG_WAIT.0 => {
                Err(Halt::Later(Millis(*retry_after_ms)))
            }
            _ => Ok(()),
        }
    }

    /// Key of the issue under which an item is or was created, as its payload needs it.
    pub(super) fn parent_in_payload(&self, index: usize) -> Option<String> {
        let item = &self.items[index];
        if item.epic_afterwards { None } else { self.key_above(index) }
    }

    /// Key of what is above an item, in its payload or not.
    pub(super) fn key_above(&self, index: usize) -> Option<String> {
        let item = &self.items[index];
        match item.parent.and_then(|parent| self.places.get(&parent)) {
            Some(parent) => self.items[*parent].jira_key.clone(),
            None => item.parent_key.clone(),
        }
    }

    fn above(&self, index: usize) -> Above {
        let Some(parent) = self.items[index].parent else { return Above::Ready(self.parent_in_payload(index)) };
        let Some(parent) = self.places.get(&parent).map(|place| &self.items[*place]) else { return Above::Gone };
        match parent.state {
            state if state.is_in_jira() => Above::Ready(self.parent_in_payload(index)),
            _ if may_come(parent) => Above::Waits,
            _ => Above::Gone,
        }
    }

    pub(super) fn place_of(&self, item: ItemId) -> Option<usize> {
        self.places.get(&item).copied()
    }
}

/// Whether an item that is not in Jira may still come there by itself. One that was looked for and is absent is sent again; a tool's call is
/// not: its refusal looks like a lost answer.
pub(super) fn may_come(item: &RunItem) -> bool {
    match item.state {
        ItemState::Planned | ItemState::Sending | ItemState::Unknown | ItemState::Reconciling => true,
        ItemState::Absent => item.attempts < MAX_SENDS && through::of(&item.payload).is_none(),
        _ => false,
    }
}

const SIGN_IN: &str = "Jira answered with a sign-in page. Sign in to Jira in a browser, test the connection under Integrations, then resume.";
const CAPTCHA: &str =
    "Jira wants a CAPTCHA to be solved first. Sign in to Jira in a browser and solve it, then resume.";

const FORBIDDEN: &str = "Jira does not allow this account to create issues here any more (status 403). Ask the project's administrator for the permission, \
    then resume; the token is not the cause.";

/// What to do when not the token was refused but something stands before Jira.
fn words_at_the_door(detail: &str) -> Option<&'static str> {
    if detail.contains("CAPTCHA") {
        Some(CAPTCHA)
    } else if detail.contains("sign-in page") {
        Some(SIGN_IN)
    } else if detail.contains("status 403") {
        Some(FORBIDDEN)
    } else {
        None
    }
}

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

fn open_access(ports: &Ports, job: &Job, run: &Run) -> Result<Access, Halt> {
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
    Ok(access)
}
