//! The create screens that a draft needs, and what can be read off them.

use super::plan::PlanError;
use crate::Ports;
use crate::preflight::{self, MarkerChoice};
use storywright_domain::draft::Draft;
use storywright_domain::jira::{CreateField, FieldKind, IssueType, Marker};
use storywright_domain::remote::Access;

/// An issue type and its create screen.
pub(super) struct Screen {
    pub(super) kind: IssueType,
    pub(super) fields: Vec<CreateField>,
    pub(super) marker: Marker,
}

/// The create screens that a draft needs.
pub(super) struct Screens {
    pub(super) epic: Option<Screen>,
    pub(super) story: Screen,
    pub(super) subtask: Option<Screen>,
}

impl Screens {
    pub(super) fn read(ports: &Ports, access: &Access, draft: &Draft, run_label: &str) -> Result<Self, PlanError> {
        let types = ports.jira.issue_types(access, &draft.project)?;
        let read = |kind: &IssueType| -> Result<Screen, PlanError> {
            let fields = preflight::fields(ports, access, &draft.project, &kind.id)?;
            let marker = MarkerChoice::of(&access.site, &fields).marker(run_label);
            Ok(Screen { kind: kind.clone(), fields, marker })
        };
        let story = types
            .iter()
            .find(|kind| kind.id == draft.issue_type)
            .ok_or_else(|| PlanError::NoSuchType(draft.issue_type_name.clone()))?;
        let story = read(story)?;
        let subtask = if draft.document.stories.iter().any(|story| !story.subtasks.is_empty()) {
            Some(read(types.iter().find(|kind| kind.subtask).ok_or(PlanError::NoSubtaskType)?)?)
        } else {
            None
        };
        let epic = if draft.document.epics.is_empty() { None } else { Some(epic_screen(&types, &story, read)?) };
        Ok(Self { epic, story, subtask })
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &Screen> {
        self.epic.iter().chain([&self.story]).chain(self.subtask.iter())
    }
}

/// The type that says that it is one for epics; else the one whose create screen asks for an Epic Name.
fn epic_screen(
    types: &[IssueType],
    story: &Screen,
    read: impl Fn(&IssueType) -> Result<Screen, PlanError>,
) -> Result<Screen, PlanError> {
    if let Some(kind) = types.iter().find(|kind| kind.epic) {
        return read(kind);
    }
    for kind in types.iter().filter(|kind| !kind.subtask && kind.id != story.kind.id) {
        let screen = read(kind)?;
        if on_screen(&screen.fields, &FieldKind::EpicName).is_some() {
            return Ok(screen);
        }
    }
    Err(PlanError::NoEpicType)
}

/// The field that holds the epic of a story: Epic Link on Data Center, the parent on Cloud.
pub(super) fn epic_field(fields: &[CreateField]) -> Option<&CreateField> {
    on_screen(fields, &FieldKind::EpicLink).or_else(|| on_screen(fields, &FieldKind::Parent))
}

pub(super) fn on_screen<'a>(fields: &'a [CreateField], kind: &FieldKind) -> Option<&'a CreateField> {
    fields.iter().find(|field| field.kind == *kind)
}

pub(super) fn estimate_field(fields: &[CreateField]) -> Option<&CreateField> {
    fields.iter().find(|field| is_estimate(field))
}

/// Jira gives the estimate no kind of its own; its names are few and set by the site's language.
pub(super) fn is_estimate(field: &CreateField) -> bool {
    const NAMES: [&str; 6] =
        ["story points", "story point estimate", "storypoints", "story-points", "points d'histoire", "points de récit"];
    field.kind == FieldKind::Number && NAMES.contains(&field.name.to_lowercase().as_str())
}
