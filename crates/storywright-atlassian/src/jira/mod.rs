//! Jira Data Center, REST v2.

mod avatar;
mod create;
mod fields;
mod issues;
mod render;
mod screens;
mod users;

use crate::site;
use std::time::Duration;
use storywright_domain::jira::{
    CreateField, CreateOutcome, Issue, IssueType, NewIssue, Project, ProjectKey, ServerInfo,
};
use storywright_domain::person::JiraUser;
use storywright_domain::ports::Jira;
use storywright_domain::remote::{Access, RemoteError};
use storywright_http::{Egress, Method, Purpose, Request};

/// [`Jira`] over HTTP.
#[derive(Clone)]
pub struct AtlassianJira {
    egress: Egress,
    create_timeout: Duration,
}

impl AtlassianJira {
    /// Jira through this egress, whose list says which sites may be called.
    #[must_use]
    pub fn new(egress: Egress) -> Self {
        // Jira may take long to create an issue; giving up early leaves an issue that nobody knows of.
        Self { egress, create_timeout: Duration::from_secs(120) }
    }

    /// How long a create call may take.
    #[must_use]
    pub fn with_create_timeout(self, create_timeout: Duration) -> Self {
        Self { create_timeout, ..self }
    }

    fn request(&self, access: &Access, method: Method, path: &str) -> Request {
        site::request(&self.egress, Purpose::Jira, access, method, path)
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

    fn issues_with_label(&self, access: &Access, project: &str, label: &str) -> Result<Vec<Issue>, RemoteError> {
        self.search_label(access, project, label)
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
}
