//! One JSON-RPC message over streamable HTTP: sent once, over a connection of its own, and its answer read within the limits.

use crate::json;
use crate::limits::{ANSWER_BYTES, CONNECT, DETAIL_CHARS, WORD_BYTES};
use crate::sse::{Events, StreamEnd};
use rmcp::model::{ClientJsonRpcMessage, RequestId};
use serde_json::Value;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;
use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::{Clock, ToolAccess, ToolError};
use storywright_domain::{Secret, Timestamp};
use storywright_http::{Egress, HttpError, Method, Purpose, Request, SendOnceError, StreamAnswer};

/// The way to one server for one operation of one person.
#[derive(Clone)]
pub(crate) struct Wire {
    pub(crate) egress: Egress,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) access: ToolAccess,
    pub(crate) headers: Vec<(String, Secret)>,
    pub(crate) cancellation: Cancellation,
    /// When the operation ends, whatever happens.
    pub(crate) until: Timestamp,
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) message: Message,
    /// The session that the server opened with it.
    pub(crate) session: Option<String>,
    /// Bytes of the answer.
    pub(crate) bytes: usize,
}

/// The message in it.
pub(crate) enum Message {
    /// Taken note of.
    Accepted,
    /// The result of the request.
    Result(Value),
    /// The JSON-RPC error of the request.
    Error(RpcError),
}

/// A JSON-RPC error.
#[derive(Debug, Clone)]
pub(crate) struct RpcError {
    pub(crate) code: i64,
    pub(crate) message: String,
    pub(crate) data: Value,
}

impl RpcError {
    /// What it means for whoever asked.
    pub(crate) fn told(self) -> ToolError {
        let detail = words(&self.message);
        if self.code == i64::from(rmcp::model::ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY.0) {
            return ToolError::AsksForMore { detail };
        }
        ToolError::Rejected { code: self.code, detail }
    }
}

/// Why there is no message.
pub(crate) enum Failure {
    /// For reasons that no other protocol version would change.
    Told(ToolError),
    /// The server turned the request away with this status (400 to 499), perhaps with a JSON-RPC error.
    TurnedAway(u16, Option<RpcError>),
}

impl Failure {
    /// What it means when nothing else is tried.
    pub(crate) fn told(self) -> ToolError {
        match self {
            Self::Told(error) => error,
            Self::TurnedAway(_, Some(error)) => error.told(),
            Self::TurnedAway(status, None) => ToolError::Rejected { code: 0, detail: format!("status {status}") },
        }
    }
}

impl From<ToolError> for Failure {
    fn from(error: ToolError) -> Self {
        Self::Told(error)
    }
}

impl Wire {
    /// Sends a message and waits for the answer to it. `id` is that of the request; notifications have none.
    pub(crate) fn post(
        &self,
        message: &ClientJsonRpcMessage,
        id: Option<&RequestId>,
        headers: &[(&str, &str)],
        limit: Duration,
    ) -> Result<Reply, Failure> {
        let body = serde_json::to_vec(message)
            .map_err(|error| ToolError::Malformed { detail: format!("the request could not be written ({error})") })?;
        let request = headers
            .iter()
            .fold(self.request(Method::Post, limit)?.json(body), |request, (name, value)| request.header(name, value));
        let answer = request.stream_once(&self.cancellation).map_err(|error| told(error, self))?;
        self.read(answer, id)
    }

    /// Leaves a session.
    pub(crate) fn delete(&self, headers: &[(&str, &str)], limit: Duration) {
        let Ok(request) = self.request(Method::Delete, limit) else { return };
        let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        // A server that keeps no sessions says 405; it is all the same.
        drop(request.stream_once(&self.cancellation));
    }

    fn request(&self, method: Method, limit: Duration) -> Result<Request, ToolError> {
        let left = u64::try_from(self.until.since(self.clock.now()).0).unwrap_or(0);
        if self.cancellation.is_cancelled() {
            return Err(ToolError::Cancelled);
        }
        if left == 0 {
            return Err(ToolError::NoAnswer { detail: "it took too long".to_owned() });
        }
        let limit = limit.min(Duration::from_millis(left));
        let access = &self.access;
        let request = self
            .egress
            .request(Purpose::Tools, method, &access.server.url, "", &access.tls, &access.request_id)
            .header("accept", "application/json, text/event-stream")
            .connect_timeout(CONNECT.min(limit))
            .first_byte_timeout(limit)
            .idle_timeout(limit)
            .timeout(limit);
        Ok(self.headers.iter().fold(request, |request, (name, value)| request.secret_header(name, value)))
    }

    fn read(&self, answer: StreamAnswer, id: Option<&RequestId>) -> Result<Reply, Failure> {
        let media_type = answer.headers.media_type();
        let session = answer.headers.get("mcp-session-id").map(str::to_owned);
        if session.as_ref().is_some_and(|session| session.is_empty() || session.len() > WORD_BYTES) {
            return Err(malformed("the name of its session cannot be used").into());
        }
        let is_page = media_type == "text/html" || media_type == "application/xhtml+xml";
        match answer.status {
            200..=299 if is_page => {
                return Err(ToolError::Unauthorized { detail: "it answered with a sign-in page".to_owned() }.into());
            }
            200..=299 => {}
            300..=399 => {
                let place = answer.headers.get("location").and_then(host_of).unwrap_or_else(|| "elsewhere".to_owned());
                return Err(malformed(&format!("it redirects to {place}; redirects are never followed")).into());
            }
            status @ (401 | 403 | 407) => {
                return Err(ToolError::Unauthorized { detail: format!("status {status}") }.into());
            }
            429 => {
                let retry_after_ms = answer.headers.retry_after_ms().unwrap_or(1_000);
                return Err(ToolError::RateLimited { retry_after_ms }.into());
            }
            status @ (400..=407 | 409..=428 | 430..=499 | 501) => {
                let body = self.body(answer.reader).unwrap_or_default();
                let error = json::read(&body).ok().and_then(|body| error_in(&body));
                return Err(Failure::TurnedAway(status, error));
            }
            status => return Err(ToolError::NoAnswer { detail: format!("status {status}") }.into()),
        }
        if media_type == "text/event-stream" && answer.status != 202 {
            return self.follow(answer.reader, id, session);
        }
        let body = self.body(answer.reader)?;
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Reply { message: Message::Accepted, session, bytes: 0 });
        }
        let message = json::read(&body).map_err(|problem| malformed(&problem))?;
        match heard(message, id)? {
            Some(message) => Ok(Reply { message, session, bytes: body.len() }),
            None if id.is_none() => Ok(Reply { message: Message::Accepted, session, bytes: body.len() }),
            None => Err(malformed("it is no answer to the request").into()),
        }
    }

    fn follow(&self, body: impl Read, id: Option<&RequestId>, session: Option<String>) -> Result<Reply, Failure> {
        let mut events = Events::new(body);
        loop {
            let data = match events.next() {
                Ok(data) => data,
                Err(StreamEnd::TooLong) => return Err(too_long().into()),
                Err(StreamEnd::Over) => {
                    let detail = "the stream ended without an answer".to_owned();
                    return Err(ToolError::NoAnswer { detail }.into());
                }
                Err(StreamEnd::Broken(error)) => return Err(self.broken(error).into()),
            };
            if data.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let message = json::read(&data).map_err(|problem| malformed(&problem))?;
            if let Some(message) = heard(message, id)? {
                return Ok(Reply { message, session, bytes: events.taken() });
            }
        }
    }

    fn body(&self, reader: impl Read) -> Result<Vec<u8>, ToolError> {
        let mut body = Vec::new();
        let most = u64::try_from(ANSWER_BYTES).unwrap_or(u64::MAX).saturating_add(1);
        reader.take(most).read_to_end(&mut body).map_err(|error| self.broken(error))?;
        if body.len() > ANSWER_BYTES { Err(too_long()) } else { Ok(body) }
    }

    /// What a broken connection means: the request has left by then.
    fn broken(&self, error: std::io::Error) -> ToolError {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<HttpError>()).cloned();
        let detail = error.to_string();
        told(SendOnceError::Unknown { status: None, error: inner.unwrap_or(HttpError::Broken { detail }) }, self)
    }
}

/// The message, when it answers the request; nothing for what is said beside it.
fn heard(message: Value, id: Option<&RequestId>) -> Result<Option<Message>, ToolError> {
    let Value::Object(mut message) = message else { return Err(malformed("it is no JSON-RPC message")) };
    if let Some(method) = message.get("method") {
        let method = method.as_str().unwrap_or_default();
        // Nobody is there who could answer; a server that only looks whether somebody is can do without.
        return match message.get("id") {
            Some(_) if method != "ping" => Err(ToolError::AsksForMore { detail: words(method) }),
            _ => Ok(None),
        };
    }
    let answered = message.get("id").cloned().unwrap_or_default();
    if let Some(error) = error_in(&Value::Object(message.clone())) {
        // Errors of what stands before the server cannot know the id.
        return Ok(Some(Message::Error(error)));
    }
    let is_ours = id.is_some_and(|id| same_id(id, &answered));
    match message.remove("result") {
        Some(result) if is_ours => Ok(Some(Message::Result(result))),
        _ => Ok(None),
    }
}

fn same_id(id: &RequestId, answered: &Value) -> bool {
    let ours = serde_json::to_value(id).unwrap_or_default();
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    plain(&ours) == plain(answered)
}

fn error_in(message: &Value) -> Option<RpcError> {
    let error = message.get("error")?.as_object()?;
    let code = error.get("code")?.as_i64()?;
    let text = error.get("message").and_then(Value::as_str).unwrap_or_default();
    Some(RpcError { code, message: text.to_owned(), data: error.get("data").cloned().unwrap_or_default() })
}

fn told(error: SendOnceError, wire: &Wire) -> ToolError {
    if wire.cancellation.is_cancelled() {
        return ToolError::Cancelled;
    }
    match error {
        SendOnceError::NotSent { error } => match error {
            HttpError::Certificate { detail } => ToolError::Certificate { detail },
            HttpError::NotAllowed { detail } => ToolError::NotAllowed { detail },
            HttpError::RateLimited { retry_after_ms } => ToolError::RateLimited { retry_after_ms },
            HttpError::Cancelled => ToolError::Cancelled,
            other => ToolError::Unreachable { detail: other.to_string() },
        },
        SendOnceError::Unknown { error, .. } => match error {
            HttpError::Cancelled => ToolError::Cancelled,
            HttpError::TooLarge { .. } => too_long(),
            other => ToolError::NoAnswer { detail: other.to_string() },
        },
    }
}

pub(crate) fn malformed(detail: &str) -> ToolError {
    ToolError::Malformed { detail: words(detail) }
}

fn too_long() -> ToolError {
    malformed(&format!("it is longer than {} MB", ANSWER_BYTES / 1_024 / 1_024))
}

fn host_of(location: &str) -> Option<String> {
    let rest = location.split_once("://").map(|(_, rest)| rest)?;
    rest.split(['/', '?', '#']).next().and_then(|host| host.rsplit('@').next()).map(words)
}

/// A server's words, short and without characters that could turn a line around.
pub(crate) fn words(raw: &str) -> String {
    let plain = raw.chars().map(|character| if character.is_whitespace() { ' ' } else { character });
    plain
        .filter(|character| !character.is_control() && !('\u{200b}'..='\u{206f}').contains(character))
        .take(DETAIL_CHARS)
        .collect()
}
