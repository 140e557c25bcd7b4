//! Story maps of runs as pages of Confluence.

use super::body::Json;
use super::{Answer, Caller, ok, rfc3339};
use crate::errors::{AppError, kinds};
use actix_web::web;
use serde::{Deserialize, Serialize};
use storywright_application::story_pages;
use storywright_domain::RunId;
use storywright_domain::story_page::{PagePlan, PageWish, StoryPage};
use utoipa::ToSchema;

/// Where a story map is to stand: with `page`, over that page; else a new page.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WishJson {
    /// Address or id of the page that gets a new version, in the place of all that stands on it.
    page: Option<String>,
    /// Key of the space of a new page.
    #[schema(example = "PAY")]
    space: Option<String>,
    /// Address or id of the page above a new page; the home page of the space when left out.
    parent: Option<String>,
    /// Title of a new page.
    #[schema(max_length = 255, example = "Story map: Refunds")]
    title: Option<String>,
}

/// A story map that a person approves.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovedPage {
    /// As it was planned.
    place: WishJson,
    /// `hash` of the plan.
    hash: String,
}

/// What would be written.
#[derive(Serialize, ToSchema)]
pub struct PagePlanJson {
    /// Which writing of this run's map it is.
    edition: u32,
    /// Site id.
    site: String,
    /// Id of the page that gets a new version; null for a new page.
    #[schema(required)]
    page_id: Option<String>,
    /// The version that it follows.
    #[schema(required)]
    follows: Option<u32>,
    /// The version that this run wrote last, when the page has another one by now.
    #[schema(required)]
    changed_since: Option<u32>,
    /// Space key.
    space: String,
    /// Id of the page above it.
    #[schema(required)]
    parent_id: Option<String>,
    /// Title.
    title: String,
    /// The body as it is sent, in storage format.
    body: String,
    /// What stands there now, as Markdown. Untrusted.
    stands: String,
    /// Send it with the approval.
    hash: String,
}

/// A writing of a story map.
#[derive(Serialize, ToSchema)]
pub struct StoryPageJson {
    /// From 1, one more for each writing.
    edition: u32,
    /// `sending`, `written`, `refused`, `unknown` (never sent again by itself: settle it) or `absent`.
    #[schema(example = "written")]
    state: &'static str,
    /// Site id.
    site: String,
    /// Id of the page.
    #[schema(required)]
    page_id: Option<String>,
    /// Version that was written.
    #[schema(required)]
    version: Option<u32>,
    /// Space key.
    space: String,
    /// Title.
    title: String,
    /// Address for people; empty until it is known.
    url: String,
    /// What went wrong.
    note: String,
    /// What was approved.
    plan_hash: String,
    /// When it was sent.
    #[schema(format = DateTime)]
    sent_at: String,
}

/// Writings of a run's story map, newest first.
#[derive(Serialize, ToSchema)]
pub struct StoryPages {
    items: Vec<StoryPageJson>,
}

fn run_id(raw: &str) -> Result<RunId, AppError> {
    RunId::parse(raw).map_err(|_| {
        AppError::new(&kinds::RUN_NOT_FOUND, "There is no such run among yours", "Look in the list of runs")
    })
}

fn wish(json: WishJson) -> PageWish {
    match json.page {
        Some(page) => PageWish::Over { page },
        None => PageWish::New {
            space: json.space.unwrap_or_default(),
            parent: json.parent.unwrap_or_default(),
            title: json.title.unwrap_or_default(),
        },
    }
}

fn plan_json(plan: PagePlan) -> PagePlanJson {
    PagePlanJson {
        edition: plan.edition,
        site: plan.site,
        follows: plan.over.as_ref().map(|page| page.version),
        page_id: plan.over.map(|page| page.id),
        changed_since: plan.changed_since,
        space: plan.space,
        parent_id: plan.parent.map(|page| page.id),
        title: plan.title,
        body: plan.body,
        stands: plan.stands,
        hash: plan.hash,
    }
}

fn page_json(page: StoryPage) -> StoryPageJson {
    StoryPageJson {
        edition: page.edition,
        state: page.state.as_str(),
        site: page.site,
        page_id: page.page,
        version: page.version,
        space: page.space,
        title: page.title,
        url: page.url,
        note: page.note,
        plan_hash: page.plan_hash,
        sent_at: rfc3339(page.sent_at),
    }
}

/// Writings of a run's story map to Confluence, newest first.
#[utoipa::path(get, path = "/api/v1/runs/{id}/page", tag = "Publishing", operation_id = "listStoryPages",
    params(("id" = String, Path, description = "Run id.", pattern = "^[0-9a-f]{32}$")),
    responses((status = 200, description = "At most the last 50.", body = StoryPages)))]
pub async fn list(caller: Caller, id: web::Path<String>) -> Answer {
    let pages = caller.run(move |ports, actor| Ok(story_pages::story_pages(ports, actor, run_id(&id)?)?)).await?;
    Ok(ok(&StoryPages { items: pages.into_iter().map(page_json).collect() }))
}

/// Says exactly what would be written. Nothing is.
#[utoipa::path(post, path = "/api/v1/runs/{id}/page/plan", tag = "Publishing", operation_id = "planStoryPage",
    params(("id" = String, Path, description = "Run id.", pattern = "^[0-9a-f]{32}$")), request_body = WishJson,
    responses((status = 200, description = "Approve its `hash`.", body = PagePlanJson),
        (status = 409, description = "The run is not finished, the title is taken, or an earlier writing is not settled.")))]
pub async fn plan(caller: Caller, id: web::Path<String>, body: Json<WishJson>) -> Answer {
    let plan = caller
        .run(move |ports, actor| {
            let id = run_id(&id)?;
            story_pages::must_be_own(ports, actor, id)?;
            Ok(story_pages::plan_page(ports, actor, id, &wish(body.read()?))?)
        })
        .await?;
    Ok(ok(&plan_json(plan)))
}

/// Writes an approved story map. The answer says what became of it; an unknown outcome is looked up, never sent again by itself.
#[utoipa::path(post, path = "/api/v1/runs/{id}/page", tag = "Publishing", operation_id = "writeStoryPage",
    params(("id" = String, Path, description = "Run id.", pattern = "^[0-9a-f]{32}$")), request_body = ApprovedPage,
    responses((status = 200, description = "What became of it: look at `state`.", body = StoryPageJson),
        (status = 409, description = "What would be written is not what was approved.")))]
pub async fn write(caller: Caller, id: web::Path<String>, body: Json<ApprovedPage>) -> Answer {
    let page = caller
        .run(move |ports, actor| {
            let id = run_id(&id)?;
            story_pages::must_be_own(ports, actor, id)?;
            let approved = body.read()?;
            Ok(story_pages::write_page(ports, actor, id, &wish(approved.place), &approved.hash)?)
        })
        .await?;
    Ok(ok(&page_json(page)))
}

/// Looks up what became of a writing whose answer was lost.
#[utoipa::path(post, path = "/api/v1/runs/{id}/page/settle", tag = "Publishing", operation_id = "settleStoryPage",
    params(("id" = String, Path, description = "Run id.", pattern = "^[0-9a-f]{32}$")),
    responses((status = 200, description = "What is known now.", body = StoryPageJson), (status = 409, description = "Nothing is to be looked up.")))]
pub async fn settle(caller: Caller, id: web::Path<String>) -> Answer {
    let page = caller.run(move |ports, actor| Ok(story_pages::settle_page(ports, actor, run_id(&id)?)?)).await?;
    Ok(ok(&page_json(page)))
}
