//! One call of the model as a step of a job: begun and ended under the lease, counted, its text collected.

use super::gather::{begin_step, end_step};
use super::run::ended_step;
use crate::Ports;
use storywright_domain::agent::{AgentStep, StepKind};
use storywright_domain::cancel::Cancellation;
use storywright_domain::job::Job;
use storywright_domain::ports::{
    ChatAccess, ChatAnswer, ChatCall, ChatError, ChatRequest, ChatSink, StorageError, Usage,
};

/// What a call within a job needs.
pub(crate) struct Calling<'a> {
    pub ports: &'a Ports,
    pub job: &'a Job,
    pub access: &'a ChatAccess,
    pub cancellation: &'a Cancellation,
    /// Hears each piece of the answer as it comes.
    pub listener: Option<&'a (dyn Fn(&str) + Sync)>,
}

/// Collects what the model writes, and passes it on where somebody listens.
struct Collected<'a> {
    text: String,
    listener: Option<&'a (dyn Fn(&str) + Sync)>,
}

impl ChatSink for Collected<'_> {
    fn text(&mut self, piece: &str) {
        self.text.push_str(piece);
        if let Some(listener) = self.listener {
            listener(piece);
        }
    }
}

/// What a call came to, and what it used.
pub(crate) type Said = (Result<ChatAnswer, ChatError>, Usage);

/// A step that calls the model, as it begins. Its turn is 0, since it is no part of looking things up.
pub(super) fn model_step(
    ports: &Ports,
    job: &Job,
    access: &ChatAccess,
    call: ChatCall,
    ordinal: u32,
    asked: String,
) -> AgentStep {
    let setup = ports.chat.setup(&access.service, call);
    AgentStep {
        asked,
        service: access.service.clone(),
        prompt_sha256: setup.as_ref().map(|setup| ports.sha256.hex(setup.prompt.as_bytes())).unwrap_or_default(),
        model: setup.map(|setup| setup.model).unwrap_or_default(),
        ..AgentStep::begun(job.id, job.user, ordinal, StepKind::Model, 0, ports.clock.now())
    }
}

/// Calls the model as the step with this ordinal; what it used comes with what it said. `None` when the lease has passed on.
pub(crate) fn called(
    calling: &Calling<'_>,
    ordinal: u32,
    what: String,
    ask: &ChatRequest,
) -> Result<Option<Said>, StorageError> {
    let Calling { ports, job, access, cancellation, listener } = *calling;
    let step = model_step(ports, job, access, ask.call, ordinal, what);
    if !begin_step(ports, job, &step)? {
        return Ok(None);
    }
    let mut sink = Collected { text: String::new(), listener };
    let result = ports.chat.converse(access, ask, &mut sink, cancellation);
    let (mut step, usage) = ended_step(step, ask, &result, &sink.text);
    Ok(end_step(ports, job, &mut step, usage)?.then_some((result, usage)))
}
