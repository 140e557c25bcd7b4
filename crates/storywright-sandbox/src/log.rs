//! The log of requests: what came in, from whom, and how it ended. Credentials are never kept.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Mutex,
};

use actix_web::http::header::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    clock::Millis,
    state::{Service, lock},
};

/// Longest body that is kept, in bytes; of a longer one this much is kept as text.
pub(crate) const BODY_LIMIT: usize = 256 * 1024;

/// Headers that are kept. A list of the harmless ones, so that a credential in a header nobody thought of is not stored.
const KEPT_HEADERS: [&str; 14] = [
    "accept",
    "accept-language",
    "content-length",
    "content-type",
    "if-match",
    "idempotency-key",
    "mcp-method",
    "mcp-name",
    "mcp-protocol-version",
    "origin",
    "traceparent",
    "user-agent",
    "x-atlassian-token",
    "x-request-id",
];

/// One request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoggedRequest {
    /// Number, from 1, in the order of arrival.
    pub sequence: u64,
    /// Arrival, milliseconds UTC.
    pub at: i64,
    /// Service.
    pub service: Service,
    /// Method.
    pub method: String,
    /// Path with the service's prefix, percent-encoded as it came.
    pub path: String,
    /// Query as it came.
    pub query: String,
    /// Status that was sent; `None` while in work, and when the connection was closed without an answer.
    pub status: Option<u16>,
    /// When the answer was ready to be sent, or the connection was closed; milliseconds UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<i64>,
    /// `working`, `streaming`, `answered`, `closed` (by a fault) or `client_gone`.
    pub outcome: String,
    /// Faults that took part.
    pub faults: Vec<String>,
    /// Handle of the person whose credential it was.
    pub person: Option<String>,
    /// Kind of credential: `bearer`, `basic`, `token`, `header`, `cookie`, `other`.
    pub credential: Option<String>,
    /// `User-Agent`.
    pub user_agent: Option<String>,
    /// `X-Request-Id`.
    pub request_id: Option<String>,
    /// Other harmless headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Body.
    pub body: Option<LoggedBody>,
    /// Bytes of the body as it came.
    pub body_bytes: usize,
}

impl LoggedRequest {
    /// The tool that this request to an MCP server calls.
    #[must_use]
    pub fn tool(&self) -> Option<&str> {
        let message = self.body.as_ref().filter(|_| self.service == Service::Mcp)?.json()?;
        (message["method"] == "tools/call").then(|| message["params"]["name"].as_str())?
    }
}

/// A body as far as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoggedBody {
    /// A JSON document.
    Json(Value),
    /// Text, at most 256 KB of it.
    Text(String),
}

impl LoggedBody {
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() {
            return None;
        }
        if bytes.len() <= BODY_LIMIT
            && let Ok(json) = serde_json::from_slice(bytes)
        {
            return Some(Self::Json(json));
        }
        let kept = bytes.get(..BODY_LIMIT).unwrap_or(bytes);
        Some(Self::Text(String::from_utf8_lossy(kept).into_owned()))
    }

    /// The JSON document, if it is one.
    #[must_use]
    pub fn json(&self) -> Option<&Value> {
        match self {
            Self::Json(value) => Some(value),
            Self::Text(_) => None,
        }
    }
}

pub(crate) fn kept_headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    KEPT_HEADERS
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), headers.get(*name)?.to_str().ok()?.to_owned())))
        .collect()
}

/// The last requests, oldest first.
pub(crate) struct Log {
    capacity: usize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    last: u64,
    entries: VecDeque<LoggedRequest>,
}

impl Log {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), inner: Mutex::new(Inner::default()) }
    }

    /// Writes the arrival of a request and gives its number.
    pub(crate) fn arrived(&self, mut entry: LoggedRequest) -> u64 {
        let mut inner = lock(&self.inner);
        inner.last += 1;
        entry.sequence = inner.last;
        if inner.entries.len() == self.capacity {
            inner.entries.pop_front();
        }
        inner.entries.push_back(entry);
        inner.last
    }

    /// Writes how a request went on.
    pub(crate) fn update(&self, at: Millis, sequence: u64, status: Option<u16>, outcome: &str) {
        let mut inner = lock(&self.inner);
        if let Ok(place) = inner.entries.binary_search_by_key(&sequence, |e| e.sequence)
            && let Some(entry) = inner.entries.get_mut(place)
        {
            entry.status = status;
            entry.ended_at = Some(at);
            outcome.clone_into(&mut entry.outcome);
        }
    }

    pub(crate) fn entries(&self, after: u64) -> Vec<LoggedRequest> {
        lock(&self.inner).entries.iter().filter(|e| e.sequence > after).cloned().collect()
    }

    /// Forgets everything; numbers go on, so that a request in flight cannot be taken for another.
    pub(crate) fn clear(&self) {
        lock(&self.inner).entries.clear();
    }
}

/// An entry for a request that has just arrived.
pub(crate) fn arrival(at: Millis, service: Service, method: &str, path: &str, query: &str) -> LoggedRequest {
    LoggedRequest {
        sequence: 0,
        at,
        service,
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        status: None,
        ended_at: None,
        outcome: "working".to_owned(),
        faults: Vec::new(),
        person: None,
        credential: None,
        user_agent: None,
        request_id: None,
        headers: BTreeMap::new(),
        body: None,
        body_bytes: 0,
    }
}
