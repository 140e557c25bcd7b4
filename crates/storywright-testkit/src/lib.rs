//! For tests: a storage in memory that keeps the promises of the ports, fakes of the remote sites and of cryptography, a
//! clock and ids that a test controls, builders, and the contract suites that fakes and real adapters alike pass.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test support: a failure is to stop the test")]

pub mod build;
mod chat;
mod clock;
mod confluence;
mod contract;
mod crypto;
mod files;
pub mod hostile;
mod jira;
mod memory;
mod tools;

pub use chat::{FakeChat, Gate, Script};
pub use clock::{CountingIds, FixedClock};
pub use confluence::FakeConfluence;
pub use contract::{
    ConfluenceFixture, EventFixture, JiraFixture, QueueFixture, ToolServerFixture, confluence_contract,
    event_log_contract, hasher_contract, jira_contract, job_queue_contract, sealer_contract, sha256_contract,
    signer_contract, storage_contract, tool_server_contract,
};
pub use crypto::{FakeHasher, FakeSealer, FakeSha256, FakeSigner};
pub use files::ReadsWith;
pub use jira::{FakeJira, NextCreate};
pub use memory::MemoryStore;
pub use tools::{FakeTools, MadeCall, ToolScript};
