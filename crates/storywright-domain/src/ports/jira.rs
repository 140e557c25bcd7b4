//! The Jira port.

use crate::jira::{
    CreateField, CreateOutcome, Difference, Issue, IssueDetail, IssueLink, IssueType, IssueWords, LinkType, Marker,
    NewIssue, NewLink, PickedUser, Project, ProjectKey, ServerInfo,
};
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
    /// same issue always gives the same text. Where the key of an issue of the same plan goes, `@parent` stands.
    fn render(&self, issue: &NewIssue) -> (String, String);

    /// Creates one issue from approved bytes: one POST on a fresh connection, no redirect, no retry. `parent` replaces the
    /// one `@parent` of the payload; nothing else changes.
    fn create<'a>(&self, access: &Access, payload: &str, parent: Option<&'a str>) -> CreateOutcome;

    /// An issue by key or id, with the value of one issue property when `property` names it; `None` when there is none.
    ///
    /// # Errors
    /// Any [`RemoteError`] except `NotFound`.
    fn issue<'a>(&self, access: &Access, key: &str, property: Option<&'a str>) -> Result<Option<Issue>, RemoteError>;

    /// An issue by key or id with all that is needed to change its words; `None` when there is none.
    ///
    /// # Errors
    /// Any [`RemoteError`] except `NotFound`.
    fn issue_detail(&self, access: &Access, key: &str) -> Result<Option<IssueDetail>, RemoteError>;

    /// The payload that gives an issue new words, as canonical JSON text, and the description as it will be stored. Pure: no call is
    /// made. [`Jira::verify`] takes the payload as it takes one of [`Jira::render`].
    fn render_words(&self, words: &IssueWords) -> (String, String);

    /// Changes an issue by id with approved bytes: one PUT, not repeated. Jira has no precondition for it: read the issue
    /// just before.
    ///
    /// # Errors
    /// Any [`RemoteError`]. After [`RemoteError::Rejected`], [`RemoteError::NotFound`], [`RemoteError::NotAllowed`] and
    /// [`RemoteError::Certificate`] the issue was not changed; after the others that is not known.
    fn update(&self, access: &Access, id: &str, payload: &str) -> Result<(), RemoteError>;

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

    /// Issues of a project that carry a mark, newest first, at most 200; none for [`Marker::Manual`]. The index may lag: a hit is
    /// a candidate, a miss proves nothing.
    ///
    /// # Errors
    /// Any [`RemoteError`].
    fn marked(&self, access: &Access, project: &str, marker: &Marker) -> Result<Vec<Issue>, RemoteError>;

    /// The highest issue number that the index knows in the project; `None` when it knows no issue.
    ///
    /// # Errors
    /// Any [`RemoteError`].
    fn newest_number(&self, access: &Access, project: &str) -> Result<Option<u64>, RemoteError>;

    /// Reads an issue back by id and compares it with the bytes that were sent, `@parent` being `parent`: one difference for each
    /// field that the site dropped or changed. Line ends and blanks at the end of a text do not count, nor does what the site
    /// added to a list. `None` when there is no such issue.
    ///
    /// # Errors
    /// Any [`RemoteError`] except `NotFound`.
    fn verify<'a>(
        &self,
        access: &Access,
        id: &str,
        payload: &str,
        parent: Option<&'a str>,
    ) -> Result<Option<Vec<Difference>>, RemoteError>;

    /// The kinds of links between issues; empty when the site has links switched off.
    ///
    /// # Errors
    /// Any [`RemoteError`].
    fn link_types(&self, access: &Access) -> Result<Vec<LinkType>, RemoteError>;

    /// The links of an issue, as it shows them.
    ///
    /// # Errors
    /// Any [`RemoteError`].
    fn links(&self, access: &Access, key: &str) -> Result<Vec<IssueLink>, RemoteError>;

    /// Links two issues: one POST, not repeated. Look at [`Jira::links`] first; not every site ignores a second link of the kind.
    ///
    /// # Errors
    /// Any [`RemoteError`].
    fn link(&self, access: &Access, link: &NewLink) -> Result<(), RemoteError>;

    /// Puts an issue into an epic; once more changes nothing.
    ///
    /// # Errors
    /// Any [`RemoteError`].
    fn put_in_epic(&self, access: &Access, epic: &str, key: &str) -> Result<(), RemoteError>;

    /// Issues of a project whose text holds one of the words at least, at most `limit`. Words are taken literally; without a
    /// letter or digit in any of them there is nothing to search for and the list is empty.
    ///
    /// # Errors
    /// Any [`RemoteError`].
    fn similar(&self, access: &Access, project: &str, words: &[String], limit: u32) -> Result<Vec<Issue>, RemoteError>;

    /// People to whom issues of the project can be assigned and whose name begins like `query`, at most 20; the first ones when
    /// it is empty.
    ///
    /// # Errors
    /// Any [`RemoteError`].
    fn users(&self, access: &Access, project: &str, query: &str) -> Result<Vec<PickedUser>, RemoteError>;

    /// Epics of a project with words that begin like those of `query`, or with that key, newest first, at most 20; the newest
    /// ones when it is empty.
    ///
    /// # Errors
    /// Any [`RemoteError`].
    fn epics(&self, access: &Access, project: &str, query: &str) -> Result<Vec<Issue>, RemoteError>;
}
