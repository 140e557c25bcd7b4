//! The heart of Storywright, free of I/O: story documents, drafts, rule sets, findings, publishing plans, and the ports
//! that adapters implement.
//!
//! Nothing here reads a clock, draws a random number, opens a file or a socket. Time, ids and randomness come in through
//! [`ports::Clock`] and [`ports::IdSource`]; everything else that leaves the process goes through the other traits of
//! [`ports`], whose documentation is a promise that every adapter keeps and that a contract suite checks.

pub mod agent;
pub mod cancel;
pub mod confluence;
pub mod draft;
pub mod file;
pub mod finding;
pub mod fixing;
pub mod ids;
pub mod integration;
pub mod issue_update;
pub mod jira;
pub mod job;
pub mod judged;
pub mod judgement;
pub mod leak;
pub mod merging;
pub mod meter;
pub mod person;
pub mod ports;
pub mod preflight;
pub mod prompt;
pub mod publishing;
pub mod quality;
pub mod remote;
pub mod requirement;
pub mod review;
pub mod reviewing;
pub mod rule_keeping;
pub mod rules;
pub mod secret;
pub mod section;
pub mod similarity;
pub mod source;
pub mod splitting;
pub mod story;
pub mod story_page;
pub mod suspicion;
pub mod team;
pub mod time;
pub mod tool;
pub mod waiver;
pub mod write_state;

pub use ids::{
    DraftId, ItemId, JobId, PromptId, RegistrationId, RequestId, RunId, SessionId, TokenId, TrialId, UserId,
};
pub use secret::Secret;
pub use time::{Millis, Timestamp};
