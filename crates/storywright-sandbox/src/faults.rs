//! Rules that say which request meets which fault.

use std::sync::Mutex;

use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    fault_kind::FaultKind,
    state::{Service, lock},
};

/// A fault and the requests that it waits for.
///
/// `path` is compared with the whole path and with the path below the service's prefix. A leading `^` makes it a regular
/// expression; otherwise it is a glob in which `*` stands for one path segment or a part of it and `**` for anything.
///
/// A message to an MCP server counts as a request to the server's path with the message's method and tool behind it:
/// `/jira/tools/list`, `/jira/tools/call/jira_search`, `/confluence/initialize`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FaultRule {
    /// Number given by the sandbox; ignored on the way in.
    #[serde(default)]
    pub id: u64,
    /// Service that misbehaves.
    pub service: Service,
    /// Only for this HTTP method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Only for this path; every path of the service when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Only for requests of this person: handle, employee ID or Jira key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// How many requests meet the fault; `None` (JSON null) for ever.
    #[serde(default = "once")]
    pub times: Option<u64>,
    /// How many matching requests pass first.
    #[serde(default)]
    pub skip: u64,
    /// What happens.
    #[serde(flatten)]
    pub kind: FaultKind,
}

#[expect(clippy::unnecessary_wraps, reason = "serde default for an optional field")]
fn once() -> Option<u64> {
    Some(1)
}

/// A rule that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadRule {
    /// The path is no regular expression.
    #[error("path `{path}` is not a regular expression: {source}")]
    Path {
        /// The path as given.
        path: String,
        /// Why.
        source: regex::Error,
    },
    /// A field that no rule has.
    #[error("unknown field `{0}` in a fault rule")]
    UnknownField(String),
    /// The JSON does not have a rule's shape.
    #[error("not a fault rule: {0}")]
    Shape(#[from] serde_json::Error),
}

impl FaultRule {
    /// A rule for the next request to `service`.
    #[must_use]
    pub fn new(service: Service, kind: FaultKind) -> Self {
        let times = if kind.lasts() { None } else { Some(1) };
        Self { id: 0, service, method: None, path: None, person: None, times, skip: 0, kind }
    }

    /// Limits the rule to one method and path.
    #[must_use]
    pub fn on(mut self, method: &str, path: &str) -> Self {
        self.method = Some(method.to_owned());
        self.path = Some(path.to_owned());
        self
    }

    /// Limits the rule to one person.
    #[must_use]
    pub fn for_person(mut self, who: &str) -> Self {
        self.person = Some(who.to_owned());
        self
    }

    /// Meets `times` requests.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Meets every request until the rule is removed.
    #[must_use]
    pub fn for_ever(mut self) -> Self {
        self.times = None;
        self
    }

    /// Lets the first `skip` matching requests pass.
    #[must_use]
    pub fn after(mut self, skip: u64) -> Self {
        self.skip = skip;
        self
    }

    /// Reads a rule from JSON and refuses fields that nobody would act on.
    ///
    /// # Errors
    /// When a field is unknown, has the wrong type, or the path cannot be compiled.
    pub fn from_json(json: &Value) -> Result<Self, BadRule> {
        const KNOWN: [&str; 17] = [
            "id",
            "service",
            "method",
            "path",
            "person",
            "times",
            "skip",
            "kind",
            "ms",
            "code",
            "body",
            "headers",
            "seconds",
            "after_bytes",
            "tool",
            "text",
            "bytes",
        ];
        if let Some(object) = json.as_object()
            && let Some(name) = object.keys().find(|name| !KNOWN.contains(&name.as_str()))
        {
            return Err(BadRule::UnknownField(name.clone()));
        }
        let mut rule: Self = serde_json::from_value(json.clone())?;
        if rule.kind.lasts() && json.get("times").is_none() {
            rule.times = None;
        }
        Ok(rule)
    }
}

/// What the faults decided for one request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Decision {
    pub(crate) delay_before_ms: u64,
    pub(crate) delay_after_ms: u64,
    pub(crate) effects: Effects,
    /// Faults of tool lists and results, for the MCP servers.
    pub(crate) spoils: Vec<FaultKind>,
    pub(crate) action: Option<FaultKind>,
    /// Names of the faults that took part, for the log.
    pub(crate) names: Vec<&'static str>,
}

/// Faults that handlers themselves must act on; found in the request's extensions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    /// Search hides issues younger than this many milliseconds; -1 hides all that were created after seeding.
    pub(crate) index_lag_ms: Option<i64>,
    /// Take the credential for nobody's.
    pub(crate) anonymous: bool,
}

struct Armed {
    rule: FaultRule,
    pattern: Option<Regex>,
}

/// The rules that wait.
#[derive(Default)]
pub(crate) struct Faults {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    next_id: u64,
    armed: Vec<Armed>,
}

/// The request as rules see it.
pub(crate) struct Seen<'a> {
    pub(crate) service: Service,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    /// Handle, employee ID and Jira key of the sender.
    pub(crate) person: Option<[&'a str; 3]>,
}

impl Faults {
    /// Arms a rule and gives its number.
    pub(crate) fn add(&self, mut rule: FaultRule) -> Result<u64, BadRule> {
        let pattern = rule.path.as_deref().map(compile).transpose()?;
        let mut inner = lock(&self.inner);
        inner.next_id += 1;
        rule.id = inner.next_id;
        inner.armed.push(Armed { rule, pattern });
        Ok(inner.next_id)
    }

    /// The rules that still wait, with what is left of their `times` and `skip`.
    pub(crate) fn list(&self) -> Vec<FaultRule> {
        lock(&self.inner).armed.iter().map(|armed| armed.rule.clone()).collect()
    }

    /// Removes all rules.
    pub(crate) fn clear(&self) {
        lock(&self.inner).armed.clear();
    }

    /// Removes one rule; false when it was gone already.
    pub(crate) fn remove(&self, id: u64) -> bool {
        let mut inner = lock(&self.inner);
        let before = inner.armed.len();
        inner.armed.retain(|armed| armed.rule.id != id);
        inner.armed.len() < before
    }

    /// Decides for one request and uses up the rules that take part: all that combine, and the first that does not.
    pub(crate) fn decide(&self, seen: &Seen<'_>) -> Decision {
        let mut decision = Decision::default();
        let mut inner = lock(&self.inner);
        for armed in &mut inner.armed {
            if !armed.matches(seen) || (decision.action.is_some() && !armed.rule.kind.combines()) {
                continue;
            }
            if armed.rule.skip > 0 {
                armed.rule.skip -= 1;
                continue;
            }
            if let Some(left) = &mut armed.rule.times {
                *left = left.saturating_sub(1);
            }
            decision.names.push(armed.rule.kind.name());
            match &armed.rule.kind {
                FaultKind::DelayMs { ms } => decision.delay_before_ms += ms,
                FaultKind::DelayAfterMs { ms } => decision.delay_after_ms += ms,
                FaultKind::IndexLagMs { ms } => decision.effects.index_lag_ms = Some(*ms),
                FaultKind::Anonymous => decision.effects.anonymous = true,
                kind if kind.spoils_tools() || kind.spoils_results() => decision.spoils.push(kind.clone()),
                other => decision.action = Some(other.clone()),
            }
        }
        inner.armed.retain(|armed| armed.rule.times != Some(0));
        decision
    }
}

impl Armed {
    fn matches(&self, seen: &Seen<'_>) -> bool {
        let rule = &self.rule;
        rule.kind.reaches(seen.path)
            && rule.service == seen.service
            && rule.times != Some(0)
            && rule.method.as_deref().is_none_or(|m| m.eq_ignore_ascii_case(seen.method))
            && rule.person.as_deref().is_none_or(|who| seen.person.is_some_and(|names| names.contains(&who)))
            && self.pattern.as_ref().is_none_or(|pattern| {
                let below = seen.path.strip_prefix(seen.service.prefix()).unwrap_or(seen.path);
                pattern.is_match(seen.path) || pattern.is_match(below)
            })
    }
}

fn compile(path: &str) -> Result<Regex, BadRule> {
    let source = if path.starts_with('^') { path.to_owned() } else { glob(path) };
    Regex::new(&source).map_err(|source| BadRule::Path { path: path.to_owned(), source })
}

fn glob(path: &str) -> String {
    let parts: Vec<String> =
        path.split("**").map(|part| part.split('*').map(regex::escape).collect::<Vec<_>>().join("[^/]*")).collect();
    format!("^{}$", parts.join(".*"))
}
