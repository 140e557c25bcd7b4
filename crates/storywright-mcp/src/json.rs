//! JSON from outside: read within a depth, and written in the one form that is hashed.

use crate::limits::JSON_DEPTH;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

/// Reads JSON that is no deeper than the limit. The depth is looked at first, so that nothing deep is ever built.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn read(raw: &[u8]) -> Result<Value, String> {
    if is_too_deep(raw) {
        return Err(format!("JSON deeper than {JSON_DEPTH} levels"));
    }
    serde_json::from_slice(raw).map_err(|error| format!("no JSON ({error})"))
}

fn is_too_deep(raw: &[u8]) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in raw {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                if depth > JSON_DEPTH {
                    return true;
                }
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// The canonical form: keys sorted, all text in NFC, no white space.
///
/// # Errors
/// When two keys of an object become the same one.
pub(crate) fn canonical(value: &Value) -> Result<String, String> {
    let mut out = String::new();
    write(value, &mut out)?;
    Ok(out)
}

fn write(value: &Value, out: &mut String) -> Result<(), String> {
    match value {
        Value::String(text) => write_text(text, out),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(item, out)?;
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<(String, &Value)> =
                members.iter().map(|(key, value)| (key.nfc().collect(), value)).collect();
            sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
            if sorted.windows(2).any(|pair| matches!(pair, [(one, _), (other, _)] if one == other)) {
                return Err("two of its keys look the same".to_owned());
            }
            out.push('{');
            for (at, (key, value)) in sorted.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_text(&key, out);
                out.push(':');
                write(value, out)?;
            }
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
    Ok(())
}

fn write_text(text: &str, out: &mut String) {
    let text: String = text.nfc().collect();
    out.push_str(&Value::String(text).to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_counted_outside_of_text_alone() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(nested(JSON_DEPTH).as_bytes()).is_ok());
        assert!(read(nested(JSON_DEPTH + 1).as_bytes()).is_err());
        assert!(read(nested(1_000_000).as_bytes()).is_err());
        let text = format!(r#"["{}\"{}"]"#, "[".repeat(100), "{".repeat(100));
        assert!(read(text.as_bytes()).is_ok());
        assert!(read(b"{\"a\": NaN}").is_err());
    }

    #[test]
    fn the_canonical_form_forgets_order_and_composition_alone() {
        let form = |raw: &str| canonical(&read(raw.as_bytes()).unwrap());
        assert_eq!(
            form(r#"{"b": [1, {"y": null, "x": "e\u0301"}], "a": true}"#).unwrap(),
            form("{\"a\":true,\"b\":[1,{\"x\":\"\u{e9}\",\"y\":null}]}").unwrap()
        );
        assert_ne!(form(r#"{"a": [1, 2]}"#), form(r#"{"a": [2, 1]}"#));
        assert_ne!(form(r#"{"a": "x"}"#), form(r#"{"a": "x "}"#));
        assert!(form("{\"\u{e9}\": 1, \"e\u{301}\": 2}").is_err());
    }
}
