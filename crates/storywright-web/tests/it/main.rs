//! The pages, in process: every route against its declared policy, every page empty and full, and what people get wrong.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test support: a failure is to stop the test")]

mod access;
mod agent;
mod drafts;
mod epics;
mod fields;
mod forms;
mod issue_updates;
mod judging;
mod pages;
mod prompts;
mod routes;
mod rules;
mod server;
mod sessions;
mod sources;
mod story_page;
mod support;
mod tools;
mod trials;
mod uploads;
