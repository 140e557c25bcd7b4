//! The promises of the use cases, over a storage in memory and fakes of the remote sites.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test support: a failure is to stop the test")]

mod approve;
mod asked;
mod connections;
mod create;
mod edit;
mod executor;
mod faults;
mod hooks;
mod jobs;
mod leases;
mod lists;
mod long;
mod looking_up;
mod plan;
mod preflight;
mod profile;
mod random;
mod reconcile;
mod sessions;
mod settle;
mod sign_in;
mod sign_up;
mod simulator;
mod sources;
mod start;
mod stop;
mod story_pages;
mod through;
mod tokens;
mod tools;
mod trees;
mod uploads;
mod world;
mod writing;
mod writing_faults;
