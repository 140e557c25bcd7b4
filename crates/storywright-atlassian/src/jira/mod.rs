//! Jira Data Center and Cloud, REST v2.

mod avatar;
mod create;
mod fields;
mod issues;
mod links;
mod render;
mod screens;
mod search;
mod updates;
mod users;
mod verify;

use crate::site;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use storywright_domain::jira::{
    CreateField, CreateOutcome, Difference, Issue, IssueDetail, IssueLink, IssueType, IssueWords, LinkType, Marker,
    NewIssue, NewLink, PickedUser, Project, ProjectKey, ServerInfo,
};
use storywright_domain::person::JiraUser;
use storywright_domain::ports::Jira;
use storywright_domain::remote::{Access, RemoteError};
use storywright_http::{Egress, Method, Purpose, Request};

/// What a user's name begins with when it is an account id of Cloud, as in wiki markup.
const ACCOUNT: &str = "accountid:";

/// What is the same for everybody on a site and does not change while it runs.
#[derive(Default)]
struct SiteFacts {
    is_cloud: Option<bool>,
    /// How JQL names the field with the names of epics; inner `None` when the site has none.
    epic_name: Option<Option<String>>,
}

/// [`Jira`] over HTTP.
#[derive(Clone)]
pub struct AtlassianJira {
    egress: Egress,
    create_timeout: Duration,
    facts: Arc<Mutex<HashMap<String, SiteFacts>>>,
}

impl AtlassianJira {
    /// Jira through this egress, whose list says which sites may be called.
    #[must_use]
    pub fn new(egress: Egress) -> Self {
        // Jira may take long to create an issue; giving up early leaves an issue that nobody knows of.
        Self { egress, create_timeout: Duration::from_secs(120), facts: Arc::default() }
    }

    /// How long a create call may take.
    #[must_use]
    pub fn with_create_timeout(self, create_timeout: Duration) -> Self {
        Self { create_timeout, ..self }
    }

    fn request(&self, access: &Access, method: Method, path: &str) -> Request {
        site::request(&self.egress, Purpose::Jira, access, method, path)
    }

    /// Reads or writes what is known of a site. Nothing is asked under the lock.
    fn site_facts<T>(&self, access: &Access, use_them: impl FnOnce(&mut SiteFacts) -> T) -> T {
        let mut facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        use_them(facts.entry(access.site.base_url.clone()).or_default())
    }

    fn get(&self, access: &Access, path: &str) -> Request {
        self.request(access, Method::Get, path)
    }
}

impl Jira for AtlassianJira {
    fn current_user(&self, access: &Access) -> Result<JiraUser, RemoteError> {
        self.myself(access)
    }

    fn avatar(&self, access: &Access, url: &str) -> Result<Option<String>, RemoteError> {
        self.picture(access, url)
    }

    fn server_info(&self, access: &Access) -> Result<ServerInfo, RemoteError> {
        self.read_server_info(access)
    }

    fn projects(&self, access: &Access) -> Result<Vec<Project>, RemoteError> {
        self.read_projects(access)
    }

    fn issue_types(&self, access: &Access, project: &ProjectKey) -> Result<Vec<IssueType>, RemoteError> {
        self.read_issue_types(access, project)
    }

    fn create_fields(
        &self,
        access: &Access,
        project: &ProjectKey,
        issue_type: &str,
    ) -> Result<Vec<CreateField>, RemoteError> {
        self.read_create_fields(access, project, issue_type)
    }

    fn render(&self, issue: &NewIssue) -> (String, String) {
        render::render(issue)
    }

    fn create(&self, access: &Access, payload: &str, parent: Option<&str>) -> CreateOutcome {
        self.send_create(access, payload, parent)
    }

    fn issue(&self, access: &Access, key: &str, property: Option<&str>) -> Result<Option<Issue>, RemoteError> {
        self.read_issue(access, key, property)
    }

    fn issue_detail(&self, access: &Access, key: &str) -> Result<Option<IssueDetail>, RemoteError> {
        self.read_detail(access, key)
    }

    fn render_words(&self, words: &IssueWords) -> (String, String) {
        updates::render_words(words)
    }

    fn update(&self, access: &Access, id: &str, payload: &str) -> Result<(), RemoteError> {
        self.put_words(access, id, payload)
    }

    fn remote_link(
        &self,
        access: &Access,
        key: &str,
        global_id: &str,
        url: &str,
        title: &str,
    ) -> Result<(), RemoteError> {
        self.upsert_remote_link(access, key, global_id, url, title)
    }

    fn marked(&self, access: &Access, project: &str, marker: &Marker) -> Result<Vec<Issue>, RemoteError> {
        self.search_marked(access, project, marker)
    }

    fn newest_number(&self, access: &Access, project: &str) -> Result<Option<u64>, RemoteError> {
        self.search_newest(access, project)
    }

    fn verify(
        &self,
        access: &Access,
        id: &str,
        payload: &str,
        parent: Option<&str>,
    ) -> Result<Option<Vec<Difference>>, RemoteError> {
        self.compare(access, id, payload, parent)
    }

    fn link_types(&self, access: &Access) -> Result<Vec<LinkType>, RemoteError> {
        self.read_link_types(access)
    }

    fn links(&self, access: &Access, key: &str) -> Result<Vec<IssueLink>, RemoteError> {
        self.read_links(access, key)
    }

    fn link(&self, access: &Access, link: &NewLink) -> Result<(), RemoteError> {
        self.post_link(access, link)
    }

    fn put_in_epic(&self, access: &Access, epic: &str, key: &str) -> Result<(), RemoteError> {
        self.move_into_epic(access, epic, key)
    }

    fn similar(&self, access: &Access, project: &str, words: &[String], limit: u32) -> Result<Vec<Issue>, RemoteError> {
        self.search_similar(access, project, words, limit)
    }

    fn users(&self, access: &Access, project: &str, query: &str) -> Result<Vec<PickedUser>, RemoteError> {
        self.find_users(access, project, query)
    }

    fn epics(&self, access: &Access, project: &str, query: &str) -> Result<Vec<Issue>, RemoteError> {
        self.search_epics(access, project, query)
    }
}
