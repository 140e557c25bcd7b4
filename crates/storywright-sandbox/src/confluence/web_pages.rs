//! Pages for the browser: by title, by id, by tiny link; attachments to download.
//!
//! Open spaces can be read without signing in, so that a link in a demo leads somewhere; the rest leads to the sign-in page.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{self, Path},
};
use percent_encoding::percent_decode_str;

use super::{
    json::Shown,
    render::{Mode, escape},
    store::{Content, Kind, Store},
    tiny,
    visit::Visit,
};

/// Adds the routes.
pub(super) fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/display/{space}", web::get().to(home))
        .route("/display/{space}/{title}", web::get().to(by_title))
        .route("/pages/viewpage.action", web::get().to(by_id))
        .route("/spaces/{space}/pages/{id}", web::get().to(by_long_path))
        .route("/spaces/{space}/pages/{id}/{title}", web::get().to(by_long_path))
        .route("/x/{tiny}", web::get().to(by_tiny))
        .route("/download/attachments/{page}/{name}", web::get().to(download))
        .route("/login.action", web::get().to(login));
}

async fn home(visit: Visit, space: Path<String>) -> HttpResponse {
    let store = visit.shared.confluence();
    let id = store.space(&space).map(|s| s.homepage);
    show(&visit, &store, id)
}

async fn by_title(visit: Visit, path: Path<(String, String)>) -> HttpResponse {
    let title = percent_decode_str(&path.1.replace('+', " ")).decode_utf8_lossy().into_owned();
    let store = visit.shared.confluence();
    let everybody = store.contents.values().find(|c| {
        c.kind == Kind::Page
            && !c.trashed
            && c.space.eq_ignore_ascii_case(&path.0)
            && c.title().to_lowercase() == title.to_lowercase()
    });
    let id = everybody.map(|c| c.id);
    show(&visit, &store, id)
}

async fn by_id(visit: Visit) -> HttpResponse {
    let store = visit.shared.confluence();
    let id = visit.param("pageId").and_then(|id| id.parse().ok());
    show(&visit, &store, id)
}

async fn by_long_path(visit: Visit, req: HttpRequest) -> HttpResponse {
    let store = visit.shared.confluence();
    let id = req.match_info().get("id").and_then(|id| id.parse().ok());
    show(&visit, &store, id)
}

async fn by_tiny(visit: Visit, link: Path<String>) -> HttpResponse {
    let store = visit.shared.confluence();
    show(&visit, &store, tiny::decode(&link))
}

fn show(visit: &Visit, store: &Store, id: Option<u64>) -> HttpResponse {
    match id.and_then(|id| store.visible(id, visit.me())) {
        Some(content) if content.kind == Kind::Page => page(visit, store, content),
        _ if visit.me().is_none() => HttpResponse::Found()
            .insert_header((header::LOCATION, "/confluence/login.action?permissionViolation=true"))
            .finish(),
        _ => html(
            HttpResponse::NotFound(),
            "Page Not Found",
            "<h1>Page Not Found</h1><p>The page does not exist, or you may not see it.</p>",
        ),
    }
}

fn page(visit: &Visit, store: &Store, content: &Content) -> HttpResponse {
    let shown = Shown { visit, store };
    let space = store.space(&content.space).map_or("", |s| s.name.as_str());
    let author = visit.by_key(&content.current().by).map_or("somebody", |p| p.display_name.as_str());
    let body = shown.html(content, content.current(), Mode::View);
    let main = format!(
        "<p class=\"space\">{}</p><h1 id=\"title-text\">{}</h1><p class=\"byline\">Version {} by {}</p><div id=\"main-content\" class=\"wiki-content\">{body}</div>",
        escape(space),
        escape(content.title()),
        content.number(),
        escape(author)
    );
    html(HttpResponse::Ok(), content.title(), &main)
}

async fn login() -> HttpResponse {
    html(
        HttpResponse::Ok(),
        "Log In",
        "<h1>Log in</h1><form method=\"post\" action=\"/confluence/dologin.action\"><label>Username <input name=\"os_username\"></label> \
         <label>Password <input type=\"password\" name=\"os_password\"></label> <button>Log in</button></form>",
    )
}

async fn download(visit: Visit, path: Path<(u64, String)>) -> HttpResponse {
    let store = visit.shared.confluence();
    let name = percent_decode_str(&path.1).decode_utf8_lossy().into_owned();
    let found = store.children(path.0, Kind::Attachment, visit.me()).into_iter().find(|c| c.title() == name);
    match found.and_then(|content| content.file.as_ref()) {
        Some(file) => HttpResponse::Ok()
            .content_type(file.media_type.as_str())
            .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox"))
            .body(file.text.clone()),
        None => html(HttpResponse::NotFound(), "Not Found", "<h1>Not Found</h1>"),
    }
}

fn html(mut answer: actix_web::HttpResponseBuilder, title: &str, body: &str) -> HttpResponse {
    answer.content_type("text/html;charset=UTF-8").body(format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{} - Example Corp Wiki</title><style>{STYLE}</style></head>\n<body>{body}</body></html>\n",
        escape(title)
    ))
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color:#172b4d}\
.space,.byline{color:#5e6c84;margin:0}table{border-collapse:collapse}th,td{border:1px solid #c1c7d0;padding:.4rem .6rem;text-align:left}\
.confluence-information-macro,.panel{border:1px solid #c1c7d0;border-radius:4px;padding:.5rem 1rem;margin:1rem 0}pre{overflow:auto}";
