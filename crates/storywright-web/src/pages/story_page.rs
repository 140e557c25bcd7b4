//! "Publish story map to Confluence": the part of a run's page that plans, shows and writes it.

use super::desk::{Answer, Desk, Form, part};
use super::drafts::compare::{Segment, segments};
use crate::errors::{AppError, kinds};
use crate::view::{Issue, Time, View};
use crate::visit::SignedIn;
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use storywright_application::story_pages::{
    StoryPageError, last_wish, plan_page, settle_page, story_pages, write_page,
};
use storywright_domain::RunId;
use storywright_domain::story_page::{PagePlan, PageWish, StoryPage};

/// The part of the page.
#[derive(Serialize)]
struct StoryPagePart {
    run_id: String,
    last: Option<Last>,
    plan: Option<Plan>,
    failure: Option<Issue>,
    form: Typed,
}

impl View for StoryPagePart {
    const TEMPLATE: &'static str = "fragments/story_page.html";
}

#[derive(Serialize)]
struct Last {
    state: &'static str,
    open: bool,
    title: String,
    url: String,
    version: Option<u32>,
    note: String,
    sent: Time,
}

#[derive(Serialize)]
struct Plan {
    site: String,
    space: String,
    restricted: bool,
    over: Option<String>,
    follows: Option<u32>,
    parent: Option<String>,
    title: String,
    shows: String,
    body: String,
    changed_since: Option<u32>,
    segments: Vec<Segment>,
    hash: String,
}

/// What was typed; with `page`, that page is written over.
#[derive(Debug, Default, Clone, Deserialize, Serialize)]
pub struct Typed {
    #[serde(default)]
    page: String,
    #[serde(default)]
    space: String,
    #[serde(default)]
    parent: String,
    #[serde(default)]
    title: String,
    #[serde(default, skip_serializing)]
    hash: String,
}

impl Typed {
    fn of(wish: PageWish) -> Self {
        match wish {
            PageWish::New { space, parent, title } => Self { space, parent, title, ..Self::default() },
            PageWish::Over { page } => Self { page, ..Self::default() },
        }
    }

    fn wish(&self) -> PageWish {
        if self.page.trim().is_empty() {
            PageWish::New { space: self.space.clone(), parent: self.parent.clone(), title: self.title.clone() }
        } else {
            PageWish::Over { page: self.page.clone() }
        }
    }
}

fn run_id(req: &HttpRequest) -> Result<RunId, AppError> {
    RunId::parse(&part(req, "id")).map_err(|_| {
        AppError::new(&kinds::RUN_NOT_FOUND, "There is no such run among yours", "Look in the list of runs")
    })
}

/// What was written so far, and the form.
pub async fn show(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = run_id(me.request())?;
    me.serve(move |desk| {
        let form = Typed::of(last_wish(desk.ports, &desk.who.actor, id)?);
        answer(desk, id, None, None, form)
    })
    .await
}

/// Shows exactly what would be written.
pub async fn plan(me: SignedIn, typed: Form<Typed>) -> Result<HttpResponse, AppError> {
    let id = run_id(me.request())?;
    me.serve(move |desk| match plan_page(desk.ports, &desk.who.actor, id, &typed.0.wish()) {
        Ok(plan) => answer(desk, id, Some(plan), None, typed.0),
        Err(error) => refused(desk, id, error, typed.0),
    })
    .await
}

/// Writes what was approved.
pub async fn write(me: SignedIn, typed: Form<Typed>) -> Result<HttpResponse, AppError> {
    let id = run_id(me.request())?;
    me.serve(move |desk| match write_page(desk.ports, &desk.who.actor, id, &typed.0.wish(), &typed.0.hash) {
        Ok(_) => {
            let form = Typed::of(last_wish(desk.ports, &desk.who.actor, id)?);
            answer(desk, id, None, None, form)
        }
        Err(error) => refused(desk, id, error, typed.0),
    })
    .await
}

/// Looks up what became of a writing whose answer was lost.
pub async fn settle(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = run_id(me.request())?;
    me.serve(move |desk| {
        let form = Typed::of(last_wish(desk.ports, &desk.who.actor, id)?);
        match settle_page(desk.ports, &desk.who.actor, id) {
            Ok(_) => answer(desk, id, None, None, form),
            Err(error) => refused(desk, id, error, form),
        }
    })
    .await
}

/// The part with what went wrong; what was typed stays. A plan that has changed is shown as it is now.
fn refused(desk: &Desk<'_>, id: RunId, error: StoryPageError, form: Typed) -> Result<Answer, AppError> {
    let now = match &error {
        StoryPageError::PlanChanged(plan) => Some(plan.as_ref().clone()),
        _ => None,
    };
    let error = AppError::from(error);
    if error.status() >= 500 || error.status() == 404 {
        return Err(error);
    }
    answer(desk, id, now, Some(desk.issue(&error)), form)
}

fn answer(
    desk: &Desk<'_>,
    id: RunId,
    plan: Option<PagePlan>,
    failure: Option<Issue>,
    form: Typed,
) -> Result<Answer, AppError> {
    if !desk.visit.htmx {
        return Ok(desk.go(&format!("/runs/{id}")));
    }
    let last = story_pages(desk.ports, &desk.who.actor, id)?.into_iter().next();
    desk.fragment(&StoryPagePart {
        run_id: id.to_string(),
        last: last.map(|page| shown_last(desk, page)),
        plan: plan.map(shown_plan),
        failure,
        form,
    })
}

fn shown_last(desk: &Desk<'_>, page: StoryPage) -> Last {
    Last {
        state: page.state.as_str(),
        open: page.state.is_open(),
        title: page.title,
        url: page.url,
        version: page.version,
        note: page.note,
        sent: desk.time(page.sent_at),
    }
}

fn shown_plan(plan: PagePlan) -> Plan {
    Plan {
        site: plan.site_name,
        space: plan.space,
        restricted: plan.restricted,
        follows: plan.over.as_ref().map(|page| page.version),
        segments: if plan.over.is_some() { segments(&plan.stands, &plan.shows) } else { Vec::new() },
        over: plan.over.map(|page| page.url),
        parent: plan.parent.map(|page| page.title),
        title: plan.title,
        shows: plan.shows,
        body: plan.body,
        changed_since: plan.changed_since,
        hash: plan.hash,
    }
}
