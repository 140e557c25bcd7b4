//! Drafts: making, listing, looking, changing, binning, and what the rules say of them.

use super::body::{Json, query};
use super::catalog::{FormatName, unknown_format};
use super::etag::{expected_version, if_match, with_etag};
use super::prompts::PromptFromJson;
use super::stories::{DocumentJson, FindingJson};
use super::{Answer, Caller, json, ok, rfc3339};
use crate::errors::AppError;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use storywright_application::drafts::{
    self, DraftChange, NewDraft, PromptTaken, create_draft, create_draft_for_sources, delete_draft, draft_findings,
    edit_draft, list_drafts,
};
use storywright_domain::draft::{Draft, DraftState, DraftSummary};
use storywright_domain::finding::blocks;
use storywright_domain::story::StoryFormat;
use storywright_domain::{DraftId, PromptId};
use utoipa::ToSchema;

/// A new draft.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateDraft {
    /// What is wanted; at most 1 MiB.
    #[schema(
        max_length = 1_048_576,
        example = "Support agents need to refund a payment in part. A refund above the payment is refused."
    )]
    requirements: String,
    /// How stories are told.
    #[schema(value_type = FormatName)]
    format: String,
    /// Own words to the model.
    #[schema(max_length = 4_000)]
    prompt: Option<String>,
    /// The prompt that those words came from; it is noted with the draft and with what is written.
    #[schema(pattern = "^[0-9a-f]{32}$")]
    prompt_id: Option<String>,
    /// Version of that prompt; the newest when left out.
    prompt_version: Option<u32>,
    /// Project key.
    #[schema(pattern = "^[A-Z][A-Z0-9_]{1,9}$", example = "PAY")]
    project_key: String,
    /// Issue type, by id or by the name that the site shows.
    #[schema(min_length = 1, example = "Story")]
    issue_type: String,
    /// Rule set id; `default` when left out.
    #[schema(example = "default")]
    rule_set: Option<String>,
    /// The draft is written from sources that are added to it afterwards: `requirements` may be blank.
    #[serde(default)]
    from_sources: bool,
}

/// A change of a draft; what is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeDraft {
    /// What is wanted; at most 1 MiB.
    #[schema(min_length = 1, max_length = 1_048_576)]
    requirements: Option<String>,
    /// How stories are told.
    #[schema(value_type = Option<FormatName>)]
    format: Option<String>,
    /// Own words to the model.
    #[schema(max_length = 4_000)]
    prompt: Option<String>,
    /// Rule set id.
    #[schema(example = "default")]
    rule_set: Option<String>,
    /// The whole document.
    document: Option<DocumentJson>,
}

/// A draft with its present document.
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftJson {
    /// Its id.
    #[schema(example = "0199f2a4c6e87a5d9d0c3b2a1f0e9d8c")]
    id: String,
    /// Summary of its first story, or the first words of its requirements.
    title: String,
    /// What is wanted.
    requirements: String,
    /// How stories are told.
    #[schema(value_type = FormatName)]
    format: &'static str,
    /// The person's own words to the model.
    prompt: String,
    /// The prompt that those words came from; null when they came from none.
    #[schema(required)]
    prompt_from: Option<PromptFromJson>,
    /// Project key.
    project_key: String,
    /// Issue type name.
    issue_type: String,
    /// Issue type id.
    issue_type_id: String,
    /// Rule set id.
    rule_set: String,
    /// `editing`, `writing`, `publishing` or `published`.
    #[schema(example = "editing")]
    state: &'static str,
    /// The job that writes it.
    #[schema(required)]
    job_id: Option<String>,
    /// The run that creates or created its issues.
    #[schema(required)]
    run_id: Option<String>,
    /// Grows with every change; the number in the ETag.
    #[schema(example = 3)]
    version: u32,
    /// The present document.
    document: DocumentJson,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was changed last.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// A draft in a list.
#[derive(Serialize, ToSchema)]
pub struct DraftRow {
    /// Its id.
    id: String,
    /// Title.
    title: String,
    /// Project key.
    project_key: String,
    /// Issue type name.
    issue_type: String,
    /// `editing`, `writing`, `publishing` or `published`.
    state: &'static str,
    /// Version.
    version: u32,
    /// When it was changed last.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// A part of the list of drafts, last changed first.
#[derive(Serialize, ToSchema)]
pub struct Drafts {
    items: Vec<DraftRow>,
    /// Send it as `cursor` for the next part; null when there is none.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// What the rules say of a draft.
#[derive(Serialize, ToSchema)]
pub struct Findings {
    /// Version that was looked at.
    version: u32,
    /// Rule set id.
    rule_set: String,
    /// Whether any finding blocks creation.
    blocked: bool,
    /// All findings.
    findings: Vec<FindingJson>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    cursor: Option<String>,
    q: Option<String>,
}

fn state_word(state: DraftState) -> &'static str {
    match state {
        DraftState::Editing => "editing",
        DraftState::Writing { .. } => "writing",
        DraftState::Publishing { .. } => "publishing",
        DraftState::Published { .. } => "published",
    }
}

impl From<&Draft> for DraftJson {
    fn from(draft: &Draft) -> Self {
        let (job_id, run_id) = match draft.state {
            DraftState::Editing => (None, None),
            DraftState::Writing { job } => (Some(job.to_string()), None),
            DraftState::Publishing { run } | DraftState::Published { run } => (None, Some(run.to_string())),
        };
        Self {
            id: draft.id.to_string(),
            title: draft.title.clone(),
            requirements: draft.requirements.as_str().to_owned(),
            format: draft.format.as_str(),
            prompt: draft.prompt.clone(),
            prompt_from: draft.prompt_from.as_ref().map(PromptFromJson::from),
            project_key: draft.project.as_str().to_owned(),
            issue_type: draft.issue_type_name.clone(),
            issue_type_id: draft.issue_type.clone(),
            rule_set: draft.rule_set.clone(),
            state: state_word(draft.state),
            job_id,
            run_id,
            version: draft.version,
            document: DocumentJson::from(&draft.document),
            created_at: rfc3339(draft.created_at),
            updated_at: rfc3339(draft.updated_at),
        }
    }
}

impl From<DraftSummary> for DraftRow {
    fn from(draft: DraftSummary) -> Self {
        Self {
            id: draft.id.to_string(),
            title: draft.title,
            project_key: draft.project,
            issue_type: draft.issue_type_name,
            state: state_word(draft.state),
            version: draft.version,
            updated_at: rfc3339(draft.updated_at),
        }
    }
}

/// The id of a draft, or the same answer as for another person's draft.
pub(super) fn draft_id(raw: &str) -> Result<DraftId, AppError> {
    DraftId::parse(raw).map_err(|_| AppError::draft_not_found())
}

/// Makes a draft with an empty document.
#[utoipa::path(post, path = "/api/v1/drafts", tag = "Drafts", operation_id = "createDraft", request_body = CreateDraft,
    responses((status = 201, description = "The draft; generate it next.", body = DraftJson, headers(("ETag" = String), ("Location" = String))),
        (status = 409, description = "Jira is not connected.")))]
pub async fn create(caller: Caller, body: Json<CreateDraft>) -> Answer {
    let draft = caller
        .run(move |ports, actor| {
            let body = body.read()?;
            let prompt = body.prompt.unwrap_or_default();
            let prompt_taken = match body.prompt_id.as_deref().map(PromptId::parse) {
                Some(Ok(prompt_id)) => {
                    Some(PromptTaken { prompt: prompt_id, version: body.prompt_version, words: prompt.clone() })
                }
                Some(Err(error)) => return Err(AppError::field("prompt_id", "prompt_unknown", &error.to_string())),
                None => None,
            };
            let new = NewDraft {
                requirements: body.requirements,
                format: body.format,
                prompt,
                prompt_taken,
                project_key: body.project_key,
                issue_type: body.issue_type,
                rule_set: body.rule_set.unwrap_or_default(),
            };
            let make = if body.from_sources { create_draft_for_sources } else { create_draft };
            Ok(make(ports, actor, &new)?)
        })
        .await?;
    Ok(created(&draft))
}

pub(super) fn created(draft: &Draft) -> HttpResponse {
    let mut answer = with_etag(StatusCode::CREATED, draft);
    if let Ok(address) = header::HeaderValue::from_str(&format!("/api/v1/drafts/{}", draft.id)) {
        answer.headers_mut().insert(header::LOCATION, address);
    }
    answer
}

/// The person's drafts, last changed first, 20 at a time.
#[utoipa::path(get, path = "/api/v1/drafts", tag = "Drafts", operation_id = "listDrafts",
    params(("cursor" = Option<String>, Query, description = "`next_cursor` of the part before."),
        ("q" = Option<String>, Query, description = "Words of title or requirements.")),
    responses((status = 200, description = "A part of the list.", body = Drafts)))]
pub async fn list(caller: Caller) -> Answer {
    let asked = query::<ListQuery>(caller.request());
    let slice = caller
        .run(move |ports, actor| {
            let asked = asked?;
            Ok(list_drafts(ports, actor, asked.q.as_deref(), asked.cursor.as_deref())?)
        })
        .await?;
    Ok(ok(&Drafts { items: slice.items.into_iter().map(DraftRow::from).collect(), next_cursor: slice.next }))
}

/// A draft.
#[utoipa::path(get, path = "/api/v1/drafts/{id}", tag = "Drafts", operation_id = "getDraft",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$")),
    responses((status = 200, description = "The draft.", body = DraftJson, headers(("ETag" = String)))))]
pub async fn show(caller: Caller, id: web::Path<String>) -> Answer {
    let draft = caller
        .run(move |ports, actor| drafts::draft(ports, actor, draft_id(&id)?)?.ok_or_else(AppError::draft_not_found))
        .await?;
    Ok(with_etag(StatusCode::OK, &draft))
}

/// Changes a draft. Nobody's change is overwritten unseen: when the stored version is another one, the answer is 409 and holds it.
#[utoipa::path(put, path = "/api/v1/drafts/{id}", tag = "Drafts", operation_id = "changeDraft",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$"), ("If-Match" = String, Header, description = "ETag of the draft as it was read.", pattern = "^(W/)?\"[0-9]{1,9}\"$")),
    request_body = ChangeDraft,
    responses((status = 200, description = "The changed draft.", body = DraftJson, headers(("ETag" = String))),
        (status = 409, description = "It was changed meanwhile (`current` holds it), or it is being written or published."),
        (status = 428, description = "`If-Match` is missing.")))]
pub async fn change(caller: Caller, id: web::Path<String>, body: Json<ChangeDraft>) -> Answer {
    let expected = expected_version(caller.request());
    let draft = caller
        .run(move |ports, actor| {
            let id = draft_id(&id)?;
            let body = body.read()?;
            let format = body.format.as_deref().map(|raw| StoryFormat::parse(raw).ok_or_else(unknown_format));
            let change = DraftChange {
                requirements: body.requirements,
                prompt: body.prompt,
                format: format.transpose()?,
                rule_set: body.rule_set,
                document: body.document.map(Into::into),
                // A caller saves once it means it: each call is a version.
                beside: true,
                note: String::new(),
            };
            Ok(edit_draft(ports, actor, id, expected?, &change)?)
        })
        .await?;
    Ok(with_etag(StatusCode::OK, &draft))
}

/// Makes a draft that begins as a copy of this one, whatever state this one is in.
#[utoipa::path(post, path = "/api/v1/drafts/{id}/copy", tag = "Drafts", operation_id = "copyDraft",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$")),
    responses((status = 201, description = "The new draft.", body = DraftJson, headers(("ETag" = String), ("Location" = String)))))]
pub async fn copy(caller: Caller, id: web::Path<String>) -> Answer {
    let made = caller
        .run(move |ports, actor| {
            drafts::copy_draft(ports, actor, draft_id(&id)?)?.ok_or_else(AppError::draft_not_found)
        })
        .await?;
    Ok(created(&made))
}

/// Puts a draft in the bin. With `If-Match`, only the version that was read.
#[utoipa::path(delete, path = "/api/v1/drafts/{id}", tag = "Drafts", operation_id = "deleteDraft",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$"), ("If-Match" = Option<String>, Header, description = "ETag of the draft as it was read.", pattern = "^(W/)?\"[0-9]{1,9}\"$")),
    responses((status = 204, description = "It is in the bin."),
        (status = 409, description = "It was changed meanwhile, or it is being written or published.")))]
pub async fn remove(caller: Caller, id: web::Path<String>) -> Answer {
    let expected = if_match(caller.request());
    caller
        .run(move |ports, actor| {
            let id = draft_id(&id)?;
            if let Some(expected) = expected? {
                let draft = drafts::draft(ports, actor, id)?.ok_or_else(AppError::draft_not_found)?;
                if draft.version != expected {
                    return Err(drafts::EditDraftError::Conflict(Box::new(draft)).into());
                }
            }
            Ok(delete_draft(ports, actor, id)?)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What the rules say of a draft as it is now.
#[utoipa::path(get, path = "/api/v1/drafts/{id}/findings", tag = "Drafts", operation_id = "getFindings",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$")),
    responses((status = 200, description = "All findings at once.", body = Findings)))]
pub async fn findings(caller: Caller, id: web::Path<String>) -> Answer {
    let reviewed = caller
        .run(move |ports, actor| draft_findings(ports, actor, draft_id(&id)?)?.ok_or_else(AppError::draft_not_found))
        .await?;
    let answer = Findings {
        version: reviewed.draft.version,
        rule_set: reviewed.rules.id,
        blocked: blocks(&reviewed.findings),
        findings: reviewed.findings.iter().map(FindingJson::from).collect(),
    };
    Ok(json(StatusCode::OK, &answer))
}
