//! Agents: how they are made, and the pooled ones that are kept.

use crate::egress::Shared;
use crate::origin::AllowedOrigin;
use crate::resolver::GuardedResolver;
use crate::tls::TlsConnector;
use crate::transport::{Watch, WatchConnector};
use rustls::ClientConfig;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use storywright_domain::remote::TlsTrust;
use ureq::Agent;
use ureq::unversioned::transport::{Connector, TcpConnector};

/// Most pooled agents kept: one per place and trust, and companies have few of either.
const KEPT: usize = 64;

/// What an agent is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Connections are kept for the next call.
    Pooled,
    /// One connection for one call.
    Fresh,
    /// One connection for one stream.
    Stream,
}

/// Makes an agent that keeps the promises of this crate.
pub(crate) fn build(
    shared: &Shared,
    origin: &AllowedOrigin,
    tls: Arc<ClientConfig>,
    kind: Kind,
    watch: &Arc<Watch>,
) -> Agent {
    let limits = &shared.options.limits;
    let idle_connections = if kind == Kind::Pooled { 8 } else { 0 };
    let mut config = Agent::config_builder()
        .http_status_as_error(false)
        .https_only(!origin.rules.allow_http)
        .proxy(None)
        .max_redirects(0)
        .user_agent(&shared.options.user_agent)
        .accept("")
        .input_buffer_size(16 * 1_024)
        .output_buffer_size(16 * 1_024)
        .max_idle_connections(idle_connections)
        .max_idle_connections_per_host(idle_connections)
        .max_idle_age(Duration::from_secs(20))
        .timeout_resolve(Some(limits.resolve))
        .timeout_connect(Some(limits.connect));
    if kind == Kind::Stream {
        // A compressed stream may hold back what has been written so far.
        config = config.accept_encoding("");
    }
    let resolver = GuardedResolver {
        allow_loopback: origin.rules.allow_loopback,
        lookup: shared.options.lookup.as_ref().map(Arc::clone),
    };
    let connector =
        ().chain(TcpConnector::default()).chain(TlsConnector::new(tls)).chain(WatchConnector::new(Arc::clone(watch)));
    Agent::with_parts(config.build(), connector, resolver)
}

/// Pooled agents by place and trust, the least recently used forgotten first.
#[derive(Default)]
pub(crate) struct AgentCache(Mutex<VecDeque<(AllowedOrigin, TlsTrust, Agent)>>);

impl AgentCache {
    /// The agent for a place and a trust, made when there is none.
    pub(crate) fn pooled(
        &self,
        origin: &AllowedOrigin,
        trust: &TlsTrust,
        make: impl FnOnce() -> Result<Agent, crate::HttpError>,
    ) -> Result<Agent, crate::HttpError> {
        {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(at) = kept.iter().position(|(place, with, _)| place == origin && with == trust)
                && let Some(entry) = kept.remove(at)
            {
                let agent = entry.2.clone();
                kept.push_back(entry);
                return Ok(agent);
            }
        }
        let agent = make()?;
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back((origin.clone(), trust.clone(), agent.clone()));
        Ok(agent)
    }

    /// Forgets all; calls under way end undisturbed.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
