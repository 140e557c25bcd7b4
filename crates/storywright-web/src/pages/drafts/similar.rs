//! Issues that are in Jira already and may be about the same as a part of the draft: shown beside each planned issue, with what a
//! person can do about them.

use super::{draft_id, draft_not_found};
use crate::errors::AppError;
use crate::pages::desk::{Form, Params};
use crate::pages::lists::issue_url;
use crate::view::View;
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};
use storywright_application::drafts::{SimilarDecision, SimilarError, draft, settle_similar, similar_to};
use storywright_application::preflight::SimilarIssue;

#[derive(Serialize)]
struct SimilarPart {
    draft_id: String,
    version: u32,
    reference: String,
    /// It is an epic: its stories can go into the one that exists.
    epic: bool,
    issues: Vec<SimilarRow>,
    problem: Option<String>,
}

impl View for SimilarPart {
    const TEMPLATE: &'static str = "fragments/similar.html";
}

#[derive(Serialize)]
struct SimilarRow {
    key: String,
    url: String,
    summary: String,
    status: String,
    percent: u32,
    alike: bool,
}

/// Of which part of the draft.
#[derive(Deserialize)]
pub struct Part {
    #[serde(default)]
    of: String,
}

/// What a person decides.
#[derive(Deserialize)]
pub struct Decision {
    #[serde(default)]
    of: String,
    #[serde(default)]
    version: u32,
    #[serde(default)]
    decision: String,
    #[serde(default)]
    key: String,
}

/// What exists already. A Jira that cannot be asked does not keep anybody from creating: it is said, and that is all.
pub async fn part(me: SignedIn, of: Params<Part>) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    me.serve(move |desk| {
        let reference = of.0.of;
        let stored = draft(desk.ports, &desk.who.actor, id)?.ok_or_else(draft_not_found)?;
        let (found, problem) = match similar_to(desk.ports, &desk.who.actor, id, &reference) {
            Ok(found) => (Some(found), None),
            Err(SimilarError::NotFound) => return Err(draft_not_found()),
            Err(SimilarError::Storage(error)) => return Err(error.into()),
            Err(SimilarError::Catalog(error)) => {
                let error = AppError::from(error);
                (None, Some(format!("Similar issues could not be looked for. {}", error.what)))
            }
        };
        let (site, issues) = found.map_or_else(Default::default, |found| (found.site, found.issues));
        let row = |found: SimilarIssue| SimilarRow {
            url: issue_url(desk, &site, &found.issue.key),
            alike: found.is_alike(),
            percent: percent(found.score),
            key: found.issue.key,
            summary: found.issue.summary,
            status: found.issue.status,
        };
        desk.fragment(&SimilarPart {
            draft_id: id.to_string(),
            version: stored.version,
            epic: stored.document.epic(&reference).is_some(),
            issues: issues.into_iter().map(row).collect(),
            reference,
            problem,
        })
    })
    .await
}

/// Links the story to an issue that exists, puts the stories of an epic into one that exists, or leaves the part out. The plan is made
/// anew afterwards, because another draft version needs another approval.
pub async fn decide(me: SignedIn, decision: Form<Decision>) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    me.serve(move |desk| {
        let Decision { of, version, decision, key } = decision.0;
        draft(desk.ports, &desk.who.actor, id)?.ok_or_else(draft_not_found)?;
        let (decision, said) = match decision.as_str() {
            "link" if is_key(&key) => (SimilarDecision::Link(key.clone()), format!("It will be linked to {key}.")),
            "leave" => (SimilarDecision::Leave, "It is left out. Earlier versions of the draft keep it.".to_owned()),
            _ => {
                let what = "choose one of the buttons beside a similar issue";
                return Err(AppError::field("decision", "field_invalid", what));
            }
        };
        settle_similar(desk.ports, &desk.who.actor, id, version, &of, &decision)?;
        desk.go_and_say(&format!("/drafts/{id}/plan"), "ok", &said)
    })
    .await
}

fn is_key(key: &str) -> bool {
    let shape = |(project, number): (&str, &str)| {
        !project.is_empty()
            && project.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    key.len() <= 40 && key.rsplit_once('-').is_some_and(shape)
}

fn percent(score: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 100")]
    let percent = (score.clamp(0.0, 1.0) * 100.0).round() as u32;
    percent
}
