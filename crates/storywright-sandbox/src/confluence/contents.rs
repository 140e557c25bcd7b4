//! `/rest/api/content`: find, read, create, update, delete.

use actix_web::{
    HttpResponse,
    web::{self, Bytes, Path},
};
use serde_json::Value;

use super::{
    errors::Refused,
    json::Shown,
    render,
    store::{Content, Kind, Store, Version},
    visit::{Expand, Visit, content_id, json_body},
    wiki,
};

/// What a created or updated content is answered with.
const CHANGED: &str = "body.storage,space,history,version,ancestors,container";

/// Adds the routes.
pub(super) fn configure(cfg: &mut web::ServiceConfig) {
    for path in ["/content", "/content/"] {
        cfg.route(path, web::get().to(list)).route(path, web::post().to(create));
    }
    cfg.route("/content/{id}", web::get().to(read))
        .route("/content/{id}", web::put().to(update))
        .route("/content/{id}", web::delete().to(delete))
        .route("/content/{id}/history", web::get().to(history));
}

async fn list(visit: Visit) -> Result<HttpResponse, Refused> {
    let me = visit.signed_in()?;
    let kind = visit.param("type").map_or(Ok(Kind::Page), |name| {
        Kind::parse(name).ok_or_else(|| Refused::bad(format!("Unsupported content type: {name}")))
    })?;
    let trashed = visit.param("status") == Some("trashed");
    let store = visit.shared.confluence();
    let shown = Shown { visit: &visit, store: &store };
    let matches = |content: &&Content| {
        content.kind == kind
            && content.trashed == trashed
            && visit.param("spaceKey").is_none_or(|key| content.space.eq_ignore_ascii_case(key))
            && visit.param("title").is_none_or(|title| content.title().to_lowercase() == title.to_lowercase())
            && store.sees(content, Some(me))
    };
    let (start, limit) = visit.window(25, 500);
    let expand = visit.expand("");
    let mut found = store.contents.values().filter(matches).skip(start);
    let items: Vec<Value> = found.by_ref().take(limit).map(|content| shown.content(content, &expand)).collect();
    let more = found.next().is_some();
    Ok(HttpResponse::Ok().json(shown.list(items, "/rest/api/content", start, limit, more)))
}

async fn read(visit: Visit, id: Path<String>) -> Result<HttpResponse, Refused> {
    let me = visit.signed_in()?;
    let id = content_id(id.trim_start_matches("att"))?;
    let store = visit.shared.confluence();
    let trashed = visit.param("status").is_some_and(|s| s.contains("trashed") || s.contains("any"));
    let content = store
        .visible(id, Some(me))
        .or_else(|| store.contents.get(&id).filter(|c| trashed && store.sees(c, Some(me))))
        .ok_or_else(|| Refused::no_content(id))?;
    let number = match visit.param("version").map(str::parse::<usize>) {
        None => content.number(),
        Some(Ok(number)) if (1..=content.number()).contains(&number) => number,
        Some(_) => return Err(Refused::no_content(id)),
    };
    let shown = Shown { visit: &visit, store: &store };
    Ok(HttpResponse::Ok().json(shown.version_of(content, number, &visit.expand("history,space,version"), 0)))
}

async fn history(visit: Visit, id: Path<String>) -> Result<HttpResponse, Refused> {
    let me = visit.signed_in()?;
    let id = content_id(&id)?;
    let store = visit.shared.confluence();
    let content = store.visible(id, Some(me)).ok_or_else(|| Refused::no_content(id))?;
    let expand = visit.expand("history.lastUpdated,history.contributors");
    let wanted = if expand.has("history") { expand } else { all_history(&expand) };
    let json = Shown { visit: &visit, store: &store }.content(content, &wanted);
    Ok(HttpResponse::Ok().json(&json["history"]))
}

/// `expand=lastUpdated` of the history resource, as the content's own path.
fn all_history(expand: &Expand) -> Expand {
    let parts = ["lastUpdated", "contributors", "previousVersion"].into_iter().filter(|part| expand.has(part));
    let paths: Vec<String> =
        std::iter::once("history".to_owned()).chain(parts.map(|part| format!("history.{part}"))).collect();
    Expand::from(paths)
}

async fn create(visit: Visit, body: Bytes) -> Result<HttpResponse, Refused> {
    let me = visit.signed_in()?;
    let wanted = json_body(&body)?;
    let kind = wanted["type"]
        .as_str()
        .and_then(Kind::parse)
        .ok_or_else(|| Refused::bad("type is required: page, blogpost or comment"))?;
    let mut store = visit.shared.confluence();
    let (space, parent) = place(&visit, &store, &wanted, kind)?;
    if !store.may_write(&space, me) {
        return Err(Refused::forbidden(format!("Could not create content with type {}", kind.name())));
    }
    let title = match kind {
        Kind::Comment => format!("Re: {}", parent.and_then(|p| store.contents.get(&p)).map_or("", Content::title)),
        _ => title(&wanted)?,
    };
    if kind == Kind::Page && store.title_taken(&space, &title, None) {
        return Err(Refused::bad(
            "A page with this title already exists: A page already exists with the title ".to_owned()
                + &title
                + " in the space with key "
                + &space,
        ));
    }
    let body = storage(&wanted["body"])?.unwrap_or_default();
    let id = store.take_id();
    let version = Version { title, body, by: me.confluence.user_key.clone(), at: visit.now, ..Version::default() };
    store.contents.insert(
        id,
        Content {
            id,
            kind,
            trashed: false,
            space,
            parent,
            versions: vec![version],
            labels: labels(&wanted["metadata"]["labels"]),
            viewers: Vec::new(),
            editors: Vec::new(),
            properties: std::collections::BTreeMap::new(),
            file: None,
        },
    );
    answer(&visit, &store, id)
}

async fn update(visit: Visit, id: Path<String>, body: Bytes) -> Result<HttpResponse, Refused> {
    let me = visit.signed_in()?;
    let id = content_id(&id)?;
    let wanted = json_body(&body)?;
    let mut store = visit.shared.confluence();
    let trashed = store.contents.get(&id).is_some_and(|c| c.trashed && store.sees(c, Some(me)));
    if trashed && wanted["status"] == "current" {
        return restore(&visit, &mut store, id);
    }
    let content = store.visible(id, Some(me)).ok_or_else(|| Refused::no_content(id))?;
    if !store.may_edit(content, me) {
        return Err(Refused::forbidden("You do not have permission to update this content."));
    }
    let number = wanted["version"]["number"].as_u64().and_then(|n| usize::try_from(n).ok()).ok_or_else(|| {
        Refused::bad("Must supply an incremented version when updating Content. No version supplied.")
    })?;
    let current = content.number();
    if number != current + 1 {
        return Err(Refused::conflict(format!("Version must be incremented on update. Current version is: {current}")));
    }
    let space = content.space.clone();
    let title = if content.kind == Kind::Comment || wanted["title"].is_null() {
        content.title().to_owned()
    } else {
        title(&wanted)?
    };
    if content.kind == Kind::Page && store.title_taken(&space, &title, Some(id)) {
        return Err(Refused::bad(format!(
            "A page already exists with the title {title} in the space with key {space}"
        )));
    }
    let body = storage(&wanted["body"])?.unwrap_or_else(|| content.current().body.clone());
    let parent = match ancestor(&wanted)? {
        Some(parent) if content.kind == Kind::Page => {
            let above = store.visible(parent, Some(me)).ok_or_else(|| Refused::no_content(parent))?;
            if store.with_ancestors(above).iter().any(|c| c.id == id) {
                return Err(Refused::bad("A page cannot be its own ancestor."));
            }
            Some(parent)
        }
        _ => content.parent,
    };
    let version = Version {
        title,
        body,
        by: me.confluence.user_key.clone(),
        at: visit.now,
        message: wanted["version"]["message"].as_str().unwrap_or_default().to_owned(),
        minor: wanted["version"]["minorEdit"] == true,
    };
    if let Some(content) = store.contents.get_mut(&id) {
        content.versions.push(version);
        content.parent = parent;
    }
    answer(&visit, &store, id)
}

/// Trashes; `status=trashed` purges what is in the trash.
async fn delete(visit: Visit, id: Path<String>) -> Result<HttpResponse, Refused> {
    let me = visit.signed_in()?;
    let id = content_id(id.trim_start_matches("att"))?;
    let mut store = visit.shared.confluence();
    let content = store.contents.get(&id).filter(|c| store.sees(c, Some(me))).ok_or_else(|| Refused::no_content(id))?;
    if !store.may_edit(content, me) {
        return Err(Refused::forbidden("You do not have permission to delete this content."));
    }
    let purge = visit.param("status") == Some("trashed");
    if content.trashed != purge {
        return Err(Refused::no_content(id));
    }
    if purge {
        store.contents.remove(&id);
    } else if let Some(content) = store.contents.get_mut(&id) {
        content.trashed = true;
    }
    Ok(HttpResponse::NoContent().finish())
}

fn answer(visit: &Visit, store: &Store, id: u64) -> Result<HttpResponse, Refused> {
    let content = store.contents.get(&id).ok_or_else(|| Refused::no_content(id))?;
    let shown = Shown { visit, store };
    Ok(HttpResponse::Ok().json(shown.content(content, &visit.expand(CHANGED))))
}

/// Space and parent of what is to be created.
fn place(visit: &Visit, store: &Store, wanted: &Value, kind: Kind) -> Result<(String, Option<u64>), Refused> {
    let me = visit.me();
    let container = &wanted["container"]["id"];
    let container = container.as_u64().or_else(|| container.as_str()?.parse().ok());
    let parent = if kind == Kind::Comment { container } else { ancestor(wanted)? };
    let above = match parent {
        Some(id) => Some(
            store
                .visible(id, me)
                .ok_or_else(|| Refused::bad(format!("The parent content {id} does not exist or cannot be seen.")))?,
        ),
        None if kind == Kind::Comment => return Err(Refused::bad("container is required for comments")),
        None => None,
    };
    let named = wanted["space"]["key"].as_str().and_then(|key| store.space(key)).filter(|space| space.seen_by(me));
    let space = match (above, named, wanted["space"]["key"].as_str()) {
        (Some(page), _, None) => page.space.clone(),
        (Some(page), Some(space), _) if page.space != space.key => {
            return Err(Refused::bad("The parent page is in another space."));
        }
        (_, Some(space), _) => space.key.clone(),
        (_, None, Some(key)) => return Err(Refused::missing(format!("No space with key : {key}"))),
        (None, None, None) => return Err(Refused::bad("space is required")),
    };
    // A page without a parent stands below the space's home page.
    let home = store.space(&space).map(|s| s.homepage).filter(|_| kind == Kind::Page);
    Ok((space, parent.or(home)))
}

fn ancestor(wanted: &Value) -> Result<Option<u64>, Refused> {
    let Some(last) = wanted["ancestors"].as_array().and_then(|a| a.last()) else { return Ok(None) };
    let id = last["id"].as_u64().or_else(|| last["id"].as_str()?.parse().ok());
    id.map(Some).ok_or_else(|| Refused::bad("ancestors must name an id"))
}

fn title(wanted: &Value) -> Result<String, Refused> {
    let title = wanted["title"].as_str().unwrap_or_default().trim();
    match title.chars().count() {
        0 => Err(Refused::bad("title is required")),
        1..=255 => Ok(title.to_owned()),
        _ => Err(Refused::bad("The title cannot be longer than 255 characters.")),
    }
}

/// The storage body that was sent, checked; `None` when there was none.
fn storage(body: &Value) -> Result<Option<String>, Refused> {
    if let Some(value) = body["storage"]["value"].as_str().or_else(|| body["editor"]["value"].as_str()) {
        return match render::problem(value) {
            Some(problem) => Err(Refused::bad(problem)),
            None => Ok(Some(value.to_owned())),
        };
    }
    if let Some(wiki) = body["wiki"]["value"].as_str() {
        return Ok(Some(wiki::to_storage(wiki)));
    }
    Ok(None)
}

fn labels(wanted: &Value) -> Vec<String> {
    wanted.as_array().into_iter().flatten().filter_map(|l| l["name"].as_str()).map(str::to_lowercase).collect()
}

fn restore(visit: &Visit, store: &mut Store, id: u64) -> Result<HttpResponse, Refused> {
    if let Some(content) = store.contents.get_mut(&id) {
        content.trashed = false;
    }
    answer(visit, store, id)
}
