//! Jira with a memory for what changes seldom: projects, issue types, create screens, kinds of links.

use cached::{Cached, LruCache};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use storywright_domain::jira::{
    CreateField, CreateOutcome, Difference, Issue, IssueDetail, IssueLink, IssueType, IssueWords, LinkType, Marker,
    NewIssue, NewLink, PickedUser, Project, ProjectKey, ServerInfo,
};
use storywright_domain::person::JiraUser;
use storywright_domain::ports::{Clock, Jira};
use storywright_domain::remote::{Access, RemoteError};
use storywright_domain::{Millis, Timestamp, UserId};

/// Most answers kept per kind.
const KEPT: usize = 1_000;

/// Whose answer it is: what one person may see is nobody else's.
type Whose = (UserId, String);

/// A memory of answers with the time at which each was given.
type Memory<K, V> = Mutex<LruCache<K, (Timestamp, V)>>;

/// A [`Jira`] that answers some questions from memory for a while, per person and site. Failures are never remembered, and
/// a refused create call forgets what was known of the create screens: they may have changed.
pub struct RememberingJira<J> {
    inner: J,
    clock: Arc<dyn Clock>,
    keep_for: Millis,
    projects: Memory<Whose, Vec<Project>>,
    types: Memory<(Whose, String), Vec<IssueType>>,
    fields: Memory<(Whose, String, String), Vec<CreateField>>,
    link_types: Memory<Whose, Vec<LinkType>>,
}

fn memory<K: Hash + Eq + Clone, V>() -> Memory<K, V> {
    Mutex::new(LruCache::new(KEPT))
}

impl<J: Jira> RememberingJira<J> {
    /// Remembers answers of `inner` for `keep_for`.
    #[must_use]
    pub fn new(inner: J, clock: Arc<dyn Clock>, keep_for: Millis) -> Self {
        Self { inner, clock, keep_for, projects: memory(), types: memory(), fields: memory(), link_types: memory() }
    }

    /// Forgets what was answered to a person, as when they save another credential.
    pub fn forget(&self, user: UserId) {
        retain(&self.projects, |(of, _)| *of != user);
        retain(&self.types, |((of, _), _)| *of != user);
        retain(&self.fields, |((of, _), ..)| *of != user);
        retain(&self.link_types, |(of, _)| *of != user);
    }

    fn remembered<K: Hash + Eq + Clone, V: Clone>(
        &self,
        memory: &Memory<K, V>,
        key: K,
        ask: impl FnOnce() -> Result<V, RemoteError>,
    ) -> Result<V, RemoteError> {
        let now = self.clock.now();
        {
            let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((at, value)) = memory.cache_get(&key)
                && now.since(*at) < self.keep_for
            {
                return Ok(value.clone());
            }
        }
        // Not under the lock: one slow site must not hold up the others.
        let value = ask()?;
        memory.lock().unwrap_or_else(PoisonError::into_inner).cache_set(key, (now, value.clone()));
        Ok(value)
    }
}

fn retain<K: Hash + Eq + Clone, V>(memory: &Memory<K, V>, keep: impl Fn(&K) -> bool) {
    memory.lock().unwrap_or_else(PoisonError::into_inner).retain(|key, _| keep(key));
}

fn whose(access: &Access) -> Whose {
    (access.user, access.site.base_url.clone())
}

impl<J: Jira> Jira for RememberingJira<J> {
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
        self.remembered(&self.projects, whose(access), || self.inner.projects(access))
    }

    fn issue_types(&self, access: &Access, project: &ProjectKey) -> Result<Vec<IssueType>, RemoteError> {
        let key = (whose(access), project.as_str().to_owned());
        self.remembered(&self.types, key, || self.inner.issue_types(access, project))
    }

    fn create_fields(
        &self,
        access: &Access,
        project: &ProjectKey,
        issue_type: &str,
    ) -> Result<Vec<CreateField>, RemoteError> {
        let key = (whose(access), project.as_str().to_owned(), issue_type.to_owned());
        self.remembered(&self.fields, key, || self.inner.create_fields(access, project, issue_type))
    }

    fn render(&self, issue: &NewIssue) -> (String, String) {
        self.inner.render(issue)
    }

    fn create(&self, access: &Access, payload: &str, parent: Option<&str>) -> CreateOutcome {
        let outcome = self.inner.create(access, payload, parent);
        if matches!(outcome, CreateOutcome::Rejected { .. }) {
            retain(&self.fields, |((user, _), ..)| *user != access.user);
        }
        outcome
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

    fn marked(&self, access: &Access, project: &str, marker: &Marker) -> Result<Vec<Issue>, RemoteError> {
        self.inner.marked(access, project, marker)
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
        self.remembered(&self.link_types, whose(access), || self.inner.link_types(access))
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

#[cfg(test)]
mod tests;
