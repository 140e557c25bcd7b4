//! Opening a stream, and finding out again and again whether it may stay open.

use super::body::EventBody;
use super::feed::{self, Frames};
use super::job_id;
use super::streams::Permit;
use crate::errors::AppError;
use crate::state::AppState;
use actix_web::web;
use std::sync::Arc;
use storywright_application::people::{authenticate_token, load_session};
use storywright_application::{Ports, jobs};
use storywright_domain::job::JobStatus;
use storywright_domain::person::Actor;
use storywright_domain::ports::{StorageError, Subscription};
use storywright_domain::{JobId, RequestId, UserId};

/// How the caller proved who they are. It holds a secret, so it has no `Debug`.
pub(super) enum Proof {
    /// A browser session's token.
    Session(String),
    /// An API token.
    Token(String),
}

/// A stream to be opened.
pub(super) struct Opening {
    job: JobId,
    after: u64,
}

/// A stream that listens already.
pub(super) struct Opened {
    pub job: JobId,
    pub user: UserId,
    pub request_id: RequestId,
    pub frames: Frames,
    pub subscription: Subscription,
    pub permit: Permit,
    /// How the job has ended, when it ended before the stream began and its last words were before it as well.
    pub over: Option<JobStatus>,
}

impl Opening {
    /// A stream of the job with this id.
    ///
    /// # Errors
    /// `job_not_found` when it is no id.
    pub fn new(raw_job: &str, after: u64) -> Result<Self, AppError> {
        Ok(Self { job: job_id(raw_job)?, after })
    }

    /// Takes a place and listens. Blocks while what is stored is read.
    ///
    /// # Errors
    /// `too_many_streams`; `job_not_found`, also for another person's job; trouble with the database.
    pub fn run(self, ports: &Ports, state: &AppState, actor: &Actor) -> Result<Opened, AppError> {
        let permit = state.streams.take(actor.user(), state.settings.streams_per_person)?;
        // Asked before listening: a job that has ended by now has said its last word, so the replay holds it.
        let job = jobs::job(ports, actor, self.job)?.ok_or_else(AppError::job_not_found)?;
        let (feed, frames) = feed::pair();
        let subscription =
            jobs::listen(ports, actor, self.job, self.after, Box::new(feed))?.ok_or_else(AppError::job_not_found)?;
        frames.now_live();
        let over = Some(job.status).filter(|status| status.is_final() && !frames.ended());
        Ok(Opened {
            job: self.job,
            user: actor.user(),
            request_id: actor.request_id().clone(),
            frames,
            subscription,
            permit,
            over,
        })
    }
}

impl Opened {
    /// The body of the answer.
    pub fn into_body(self, state: &web::Data<AppState>, proof: Proof) -> EventBody {
        let ticket = Arc::new(Ticket { job: self.job, user: self.user, request_id: self.request_id, proof });
        EventBody::new(state, ticket, self.frames, self.over, self.permit, self.subscription)
    }
}

/// What a stream was opened with.
pub(super) struct Ticket {
    job: JobId,
    user: UserId,
    request_id: RequestId,
    proof: Proof,
}

/// What asking again gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// The caller may go on listening; the job is here.
    Good(JobStatus),
    /// Session or token have ended, or the job is gone.
    Gone,
}

impl Ticket {
    /// Asks again whether session or token hold and where the job is. Does not count as use.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn standing(&self, ports: &Ports) -> Result<Standing, StorageError> {
        let actor = match &self.proof {
            Proof::Session(token) => load_session(ports, token, false)?
                .and_then(|live| live.person)
                .map(|person| Actor::of(&person, self.request_id.clone())),
            Proof::Token(token) => authenticate_token(ports, token, &self.request_id)?.map(|(actor, _)| actor),
        };
        let Some(actor) = actor.filter(|actor| actor.user() == self.user) else { return Ok(Standing::Gone) };
        Ok(jobs::job(ports, &actor, self.job)?.map_or(Standing::Gone, |job| Standing::Good(job.status)))
    }
}
