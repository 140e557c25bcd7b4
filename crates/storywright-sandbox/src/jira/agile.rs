//! `/rest/agile/1.0`: epics and their issues.

use actix_web::{
    HttpResponse,
    web::{self, Bytes, Path, Query, ServiceConfig},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    catalog::Role,
    desk::{Desk, json_body},
    errors::JiraError,
    render::{self, Wanted},
    store::{Issue, Store},
    values::plain,
};

type Answer = Result<HttpResponse, JiraError>;

const EPIC_LINK: &str = "customfield_10100";

pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.route("/epic/none/issue", web::post().to(take_out))
        .route("/epic/{epic}", web::get().to(get))
        .route("/epic/{epic}/issue", web::get().to(list))
        .route("/epic/{epic}/issue", web::post().to(put_in))
        .route("/board", web::get().to(boards));
}

fn epic<'a>(desk: &Desk, store: &'a Store, id_or_key: &str) -> Result<&'a Issue, JiraError> {
    let issue = desk.issue(store, id_or_key)?;
    match issue.issue_type().map(|t| t.role) {
        Some(Role::Epic) => Ok(issue),
        _ => Err(JiraError::new(404, format!("Epic with id or key {id_or_key} doesn't exist"))),
    }
}

async fn get(desk: Desk, key: Path<String>) -> Answer {
    let store = desk.shared.jira();
    let epic = epic(&desk, &store, &key)?;
    Ok(HttpResponse::Ok().json(json!({
        "id": epic.id, "key": epic.key(), "self": format!("{}/rest/agile/1.0/epic/{}", desk.base(), epic.id),
        "name": epic.text("customfield_10101"), "summary": epic.text("summary"), "color": {"key": "color_1"},
        "done": epic.resolution.is_some(),
    })))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageQuery {
    start_at: Option<usize>,
    max_results: Option<usize>,
    fields: Option<String>,
    expand: Option<String>,
}

async fn list(desk: Desk, key: Path<String>, query: Query<PageQuery>) -> Answer {
    let store = desk.shared.jira();
    let id = epic(&desk, &store, &key)?.id;
    let inside: Vec<&Issue> =
        store.issues.values().filter(|i| i.fields.get(EPIC_LINK).and_then(Value::as_u64) == Some(id)).collect();
    let (start, max) = (query.start_at.unwrap_or(0), query.max_results.unwrap_or(50).min(1000));
    let wanted = Wanted::new(query.fields.as_deref(), query.expand.as_deref(), None, "*navigable");
    let total = inside.len();
    let issues: Vec<Value> =
        inside.into_iter().skip(start).take(max).map(|i| render::issue(&desk, &store, i, &wanted)).collect();
    Ok(HttpResponse::Ok().json(json!({"startAt": start, "maxResults": max, "total": total, "issues": issues})))
}

async fn put_in(desk: Desk, key: Path<String>, body: Bytes) -> Answer {
    let body = json_body(&body)?;
    let mut store = desk.shared.jira();
    let id = epic(&desk, &store, &key)?.id;
    set_epic(&desk, &mut store, &body, json!(id))
}

async fn take_out(desk: Desk, body: Bytes) -> Answer {
    let body = json_body(&body)?;
    let mut store = desk.shared.jira();
    set_epic(&desk, &mut store, &body, Value::Null)
}

fn set_epic(desk: &Desk, store: &mut Store, body: &Value, epic: Value) -> Answer {
    desk.signed_in()?;
    let wanted = body.get("issues").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if wanted.is_empty() || wanted.len() > 50 {
        return Err(JiraError::new(400, "Between 1 and 50 issues must be given."));
    }
    let mut ids = Vec::new();
    for issue in wanted {
        let issue = plain(issue);
        let id = desk.editable(store, &issue)?;
        let role = store.get(id).and_then(Issue::issue_type).map(|t| t.role);
        if !matches!(role, Some(Role::Story | Role::Task)) {
            return Err(JiraError::new(400, format!("Issue {issue} cannot be added to an epic.")));
        }
        ids.push(id);
    }
    let now = desk.shared.clock.now();
    for id in ids {
        if let Some(issue) = store.get_mut(id) {
            issue.set(EPIC_LINK, epic.clone());
            issue.updated = now;
        }
    }
    Ok(HttpResponse::NoContent().finish())
}

async fn boards() -> HttpResponse {
    HttpResponse::Ok().json(json!({"startAt": 0, "maxResults": 50, "total": 0, "isLast": true, "values": []}))
}
