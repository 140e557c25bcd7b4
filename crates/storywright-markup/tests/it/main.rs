//! Properties, the corpus and the snapshots of the markup.
#![expect(clippy::unwrap_used, reason = "test support")]

mod corpus;
mod hostile;
mod notes;
mod properties;
mod snapshots;
mod trees;
mod wiki;
