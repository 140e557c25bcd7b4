//! Tools in a conversation: names that services take, the JSON action protocol for services without calls of their own, and results
//! marked as data.

use crate::config::{Prompts, ToolTemplates};
use crate::prompt::{datamarked, marked};
use serde_json::{Value, json};
use storywright_domain::ports::{ChatAnswer, ChatTool, ChatTurn, JsonSchema, ToolUse};

/// Longest name that services take.
const LONGEST_NAME: usize = 64;

/// The names under which tools are offered: `[A-Za-z0-9_-]{1,64}`, each its own.
#[derive(Clone)]
pub(crate) struct Aliases(Vec<(String, String)>);

impl Aliases {
    pub(crate) fn of(tools: &[ChatTool]) -> Self {
        let mut pairs: Vec<(String, String)> = Vec::with_capacity(tools.len());
        for tool in tools {
            let plain: String = tool
                .name()
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' })
                .take(LONGEST_NAME)
                .collect();
            let mut alias = plain.clone();
            let mut number = 2;
            while pairs.iter().any(|(taken, _)| *taken == alias) {
                let end = format!("_{number}");
                alias = plain.chars().take(LONGEST_NAME - end.len()).collect::<String>() + &end;
                number += 1;
            }
            pairs.push((alias, tool.name().to_owned()));
        }
        Self(pairs)
    }

    /// The name that the service is told.
    pub(crate) fn told<'a>(&'a self, name: &'a str) -> &'a str {
        self.0.iter().find(|(_, own)| own == name).map_or(name, |(alias, _)| alias)
    }

    /// The name that we know; what is no alias stays as it is.
    pub(crate) fn ours(&self, alias: &str) -> String {
        self.0.iter().find(|(told, _)| told == alias).map_or(alias, |(_, own)| own).to_owned()
    }

    fn names(&self) -> Vec<&str> {
        self.0.iter().map(|(alias, _)| alias.as_str()).collect()
    }
}

/// How results are marked in one request.
#[derive(Clone, Copy)]
pub(crate) struct Marks<'a> {
    pub(crate) boundary: &'a str,
    /// Words are joined by a mark.
    pub(crate) words: bool,
}

impl Marks<'_> {
    fn result(self, text: &str) -> String {
        let joined = if self.words { datamarked(text) } else { text.to_owned() };
        marked("result", self.boundary, &joined)
    }
}

/// The tools as the service takes them.
pub(crate) fn offered(templates: &ToolTemplates, tools: &[ChatTool], aliases: &Aliases) -> Value {
    tools.iter().filter_map(|tool| templates.tool(aliases.told(tool.name()), tool)).collect()
}

/// The turns so far as messages of the service's own kind.
pub(crate) fn messages(
    templates: &ToolTemplates,
    turns: &[ChatTurn],
    aliases: &Aliases,
    marks: Marks<'_>,
) -> Vec<Value> {
    let mut messages = Vec::new();
    for turn in turns {
        let calls: Vec<ToolUse> = turn
            .calls
            .iter()
            .map(|call| ToolUse {
                name: aliases.told(&call.name).to_owned(),
                arguments: sendable(&call.arguments),
                ..call.clone()
            })
            .collect();
        messages.extend(templates.calls(&calls));
        messages.extend(templates.results(&calls, |call| {
            let text = turn.outcomes.iter().find(|outcome| outcome.id == call.id).map_or("", |outcome| &outcome.text);
            marks.result(text)
        }));
    }
    messages
}

/// Arguments as they may be sent back: services refuse a history whose arguments are no JSON object.
fn sendable(arguments: &str) -> String {
    match serde_json::from_str::<Value>(arguments) {
        Ok(Value::Object(_)) => arguments.to_owned(),
        _ => "{}".to_owned(),
    }
}

/// The turns so far as part of the user message, for services without calls of their own.
pub(crate) fn told(turns: &[ChatTurn], aliases: &Aliases, marks: Marks<'_>) -> String {
    let mut text = String::new();
    for (turn, number) in turns.iter().zip(1..) {
        for call in &turn.calls {
            let result = turn.outcomes.iter().find(|outcome| outcome.id == call.id).map_or("", |outcome| &outcome.text);
            let name = aliases.told(&call.name);
            let arguments = crate::prompt::harmless(&sendable(&call.arguments));
            text.push_str(&format!("\n\nStep {number}: you called {name} with {arguments}. What came back:\n"));
            text.push_str(&marks.result(result));
        }
    }
    text
}

/// The tools in words, for the system prompt.
pub(crate) fn in_words(prompts: &Prompts, tools: &[ChatTool], aliases: &Aliases) -> String {
    let lines: Vec<String> = tools
        .iter()
        .map(|tool| format!("- {}: {} Arguments: {}", aliases.told(tool.name()), tool.description(), tool.parameters()))
        .collect();
    let lines = lines.join("\n");
    prompts.tools_in_prompt.render(|_| &lines)
}

/// The schema of an answer that either calls a tool or holds what `wanted` describes.
pub(crate) fn action_schema(wanted: Option<&JsonSchema>, aliases: &Aliases) -> JsonSchema {
    let wanted = wanted
        .and_then(|schema| serde_json::from_str::<Value>(&schema.text).ok())
        .unwrap_or_else(|| json!({"type": "string"}));
    let text = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["action", "tool", "arguments", "answer"],
        "properties": {
            "action": {"type": "string", "enum": ["call_tool", "answer"]},
            "tool": {"anyOf": [{"type": "string", "enum": aliases.names()}, {"type": "null"}]},
            "arguments": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "answer": {"anyOf": [wanted, {"type": "null"}]},
        },
    });
    JsonSchema { name: "next_step", text: text.to_string() }
}

/// Reads such an answer; one in another shape stays as it is, and the caller sees for itself.
pub(crate) fn read_action(answer: ChatAnswer, id: String) -> ChatAnswer {
    let object = answer.text.find('{').zip(answer.text.rfind('}')).filter(|(start, end)| start < end);
    let Some(action) = object.and_then(|(start, end)| serde_json::from_str::<Value>(&answer.text[start..=end]).ok())
    else {
        return answer;
    };
    match (action["action"].as_str(), action["tool"].as_str()) {
        (Some("call_tool"), Some(tool)) if !tool.is_empty() => {
            let arguments = match &action["arguments"] {
                Value::String(text) if !text.trim().is_empty() => text.clone(),
                Value::Object(object) => Value::Object(object.clone()).to_string(),
                _ => "{}".to_owned(),
            };
            let call = ToolUse { id, name: tool.to_owned(), arguments };
            ChatAnswer { text: String::new(), calls: vec![call], ..answer }
        }
        (Some("answer"), _) => match &action["answer"] {
            Value::String(text) => ChatAnswer { text: text.clone(), ..answer },
            Value::Null => ChatAnswer { text: "{}".to_owned(), ..answer },
            other => ChatAnswer { text: other.to_string(), ..answer },
        },
        _ => answer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use storywright_domain::ports::{Finish, Usage};
    use storywright_domain::tool::ToolClass;

    fn tool(name: &str) -> ChatTool {
        ChatTool::reading(ToolClass::Read, name.to_owned(), String::new(), "{}".to_owned()).unwrap()
    }

    #[test]
    fn names_become_what_services_take_and_come_back() {
        let long = "x".repeat(70);
        let aliases = Aliases::of(&[tool("wiki.search"), tool("wiki_search"), tool(&long), tool(&format!("{long}y"))]);
        assert_eq!(aliases.told("wiki.search"), "wiki_search");
        assert_eq!(aliases.told("wiki_search"), "wiki_search_2");
        assert_eq!(aliases.ours("wiki_search"), "wiki.search");
        assert_eq!(aliases.ours("wiki_search_2"), "wiki_search");
        assert!(aliases.names().iter().all(|name| name.len() <= LONGEST_NAME));
        assert_ne!(aliases.told(&long), aliases.told(&format!("{long}y")));
        assert_eq!(aliases.ours("no_such"), "no_such");
    }

    #[track_caller]
    fn check(text: &str, calls: &[(&str, &str)], rest: &str) {
        let answer =
            ChatAnswer { text: text.to_owned(), calls: Vec::new(), finish: Finish::Stop, usage: Usage::default() };
        let read = read_action(answer, "id".to_owned());
        let seen: Vec<_> = read.calls.iter().map(|call| (call.name.as_str(), call.arguments.as_str())).collect();
        assert_eq!((seen.as_slice(), read.text.as_str()), (calls, rest));
    }

    #[test]
    fn an_action_is_a_call_or_an_answer() {
        check(r#"{"action":"call_tool","tool":"t","arguments":"{\"a\":1}","answer":null}"#, &[("t", "{\"a\":1}")], "");
        check(r#"Sure: {"action":"call_tool","tool":"t","arguments":{"a":1}}."#, &[("t", "{\"a\":1}")], "");
        check(r#"{"action":"call_tool","tool":"t","arguments":null}"#, &[("t", "{}")], "");
        check(r#"{"action":"answer","tool":null,"arguments":null,"answer":{"ask":null}}"#, &[], r#"{"ask":null}"#);
        check(r#"{"action":"answer","answer":null}"#, &[], "{}");
        check("no JSON", &[], "no JSON");
        check(r#"{"ask":"Who?"}"#, &[], r#"{"ask":"Who?"}"#);
    }
}
