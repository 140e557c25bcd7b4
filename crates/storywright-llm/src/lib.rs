//! The company LLM port over HTTP: everything that differs between services is in a configuration folder, nothing in code.
//!
//! [`ConfiguredChat`] implements [`storywright_domain::ports::ChatModel`]. It reads `config.json` (services), `header.json`
//! (headers), `payload.json` (what is sent, and where in the answer things are) and `prompts.json` (what the model is told);
//! `config/README.md` explains every key. A changed folder is used from the next call on; a broken one is refused with file,
//! line, reason and cure while the last good one goes on.
//!
//! Texts of other people travel between marks that carry an identifier random per request. Prompts, answers, header values and credentials are never
//! logged. An answer counts as complete only when the service said so.

mod call;
mod chat;
mod config;
mod dialect;
mod incoming;
mod joining;
mod live;
mod probe;
mod prompt;
mod slots;
mod template;
mod tools;
mod wire;

pub use chat::ConfiguredChat;
pub use config::{ConfigError, LlmConfig};
pub use probe::{Observation, Probe, Verdict};
