//! Shapes a document by a JSON schema: exactly its properties, in its order, with values of its types.

use serde_json::{Map, Value, json};

/// `value` as the schema wants it. What the schema does not name is left out, what is missing is filled in empty.
pub(crate) fn fill(schema: &Value, value: &Value) -> Value {
    Shaper { root: schema }.shape(schema, value, 0)
}

/// Schemas nested deeper than this are cut off; `$ref` may lead in circles.
const DEEPEST: usize = 24;

struct Shaper<'a> {
    root: &'a Value,
}

impl Shaper<'_> {
    fn shape(&self, schema: &Value, value: &Value, depth: usize) -> Value {
        if depth > DEEPEST {
            return Value::Null;
        }
        if let Some(target) = schema["$ref"].as_str().and_then(|path| self.root.pointer(path.trim_start_matches('#'))) {
            return self.shape(target, value, depth + 1);
        }
        for union in ["anyOf", "oneOf"] {
            if let Some(branches) = schema[union].as_array() {
                return self.choose(branches, value, depth);
            }
        }
        if let Some(parts) = schema["allOf"].as_array() {
            return parts.iter().fold(value.clone(), |shaped, part| self.shape(part, &shaped, depth + 1));
        }
        if let Some(constant) = schema.get("const") {
            return constant.clone();
        }
        if let Some(allowed) = schema["enum"].as_array() {
            let same = |a: &Value| {
                a == value || matches!((a.as_str(), value.as_str()), (Some(x), Some(y)) if x.eq_ignore_ascii_case(y))
            };
            return allowed
                .iter()
                .find(|a| same(a))
                .or_else(|| allowed.iter().find(|a| a.is_null()))
                .or(allowed.first())
                .cloned()
                .unwrap_or(Value::Null);
        }
        let types = types(schema);
        if types.contains(&"null")
            && (value.is_null() || types.len() > 1 && !types.iter().any(|t| fits(t, value)) && is_blank(value))
        {
            return Value::Null;
        }
        let wanted =
            types.iter().copied().find(|t| fits(t, value)).or_else(|| types.iter().copied().find(|t| *t != "null"));
        match wanted {
            Some("object") => self.object(schema, value, depth),
            Some("array") => self.array(schema, value, depth),
            Some("string") => string(schema, value),
            Some("integer") => number(schema, value).map_or(json!(0), |n| json!(whole(n))),
            Some("number") => match value {
                Value::Number(n) if schema["maximum"].is_null() => json!(n),
                _ => number(schema, value)
                    .map_or(json!(0), |n| if n.fract() == 0.0 { json!(whole(n)) } else { json!(n) }),
            },
            Some("boolean") => json!(value.as_bool().unwrap_or(false)),
            Some(_) => Value::Null,
            None if schema.get("properties").is_some() => self.object(schema, value, depth),
            None => value.clone(),
        }
    }

    /// The branch that the value fits best; null goes to the null branch.
    fn choose(&self, branches: &[Value], value: &Value, depth: usize) -> Value {
        let fitting = branches.iter().find(|branch| {
            let resolved =
                branch["$ref"].as_str().and_then(|p| self.root.pointer(p.trim_start_matches('#'))).unwrap_or(branch);
            types(resolved).iter().any(|t| fits(t, value))
        });
        match fitting.or_else(|| branches.first()) {
            Some(branch) => self.shape(branch, value, depth + 1),
            None => Value::Null,
        }
    }

    fn object(&self, schema: &Value, value: &Value, depth: usize) -> Value {
        let Some(properties) = schema["properties"].as_object() else {
            return if value.is_object() { value.clone() } else { json!({}) };
        };
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut filled = Map::new();
        for (key, part) in properties {
            let given = value.get(key).or_else(|| other_name(key).and_then(|name| value.get(name)));
            if given.is_some() || required.contains(&key.as_str()) || schema["required"].is_null() {
                filled.insert(key.clone(), self.shape(part, given.unwrap_or(&Value::Null), depth + 1));
            }
        }
        Value::Object(filled)
    }

    fn array(&self, schema: &Value, value: &Value, depth: usize) -> Value {
        let single = [value.clone()];
        let items: &[Value] = match value {
            Value::Array(items) => items,
            Value::Null => &[],
            Value::String(text) if text.is_empty() => &[],
            _ => &single,
        };
        let most = schema["maxItems"].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX);
        let mut shaped: Vec<Value> =
            items.iter().take(most).map(|item| self.shape(&schema["items"], item, depth + 1)).collect();
        let least = schema["minItems"].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0).min(8);
        while shaped.len() < least {
            shaped.push(self.shape(&schema["items"], &Value::Null, depth + 1));
        }
        Value::Array(shaped)
    }
}

fn types(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn fits(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        _ => false,
    }
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

fn string(schema: &Value, value: &Value) -> Value {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items
            .iter()
            .map(|i| i.as_str().map_or_else(|| i.to_string(), |t| format!("- {t}")))
            .collect::<Vec<_>>()
            .join("\n"),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    match schema["maxLength"].as_u64().and_then(|n| usize::try_from(n).ok()) {
        Some(most) => json!(text.chars().take(most).collect::<String>()),
        None => json!(text),
    }
}

fn number(schema: &Value, value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    let least = schema["minimum"].as_f64().unwrap_or(f64::MIN);
    let most = schema["maximum"].as_f64().unwrap_or(f64::MAX);
    Some(number.clamp(least, most))
}

fn whole(number: f64) -> i64 {
    format!("{number:.0}").parse().unwrap_or_default()
}

/// Names that other schemas use for the same thing.
fn other_name(key: &str) -> Option<&'static str> {
    Some(match key {
        "title" | "headline" => "summary",
        "acceptanceCriteria" | "criteria" => "acceptance_criteria",
        "storyPoints" | "points" | "estimate" => "story_points",
        "stlcNotes" | "test_notes" | "testing_notes" => "stlc_notes",
        "subTasks" | "sub_tasks" | "tasks" => "subtasks",
        "question" => "clarify",
        "user_story" | "story" => "narrative",
        "tags" | "keywords" => "labels",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_schemas_keys_in_its_order() {
        let schema = json!({"type": "object", "additionalProperties": false, "required": ["b", "a", "c", "d"], "properties": {
            "b": {"type": ["string", "null"]}, "a": {"type": "array", "items": {"type": "string"}}, "c": {"type": "integer"},
            "d": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/person"}]}},
            "$defs": {"person": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}}});
        let filled = fill(&schema, &json!({"a": ["x"], "extra": 1, "c": 2, "d": {"name": "Ada", "age": 3}}));
        assert_eq!(filled.to_string(), r#"{"b":null,"a":["x"],"c":2,"d":{"name":"Ada"}}"#);
        let empty = fill(&schema, &json!({}));
        assert_eq!(empty, json!({"b": null, "a": [], "c": 0, "d": null}));
    }

    #[test]
    fn optional_properties_without_a_value_are_left_out() {
        let schema = json!({"type": "object", "required": ["title"], "properties": {"title": {"type": "string"}, "note": {"type": "string"}}});
        assert_eq!(fill(&schema, &json!({"summary": "Refund a payment"})), json!({"title": "Refund a payment"}));
    }

    #[test]
    fn limits_and_enums_hold() {
        let schema = json!({"type": "object", "properties": {
            "size": {"type": "number", "maximum": 3}, "kind": {"enum": ["Low", "High"]}, "text": {"type": "string", "maxLength": 4},
            "list": {"type": "array", "maxItems": 1, "items": {"type": "string"}}}});
        let filled = fill(&schema, &json!({"size": 5, "kind": "high", "text": "abcdef", "list": ["a", "b"]}));
        assert_eq!(filled, json!({"size": 3, "kind": "High", "text": "abcd", "list": ["a"]}));
    }
}
