//! What the dashboard and lists of drafts show, read in one transaction; tools, which a credential opens, in others.

use crate::Ports;
use crate::drafts::with_waivers;
use crate::tools::{ServerView, tool_servers};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use storywright_domain::draft::{Draft, DraftState, DraftSummary};
use storywright_domain::finding::{self, Finding, Severity};
use storywright_domain::integration::{Integration, IntegrationKind};
use storywright_domain::job::{Job, JobKind, JobStatus};
use storywright_domain::person::Actor;
use storywright_domain::ports::{Slice, StorageError, StorageExt, Tx};
use storywright_domain::publishing::RunItem;
use storywright_domain::remote::SiteKind;
use storywright_domain::rules::RuleSet;
use storywright_domain::story::StoryFormat;
use storywright_domain::{DraftId, Millis, RunId, Timestamp, UserId};

/// Most drafts and issues on the dashboard.
const RECENT: u32 = 8;
/// Drafts of one page of a list.
const PAGE: u32 = 20;
/// What was counted is believed this long: a changed rule set shows in lists after that.
const BELIEVED: Millis = Millis::seconds(60);
/// Most remembered counts.
const REMEMBERED: usize = 20_000;

/// What is counted of one version of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DraftCounts {
    /// How its stories are told.
    pub format: StoryFormat,
    /// Stories.
    pub stories: usize,
    /// Sub-tasks of all stories.
    pub subtasks: usize,
    /// Findings that block.
    pub errors: usize,
    /// Findings that do not.
    pub warnings: usize,
}

/// A draft in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct DraftLine {
    /// The draft.
    pub summary: DraftSummary,
    /// What is in it.
    pub counts: DraftCounts,
    /// The job that writes it.
    pub job: Option<Job>,
    /// Its last writing job failed and left it empty.
    pub failed: bool,
}

/// Everything that the dashboard shows.
pub struct Overview {
    /// Connections, set up or not.
    pub integrations: Vec<(IntegrationKind, Option<Integration>)>,
    /// Drafts, last changed first.
    pub drafts: Vec<DraftLine>,
    /// Issues created last, with the id of the site where they are.
    pub created: Vec<(RunItem, String)>,
    /// Pending and running jobs.
    pub open_jobs: Vec<Job>,
    /// The listed MCP servers as the person sees them.
    pub tools: Vec<ServerView>,
}

/// Counts of versions that were counted before. A version never changes, so only a changed rule set or a waiver makes a count old.
#[derive(Default)]
pub struct CountCache {
    counts: Mutex<HashMap<(DraftId, u32), (Timestamp, DraftCounts)>>,
}

impl CountCache {
    fn get(&self, id: DraftId, version: u32, now: Timestamp) -> Option<DraftCounts> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(&(id, version)).filter(|(at, _)| now.since(*at) < BELIEVED).map(|(_, counts)| *counts)
    }

    /// Forgets a draft whose findings have changed without a new version: one was waived.
    pub fn forget(&self, id: DraftId) {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).retain(|(draft, _), _| *draft != id);
    }

    fn keep(&self, id: DraftId, version: u32, now: Timestamp, found: DraftCounts) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= REMEMBERED {
            counts.retain(|_, (at, _)| now.since(*at) < BELIEVED);
            if counts.len() >= REMEMBERED {
                counts.clear();
            }
        }
        counts.insert((id, version), (now, found));
    }
}

/// What the dashboard shows.
///
/// # Errors
/// [`StorageError`].
pub fn overview(ports: &Ports, cache: &CountCache, actor: &Actor) -> Result<Overview, StorageError> {
    let user = actor.user();
    let now = ports.clock.now();
    let tools = tool_servers(ports, actor, false)?;
    let found = ports.storage.read(|tx| {
        let integrations = IntegrationKind::ALL
            .into_iter()
            .map(|kind| Ok((kind, tx.integration(user, kind)?)))
            .collect::<Result<_, StorageError>>()?;
        let jobs = tx.jobs(user, None, PAGE)?;
        let found = tx.drafts(user, None, None, RECENT)?;
        let drafts = lines(ports, tx, cache, user, &jobs.items, found.items, now)?;
        let created = created(ports, tx, user, RECENT)?;
        let open_jobs = match jobs.next {
            // An open job may be older than many that have ended.
            Some(_) => tx.open_jobs(user)?,
            None => jobs.items.into_iter().filter(|job| !job.status.is_final()).collect(),
        };
        Ok::<_, StorageError>(Overview { integrations, drafts, created, open_jobs, tools: Vec::new() })
    })?;
    Ok(Overview { tools, ..found })
}

/// A page of the person's drafts, last changed first.
///
/// # Errors
/// [`StorageError`].
pub fn list_draft_lines(
    ports: &Ports,
    cache: &CountCache,
    actor: &Actor,
    words: Option<&str>,
    cursor: Option<&str>,
) -> Result<Slice<DraftLine>, StorageError> {
    let user = actor.user();
    let now = ports.clock.now();
    let words = words.filter(|words| !words.trim().is_empty());
    ports.storage.read(|tx| {
        let jobs = tx.jobs(user, None, PAGE)?.items;
        let found = tx.drafts(user, words, cursor, PAGE)?;
        Ok(Slice { items: lines(ports, tx, cache, user, &jobs, found.items, now)?, next: found.next })
    })
}

/// One of the person's drafts as a line of a list; `None` when there is none outside the bin.
///
/// # Errors
/// [`StorageError`].
pub fn draft_line(
    ports: &Ports,
    cache: &CountCache,
    actor: &Actor,
    id: DraftId,
) -> Result<Option<DraftLine>, StorageError> {
    let user = actor.user();
    let now = ports.clock.now();
    ports.storage.read(|tx| {
        let Some(draft) = tx.draft(user, id)?.filter(|draft| draft.deleted_at.is_none()) else { return Ok(None) };
        let jobs = tx.jobs(user, None, PAGE)?.items;
        Ok(lines(ports, tx, cache, user, &jobs, vec![summary_of(&draft)], now)?.into_iter().next())
    })
}

/// The issues that the person created last, each with the id of its site.
///
/// # Errors
/// [`StorageError`].
pub fn recently_created(ports: &Ports, actor: &Actor, limit: u32) -> Result<Vec<(RunItem, String)>, StorageError> {
    ports.storage.read(|tx| created(ports, tx, actor.user(), limit))
}

/// The newest writing job of a draft among the person's last jobs.
///
/// # Errors
/// [`StorageError`].
pub fn last_writing_job(ports: &Ports, actor: &Actor, id: DraftId) -> Result<Option<Job>, StorageError> {
    ports.storage.read(|tx| {
        let jobs = tx.jobs(actor.user(), None, PAGE)?.items;
        Ok(writing_job(&jobs, id).cloned())
    })
}

fn summary_of(draft: &Draft) -> DraftSummary {
    DraftSummary {
        id: draft.id,
        title: draft.title.clone(),
        project: draft.project.as_str().to_owned(),
        issue_type_name: draft.issue_type_name.clone(),
        state: draft.state,
        version: draft.version,
        updated_at: draft.updated_at,
    }
}

fn writing_job(jobs: &[Job], id: DraftId) -> Option<&Job> {
    let subject = id.to_string();
    jobs.iter().find(|job| matches!(job.kind, JobKind::Generate | JobKind::Refine) && job.subject == subject)
}

fn lines(
    ports: &Ports,
    tx: &mut dyn Tx,
    cache: &CountCache,
    user: UserId,
    jobs: &[Job],
    summaries: Vec<DraftSummary>,
    now: Timestamp,
) -> Result<Vec<DraftLine>, StorageError> {
    let mut rules: HashMap<String, RuleSet> = HashMap::new();
    let mut lines = Vec::with_capacity(summaries.len());
    for summary in summaries {
        let counts = match cache.get(summary.id, summary.version, now) {
            Some(counts) => counts,
            None => {
                let Some(draft) = tx.draft(user, summary.id)? else { continue };
                if !rules.contains_key(&draft.rule_set) {
                    let found = tx.rule_set(&draft.rule_set)?.unwrap_or_default();
                    rules.insert(draft.rule_set.clone(), found);
                }
                let found = findings_of(ports, &draft, rules.get(&draft.rule_set).unwrap_or(&RuleSet::default()));
                let counts = count(&draft, &with_waivers(ports.sha256.as_ref(), tx, &draft, found)?);
                cache.keep(summary.id, draft.version, now, counts);
                counts
            }
        };
        let last = writing_job(jobs, summary.id);
        let job = match summary.state {
            DraftState::Writing { job } => match jobs.iter().find(|open| open.id == job) {
                Some(open) => Some(open.clone()),
                None => tx.job(user, job)?,
            },
            DraftState::Editing | DraftState::Publishing { .. } | DraftState::Published { .. } => None,
        };
        let failed = counts.stories == 0 && last.is_some_and(|job| job.status == JobStatus::Failed);
        lines.push(DraftLine { summary, counts, job, failed });
    }
    Ok(lines)
}

/// An empty draft has nothing to find fault with yet.
fn findings_of(ports: &Ports, draft: &Draft, rules: &RuleSet) -> Vec<Finding> {
    if draft.document.stories.is_empty() {
        Vec::new()
    } else {
        ports.reviewer.review(&draft.document, draft.format, rules)
    }
}

fn count(draft: &Draft, findings: &[Finding]) -> DraftCounts {
    let stories = draft.document.stories.len();
    DraftCounts {
        format: draft.format,
        stories,
        subtasks: draft.document.issue_count() - stories,
        errors: finding::count(findings, Severity::Error),
        warnings: finding::count(findings, Severity::Warning),
    }
}

fn created(ports: &Ports, tx: &mut dyn Tx, user: UserId, limit: u32) -> Result<Vec<(RunItem, String)>, StorageError> {
    let mut sites = ports.settings.sites.iter().filter(|site| site.kind == SiteKind::Jira);
    let only = sites.next().filter(|_| sites.next().is_none()).map(|site| site.id.clone());
    let mut known: HashMap<RunId, String> = HashMap::new();
    let mut found = Vec::new();
    for item in tx.created_items(user, limit)? {
        let site = match (&only, known.get(&item.run)) {
            (Some(site), _) | (None, Some(site)) => site.clone(),
            (None, None) => {
                let site = tx.run(user, item.run)?.map(|run| run.site).unwrap_or_default();
                known.insert(item.run, site.clone());
                site
            }
        };
        found.push((item, site));
    }
    Ok(found)
}
