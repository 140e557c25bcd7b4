//! The JSON API and its event streams, in process, over the whole stack of middleware and use cases with fakes behind the ports.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test support")]

mod bodies;
mod description;
mod drafts;
mod integrations;
mod issue_updates;
mod load;
mod people;
mod policy;
mod prompts;
mod publishing;
mod rule_sets;
mod streams;
mod support;
mod tools;
mod trials;
mod writing;
