//! Long requirements, written section by section: some at a time, each kept when it is done, so that neither a dead process nor a failed
//! section costs what was written before.
//!
//! Which sections are done is decided by a digest of everything that the model is told for a section: after a crash, a stop or a failed
//! section the next attempt, or the next generation of the same, writes only what is missing. When all was done by an earlier
//! job, generating again begins anew.

mod mending;
mod one;
mod part;

pub(super) use self::one::{Asked, asked};
pub use self::part::uncovered_in_one_call;
pub(super) use self::part::{section_to_write, uncovered, write_part};

use self::mending::mended_together;
use self::one::{One, write_one};
use super::RunError;
use super::keep::{Written, progress};
use super::run::stopped;
use crate::Ports;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use storywright_domain::agent::{AgentStep, StepState};
use storywright_domain::cancel::Cancellation;
use storywright_domain::draft::Draft;
use storywright_domain::job::Job;
use storywright_domain::merging::merged;
use storywright_domain::ports::{ChatAccess, ChatRequest, StorageError, StorageExt, Usage};
use storywright_domain::requirement::{OutlineSection, outline};
use storywright_domain::rules::{Oversize, RuleSet};
use storywright_domain::section::{DraftSection, SectionState};
use storywright_domain::splitting::{check_split, split_story};
use storywright_domain::story::{Document, Story};

/// Estimated tokens of the text of one section. Requirements within it are written in one call.
pub const SECTION_TOKENS: usize = 3_000;
/// Sections of one draft that are written at the same time.
const AT_ONCE: usize = 3;

/// What the writing of one draft in sections is about.
pub(super) struct Pipeline<'a> {
    pub ports: &'a Ports,
    pub job: &'a Job,
    pub access: &'a ChatAccess,
    pub draft: &'a Draft,
    pub rules: &'a RuleSet,
    /// The call for the whole; its requirements are replaced by those of each section.
    pub ask: &'a ChatRequest,
    pub cancellation: &'a Cancellation,
}

/// The sections of requirements that are too long for one call; `None` when they are not.
pub(super) fn sections_of(requirements: &str) -> Option<Vec<OutlineSection>> {
    let sections = outline(requirements, SECTION_TOKENS);
    (sections.len() > 1).then_some(sections)
}

/// Writes what is missing and puts everything together.
pub(super) fn write_sections(pipeline: &Pipeline<'_>, sections: &[OutlineSection]) -> Result<Written, RunError> {
    let Some(kept) = prepared(pipeline, sections)? else { return Ok(Written::LeaseLost) };
    let total = kept.len();
    let missing: VecDeque<DraftSection> =
        kept.iter().filter(|section| section.state != SectionState::Done).cloned().collect();
    let found = kept.iter().filter(|section| section.state == SectionState::Done);
    let shared = Shared::of(pipeline, total, State { missing, done: found.cloned().collect(), ended: None })?;
    let words = match shared.lock().done.len() {
        0 => format!("The requirements are written in {total} sections"),
        done => format!("{done} of {total} sections are there already"),
    };
    progress(pipeline.ports, pipeline.job.id, &words, 0)?;
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(total) {
            scope.spawn(|| work(pipeline, &shared));
        }
    });
    let State { mut done, missing, ended } = std::mem::take(&mut *shared.lock());
    // A first draft that was not mended to its end is better than none.
    done.extend(missing.into_iter().filter(|section| !section.stories.is_empty()));
    done.sort_by_key(|section| section.ordinal);
    let failed: Vec<DraftSection> =
        done.iter().filter(|section| section.state == SectionState::Failed).cloned().collect();
    let mut document = put_together(done, pipeline.rules);
    let ended = match ended {
        None if failed.is_empty() => mended_together(pipeline, &shared, &mut document)?,
        ended => ended,
    };
    match ended {
        Some(Ended::Error(error)) => Err(error),
        Some(Ended::Cancelled) => Ok(stopped(pipeline.ports, pipeline.job, some(document))?),
        Some(Ended::Written(Written::Failed { code, message, .. })) => {
            Ok(Written::Failed { code, message, partial: some(document) })
        }
        Some(Ended::Written(written)) => Ok(written),
        None if failed.is_empty() => Ok(Written::Document(document)),
        None => {
            Ok(Written::Failed { code: "llm_answer_unusable", message: told(&failed, total), partial: some(document) })
        }
    }
}

fn some(document: Document) -> Option<Document> {
    (!document.is_empty()).then_some(document)
}

fn told(failed: &[DraftSection], total: usize) -> String {
    let named: Vec<String> = failed
        .iter()
        .take(5)
        .map(|section| format!("{} “{}”: {}", section.ordinal, section.title, section.problem))
        .collect();
    format!(
        "{} of {total} sections could not be written ({}). What was written is kept. Retry a section under Coverage, or generate again: only those sections are written again.",
        failed.len(),
        named.join("; ")
    )
}

/// What the workers share.
pub(super) struct Shared {
    total: usize,
    /// Ordinal of the next step.
    next_step: Mutex<u32>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    missing: VecDeque<DraftSection>,
    /// Written or failed, in the order in which they ended.
    done: Vec<DraftSection>,
    /// Why nothing more is begun.
    ended: Option<Ended>,
}

/// Why writing ends before all sections are written.
pub(super) enum Ended {
    Error(RunError),
    Cancelled,
    Written(Written),
}

impl Shared {
    fn of(pipeline: &Pipeline<'_>, total: usize, state: State) -> Result<Self, StorageError> {
        Ok(Self { total, next_step: Mutex::new(next_step(pipeline.ports, pipeline.job)?), state: Mutex::new(state) })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a step that no other has.
    pub(super) fn step(&self) -> u32 {
        let mut next = self.next_step.lock().unwrap_or_else(PoisonError::into_inner);
        *next += 1;
        *next - 1
    }
}

/// Writes one section after the other until none is left or something ends it all.
fn work(pipeline: &Pipeline<'_>, shared: &Shared) {
    loop {
        let section = {
            let mut state = shared.lock();
            if state.ended.is_some() {
                return;
            }
            let Some(section) = state.missing.pop_front() else { return };
            section
        };
        match write_one(pipeline, shared, section) {
            One::Section(section) => {
                let done = {
                    let mut state = shared.lock();
                    state.done.push(section.clone());
                    state.done.len()
                };
                let outcome = if section.state == SectionState::Done { "is written" } else { "could not be written" };
                let words =
                    format!("{done} of {}: section {} “{}” {outcome}", shared.total, section.ordinal, section.title);
                if let Err(error) = progress(pipeline.ports, pipeline.job.id, &words, 1) {
                    shared.lock().ended = Some(Ended::Error(error.into()));
                }
            }
            One::Ended(ended, section) => {
                let mut state = shared.lock();
                state.missing.extend(section);
                state.ended.get_or_insert(ended);
                return;
            }
        }
    }
}

/// The sections as they are kept, with those of an earlier job or attempt that are done and still fit. `None` when the lease has passed on.
fn prepared(pipeline: &Pipeline<'_>, sections: &[OutlineSection]) -> Result<Option<Vec<DraftSection>>, StorageError> {
    let Pipeline { ports, job, draft, .. } = pipeline;
    let wanted: Vec<DraftSection> = sections.iter().map(|section| begun(pipeline, section)).collect();
    ports.storage.write(|tx| {
        if !tx.lease_holds(job.id, job.fence)? {
            return Ok::<_, StorageError>(None);
        }
        let known = tx.sections(job.user, draft.id)?;
        let same =
            known.len() == wanted.len() && known.iter().zip(&wanted).all(|(one, other)| one.digest == other.digest);
        let all_done = known.iter().all(|section| section.state == SectionState::Done);
        let of_this_job = known.iter().all(|section| section.job == job.id);
        if same && (of_this_job || !all_done) {
            // Noted as this job's, so that it goes on with them after a crash even when all of them are done.
            let own = known.into_iter().map(|section| DraftSection { job: job.id, ..section }).collect::<Vec<_>>();
            for section in &own {
                tx.put_section(section)?;
            }
            return Ok(Some(own));
        }
        tx.clear_sections(job.user, draft.id)?;
        for section in &wanted {
            tx.put_section(section)?;
        }
        Ok(Some(wanted.clone()))
    })
}

fn begun(pipeline: &Pipeline<'_>, section: &OutlineSection) -> DraftSection {
    let short = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let requirements = pipeline.draft.requirements.as_str();
    let ask = one::request_for(pipeline.ask, &requirements[section.range.clone()]);
    // What Jira takes and what was looked up may read differently at the next attempt without being other requirements.
    let lasting = |name: &str| !matches!(name, "allowed" | "sources");
    let told: Vec<&(&str, String)> = ask.values.iter().filter(|(name, _)| lasting(name)).collect();
    DraftSection {
        draft: pipeline.draft.id,
        user: pipeline.job.user,
        job: pipeline.job.id,
        ordinal: short(section.ordinal),
        title: section.title.clone(),
        start: short(section.range.start),
        end: short(section.range.end),
        digest: pipeline.ports.sha256.hex(serde_json::to_string(&told).unwrap_or_default().as_bytes()),
        state: SectionState::Pending,
        attempts: 0,
        stories: Vec::new(),
        rewrites: 0,
        problem: String::new(),
        usage: Usage::default(),
    }
}

/// Place of the next step. Steps that a dead attempt left running are ended.
pub(crate) fn next_step(ports: &Ports, job: &Job) -> Result<u32, StorageError> {
    ports.storage.write(|tx| {
        if !tx.lease_holds(job.id, job.fence)? {
            return Ok(1);
        }
        let known = tx.steps(job.user, job.id)?;
        for step in known.iter().filter(|step| step.turn == 0 && step.state == StepState::Running) {
            let problem = "interrupted: the attempt ended before the answer".to_owned();
            tx.put_step(&AgentStep { state: StepState::Failed, problem, ..step.clone() })?;
        }
        Ok(known.iter().map(|step| step.ordinal).max().unwrap_or(0) + 1)
    })
}

/// One document of all stories; those over the maximum are split where the rule set says so.
fn put_together(sections: Vec<DraftSection>, rules: &RuleSet) -> Document {
    let mut document = merged(sections.into_iter().map(|section| section.stories).collect());
    document.stories = small_enough(document.stories, rules);
    document.with_references()
}

/// The stories, those over the maximum split where the rule set says so.
fn small_enough(stories: Vec<Story>, rules: &RuleSet) -> Vec<Story> {
    if rules.oversize != Oversize::Split {
        return stories;
    }
    let split = |story: Story| match split_story(&story, rules.max_story_points) {
        Some(parts) if check_split(&story, &parts).is_ok() => parts,
        _ => vec![story],
    };
    stories.into_iter().flat_map(split).collect()
}
