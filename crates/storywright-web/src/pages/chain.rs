//! The way of one issue: from the person to Jira.

use super::desk::{Desk, Params, encoded, part};
use super::drafts::waive::ShownWaiver;
use super::steps::StepLine;
use crate::errors::AppError;
use crate::view::{Page, PromptFrom, Time, View};
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};
use storywright_application::agent::{IssueChain, issue_chains};
use storywright_application::issue_updates::{IssueChange, changes_of_issue};
use storywright_domain::agent::{Provenance, UsedSource};

#[derive(Serialize)]
struct ChainPage {
    key: String,
    chains: Vec<ShownChain>,
    changes: Vec<ShownUpdate>,
}

/// A change of the issue's words by a draft that improves it.
#[derive(Serialize)]
struct ShownUpdate {
    draft_id: String,
    version: u32,
    puts_back: bool,
    state: &'static str,
    summary: String,
    plan_hash: String,
    sent: Time,
    note: String,
    origin: Option<ShownOrigin>,
    waived: Vec<ShownWaiver>,
}

impl ShownUpdate {
    fn of(desk: &Desk<'_>, change: &IssueChange) -> Self {
        let update = &change.update;
        Self {
            draft_id: update.draft.to_string(),
            version: update.draft_version,
            puts_back: update.puts_back.is_some(),
            state: update.state.as_str(),
            summary: update.summary.clone(),
            plan_hash: update.plan_hash.clone(),
            sent: desk.time(update.sent_at),
            note: update.note.clone(),
            origin: change.origin.as_ref().map(|origin| ShownOrigin::of(desk, origin, false)),
            waived: ShownWaiver::all(desk, &change.waivers),
        }
    }
}

impl View for ChainPage {
    const TEMPLATE: &'static str = "chain.html";
}

impl Page for ChainPage {
    const ACTIVE: &'static str = "audit";
}

#[derive(Serialize)]
struct ShownChain {
    key: String,
    url: Option<String>,
    summary: String,
    person: String,
    employee_id: String,
    draft_id: String,
    version: u32,
    version_note: String,
    origin: Option<ShownOrigin>,
    citations: Vec<ShownCitation>,
    steps: Vec<StepLine>,
    waived: Vec<ShownWaiver>,
    plan_hash: String,
    payload_sha256: String,
    approved: Time,
    run_id: String,
    item_id: String,
    project: String,
    sent: Option<Time>,
    attempts: u32,
}

#[derive(Serialize)]
struct ShownOrigin {
    prompt: String,
    prompt_sha256: String,
    prompt_from: Option<PromptFrom>,
    model: String,
    service: String,
    version: u32,
    at: Time,
    sources: Vec<ShownSource>,
}

#[derive(Serialize)]
struct ShownSource {
    id: String,
    kind: String,
    title: String,
    site: String,
    name: String,
    revision: String,
    url: Option<String>,
}

#[derive(Serialize)]
struct ShownCitation {
    source: String,
    heading: String,
    quote: String,
}

impl ShownOrigin {
    fn of(desk: &Desk<'_>, origin: &Provenance, prompt_visible: bool) -> Self {
        let source = |source: &UsedSource| ShownSource {
            id: source.id.clone(),
            kind: source.kind.clone(),
            title: source.title.clone(),
            site: source.site.clone(),
            name: source.name.clone(),
            revision: source.revision.clone(),
            url: Some(source.url.clone()).filter(|url| url.starts_with("https://") || url.starts_with("http://")),
        };
        Self {
            prompt: origin.prompt.clone(),
            prompt_sha256: origin.prompt_sha256.clone(),
            prompt_from: origin.prompt_from.as_ref().map(|from| PromptFrom::of(from, prompt_visible)),
            model: origin.model.clone(),
            service: origin.service.clone(),
            version: origin.version,
            at: desk.time(origin.at),
            sources: origin.sources.iter().map(source).collect(),
        }
    }
}

impl ShownChain {
    fn of(desk: &Desk<'_>, chain: &IssueChain) -> Self {
        let origin = chain.origin.as_ref().map(|origin| ShownOrigin::of(desk, origin, chain.prompt_visible));
        let citation = |one: &storywright_domain::source::Citation| ShownCitation {
            source: one.source.clone(),
            heading: one.heading.clone(),
            quote: one.quote.clone(),
        };
        Self {
            key: chain.key.clone(),
            url: chain.url.clone(),
            summary: chain.item.summary.clone(),
            person: chain.person.display_name.clone(),
            employee_id: chain.person.employee_id.clone(),
            draft_id: chain.run.draft.to_string(),
            version: chain.version.as_ref().map_or(chain.run.version, |version| version.number),
            version_note: chain.version.as_ref().map(|version| version.note.clone()).unwrap_or_default(),
            origin,
            citations: chain.citations.iter().map(citation).collect(),
            steps: chain.steps.iter().map(|step| StepLine::of(desk, step)).collect(),
            waived: ShownWaiver::all(desk, &chain.waivers),
            plan_hash: chain.run.plan_hash.clone(),
            payload_sha256: chain.item.payload_sha256.clone(),
            approved: desk.time(chain.run.approved_at),
            run_id: chain.run.id.to_string(),
            item_id: chain.item.id.to_string(),
            project: chain.run.project.clone(),
            sent: chain.item.sent_at.map(|at| desk.time(at)),
            attempts: chain.item.attempts,
        }
    }
}

/// The key that was typed into the search of the audit page.
#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default)]
    key: String,
}

/// Leads from the typed key to its page.
pub async fn find(me: SignedIn, wanted: Params<Wanted>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| Ok(desk.go(&format!("/audit/issue/{}", encoded(wanted.0.key.trim()))))).await
}

/// The page.
pub async fn page(me: SignedIn) -> Result<HttpResponse, AppError> {
    let key: String = part(me.request(), "key").trim().to_uppercase().chars().take(60).collect();
    me.serve(move |desk| {
        let chains = issue_chains(desk.ports, &desk.who.actor, &key)?;
        let chains = chains.iter().map(|chain| ShownChain::of(desk, chain)).collect();
        let changes = changes_of_issue(desk.ports, &desk.who.actor, &key)?;
        let changes = changes.iter().map(|change| ShownUpdate::of(desk, change)).collect();
        desk.page(&ChainPage { key, chains, changes })
    })
    .await
}
