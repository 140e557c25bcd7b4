//! What would be written: title, place, body, and what it would take the place of.

use super::write::LATE;
use super::{StoryPageError, map};
use crate::{Ports, access};
use storywright_domain::RunId;
use storywright_domain::confluence::{Page, PageHit};
use storywright_domain::person::Actor;
use storywright_domain::ports::{StorageExt, Tx};
use storywright_domain::publishing::{Run, RunState};
use storywright_domain::remote::{Access, RemoteError};
use storywright_domain::story_page::{MAX_TITLE, PagePlan, PageWish, StoryPage};
use storywright_domain::write_state::WriteState;

/// Whether this is a run of the person: asked before what they wish for is looked at.
///
/// # Errors
/// [`StoryPageError::NotFound`], [`StoryPageError::Storage`].
pub fn must_be_own(ports: &Ports, actor: &Actor, run: RunId) -> Result<(), StoryPageError> {
    ports.storage.read(|tx| tx.run(actor.user(), run)?.map(drop).ok_or(StoryPageError::NotFound))
}

/// Writings of a run's story map, the newest first.
///
/// # Errors
/// [`StoryPageError::NotFound`], [`StoryPageError::Storage`].
pub fn story_pages(ports: &Ports, actor: &Actor, run: RunId) -> Result<Vec<StoryPage>, StoryPageError> {
    ports.storage.read(|tx| {
        tx.run(actor.user(), run)?.ok_or(StoryPageError::NotFound)?;
        Ok(tx.story_pages(actor.user(), run)?)
    })
}

/// What a person probably wants next: the page that this run wrote gets a new version, or else a page with a telling title.
///
/// # Errors
/// As [`story_pages`].
pub fn last_wish(ports: &Ports, actor: &Actor, run: RunId) -> Result<PageWish, StoryPageError> {
    ports.storage.read(|tx| {
        let run = tx.run(actor.user(), run)?.ok_or(StoryPageError::NotFound)?;
        let written = tx.story_pages(actor.user(), run.id)?;
        let last = written.iter().find(|page| page.state == WriteState::Written).and_then(|page| page.page.clone());
        if let Some(page) = last {
            return Ok(PageWish::Over { page });
        }
        let draft = tx.draft(actor.user(), run.draft)?.map(|draft| draft.title).unwrap_or_default();
        let title = if draft.is_empty() { run.project.clone() } else { draft };
        let title: String = format!("Story map: {title}").chars().take(MAX_TITLE).collect();
        Ok(PageWish::New { space: String::new(), parent: String::new(), title })
    })
}

/// Whether a writing that is over by now, one way or the other, was for a Confluence that is no longer connected: nobody can look it up there,
/// and it stays unknown in the list.
fn is_out_of_reach(ports: &Ports, actor: &Actor, page: &StoryPage) -> bool {
    page.sent_at + LATE <= ports.clock.now()
        && access::confluence(ports, actor.user(), actor.request_id()).is_ok_and(|access| access.site.id != page.site)
}

/// Says exactly what would be written. Nothing is.
///
/// # Errors
/// [`StoryPageError`].
pub fn plan_page(ports: &Ports, actor: &Actor, run: RunId, wish: &PageWish) -> Result<PagePlan, StoryPageError> {
    let (run, edition, last, open, story_map) = ports.storage.read(|tx| {
        let run = finished(tx, actor, run)?;
        let pages = tx.story_pages(actor.user(), run.id)?;
        let open = pages.first().filter(|page| page.state.is_open()).cloned();
        let edition = pages.first().map_or(0, |page| page.edition) + 1;
        let last = pages.into_iter().find(|page| page.state == WriteState::Written);
        let story_map = map::of_run(ports, tx, &run, edition)?;
        Ok::<_, StoryPageError>((run, edition, last, open, story_map))
    })?;
    if let Some(open) = open.filter(|page| !is_out_of_reach(ports, actor, page)) {
        return Err(StoryPageError::Open(open.state));
    }
    if story_map.groups.is_empty() {
        return Err(StoryPageError::NothingToShow);
    }
    let access = access::confluence(ports, actor.user(), actor.request_id())?;
    let place = match wish {
        PageWish::New { space, parent, title } => new_place(ports, actor, &access, space, parent, title)?,
        PageWish::Over { page } => over(ports, actor, &access, page)?,
    };
    let body = ports.confluence.render(&story_map);
    let version = place.over.as_ref().map(|page| page.version);
    let changed_since = last
        .filter(|last| last.site == access.site.id && last.page == place.over.as_ref().map(|page| page.id.clone()))
        .and_then(|last| last.version)
        .filter(|written| version.is_some_and(|now| now != *written));
    let approved = serde_json::json!({
        "user": actor.user().to_string(),
        "run": run.id.to_string(),
        "edition": edition,
        "site": access.site.id,
        "page": place.over.as_ref().map(|page| &page.id),
        "follows": version,
        "space": place.space,
        "parent": place.parent.as_ref().map(|page| &page.id),
        "title": place.title,
        "body": body,
    });
    Ok(PagePlan {
        run: run.id,
        edition,
        restricted: access.site.restricts_space(&place.space),
        site: access.site.id,
        site_name: access.site.name,
        hash: ports.sha256.hex(approved.to_string().as_bytes()),
        over: place.over,
        space: place.space,
        parent: place.parent,
        title: place.title,
        body,
        shows: map::lines(&story_map),
        stands: place.stands,
        changed_since,
    })
}

/// The person's run, when nothing about its issues is open.
fn finished(tx: &mut dyn Tx, actor: &Actor, id: RunId) -> Result<Run, StoryPageError> {
    let run = tx.run(actor.user(), id)?.ok_or(StoryPageError::NotFound)?;
    let doubt = tx.run_items(actor.user(), id)?.iter().any(|item| item.state.is_in_doubt());
    if doubt || matches!(run.state, RunState::Active | RunState::Paused) {
        return Err(StoryPageError::NotFinished);
    }
    Ok(run)
}

/// Where it is to stand.
struct Place {
    over: Option<PageHit>,
    space: String,
    parent: Option<PageHit>,
    title: String,
    stands: String,
}

fn new_place(
    ports: &Ports,
    actor: &Actor,
    access: &Access,
    space: &str,
    parent: &str,
    title: &str,
) -> Result<Place, StoryPageError> {
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    if title.is_empty() || title.chars().count() > MAX_TITLE || title.chars().any(char::is_control) {
        return Err(StoryPageError::BadTitle);
    }
    let space = space.trim();
    let shaped = (1..=255).contains(&space.len())
        && space.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'~' | b'_' | b'.' | b'-'));
    if !shaped || !access.site.allows_space(space) {
        return Err(StoryPageError::BadSpace { space: space.chars().take(255).collect() });
    }
    let parent = match parent.trim() {
        "" => None,
        address => Some(page_at(ports, actor, access, address)?),
    };
    if let Some(parent) = parent.as_ref().filter(|parent| !parent.space.eq_ignore_ascii_case(space)) {
        return Err(StoryPageError::NoSuchPage { address: parent.title.clone() });
    }
    let taken = ports.confluence.page_by_title(access, space, &title);
    if let Some(taken) = taken.map_err(|error| noted(ports, actor, access, error))? {
        return Err(StoryPageError::TitleTaken(Some(taken)));
    }
    Ok(Place {
        over: None,
        space: space.to_owned(),
        parent: parent.map(|page| PageHit::from(&page)),
        title,
        stands: String::new(),
    })
}

fn over(ports: &Ports, actor: &Actor, access: &Access, address: &str) -> Result<Place, StoryPageError> {
    let page = page_at(ports, actor, access, address)?;
    if !access.site.allows_space(&page.space) {
        return Err(StoryPageError::BadSpace { space: page.space });
    }
    Ok(Place {
        over: Some(PageHit::from(&page)),
        space: page.space.clone(),
        parent: None,
        title: page.title.clone(),
        stands: page.markdown,
    })
}

fn page_at(ports: &Ports, actor: &Actor, access: &Access, address: &str) -> Result<Page, StoryPageError> {
    let none = || StoryPageError::NoSuchPage { address: address.chars().take(255).collect() };
    let id = match ports.confluence.locate(access, address.trim()) {
        Err(RemoteError::NotAllowed { .. }) | Ok(None) => return Err(none()),
        Ok(Some(id)) => id,
        Err(error) => return Err(noted(ports, actor, access, error)),
    };
    let page = ports.confluence.page(access, &id).map_err(|error| noted(ports, actor, access, error))?;
    page.ok_or_else(none)
}

pub(super) fn noted(ports: &Ports, actor: &Actor, access: &Access, error: RemoteError) -> StoryPageError {
    crate::integrations::note_refusal(ports, actor.user(), access, &error);
    StoryPageError::Remote(error)
}
