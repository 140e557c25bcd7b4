//! Epics and stories with every key that templates read.

use serde::Serialize;
use storywright_application::sources::CitationFlag;
use storywright_domain::source::{Citation, SourceEntry};
use storywright_domain::story::{Document, Epic, LinkKind, Narrative, Scenario, Section, Story, Subtask};

/// What a piece of the document names: another one by reference, or an issue by its key.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tie {
    /// The reference; empty for a key.
    reference: String,
    /// What the field says: the name of the piece, or the key.
    shown: String,
}

impl Tie {
    /// A reference or key of a document as its pages show it.
    fn of(document: &Document, to: &str) -> Self {
        let to = to.trim();
        let name = name_of(document, to);
        let reference = if name.is_some() { to.to_owned() } else { String::new() };
        Self { reference, shown: name.unwrap_or_else(|| to.to_owned()) }
    }
}

/// An epic.
#[derive(Serialize)]
pub struct ShownEpic {
    id: String,
    summary: String,
    name: String,
    /// What it is called.
    shown: String,
    description: String,
    labels: Vec<String>,
}

/// A story.
#[derive(Serialize)]
pub struct ShownStory {
    id: String,
    summary: String,
    narrative: Option<Narrative>,
    scenarios: Vec<Scenario>,
    sections: Vec<Section>,
    acceptance_criteria: Vec<String>,
    stlc_notes: String,
    story_points: Option<serde_json::Number>,
    labels: Vec<String>,
    components: Vec<String>,
    priority: Option<String>,
    epic: Tie,
    links: Vec<ShownLink>,
    subtasks: Vec<Subtask>,
    citations: Vec<ShownCitation>,
}

/// A passage that a story rests on.
#[derive(Serialize)]
struct ShownCitation {
    source: String,
    /// Title of the page or file; empty when the source was removed.
    title: String,
    version: String,
    heading: String,
    quote: String,
    url: String,
    /// The words no longer stand there.
    gone: bool,
}

/// The passages of one story.
#[derive(Serialize)]
pub struct Passages {
    story: String,
    citations: Vec<ShownCitation>,
}

/// A link from a story.
#[derive(Serialize)]
struct ShownLink {
    kind: LinkKind,
    to: Tie,
}

/// The epics of a document.
#[must_use]
pub fn shown_epics(document: &Document) -> Vec<ShownEpic> {
    let shown = |(index, epic): (usize, &Epic)| ShownEpic {
        id: epic.id.clone(),
        summary: epic.summary.clone(),
        name: epic.name.clone(),
        shown: epic_name(index, epic),
        description: epic.description.clone(),
        labels: epic.labels.clone(),
    };
    document.epics.iter().enumerate().map(shown).collect()
}

/// The stories of a document.
#[must_use]
pub fn shown_stories(document: &Document, sources: &[SourceEntry], flags: &[CitationFlag]) -> Vec<ShownStory> {
    document.stories.iter().map(|story| shown_story(document, story, sources, flags)).collect()
}

/// What the stories of a document rest on, of those that name something.
#[must_use]
pub fn shown_passages(document: &Document, sources: &[SourceEntry], flags: &[CitationFlag]) -> Vec<Passages> {
    let resting = document.stories.iter().filter(|story| !story.citations.is_empty());
    resting
        .map(|story| Passages { story: story.id.clone(), citations: shown_citations(story, sources, flags) })
        .collect()
}

fn shown_citations(story: &Story, sources: &[SourceEntry], flags: &[CitationFlag]) -> Vec<ShownCitation> {
    let cited = |(index, citation): (usize, &Citation)| {
        let source = sources.iter().find(|entry| entry.id() == citation.source);
        ShownCitation {
            source: citation.source.clone(),
            title: source.map(|entry| entry.title.clone()).unwrap_or_default(),
            version: source.map(|entry| entry.revision.clone()).unwrap_or_default(),
            heading: citation.heading.clone(),
            quote: citation.quote.clone(),
            url: source.map(|entry| entry.url.clone()).unwrap_or_default(),
            gone: flags.iter().any(|flag| flag.story == story.id && flag.citation == index),
        }
    };
    story.citations.iter().enumerate().map(cited).collect()
}

fn shown_story(document: &Document, story: &Story, sources: &[SourceEntry], flags: &[CitationFlag]) -> ShownStory {
    let links = story.links.iter().map(|link| ShownLink { kind: link.kind, to: Tie::of(document, &link.to) });
    ShownStory {
        epic: story.epic.as_deref().map(|epic| Tie::of(document, epic)).unwrap_or_default(),
        links: links.collect(),
        id: story.id.clone(),
        summary: story.summary.clone(),
        narrative: story.narrative.clone(),
        scenarios: story.scenarios.clone(),
        sections: story.sections.clone(),
        acceptance_criteria: story.acceptance_criteria.clone(),
        stlc_notes: story.stlc_notes.clone(),
        story_points: story.story_points.and_then(points),
        labels: story.labels.clone(),
        components: story.components.clone(),
        priority: story.priority.clone(),
        subtasks: story.subtasks.clone(),
        citations: shown_citations(story, sources, flags),
    }
}

/// What the epic or story with this reference is called; the page's own script says the same.
#[must_use]
pub fn name_of(document: &Document, reference: &str) -> Option<String> {
    let epic = document.epics.iter().enumerate().find(|(_, epic)| epic.id == reference);
    let story = || document.stories.iter().enumerate().find(|(_, story)| story.id == reference);
    epic.map(|(index, epic)| epic_name(index, epic)).or_else(|| {
        story().map(|(index, story)| match story.summary.trim() {
            "" => format!("Story {}", index + 1),
            summary => summary.to_owned(),
        })
    })
}

fn epic_name(index: usize, epic: &Epic) -> String {
    match epic.board_name() {
        "" => format!("Epic {}", index + 1),
        name => name.to_owned(),
    }
}

/// Points as people write them: 3, not 3.0.
#[must_use]
pub fn points(points: f64) -> Option<serde_json::Number> {
    if points.fract() == 0.0 && points.abs() < 1e9 {
        #[expect(clippy::cast_possible_truncation, reason = "whole and small, as just checked")]
        let whole = points as i64;
        Some(whole.into())
    } else {
        serde_json::Number::from_f64(points)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_named_as_people_know_them() {
        let epic = |id: &str, name: &str| Epic { id: id.to_owned(), summary: name.to_owned(), ..Epic::default() };
        let story = |id: &str, name: &str| Story { id: id.to_owned(), summary: name.to_owned(), ..Story::default() };
        let epics = vec![epic("e1", "Refunds "), epic("e2", "")];
        let document = Document { epics, stories: vec![story("s1", "Pay back"), story("s2", " ")] };
        let tie = |to: &str| Tie::of(&document, to);
        let named = |reference: &str, shown: &str| Tie { reference: reference.to_owned(), shown: shown.to_owned() };
        assert_eq!(tie("e1"), named("e1", "Refunds"));
        assert_eq!(tie("e2"), named("e2", "Epic 2"));
        assert_eq!(tie("s1"), named("s1", "Pay back"));
        assert_eq!(tie("s2"), named("s2", "Story 2"));
        assert_eq!(tie(" PAY-12 "), named("", "PAY-12"));
        assert_eq!(tie("e9"), named("", "e9"));
    }
}
