//! `storywright serve`: pages, API, streams and workers in one process.

use crate::lock::DatabaseLock;
use crate::settings::Settings;
use crate::wiring::{StartError, Wired, wire};
use crate::workers::{Group, Workers};
use actix_web::cookie::Key;
use actix_web::web;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use storywright_application::Ports;
use storywright_application::prompts::take_over_library;
use storywright_application::publishing::sweep_late_arrivals;
use storywright_application::tools::refresh_due_lists;
use storywright_domain::job::JobKind;
use storywright_domain::ports::Clock;
use storywright_http::{CertificateSummary, check_ca_pem};
use storywright_web::{AppState, CertificateCheck, CertificateFacts, CheckedCertificates, Network, Rates, WebSettings};

/// Tool lists that are fetched at once.
const TOOL_WORKERS: usize = 8;

/// Time that jobs have to finish after a signal.
const GRACE: Duration = Duration::from_secs(30);
/// Late arrivals are looked for this often; each run says itself when it is due.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// How often old events, sessions and sign-ups are removed.
const TIDY_EVERY: Duration = Duration::from_secs(3_600);

/// Runs until a signal comes.
///
/// # Errors
/// What keeps it from starting.
pub fn serve(settings: &Settings) -> Result<(), StartError> {
    let _lock = DatabaseLock::take(&settings.database)?;
    let wired = wire(settings)?;
    // The lock says that whoever held these leases is dead.
    let abandoned = wired.storage.abandon_leases()?;
    let listener = TcpListener::bind(settings.listen).map_err(|error| {
        format!("cannot listen on {} ({error}): choose another address with STORYWRIGHT_LISTEN", settings.listen)
    })?;
    let workers = Workers::start(&wired.ports, groups(settings))?;
    let state = web::Data::new(AppState::new(
        wired.ports.clone(),
        web_settings(settings, &wired)?,
        certificate_check(Arc::clone(&wired.ports.clock)),
    )?);
    log::info!(listen = settings.listen.to_string().as_str(), public_url = settings.public_url.as_str(), abandoned; "ready");
    actix_web::rt::System::new().block_on(run(state, listener, workers, wired))
}

async fn run(
    state: web::Data<AppState>,
    listener: TcpListener,
    workers: Workers,
    wired: Wired,
) -> Result<(), StartError> {
    let server = storywright_web::serve(state.clone(), listener)?;
    let handle = server.handle();
    let running = actix_web::rt::spawn(server);
    let sweeping = actix_web::rt::spawn(sweep(wired.ports.clone()));
    let refreshing = actix_web::rt::spawn(refresh_tools(wired.ports.clone()));
    let following = actix_web::rt::spawn(follow_library(wired.ports.clone()));
    let tidying = actix_web::rt::spawn(tidy(wired));
    wait_for_signal().await?;
    log::info!("stopping");
    tidying.abort();
    sweeping.abort();
    refreshing.abort();
    following.abort();
    // No new work first, then streams, then jobs; pages are served until the jobs are done.
    let stopped = web::block(move || workers.stop(GRACE));
    state.close();
    stopped.await?;
    handle.stop(true).await;
    running.await??;
    log::info!("stopped");
    Ok(())
}

async fn wait_for_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

async fn tidy(wired: Wired) {
    let mut due = tokio::time::interval(TIDY_EVERY);
    loop {
        due.tick().await;
        let storage = wired.storage.clone();
        let now = wired.ports.clock.now();
        match web::block(move || storage.tidy(now)).await {
            Ok(Ok(tidied)) => {
                log::info!(events = tidied.events, expired = tidied.expired, rule_set_versions = tidied.rule_set_versions; "tidied")
            }
            Ok(Err(error)) => log::error!(error = error.to_string().as_str(); "tidying failed"),
            Err(error) => log::error!(error = error.to_string().as_str(); "tidying stopped"),
        }
    }
}

/// Looks for issues that came late, of the runs for which it is time.
async fn sweep(ports: Ports) {
    let mut due = tokio::time::interval(SWEEP_EVERY);
    loop {
        due.tick().await;
        let ports = ports.clone();
        match web::block(move || sweep_late_arrivals(&ports)).await {
            Ok(Ok(0)) => {}
            Ok(Ok(runs)) => log::info!(runs; "late arrivals looked for"),
            Ok(Err(error)) => log::error!(error = error.to_string().as_str(); "looking for late arrivals failed"),
            Err(error) => log::error!(error = error.to_string().as_str(); "looking for late arrivals stopped"),
        }
    }
}

/// Reading jobs at a time: each waits for Confluence most of its time and holds one page in memory.
const READERS: usize = 4;

/// Judging jobs at a time: each has one call of the model open, and nobody's draft waits for it.
const JUDGES: usize = 2;

/// Takes over what `prompts.json` offers to everybody when it has changed.
async fn follow_library(ports: Ports) {
    let mut due = tokio::time::interval(SWEEP_EVERY);
    // What it offered at the start is taken over before anything is served.
    let mut taken = ports.chat.library();
    loop {
        due.tick().await;
        let offered = ports.chat.library();
        if offered == taken {
            continue;
        }
        let ports = ports.clone();
        match web::block(move || take_over_library(&ports)).await {
            Ok(Ok(changed)) => {
                log::info!(changed; "prompts of the configuration are taken over");
                taken = offered;
            }
            Ok(Err(error)) => log::error!(error = error.to_string().as_str(); "taking over prompts failed"),
            Err(error) => log::error!(error = error.to_string().as_str(); "taking over prompts stopped"),
        }
    }
}

/// Starts jobs for the tool lists whose time has come.
async fn refresh_tools(ports: Ports) {
    let mut due = tokio::time::interval(SWEEP_EVERY);
    loop {
        due.tick().await;
        let ports = ports.clone();
        match web::block(move || refresh_due_lists(&ports)).await {
            Ok(Ok(0)) => {}
            Ok(Ok(lists)) => log::info!(lists; "tool lists are refreshed"),
            Ok(Err(error)) => log::error!(error = error.to_string().as_str(); "refreshing tool lists failed"),
            Err(error) => log::error!(error = error.to_string().as_str(); "refreshing tool lists stopped"),
        }
    }
}

fn groups(settings: &Settings) -> Vec<Group> {
    vec![
        Group {
            name: "writing",
            kinds: &[JobKind::Generate, JobKind::Refine, JobKind::TryPrompts],
            at_once: settings.writing_workers,
        },
        Group { name: "publishing", kinds: &[JobKind::Publish], at_once: settings.publish_workers },
        Group { name: "reading", kinds: &[JobKind::ReadSources], at_once: READERS },
        Group { name: "judging", kinds: &[JobKind::Judge], at_once: JUDGES },
        Group { name: "tools", kinds: &[JobKind::RefreshTools], at_once: TOOL_WORKERS },
    ]
}

fn web_settings(settings: &Settings, wired: &Wired) -> Result<WebSettings, StartError> {
    let halves =
        ["session cookie, first half", "session cookie, second half"].map(|purpose| wired.keyring.derive(purpose));
    let cookie_key = Key::from(&halves.iter().flat_map(|half| half.iter().copied()).collect::<Vec<u8>>());
    let mut web = WebSettings::new(settings.public_url.parse()?, cookie_key);
    web.trusted_proxies = settings.trusted_proxies.iter().map(|raw| Network::parse(raw)).collect::<Result<_, _>>()?;
    if web.public_url.scheme() == "http" && !settings.listen.ip().is_loopback() {
        log::warn!(public_url = settings.public_url.as_str(); "people reach this server over plain http: cookies are not secure");
    }
    web.dev_assets.clone_from(&settings.dev_assets);
    if !settings.throttle {
        log::warn!("throttling is off: for benchmarks and tests only");
        web.streams_per_person = 5_000;
        let open = 1_000_000;
        web.rates = Rates {
            sign_in_per_address: open,
            sign_in_per_name_and_address: open,
            sign_in_per_name: open,
            outside_per_person: open,
            costly_per_person: open,
        };
    }
    Ok(web)
}

fn certificate_check(clock: Arc<dyn Clock>) -> CertificateCheck {
    Arc::new(move |pem| {
        let summary = check_ca_pem(pem, clock.now()).map_err(|error| error.to_string())?;
        let facts = |one: CertificateSummary| CertificateFacts {
            subject: one.subject,
            not_after: one.not_after,
            sha256: one.sha256,
        };
        Ok(CheckedCertificates {
            pem: summary.pem,
            certificates: summary.certificates.into_iter().map(facts).collect(),
        })
    })
}
