//! What a draft is written from: pages of Confluence, files, what the agent found.

use super::body::{Json, query};
use super::drafts::draft_id;
use super::writing::started;
use super::{Answer, Caller, json, ok, rfc3339};
use crate::errors::AppError;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use storywright_application::sources::{self, Budget, Fitting, PageToAdd, SourceError};
use storywright_domain::confluence::{PageHit, PageSearch, Space};
use storywright_domain::source::{Below, SourceEntry, SourceState};
use storywright_domain::suspicion::Suspicion;
use utoipa::ToSchema;

/// A source of a draft.
#[derive(Serialize, ToSchema)]
pub struct SourceJson {
    /// Reference in the draft; stories cite it.
    #[schema(example = "p1")]
    id: String,
    /// `page`, `file`, `issue` or `tool`.
    #[schema(example = "page")]
    kind: &'static str,
    /// `waiting`, `read` or `failed`.
    #[schema(example = "read")]
    state: &'static str,
    /// Site or MCP server; empty for files.
    site: String,
    /// Page id, file name, issue key or tool name.
    #[schema(example = "65550")]
    name: String,
    /// Version of a page, time of change of an issue, SHA-256 of a file.
    #[schema(example = "7")]
    revision: String,
    /// Title.
    title: String,
    /// Space or project key.
    #[schema(example = "PAY")]
    space: String,
    /// Address for people.
    url: String,
    /// Fewer people may read it than the Jira project that the stories go to.
    restricted: bool,
    /// Characters of its text.
    chars: usize,
    /// Whether the model sees it: `fits`, `left_out` (too much with those before it) or `unread`.
    #[schema(example = "fits")]
    budget: &'static str,
    /// Why it could not be read.
    #[schema(required)]
    code: Option<String>,
    /// What went wrong, or what was left out.
    note: String,
    /// The job that reads or read it.
    #[schema(required)]
    job_id: Option<String>,
    /// When it was read.
    #[schema(format = DateTime)]
    read_at: String,
    /// The version that the page has by now, when that is another one; empty when it is gone.
    #[schema(required)]
    newer_revision: Option<String>,
    /// What in it may be meant for a model instead of its readers. It was used as data all the same.
    suspicions: Vec<SuspicionJson>,
}

/// Something in a source that may be meant for a model instead of its readers.
#[derive(Serialize, ToSchema)]
pub struct SuspicionJson {
    /// Reads like an order (`order`), or is not seen: `hidden`, `comment` or `invisible`.
    #[schema(example = "order")]
    kind: &'static str,
    /// Its line in the text, from 1; null when it is not in the text.
    #[schema(required)]
    line: Option<usize>,
    /// The heading above it; may be empty.
    heading: String,
    /// Its words, cut. Untrusted.
    words: String,
}

impl From<Suspicion> for SuspicionJson {
    fn from(found: Suspicion) -> Self {
        let line = (found.line > 0).then_some(found.line);
        Self { kind: found.kind.as_str(), line, heading: found.heading, words: found.words }
    }
}

/// The sources of a draft.
#[derive(Serialize, ToSchema)]
pub struct Sources {
    items: Vec<SourceJson>,
    /// Characters of all that were read.
    total_chars: usize,
    /// Characters that the model sees.
    used_chars: usize,
    /// Most characters that the model sees at once.
    limit_chars: usize,
    /// Citations whose words no longer stand in their source.
    flags: Vec<FlagJson>,
}

/// A citation whose words no longer stand in its source.
#[derive(Serialize, ToSchema)]
pub struct FlagJson {
    /// Reference of the story.
    #[schema(example = "s1")]
    story: String,
    /// Which of its citations, from 0.
    citation: usize,
    /// Reference of the source.
    #[schema(example = "p1")]
    source: String,
}

/// Pages to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddPages {
    /// 1 to 200 pages.
    #[schema(min_items = 1, max_items = 200)]
    pages: Vec<AddPage>,
}

/// A page to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddPage {
    /// Its address in any form that Confluence gives out, or its id.
    #[schema(min_length = 1, max_length = 2_000, example = "https://confluence.corp.example/display/PAY/Card+refunds")]
    page: String,
    /// Which pages below it come with it: `none` (when left out), `children` or `all`.
    #[schema(example = "none")]
    below: Option<String>,
}

/// What was added.
#[derive(Serialize, ToSchema)]
pub struct Added {
    /// References, in the order in which the pages were named.
    ids: Vec<String>,
    /// The job that reads them; null when the draft had them all.
    #[schema(required)]
    job_id: Option<String>,
}

/// The text of a source.
#[derive(Serialize, ToSchema)]
pub struct SourceText {
    /// Markdown. Untrusted.
    text: String,
}

/// A source as it was read and as it is by now.
#[derive(Serialize, ToSchema)]
pub struct SourceChange {
    /// Version that was read.
    from: String,
    /// Version by now; empty when the page is gone.
    to: String,
    /// Text that was read. Untrusted.
    before: String,
    /// Text by now; null when the page is gone. Untrusted.
    #[schema(required)]
    after: Option<String>,
}

/// How many pages have changed since they were read.
#[derive(Serialize, ToSchema)]
pub struct Checked {
    changed: usize,
}

/// A page that a search found.
#[derive(Serialize, ToSchema)]
pub struct PageJson {
    /// Id.
    #[schema(example = "65550")]
    id: String,
    /// Title.
    title: String,
    /// Space key.
    #[schema(example = "PAY")]
    space: String,
    /// Version.
    version: u32,
    /// Address for people.
    url: String,
}

/// Pages that a search found.
#[derive(Serialize, ToSchema)]
pub struct Pages {
    items: Vec<PageJson>,
    /// Send it as `start` for the next part; null when there is none.
    #[schema(required)]
    next_start: Option<u32>,
}

/// A space that may be searched.
#[derive(Serialize, ToSchema)]
pub struct SpaceJson {
    /// Key.
    #[schema(example = "PAY")]
    key: String,
    /// Name.
    name: String,
    /// Fewer people may read it than the Jira projects.
    restricted: bool,
}

/// Spaces that may be searched.
#[derive(Serialize, ToSchema)]
pub struct Spaces {
    items: Vec<SpaceJson>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SearchQuery {
    #[serde(default)]
    q: String,
    space: Option<String>,
    #[serde(default)]
    start: u32,
}

/// Whether the model sees a source, as a word.
#[must_use]
pub fn fitting(budget: &Budget, number: u32) -> &'static str {
    match budget.of_source(number) {
        Fitting::Fits => "fits",
        Fitting::LeftOut => "left_out",
        Fitting::Unread => "unread",
    }
}

fn source_json(entry: &SourceEntry, budget: &Budget) -> SourceJson {
    let code = match &entry.state {
        SourceState::Failed { code } => Some(code.clone()),
        SourceState::Waiting | SourceState::Read => None,
    };
    SourceJson {
        id: entry.id(),
        kind: entry.kind.as_str(),
        state: entry.state.as_str(),
        site: entry.site.clone(),
        name: entry.name.clone(),
        revision: entry.revision.clone(),
        title: entry.title.clone(),
        space: entry.space.clone(),
        url: entry.url.clone(),
        restricted: entry.restricted,
        chars: entry.chars,
        budget: fitting(budget, entry.number),
        code,
        note: entry.note.clone(),
        job_id: entry.job.map(|job| job.to_string()),
        read_at: rfc3339(entry.read_at),
        newer_revision: entry.newer.clone(),
        suspicions: entry.suspicions.iter().cloned().map(SuspicionJson::from).collect(),
    }
}

/// The number in a reference of an address.
pub fn source_number(raw: &str) -> Result<u32, AppError> {
    SourceEntry::number_of(raw).ok_or_else(|| SourceError::NotFound.into())
}

fn page_to_add(page: AddPage) -> Result<PageToAdd, AppError> {
    let below = page.below.as_deref().map_or(Some(Below::None), Below::parse);
    let below = below.ok_or_else(|| AppError::field("below", "below_unknown", "choose none, children or all"))?;
    Ok(PageToAdd { address: page.page, title: String::new(), below })
}

/// The sources of a draft, in the order in which they were added.
#[utoipa::path(get, path = "/api/v1/drafts/{id}/sources", tag = "Sources", operation_id = "listSources",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$")),
    responses((status = 200, description = "All of them; a draft has at most 300.", body = Sources)))]
pub async fn list(caller: Caller, id: web::Path<String>) -> Answer {
    let answer = caller
        .run(move |ports, actor| {
            let id = draft_id(&id)?;
            let list = sources::list(ports, actor, id)?;
            let draft =
                storywright_application::drafts::draft(ports, actor, id)?.ok_or_else(AppError::draft_not_found)?;
            let flags = sources::flags(ports, actor, id, &draft.document, &list.entries)?;
            Ok(Sources {
                items: list.entries.iter().map(|entry| source_json(entry, &list.budget)).collect(),
                total_chars: list.budget.total,
                used_chars: list.budget.used,
                limit_chars: list.budget.limit,
                flags: flags
                    .into_iter()
                    .map(|flag| FlagJson {
                        story: flag.story,
                        citation: flag.citation,
                        source: SourceEntry::id_of(flag.source),
                    })
                    .collect(),
            })
        })
        .await?;
    Ok(ok(&answer))
}

/// Adds pages of Confluence to a draft and starts reading them.
#[utoipa::path(post, path = "/api/v1/drafts/{id}/sources", tag = "Sources", operation_id = "addSources",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$")), request_body = AddPages,
    responses((status = 202, description = "What was added, and the job that reads it.", body = Added),
        (status = 409, description = "Confluence is not connected, the draft is full, or its issues are in Jira."),
        (status = 422, description = "An address names no page that the person may see.")))]
pub async fn add(caller: Caller, id: web::Path<String>, body: Json<AddPages>) -> Answer {
    let added = caller
        .run(move |ports, actor| {
            let id = draft_id(&id)?;
            let pages = body.read()?.pages.into_iter().map(page_to_add).collect::<Result<Vec<_>, _>>()?;
            Ok(sources::add_pages(ports, actor, id, &pages)?)
        })
        .await?;
    Ok(json(StatusCode::ACCEPTED, &Added { ids: added.ids, job_id: added.job.map(|job| job.to_string()) }))
}

/// A form with a file.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body; the parts are read one by one")]
pub struct FileForm {
    /// Text (UTF-8, or UTF-16 with its mark), a Word document (`.docx`) or a PDF of at most 10 MiB; told by its content.
    #[schema(format = Binary, content_media_type = "application/octet-stream")]
    files: String,
}

/// Where the text of a file went.
#[derive(Serialize, ToSchema)]
pub struct FileAdded {
    /// Reference; that of a file that the draft has already, byte for byte, is given again.
    #[schema(example = "p3")]
    id: String,
}

/// Adds the text of a file to the sources of a draft. The file itself is not kept.
#[utoipa::path(post, path = "/api/v1/drafts/{id}/files", tag = "Sources", operation_id = "addFile",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$")),
    request_body(content = FileForm, content_type = "multipart/form-data", description = "One file."),
    responses((status = 201, description = "It is a source now.", body = FileAdded),
        (status = 409, description = "The draft is full, or its issues are in Jira."),
        (status = 413, description = "It is too large."),
        (status = 422, description = "It cannot be read; `errors` says why and what to do."),
        (status = 503, description = "Other files are being read.")))]
pub async fn add_file(caller: Caller, id: web::Path<String>) -> Answer {
    let files = crate::upload::files(caller.request()).await;
    let id = caller
        .run(move |ports, actor| {
            let id = draft_id(&id)?;
            // Whose draft it is comes before what is wrong with the form.
            sources::list(ports, actor, id)?;
            let mut files = files?;
            let file = files.pop().filter(|_| files.is_empty());
            let one = || AppError::field("files", "files_missing", "send one file in the field `files`");
            let file = file.ok_or_else(one)?;
            Ok(sources::add_file(ports, actor, id, &file.name, &file.bytes)?)
        })
        .await?;
    Ok(json(StatusCode::CREATED, &FileAdded { id }))
}

/// Removes a source. For an hour it can be brought back.
#[utoipa::path(delete, path = "/api/v1/drafts/{id}/sources/{source}", tag = "Sources", operation_id = "removeSource",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$"), ("source" = String, Path, description = "Reference.", pattern = "^p[0-9]{1,9}$")),
    responses((status = 204, description = "It is removed.")))]
pub async fn remove(caller: Caller, place: web::Path<(String, String)>) -> Answer {
    caller
        .run(move |ports, actor| Ok(sources::remove(ports, actor, draft_id(&place.0)?, source_number(&place.1)?)?))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Brings a removed source back.
#[utoipa::path(post, path = "/api/v1/drafts/{id}/sources/{source}/restore", tag = "Sources", operation_id = "restoreSource",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$"), ("source" = String, Path, description = "Reference.", pattern = "^p[0-9]{1,9}$")),
    responses((status = 204, description = "It is back."), (status = 409, description = "It was removed too long ago.")))]
pub async fn restore(caller: Caller, place: web::Path<(String, String)>) -> Answer {
    caller
        .run(move |ports, actor| Ok(sources::restore(ports, actor, draft_id(&place.0)?, source_number(&place.1)?)?))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Reads a page again: one that could not be read, or one that has changed since.
#[utoipa::path(post, path = "/api/v1/drafts/{id}/sources/{source}/read", tag = "Sources", operation_id = "readSourceAgain",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$"), ("source" = String, Path, description = "Reference.", pattern = "^p[0-9]{1,9}$")),
    responses((status = 202, description = "The job that reads it.", body = super::writing::JobStarted, headers(("Location" = String)))))]
pub async fn read_again(caller: Caller, place: web::Path<(String, String)>) -> Answer {
    let job = caller
        .run(move |ports, actor| Ok(sources::read_again(ports, actor, draft_id(&place.0)?, source_number(&place.1)?)?))
        .await?;
    Ok(started(job))
}

/// The text of a source, as the model reads it.
#[utoipa::path(get, path = "/api/v1/drafts/{id}/sources/{source}/text", tag = "Sources", operation_id = "getSourceText",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$"), ("source" = String, Path, description = "Reference.", pattern = "^p[0-9]{1,9}$")),
    responses((status = 200, description = "Its text.", body = SourceText)))]
pub async fn text(caller: Caller, place: web::Path<(String, String)>) -> Answer {
    let text = caller
        .run(move |ports, actor| Ok(sources::text(ports, actor, draft_id(&place.0)?, source_number(&place.1)?)?))
        .await?;
    Ok(ok(&SourceText { text }))
}

/// A page as it was read beside what it is by now.
#[utoipa::path(get, path = "/api/v1/drafts/{id}/sources/{source}/change", tag = "Sources", operation_id = "getSourceChange",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$"), ("source" = String, Path, description = "Reference.", pattern = "^p[0-9]{1,9}$")),
    responses((status = 200, description = "Both texts.", body = SourceChange), (status = 404, description = "It has not changed, as far as the last check knows.")))]
pub async fn change(caller: Caller, place: web::Path<(String, String)>) -> Answer {
    let differs = caller
        .run(move |ports, actor| Ok(sources::differences(ports, actor, draft_id(&place.0)?, source_number(&place.1)?)?))
        .await?;
    let to = differs.entry.newer.unwrap_or_default();
    Ok(ok(&SourceChange { from: differs.entry.revision, to, before: differs.before, after: differs.after }))
}

/// Asks Confluence whether pages have changed since they were read.
#[utoipa::path(post, path = "/api/v1/drafts/{id}/sources/check", tag = "Sources", operation_id = "checkSources",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$")),
    responses((status = 200, description = "How many have.", body = Checked)))]
pub async fn check(caller: Caller, id: web::Path<String>) -> Answer {
    let changed =
        caller.run(move |ports, actor| Ok(sources::check_changes(ports, actor, draft_id(&id)?, true)?)).await?;
    Ok(ok(&Checked { changed }))
}

fn page_json(hit: PageHit) -> PageJson {
    PageJson { id: hit.id, title: hit.title, space: hit.space, version: hit.version, url: hit.url }
}

/// Pages of the connected Confluence, best first, 20 at a time; without words those changed last.
#[utoipa::path(get, path = "/api/v1/confluence/pages", tag = "Sources", operation_id = "searchPages",
    params(("q" = Option<String>, Query, description = "Words of title or text."), ("space" = Option<String>, Query, description = "Key of the space to look in."),
        ("start" = Option<u32>, Query, description = "`next_start` of the part before.")),
    responses((status = 200, description = "A part of the list.", body = Pages), (status = 409, description = "Confluence is not connected.")))]
pub async fn search(caller: Caller) -> Answer {
    let asked = query::<SearchQuery>(caller.request());
    let list = caller
        .run(move |ports, actor| {
            let asked = asked?;
            let search = PageSearch { words: asked.q, spaces: asked.space.into_iter().collect() };
            Ok(sources::search_pages(ports, actor, &search, asked.start)?)
        })
        .await?;
    Ok(ok(&Pages { items: list.hits.into_iter().map(page_json).collect(), next_start: list.next }))
}

/// Spaces that may be searched, by key.
#[utoipa::path(get, path = "/api/v1/confluence/spaces", tag = "Sources", operation_id = "listSpaces",
    responses((status = 200, description = "At most 200.", body = Spaces), (status = 409, description = "Confluence is not connected.")))]
pub async fn spaces(caller: Caller) -> Answer {
    let spaces = caller.run(move |ports, actor| Ok(sources::spaces(ports, actor)?)).await?;
    let shown = |space: Space| SpaceJson { key: space.key, name: space.name, restricted: space.restricted };
    Ok(ok(&Spaces { items: spaces.into_iter().map(shown).collect() }))
}
