//! `payload.json`: what a service is sent, and where in its answers things are.

use super::Problem;
use super::services::{Structured, check_pointer};
use super::tool_payload::{CallPointers, ToolTemplates, ToolsPart};
use crate::template::JsonTemplate;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use storywright_domain::ports::{ChatCall, Finish};

/// What may stand in a request.
const NAMES: [&str; 9] =
    ["model", "request_id", "schema", "schema_name", "service", "system", "tools", "turns", "user"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PayloadFile {
    #[serde(rename = "$comment", default)]
    _comment: IgnoredAny,
    default: PayloadPart,
    /// Services that speak otherwise; a whole payload each.
    #[serde(default)]
    services: BTreeMap<String, PayloadPart>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PayloadPart {
    #[serde(rename = "$comment", default)]
    _comment: IgnoredAny,
    /// Request bodies by call; `default` serves calls that are not named.
    requests: Requests,
    /// What is added to the body to hold the answer to a schema.
    #[serde(default)]
    structured: StructuredPart,
    /// How tools are offered; without it the service is not asked for calls of its own kind.
    #[serde(default)]
    tools: Option<ToolsPart>,
    /// Keys of the body that are left out when the service refuses them by name.
    #[serde(default)]
    optional: Vec<String>,
    answer: Pointers,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Requests {
    default: Map<String, Value>,
    gather: Option<Map<String, Value>>,
    draft: Option<Map<String, Value>>,
    refine: Option<Map<String, Value>>,
    repair: Option<Map<String, Value>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct StructuredPart {
    json_schema: Map<String, Value>,
    json_object: Map<String, Value>,
}

/// Where things are in an answer, streamed or whole: JSON pointers, of which the first that leads somewhere counts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pointers {
    /// Data of the event that ends a stream; `null` when the service sends none.
    pub(crate) end: Option<String>,
    /// Text, as a string or as a list of parts with a `text` each.
    pub(crate) text: Vec<String>,
    /// Why the model stopped.
    pub(crate) finish: Vec<String>,
    /// What the words there mean.
    pub(crate) finish_words: FinishWords,
    /// Words of a model that declines.
    #[serde(default)]
    pub(crate) refusal: Vec<String>,
    /// Calls of tools, as a list.
    #[serde(default)]
    pub(crate) tool_calls: Vec<String>,
    /// Where things are in an entry of that list.
    #[serde(default)]
    pub(crate) tool_call: CallPointers,
    /// Tokens of the prompt.
    #[serde(default)]
    pub(crate) input_tokens: Vec<String>,
    /// Tokens of the answer.
    #[serde(default)]
    pub(crate) output_tokens: Vec<String>,
    /// There is something here only when the service failed.
    pub(crate) error: Vec<String>,
    /// The failure in words.
    #[serde(default)]
    pub(crate) error_message: Vec<String>,
    /// The failure as a status, code or type; all are looked at.
    #[serde(default)]
    pub(crate) error_code: Vec<String>,
}

/// Finish reasons as the service words them, without regard to case.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FinishWords {
    stop: Vec<String>,
    length: Vec<String>,
    #[serde(default)]
    filtered: Vec<String>,
    #[serde(default)]
    refused: Vec<String>,
    #[serde(default)]
    tool_calls: Vec<String>,
}

/// What a finish reason means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FinishWord {
    /// As the port knows it.
    Ended(Finish),
    /// It wants a tool to be called.
    Tool,
    /// Nobody has said what it means.
    Unknown,
}

impl FinishWords {
    /// What a word means.
    pub(crate) fn meaning(&self, word: &str) -> FinishWord {
        let has = |words: &[String]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
        if has(&self.stop) {
            FinishWord::Ended(Finish::Stop)
        } else if has(&self.length) {
            FinishWord::Ended(Finish::Length)
        } else if has(&self.filtered) {
            FinishWord::Ended(Finish::Filtered)
        } else if has(&self.refused) {
            FinishWord::Ended(Finish::Refused)
        } else if has(&self.tool_calls) {
            FinishWord::Tool
        } else {
            FinishWord::Unknown
        }
    }
}

/// What one service is sent, ready for use.
#[derive(Debug)]
pub(crate) struct Payload {
    gather: JsonTemplate,
    draft: JsonTemplate,
    refine: JsonTemplate,
    repair: JsonTemplate,
    json_schema: JsonTemplate,
    json_object: JsonTemplate,
    /// How tools are offered natively.
    pub(crate) tools: Option<ToolTemplates>,
    pub(crate) optional: Vec<String>,
    pub(crate) answer: Pointers,
}

impl Payload {
    /// Whether tools can be offered natively in this call: the service's way is described, and the turns have their place.
    pub(crate) fn takes_tools(&self, call: ChatCall) -> bool {
        self.tools.is_some() && self.request(call).mentions("turns")
    }

    fn request(&self, call: ChatCall) -> &JsonTemplate {
        match call {
            ChatCall::Gather => &self.gather,
            ChatCall::Draft => &self.draft,
            ChatCall::Refine => &self.refine,
            ChatCall::Repair => &self.repair,
        }
    }

    /// The request body. What `structured` adds is added only when there is a schema, what `tools` adds only when they are offered;
    /// `parameters` come last and win.
    pub(crate) fn body(
        &self,
        call: ChatCall,
        structured: Option<Structured>,
        with_tools: bool,
        parameters: &Map<String, Value>,
        left_out: &[String],
        value: &dyn Fn(&str) -> Option<Value>,
    ) -> Value {
        let mut body = object(self.request(call).render(value));
        if let Some(tools) = self.tools.as_ref().filter(|_| with_tools) {
            body.extend(object(tools.request.render(value)));
        }
        match structured {
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
        for key in left_out {
            body.shift_remove(key);
        }
        Value::Object(body)
    }

    /// Keys of the body that hold the answer to a schema: a refusal that names one means that the service cannot do it.
    pub(crate) fn structured_keys(&self) -> impl Iterator<Item = &str> {
        [&self.json_schema, &self.json_object].into_iter().flat_map(|template| match template {
            JsonTemplate::Object(fields) => fields.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(),
            _ => Vec::new(),
        })
    }
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
        Ok(Payload {
            gather: request(&self.requests.gather)?,
            draft: request(&self.requests.draft)?,
            refine: request(&self.requests.refine)?,
            repair: request(&self.requests.repair)?,
            json_schema: template(&self.structured.json_schema)?,
            json_object: template(&self.structured.json_object)?,
            tools: self.tools.as_ref().map(|tools| tools.compile(&NAMES)).transpose()?,
            optional: self.optional.clone(),
            answer: self.answer.clone(),
        })
    }
}

impl Pointers {
    fn check(&self) -> Result<(), Problem> {
        for (key, pointers) in [("text", &self.text), ("finish", &self.finish), ("error", &self.error)] {
            if pointers.is_empty() {
                return Err(
                    Problem::new(format!("`answer.{key}` is empty"), "give at least one JSON pointer").near(key)
                );
            }
        }
        let all = [
            &self.text,
            &self.finish,
            &self.refusal,
            &self.tool_calls,
            &self.input_tokens,
            &self.output_tokens,
            &self.error,
            &self.error_message,
            &self.error_code,
        ];
        all.into_iter().flatten().chain(self.tool_call.all()).try_for_each(|pointer| check_pointer(pointer))
    }
}
