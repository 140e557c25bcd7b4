//! Where a run is, as its stored steps say.

use super::Gathering;
use super::opening::OPEN_TOOLS;
use super::said::Said;
use std::fmt::Write as _;
use storywright_domain::agent::{AgentStep, StepKind, StepState};
use storywright_domain::ports::{ChatTurn, StorageError, StorageExt, ToolOutcome, ToolUse};

/// The answer that leaves a server out that gave no answer.
pub const GO_ON_WITHOUT: &str = "Go on without it";
/// The answer that calls it once more.
pub const TRY_AGAIN: &str = "Try again";

/// Most characters of results that are written from.
const MAX_SOURCES: usize = 300 * 1_024;

/// A run with its steps.
pub(super) struct Run<'a> {
    pub(super) gathering: &'a Gathering<'a>,
    pub(super) steps: Vec<AgentStep>,
}

/// What happens next.
pub(super) enum Next {
    /// The model is asked, in this turn.
    Model(u32),
    /// A call of this turn is made.
    Call(u32, ToolUse),
    /// A question is open.
    Wait(String),
    /// The person is asked about a server that gave no answer to this step.
    AskAbout(Box<AgentStep>),
    /// Nothing more is looked up.
    Done,
}

/// Whether a server gave no answer: what it would have said is not known.
fn is_gone(step: &AgentStep) -> bool {
    step.state == StepState::Failed
        && ["mcp_unreachable:", "mcp_no_answer:"].iter().any(|code| step.problem.starts_with(code))
}

impl<'a> Run<'a> {
    /// The run as it was when it was left.
    pub(super) fn resume(gathering: &'a Gathering<'a>) -> Result<Self, StorageError> {
        let (user, job) = (gathering.job.user, gathering.job.id);
        let steps = gathering.ports.storage.read(|tx| tx.steps(user, job))?;
        // Steps of the writing that comes after are not of this run.
        let steps = steps.into_iter().filter(|step| step.turn > 0).collect();
        Ok(Self { gathering, steps })
    }

    pub(super) fn next(&self) -> Next {
        if self.steps.iter().any(|step| step.kind == StepKind::Model && step.state == StepState::Refused) {
            return Next::Done;
        }
        let Some((turn, said)) = self.last_turn() else { return Next::Model(1) };
        for call in &said.calls {
            match self.outcome(turn, call) {
                None => return Next::Call(turn, call.clone()),
                Some(step) if is_gone(step) && !self.is_left_out(&step.server) => match self.question_after(step) {
                    None if self.questions_left() > 0 => return Next::AskAbout(Box::new(step.clone())),
                    Some((question, None)) => return Next::Wait(question.asked.clone()),
                    Some((_, Some(TRY_AGAIN))) => return Next::Call(turn, call.clone()),
                    None | Some((_, Some(_))) => {}
                },
                Some(_) => {}
            }
        }
        match (said.ask, said.calls.is_empty()) {
            (Some(question), _) => match self.questions().find(|(step, _)| step.turn == turn && step.server.is_empty())
            {
                Some((_, Some(_))) => Next::Model(turn + 1),
                // The step may be missing when the process ended in between; it is asked all the same.
                _ => Next::Wait(question),
            },
            (None, true) => Next::Done,
            (None, false) => Next::Model(turn + 1),
        }
    }

    /// The last turn that the model has finished.
    fn last_turn(&self) -> Option<(u32, Said)> {
        let done = |step: &&AgentStep| step.kind == StepKind::Model && step.state == StepState::Done;
        self.steps.iter().rev().find(done).map(|step| (step.turn, Said::of_json(&step.result)))
    }

    /// What came of a call, if that is known.
    fn outcome(&self, turn: u32, call: &ToolUse) -> Option<&AgentStep> {
        let of_call = |step: &&AgentStep| step.kind == StepKind::Tool && step.turn == turn && step.call_id == call.id;
        self.steps.iter().rev().filter(of_call).find(|step| step.state != StepState::Running)
    }

    /// The questions so far, each with its answer.
    fn questions(&self) -> impl Iterator<Item = (&AgentStep, Option<&str>)> {
        let asked = self.steps.iter().filter(|step| step.kind == StepKind::Question);
        asked.enumerate().map(|(number, step)| (step, self.gathering.answer(number)))
    }

    /// The question about a step, with its answer.
    fn question_after(&self, step: &AgentStep) -> Option<(&AgentStep, Option<&str>)> {
        self.questions().find(|(question, _)| question.call_id == step.call_id && question.ordinal > step.ordinal)
    }

    pub(super) fn questions_left(&self) -> usize {
        self.gathering.questions.saturating_sub(self.questions().count())
    }

    /// Whether the person goes on without a server.
    pub(super) fn is_left_out(&self, server: &str) -> bool {
        self.questions().any(|(step, answer)| step.server == server && answer.is_some_and(|answer| answer != TRY_AGAIN))
    }

    /// A step that begins; one of the same purpose that was cut off gives its place.
    pub(super) fn new_step(&self, kind: StepKind, turn: u32, call_id: &str) -> AgentStep {
        let same = |step: &&AgentStep| {
            step.state == StepState::Running && step.kind == kind && step.turn == turn && step.call_id == call_id
        };
        let next = self.steps.iter().map(|step| step.ordinal).max().unwrap_or(0) + 1;
        let ordinal = self.steps.iter().find(same).map_or(next, |step| step.ordinal);
        let (job, at) = (self.gathering.job, self.gathering.ports.clock.now());
        AgentStep { call_id: call_id.to_owned(), ..AgentStep::begun(job.id, job.user, ordinal, kind, turn, at) }
    }

    pub(super) fn put(&mut self, step: AgentStep) {
        match self.steps.iter_mut().find(|known| known.ordinal == step.ordinal) {
            Some(known) => *known = step,
            None => self.steps.push(step),
        }
    }

    /// The model's turns so far with what came of its calls.
    pub(super) fn turns(&self) -> Vec<ChatTurn> {
        let done = self.steps.iter().filter(|step| step.kind == StepKind::Model && step.state == StepState::Done);
        let turns = done.map(|step| {
            let calls = Said::of_json(&step.result).calls;
            let outcomes = calls.iter().map(|call| ToolOutcome {
                id: call.id.clone(),
                text: self.outcome(step.turn, call).map(told).unwrap_or_default(),
            });
            ChatTurn { outcomes: outcomes.collect(), calls }
        });
        turns.filter(|turn| !turn.calls.is_empty()).collect()
    }

    /// Everything that was found, for the writing.
    pub(super) fn sources(&self) -> String {
        let mut text = String::new();
        let found = |step: &&AgentStep| {
            step.kind == StepKind::Tool
                && step.state == StepState::Done
                && step.tool != OPEN_TOOLS
                // What became a source of the draft comes with its sources.
                && step.source.is_empty()
                && !step.result.trim().is_empty()
        };
        for step in self.steps.iter().filter(found) {
            if text.len() + step.result.len() > MAX_SOURCES {
                break;
            }
            // Writing to a text never fails.
            let _ = write!(text, "[t{}] {} {}\n{}\n\n", step.ordinal, step.tool, step.arguments, step.result.trim());
        }
        text.trim_end().to_owned()
    }
}

/// What the model is told of a step.
fn told(step: &AgentStep) -> String {
    let words = step.problem.split_once(": ").map_or(step.problem.as_str(), |(_, words)| words);
    match step.state {
        StepState::Done if step.cut => format!("{}\n[cut: {} bytes came]", step.result, step.bytes),
        StepState::Done => step.result.clone(),
        StepState::Failed => format!("[failed: {words}]\n{}", step.result).trim_end().to_owned(),
        StepState::Refused => format!("[refused: {words}]"),
        StepState::Running => String::new(),
    }
}
