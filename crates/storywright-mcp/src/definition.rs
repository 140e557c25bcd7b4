//! Tools as their server defines them: read, written in canonical form, and refused when they break a rule.

use crate::json::canonical;
use crate::limits::{DEFINITION_BYTES, DESCRIPTION_BYTES, SCHEMA_DEPTH, SCHEMAS};
use serde_json::{Map, Value};
use storywright_domain::tool::{RefusedTool, ToolDefinition, ToolHints, first_invisible, is_invisible};

/// The members of a definition that an approval is pinned to.
const PINNED: [&str; 7] = ["name", "title", "description", "inputSchema", "outputSchema", "annotations", "_meta"];

/// Members of a schema whose members are schemas by name.
const NAMED_SCHEMAS: [&str; 5] = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];

/// Reads one entry of a tool list.
///
/// # Errors
/// The tool with the reason why it is not used.
pub(crate) fn read(entry: &Value) -> Result<ToolDefinition, RefusedTool> {
    let name = entry.get("name").and_then(Value::as_str).unwrap_or_default();
    definition(entry, name).map_err(|reason| RefusedTool { name: shown(name), reason })
}

fn definition(entry: &Value, name: &str) -> Result<ToolDefinition, String> {
    if !is_name(name) {
        return Err("its name is not 1 to 128 letters, digits, `_`, `-` or `.`".to_owned());
    }
    let members = entry.as_object().ok_or("it is no object")?;
    let pinned: Map<String, Value> =
        PINNED.iter().filter_map(|key| Some(((*key).to_owned(), members.get(*key)?.clone()))).collect();
    let description = text(&pinned, "description")?.to_owned();
    if description.len() > DESCRIPTION_BYTES {
        return Err(format!("its description is longer than {} KB", DESCRIPTION_BYTES / 1_024));
    }
    let pinned = Value::Object(pinned);
    if let Some(character) = hidden_in(&pinned) {
        return Err(format!("its definition holds invisible or reserved characters (U+{:04X})", u32::from(character)));
    }
    // The SDK's own type says whether the rest is what the protocol asks for.
    serde_json::from_value::<rmcp::model::Tool>(entry.clone())
        .map_err(|error| format!("its definition is not what the protocol asks for ({})", cut(&error.to_string())))?;
    let canonical = canonical(&pinned)?;
    if canonical.len() > DEFINITION_BYTES {
        return Err(format!("its definition is longer than {} KB", DEFINITION_BYTES / 1_024));
    }
    let mut schemas = Schemas { count: 0 };
    for key in ["inputSchema", "outputSchema"] {
        if let Some(schema) = pinned.get(key) {
            schemas.look(schema, 1).map_err(|problem| format!("its {key} {problem}"))?;
        }
    }
    let annotations = pinned.get("annotations");
    let hint = |key: &str| annotations.and_then(|hints| hints.get(key)).and_then(Value::as_bool);
    let title = annotations.and_then(|hints| hints.get("title")).and_then(Value::as_str).unwrap_or_default();
    Ok(ToolDefinition {
        name: name.to_owned(),
        title: pinned.get("title").and_then(Value::as_str).unwrap_or(title).to_owned(),
        description,
        input_schema: pinned.get("inputSchema").map(Value::to_string).unwrap_or_default(),
        hints: ToolHints {
            read_only: hint("readOnlyHint"),
            destructive: hint("destructiveHint"),
            idempotent: hint("idempotentHint"),
            open_world: hint("openWorldHint"),
        },
        canonical,
    })
}

/// Whether a tool may have this name.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=128).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

fn text<'a>(members: &'a Map<String, Value>, key: &str) -> Result<&'a str, String> {
    match members.get(key) {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(format!("its {key} is no text")),
    }
}

/// Whoever approves a definition must see all of it.
fn hidden_in(value: &Value) -> Option<char> {
    match value {
        Value::String(text) => first_invisible(text),
        Value::Array(items) => items.iter().find_map(hidden_in),
        Value::Object(members) => {
            members.iter().find_map(|(key, value)| first_invisible(key).or_else(|| hidden_in(value)))
        }
        _ => None,
    }
}

/// Counts schemas on the way through one.
struct Schemas {
    count: usize,
}

impl Schemas {
    fn look(&mut self, value: &Value, depth: usize) -> Result<(), String> {
        match value {
            Value::Array(items) => items.iter().try_for_each(|item| self.look(item, depth)),
            Value::Object(members) => {
                self.count += 1;
                if depth > SCHEMA_DEPTH {
                    return Err(format!("is deeper than {SCHEMA_DEPTH} schemas"));
                }
                if self.count > SCHEMAS {
                    return Err(format!("holds more than {SCHEMAS} schemas"));
                }
                members.iter().try_for_each(|(key, value)| self.member(key, value, depth))
            }
            _ => Ok(()),
        }
    }

    fn member(&mut self, key: &str, value: &Value, depth: usize) -> Result<(), String> {
        match (key, value) {
            ("$ref" | "$dynamicRef" | "$recursiveRef", reference) => {
                // A reference to elsewhere would have to be fetched to know what is approved.
                let is_inside = reference.as_str().is_some_and(|reference| reference.starts_with('#'));
                if is_inside { Ok(()) } else { Err(format!("refers to elsewhere (`{key}`)")) }
            }
            (key, Value::Object(named)) if NAMED_SCHEMAS.contains(&key) => {
                named.values().try_for_each(|schema| self.look(schema, depth + 1))
            }
            // Values that travel in headers are seen and kept by every proxy on the way.
            ("x-mcp-header", _) => Err("wants arguments in HTTP headers (`x-mcp-header`)".to_owned()),
            (_, value) => self.look(value, depth + 1),
        }
    }
}

/// A name that can be shown, whatever it is.
fn shown(name: &str) -> String {
    if name.is_empty() {
        return "(no name)".to_owned();
    }
    let mut out = String::new();
    for character in name.chars().take(128) {
        if is_invisible(character) || character.is_whitespace() && character != ' ' {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    out
}

fn cut(words: &str) -> String {
    words.chars().filter(|character| !is_invisible(*character)).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refusal(change: impl FnOnce(&mut Value)) -> Option<RefusedTool> {
        let mut entry = json!({
            "name": "jira_search", "description": "Search Jira issues.", "annotations": {"readOnlyHint": true, "title": "Search"},
            "inputSchema": {"type": "object", "properties": {"jql": {"type": "string"}}, "required": ["jql"]},
        });
        change(&mut entry);
        read(&entry).err()
    }

    #[test]
    fn a_plain_definition_is_read_whole() {
        let entry = json!({
            "name": "a.b-C_1", "description": "Finds\nthings \u{1f600} \u{26a0}\u{fe0f}.", "icons": [{"src": "https://x.example/i.png"}],
            "inputSchema": {"type": "object", "$defs": {"a": {"type": "string"}}, "properties": {"x": {"$ref": "#/$defs/a"}}},
            "annotations": {"title": "Find", "readOnlyHint": true, "openWorldHint": false}, "_meta": {"tags": []},
        });
        let tool = read(&entry).unwrap();
        assert_eq!((tool.name.as_str(), tool.title.as_str()), ("a.b-C_1", "Find"));
        assert_eq!(tool.hints, ToolHints { read_only: Some(true), open_world: Some(false), ..ToolHints::default() });
        assert!(
            tool.canonical.starts_with(r#"{"_meta":{"tags":[]},"annotations":{"openWorldHint":false,"#),
            "{}",
            tool.canonical
        );
        assert!(!tool.canonical.contains("icons"));
        assert_eq!(refusal(|_| ()), None);
    }

    #[test]
    fn no_tool_of_a_real_server_is_refused() {
        let tools: Vec<Value> = serde_json::from_str(include_str!("../tests/data/mcp-atlassian-0.23.1.json")).unwrap();
        assert_eq!(tools.len(), 98);
        for entry in &tools {
            let tool = read(entry).unwrap_or_else(|refused| panic!("{}: {}", refused.name, refused.reason));
            assert_eq!(storywright_domain::tool::check_definition(&tool), Ok(()), "{}", tool.name);
        }
    }

    #[test]
    fn each_member_that_is_pinned_changes_the_canonical_form() {
        let form = |change: &dyn Fn(&mut Value)| {
            let mut entry = json!({"name": "a", "description": "d", "inputSchema": {"type": "object"}});
            change(&mut entry);
            read(&entry).unwrap().canonical
        };
        let plain = form(&|_| ());
        for (key, value) in [
            ("title", json!("t")),
            ("description", json!("d.")),
            ("inputSchema", json!({"type": "object", "title": "x"})),
            ("outputSchema", json!({"type": "object"})),
            ("annotations", json!({"readOnlyHint": true})),
            ("_meta", json!({"v": 1})),
        ] {
            assert_ne!(form(&|entry| entry[key] = value.clone()), plain, "{key}");
        }
    }

    #[test]
    fn definitions_that_break_a_rule_are_refused_with_the_reason() {
        let deep = |depth: usize| (0..depth).fold(json!({}), |inner, _| json!({"properties": {"x": inner}}));
        let wide = json!({"type": "object", "anyOf": vec![json!({}); 501]});
        let cases: Vec<(&str, Value, &str)> = vec![
            ("name", json!("a b"), "name"),
            ("name", json!(""), "name"),
            ("name", json!("x".repeat(129)), "name"),
            ("name", json!("delete\u{202e}"), "name"),
            ("description", json!("x".repeat(4_097)), "4 KB"),
            ("description", json!(7), "no text"),
            ("description", json!("hello\u{200b}"), "U+200B"),
            ("description", json!("hello\u{e0041}"), "U+E0041"),
            ("description", json!("hello\u{fe0f}"), "U+FE0F"),
            ("description", json!("hello\u{202e}"), "U+202E"),
            ("description", json!("hello\u{1b}[2J"), "U+001B"),
            ("title", json!("\u{2066}x"), "U+2066"),
            ("inputSchema", json!({"type": "object", "properties": {"a": {"description": "\u{feff}"}}}), "U+FEFF"),
            ("inputSchema", json!({"type": "object", "properties": {"a\u{2060}": {}}}), "U+2060"),
            (
                "inputSchema",
                json!({"type": "object", "properties": {"a": {"$ref": "https://evil.example/s"}}}),
                "elsewhere",
            ),
            ("inputSchema", json!({"type": "object", "items": {"$dynamicRef": "other.json"}}), "elsewhere"),
            ("inputSchema", json!({"type": "object", "properties": {"a": {"x-mcp-header": "Token"}}}), "x-mcp-header"),
            ("inputSchema", deep(17), "deeper"),
            ("inputSchema", wide, "more than 500"),
            ("inputSchema", json!("text"), "protocol"),
            ("outputSchema", json!({"$ref": "file:///etc/passwd"}), "elsewhere"),
            ("_meta", json!({"x": "y".repeat(70_000)}), "64 KB"),
        ];
        for (key, value, reason) in cases {
            let refused = refusal(|entry| entry[key] = value.clone()).unwrap_or_else(|| panic!("{key}: {reason}"));
            assert!(refused.reason.contains(reason), "{key}: {}", refused.reason);
            assert!(!refused.name.chars().any(is_invisible), "{}", refused.name);
        }
        assert_eq!(refusal(|entry| entry["inputSchema"] = deep(15)), None);
        assert_eq!(read(&json!("text")).unwrap_err().name, "(no name)");
    }
}
