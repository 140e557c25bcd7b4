//! When the prompt plainly asks for a look-up and tools are offered, one of them is called.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value, json};

use super::writer::{self, prompt::content_text};

static LOOK_UP: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(look(?:ing)? up|look for|search|find|check|fetch|read|consult|query|list|get|see|use)\b[^.?!\n]{0,80}\b(confluence|jira|wiki|page|pages|issue|issues|ticket|tickets|backlog|epic|epics|space|documentation|[A-Z][A-Z0-9]+-\d+)\b",
    )
    .ok()
});
static ISSUE_KEY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b[A-Z][A-Z0-9]{1,9}-\d{1,7}\b").ok());
static PAGE_ID: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\bpage(?:\s*id)?\s*[:#]?\s*(\d{3,})\b").ok());
static QUOTED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"["“]([^"”\n]{2,80})["”]"#).ok());

/// A call the model makes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ToolCall {
    /// Name of the offered tool.
    pub(crate) name: String,
    /// Arguments as JSON text.
    pub(crate) arguments: String,
}

/// The call for this request, if it asks for one.
pub(crate) fn call(request: &Value) -> Option<ToolCall> {
    let tools = request["tools"].as_array().filter(|tools| !tools.is_empty())?;
    let choice = &request["tool_choice"];
    if choice == "none" {
        return None;
    }
    let messages = request["messages"].as_array()?;
    let told: Vec<String> =
        messages.iter().filter(|m| m["role"] == "user").map(|m| content_text(&m["content"])).collect();
    let text = told.join("\n");
    if let Some(name) = choice["function"]["name"].as_str() {
        let tool = tools.iter().find(|t| t["function"]["name"] == name)?;
        return Some(made(tool, &text));
    }
    let answered = messages.iter().any(|m| m["role"] == "tool");
    let asked = LOOK_UP.as_ref().and_then(|pattern| pattern.find(&text));
    match (choice == "required", answered, asked) {
        (true, ..) => Some(made(best(tools, asked.map_or(text.as_str(), |a| a.as_str())), &text)),
        (false, false, Some(asked)) => Some(made(best(tools, asked.as_str()), &text)),
        _ => None,
    }
}

/// The tool whose name and description share most words with what was asked; the first one on a tie.
fn best<'a>(tools: &'a [Value], asked: &str) -> &'a Value {
    let lower = asked.to_lowercase();
    let confluence = ["confluence", "wiki", "page", "space", "documentation"].iter().any(|w| lower.contains(w));
    let key = has(&ISSUE_KEY, asked);
    let id = has(&PAGE_ID, asked);
    let score = |tool: &Value| -> i32 {
        let name = tool["function"]["name"].as_str().unwrap_or_default().to_lowercase();
        let about = format!("{name} {}", tool["function"]["description"].as_str().unwrap_or_default().to_lowercase());
        let mut points = 0;
        points += if about.contains(if confluence { "confluence" } else { "jira" }) { 6 } else { 0 };
        points += if name.contains(if key || id { "get" } else { "search" }) { 4 } else { 0 };
        points += if key && name.contains("issue") || id && name.contains("page") { 3 } else { 0 };
        points -=
            if ["create", "update", "delete", "add", "transition", "link", "batch"].iter().any(|w| name.contains(w)) {
                8
            } else {
                0
            };
        let shared = lower.split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() > 3 && about.contains(w)).count();
        points + i32::try_from(shared).unwrap_or(0)
    };
    let mut chosen = &tools[0];
    for tool in tools {
        if score(tool) > score(chosen) {
            chosen = tool;
        }
    }
    chosen
}

fn made(tool: &Value, text: &str) -> ToolCall {
    let schema = &tool["function"]["parameters"];
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let term = first(&QUOTED, text, 1)
        .unwrap_or_else(|| writer::topics(text).into_iter().next().unwrap_or_else(|| "requirements".to_owned()));
    let mut arguments = Map::new();
    for (name, part) in schema["properties"].as_object().into_iter().flatten() {
        let value = argument(name, &term, text);
        if let Some(value) = value {
            arguments.insert(name.clone(), value);
        } else if required.contains(&name.as_str()) {
            arguments.insert(name.clone(), super::schema::fill(part, &json!(term)));
        }
    }
    ToolCall {
        name: tool["function"]["name"].as_str().unwrap_or_default().to_owned(),
        arguments: Value::Object(arguments).to_string(),
    }
}

fn argument(name: &str, term: &str, text: &str) -> Option<Value> {
    let quoted = term.replace('"', "");
    Some(match name {
        "jql" => json!(format!("text ~ \"{quoted}\" ORDER BY updated DESC")),
        "cql" => json!(format!("type = page AND text ~ \"{quoted}\"")),
        "query" | "q" | "text" | "keyword" | "search" => json!(quoted),
        "issue_key" | "issueKey" | "key" => json!(first(&ISSUE_KEY, text, 0)?),
        "page_id" | "pageId" => json!(first(&PAGE_ID, text, 1)?),
        _ => return None,
    })
}

fn has(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    pattern.as_ref().is_some_and(|p| p.is_match(text))
}

fn first(pattern: &LazyLock<Option<Regex>>, text: &str, group: usize) -> Option<String> {
    pattern.as_ref()?.captures(text)?.get(group).map(|m| m.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(text: &str, choice: Value) -> Value {
        let tool = |name: &str, property: &str| {
            json!({"type": "function", "function": {"name": name, "description": "", "parameters": {
                "type": "object", "properties": {property: {"type": "string"}}, "required": [property]}}})
        };
        json!({"messages": [{"role": "user", "content": text}], "tool_choice": choice, "tools": [
            tool("jira_create_issue", "summary"), tool("jira_search", "jql"), tool("jira_get_issue", "issue_key"),
            tool("confluence_search", "query")]})
    }

    #[test]
    fn a_plain_request_calls_the_fitting_read_tool() {
        let call = |text: &str| call(&request(text, json!("auto"))).map(|c| (c.name, c.arguments));
        let found = call("Search Confluence for \"refund rules\" first. Customers must get refunds.").unwrap();
        assert_eq!(found, ("confluence_search".to_owned(), r#"{"query":"refund rules"}"#.to_owned()));
        assert_eq!(call("Check issue PAY-12 before you write.").unwrap().1, r#"{"issue_key":"PAY-12"}"#);
        assert_eq!(call("Customers must get refunds within a day."), None);
    }

    #[test]
    fn the_choice_is_obeyed() {
        assert_eq!(call(&request("Search Jira for refunds", json!("none"))), None);
        assert!(call(&request("Write a story", json!("required"))).is_some());
        let named = json!({"type": "function", "function": {"name": "jira_create_issue"}});
        assert_eq!(call(&request("Write a story", named)).unwrap().name, "jira_create_issue");
    }
}
