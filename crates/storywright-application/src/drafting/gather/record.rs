//! Steps on disk and told live, under the job's lease.

use super::state::Run;
use crate::Ports;
use storywright_domain::agent::AgentStep;
use storywright_domain::job::{EventKind, Job};
use storywright_domain::ports::{StorageError, StorageExt, Usage};
use storywright_domain::{Millis, Timestamp};

/// The day of a time, counted from 1970-01-01 UTC.
pub(crate) fn day_of(at: Timestamp) -> i64 {
    at.0.div_euclid(86_400_000)
}

/// Keeps a step that begins and tells it. `false` when the lease has passed on.
pub(crate) fn begin_step(ports: &Ports, job: &Job, step: &AgentStep) -> Result<bool, StorageError> {
    keep(ports, job, step, Usage::default())
}

/// Keeps a step that has ended, with what it cost, and tells it; the time that it took is filled in. `false` when the lease has passed on.
pub(crate) fn end_step(ports: &Ports, job: &Job, step: &mut AgentStep, usage: Usage) -> Result<bool, StorageError> {
    step.took = Millis((ports.clock.now().0 - step.began_at.0).max(0));
    keep(ports, job, step, usage)
}

fn keep(ports: &Ports, job: &Job, step: &AgentStep, usage: Usage) -> Result<bool, StorageError> {
    let day = day_of(ports.clock.now());
    let held = ports.storage.write(|tx| {
        if !tx.lease_holds(job.id, job.fence)? {
            return Ok::<_, StorageError>(false);
        }
        tx.put_step(step)?;
        if usage != Usage::default() {
            tx.add_tokens(job.user, day, usage, ports.settings.agent.price.cost_micros(usage))?;
        }
        Ok(true)
    })?;
    if held {
        let data = serde_json::json!({
            "ordinal": step.ordinal,
            "turn": step.turn,
            "kind": step.kind.as_str(),
            "state": step.state.as_str(),
            "asked": step.asked,
            "tool": step.tool,
            "problem": step.problem,
        });
        ports.events.append(job.id, EventKind::Step, &data.to_string())?;
    }
    Ok(held)
}

impl Run<'_> {
    /// Notes a step that begins.
    pub(super) fn begin(&mut self, step: &AgentStep) -> Result<bool, StorageError> {
        let held = begin_step(self.gathering.ports, self.gathering.job, step)?;
        self.put(step.clone());
        Ok(held)
    }

    /// Notes a step that has ended.
    pub(super) fn end(&mut self, mut step: AgentStep, usage: Usage) -> Result<bool, StorageError> {
        let held = end_step(self.gathering.ports, self.gathering.job, &mut step, usage)?;
        self.put(step);
        Ok(held)
    }
}
