//! Lines of lists that several pages show.

use super::desk::Desk;
use crate::view::{Issue, Time, elapsed};
use serde::Serialize;
use storywright_application::overview::DraftLine;
use storywright_domain::draft::DraftState;
use storywright_domain::job::{Job, JobKind, JobStatus};
use storywright_domain::publishing::RunItem;

/// A draft.
#[derive(Debug, Clone, Serialize)]
pub struct DraftRow {
    id: String,
    title: String,
    pub(super) state: &'static str,
    format: &'static str,
    pub(super) project_key: String,
    issue_type: String,
    stories: usize,
    subtasks: usize,
    errors: usize,
    warnings: usize,
    updated: Time,
    version: u32,
    progress: Option<u32>,
}

impl DraftRow {
    /// A line as shown.
    #[must_use]
    pub fn of(desk: &Desk<'_>, line: DraftLine) -> Self {
        let state = row_state(&line);
        Self {
            id: line.summary.id.to_string(),
            title: line.summary.title,
            state,
            format: line.counts.format.as_str(),
            project_key: line.summary.project,
            issue_type: line.summary.issue_type_name,
            stories: line.counts.stories,
            subtasks: line.counts.subtasks,
            errors: line.counts.errors,
            warnings: line.counts.warnings,
            updated: desk.time(line.summary.updated_at),
            version: line.summary.version,
            progress: None,
        }
    }
}

fn row_state(line: &DraftLine) -> &'static str {
    match line.summary.state {
        DraftState::Writing { .. } if line.job.as_ref().is_some_and(|job| job.question.is_some()) => "needs_answer",
        DraftState::Writing { .. } => "generating",
        DraftState::Publishing { .. } => "publishing",
        DraftState::Published { .. } => "published",
        DraftState::Editing if line.failed => "failed",
        DraftState::Editing if line.counts.stories == 0 => "empty",
        DraftState::Editing if line.counts.errors > 0 => "blocked",
        DraftState::Editing => "ready",
    }
}

/// An issue in Jira.
#[derive(Debug, Clone, Serialize)]
pub struct IssueRow {
    key: String,
    url: String,
    type_name: String,
    pub(super) summary: String,
    project_key: String,
    created: Time,
}

impl IssueRow {
    /// An item of a run as shown; `None` when it has no key.
    #[must_use]
    pub fn of(desk: &Desk<'_>, item: RunItem, site: &str) -> Option<Self> {
        let key = item.jira_key?;
        Some(Self {
            url: issue_url(desk, site, &key),
            project_key: key.rsplit_once('-').map_or_else(String::new, |(project, _)| project.to_owned()),
            key,
            type_name: item.issue_type,
            summary: item.summary,
            created: desk.time(item.sent_at.unwrap_or(desk.now)),
        })
    }

    /// Whether its key or summary holds these words.
    #[must_use]
    pub fn matches(&self, words: &str) -> bool {
        let text = format!("{} {}", self.key, self.summary).to_lowercase();
        words.to_lowercase().split_whitespace().all(|word| text.contains(word))
    }
}

/// Where people look at an issue.
#[must_use]
pub fn issue_url(desk: &Desk<'_>, site: &str, key: &str) -> String {
    let base = desk.ports.settings.site(site).map_or("", |site| site.base_url.as_str());
    format!("{base}/browse/{key}")
}

/// The colored square of an issue: names of types are the site's, so references of the document tell epics and sub-tasks apart.
#[must_use]
pub fn kind_of(type_name: &str, reference: &str) -> &'static str {
    match type_name.to_lowercase().as_str() {
        _ if reference.contains('.') => "subtask",
        _ if reference.starts_with('e') => "epic",
        "epic" => "epic",
        "task" => "task",
        _ => "story",
    }
}

/// A job.
#[derive(Debug, Clone, Serialize)]
pub struct JobRow {
    id: String,
    kind: &'static str,
    label: String,
    state: &'static str,
    progress: Option<u32>,
    started: Time,
    finished: Option<Time>,
    elapsed: String,
    href: Option<String>,
    can_cancel: bool,
    problem: Option<Issue>,
    attempts: u32,
}

impl JobRow {
    /// A job as shown; `title` names what it works on.
    #[must_use]
    pub fn of(desk: &Desk<'_>, job: &Job, title: &str) -> Self {
        let place = match job.kind {
            JobKind::Generate | JobKind::Refine | JobKind::ReadSources | JobKind::Judge => {
                format!("/drafts/{}", job.subject)
            }
            JobKind::Publish => format!("/runs/{}", job.subject),
            JobKind::RefreshTools => "/tools".to_owned(),
            JobKind::TryPrompts => format!("/prompts/trials/{}", job.subject),
        };
        let label =
            if title.is_empty() { job_verb(job.kind).to_owned() } else { format!("{}: {title}", job_verb(job.kind)) };
        Self {
            id: job.id.to_string(),
            kind: job.kind.as_str(),
            label,
            state: if job.question.is_some() && !job.status.is_final() { "waiting" } else { job.status.as_str() },
            progress: None,
            started: desk.time(job.created_at),
            finished: job.finished_at.map(|at| desk.time(at)),
            elapsed: elapsed(job.finished_at.unwrap_or(desk.now).since(job.created_at)),
            href: Some(place),
            can_cancel: !job.status.is_final() && !job.cancel_requested,
            problem: job_problem(job),
            attempts: job.attempts,
        }
    }
}

/// What a job does.
#[must_use]
pub fn job_verb(kind: JobKind) -> &'static str {
    match kind {
        JobKind::Generate => "Writing",
        JobKind::Refine => "Refining",
        JobKind::Publish => "Creating",
        JobKind::ReadSources => "Reading sources",
        JobKind::RefreshTools => "Asking for tools",
        JobKind::Judge => "Judging",
        JobKind::TryPrompts => "Trying prompts",
    }
}

/// Why a job failed, from its stored code and words.
#[must_use]
pub fn job_problem(job: &Job) -> Option<Issue> {
    let stored = job.error.as_ref().filter(|_| job.status == JobStatus::Failed)?;
    let (code, words) = stored.split_once(": ").unwrap_or(("job_failed", stored));
    let title = match job.kind {
        JobKind::Generate | JobKind::Refine => "The text was not written",
        JobKind::ReadSources => "The pages were not read",
        JobKind::Publish => "The issues were not created",
        JobKind::RefreshTools => "The tools were not listed",
        JobKind::Judge => "The stories were not judged",
        JobKind::TryPrompts => "The prompts were not tried",
    };
    Some(Issue {
        code: code.to_owned(),
        title: title.to_owned(),
        what: crate::errors::sentence(words),
        cure: String::new(),
        request_id: job.request_id.clone(),
        retry: true,
    })
}
