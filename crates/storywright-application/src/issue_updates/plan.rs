//! What would be changed: the words that the issue gets, and those that it has.

use super::begin::source_text;
use super::{UpdateError, is_in_the_way};
use crate::drafts::{standing_waivers, with_waivers};
use crate::{Ports, access};
use storywright_domain::DraftId;
use storywright_domain::draft::Draft;
use storywright_domain::finding::{Finding, blocks};
use storywright_domain::issue_update::{DraftIssue, IssuePurpose, IssueUpdate, MAX_SUMMARY, UpdatePlan, UpdateWish};
use storywright_domain::jira::{IssueDetail, IssueText, IssueWords, same_text};
use storywright_domain::person::Actor;
use storywright_domain::ports::{StorageExt, Tx};
use storywright_domain::remote::Access;
use storywright_domain::requirement::coverage;
use storywright_domain::story::Document;
use storywright_domain::waiver::StandingWaiver;
use storywright_domain::write_state::WriteState;

/// Most uncovered sentences that are listed.
const MOST_UNCOVERED: usize = 50;

/// What a plan is made from.
struct Found {
    draft: Draft,
    about: DraftIssue,
    updates: Vec<IssueUpdate>,
    findings: Vec<Finding>,
    waivers: Vec<StandingWaiver>,
    /// The words of the issue when the draft was begun.
    read: String,
}

/// Says exactly what would be changed. Nothing is.
///
/// # Errors
/// [`UpdateError`].
pub fn plan_update(ports: &Ports, actor: &Actor, id: DraftId, wish: UpdateWish) -> Result<UpdatePlan, UpdateError> {
    plan_with_access(ports, actor, id, wish).map(|(plan, _)| plan)
}

/// The plan, with the access that it was made through.
pub(super) fn plan_with_access(
    ports: &Ports,
    actor: &Actor,
    id: DraftId,
    wish: UpdateWish,
) -> Result<(UpdatePlan, Access), UpdateError> {
    let found = ports.storage.read(|tx| read(ports, tx, actor, id))?;
    if let Some(open) = found.updates.first().filter(|update| is_in_the_way(update, ports.clock.now())) {
        return Err(UpdateError::Open(open.state));
    }
    let words = words(&found, wish)?;
    let edition = found.updates.first().map_or(0, |update| update.edition) + 1;
    if !wish.has_room(edition) {
        return Err(UpdateError::TooManyEditions);
    }
    if wish == UpdateWish::Rewrite && blocks(&found.findings) {
        return Err(UpdateError::Blocked(found.findings));
    }
    let access = own_site(ports, actor, &found.about.site)?;
    let now = ports.jira.issue_detail(&access, &found.about.issue_id)?;
    let now = now.ok_or_else(|| UpdateError::Gone(found.about.key.clone()))?;
    if !now.editable {
        return Err(UpdateError::NotEditable(now.issue.key));
    }
    let (payload, description) = ports.jira.render_words(&words);
    if words.summary == now.issue.summary && same_text(&description, &now.issue.description) {
        return Err(UpdateError::NothingChanges);
    }
    let puts_back = match wish {
        UpdateWish::Rewrite => None,
        UpdateWish::PutBack { edition } => Some(edition),
    };
    let rewrites = puts_back.is_none();
    let waivers = if rewrites { found.waivers.clone() } else { Vec::new() };
    let mut approved = serde_json::json!({
        "user": actor.user().to_string(),
        "draft": found.draft.id.to_string(),
        "edition": edition,
        "site": access.site.id,
        "issue": now.issue.id,
        "follows": now.updated,
        "summary": now.issue.summary,
        "description": now.issue.description,
        "payload": payload,
    });
    if !waivers.is_empty() {
        approved["waived"] = serde_json::json!(waivers);
    }
    let plan = UpdatePlan {
        draft: found.draft.id,
        edition,
        puts_back,
        draft_version: found.draft.version,
        site: access.site.id.clone(),
        site_name: access.site.name.clone(),
        changed_since: changed_since(&found, &now),
        uncovered: if rewrites { uncovered(&now, &found.draft.document) } else { Vec::new() },
        findings: if rewrites { found.findings } else { Vec::new() },
        waivers,
        hash: ports.sha256.hex(approved.to_string().as_bytes()),
        markdown: match words.description {
            IssueText::Markdown(text) | IssueText::Stored(text) => text,
        },
        summary: words.summary,
        description,
        payload,
        now,
    };
    Ok((plan, access))
}

fn read(ports: &Ports, tx: &mut dyn Tx, actor: &Actor, id: DraftId) -> Result<Found, UpdateError> {
    let user = actor.user();
    let draft = tx.draft(user, id)?.filter(|draft| draft.deleted_at.is_none()).ok_or(UpdateError::NotFound)?;
    let about = tx.draft_issue(user, id)?.filter(|about| about.purpose == IssuePurpose::Improve);
    let about = about.ok_or(UpdateError::NotAboutAnIssue)?;
    let rules = tx.rule_set(&draft.rule_set)?.unwrap_or_default();
    let findings = ports.reviewer.review(&draft.document, draft.format, &rules);
    let findings = with_waivers(ports.sha256.as_ref(), tx, &draft, findings)?;
    let waivers = standing_waivers(ports.sha256.as_ref(), tx, &draft, &findings)?;
    let updates = tx.issue_updates(user, id)?;
    let read = tx.source_text(user, id, about.source)?.unwrap_or_default();
    Ok(Found { draft, about, updates, findings, waivers, read })
}

/// The words that are wished for.
fn words(found: &Found, wish: UpdateWish) -> Result<IssueWords, UpdateError> {
    match wish {
        UpdateWish::Rewrite => {
            found.draft.editable()?;
            let [story] = found.draft.document.stories.as_slice() else {
                return Err(UpdateError::NotOneStory(found.draft.document.stories.len()));
            };
            let summary = story.summary.split_whitespace().collect::<Vec<_>>().join(" ");
            if summary.is_empty() || summary.chars().count() > MAX_SUMMARY {
                return Err(UpdateError::BadSummary);
            }
            Ok(IssueWords { summary, description: IssueText::Markdown(story.description_markdown()) })
        }
        UpdateWish::PutBack { edition } => {
            let there = |update: &&IssueUpdate| {
                update.edition == edition && !matches!(update.state, WriteState::Refused | WriteState::Absent)
            };
            let update = found.updates.iter().find(there).ok_or(UpdateError::NoSuchEdition(edition))?;
            let description = IssueText::Stored(update.before_description.clone());
            Ok(IssueWords { summary: update.before_summary.clone(), description })
        }
    }
}

/// Access to the site of the issue, when it is the one that the person is connected to.
pub(super) fn own_site(ports: &Ports, actor: &Actor, site: &str) -> Result<Access, UpdateError> {
    let access = access::jira(ports, actor)?;
    if access.site.id == site { Ok(access) } else { Err(UpdateError::OtherSite) }
}

/// Whether somebody else gave the issue other words than those that the draft began from, or wrote last.
fn changed_since(found: &Found, now: &IssueDetail) -> bool {
    match found.updates.iter().find(|update| update.state == WriteState::Written) {
        Some(ours) => ours.summary != now.issue.summary || !same_text(&ours.description, &now.issue.description),
        None => !same_text(&found.read, &source_text(now)),
    }
}

/// What the issue asks for and the words that are sent do not say: sub-tasks stay in the draft and cover nothing.
fn uncovered(now: &IssueDetail, document: &Document) -> Vec<String> {
    let mut sent = document.clone();
    sent.stories.iter_mut().for_each(|story| story.subtasks.clear());
    let coverage = coverage(&now.markdown, &sent);
    coverage.uncovered().take(MOST_UNCOVERED).map(|entry| entry.sentence.text.clone()).collect()
}
