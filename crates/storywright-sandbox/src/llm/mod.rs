//! The company's LLM service: OpenAI-compatible chat completions behind a cookie.
//!
//! Drafts come from [`writer`], shaped by the JSON schema of the request ([`schema`]) and sent at a visible pace
//! ([`stream`]). `/llm/__pace`, `/llm/__behave`, `/llm/__login` and `/llm/__stats` are for tests.

mod answer;
mod behave;
mod bench;
mod chat;
mod control;
mod gather;
mod gullible;
mod identity;
mod judge;
mod pieces;
mod resume;
mod schema;
mod stream;
mod tools;
mod writer;

use std::collections::BTreeSet;

use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};

use crate::{clock::Millis, people::Person};

/// What the service keeps.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Store {
    /// How fast tokens come.
    pace: Pace,
    /// What somebody without a valid cookie gets.
    login: identity::Login,
    /// Misbehavior that waits for its call.
    behaviors: Vec<behave::Behavior>,
    /// Cookies that ran out.
    expired: BTreeSet<String>,
    /// Answers that were cut, for whoever asks to go on.
    #[serde(skip)]
    cut: resume::Cut,
    /// Calls so far; also the source of ids.
    #[serde(skip)]
    stats: Stats,
}

/// How fast tokens come, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Pace {
    /// Before the first token.
    first_ms: u64,
    /// Between two tokens; 0 sends as fast as the reader takes them.
    chunk_ms: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { first_ms: 150, chunk_ms: 12 }
    }
}

/// Streams by how they ended.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Stats {
    /// Chat calls, streamed or not.
    calls: u64,
    /// Streams that are being sent.
    open_streams: u64,
    /// Streams that were begun.
    started: u64,
    /// Streams that were read to their end.
    completed: u64,
    /// Streams whose reader went away, or that were cut by a fault.
    aborted: u64,
}

impl Store {
    /// The store of a fresh company.
    pub(crate) fn seeded(_people: &[Person], _now: Millis) -> Self {
        Self::default()
    }
}

/// Adds the routes below `/llm`. Handlers take `web::Data<Shared>`; the request's extensions hold `Presented` and `Effects`.
pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.service(
        web::scope("/llm")
            .route("/me", web::get().to(identity::me))
            .route("/login", web::get().to(identity::login_page))
            .route("/v1/models", web::get().to(chat::models))
            .route("/v1/chat/completions", web::post().to(chat::completions))
            .route("/__pace", web::get().to(control::pace))
            .route("/__pace", web::post().to(control::set_pace))
            .route("/__login", web::post().to(control::set_login))
            .route("/__behave", web::get().to(control::behaviors))
            .route("/__behave", web::post().to(control::behave))
            .route("/__behave", web::delete().to(control::calm_down))
            .route("/__renew", web::post().to(control::renew))
            .route("/__stats", web::get().to(control::stats)),
    );
}
