//! How a server is spoken to: the modern protocol, where every request stands for itself, or a session that `initialize` opens.

use crate::limits::{FAREWELL, HANDSHAKE};
use crate::wire::{Failure, Message, Reply, RpcError, Wire, malformed, words};
use rmcp::model::{
    CancelledNotification, CancelledNotificationParam, ClientCapabilities, ClientJsonRpcMessage, ClientNotification,
    ClientRequest, DiscoverRequest, DiscoverRequestParams, DiscoverResult, ErrorCode, GetExtensions, Implementation,
    InitializeRequest, InitializeRequestParams, InitializeResult, InitializedNotification, ProtocolVersion, RequestId,
    RequestMetaObject,
};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use storywright_domain::ports::ToolError;
use storywright_domain::{Millis, Timestamp};

/// A server that spoke the old protocol is asked again after this time whether it has learned the new one.
const OLD_IS_BELIEVED: Millis = Millis::minutes(30);

/// Where the modern protocol carries the server's name.
const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// What is known of a server.
#[derive(Clone)]
enum Era {
    Modern { server: String },
    Old { until: Timestamp },
}

/// What is known of all servers, by address. Nothing in it belongs to a person.
#[derive(Default)]
pub(crate) struct Eras(Mutex<HashMap<String, Era>>);

impl Eras {
    fn of(&self, wire: &Wire) -> Option<Era> {
        let era = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&wire.access.server.url).cloned();
        era.filter(|era| !matches!(era, Era::Old { until } if *until <= wire.clock.now()))
    }

    fn remember(&self, wire: &Wire, era: Era) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(wire.access.server.url.clone(), era);
    }

    /// The server has changed: the next operation asks again.
    pub(crate) fn forget(&self, wire: &Wire) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&wire.access.server.url);
    }
}

/// A conversation of one operation with a server.
pub(crate) struct Session {
    /// The protocol version that is spoken.
    pub(crate) version: ProtocolVersion,
    /// Name and version of the server, for people.
    pub(crate) server: String,
    id: Option<String>,
}

impl Session {
    /// Begins to speak: as the server did before, else the modern way first.
    pub(crate) fn open(wire: &Wire, eras: &Eras) -> Result<Self, ToolError> {
        match eras.of(wire) {
            Some(Era::Modern { server }) => Ok(Self { version: ProtocolVersion::V_2026_07_28, server, id: None }),
            Some(Era::Old { .. }) => Self::initialize(wire, eras),
            None => Self::discover(wire, eras),
        }
    }

    /// Whether every request stands for itself.
    pub(crate) fn is_modern(&self) -> bool {
        !self.version.has_initialize()
    }

    /// Whether the server keeps a session that can get lost.
    pub(crate) fn has_id(&self) -> bool {
        self.id.is_some()
    }

    fn discover(wire: &Wire, eras: &Eras) -> Result<Self, ToolError> {
        let modern = Self { version: ProtocolVersion::V_2026_07_28, server: String::new(), id: None };
        let request = ClientRequest::DiscoverRequest(DiscoverRequest::new(DiscoverRequestParams {}));
        match modern.request(wire, request, 1, None, HANDSHAKE) {
            Ok(Reply { message: Message::Result(result), .. }) => {
                let found: DiscoverResult = read(&result)?;
                if found.supported_versions.contains(&modern.version) {
                    let server = result.get("_meta").and_then(|meta| meta.get(SERVER_INFO)).map(introduced);
                    let server = server.unwrap_or_default();
                    eras.remember(wire, Era::Modern { server: server.clone() });
                    return Ok(Self { server, ..modern });
                }
                Self::among(wire, eras, &found.supported_versions)
            }
            Ok(Reply { message: Message::Error(error), .. }) | Err(Failure::TurnedAway(_, Some(error))) => {
                Self::after_refusal(wire, eras, error)
            }
            // Anything else that the new protocol does not know is the old one.
            Ok(Reply { message: Message::Accepted, .. }) | Err(Failure::TurnedAway(_, None)) => {
                Self::initialize(wire, eras)
            }
            Err(Failure::Told(error)) => Err(error),
        }
    }

    fn after_refusal(wire: &Wire, eras: &Eras, error: RpcError) -> Result<Self, ToolError> {
        let is = |code: ErrorCode| error.code == i64::from(code.0);
        if is(ErrorCode::UNSUPPORTED_PROTOCOL_VERSION) {
            let supported = error.data.get("supported").cloned().unwrap_or_default();
            return Self::among(wire, eras, &read::<Vec<ProtocolVersion>>(&supported)?);
        }
        if is(ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY) || is(ErrorCode::HEADER_MISMATCH) {
            return Err(error.told());
        }
        Self::initialize(wire, eras)
    }

    fn among(wire: &Wire, eras: &Eras, supported: &[ProtocolVersion]) -> Result<Self, ToolError> {
        if supported.iter().any(is_old) {
            return Self::initialize(wire, eras);
        }
        let names: Vec<&str> = supported.iter().map(ProtocolVersion::as_str).take(10).collect();
        Err(malformed(&format!("it speaks none of the known protocol versions, only {}", names.join(", "))))
    }

    fn initialize(wire: &Wire, eras: &Eras) -> Result<Self, ToolError> {
        let params = InitializeRequestParams::new(ClientCapabilities::default(), client())
            .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE);
        let id = RequestId::Number(0);
        let request = ClientRequest::InitializeRequest(InitializeRequest::new(params));
        let message = ClientJsonRpcMessage::request(request, id.clone());
        let reply = wire.post(&message, Some(&id), &[], HANDSHAKE).map_err(|failure| {
            eras.forget(wire);
            failure.told()
        })?;
        let result = match reply.message {
            Message::Result(result) => result,
            Message::Error(error) => {
                eras.forget(wire);
                return Err(error.told());
            }
            Message::Accepted => return Err(malformed("it did not answer `initialize`")),
        };
        let opened: InitializeResult = read(&result)?;
        let server = result.get("serverInfo").map(introduced).unwrap_or_default();
        let version = opened.protocol_version;
        if version == ProtocolVersion::V_2026_07_28 {
            eras.remember(wire, Era::Modern { server: server.clone() });
            return Ok(Self { version, server, id: None });
        }
        if !is_old(&version) {
            return Err(malformed(&format!("it chose the unknown protocol version {}", version.as_str())));
        }
        let session = Self { version, server, id: reply.session };
        let notification = ClientNotification::InitializedNotification(InitializedNotification::default());
        session.notify(wire, notification, HANDSHAKE).map_err(Failure::told)?;
        eras.remember(wire, Era::Old { until: wire.clock.now() + OLD_IS_BELIEVED });
        Ok(session)
    }

    /// Asks something. `name` is that of the tool, for the header that the modern protocol wants.
    pub(crate) fn request(
        &self,
        wire: &Wire,
        mut request: ClientRequest,
        number: i64,
        name: Option<&str>,
        limit: Duration,
    ) -> Result<Reply, Failure> {
        let method = request.method().to_owned();
        let mut headers = self.headers();
        if self.is_modern() {
            let context =
                RequestMetaObject::with_client_context(self.version.clone(), client(), ClientCapabilities::default());
            request.extensions_mut().insert(context);
            headers.push(("mcp-method", &method));
            headers.extend(name.map(|name| ("mcp-name", name)));
        }
        let id = RequestId::Number(number);
        wire.post(&ClientJsonRpcMessage::request(request, id.clone()), Some(&id), &headers, limit)
    }

    fn notify(&self, wire: &Wire, notification: ClientNotification, limit: Duration) -> Result<(), Failure> {
        wire.post(&ClientJsonRpcMessage::notification(notification), None, &self.headers(), limit).map(drop)
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        let mut headers = vec![("mcp-protocol-version", self.version.as_str())];
        headers.extend(self.id.as_deref().map(|id| ("mcp-session-id", id)));
        headers
    }

    /// Ends the conversation without making anybody wait: says that the request with the number was given up, and leaves the
    /// session. In the modern protocol the closed connection says both.
    pub(crate) fn close(self, wire: &Wire, given_up: Option<i64>) {
        if self.is_modern() || (self.id.is_none() && given_up.is_none()) {
            return;
        }
        let span = Millis(i64::try_from(FAREWELL.as_millis()).unwrap_or(0));
        let wire = Wire { cancellation: Default::default(), until: wire.clock.now() + span, ..wire.clone() };
        let farewell = move || {
            if let Some(number) = given_up {
                let param = CancelledNotificationParam::new(Some(RequestId::Number(number)), None);
                let notification = CancelledNotification::new(param);
                drop(self.notify(&wire, ClientNotification::CancelledNotification(notification), FAREWELL));
            }
            if self.id.is_some() {
                wire.delete(&self.headers(), FAREWELL);
            }
        };
        // Without a thread to spare the server finds out by itself.
        drop(std::thread::Builder::new().name("mcp-farewell".to_owned()).spawn(farewell));
    }
}

fn is_old(version: &ProtocolVersion) -> bool {
    ProtocolVersion::KNOWN_VERSIONS.contains(version) && version.has_initialize()
}

fn client() -> Implementation {
    Implementation::new("storywright", env!("CARGO_PKG_VERSION"))
}

/// Name and version of a server, as it says them.
fn introduced(info: &Value) -> String {
    let part = |key: &str| info.get(key).and_then(Value::as_str).map(words).unwrap_or_default();
    format!("{} {}", part("name"), part("version")).trim().chars().take(120).collect()
}

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> Result<T, ToolError> {
    serde_json::from_value(value.clone()).map_err(|error| malformed(&error.to_string()))
}
