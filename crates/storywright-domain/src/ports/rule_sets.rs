//! Rule sets, shared by all.

use super::storage::{Saved, Slice, StorageError};
use crate::Timestamp;
use crate::jira::ProjectKey;
use crate::rule_keeping::{KeptRuleSet, ProjectRuleSet, RuleSetSummary, RuleSetVersion};
use crate::rules::RuleSet;

/// Rule sets with their versions, and which project begins with which. They belong to the company, not to a person.
pub trait RuleSetRepo {
    /// What lists tell of them, by name (as its characters come, capitals first) and then by id. A cursor of another list is the beginning.
    ///
    /// # Errors
    /// [`StorageError`].
    fn rule_sets(&mut self, cursor: Option<&str>, limit: u32) -> Result<Slice<RuleSetSummary>, StorageError>;

    /// One by id.
    ///
    /// # Errors
    /// [`StorageError`].
    fn kept_rule_set(&mut self, id: &str) -> Result<Option<KeptRuleSet>, StorageError>;

    /// The rules alone, by id.
    ///
    /// # Errors
    /// [`StorageError`].
    fn rule_set(&mut self, id: &str) -> Result<Option<RuleSet>, StorageError> {
        Ok(self.kept_rule_set(id)?.map(|kept| kept.rules))
    }

    /// Stores a rule set, and the same state among its versions, where the stored version is the one before; version 1 is new.
    ///
    /// # Errors
    /// [`StorageError`].
    fn save_rule_set(&mut self, kept: &KeptRuleSet, author: &str, note: &str) -> Result<Saved, StorageError>;

    /// Versions of one, newest first.
    ///
    /// # Errors
    /// [`StorageError`].
    fn rule_set_versions(
        &mut self,
        id: &str,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Slice<RuleSetVersion>, StorageError>;

    /// One version.
    ///
    /// # Errors
    /// [`StorageError`].
    fn rule_set_version(&mut self, id: &str, number: u32) -> Result<Option<RuleSetVersion>, StorageError>;

    /// Removes versions of all rule sets, oldest first, so that the newest `keep` of each stay; at most `most` at a time. Nothing refers to a
    /// version by its number: drafts, plans and waivers name the rule set. Gives how many were removed.
    ///
    /// # Errors
    /// [`StorageError`].
    fn prune_rule_set_versions(&mut self, keep: u32, most: u32) -> Result<usize, StorageError>;

    /// Whether any draft of anybody, or a project, has it.
    ///
    /// # Errors
    /// [`StorageError`].
    fn rule_set_in_use(&mut self, id: &str) -> Result<bool, StorageError>;

    /// Removes one with its versions, where the stored version is `expected`.
    ///
    /// # Errors
    /// [`StorageError`].
    fn delete_rule_set(&mut self, id: &str, expected: u32) -> Result<Saved, StorageError>;

    /// The rule set that a project begins with.
    ///
    /// # Errors
    /// [`StorageError`].
    fn project_rule_set(&mut self, site: &str, project: &ProjectKey) -> Result<Option<String>, StorageError>;

    /// The projects that begin with a rule set, by site and key, at most 200.
    ///
    /// # Errors
    /// [`StorageError`].
    fn projects_of_rule_set(&mut self, id: &str) -> Result<Vec<ProjectRuleSet>, StorageError>;

    /// Lets a project begin with a rule set, in place of another.
    ///
    /// # Errors
    /// [`StorageError`].
    fn save_project_rule_set(&mut self, chosen: &ProjectRuleSet, at: Timestamp) -> Result<(), StorageError>;

    /// Lets a project begin with no rule set of its own.
    ///
    /// # Errors
    /// [`StorageError`].
    fn delete_project_rule_set(&mut self, site: &str, project: &ProjectKey) -> Result<(), StorageError>;
}
