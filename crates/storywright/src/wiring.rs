//! From settings to ports: the one place where adapters are chosen.

use crate::files::ProcessReader;
use crate::settings::Settings;
use std::sync::Arc;
use storywright_application::drafting::AgentLimits;
use storywright_application::{Ports, RunningJobs, Settings as UseCaseSettings};
use storywright_atlassian::{AtlassianConfluence, AtlassianJira, RememberingJira};
use storywright_domain::Millis;
use storywright_domain::ports::{Clock, IdSource};
use storywright_http::{AllowedOrigin, Egress, EgressOptions};
use storywright_llm::ConfiguredChat;
use storywright_mcp::McpClient;
use storywright_storage::{SqliteOptions, SqliteStorage};
use storywright_vault::{
    BcryptHasher, HasherOptions, JwtSigner, Keyring, KeyringSealer, RingSha256, SystemClock, SystemIds,
};

/// Projects, issue types and create screens are asked for again after this span.
const CATALOG_IS_KEPT: Millis = Millis::minutes(5);

/// Everything that was opened at start.
pub struct Wired {
    /// The ports.
    pub ports: Ports,
    /// The storage, for what is no port: tidying, leases of dead processes.
    pub storage: SqliteStorage,
    /// The keys.
    pub keyring: Arc<Keyring>,
}

/// Why the program cannot start, in words for the operator.
pub type StartError = Box<dyn std::error::Error + Send + Sync>;

/// Opens everything.
///
/// # Errors
/// The first thing that is wrong, with its cure.
pub fn wire(settings: &Settings) -> Result<Wired, StartError> {
    let keyring = Arc::new(Keyring::load(&settings.keyring)?);
    // Before anything is migrated: after an upgrade with a wrong keyring the former program still opens the database.
    if settings.database.exists()
        && let Ok(Ok(known)) = SqliteStorage::inspect_key_proofs(&settings.database)
    {
        crate::keys::check(settings, &keyring, &known)?;
    }
    let storage = SqliteStorage::open(&settings.database, SqliteOptions::default())?;
    crate::keys::prove(settings, &keyring, &storage)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let ids: Arc<dyn IdSource> = Arc::new(SystemIds);
    let mut origins = settings.sites.iter().map(AllowedOrigin::of_site).collect::<Result<Vec<_>, _>>()?;
    for server in &settings.mcp_servers {
        origins.push(storywright_mcp::origin_of(server)?);
    }
    let options = EgressOptions {
        extra_roots_pem: settings.extra_roots_pem.clone(),
        ..EgressOptions::new(env!("CARGO_PKG_VERSION"), Arc::clone(&clock), Arc::clone(&ids))
    };
    let egress = Egress::new(origins, options);
    let chat = Arc::new(ConfiguredChat::load(&settings.config_folder, egress.clone(), Arc::clone(&ids))?);
    let create_timeout = std::time::Duration::from_millis(settings.create_timeout.0.unsigned_abs());
    let jira = AtlassianJira::new(egress.clone()).with_create_timeout(create_timeout);
    let ports = Ports {
        storage: Arc::new(storage.clone()),
        jira: Arc::new(RememberingJira::new(jira, Arc::clone(&clock), CATALOG_IS_KEPT)),
        confluence: Arc::new(AtlassianConfluence::new(egress.clone())),
        chat,
        files: Arc::new(ProcessReader::default()),
        tools: Arc::new(McpClient::new(egress.clone(), Arc::clone(&clock))),
        events: Arc::new(storage.job_log()?),
        queue: Arc::new(storage.clone()),
        passwords: Arc::new(BcryptHasher::new(
            &keyring,
            HasherOptions { cost: settings.bcrypt_cost, ..HasherOptions::default() },
        )),
        sealer: Arc::new(KeyringSealer::new(&keyring)),
        tokens: Arc::new(JwtSigner::new(&keyring, "storywright-api")),
        sha256: Arc::new(RingSha256),
        clock,
        ids,
        settings: Arc::new(use_case_settings(settings, &keyring)),
        running: Arc::new(RunningJobs::default()),
        reviewer: Arc::default(),
    };
    #[cfg(debug_assertions)]
    let ports = crate::faults::wrap(ports);
    crate::rules::load(&ports, &settings.config_folder)?;
    storywright_application::prompts::take_over_library(&ports)?;
    Ok(Wired { ports, storage, keyring })
}

fn use_case_settings(settings: &Settings, keyring: &Keyring) -> UseCaseSettings {
    UseCaseSettings {
        sites: settings.sites.clone(),
        mcp_servers: settings.mcp_servers.clone(),
        administrators: settings.administrators.clone(),
        session_idle: settings.session_idle,
        session_absolute: settings.session_absolute,
        api_token_ttl: settings.api_token_ttl,
        max_open_jobs: settings.max_open_jobs,
        agent: AgentLimits {
            daily_tokens: settings.daily_tokens_per_person,
            daily_tokens_of_all: settings.daily_tokens,
            price: settings.price,
            daily_cost_micros: settings.daily_cost_micros,
            ..AgentLimits::default()
        },
        currency: settings.currency.clone(),
        job_lease: settings.job_lease,
        tools_ttl: settings.tools_ttl,
        source_chars: settings.source_chars,
        create_timeout: settings.create_timeout,
        reconcile: settings.reconcile,
        public_url: Some(settings.public_url.clone()),
        instance: installation(keyring),
        ..UseCaseSettings::default()
    }
}

/// A name of this installation for markers. Derived, so that it tells nothing about the key.
fn installation(keyring: &Keyring) -> String {
    keyring.derive("installation name").iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}
