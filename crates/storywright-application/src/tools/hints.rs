//! What the model is told of the tools that it may call: a short line each, within a budget.

use super::offered::OfferedTool;
use serde_json::Value;

/// Most tokens that the hints take, whatever the number of tools.
pub const MAX_HINT_TOKENS: usize = 1_500;

/// A careful estimate of the tokens of a text: one for every three characters begun, and one for every character that is not ASCII.
#[must_use]
pub fn tokens(text: &str) -> usize {
    let plain = text.chars().filter(char::is_ascii).count();
    plain.div_ceil(3) + text.chars().count() - plain
}

/// How much is said of each tool.
#[derive(Clone, Copy)]
struct Detail {
    all_arguments: bool,
    required_arguments: bool,
    hint_chars: usize,
}

const DETAILS: [Detail; 8] = [
    Detail { all_arguments: true, required_arguments: true, hint_chars: 160 },
    Detail { all_arguments: true, required_arguments: true, hint_chars: 60 },
    Detail { all_arguments: false, required_arguments: true, hint_chars: 80 },
    Detail { all_arguments: false, required_arguments: true, hint_chars: 40 },
    Detail { all_arguments: false, required_arguments: false, hint_chars: 40 },
    Detail { all_arguments: false, required_arguments: false, hint_chars: 24 },
    Detail { all_arguments: false, required_arguments: false, hint_chars: 12 },
    Detail { all_arguments: false, required_arguments: false, hint_chars: 0 },
];

/// The hints, grouped by server, as detailed as [`MAX_HINT_TOKENS`] allow; arguments that are required are marked with `*`. Nothing that a
/// server wrote is part of them but names that passed the check.
#[must_use]
pub fn hints(tools: &[OfferedTool]) -> String {
    for detail in DETAILS {
        let text = write(tools, detail);
        if tokens(&text) <= MAX_HINT_TOKENS {
            return text;
        }
    }
    // Names alone are too many: the first ones that fit.
    let bare = DETAILS[DETAILS.len() - 1];
    let mut kept = tools.len();
    loop {
        kept = kept * 9 / 10;
        let text = format!("{}\n(and {} more)", write(&tools[..kept], bare), tools.len() - kept);
        if kept == 0 || tokens(&text) <= MAX_HINT_TOKENS {
            return text;
        }
    }
}

fn write(tools: &[OfferedTool], detail: Detail) -> String {
    let mut text = String::new();
    let mut server = None;
    for tool in tools {
        if server != Some(&tool.server) {
            if server.is_some() {
                text.push('\n');
            }
            text.push_str(&format!("Names begin with {}__:\n", tool.server));
            server = Some(&tool.server);
        }
        let prefix = format!("{}__", tool.server);
        text.push_str(tool.name.strip_prefix(&prefix).unwrap_or(&tool.name));
        let arguments = arguments(&tool.parameters, detail);
        if !arguments.is_empty() {
            text.push_str(&format!("({arguments})"));
        }
        let hint: String =
            tool.hint.chars().map(|c| if c.is_control() { ' ' } else { c }).take(detail.hint_chars).collect();
        if !hint.trim().is_empty() {
            text.push_str(&format!(": {}", hint.trim()));
        }
        text.push('\n');
    }
    text
}

fn arguments(parameters: &str, detail: Detail) -> String {
    if !detail.required_arguments {
        return String::new();
    }
    let Ok(schema) = serde_json::from_str::<Value>(parameters) else { return String::new() };
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let names =
        schema.get("properties").and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name.as_str());
    let shown = names.filter(|name| detail.all_arguments || required.contains(name));
    let marked = shown.map(|name| if required.contains(&name) { format!("{name}*") } else { name.to_owned() });
    marked.collect::<Vec<_>>().join(", ")
}
