//! `/issue/{key}/properties`, and properties in a create body.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    web::{self, Bytes, Path, ServiceConfig},
};
use serde_json::{Value, json};

use super::{
    desk::{Desk, json_body},
    errors::JiraError,
};

type Answer = Result<HttpResponse, JiraError>;

/// Longest value, in bytes of JSON.
const VALUE_LIMIT: usize = 32_768;

pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.route("/issue/{issue}/properties", web::get().to(list))
        .route("/issue/{issue}/properties/{key}", web::get().to(get))
        .route("/issue/{issue}/properties/{key}", web::put().to(put))
        .route("/issue/{issue}/properties/{key}", web::delete().to(remove));
}

fn check(key: &str, value: &Value) -> Result<(), String> {
    if key.is_empty() || key.chars().count() > 255 {
        Err("The property key must be between 1 and 255 characters long.".to_owned())
    } else if value.to_string().len() > VALUE_LIMIT {
        Err(format!("The property value must not be longer than {VALUE_LIMIT} characters."))
    } else {
        Ok(())
    }
}

/// Reads `properties: [{key, value}]`.
pub(crate) fn from_create_body(body: &Value, errors: &mut JiraError) -> BTreeMap<String, Value> {
    let mut properties = BTreeMap::new();
    for property in body.get("properties").and_then(Value::as_array).into_iter().flatten() {
        let key = property.get("key").and_then(Value::as_str).unwrap_or_default();
        let value = property.get("value").cloned().unwrap_or(Value::Null);
        match check(key, &value) {
            Ok(()) => {
                properties.insert(key.to_owned(), value);
            }
            Err(message) => errors.messages.push(message),
        }
    }
    properties
}

async fn list(desk: Desk, issue: Path<String>) -> Answer {
    let store = desk.shared.jira();
    let issue = desk.issue(&store, &issue)?;
    let address = |key: &str| desk.api(&format!("issue/{}/properties/{key}", issue.key()));
    let keys: Vec<Value> = issue.properties.keys().map(|key| json!({"self": address(key), "key": key})).collect();
    Ok(HttpResponse::Ok().json(json!({"keys": keys})))
}

async fn get(desk: Desk, path: Path<(String, String)>) -> Answer {
    let store = desk.shared.jira();
    let issue = desk.issue(&store, &path.0)?;
    match issue.properties.get(&path.1) {
        Some(value) => Ok(HttpResponse::Ok().json(json!({"key": path.1, "value": value}))),
        None => Err(JiraError::new(404, format!("The property {} does not exist.", path.1))),
    }
}

/// 201 for a new property, 200 for a replaced one.
async fn put(desk: Desk, path: Path<(String, String)>, body: Bytes) -> Answer {
    let value = json_body(&body)?;
    let mut store = desk.shared.jira();
    let id = desk.editable(&store, &path.0)?;
    check(&path.1, &value).map_err(|message| JiraError::new(400, message))?;
    let issue = store.get_mut(id).ok_or_else(JiraError::no_issue)?;
    let fresh = issue.properties.insert(path.1.clone(), value).is_none();
    Ok(if fresh { HttpResponse::Created().finish() } else { HttpResponse::Ok().finish() })
}

async fn remove(desk: Desk, path: Path<(String, String)>) -> Answer {
    let mut store = desk.shared.jira();
    let id = desk.editable(&store, &path.0)?;
    let issue = store.get_mut(id).ok_or_else(JiraError::no_issue)?;
    match issue.properties.remove(&path.1) {
        Some(_) => Ok(HttpResponse::NoContent().finish()),
        None => Err(JiraError::new(404, format!("The property {} does not exist.", path.1))),
    }
}
