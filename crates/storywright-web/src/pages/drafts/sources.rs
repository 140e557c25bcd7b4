//! What a draft is written from, in the left pane of its workspace: looking for pages, adding, removing, what changed since.

use super::compare::{Segment, around, segments};
use super::draft_id;
use super::shown::{Passages, shown_passages};
use crate::api::sources::{fitting, source_number};
use crate::errors::AppError;
use crate::pages::desk::{Answer, Desk, Form, Params, part};
use crate::view::{Issue, View};
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};
use storywright_application::drafts::draft;
use storywright_application::sources::{self, Budget, PageToAdd, SourceList};
use storywright_domain::DraftId;
use storywright_domain::confluence::PageSearch;
use storywright_domain::source::{Below, SourceEntry, SourceKind, SourceState};
use storywright_domain::suspicion::{Suspicion, SuspicionKind};

/// The list of sources with what can be done there.
#[derive(Serialize)]
struct SourcesPart {
    draft_id: String,
    sources: Vec<Row>,
    /// A page is being read: the list asks again.
    reading: bool,
    /// How many have changed since.
    changed: usize,
    restricted: usize,
    budget: Shown,
    removed: Option<Removed>,
    failure: Option<Issue>,
    /// Files that could not be added.
    refused: Vec<Issue>,
    /// Largest form with files, in bytes.
    most_bytes: usize,
    form: Typed,
    /// Stories that rest on words which no longer stand in their source.
    broken: Vec<Broken>,
    /// Passages of the stories, as they stand there by now.
    marks: Vec<Passages>,
}

impl View for SourcesPart {
    const TEMPLATE: &'static str = "fragments/sources.html";
}

#[derive(Serialize)]
struct Row {
    id: String,
    kind: &'static str,
    state: &'static str,
    title: String,
    detail: String,
    note: String,
    url: String,
    restricted: bool,
    fits: bool,
    /// Another version is there by now; `gone` when there is none.
    newer: Option<String>,
    gone: bool,
    /// What in it may be meant for a model.
    suspicions: Vec<Told>,
}

/// Something of a source that stands out, in words.
#[derive(Serialize)]
struct Told {
    what: &'static str,
    place: String,
    words: String,
}

impl From<&Suspicion> for Told {
    fn from(found: &Suspicion) -> Self {
        let what = match found.kind {
            SuspicionKind::Order => "Reads like an order to an AI",
            SuspicionKind::Hidden => "Hidden from readers, not given to the model",
            SuspicionKind::Comment => "In a comment",
            SuspicionKind::Invisible => "In characters that nobody sees",
        };
        let place = match (found.line, found.heading.as_str()) {
            (0, _) => String::new(),
            (line, "") => format!("line {line}"),
            (line, heading) => format!("line {line}, under “{heading}”"),
        };
        Self { what, place, words: found.words.clone() }
    }
}

#[derive(Serialize)]
struct Shown {
    used: String,
    limit: String,
    percent: usize,
    left_out: usize,
}

#[derive(Serialize)]
struct Removed {
    id: String,
    title: String,
}

#[derive(Serialize)]
struct Broken {
    id: String,
    title: String,
}

/// Pages that a search found.
#[derive(Serialize)]
struct Hits {
    draft_id: String,
    words: String,
    hits: Vec<Hit>,
    next: Option<u32>,
    start: u32,
    failure: Option<Issue>,
}

impl View for Hits {
    const TEMPLATE: &'static str = "fragments/source_hits.html";
}

#[derive(Serialize)]
struct Hit {
    id: String,
    title: String,
    space: String,
    there: bool,
}

/// How a page differs from what was read.
#[derive(Serialize)]
struct Changed {
    draft_id: String,
    id: String,
    title: String,
    from: String,
    to: String,
    gone: bool,
    segments: Vec<Segment>,
}

impl View for Changed {
    const TEMPLATE: &'static str = "fragments/source_change.html";
}

/// What was typed.
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct Typed {
    #[serde(default)]
    page: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    below: String,
}

/// A search.
#[derive(Debug, Default, Deserialize)]
pub struct Search {
    #[serde(default)]
    q: String,
    #[serde(default)]
    start: u32,
}

/// Whether Confluence is to be asked.
#[derive(Debug, Default, Deserialize)]
pub struct Check {
    #[serde(default)]
    check: String,
}

/// The list. On opening (`check=1`) it is looked at whether pages have changed since, unless that was done a moment ago.
pub async fn list(me: SignedIn, asked: Params<Check>) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    me.serve(move |desk| {
        let mut failure = None;
        if !asked.0.check.is_empty() {
            let always = asked.0.check == "now";
            if let Err(error) = sources::check_changes(desk.ports, &desk.who.actor, id, always).map_err(AppError::from)
            {
                // A check that nobody asked for is no reason for alarm.
                failure = always.then(|| desk.issue(&error));
            }
        }
        shown(desk, id, None, failure, Typed::default())
    })
    .await
}

/// Pages that have the words.
pub async fn search(me: SignedIn, asked: Params<Search>) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    me.serve(move |desk| {
        let Search { q, start } = asked.0;
        let known = sources::list(desk.ports, &desk.who.actor, id)?.entries;
        let search = PageSearch { words: q.clone(), spaces: Vec::new() };
        let (list, failure) = match sources::search_pages(desk.ports, &desk.who.actor, &search, start) {
            Ok(list) => (list, None),
            Err(error) => (Default::default(), Some(desk.issue(&error.into()))),
        };
        let there = |id: &str| known.iter().any(|entry| entry.kind == SourceKind::Page && entry.name == id);
        let hit = |hit: storywright_domain::confluence::PageHit| Hit {
            there: there(&hit.id),
            id: hit.id,
            title: hit.title,
            space: hit.space,
        };
        desk.fragment(&Hits {
            draft_id: id.to_string(),
            words: q,
            next: list.next,
            start,
            hits: list.hits.into_iter().map(hit).collect(),
            failure,
        })
    })
    .await
}

/// Adds a page by its address or id.
pub async fn add(me: SignedIn, typed: Form<Typed>) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    me.serve(move |desk| {
        let form = typed.0;
        let page = PageToAdd {
            address: form.page.clone(),
            title: form.title.clone(),
            below: Below::parse(&form.below).unwrap_or_default(),
        };
        match sources::add_pages(desk.ports, &desk.who.actor, id, &[page]).map_err(AppError::from) {
            Ok(_) => shown(desk, id, None, None, Typed::default()),
            Err(error) if error.status() >= 500 || error.status() == 404 => Err(error),
            // What was typed stays, with what is wrong about it.
            Err(error) => shown(desk, id, None, Some(desk.issue(&error)), form),
        }
    })
    .await
}

/// Removes a source; the answer offers to bring it back.
pub async fn remove(me: SignedIn) -> Result<HttpResponse, AppError> {
    change(me, |desk, id, number| {
        let list = sources::list(desk.ports, &desk.who.actor, id)?.entries;
        let title = list.into_iter().find(|entry| entry.number == number).map(|entry| entry.title).unwrap_or_default();
        sources::remove(desk.ports, &desk.who.actor, id, number)?;
        Ok(Some(Removed { id: SourceEntry::id_of(number), title }))
    })
    .await
}

/// Brings a removed source back.
pub async fn restore(me: SignedIn) -> Result<HttpResponse, AppError> {
    change(me, |desk, id, number| {
        sources::restore(desk.ports, &desk.who.actor, id, number)?;
        Ok(None)
    })
    .await
}

/// Reads a page again.
pub async fn read_again(me: SignedIn) -> Result<HttpResponse, AppError> {
    change(me, |desk, id, number| {
        sources::read_again(desk.ports, &desk.who.actor, id, number)?;
        Ok(None)
    })
    .await
}

/// What of a page has changed since it was read.
pub async fn differences(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    let number = source_number(&part(me.request(), "source"))?;
    me.serve(move |desk| {
        let differs = sources::differences(desk.ports, &desk.who.actor, id, number)?;
        let to = differs.entry.newer.clone().unwrap_or_default();
        desk.fragment(&Changed {
            draft_id: id.to_string(),
            id: differs.entry.id(),
            title: differs.entry.title,
            from: differs.entry.revision,
            gone: differs.after.is_none(),
            to,
            segments: differs.after.map(|after| around(segments(&differs.before, &after))).unwrap_or_default(),
        })
    })
    .await
}

async fn change(
    me: SignedIn,
    act: fn(&Desk<'_>, DraftId, u32) -> Result<Option<Removed>, AppError>,
) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    let number = source_number(&part(me.request(), "source"))?;
    me.serve(move |desk| {
        let removed = act(desk, id, number)?;
        shown(desk, id, removed, None, Typed::default())
    })
    .await
}

fn shown(
    desk: &Desk<'_>,
    id: DraftId,
    removed: Option<Removed>,
    failure: Option<Issue>,
    form: Typed,
) -> Result<Answer, AppError> {
    part_of(desk, id, Said { removed, failure, form, ..Said::default() })
}

/// The list after files were added, with what is wrong with those that were not.
pub(super) fn after_files(desk: &Desk<'_>, id: DraftId, refused: Vec<Issue>) -> Result<Answer, AppError> {
    part_of(desk, id, Said { refused, ..Said::default() })
}

/// What the list says beside itself.
#[derive(Default)]
struct Said {
    removed: Option<Removed>,
    failure: Option<Issue>,
    refused: Vec<Issue>,
    form: Typed,
}

fn part_of(desk: &Desk<'_>, id: DraftId, said: Said) -> Result<Answer, AppError> {
    if !desk.visit.htmx {
        return Ok(desk.go(&format!("/drafts/{id}")));
    }
    let SourceList { entries, budget } = sources::list(desk.ports, &desk.who.actor, id)?;
    let reading = entries.iter().any(|entry| entry.state == SourceState::Waiting);
    // While pages are read, the list asks again every moment: the stories can wait for its end.
    let (broken, marks) = if reading { Default::default() } else { passages(desk, id, &entries)? };
    desk.fragment(&SourcesPart {
        draft_id: id.to_string(),
        reading,
        broken,
        marks,
        changed: entries.iter().filter(|entry| entry.newer.is_some()).count(),
        restricted: entries.iter().filter(|entry| entry.restricted).count(),
        sources: entries.iter().map(|entry| row(entry, &budget)).collect(),
        budget: Shown {
            used: size(budget.used),
            limit: size(budget.limit),
            percent: (budget.used * 100).div_ceil(budget.limit.max(1)).min(100),
            left_out: budget.left_out.len(),
        },
        removed: said.removed,
        failure: said.failure,
        refused: said.refused,
        most_bytes: crate::route::FILES,
        form: said.form,
    })
}

/// What the stories rest on, for the document beside the list: it is marked there at once what no longer stands in its source.
fn passages(desk: &Desk<'_>, id: DraftId, entries: &[SourceEntry]) -> Result<(Vec<Broken>, Vec<Passages>), AppError> {
    let Some(draft) = draft(desk.ports, &desk.who.actor, id)? else { return Ok(Default::default()) };
    let flags = sources::flags(desk.ports, &desk.who.actor, id, &draft.document, entries)?;
    let broken = draft.document.stories.iter().filter(|story| flags.iter().any(|flag| flag.story == story.id));
    let broken = broken.map(|story| Broken { id: story.id.clone(), title: titled(&story.summary) }).collect();
    Ok((broken, shown_passages(&draft.document, entries, &flags)))
}

fn titled(summary: &str) -> String {
    if summary.trim().is_empty() { "Untitled story".to_owned() } else { summary.to_owned() }
}

fn row(entry: &SourceEntry, budget: &Budget) -> Row {
    let mut detail: Vec<String> = Vec::new();
    if !entry.space.is_empty() {
        detail.push(entry.space.clone());
    }
    if entry.kind == SourceKind::Page && !entry.revision.is_empty() {
        detail.push(format!("version {}", entry.revision));
    }
    if entry.is_read() {
        detail.push(size(entry.chars));
    }
    Row {
        id: entry.id(),
        kind: entry.kind.as_str(),
        state: entry.state.as_str(),
        title: entry.title.clone(),
        detail: detail.join(" · "),
        note: entry.note.clone(),
        url: entry.url.clone(),
        restricted: entry.restricted,
        fits: fitting(budget, entry.number) != "left_out",
        gone: entry.newer.as_deref() == Some(""),
        newer: entry.newer.clone(),
        suspicions: entry.suspicions.iter().map(Told::from).collect(),
    }
}

/// Characters, and about how many tokens they are.
fn size(chars: usize) -> String {
    let tokens = Budget::tokens(chars);
    if chars < 10_000 {
        format!("{chars} characters")
    } else {
        format!("{} k characters (about {} k tokens)", chars / 1_000, tokens / 1_000)
    }
}
