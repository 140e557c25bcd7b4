//! Rule sets: what teams ask of every story, with their versions.

use super::body::{Json, query};
use super::etag::expected_version;
use super::{Answer, Caller, ok, rfc3339};
use crate::errors::AppError;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use storywright_application::rule_sets::{
    RuleSetError, create_rule_set, delete_rule_set, kept_rule_set, list_rule_sets, may_change, restore_rule_set,
    rule_set_versions, save_rule_set,
};
use storywright_domain::person::Actor;
use storywright_domain::rule_keeping::{KeptRuleSet, RuleSetOutline, RuleSetSummary, RuleSetVersion};
use storywright_domain::rules::RuleSet;
use utoipa::ToSchema;

/// What a team asks of every story.
#[derive(Serialize, ToSchema)]
pub struct RuleSetJson {
    /// Short stable name.
    #[schema(example = "default")]
    id: String,
    /// Name for people.
    name: String,
    /// Counts from 1; each saving is one more.
    version: u32,
    /// Whether it comes with the configuration; then it is changed there and nowhere else.
    shipped: bool,
    /// Whether the caller may change it.
    changeable: bool,
    /// Last saving.
    #[schema(format = DateTime)]
    updated_at: String,
    /// Largest estimate of one story.
    max_story_points: f64,
    /// What happens above it: `split` or `reject`.
    #[schema(example = "split")]
    oversize: serde_json::Value,
    /// All keys, as in `config/rules/*.json`; `config/rule-set.schema.json` is the schema.
    #[schema(value_type = Object)]
    rules: RuleSet,
}

impl RuleSetJson {
    fn of(actor: &Actor, kept: KeptRuleSet) -> Self {
        Self {
            id: kept.rules.id.clone(),
            name: kept.rules.name.clone(),
            version: kept.version,
            shipped: kept.shipped,
            changeable: may_change(actor, kept.shipped, kept.keeper),
            updated_at: rfc3339(kept.updated_at),
            max_story_points: kept.rules.max_story_points,
            oversize: serde_json::to_value(kept.rules.oversize).unwrap_or_default(),
            rules: kept.rules,
        }
    }
}

/// What the list tells of a rule set; read it by its id for all keys.
#[derive(Serialize, ToSchema)]
pub struct RuleSetLineJson {
    /// Short stable name.
    #[schema(example = "default")]
    id: String,
    /// Name for people.
    name: String,
    /// Counts from 1; each saving is one more.
    version: u32,
    /// Whether it comes with the configuration; then it is changed there and nowhere else.
    shipped: bool,
    /// Whether the caller may change it.
    changeable: bool,
    /// Last saving.
    #[schema(format = DateTime)]
    updated_at: String,
    /// Largest estimate of one story.
    max_story_points: f64,
    /// What happens above it: `split` or `reject`.
    #[schema(example = "split")]
    oversize: serde_json::Value,
    /// How many severities the team has set.
    severities: usize,
    /// How many words it does not use.
    forbidden_words: usize,
    /// How many patterns no text may match.
    patterns: usize,
    /// How many labels stories may have; 0 when any may be used.
    labels: usize,
    /// How many conditions of ready there are.
    ready: usize,
}

impl RuleSetLineJson {
    fn of(actor: &Actor, kept: RuleSetSummary) -> Self {
        let RuleSetOutline { max_story_points, oversize, severities, forbidden_words, patterns, labels, ready } =
            kept.outline;
        Self {
            id: kept.id,
            name: kept.name,
            version: kept.version,
            shipped: kept.shipped,
            changeable: may_change(actor, kept.shipped, kept.keeper),
            updated_at: rfc3339(kept.updated_at),
            max_story_points,
            oversize: serde_json::to_value(oversize).unwrap_or_default(),
            severities,
            forbidden_words,
            patterns,
            labels,
            ready,
        }
    }
}

/// A part of the list of rule sets.
#[derive(Serialize, ToSchema)]
pub struct RuleSets {
    items: Vec<RuleSetLineJson>,
    /// Send it as `cursor` for the next part; null when there is none.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// A state that a rule set had.
#[derive(Serialize, ToSchema)]
pub struct RuleSetVersionJson {
    /// Counts from 1.
    number: u32,
    /// Who saved it, as called then; empty for the configuration.
    author: String,
    /// What they say of the change; may be empty.
    note: String,
    /// When.
    #[schema(format = DateTime)]
    saved_at: String,
    /// All keys.
    #[schema(value_type = Object)]
    rules: RuleSet,
}

impl From<RuleSetVersion> for RuleSetVersionJson {
    fn from(version: RuleSetVersion) -> Self {
        let RuleSetVersion { number, author, note, saved_at, rules, .. } = version;
        Self { number, author, note, saved_at: rfc3339(saved_at), rules }
    }
}

/// A part of a list of versions.
#[derive(Serialize, ToSchema)]
pub struct RuleSetVersions {
    items: Vec<RuleSetVersionJson>,
    /// Send it as `cursor` for the next part; null when there is none.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// A rule set to be stored.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaveRuleSet {
    /// All keys, as in `config/rules/*.json`. The `id` may be left empty for a new one.
    #[schema(value_type = Object)]
    rules: RuleSet,
    /// What is new about it, at most 200 characters.
    #[serde(default)]
    note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    cursor: Option<String>,
}

fn with_etag(status: StatusCode, rules: &RuleSetJson) -> HttpResponse {
    let mut answer = HttpResponse::build(status);
    answer.insert_header((header::ETAG, format!("\"{}\"", rules.version)));
    answer.json(rules)
}

/// Rule sets by name.
#[utoipa::path(get, path = "/api/v1/rule-sets", tag = "Rule sets", operation_id = "listRuleSets",
    params(("cursor" = Option<String>, Query, description = "`next_cursor` of the part before.")),
    responses((status = 200, description = "At most 50 rule sets.", body = RuleSets)))]
pub async fn list(caller: Caller) -> Answer {
    let asked = query::<ListQuery>(caller.request());
    let found = caller
        .run(move |ports, actor| {
            let found = list_rule_sets(ports, asked?.cursor.as_deref())?;
            let line = |kept| RuleSetLineJson::of(actor, kept);
            Ok(RuleSets { items: found.items.into_iter().map(line).collect(), next_cursor: found.next })
        })
        .await?;
    Ok(ok(&found))
}

/// Makes a rule set that the caller keeps.
#[utoipa::path(post, path = "/api/v1/rule-sets", tag = "Rule sets", operation_id = "createRuleSet", request_body = SaveRuleSet,
    responses((status = 201, description = "The rule set.", body = RuleSetJson, headers(("ETag" = String))),
        (status = 409, description = "The id is taken, or there are as many as are kept."),
        (status = 422, description = "Keys are wrong; `errors` names each.")))]
pub async fn create(caller: Caller, body: Json<SaveRuleSet>) -> Answer {
    let rules = caller
        .run(move |ports, actor| {
            let SaveRuleSet { rules, note } = body.read()?;
            Ok(RuleSetJson::of(actor, create_rule_set(ports, actor, rules, &note)?))
        })
        .await?;
    Ok(with_etag(StatusCode::CREATED, &rules))
}

/// One rule set.
#[utoipa::path(get, path = "/api/v1/rule-sets/{id}", tag = "Rule sets", operation_id = "getRuleSet",
    params(("id" = String, Path, description = "Rule set id.", example = "default")),
    responses((status = 200, description = "The rule set.", body = RuleSetJson, headers(("ETag" = String))), (status = 404, description = "There is none.")))]
pub async fn show(caller: Caller, id: web::Path<String>) -> Answer {
    let rules = caller
        .run(move |ports, actor| {
            let kept = kept_rule_set(ports, &id)?.ok_or(RuleSetError::NotFound)?;
            Ok(RuleSetJson::of(actor, kept))
        })
        .await?;
    Ok(with_etag(StatusCode::OK, &rules))
}

/// Saves a rule set as its next version.
#[utoipa::path(put, path = "/api/v1/rule-sets/{id}", tag = "Rule sets", operation_id = "saveRuleSet", request_body = SaveRuleSet,
    params(("id" = String, Path, description = "Rule set id.", example = "payments"), ("If-Match" = String, Header, description = "ETag of the rule set as it was read.", pattern = "^(W/)?\"[0-9]{1,9}\"$")),
    responses((status = 200, description = "The rule set as it is now.", body = RuleSetJson, headers(("ETag" = String))),
        (status = 403, description = "Somebody else keeps it."), (status = 404, description = "There is none."),
        (status = 409, description = "It was saved meanwhile, or comes with the configuration."),
        (status = 422, description = "Keys are wrong; `errors` names each."), (status = 428, description = "`If-Match` is missing.")))]
pub async fn save(caller: Caller, id: web::Path<String>, body: Json<SaveRuleSet>) -> Answer {
    let expected = expected_version(caller.request());
    let rules = caller
        .run(move |ports, actor| {
            let SaveRuleSet { mut rules, note } = body.read()?;
            if rules.id.is_empty() {
                rules.id.clone_from(&id);
            } else if rules.id != *id {
                let message = "it is not the id of the address: ids do not change, make a new rule set";
                return Err(AppError::field("rules.id", "rule_set_invalid", message));
            }
            Ok(RuleSetJson::of(actor, save_rule_set(ports, actor, rules, expected?, &note)?))
        })
        .await?;
    Ok(with_etag(StatusCode::OK, &rules))
}

/// Removes a rule set that no draft and no project has.
#[utoipa::path(delete, path = "/api/v1/rule-sets/{id}", tag = "Rule sets", operation_id = "deleteRuleSet",
    params(("id" = String, Path, description = "Rule set id.", example = "payments"), ("If-Match" = String, Header, description = "ETag of the rule set as it was read.", pattern = "^(W/)?\"[0-9]{1,9}\"$")),
    responses((status = 204, description = "It is gone."), (status = 403, description = "Somebody else keeps it."),
        (status = 404, description = "There is none."), (status = 409, description = "It is in use, or comes with the configuration.")))]
pub async fn remove(caller: Caller, id: web::Path<String>) -> Answer {
    let expected = expected_version(caller.request());
    caller.run(move |ports, actor| Ok(delete_rule_set(ports, actor, &id, expected?)?)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Versions of a rule set, newest first.
#[utoipa::path(get, path = "/api/v1/rule-sets/{id}/versions", tag = "Rule sets", operation_id = "listRuleSetVersions",
    params(("id" = String, Path, description = "Rule set id.", example = "default"), ("cursor" = Option<String>, Query, description = "`next_cursor` of the part before.")),
    responses((status = 200, description = "At most 30 versions.", body = RuleSetVersions), (status = 404, description = "There is no such rule set.")))]
pub async fn versions(caller: Caller, id: web::Path<String>) -> Answer {
    let asked = query::<ListQuery>(caller.request());
    let slice = caller
        .run(move |ports, _| {
            kept_rule_set(ports, &id)?.ok_or(RuleSetError::NotFound)?;
            Ok(rule_set_versions(ports, &id, asked?.cursor.as_deref())?)
        })
        .await?;
    let items = slice.items.into_iter().map(RuleSetVersionJson::from).collect();
    Ok(ok(&RuleSetVersions { items, next_cursor: slice.next }))
}

/// Makes an older version the newest.
#[utoipa::path(post, path = "/api/v1/rule-sets/{id}/versions/{number}/restore", tag = "Rule sets", operation_id = "restoreRuleSetVersion",
    params(("id" = String, Path, description = "Rule set id.", example = "payments"), ("number" = u32, Path, description = "Version.", example = 1), ("If-Match" = String, Header, description = "ETag of the rule set as it was read.", pattern = "^(W/)?\"[0-9]{1,9}\"$")),
    responses((status = 200, description = "The rule set as it is now.", body = RuleSetJson, headers(("ETag" = String))),
        (status = 403, description = "Somebody else keeps it."), (status = 404, description = "There is no such rule set or version."),
        (status = 409, description = "It comes with the configuration.")))]
pub async fn restore(caller: Caller, path: web::Path<(String, String)>) -> Answer {
    let expected = expected_version(caller.request());
    let rules = caller
        .run(move |ports, actor| {
            let (id, number) = path.into_inner();
            let number = number.parse().map_err(|_| RuleSetError::NoSuchVersion(0))?;
            Ok(RuleSetJson::of(actor, restore_rule_set(ports, actor, &id, expected?, number)?))
        })
        .await?;
    Ok(with_etag(StatusCode::OK, &rules))
}
