//! One section: asked for, asked for once more when the answer does not fit, mended where its stories block, kept.

use super::super::RunError;
use super::super::answer::{Answer, read};
use super::super::call::{Calling, called};
use super::super::gather::over_budget;
use super::super::keep::Written;
use super::super::request::repair;
use super::super::run::{explain, unfinished};
use super::mending::{Mending, Work, mended, mended_section};
use super::{Ended, Pipeline, Shared};
use storywright_domain::job::{Job, MAX_ATTEMPTS};
use storywright_domain::ports::{ChatError, ChatRequest, StorageError, StorageExt, Usage};
use storywright_domain::section::{DraftSection, SectionState};
use storywright_domain::story::Story;

/// What became of a section.
pub(super) enum One {
    /// Written or failed, and kept as such.
    Section(DraftSection),
    /// Nothing more can be written; the section is as far as it came.
    Ended(Ended, Option<DraftSection>),
}

/// The call for the section with this text.
pub(super) fn request_for(whole: &ChatRequest, text: &str) -> ChatRequest {
    let mut ask = whole.clone();
    for (name, value) in &mut ask.values {
        if *name == "requirements" {
            text.clone_into(value);
        }
    }
    ask
}

pub(super) fn write_one(pipeline: &Pipeline<'_>, shared: &Shared, section: DraftSection) -> One {
    tried(pipeline, shared, section).unwrap_or_else(|error| One::Ended(Ended::Error(error), None))
}

fn tried(pipeline: &Pipeline<'_>, shared: &Shared, mut section: DraftSection) -> Result<One, RunError> {
    let requirements = pipeline.draft.requirements.as_str();
    let place = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let text = requirements.get(place(section.start)..place(section.end)).unwrap_or_default();
    let ask = request_for(pipeline.ask, text);
    section.state = SectionState::Running;
    section.attempts += 1;
    section.problem.clear();
    if !kept(pipeline, &section)? {
        return Ok(lease_lost());
    }
    // What an attempt before this one wrote and did not come to the end of mending is gone on with.
    if section.stories.is_empty() {
        let what = format!("Write section {} of {}: {}", section.ordinal, shared.total, section.title);
        match asked_twice(pipeline, shared, &what, ask.clone(), &mut section.usage)? {
            Asked::Stories(stories) => section.stories = stories,
            Asked::Failed(problem) | Asked::Unusable(problem) => {
                return ended(pipeline, DraftSection { state: SectionState::Failed, problem, ..section });
            }
            Asked::Ended(end) => return open(pipeline, section, end),
        }
    }
    match mended_section(pipeline, shared, &ask, &mut section)? {
        None => ended(pipeline, DraftSection { state: SectionState::Done, ..section }),
        Some(end) => open(pipeline, section, end),
    }
}

fn lease_lost() -> One {
    One::Ended(Ended::Written(Written::LeaseLost), None)
}

/// The section waits for the next attempt, with what there is of it.
fn open(pipeline: &Pipeline<'_>, section: DraftSection, end: Ended) -> Result<One, RunError> {
    let section = DraftSection { state: SectionState::Pending, ..section };
    kept(pipeline, &section)?;
    Ok(One::Ended(end, Some(section)))
}

/// The stories that a call for some other text gives, mended; else why there are none.
pub(super) fn told_stories(
    pipeline: &Pipeline<'_>,
    shared: &Shared,
    what: &str,
    ask: &ChatRequest,
) -> Result<Result<Vec<Story>, Ended>, RunError> {
    let mut usage = Usage::default();
    Ok(match asked_twice(pipeline, shared, what, ask.clone(), &mut usage)? {
        Asked::Stories(stories) => {
            let mut work = Work { stories, rewrites: 0, usage };
            let mending = Mending { name: "stories for what no story covered", ask };
            match mended(pipeline, shared, &mending, &mut work, &|_| Ok(true))? {
                None => Ok(work.stories),
                Some(ended) => Err(ended),
            }
        }
        Asked::Ended(end) => Err(end),
        Asked::Failed(problem) | Asked::Unusable(problem) => Err(Ended::Written(Written::Failed {
            code: "llm_answer_unusable",
            message: format!("No stories could be written: {problem}. Try again, or choose another model."),
            partial: None,
        })),
    })
}

/// Asks, and once more when the answer does not fit.
pub(super) fn asked_twice(
    pipeline: &Pipeline<'_>,
    shared: &Shared,
    what: &str,
    ask: ChatRequest,
    usage: &mut Usage,
) -> Result<Asked, RunError> {
    let Pipeline { ports, job, access, cancellation, .. } = *pipeline;
    let calling = Calling { ports, job, access, cancellation, listener: None };
    match asked(&calling, shared.step(), what, &ask, usage)? {
        Asked::Unusable(problem) => Ok(match asked(&calling, shared.step(), what, &repair(&ask, &problem), usage)? {
            Asked::Unusable(problem) => Asked::Unusable(format!("llm_answer_unusable: {problem}")),
            other => other,
        }),
        other => Ok(other),
    }
}

/// What one call came to.
pub(in crate::drafting) enum Asked {
    Stories(Vec<Story>),
    /// The answer does not fit; asking once more may help.
    Unusable(String),
    /// This section cannot be written; others can.
    Failed(String),
    Ended(Ended),
}

/// Asks once, as the step with this ordinal.
pub(in crate::drafting) fn asked(
    calling: &Calling<'_>,
    ordinal: u32,
    what: &str,
    ask: &ChatRequest,
    used: &mut Usage,
) -> Result<Asked, RunError> {
    let Calling { ports, job, access, .. } = *calling;
    // Sections run side by side for long: the day's budget may be used up by now.
    if let Some((code, message)) = over_budget(ports, job.user)? {
        return Ok(Asked::Ended(Ended::Written(Written::Failed { code, message, partial: None })));
    }
    let Some((result, usage)) = called(calling, ordinal, what.to_owned(), ask)? else {
        return Ok(Asked::Ended(Ended::Written(Written::LeaseLost)));
    };
    *used = used.plus(usage);
    Ok(match result {
        Ok(answer) => match unfinished(&answer, None) {
            Some(Written::Failed { code, message, .. }) => Asked::Failed(format!("{code}: {message}")),
            _ => match read(&answer.text) {
                Ok(Answer::Stories(document)) => Asked::Stories(document.stories),
                Ok(Answer::Question(_)) => Asked::Unusable("it asks; write the stories from what is known".to_owned()),
                Err(problem) => Asked::Unusable(problem),
            },
        },
        Err(ChatError::Cancelled) => Asked::Ended(Ended::Cancelled),
        Err(error) if only_this_section(job, &error) => Asked::Failed(format!("{}: {error}", error.code())),
        Err(error) => Asked::Ended(Ended::Written(explain(ports, job, access, error, None))),
    })
}

/// Whether an error says nothing about the other sections. A service that is away is waited for as long as the job has attempts left.
fn only_this_section(job: &Job, error: &ChatError) -> bool {
    match error {
        ChatError::BrokenOff { .. } | ChatError::TooLong { .. } | ChatError::Malformed { .. } => true,
        ChatError::RateLimited { .. } | ChatError::Unavailable { .. } => job.attempts >= MAX_ATTEMPTS,
        _ => false,
    }
}

fn ended(pipeline: &Pipeline<'_>, section: DraftSection) -> Result<One, RunError> {
    Ok(if kept(pipeline, &section)? { One::Section(section) } else { lease_lost() })
}

/// Keeps a section. `false` when the lease has passed on.
pub(super) fn kept(pipeline: &Pipeline<'_>, section: &DraftSection) -> Result<bool, StorageError> {
    let Pipeline { ports, job, .. } = pipeline;
    ports.storage.write(|tx| {
        if !tx.lease_holds(job.id, job.fence)? {
            return Ok::<_, StorageError>(false);
        }
        tx.put_section(section)?;
        Ok(true)
    })
}
