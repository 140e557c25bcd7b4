//! The JSON API under `/api/v1`: the same use cases as the pages, for programs. A bearer token is the only proof of who calls; cookies are
//! never looked at, and no other origin is told that it may call.

mod agent;
pub mod body;
mod caller;
mod catalog;
mod compare;
mod drafts;
mod etag;
mod fixes;
mod integrations;
mod issue_updates;
mod jobs;
mod judgements;
mod meter;
mod openapi;
mod people;
mod plan;
mod problem;
mod prompts;
mod rule_sets;
mod runs;
mod sections;
pub mod sources;
mod stories;
pub mod story_pages;
mod tools;
mod trials;
mod versions;
mod waivers;
mod writing;

pub use caller::Caller;
pub use openapi::document;
pub use problem::{Problem, problem};

use crate::errors::AppError;
use crate::route::{FILES, LARGE, Policy, Route, SMALL};
use crate::sse;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use storywright_domain::Timestamp;

/// What a handler gives.
type Answer = Result<HttpResponse, AppError>;

/// Bodies with a certificate: 64 KiB of it, escaped.
const CERTIFICATE: usize = 2 * SMALL;

/// Bodies with a rule set.
const RULES: usize = 8 * SMALL;

use Policy::{Bearer, PublicApi};

/// Routes of the API.
pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/openapi.json", PublicApi, || web::to(openapi::show)),
    Route::get("/api/v1/sites", PublicApi, || web::to(catalog::sites)),
    Route::post("/api/v1/registrations", PublicApi, || web::to(people::register)),
    Route::post("/api/v1/registrations/{id}/confirm", PublicApi, || web::to(people::confirm)),
    Route::post("/api/v1/tokens", PublicApi, || web::to(people::issue_token)),
    Route::delete("/api/v1/tokens/current", Bearer, || web::to(people::revoke_token)),
    Route::get("/api/v1/me", Bearer, || web::to(people::me)),
    Route::get("/api/v1/integrations", Bearer, || web::to(integrations::list)),
    Route::put("/api/v1/integrations/jira", Bearer, || web::to(integrations::save_jira)),
    Route::put("/api/v1/integrations/confluence", Bearer, || web::to(integrations::save_confluence)).body(CERTIFICATE),
    Route::put("/api/v1/integrations/llm", Bearer, || web::to(integrations::save_llm)),
    Route::post("/api/v1/integrations/{kind}/test", Bearer, || web::to(integrations::test)).outside(),
    Route::get("/api/v1/projects", Bearer, || web::to(catalog::projects)).outside(),
    Route::get("/api/v1/projects/{key}/issue-types", Bearer, || web::to(catalog::issue_types)).outside(),
    Route::get("/api/v1/prompts", Bearer, || web::to(prompts::list)),
    Route::post("/api/v1/prompts", Bearer, || web::to(prompts::create)),
    Route::get("/api/v1/prompt-trials", Bearer, || web::to(trials::list)),
    Route::post("/api/v1/prompt-trials", Bearer, || web::to(trials::start)).outside(),
    Route::get("/api/v1/prompt-trials/{id}", Bearer, || web::to(trials::show)),
    Route::delete("/api/v1/prompt-trials/{id}", Bearer, || web::to(trials::remove)),
    Route::post("/api/v1/prompt-trials/{id}/columns/{number}/retry", Bearer, || web::to(trials::retry)).outside(),
    Route::get("/api/v1/prompts/{id}", Bearer, || web::to(prompts::show)),
    Route::put("/api/v1/prompts/{id}", Bearer, || web::to(prompts::save)),
    Route::delete("/api/v1/prompts/{id}", Bearer, || web::to(prompts::remove)),
    Route::post("/api/v1/prompts/{id}/words", Bearer, || web::to(prompts::words)),
    Route::get("/api/v1/prompts/{id}/versions", Bearer, || web::to(prompts::versions)),
    Route::post("/api/v1/prompts/{id}/versions/{number}/restore", Bearer, || web::to(prompts::restore)),
    Route::get("/api/v1/rule-sets", Bearer, || web::to(rule_sets::list)),
    Route::post("/api/v1/rule-sets", Bearer, || web::to(rule_sets::create)).body(RULES),
    Route::get("/api/v1/rule-sets/{id}", Bearer, || web::to(rule_sets::show)),
    Route::put("/api/v1/rule-sets/{id}", Bearer, || web::to(rule_sets::save)).body(RULES),
    Route::delete("/api/v1/rule-sets/{id}", Bearer, || web::to(rule_sets::remove)),
    Route::get("/api/v1/rule-sets/{id}/versions", Bearer, || web::to(rule_sets::versions)),
    Route::post("/api/v1/rule-sets/{id}/versions/{number}/restore", Bearer, || web::to(rule_sets::restore)),
    Route::post("/api/v1/validate", Bearer, || web::to(catalog::validate)).body(LARGE),
    Route::post("/api/v1/drafts", Bearer, || web::to(drafts::create)).body(LARGE).outside(),
    Route::get("/api/v1/drafts", Bearer, || web::to(drafts::list)),
    Route::post("/api/v1/drafts/from-issue", Bearer, || web::to(issue_updates::create)).outside(),
    Route::get("/api/v1/drafts/{id}", Bearer, || web::to(drafts::show)),
    Route::put("/api/v1/drafts/{id}", Bearer, || web::to(drafts::change)).body(LARGE),
    Route::delete("/api/v1/drafts/{id}", Bearer, || web::to(drafts::remove)),
    Route::post("/api/v1/drafts/{id}/copy", Bearer, || web::to(drafts::copy)),
    Route::get("/api/v1/drafts/{id}/findings", Bearer, || web::to(drafts::findings)),
    Route::post("/api/v1/drafts/{id}/fixes", Bearer, || web::to(fixes::fix)),
    Route::post("/api/v1/drafts/{id}/waivers", Bearer, || web::to(waivers::create)),
    Route::post("/api/v1/drafts/{id}/waivers/take-back", Bearer, || web::to(waivers::take_back)),
    Route::get("/api/v1/drafts/{id}/versions", Bearer, || web::to(versions::list)),
    Route::get("/api/v1/drafts/{id}/versions/{number}", Bearer, || web::to(versions::show)),
    Route::post("/api/v1/drafts/{id}/versions/{number}/restore", Bearer, || web::to(versions::restore)),
    Route::get("/api/v1/drafts/{id}/compare", Bearer, || web::to(versions::compare)),
    Route::post("/api/v1/drafts/{id}/generate", Bearer, || web::to(writing::generate)).outside(),
    Route::post("/api/v1/drafts/{id}/refine", Bearer, || web::to(writing::refine)).outside(),
    Route::get("/api/v1/drafts/{id}/sources", Bearer, || web::to(sources::list)),
    Route::post("/api/v1/drafts/{id}/sources", Bearer, || web::to(sources::add)).outside(),
    Route::post("/api/v1/drafts/{id}/files", Bearer, || web::to(sources::add_file)).body(FILES).outside(),
    Route::post("/api/v1/drafts/{id}/sources/check", Bearer, || web::to(sources::check)).outside(),
    Route::delete("/api/v1/drafts/{id}/sources/{source}", Bearer, || web::to(sources::remove)),
    Route::post("/api/v1/drafts/{id}/sources/{source}/restore", Bearer, || web::to(sources::restore)),
    Route::post("/api/v1/drafts/{id}/sources/{source}/read", Bearer, || web::to(sources::read_again)).outside(),
    Route::get("/api/v1/drafts/{id}/sources/{source}/text", Bearer, || web::to(sources::text)),
    Route::get("/api/v1/drafts/{id}/sources/{source}/change", Bearer, || web::to(sources::change)).outside(),
    Route::get("/api/v1/confluence/pages", Bearer, || web::to(sources::search)).outside(),
    Route::get("/api/v1/confluence/spaces", Bearer, || web::to(sources::spaces)).outside(),
    Route::get("/api/v1/drafts/{id}/plan", Bearer, || web::to(plan::plan)).outside(),
    Route::post("/api/v1/drafts/{id}/publish", Bearer, || web::to(plan::publish)).outside(),
    Route::get("/api/v1/drafts/{id}/judgements", Bearer, || web::to(judgements::list)),
    Route::post("/api/v1/drafts/{id}/judgements", Bearer, || web::to(judgements::ask)).outside(),
    Route::get("/api/v1/drafts/{id}/issue", Bearer, || web::to(issue_updates::show)),
    Route::post("/api/v1/drafts/{id}/issue/plan", Bearer, || web::to(issue_updates::plan)).outside(),
    Route::post("/api/v1/drafts/{id}/issue", Bearer, || web::to(issue_updates::update)).outside(),
    Route::post("/api/v1/drafts/{id}/issue/settle", Bearer, || web::to(issue_updates::settle)).outside(),
    Route::get("/api/v1/drafts/{id}/sections", Bearer, || web::to(sections::list)),
    Route::post("/api/v1/drafts/{id}/sections/{ordinal}/write", Bearer, || web::to(sections::write)).outside(),
    Route::get("/api/v1/drafts/{id}/coverage", Bearer, || web::to(sections::coverage)),
    Route::post("/api/v1/drafts/{id}/coverage/write", Bearer, || web::to(sections::write_uncovered)).outside(),
    Route::get("/api/v1/runs", Bearer, || web::to(runs::list)),
    Route::get("/api/v1/runs/{id}", Bearer, || web::to(runs::show)),
    Route::get("/api/v1/runs/{id}/page", Bearer, || web::to(story_pages::list)),
    Route::post("/api/v1/runs/{id}/page/plan", Bearer, || web::to(story_pages::plan)).outside(),
    Route::post("/api/v1/runs/{id}/page", Bearer, || web::to(story_pages::write)).outside(),
    Route::post("/api/v1/runs/{id}/page/settle", Bearer, || web::to(story_pages::settle)).outside(),
    Route::post("/api/v1/runs/{id}/stop", Bearer, || web::to(runs::stop)),
    Route::post("/api/v1/runs/{id}/resume", Bearer, || web::to(runs::resume)).outside(),
    Route::post("/api/v1/runs/{id}/correct", Bearer, || web::to(runs::correct)),
    Route::post("/api/v1/runs/{id}/items/{item}/resolve", Bearer, || web::to(runs::resolve)).outside(),
    Route::get("/api/v1/usage", Bearer, || web::to(meter::show)),
    Route::get("/api/v1/jobs", Bearer, || web::to(jobs::list)),
    Route::get("/api/v1/jobs/{id}", Bearer, || web::to(jobs::show)),
    Route::get("/api/v1/jobs/{id}/events", Bearer, || web::to(sse::api)),
    Route::get("/api/v1/jobs/{id}/steps", Bearer, || web::to(agent::steps)),
    Route::post("/api/v1/jobs/{id}/cancel", Bearer, || web::to(jobs::cancel)),
    Route::post("/api/v1/jobs/{id}/answer", Bearer, || web::to(jobs::answer)).outside(),
    Route::get("/api/v1/tools", Bearer, || web::to(tools::list)),
    Route::get("/api/v1/tools/{server}", Bearer, || web::to(tools::server)),
    Route::post("/api/v1/tools/{server}/refresh", Bearer, || web::to(tools::refresh)).outside(),
    Route::post("/api/v1/tools/{server}/approve-suggested", Bearer, || web::to(tools::approve_all)).administrators(),
    Route::get("/api/v1/tools/{server}/tools/{tool}", Bearer, || web::to(tools::show)),
    Route::put("/api/v1/tools/{server}/tools/{tool}/approval", Bearer, || web::to(tools::approve)).administrators(),
    Route::delete("/api/v1/tools/{server}/tools/{tool}/approval", Bearer, || web::to(tools::revoke)).administrators(),
    Route::get("/api/v1/audit/issues/{key}", Bearer, || web::to(agent::issue)),
];

/// A JSON answer.
fn json(status: StatusCode, body: &impl Serialize) -> HttpResponse {
    HttpResponse::build(status).json(body)
}

/// A JSON answer with 200.
fn ok(body: &impl Serialize) -> HttpResponse {
    json(StatusCode::OK, body)
}

/// `2026-05-04T09:12:33.125Z`.
fn rfc3339(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0).unwrap_or_default().to_string()
}
