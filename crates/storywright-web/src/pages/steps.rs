//! Steps of the agent as people see them: in the workspace while they happen, and on the way of an issue.

use super::desk::{Desk, part};
use crate::errors::AppError;
use crate::view::{Choice, Time, View};
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use serde::Serialize;
use storywright_application::agent::steps_of_job;
use storywright_application::drafting::LEANEST;
use storywright_domain::JobId;
use storywright_domain::agent::{AgentStep, StepKind, StepState};

/// Characters of a result that are shown.
const PREVIEW: usize = 2_000;

/// A step in a list.
#[derive(Serialize)]
pub(super) struct StepLine {
    ordinal: u32,
    kind: &'static str,
    state: &'static str,
    asked: String,
    tool: String,
    server: String,
    class: &'static str,
    arguments: String,
    approval: String,
    preview: String,
    size: String,
    cut: bool,
    source: String,
    problem: String,
    took: String,
    at: Time,
    model: String,
    service: String,
    prompt: String,
    tokens: u64,
}

impl StepLine {
    pub(super) fn of(desk: &Desk<'_>, step: &AgentStep) -> Self {
        let preview: String =
            if step.kind == StepKind::Model { String::new() } else { step.result.chars().take(PREVIEW).collect() };
        Self {
            ordinal: step.ordinal,
            kind: step.kind.as_str(),
            state: step.state.as_str(),
            asked: step.asked.clone(),
            tool: step.tool.clone(),
            server: step.server.clone(),
            class: step.class.map_or("", |class| class.as_str()),
            arguments: if step.kind == StepKind::Tool { step.arguments.clone() } else { String::new() },
            approval: step.approval_hash.chars().take(12).collect(),
            cut: step.cut || step.result.chars().count() > PREVIEW,
            preview,
            size: size(step.bytes),
            source: step.source.clone(),
            problem: step.problem.split_once(": ").map_or(step.problem.as_str(), |(_, words)| words).to_owned(),
            took: if step.state == StepState::Running { String::new() } else { span(step.took.0) },
            at: desk.time(step.began_at),
            model: step.model.clone(),
            service: step.service.clone(),
            prompt: step.prompt_sha256.chars().take(12).collect(),
            tokens: step.input_tokens + step.output_tokens,
        }
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0 => String::new(),
        1..1_024 => format!("{bytes} B"),
        _ => format!("{} KB", bytes.div_ceil(1_024)),
    }
}

fn span(millis: i64) -> String {
    if millis < 1_000 { format!("{millis} ms") } else { format!("{}.{} s", millis / 1_000, millis % 1_000 / 100) }
}

/// Offered answers as buttons.
pub(super) fn answer_choices(answers: &[String]) -> Vec<Choice> {
    let label = |answer: &String| if answer == LEANEST { "Assume the leanest".to_owned() } else { answer.clone() };
    answers.iter().map(|answer| Choice::new(answer, &label(answer))).collect()
}

#[derive(Serialize)]
struct Steps {
    steps: Vec<StepLine>,
}

impl View for Steps {
    const TEMPLATE: &'static str = "fragments/steps.html";
}

/// The steps of a job, for the page that listens to it.
pub async fn fragment(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = JobId::parse(&part(me.request(), "id")).map_err(|_| AppError::job_not_found())?;
    me.serve(move |desk| {
        let steps = steps_of_job(desk.ports, &desk.who.actor, id)?.ok_or_else(AppError::job_not_found)?;
        desk.fragment(&Steps { steps: steps.iter().map(|step| StepLine::of(desk, step)).collect() })
    })
    .await
}
