//! Letting a finding pass with a reason, and taking that back.

use super::compare::place;
use super::draft_id;
use crate::errors::AppError;
use crate::pages::desk::{Desk, Form};
use crate::view::Time;
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};
use storywright_application::drafts::{self, WaiveError, Which, take_waiver_back};
use storywright_domain::waiver::StandingWaiver;

/// A finding that is, or was, approved with its waiver.
#[derive(Serialize)]
pub(in crate::pages) struct ShownWaiver {
    code: String,
    severity: &'static str,
    path: String,
    place: String,
    message: String,
    reason: String,
    at: Time,
}

impl ShownWaiver {
    pub(in crate::pages) fn of(desk: &Desk<'_>, waiver: &StandingWaiver) -> Self {
        Self {
            code: waiver.code.clone(),
            severity: waiver.severity.as_str(),
            place: place(&waiver.place),
            path: waiver.place.clone(),
            message: waiver.message.clone(),
            reason: waiver.reason.clone(),
            at: desk.time(waiver.at),
        }
    }

    pub(in crate::pages) fn all(desk: &Desk<'_>, waivers: &[StandingWaiver]) -> Vec<Self> {
        waivers.iter().map(|waiver| Self::of(desk, waiver)).collect()
    }
}

/// Which finding, and why it may pass.
#[derive(Deserialize)]
pub struct Waived {
    #[serde(default)]
    finding: String,
    #[serde(default)]
    path: String,
    /// The first character of its place, where it has one.
    start: Option<usize>,
    /// What it says.
    message: Option<String>,
    #[serde(default)]
    reason: String,
}

impl Waived {
    fn which(&self) -> Which<'_> {
        Which { code: &self.finding, field: &self.path, start: self.start, message: self.message.as_deref() }
    }
}

/// Lets it pass.
pub async fn waive(me: SignedIn, which: Form<Waived>) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    me.serve(move |desk| {
        let typed = which.0;
        let (tone, words) = match drafts::waive(desk.ports, &desk.who.actor, id, &typed.which(), &typed.reason) {
            Ok(()) => ("ok", "The finding is waived while its words stay as they are. The reason is kept.".to_owned()),
            Err(error @ (WaiveError::NoSuchFinding | WaiveError::BadReason(_))) => {
                ("bad", AppError::from(error).detail())
            }
            Err(error) => return Err(error.into()),
        };
        desk.state.counts.forget(id);
        desk.go_and_say(&format!("/drafts/{id}"), tone, &words)
    })
    .await
}

/// Takes that back.
pub async fn take_back(me: SignedIn, which: Form<Waived>) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    me.serve(move |desk| {
        let (tone, words) = match take_waiver_back(desk.ports, &desk.who.actor, id, &which.0.which()) {
            Ok(()) => ("ok", "The waiver is taken back."),
            Err(WaiveError::NoSuchFinding) => ("bad", "That finding is gone already: here is the new list."),
            Err(error) => return Err(error.into()),
        };
        desk.state.counts.forget(id);
        desk.go_and_say(&format!("/drafts/{id}"), tone, words)
    })
    .await
}
