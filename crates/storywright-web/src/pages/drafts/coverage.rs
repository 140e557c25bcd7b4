//! Long requirements in the workspace: their sections with how far each is, and which sentences of requirements and sources a story covers.

use super::writing::bar;
use super::{draft_id, draft_not_found};
use crate::errors::AppError;
use crate::pages::desk::{Answer, Desk, Params, part};
use crate::view::View;
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use storywright_application::drafting::{self, uncovered_in_one_call};
use storywright_application::drafts::draft;
use storywright_application::sections::{SectionView, coverage_of_draft, sections_of_draft};
use storywright_application::sources::DraftCoverage;
use storywright_domain::draft::{Draft, DraftState};
use storywright_domain::requirement::SentenceCoverage;
use storywright_domain::section::SectionState;

/// Uncovered sentences that are shown at once.
const AT_ONCE: usize = 50;

/// The sections in order.
#[derive(Serialize)]
struct SectionsPart {
    draft_id: String,
    sections: Vec<SectionRow>,
    done: usize,
    failed: usize,
    percent: usize,
    /// The draft is being written.
    busy: bool,
}

impl View for SectionsPart {
    const TEMPLATE: &'static str = "fragments/sections.html";
}

#[derive(Serialize)]
struct SectionRow {
    ordinal: usize,
    title: String,
    /// `none` when no section was ever begun, `changed` when this one is not as it was then, else the state.
    state: &'static str,
    stories: usize,
    /// Why it failed.
    code: String,
    problem: String,
    /// It can be written for itself.
    open: bool,
}

impl SectionRow {
    fn of(view: SectionView, begun: bool, editing: bool, busy: bool) -> Self {
        let SectionView { planned, kept } = view;
        // What a process that is gone was writing waits again.
        let state = match kept.as_ref().map(|kept| kept.state) {
            None if begun => "changed",
            None => "none",
            Some(SectionState::Running) if !busy => SectionState::Pending.as_str(),
            Some(state) => state.as_str(),
        };
        let open = editing && matches!(state, "failed" | "pending");
        let (stories, problem) = kept.map(|kept| (kept.stories.len(), kept.problem)).unwrap_or_default();
        let (code, problem) = match problem.split_once(": ") {
            Some((code, words)) => (code.to_owned(), words.to_owned()),
            None => (String::new(), problem),
        };
        Self { ordinal: planned.ordinal, title: planned.title, state, stories, code, problem, open }
    }
}

/// The coverage as a whole.
#[derive(Serialize)]
struct CoveragePart {
    draft_id: String,
    /// No story is there yet.
    unwritten: bool,
    total: usize,
    covered: usize,
    percent: usize,
    open: OpenSentences,
    stories: Vec<CoveringStory>,
    /// How many sentences one press takes; 0 when nothing can be written now.
    at_once: usize,
}

impl View for CoveragePart {
    const TEMPLATE: &'static str = "fragments/coverage.html";
}

/// Some of the uncovered sentences.
#[derive(Serialize)]
struct OpenSentences {
    draft_id: String,
    sentences: Vec<Sentence>,
    /// Where the next ones begin.
    next: Option<usize>,
    left: usize,
}

/// More of them.
#[derive(Serialize)]
struct MoreOpen {
    open: OpenSentences,
}

impl View for MoreOpen {
    const TEMPLATE: &'static str = "fragments/coverage_open.html";
}

/// A sentence and its place: in the requirements, in characters, or in a source.
#[derive(Serialize)]
struct Sentence {
    /// Id and title of the source.
    source: Option<Source>,
    text: String,
    heading: String,
    start: usize,
    end: usize,
}

#[derive(Serialize)]
struct Source {
    id: String,
    title: String,
}

#[derive(Serialize)]
struct CoveringStory {
    /// Its place in the document.
    index: usize,
    id: String,
    title: String,
    sentences: usize,
}

/// The sentences of one story.
#[derive(Serialize)]
struct CoveredSentences {
    sentences: Vec<Sentence>,
}

impl View for CoveredSentences {
    const TEMPLATE: &'static str = "fragments/coverage_story.html";
}

/// What of the coverage is asked for; all when nothing is said.
#[derive(Deserialize)]
pub struct Which {
    /// The sentences that this story covers.
    #[serde(default)]
    story: String,
    /// The uncovered ones from this place on.
    #[serde(default)]
    from: usize,
}

/// The sections, or nothing when all fits one call.
pub async fn sections(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    me.serve(move |desk| {
        let actor = &desk.who.actor;
        let draft = draft(desk.ports, actor, id)?.ok_or_else(draft_not_found)?;
        let views = sections_of_draft(desk.ports, actor, id)?.ok_or_else(draft_not_found)?;
        let views = if views.len() > 1 { views } else { Vec::new() };
        desk.fragment(&shown_sections(&draft, views))
    })
    .await
}

fn shown_sections(draft: &Draft, views: Vec<SectionView>) -> SectionsPart {
    let busy = matches!(draft.state, DraftState::Writing { .. });
    let editing = draft.state == DraftState::Editing;
    let begun = views.iter().any(|view| view.kept.is_some());
    let row = |view| SectionRow::of(view, begun, editing, busy);
    let sections: Vec<SectionRow> = views.into_iter().map(row).collect();
    let count = |state: &str| sections.iter().filter(|section| section.state == state).count();
    let (done, failed) = (count(SectionState::Done.as_str()), count(SectionState::Failed.as_str()));
    let percent = done * 100 / sections.len().max(1);
    SectionsPart { draft_id: draft.id.to_string(), sections, done, failed, percent, busy }
}

/// Which sentences a story covers, and which none does.
pub async fn covered(me: SignedIn, which: Params<Which>) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    me.serve(move |desk| {
        let found = coverage_of_draft(desk.ports, &desk.who.actor, id)?.ok_or_else(draft_not_found)?;
        let Which { story, from } = which.0;
        if !story.is_empty() {
            let of_story =
                found.coverage.sentences.iter().filter(|entry| entry.story.as_deref() == Some(story.as_str()));
            return desk.fragment(&CoveredSentences { sentences: placed(&found, of_story) });
        }
        let open = open_sentences(&found, from);
        if from > 0 { desk.fragment(&MoreOpen { open }) } else { desk.fragment(&whole(&found, open)) }
    })
    .await
}

fn whole(of: &DraftCoverage, open: OpenSentences) -> CoveragePart {
    let DraftCoverage { draft, coverage: found, .. } = of;
    let mut of_story: HashMap<&str, usize> = HashMap::new();
    for story in found.sentences.iter().filter_map(|entry| entry.story.as_deref()) {
        *of_story.entry(story).or_default() += 1;
    }
    let stories = draft.document.stories.iter().enumerate().filter_map(|(index, story)| {
        let sentences = of_story.get(story.id.as_str()).copied()?;
        Some(CoveringStory { index, id: story.id.clone(), title: story.summary.clone(), sentences })
    });
    let (total, covered) = (found.sentences.len(), found.covered());
    let unwritten = draft.document.is_empty();
    let can_write = draft.state == DraftState::Editing && !unwritten && covered < total;
    CoveragePart {
        draft_id: draft.id.to_string(),
        unwritten,
        total,
        covered,
        percent: covered * 100 / total.max(1),
        stories: stories.collect(),
        open,
        at_once: if can_write { uncovered_in_one_call(found).max(1) } else { 0 },
    }
}

fn open_sentences(of: &DraftCoverage, from: usize) -> OpenSentences {
    let found = &of.coverage;
    let all = found.sentences.len() - found.covered();
    let next = from.saturating_add(AT_ONCE);
    OpenSentences {
        draft_id: of.draft.id.to_string(),
        sentences: placed(of, found.uncovered().skip(from).take(AT_ONCE)),
        next: (next < all).then_some(next),
        left: all.saturating_sub(next),
    }
}

/// Sentences with their places in characters, as the page's text field counts; they come in the order of the text.
fn placed<'a>(of: &DraftCoverage, entries: impl Iterator<Item = &'a SentenceCoverage>) -> Vec<Sentence> {
    let text = of.draft.requirements.as_str();
    let (mut bytes, mut characters) = (0, 0);
    let mut upto = |place: usize| {
        characters += text.get(bytes..place).map_or(0, |between| between.chars().count());
        bytes = place;
        characters
    };
    let sentence = |entry: &SentenceCoverage| {
        let source = entry.source.and_then(|number| of.sources.get(&number));
        let source = source.map(|source| Source { id: source.id(), title: source.title.clone() });
        let (start, end) = match source {
            None => (upto(entry.sentence.range.start), upto(entry.sentence.range.end)),
            Some(_) => (0, 0),
        };
        Sentence { source, start, end, text: entry.sentence.text.clone(), heading: entry.sentence.heading.clone() }
    };
    entries.map(sentence).collect()
}

/// Starts writing one section for itself.
pub async fn write_section(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    // A place that is no number is one that no section has.
    let ordinal = part(me.request(), "ordinal").parse().unwrap_or(0);
    me.serve(move |desk: &Desk<'_>| -> Result<Answer, AppError> {
        let started = drafting::write_section(desk.ports, &desk.who.actor, id, ordinal).map_err(AppError::from);
        bar(desk, id, started, String::new())
    })
    .await
}

/// Starts writing stories for what no story covers.
pub async fn write_uncovered(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    me.serve(move |desk| {
        let started = drafting::write_uncovered(desk.ports, &desk.who.actor, id).map_err(AppError::from);
        bar(desk, id, started, String::new())
    })
    .await
}
