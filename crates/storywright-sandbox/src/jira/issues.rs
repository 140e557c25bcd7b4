//! `/issue`: create, bulk create, get, edit, assign, delete.

use actix_web::{
    HttpResponse,
    web::{self, Bytes, Path, Query, ServiceConfig},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    cloud::EPIC_LINK,
    create::{create, epic_above, read_fields},
    desk::{Desk, json_body},
    errors::JiraError,
    meta,
    render::{self, Wanted},
    store::Store,
    updates,
    values::Place,
};

type Answer = Result<HttpResponse, JiraError>;

pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.route("/issue", web::post().to(create_one))
        .route("/issue/bulk", web::post().to(create_many))
        .route("/issue/{issue}", web::get().to(get))
        .route("/issue/{issue}", web::put().to(edit))
        .route("/issue/{issue}", web::delete().to(delete))
        .route("/issue/{issue}/editmeta", web::get().to(edit_meta))
        .route("/issue/{issue}/assignee", web::put().to(assign));
}

fn created(desk: &Desk, store: &Store, id: u64) -> Value {
    let key = store.get(id).map(super::store::Issue::key).unwrap_or_default();
    json!({"id": id.to_string(), "key": key, "self": desk.api(&format!("issue/{id}"))})
}

async fn create_one(desk: Desk, body: Bytes) -> Answer {
    let body = json_body(&body)?;
    let mut store = desk.shared.jira();
    let id = create(&desk, &mut store, &body)?;
    Ok(HttpResponse::Created().json(created(&desk, &store, id)))
}

/// 201 when at least one was created, 400 when none was; the failed ones are known by their place alone.
async fn create_many(desk: Desk, body: Bytes) -> Answer {
    let body = json_body(&body)?;
    let wanted = body.get("issueUpdates").and_then(Value::as_array).filter(|list| !list.is_empty());
    let Some(wanted) = wanted else {
        return Err(JiraError::new(400, "No issues were given to create."));
    };
    let mut store = desk.shared.jira();
    let (mut issues, mut errors) = (Vec::new(), Vec::new());
    for (place, one) in wanted.iter().enumerate() {
        match create(&desk, &mut store, one) {
            Ok(id) => issues.push(created(&desk, &store, id)),
            Err(error) => errors.push(json!({
                "status": error.status, "elementErrors": error.body(), "failedElementNumber": place,
            })),
        }
    }
    let mut answer = if issues.is_empty() { HttpResponse::BadRequest() } else { HttpResponse::Created() };
    Ok(answer.json(json!({"issues": issues, "errors": errors})))
}

#[derive(Deserialize)]
struct GetQuery {
    fields: Option<String>,
    expand: Option<String>,
    properties: Option<String>,
}

async fn get(desk: Desk, issue: Path<String>, query: Query<GetQuery>) -> Answer {
    let store = desk.shared.jira();
    let issue = desk.issue(&store, &issue)?;
    let wanted = Wanted::new(query.fields.as_deref(), query.expand.as_deref(), query.properties.as_deref(), "*all");
    Ok(HttpResponse::Ok().json(render::issue(&desk, &store, issue, &wanted)))
}

async fn edit_meta(desk: Desk, issue: Path<String>) -> Answer {
    let store = desk.shared.jira();
    let issue = desk.issue(&store, &issue)?;
    Ok(HttpResponse::Ok().json(json!({"fields": meta::edit_fields(&desk, issue)})))
}

async fn edit(desk: Desk, issue: Path<String>, body: Bytes) -> Answer {
    let body = json_body(&body)?;
    change(&desk, &issue, &body)?;
    Ok(HttpResponse::NoContent().finish())
}

async fn assign(desk: Desk, issue: Path<String>, body: Bytes) -> Answer {
    let body = json_body(&body)?;
    change(&desk, &issue, &json!({"fields": {"assignee": body}}))?;
    Ok(HttpResponse::NoContent().finish())
}

fn change(desk: &Desk, issue: &str, body: &Value) -> Result<(), JiraError> {
    let mut store = desk.shared.jira();
    let id = desk.editable(&store, issue)?;
    let none = Map::new();
    let sent = body.get("fields").and_then(Value::as_object).unwrap_or(&none);
    let mut errors = JiraError::collect();
    let found = store.get(id).and_then(|i| Some((i.project()?, i.issue_type()?, i.fields.clone())));
    let (project, issue_type, before) = found.ok_or_else(JiraError::no_issue)?;
    for fixed in ["project", "issuetype", "parent"] {
        let movable = fixed == "parent" && desk.cloud && !issue_type.subtask();
        if sent.contains_key(fixed) && !movable {
            errors.add(fixed, super::values::off_screen(fixed));
        }
    }
    let slots = desk.screen(project, issue_type, true);
    let place = Place { desk, store: &store, project };
    let mut fields = before;
    fields.extend(read_fields(&place, &slots, sent, &mut errors));
    if let Some(epic) = epic_above(desk, &store, issue_type, sent, &mut errors) {
        fields.insert(EPIC_LINK.to_owned(), json!(epic));
    }
    let after = updates::apply(&place, &slots, body.get("update"), sent, &mut fields, &mut errors);
    for slot in slots.iter().filter(|slot| slot.required && sent.contains_key(slot.field.id)) {
        if fields.get(slot.field.id).is_some_and(Value::is_null) {
            errors.add(slot.field.id, format!("{} is required.", slot.field.name));
        }
    }
    let properties = super::properties::from_create_body(body, &mut errors);
    errors.into_result()?;

    let now = desk.shared.clock.now();
    if let Some(issue) = store.get_mut(id) {
        for (field, value) in fields {
            issue.set(&field, value);
        }
        issue.properties.extend(properties);
        issue.updated = now;
    }
    updates::after(desk, &mut store, id, &after);
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeleteQuery {
    delete_subtasks: Option<String>,
}

async fn delete(desk: Desk, issue: Path<String>, query: Query<DeleteQuery>) -> Answer {
    let mut store = desk.shared.jira();
    let found = desk.issue(&store, &issue)?;
    let (id, key) = (found.id, found.key());
    if !desk.me().is_some_and(|p| p.may_delete(&found.project)) {
        return Err(JiraError::new(403, "You do not have permission to delete issues in this project."));
    }
    let subtasks: Vec<u64> = store.subtasks(id).map(|i| i.id).collect();
    let along = query.delete_subtasks.as_deref().is_some_and(|text| text.eq_ignore_ascii_case("true"));
    if !subtasks.is_empty() && !along {
        let message = format!(
            "The issue '{key}' has subtasks.  You must specify the 'deleteSubtasks' parameter to delete this issue and all its subtasks."
        );
        return Err(JiraError::new(400, message));
    }
    for subtask in subtasks {
        store.remove(subtask);
    }
    store.remove(id);
    Ok(HttpResponse::NoContent().finish())
}
