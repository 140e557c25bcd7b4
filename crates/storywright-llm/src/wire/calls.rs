//! Calls of tools, put together from the fragments of a stream.

use super::answer::first;
use crate::config::{CallPointers, OneOrMore};
use serde_json::Value;
use storywright_domain::ports::ToolUse;

/// Most calls that are taken from one answer.
const MOST: usize = 32;
/// Longest arguments of one call in bytes.
const LONGEST: usize = 64 * 1024;

/// One call so far.
#[derive(Debug, Default)]
struct Part {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
}

/// The calls so far.
#[derive(Debug, Default)]
pub(crate) struct CallCollector {
    parts: Vec<Part>,
}

impl CallCollector {
    /// Whether nothing was called.
    pub(crate) fn is_empty(&self) -> bool {
        self.parts.iter().all(|part| part.name.is_empty())
    }

    /// Takes the list of one event, or of a whole answer.
    pub(crate) fn take(&mut self, list: &Value, pointers: &CallPointers) {
        let entries: &[Value] = match list {
            Value::Array(entries) => entries,
            single => std::slice::from_ref(single),
        };
        for entry in entries {
            self.fragment(entry, pointers);
        }
    }

    fn fragment(&mut self, entry: &Value, pointers: &CallPointers) {
        let text = |at: &OneOrMore| first(entry, at.all()).and_then(Value::as_str).unwrap_or_default();
        let (id, name) = (text(&pointers.id), text(&pointers.name));
        let index = first(entry, pointers.index.all()).and_then(Value::as_u64);
        let arguments = match first(entry, pointers.arguments.all()) {
            Some(Value::String(piece)) => piece.clone(),
            // Some servers send the object itself.
            Some(object @ Value::Object(_)) => object.to_string(),
            _ => String::new(),
        };
        // Where calls are among other parts of an answer, those are no calls.
        if id.is_empty() && name.is_empty() && arguments.is_empty() {
            return;
        }
        // Some servers number every call 0 and tell them apart by their ids alone; some give no numbers at all.
        let known = self.parts.iter().rposition(|part| match index {
            Some(_) => part.index == index && (id.is_empty() || part.id.is_empty() || part.id == id),
            None => name.is_empty() && (id.is_empty() || part.id == id),
        });
        let at = known.unwrap_or(self.parts.len());
        if at == self.parts.len() && at < MOST {
            self.parts.push(Part { index, ..Part::default() });
        }
        let Some(part) = self.parts.get_mut(at) else { return };
        if part.id.is_empty() {
            id.clone_into(&mut part.id);
        }
        if part.name.is_empty() {
            name.clone_into(&mut part.name);
        }
        if part.arguments.len() + arguments.len() <= LONGEST {
            part.arguments.push_str(&arguments);
        }
    }

    /// The calls, each with an id of its own. `prefix` begins the ids that are made up for calls without one.
    pub(crate) fn finish(self, prefix: &str) -> Vec<ToolUse> {
        let mut calls: Vec<ToolUse> = Vec::with_capacity(self.parts.len());
        for (number, part) in self.parts.into_iter().enumerate().filter(|(_, part)| !part.name.is_empty()) {
            let taken = part.id.is_empty() || calls.iter().any(|call| call.id == part.id);
            let id = if taken { format!("{prefix}{number}") } else { part.id };
            let arguments = if part.arguments.trim().is_empty() { "{}".to_owned() } else { part.arguments };
            calls.push(ToolUse { id, name: part.name, arguments });
        }
        calls
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(events: &[Value], expected: &[(&str, &str, &str)]) {
        let mut collector = CallCollector::default();
        events.iter().for_each(|event| collector.take(event, &CallPointers::default()));
        let calls = collector.finish("call_1_");
        let seen: Vec<_> =
            calls.iter().map(|call| (call.id.as_str(), call.name.as_str(), call.arguments.as_str())).collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn fragments_join_by_their_number() {
        check(
            &[
                json!([{"index": 0, "id": "a", "type": "function", "function": {"name": "search", "arguments": ""}}]),
                json!([{"index": 0, "function": {"arguments": "{\"q\":"}}]),
                json!([{"index": 1, "id": "b", "function": {"name": "read", "arguments": "{}"}}]),
                json!([{"index": 0, "function": {"arguments": "1}"}}]),
            ],
            &[("a", "search", "{\"q\":1}"), ("b", "read", "{}")],
        );
    }

    #[test]
    fn whole_calls_without_numbers_or_with_the_same_number_stay_apart() {
        let call = |index: Value, id: &str| json!({"index": index, "id": id, "function": {"name": "n", "arguments": {"a": id}}});
        check(
            &[json!([call(json!(0), "x"), call(json!(0), "y")])],
            &[("x", "n", "{\"a\":\"x\"}"), ("y", "n", "{\"a\":\"y\"}")],
        );
        check(
            &[json!([call(Value::Null, ""), call(Value::Null, "")])],
            &[("call_1_0", "n", "{\"a\":\"\"}"), ("call_1_1", "n", "{\"a\":\"\"}")],
        );
    }

    #[test]
    fn what_is_endless_is_cut_and_what_is_empty_is_an_object() {
        check(&[json!({"id": "a", "function": {"name": "n"}})], &[("a", "n", "{}")]);
        let mut collector = CallCollector::default();
        for number in 0..100 {
            collector.take(
                &json!([{"index": number, "id": format!("c{number}"), "function": {"name": "n"}}]),
                &CallPointers::default(),
            );
        }
        assert_eq!(collector.finish("x").len(), MOST);
    }
}
