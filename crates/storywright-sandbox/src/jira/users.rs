//! `/myself`, `/user`, `/serverInfo` and the session resource.

use actix_web::{
    HttpResponse,
    web::{self, Query, ServiceConfig},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{desk::Desk, errors::JiraError};
use crate::{clock::atlassian_time, people::Person};

type Answer = Result<HttpResponse, JiraError>;

pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.route("/serverInfo", web::get().to(server_info))
        .route("/myself", web::get().to(myself))
        .route("/user", web::get().to(get))
        .route("/user/search", web::get().to(search))
        .route("/user/assignable/search", web::get().to(assignable));
}

async fn server_info(desk: Desk) -> HttpResponse {
    if desk.cloud {
        return HttpResponse::Ok().json(json!({
            "baseUrl": desk.base(), "version": "1001.0.0-SNAPSHOT", "versionNumbers": [1001, 0, 0],
            "deploymentType": "Cloud", "buildNumber": 100_296, "buildDate": "2026-06-12T00:00:00.000+0000",
            "serverTime": atlassian_time(desk.shared.clock.now()), "serverTitle": "Example Corp Jira",
            "defaultLocale": {"locale": "en_US"},
        }));
    }
    HttpResponse::Ok().json(json!({
        "baseUrl": desk.base(), "version": "10.3.8", "versionNumbers": [10, 3, 8], "deploymentType": "Server",
        "buildNumber": 10_030_008, "buildDate": "2025-06-12T00:00:00.000+0000", "databaseBuildNumber": 10_030_008,
        "serverTime": atlassian_time(desk.shared.clock.now()), "scmInfo": "6f2a4c5e8b1d3a7c9e0f2b4d6a8c1e3f5b7d9a0c",
        "serverTitle": "Example Corp Jira", "defaultLocale": {"locale": "en_US"},
    }))
}

fn whole(desk: &Desk, person: &Person) -> Value {
    let mut shown = desk.user(person);
    let groups = if person.admin { 2 } else { 1 };
    shown["deleted"] = json!(person.deleted);
    shown["locale"] = json!(person.locale);
    shown["groups"] = json!({"size": groups, "items": []});
    shown["applicationRoles"] = json!({"size": 1, "items": []});
    shown["expand"] = json!("groups,applicationRoles");
    shown
}

/// Never anonymous. People who are switched off see so.
async fn myself(desk: Desk) -> Answer {
    let person = desk.presented.person().ok_or_else(JiraError::unauthenticated)?;
    let mut shown = whole(&desk, person);
    shown["lastLoginTime"] = json!(atlassian_time(desk.shared.clock.now()));
    Ok(HttpResponse::Ok().json(shown))
}

/// Jira reads flags in any case; Python's clients write `True`.
fn flag(text: Option<&str>, default: bool) -> bool {
    text.map_or(default, |text| text.eq_ignore_ascii_case("true"))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserQuery {
    username: Option<String>,
    key: Option<String>,
    include_deleted: Option<String>,
}

async fn get(desk: Desk, query: Query<UserQuery>) -> Answer {
    desk.signed_in()?;
    let deleted_too = flag(query.include_deleted.as_deref(), false);
    let found = match (&query.username, &query.key) {
        (Some(name), _) => desk.people.iter().find(|p| p.employee_id.eq_ignore_ascii_case(name)),
        (None, Some(key)) => desk.by_key(key),
        (None, None) => {
            return Err(JiraError::new(400, "Either the 'username' or the 'key' query parameters need to be provided"));
        }
    };
    match found.filter(|p| deleted_too || !p.deleted) {
        Some(person) => Ok(HttpResponse::Ok().json(whole(&desk, person))),
        None => {
            let name = query.username.as_ref().or(query.key.as_ref()).cloned().unwrap_or_default();
            Err(JiraError::new(404, format!("The user with the key or name '{name}' does not exist")))
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SearchQuery {
    username: Option<String>,
    /// Cloud's word for it.
    query: Option<String>,
    start_at: Option<usize>,
    max_results: Option<usize>,
    include_active: Option<String>,
    include_inactive: Option<String>,
    project: Option<String>,
    issue_key: Option<String>,
}

fn matching<'a>(desk: &'a Desk, query: &'a SearchQuery) -> impl Iterator<Item = &'a Person> {
    let asked = if desk.cloud { &query.query } else { &query.username };
    let wanted = asked.as_deref().unwrap_or_default().to_lowercase();
    let any = wanted.is_empty() || wanted == ".";
    desk.people.iter().filter(|p| !p.deleted).filter(move |p| {
        let name = p.display_name.to_lowercase();
        any || p.employee_id.to_lowercase().starts_with(&wanted)
            || p.email.to_lowercase().starts_with(&wanted)
            || name.split(' ').any(|word| word.starts_with(&wanted))
            || name.starts_with(&wanted)
    })
}

fn page(desk: &Desk, query: &SearchQuery, people: Vec<&Person>) -> HttpResponse {
    let (start, max) = (query.start_at.unwrap_or(0), query.max_results.unwrap_or(50).min(1000));
    HttpResponse::Ok().json(people.into_iter().skip(start).take(max).map(|p| whole(desk, p)).collect::<Vec<_>>())
}

async fn search(desk: Desk, query: Query<SearchQuery>) -> Answer {
    desk.signed_in()?;
    if query.username.is_none() {
        return Err(JiraError::new(400, "The username query parameter was not provided"));
    }
    let (active, inactive) =
        (flag(query.include_active.as_deref(), true), flag(query.include_inactive.as_deref(), false));
    let people = matching(&desk, &query).filter(|p| if p.active { active } else { inactive }).collect();
    Ok(page(&desk, &query, people))
}

async fn assignable(desk: Desk, query: Query<SearchQuery>) -> Answer {
    desk.signed_in()?;
    if desk.cloud && query.username.is_some() {
        return Err(JiraError::new(400, "The query parameter 'username' is no longer supported; use 'query' instead."));
    }
    let from_issue = query.issue_key.as_deref().and_then(|key| key.split('-').next());
    let Some(project) = query.project.as_deref().or(from_issue).and_then(super::catalog::project) else {
        return Err(JiraError::new(404, "No project could be found with the given key or id."));
    };
    if !desk.sees(project.key) {
        return Err(JiraError::new(404, "No project could be found with the given key or id."));
    }
    let people = matching(&desk, &query).filter(|p| p.active && p.may_edit(project.key)).collect();
    Ok(page(&desk, &query, people))
}

/// `/rest/auth/1/session`.
pub(crate) async fn session(desk: Desk) -> Answer {
    let person = desk.signed_in()?;
    Ok(HttpResponse::Ok().json(json!({
        "self": desk.api(&format!("user?username={}", person.employee_id)), "name": person.employee_id,
        "loginInfo": {"loginCount": 1},
    })))
}
