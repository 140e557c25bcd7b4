//! Confluence Data Center under `/confluence`: the REST API that clients use, and pages for the browser.

mod contents;
mod cql;
mod entities;
mod errors;
mod find;
mod json;
mod parts;
mod render;
mod seed;
mod store;
mod tiny;
mod users;
mod visit;
mod web_pages;
mod wiki;

use actix_web::{
    Error, HttpMessage, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderName, HeaderValue},
    middleware::{self, Next},
    web::{self, ServiceConfig},
};

pub(crate) use self::{render::to_markdown, store::Store};
use crate::{auth::Presented, clock::Millis, people::Person};

impl Store {
    /// The store of a fresh company.
    pub(crate) fn seeded(people: &[Person], now: Millis) -> Self {
        seed::store(people, now)
    }
}

/// Adds the routes below `/confluence`.
pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.service(
        web::scope("/confluence")
            .wrap(middleware::from_fn(named))
            .service(
                web::scope("/rest/api")
                    .configure(users::configure)
                    .configure(find::configure)
                    .configure(contents::configure)
                    .configure(parts::configure)
                    .default_service(web::to(not_found)),
            )
            .configure(web_pages::configure)
            .default_service(web::to(not_found)),
    );
}

/// Says on every answer who it was taken for, as Confluence does.
async fn named<B: MessageBody>(req: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    let presented = req.extensions().get::<Presented>().cloned().unwrap_or(Presented::Nothing);
    let mut answer = next.call(req).await?;
    let person = presented.person().filter(|p| p.active && !p.deleted);
    let name = person.map_or("anonymous", |p| p.confluence.employee_id.as_str());
    let reason = match (&person, presented.scheme()) {
        (Some(_), _) => Some("OK"),
        (None, Some(_)) => Some("AUTHENTICATED_FAILED"),
        (None, None) => None,
    };
    let headers = answer.headers_mut();
    if let Ok(name) = HeaderValue::from_str(name) {
        headers.insert(HeaderName::from_static("x-ausername"), name);
    }
    if let Some(reason) = reason {
        headers.insert(HeaderName::from_static("x-seraph-loginreason"), HeaderValue::from_static(reason));
    }
    Ok(answer)
}

async fn not_found() -> HttpResponse {
    HttpResponse::NotFound().content_type("application/xml;charset=UTF-8").body(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><status><status-code>404</status-code><message>null for uri</message></status>",
    )
}
