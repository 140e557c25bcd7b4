//! One call: what is sent, how it is sent, and how errors are told apart.

use crate::agent::{self, Kind};
use crate::breaker::Verdict;
use crate::call_log::Line;
use crate::egress::{Egress, Target};
use crate::error::told;
use crate::retry;
use crate::transport::Watch;
use crate::{Answer, Headers, HttpError, SendOnceError};
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;
use storywright_domain::remote::TlsTrust;
use storywright_domain::{RequestId, Secret, Timestamp, UserId};
use ureq::Agent;
use ureq::http::{self, HeaderName, HeaderValue};

/// HTTP methods that are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// DELETE.
    Delete,
}

impl Method {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// A call in the making. It may hold a credential, so it has no `Debug`.
pub struct Request {
    pub(crate) egress: Egress,
    pub(crate) target: Result<Target, HttpError>,
    pub(crate) method: Method,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) tls: TlsTrust,
    pub(crate) request_id: RequestId,
    pub(crate) connect: Duration,
    pub(crate) first_byte: Duration,
    pub(crate) idle: Duration,
    pub(crate) timeout: Option<Duration>,
    body_limit: u64,
    tries: u32,
    person: Option<UserId>,
}

impl Request {
    pub(crate) fn new(
        egress: &Egress,
        target: Result<Target, HttpError>,
        method: Method,
        tls: TlsTrust,
        request_id: RequestId,
    ) -> Self {
        let limits = &egress.shared.options.limits;
        Self {
            egress: egress.clone(),
            target,
            method,
            headers: Vec::new(),
            body: None,
            tls,
            request_id,
            connect: limits.connect,
            first_byte: limits.first_byte,
            idle: limits.idle,
            timeout: None,
            body_limit: limits.body_bytes,
            // Only what has no effect, or the same effect twice, is repeated without being asked to.
            tries: if method == Method::Post { 1 } else { limits.tries },
            person: None,
        }
    }

    /// Whose credential it carries: rate limits are kept apart by it.
    #[must_use]
    pub fn on_behalf_of(mut self, person: UserId) -> Self {
        self.person = Some(person);
        self
    }

    /// Adds a header, replacing one of the same name. `Host` and the framing headers cannot be set.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let parsed = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value));
        match parsed {
            (Ok(name), Ok(value))
                if !["host", "content-length", "transfer-encoding", "connection"].contains(&name.as_str()) =>
            {
                self.headers.retain(|(known, _)| *known != name);
                self.headers.push((name, value));
            }
            _ => {
                let detail = format!("the header `{}` cannot be sent", name.escape_default());
                self.target = Err(HttpError::NotAllowed { detail });
            }
        }
        self
    }

    /// Adds a header whose value is secret.
    #[must_use]
    pub fn secret_header(self, name: &str, value: &Secret) -> Self {
        let mut request = self.header(name, value.reveal());
        if let Some((_, value)) = request.headers.last_mut() {
            value.set_sensitive(true);
        }
        request
    }

    /// `Authorization: Bearer …`.
    #[must_use]
    pub fn bearer(self, token: &Secret) -> Self {
        let value = Secret::new(format!("Bearer {}", token.reveal()));
        self.secret_header("authorization", &value)
    }

    /// The body and its media type.
    #[must_use]
    pub fn body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self.header("content-type", media_type)
    }

    /// A JSON body.
    #[must_use]
    pub fn json(self, body: impl Into<Vec<u8>>) -> Self {
        self.body("application/json", body)
    }

    /// How long one try may take, body included. A stream has no such limit unless it is set.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Longest body in bytes, after decompression; not for streams.
    #[must_use]
    pub fn body_limit(mut self, bytes: u64) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Most tries of [`Self::send`]; at least one.
    #[must_use]
    pub fn tries(mut self, tries: u32) -> Self {
        self.tries = tries.max(1);
        self
    }

    /// A POST that has the same effect twice may be repeated like a GET.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.tries = self.egress.shared.options.limits.tries;
        self
    }

    /// How long a stream's connection may take, TLS included.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect = timeout;
        self
    }

    /// How long a stream may take until its head arrives.
    #[must_use]
    pub fn first_byte_timeout(mut self, timeout: Duration) -> Self {
        self.first_byte = timeout;
        self
    }

    /// How long a stream may be silent.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle = timeout;
        self
    }

    /// Sends over a pooled connection; repeats on 429, 502, 503, 504, timeouts and broken connections, with full jitter
    /// and as `Retry-After` asks, within the limits of tries and time. A POST is repeated only when
    /// [`Self::repeatable`] was said.
    ///
    /// # Errors
    /// [`HttpError`] of the last try. An answer with an error status is an answer.
    pub fn send(self) -> Result<Answer, HttpError> {
        let shared = Arc::clone(&self.egress.shared);
        let target = self.target.as_ref().map_err(HttpError::clone)?;
        let limits = &shared.options.limits;
        let config = shared.trust.config(&self.tls)?;
        let make = || Ok(agent::build(&shared, &target.origin, config, Kind::Pooled, &Arc::default()));
        let agent = shared.agents.pooled(&target.origin, &self.tls, make)?;
        let started = shared.options.clock.now();
        let mut tries = 0;
        loop {
            if let Some(wait) = self.person.and_then(|person| shared.pace.wait(target.origin.base.as_str(), person)) {
                let gone = shared.options.clock.now().since(started);
                if gone.0.saturating_add(wait.0) > limits.retry_budget.0 {
                    return Err(HttpError::RateLimited { retry_after_ms: wait.0 });
                }
                shared.options.sleeper.sleep(wait);
            }
            tries += 1;
            let result = self.one_try(target, &agent, self.timeout.unwrap_or(limits.call), tries).map_err(|(_, e)| e);
            let [a, b, c, d, e, f, g, h, ..] = shared.options.ids.secret();
            let random = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
            let Some(pause) = retry::pause(&result, tries, self.tries, random) else { return result };
            let gone = shared.options.clock.now().since(started);
            if gone.0.saturating_add(pause.0) > limits.retry_budget.0 {
                return result;
            }
            shared.options.sleeper.sleep(pause);
        }
    }

    /// Sends over a fresh connection: one try, no redirect, no repetition.
    ///
    /// # Errors
    /// [`SendOnceError::NotSent`] only when no connection came about, so that not one byte of the request can have left;
    /// [`SendOnceError::Unknown`] for everything after that.
    pub fn send_once(self) -> Result<Answer, SendOnceError> {
        let not_sent = |error| SendOnceError::NotSent { error };
        let shared = Arc::clone(&self.egress.shared);
        let target = self.target.as_ref().map_err(|error| not_sent(error.clone()))?;
        let config = shared.trust.config(&self.tls).map_err(not_sent)?;
        if let Some(wait) = self.person.and_then(|person| shared.pace.wait(target.origin.base.as_str(), person)) {
            // Whoever journals the call has a lease to renew: a long wait is theirs.
            if wait > shared.options.limits.once_pause {
                return Err(not_sent(HttpError::RateLimited { retry_after_ms: wait.0 }));
            }
            shared.options.sleeper.sleep(wait);
        }
        let watch = Arc::new(Watch::default());
        let agent = agent::build(&shared, &target.origin, config, Kind::Fresh, &watch);
        let timeout = self.timeout.unwrap_or(shared.options.limits.once);
        self.one_try(target, &agent, timeout, 1).map_err(|(status, error)| {
            if watch.is_established() { SendOnceError::Unknown { status, error } } else { not_sent(error) }
        })
    }

    /// One exchange under the breaker, logged. The error carries the status when the head of the answer arrived.
    fn one_try(
        &self,
        target: &Target,
        agent: &Agent,
        timeout: Duration,
        attempt: u32,
    ) -> Result<Answer, (Option<u16>, HttpError)> {
        let shared = &self.egress.shared;
        let permit = shared.breaker.permit(target.origin.base.as_str());
        let permit = permit.map_err(|retry_after_ms| (None, HttpError::CircuitOpen { retry_after_ms }))?;
        let started = shared.options.clock.now();
        let result = self.exchange(target, agent, timeout);
        if let (Ok(answer), Some(person)) = (&result, self.person) {
            shared.pace.hear(target.origin.base.as_str(), person, answer);
        }
        permit.tell(match &result {
            Ok(answer) if answer.status < 500 => Verdict::Healthy,
            Ok(_) => Verdict::Failed,
            Err((_, error)) if error.is_site_failure() => Verdict::Failed,
            Err(_) => Verdict::Unknown,
        });
        let (status, outcome) = match &result {
            Ok(answer) => (Some(answer.status), if answer.status < 400 { "ok" } else { "http_error" }),
            Err((status, error)) => (*status, error.word()),
        };
        self.log(target, started, status, outcome, attempt);
        result
    }

    fn exchange(&self, target: &Target, agent: &Agent, timeout: Duration) -> Result<Answer, (Option<u16>, HttpError)> {
        let http_request = self.http_request(target).map_err(|error| (None, error))?;
        let http_request = agent.configure_request(http_request).timeout_global(Some(timeout)).build();
        let response = agent.run(http_request).map_err(|error| (None, told(error)))?;
        let (parts, body) = response.into_parts();
        let status = parts.status.as_u16();
        let mut bytes = Vec::new();
        // One byte more than allowed tells a full answer from a cut one.
        let reader = body.into_with_config().limit(u64::MAX).reader();
        reader
            .take(self.body_limit.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|error| (Some(status), told(error.into())))?;
        if bytes.len() as u64 > self.body_limit {
            return Err((Some(status), HttpError::TooLarge { limit: self.body_limit }));
        }
        Ok(Answer { status, headers: Headers(parts.headers), body: bytes })
    }

    pub(crate) fn http_request(&self, target: &Target) -> Result<http::Request<ureq::SendBody<'static>>, HttpError> {
        let body = match &self.body {
            Some(bytes) => ureq::SendBody::from_owned_reader(std::io::Cursor::new(bytes.clone())),
            None => ureq::SendBody::none(),
        };
        let mut builder = http::Request::builder().method(self.method.as_str()).uri(target.url.as_str());
        if !self.headers.iter().any(|(name, _)| name == "x-request-id") {
            builder = builder.header("x-request-id", self.request_id.as_str());
        }
        if let Some(bytes) = &self.body {
            builder = builder.header("content-length", bytes.len());
        }
        for (name, value) in &self.headers {
            builder = builder.header(name, value);
        }
        builder.body(body).map_err(|error| HttpError::NotAllowed { detail: error.to_string() })
    }

    pub(crate) fn log(&self, target: &Target, started: Timestamp, status: Option<u16>, outcome: &str, attempt: u32) {
        let line = Line {
            site: &target.origin.name,
            method: self.method,
            url: &target.url,
            status,
            duration_ms: self.egress.shared.options.clock.now().since(started).0,
            outcome,
            attempt,
            request_id: self.request_id.as_str(),
        };
        line.write();
    }
}
