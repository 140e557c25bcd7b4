//! `storywright doctor`: looks at what the server needs on this machine and says what to do about what is wrong. It calls no site and no
//! LLM: credentials belong to people, and their tests say whether those are reached. MCP servers are asked without any.
//! `storywright doctor llm` asks an LLM with one's own.

mod tools;

use crate::settings::Settings;
use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Arc;
use storywright_domain::ports::{Clock, IdSource};
use storywright_http::{AllowedOrigin, Egress, EgressOptions};
use storywright_llm::ConfiguredChat;
use storywright_storage::SqliteStorage;
use storywright_vault::{Keyring, SystemClock, SystemIds};

/// Looks at everything and prints one line each; notes are of what waits and keeps nothing from working. Fails when something would keep the server from working.
pub fn examine(settings: &Settings) -> ExitCode {
    let mut ok = true;
    let mut line = |what: &str, result: Result<String, String>| {
        match result {
            Ok(detail) => println!("ok    {what}: {detail}"),
            Err(problem) => {
                println!("WRONG {what}: {problem}");
                ok = false;
            }
        };
    };
    line("settings", Ok(format!("{}, public address {}", settings.config_folder.display(), settings.public_url)));
    line("keys", keys(settings));
    line("database", database(settings));
    line("address", address(settings));
    if settings.sites.is_empty() {
        line("sites", Err("no site is listed: add Jira to `sites` in config.json".to_owned()));
    }
    let origins: Vec<AllowedOrigin> =
        settings.sites.iter().filter_map(|site| AllowedOrigin::of_site(site).ok()).collect();
    for site in &settings.sites {
        line(
            &format!("site {}", site.id),
            AllowedOrigin::of_site(site).map(|_| site.base_url.clone()).map_err(|error| error.to_string()),
        );
    }
    for server in &settings.mcp_servers {
        line(&format!("MCP server {}", server.id), tools::answers(settings, server));
    }
    line("llm", llm(settings, origins));
    for (server, note) in tools::notes(settings) {
        println!("note  tools of {server}: {note}");
    }
    if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn keys(settings: &Settings) -> Result<String, String> {
    let keyring = Keyring::load(&settings.keyring).map_err(|error| error.to_string())?;
    let ids = keyring.ids().collect::<Vec<_>>().join(", ");
    // What is wrong with the database itself stands in its own line.
    if let Some(Ok(known)) =
        settings.database.exists().then(|| SqliteStorage::inspect_key_proofs(&settings.database)).and_then(Result::ok)
    {
        crate::keys::check(settings, &keyring, &known).map_err(|error| error.to_string())?;
    }
    Ok(ids)
}

fn database(settings: &Settings) -> Result<String, String> {
    if !settings.database.exists() {
        return Ok(format!("{} will be made at the first start", settings.database.display()));
    }
    // Looked at without the lock and without a change: a server may be using it, perhaps of an older version.
    let file = settings.database.display();
    SqliteStorage::inspect(&settings.database)
        .map(|lacking| match lacking {
            0 => format!("{file} is sound and up to date"),
            _ => format!("{file} is sound; the next start brings it up to date ({lacking} migrations)"),
        })
        .map_err(|error| error.to_string())
}

fn address(settings: &Settings) -> Result<String, String> {
    match TcpListener::bind(settings.listen) {
        Ok(_) => Ok(format!("{} is free", settings.listen)),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            Ok(format!("{} is in use; a server runs there", settings.listen))
        }
        Err(error) => {
            Err(format!("{} cannot be used ({error}): choose another with STORYWRIGHT_LISTEN", settings.listen))
        }
    }
}

/// The one way out, to these addresses.
fn egress(settings: &Settings, origins: Vec<AllowedOrigin>) -> Egress {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let options = EgressOptions {
        extra_roots_pem: settings.extra_roots_pem.clone(),
        ..EgressOptions::new(env!("CARGO_PKG_VERSION"), clock, Arc::new(SystemIds))
    };
    Egress::new(origins, options)
}

fn llm(settings: &Settings, origins: Vec<AllowedOrigin>) -> Result<String, String> {
    let ids: Arc<dyn IdSource> = Arc::new(SystemIds);
    let chat = ConfiguredChat::load(&settings.config_folder, egress(settings, origins), ids)
        .map_err(|error| error.to_string())?;
    Ok(storywright_domain::ports::ChatModel::services(&chat).join(", "))
}
