//! What is asked of a service after it has refused something.

use crate::call::Call;
use crate::config::{Dialect, Structured, System, Tools};
use crate::wire::Failure;

/// Words that stand for a service's asking for JSON other than by the name of a key.
const STRUCTURED_SIGNS: [&str; 5] = ["json_schema", "json schema", "structured output", "guided", "grammar"];

/// Words that stand for a service's having no calls of tools.
const TOOL_SIGNS: [&str; 6] =
    ["tool_choice", "tool calling", "tool use", "function calling", "support tools", "unsupported role"];

/// Words that stand for a model's template having no place for a system prompt.
const SYSTEM_SIGNS: [&str; 6] = [
    "system role",
    "system message",
    "role 'system'",
    "role `system`",
    "'system' role",
    "system prompt is not supported",
];

/// What to ask of the service next, if it has refused something that it can be spared.
pub(crate) fn lesser(call: &Call<'_>, dialect: &Dialect, failure: &Failure) -> Option<Dialect> {
    let service = &call.ready.service;
    let payload = &call.ready.payload;
    // Words about the length of the input may name keys that have nothing to do with it.
    if failure.is_too_long() {
        return None;
    }
    let optional = payload.optional.iter().find(|key| !dialect.left_out.contains(key) && failure.names(key));
    if let Some(key) = optional {
        log::warn!(service = service.name.as_str(), key = key.as_str(); "the service does not take a key: left out from now on");
        let left_out = dialect.left_out.iter().chain([key]).cloned().collect();
        return Some(Dialect { left_out, ..dialect.clone() });
    }
    let tools = call.tools(dialect);
    let native = payload.tools.as_ref().filter(|_| tools == Tools::Native);
    if let Some(native) = native
        && (native.keys().any(|key| failure.names(key)) || TOOL_SIGNS.iter().any(|sign| failure.names(sign)))
    {
        log::warn!(service = service.name.as_str(); "the service takes no tools of its own kind: asking for steps as JSON from now on");
        return Some(Dialect { tools: Tools::Json, ..dialect.clone() });
    }
    if dialect.system == System::Own
        && payload.takes_system_in_user()
        && SYSTEM_SIGNS.iter().any(|sign| failure.names(sign))
    {
        log::warn!(service = service.name.as_str(); "the model has no system role: its prompt goes before the user's from now on");
        return Some(Dialect { system: System::InUser, ..dialect.clone() });
    }
    let held = call.cut.is_none() && tools != Tools::Native && (call.request.schema.is_some() || tools == Tools::Json);
    let asked = held && dialect.structured != Structured::None;
    let refused = payload.structured_keys().any(|key| failure.names(key))
        || STRUCTURED_SIGNS.iter().any(|sign| failure.names(sign));
    let less = dialect.structured.less().filter(|_| asked && refused)?;
    log::warn!(service = service.name.as_str(); "the service cannot be held to the schema: asking for less from now on");
    Some(Dialect { structured: less, ..dialect.clone() })
}
