//! Prompts: instructions to the writer that people keep, with their versions.

use super::body::{Json, query};
use super::etag::expected_version;
use super::{Answer, Caller, ok, rfc3339};
use crate::errors::AppError;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use storywright_application::prompts::{
    self, PromptDraft, PromptError, create_prompt, delete_prompt, list_prompts, may_change, prompt_versions,
    restore_prompt, save_prompt, secrets_suspected, words_of_prompt,
};
use storywright_domain::PromptId;
use storywright_domain::leak::Leak;
use storywright_domain::person::Actor;
use storywright_domain::prompt::{Prompt, PromptOrigin, PromptScope, PromptVariable, PromptVersion};
use utoipa::ToSchema;

/// A place in the text that is filled in for each draft.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VariableJson {
    /// Small letters, digits and `_`, beginning with a letter, at most 40.
    #[schema(example = "days")]
    name: String,
    /// What to fill in; may be empty.
    #[serde(default)]
    description: String,
    /// Used when nothing is filled in; without it something must be.
    #[serde(default)]
    default: String,
}

/// A prompt.
#[derive(Serialize, ToSchema)]
pub struct PromptJson {
    /// Its id.
    id: String,
    /// `mine`, `team` (a colleague shares it) or `system` (for everybody).
    #[schema(example = "mine")]
    scope: &'static str,
    /// Name in lists.
    name: String,
    /// What it is good for.
    description: String,
    /// Text; variables stand as `{{name}}`.
    text: String,
    /// Their declarations.
    variables: Vec<VariableJson>,
    /// Whether colleagues may use it.
    shared: bool,
    /// Counts from 1; each saving is one more.
    version: u32,
    /// Whether the caller may change it.
    changeable: bool,
    /// Last saving.
    #[schema(format = DateTime)]
    updated_at: String,
    /// What should be looked at once more, such as text that looks like a credential.
    warnings: Vec<PromptWarning>,
}

fn variables_of(body: &storywright_domain::prompt::PromptBody) -> Vec<VariableJson> {
    let json = |variable: &PromptVariable| VariableJson {
        name: variable.name.clone(),
        description: variable.description.clone(),
        default: variable.default.clone(),
    };
    body.variables().iter().map(json).collect()
}

impl PromptJson {
    fn of(actor: &Actor, prompt: &Prompt) -> Self {
        Self {
            id: prompt.id.to_string(),
            scope: PromptScope::of(prompt, actor.user()).as_str(),
            name: prompt.name.clone(),
            description: prompt.description.clone(),
            text: prompt.body.text().to_owned(),
            variables: variables_of(&prompt.body),
            shared: prompt.shared,
            version: prompt.version,
            changeable: may_change(actor, prompt),
            updated_at: rfc3339(prompt.updated_at),
            warnings: secrets_suspected(prompt)
                .iter()
                .map(|leak| PromptWarning {
                    code: "secret_suspected",
                    message: format!("{} {}", leak.told(), Leak::CURE),
                })
                .collect(),
        }
    }
}

/// The prompt that words came from.
#[derive(Debug, Serialize, ToSchema)]
pub struct PromptFromJson {
    /// Which; it may be gone, or be shared no longer.
    prompt_id: String,
    /// Which of its versions.
    version: u32,
    /// Its name at that time.
    name: String,
    /// Whether the words were changed by hand.
    changed: bool,
}

impl From<&PromptOrigin> for PromptFromJson {
    fn from(from: &PromptOrigin) -> Self {
        let PromptOrigin { prompt, version, name, changed } = from;
        Self { prompt_id: prompt.to_string(), version: *version, name: name.clone(), changed: *changed }
    }
}

/// Something about a prompt that does not keep it from being saved.
#[derive(Serialize, ToSchema)]
pub struct PromptWarning {
    /// Stable code.
    #[schema(example = "secret_suspected")]
    code: &'static str,
    /// What it is, and what to do.
    message: String,
}

/// A part of a list of prompts.
#[derive(Serialize, ToSchema)]
pub struct PromptList {
    items: Vec<PromptJson>,
    /// Send it as `cursor` for the next part; null when there is none.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// A state that a prompt had.
#[derive(Serialize, ToSchema)]
pub struct PromptVersionJson {
    /// Counts from 1.
    number: u32,
    /// Name at that time.
    name: String,
    /// Why it was made; may be empty.
    note: String,
    /// Text at that time.
    text: String,
    /// Variables at that time.
    variables: Vec<VariableJson>,
    /// When.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<PromptVersion> for PromptVersionJson {
    fn from(version: PromptVersion) -> Self {
        Self {
            variables: variables_of(&version.body),
            text: version.body.text().to_owned(),
            number: version.number,
            name: version.name,
            note: version.note,
            created_at: rfc3339(version.created_at),
        }
    }
}

/// A part of a list of versions.
#[derive(Serialize, ToSchema)]
pub struct PromptVersions {
    items: Vec<PromptVersionJson>,
    /// Send it as `cursor` for the next part; null when there is none.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// A prompt to be kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SavePrompt {
    /// Name in lists, at most 100 characters.
    name: String,
    /// What it is good for.
    #[serde(default)]
    description: String,
    /// Text, at most 4,000 characters; every `{{name}}` in it is declared.
    text: String,
    /// The declarations.
    #[serde(default)]
    variables: Vec<VariableJson>,
    /// Whether colleagues may use and copy it.
    #[serde(default)]
    shared: bool,
    /// What is new about it.
    #[serde(default)]
    note: String,
}

impl From<SavePrompt> for PromptDraft {
    fn from(body: SavePrompt) -> Self {
        let SavePrompt { name, description, text, variables, shared, note } = body;
        let variable = |VariableJson { name, description, default }| PromptVariable { name, description, default };
        Self { name, description, text, variables: variables.into_iter().map(variable).collect(), shared, note }
    }
}

/// Values for the variables of a prompt.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FillPrompt {
    /// By name; what has a default may be left out.
    #[serde(default)]
    #[schema(example = json!({"days": "two"}))]
    values: BTreeMap<String, String>,
}

/// The words of a prompt for a draft.
#[derive(Serialize, ToSchema)]
pub struct PromptWords {
    /// The text with the values in place of the variables: send it as `prompt` of a new draft.
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    #[serde(default)]
    scope: Option<String>,
    cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VersionsQuery {
    cursor: Option<String>,
}

fn with_etag(status: StatusCode, prompt: &PromptJson) -> HttpResponse {
    let mut answer = HttpResponse::build(status);
    answer.insert_header((header::ETAG, format!("\"{}\"", prompt.version)));
    answer.json(prompt)
}

fn id_of(raw: &str) -> Result<PromptId, AppError> {
    PromptId::parse(raw).map_err(|_| PromptError::NotFound.into())
}

/// Prompts that the caller may use: their own, what colleagues share, those for everybody; 50 at a time.
#[utoipa::path(get, path = "/api/v1/prompts", tag = "Prompts", operation_id = "listPrompts",
    params(("scope" = Option<String>, Query, description = "`mine` (when left out), `team` or `system`."), ("cursor" = Option<String>, Query, description = "`next_cursor` of the part before.")),
    responses((status = 200, description = "A part of the list, last changed first.", body = PromptList)))]
pub async fn list(caller: Caller) -> Answer {
    let asked = query::<ListQuery>(caller.request());
    let list = caller
        .run(move |ports, actor| {
            let ListQuery { scope, cursor } = asked?;
            let scope = PromptScope::parse(scope.as_deref().unwrap_or("mine"))
                .ok_or_else(|| AppError::field("scope", "field_invalid", "use `mine`, `team` or `system`"))?;
            let found = list_prompts(ports, actor, scope, cursor.as_deref())?;
            let items = found.items.iter().map(|prompt| PromptJson::of(actor, prompt)).collect();
            Ok(PromptList { items, next_cursor: found.next })
        })
        .await?;
    Ok(ok(&list))
}

/// Keeps a new prompt of the caller.
#[utoipa::path(post, path = "/api/v1/prompts", tag = "Prompts", operation_id = "createPrompt", request_body = SavePrompt,
    responses((status = 201, description = "The prompt.", body = PromptJson, headers(("ETag" = String))),
        (status = 409, description = "The caller has as many as are kept."), (status = 422, description = "Parts are wrong; `errors` names each.")))]
pub async fn create(caller: Caller, body: Json<SavePrompt>) -> Answer {
    let made = caller
        .run(move |ports, actor| {
            let typed = PromptDraft::from(body.read()?);
            Ok(PromptJson::of(actor, &create_prompt(ports, actor, &typed)?))
        })
        .await?;
    Ok(with_etag(StatusCode::CREATED, &made))
}

/// A prompt that the caller may use.
#[utoipa::path(get, path = "/api/v1/prompts/{id}", tag = "Prompts", operation_id = "getPrompt",
    params(("id" = String, Path, description = "Prompt id.", pattern = "^[0-9a-f]{32}$")),
    responses((status = 200, description = "The prompt.", body = PromptJson, headers(("ETag" = String))), (status = 404, description = "There is none.")))]
pub async fn show(caller: Caller, id: web::Path<String>) -> Answer {
    let found = caller
        .run(move |ports, actor| {
            let found = prompts::prompt(ports, actor, id_of(&id)?)?.ok_or(PromptError::NotFound)?;
            Ok(PromptJson::of(actor, &found))
        })
        .await?;
    Ok(with_etag(StatusCode::OK, &found))
}

/// Saves a prompt as its next version.
#[utoipa::path(put, path = "/api/v1/prompts/{id}", tag = "Prompts", operation_id = "savePrompt", request_body = SavePrompt,
    params(("id" = String, Path, description = "Prompt id.", pattern = "^[0-9a-f]{32}$"), ("If-Match" = String, Header, description = "ETag of the prompt as it was read.", pattern = "^(W/)?\"[0-9]{1,9}\"$")),
    responses((status = 200, description = "The prompt as it is now.", body = PromptJson, headers(("ETag" = String))),
        (status = 403, description = "It is somebody else's."), (status = 404, description = "There is none."), (status = 409, description = "It was saved meanwhile."),
        (status = 422, description = "Parts are wrong; `errors` names each."), (status = 428, description = "`If-Match` is missing.")))]
pub async fn save(caller: Caller, id: web::Path<String>, body: Json<SavePrompt>) -> Answer {
    let expected = expected_version(caller.request());
    let saved = caller
        .run(move |ports, actor| {
            let id = id_of(&id)?;
            // Whose it is comes first: what is not there is not told apart by its body.
            prompts::prompt(ports, actor, id)?.ok_or(PromptError::NotFound)?;
            let typed = PromptDraft::from(body.read()?);
            Ok(PromptJson::of(actor, &save_prompt(ports, actor, id, expected?, &typed)?))
        })
        .await?;
    Ok(with_etag(StatusCode::OK, &saved))
}

/// Removes a prompt; drafts keep the words that they got from it.
#[utoipa::path(delete, path = "/api/v1/prompts/{id}", tag = "Prompts", operation_id = "deletePrompt",
    params(("id" = String, Path, description = "Prompt id.", pattern = "^[0-9a-f]{32}$"), ("If-Match" = String, Header, description = "ETag of the prompt as it was read.", pattern = "^(W/)?\"[0-9]{1,9}\"$")),
    responses((status = 204, description = "It is gone."), (status = 403, description = "It is somebody else's."), (status = 404, description = "There is none."),
        (status = 409, description = "It was saved meanwhile."), (status = 428, description = "`If-Match` is missing.")))]
pub async fn remove(caller: Caller, id: web::Path<String>) -> Answer {
    let expected = expected_version(caller.request());
    caller
        .run(move |ports, actor| {
            let id = id_of(&id)?;
            prompts::prompt(ports, actor, id)?.ok_or(PromptError::NotFound)?;
            Ok(delete_prompt(ports, actor, id, expected?)?)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The words for a draft: the text with these values in the place of its variables.
#[utoipa::path(post, path = "/api/v1/prompts/{id}/words", tag = "Prompts", operation_id = "fillPrompt", request_body = FillPrompt,
    params(("id" = String, Path, description = "Prompt id.", pattern = "^[0-9a-f]{32}$")),
    responses((status = 200, description = "The words.", body = PromptWords), (status = 404, description = "There is none."),
        (status = 422, description = "Values are missing, unknown or too long; `errors` names each.")))]
pub async fn words(caller: Caller, id: web::Path<String>, body: Json<FillPrompt>) -> Answer {
    let text =
        caller.run(move |ports, actor| Ok(words_of_prompt(ports, actor, id_of(&id)?, &body.read()?.values)?)).await?;
    Ok(ok(&PromptWords { text }))
}

/// Versions of a prompt, newest first.
#[utoipa::path(get, path = "/api/v1/prompts/{id}/versions", tag = "Prompts", operation_id = "listPromptVersions",
    params(("id" = String, Path, description = "Prompt id.", pattern = "^[0-9a-f]{32}$"), ("cursor" = Option<String>, Query, description = "`next_cursor` of the part before.")),
    responses((status = 200, description = "At most 30 versions.", body = PromptVersions), (status = 404, description = "There is no such prompt.")))]
pub async fn versions(caller: Caller, id: web::Path<String>) -> Answer {
    let asked = query::<VersionsQuery>(caller.request());
    let slice = caller
        .run(move |ports, actor| {
            let id = id_of(&id)?;
            prompts::prompt(ports, actor, id)?.ok_or(PromptError::NotFound)?;
            Ok(prompt_versions(ports, actor, id, asked?.cursor.as_deref())?)
        })
        .await?;
    let items = slice.items.into_iter().map(PromptVersionJson::from).collect();
    Ok(ok(&PromptVersions { items, next_cursor: slice.next }))
}

/// Makes an older version the newest.
#[utoipa::path(post, path = "/api/v1/prompts/{id}/versions/{number}/restore", tag = "Prompts", operation_id = "restorePromptVersion",
    params(("id" = String, Path, description = "Prompt id.", pattern = "^[0-9a-f]{32}$"), ("number" = u32, Path, description = "Version.", example = 1), ("If-Match" = String, Header, description = "ETag of the prompt as it was read.", pattern = "^(W/)?\"[0-9]{1,9}\"$")),
    responses((status = 200, description = "The prompt as it is now.", body = PromptJson, headers(("ETag" = String))),
        (status = 403, description = "It is somebody else's."), (status = 404, description = "There is no such prompt or version."),
        (status = 409, description = "It was saved meanwhile."), (status = 428, description = "`If-Match` is missing.")))]
pub async fn restore(caller: Caller, path: web::Path<(String, String)>) -> Answer {
    let expected = expected_version(caller.request());
    let restored = caller
        .run(move |ports, actor| {
            let (id, number) = path.into_inner();
            let id = id_of(&id)?;
            prompts::prompt(ports, actor, id)?.ok_or(PromptError::NotFound)?;
            let number = number.parse().map_err(|_| PromptError::NoSuchVersion(0))?;
            Ok(PromptJson::of(actor, &restore_prompt(ports, actor, id, expected?, number)?))
        })
        .await?;
    Ok(with_etag(StatusCode::OK, &restored))
}
