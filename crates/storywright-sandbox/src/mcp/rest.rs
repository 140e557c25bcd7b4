//! The way from a tool to Jira or Confluence: a plain REST client with the caller's credential.

use std::time::Duration;

use serde_json::Value;
use ureq::{Agent, http};
use url::Url;

use crate::state::Service;

/// Longest that one request may take.
const PATIENCE: Duration = Duration::from_secs(75);

/// Why a tool did not do what it was asked, in the words that it says.
#[derive(Debug)]
pub(super) struct Told(String);

impl Told {
    pub(super) fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }

    /// The words alone.
    pub(super) fn words(&self) -> &str {
        &self.0
    }

    /// As mcp-atlassian says it: with the tool's name, without the product before it.
    pub(super) fn of_tool(&self, name: &str) -> String {
        let short = name.split_once('_').map_or(name, |(_, short)| short);
        format!("Error calling tool '{short}': {}", self.0)
    }
}

/// What sends requests.
#[derive(Clone)]
pub(super) struct Away(Agent);

impl Default for Away {
    fn default() -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            // Loopback is reached directly whatever the environment says.
            .proxy(None)
            // A connection that a fault closes is nobody else's.
            .max_idle_connections(0)
            .timeout_global(Some(PATIENCE))
            .user_agent(concat!("sandbox-mcp/", env!("CARGO_PKG_VERSION")));
        Self(Agent::new_with_config(config.build()))
    }
}

impl Away {
    /// The REST API of a product for one caller. `base` has the product's context path.
    pub(super) fn rest(
        &self,
        product: Service,
        base: String,
        authorization: Option<String>,
        request_id: Option<String>,
    ) -> Rest {
        Rest { agent: self.0.clone(), product, base, authorization, request_id }
    }
}

/// One caller's way.
pub(super) struct Rest {
    agent: Agent,
    product: Service,
    base: String,
    authorization: Option<String>,
    request_id: Option<String>,
}

impl Rest {
    /// Where the product is, with its context path.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// Reads. `path` begins behind the context path.
    pub(super) fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Told> {
        let mut url = self.url(path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request = self.request("GET", &url).body(()).map_err(|error| self.broken(&error))?;
        self.read(self.agent.run(request))
    }

    /// Sends a JSON document.
    pub(super) fn send(&self, method: &str, path: &str, body: &Value) -> Result<Value, Told> {
        let request = self.request(method, &self.url(path)?).header("content-type", "application/json");
        let request = request.body(body.to_string()).map_err(|error| self.broken(&error))?;
        self.read(self.agent.run(request))
    }

    /// Refuses a credential that is nobody's before anything else is asked.
    pub(super) fn check(&self) -> Result<(), Told> {
        let (path, name) = match self.product {
            Service::Confluence => ("/rest/api/user/current", "username"),
            _ => ("/rest/api/2/myself", "key"),
        };
        let me = self.get(path, &[]);
        let known = me.and_then(|me| if me[name].is_string() { Ok(()) } else { Err(self.refused(401)) });
        known.map_err(|problem| {
            Told::new(format!("Invalid user {} token or configuration: {}", self.name(), problem.words()))
        })
    }

    fn name(&self) -> &'static str {
        if self.product == Service::Confluence { "Confluence" } else { "Jira" }
    }

    fn url(&self, path: &str) -> Result<Url, Told> {
        Url::parse(&format!("{}{path}", self.base)).map_err(|error| self.broken(&error))
    }

    fn request(&self, method: &str, url: &Url) -> http::request::Builder {
        let mut request =
            http::Request::builder().method(method).uri(url.as_str()).header("accept", "application/json");
        for (name, value) in [("authorization", &self.authorization), ("x-request-id", &self.request_id)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        request
    }

    fn read(&self, answer: Result<http::Response<ureq::Body>, ureq::Error>) -> Result<Value, Told> {
        let mut answer = answer.map_err(|error| self.broken(&error))?;
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(u64::MAX).read_to_string();
        let body = body.map_err(|error| self.broken(&error))?;
        let json = serde_json::from_str::<Value>(&body).ok();
        match status {
            200..=299 if body.trim().is_empty() => Ok(Value::Null),
            200..=299 => json.ok_or_else(|| self.broken(&"the answer is no JSON")),
            401 | 403 => Err(self.refused(status)),
            _ => Err(Told::new(complaint(json.as_ref()).unwrap_or_else(|| format!("HTTP status {status}")))),
        }
    }

    fn refused(&self, status: u16) -> Told {
        Told::new(format!(
            "Authentication failed for {} API ({status}). Token may be expired or invalid. Please verify credentials.",
            self.name()
        ))
    }

    fn broken(&self, error: &dyn std::fmt::Display) -> Told {
        Told::new(format!("{} could not be reached: {error}", self.name()))
    }
}

/// The product's words. Which field an error belongs to gets lost, as it does in mcp-atlassian.
fn complaint(answer: Option<&Value>) -> Option<String> {
    let answer = answer?;
    let general = answer["errorMessages"].as_array().into_iter().flatten();
    let fields = answer["errors"].as_object().into_iter().flat_map(|errors| errors.values());
    let words: Vec<&str> =
        general.chain(fields).chain(std::iter::once(&answer["message"])).filter_map(Value::as_str).collect();
    (!words.is_empty()).then(|| words.join("\n"))
}
