//! `/issue/{key}/remotelink`, with the upsert by `globalId`.

use actix_web::{
    HttpResponse,
    web::{self, Bytes, Path, Query, ServiceConfig},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    desk::{Desk, json_body},
    errors::JiraError,
    store::RemoteLink,
};

type Answer = Result<HttpResponse, JiraError>;

pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.route("/issue/{issue}/remotelink", web::get().to(list))
        .route("/issue/{issue}/remotelink", web::post().to(upsert))
        .route("/issue/{issue}/remotelink", web::delete().to(remove_by_global_id))
        .route("/issue/{issue}/remotelink/{link}", web::get().to(get))
        .route("/issue/{issue}/remotelink/{link}", web::put().to(update))
        .route("/issue/{issue}/remotelink/{link}", web::delete().to(remove));
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ByGlobalId {
    global_id: Option<String>,
}

fn shown(desk: &Desk, issue: &str, link: &RemoteLink) -> Value {
    let mut shown = json!({
        "id": link.id, "self": desk.api(&format!("issue/{issue}/remotelink/{}", link.id)),
        "application": link.application, "object": link.object,
    });
    if let Some(global_id) = &link.global_id {
        shown["globalId"] = json!(global_id);
    }
    if let Some(relationship) = &link.relationship {
        shown["relationship"] = json!(relationship);
    }
    shown
}

fn no_link() -> JiraError {
    JiraError::new(404, "The remote issue link does not exist.")
}

async fn list(desk: Desk, issue: Path<String>, query: Query<ByGlobalId>) -> Answer {
    desk.signed_in()?;
    let store = desk.shared.jira();
    let issue = desk.issue(&store, &issue)?;
    if let Some(wanted) = &query.global_id {
        let found = issue.remote_links.iter().find(|l| l.global_id.as_ref() == Some(wanted)).ok_or_else(no_link)?;
        return Ok(HttpResponse::Ok().json(shown(&desk, &issue.key(), found)));
    }
    let key = issue.key();
    Ok(HttpResponse::Ok().json(issue.remote_links.iter().map(|l| shown(&desk, &key, l)).collect::<Vec<_>>()))
}

/// Reads the body; the object with `url` and `title` is what Jira insists on.
fn read(body: &Value, id: u64) -> Result<RemoteLink, JiraError> {
    let mut errors = JiraError::collect();
    let object = body.get("object").cloned().unwrap_or(Value::Null);
    for part in ["url", "title"] {
        if object.get(part).and_then(Value::as_str).is_none_or(|text| text.trim().is_empty()) {
            errors.add(part, format!("'{part}' is required."));
        }
    }
    if let Some(url) = object.get("url").and_then(Value::as_str)
        && url::Url::parse(url).is_err()
    {
        errors.add("url", "'url' is not a valid URL.");
    }
    let global_id = body.get("globalId").and_then(Value::as_str).filter(|id| !id.is_empty()).map(str::to_owned);
    if global_id.as_ref().is_some_and(|id| id.chars().count() > 255) {
        errors.add("globalId", "'globalId' is too long (maximum length is 255 characters).");
    }
    errors.into_result()?;
    Ok(RemoteLink {
        id,
        global_id,
        application: body.get("application").cloned().unwrap_or_else(|| json!({})),
        relationship: body.get("relationship").and_then(Value::as_str).map(str::to_owned),
        object,
    })
}

/// 201 for a new link, 200 for one whose `globalId` was known.
async fn upsert(desk: Desk, issue: Path<String>, body: Bytes) -> Answer {
    desk.signed_in()?;
    let body = json_body(&body)?;
    let mut store = desk.shared.jira();
    let issue_id = desk.editable(&store, &issue)?;
    let mut link = read(&body, 0)?;
    let fresh_id = store.next_id();
    let found = store.get_mut(issue_id).ok_or_else(JiraError::no_issue)?;
    let known = found.remote_links.iter_mut().find(|l| l.global_id.is_some() && l.global_id == link.global_id);
    let mut answer = match known {
        Some(known) => {
            link.id = known.id;
            *known = link.clone();
            HttpResponse::Ok()
        }
        None => {
            link.id = fresh_id;
            found.remote_links.push(link.clone());
            HttpResponse::Created()
        }
    };
    let address = desk.api(&format!("issue/{}/remotelink/{}", found.key(), link.id));
    Ok(answer.json(json!({"id": link.id, "self": address})))
}

async fn get(desk: Desk, path: Path<(String, u64)>) -> Answer {
    desk.signed_in()?;
    let store = desk.shared.jira();
    let issue = desk.issue(&store, &path.0)?;
    let link = issue.remote_links.iter().find(|l| l.id == path.1).ok_or_else(no_link)?;
    Ok(HttpResponse::Ok().json(shown(&desk, &issue.key(), link)))
}

async fn update(desk: Desk, path: Path<(String, u64)>, body: Bytes) -> Answer {
    let body = json_body(&body)?;
    let mut store = desk.shared.jira();
    let id = desk.editable(&store, &path.0)?;
    let link = read(&body, path.1)?;
    let issue = store.get_mut(id).ok_or_else(JiraError::no_issue)?;
    *issue.remote_links.iter_mut().find(|l| l.id == path.1).ok_or_else(no_link)? = link;
    Ok(HttpResponse::NoContent().finish())
}

async fn remove(desk: Desk, path: Path<(String, u64)>) -> Answer {
    drop_where(&desk, &path.0, |link| link.id == path.1)
}

async fn remove_by_global_id(desk: Desk, issue: Path<String>, query: Query<ByGlobalId>) -> Answer {
    drop_where(&desk, &issue, |link| query.global_id.is_some() && link.global_id == query.global_id)
}

fn drop_where(desk: &Desk, issue: &str, test: impl Fn(&RemoteLink) -> bool) -> Answer {
    let mut store = desk.shared.jira();
    let id = desk.editable(&store, issue)?;
    let issue = store.get_mut(id).ok_or_else(JiraError::no_issue)?;
    let before = issue.remote_links.len();
    issue.remote_links.retain(|link| !test(link));
    if issue.remote_links.len() == before { Err(no_link()) } else { Ok(HttpResponse::NoContent().finish()) }
}
