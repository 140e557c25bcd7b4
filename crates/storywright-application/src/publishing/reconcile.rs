//! Finding out what became of lost answers: at once, then when the call can no longer be under way, then when the index of every node
//! must know, then by the issue numbers. Nothing is sent for an item until it is known that it is not there.

use super::execute::Executor;
use super::finish::Halt;
use super::probe::{Found, Search, Walk};
use super::through;
use storywright_domain::jira::Marker;
use storywright_domain::publishing::ItemState;
use storywright_domain::remote::RemoteError;
use storywright_domain::{ItemId, Millis, Timestamp};

/// Looks after which the person is asked, whatever kept them from finding out.
const MOST_LOOKS: u32 = 12;
/// The wait after a look that failed.
const AFTER_FAILURE: Millis = Millis::seconds(60);
/// From this look on, the issue numbers are walked.
const WALKS_FROM: usize = 3;

impl Executor<'_> {
    /// When the next look is due.
    pub(super) fn next_look(&self) -> Option<Timestamp> {
        let looked_for = self.items.iter().filter(|item| item.state == ItemState::Reconciling);
        looked_for.filter_map(|item| item.next_probe_at).min()
    }

    /// Looks for what is unknown and due. Says whether anything is known now that was not.
    pub(super) fn reconcile(&mut self) -> Result<bool, Halt> {
        let now = self.ports.clock.now();
        let due: Vec<usize> = (0..self.items.len())
            .filter(|index| match self.items[*index].state {
                ItemState::Unknown => true,
                ItemState::Reconciling => self.items[*index].next_probe_at.is_none_or(|at| at <= now),
                _ => false,
            })
            .collect();
        if due.is_empty() {
            return Ok(false);
        }
        let (by_hand, due): (Vec<usize>, Vec<usize>) =
            due.into_iter().partition(|index| self.items[*index].marker == Marker::Manual);
        for index in &by_hand {
            let problem = "The answer of Jira was lost, and the issue carries no mark by which it could be found.";
            self.change(*index, ItemState::NeedsHuman, Some(problem.to_owned()), "no mark to look for")?;
        }
        self.tell_progress("Looking for issues whose answers were lost", |state| !state.is_in_doubt());
        let found = self.search(&due)?;
        let any = self.adopt(found.as_deref().unwrap_or_default(), "found by its mark")?;
        let settled = self.conclude(&due, found.is_none(), now)?;
        Ok(any || settled || !by_hand.is_empty())
    }

    /// What the index shows; `None` when it could not be asked.
    fn search(&mut self, due: &[usize]) -> Result<Option<Vec<Found>>, Halt> {
        let wanted: Vec<ItemId> = due.iter().map(|index| self.items[*index].id).collect();
        if wanted.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let outcome = self.with_search(|search| search.by_mark(&wanted));
        self.answered(outcome)
    }

    fn with_search<T>(&self, look: impl FnOnce(&Search<'_>) -> T) -> T {
        let stop = || self.cancellation.is_cancelled();
        let (ports, access, run, items) = (self.ports, &self.access, &self.run, self.items.as_slice());
        look(&Search { ports, access, run, items, stop: &stop })
    }

    /// The answer, or `None` when the site is in trouble; a run that needs its person pauses.
    fn answered<T>(&self, outcome: Result<T, RemoteError>) -> Result<Option<T>, Halt> {
        match outcome {
            Ok(answer) => Ok(Some(answer)),
            Err(error) => {
                self.check_stop()?;
                // A short limit is waited for by the schedule.
                if !matches!(error, RemoteError::RateLimited { .. }) {
                    self.pause_for(&error)?;
                }
                log::warn!(run_id = self.run.id.to_string().as_str(), error = error.to_string().as_str(); "looking for issues failed");
                Ok(None)
            }
        }
    }

    fn adopt(&mut self, found: &[Found], detail: &str) -> Result<bool, Halt> {
        for (item, issue) in found {
            if let Some(index) = self.place_of(*item) {
                self.created(index, issue.clone(), detail)?;
            }
        }
        Ok(!found.is_empty())
    }

    /// What was not found is looked for again later, or walked for, or settled when its time is over.
    fn conclude(&mut self, due: &[usize], failed: bool, now: Timestamp) -> Result<bool, Halt> {
        let open = |this: &Self| -> Vec<usize> {
            due.iter().copied().filter(|index| this.items[*index].state.is_in_doubt()).collect()
        };
        let walked: Vec<usize> =
            open(self).into_iter().filter(|index| self.looks_passed(*index, now) >= WALKS_FROM).collect();
        let walk = self.walk(&walked)?;
        let mut any = false;
        if let Some(walk) = &walk {
            any = self.adopt(&walk.found, "found by its number")?;
        }
        self.check_stop()?;
        for index in open(self) {
            let failed = failed || (walk.is_none() && walked.contains(&index));
            // What a walk did not look for, it says nothing about; and it counts as of when it began.
            let walk = walk.as_ref().filter(|_| walked.contains(&index));
            any |= self.settle_look(index, failed, walk, now)?;
        }
        Ok(any)
    }

    fn walk(&mut self, walked: &[usize]) -> Result<Option<Walk>, Halt> {
        let wanted: Vec<ItemId> = walked.iter().map(|index| self.items[*index].id).collect();
        if wanted.is_empty() {
            return Ok(None);
        }
        let outcome = self.with_search(|search| search.by_number(&wanted));
        self.answered(outcome)
    }

    /// Writes what one look came to that did not find the item.
    fn settle_look(&mut self, index: usize, failed: bool, walk: Option<&Walk>, began: Timestamp) -> Result<bool, Halt> {
        let now = self.ports.clock.now();
        let looks = self.looks();
        let passed = self.looks_passed(index, began);
        let sent_at = self.items[index].sent_at.unwrap_or(now);
        let problem = self.items[index].problem.clone();
        if passed < looks.len() || failed {
            if self.items[index].probes >= MOST_LOOKS {
                return self.ask(index, "It could not be looked for: Jira did not answer.", "too many looks failed");
            }
            let planned = looks.get(passed).map(|after| sent_at + *after);
            let next = if failed { planned.unwrap_or(now).max(now + AFTER_FAILURE) } else { planned.unwrap_or(now) };
            let detail = if failed { "the look failed" } else { "not found yet" };
            self.looked(index, ItemState::Reconciling, problem, Some(next), detail)?;
            return Ok(false);
        }
        let item = self.items[index].id;
        let alike = walk.and_then(|walk| walk.alike.iter().find(|(of, _)| *of == item)).map(|(_, key)| key.clone());
        if let Some(key) = alike {
            let problem = format!("{key} looks like this issue, but carries no proof of it.");
            return self.ask(index, &problem, "an issue without proof looks like it");
        }
        if walk.is_some_and(|walk| walk.conclusive) {
            let mut words = "It was looked for and is not in Jira.".to_owned();
            // A tool's refusal looks like a lost answer: its words are what the person can act upon.
            if let Some(said) = problem.filter(|_| through::of(&self.items[index].payload).is_some()) {
                words = format!("{words} {said}");
            }
            self.looked(index, ItemState::Absent, Some(words), None, "no issue of the project is it")?;
            return Ok(true);
        }
        self.ask(
            index,
            "It was not found, and Jira does not show enough to say that it is not there.",
            "not conclusive",
        )
    }

    fn ask(&mut self, index: usize, problem: &str, detail: &str) -> Result<bool, Halt> {
        self.looked(index, ItemState::NeedsHuman, Some(problem.to_owned()), None, detail)?;
        Ok(true)
    }

    fn looks(&self) -> [Millis; 4] {
        self.ports.settings.reconcile.looks(self.ports.settings.create_timeout)
    }

    /// How many of the planned looks are over at a point in time: a worker that comes late does not begin from the first.
    fn looks_passed(&self, index: usize, now: Timestamp) -> usize {
        let sent_at = self.items[index].sent_at.unwrap_or(now);
        self.looks().iter().filter(|after| sent_at + **after <= now).count()
    }
}
