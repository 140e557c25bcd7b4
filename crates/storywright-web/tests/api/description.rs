//! The description of the API says what the API does.

use crate::support::{App, anonymous};
use serde_json::Value;
use std::collections::BTreeSet;
use storywright_web::api::{ROUTES, document};
use storywright_web::route::{Policy, Verb};

fn description() -> Value {
    serde_json::from_str(document()).unwrap()
}

fn word(verb: Verb) -> &'static str {
    match verb {
        Verb::Get => "get",
        Verb::Post => "post",
        Verb::Put => "put",
        Verb::Delete => "delete",
    }
}

#[actix_web::test]
async fn it_is_public_and_openapi_3_1() {
    let app = App::new();
    let reply = anonymous("GET", "/openapi.json").send(&app).await;
    let body = reply.good(200);
    assert_eq!(body["openapi"], "3.1.0");
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(body, description());
}

#[test]
fn it_has_every_route_and_no_other() {
    let api = description();
    let declared: BTreeSet<(String, &str)> =
        ROUTES.iter().map(|route| (route.path.to_owned(), word(route.method))).collect();
    let described: BTreeSet<(String, &str)> = api["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            ["get", "post", "put", "delete"]
                .into_iter()
                .filter(|verb| item.get(*verb).is_some())
                .map(|verb| (path.clone(), verb))
        })
        .collect();
    assert_eq!(declared, described);
}

#[test]
fn every_call_says_who_may_and_how_errors_look() {
    let api = description();
    let mut ids = BTreeSet::new();
    for route in ROUTES {
        let call = &api["paths"][route.path][word(route.method)];
        let what = format!("{} {}", word(route.method), route.path);
        assert!(ids.insert(call["operationId"].as_str().unwrap().to_owned()), "{what}");
        assert!(call["summary"].as_str().is_some_and(|text| text.ends_with('.')), "{what}");
        let secured = call["security"]
            .as_array()
            .is_some_and(|schemes| schemes.iter().any(|scheme| scheme.get("bearer").is_some()));
        assert_eq!(secured, route.policy == Policy::Bearer, "{what}");
        let responses = call["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{what}");
        assert!(responses.contains_key("default"), "{what}");
        for (status, response) in responses.iter().filter(|(status, _)| !status.starts_with('2')) {
            let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(schema, "#/components/schemas/Problem", "{what} {status}");
        }
        let named: BTreeSet<&str> =
            route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        let parameters = call["parameters"].as_array().cloned().unwrap_or_default();
        let in_path: BTreeSet<&str> =
            parameters.iter().filter(|one| one["in"] == "path").map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(named, in_path, "{what}");
        let takes_body = call.get("requestBody").is_some();
        assert!(!takes_body || route.body_limit > 0, "{what}");
    }
    assert_eq!(api["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
}

/// Every reference leads somewhere, and every example fits its schema.
#[test]
fn references_resolve_and_examples_fit() {
    let api = description();
    let mut checked = 0;
    walk(&api, &api, "#", &mut checked);
    assert!(checked > 40, "only {checked} examples were checked");
}

fn walk(api: &Value, value: &Value, place: &str, checked: &mut usize) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get("$ref") {
                let found = api.pointer(reference.trim_start_matches('#'));
                assert!(found.is_some(), "{place}: {reference} leads nowhere");
            }
            let is_schema = map.contains_key("type") || map.contains_key("enum");
            if let Some(example) = map.get("example").filter(|_| is_schema) {
                check_type(map, example, place);
                *checked += 1;
            }
            for (key, inner) in map.iter().filter(|(key, _)| *key != "example") {
                walk(api, inner, &format!("{place}/{key}"), checked);
            }
        }
        Value::Array(list) => {
            for (index, inner) in list.iter().enumerate() {
                walk(api, inner, &format!("{place}/{index}"), checked);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn check_type(schema: &serde_json::Map<String, Value>, example: &Value, place: &str) {
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => return,
    };
    let fits = types.iter().any(|kind| match *kind {
        "string" => example.is_string(),
        "integer" => example.is_u64() || example.is_i64(),
        "number" => example.is_number(),
        "boolean" => example.is_boolean(),
        "array" => example.is_array(),
        "object" => example.is_object(),
        "null" => example.is_null(),
        _ => false,
    });
    assert!(fits, "{place}: {example} is no {types:?}");
    if let (Some(least), Some(text)) = (schema.get("minLength").and_then(Value::as_u64), example.as_str()) {
        assert!(text.chars().count() as u64 >= least, "{place}: {example} is too short");
    }
}
