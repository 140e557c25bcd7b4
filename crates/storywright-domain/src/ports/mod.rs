//! Ports: what the use cases need from the world. Every trait's documentation is a promise that adapters keep.
//!
//! All ports block. Callers that must not block run them on a thread that may.

mod agent_repo;
mod chat;
mod confluence;
mod crypto;
mod events;
mod fields;
mod files;
mod issue_update_repo;
mod jira;
mod jobs;
mod judgements;
mod people_repos;
mod prompts;
mod rule_sets;
mod section_repo;
mod sources;
mod storage;
mod story_page_repo;
mod tool_repos;
mod tools;
mod trials;
mod waivers;
mod work_repos;

pub use agent_repo::AgentRepo;
pub use chat::{
    ChatAccess, ChatAnswer, ChatCall, ChatError, ChatIdentity, ChatModel, ChatRequest, ChatSetup, ChatSink, ChatTool,
    ChatTurn, Finish, JsonSchema, NotForTheModel, ToolOutcome, ToolUse, Usage,
};
pub use confluence::{Confluence, ConfluenceUser};
pub use crypto::{BadToken, HashError, PasswordHasher, Place, SealError, Sealer, Sha256, TokenSigner};
pub use events::{EventListener, EventLog, Listening, Subscription};
pub use fields::FieldRepo;
pub use files::FileReader;
pub use issue_update_repo::IssueUpdateRepo;
pub use jira::Jira;
pub use jobs::{Claim, Held, JobEnd, JobQueue};
pub use judgements::JudgementRepo;
pub use people_repos::{IntegrationRepo, PersonRepo, RegistrationRepo, SessionRepo, TokenRepo};
pub use prompts::PromptRepo;
pub use rule_sets::RuleSetRepo;
pub use section_repo::SectionRepo;
pub use sources::SourceRepo;
pub use storage::{Cursor, Inserted, Saved, Slice, Storage, StorageError, StorageExt, Tx, TxEnd, TxMode};
pub use story_page_repo::StoryPageRepo;
pub use tool_repos::ToolRepo;
pub use tools::{ToolAccess, ToolError, ToolServer};
pub use trials::TrialRepo;
pub use waivers::WaiverRepo;
pub use work_repos::{AuditRepo, DraftRepo, ItemChange, JobRepo, PublishRepo};

use crate::Timestamp;

#[cfg(feature = "mocks")]
pub use {
    chat::MockChatModel, confluence::MockConfluence, crypto::MockPasswordHasher, crypto::MockSealer,
    crypto::MockTokenSigner, events::MockEventLog, jira::MockJira, jobs::MockJobQueue, tools::MockToolServer,
};

/// Where the time comes from.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Clock: Send + Sync {
    /// Now, never earlier than an answer given before by the same clock.
    fn now(&self) -> Timestamp;
}

/// Where ids and randomness come from.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait IdSource: Send + Sync {
    /// A number that no other call gives; ordered by time, so that indexes stay compact. Not a secret.
    fn id(&self) -> u128;

    /// 32 bytes that nobody can guess.
    fn secret(&self) -> [u8; 32];
}
