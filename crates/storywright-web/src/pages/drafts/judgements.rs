//! What the model says to the team's questions, below the findings of a draft and apart from them.

use super::compare::place;
use super::{draft_id, draft_not_found};
use crate::errors::{AppError, kinds, sentence};
use crate::pages::desk::Desk;
use crate::pages::lists::job_problem;
use crate::view::{Issue, Time, View};
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::Serialize;
use storywright_application::judging::{self, Judged, JudgedDraft, State, judged_draft};
use storywright_domain::DraftId;
use storywright_domain::draft::DraftState;

/// Most lines of each kind that are shown at once.
const MOST_SHOWN: usize = 100;

/// The part of the page.
#[derive(Serialize)]
struct JudgementsPart {
    draft_id: String,
    has_rules: bool,
    groups: Vec<Group>,
    /// Answers that are still to be had.
    open: usize,
    all: usize,
    /// The person may ask now.
    can_ask: bool,
    /// The job that asks.
    asking: Option<String>,
    failure: Option<Issue>,
    /// Why nothing was started.
    refused: Option<String>,
}

impl View for JudgementsPart {
    const TEMPLATE: &'static str = "fragments/judgements.html";
}

/// Lines of a kind.
#[derive(Serialize)]
struct Group {
    kind: &'static str,
    lines: Vec<Line>,
    more: usize,
}

#[derive(Serialize)]
struct Line {
    code: String,
    severity: &'static str,
    question: String,
    cure: String,
    place: String,
    /// Path in the document, where the words stand there.
    path: Option<String>,
    start: usize,
    end: usize,
    before: String,
    words: String,
    after: String,
    answer: &'static str,
    /// Why there is no answer.
    problem: String,
    model: String,
    at: Option<Time>,
}

impl Line {
    fn of(desk: &Desk<'_>, judged: &Judged) -> Self {
        let story = format!("stories.{}", judged.index);
        let (quote, words, problem) = match &judged.state {
            State::Finding { quote } | State::Fine { quote } => (Some(quote), "", ""),
            State::Uncertain { quote, .. } => (None, quote.as_str(), ""),
            State::NotJudged { problem } => (None, "", problem.as_str()),
            State::Open => (None, "", ""),
        };
        let [before, after] = quote.map(|quote| quote.around.clone()).unwrap_or_default();
        Self {
            code: judged.rule.code(),
            severity: judged.rule.severity.as_str(),
            question: judged.rule.question.clone(),
            cure: judged.rule.cure.clone(),
            place: place(quote.map_or(&story, |quote| &quote.field)),
            path: quote.map(|quote| quote.field.clone()),
            start: quote.map_or(0, |quote| quote.place.start),
            end: quote.map_or(0, |quote| quote.place.end),
            before,
            words: quote.map_or(words, |quote| &quote.words).to_owned(),
            after,
            answer: judged.answer().map_or("", |answer| answer.as_str()),
            problem: problem.split_once(": ").map_or(problem, |(_, words)| words).to_owned(),
            model: judged.judgement.as_ref().map(|one| one.model.clone()).unwrap_or_default(),
            at: judged.judgement.as_ref().map(|one| desk.time(one.at)),
        }
    }
}

impl JudgementsPart {
    fn of(desk: &Desk<'_>, found: &JudgedDraft, refused: Option<String>) -> Self {
        let open = found.lines.iter().filter(|line| line.is_open()).count();
        let asking = found.job.as_ref().filter(|job| !job.status.is_final());
        let draft = &found.draft;
        // Once all is answered, or asking begins anew, why it failed before says nothing any more.
        let failure = found.job.as_ref().filter(|_| open > 0 && asking.is_none()).and_then(job_problem);
        let groups = ["finding", "uncertain", "not_judged", "fine"].map(|kind| {
            let of_kind = found.lines.iter().filter(|line| line.state.as_str() == kind);
            let count = of_kind.clone().count();
            let lines = of_kind.take(MOST_SHOWN).map(|line| Line::of(desk, line)).collect();
            Group { kind, lines, more: count.saturating_sub(MOST_SHOWN) }
        });
        Self {
            draft_id: draft.id.to_string(),
            has_rules: found.has_rules,
            groups: groups.into_iter().filter(|group| !group.lines.is_empty()).collect(),
            open,
            all: found.lines.len(),
            can_ask: draft.state == DraftState::Editing && asking.is_none() && !found.lines.is_empty(),
            asking: asking.map(|job| job.id.to_string()),
            failure,
            refused,
        }
    }
}

/// What is known.
pub async fn list(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    me.serve(move |desk| {
        let found = read(desk, id)?;
        desk.fragment(&JudgementsPart::of(desk, &found, None))
    })
    .await
}

/// Starts asking.
pub async fn ask(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    me.serve(move |desk| {
        let started = judging::judge(desk.ports, &desk.who.actor, id).map_err(AppError::from);
        let refused = match started {
            Ok(_) => None,
            Err(error) if error.status() >= 500 || error.kind == &kinds::DRAFT_NOT_FOUND => return Err(error),
            Err(error) => Some(sentence(&error.detail())),
        };
        if !desk.visit.htmx {
            let place = format!("/drafts/{id}");
            return match refused {
                None => Ok(desk.go(&place)),
                Some(words) => desk.go_and_say(&place, "bad", &words),
            };
        }
        let status = if refused.is_none() { StatusCode::ACCEPTED } else { StatusCode::UNPROCESSABLE_ENTITY };
        let found = read(desk, id)?;
        Ok(desk.fragment(&JudgementsPart::of(desk, &found, refused))?.with_status(status))
    })
    .await
}

fn read(desk: &Desk<'_>, id: DraftId) -> Result<JudgedDraft, AppError> {
    judged_draft(desk.ports, &desk.who.actor, id)?.ok_or_else(draft_not_found)
}
