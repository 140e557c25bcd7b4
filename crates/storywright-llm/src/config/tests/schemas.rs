//! JSON Schemas of the files, made from the types that read them. The shipped ones are up to date, and every shipped file is valid.

use crate::config::{
    dialect_file::DialectFile, headers::HeaderFile, payload::PayloadFile, prompts::PromptFile, services::ConfigFile,
};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn config() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config")
}

fn schema<T: JsonSchema>(title: &str) -> Value {
    let made = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
    let mut made = made.to_value();
    made["title"] = title.into();
    made
}

/// Each with its name below `config`.
fn all() -> Vec<(&'static str, Value)> {
    vec![
        ("config", schema::<ConfigFile>("config.json of Storywright: the part about LLM services")),
        ("header", schema::<HeaderFile>("header.json of Storywright")),
        ("payload", schema::<PayloadFile>("payload.json of Storywright")),
        ("prompts", schema::<PromptFile>("prompts.json of Storywright")),
        ("dialect", schema::<DialectFile>("a file of config/dialects of Storywright")),
    ]
}

#[test]
fn the_shipped_schemas_are_up_to_date() {
    for (name, schema) in all() {
        let file = config().join(format!("{name}.schema.json"));
        let made = format!("{schema:#}\n");
        if writes() {
            std::fs::write(&file, &made).unwrap();
        }
        let shipped = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            shipped == made,
            "{name}.schema.json is out of date: UPDATE_DOCS=1 cargo test -p storywright-llm schemas"
        );
    }
}

fn writes() -> bool {
    std::env::var_os("UPDATE_DOCS").is_some()
}

/// What is wrong with a value, with the place where it is.
fn faults(schema: &Value, root: &Value, value: &Value, at: &str) -> Vec<String> {
    let mut found = Vec::new();
    let known = ["$defs", "$schema", "title", "description", "default", "format", "minimum", "maximum"];
    for (word, rule) in schema.as_object().into_iter().flatten().filter(|(word, _)| !known.contains(&word.as_str())) {
        match word.as_str() {
            "$ref" => {
                let target = root.pointer(rule.as_str().unwrap().trim_start_matches('#')).unwrap();
                found.extend(faults(target, root, value, at));
            }
            "anyOf" | "oneOf" => {
                let fits = |choice: &&Value| faults(choice, root, value, at).is_empty();
                if rule.as_array().unwrap().iter().filter(fits).count() == 0 {
                    found.push(format!("{at}: fits no choice"));
                }
            }
            "allOf" => found.extend(rule.as_array().unwrap().iter().flat_map(|part| faults(part, root, value, at))),
            "type" => {
                let is = |name: &Value| match name.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "boolean" => value.is_boolean(),
                    "null" => value.is_null(),
                    "integer" => value.is_i64() || value.is_u64(),
                    "number" => value.is_number(),
                    other => panic!("type {other}"),
                };
                let one_of = rule.as_array().cloned().unwrap_or_else(|| vec![rule.clone()]);
                if !one_of.iter().any(is) {
                    found.push(format!("{at}: is not {rule}"));
                }
            }
            "const" if rule != value => found.push(format!("{at}: is not {rule}")),
            "enum" if !rule.as_array().unwrap().contains(value) => found.push(format!("{at}: is none of {rule}")),
            "required" => {
                let missing = rule.as_array().unwrap().iter().filter(|key| value.get(key.as_str().unwrap()).is_none());
                found.extend(missing.map(|key| format!("{at}: lacks {key}")));
            }
            "properties" => {
                let fields = value.as_object().into_iter().flatten();
                let checked = fields.filter_map(|(key, field)| Some((key, field, rule.get(key)?)));
                found.extend(checked.flat_map(|(key, field, rule)| faults(rule, root, field, &format!("{at}/{key}"))));
            }
            "additionalProperties" => {
                let named = |key: &String| schema["properties"].get(key.as_str()).is_some();
                for (key, field) in value.as_object().into_iter().flatten().filter(|(key, _)| !named(key)) {
                    match rule {
                        Value::Bool(false) => found.push(format!("{at}: unknown key {key}")),
                        rule => found.extend(faults(rule, root, field, &format!("{at}/{key}"))),
                    }
                }
            }
            "items" => {
                let items = value.as_array().into_iter().flatten().enumerate();
                found.extend(items.flat_map(|(number, item)| faults(rule, root, item, &format!("{at}/{number}"))));
            }
            "const" | "enum" => {}
            other => panic!("a schema uses `{other}`, which this check does not know"),
        }
    }
    found
}

fn read(file: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn every_shipped_file_is_valid() {
    let mut folders = vec![config(), config().join("demo")];
    folders.extend(std::fs::read_dir(config().join("examples")).unwrap().map(|entry| entry.unwrap().path()));
    let mut checked = 0;
    for (name, schema) in all() {
        for file in folders.iter().map(|folder| folder.join(format!("{name}.json"))).filter(|file| file.exists()) {
            let found = faults(&schema, &schema, &read(&file), "");
            assert!(found.is_empty(), "{}: {found:#?}", file.display());
            checked += 1;
        }
    }
    assert!(checked > 20, "{checked}");
}

#[test]
fn the_schemas_refuse_what_the_reader_refuses() {
    let refused = |name: &str, change: &dyn Fn(&mut Value)| {
        let mut value = read(&config().join(format!("{name}.json")));
        change(&mut value);
        let (_, schema) = all().into_iter().find(|(known, _)| *known == name).unwrap();
        assert!(!faults(&schema, &schema, &value, "").is_empty(), "{name}");
    };
    refused("config", &|value| value["llm"]["services"][0]["modell"] = json!("m"));
    refused("config", &|value| value["llm"]["services"][0]["structured"] = json!("always"));
    refused("config", &|value| drop(value["llm"]["services"][0].as_object_mut().unwrap().remove("base_url")));
    refused("header", &|value| value["default"]["X-Number"] = json!(1));
    refused("payload", &|value| value["default"]["answer"]["txt"] = json!([]));
    refused("payload", &|value| value["default"]["answer"]["tool_call"]["id"] = json!(1));
    refused("prompts", &|value| value["calls"]["draft"]["user"] = json!("text"));
}
