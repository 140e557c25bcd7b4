//! Repositories of tools: the lists that servers gave to people, and what administrators decided.

use super::storage::{Saved, StorageError};
use crate::tool::{CachedTools, KnownTools, Quarantine, ToolApproval, ToolProblem};
use crate::{Timestamp, UserId};

/// Tool lists of people, and the decisions shared by all.
pub trait ToolRepo {
    /// What is kept for a person of a server, if it was got with this credential.
    ///
    /// # Errors
    /// [`StorageError`].
    fn cached_tools(
        &mut self,
        user: UserId,
        server: &str,
        credential: &str,
    ) -> Result<Option<CachedTools>, StorageError>;

    /// The definitions of that list by the name of the tool, as they were kept with it.
    ///
    /// # Errors
    /// [`StorageError`].
    fn tool_definitions(
        &mut self,
        user: UserId,
        server: &str,
        credential: &str,
    ) -> Result<Vec<(String, String)>, StorageError>;

    /// Keeps a list with its definitions; whatever was kept for the person and server before is gone, also that of another credential.
    ///
    /// # Errors
    /// [`StorageError`].
    fn save_tools(&mut self, cached: &CachedTools, definitions: &[(String, String)]) -> Result<(), StorageError>;

    /// Notes that a fetch failed. A list got with the same credential stays; one got with another is gone.
    ///
    /// # Errors
    /// [`StorageError`].
    fn note_tool_problem(
        &mut self,
        user: UserId,
        server: &str,
        credential: &str,
        problem: &ToolProblem,
        refresh_at: Timestamp,
    ) -> Result<(), StorageError>;

    /// Persons and servers whose lists are to be fetched again by now, the longest due first, with the time at which they were due; only
    /// of people who are signed in. For the tidying of the server itself, which then acts for the person.
    ///
    /// # Errors
    /// [`StorageError`].
    fn tools_to_refresh(
        &mut self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(UserId, String, Timestamp)>, StorageError>;

    /// The newest list that a server gave to anybody; none when it never gave one. For whoever runs the installation, who sees what a server
    /// offers and not to whom.
    ///
    /// # Errors
    /// [`StorageError`].
    fn newest_tools(&mut self, server: &str) -> Result<Option<KnownTools>, StorageError>;

    /// Moves the time of the next fetch, if it still is `expected`.
    ///
    /// # Errors
    /// [`StorageError`].
    fn set_tool_refresh(
        &mut self,
        user: UserId,
        server: &str,
        expected: Timestamp,
        next: Timestamp,
    ) -> Result<Saved, StorageError>;

    /// All decisions, by server and tool.
    ///
    /// # Errors
    /// [`StorageError`].
    fn tool_approvals(&mut self) -> Result<Vec<ToolApproval>, StorageError>;

    /// The decision about one tool.
    ///
    /// # Errors
    /// [`StorageError`].
    fn tool_approval(&mut self, server: &str, tool: &str) -> Result<Option<ToolApproval>, StorageError>;

    /// Adds or replaces the decision about a tool.
    ///
    /// # Errors
    /// [`StorageError`].
    fn save_tool_approval(&mut self, approval: &ToolApproval) -> Result<(), StorageError>;

    /// Withdraws the decision about a tool; `false` when there was none.
    ///
    /// # Errors
    /// [`StorageError`].
    fn delete_tool_approval(&mut self, server: &str, tool: &str) -> Result<bool, StorageError>;

    /// Notes that the server has shown another definition than the approved one. `Conflict` when the approval is of another hash than
    /// `approved`, or gone; a quarantine that stands already is replaced.
    ///
    /// # Errors
    /// [`StorageError`].
    fn quarantine_tool(
        &mut self,
        server: &str,
        tool: &str,
        approved: &str,
        quarantine: &Quarantine,
    ) -> Result<Saved, StorageError>;
}
