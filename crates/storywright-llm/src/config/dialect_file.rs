//! `dialects/<service>.json`: what a service was found to take, so that it need not be learned from its refusals after every start.

use super::services::{Service, Structured, System, Tools};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

/// What is asked of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Dialect {
    /// How far it is held to a schema.
    pub(crate) structured: Structured,
    /// How it calls tools.
    pub(crate) tools: Tools,
    /// Where the system prompt goes.
    pub(crate) system: System,
    /// Optional keys of the request that it does not take.
    #[serde(default)]
    pub(crate) left_out: Vec<String>,
}

impl Dialect {
    /// As `config.json` says, before anything was refused.
    pub(crate) fn configured(service: &Service) -> Self {
        Self { structured: service.structured, tools: service.tools, system: service.system, left_out: Vec::new() }
    }
}

/// The file. `storywright doctor llm` writes it.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct DialectFile {
    #[serde(rename = "$schema", default, skip_serializing)]
    #[cfg_attr(test, schemars(with = "serde_json::Value"))]
    _schema: IgnoredAny,
    #[serde(rename = "$comment", default, skip_serializing)]
    #[cfg_attr(test, schemars(with = "serde_json::Value"))]
    _comment: IgnoredAny,
    /// Name of the service in `config.json`.
    pub(crate) service: String,
    /// Its address when it was asked. At another one this file says nothing.
    pub(crate) base_url: String,
    /// Its model when it was asked. Of another one this file says nothing.
    pub(crate) model: String,
    /// When it was asked.
    pub(crate) probed_at: String,
    /// What it takes; stands above `structured`, `tools` and `system` of the service in `config.json`.
    pub(crate) dialect: Dialect,
    /// What was seen besides, for people.
    pub(crate) seen: Seen,
}

/// What was seen of a service, for people.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Seen {
    /// Its answers come in pieces.
    pub(crate) streams: bool,
    /// It counts tokens.
    pub(crate) counts_tokens: bool,
    /// Milliseconds until the first piece of text.
    pub(crate) first_text_ms: u64,
}

impl DialectFile {
    /// A file about a service: its name, address and model.
    pub(crate) fn new(
        (service, base_url, model): (String, String, String),
        probed_at: String,
        dialect: Dialect,
        seen: Seen,
    ) -> Self {
        Self { _schema: IgnoredAny, _comment: IgnoredAny, service, base_url, model, probed_at, dialect, seen }
    }

    /// The dialect, if the file is about this service as it is configured now.
    pub(crate) fn of(self, service: &Service) -> Option<Dialect> {
        let about_it = self.service == service.name && self.base_url == service.base_url && self.model == service.model;
        if !about_it {
            log::warn!(service = service.name.as_str(); "the dialect file is about another address or model and not used: run `storywright doctor llm` again");
        }
        about_it.then_some(self.dialect)
    }
}
