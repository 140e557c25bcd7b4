//! `/issue/{key}/transitions`: every status can be reached from every other one.

use actix_web::{
    HttpResponse,
    web::{self, Bytes, Path, Query, ServiceConfig},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    catalog::{RESOLUTIONS, STATUSES},
    create::read_fields,
    desk::{Desk, json_body},
    errors::JiraError,
    render,
    store::Issue,
    updates,
    values::{Place, plain},
};

type Answer = Result<HttpResponse, JiraError>;

pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.route("/issue/{issue}/transitions", web::get().to(get)).route("/issue/{issue}/transitions", web::post().to(go));
}

/// The transitions that the asker may take from here.
pub(crate) fn list(desk: &Desk, issue: &Issue, only: Option<&str>) -> Value {
    if !desk.me().is_some_and(|p| p.may_edit(&issue.project)) {
        return json!([]);
    }
    let reachable = STATUSES.iter().filter(|s| s.id != issue.status && only.is_none_or(|id| id == s.transition));
    reachable
        .map(|s| {
            json!({
                "id": s.transition, "name": s.name, "opsbarSequence": 10, "to": render::status(desk, s), "fields": {},
            })
        })
        .collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Only {
    transition_id: Option<String>,
}

async fn get(desk: Desk, issue: Path<String>, query: Query<Only>) -> Answer {
    let store = desk.shared.jira();
    let issue = desk.issue(&store, &issue)?;
    let transitions = list(&desk, issue, query.transition_id.as_deref());
    Ok(HttpResponse::Ok().json(json!({"expand": "transitions", "transitions": transitions})))
}

/// The id comes as text or as a number; a resolution may come along.
async fn go(desk: Desk, issue: Path<String>, body: Bytes) -> Answer {
    let body = json_body(&body)?;
    let mut store = desk.shared.jira();
    let id = desk.editable(&store, &issue)?;
    let Some(wanted) = body.get("transition").and_then(|t| t.get("id").or_else(|| t.get("name"))).map(plain) else {
        return Err(JiraError::new(400, "Missing 'transition' identifier"));
    };
    let found = store.get(id).ok_or_else(JiraError::no_issue)?;
    let here = found.status.clone();
    let target =
        STATUSES.iter().find(|s| s.id != here && (s.transition == wanted || s.name.eq_ignore_ascii_case(&wanted)));
    let Some(target) = target else {
        let message =
            format!("It seems that you have tried to perform an illegal workflow operation: no transition '{wanted}'.");
        return Err(JiraError::new(400, message));
    };
    let none = Map::new();
    let mut sent = body.get("fields").and_then(Value::as_object).unwrap_or(&none).clone();
    let resolution = sent.remove("resolution").and_then(|r| r.get("name").or_else(|| r.get("id")).map(plain));
    let (Some(project), Some(issue_type)) = (found.project(), found.issue_type()) else {
        return Err(JiraError::no_issue());
    };
    let slots = desk.screen(project, issue_type, true);
    let mut errors = JiraError::collect();
    let place = Place { desk: &desk, store: &store, project };
    let mut fields = read_fields(&place, &slots, &sent, &mut errors);
    let after = updates::apply(&place, &slots, body.get("update"), &sent, &mut fields, &mut errors);
    errors.into_result()?;

    let now = desk.shared.clock.now();
    let issue = store.get_mut(id).ok_or_else(JiraError::no_issue)?;
    for (field, value) in fields {
        issue.set(&field, value);
    }
    target.id.clone_into(&mut issue.status);
    let done = target.category.key == "done";
    let picked = RESOLUTIONS.iter().find(|r| resolution.as_deref().is_some_and(|w| w == r.name || w == r.id));
    issue.resolution = done.then(|| picked.unwrap_or(&RESOLUTIONS[0]).id.to_owned());
    issue.resolved = done.then_some(now);
    issue.updated = now;
    updates::after(&desk, &mut store, id, &after);
    Ok(HttpResponse::NoContent().finish())
}
