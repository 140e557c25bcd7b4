//! What an issue in Jira would get instead of the words that it has: shown, approved, sent once, put back.

use super::compare::{Segment, by_line, segments};
use super::waive::ShownWaiver;
use super::{draft_id, draft_not_found};
use crate::errors::{AppError, kinds};
use crate::pages::desk::{Answer, Desk, Form, Params};
use crate::pages::lists::issue_url;
use crate::view::{Issue, Page, Time, View, markdown_html};
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};
use storywright_application::drafts::draft;
use storywright_application::issue_updates::{
    UpdateError, issue_of_draft, issue_updates, plan_update, settle_update, update_issue,
};
use storywright_domain::DraftId;
use storywright_domain::issue_update::{DraftIssue, IssuePurpose, IssueUpdate, UpdatePlan, UpdateWish};
use storywright_domain::write_state::WriteState;

#[derive(Serialize)]
struct ChangePage {
    draft: Titled,
    issue: ShownAbout,
    plan: Option<ShownPlan>,
    /// Nothing needs to be sent: the issue has these words.
    same: bool,
    failure: Option<Issue>,
    updates: Vec<ShownUpdate>,
}

impl View for ChangePage {
    const TEMPLATE: &'static str = "issue_change.html";
}

impl Page for ChangePage {
    const ACTIVE: &'static str = "drafts";
}

#[derive(Serialize)]
struct Titled {
    id: String,
    title: String,
}

/// The issue that a draft is about, as pages show it.
#[derive(Serialize)]
pub(super) struct ShownAbout {
    pub(super) key: String,
    pub(super) url: String,
    /// Its words are changed; else it is broken down.
    pub(super) improves: bool,
    epic: bool,
    type_name: String,
    read: Time,
}

impl ShownAbout {
    pub(super) fn of(desk: &Desk<'_>, about: &DraftIssue) -> Self {
        Self {
            url: issue_url(desk, &about.site, &about.key),
            key: about.key.clone(),
            improves: about.purpose == IssuePurpose::Improve,
            epic: about.epic,
            type_name: about.issue_type.clone(),
            read: desk.time(about.created_at),
        }
    }
}

#[derive(Serialize)]
struct ShownPlan {
    puts_back: Option<u32>,
    site: String,
    summary: Vec<Segment>,
    summary_changes: bool,
    description: Vec<Segment>,
    shown_html: String,
    source: String,
    raw_json: String,
    changed_since: bool,
    uncovered: Vec<String>,
    findings: Vec<Worth>,
    waived: Vec<ShownWaiver>,
    hash: String,
    short_hash: String,
}

/// Something to look at before approving; it does not block.
#[derive(Serialize)]
struct Worth {
    message: String,
    cure: String,
}

impl ShownPlan {
    fn of(desk: &Desk<'_>, plan: UpdatePlan) -> Self {
        let now = &plan.now;
        // Words that are put back go as they were stored, so that is what is compared.
        let (stands, comes) = match plan.puts_back {
            None => (&now.markdown, &plan.markdown),
            Some(_) => (&now.issue.description, &plan.description),
        };
        let worth = |finding: &storywright_domain::finding::Finding| Worth {
            message: finding.message.clone(),
            cure: finding.cure.clone(),
        };
        let payload: serde_json::Value = serde_json::from_str(&plan.payload).unwrap_or_default();
        Self {
            puts_back: plan.puts_back,
            site: plan.site_name.clone(),
            summary: segments(&now.issue.summary, &plan.summary),
            summary_changes: now.issue.summary != plan.summary,
            description: by_line(stands, comes),
            shown_html: if plan.puts_back.is_none() { markdown_html(&plan.markdown) } else { String::new() },
            source: plan.description.clone(),
            raw_json: serde_json::to_string_pretty(&payload).unwrap_or_default(),
            changed_since: plan.changed_since,
            uncovered: plan.uncovered.clone(),
            findings: plan.findings.iter().filter(|finding| finding.waived.is_none()).map(worth).collect(),
            waived: ShownWaiver::all(desk, &plan.waivers),
            short_hash: plan.hash.chars().take(8).collect(),
            hash: plan.hash,
        }
    }
}

#[derive(Serialize)]
struct ShownUpdate {
    edition: u32,
    puts_back: Option<u32>,
    state: &'static str,
    open: bool,
    can_be_put_back: bool,
    summary: String,
    note: String,
    sent: Time,
}

impl ShownUpdate {
    fn of(desk: &Desk<'_>, update: IssueUpdate) -> Self {
        Self {
            edition: update.edition,
            puts_back: update.puts_back,
            state: update.state.as_str(),
            open: update.state.is_open(),
            can_be_put_back: matches!(update.state, WriteState::Written | WriteState::Unknown),
            summary: update.summary,
            note: update.note,
            sent: desk.time(update.sent_at),
        }
    }
}

/// Which words the issue is to get: with `back`, those from before that change.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wished {
    back: Option<u32>,
}

/// The approval, as sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Approval {
    /// Empty for the words of the draft.
    back: String,
    hash: String,
}

fn wish(back: Option<u32>) -> UpdateWish {
    back.map_or(UpdateWish::Rewrite, |edition| UpdateWish::PutBack { edition })
}

/// The page.
pub async fn page(me: SignedIn, wished: Params<Wished>) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    me.serve(move |desk| {
        let planned = plan_update(desk.ports, &desk.who.actor, id, wish(wished.0.back));
        desk.page(&view(desk, id, planned)?)
    })
    .await
}

/// Changes the issue as approved.
pub async fn approve(me: SignedIn, approval: Form<Approval>) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    me.serve(move |desk| {
        let back = approval.0.back.parse().ok();
        match update_issue(desk.ports, &desk.who.actor, id, wish(back), &approval.0.hash) {
            Ok(update) => said(desk, id, &update),
            Err(error) => Ok(desk.page(&view(desk, id, Err(error))?)?.with_status(StatusCode::CONFLICT)),
        }
    })
    .await
}

/// Looks up what became of a change whose answer was lost.
pub async fn settle(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    me.serve(move |desk| match settle_update(desk.ports, &desk.who.actor, id) {
        Ok(update) => said(desk, id, &update),
        Err(error) => Ok(desk.page(&view(desk, id, Err(error))?)?.with_status(StatusCode::CONFLICT)),
    })
    .await
}

/// Back to the page, with a word on what became of it.
fn said(desk: &Desk<'_>, id: DraftId, update: &IssueUpdate) -> Result<Answer, AppError> {
    let key = &update.key;
    let (tone, text) = match update.state {
        WriteState::Written if update.puts_back.is_some() => ("ok", format!("{key} has its earlier words again.")),
        WriteState::Written => ("ok", format!("{key} has the new words.")),
        WriteState::Refused => {
            ("bad", format!("Jira refused the change of {key}: the reason is under “Changes from this draft”."))
        }
        WriteState::Absent => ("warn", format!("The change of {key} never arrived. You can send it again.")),
        WriteState::Sending | WriteState::Unknown => {
            let text = "Press “Look it up” under “Changes from this draft”.";
            ("warn", format!("The answer from Jira was lost, so it is not known whether {key} was changed. {text}"))
        }
    };
    desk.go_and_say(&format!("/drafts/{id}/change"), tone, &text)
}

fn view(desk: &Desk<'_>, id: DraftId, planned: Result<UpdatePlan, UpdateError>) -> Result<ChangePage, AppError> {
    let actor = &desk.who.actor;
    let stored = draft(desk.ports, actor, id)?.ok_or_else(draft_not_found)?;
    let about = issue_of_draft(desk.ports, actor, id)?.filter(|about| about.purpose == IssuePurpose::Improve);
    let about = about.ok_or(UpdateError::NotAboutAnIssue)?;
    let (plan, failure) = match planned {
        Ok(plan) => (Some(plan), None),
        Err(UpdateError::PlanChanged(now)) => {
            let told = AppError::from(UpdateError::PlanChanged(now.clone()));
            (Some(*now), Some(told))
        }
        Err(error) => (None, Some(AppError::from(error))),
    };
    let same = failure.as_ref().is_some_and(|error| error.kind.code == kinds::NOTHING_CHANGES.code);
    // What is on its way is told by the list of changes.
    let failure = failure.filter(|_| !same);
    if let Some(error) = failure.as_ref().filter(|error| error.status() == 500 || error.status() == 404) {
        return Err(error.clone());
    }
    let updates = issue_updates(desk.ports, actor, id)?;
    Ok(ChangePage {
        draft: Titled { id: id.to_string(), title: stored.title },
        issue: ShownAbout::of(desk, &about),
        plan: plan.map(|plan| ShownPlan::of(desk, plan)),
        same,
        failure: failure.map(|error| desk.issue(&error)),
        updates: updates.into_iter().map(|update| ShownUpdate::of(desk, update)).collect(),
    })
}
