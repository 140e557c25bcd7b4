//! Looking things up before writing: the model plans its next call from the tools that it is offered and from what came back so far.
//!
//! It searches Confluence and Jira for the topic of the requirements, reads the best hits, asks at most one thing, then says that it is
//! ready. Calls travel as tool calls where tools are offered, else as the JSON steps that the schema describes.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value, json};

use super::{
    answer::Answer,
    schema,
    tools::ToolCall,
    writer::{self, prompt::Prompt, prompt::content_text},
};

/// Pages that are read whole.
const PAGES: usize = 2;
/// Issues that are read whole.
const ISSUES: usize = 1;

static STEP: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?s)Step \d+: you called ([A-Za-z0-9_-]+) with (\{.*?\})\. What came back:\n(.*?)\n</result").ok()
});
static LISTED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?m)^- ([A-Za-z0-9_-]{1,64}): (.*?) ?Arguments: (\{.*\})$").ok());
static ISSUE_KEY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b[A-Z][A-Z0-9]{1,9}-\d{1,7}\b").ok());
static PAGE_ID: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?i)\\?"(?:id|page_?id|content_?id)\\?"\s*:\s*\\?"?(\d{2,})"#).ok());
static ID_LINE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)\b(?:page )?id:?\s+(\d{4,})\b").ok());

/// A tool as it is offered.
pub(super) struct Offer {
    pub(super) name: String,
    about: String,
    parameters: Value,
}

/// A call that lies behind, with what came back.
pub(super) struct Past {
    pub(super) name: String,
    pub(super) arguments: String,
    pub(super) result: String,
}

/// Whether the request is one for looking things up.
pub(super) fn asked(request: &Value) -> bool {
    let messages = request["messages"].as_array().into_iter().flatten();
    messages
        .filter(|m| m["role"] == "system")
        .any(|m| content_text(&m["content"]).trim_start().starts_with("Call: gather"))
}

/// What the model does next.
pub(super) fn next(request: &Value) -> Answer {
    let messages = request["messages"].as_array().map_or(&[][..], Vec::as_slice);
    let prompt = Prompt::read(messages);
    let offers = offers(request);
    let past = past(messages);
    match open(&prompt, &offers, &past).or_else(|| plan(&prompt, &offers, &past)) {
        Some(call) => called(request, call),
        None => finished(request, &done(&prompt, &past)),
    }
}

/// A call in the form that the request wants.
pub(super) fn called(request: &Value, call: ToolCall) -> Answer {
    if request["tools"].as_array().is_some_and(|tools| !tools.is_empty()) {
        return Answer::Tool(call);
    }
    Answer::Text(
        json!({"action": "call_tool", "tool": call.name, "arguments": call.arguments, "answer": null}).to_string(),
    )
}

/// The end of looking in the form that the request wants.
pub(super) fn finished(request: &Value, answer: &Value) -> Answer {
    let wanted = &request["response_format"]["json_schema"]["schema"];
    let native = request["tools"].as_array().is_some_and(|tools| !tools.is_empty());
    if native || wanted["properties"]["action"].is_null() && wanted.is_object() {
        let shaped = if wanted.is_object() { schema::fill(wanted, answer) } else { answer.clone() };
        return Answer::Text(shaped.to_string());
    }
    Answer::Text(json!({"action": "answer", "tool": null, "arguments": null, "answer": answer}).to_string())
}

fn done(prompt: &Prompt, past: &[Past]) -> Value {
    let question = match writer::write(prompt)["clarify"].as_str() {
        Some(question) if prompt.answers.is_empty() && past.iter().all(|call| call.result.trim().is_empty()) => {
            json!(question)
        }
        _ => Value::Null,
    };
    let read = past.iter().filter(|call| !call.name.contains("search")).count();
    json!({"ask": question, "note": format!("{} calls, {read} of them read a page or an issue.", past.len())})
}

/// The tools of the request: its list, or the lines of the system prompt.
pub(super) fn offers(request: &Value) -> Vec<Offer> {
    let listed = request["tools"].as_array().into_iter().flatten().map(|tool| Offer {
        name: tool["function"]["name"].as_str().unwrap_or_default().to_owned(),
        about: tool["function"]["description"].as_str().unwrap_or_default().to_lowercase(),
        parameters: tool["function"]["parameters"].clone(),
    });
    let messages = request["messages"].as_array().into_iter().flatten();
    let system: String =
        messages.filter(|m| m["role"] == "system").map(|m| content_text(&m["content"]) + "\n").collect();
    let told = LISTED.as_ref().into_iter().flat_map(|line| line.captures_iter(&system)).map(|found| Offer {
        name: found[1].to_owned(),
        about: found[2].to_lowercase(),
        parameters: serde_json::from_str(&found[3]).unwrap_or_default(),
    });
    listed.chain(told.collect::<Vec<_>>()).filter(|offer| !offer.name.is_empty()).collect()
}

/// The calls so far.
pub(super) fn past(messages: &[Value]) -> Vec<Past> {
    let mut past: Vec<(String, Past)> = Vec::new();
    for message in messages {
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            past.push((
                call["id"].as_str().unwrap_or_default().to_owned(),
                Past {
                    name: call["function"]["name"].as_str().unwrap_or_default().to_owned(),
                    arguments: call["function"]["arguments"].as_str().unwrap_or_default().to_owned(),
                    result: String::new(),
                },
            ));
        }
        if message["role"] == "tool"
            && let Some((_, call)) = past.iter_mut().find(|(id, _)| message["tool_call_id"] == id.as_str())
        {
            call.result = content_text(&message["content"]);
        }
    }
    let user: String =
        messages.iter().filter(|m| m["role"] == "user").map(|m| content_text(&m["content"]) + "\n").collect();
    let told = STEP.as_ref().into_iter().flat_map(|step| step.captures_iter(&user)).map(|found| Past {
        name: found[1].to_owned(),
        arguments: found[2].to_owned(),
        result: found[3].to_owned(),
    });
    past.into_iter().map(|(_, call)| call).chain(told.collect::<Vec<_>>()).collect()
}

/// Opens what it wants to call, when tools are only listed with a line each.
fn open(prompt: &Prompt, offers: &[Offer], past: &[Past]) -> Option<ToolCall> {
    let opener = offers.iter().find(|offer| offer.name == "open_tools")?;
    if past.iter().any(|call| call.name == opener.name) {
        return None;
    }
    let mut listed = Vec::new();
    let mut prefix = "";
    for line in prompt.hints.lines() {
        match line.strip_prefix("Names begin with ") {
            Some(begin) => prefix = begin.trim_end_matches(':'),
            None => listed.push(format!("{prefix}{}", line.split(['(', ':']).next().unwrap_or_default().trim())),
        }
    }
    let wanted = [("confluence", "search"), ("jira", "search"), ("confluence", "get_page"), ("jira", "get_issue")];
    let first = |(product, part): &(&str, &str)| {
        let fits = |name: &&String| name.contains(product) && name.contains(part) && !name.contains("children");
        listed.iter().find(fits).cloned()
    };
    let names: Vec<String> = wanted.iter().filter_map(first).collect();
    (!names.is_empty()).then(|| opener.call(|name| (name == "names").then(|| json!(names))))
}

/// The next call, while there is something left to look at.
fn plan(prompt: &Prompt, offers: &[Offer], past: &[Past]) -> Option<ToolCall> {
    let term = term(prompt);
    for product in ["confluence", "jira"] {
        let search = offers.iter().find(|offer| offer.of(product) && offer.has("search"));
        if let Some(search) = search.filter(|search| !past.iter().any(|call| call.name == search.name)) {
            return Some(search.call(|name| searched(name, &term)));
        }
    }
    let page = offers.iter().find(|offer| offer.of("confluence") && offer.has("get_page") && !offer.has("children"));
    if let Some(page) = page {
        let read = past.iter().filter(|call| call.name == page.name).count();
        let ids = found(past, "confluence", &[&PAGE_ID, &ID_LINE]);
        let next = ids
            .into_iter()
            .find(|id| !past.iter().any(|call| call.name == page.name && call.arguments.contains(id.as_str())));
        if let Some(id) = next.filter(|_| read < PAGES) {
            return Some(
                page.call(|name| matches!(name, "page_id" | "pageId" | "id" | "content_id").then(|| json!(id))),
            );
        }
    }
    let issue = offers.iter().find(|offer| offer.of("jira") && offer.has("get_issue"))?;
    let read = past.iter().filter(|call| call.name == issue.name).count();
    let next = found(past, "jira", &[&ISSUE_KEY])
        .into_iter()
        .find(|key| !past.iter().any(|call| call.name == issue.name && call.arguments.contains(key.as_str())));
    let key = next.filter(|_| read < ISSUES)?;
    Some(issue.call(|name| matches!(name, "issue_key" | "issueKey" | "key").then(|| json!(key))))
}

/// What the searches of a product found, the best first.
fn found(past: &[Past], product: &str, patterns: &[&LazyLock<Option<Regex>>]) -> Vec<String> {
    let results = past.iter().filter(|call| call.name.contains(product) && call.name.contains("search"));
    let mut found: Vec<String> = Vec::new();
    for call in results {
        for pattern in patterns.iter().filter_map(|pattern| pattern.as_ref()) {
            for hit in pattern.captures_iter(&call.result) {
                let hit = hit.get(1).or_else(|| hit.get(0)).map_or("", |found| found.as_str()).to_owned();
                if !found.contains(&hit) {
                    found.push(hit);
                }
            }
        }
    }
    found
}

/// What to search for: the topic of the requirements.
fn term(prompt: &Prompt) -> String {
    let topic = writer::topics(&prompt.requirements).into_iter().next();
    topic
        .unwrap_or_else(|| prompt.requirements.split_whitespace().take(3).collect::<Vec<_>>().join(" "))
        .replace('"', "")
}

fn searched(name: &str, term: &str) -> Option<Value> {
    Some(match name {
        "jql" => json!(format!("text ~ \"{term}\" ORDER BY updated DESC")),
        "cql" => json!(format!("type = page AND text ~ \"{term}\"")),
        "query" | "q" | "text" | "keyword" | "search" | "words" => json!(term),
        "limit" => json!(5),
        _ => return None,
    })
}

impl Offer {
    fn of(&self, product: &str) -> bool {
        self.name.to_lowercase().contains(product) || self.about.contains(product)
    }

    fn has(&self, part: &str) -> bool {
        self.name.to_lowercase().contains(part)
    }

    /// A call with these arguments, and something fitting for what else is required.
    pub(super) fn call(&self, argument: impl Fn(&str) -> Option<Value>) -> ToolCall {
        let required: Vec<&str> =
            self.parameters["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut arguments = Map::new();
        for (name, part) in self.parameters["properties"].as_object().into_iter().flatten() {
            match argument(name) {
                Some(value) => drop(arguments.insert(name.clone(), value)),
                None if required.contains(&name.as_str()) => {
                    arguments.insert(name.clone(), schema::fill(part, &part["default"]));
                }
                None => {}
            }
        }
        ToolCall { name: self.name.clone(), arguments: Value::Object(arguments).to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str, property: &str) -> Value {
        json!({"type": "function", "function": {"name": name, "description": "", "parameters": {
            "type": "object", "properties": {property: {"type": "string"}}, "required": [property]}}})
    }

    fn request(steps: &[(&str, &str, &str)]) -> Value {
        let mut messages = vec![
            json!({"role": "system", "content": "Call: gather\n"}),
            json!({"role": "user", "content": "<requirements id=\"b\">\nCustomers must get refunds within 14 days.\n</requirements id=\"b\">"}),
        ];
        for (number, (name, arguments, result)) in steps.iter().enumerate() {
            let id = format!("c{number}");
            messages.push(json!({"role": "assistant", "content": null, "tool_calls": [
                {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}]}));
            messages.push(json!({"role": "tool", "tool_call_id": id, "content": result}));
        }
        json!({"messages": messages, "tools": [
            tool("confluence_search", "query"), tool("confluence_get_page", "page_id"),
            tool("jira_search", "jql"), tool("jira_get_issue", "issue_key")]})
    }

    #[track_caller]
    fn check(steps: &[(&str, &str, &str)], expected: Option<(&str, &str)>) {
        match (next(&request(steps)), expected) {
            (Answer::Tool(call), Some((name, part))) => {
                assert_eq!(call.name, name);
                assert!(call.arguments.contains(part), "{}", call.arguments);
            }
            (Answer::Text(text), None) => assert!(text.contains("\"ask\":null"), "{text}"),
            (other, expected) => panic!("{other:?} is not {expected:?}"),
        }
    }

    #[test]
    fn it_searches_reads_the_best_hits_and_is_ready() {
        let wiki = (
            "confluence_search",
            "{}",
            "[{\"id\": \"98765\", \"title\": \"Refunds\"}, {\"id\": \"98766\"}, {\"id\": \"98767\"}]",
        );
        let jira = ("jira_search", "{}", "{\"issues\":[{\"key\":\"PAY-7\"}]}");
        let one = ("confluence_get_page", "{\"page_id\":\"98765\"}", "text");
        let two = ("confluence_get_page", "{\"page_id\":\"98766\"}", "text");
        check(&[], Some(("confluence_search", "refund")));
        check(&[wiki], Some(("jira_search", "refund")));
        check(&[wiki, jira], Some(("confluence_get_page", "98765")));
        check(&[wiki, jira, one], Some(("confluence_get_page", "98766")));
        check(&[wiki, jira, one, two], Some(("jira_get_issue", "PAY-7")));
        check(&[wiki, jira, one, two, ("jira_get_issue", "{\"issue_key\":\"PAY-7\"}", "text")], None);
    }

    #[test]
    fn of_tools_that_are_only_listed_it_opens_what_it_will_call() {
        let hints = "Names begin with mcp-jira__:\njira_get_issue(issue_key*): One issue\njira_search(jql*)\n\nNames begin with wiki__:\nconfluence_get_page_children(id*)\nconfluence_get_page(id*): A page\nconfluence_search";
        let mut request = request(&[]);
        request["messages"][1]["content"] = json!(format!(
            "<requirements id=\"b\">\nRefunds.\n</requirements id=\"b\">\n<hints id=\"b\">\n{hints}\n</hints id=\"b\">"
        ));
        request["tools"] = json!([{"type": "function", "function": {"name": "open_tools", "description": "", "parameters": {
            "type": "object", "properties": {"names": {"type": "array", "items": {"type": "string"}}}, "required": ["names"]}}}]);
        let Answer::Tool(call) = next(&request) else { panic!("it calls nothing") };
        assert_eq!(call.name, "open_tools");
        let names: Value = serde_json::from_str(&call.arguments).unwrap();
        let expected = [
            "wiki__confluence_search",
            "mcp-jira__jira_search",
            "wiki__confluence_get_page",
            "mcp-jira__jira_get_issue",
        ];
        assert_eq!(names["names"], json!(expected));
    }

    #[test]
    fn without_tools_it_says_its_steps_as_json() {
        let told = "Call: gather\n\nThe tools:\n- confluence_search: Finds pages. Arguments: {\"type\":\"object\",\"properties\":{\"query\":{\"type\":\"string\"}},\"required\":[\"query\"]}";
        let user = |more: &str| {
            format!("<requirements id=\"b\">\nCustomers must get refunds.\n</requirements id=\"b\">{more}")
        };
        let ask = |more: &str| {
            let request = json!({"messages": [{"role": "system", "content": told}, {"role": "user", "content": user(more)}],
                "response_format": {"type": "json_schema", "json_schema": {"schema": {"properties": {"action": {}}}}}});
            let Answer::Text(text) = next(&request) else { panic!("text is due") };
            serde_json::from_str::<Value>(&text).unwrap()
        };
        let first = ask("");
        assert_eq!((first["action"].as_str(), first["tool"].as_str()), (Some("call_tool"), Some("confluence_search")));
        let step = "\n\nStep 1: you called confluence_search with {\"query\":\"refund\"}. What came back:\n<result id=\"b\">\n[]\n</result id=\"b\">";
        assert_eq!(ask(step)["action"], "answer");
    }
}
