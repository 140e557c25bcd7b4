//! Death at a chosen moment, for the fault suite; debug builds only. `STORYWRIGHT_DIE_AT=sending:137` kills the process (`kill -9`)
//! when it comes to that point for the 137th time:
//!
//! - `sending`: the intent to send is committed, not one byte has left;
//! - `answered`: Jira's answer to a create call is in memory, nothing of it is committed;
//! - `created`: the answer is committed, nothing follows it yet;
//! - `reconciling`: issues with lost answers are being looked for.
//!
//! The points are seen from outside, by wrapping ports: the code that is tested is the code that ships.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use storywright_application::Ports;
use storywright_domain::JobId;
use storywright_domain::jira::{
    CreateField, CreateOutcome, Difference, Issue, IssueDetail, IssueLink, IssueType, IssueWords, LinkType, Marker,
    NewIssue, NewLink, PickedUser, Project, ProjectKey, ServerInfo,
};
use storywright_domain::job::EventKind;
use storywright_domain::person::JiraUser;
use storywright_domain::ports::{EventListener, EventLog, Jira, StorageError, Subscription};
use storywright_domain::remote::{Access, RemoteError};

/// The ports, with the death that the environment asks for.
pub fn wrap(ports: Ports) -> Ports {
    #[expect(clippy::disallowed_methods, reason = "a switch of the fault suite, not a setting")]
    let wanted = std::env::var("STORYWRIGHT_DIE_AT").ok();
    let Some((point, count)) = wanted.as_deref().and_then(|wanted| wanted.split_once(':')) else { return ports };
    let left = count.parse::<u64>().unwrap_or(1);
    let death = Arc::new(Death { point: point.to_owned(), left: AtomicU64::new(left) });
    log::warn!(point, left; "this process is going to die");
    Ports {
        jira: Arc::new(MortalJira { inner: ports.jira, death: Arc::clone(&death) }),
        events: Arc::new(MortalEvents { inner: ports.events, death }),
        ..ports
    }
}

struct Death {
    point: String,
    left: AtomicU64,
}

impl Death {
    fn at(&self, point: &str) {
        if point != self.point || self.left.fetch_sub(1, Ordering::SeqCst) != 1 {
            return;
        }
        let killed = Command::new("kill").args(["-9", &std::process::id().to_string()]).status();
        // Never reached when the kill came; this thread must not go on in any case.
        log::error!(outcome = format!("{killed:?}").as_str(); "the kill did not come");
        std::process::abort();
    }
}

struct MortalEvents {
    inner: Arc<dyn EventLog>,
    death: Arc<Death>,
}

impl EventLog for MortalEvents {
    fn append(&self, job: JobId, kind: EventKind, data: &str) -> Result<u64, StorageError> {
        if kind == EventKind::Issue {
            let state = serde_json::from_str::<serde_json::Value>(data).ok();
            match state.as_ref().and_then(|data| data["state"].as_str()) {
                Some("sending") => self.death.at("sending"),
                Some("created") => self.death.at("created"),
                _ => {}
            }
        }
        self.inner.append(job, kind, data)
    }

    fn flush(&self, job: JobId) -> Result<(), StorageError> {
        self.inner.flush(job)
    }

    fn subscribe(
        &self,
        job: JobId,
        after: u64,
        listener: Box<dyn EventListener>,
    ) -> Result<Subscription, StorageError> {
        self.inner.subscribe(job, after, listener)
    }
}

struct MortalJira {
    inner: Arc<dyn Jira>,
    death: Arc<Death>,
}

impl Jira for MortalJira {
    fn create(&self, access: &Access, payload: &str, parent: Option<&str>) -> CreateOutcome {
        let outcome = self.inner.create(access, payload, parent);
        self.death.at("answered");
        outcome
    }

    fn marked(&self, access: &Access, project: &str, marker: &Marker) -> Result<Vec<Issue>, RemoteError> {
        self.death.at("reconciling");
        self.inner.marked(access, project, marker)
    }

    fn current_user(&self, access: &Access) -> Result<JiraUser, RemoteError> {
        self.inner.current_user(access)
    }

    fn avatar(&self, access: &Access, url: &str) -> Result<Option<String>, RemoteError> {
        self.inner.avatar(access, url)
    }

    fn server_info(&self, access: &Access) -> Result<ServerInfo, RemoteError> {
        self.inner.server_info(access)
    }

    fn projects(&self, access: &Access) -> Result<Vec<Project>, RemoteError> {
        self.inner.projects(access)
    }

    fn issue_types(&self, access: &Access, project: &ProjectKey) -> Result<Vec<IssueType>, RemoteError> {
        self.inner.issue_types(access, project)
    }

    fn create_fields(
        &self,
        access: &Access,
        project: &ProjectKey,
        issue_type: &str,
    ) -> Result<Vec<CreateField>, RemoteError> {
        self.inner.create_fields(access, project, issue_type)
    }

    fn render(&self, issue: &NewIssue) -> (String, String) {
        self.inner.render(issue)
    }

    fn issue(&self, access: &Access, key: &str, property: Option<&str>) -> Result<Option<Issue>, RemoteError> {
        self.inner.issue(access, key, property)
    }

    fn issue_detail(&self, access: &Access, key: &str) -> Result<Option<IssueDetail>, RemoteError> {
        self.inner.issue_detail(access, key)
    }

    fn render_words(&self, words: &IssueWords) -> (String, String) {
        self.inner.render_words(words)
    }

    fn update(&self, access: &Access, id: &str, payload: &str) -> Result<(), RemoteError> {
        self.inner.update(access, id, payload)
    }

    fn remote_link(
        &self,
        access: &Access,
        key: &str,
        global_id: &str,
        url: &str,
        title: &str,
    ) -> Result<(), RemoteError> {
        self.inner.remote_link(access, key, global_id, url, title)
    }

    fn newest_number(&self, access: &Access, project: &str) -> Result<Option<u64>, RemoteError> {
        self.inner.newest_number(access, project)
    }

    fn verify(
        &self,
        access: &Access,
        id: &str,
        payload: &str,
        parent: Option<&str>,
    ) -> Result<Option<Vec<Difference>>, RemoteError> {
        self.inner.verify(access, id, payload, parent)
    }

    fn link_types(&self, access: &Access) -> Result<Vec<LinkType>, RemoteError> {
        self.inner.link_types(access)
    }

    fn links(&self, access: &Access, key: &str) -> Result<Vec<IssueLink>, RemoteError> {
        self.inner.links(access, key)
    }

    fn link(&self, access: &Access, link: &NewLink) -> Result<(), RemoteError> {
        self.inner.link(access, link)
    }

    fn put_in_epic(&self, access: &Access, epic: &str, key: &str) -> Result<(), RemoteError> {
        self.inner.put_in_epic(access, epic, key)
    }

    fn similar(&self, access: &Access, project: &str, words: &[String], limit: u32) -> Result<Vec<Issue>, RemoteError> {
        self.inner.similar(access, project, words, limit)
    }

    fn users(&self, access: &Access, project: &str, query: &str) -> Result<Vec<PickedUser>, RemoteError> {
        self.inner.users(access, project, query)
    }

    fn epics(&self, access: &Access, project: &str, query: &str) -> Result<Vec<Issue>, RemoteError> {
        self.inner.epics(access, project, query)
    }
}
