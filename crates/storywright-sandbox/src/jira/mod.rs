//! Jira Data Center 10.3 under `/jira`: REST v2 and the bit of the agile API that epics need; under `/cloud` the same company
//! as Jira Cloud.

mod agile;
mod avatars;
mod browse;
mod catalog;
mod catalog_fields;
mod catalog_projects;
mod cloud;
mod comments;
mod create;
mod desk;
mod errors;
mod guard;
mod issues;
mod jql;
mod labels;
mod limits;
mod links;
mod meta;
mod projects;
mod properties;
mod remote_links;
mod render;
mod search;
mod seed;
mod store;
mod summary;
mod transitions;
mod updates;
mod users;
mod values;
mod wiki;

use actix_web::{
    HttpResponse, middleware,
    web::{self, ServiceConfig},
};

pub use self::summary::IssueSummary;
pub(crate) use self::{limits::Limiter, store::Store};

/// True for addresses of Jira as Atlassian hosts it.
pub(crate) fn on_cloud(path: &str) -> bool {
    cloud::is_here(path)
}

/// Adds the routes below `/jira` and `/cloud`.
pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.service(
        web::scope("/jira")
            .wrap(middleware::from_fn(guard::guard))
            .service(web::scope("/rest/api/2").configure(rest))
            .service(web::scope("/rest/api/latest").configure(rest))
            .service(web::scope("/rest/agile/1.0").configure(agile::configure))
            .route("/rest/api/1.0/labels/suggest", web::get().to(labels::suggest))
            .route("/rest/auth/1/session", web::get().to(users::session))
            .route("/secure/useravatar", web::get().to(avatars::picture))
            .route("/secure/projectavatar", web::get().to(avatars::picture))
            .route("/secure/viewavatar", web::get().to(avatars::picture))
            .route("/images/icons/{icon:.*}", web::get().to(avatars::picture))
            .route("/", web::get().to(browse::dashboard))
            .route("/browse/{key}", web::get().to(browse::page))
            .default_service(web::to(not_found)),
    );
    cfg.service(
        web::scope(cloud::PREFIX)
            .wrap(middleware::from_fn(guard::guard))
            .service(web::scope("/rest/api/2").configure(cloud::configure).configure(rest))
            .service(web::scope("/rest/api/3").configure(cloud::configure).configure(users::configure))
            .route("/secure/useravatar", web::get().to(avatars::picture))
            .route("/secure/projectavatar", web::get().to(avatars::picture))
            .route("/secure/viewavatar", web::get().to(avatars::picture))
            .route("/browse/{key}", web::get().to(browse::page))
            .default_service(web::to(not_found)),
    );
}

fn rest(cfg: &mut ServiceConfig) {
    // Fixed paths before those with a placeholder in the same place.
    users::configure(cfg);
    meta::configure(cfg);
    projects::configure(cfg);
    search::configure(cfg);
    links::configure(cfg);
    issues::configure(cfg);
    comments::configure(cfg);
    remote_links::configure(cfg);
    properties::configure(cfg);
    transitions::configure(cfg);
    cfg.route("/jql/autocompletedata/suggestions", web::get().to(labels::jql_suggestions));
}

/// What Jira says about addresses that it does not have.
async fn not_found() -> HttpResponse {
    HttpResponse::NotFound().content_type("application/xml;charset=UTF-8").body(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><status><status-code>404</status-code>\
         <message>null for uri</message></status>",
    )
}
