//! Creating issues by a tool of an MCP server instead of the site's own REST API, where the administrator has declared how.
//!
//! The approved payload holds the fields as REST would take them, for reading back, and the call itself. What the tool does with an issue
//! beyond creating it is not known, so its word is not enough: an issue is created when Jira shows it, and every answer that is no clear
//! success is unknown, whatever the protocol says about sending again.

use crate::Ports;
use crate::tools::{self, CallRefused};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use storywright_domain::cancel::Cancellation;
use storywright_domain::jira::CreateOutcome;
use storywright_domain::ports::{ToolAccess, ToolError};
use storywright_domain::remote::{Access, ToolMapping};
use storywright_domain::tool::{ToolCall, ToolResult};

/// What stands where the parent's key goes, in the fields that REST would take.
const PARENT: &str = "@parent";
/// Most characters of a tool's words that are kept.
const WORDS: usize = 300;

/// A create call of a tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Through {
    /// Id of the MCP server.
    pub(super) server: String,
    /// The server's name of the tool.
    pub(super) tool: String,
    /// Arguments that are texts.
    arguments: Map<String, Value>,
    /// The argument that takes the other fields, as JSON in a text.
    fields_argument: String,
    /// Those fields.
    fields: Map<String, Value>,
    /// The one of them that takes the parent's key.
    parent_at: Option<String>,
    /// JSON pointer to the key in the result.
    key_at: String,
}

/// The payload of one issue: the fields that REST would take, and the call. The same for the same issue.
pub(super) fn payload(mapping: &ToolMapping, issue_type: &str, rest: &str) -> String {
    let Ok(Value::Object(mut whole)) = serde_json::from_str::<Value>(rest) else { return rest.to_owned() };
    let rest_fields = whole.get("fields").cloned().unwrap_or_default();
    let text = |pointer: &str| rest_fields.pointer(pointer).and_then(Value::as_str);
    let values = [
        ("{{project}}", text("/project/key")),
        ("{{summary}}", text("/summary")),
        ("{{issue_type}}", Some(issue_type)),
        ("{{issue_type_id}}", text("/issuetype/id")),
    ];
    let arguments = mapping.arguments.iter().map(|(name, template)| (name.clone(), filled(template, &values).into()));
    let arguments: Map<String, Value> = arguments.collect();
    let said = |name: &str| mapping.arguments.values().any(|template| template.contains(name));
    let mut fields = Map::new();
    let mut parent_at = None;
    for (id, value) in rest_fields.as_object().into_iter().flatten() {
        let by_argument = match id.as_str() {
            "project" => said("{{project}}"),
            "summary" => said("{{summary}}"),
            // A name may be another type's in another language: unless the id travels, it goes along.
            "issuetype" => said("{{issue_type_id}}"),
            _ => false,
        };
        if by_argument {
            continue;
        }
        let name = mapping.rename.get(id).unwrap_or(id).clone();
        let holds_parent = is_parent(id, value);
        // Tools take the parent by its key alone.
        let value = if id == "parent" { value.get("key").unwrap_or(value) } else { value };
        if holds_parent {
            parent_at = Some(name.clone());
        }
        fields.insert(name, value.clone());
    }
    let through = Through {
        server: mapping.server.clone(),
        tool: mapping.tool.clone(),
        arguments,
        fields_argument: mapping.fields_argument.clone(),
        fields,
        parent_at,
        key_at: mapping.key_at.clone(),
    };
    whole.remove("properties");
    whole.insert("through".to_owned(), serde_json::to_value(through).unwrap_or_default());
    Value::Object(whole).to_string()
}

fn is_parent(id: &str, value: &Value) -> bool {
    match id {
        "parent" => value.get("key").is_some_and(|key| key == PARENT),
        _ => id.starts_with("customfield_") && *value == PARENT,
    }
}

/// One pass over the template: what a value holds is never read as a name.
fn filled(template: &str, values: &[(&str, Option<&str>)]) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find("{{") {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        match values.iter().find(|(name, _)| rest.starts_with(name)) {
            Some((name, value)) => {
                text.push_str(value.unwrap_or_default());
                rest = &rest[name.len()..];
            }
            None => {
                text.push_str("{{");
                rest = &rest[2..];
            }
        }
    }
    text.push_str(rest);
    text
}

/// The tool call in an approved payload; `None` when the site's own REST API creates the issue.
pub(super) fn of(payload: &str) -> Option<Through> {
    let whole: Value = serde_json::from_str(payload).ok()?;
    serde_json::from_value(whole.get("through")?.clone()).ok()
}

impl Through {
    /// How the tool is reached as the person who creates the issues, if an administrator approved it for that as it is now.
    pub(super) fn open(
        &self,
        ports: &Ports,
        jira: &Access,
        project: &str,
        cancellation: &Cancellation,
    ) -> Result<ToolAccess, CallRefused> {
        let tool = (self.server.as_str(), self.tool.as_str());
        tools::open_writer(ports, jira.user, tool, project, &jira.request_id, cancellation)
    }

    /// The call, with the parent's key in its one place.
    fn call(&self, parent: Option<&str>) -> Result<ToolCall, &'static str> {
        let mut fields = self.fields.clone();
        if let Some(name) = &self.parent_at {
            let key = parent.ok_or("the parent issue is not known yet")?;
            fields.insert(name.clone(), key.into());
        }
        let mut arguments = self.arguments.clone();
        if !fields.is_empty() {
            arguments.insert(self.fields_argument.clone(), Value::Object(fields).to_string().into());
        }
        Ok(ToolCall { tool: self.tool.clone(), arguments: Value::Object(arguments).to_string() })
    }

    /// One call, never repeated. An issue is created when the result names it and Jira shows it.
    pub(super) fn create(
        &self,
        ports: &Ports,
        tools: &ToolAccess,
        jira: &Access,
        parent: Option<&str>,
    ) -> CreateOutcome {
        let call = match self.call(parent) {
            Ok(call) => call,
            Err(detail) => return CreateOutcome::NotSent { detail: detail.to_owned(), retry_after_ms: None },
        };
        // A call that is under way is finished and written down, whoever wants the run to stop.
        match ports.tools.call_tool(tools, &call, &Cancellation::new()) {
            Ok(result) => self.read(ports, jira, &result),
            Err(error) => outcome(error),
        }
    }

    fn read(&self, ports: &Ports, jira: &Access, result: &ToolResult) -> CreateOutcome {
        let unknown = |detail: String| CreateOutcome::Unknown { detail };
        if result.failed {
            let words: String = result.text.chars().filter(|c| !c.is_control()).take(WORDS).collect();
            return unknown(format!("the tool says that it failed: {words}"));
        }
        let json = result.json.as_deref().and_then(|json| serde_json::from_str::<Value>(json).ok());
        let key = json.as_ref().and_then(|json| json.pointer(&self.key_at)).and_then(Value::as_str);
        let Some(key) = key.filter(|key| is_key(key)) else {
            return unknown("the tool named no issue".to_owned());
        };
        match ports.jira.issue(jira, key, None) {
            Ok(Some(issue)) if issue.key == key => CreateOutcome::Created { id: issue.id, key: issue.key },
            Ok(_) => unknown(format!("the tool named {key}, which Jira does not show")),
            Err(error) => unknown(format!("the tool named {key}, which could not be read: {error}")),
        }
    }
}

/// `PAY-12`.
fn is_key(key: &str) -> bool {
    key.rsplit_once('-').is_some_and(|(project, number)| {
        let upper = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        !project.is_empty()
            && project.bytes().all(upper)
            && !number.is_empty()
            && number.bytes().all(|b| b.is_ascii_digit())
    })
}

/// What a call without a result means. Only what never left is not sent.
fn outcome(error: ToolError) -> CreateOutcome {
    match error {
        ToolError::Unreachable { .. } | ToolError::Certificate { .. } | ToolError::NotAllowed { .. } => {
            CreateOutcome::NotSent { detail: error.to_string(), retry_after_ms: None }
        }
        ToolError::Unauthorized { .. } => CreateOutcome::AuthLost { detail: error.to_string() },
        // Whose limit it is, before or behind the work, nobody says.
        ToolError::RateLimited { .. }
        | ToolError::NoAnswer { .. }
        | ToolError::Rejected { .. }
        | ToolError::AsksForMore { .. }
        | ToolError::Malformed { .. }
        | ToolError::Cancelled => CreateOutcome::Unknown { detail: error.to_string() },
    }
}

#[cfg(test)]
mod tests;
