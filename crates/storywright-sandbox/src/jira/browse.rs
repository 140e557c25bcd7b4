//! Pages for people who follow a link into Jira: one issue, and the list of all.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};

use super::{
    catalog::{self, LINK_TYPES, Role},
    store::{Issue, Store},
    wiki::{self, escape},
};
use crate::{clock::atlassian_time, state::Shared};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#172b4d;\
background:#fff}a{color:#0b57d0}h1{font-size:1.6rem;line-height:1.25;margin:.2rem 0 1rem}dl{display:grid;\
grid-template-columns:10rem 1fr;gap:.3rem 1rem}dt{color:#5e6c84}dd{margin:0}table{border-collapse:collapse}\
td,th{border:1px solid #c1c7d0;padding:.3rem .6rem;text-align:left}pre{background:#f4f5f7;padding:.8rem;overflow:auto}\
.tag{background:#e9eef6;border-radius:.6rem;padding:.1rem .5rem;margin-right:.3rem}section{margin-top:1.5rem}\
@media(prefers-color-scheme:dark){body{background:#1b1f26;color:#d5dbe3}a{color:#8ab4f8}dt{color:#9aa7b8}\
pre{background:#262c35}.tag{background:#2b3a52}td,th{border-color:#46505e}}";

fn html(title: &str, body: &str) -> HttpResponse {
    let title = escape(title);
    HttpResponse::Ok().content_type("text/html;charset=UTF-8").body(format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{title} - Example Corp Jira</title><style>{STYLE}</style></head>\
         <body>{body}</body></html>\n"
    ))
}

fn entry(issue: &Issue) -> String {
    let kind = issue.issue_type().map(|t| t.name).unwrap_or_default();
    let status = catalog::status(&issue.status).map(|s| s.name).unwrap_or_default();
    format!(
        "<li><a href=\"/jira/browse/{key}\">{key}</a> {kind}: {} <span class=\"tag\">{status}</span></li>",
        escape(issue.text("summary")),
        key = issue.key(),
    )
}

/// Everything there is, newest first in each project.
pub(crate) async fn dashboard(shared: Data<Shared>) -> HttpResponse {
    let store = shared.jira();
    let mut body = "<h1>Example Corp Jira</h1>".to_owned();
    for project in catalog::PROJECTS {
        let entries: Vec<String> =
            store.issues.values().rev().filter(|i| i.project == project.key).map(entry).collect();
        body.push_str(&format!(
            "<section><h2>{} ({})</h2><ul>{}</ul></section>",
            project.name,
            project.key,
            entries.concat()
        ));
    }
    html("Projects", &body)
}

/// One issue, for eyes rather than for clients.
pub(crate) async fn page(shared: Data<Shared>, key: Path<String>) -> HttpResponse {
    let store = shared.jira();
    let Some(issue) = store.find(&key) else {
        return HttpResponse::NotFound().content_type("text/html;charset=UTF-8").body("<h1>Issue does not exist</h1>");
    };
    let people = shared.people();
    let name =
        |key: &str| people.iter().find(|p| p.jira_key == key).map(|p| escape(&p.display_name)).unwrap_or_default();
    let link = |issue: &Issue| {
        format!("<a href=\"/jira/browse/{key}\">{key}</a> {}", escape(issue.text("summary")), key = issue.key())
    };

    let mut rows = vec![
        ("Type", issue.issue_type().map(|t| t.name).unwrap_or_default().to_owned()),
        ("Status", catalog::status(&issue.status).map(|s| s.name).unwrap_or_default().to_owned()),
        (
            "Priority",
            catalog::PRIORITIES
                .iter()
                .find(|p| p.id == issue.text("priority"))
                .map(|p| p.name)
                .unwrap_or_default()
                .to_owned(),
        ),
        ("Reporter", name(issue.text("reporter"))),
        ("Assignee", name(issue.text("assignee"))),
        ("Created", atlassian_time(issue.created)),
    ];
    let labels =
        issue.list("labels").iter().map(|l| format!("<span class=\"tag\">{}</span>", escape(l))).collect::<String>();
    rows.push(("Labels", labels));
    let names = issue
        .list("components")
        .into_iter()
        .filter_map(|id| Some(issue.project()?.components.iter().find(|c| c.id == id)?.name));
    rows.push(("Components", names.collect::<Vec<_>>().join(", ")));
    if let Some(points) = issue.fields.get("customfield_10106") {
        rows.push(("Story Points", points.to_string()));
    }
    let epic = issue.fields.get("customfield_10100").and_then(serde_json::Value::as_u64).and_then(|id| store.get(id));
    rows.extend(epic.map(|epic| ("Epic", link(epic))));
    rows.extend(issue.parent.and_then(|id| store.get(id)).map(|parent| ("Parent", link(parent))));
    let rows = rows.into_iter().filter(|(_, value)| !value.is_empty());
    let details: String = rows.map(|(name, value)| format!("<dt>{name}</dt><dd>{value}</dd>")).collect();

    let key = issue.key();
    let mut body = format!(
        "<p><a href=\"/jira/\">{}</a> / {key}</p><h1>{}</h1><dl>{details}</dl><section>{}</section>",
        escape(issue.project().map(|p| p.name).unwrap_or_default()),
        escape(issue.text("summary")),
        wiki::html(issue.text("description")),
    );
    body.push_str(&section("Sub-tasks", store.subtasks(issue.id).map(entry)));
    if issue.issue_type().is_some_and(|t| t.role == Role::Epic) {
        let inside = store
            .issues
            .values()
            .filter(|i| i.fields.get("customfield_10100").and_then(serde_json::Value::as_u64) == Some(issue.id));
        body.push_str(&section("Issues in this epic", inside.map(entry)));
    }
    body.push_str(&section("Linked issues", links(&store, issue).into_iter()));
    let remote = issue.remote_links.iter().map(|l| {
        let part = |name: &str| escape(l.object.get(name).and_then(|v| v.as_str()).unwrap_or_default());
        let url = part("url");
        // Only web addresses become links.
        if url.starts_with("http://") || url.starts_with("https://") {
            format!("<li><a href=\"{url}\" rel=\"noopener noreferrer\">{}</a></li>", part("title"))
        } else {
            format!("<li>{}</li>", part("title"))
        }
    });
    body.push_str(&section("Links", remote));
    let comments = issue.comments.iter().map(|c| format!("<li>{}: {}</li>", name(&c.author), wiki::html(&c.body)));
    body.push_str(&section("Comments", comments));
    html(&format!("{key} {}", issue.text("summary")), &body)
}

fn section(title: &str, entries: impl Iterator<Item = String>) -> String {
    let entries: String = entries.collect();
    if entries.is_empty() { entries } else { format!("<section><h2>{title}</h2><ul>{entries}</ul></section>") }
}

fn links(store: &Store, issue: &Issue) -> Vec<String> {
    let mut found = Vec::new();
    for link in &store.links {
        let Some(kind) = LINK_TYPES.iter().find(|t| t.id == link.type_id) else {
            continue;
        };
        let (words, other) = match (link.from == issue.id, link.to == issue.id) {
            (true, _) => (kind.outward, link.to),
            (_, true) => (kind.inward, link.from),
            _ => continue,
        };
        if let Some(other) = store.get(other) {
            found.push(format!("<li>{words} <ul>{}</ul></li>", entry(other)));
        }
    }
    found
}
