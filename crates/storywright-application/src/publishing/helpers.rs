//! Finishing beside creation: while one issue is created, those before it are read back and linked on other threads. Only the executor
//! writes; it takes in what has come back between two create calls.

use super::execute::{Executor, may_come};
use super::finish::Halt;
use super::linking::{Finishing, LinkTask, Outcome, Task};
use std::any::Any;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use storywright_domain::publishing::{ItemState, PlannedLink};
use storywright_domain::source::CitedPage;

type Answer = Result<Outcome, Box<dyn Any + Send>>;

/// The way to the threads that finish issues.
pub(super) struct Helpers {
    tasks: Sender<Task>,
    answers: Receiver<Answer>,
    given: HashSet<usize>,
    pending: usize,
}

/// The other end of a link.
enum End {
    Key(String),
    /// It may come.
    Waits,
    /// It will not come by itself.
    Missing,
}

impl Executor<'_> {
    /// Runs `work` with threads beside it that finish issues; none when the settings say so.
    pub(super) fn with_helpers(&mut self, work: impl FnOnce(&mut Self) -> Result<(), Halt>) -> Result<(), Halt> {
        let number = self.ports.settings.finish_at_once;
        if number == 0 {
            return work(self);
        }
        let (tasks, todo) = channel::<Task>();
        let (done, answers) = channel::<Answer>();
        let todo = Arc::new(Mutex::new(todo));
        let over = AtomicBool::new(false);
        let finishing = Arc::clone(&self.finishing);
        self.helpers = Some(Helpers { tasks, answers, given: HashSet::new(), pending: 0 });
        std::thread::scope(|scope| {
            for _ in 0..number {
                let (finishing, todo, done, over) = (Arc::clone(&finishing), Arc::clone(&todo), done.clone(), &over);
                scope.spawn(move || help(&finishing, &todo, &done, over));
            }
            drop(done);
            let outcome = catch_unwind(AssertUnwindSafe(|| work(self)));
            // Ends the threads, also when the work has ended before its time.
            over.store(true, Ordering::SeqCst);
            self.helpers = None;
            outcome.unwrap_or_else(|cause| resume_unwind(cause))
        })
    }

    /// Lets what was just created be finished beside further creation, and takes in what is finished.
    pub(super) fn finish_meanwhile(&mut self, index: usize) -> Result<(), Halt> {
        if self.helpers.is_none() {
            return Ok(());
        }
        if self.items[index].state == ItemState::Created {
            self.hand_out(index);
        }
        while let Some(answer) = self.helpers.as_ref().and_then(|helpers| helpers.answers.try_recv().ok()) {
            self.take_in(answer)?;
        }
        Ok(())
    }

    /// Finishes what is created. What is linked to issues that may still come waits for them.
    pub(super) fn finish_created(&mut self) -> Result<(), Halt> {
        for index in 0..self.items.len() {
            if self.items[index].state != ItemState::Created {
                continue;
            }
            self.check_stop()?;
            if self.helpers.is_some() {
                self.hand_out(index);
            } else if let Some(task) = self.task(index) {
                let outcome = self.finishing.finish(&task);
                self.keep(outcome)?;
            }
        }
        while self.helpers.as_ref().is_some_and(|helpers| helpers.pending > 0) {
            let Some(Ok(answer)) = self.helpers.as_ref().map(|helpers| helpers.answers.recv()) else { break };
            self.take_in(answer)?;
        }
        Ok(())
    }

    fn hand_out(&mut self, index: usize) {
        let Some(task) = self.task(index) else { return };
        if let Some(helpers) = &mut self.helpers
            && helpers.given.insert(index)
            && helpers.tasks.send(task).is_ok()
        {
            helpers.pending += 1;
        }
    }

    fn take_in(&mut self, answer: Answer) -> Result<(), Halt> {
        if let Some(helpers) = &mut self.helpers {
            helpers.pending -= 1;
        }
        match answer {
            Ok(outcome) => self.keep(outcome),
            Err(cause) => resume_unwind(cause),
        }
    }

    fn keep(&mut self, outcome: Outcome) -> Result<(), Halt> {
        match outcome {
            Outcome::Done { index, problem, differences } => {
                self.finished(index, problem, differences)?;
                let all_there = self.items.iter().all(|item| item.state.is_in_jira());
                if all_there {
                    self.tell_progress("Checking and linking", |state| state != ItemState::Created);
                }
                Ok(())
            }
            Outcome::Interrupted => self.check_stop(),
            Outcome::Halted(error) => self.pause_for(&error),
        }
    }

    /// What is to be done for an issue; `None` while an issue that it is linked to may still come.
    fn task(&self, index: usize) -> Option<Task> {
        let item = &self.items[index];
        let mut links = Vec::with_capacity(item.links.len());
        for link in &item.links {
            let other = match self.end(link) {
                End::Key(key) => Ok(key),
                End::Missing => Err(link.to.clone()),
                End::Waits => return None,
            };
            links.push(LinkTask { kind: link.kind, reversed: link.reversed, other });
        }
        Some(Task {
            index,
            id: item.jira_id.clone()?,
            key: item.jira_key.clone()?,
            payload: item.payload.clone(),
            parent: self.parent_in_payload(index),
            epic: self.key_above(index).filter(|_| item.epic_afterwards),
            global_id: format!("storywright:{}:{}", self.ports.settings.instance, item.id),
            links,
            pages: self.pages_of(&item.reference),
        })
    }

    fn pages_of(&self, reference: &str) -> Vec<(String, CitedPage)> {
        let instance = &self.ports.settings.instance;
        // The same page has the same global id on every run, so that a second link to it is an update of the first.
        let named = |page: &CitedPage| (format!("storywright:{instance}:page:{}:{}", page.site, page.id), page.clone());
        self.pages.get(reference).into_iter().flatten().map(named).collect()
    }

    fn end(&self, link: &PlannedLink) -> End {
        let Some(other) = self.items.iter().find(|item| item.reference == link.to) else {
            return End::Key(link.to.clone());
        };
        match (&other.jira_key, other.state) {
            (Some(key), state) if state.is_in_jira() => End::Key(key.clone()),
            _ if may_come(other) => End::Waits,
            _ => End::Missing,
        }
    }
}

fn help(finishing: &Finishing, todo: &Mutex<Receiver<Task>>, done: &Sender<Answer>, over: &AtomicBool) {
    loop {
        let task = todo.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(task) = task else { return };
        if over.load(Ordering::SeqCst) {
            return;
        }
        let answer = catch_unwind(AssertUnwindSafe(|| finishing.finish(&task)));
        if done.send(answer).is_err() {
            return;
        }
    }
}
