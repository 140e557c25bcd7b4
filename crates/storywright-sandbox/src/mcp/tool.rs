//! What a tool is: its definition, and what it does.

use std::sync::Arc;

use rmcp::{
    handler::server::common::schema_for_type,
    model::{JsonObject, Tool, ToolAnnotations},
    schemars::JsonSchema,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::rest::{Rest, Told};

/// What a tool may do to the company.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Nothing.
    Reads,
    /// It adds something.
    Adds,
    /// It changes what is there.
    Changes,
}

type Work = Box<dyn Fn(&Rest, JsonObject) -> Result<Value, Told> + Send + Sync>;

/// A tool on offer.
pub(super) struct Entry {
    pub(super) tool: Tool,
    work: Work,
}

impl Entry {
    /// A tool whose arguments are `A`. A field of `A` without a default must be given.
    pub(super) fn new<A>(
        name: &'static str,
        title: &str,
        access: Access,
        description: &'static str,
        work: fn(&Rest, A) -> Result<Value, Told>,
    ) -> Self
    where
        A: DeserializeOwned + JsonSchema + 'static,
    {
        let mut schema = JsonObject::clone(&schema_for_type::<A>());
        schema.remove("$schema");
        schema.remove("title");
        let annotations = ToolAnnotations::with_title(title.to_owned());
        let annotations = match access {
            Access::Reads => annotations.read_only(true),
            Access::Adds => annotations.destructive(false),
            Access::Changes => annotations.destructive(true),
        };
        let result = json!({"type": "object", "properties": {"result": {"type": "string"}}, "required": ["result"]});
        let result = result.as_object().cloned().unwrap_or_default();
        let tool = Tool::new(name, description, Arc::new(schema))
            .with_raw_output_schema(Arc::new(result))
            .with_annotations(annotations);
        let work: Work = Box::new(move |rest, arguments| {
            let arguments = serde_json::from_value(Value::Object(arguments))
                .map_err(|error| Told::new(format!("1 validation error: {error}")))?;
            work(rest, arguments)
        });
        Self { tool, work }
    }

    /// Calls it.
    pub(super) fn run(&self, rest: &Rest, arguments: JsonObject) -> Result<Value, Told> {
        (self.work)(rest, arguments)
    }
}

/// The parts of a list that somebody wrote with commas.
pub(super) fn parts(list: Option<&str>) -> Vec<&str> {
    list.unwrap_or_default().split(',').map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// JSON that somebody wrote as a text.
pub(super) fn object(name: &str, text: Option<&str>) -> Result<JsonObject, Told> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(JsonObject::new()) };
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Told::new(format!("{name} must be a JSON object"))),
        Err(error) => Err(Told::new(format!("{name} is not valid JSON: {error}"))),
    }
}
