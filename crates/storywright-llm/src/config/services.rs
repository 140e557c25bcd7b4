//! The `llm` part of `config.json`: which services there are, and how they are called.

use super::Problem;
use crate::template::Template;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::path::PathBuf;
use std::time::Duration;

/// The whole file. Its other keys belong to the server and are not looked at.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct ConfigFile {
    pub(super) llm: LlmPart,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct LlmPart {
    #[serde(rename = "$comment", default)]
    #[cfg_attr(test, schemars(with = "serde_json::Value"))]
    _comment: IgnoredAny,
    /// Streams that may be open at once.
    #[serde(default = "default_max_streams")]
    pub(super) max_streams: usize,
    /// The words of tool results are joined by `▁` instead of spaces, so that nothing in them reads like an order.
    #[serde(default)]
    pub(super) datamarking: bool,
    #[serde(default)]
    pub(super) files: Files,
    pub(super) services: Vec<Service>,
}

fn default_max_streams() -> usize {
    1_200
}

fn default_continuations() -> u32 {
    3
}

/// Most continuations of one answer: a model that is not done by then has lost its way.
const MOST_CONTINUATIONS: u32 = 20;

/// Names of the other files, seen from the folder of `config.json`.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(super) struct Files {
    pub(super) header: PathBuf,
    pub(super) payload: PathBuf,
    pub(super) prompts: PathBuf,
    /// Folder of what services were found to take, one file each.
    pub(super) dialects: PathBuf,
}

impl Default for Files {
    fn default() -> Self {
        Self {
            header: "header.json".into(),
            payload: "payload.json".into(),
            prompts: "prompts.json".into(),
            dialects: "dialects".into(),
        }
    }
}

/// One LLM service.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Service {
    #[serde(rename = "$comment", default)]
    #[cfg_attr(test, schemars(with = "serde_json::Value"))]
    _comment: IgnoredAny,
    /// Stable name: people's saved connections refer to it.
    pub(crate) name: String,
    /// Scheme, host, port and context path.
    pub(crate) base_url: String,
    /// Who owns a cookie.
    pub(crate) identity: Identity,
    /// Where chats go.
    pub(crate) chat: Chat,
    /// Model name, as the service knows it.
    pub(crate) model: String,
    /// Added to every chat request; `null` takes a key of the template out.
    #[serde(default)]
    pub(crate) parameters: Map<String, Value>,
    /// How far the service can be held to a JSON schema.
    #[serde(default)]
    pub(crate) structured: Structured,
    /// How the service calls tools.
    #[serde(default)]
    pub(crate) tools: Tools,
    /// Where the system prompt goes.
    #[serde(default)]
    pub(crate) system: System,
    /// How often the model is asked to go on after it ran into its length limit.
    #[serde(default = "default_continuations")]
    pub(crate) continuations: u32,
    #[serde(default)]
    pub(crate) timeouts: Timeouts,
    /// Plain HTTP is allowed; for a service on the same machine.
    #[serde(default)]
    pub(crate) allow_http: bool,
    /// Loopback addresses are allowed; for a service on the same machine.
    #[serde(default)]
    pub(crate) allow_loopback: bool,
    /// Certificates in PEM that are trusted for this service besides the public ones; seen from the folder of `config.json`.
    #[serde(default)]
    pub(crate) ca_file: Option<PathBuf>,
    /// What `ca_file` holds.
    #[serde(skip)]
    pub(crate) ca_pem: Option<String>,
}

/// `GET` that says whose a credential is.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Identity {
    pub(crate) path: String,
    /// Where in the answer the employee ID is.
    pub(crate) user_pointer: String,
    /// Where in the answer the name is.
    #[serde(default)]
    pub(crate) name_pointer: Option<String>,
}

/// `POST` that chats.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Chat {
    /// With a query, if the service wants one; `{{model}}` is replaced by the model's name.
    path: String,
}

impl Chat {
    /// Path and query for a model. Its name is one segment, whatever it holds.
    pub(crate) fn path(&self, model: &str) -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let segment: String = model
            .bytes()
            .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect();
        // Checked when the file was read.
        Template::parse(&self.path, &PATH_NAMES).map_or_else(|_| self.path.clone(), |path| path.render(|_| &segment))
    }
}

/// What may stand in the path of chats.
const PATH_NAMES: [&str; 1] = ["model"];

/// How far a service can be held to a JSON schema. Each step asks for less; what a service refuses is not asked of it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum Structured {
    /// It takes a schema.
    #[default]
    JsonSchema,
    /// It can be held to JSON, not to a schema.
    JsonObject,
    /// The prompt alone must do.
    None,
}

impl Structured {
    /// The next lesser step.
    pub(crate) fn less(self) -> Option<Self> {
        match self {
            Self::JsonSchema => Some(Self::JsonObject),
            Self::JsonObject => Some(Self::None),
            Self::None => None,
        }
    }
}

/// How a service calls tools. What it refuses is not asked of it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tools {
    /// It takes a list of tools and answers with calls.
    #[default]
    Native,
    /// It answers with a JSON object that says what it wants to do next.
    Json,
    /// It is not told of tools.
    None,
}

/// Where the system prompt goes. What a service refuses is not asked of it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum System {
    /// Into a place of its own, as `requests` says.
    #[default]
    Own,
    /// Before the user message, as `system_in_user` says: for models whose template has no such role.
    InUser,
}

/// Waits in milliseconds.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Timeouts {
    connect_ms: u64,
    first_byte_ms: u64,
    idle_ms: u64,
    total_ms: u64,
    retry_ms: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect_ms: 5_000, first_byte_ms: 90_000, idle_ms: 60_000, total_ms: 300_000, retry_ms: 20_000 }
    }
}

impl Timeouts {
    /// Until the connection stands.
    pub(crate) fn connect(&self) -> Duration {
        Duration::from_millis(self.connect_ms)
    }

    /// From there until the first byte of the answer.
    pub(crate) fn first_byte(&self) -> Duration {
        Duration::from_millis(self.first_byte_ms)
    }

    /// Between two pieces of the answer.
    pub(crate) fn idle(&self) -> Duration {
        Duration::from_millis(self.idle_ms)
    }

    /// For everything together.
    pub(crate) fn total(&self) -> Duration {
        Duration::from_millis(self.total_ms)
    }

    /// Longest pause between tries, all pauses of a call together.
    pub(crate) fn retry(&self) -> Duration {
        Duration::from_millis(self.retry_ms)
    }

    fn check(&self) -> Result<(), Problem> {
        let all = [
            ("connect_ms", self.connect_ms),
            ("first_byte_ms", self.first_byte_ms),
            ("idle_ms", self.idle_ms),
            ("total_ms", self.total_ms),
        ];
        match all.iter().find(|(_, value)| !(1..=3_600_000).contains(value)) {
            Some((key, value)) => {
                Err(Problem::new(format!("`{key}` is {value}"), "use milliseconds from 1 to 3600000").near(key))
            }
            None if self.retry_ms > self.total_ms => {
                Err(Problem::new("`retry_ms` is longer than `total_ms`", "make it shorter").near("retry_ms"))
            }
            None => Ok(()),
        }
    }
}

impl LlmPart {
    /// Refuses what the types let through.
    pub(super) fn check(&self) -> Result<(), Problem> {
        if self.services.is_empty() {
            return Err(Problem::new("`services` is empty", "name at least one LLM service").near("services"));
        }
        if self.max_streams == 0 {
            return Err(Problem::new("`max_streams` is 0", "use a number from 1").near("max_streams"));
        }
        for (index, service) in self.services.iter().enumerate() {
            service.check()?;
            if self.services[..index].iter().any(|other| other.name == service.name) {
                return Err(Problem::new(
                    format!("two services are named `{}`", service.name),
                    "give each service a name of its own",
                )
                .near(&service.name));
            }
        }
        Ok(())
    }
}

impl Service {
    fn check(&self) -> Result<(), Problem> {
        let name_ok = (1..=64).contains(&self.name.len())
            && self.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        if !name_ok {
            return Err(Problem::new(
                format!("`{}` cannot name a service", self.name),
                "use 1 to 64 letters, digits, `-`, `_` or `.`",
            )
            .near(&self.name));
        }
        let of_service = |problem: Problem| problem.within(&format!("service `{}`", self.name));
        Template::parse(&self.chat.path, &PATH_NAMES).map_err(of_service)?;
        for path in [&self.identity.path, &self.chat.path] {
            if !path.starts_with('/') || path.contains("..") {
                return Err(of_service(
                    Problem::new(format!("`{path}` is not a path"), "begin it with `/`; it is added to `base_url`")
                        .near(path),
                ));
            }
        }
        for pointer in std::iter::once(&self.identity.user_pointer).chain(&self.identity.name_pointer) {
            check_pointer(pointer).map_err(of_service)?;
        }
        if self.continuations > MOST_CONTINUATIONS {
            return Err(of_service(
                Problem::new(
                    format!("`continuations` is {}", self.continuations),
                    format!("use a number from 0 to {MOST_CONTINUATIONS}"),
                )
                .near("continuations"),
            ));
        }
        if self.model.trim().is_empty() {
            return Err(of_service(Problem::new("`model` is empty", "name the model").near("model")));
        }
        self.timeouts.check().map_err(of_service)
    }
}

/// Refuses what is not a JSON pointer (RFC 6901).
pub(super) fn check_pointer(pointer: &str) -> Result<(), Problem> {
    if pointer.is_empty() || pointer.starts_with('/') {
        return Ok(());
    }
    Err(Problem::new(
        format!("`{pointer}` is not a JSON pointer"),
        "write it with slashes, as in `/choices/0/delta/content`",
    )
    .near(pointer))
}
