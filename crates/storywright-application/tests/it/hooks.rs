//! Ports that let a test act at an exact place: between two transactions, before or after a call to Jira.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use storywright_domain::Secret;
use storywright_domain::jira::{
    CreateField, CreateOutcome, Difference, Issue, IssueDetail, IssueLink, IssueType, IssueWords, LinkType, Marker,
    NewIssue, NewLink, PickedUser, Project, ProjectKey, ServerInfo,
};
use storywright_domain::person::JiraUser;
use storywright_domain::ports::{HashError, Jira, PasswordHasher, Storage, StorageError, Tx, TxEnd, TxMode};
use storywright_domain::remote::{Access, RemoteError};
use storywright_testkit::{FakeHasher, FakeJira, MemoryStore};

/// A place in the course of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    Before,
    After,
}

/// Something that a test does once.
pub type Act = Box<dyn FnOnce() + Send>;

type Hook = Arc<dyn Fn(&str, Moment, &str) + Send + Sync>;

/// The fake Jira, with a hook that is told the name of each call, the moment, and the payload or key.
#[derive(Default)]
pub struct HookedJira {
    pub fake: FakeJira,
    /// Searches are answered by a node whose index knows nothing.
    pub blind: AtomicBool,
    hook: Mutex<Option<Hook>>,
}

impl HookedJira {
    /// Acts at calls from now on.
    pub fn hook(&self, hook: impl Fn(&str, Moment, &str) + Send + Sync + 'static) {
        *self.hook.lock().unwrap() = Some(Arc::new(hook));
    }

    /// Acts once, at the next such place.
    pub fn once(&self, name: &'static str, moment: Moment, act: impl FnOnce() + Send + 'static) {
        let act = Mutex::new(Some(act));
        self.hook(move |called, at, _| {
            if (called, at) == (name, moment) {
                let act = act.lock().unwrap().take();
                if let Some(act) = act {
                    act();
                }
            }
        });
    }

    fn around<T>(&self, name: &str, detail: &str, call: impl FnOnce() -> T) -> T {
        let hook = self.hook.lock().unwrap().clone();
        if let Some(hook) = &hook {
            hook(name, Moment::Before, detail);
        }
        let answer = call();
        if let Some(hook) = &hook {
            hook(name, Moment::After, detail);
        }
        answer
    }
}

impl Jira for HookedJira {
    fn current_user(&self, access: &Access) -> Result<JiraUser, RemoteError> {
        self.around("current_user", "", || self.fake.current_user(access))
    }

    fn avatar(&self, access: &Access, url: &str) -> Result<Option<String>, RemoteError> {
        self.fake.avatar(access, url)
    }

    fn server_info(&self, access: &Access) -> Result<ServerInfo, RemoteError> {
        self.fake.server_info(access)
    }

    fn projects(&self, access: &Access) -> Result<Vec<Project>, RemoteError> {
        self.fake.projects(access)
    }

    fn issue_types(&self, access: &Access, project: &ProjectKey) -> Result<Vec<IssueType>, RemoteError> {
        self.around("issue_types", project.as_str(), || self.fake.issue_types(access, project))
    }

    fn create_fields(
        &self,
        access: &Access,
        project: &ProjectKey,
        issue_type: &str,
    ) -> Result<Vec<CreateField>, RemoteError> {
        self.around("create_fields", issue_type, || self.fake.create_fields(access, project, issue_type))
    }

    fn render(&self, issue: &NewIssue) -> (String, String) {
        self.fake.render(issue)
    }

    fn create(&self, access: &Access, payload: &str, parent: Option<&str>) -> CreateOutcome {
        self.around("create", payload, || self.fake.create(access, payload, parent))
    }

    fn issue(&self, access: &Access, key: &str, property: Option<&str>) -> Result<Option<Issue>, RemoteError> {
        self.around("issue", key, || self.fake.issue(access, key, property))
    }

    fn issue_detail(&self, access: &Access, key: &str) -> Result<Option<IssueDetail>, RemoteError> {
        self.around("issue_detail", key, || self.fake.issue_detail(access, key))
    }

    fn render_words(&self, words: &IssueWords) -> (String, String) {
        self.fake.render_words(words)
    }

    fn update(&self, access: &Access, id: &str, payload: &str) -> Result<(), RemoteError> {
        self.around("update", payload, || self.fake.update(access, id, payload))
    }

    fn remote_link(
        &self,
        access: &Access,
        key: &str,
        global_id: &str,
        url: &str,
        title: &str,
    ) -> Result<(), RemoteError> {
        self.fake.remote_link(access, key, global_id, url, title)
    }

    fn marked(&self, access: &Access, project: &str, marker: &Marker) -> Result<Vec<Issue>, RemoteError> {
        self.around("marked", project, || {
            let found = self.fake.marked(access, project, marker)?;
            Ok(if self.blind.load(Ordering::SeqCst) { Vec::new() } else { found })
        })
    }

    fn newest_number(&self, access: &Access, project: &str) -> Result<Option<u64>, RemoteError> {
        self.around("newest_number", project, || self.fake.newest_number(access, project))
    }

    fn verify(
        &self,
        access: &Access,
        id: &str,
        payload: &str,
        parent: Option<&str>,
    ) -> Result<Option<Vec<Difference>>, RemoteError> {
        self.around("verify", id, || self.fake.verify(access, id, payload, parent))
    }

    fn link_types(&self, access: &Access) -> Result<Vec<LinkType>, RemoteError> {
        self.fake.link_types(access)
    }

    fn links(&self, access: &Access, key: &str) -> Result<Vec<IssueLink>, RemoteError> {
        self.around("links", key, || self.fake.links(access, key))
    }

    fn link(&self, access: &Access, link: &NewLink) -> Result<(), RemoteError> {
        self.around("link", &link.from, || self.fake.link(access, link))
    }

    fn put_in_epic(&self, access: &Access, epic: &str, key: &str) -> Result<(), RemoteError> {
        self.around("put_in_epic", key, || self.fake.put_in_epic(access, epic, key))
    }

    fn similar(&self, access: &Access, project: &str, words: &[String], limit: u32) -> Result<Vec<Issue>, RemoteError> {
        self.fake.similar(access, project, words, limit)
    }

    fn users(&self, access: &Access, project: &str, query: &str) -> Result<Vec<PickedUser>, RemoteError> {
        self.fake.users(access, project, query)
    }

    fn epics(&self, access: &Access, project: &str, query: &str) -> Result<Vec<Issue>, RemoteError> {
        self.fake.epics(access, project, query)
    }
}

/// The storage in memory, where a test may act right after a transaction.
pub struct HookedStorage {
    pub inner: MemoryStore,
    after: Mutex<Option<(TxMode, Act)>>,
}

impl HookedStorage {
    pub fn new(inner: MemoryStore) -> Self {
        Self { inner, after: Mutex::new(None) }
    }

    /// Acts once, after the next transaction of this mode: somebody else is faster.
    pub fn after_next(&self, mode: TxMode, act: impl FnOnce() + Send + 'static) {
        *self.after.lock().unwrap() = Some((mode, Box::new(act)));
    }

    /// Forgets what was to be done; `true` when there was no such transaction.
    pub fn disarm(&self) -> bool {
        self.after.lock().unwrap().take().is_some()
    }
}

impl Storage for HookedStorage {
    fn run(&self, mode: TxMode, work: &mut dyn FnMut(&mut dyn Tx) -> TxEnd) -> Result<(), StorageError> {
        let outcome = self.inner.run(mode, work);
        let act = self.after.lock().unwrap().take_if(|(at, _)| *at == mode);
        if let Some((_, act)) = act {
            act();
        }
        outcome
    }

    fn ping(&self) -> Result<(), StorageError> {
        self.inner.ping()
    }
}

/// The fake hasher, noting of each check whether there was a hash.
#[derive(Default)]
pub struct HookedHasher {
    pub fake: FakeHasher,
    pub checks: Mutex<Vec<bool>>,
}

impl PasswordHasher for HookedHasher {
    fn hash(&self, password: &Secret) -> Result<String, HashError> {
        self.fake.hash(password)
    }

    fn verify(&self, password: &Secret, hash: Option<&str>) -> Result<bool, HashError> {
        self.checks.lock().unwrap().push(hash.is_some());
        self.fake.verify(password, hash)
    }
}
