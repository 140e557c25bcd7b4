//! The company LLM port against a scripted server on a real socket, and against the sandbox's LLM.
#![expect(clippy::unwrap_used, reason = "test support")]

mod conversation;
mod dialects;
mod folder;
mod limits;
mod logged;
mod probe;
mod refusals;
mod reload;
mod sandbox;
mod secrecy;
mod streaming;
mod stub;
mod support;
mod tools;
