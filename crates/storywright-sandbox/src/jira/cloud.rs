//! `/cloud`: the same Jira as Atlassian hosts it. People go by account id and sign in with e-mail and API token, epics are parents,
//! and the search of old is gone.

use actix_web::{
    HttpResponse,
    web::{self, Bytes, Query, ServiceConfig},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    catalog::{IssueType, Role, Slot, field},
    desk::{Desk, json_body},
    errors::JiraError,
    render::{self, Wanted},
    search::{self, Strictness},
    values::plain,
};
use crate::people::Person;

type Answer = Result<HttpResponse, JiraError>;

/// Where Cloud answers.
pub(crate) const PREFIX: &str = "/cloud";

/// The field that keeps the epic of an issue; on Cloud it is shown as the parent.
pub(crate) const EPIC_LINK: &str = "customfield_10100";
const EPIC_NAME: &str = "customfield_10101";

/// The new search, for both versions of the API.
pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.route("/search/jql", web::get().to(by_get)).route("/search/jql", web::post().to(by_post));
}

/// True for addresses of Cloud.
pub(crate) fn is_here(path: &str) -> bool {
    path.strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A person's account id: the same for ever, and nothing that anybody could guess from the name.
pub(crate) fn account_id(person: &Person) -> String {
    let number: String = person.jira_key.chars().filter(char::is_ascii_digit).collect();
    format!("712020:5f3a9c1e-7b24-4d06-9e8a-{number:0>12}")
}

/// 1 for epics, 0 for what goes into them, -1 for sub-tasks.
pub(crate) fn level(issue_type: &IssueType) -> i64 {
    match issue_type.role {
        Role::Epic => 1,
        Role::Story | Role::Task => 0,
        Role::Subtask => -1,
    }
}

/// A create screen as Cloud has it: the parent where Data Center has Epic Link, and epics without a name of their own.
pub(crate) fn screen(slots: Vec<Slot>) -> Vec<Slot> {
    let on_cloud = |slot: Slot| match slot.field.id {
        EPIC_LINK => field("parent").map(|parent| Slot { field: parent, ..slot }),
        EPIC_NAME => None,
        _ => Some(slot),
    };
    slots.into_iter().filter_map(on_cloud).collect()
}

/// What the old search says since it was removed.
pub(crate) fn gone() -> JiraError {
    JiraError::new(
        410,
        "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration guideline is \
         available at https://developer.atlassian.com/changelog/#CHANGE-2046",
    )
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SearchQuery {
    jql: Option<String>,
    max_results: Option<i64>,
    next_page_token: Option<String>,
    fields: Option<String>,
    expand: Option<String>,
    properties: Option<String>,
}

async fn by_get(desk: Desk, query: Query<SearchQuery>) -> Answer {
    let query = query.into_inner();
    find(&desk, &query)
}

async fn by_post(desk: Desk, body: Bytes) -> Answer {
    let body = json_body(&body)?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let list = |name: &str| {
        let values = body.get(name).and_then(Value::as_array)?;
        Some(values.iter().map(plain).collect::<Vec<_>>().join(","))
    };
    let query = SearchQuery {
        jql: text("jql"),
        max_results: body.get("maxResults").and_then(Value::as_i64),
        next_page_token: text("nextPageToken"),
        fields: list("fields"),
        expand: text("expand"),
        properties: list("properties"),
    };
    find(&desk, &query)
}

/// Pages by token, no total, and ids alone unless fields are asked for.
fn find(desk: &Desk, query: &SearchQuery) -> Answer {
    let jql = query.jql.as_deref().unwrap_or_default();
    let start = match &query.next_page_token {
        None => 0,
        Some(token) => {
            let number = token.strip_prefix("page-").and_then(|digits| digits.parse().ok());
            number.ok_or_else(|| JiraError::new(400, "The provided next page token is invalid or expired."))?
        }
    };
    let most = usize::try_from(query.max_results.unwrap_or(50)).unwrap_or(50).min(desk.most_hits(5_000));
    let store = desk.shared.jira();
    let found = search::matching(desk, &store, jql, &Strictness::Refuse)?;
    if !found.bounded {
        return Err(JiraError::new(
            400,
            "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.",
        ));
    }
    let more = found.issues.len() > start + most;
    let page = found.issues.into_iter().skip(start).take(most);
    let issues: Vec<Value> = match &query.fields {
        None => page.map(|issue| json!({"id": issue.id.to_string()})).collect(),
        Some(fields) => {
            let wanted = Wanted::new(Some(fields), query.expand.as_deref(), query.properties.as_deref(), "*navigable");
            page.map(|issue| render::issue(desk, &store, issue, &wanted)).collect()
        }
    };
    let mut answer = json!({"issues": issues, "isLast": !more});
    if more {
        answer["nextPageToken"] = json!(format!("page-{}", start + most));
    }
    Ok(HttpResponse::Ok().json(answer))
}
