//! The whole product as processes: the real server on a real database file, the pretend company on real sockets, driven through the
//! JSON API as a client would.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "test support")]

mod agent;
mod backlog;
mod canary;
mod doctor;
mod faults;
mod issue_updates;
mod kills;
mod leaks;
mod long;
mod main_job;
mod mcp;
mod poisoned;
mod refusals;
mod sources;
mod story_page;
mod support;
mod through;
mod tools;
mod uploads;
mod wiki;
