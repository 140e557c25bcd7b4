//! `header.json`: the headers of each service.

use super::Problem;
use crate::template::Template;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use storywright_domain::Secret;

/// What may stand in a header.
const NAMES: [&str; 4] = ["cookie", "model", "request_id", "service"];

/// Headers that every call has anyway.
const RESERVED: [&str; 10] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-request-id",
];

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct HeaderFile {
    #[serde(rename = "$schema", default)]
    #[cfg_attr(test, schemars(with = "serde_json::Value"))]
    _schema: IgnoredAny,
    #[serde(rename = "$comment", default)]
    #[cfg_attr(test, schemars(with = "serde_json::Value"))]
    _comment: IgnoredAny,
    /// Headers of every service.
    default: BTreeMap<String, String>,
    /// Headers of single services; `null` takes a default away.
    #[serde(default)]
    services: BTreeMap<String, BTreeMap<String, Option<String>>>,
}

/// The headers of one service.
#[derive(Debug)]
pub(crate) struct Headers(Vec<(String, Template)>);

impl Headers {
    /// Each header with its value. `value` gives the credential for `cookie`, so what comes out is secret.
    pub(crate) fn render<'a>(&'a self, value: impl Fn(&str) -> &'a str) -> Vec<(&'a str, Secret)> {
        self.0.iter().map(|(name, template)| (name.as_str(), Secret::new(template.render(&value)))).collect()
    }
}

impl HeaderFile {
    /// The headers of the service with this name.
    pub(super) fn of(&self, service: &str) -> Result<Headers, Problem> {
        let mut merged: Vec<(&str, Option<&str>)> =
            self.default.iter().map(|(name, value)| (name.as_str(), Some(value.as_str()))).collect();
        for (name, value) in self.services.get(service).into_iter().flatten() {
            merged.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
            merged.push((name, value.as_deref()));
        }
        let mut headers = Vec::new();
        for (name, value) in merged {
            if let Some(value) = value {
                headers.push((name.to_owned(), header(name, value)?));
            }
        }
        if !headers.iter().any(|(_, template)| template.names().any(|name| name == "cookie")) {
            return Err(Problem::new(
                format!("no header of service `{service}` carries `{{{{cookie}}}}`"),
                "say where the credential goes, as in \"Cookie\": \"{{cookie}}\"",
            ));
        }
        Ok(Headers(headers))
    }

    /// Refuses headers of services that do not exist.
    pub(super) fn check(&self, services: &[&str]) -> Result<(), Problem> {
        super::known_services(self.services.keys(), services)
    }
}

fn header(name: &str, value: &str) -> Result<Template, Problem> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(token) {
        return Err(Problem::new(format!("`{name}` cannot name a header"), "use letters, digits and `-`").near(name));
    }
    if RESERVED.contains(&name.to_ascii_lowercase().as_str()) {
        return Err(
            Problem::new(format!("the header `{name}` is sent with every call anyway"), "take it out").near(name)
        );
    }
    if value.chars().any(|c| c.is_control() || !c.is_ascii()) {
        // The value may be a key of the company: it is not repeated.
        return Err(Problem::new(
            format!("the value of `{name}` holds characters that no header can hold"),
            "use printable ASCII",
        )
        .near(name));
    }
    Template::parse(value, &NAMES)
        .map_err(|problem| Problem { near: None, ..problem }.near(name).within(&format!("header `{name}`")))
}
