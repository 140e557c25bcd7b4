//! Long requirements: their sections, and what of them the stories cover.

use super::drafts::draft_id;
use super::writing::{JobStarted, started};
use super::{Answer, Caller, ok};
use crate::errors::AppError;
use actix_web::web;
use serde::Serialize;
use storywright_application::drafting;
use storywright_application::sections::{SectionView, coverage_of_draft, sections_of_draft};
use storywright_domain::DraftId;
use storywright_domain::requirement::{COVERED, Coverage, SentenceCoverage};
use storywright_domain::source::SourceEntry;
use utoipa::ToSchema;

/// A section of the requirements.
#[derive(Serialize, ToSchema)]
pub struct SectionJson {
    /// Its place, from 1.
    #[schema(example = 2)]
    ordinal: usize,
    /// Its heading or first words.
    title: String,
    /// Where it begins, in bytes of the requirements.
    start: usize,
    /// Where it ends, in bytes of the requirements.
    end: usize,
    /// Estimated tokens of its text, which goes to the model as a whole.
    estimated_tokens: usize,
    /// `pending`, `running`, `done` or `failed`.
    #[schema(example = "done")]
    state: &'static str,
    /// How often it was begun.
    attempts: u32,
    /// How many stories were written for it.
    stories: usize,
    /// Why it failed: stable code, colon, words.
    problem: String,
    /// Tokens of its prompts so far.
    input_tokens: u64,
    /// Tokens of its answers so far.
    output_tokens: u64,
}

/// Sections in order.
#[derive(Serialize, ToSchema)]
pub struct SectionList {
    /// Estimated tokens of all sections together.
    estimated_tokens: usize,
    items: Vec<SectionJson>,
}

impl From<SectionView> for SectionJson {
    fn from(view: SectionView) -> Self {
        let SectionView { planned, kept } = view;
        Self {
            ordinal: planned.ordinal,
            title: planned.title,
            start: planned.range.start,
            end: planned.range.end,
            estimated_tokens: planned.tokens,
            state: kept.as_ref().map_or("pending", |kept| kept.state.as_str()),
            attempts: kept.as_ref().map_or(0, |kept| kept.attempts),
            stories: kept.as_ref().map_or(0, |kept| kept.stories.len()),
            input_tokens: kept.as_ref().map_or(0, |kept| kept.usage.input),
            output_tokens: kept.as_ref().map_or(0, |kept| kept.usage.output),
            problem: kept.map(|kept| kept.problem).unwrap_or_default(),
        }
    }
}

/// A sentence that asks for something.
#[derive(Serialize, ToSchema)]
pub struct SentenceJson {
    /// The source that it stands in; `null` for the requirements.
    #[schema(required, example = "p1")]
    source: Option<String>,
    /// Where it begins, in bytes of the requirements or of the source's text.
    start: usize,
    /// Where it ends, in the same bytes.
    end: usize,
    /// Its words.
    text: String,
    /// The heading that it stands under.
    heading: String,
    /// Reference of the story that covers it.
    #[schema(required, example = "s1")]
    story: Option<String>,
    /// Largest share of its words that one story holds, from 0 to 1.
    share: f64,
}

/// What of the requirements and of the sources the stories cover, by their words.
#[derive(Serialize, ToSchema)]
pub struct CoverageJson {
    /// Share of a sentence's words from which on a story covers it.
    threshold: f64,
    /// How many sentences a story covers.
    covered: usize,
    items: Vec<SentenceJson>,
}

impl From<SentenceCoverage> for SentenceJson {
    fn from(entry: SentenceCoverage) -> Self {
        let SentenceCoverage { source, sentence, story, share } = entry;
        let source = source.map(SourceEntry::id_of);
        let (start, end) = (sentence.range.start, sentence.range.end);
        Self { source, start, end, text: sentence.text, heading: sentence.heading, story, share }
    }
}

impl From<Coverage> for CoverageJson {
    fn from(coverage: Coverage) -> Self {
        let covered = coverage.covered();
        Self { threshold: COVERED, covered, items: coverage.sentences.into_iter().map(SentenceJson::from).collect() }
    }
}

/// The sections in which long requirements are written: what goes to the model for each, and how far it is. Generating again after a failed section
/// writes only what is missing.
#[utoipa::path(get, path = "/api/v1/drafts/{id}/sections", tag = "Drafts", operation_id = "listSections",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$")),
    responses((status = 200, description = "The sections in order.", body = SectionList)))]
pub async fn list(caller: Caller, id: web::Path<String>) -> Answer {
    let sections = caller
        .run(move |ports, actor| {
            let id = DraftId::parse(&id).map_err(|_| AppError::draft_not_found())?;
            sections_of_draft(ports, actor, id)?.ok_or_else(AppError::draft_not_found)
        })
        .await?;
    let estimated_tokens = sections.iter().map(|view| view.planned.tokens).sum();
    Ok(ok(&SectionList { estimated_tokens, items: sections.into_iter().map(SectionJson::from).collect() }))
}

/// Which sentence of the requirements and of the sources is covered by which story, by their words: a list of places to look at, not a verdict.
#[utoipa::path(get, path = "/api/v1/drafts/{id}/coverage", tag = "Drafts", operation_id = "getCoverage",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$")),
    responses((status = 200, description = "The sentences in order.", body = CoverageJson)))]
pub async fn coverage(caller: Caller, id: web::Path<String>) -> Answer {
    let coverage = caller
        .run(move |ports, actor| {
            let id = DraftId::parse(&id).map_err(|_| AppError::draft_not_found())?;
            coverage_of_draft(ports, actor, id)?.ok_or_else(AppError::draft_not_found)
        })
        .await?;
    Ok(ok(&CoverageJson::from(coverage.coverage)))
}

/// Writes one section that failed or was not reached, for itself: its stories are added to those of the draft, which stay as they are.
#[utoipa::path(post, path = "/api/v1/drafts/{id}/sections/{ordinal}/write", tag = "Writing", operation_id = "writeSection",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$"),
        ("ordinal" = u32, Path, description = "Place of the section, from 1.")),
    responses((status = 202, description = "The job that writes.", body = JobStarted, headers(("Location" = String))),
        (status = 409, description = "The section is written already, the LLM is not connected, or the draft is being written or published."),
        (status = 429, description = "Too many jobs of this person.")))]
pub async fn write(caller: Caller, path: web::Path<(String, String)>) -> Answer {
    let job = caller
        .run(move |ports, actor| {
            let (id, ordinal) = path.into_inner();
            // A place that is no number is one that no section has.
            let ordinal = ordinal.parse().unwrap_or(0);
            Ok(drafting::write_section(ports, actor, draft_id(&id)?, ordinal)?)
        })
        .await?;
    Ok(started(job))
}

/// Writes stories for the first sentences that no story covers, as many as one call of the model takes, and adds them to those of the draft.
#[utoipa::path(post, path = "/api/v1/drafts/{id}/coverage/write", tag = "Writing", operation_id = "writeUncovered",
    params(("id" = String, Path, description = "Draft id.", pattern = "^[0-9a-f]{32}$")),
    responses((status = 202, description = "The job that writes.", body = JobStarted, headers(("Location" = String))),
        (status = 409, description = "Every sentence is covered, the draft is empty, the LLM is not connected, or the draft is being written or published."),
        (status = 429, description = "Too many jobs of this person.")))]
pub async fn write_uncovered(caller: Caller, id: web::Path<String>) -> Answer {
    let job = caller.run(move |ports, actor| Ok(drafting::write_uncovered(ports, actor, draft_id(&id)?)?)).await?;
    Ok(started(job))
}
