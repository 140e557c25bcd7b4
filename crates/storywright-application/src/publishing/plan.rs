//! The plan: exact payloads for every issue of a draft, and the hash that a person approves.

use super::compose::Planner;
use super::existing::Existing;
use super::findings;
use super::screens::Screens;
use crate::Ports;
use crate::access::{self, AccessError};
use crate::catalog::CatalogError;
use crate::drafts::{standing_waivers, with_waivers};
use std::collections::HashSet;
use storywright_domain::DraftId;
use storywright_domain::draft::{Draft, WrongState};
use storywright_domain::finding::{Finding, blocks};
use storywright_domain::issue_update::IssuePurpose;
use storywright_domain::person::Actor;
use storywright_domain::ports::{StorageError, StorageExt};
use storywright_domain::publishing::{MAX_ITEMS, Plan};
use storywright_domain::remote::RemoteError;

/// Name of the issue property that proves which item of which run an issue is.
pub const ORIGIN_PROPERTY: &str = "storywright.origin";

/// Something about one issue that Jira would refuse or drop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanProblem {
    /// Local reference: `e1`, `s1`, `s1.2`.
    pub reference: String,
    /// Field id in Jira.
    pub field: String,
    /// Stable code.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub message: String,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// There is none of this person with that id.
    #[error("there is no such draft")]
    NotFound,
    /// The draft improves this issue: its story changes it, and none is created.
    #[error("the draft improves {0}: its story changes that issue, and none is created")]
    ChangesAnIssue(String),
    /// It is being written, or published already.
    #[error(transparent)]
    WrongState(#[from] WrongState),
    /// Rules block it.
    #[error("{} findings block creation", .0.len())]
    Blocked(Vec<Finding>),
    /// More issues than one run takes.
    #[error("{0} issues are more than the {MAX_ITEMS} of one run")]
    TooMany(usize),
    /// Jira would refuse or drop something.
    #[error("{} fields need attention", .0.len())]
    Problems(Vec<PlanProblem>),
    /// The project has no type for sub-tasks, and the draft has sub-tasks.
    #[error("the project has no sub-task type")]
    NoSubtaskType,
    /// The project has no type for epics, and the draft has epics.
    #[error("the project has no epic type")]
    NoEpicType,
    /// Earlier runs of the draft have created everything that it holds.
    #[error("everything in the draft is in Jira already")]
    NothingMissing,
    /// The issue type of the draft is gone, or the person may not create it any more.
    #[error("the issue type `{0}` cannot be created in this project any more")]
    NoSuchType(String),
    /// The Jira connection cannot be used.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Jira said no.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The database is in trouble.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<CatalogError> for PlanError {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::Access(AccessError::Storage(error)) => Self::Storage(error),
            CatalogError::Access(error) => Self::Access(error),
            CatalogError::Remote(error) => Self::Remote(error),
        }
    }
}

/// Makes the plan of a draft as it is now, without what earlier runs of the draft have created. The same draft version and the same
/// create screens give the same plan.
///
/// # Errors
/// [`PlanError`].
pub fn make_plan(ports: &Ports, actor: &Actor, id: DraftId) -> Result<Plan, PlanError> {
    let found = ports.storage.read(|tx| {
        let Some(draft) = tx.draft(actor.user(), id)?.filter(|draft| draft.deleted_at.is_none()) else {
            return Ok(None);
        };
        let about = tx.draft_issue(actor.user(), id)?;
        let rules = tx.rule_set(&draft.rule_set)?.unwrap_or_default();
        let mut created = Vec::new();
        for item in tx.created_of_draft(actor.user(), id)? {
            if let Some(run) = tx.run(actor.user(), item.run)?.filter(|run| run.project == draft.project.as_str()) {
                created.push((run.site, item));
            }
        }
        let findings = ports.reviewer.review(&draft.document, draft.format, &rules);
        let findings = with_waivers(ports.sha256.as_ref(), tx, &draft, findings)?;
        let standing = standing_waivers(ports.sha256.as_ref(), tx, &draft, &findings)?;
        Ok::<_, StorageError>(Some((draft, about, findings, standing, created)))
    })?;
    let (draft, about, findings, standing, created) = found.ok_or(PlanError::NotFound)?;
    if let Some(about) = about.filter(|about| about.purpose == IssuePurpose::Improve) {
        return Err(PlanError::ChangesAnIssue(about.key));
    }
    draft.editable()?;
    let draft = with_own_references(draft);
    if blocks(&findings) {
        return Err(PlanError::Blocked(findings));
    }
    let access = access::jira(ports, actor);
    let here = access.as_ref().map(|access| access.site.id.clone()).unwrap_or_default();
    // On another site nothing of it is there.
    let known = Existing::new(created.into_iter().filter(|(site, _)| *site == here).map(|(_, item)| item).collect());
    let existing = known.of_document(&draft.document);
    let count = draft.document.issue_count() - existing.len();
    if count > MAX_ITEMS {
        return Err(PlanError::TooMany(count));
    }
    let access = access?;
    let run_label = run_label(ports, &draft);
    let screens = Screens::read(ports, &access, &draft, &run_label)?;
    let pages = ports.storage.read(|tx| crate::sources::cited_pages(tx, actor.user(), draft.id, &draft.document))?;
    let mut planner = Planner {
        ports,
        draft: &draft,
        screens: &screens,
        known: &known,
        run_label,
        through: access.site.publish_through.as_ref(),
        problems: Vec::new(),
        pages,
    };
    let issues = planner.issues();
    if !planner.problems.is_empty() {
        return Err(PlanError::Problems(planner.problems));
    }
    if issues.is_empty() {
        return Err(PlanError::NothingMissing);
    }
    let waived = findings.into_iter().filter(|finding| finding.waived.is_some());
    let mut findings = findings::of_plan(ports, actor.user(), &access.site.id, &draft, &issues, &existing, &known)?;
    findings.extend(waived);
    if blocks(&findings) {
        return Err(PlanError::Blocked(findings));
    }
    Ok(planner.plan(&access, issues, existing, findings, standing))
}

/// The draft with a reference of its own for every epic, story and sub-task. The document sees to that for epics and stories, and
/// within each story; a story that was named like another's sub-task would have its mark and get its children.
fn with_own_references(mut draft: Draft) -> Draft {
    let subtasks: HashSet<String> =
        draft.document.stories.iter().flat_map(|story| &story.subtasks).map(|subtask| subtask.id.clone()).collect();
    let count = draft.document.stories.iter().map(|story| story.subtasks.len()).sum::<usize>();
    let named_like = |id: &String| subtasks.contains(id);
    let epics_clash = draft.document.epics.iter().any(|epic| named_like(&epic.id));
    let stories_clash = draft.document.stories.iter().any(|story| named_like(&story.id));
    if subtasks.len() == count && !epics_clash && !stories_clash {
        return draft;
    }
    // Told apart by position from here on; links follow.
    let before: Vec<String> = draft.document.stories.iter().map(|story| story.id.clone()).collect();
    draft.document.epics.iter_mut().filter(|epic| named_like(&epic.id)).for_each(|epic| epic.id.clear());
    for story in &mut draft.document.stories {
        story.id.clear();
        story.subtasks.iter_mut().for_each(|subtask| subtask.id.clear());
    }
    let mut document = draft.document.with_references();
    let renamed: Vec<(String, String)> =
        before.into_iter().zip(document.stories.iter().map(|story| story.id.clone())).collect();
    for link in document.stories.iter_mut().flat_map(|story| &mut story.links) {
        if let Some((_, new)) = renamed.iter().find(|(old, _)| *old == link.to) {
            link.to.clone_from(new);
        }
    }
    Draft { document, ..draft }
}

/// The label that marks the issues of a run: the same for the same draft version, so that the plan hash does not change by looking.
fn run_label(ports: &Ports, draft: &Draft) -> String {
    let digest = ports.sha256.hex(format!("{}|{}|{}", ports.settings.instance, draft.id, draft.version).as_bytes());
    format!("aid-{}", digest.chars().take(12).collect::<String>())
}

/// The proof of origin, as the value of [`ORIGIN_PROPERTY`].
#[must_use]
pub fn origin(run_label: &str, reference: &str) -> String {
    serde_json::json!({"v": 1, "run": run_label, "item": reference}).to_string()
}
