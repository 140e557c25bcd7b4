//! Changing an issue as approved, once: the intent is kept first, and a lost answer is looked up instead of sent again.

use super::plan::{own_site, plan_with_access};
use super::{LATE, UpdateError, is_in_the_way, issue_updates};
use crate::Ports;
use crate::drafts::still_stand;
use crate::integrations::note_refusal;
use crate::publishing::waived_in_words;
use storywright_domain::DraftId;
use storywright_domain::issue_update::{IssueUpdate, UpdatePlan, UpdateWish};
use storywright_domain::jira::{Issue, same_text};
use storywright_domain::person::Actor;
use storywright_domain::ports::{Inserted, Saved, StorageExt};
use storywright_domain::remote::{Access, RemoteError};
use storywright_domain::write_state::WriteState;

/// Changes the issue as it was approved under this hash.
///
/// # Errors
/// [`UpdateError::PlanChanged`] with the plan as it is now, also when somebody changed the issue; [`UpdateError::Open`] when another change is
/// under way. What Jira says to the change itself is no error: it stands in the journal's row.
pub fn update_issue(
    ports: &Ports,
    actor: &Actor,
    draft: DraftId,
    wish: UpdateWish,
    hash: &str,
) -> Result<IssueUpdate, UpdateError> {
    // Jira has no precondition for a change: the issue is read here, just before.
    let (plan, access) = plan_with_access(ports, actor, draft, wish)?;
    if plan.hash != hash {
        return Err(UpdateError::PlanChanged(Box::new(plan)));
    }
    let detail = format!(
        "{} edition {}{} after {} plan {hash}{}",
        plan.now.issue.key,
        plan.edition,
        plan.puts_back.map_or_else(String::new, |edition| format!(" puts back {edition}")),
        plan.now.updated,
        waived_in_words(&plan.waivers),
    );
    let entry = ports.audit_entry(
        Some(actor.user()),
        actor.request_id(),
        "issue_update_approved",
        format!("draft:{draft}"),
        detail,
    );
    let update = intent(ports, actor, &plan);
    ports.storage.write(|tx| {
        let kept = tx.draft(actor.user(), draft)?.filter(|kept| kept.deleted_at.is_none());
        let version = kept.ok_or(UpdateError::NotFound)?.version;
        // Jira was asked meanwhile: the words may be other ones by now.
        let stand = still_stand(tx, actor.user(), draft, &plan.waivers)?;
        if plan.puts_back.is_none() && (version != plan.draft_version || !stand) {
            return Err(UpdateError::PlanChanged(Box::new(plan.clone())));
        }
        // Another draft of the person may be about the same issue, which may be called otherwise by now.
        let others = tx.open_updates_of_issue(actor.user(), &plan.site, &plan.now.issue.id)?;
        if let Some(open) = others.iter().find(|other| is_in_the_way(other, ports.clock.now())) {
            return Err(UpdateError::Open(open.state));
        }
        match tx.insert_issue_update(&update)? {
            Inserted::New => {
                tx.keep_standing_waivers(actor.user(), draft, &plan.hash, &plan.waivers)?;
                Ok(tx.audit(&entry)?)
            }
            // Another window was faster.
            Inserted::Exists(_) => Err(UpdateError::Open(WriteState::Sending)),
        }
    })?;
    let update = outcome(ports, actor, &access, update);
    if keep(ports, actor, &update, WriteState::Sending)? == Saved::Conflict {
        return newest(ports, actor, draft);
    }
    if update.state == WriteState::Unknown {
        // Often it is done already; when that cannot be seen, it stays unknown.
        return Ok(settle_update(ports, actor, draft).unwrap_or(update));
    }
    Ok(update)
}

fn intent(ports: &Ports, actor: &Actor, plan: &UpdatePlan) -> IssueUpdate {
    let now = &plan.now.issue;
    IssueUpdate {
        draft: plan.draft,
        user: actor.user(),
        edition: plan.edition,
        puts_back: plan.puts_back,
        draft_version: plan.draft_version,
        site: plan.site.clone(),
        issue_id: now.id.clone(),
        key: now.key.clone(),
        follows: plan.now.updated.clone(),
        before_summary: now.summary.clone(),
        before_description: now.description.clone(),
        summary: plan.summary.clone(),
        description: plan.description.clone(),
        payload: plan.payload.clone(),
        plan_hash: plan.hash.clone(),
        state: WriteState::Sending,
        note: String::new(),
        sent_at: ports.clock.now(),
        settled_at: None,
    }
}

/// Sends what the row says, and gives the row with what became of it.
fn outcome(ports: &Ports, actor: &Actor, access: &Access, update: IssueUpdate) -> IssueUpdate {
    let sent = ports.jira.update(access, &update.issue_id, &update.payload);
    let settled_at = Some(ports.clock.now());
    match sent {
        Ok(()) => {
            IssueUpdate { state: WriteState::Written, note: stored(ports, access, &update), settled_at, ..update }
        }
        // Jira's own words to this very call, or a call that never left.
        Err(error) if error.proves_nothing_written() => {
            IssueUpdate { state: WriteState::Refused, note: refusal(&error), settled_at, ..update }
        }
        // It may have arrived all the same: whoever turns a call away may stand behind the one who does the work.
        Err(error) => {
            note_refusal(ports, actor.user(), access, &error);
            IssueUpdate { state: WriteState::Unknown, note: error.to_string(), settled_at, ..update }
        }
    }
}

/// Jira's own words, with the fields that they are about.
fn refusal(error: &RemoteError) -> String {
    match error {
        RemoteError::Rejected { messages, fields } => {
            let fields = fields.iter().map(|refusal| format!("{}: {}", refusal.field, refusal.message));
            messages.iter().cloned().chain(fields).collect::<Vec<_>>().join("; ")
        }
        RemoteError::NotFound => "the issue is gone, or you may not see it any more".to_owned(),
        error => error.to_string(),
    }
}

/// What Jira stored in other words than were sent; empty when nothing, or when it cannot be seen.
fn stored(ports: &Ports, access: &Access, update: &IssueUpdate) -> String {
    let differences = ports.jira.verify(access, &update.issue_id, &update.payload, None).ok().flatten();
    let names: Vec<String> = differences.into_iter().flatten().map(|difference| difference.name).collect();
    if names.is_empty() {
        String::new()
    } else {
        format!("Jira stored other words than were sent: {}", names.join(", "))
    }
}

fn keep(ports: &Ports, actor: &Actor, update: &IssueUpdate, from: WriteState) -> Result<Saved, UpdateError> {
    let entry = ports.audit_entry(
        Some(actor.user()),
        actor.request_id(),
        "issue_update_settled",
        format!("draft:{}", update.draft),
        format!("{} edition {} {}", update.key, update.edition, update.state.as_str()),
    );
    ports.storage.write(|tx| {
        let saved = tx.settle_issue_update(update, from)?;
        if saved == Saved::Stored {
            tx.audit(&entry)?;
        }
        Ok(saved)
    })
}

/// Looks up what became of a change whose answer was lost. It is never sent again by itself.
///
/// # Errors
/// [`UpdateError::NothingOpen`] when nothing is to be looked up; [`UpdateError::Open`] while it may still be under way.
pub fn settle_update(ports: &Ports, actor: &Actor, draft: DraftId) -> Result<IssueUpdate, UpdateError> {
    let update = issue_updates(ports, actor, draft)?.into_iter().next().filter(|update| update.state.is_open());
    let update = update.ok_or(UpdateError::NothingOpen)?;
    let late = update.sent_at + LATE <= ports.clock.now();
    // After a crash the row says that it is being sent; before its time is over, it may be.
    if update.state == WriteState::Sending && !late {
        return Err(UpdateError::Open(WriteState::Sending));
    }
    let access = own_site(ports, actor, &update.site)?;
    let now = ports.jira.issue_detail(&access, &update.issue_id).map_err(|error| {
        note_refusal(ports, actor.user(), &access, &error);
        UpdateError::Remote(error)
    })?;
    let (state, note) = found_out(&update, now.as_ref().map(|now| &now.issue), late);
    let from = update.state;
    let settled = IssueUpdate { state, note: note.to_owned(), settled_at: Some(ports.clock.now()), ..update };
    match keep(ports, actor, &settled, from)? {
        Saved::Stored => Ok(settled),
        // Another window has settled it.
        Saved::Conflict => newest(ports, actor, draft),
    }
}

/// What the issue as it stands tells of a change whose answer was lost.
fn found_out(update: &IssueUpdate, now: Option<&Issue>, late: bool) -> (WriteState, &'static str) {
    let Some(now) = now else {
        // That it cannot be seen says nothing of the change.
        return (WriteState::Unknown, "the issue is gone, or you may not see it any more");
    };
    let reads =
        |summary: &str, description: &str| same_text(&now.summary, summary) && same_text(&now.description, description);
    if reads(&update.summary, &update.description) {
        (WriteState::Written, "the answer was lost, and the new words were found")
    } else if !reads(&update.before_summary, &update.before_description) {
        // Other words than before and other than ours: ours may have stood there in between.
        (WriteState::Unknown, "somebody gave the issue other words; look at its history in Jira")
    } else if late {
        (WriteState::Absent, "it was looked for, and the earlier words stand there")
    } else {
        (WriteState::Unknown, "the earlier words stand there; the call may still arrive")
    }
}

fn newest(ports: &Ports, actor: &Actor, draft: DraftId) -> Result<IssueUpdate, UpdateError> {
    issue_updates(ports, actor, draft)?.into_iter().next().ok_or(UpdateError::NothingOpen)
}
