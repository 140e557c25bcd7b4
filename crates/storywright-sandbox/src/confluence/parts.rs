//! What belongs to a content: children, comments, attachments, labels, restrictions, properties.

use actix_web::{
    HttpResponse,
    web::{self, Bytes, Path},
};
use serde_json::{Value, json};

use super::{
    errors::Refused,
    json::Shown,
    store::{Content, Kind, Property, Store},
    visit::{Visit, content_id, json_body},
};
use crate::people::Person;

/// Adds the routes.
pub(super) fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/content/{id}/child", web::get().to(all_children))
        .route("/content/{id}/child/{type}", web::get().to(children))
        .route("/content/{id}/descendant/{type}", web::get().to(descendants))
        .route("/content/{id}/label", web::get().to(labels))
        .route("/content/{id}/label", web::post().to(add_labels))
        .route("/content/{id}/label", web::delete().to(remove_label_by_name))
        .route("/content/{id}/label/{name}", web::delete().to(remove_label))
        .route("/content/{id}/restriction/byOperation", web::get().to(restrictions))
        .route("/content/{id}/restriction/byOperation/{operation}", web::get().to(restriction))
        .route("/content/{id}/restriction", web::get().to(restriction_list))
        .route("/content/{id}/property", web::get().to(properties))
        .route("/content/{id}/property", web::post().to(add_property))
        .route("/content/{id}/property/{key}", web::get().to(property))
        .route("/content/{id}/property/{key}", web::put().to(set_property))
        .route("/content/{id}/property/{key}", web::delete().to(remove_property));
}

fn seen<'a>(store: &'a Store, me: &Person, id: &str) -> Result<&'a Content, Refused> {
    let id = content_id(id.trim_start_matches("att"))?;
    store.visible(id, Some(me)).ok_or_else(|| Refused::no_content(id))
}

/// The id of a content that the asker may change.
fn editable(store: &Store, me: &Person, id: &str) -> Result<u64, Refused> {
    let content = seen(store, me, id)?;
    if store.may_edit(content, me) {
        Ok(content.id)
    } else {
        Err(Refused::forbidden("You do not have permission to update this content."))
    }
}

async fn all_children(visit: Visit, id: Path<String>) -> Result<HttpResponse, Refused> {
    let me = visit.signed_in()?;
    let store = visit.shared.confluence();
    let content = seen(&store, me, &id)?;
    let expand = visit.expand("");
    let paths: Vec<String> = ["page", "comment", "attachment"]
        .into_iter()
        .filter(|kind| expand.has(kind))
        .map(|kind| format!("children.{kind}"))
        .chain(std::iter::once("children".to_owned()))
        .collect();
    let json = Shown { visit: &visit, store: &store }.content(content, &paths.into());
    Ok(HttpResponse::Ok().json(&json["children"]))
}

async fn children(visit: Visit, path: Path<(String, String)>) -> Result<HttpResponse, Refused> {
    let me = visit.signed_in()?;
    let store = visit.shared.confluence();
    let content = seen(&store, me, &path.0)?;
    let kind = kind(&path.1)?;
    let found = store.children(content.id, kind, Some(me)).into_iter().filter(|c| {
        visit.param("filename").is_none_or(|name| c.title() == name)
            && visit.param("mediaType").is_none_or(|media| c.file.as_ref().is_some_and(|f| f.media_type == media))
    });
    let address = format!("/rest/api/content/{}/child/{}", content.id, kind.name());
    Ok(HttpResponse::Ok().json(page(&visit, &store, found.collect(), &address)))
}

async fn descendants(visit: Visit, path: Path<(String, String)>) -> Result<HttpResponse, Refused> {
    let me = visit.signed_in()?;
    let store = visit.shared.confluence();
    let content = seen(&store, me, &path.0)?;
    let kind = kind(&path.1)?;
    let found = store.contents.values().filter(|c| {
        c.kind == kind
            && !c.trashed
            && c.id != content.id
            && store.sees(c, Some(me))
            && store.with_ancestors(c).iter().any(|above| above.id == content.id)
    });
    let address = format!("/rest/api/content/{}/descendant/{}", content.id, kind.name());
    Ok(HttpResponse::Ok().json(page(&visit, &store, found.collect(), &address)))
}

fn kind(name: &str) -> Result<Kind, Refused> {
    Kind::parse(name).ok_or_else(|| Refused::bad(format!("Unsupported content type: {name}")))
}

fn page(visit: &Visit, store: &Store, found: Vec<&Content>, address: &str) -> Value {
    let (start, limit) = visit.window(25, 500);
    let shown = Shown { visit, store };
    let expand = visit.expand("");
    let more = found.len() > start + limit;
    let items =
        found.into_iter().skip(start).take(limit).map(|c| shown.version_of(c, c.number(), &expand, 0)).collect();
    shown.list(items, address, start, limit, more)
}

async fn labels(visit: Visit, id: Path<String>) -> Result<HttpResponse, Refused> {
    let me = visit.signed_in()?;
    let store = visit.shared.confluence();
    let content = seen(&store, me, &id)?;
    Ok(HttpResponse::Ok().json(Shown { visit: &visit, store: &store }.labels(content)))
}

async fn add_labels(visit: Visit, id: Path<String>, body: Bytes) -> Result<HttpResponse, Refused> {
    let me = visit.signed_in()?;
    let wanted = match json_body(&body)? {
        Value::Array(labels) => labels,
        one => vec![one],
    };
    let mut names = Vec::new();
    for label in &wanted {
        let name = label["name"].as_str().unwrap_or_default().trim().to_lowercase();
        if name.is_empty()
            || name.contains(char::is_whitespace)
            || name.contains([':', ';', ',', '?', '&', '[', ']', '(', ')', '#', '^', '*', '!', '@'])
        {
            return Err(Refused::bad(format!("'{name}' is not a valid label name.")));
        }
        names.push(name);
    }
    let mut store = visit.shared.confluence();
    let id = editable(&store, me, &id)?;
    if let Some(content) = store.contents.get_mut(&id) {
        for name in names {
            if !content.labels.contains(&name) {
                content.labels.push(name);
            }
        }
    }
    let content = store.contents.get(&id).ok_or_else(|| Refused::no_content(id))?;
    Ok(HttpResponse::Ok().json(Shown { visit: &visit, store: &store }.labels(content)))
}

async fn remove_label(visit: Visit, path: Path<(String, String)>) -> Result<HttpResponse, Refused> {
    without_label(&visit, &path.0, &path.1)
}

async fn remove_label_by_name(visit: Visit, id: Path<String>) -> Result<HttpResponse, Refused> {
    let name = visit.param("name").ok_or_else(|| Refused::bad("name is required"))?;
    without_label(&visit, &id, name)
}

fn without_label(visit: &Visit, id: &str, name: &str) -> Result<HttpResponse, Refused> {
    let me = visit.signed_in()?;
    let mut store = visit.shared.confluence();
    let id = editable(&store, me, id)?;
    if let Some(content) = store.contents.get_mut(&id) {
        content.labels.retain(|label| !label.eq_ignore_ascii_case(name));
    }
    Ok(HttpResponse::NoContent().finish())
}

async fn restrictions(visit: Visit, id: Path<String>) -> Result<HttpResponse, Refused> {
    let me = visit.signed_in()?;
    let store = visit.shared.confluence();
    let content = seen(&store, me, &id)?;
    Ok(HttpResponse::Ok().json(Shown { visit: &visit, store: &store }.restrictions(content)))
}

async fn restriction(visit: Visit, path: Path<(String, String)>) -> Result<HttpResponse, Refused> {
    let me = visit.signed_in()?;
    let store = visit.shared.confluence();
    let content = seen(&store, me, &path.0)?;
    let all = Shown { visit: &visit, store: &store }.restrictions(content);
    match all.get(path.1.as_str()).filter(|_| matches!(path.1.as_str(), "read" | "update")) {
        Some(one) => Ok(HttpResponse::Ok().json(one)),
        None => Err(Refused::bad(format!("Unknown operation: {}", path.1))),
    }
}

async fn restriction_list(visit: Visit, id: Path<String>) -> Result<HttpResponse, Refused> {
    let me = visit.signed_in()?;
    let store = visit.shared.confluence();
    let content = seen(&store, me, &id)?;
    let all = Shown { visit: &visit, store: &store }.restrictions(content);
    Ok(HttpResponse::Ok().json(json!({"results": [all["read"], all["update"]], "start": 0, "limit": 100, "size": 2})))
}

fn shown_property(visit: &Visit, id: u64, key: &str, property: &Property) -> Value {
    json!({
        "id": format!("{id}-{key}"), "key": key, "value": property.value,
        "version": {"number": property.version, "minorEdit": false},
        "_links": {"self": format!("{}/rest/api/content/{id}/property/{key}", visit.base)},
    })
}

async fn properties(visit: Visit, id: Path<String>) -> Result<HttpResponse, Refused> {
    let me = visit.signed_in()?;
    let store = visit.shared.confluence();
    let content = seen(&store, me, &id)?;
    let found: Vec<Value> =
        content.properties.iter().map(|(key, property)| shown_property(&visit, content.id, key, property)).collect();
    Ok(HttpResponse::Ok().json(json!({"start": 0, "limit": 100, "size": found.len(), "results": found})))
}

async fn property(visit: Visit, path: Path<(String, String)>) -> Result<HttpResponse, Refused> {
    let me = visit.signed_in()?;
    let store = visit.shared.confluence();
    let content = seen(&store, me, &path.0)?;
    let property = content.properties.get(&path.1).ok_or_else(|| Refused::missing("Content Property not found."))?;
    Ok(HttpResponse::Ok().json(shown_property(&visit, content.id, &path.1, property)))
}

async fn add_property(visit: Visit, id: Path<String>, body: Bytes) -> Result<HttpResponse, Refused> {
    let wanted = json_body(&body)?;
    let key = wanted["key"].as_str().filter(|k| !k.is_empty()).ok_or_else(|| Refused::bad("key is required"))?;
    write_property(&visit, &id, key, &wanted, true)
}

async fn set_property(visit: Visit, path: Path<(String, String)>, body: Bytes) -> Result<HttpResponse, Refused> {
    write_property(&visit, &path.0, &path.1, &json_body(&body)?, false)
}

fn write_property(visit: &Visit, id: &str, key: &str, wanted: &Value, fresh: bool) -> Result<HttpResponse, Refused> {
    let me = visit.signed_in()?;
    let mut store = visit.shared.confluence();
    let id = editable(&store, me, id)?;
    let content = store.contents.get_mut(&id).ok_or_else(|| Refused::no_content(id))?;
    let number = wanted["version"]["number"].as_u64();
    let version = match content.properties.get(key) {
        Some(_) if fresh => {
            return Err(Refused::conflict(format!("Unable to add property with key {key}: it exists already")));
        }
        Some(known) if number != Some(known.version + 1) => {
            return Err(Refused::conflict(format!(
                "Can't save property. Version conflict: current version is {}",
                known.version
            )));
        }
        Some(known) => known.version + 1,
        None => 1,
    };
    let property = Property { value: wanted["value"].clone(), version };
    let json = shown_property(visit, id, key, &property);
    content.properties.insert(key.to_owned(), property);
    Ok(HttpResponse::Ok().json(json))
}

async fn remove_property(visit: Visit, path: Path<(String, String)>) -> Result<HttpResponse, Refused> {
    let me = visit.signed_in()?;
    let mut store = visit.shared.confluence();
    let id = editable(&store, me, &path.0)?;
    let removed = store.contents.get_mut(&id).and_then(|content| content.properties.remove(&path.1));
    removed.map(|_| HttpResponse::NoContent().finish()).ok_or_else(|| Refused::missing("Content Property not found."))
}
