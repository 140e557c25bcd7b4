//! Jira and Confluence over real sockets: against scripted answers, and against the pretend company.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test support")]

mod company;

mod confluence;
mod contract;
mod french;
mod outcomes;
mod pacing;
mod reads;
#[expect(dead_code, reason = "shared with the tests of the egress, which use more of it")]
#[path = "../../../storywright-http/tests/it/stub.rs"]
mod stub;
mod support;
