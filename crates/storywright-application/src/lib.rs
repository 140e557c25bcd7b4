//! Use cases: one function each, verb first, over the ports of the domain.
//!
//! A use case takes [`Ports`], mostly an [`Actor`](storywright_domain::person::Actor) who has proved who they are, and plain values; it returns plain values or its
//! own error enum. It knows nothing of HTML, HTTP status codes, SQL or Atlassian's JSON. Everything blocks; callers that must
//! not block run it on a thread that may.

pub mod access;
pub mod agent;
pub mod catalog;
pub mod drafting;
pub mod drafts;
pub mod integrations;
pub mod issue_updates;
pub mod jobs;
pub mod judging;
pub mod meter;
pub mod overview;
pub mod people;
mod ports;
pub mod preflight;
pub mod prompts;
pub mod publishing;
pub mod rule_sets;
mod running;
pub mod sections;
pub mod sources;
pub mod story_pages;
pub mod tools;
pub mod trials;
pub mod worker;

pub use ports::{Ports, Reconcile, Settings};
pub use running::{Pause, RunningJobs};
