//! How much the agent may do, and the words in which it is told that this is enough.

use super::state::Run;
use super::{Gathering, day_of};
use crate::Ports;
use storywright_domain::agent::{StepKind, StepState};
use storywright_domain::job::{Job, JobKind, JobStatus};
use storywright_domain::meter::{TokenPrice, money};
use storywright_domain::ports::{ChatRequest, StorageError, StorageExt, ToolUse, Usage};
use storywright_domain::{Millis, UserId};

/// Limits of one run and of a day. An administrator may lower them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgentLimits {
    /// Turns of the model.
    pub turns: u32,
    /// Calls of tools.
    pub calls: usize,
    /// At the so many-eth call with the same arguments it stops.
    pub identical: usize,
    /// Time that its steps take together; time in which a question waits does not count.
    pub time: Millis,
    /// Bytes of one result.
    pub result_bytes: usize,
    /// Bytes of everything that the model is sent in one turn.
    pub context_bytes: usize,
    /// Tokens of all prompts of a run.
    pub input_tokens: u64,
    /// Tokens of all answers of a run.
    pub output_tokens: u64,
    /// Calls that cannot be made sense of.
    pub repairs: usize,
    /// Runs of one person at a time; another one waits.
    pub runs: usize,
    /// Tokens of a person on a day, prompts and answers together; 0 for no limit.
    pub daily_tokens: u64,
    /// Tokens of all people together on a day; 0 for no limit.
    pub daily_tokens_of_all: u64,
    /// What tokens cost.
    pub price: TokenPrice,
    /// What a person may spend on a day, in millionths of the currency; 0 for no limit.
    pub daily_cost_micros: u64,
}

impl Default for AgentLimits {
    fn default() -> Self {
        Self {
            turns: 8,
            calls: 20,
            identical: 3,
            time: Millis::minutes(5),
            result_bytes: 64 * 1_024,
            context_bytes: 400 * 1_024,
            input_tokens: 120_000,
            output_tokens: 16_000,
            repairs: 2,
            runs: 2,
            daily_tokens: 5_000_000,
            daily_tokens_of_all: 0,
            price: TokenPrice::default(),
            daily_cost_micros: 0,
        }
    }
}

/// Why the model may not be called today any more: code and words.
pub(crate) fn over_budget(ports: &Ports, user: UserId) -> Result<Option<(&'static str, String)>, StorageError> {
    let limits = &ports.settings.agent;
    let day = day_of(ports.clock.now());
    let (own, all) = ports.storage.read(|tx| {
        let all = if limits.daily_tokens_of_all > 0 { tx.tokens_of_all(day)? } else { Usage::default() };
        Ok::<_, StorageError>((tx.use_by_day(user, day)?, all))
    })?;
    let today = own.into_iter().find(|of| of.day == day).unwrap_or_default();
    let own = today.usage;
    if limits.daily_tokens > 0 && own.total() >= limits.daily_tokens {
        let message = format!(
            "You have used {} of your {} tokens of today. Go on tomorrow (the day ends at 00:00 UTC), or ask an administrator for more.",
            own.total(),
            limits.daily_tokens
        );
        return Ok(Some(("token_budget_used", message)));
    }
    if limits.daily_cost_micros > 0 && today.cost_micros >= limits.daily_cost_micros {
        let currency = &ports.settings.currency;
        let message = format!(
            "You have spent {} of your {} {currency} of today on the LLM. Go on tomorrow (the day ends at 00:00 UTC), or ask an administrator for more.",
            money(today.cost_micros),
            money(limits.daily_cost_micros)
        );
        return Ok(Some(("cost_budget_used", message.replace("  ", " "))));
    }
    if limits.daily_tokens_of_all > 0 && all.total() >= limits.daily_tokens_of_all {
        let message = format!(
            "All {} tokens of today are used by everybody together. Go on tomorrow (the day ends at 00:00 UTC), or ask an administrator for more.",
            limits.daily_tokens_of_all
        );
        return Ok(Some(("token_budget_of_all_used", message)));
    }
    Ok(None)
}

/// Whether so many other runs of the job's person are at work that this one waits.
pub(in crate::drafting) fn too_many_runs(ports: &Ports, job: &Job) -> Result<bool, StorageError> {
    let open = ports.storage.read(|tx| tx.open_jobs(job.user))?;
    let other = |other: &&Job| {
        other.id != job.id
            && other.status == JobStatus::Running
            && matches!(other.kind, JobKind::Generate | JobKind::Refine)
    };
    Ok(open.iter().filter(other).count() >= ports.settings.agent.runs)
}

impl Run<'_> {
    pub(super) fn limits(&self) -> &AgentLimits {
        &self.gathering.ports.settings.agent
    }

    /// What is left of the time for the run.
    pub(super) fn time_left(&self) -> Millis {
        let taken: i64 = self.steps.iter().filter(|step| step.kind != StepKind::Question).map(|step| step.took.0).sum();
        Millis((self.limits().time.0 - taken).max(0))
    }

    /// Why the model is not asked again, if it is not.
    pub(super) fn over_limit_before_turn(&self, turn: u32) -> Option<String> {
        let limits = self.limits();
        let total =
            |tokens: fn(&storywright_domain::agent::AgentStep) -> u64| self.steps.iter().map(tokens).sum::<u64>();
        if turn > limits.turns {
            return Some(format!(
                "limit_turns: {} turns of the model are enough for one run; it writes from what it knows.",
                limits.turns
            ));
        }
        if self.time_left().0 == 0 {
            return Some(format!(
                "limit_time: {} minutes are over; it writes from what it knows.",
                limits.time.0 / 60_000
            ));
        }
        if total(|step| step.input_tokens) >= limits.input_tokens
            || total(|step| step.output_tokens) >= limits.output_tokens
        {
            return Some(format!(
                "limit_tokens: {} tokens in and {} out are enough for one run; it writes from what it knows.",
                limits.input_tokens, limits.output_tokens
            ));
        }
        if self.context() >= limits.context_bytes {
            return Some(format!(
                "limit_context: {} KB of text are enough for one run; it writes from them.",
                limits.context_bytes / 1_024
            ));
        }
        None
    }

    /// Why a call is not made and nothing more is looked up, if that is so.
    pub(super) fn over_limit_before_call(&self, call: &ToolUse) -> Option<String> {
        let limits = self.limits();
        let made = self.steps.iter().filter(|step| step.kind == StepKind::Tool && step.state != StepState::Running);
        if made.clone().count() >= limits.calls {
            return Some(format!(
                "limit_calls: {} calls of tools are enough for one run; it writes from what it knows.",
                limits.calls
            ));
        }
        if self.time_left().0 == 0 {
            return Some(format!(
                "limit_time: {} minutes are over; it writes from what it knows.",
                limits.time.0 / 60_000
            ));
        }
        let same = |arguments: &str| serde_json::from_str::<serde_json::Value>(arguments).ok();
        let wanted = same(&call.arguments);
        let repeated = made.clone().filter(|step| {
            step.tool == call.name
                && (step.arguments == call.arguments || wanted.is_some() && same(&step.arguments) == wanted)
        });
        // A call that the person wants tried again is not the model's repetition.
        let repeated = repeated.filter(|step| step.call_id != call.id).count();
        if repeated + 1 >= limits.identical {
            return Some(format!(
                "limit_identical: the model makes the same call for the {}. time; it writes from what it knows.",
                repeated + 1
            ));
        }
        let unusable = |problem: &str| problem.starts_with("tool_unknown") || problem.starts_with("arguments_unusable");
        if made.filter(|step| unusable(&step.problem)).count() > limits.repairs {
            return Some(
                "limit_repairs: the model calls what cannot be called again and again; it writes from what it knows."
                    .to_owned(),
            );
        }
        None
    }

    /// A result cut to what one result and the whole context may hold; whether something was cut.
    pub(super) fn fitting(&self, text: &str) -> (String, bool) {
        let room = self.limits().context_bytes.saturating_sub(self.context());
        let most = self.limits().result_bytes.min(room);
        if text.len() <= most {
            return (text.to_owned(), false);
        }
        let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        (text[..end].to_owned(), true)
    }

    /// Bytes of everything that the model is sent.
    fn context(&self) -> usize {
        let values: usize = self.gathering.values.iter().map(|(_, text)| text.len()).sum();
        values + self.steps.iter().map(|step| step.result.len() + step.arguments.len()).sum::<usize>()
    }

    /// What a call cost, estimated at four bytes a token where the service does not say.
    pub(super) fn counted(&self, usage: Usage, request: &ChatRequest, text: &str, calls: &[ToolUse]) -> Usage {
        let tools: usize = request.tools.iter().map(|tool| tool.description().len() + tool.parameters().len()).sum();
        let written = text.len() + calls.iter().map(|call| call.name.len() + call.arguments.len()).sum::<usize>();
        estimated(usage, self.context() + tools, written)
    }
}

/// What the service says, or a quarter of the bytes where it says nothing.
pub(in crate::drafting) fn estimated(usage: Usage, sent: usize, written: usize) -> Usage {
    let tokens = |bytes: usize| u64::try_from(bytes.div_ceil(4)).unwrap_or(u64::MAX);
    Usage {
        input: if usage.input == 0 { tokens(sent) } else { usage.input },
        output: if usage.output == 0 { tokens(written) } else { usage.output },
    }
}

impl Gathering<'_> {
    /// Questions that the person has been asked in this phase are answered in order.
    pub(super) fn answer(&self, number: usize) -> Option<&str> {
        self.answers.get(number).map(|(_, answer)| answer.as_str())
    }
}
