//! What a person can choose from: sites, projects, issue types, rule sets.

use crate::Ports;
use crate::access::{self, AccessError};
use storywright_domain::jira::{CreateField, IssueType, Project, ProjectKey};
use storywright_domain::person::Actor;
use storywright_domain::ports::{StorageError, StorageExt};
use storywright_domain::remote::{RemoteError, Site, SiteKind};
use storywright_domain::rules::RuleSet;

/// Why a list from Jira is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogError {
    /// The connection cannot be used.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Jira said no.
    #[error(transparent)]
    Remote(#[from] RemoteError),
}

/// The listed sites of a kind.
#[must_use]
pub fn list_sites(ports: &Ports, kind: SiteKind) -> Vec<Site> {
    ports.settings.sites.iter().filter(|site| site.kind == kind).cloned().collect()
}

/// The projects that the person can see, by key.
///
/// # Errors
/// [`CatalogError`].
pub fn list_projects(ports: &Ports, actor: &Actor) -> Result<Vec<Project>, CatalogError> {
    let access = access::jira(ports, actor)?;
    Ok(ports.jira.projects(&access)?)
}

/// The issue types that the person may create in a project, sub-task types included.
///
/// # Errors
/// [`CatalogError`].
pub fn list_issue_types(ports: &Ports, actor: &Actor, project: &ProjectKey) -> Result<Vec<IssueType>, CatalogError> {
    let access = access::jira(ports, actor)?;
    Ok(ports.jira.issue_types(&access, project)?)
}

/// The fields of the create screen of an issue type.
///
/// # Errors
/// [`CatalogError`].
pub fn list_create_fields(
    ports: &Ports,
    actor: &Actor,
    project: &ProjectKey,
    issue_type: &str,
) -> Result<Vec<CreateField>, CatalogError> {
    let access = access::jira(ports, actor)?;
    Ok(ports.jira.create_fields(&access, project, issue_type)?)
}

/// All rule sets.
///
/// # Errors
/// [`StorageError`].
pub fn list_rule_sets(ports: &Ports) -> Result<Vec<RuleSet>, StorageError> {
    ports.storage.read(|tx| tx.rule_sets())
}
