//! Event streams: what a job says, replayed from where the caller left off and then live, as server-sent events.
//!
//! The path of an event is short on purpose: the thread that speaks formats it once and puts it into the stream's queue; the stream
//! hands that same buffer to the socket. No task is started, no lock is held, nothing is waited for. `benches` of the task runner
//! hold this to less than a millisecond at 200 streams.

mod body;
mod feed;
mod open;
mod streams;

pub use streams::Streams;

use crate::api::Caller;
use crate::api::body::query;
use crate::errors::{AppError, FieldProblem, kinds};
use crate::state::AppState;
use crate::visit::SignedIn;
use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, web};
use open::{Opened, Opening, Proof};
use serde::Deserialize;
use std::net::TcpListener;
#[cfg(target_os = "linux")]
use std::time::Duration;
use storywright_domain::JobId;
use storywright_domain::person::Actor;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct From {
    after: Option<u64>,
}

/// `GET /jobs/{id}/events` for the browser.
///
/// # Errors
/// Those of `Opening::run`.
pub async fn page(caller: SignedIn, job: web::Path<String>) -> Result<HttpResponse, AppError> {
    let opening = Opening::new(&job, after(caller.request())?)?;
    let proof = Proof::Session(caller.token().to_owned());
    let state = caller.state.clone();
    let most = state.clone();
    let opened = caller.run(move |ports, who| opening.run(ports, &most, &who.actor)).await?;
    Ok(answer(caller.request(), &state, opened, proof))
}

/// `GET /api/v1/jobs/{id}/events` for programs.
///
/// # Errors
/// Those of `Opening::run`.
pub async fn api(caller: Caller, job: web::Path<String>) -> Result<HttpResponse, AppError> {
    let opening = after(caller.request()).and_then(|after| Opening::new(&job, after));
    let proof = Proof::Token(caller.token().to_owned());
    let state = caller.state.clone();
    let most = state.clone();
    let opened = caller.run(move |ports, actor: &Actor| opening?.run(ports, &most, actor)).await?;
    Ok(answer(caller.request(), &state, opened, proof))
}

/// The number after which to begin: what a reconnecting browser has seen, else what the address says, else the beginning.
fn after(req: &HttpRequest) -> Result<u64, AppError> {
    let from: From = query(req)?;
    let Some(seen) = req.headers().get("last-event-id") else { return Ok(from.after.unwrap_or(0)) };
    match seen.to_str().map(str::trim) {
        Ok("") => Ok(from.after.unwrap_or(0)),
        Ok(text) => match text.parse::<u64>() {
            // The address of a page may be older than what its stream has seen.
            Ok(seen) => Ok(seen.max(from.after.unwrap_or(0))),
            Err(_) => Err(bad_event_id()),
        },
        Err(_) => Err(bad_event_id()),
    }
}

fn bad_event_id() -> AppError {
    let problem =
        FieldProblem::new("Last-Event-ID", "field_invalid", "send the number of the last event that you have seen");
    AppError::new(
        &kinds::INVALID_QUERY,
        "The header Last-Event-ID is no event number",
        "Leave it out to begin at the first event",
    )
    .with_errors(vec![problem])
}

fn answer(req: &HttpRequest, state: &web::Data<AppState>, opened: Opened, proof: Proof) -> HttpResponse {
    let mut answer = HttpResponse::Ok();
    answer
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // Compression would hold events back until a block is full; so would a buffering proxy.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .insert_header(("x-accel-buffering", "no"));
    if req.method() == Method::HEAD { answer.finish() } else { answer.body(opened.into_body(state, proof)) }
}

/// Makes the system end a connection whose client has taken nothing for half a minute: the framework waits for ever for a client that
/// does not read, and its place among the open streams would be taken all that time. Accepted connections inherit the option.
///
/// # Errors
/// When the socket does not take the option.
pub fn let_stuck_connections_end(listener: &TcpListener) -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    socket2::SockRef::from(listener).set_tcp_user_timeout(Some(Duration::from_secs(30)))?;
    #[cfg(not(target_os = "linux"))]
    let _ = listener;
    Ok(())
}

/// The id of a job, or the same answer as for another person's job.
fn job_id(raw: &str) -> Result<JobId, AppError> {
    JobId::parse(raw).map_err(|_| AppError::job_not_found())
}
