//! A part of the requirements for itself: a section that failed, or sentences that no story covers. Its stories are added to those that are
//! there, which stay as the person left them.

use super::one::{One, request_for, told_stories, write_one};
use super::{Ended, Pipeline, SECTION_TOKENS, Shared, State, begun, small_enough};
use crate::drafting::RunError;
use crate::drafting::given::head;
use crate::drafting::keep::{Written, progress};
use crate::drafting::request::Part;
use crate::drafting::run::stopped;
use crate::sources::{DraftCoverage, covered};
use std::collections::HashSet;
use storywright_domain::merging::added;
use storywright_domain::ports::StorageExt;
use storywright_domain::requirement::{Coverage, OutlineSection, SentenceCoverage, estimated_tokens, outline};
use storywright_domain::section::{DraftSection, SectionState};
use storywright_domain::story::{Document, Story};

/// The section of the present requirements that is still to be written, if the sections that are kept are those of these requirements.
pub(in crate::drafting) fn section_to_write(
    requirements: &str,
    kept: &[DraftSection],
    ordinal: u32,
) -> Option<(OutlineSection, DraftSection)> {
    let planned = outline(requirements, SECTION_TOKENS);
    let found = kept.iter().find(|section| section.ordinal == ordinal && section.state != SectionState::Done)?;
    let place = planned.iter().find(|section| u32::try_from(section.ordinal) == Ok(ordinal))?;
    let same = planned.len() == kept.len()
        && usize::try_from(found.start) == Ok(place.range.start)
        && usize::try_from(found.end) == Ok(place.range.end);
    same.then(|| (place.clone(), found.clone()))
}

/// How many of the first uncovered sentences one call takes.
#[must_use]
pub fn uncovered_in_one_call(coverage: &Coverage) -> usize {
    let mut text = 0;
    let fits = coverage.uncovered().take_while(|entry| {
        text += estimated_tokens(&entry.sentence.text) + estimated_tokens(&entry.sentence.heading) + 2;
        text <= SECTION_TOKENS
    });
    fits.count()
}

/// Sentences that no story covers, as they go to the model.
pub(in crate::drafting) struct Uncovered {
    /// Those of the requirements, under their headings.
    requirements: String,
    /// Those of the sources, each source beginning with its reference: what others wrote stays among what others wrote.
    sources: String,
}

/// Those sentences, as many as one call takes; `None` when every one is covered.
pub(in crate::drafting) fn uncovered(of: &DraftCoverage) -> Option<Uncovered> {
    let coverage = &of.coverage;
    // A sentence that is longer than a call alone is sent all the same: the model says so if it cannot take it.
    let most = uncovered_in_one_call(coverage).max(1);
    let open: Vec<&SentenceCoverage> = coverage.uncovered().take(most).collect();
    let (own, others): (Vec<&SentenceCoverage>, Vec<_>) = open.into_iter().partition(|entry| entry.source.is_none());
    let mut sources = String::new();
    for source in others.chunk_by(|one, next| one.source == next.source) {
        let Some(entry) = source[0].source.and_then(|number| of.sources.get(&number)) else { continue };
        sources.push_str(&format!("{}\n{}\n\n", head(entry), under_headings(source.iter().copied())));
    }
    let found = Uncovered { requirements: under_headings(own.into_iter()), sources: sources.trim_end().to_owned() };
    (!found.requirements.is_empty() || !found.sources.is_empty()).then_some(found)
}

/// Sentences as a list under their headings.
pub(super) fn under_headings<'c>(entries: impl Iterator<Item = &'c SentenceCoverage>) -> String {
    let mut text = String::new();
    let mut place = (None, "");
    for entry in entries {
        let heading = entry.sentence.heading.as_str();
        if (entry.source, heading) != place {
            place = (entry.source, heading);
            text.push_str(&format!("\n# {heading}\n\n"));
        }
        text.push_str(&format!("- {}\n", entry.sentence.text.split_whitespace().collect::<Vec<_>>().join(" ")));
    }
    text.trim_start().to_owned()
}

/// Writes the part and puts it to what is there.
pub(in crate::drafting) fn write_part(pipeline: &Pipeline<'_>, part: Part) -> Result<Written, RunError> {
    match part {
        Part::Section(ordinal) => write_section(pipeline, ordinal),
        Part::Uncovered => write_uncovered(pipeline),
    }
}

fn write_section(pipeline: &Pipeline<'_>, ordinal: u32) -> Result<Written, RunError> {
    let Pipeline { ports, job, draft, .. } = pipeline;
    let kept = ports.storage.read(|tx| tx.sections(job.user, draft.id))?;
    let total = kept.len();
    let known = match section_to_write(draft.requirements.as_str(), &kept, ordinal) {
        Some((planned, known)) => {
            let fresh = begun(pipeline, &planned);
            let DraftSection { attempts, usage, .. } = known;
            match known.digest == fresh.digest {
                // A first draft of the same is gone on with.
                true => DraftSection { job: fresh.job, ..known },
                false => DraftSection { attempts, usage, ..fresh },
            }
        }
        None => match kept.iter().find(|section| section.ordinal == ordinal && section.job == job.id) {
            // An attempt before this one wrote it, and died before it was in the draft.
            Some(done) => return Ok(Written::Document(with_stories(pipeline, &kept, done.clone()))),
            None => return Ok(gone(ordinal)),
        },
    };
    progress(ports, job.id, &format!("Writing section {ordinal} of {total}"), 0)?;
    let shared = Shared::of(pipeline, total, State::default())?;
    match write_one(pipeline, &shared, known) {
        One::Section(section) if section.state == SectionState::Done => {
            Ok(Written::Document(with_stories(pipeline, &kept, section)))
        }
        One::Section(section) => Ok(Written::Failed {
            code: "llm_answer_unusable",
            message: format!("Section {ordinal} “{}” could not be written: {}", section.title, section.problem),
            partial: None,
        }),
        One::Ended(ended, _) => ended_without(pipeline, ended),
    }
}

fn gone(ordinal: u32) -> Written {
    Written::Failed {
        code: "section_not_open",
        message: format!(
            "Section {ordinal} is no longer there: the requirements have changed. Write the stories again."
        ),
        partial: None,
    }
}

/// The draft with the stories of the section, after those that come from the sections before it.
fn with_stories(pipeline: &Pipeline<'_>, kept: &[DraftSection], section: DraftSection) -> Document {
    let document = pipeline.draft.document.clone();
    let before = kept.iter().filter(|other| other.ordinal < section.ordinal).flat_map(|other| &other.stories);
    let before: HashSet<&str> = before.map(|story| story.summary.as_str()).collect();
    // A story that was split has become “summary (1 of 3)” and so on.
    let whole = |summary: &str| before.contains(summary.rsplit_once(" (").map_or(summary, |(whole, _)| whole));
    let is_before = |story: &Story| before.contains(story.summary.as_str()) || whole(&story.summary);
    let later = kept.iter().any(|other| other.ordinal > section.ordinal && !other.stories.is_empty());
    let last = document.stories.iter().rposition(is_before);
    // Without a trace of what comes before, the end is where it disturbs nobody.
    let at = match last {
        Some(last) => last + 1,
        None if before.is_empty() && later => 0,
        None => document.stories.len(),
    };
    added(document, small_enough(section.stories, pipeline.rules), at)
}

fn write_uncovered(pipeline: &Pipeline<'_>) -> Result<Written, RunError> {
    let Pipeline { ports, job, draft, .. } = pipeline;
    let open = covered(ports, job.user, (*draft).clone())?;
    let Some(open) = uncovered(&open) else { return Ok(Written::Document(draft.document.clone())) };
    progress(ports, job.id, "Writing stories for what no story covers", 0)?;
    let shared = Shared::of(pipeline, 1, State::default())?;
    let mut ask = request_for(pipeline.ask, &open.requirements);
    for (_, value) in ask.values.iter_mut().filter(|(name, _)| *name == "sources") {
        open.sources.clone_into(value);
    }
    match told_stories(pipeline, &shared, "Write stories for what no story covers", &ask)? {
        Ok(stories) => Ok(Written::Document(appended(pipeline, stories))),
        Err(ended) => ended_without(pipeline, ended),
    }
}

fn appended(pipeline: &Pipeline<'_>, stories: Vec<Story>) -> Document {
    let document = pipeline.draft.document.clone();
    let end = document.stories.len();
    added(document, small_enough(stories, pipeline.rules), end)
}

/// An end without anything new: the draft stays as it is.
fn ended_without(pipeline: &Pipeline<'_>, ended: Ended) -> Result<Written, RunError> {
    match ended {
        Ended::Error(error) => Err(error),
        Ended::Cancelled => Ok(stopped(pipeline.ports, pipeline.job, None)?),
        Ended::Written(Written::Failed { code, message, .. }) => Ok(Written::Failed { code, message, partial: None }),
        Ended::Written(written) => Ok(written),
    }
}
