//! What sets two versions of a draft apart, word by word.

mod text;

pub use text::{Segment, around, by_line, segments};

use super::shown::name_of;
use super::{draft_id, draft_not_found};
use crate::errors::{AppError, kinds};
use crate::pages::desk::{Desk, Params};
use crate::view::{Page, Time, View};
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use storywright_application::drafts::{draft, draft_version, draft_versions};
use storywright_application::preflight::values::typed_of;
use storywright_domain::DraftId;
use storywright_domain::draft::{DraftVersion, Origin};
use storywright_domain::story::{Document, Epic, FieldValue, LinkKind, Scenario, Story};

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    path: String,
    label: String,
    kind: &'static str,
    segments: Vec<Segment>,
}

/// A version in a list.
#[derive(Debug, Clone, Serialize)]
pub struct VersionLine {
    pub(super) number: u32,
    label: String,
    by: String,
    pub(super) at: Time,
    current: bool,
}

impl VersionLine {
    /// A version as shown.
    #[must_use]
    pub fn of(desk: &Desk<'_>, version: &DraftVersion, current: bool) -> Self {
        let with_note = |text: &str| {
            if version.note.is_empty() { text.to_owned() } else { format!("{text}: {}", version.note) }
        };
        let (label, by) = match version.origin {
            Origin::Edited => (with_note("Edited by hand"), desk.who.person.display_name.as_str()),
            Origin::Generated => (with_note("Written from the requirements"), "Storywright"),
            Origin::Refined => (with_note("Refined"), "Storywright"),
            Origin::Restored => (with_note("Restored"), desk.who.person.display_name.as_str()),
        };
        Self { number: version.number, label, by: by.to_owned(), at: desk.time(version.created_at), current }
    }

    /// Who did what, for the list of what happened.
    #[must_use]
    pub fn summary(&self) -> String {
        format!("{} (version {}, {})", self.label, self.number, self.by)
    }

    /// Who made it.
    #[must_use]
    pub fn by(&self) -> &str {
        &self.by
    }
}

#[derive(Serialize)]
struct ComparePage {
    draft: Titled,
    from: VersionLine,
    to: VersionLine,
    versions: Vec<VersionLine>,
    changes: Vec<Change>,
    totals: Totals,
}

#[derive(Serialize)]
struct Titled {
    id: String,
    title: String,
}

#[derive(Serialize)]
struct Totals {
    added: usize,
    removed: usize,
    changed: usize,
}

impl View for ComparePage {
    const TEMPLATE: &'static str = "compare.html";
}

impl Page for ComparePage {
    const ACTIVE: &'static str = "drafts";
}

/// Which versions.
#[derive(Deserialize)]
pub struct Between {
    from: Option<u32>,
    to: Option<u32>,
}

/// The page.
pub async fn page(me: SignedIn, between: Params<Between>) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    me.serve(move |desk| {
        let draft = draft(desk.ports, &desk.who.actor, id)?.ok_or_else(draft_not_found)?;
        let all = draft_versions(desk.ports, &desk.who.actor, id, None)?.ok_or_else(draft_not_found)?.items;
        let newest = all.first().map_or(draft.version, |version| version.number);
        let to = version_at(desk, id, between.0.to.unwrap_or(newest))?;
        let from = version_at(desk, id, between.0.from.unwrap_or_else(|| to.number.saturating_sub(1)))?;
        let changes = differences(&from.document, &to.document);
        let of = |kind: &str| changes.iter().filter(|change| change.kind == kind).count();
        let totals = Totals { added: of("added"), removed: of("removed"), changed: of("changed") };
        let line = |version: &DraftVersion| VersionLine::of(desk, version, version.number == newest);
        let view = ComparePage {
            draft: Titled { id: id.to_string(), title: draft.title },
            from: line(&from),
            to: line(&to),
            versions: all.iter().map(line).collect(),
            changes,
            totals,
        };
        desk.page(&view)
    })
    .await
}

/// The document as it was at version `number`: not every version of a draft changes its document. Before the first one, the first.
pub fn version_at(desk: &Desk<'_>, id: DraftId, number: u32) -> Result<DraftVersion, AppError> {
    if let Some(exact) = draft_version(desk.ports, &desk.who.actor, id, number)? {
        return Ok(exact);
    }
    let mut cursor = None;
    let mut oldest = None;
    loop {
        let slice = draft_versions(desk.ports, &desk.who.actor, id, cursor.as_deref())?.ok_or_else(draft_not_found)?;
        for version in slice.items {
            if version.number <= number {
                return Ok(version);
            }
            oldest = Some(version);
        }
        match slice.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    oldest.ok_or_else(|| {
        AppError::new(
            &kinds::VERSION_NOT_FOUND,
            "This draft has no such version",
            "Choose one from the list of versions",
        )
    })
}

/// What changes from one document to another, in the order of the newer one.
#[must_use]
pub fn differences(from: &Document, to: &Document) -> Vec<Change> {
    let before = fields(from);
    let after = fields(to);
    // A document may hold very many entries: each is looked up, not searched for.
    let (before_by_key, after_by_key) = (by_key(&before), by_key(&after));
    let mut changes = Vec::new();
    for field in &after {
        match before_by_key.get(field.key.as_str()) {
            None if !field.text.is_empty() => changes.push(field.change("added", "", &field.text)),
            Some(old) if !old.is(field) => {
                let kind = match (old.text.is_empty(), field.text.is_empty()) {
                    (true, _) => "added",
                    (_, true) => "removed",
                    _ => "changed",
                };
                changes.push(field.change(kind, &old.text, &field.text));
            }
            _ => {}
        }
    }
    for field in before.iter().filter(|field| !field.text.is_empty()) {
        if !after_by_key.contains_key(field.key.as_str()) {
            changes.push(field.change("removed", &field.text, ""));
        }
    }
    changes
}

/// The first field of each key.
fn by_key(fields: &[Field]) -> HashMap<&str, &Field> {
    fields.iter().rev().map(|field| (field.key.as_str(), field)).collect()
}

/// One text of a document. The key names it by the references of story and sub-task, which survive a move.
struct Field {
    key: String,
    path: String,
    /// What makes it the same when the text alone does not: the reference behind a name.
    same: Option<String>,
    text: String,
}

impl Field {
    fn is(&self, other: &Self) -> bool {
        match (&self.same, &other.same) {
            (Some(one), Some(other)) => one == other,
            _ => self.text == other.text,
        }
    }

    fn change(&self, kind: &'static str, before: &str, after: &str) -> Change {
        Change { path: self.path.clone(), label: place(&self.path), kind, segments: segments(before, after) }
    }
}

fn fields(document: &Document) -> Vec<Field> {
    let epics = document.epics.iter().enumerate().flat_map(|(index, epic)| epic_fields(index, epic));
    let stories = document.stories.iter().enumerate().flat_map(|(index, story)| story_fields(document, index, story));
    epics.chain(stories).collect()
}

fn epic_fields(index: usize, epic: &Epic) -> Vec<Field> {
    let texts = [
        ("summary", epic.summary.clone()),
        ("name", epic.name.clone()),
        ("description", epic.description.clone()),
        ("labels", epic.labels.join(", ")),
    ];
    let own = texts.map(|(name, text)| (name.to_owned(), text)).into_iter().chain(custom_fields(&epic.custom_fields));
    own.map(|(name, text)| Field {
        key: format!("epic {}/{name}", epic.id),
        path: format!("epics.{index}.{name}"),
        same: None,
        text,
    })
    .collect()
}

/// Values of the project's own fields, as they are kept.
fn custom_fields(values: &BTreeMap<String, FieldValue>) -> impl Iterator<Item = (String, String)> {
    values.iter().map(|(id, value)| {
        let typed = typed_of(value);
        let detail = Some(typed.detail).filter(|detail| !detail.is_empty());
        let text: Vec<String> = typed.values.into_iter().chain(detail).collect();
        (format!("custom_fields.{id}"), text.join(", "))
    })
}

fn story_fields(document: &Document, index: usize, story: &Story) -> Vec<Field> {
    let mut found = Vec::new();
    let mut add_tie = |name: String, same: Option<String>, text: String| {
        found.push(Field { key: format!("{}/{name}", story.id), path: format!("stories.{index}.{name}"), same, text });
    };
    // What is called otherwise now is still the same.
    let named = |to: &str| name_of(document, to.trim()).unwrap_or_else(|| to.to_owned());
    if let Some(epic) = &story.epic {
        add_tie("epic".to_owned(), Some(epic.clone()), named(epic));
    }
    for (number, link) in story.links.iter().enumerate() {
        let verb = match link.kind {
            LinkKind::Blocks => "Blocks",
            LinkKind::RelatesTo => "Relates to",
        };
        let same = Some(format!("{verb} {}", link.to));
        add_tie(format!("links.{number}"), same, format!("{verb} {}", named(&link.to)));
    }
    let mut add = |name: String, text: String| add_tie(name, None, text);
    add("summary".to_owned(), story.summary.clone());
    let narrative = story.narrative.clone().unwrap_or_default();
    add("narrative.role".to_owned(), narrative.role);
    add("narrative.goal".to_owned(), narrative.goal);
    add("narrative.benefit".to_owned(), narrative.benefit);
    for (number, scenario) in story.scenarios.iter().enumerate() {
        add(format!("scenarios.{number}"), scenario_text(scenario));
    }
    for (number, section) in story.sections.iter().enumerate() {
        add(format!("sections.{number}"), format!("{}\n{}", section.heading, section.text).trim().to_owned());
    }
    for (number, criterion) in story.acceptance_criteria.iter().enumerate() {
        add(format!("acceptance_criteria.{number}"), criterion.clone());
    }
    add("stlc_notes".to_owned(), story.stlc_notes.clone());
    add("story_points".to_owned(), story.story_points.map(|points| points.to_string()).unwrap_or_default());
    add("labels".to_owned(), story.labels.join(", "));
    add("components".to_owned(), story.components.join(", "));
    add("priority".to_owned(), story.priority.clone().unwrap_or_default());
    for (name, text) in custom_fields(&story.custom_fields) {
        add(name, text);
    }
    for (number, subtask) in story.subtasks.iter().enumerate() {
        let texts = [("summary", &subtask.summary), ("description", &subtask.description)];
        let texts = texts.map(|(name, text)| (name.to_owned(), text.clone()));
        for (name, text) in texts.into_iter().chain(custom_fields(&subtask.custom_fields)) {
            found.push(Field {
                key: format!("{}/{name}", subtask.id),
                path: format!("stories.{index}.subtasks.{number}.{name}"),
                same: None,
                text,
            });
        }
    }
    found
}

fn scenario_text(scenario: &Scenario) -> String {
    let mut lines = vec![scenario.title.clone()];
    for (word, steps) in [("Given", &scenario.given), ("When", &scenario.when), ("Then", &scenario.then)] {
        lines.extend(
            steps.iter().enumerate().map(
                |(index, step)| {
                    if index == 0 { format!("{word} {step}") } else { format!("And {step}") }
                },
            ),
        );
    }
    lines.join("\n").trim().to_owned()
}

/// A path within a document in words: `Story 1, criterion 2`.
#[must_use]
pub fn place(path: &str) -> String {
    let parts: Vec<&str> = path.split('.').collect();
    let number = |index: usize| parts.get(index).and_then(|part| part.parse::<usize>().ok()).map(|index| index + 1);
    let whole = match (parts.first().copied(), number(1)) {
        (Some("stories"), Some(story)) => format!("Story {story}"),
        (Some("epics"), Some(epic)) => format!("Epic {epic}"),
        _ => return "The whole draft".to_owned(),
    };
    let counted = |word: &str| number(3).map_or_else(|| format!("{word}s"), |number| format!("{word} {number}"));
    let part = match parts.get(2).copied() {
        None => return whole,
        Some("name") => "name on boards".to_owned(),
        Some("narrative") => match parts.get(3).copied() {
            Some("role") => "as a".to_owned(),
            Some("goal") => "I want".to_owned(),
            Some("benefit") => "so that".to_owned(),
            _ => "narrative".to_owned(),
        },
        Some("scenarios") => counted("scenario"),
        Some("sections") => counted("section"),
        Some("links") => counted("link"),
        Some("acceptance_criteria") if parts.len() == 3 => "acceptance criteria".to_owned(),
        Some("acceptance_criteria") => counted("criterion"),
        Some("stlc_notes") => "STLC notes".to_owned(),
        Some("subtasks") => match parts.get(4).copied() {
            Some("description") => format!("{}, description", counted("sub-task")),
            Some("custom_fields") => format!("{}, {}", counted("sub-task"), parts.get(5).unwrap_or(&"fields")),
            _ => counted("sub-task"),
        },
        Some("custom_fields") => (*parts.get(3).unwrap_or(&"fields")).to_owned(),
        Some(other) => other.replace('_', " "),
    };
    format!("{whole}, {part}")
}

#[cfg(test)]
mod tests;
