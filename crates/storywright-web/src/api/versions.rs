//! Versions of a draft: listing, looking, restoring, comparing.

use super::body::query;
use super::compare::{Difference, differences};
use super::drafts::{DraftJson, draft_id};
use super::etag::{expected_version, with_etag};
use super::stories::DocumentJson;
use super::{Answer, Caller, ok, rfc3339};
use crate::errors::AppError;
use actix_web::http::StatusCode;
use actix_web::web;
use serde::{Deserialize, Serialize};
use storywright_application::Ports;
use storywright_application::drafts::{self, EditDraftError, draft_versions, restore_version};
use storywright_domain::DraftId;
use storywright_domain::draft::DraftVersion;
use storywright_domain::person::Actor;
use utoipa::ToSchema;

/// A version in a list.
#[derive(Serialize, ToSchema)]
pub struct VersionRow {
    /// Its number.
    #[schema(example = 3)]
    number: u32,
    /// `edited`, `generated`, `refined` or `restored`.
    #[schema(example = "refined")]
    origin: &'static str,
    /// The instruction, or what was restored.
    note: String,
    /// When.
    #[schema(format = DateTime)]
    created_at: String,
}

/// A part of the list of versions, newest first.
#[derive(Serialize, ToSchema)]
pub struct Versions {
    items: Vec<VersionRow>,
    /// Send it as `cursor` for the next part; null when there is none.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// A version with its document.
#[derive(Serialize, ToSchema)]
pub struct VersionJson {
    #[serde(flatten)]
    row: VersionRow,
    /// The document as it was.
    document: DocumentJson,
}

/// How two versions differ.
#[derive(Serialize, ToSchema)]
pub struct Comparison {
    /// Older version.
    from: u32,
    /// Newer version.
    to: u32,
    /// Every place that differs, in the order of the document.
    changes: Vec<Difference>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CompareQuery {
    from: u32,
    to: u32,
}

impl From<&DraftVersion> for VersionRow {
    fn from(version: &DraftVersion) -> Self {
        Self {
            number: version.number,
            origin: version.origin.as_str(),
            note: version.note.clone(),
            created_at: rfc3339(version.created_at),
        }
    }
}

/// A version of a draft outside the bin.
fn find(ports: &Ports, actor: &Actor, id: DraftId, number: u32) -> Result<DraftVersion, AppError> {
    drafts::draft(ports, actor, id)?.ok_or_else(AppError::draft_not_found)?;
    Ok(drafts::draft_version(ports, actor, id, number)?.ok_or(EditDraftError::NoSuchVersion(number))?)
}

fn version_number(raw: &str) -> Result<u32, AppError> {
    raw.parse().map_err(|_| EditDraftError::NoSuchVersion(0).into())
}

/// The versions of a draft, newest first, 30 at a time.
#[utoipa::path(get, path = "/api/v1/drafts/{id}/versions", tag = "Drafts", operation_id = "listVersions",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$"), ("cursor" = Option<String>, Query, description = "`next_cursor` of the part before.")),
    responses((status = 200, description = "A part of the list.", body = Versions)))]
pub async fn list(caller: Caller, id: web::Path<String>) -> Answer {
    let asked = query::<ListQuery>(caller.request());
    let slice = caller
        .run(move |ports, actor| {
            let cursor = asked?.cursor;
            draft_versions(ports, actor, draft_id(&id)?, cursor.as_deref())?.ok_or_else(AppError::draft_not_found)
        })
        .await?;
    Ok(ok(&Versions { items: slice.items.iter().map(VersionRow::from).collect(), next_cursor: slice.next }))
}

/// A version with its document.
#[utoipa::path(get, path = "/api/v1/drafts/{id}/versions/{number}", tag = "Drafts", operation_id = "getVersion",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$"), ("number" = u32, Path, description = "Version.")),
    responses((status = 200, description = "The version.", body = VersionJson)))]
pub async fn show(caller: Caller, place: web::Path<(String, String)>) -> Answer {
    let version =
        caller.run(move |ports, actor| find(ports, actor, draft_id(&place.0)?, version_number(&place.1)?)).await?;
    Ok(ok(&VersionJson { row: VersionRow::from(&version), document: DocumentJson::from(&version.document) }))
}

/// Makes an older version the newest.
#[utoipa::path(post, path = "/api/v1/drafts/{id}/versions/{number}/restore", tag = "Drafts", operation_id = "restoreVersion",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$"), ("number" = u32, Path, description = "Version to bring back."),
        ("If-Match" = String, Header, description = "ETag of the draft as it was read.", pattern = "^(W/)?\"[0-9]{1,9}\"$")),
    responses((status = 200, description = "The draft with the document of that version.", body = DraftJson, headers(("ETag" = String))),
        (status = 409, description = "It was changed meanwhile (`current` holds it), or it is being written or published."),
        (status = 428, description = "`If-Match` is missing.")))]
pub async fn restore(caller: Caller, place: web::Path<(String, String)>) -> Answer {
    let expected = expected_version(caller.request());
    let draft = caller
        .run(move |ports, actor| {
            let (id, number) = (draft_id(&place.0)?, version_number(&place.1)?);
            Ok(restore_version(ports, actor, id, expected?, number)?)
        })
        .await?;
    Ok(with_etag(StatusCode::OK, &draft))
}

/// How two versions of a draft differ.
#[utoipa::path(get, path = "/api/v1/drafts/{id}/compare", tag = "Drafts", operation_id = "compareVersions",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$"), ("from" = u32, Query, description = "Older version."), ("to" = u32, Query, description = "Newer version.")),
    responses((status = 200, description = "Every place that differs.", body = Comparison)))]
pub async fn compare(caller: Caller, id: web::Path<String>) -> Answer {
    let asked = query::<CompareQuery>(caller.request());
    let answer = caller
        .run(move |ports, actor| {
            let id = draft_id(&id)?;
            let asked = asked?;
            let (from, to) = (find(ports, actor, id, asked.from)?, find(ports, actor, id, asked.to)?);
            let value = |version: &DraftVersion| {
                serde_json::to_value(DocumentJson::from(&version.document)).map_err(AppError::internal)
            };
            Ok(Comparison { from: asked.from, to: asked.to, changes: differences(&value(&from)?, &value(&to)?) })
        })
        .await?;
    Ok(ok(&answer))
}
