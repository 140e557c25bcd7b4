//! The person's own audit log.

use super::desk::{Desk, Params, encoded};
use super::runs::Place;
use crate::errors::AppError;
use crate::view::{Page, Time, View};
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use serde::Serialize;
use storywright_application::people::audit_trail;
use storywright_domain::person::AuditEntry;

#[derive(Serialize)]
struct AuditPage {
    entries: Vec<Entry>,
    next_url: Option<String>,
}

impl View for AuditPage {
    const TEMPLATE: &'static str = "audit.html";
}

impl Page for AuditPage {
    const ACTIVE: &'static str = "audit";
}

#[derive(Serialize)]
struct Entry {
    at: Time,
    action: String,
    summary: String,
    target: Option<Target>,
    outcome: &'static str,
    request_id: String,
}

#[derive(Serialize)]
struct Target {
    label: String,
    href: String,
}

impl Entry {
    fn of(desk: &Desk<'_>, entry: AuditEntry) -> Self {
        let summary = match entry.action.as_str() {
            "sign_in" => "Signed in".to_owned(),
            "sign_in_failed" => "Sign-in with a wrong password".to_owned(),
            "registered" => "Signed up".to_owned(),
            "registration_started" => "Began to sign up".to_owned(),
            "password_reset_started" => "A Jira token of yours was shown to set a new password".to_owned(),
            "password_reset" => "Set a new password with a Jira token".to_owned(),
            "password_changed" => "Changed the password".to_owned(),
            "session_ended" => "Signed out a session".to_owned(),
            "other_sessions_ended" => "Signed out all other sessions".to_owned(),
            "token_issued" => "Made an API token".to_owned(),
            "token_revoked" => "Revoked an API token".to_owned(),
            "integration_saved" => format!("Saved the connection {}", entry.subject),
            "integration_tested" => format!("Tested the connection {}: {}", entry.subject, entry.detail),
            "tool_approved" => format!("Approved a tool: {}", entry.subject),
            "tool_revoked" => format!("Withdrew the approval of a tool: {}", entry.subject),
            "tool_changed" => format!("A tool is not what was approved and is disabled: {}", entry.subject),
            "tool_added" => format!("New tools on {}: {}", entry.subject, entry.detail),
            "tool_removed" => format!("Tools gone from {}: {}", entry.subject, entry.detail),
            "tool_called" => format!("Looked something up with a tool: {}", entry.subject),
            "tool_refused" => format!("Did not call a tool: {}", entry.subject),
            "draft_created" => format!("Made a draft for {}", entry.detail),
            "draft_deleted" => "Deleted a draft".to_owned(),
            "writing_started" => "Had a draft written".to_owned(),
            "prompt_saved" => format!("Saved a prompt: {}", entry.detail),
            "prompt_removed" => format!("Removed a prompt: {}", entry.detail),
            "prompts_tried" => "Tried prompts side by side".to_owned(),
            "trial_removed" => "Removed a trial of prompts".to_owned(),
            "job_cancelled" => "Stopped a job".to_owned(),
            "plan_approved" => "Approved issues to be created".to_owned(),
            "run_resumed" => "Went on with a run".to_owned(),
            "item_resolved" => format!("Settled an issue: {}", entry.detail),
            "issue_created" => format!("Created {}", entry.subject),
            other => other.replace('_', " "),
        };
        let outcome = match entry.action.as_str() {
            "sign_in_failed" => "refused",
            "integration_tested" if entry.detail != "ok" => "failed",
            _ => "ok",
        };
        Self {
            at: desk.time(entry.at),
            target: target(&entry.subject),
            summary,
            outcome,
            request_id: entry.request_id,
            action: entry.action,
        }
    }
}

/// A link to what an entry is about, when there is a page for it.
fn target(subject: &str) -> Option<Target> {
    let first = subject.split_whitespace().next()?;
    let (what, id) = first.split_once(':')?;
    let place = match what {
        "draft" => "drafts",
        "run" => "runs",
        "prompt" => "prompts",
        "trial" => "prompts/trials",
        _ => return None,
    };
    Some(Target { label: format!("Open the {what}"), href: format!("/{place}/{id}") })
}

/// The page.
pub async fn page(me: SignedIn, place: Params<Place>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| {
        let cursor = Some(place.0.cursor.as_str()).filter(|cursor| !cursor.is_empty());
        let slice = audit_trail(desk.ports, &desk.who.actor, cursor)?;
        let next_url = slice.next.map(|cursor| format!("/audit?cursor={}", encoded(&cursor)));
        let entries = slice.items.into_iter().map(|entry| Entry::of(desk, entry)).collect();
        desk.page(&AuditPage { entries, next_url })
    })
    .await
}
