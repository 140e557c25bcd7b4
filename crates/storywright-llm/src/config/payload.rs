//! `payload.json`: what a service is sent, and where in its answers things are.

use super::Problem;
use super::answer_payload::Pointers;
use super::services::{Structured, System};
use super::tool_payload::{ToolTemplates, ToolsPart};
use crate::template::JsonTemplate;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use storywright_domain::ports::ChatCall;

/// What may stand in a request.
const NAMES: [&str; 9] =
    ["model", "request_id", "schema", "schema_name", "service", "system", "tools", "turns", "user"];

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct PayloadFile {
    #[serde(rename = "$schema", default)]
    #[cfg_attr(test, schemars(with = "serde_json::Value"))]
    _schema: IgnoredAny,
    #[serde(rename = "$comment", default)]
    #[cfg_attr(test, schemars(with = "serde_json::Value"))]
    _comment: IgnoredAny,
    default: PayloadPart,
    /// Services that speak otherwise; a whole payload each.
    #[serde(default)]
    services: BTreeMap<String, PayloadPart>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct PayloadPart {
    #[serde(rename = "$comment", default)]
    #[cfg_attr(test, schemars(with = "serde_json::Value"))]
    _comment: IgnoredAny,
    /// Request bodies by call; `default` serves calls that are not named.
    requests: Requests,
    /// What is added to the body to hold the answer to a schema.
    #[serde(default)]
    structured: StructuredPart,
    /// How tools are offered; without it the service is not asked for calls of its own kind.
    #[serde(default)]
    tools: Option<ToolsPart>,
    /// Messages behind the turns that ask the model to go on, with `{{text}}` (what it has written) and `{{instruction}}`. Without
    /// them an answer that ran into the length limit stays as it is.
    #[serde(default, rename = "continue")]
    go_on: Vec<Value>,
    /// What replaces keys of the body for a model without a system role, with `{{system}}` and `{{user}}` in one message.
    #[serde(default)]
    system_in_user: Option<Map<String, Value>>,
    /// Keys of the body that are left out when the service refuses them by name.
    #[serde(default)]
    optional: Vec<String>,
    answer: Pointers,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Requests {
    default: Map<String, Value>,
    gather: Option<Map<String, Value>>,
    draft: Option<Map<String, Value>>,
    refine: Option<Map<String, Value>>,
    repair: Option<Map<String, Value>>,
    judge: Option<Map<String, Value>>,
}

#[derive(Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
struct StructuredPart {
    json_schema: Map<String, Value>,
    json_object: Map<String, Value>,
}

/// What one service is sent, ready for use.
#[derive(Debug)]
pub(crate) struct Payload {
    gather: JsonTemplate,
    draft: JsonTemplate,
    refine: JsonTemplate,
    repair: JsonTemplate,
    judge: JsonTemplate,
    json_schema: JsonTemplate,
    json_object: JsonTemplate,
    /// How tools are offered natively.
    pub(crate) tools: Option<ToolTemplates>,
    go_on: Option<JsonTemplate>,
    system_in_user: Option<JsonTemplate>,
    pub(crate) optional: Vec<String>,
    pub(crate) answer: Pointers,
}

impl Payload {
    /// Whether tools can be offered natively in this call: the service's way is described, and the turns have their place.
    pub(crate) fn takes_tools(&self, call: ChatCall) -> bool {
        self.tools.is_some() && self.request(call).mentions("turns")
    }

    /// Whether the model can be asked to go on in this call.
    pub(crate) fn takes_continuation(&self, call: ChatCall) -> bool {
        self.go_on.is_some() && self.request(call).mentions("turns")
    }

    /// Whether it is described how a model without a system role is spoken to.
    pub(crate) fn takes_system_in_user(&self) -> bool {
        self.system_in_user.is_some()
    }

    /// The messages that ask the model to go on behind `text`.
    pub(crate) fn continuation(&self, text: &str, instruction: &str) -> Vec<Value> {
        let rendered = self.go_on.as_ref().and_then(|template| {
            template.render(&|name| Some(if name == "text" { text.into() } else { instruction.into() }))
        });
        match rendered {
            Some(Value::Array(messages)) => messages,
            _ => Vec::new(),
        }
    }

    fn request(&self, call: ChatCall) -> &JsonTemplate {
        match call {
            ChatCall::Gather => &self.gather,
            ChatCall::Draft => &self.draft,
            ChatCall::Refine => &self.refine,
            ChatCall::Repair => &self.repair,
            ChatCall::Judge => &self.judge,
        }
    }

    /// The request body. `parameters` come last and win, but for what is left out.
    pub(crate) fn body(
        &self,
        parts: &BodyParts<'_>,
        parameters: &Map<String, Value>,
        value: &dyn Fn(&str) -> Option<Value>,
    ) -> Value {
        let mut body = object(self.request(parts.call).render(value));
        if let Some(replaced) = self.system_in_user.as_ref().filter(|_| parts.system == System::InUser) {
            body.extend(object(replaced.render(value)));
        }
        if let Some(tools) = self.tools.as_ref().filter(|_| parts.with_tools) {
            body.extend(object(tools.request.render(value)));
        }
        match parts.structured {
            Some(Structured::JsonSchema) => body.extend(object(self.json_schema.render(value))),
            Some(Structured::JsonObject) => body.extend(object(self.json_object.render(value))),
            Some(Structured::None) | None => {}
        }
        for (key, parameter) in parameters {
            if parameter.is_null() {
                body.shift_remove(key);
            } else {
                body.insert(key.clone(), parameter.clone());
            }
        }
        for key in parts.left_out {
            body.shift_remove(key);
        }
        Value::Object(body)
    }

    /// Whether something in the request holds the answer to a schema this far.
    pub(crate) fn holds_to(&self, structured: Structured) -> bool {
        let template = match structured {
            Structured::JsonSchema => &self.json_schema,
            Structured::JsonObject => &self.json_object,
            Structured::None => return true,
        };
        matches!(template, JsonTemplate::Object(fields) if !fields.is_empty())
    }

    /// Keys of the body that hold the answer to a schema: a refusal that names one means that the service cannot do it.
    pub(crate) fn structured_keys(&self) -> impl Iterator<Item = &str> {
        [&self.json_schema, &self.json_object].into_iter().flat_map(|template| match template {
            JsonTemplate::Object(fields) => fields.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(),
            _ => Vec::new(),
        })
    }
}

/// What a request body is put together from.
pub(crate) struct BodyParts<'a> {
    pub(crate) call: ChatCall,
    /// How the answer is held to the schema; `None` without one.
    pub(crate) structured: Option<Structured>,
    /// Tools are offered in the service's own way.
    pub(crate) with_tools: bool,
    pub(crate) system: System,
    /// Keys that the service does not take.
    pub(crate) left_out: &'a [String],
}

fn object(rendered: Option<Value>) -> Map<String, Value> {
    match rendered {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

impl PayloadFile {
    /// The payload of the service with this name.
    pub(super) fn of(&self, service: &str) -> Result<Payload, Problem> {
        self.services.get(service).unwrap_or(&self.default).compile()
    }

    /// Refuses payloads of services that do not exist.
    pub(super) fn check(&self, services: &[&str]) -> Result<(), Problem> {
        super::known_services(self.services.keys(), services)
    }
}

impl PayloadPart {
    fn compile(&self) -> Result<Payload, Problem> {
        let template = |map: &Map<String, Value>| JsonTemplate::parse(&Value::Object(map.clone()), &NAMES);
        let request = |own: &Option<Map<String, Value>>| -> Result<JsonTemplate, Problem> {
            let request = template(own.as_ref().unwrap_or(&self.requests.default))?;
            match ["system", "user"].iter().find(|name| !request.mentions(name)) {
                Some(name) => Err(Problem::new(
                    format!("a request does not use `{{{{{name}}}}}`"),
                    "put the prompts into its messages",
                )
                .near("requests")),
                None => Ok(request),
            }
        };
        self.answer.check()?;
        let go_on = JsonTemplate::parse(&Value::Array(self.go_on.clone()), &["text", "instruction"])?;
        let go_on = match ["text", "instruction"].iter().find(|name| !go_on.mentions(name)) {
            _ if self.go_on.is_empty() => None,
            None => Some(go_on),
            Some(name) => {
                return Err(Problem::new(
                    format!("`continue` does not use `{{{{{name}}}}}`"),
                    "give the model what it has written and the instruction to go on, or leave `continue` out",
                )
                .near("continue"));
            }
        };
        let system_in_user = self.system_in_user.as_ref().map(template).transpose()?;
        if let Some(replaced) = &system_in_user
            && let Some(name) = ["system", "user"].iter().find(|name| !replaced.mentions(name))
        {
            return Err(Problem::new(
                format!("`system_in_user` does not use `{{{{{name}}}}}`"),
                "put both prompts into one message",
            )
            .near("system_in_user"));
        }
        Ok(Payload {
            gather: request(&self.requests.gather)?,
            draft: request(&self.requests.draft)?,
            refine: request(&self.requests.refine)?,
            repair: request(&self.requests.repair)?,
            judge: request(&self.requests.judge)?,
            json_schema: template(&self.structured.json_schema)?,
            json_object: template(&self.structured.json_object)?,
            tools: self.tools.as_ref().map(|tools| tools.compile(&NAMES)).transpose()?,
            go_on,
            system_in_user,
            optional: self.optional.clone(),
            answer: self.answer.clone(),
        })
    }
}
