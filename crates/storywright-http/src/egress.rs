//! The list of allowed places, the limits, and the agents that keep both.

use crate::agent::AgentCache;
use crate::breaker::Breaker;
use crate::origin::{self, AllowedOrigin};
use crate::pace::Pace;
use crate::tls::TrustCache;
use crate::{HttpError, Method, Purpose, Request};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use storywright_domain::ports::{Clock, IdSource};
use storywright_domain::remote::TlsTrust;
use storywright_domain::{Millis, RequestId};
use url::Url;

/// Where waiting between tries happens.
pub trait Sleeper: Send + Sync {
    /// Returns after about this long.
    fn sleep(&self, span: Millis);
}

/// Waits on the calling thread.
pub struct ThreadSleeper;

impl Sleeper for ThreadSleeper {
    #[expect(clippy::disallowed_methods, reason = "this is the adapter that waits")]
    fn sleep(&self, span: Millis) {
        std::thread::sleep(Duration::from_millis(u64::try_from(span.0).unwrap_or(0)));
    }
}

/// Where names become addresses, in place of the operating system's resolver.
pub trait Lookup: Send + Sync {
    /// The addresses of a host.
    ///
    /// # Errors
    /// When the name cannot be looked up.
    fn lookup(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
}

/// How long and how much.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Looking a name up.
    pub resolve: Duration,
    /// Connecting, TLS included.
    pub connect: Duration,
    /// A call that may be repeated, body included, one try.
    pub call: Duration,
    /// A call that must not be repeated, body included. Too short a limit makes duplicates likely.
    pub once: Duration,
    /// From the end of a streaming request to the head of its answer.
    pub first_byte: Duration,
    /// Between two pieces of a stream.
    pub idle: Duration,
    /// Longest body in bytes, after decompression.
    pub body_bytes: u64,
    /// Most tries of a call that may be repeated.
    pub tries: u32,
    /// No further try begins when this much time has gone, or would have gone after the wait.
    pub retry_budget: Millis,
    /// Longest wait for a rate limit before a call that must not be repeated; longer ones are told to the caller.
    pub once_pause: Millis,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            resolve: Duration::from_secs(5),
            connect: Duration::from_secs(10),
            call: Duration::from_secs(30),
            once: Duration::from_secs(120),
            first_byte: Duration::from_secs(90),
            idle: Duration::from_secs(60),
            body_bytes: 10 * 1_024 * 1_024,
            tries: 5,
            retry_budget: Millis::seconds(60),
            once_pause: Millis::seconds(5),
        }
    }
}

/// What an [`Egress`] needs besides the list.
#[derive(Clone)]
pub struct EgressOptions {
    /// `User-Agent`: `Storywright/<version>`. A plain one: Atlassian asks browsers for XSRF tokens.
    pub user_agent: String,
    /// How long and how much.
    pub limits: Limits,
    /// Certificates in PEM that are trusted for every place, as in the company's own bundle.
    pub extra_roots_pem: Option<String>,
    /// Time for breaker, budgets and logs.
    pub clock: Arc<dyn Clock>,
    /// Randomness for jitter.
    pub ids: Arc<dyn IdSource>,
    /// Where waits happen.
    pub sleeper: Arc<dyn Sleeper>,
    /// Name lookup; the operating system's when absent.
    pub lookup: Option<Arc<dyn Lookup>>,
}

impl EgressOptions {
    /// Default limits, waiting on the thread, the operating system's resolver.
    #[must_use]
    pub fn new(version: &str, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        Self {
            user_agent: format!("Storywright/{version}"),
            limits: Limits::default(),
            extra_roots_pem: None,
            clock,
            ids,
            sleeper: Arc::new(ThreadSleeper),
            lookup: None,
        }
    }
}

/// The one way out. Cloning shares list, connections and circuits.
#[derive(Clone)]
pub struct Egress {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    origins: RwLock<Arc<Vec<AllowedOrigin>>>,
    pub(crate) options: EgressOptions,
    pub(crate) agents: AgentCache,
    pub(crate) trust: TrustCache,
    pub(crate) breaker: Breaker,
    pub(crate) pace: Pace,
}

/// Where one call goes, after the list has allowed it.
pub(crate) struct Target {
    pub(crate) url: Url,
    pub(crate) origin: AllowedOrigin,
}

impl Egress {
    /// An egress to these places and no others.
    #[must_use]
    pub fn new(origins: Vec<AllowedOrigin>, options: EgressOptions) -> Self {
        let breaker = Breaker::new(Arc::clone(&options.clock));
        let pace = Pace::new(Arc::clone(&options.clock));
        let trust = TrustCache::new(options.extra_roots_pem.as_deref());
        let origins = RwLock::new(Arc::new(origins));
        Self { shared: Arc::new(Shared { origins, options, agents: AgentCache::default(), trust, breaker, pace }) }
    }

    /// Replaces the places listed for one purpose, as after a change of the configuration file.
    pub fn replace(&self, purpose: Purpose, origins: Vec<AllowedOrigin>) {
        let mut list = self.shared.origins.write().unwrap_or_else(PoisonError::into_inner);
        let kept = list.iter().filter(|origin| origin.purpose != purpose).cloned();
        *list = Arc::new(kept.chain(origins.into_iter().filter(|origin| origin.purpose == purpose)).collect());
        self.shared.agents.clear();
    }

    /// A call to `base` (as listed) followed by `path`, which begins with `/` and may hold a query. Whether the list
    /// allows it is told when it is sent.
    #[must_use]
    pub fn request(
        &self,
        purpose: Purpose,
        method: Method,
        base: &str,
        path: &str,
        tls: &TlsTrust,
        request_id: &RequestId,
    ) -> Request {
        Request::new(self, self.target(purpose, base, path, tls), method, tls.clone(), request_id.clone())
    }

    fn target(&self, purpose: Purpose, base: &str, path: &str, tls: &TlsTrust) -> Result<Target, HttpError> {
        let origins = Arc::clone(&self.shared.origins.read().unwrap_or_else(PoisonError::into_inner));
        let (origin, url) = origin::find(&origins, purpose, base, path)?;
        if !tls.verify && !origin.rules.allow_unverified_tls {
            let detail = "certificate verification may not be turned off for this site".to_owned();
            return Err(HttpError::NotAllowed { detail });
        }
        Ok(Target { url, origin: origin.clone() })
    }
}
