//! What every use case is given: the ports, the settings that concern use cases, and the jobs running in this process.

use crate::RunningJobs;
use crate::drafting::AgentLimits;
use std::sync::Arc;
use storywright_domain::person::AuditEntry;
use storywright_domain::ports::{
    ChatModel, Clock, Confluence, EventLog, FileReader, IdSource, Jira, JobQueue, PasswordHasher, Sealer, Sha256,
    Storage, TokenSigner, ToolServer,
};
use storywright_domain::remote::Site;
use storywright_domain::reviewing::Reviewer;
use storywright_domain::tool::McpServer;
use storywright_domain::{Millis, RequestId, UserId};

/// The ports, built once at start and shared by all.
#[derive(Clone)]
pub struct Ports {
    /// Where everything is kept.
    pub storage: Arc<dyn Storage>,
    /// Jira sites.
    pub jira: Arc<dyn Jira>,
    /// Confluence sites.
    pub confluence: Arc<dyn Confluence>,
    /// The company LLM.
    pub chat: Arc<dyn ChatModel>,
    /// Uploaded files.
    pub files: Arc<dyn FileReader>,
    /// MCP servers.
    pub tools: Arc<dyn ToolServer>,
    /// What jobs say.
    pub events: Arc<dyn EventLog>,
    /// The job queue.
    pub queue: Arc<dyn JobQueue>,
    /// Password hashing.
    pub passwords: Arc<dyn PasswordHasher>,
    /// Secrets at rest.
    pub sealer: Arc<dyn Sealer>,
    /// API tokens.
    pub tokens: Arc<dyn TokenSigner>,
    /// Digests.
    pub sha256: Arc<dyn Sha256>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids and randomness.
    pub ids: Arc<dyn IdSource>,
    /// Settings that concern use cases.
    pub settings: Arc<Settings>,
    /// Jobs running in this process.
    pub running: Arc<RunningJobs>,
    /// Reviews, with the checks of rule sets compiled once.
    pub reviewer: Arc<Reviewer>,
}

/// Settings that concern use cases.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The administrator's list of sites.
    pub sites: Vec<Site>,
    /// The administrator's list of MCP servers.
    pub mcp_servers: Vec<McpServer>,
    /// Employee IDs that become administrators when they sign up.
    pub administrators: Vec<String>,
    /// A session ends after this span without use.
    pub session_idle: Millis,
    /// A session ends after this span in any case.
    pub session_absolute: Millis,
    /// A sign-up must be confirmed within this span.
    pub registration_ttl: Millis,
    /// Life of an API token.
    pub api_token_ttl: Millis,
    /// Pending and running jobs that one person may have.
    pub max_open_jobs: usize,
    /// Lease of a job while it runs.
    pub job_lease: Millis,
    /// Longest time that one create call may take; the lease must be longer by 10 s at least.
    pub create_timeout: Millis,
    /// Address under which people reach Storywright, without a slash at the end; issues link back to it. Without one they do not.
    pub public_url: Option<String>,
    /// When an issue whose answer was lost is looked for.
    pub reconcile: Reconcile,
    /// Issues of a run that are read back and linked at a time, beside creation; 0: one after the other, after creation.
    pub finish_at_once: usize,
    /// A run on which one job has worked longer pauses.
    pub run_budget: Millis,
    /// How much the agent may do in a run and in a day.
    pub agent: AgentLimits,
    /// Name of the currency in which prices and limits of the LLM are counted; may be empty.
    pub currency: String,
    /// Most characters of sources that the model is given at once.
    pub source_chars: usize,
    /// For how long a tool list is fresh at most; a server may say less.
    pub tools_ttl: Millis,
    /// Random name of this installation; part of markers, so that two installations never adopt each other's issues.
    pub instance: String,
}

impl Settings {
    /// The listed site with this id.
    #[must_use]
    pub fn site(&self, id: &str) -> Option<&Site> {
        self.sites.iter().find(|site| site.id == id)
    }

    /// The listed MCP server with this id.
    #[must_use]
    pub fn mcp_server(&self, id: &str) -> Option<&McpServer> {
        self.mcp_servers.iter().find(|server| server.id == id)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            sites: Vec::new(),
            mcp_servers: Vec::new(),
            administrators: Vec::new(),
            session_idle: Millis::minutes(30),
            session_absolute: Millis::hours(12),
            registration_ttl: Millis::minutes(30),
            api_token_ttl: Millis::hours(8),
            max_open_jobs: 4,
            job_lease: Millis::seconds(180),
            create_timeout: Millis::seconds(120),
            public_url: None,
            reconcile: Reconcile::default(),
            finish_at_once: 3,
            run_budget: Millis::minutes(60),
            agent: AgentLimits::default(),
            currency: String::new(),
            source_chars: 300_000,
            tools_ttl: Millis::hours(6),
            instance: "unnamed".to_owned(),
        }
    }
}

/// When an issue whose answer was lost is looked for, counted from its create call. It is looked for at once as well; but an answer can
/// be on its way as long as the call may take, and the index needs its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reconcile {
    /// The first look, unless the create call may take longer: then after that.
    pub first: Millis,
    /// The second and third look, counted from the first: the index of another node.
    pub again: [Millis; 2],
    /// Not earlier than this an issue that is found nowhere is held for absent. Twice the longest time that a proxy waits for Jira.
    pub absent: Millis,
}

impl Default for Reconcile {
    fn default() -> Self {
        Self {
            first: Millis::seconds(30),
            again: [Millis::seconds(60), Millis::seconds(120)],
            absent: Millis::minutes(5),
        }
    }
}

impl Reconcile {
    /// The times of the looks, counted from the create call, when such a call may take `longest`.
    #[must_use]
    pub fn looks(&self, longest: Millis) -> [Millis; 4] {
        let first = self.first.0.max(longest.0);
        let third = first + self.again[1].0;
        [Millis(first), Millis(first + self.again[0].0), Millis(third), Millis(third.max(self.absent.0))]
    }
}

impl Ports {
    /// An audit entry for now.
    #[must_use]
    pub fn audit_entry(
        &self,
        user: Option<UserId>,
        request_id: &RequestId,
        action: &str,
        subject: String,
        detail: String,
    ) -> AuditEntry {
        AuditEntry {
            at: self.clock.now(),
            user,
            action: action.to_owned(),
            subject,
            detail,
            request_id: request_id.as_str().to_owned(),
        }
    }

    /// 64 random hexadecimal digits: 256 bits that nobody can guess.
    #[must_use]
    pub fn random_token(&self) -> String {
        use std::fmt::Write as _;
        let mut text = String::with_capacity(64);
        for byte in self.ids.secret() {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}
