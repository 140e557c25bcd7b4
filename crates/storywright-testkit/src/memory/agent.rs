//! Steps of the agent, origins of versions, tokens by day.

use super::MemoryTx;
use storywright_domain::agent::{AgentStep, Provenance};
use storywright_domain::meter::DayUse;
use storywright_domain::ports::{AgentRepo, StorageError, Usage};
use storywright_domain::{DraftId, JobId, UserId};

impl AgentRepo for MemoryTx<'_> {
    fn steps(&mut self, user: UserId, job: JobId) -> Result<Vec<AgentStep>, StorageError> {
        let steps = self.state.steps.range((job, 0)..=(job, u32::MAX)).map(|(_, step)| step);
        Ok(steps.filter(|step| step.user == user).cloned().collect())
    }

    fn put_step(&mut self, step: &AgentStep) -> Result<(), StorageError> {
        let state = self.change()?;
        let known = state.jobs.get(&step.job).is_some_and(|kept| kept.job.user == step.user);
        if !known {
            return Err(StorageError::Corrupt { entity: "agent step", detail: "no such job".to_owned() });
        }
        state.steps.insert((step.job, step.ordinal), step.clone());
        Ok(())
    }

    fn insert_provenance(&mut self, provenance: &Provenance) -> Result<(), StorageError> {
        let key = (provenance.draft, provenance.version);
        self.change()?.origins.entry(key).or_insert_with(|| provenance.clone());
        Ok(())
    }

    fn provenance(&mut self, user: UserId, draft: DraftId, version: u32) -> Result<Option<Provenance>, StorageError> {
        let before = self.state.origins.range((draft, 0)..=(draft, version)).map(|(_, origin)| origin);
        Ok(before.rev().find(|origin| origin.user == user).cloned())
    }

    fn add_tokens(&mut self, user: UserId, day: i64, usage: Usage, cost_micros: u64) -> Result<(), StorageError> {
        let state = self.change()?;
        state.must_know("token count", user)?;
        let count = state.tokens_by_day.entry((day, user)).or_default();
        count.day = day;
        count.usage = count.usage.plus(usage);
        count.cost_micros += cost_micros;
        Ok(())
    }

    fn use_by_day(&mut self, user: UserId, since: i64) -> Result<Vec<DayUse>, StorageError> {
        let days = self.state.tokens_by_day.range((since, UserId(0))..).rev();
        Ok(days.filter(|((_, of), _)| *of == user).map(|(_, count)| *count).take(366).collect())
    }

    fn tokens_of(&mut self, user: UserId, day: i64) -> Result<Usage, StorageError> {
        Ok(self.state.tokens_by_day.get(&(day, user)).map(|count| count.usage).unwrap_or_default())
    }

    fn tokens_of_all(&mut self, day: i64) -> Result<Usage, StorageError> {
        let of_day = self.state.tokens_by_day.iter().filter(|((of, _), _)| *of == day).map(|(_, count)| count.usage);
        Ok(of_day.fold(Usage::default(), Usage::plus))
    }
}
