//! What a person can choose from: sites, projects, issue types, people, epics.

use crate::Ports;
use crate::access::{self, AccessError};
use storywright_domain::jira::{CreateField, Issue, IssueType, PickedUser, Project, ProjectKey};
use storywright_domain::person::Actor;
use storywright_domain::ports::StorageError;
use storywright_domain::remote::{RemoteError, Site, SiteKind};

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

impl From<StorageError> for CatalogError {
    fn from(error: StorageError) -> Self {
        Self::Access(AccessError::Storage(error))
    }
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

/// People to whom issues of a project can be assigned and whose name begins like `query`, at most 20.
///
/// # Errors
/// [`CatalogError`].
pub fn list_users(
    ports: &Ports,
    actor: &Actor,
    project: &ProjectKey,
    query: &str,
) -> Result<Vec<PickedUser>, CatalogError> {
    let access = access::jira(ports, actor)?;
    Ok(ports.jira.users(&access, project.as_str(), query)?)
}

/// Epics of a project that fit `query`, at most 20.
///
/// # Errors
/// [`CatalogError`].
pub fn list_epics(ports: &Ports, actor: &Actor, project: &ProjectKey, query: &str) -> Result<Vec<Issue>, CatalogError> {
    let access = access::jira(ports, actor)?;
    Ok(ports.jira.epics(&access, project.as_str(), query)?)
}
