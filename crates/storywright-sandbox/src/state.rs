//! The company's state: people, stores, faults and log behind locks, resettable, and optionally kept in a file.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use actix_web::http::header::HeaderMap;
use serde::{Deserialize, Serialize};

use crate::{
    auth::{self, Presented},
    clock::Clock,
    confluence,
    faults::Faults,
    jira, llm,
    log::Log,
    mcp,
    people::{self, Person},
    settings::Settings,
};

/// One of the company's services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    /// Jira Data Center, under `/jira`; the same as Cloud, under `/cloud`.
    Jira,
    /// Confluence Data Center, under `/confluence`.
    Confluence,
    /// The LLM service, under `/llm`.
    Llm,
    /// The MCP servers, under `/mcp/jira` and `/mcp/confluence`.
    Mcp,
}

impl Service {
    /// Path prefix, as in `/jira`.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Jira => "/jira",
            Self::Confluence => "/confluence",
            Self::Llm => "/llm",
            Self::Mcp => "/mcp",
        }
    }

    /// The service that `path` belongs to.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        if jira::on_cloud(path) {
            return Some(Self::Jira);
        }
        [Self::Jira, Self::Confluence, Self::Llm, Self::Mcp].into_iter().find(|service| {
            path.strip_prefix(service.prefix()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

/// Everything that handlers share; `web::Data<Shared>` gives it to them.
pub(crate) struct Shared {
    /// Where the company answers, without a slash at the end: `http://127.0.0.1:9900`.
    pub(crate) base_url: String,
    /// The company's clock.
    pub(crate) clock: Clock,
    people: Mutex<Vec<Person>>,
    jira: Mutex<jira::Store>,
    confluence: Mutex<confluence::Store>,
    llm: Mutex<llm::Store>,
    /// Faults that wait for their request.
    pub(crate) faults: Faults,
    /// Requests that came in.
    pub(crate) log: Log,
    settings: Mutex<Settings>,
    /// Jira's rate limits.
    pub(crate) limiter: jira::Limiter,
    file: Option<PathBuf>,
    saving: Mutex<()>,
}

/// What the state file holds.
#[derive(Serialize, Deserialize)]
struct Kept {
    version: u32,
    people: Vec<Person>,
    jira: jira::Store,
    confluence: confluence::Store,
    llm: llm::Store,
}

const KEPT_VERSION: u32 = 1;

impl Kept {
    fn seeded(now: i64) -> Self {
        let people = people::seeded();
        Self {
            version: KEPT_VERSION,
            jira: jira::Store::seeded(&people, now),
            confluence: confluence::Store::seeded(&people, now),
            llm: llm::Store::seeded(&people, now),
            people,
        }
    }
}

/// Locks, also when a panicking handler left the lock poisoned: the sandbox goes on.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// Reads the state file when there is one, else seeds the company.
    pub(crate) fn open(base_url: String, file: Option<PathBuf>, log_capacity: usize) -> io::Result<Self> {
        let clock = Clock::default();
        let kept = match &file {
            Some(path) if path.exists() => read(path)?,
            _ => Kept::seeded(clock.now()),
        };
        let shared = Self {
            base_url,
            clock,
            people: Mutex::new(kept.people),
            jira: Mutex::new(kept.jira),
            confluence: Mutex::new(kept.confluence),
            llm: Mutex::new(kept.llm),
            faults: Faults::default(),
            log: Log::new(log_capacity),
            settings: Mutex::default(),
            limiter: jira::Limiter::default(),
            file,
            saving: Mutex::new(()),
        };
        shared.save()?;
        Ok(shared)
    }

    /// A copy of everybody.
    pub(crate) fn people(&self) -> Vec<Person> {
        lock(&self.people).clone()
    }

    /// Finds a person by handle, employee ID or Jira key.
    pub(crate) fn person(&self, who: &str) -> Option<Person> {
        lock(&self.people).iter().find(|p| p.handle == who || p.employee_id == who || p.jira_key == who).cloned()
    }

    /// Changes one person; `None` when there is no such person.
    pub(crate) fn change_person(&self, who: &str, change: impl FnOnce(&mut Person)) -> Option<Person> {
        let mut people = lock(&self.people);
        let person = people.iter_mut().find(|p| p.handle == who || p.employee_id == who || p.jira_key == who)?;
        change(person);
        Some(person.clone())
    }

    /// Reads the credential that a request to `service` at `path` carries.
    pub(crate) fn presented(&self, service: Service, path: &str, headers: &HeaderMap) -> Presented {
        let people = lock(&self.people);
        if jira::on_cloud(path) {
            auth::presented_on_cloud(headers, &people)
        } else if service == Service::Mcp {
            auth::presented_to_mcp(mcp::product(path), headers, &people)
        } else {
            auth::presented(service, headers, &people)
        }
    }

    /// Jira's store. Do not hold the lock across an await.
    pub(crate) fn jira(&self) -> MutexGuard<'_, jira::Store> {
        lock(&self.jira)
    }

    /// Confluence's store. Do not hold the lock across an await.
    pub(crate) fn confluence(&self) -> MutexGuard<'_, confluence::Store> {
        lock(&self.confluence)
    }

    /// The LLM service's store. Do not hold the lock across an await.
    pub(crate) fn llm(&self) -> MutexGuard<'_, llm::Store> {
        lock(&self.llm)
    }

    /// A copy of the settings.
    pub(crate) fn settings(&self) -> Settings {
        lock(&self.settings).clone()
    }

    /// Replaces the settings.
    pub(crate) fn set_settings(&self, settings: Settings) {
        *lock(&self.settings) = settings;
    }

    /// Back to the seeded company: data, faults, log and clock.
    pub(crate) fn reset(&self) -> io::Result<()> {
        self.clock.reset();
        let fresh = Kept::seeded(self.clock.now());
        *lock(&self.people) = fresh.people;
        *self.jira() = fresh.jira;
        *self.confluence() = fresh.confluence;
        *self.llm() = fresh.llm;
        self.set_settings(Settings::default());
        self.faults.clear();
        self.log.clear();
        self.save()
    }

    /// Writes the state file, if one is wanted: a whole new file, then a rename, so that a kill leaves old or new.
    pub(crate) fn save(&self) -> io::Result<()> {
        let Some(path) = &self.file else {
            return Ok(());
        };
        let _one_at_a_time = lock(&self.saving);
        // One lock at a time: a handler may hold one of them and want another.
        let people = serde_json::to_value(&*lock(&self.people))?;
        let jira = serde_json::to_value(&*self.jira())?;
        let confluence = serde_json::to_value(&*self.confluence())?;
        let llm = serde_json::to_value(&*self.llm())?;
        let bytes = serde_json::to_vec(&serde_json::json!({
            "version": KEPT_VERSION, "people": people, "jira": jira, "confluence": confluence, "llm": llm,
        }))?;
        let fresh = path.with_extension("new");
        {
            use io::Write as _;
            let mut file = fs::File::create(&fresh)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
        }
        fs::rename(&fresh, path)
    }
}

fn read(path: &Path) -> io::Result<Kept> {
    let kept: Kept = serde_json::from_slice(&fs::read(path)?)?;
    if kept.version == KEPT_VERSION {
        Ok(kept)
    } else {
        Err(io::Error::other(format!("{} has version {}, expected {KEPT_VERSION}", path.display(), kept.version)))
    }
}
