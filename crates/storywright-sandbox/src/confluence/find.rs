//! `/rest/api/search`, `/rest/api/content/search` and `/rest/api/space`.

use actix_web::{
    HttpResponse,
    web::{self, Path},
};
use serde_json::{Value, json};

use super::{
    cql::{self, Asker},
    errors::Refused,
    json::{Shown, time},
    render::{plain, web_path},
    store::{Content, Kind, Store},
    visit::Visit,
};
use crate::people::Person;

/// Marks around hits in titles and excerpts, as Confluence sends them.
const HIT: (&str, &str) = ("@@@hl@@@", "@@@endhl@@@");

/// Adds the routes; before those with a placeholder in the same place.
pub(super) fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/search", web::get().to(search))
        .route("/content/search", web::get().to(search_content))
        .route("/space", web::get().to(spaces))
        .route("/space/", web::get().to(spaces))
        .route("/space/{key}", web::get().to(space))
        .route("/space/{key}/content", web::get().to(space_content))
        .route("/space/{key}/content/{type}", web::get().to(space_content_of_type))
        .route("/server-information", web::get().to(server));
}

fn run<'a>(visit: &Visit, store: &'a Store, me: &Person) -> Result<Vec<&'a Content>, Refused> {
    let query = visit.param("cql").ok_or_else(|| Refused::bad("CQL is required"))?;
    let refused = |error: cql::BadQuery| Refused::bad(format!("Could not parse cql : {query} ({error})"));
    let parsed = cql::parse(query).map_err(refused)?;
    let asker = Asker {
        person: me,
        people: &visit.people,
        now: visit.now,
        indexed_until: visit.indexed_until(store.seeded_at),
    };
    cql::search(store, &parsed, &asker).map_err(refused)
}

async fn search_content(visit: Visit) -> Result<HttpResponse, Refused> {
    let me = visit.signed_in()?;
    let store = visit.shared.confluence();
    let found = run(&visit, &store, me)?;
    let (start, limit) = visit.window(25, 200);
    let shown = Shown { visit: &visit, store: &store };
    let expand = visit.expand("");
    let total = found.len();
    let items = found.into_iter().skip(start).take(limit).map(|content| shown.content(content, &expand)).collect();
    let mut list = shown.list(items, "/rest/api/content/search", start, limit, total > start + limit);
    list["totalSize"] = json!(total);
    list["cqlQuery"] = json!(visit.param("cql"));
    list["searchDuration"] = json!(4);
    Ok(HttpResponse::Ok().json(list))
}

async fn search(visit: Visit) -> Result<HttpResponse, Refused> {
    let me = visit.signed_in()?;
    let store = visit.shared.confluence();
    let found = run(&visit, &store, me)?;
    let (start, limit) = visit.window(25, 500);
    let shown = Shown { visit: &visit, store: &store };
    let total = found.len();
    let items = found.into_iter().skip(start).take(limit).map(|content| hit(&shown, content)).collect();
    let mut list = shown.list(items, "/rest/api/search", start, limit, total > start + limit);
    list["totalSize"] = json!(total);
    list["cqlQuery"] = json!(visit.param("cql"));
    list["searchDuration"] = json!(4);
    list["archivedResultCount"] = json!(0);
    Ok(HttpResponse::Ok().json(list))
}

fn hit<'a>(shown: &Shown<'a>, content: &'a Content) -> Value {
    let visit = shown.visit;
    let terms = search_terms(visit.param("cql").unwrap_or_default());
    let marked = visit.param("excerpt").is_none_or(|kind| kind.starts_with("highlight"));
    let text = plain(&content.current().body);
    let excerpt = match visit.param("excerpt") {
        Some("none") => String::new(),
        _ => around(&text, &terms),
    };
    let mark = |text: &str| if marked { highlighted(text, &terms) } else { text.to_owned() };
    let space = shown.store.space(&content.space);
    let page = if content.kind == Kind::Page {
        Some(content)
    } else {
        content.parent.and_then(|p| shown.store.contents.get(&p))
    };
    json!({
        "content": shown.content(content, &visit.expand("").below("content")),
        "title": mark(content.title()),
        "excerpt": mark(&excerpt),
        "url": page.map_or_else(String::new, web_path),
        "resultGlobalContainer": {"title": space.map(|s| s.name.clone()), "displayUrl": format!("/display/{}", content.space)},
        "breadcrumbs": [],
        "entityType": "content",
        "iconCssClass": format!("aui-icon content-type-{}", content.kind.name()),
        "lastModified": time(content.current().at),
        "friendlyLastModified": time(content.current().at).split('T').next().unwrap_or_default(),
        "timestamp": content.current().at,
    })
}

/// Words in the query's texts, for marking hits.
fn search_terms(query: &str) -> Vec<String> {
    query
        .split(['"', '\''])
        .skip(1)
        .step_by(2)
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()))
        .filter(|w| w.len() > 2)
        .map(str::to_lowercase)
        .collect()
}

/// Some 200 characters around the first hit.
fn around(text: &str, terms: &[String]) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let first = words.iter().position(|word| is_hit(word, terms)).unwrap_or(0);
    words.iter().skip(first.saturating_sub(8)).take(34).copied().collect::<Vec<_>>().join(" ")
}

fn highlighted(text: &str, terms: &[String]) -> String {
    let words = text
        .split(' ')
        .map(|word| if is_hit(word, terms) { format!("{}{word}{}", HIT.0, HIT.1) } else { word.to_owned() });
    words.collect::<Vec<_>>().join(" ")
}

fn is_hit(word: &str, terms: &[String]) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    !bare.is_empty() && terms.iter().any(|term| bare.trim_end_matches('s') == term.trim_end_matches('s'))
}

async fn spaces(visit: Visit) -> Result<HttpResponse, Refused> {
    let me = visit.signed_in()?;
    let store = visit.shared.confluence();
    let shown = Shown { visit: &visit, store: &store };
    let wanted = visit.param("spaceKey");
    let found: Vec<_> = store
        .spaces
        .iter()
        .filter(|s| s.seen_by(Some(me)) && wanted.is_none_or(|key| s.key.eq_ignore_ascii_case(key)))
        .collect();
    let (start, limit) = visit.window(25, 500);
    let expand = visit.expand("");
    let more = found.len() > start + limit;
    let items = found.into_iter().skip(start).take(limit).map(|space| shown.space(space, &expand)).collect();
    Ok(HttpResponse::Ok().json(shown.list(items, "/rest/api/space", start, limit, more)))
}

async fn space(visit: Visit, key: Path<String>) -> Result<HttpResponse, Refused> {
    let me = visit.signed_in()?;
    let store = visit.shared.confluence();
    let space = store
        .space(&key)
        .filter(|s| s.seen_by(Some(me)))
        .ok_or_else(|| Refused::missing(format!("No space found with key : {key}")))?;
    Ok(HttpResponse::Ok().json(Shown { visit: &visit, store: &store }.space(space, &visit.expand(""))))
}

async fn space_content(visit: Visit, key: Path<String>) -> Result<HttpResponse, Refused> {
    let pages = pages_of(&visit, &key, Kind::Page)?;
    let posts = pages_of(&visit, &key, Kind::Blogpost)?;
    Ok(HttpResponse::Ok()
        .json(json!({"page": pages, "blogpost": posts, "_links": {"base": visit.base, "context": "/confluence"}})))
}

async fn space_content_of_type(visit: Visit, path: Path<(String, String)>) -> Result<HttpResponse, Refused> {
    let kind = Kind::parse(&path.1).ok_or_else(|| Refused::bad(format!("Unsupported content type: {}", path.1)))?;
    Ok(HttpResponse::Ok().json(pages_of(&visit, &path.0, kind)?))
}

fn pages_of(visit: &Visit, key: &str, kind: Kind) -> Result<Value, Refused> {
    let me = visit.signed_in()?;
    let store = visit.shared.confluence();
    let shown = Shown { visit, store: &store };
    let space = store
        .space(key)
        .filter(|s| s.seen_by(Some(me)))
        .ok_or_else(|| Refused::missing(format!("No space found with key : {key}")))?;
    let found: Vec<&Content> = store
        .contents
        .values()
        .filter(|c| c.kind == kind && !c.trashed && c.space == space.key && store.sees(c, Some(me)))
        .collect();
    let (start, limit) = visit.window(25, 500);
    let expand = visit.expand("");
    let more = found.len() > start + limit;
    let items = found.into_iter().skip(start).take(limit).map(|content| shown.content(content, &expand)).collect();
    Ok(shown.list(items, &format!("/rest/api/space/{}/content/{}", space.key, kind.name()), start, limit, more))
}

async fn server(visit: Visit) -> Result<HttpResponse, Refused> {
    visit.signed_in()?;
    Ok(HttpResponse::Ok().json(
        json!({"version": "10.0.3", "buildNumber": "10000", "baseUrl": visit.base, "title": "Example Corp Wiki"}),
    ))
}
