//! `/issueLink` and `/issueLinkType`.

use actix_web::{
    HttpResponse,
    web::{self, Bytes, Path, ServiceConfig},
};
use serde_json::{Value, json};

use super::{
    catalog::{LINK_TYPES, LinkType},
    desk::{Desk, json_body},
    errors::JiraError,
    render,
    store::{Comment, Issue, Link, Store},
    values::plain,
};

type Answer = Result<HttpResponse, JiraError>;

pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.route("/issueLink", web::post().to(add))
        .route("/issueLink/{id}", web::get().to(get))
        .route("/issueLink/{id}", web::delete().to(remove))
        .route("/issueLinkType", web::get().to(types))
        .route("/issueLinkType/{id}", web::get().to(one_type));
}

fn type_json(desk: &Desk, t: &LinkType) -> Value {
    json!({
        "id": t.id, "name": t.name, "inward": t.inward, "outward": t.outward,
        "self": desk.api(&format!("issueLinkType/{}", t.id)),
    })
}

fn type_of(link: &Link) -> Option<&'static LinkType> {
    LINK_TYPES.iter().find(|t| t.id == link.type_id)
}

/// Links of one issue, seen from there: the other end is `outwardIssue` when this one stands on the left of
/// "blocks", and `inwardIssue` when it stands on the right.
pub(crate) fn of_issue(desk: &Desk, store: &Store, issue: &Issue) -> Value {
    let shown = store.links.iter().filter_map(|link| {
        let (side, other) = match (link.from == issue.id, link.to == issue.id) {
            (true, _) => ("outwardIssue", link.to),
            (_, true) => ("inwardIssue", link.from),
            _ => return None,
        };
        let other = store.get(other).filter(|other| desk.sees(&other.project))?;
        let mut shown = json!({
            "id": link.id.to_string(), "self": desk.api(&format!("issueLink/{}", link.id)),
            "type": type_json(desk, type_of(link)?),
        });
        shown[side] = render::small(desk, other);
        Some(shown)
    });
    shown.collect()
}

/// Makes a link; the same link again changes nothing, as in Jira.
pub(crate) fn link(desk: &Desk, store: &mut Store, body: &Value) -> Result<(), JiraError> {
    desk.signed_in()?;
    let wanted = body.get("type");
    let named = |key: &str| wanted.and_then(|t| t.get(key)).map(plain);
    let found =
        LINK_TYPES.iter().find(|t| named("id").as_deref() == Some(t.id) || named("name").as_deref() == Some(t.name));
    let Some(link_type) = found else {
        let name = named("name").or_else(|| named("id")).unwrap_or_default();
        return Err(JiraError::new(404, format!("No issue link type with name '{name}' found.")));
    };
    let end = |side: &str| -> Result<u64, JiraError> {
        let issue = body.get(side).and_then(|i| i.get("key").or_else(|| i.get("id"))).map(plain);
        let Some(issue) = issue else {
            return Err(JiraError::new(400, format!("'{side}' must be given by key or id.")));
        };
        desk.editable(store, &issue)
    };
    let (from, to) = (end("inwardIssue")?, end("outwardIssue")?);
    if from == to {
        return Err(JiraError::new(400, "You cannot link an issue to itself."));
    }
    if !store.links.iter().any(|l| l.type_id == link_type.id && l.from == from && l.to == to) {
        let id = store.next_id();
        store.links.push(Link { id, type_id: link_type.id.to_owned(), from, to });
    }
    if let Some(text) = body.get("comment").and_then(|c| c.get("body")).and_then(Value::as_str) {
        let now = desk.shared.clock.now();
        let author = desk.signed_in()?.jira_key.clone();
        let comment = Comment { id: store.next_id(), author, body: text.to_owned(), created: now, updated: now };
        if let Some(issue) = store.get_mut(from) {
            issue.comments.push(comment);
        }
    }
    Ok(())
}

async fn add(desk: Desk, body: Bytes) -> Answer {
    let body = json_body(&body)?;
    link(&desk, &mut desk.shared.jira(), &body)?;
    Ok(HttpResponse::Created().finish())
}

fn no_link(id: &str) -> JiraError {
    JiraError::new(404, format!("No issue link with id '{id}' exists."))
}

async fn get(desk: Desk, id: Path<String>) -> Answer {
    let store = desk.shared.jira();
    let link = store.links.iter().find(|l| l.id.to_string() == *id).ok_or_else(|| no_link(&id))?;
    let (Some(from), Some(to), Some(link_type)) = (store.get(link.from), store.get(link.to), type_of(link)) else {
        return Err(no_link(&id));
    };
    if !desk.sees(&from.project) || !desk.sees(&to.project) {
        return Err(no_link(&id));
    }
    Ok(HttpResponse::Ok().json(json!({
        "id": link.id.to_string(), "self": desk.api(&format!("issueLink/{}", link.id)), "type": type_json(&desk, link_type),
        "inwardIssue": render::small(&desk, from), "outwardIssue": render::small(&desk, to),
    })))
}

async fn remove(desk: Desk, id: Path<String>) -> Answer {
    let mut store = desk.shared.jira();
    let link = store.links.iter().find(|l| l.id.to_string() == *id).cloned().ok_or_else(|| no_link(&id))?;
    desk.editable(&store, &link.from.to_string())?;
    store.links.retain(|l| l.id != link.id);
    Ok(HttpResponse::NoContent().finish())
}

async fn types(desk: Desk) -> HttpResponse {
    let types: Vec<Value> = LINK_TYPES.iter().map(|t| type_json(&desk, t)).collect();
    HttpResponse::Ok().json(json!({"issueLinkTypes": types}))
}

async fn one_type(desk: Desk, id: Path<String>) -> Answer {
    let found = LINK_TYPES.iter().find(|t| t.id == id.as_str());
    let found = found.ok_or_else(|| JiraError::new(404, format!("No issue link type with id '{id}' found.")))?;
    Ok(HttpResponse::Ok().json(type_json(&desk, found)))
}
