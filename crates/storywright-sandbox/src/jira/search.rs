//! `/search` by GET and POST.

use actix_web::{
    HttpResponse,
    web::{self, Bytes, Query, ServiceConfig},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    cloud,
    desk::{Desk, json_body},
    errors::JiraError,
    jql::{self, Env},
    render::{self, Wanted},
    store::{Issue, Store},
    values::plain,
};

type Answer = Result<HttpResponse, JiraError>;

/// `jira.search.views.default.max`.
const MOST: usize = 1000;

pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.route("/search", web::get().to(by_get)).route("/search", web::post().to(by_post));
}

/// What is asked for, whichever way it came.
struct Asked {
    jql: String,
    start: usize,
    max: usize,
    wanted: Wanted,
    strictness: Strictness,
}

/// What a name that does not exist leads to.
#[derive(PartialEq, Eq)]
pub(crate) enum Strictness {
    Refuse,
    Warn,
    Ignore,
}

impl Strictness {
    fn read(text: Option<&str>) -> Self {
        match text.map(str::to_ascii_lowercase).as_deref() {
            Some("warn") => Self::Warn,
            Some("false" | "none") => Self::Ignore,
            _ => Self::Refuse,
        }
    }
}

fn page(start: Option<i64>, max: Option<i64>) -> (usize, usize) {
    let start = usize::try_from(start.unwrap_or(0)).unwrap_or(0);
    // A negative maximum means as many as the site allows.
    let max = usize::try_from(max.unwrap_or(50)).unwrap_or(MOST).min(MOST);
    (start, max)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SearchQuery {
    jql: Option<String>,
    start_at: Option<i64>,
    max_results: Option<i64>,
    fields: Option<String>,
    expand: Option<String>,
    properties: Option<String>,
    validate_query: Option<String>,
}

async fn by_get(desk: Desk, query: Query<SearchQuery>) -> Answer {
    let query = query.into_inner();
    let (start, max) = page(query.start_at, query.max_results);
    let wanted =
        Wanted::new(query.fields.as_deref(), query.expand.as_deref(), query.properties.as_deref(), "*navigable");
    let strictness = Strictness::read(query.validate_query.as_deref());
    search(&desk, Asked { jql: query.jql.unwrap_or_default(), start, max, wanted, strictness })
}

async fn by_post(desk: Desk, body: Bytes) -> Answer {
    let body = json_body(&body)?;
    let list = |name: &str| -> Result<Option<String>, JiraError> {
        match body.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(values)) => Ok(Some(values.iter().map(plain).collect::<Vec<_>>().join(","))),
            // Real Jira's body has lists here; a plain text is its 400.
            Some(_) => Err(JiraError::new(
                400,
                format!(
                    "Can not deserialize instance of java.util.ArrayList out of VALUE_STRING token: '{name}' must be a list"
                ),
            )),
        }
    };
    let (start, max) =
        page(body.get("startAt").and_then(Value::as_i64), body.get("maxResults").and_then(Value::as_i64));
    let (fields, expand, properties) = (list("fields")?, list("expand")?, list("properties")?);
    let wanted = Wanted::new(fields.as_deref(), expand.as_deref(), properties.as_deref(), "*navigable");
    let strictness = Strictness::read(body.get("validateQuery").map(plain).as_deref());
    let jql = body.get("jql").and_then(Value::as_str).unwrap_or_default().to_owned();
    search(&desk, Asked { jql, start, max, wanted, strictness })
}

/// Issues that a query finds, in its order.
pub(crate) struct Found<'a> {
    pub(crate) issues: Vec<&'a Issue>,
    /// Whether there was a condition at all.
    pub(crate) bounded: bool,
    /// Names that do not exist, where that is no error.
    complaints: Vec<String>,
}

/// Runs a query over what the index knows and the asker may see.
pub(crate) fn matching<'a>(
    desk: &Desk,
    store: &'a Store,
    jql: &str,
    strictness: &Strictness,
) -> Result<Found<'a>, JiraError> {
    let refuse = |messages: Vec<String>| JiraError { messages, ..JiraError::collect() };
    let query = jql::parse(jql).map_err(|message| refuse(vec![message]))?;
    let now = desk.shared.clock.now();
    let env = Env { desk, store, now };
    let (filter, mut complaints) = match &query.condition {
        Some(node) => {
            let (filter, complaints) = jql::resolve(node, &env);
            (Some(filter), complaints)
        }
        None => (None, Vec::new()),
    };
    let (sorting, mut more) = jql::resolve_order(&query.order);
    complaints.append(&mut more);
    if *strictness == Strictness::Refuse && !complaints.is_empty() {
        return Err(refuse(complaints));
    }
    let indexed = |issue: &Issue| match desk.effects.index_lag_ms {
        None => true,
        Some(_) if issue.seeded => true,
        Some(lag) => lag >= 0 && issue.created <= now - lag,
    };
    let mut issues: Vec<&Issue> = store
        .issues
        .values()
        .filter(|i| desk.sees(&i.project) && indexed(i) && filter.as_ref().is_none_or(|f| f.passes(i)))
        .collect();
    sorting.sort(&mut issues);
    Ok(Found { issues, bounded: filter.is_some(), complaints })
}

fn search(desk: &Desk, asked: Asked) -> Answer {
    if desk.cloud {
        return Err(cloud::gone());
    }
    let store = desk.shared.jira();
    let Found { issues: found, complaints, .. } = matching(desk, &store, &asked.jql, &asked.strictness)?;
    let total = found.len();
    let most = asked.max.min(desk.most_hits(MOST));
    let page = found.into_iter().skip(asked.start).take(most);
    let issues: Vec<Value> = page.map(|issue| render::issue(desk, &store, issue, &asked.wanted)).collect();
    let mut answer = json!({
        "expand": "schema,names", "startAt": asked.start, "maxResults": most, "total": total, "issues": issues,
    });
    if asked.strictness == Strictness::Warn && !complaints.is_empty() {
        answer["warningMessages"] = json!(complaints);
    }
    let none = serde_json::Map::new();
    let first = issues.first().and_then(|i| i.get("fields")).and_then(Value::as_object).unwrap_or(&none);
    if asked.wanted.expands("names") {
        answer["names"] = render::names(first);
    }
    if asked.wanted.expands("schema") {
        answer["schema"] = render::schemas(first);
    }
    Ok(HttpResponse::Ok().json(answer))
}
