//! The Jira port.

use crate::jira::{CreateField, CreateOutcome, Issue, IssueType, NewIssue, Project, ProjectKey, ServerInfo};
use crate::person::JiraUser;
use crate::remote::{Access, RemoteError};

/// A Jira site, Data Center or Cloud.
///
/// Reads are retried on 429, 502, 503, 504 and timeouts, with full jitter and `Retry-After`; a create call never is.
/// No answer is trusted as to who is signed in unless the site says so: an answer given to nobody is
/// [`RemoteError::Unauthorized`], an HTML page is [`RemoteError::LoginPage`].
#[expect(clippy::needless_lifetimes, reason = "the mock generator needs the names")]
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Jira: Send + Sync {
    /// Whose the credential is (`GET /rest/api/2/myself`). Inactive and deleted people are returned, not refused.
    ///
    /// # Errors
    /// Any [`RemoteError`].
    fn current_user(&self, access: &Access) -> Result<JiraUser, RemoteError>;

    /// The person's 48x48 picture as a `data:` URL of at most 64 KiB; `None` when there is none, when it is no image, or
    /// when its address is not on the same site.
    ///
    /// # Errors
    /// Any [`RemoteError`]; callers go on without a picture.
    fn avatar(&self, access: &Access, url: &str) -> Result<Option<String>, RemoteError>;

    /// What runs there.
    ///
    /// # Errors
    /// Any [`RemoteError`].
    fn server_info(&self, access: &Access) -> Result<ServerInfo, RemoteError>;

    /// Every project that the person can see, by key.
    ///
    /// # Errors
    /// Any [`RemoteError`].
    fn projects(&self, access: &Access) -> Result<Vec<Project>, RemoteError>;

    /// The issue types that the person may create in the project; empty when they may create nothing there.
    ///
    /// # Errors
    /// Any [`RemoteError`].
    fn issue_types(&self, access: &Access, project: &ProjectKey) -> Result<Vec<IssueType>, RemoteError>;

    /// The fields of the create screen. `parent` is added for sub-task types, which some versions leave out.
    ///
    /// # Errors
    /// Any [`RemoteError`].
    fn create_fields(
        &self,
        access: &Access,
        project: &ProjectKey,
        issue_type: &str,
    ) -> Result<Vec<CreateField>, RemoteError>;

    /// The create payload as canonical JSON text, and the description as it will be stored. Pure: no call is made. The
    /// same issue always gives the same text. With `under_parent`, the parent's key stands as `@parent`.
    fn render(&self, issue: &NewIssue) -> (String, String);

    /// Creates one issue from approved bytes: one POST on a fresh connection, no redirect, no retry. `parent` replaces
    /// `@parent`; nothing else changes.
    fn create<'a>(&self, access: &Access, payload: &str, parent: Option<&'a str>) -> CreateOutcome;

    /// An issue by key or id, with the value of one issue property when `property` names it; `None` when there is none.
    ///
    /// # Errors
    /// Any [`RemoteError`] except `NotFound`.
    fn issue<'a>(&self, access: &Access, key: &str, property: Option<&'a str>) -> Result<Option<Issue>, RemoteError>;

    /// Issues of a project that carry a label, newest first, at most 200. The index may lag: a hit is a candidate, a miss
    /// proves nothing.
    ///
    /// # Errors
    /// Any [`RemoteError`].
    fn issues_with_label(&self, access: &Access, project: &str, label: &str) -> Result<Vec<Issue>, RemoteError>;

    /// Links the issue to a web page; the same `global_id` updates the link instead of adding another.
    ///
    /// # Errors
    /// Any [`RemoteError`].
    fn remote_link(
        &self,
        access: &Access,
        key: &str,
        global_id: &str,
        url: &str,
        title: &str,
    ) -> Result<(), RemoteError>;
}
