//! One file per aggregate: rows, their reading and writing, and the repository trait on a transaction.

mod agent;
mod audit;
mod drafts;
mod fields;
mod integrations;
mod issue_updates;
pub mod jobs;
mod judgements;
mod people;
mod prompts;
mod publishing;
pub mod registrations;
mod rule_sets;
mod sections;
pub mod sessions;
mod sources;
mod story_pages;
pub mod tokens;
mod tools;
mod trials;
mod waivers;

use crate::text::Conn;

/// A transaction under way.
pub struct SqliteTx<'a> {
    /// The connection that it runs on.
    pub conn: &'a mut Conn,
}
