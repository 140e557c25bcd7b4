//! The storage port on diesel and SQLite: people, sessions, connections, drafts, jobs and what they say, the journal of
//! issue creation, the audit log.
//!
//! [`SqliteStorage`] is the port `Storage` and the port `JobQueue`; [`JobLog`] is the port `EventLog`. Row types are private:
//! a row that cannot be read back into its domain type is `StorageError::Corrupt`, never a default.
//!
//! The statements keep to what SQLite and PostgreSQL share: no upsert, no batch insert, ids and JSON as text, times as
//! milliseconds. The exceptions stand together in `queue.rs` (claiming a job) and `now.rs` (database time).

mod error;
mod events;
mod key_proofs;
mod now;
mod queue;
mod repos;
mod schema;
mod store;
mod text;
mod trouble;
mod wakeup;

pub use events::JobLog;
pub use key_proofs::KeyProofs;
pub use store::{OpenError, SqliteOptions, SqliteStorage, Tidied};
