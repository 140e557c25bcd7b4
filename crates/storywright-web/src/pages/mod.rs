//! The pages: what each address shows and does. Handlers extract, call one use case, answer.

mod audit;
mod avatar;
mod chain;
mod cookies;
mod dashboard;
mod desk;
mod drafts;
pub mod error;
mod files;
mod health;
mod integrations;
mod jobs;
mod lists;
mod pick;
mod profile;
mod prompts;
mod rules;
mod runs;
mod search;
mod sign_in;
mod sign_up;
mod steps;
mod story_page;
mod tools;
mod trials;
mod usage;

use crate::route::Policy::{Public, SignedIn};
use crate::route::{FILES, LARGE, Route, SMALL};
use crate::sse;
use actix_web::web::to;
use drafts::{
    change, compare, coverage, edit, fields, from_issue, judgements, list, new, plan, similar, sources, uploads, waive,
    workspace, writing,
};

/// Routes without a session.
pub const PLAIN_ROUTES: &[Route] = &[
    Route::get("/healthz", Public, || to(health::healthz)).background(),
    Route::get("/readyz", Public, || to(health::readyz)).background(),
    Route::get("/static/{hash}/{name:.+}", Public, || to(files::file)).background(),
];

/// A form with certificates: their text grows when it is encoded for sending.
const CERTIFICATES: usize = 3 * SMALL;

/// The form of a rule set, encoded for sending.
const RULES: usize = 8 * SMALL;

/// Routes of pages.
pub const ROUTES: &[Route] = &[
    Route::get("/", SignedIn, || to(dashboard::page)),
    Route::get("/sign-in", Public, || to(sign_in::page)),
    Route::post("/sign-in", Public, || to(sign_in::submit)),
    Route::post("/sign-out", Public, || to(sign_in::sign_out)),
    // The page's own token died with its session.
    Route::post("/session/renew", Public, || to(sign_in::renew)).without_csrf_token(),
    Route::get("/sign-up", Public, || to(sign_up::page)),
    Route::post("/sign-up", Public, || to(sign_up::submit)).outside(),
    Route::get("/sign-up/{id}", Public, || to(sign_up::confirm_page)),
    Route::post("/sign-up/{id}", Public, || to(sign_up::confirm)),
    Route::get("/drafts", SignedIn, || to(list::page)),
    Route::post("/drafts", SignedIn, || to(new::create)).body(LARGE).outside(),
    Route::get("/drafts/new", SignedIn, || to(new::page)).outside(),
    Route::get("/drafts/from-issue", SignedIn, || to(from_issue::page)),
    Route::post("/drafts/from-issue", SignedIn, || to(from_issue::create)).outside(),
    Route::get("/drafts/{id}", SignedIn, || to(workspace::page)),
    Route::put("/drafts/{id}", SignedIn, || to(edit::save)).body(LARGE),
    // The same for browsers without scripts.
    Route::post("/drafts/{id}", SignedIn, || to(edit::save)).body(LARGE),
    Route::get("/drafts/{id}/document", SignedIn, || to(workspace::document)),
    Route::get("/drafts/{id}/tree", SignedIn, || to(workspace::tree)),
    Route::get("/drafts/{id}/findings", SignedIn, || to(workspace::findings)),
    Route::get("/drafts/{id}/versions", SignedIn, || to(workspace::versions)),
    Route::get("/drafts/{id}/create", SignedIn, || to(workspace::create_bar)),
    Route::get("/drafts/{id}/compare", SignedIn, || to(compare::page)),
    Route::post("/drafts/{id}/versions/{number}/restore", SignedIn, || to(edit::restore)),
    Route::post("/drafts/{id}/generate", SignedIn, || to(writing::generate)).outside(),
    Route::post("/drafts/{id}/refine", SignedIn, || to(writing::refine)).outside(),
    Route::get("/drafts/{id}/coverage", SignedIn, || to(coverage::covered)).background(),
    Route::post("/drafts/{id}/coverage/write", SignedIn, || to(coverage::write_uncovered)).outside(),
    Route::get("/drafts/{id}/sections", SignedIn, || to(coverage::sections)).background(),
    Route::post("/drafts/{id}/sections/{ordinal}/write", SignedIn, || to(coverage::write_section)).outside(),
    Route::post("/drafts/{id}/fix", SignedIn, || to(edit::fix)),
    Route::get("/drafts/{id}/judgements", SignedIn, || to(judgements::list)).background(),
    Route::post("/drafts/{id}/judgements", SignedIn, || to(judgements::ask)).outside(),
    Route::post("/drafts/{id}/waivers", SignedIn, || to(waive::waive)),
    Route::post("/drafts/{id}/waivers/take-back", SignedIn, || to(waive::take_back)),
    Route::post("/drafts/{id}/copy", SignedIn, || to(edit::copy)),
    Route::post("/drafts/{id}/delete", SignedIn, || to(list::delete)),
    Route::post("/drafts/{id}/undelete", SignedIn, || to(list::undelete)),
    Route::get("/drafts/{id}/sources", SignedIn, || to(sources::list)).outside(),
    Route::post("/drafts/{id}/sources", SignedIn, || to(sources::add)).outside(),
    Route::post("/drafts/{id}/files", SignedIn, || to(uploads::add)).body(FILES).outside(),
    Route::get("/drafts/{id}/sources/search", SignedIn, || to(sources::search)).outside(),
    Route::post("/drafts/{id}/sources/{source}/remove", SignedIn, || to(sources::remove)),
    Route::post("/drafts/{id}/sources/{source}/restore", SignedIn, || to(sources::restore)),
    Route::post("/drafts/{id}/sources/{source}/read", SignedIn, || to(sources::read_again)).outside(),
    Route::get("/drafts/{id}/sources/{source}/change", SignedIn, || to(sources::differences)).outside(),
    Route::get("/drafts/{id}/fields", SignedIn, || to(fields::form)).outside(),
    Route::get("/drafts/{id}/plan", SignedIn, || to(plan::page)).outside(),
    Route::get("/drafts/{id}/change", SignedIn, || to(change::page)).outside(),
    Route::post("/drafts/{id}/change", SignedIn, || to(change::approve)).outside(),
    Route::post("/drafts/{id}/change/settle", SignedIn, || to(change::settle)).outside(),
    Route::get("/drafts/{id}/similar", SignedIn, || to(similar::part)).outside(),
    Route::post("/drafts/{id}/similar", SignedIn, || to(similar::decide)),
    Route::post("/drafts/{id}/publish", SignedIn, || to(plan::approve)).outside(),
    Route::get("/runs", SignedIn, || to(runs::list)),
    Route::get("/runs/{id}", SignedIn, || to(runs::page)),
    Route::get("/runs/{id}/page", SignedIn, || to(story_page::show)),
    Route::post("/runs/{id}/page/plan", SignedIn, || to(story_page::plan)).outside(),
    Route::post("/runs/{id}/page", SignedIn, || to(story_page::write)).outside(),
    Route::post("/runs/{id}/page/settle", SignedIn, || to(story_page::settle)).outside(),
    Route::post("/runs/{id}/stop", SignedIn, || to(runs::stop)),
    Route::post("/runs/{id}/resume", SignedIn, || to(runs::resume)).outside(),
    Route::post("/runs/{id}/correct", SignedIn, || to(runs::correct)),
    Route::post("/runs/{id}/items/{item}/resolve", SignedIn, || to(runs::resolve)).outside(),
    Route::get("/pick/users", SignedIn, || to(pick::users)).outside(),
    Route::get("/pick/epics", SignedIn, || to(pick::epics)).outside(),
    Route::get("/integrations", SignedIn, || to(integrations::page)),
    Route::post("/integrations/confluence/ca", SignedIn, || to(integrations::trust)).body(CERTIFICATES),
    Route::get("/integrations/{kind}", SignedIn, || to(integrations::card)),
    Route::get("/integrations/{kind}/now", SignedIn, || to(integrations::card)).background(),
    Route::post("/integrations/{kind}", SignedIn, || to(integrations::save)).outside(),
    Route::post("/integrations/{kind}/test", SignedIn, || to(integrations::test)).outside(),
    Route::get("/jobs", SignedIn, || to(jobs::page)),
    // The same, asked for again and again by a page that lies open.
    Route::get("/jobs/now", SignedIn, || to(jobs::page)).background(),
    Route::get("/jobs/indicator", SignedIn, || to(jobs::indicator)).background(),
    Route::get("/jobs/{id}/events", SignedIn, || to(sse::page)).background(),
    Route::get("/jobs/{id}/steps", SignedIn, || to(steps::fragment)).background(),
    Route::post("/jobs/{id}/cancel", SignedIn, || to(jobs::cancel)),
    Route::post("/jobs/{id}/answer", SignedIn, || to(jobs::answer)).outside(),
    Route::get("/tools", SignedIn, || to(tools::page)),
    Route::get("/tools/now", SignedIn, || to(tools::page)).background(),
    Route::post("/tools/refresh", SignedIn, || to(tools::refresh)).outside(),
    Route::post("/tools/approve", SignedIn, || to(tools::approve)).administrators(),
    Route::post("/tools/approve-suggested", SignedIn, || to(tools::approve_all)).administrators(),
    Route::post("/tools/revoke", SignedIn, || to(tools::revoke)).administrators(),
    Route::get("/prompts", SignedIn, || to(prompts::list)),
    Route::post("/prompts", SignedIn, || to(prompts::create)),
    Route::get("/prompts/new", SignedIn, || to(prompts::new)),
    Route::get("/prompts/words", SignedIn, || to(prompts::words)),
    Route::get("/prompts/trials", SignedIn, || to(trials::form)),
    Route::post("/prompts/trials", SignedIn, || to(trials::start)).outside(),
    Route::get("/prompts/trials/slot", SignedIn, || to(trials::slot)),
    Route::get("/prompts/trials/{id}", SignedIn, || to(trials::page)),
    Route::post("/prompts/trials/{id}/stop", SignedIn, || to(trials::stop)),
    Route::post("/prompts/trials/{id}/delete", SignedIn, || to(trials::delete)),
    Route::post("/prompts/trials/{id}/columns/{number}/retry", SignedIn, || to(trials::retry)).outside(),
    Route::get("/prompts/{id}", SignedIn, || to(prompts::page)),
    Route::post("/prompts/{id}", SignedIn, || to(prompts::save)),
    Route::post("/prompts/{id}/delete", SignedIn, || to(prompts::delete)),
    Route::get("/prompts/{id}/versions/{number}", SignedIn, || to(prompts::version)),
    Route::post("/prompts/{id}/versions/{number}/restore", SignedIn, || to(prompts::restore)),
    Route::get("/rules", SignedIn, || to(rules::list)),
    Route::post("/rules", SignedIn, || to(rules::create)).body(RULES),
    Route::get("/rules/new", SignedIn, || to(rules::new)),
    Route::post("/rules/import", SignedIn, || to(rules::import)).body(rules::IMPORT),
    Route::post("/rules/preview", SignedIn, || to(rules::preview)).body(RULES).costly(),
    Route::get("/rules/schema.json", SignedIn, || to(rules::schema)),
    Route::get("/rules/{id}", SignedIn, || to(rules::page)),
    Route::post("/rules/{id}", SignedIn, || to(rules::save)).body(RULES),
    Route::get("/rules/{id}/export", SignedIn, || to(rules::export)),
    Route::post("/rules/{id}/delete", SignedIn, || to(rules::delete)),
    Route::post("/rules/{id}/projects", SignedIn, || to(rules::choose)).administrators(),
    Route::post("/rules/{id}/versions/{number}/restore", SignedIn, || to(rules::restore)),
    Route::get("/profile", SignedIn, || to(profile::page)),
    Route::post("/profile/password", SignedIn, || to(profile::password)),
    Route::post("/profile/sessions/end-others", SignedIn, || to(profile::end_others)),
    Route::post("/profile/sessions/{id}/end", SignedIn, || to(profile::end_session)),
    Route::post("/profile/tokens", SignedIn, || to(profile::make_token)),
    Route::post("/profile/tokens/{id}/revoke", SignedIn, || to(profile::revoke)),
    Route::get("/profile/avatar", SignedIn, || to(avatar::picture)).background(),
    Route::post("/profile/theme", SignedIn, || to(profile::theme)),
    Route::post("/profile/navigation", SignedIn, || to(profile::navigation)),
    Route::get("/audit", SignedIn, || to(audit::page)),
    Route::get("/audit/issue", SignedIn, || to(chain::find)),
    Route::get("/audit/issue/{key}", SignedIn, || to(chain::page)),
    Route::get("/search", SignedIn, || to(search::page)),
];
