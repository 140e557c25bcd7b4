//! `/issue/{key}/comment`, watchers and votes.

use actix_web::{
    HttpResponse,
    web::{self, Bytes, Path, Query, ServiceConfig},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    desk::{Desk, json_body},
    errors::JiraError,
    store::{Comment, Issue},
};
use crate::clock::atlassian_time;

type Answer = Result<HttpResponse, JiraError>;

pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.route("/issue/{issue}/comment", web::get().to(list))
        .route("/issue/{issue}/comment", web::post().to(add))
        .route("/issue/{issue}/comment/{id}", web::get().to(get))
        .route("/issue/{issue}/comment/{id}", web::put().to(change))
        .route("/issue/{issue}/comment/{id}", web::delete().to(remove))
        .route("/issue/{issue}/watchers", web::get().to(watchers))
        .route("/issue/{issue}/watchers", web::post().to(watch))
        .route("/issue/{issue}/watchers", web::delete().to(unwatch))
        .route("/issue/{issue}/worklog", web::get().to(worklog));
}

fn shown(desk: &Desk, issue: &Issue, comment: &Comment) -> Value {
    json!({
        "self": desk.api(&format!("issue/{}/comment/{}", issue.id, comment.id)), "id": comment.id.to_string(),
        "author": desk.user_by_key(&comment.author), "body": comment.body,
        "updateAuthor": desk.user_by_key(&comment.author),
        "created": atlassian_time(comment.created), "updated": atlassian_time(comment.updated),
    })
}

/// A page of comments, oldest first.
pub(crate) fn page(desk: &Desk, issue: &Issue, start: usize, max: usize) -> Value {
    let comments: Vec<Value> = issue.comments.iter().skip(start).take(max).map(|c| shown(desk, issue, c)).collect();
    let total = issue.comments.len();
    json!({"startAt": start, "maxResults": max.min(total), "total": total, "comments": comments})
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageQuery {
    start_at: Option<usize>,
    max_results: Option<usize>,
}

async fn list(desk: Desk, issue: Path<String>, query: Query<PageQuery>) -> Answer {
    let store = desk.shared.jira();
    let issue = desk.issue(&store, &issue)?;
    let max = query.max_results.unwrap_or(usize::MAX);
    Ok(HttpResponse::Ok().json(page(&desk, issue, query.start_at.unwrap_or(0), max)))
}

fn body_text(body: &Value) -> Result<String, JiraError> {
    let text = body.get("body").and_then(Value::as_str).unwrap_or_default();
    if text.trim().is_empty() {
        return Err(JiraError::field("comment", "Comment body can not be empty!"));
    }
    Ok(text.to_owned())
}

async fn add(desk: Desk, issue: Path<String>, body: Bytes) -> Answer {
    let body = json_body(&body)?;
    let mut store = desk.shared.jira();
    let id = desk.editable(&store, &issue)?;
    let text = body_text(&body)?;
    let now = desk.shared.clock.now();
    let author = desk.signed_in()?.jira_key.clone();
    let comment = Comment { id: store.next_id(), author, body: text, created: now, updated: now };
    let issue = store.get_mut(id).ok_or_else(JiraError::no_issue)?;
    issue.comments.push(comment.clone());
    issue.updated = now;
    Ok(HttpResponse::Created().json(shown(&desk, issue, &comment)))
}

fn no_comment(id: u64) -> JiraError {
    JiraError::new(404, format!("Can not find a comment for the id: {id}."))
}

async fn get(desk: Desk, path: Path<(String, u64)>) -> Answer {
    let store = desk.shared.jira();
    let issue = desk.issue(&store, &path.0)?;
    let comment = issue.comments.iter().find(|c| c.id == path.1).ok_or_else(|| no_comment(path.1))?;
    Ok(HttpResponse::Ok().json(shown(&desk, issue, comment)))
}

async fn change(desk: Desk, path: Path<(String, u64)>, body: Bytes) -> Answer {
    let text = body_text(&json_body(&body)?)?;
    let mut store = desk.shared.jira();
    let id = desk.editable(&store, &path.0)?;
    let now = desk.shared.clock.now();
    let issue = store.get_mut(id).ok_or_else(JiraError::no_issue)?;
    let comment = issue.comments.iter_mut().find(|c| c.id == path.1).ok_or_else(|| no_comment(path.1))?;
    comment.body = text;
    comment.updated = now;
    let comment = comment.clone();
    Ok(HttpResponse::Ok().json(shown(&desk, issue, &comment)))
}

async fn remove(desk: Desk, path: Path<(String, u64)>) -> Answer {
    let mut store = desk.shared.jira();
    let id = desk.editable(&store, &path.0)?;
    let issue = store.get_mut(id).ok_or_else(JiraError::no_issue)?;
    let before = issue.comments.len();
    issue.comments.retain(|c| c.id != path.1);
    if issue.comments.len() == before { Err(no_comment(path.1)) } else { Ok(HttpResponse::NoContent().finish()) }
}

async fn watchers(desk: Desk, issue: Path<String>) -> Answer {
    let store = desk.shared.jira();
    let issue = desk.issue(&store, &issue)?;
    let list: Vec<Value> = issue.watchers.iter().map(|key| desk.user_by_key(key)).collect();
    Ok(HttpResponse::Ok().json(json!({
        "self": desk.api(&format!("issue/{}/watchers", issue.key())), "watchCount": list.len(),
        "isWatching": desk.me().is_some_and(|p| issue.watchers.contains(&p.jira_key)), "watchers": list,
    })))
}

#[derive(Deserialize)]
struct Who {
    username: Option<String>,
}

/// The body is a bare JSON string, or empty for oneself.
async fn watch(desk: Desk, issue: Path<String>, body: Bytes) -> Answer {
    let name = serde_json::from_slice::<Value>(&body).ok().and_then(|v| v.as_str().map(str::to_owned));
    set_watching(&desk, &issue, name, true)
}

async fn unwatch(desk: Desk, issue: Path<String>, query: Query<Who>) -> Answer {
    set_watching(&desk, &issue, query.username.clone(), false)
}

fn set_watching(desk: &Desk, issue: &str, name: Option<String>, on: bool) -> Answer {
    let me = desk.signed_in()?;
    let person = match &name {
        Some(name) => {
            desk.by_name(name).ok_or_else(|| JiraError::new(404, format!("The user \"{name}\" does not exist.")))?
        }
        None => me,
    };
    let mut store = desk.shared.jira();
    let id = desk.issue(&store, issue)?.id;
    let issue = store.get_mut(id).ok_or_else(JiraError::no_issue)?;
    issue.watchers.retain(|key| *key != person.jira_key);
    if on {
        issue.watchers.push(person.jira_key.clone());
    }
    Ok(HttpResponse::NoContent().finish())
}

async fn worklog(desk: Desk, issue: Path<String>) -> Answer {
    let store = desk.shared.jira();
    desk.issue(&store, &issue)?;
    Ok(HttpResponse::Ok().json(json!({"startAt": 0, "maxResults": 20, "total": 0, "worklogs": []})))
}
