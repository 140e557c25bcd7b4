//! The part of `payload.json` about tools: how they are offered, and how calls and results go back and forth.

use super::Problem;
use crate::template::JsonTemplate;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use storywright_domain::ports::{ChatTool, ToolUse};

/// As in the file.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct ToolsPart {
    #[serde(rename = "$comment", default)]
    #[cfg_attr(test, schemars(with = "serde_json::Value"))]
    _comment: IgnoredAny,
    /// What is added to the body, with `{{tools}}`.
    request: Map<String, Value>,
    /// One offered tool, with `{{name}}`, `{{description}}` and `{{parameters}}`.
    tool: Map<String, Value>,
    /// The message in which the model called tools, with `{{calls}}`.
    calls: Map<String, Value>,
    /// One call in it, with `{{id}}`, `{{name}}` and `{{arguments}}` (JSON as text) or `{{arguments_object}}`.
    call: Map<String, Value>,
    /// The message with the result of one call, with `{{id}}`, `{{name}}` and `{{result}}`.
    result: Map<String, Value>,
    /// One message for the results of a whole turn, with `{{results}}`, where the service wants that; `result` is one entry then.
    #[serde(default)]
    results: Option<Map<String, Value>>,
}

/// Ready for use.
#[derive(Debug)]
pub(crate) struct ToolTemplates {
    pub(crate) request: JsonTemplate,
    tool: JsonTemplate,
    calls: JsonTemplate,
    call: JsonTemplate,
    result: JsonTemplate,
    results: Option<JsonTemplate>,
}

/// Where things are in an entry of a list of calls.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CallPointers {
    /// Number of the call that a fragment belongs to.
    pub(crate) index: OneOrMore,
    /// Its id.
    pub(crate) id: OneOrMore,
    /// Name of the tool.
    pub(crate) name: OneOrMore,
    /// Arguments, or the next piece of them.
    pub(crate) arguments: OneOrMore,
}

/// A JSON pointer, or several of which the first that leads somewhere counts.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "a JSON pointer or a list of them")]
pub(crate) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    /// The pointers.
    pub(crate) fn all(&self) -> &[String] {
        match self {
            Self::One(pointer) => std::slice::from_ref(pointer),
            Self::More(pointers) => pointers,
        }
    }
}

impl Default for CallPointers {
    fn default() -> Self {
        Self {
            index: OneOrMore::One("/index".to_owned()),
            id: OneOrMore::One("/id".to_owned()),
            name: OneOrMore::One("/function/name".to_owned()),
            arguments: OneOrMore::One("/function/arguments".to_owned()),
        }
    }
}

impl CallPointers {
    pub(super) fn all(&self) -> impl Iterator<Item = &String> {
        [&self.index, &self.id, &self.name, &self.arguments].into_iter().flat_map(OneOrMore::all)
    }
}

impl ToolsPart {
    pub(super) fn compile(&self, of_request: &[&str]) -> Result<ToolTemplates, Problem> {
        let part = |key: &str, map: &Map<String, Value>, known: &[&str], needed: &[&str]| {
            let template = JsonTemplate::parse(&Value::Object(map.clone()), known)?;
            match needed.iter().find(|name| !template.mentions(name)) {
                Some(name) => Err(Problem::new(
                    format!("`tools.{key}` does not use `{{{{{name}}}}}`"),
                    "write it where the service wants it, or leave `tools` out",
                )
                .near(key)),
                None => Ok(template),
            }
        };
        let in_call = ["id", "name", "arguments", "arguments_object"];
        Ok(ToolTemplates {
            request: part("request", &self.request, of_request, &["tools"])?,
            tool: part("tool", &self.tool, &["name", "description", "parameters"], &["name", "parameters"])?,
            calls: part("calls", &self.calls, &["calls"], &["calls"])?,
            call: part("call", &self.call, &in_call, &["name"])?,
            result: part("result", &self.result, &["id", "name", "result"], &["result"])?,
            results: self
                .results
                .as_ref()
                .map(|results| part("results", results, &["results"], &["results"]))
                .transpose()?,
        })
    }
}

impl ToolTemplates {
    /// Keys of the body that offer tools: a refusal that names one means that the service cannot do it.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        match &self.request {
            JsonTemplate::Object(fields) => fields.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(),
            _ => Vec::new(),
        }
        .into_iter()
    }

    /// One offered tool, under the name that the service can take.
    pub(crate) fn tool(&self, name: &str, tool: &ChatTool) -> Option<Value> {
        self.tool.render(&|wanted| match wanted {
            "name" => Some(name.into()),
            "description" => Some(tool.description().into()),
            "parameters" => serde_json::from_str(tool.parameters()).ok(),
            _ => None,
        })
    }

    /// The message in which the model made these calls.
    pub(crate) fn calls(&self, calls: &[ToolUse]) -> Option<Value> {
        let list: Vec<Value> = calls.iter().filter_map(|call| self.call(call)).collect();
        self.calls.render(&|name| (name == "calls").then(|| list.clone().into()))
    }

    fn call(&self, call: &ToolUse) -> Option<Value> {
        self.call.render(&|wanted| match wanted {
            "id" => Some(call.id.clone().into()),
            "name" => Some(call.name.clone().into()),
            "arguments" => Some(call.arguments.clone().into()),
            "arguments_object" => serde_json::from_str(&call.arguments).ok(),
            _ => None,
        })
    }

    /// The messages with the results of a turn: one each, or one for all.
    pub(crate) fn results(&self, calls: &[ToolUse], marked: impl Fn(&ToolUse) -> String) -> Vec<Value> {
        let each: Vec<Value> = calls.iter().filter_map(|call| self.result(call, &marked(call))).collect();
        match &self.results {
            Some(together) => {
                together.render(&|name| (name == "results").then(|| each.clone().into())).into_iter().collect()
            }
            None => each,
        }
    }

    /// The result of a call, marked as data by the caller.
    fn result(&self, call: &ToolUse, marked: &str) -> Option<Value> {
        self.result.render(&|wanted| match wanted {
            "id" => Some(call.id.clone().into()),
            "name" => Some(call.name.clone().into()),
            "result" => Some(marked.into()),
            _ => None,
        })
    }
}
