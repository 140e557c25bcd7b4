//! Drafts about an issue that is in Jira already: begun from it, and, when they improve it, written back over it: planned, approved, sent
//! once, looked up when the answer was lost, put back on request.

mod begin;
mod plan;
mod write;

pub use begin::{BeginError, NewFromIssue, begin_from_issue};
pub use plan::plan_update;
pub use write::{settle_update, update_issue};

use crate::Ports;
use crate::access::AccessError;
use storywright_domain::agent::Provenance;
use storywright_domain::draft::WrongState;
use storywright_domain::finding::Finding;
use storywright_domain::issue_update::{DraftIssue, IssueUpdate, MAX_EDITIONS, MAX_SUMMARY, UpdatePlan};
use storywright_domain::person::Actor;
use storywright_domain::ports::{StorageError, StorageExt};
use storywright_domain::remote::{RemoteError, SiteKind};
use storywright_domain::waiver::StandingWaiver;
use storywright_domain::write_state::WriteState;
use storywright_domain::{DraftId, Millis, Timestamp};

/// Not earlier than this after a call began, a change that is not there is held for not made: the call may have been waiting somewhere.
const LATE: Millis = Millis::minutes(5);

/// Why an issue was not planned to be changed, changed or looked up.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum UpdateError {
    /// The person has no such draft.
    #[error("there is no such draft")]
    NotFound,
    /// The draft improves no issue.
    #[error("the draft improves no issue: its stories are created")]
    NotAboutAnIssue,
    /// It is being written.
    #[error(transparent)]
    WrongState(#[from] WrongState),
    /// The draft has not exactly one story.
    #[error("the draft has {0} stories: one story takes the place of the issue's text")]
    NotOneStory(usize),
    /// Jira takes no such summary.
    #[error("a summary has 1 to {MAX_SUMMARY} characters")]
    BadSummary,
    /// Rules block it.
    #[error("{} findings block the change", .0.len())]
    Blocked(Vec<Finding>),
    /// The issue is gone, or the person may not see it any more.
    #[error("the issue {0} is gone, or you may not see it any more")]
    Gone(String),
    /// The person may not change it.
    #[error("you may not change summary and description of {0}")]
    NotEditable(String),
    /// It has these words already.
    #[error("the issue has these words already")]
    NothingChanges,
    /// The draft made no such change.
    #[error("there is no change {0} that can be put back")]
    NoSuchEdition(u32),
    /// It made as many as are kept.
    #[error("a draft changes its issue at most {MAX_EDITIONS} times, and the last time is for putting words back")]
    TooManyEditions,
    /// What was approved is not what would be changed now.
    #[error("what would be changed is not what was shown")]
    PlanChanged(Box<UpdatePlan>),
    /// An earlier change is under way, or what became of it is not known.
    #[error("an earlier change is {}", .0.as_str())]
    Open(WriteState),
    /// Nothing is to be looked up.
    #[error("nothing is to be looked up")]
    NothingOpen,
    /// The person's Jira is another one by now.
    #[error("the issue is on another site than the one you are connected to")]
    OtherSite,
    /// The Jira connection cannot be used.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Jira gave no answer that could be used.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The database is in trouble.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The issue that a draft is about; `None` for other drafts.
///
/// # Errors
/// [`StorageError`].
pub fn issue_of_draft(ports: &Ports, actor: &Actor, draft: DraftId) -> Result<Option<DraftIssue>, StorageError> {
    ports.storage.read(|tx| tx.draft_issue(actor.user(), draft))
}

/// Changes that a draft has made, the newest first.
///
/// # Errors
/// [`UpdateError::NotFound`], [`UpdateError::Storage`].
pub fn issue_updates(ports: &Ports, actor: &Actor, draft: DraftId) -> Result<Vec<IssueUpdate>, UpdateError> {
    ports.storage.read(|tx| {
        tx.draft_issue(actor.user(), draft)?.ok_or(UpdateError::NotFound)?;
        Ok(tx.issue_updates(actor.user(), draft)?)
    })
}

/// A change of an issue, with what its words were written with; `None` for words of a person.
#[derive(Debug, Clone, PartialEq)]
pub struct IssueChange {
    /// The change.
    pub update: IssueUpdate,
    /// Prompt, model, sources.
    pub origin: Option<Provenance>,
    /// What was let pass when it was approved.
    pub waivers: Vec<StandingWaiver>,
}

/// Changes of one issue by all of a person's drafts, on any site, the newest first.
///
/// # Errors
/// [`StorageError`].
pub fn changes_of_issue(ports: &Ports, actor: &Actor, key: &str) -> Result<Vec<IssueChange>, StorageError> {
    let user = actor.user();
    ports.storage.read(|tx| {
        let mut changes = Vec::new();
        for site in ports.settings.sites.iter().filter(|site| site.kind == SiteKind::Jira) {
            for update in tx.updates_of_issue(user, &site.id, key)? {
                let origin = tx.provenance(user, update.draft, update.draft_version)?;
                let waivers = tx.standing_waivers(user, update.draft, &update.plan_hash)?;
                changes.push(IssueChange { update, origin, waivers });
            }
        }
        changes.sort_by_key(|change| std::cmp::Reverse(change.update.sent_at));
        Ok(changes)
    })
}

/// Whether nothing else is sent before it is known what became of this change. Later, what stands in Jira is looked at anyway.
pub(crate) fn is_in_the_way(update: &IssueUpdate, now: Timestamp) -> bool {
    update.state.is_open() && update.sent_at + LATE > now
}
