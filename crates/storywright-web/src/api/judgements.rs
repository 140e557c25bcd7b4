//! Judgements of the model: asking for them, and what it said.

use super::drafts::draft_id;
use super::writing::{JobStarted, started};
use super::{Answer, Caller, ok, rfc3339};
use crate::errors::AppError;
use actix_web::web;
use serde::Serialize;
use storywright_application::judging::{Judged, State, judge, judged_draft};
use utoipa::ToSchema;

/// What the model said of a story to a question of the team. It never blocks.
#[derive(Serialize, ToSchema)]
pub struct JudgementJson {
    /// `judged:` and the name of the rule.
    #[schema(example = "judged:names-who-benefits")]
    code: String,
    /// Local reference of the story.
    #[schema(example = "s1")]
    story: String,
    /// The question.
    question: String,
    /// `warning` or `info`.
    #[schema(example = "warning")]
    severity: &'static str,
    /// `finding` (the answer is the one worth telling), `fine` (the other one), `uncertain` (its quote does not stand in the story), `not_judged` (no answer
    /// that could be used), `open` (not asked, or words or question have changed since).
    #[schema(example = "finding")]
    state: &'static str,
    /// `yes` or `no`; null where there is no answer.
    #[schema(required, example = "no")]
    answer: Option<&'static str>,
    /// Words of the story that the answer rests on; where it is uncertain, what the model gave as such.
    #[schema(required)]
    quote: Option<String>,
    /// Path of the text in which they stand; null where they stand in none.
    #[schema(required, example = "stories.0.narrative.benefit")]
    field: Option<String>,
    /// First character of the quote in that text.
    #[schema(required)]
    start: Option<usize>,
    /// The character after its last.
    #[schema(required)]
    end: Option<usize>,
    /// What the team says to do about a finding; may be empty.
    cure: String,
    /// Why it is not judged: stable code, colon, words; null otherwise.
    #[schema(required)]
    problem: Option<String>,
    /// The model; null where nothing was asked.
    #[schema(required)]
    model: Option<String>,
    /// The draft's version whose words were judged.
    #[schema(required)]
    version: Option<u32>,
    /// When.
    #[schema(required, format = DateTime)]
    judged_at: Option<String>,
}

impl From<Judged> for JudgementJson {
    fn from(judged: Judged) -> Self {
        let answer = judged.answer().map(|answer| answer.as_str());
        let (mut quote, mut placed, mut problem) = (None, None, None);
        let state = judged.state.as_str();
        match judged.state {
            State::Finding { quote: found } | State::Fine { quote: found } => {
                quote = Some(found.words);
                placed = Some((found.field, found.place));
            }
            State::Uncertain { quote: given, .. } => quote = Some(given),
            State::NotJudged { problem: why } => problem = Some(why),
            State::Open => {}
        }
        Self {
            code: judged.rule.code(),
            story: judged.story,
            severity: judged.rule.severity.as_str(),
            state,
            answer,
            quote,
            start: placed.as_ref().map(|(_, place)| place.start),
            end: placed.as_ref().map(|(_, place)| place.end),
            field: placed.map(|(field, _)| field),
            cure: judged.rule.cure,
            question: judged.rule.question,
            problem,
            model: judged.judgement.as_ref().map(|one| one.model.clone()),
            version: judged.judgement.as_ref().map(|one| one.version),
            judged_at: judged.judgement.as_ref().map(|one| rfc3339(one.at)),
        }
    }
}

/// Every story by every judged rule.
#[derive(Serialize, ToSchema)]
pub struct Judgements {
    items: Vec<JudgementJson>,
    /// The job that asks at present; null when none does.
    #[schema(required)]
    job_id: Option<String>,
}

/// What the model said to the questions of the draft's rule set, story by story. Its answers advise and never block. They lapse when the words or the question
/// change.
#[utoipa::path(get, path = "/api/v1/drafts/{id}/judgements", tag = "Drafts", operation_id = "listJudgements",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$")),
    responses((status = 200, description = "Every story by every judged rule, in order.", body = Judgements)))]
pub async fn list(caller: Caller, id: web::Path<String>) -> Answer {
    let found = caller
        .run(move |ports, actor| judged_draft(ports, actor, draft_id(&id)?)?.ok_or_else(AppError::draft_not_found))
        .await?;
    let asking = found.job.filter(|job| !job.status.is_final());
    let items = found.lines.into_iter().map(JudgementJson::from).collect();
    Ok(ok(&Judgements { items, job_id: asking.map(|job| job.id.to_string()) }))
}

/// Asks the model what is not answered yet, or everything anew when all is: one call for a story, for at most 100 stories. Where a job asks already, its id.
#[utoipa::path(post, path = "/api/v1/drafts/{id}/judgements", tag = "Writing", operation_id = "judgeDraft",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$")),
    responses((status = 202, description = "The job that asks.", body = JobStarted, headers(("Location" = String))),
        (status = 409, description = "The rule set has no judged rules, the draft has no stories, the LLM is not connected, or the draft is being written or published."),
        (status = 429, description = "Too many jobs of this person.")))]
pub async fn ask(caller: Caller, id: web::Path<String>) -> Answer {
    let job = caller.run(move |ports, actor| Ok(judge(ports, actor, draft_id(&id)?)?)).await?;
    Ok(started(job))
}
