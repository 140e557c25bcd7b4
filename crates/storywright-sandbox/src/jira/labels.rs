//! Suggestions of labels, and of values for JQL.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, web::Query};
use serde::Deserialize;
use serde_json::{Value, json};

use super::desk::Desk;

#[derive(Deserialize)]
pub(crate) struct SuggestQuery {
    query: Option<String>,
}

fn known(desk: &Desk, start: &str) -> BTreeSet<String> {
    let store = desk.shared.jira();
    let visible = store.issues.values().filter(|i| desk.sees(&i.project));
    let labels = visible.flat_map(|i| i.list("labels").into_iter().map(str::to_owned).collect::<Vec<_>>());
    labels.filter(|l| l.to_lowercase().starts_with(&start.to_lowercase())).collect()
}

/// `/rest/api/1.0/labels/suggest?query=`, which createmeta names as `autoCompleteUrl`.
pub(crate) async fn suggest(desk: Desk, query: Query<SuggestQuery>) -> HttpResponse {
    let start = query.query.clone().unwrap_or_default();
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let suggestions: Vec<Value> = known(&desk, &start)
        .into_iter()
        .take(20)
        .map(|label| {
            let (head, tail) = label.split_at(label.floor_char_boundary(start.len()));
            json!({"label": label, "html": format!("<b>{}</b>{}", escape(head), escape(tail))})
        })
        .collect();
    HttpResponse::Ok().json(json!({"token": start, "suggestions": suggestions}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FieldQuery {
    field_name: Option<String>,
    field_value: Option<String>,
}

/// `/jql/autocompletedata/suggestions`; labels are all it knows.
pub(crate) async fn jql_suggestions(desk: Desk, query: Query<FieldQuery>) -> HttpResponse {
    let start = query.field_value.clone().unwrap_or_default();
    let labels = query.field_name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case("labels"));
    let found = if labels { known(&desk, &start) } else { BTreeSet::new() };
    let results: Vec<Value> =
        found.into_iter().take(15).map(|label| json!({"value": label, "displayName": label})).collect();
    HttpResponse::Ok().json(json!({"results": results}))
}
