//! `/__sandbox`: people and credentials, the log, faults, issues, the clock, reset. Not logged and never faulty.

use actix_web::{
    HttpResponse,
    web::{self, Data, Json, Path, Query, ServiceConfig},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{faults::FaultRule, settings::Settings, state::Shared};

/// Adds the routes.
pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.service(
        web::scope("/__sandbox")
            .route("/people", web::get().to(people))
            .route("/people/{who}", web::patch().to(change_person))
            .route("/requests", web::get().to(requests))
            .route("/requests", web::delete().to(forget_requests))
            .route("/faults", web::get().to(list_faults))
            .route("/faults", web::post().to(add_faults))
            .route("/faults", web::delete().to(clear_faults))
            .route("/faults/{id}", web::delete().to(remove_fault))
            .route("/issues", web::get().to(issues))
            .route("/issues/{issue}/move", web::post().to(move_issue))
            .route("/settings", web::get().to(settings))
            .route("/settings", web::put().to(set_settings))
            .route("/clock", web::post().to(move_clock))
            .route("/reset", web::post().to(reset)),
    );
}

async fn people(shared: Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().json(shared.people())
}

/// Merges the given fields into the person, so that a test can revoke a PAT or switch somebody off.
async fn change_person(shared: Data<Shared>, who: Path<String>, fields: Json<Value>) -> HttpResponse {
    let Some(person) = shared.person(&who) else {
        return HttpResponse::NotFound().json(json!({"error": "no such person"}));
    };
    let mut merged = json!(person);
    merge(&mut merged, &fields);
    match serde_json::from_value(merged) {
        Ok(changed) => {
            let changed = shared.change_person(&who, |person| *person = changed);
            if let Err(error) = shared.save() {
                return HttpResponse::InternalServerError().json(json!({"error": error.to_string()}));
            }
            HttpResponse::Ok().json(changed)
        }
        Err(error) => HttpResponse::BadRequest().json(json!({"error": error.to_string()})),
    }
}

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

#[derive(Deserialize)]
struct Since {
    #[serde(default)]
    after: u64,
}

async fn requests(shared: Data<Shared>, since: Query<Since>) -> HttpResponse {
    HttpResponse::Ok().json(shared.log.entries(since.after))
}

async fn forget_requests(shared: Data<Shared>) -> HttpResponse {
    shared.log.clear();
    HttpResponse::NoContent().finish()
}

async fn list_faults(shared: Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().json(shared.faults.list())
}

/// Takes one rule or a list of rules; all or none are armed.
async fn add_faults(shared: Data<Shared>, body: Json<Value>) -> HttpResponse {
    let rules = match body.into_inner() {
        Value::Array(rules) => rules,
        one => vec![one],
    };
    let mut added = Vec::new();
    let refuse = |error: crate::faults::BadRule, added: &[u64]| {
        for id in added {
            shared.faults.remove(*id);
        }
        HttpResponse::BadRequest().json(json!({"error": error.to_string()}))
    };
    for rule in &rules {
        match FaultRule::from_json(rule).and_then(|rule| shared.faults.add(rule)) {
            Ok(id) => added.push(id),
            Err(error) => return refuse(error, &added),
        }
    }
    HttpResponse::Created().json(json!({"ids": added}))
}

async fn clear_faults(shared: Data<Shared>) -> HttpResponse {
    shared.faults.clear();
    HttpResponse::NoContent().finish()
}

async fn remove_fault(shared: Data<Shared>, id: Path<u64>) -> HttpResponse {
    if shared.faults.remove(*id) { HttpResponse::NoContent().finish() } else { HttpResponse::NotFound().finish() }
}

async fn issues(shared: Data<Shared>) -> HttpResponse {
    let issues = shared.jira().summaries();
    let mut projects: Vec<(String, Vec<&crate::jira::IssueSummary>)> = Vec::new();
    for issue in &issues {
        match projects.iter_mut().find(|(project, _)| *project == issue.project) {
            Some((_, list)) => list.push(issue),
            None => projects.push((issue.project.clone(), vec![issue])),
        }
    }
    let projects: serde_json::Map<String, Value> =
        projects.into_iter().map(|(project, list)| (project, json!({"count": list.len(), "issues": list}))).collect();
    HttpResponse::Ok().json(json!({"count": issues.len(), "projects": projects}))
}

#[derive(Deserialize)]
struct Target {
    project: String,
}

async fn move_issue(shared: Data<Shared>, issue: Path<String>, target: Json<Target>) -> HttpResponse {
    match shared.jira().move_issue(&issue, &target.project) {
        Some(key) => HttpResponse::Ok().json(json!({"key": key})),
        None => HttpResponse::NotFound().json(json!({"error": "no such issue or project"})),
    }
}

async fn settings(shared: Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().json(shared.settings())
}

async fn set_settings(shared: Data<Shared>, settings: Json<Settings>) -> HttpResponse {
    shared.set_settings(settings.into_inner());
    HttpResponse::Ok().json(shared.settings())
}

#[derive(Deserialize)]
struct Move {
    advance_ms: i64,
}

async fn move_clock(shared: Data<Shared>, by: Json<Move>) -> HttpResponse {
    shared.clock.advance(by.advance_ms);
    HttpResponse::Ok().json(json!({"now": shared.clock.now()}))
}

async fn reset(shared: Data<Shared>) -> HttpResponse {
    match shared.reset() {
        Ok(()) => HttpResponse::NoContent().finish(),
        Err(error) => HttpResponse::InternalServerError().json(json!({"error": error.to_string()})),
    }
}
