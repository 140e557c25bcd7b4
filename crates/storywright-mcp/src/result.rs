//! What a tool answered: text within the limit, and the JSON that is in it.

use crate::json;
use crate::limits::TEXT_BYTES;
use serde_json::Value;
use storywright_domain::tool::ToolResult;

/// How many layers of text and `result` are taken off.
const WRAPPINGS: usize = 6;

/// Reads the result of a call. `bytes` is what came over the wire.
pub(crate) fn read(result: &Value, bytes: usize) -> ToolResult {
    let blocks: Vec<&str> =
        result.get("content").and_then(Value::as_array).into_iter().flatten().filter_map(text_of).collect();
    let structured = result.get("structuredContent").filter(|value| !value.is_null());
    let value = structured.map(|value| unpacked(value.clone())).or_else(|| match blocks.as_slice() {
        [text] => parsed(text).map(unpacked),
        _ => None,
    });
    let told_so = value.as_ref().is_some_and(says_failed)
        // What the text says counts as well, where the structured part says nothing.
        || matches!(blocks.as_slice(), [text] if parsed(text).map(unpacked).is_some_and(|value| says_failed(&value)));
    let whole = blocks.join("\n");
    let text = cut(&whole);
    let json = value.map(|value| value.to_string());
    let json_is_whole = json.as_ref().is_none_or(|json| json.len() <= TEXT_BYTES);
    ToolResult {
        cut: text.len() < whole.len() || !json_is_whole,
        text: text.to_owned(),
        json: json.filter(|_| json_is_whole),
        failed: result.get("isError").and_then(Value::as_bool).unwrap_or(false) || told_so,
        bytes: u64::try_from(bytes).unwrap_or(u64::MAX),
    }
}

/// The text of a block: of text blocks, and of resources that were put in as text. Pictures and sounds have none.
fn text_of(block: &Value) -> Option<&str> {
    match block.get("type").and_then(Value::as_str)? {
        "text" => block.get("text")?.as_str(),
        "resource" => block.get("resource")?.get("text")?.as_str(),
        _ => None,
    }
}

fn parsed(text: &str) -> Option<Value> {
    let text = text.trim();
    let looks_like_it = text.starts_with(['{', '[', '"']);
    looks_like_it.then(|| json::read(text.as_bytes()).ok()).flatten()
}

/// The value inside of `{"result": "…"}` and of JSON written as text.
fn unpacked(value: Value) -> Value {
    let mut value = value;
    for _ in 0..WRAPPINGS {
        value = match value {
            Value::Object(mut members) if members.len() == 1 && members.contains_key("result") => {
                members.remove("result").unwrap_or_default()
            }
            Value::String(text) => match parsed(&text) {
                Some(inner) => inner,
                None => return Value::String(text),
            },
            other => return other,
        };
    }
    value
}

/// `{"error": …}` and `{"success": false}`: servers say so with `isError` false.
fn says_failed(value: &Value) -> bool {
    let error = match value.get("error") {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(_) => true,
    };
    error || value.get("success").and_then(Value::as_bool) == Some(false)
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(TEXT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn text(text: &str) -> Value {
        json!({"content": [{"type": "text", "text": text}]})
    }

    #[test]
    fn json_is_unpacked_wherever_it_is() {
        let inner = r#"{"key":"PAY-1"}"#;
        let twice = Value::from(inner).to_string();
        for result in [
            text(inner),
            text(&twice),
            json!({"content": [{"type": "text", "text": inner}], "structuredContent": {"result": inner}}),
            json!({"content": [], "structuredContent": {"key": "PAY-1"}}),
            json!({"content": [], "structuredContent": {"result": {"result": twice}}}),
        ] {
            let read = read(&result, 9);
            assert_eq!((read.json.as_deref(), read.failed, read.bytes), (Some(inner), false, 9), "{result}");
        }
        assert_eq!(read(&text("plain [text]"), 0).json, None);
        assert_eq!(read(&text("[]"), 0).json.as_deref(), Some("[]"));
        assert_eq!(read(&text(&"[".repeat(100_000)), 0).json, None);
    }

    #[test]
    fn failures_are_seen_however_they_are_told() {
        for failed in [
            json!({"isError": true, "content": [{"type": "text", "text": "Unknown tool: x"}]}),
            text(r#"{"error": "Page not found"}"#),
            text(r#"{"success": false, "error": "401"}"#),
            json!({"content": [], "structuredContent": {"result": "{\"success\": false}"}}),
            json!({"content": [{"type": "text", "text": "{\"error\": \"x\"}"}], "structuredContent": {}}),
        ] {
            assert!(read(&failed, 0).failed, "{failed}");
        }
        for fine in
            [text(r#"{"error": null, "success": true}"#), text(r#"[{"error": "of a row"}]"#), text("error"), json!({})]
        {
            assert!(!read(&fine, 0).failed, "{fine}");
        }
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        let long = "\u{e9}".repeat(TEXT_BYTES);
        let result = read(&text(&format!("a{long}")), 0);
        assert!(result.cut && result.text.len() == TEXT_BYTES - 1);
        let blocks = json!({"content": [{"type": "text", "text": "a"}, {"type": "image", "data": "xx"}, {"type": "text", "text": "b"}]});
        assert_eq!((read(&blocks, 0).text.as_str(), read(&blocks, 0).cut), ("a\nb", false));
        let json = format!("[{}1]", "1,".repeat(TEXT_BYTES));
        let result = read(&text(&json), 0);
        assert!(result.cut && result.json.is_none());
    }
}
