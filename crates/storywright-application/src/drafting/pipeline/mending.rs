//! What blocks in the stories of a section, of a part, or of all sections together goes back to the model: as often as the rule set says, then
//! the person decides. Whatever comes of it, what was written first is kept.

use super::super::RunError;
use super::super::amend::{Judge, WISH, counted};
use super::super::keep::{Written, progress};
use super::super::request::mend;
use super::one::{Asked, asked_twice, request_for};
use super::part::under_headings;
use super::{Ended, Pipeline, SECTION_TOKENS, Shared};
use std::collections::BTreeSet;
use storywright_domain::finding::Finding;
use storywright_domain::ports::{ChatRequest, StorageError, StorageExt, Usage};
use storywright_domain::quality::Criterion;
use storywright_domain::requirement::{coverage, estimated_tokens};
use storywright_domain::section::DraftSection;
use storywright_domain::story::{Document, Story};

/// The wish for stories that are each right by themselves and stand in each other's way.
const APART: &str = "Mend the findings and nothing else: say what sets each of these stories apart from the others. Leave none out, and keep every \
    other word and their references.";
/// How the step of a call for all sections begins; such steps of earlier attempts count.
const WHOLE: &str = "Mend stories of several sections";
/// Most stories of several sections in one call: no answer with more is taken.
const MOST_STORIES: usize = 50;

/// Stories on their way.
pub(super) struct Work {
    pub stories: Vec<Story>,
    /// How often they went back.
    pub rewrites: u8,
    pub usage: Usage,
}

fn judge<'a>(pipeline: &Pipeline<'a>) -> Judge<'a> {
    Judge { reviewer: &pipeline.ports.reviewer, rules: pipeline.rules, format: pipeline.draft.format }
}

/// What is mended, for people: `section 3 of 8 “Export”`.
pub(super) struct Mending<'a> {
    pub name: &'a str,
    /// The call that the stories came of.
    pub ask: &'a ChatRequest,
}

/// Mends what blocks. `keep` is called before each call, so that a dead process costs no story and no call is made more often than wanted;
/// it says whether the lease holds. Something is given when nothing more can be done.
pub(super) fn mended(
    pipeline: &Pipeline<'_>,
    shared: &Shared,
    mending: &Mending<'_>,
    work: &mut Work,
    keep: &dyn Fn(&Work) -> Result<bool, StorageError>,
) -> Result<Option<Ended>, RunError> {
    let judge = judge(pipeline);
    let mut document = Document::of_stories(work.stories.clone()).with_references();
    let mut blocking = judge.blocking(&document);
    while !blocking.is_empty() && work.rewrites < judge.rules.rewrites {
        if pipeline.cancellation.is_cancelled() {
            return Ok(Some(Ended::Cancelled));
        }
        work.rewrites += 1;
        if !keep(work)? {
            return Ok(Some(Ended::Written(Written::LeaseLost)));
        }
        let words = format!("Mending {} in {}", counted(blocking.len()), mending.name);
        progress(pipeline.ports, pipeline.job.id, &words, 1)?;
        let what = format!("Mend {}", mending.name);
        let ask = mend(mending.ask, &document, &blocking, WISH);
        let next = match asked_twice(pipeline, shared, &what, ask, &mut work.usage)? {
            Asked::Stories(stories) => Document::of_stories(stories),
            Asked::Ended(Ended::Cancelled) => {
                // It did not come to an end, so it does not count.
                work.rewrites -= 1;
                return Ok(Some(Ended::Cancelled));
            }
            Asked::Ended(ended @ Ended::Written(Written::LeaseLost)) => return Ok(Some(ended)),
            // What stops the others as well is found by them.
            Asked::Failed(_) | Asked::Unusable(_) | Asked::Ended(_) => break,
        };
        let Some(taken) = judge.taken(&document, &blocking, next) else { break };
        (document, blocking) = taken;
        work.stories.clone_from(&document.stories);
    }
    Ok(None)
}

/// The section with what blocks in its stories mended.
pub(super) fn mended_section(
    pipeline: &Pipeline<'_>,
    shared: &Shared,
    ask: &ChatRequest,
    section: &mut DraftSection,
) -> Result<Option<Ended>, RunError> {
    let name = format!("section {} of {} “{}”", section.ordinal, shared.total, section.title);
    let mut work =
        Work { stories: std::mem::take(&mut section.stories), rewrites: section.rewrites, usage: section.usage };
    let with = |work: &Work| DraftSection {
        stories: work.stories.clone(),
        rewrites: work.rewrites,
        usage: work.usage,
        ..section.clone()
    };
    let keep = |work: &Work| super::one::kept(pipeline, &with(work));
    let ended = mended(pipeline, shared, &Mending { name: &name, ask }, &mut work, &keep)?;
    *section = with(&work);
    Ok(ended)
}

/// The stories of all sections with what only all of them together show mended: stories that are the same or nearly so. Only these are sent.
/// Something is given when nothing more can be done.
pub(super) fn mended_together(
    pipeline: &Pipeline<'_>,
    shared: &Shared,
    document: &mut Document,
) -> Result<Option<Ended>, RunError> {
    let judge = judge(pipeline);
    let mut blocking = judge.blocking(document);
    for _ in calls_before(pipeline)?..usize::from(judge.rules.rewrites) {
        let Some((alike, findings)) = alike(document, &blocking, judge) else { break };
        if pipeline.cancellation.is_cancelled() {
            return Ok(Some(Ended::Cancelled));
        }
        let words = format!("Mending {} between sections", counted(findings.len()));
        progress(pipeline.ports, pipeline.job.id, &words, 1)?;
        let text = covered_text(pipeline.draft.requirements.as_str(), &alike);
        let ask = mend(&request_for(pipeline.ask, &text), &alike, &findings, APART);
        let told = match asked_twice(pipeline, shared, WHOLE, ask, &mut Usage::default())? {
            Asked::Stories(stories) => stories,
            Asked::Ended(ended @ (Ended::Cancelled | Ended::Written(Written::LeaseLost))) => return Ok(Some(ended)),
            Asked::Failed(_) | Asked::Unusable(_) | Asked::Ended(_) => break,
        };
        let Some(next) = replaced(document, &alike, told) else { break };
        let Some(taken) = judge.taken(document, &blocking, next) else { break };
        (*document, blocking) = taken;
    }
    Ok(None)
}

/// How often attempts before this one have sent stories of several sections back.
fn calls_before(pipeline: &Pipeline<'_>) -> Result<usize, StorageError> {
    let Pipeline { ports, job, .. } = pipeline;
    let steps = ports.storage.read(|tx| tx.steps(job.user, job.id))?;
    Ok(steps.iter().filter(|step| step.asked == WHOLE).count())
}

/// The stories that are alike, as many as one call takes, with what is found of them. `None` when none blocks for that.
fn alike(document: &Document, blocking: &[Finding], judge: Judge<'_>) -> Option<(Document, Vec<Finding>)> {
    let between =
        |finding: &&Finding| finding.criterion == Some(Criterion::Unique) || finding.code == "summary_duplicate";
    let mut places = BTreeSet::new();
    for finding in blocking.iter().filter(between) {
        let Some(place) = finding.field.split('.').nth(1).and_then(|place| place.parse::<usize>().ok()) else {
            continue;
        };
        let summary = |story: &Story| story.summary.trim().to_lowercase();
        let own = document.stories.get(place).map(summary)?;
        places.insert(place);
        // A double by its summary is told at the later one alone.
        places.extend(document.stories.iter().position(|story| summary(story) == own));
    }
    let mut size = 0;
    let stories = places.into_iter().filter_map(|place| document.stories.get(place)).take(MOST_STORIES);
    let stories = stories.take_while(|story| {
        size += estimated_tokens(&story.description_markdown());
        size <= SECTION_TOKENS
    });
    let part = Document { epics: document.epics.clone(), ..Document::of_stories(stories.cloned().collect()) };
    let findings: Vec<Finding> = judge.blocking(&part).into_iter().filter(|finding| between(&finding)).collect();
    (!findings.is_empty()).then_some((part, findings))
}

/// What of the requirements these stories cover, as much as one call takes.
fn covered_text(requirements: &str, stories: &Document) -> String {
    let coverage = coverage(requirements, stories);
    let covered = coverage.sentences.iter().filter(|entry| entry.story.is_some());
    let mut size = 0;
    under_headings(covered.take_while(|entry| {
        size += estimated_tokens(&entry.sentence.text) + estimated_tokens(&entry.sentence.heading);
        size <= SECTION_TOKENS
    }))
}

/// The document with stories written anew in their places. `None` when one that was sent did not come back.
fn replaced(document: &Document, sent: &Document, told: Vec<Story>) -> Option<Document> {
    let mut next = document.clone();
    for story in &sent.stories {
        let back = told.iter().find(|other| other.id == story.id)?;
        let place = next.stories.iter_mut().find(|other| other.id == story.id)?;
        // These are never asked of the model.
        let (links, custom_fields) = (place.links.clone(), place.custom_fields.clone());
        *place = Story { links, custom_fields, ..back.clone() };
    }
    Some(next)
}
