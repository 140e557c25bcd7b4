//! The fields that Jira asks for and a draft does not hold: which ones, of which issues, and taking what a person filled in.

use super::values::{BadValue, Typed, typed_of, value_of};
use super::{Screen, remember_defaults, screen};
use crate::Ports;
use crate::catalog::{CatalogError, list_issue_types, list_users};
use crate::drafts::{DraftChange, EditDraftError, draft, edit_draft};
use crate::publishing::{PlanError, PlanProblem, make_plan};
use std::collections::BTreeMap;
use storywright_domain::DraftId;
use storywright_domain::draft::Draft;
use storywright_domain::jira::{CreateField, FieldKind, IssueType};
use storywright_domain::person::Actor;
use storywright_domain::preflight::Lesson;
use storywright_domain::story::{Document, FieldValue};

/// Code of the problem of a plan that a field is missing.
const MISSING: &str = "required_field_missing";

/// How often a draft that changes meanwhile is tried again.
const TRIES: usize = 3;

/// Which of a draft's issues a create screen is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Its epics.
    Epic,
    /// Its stories.
    Story,
    /// Its sub-tasks.
    Subtask,
}

impl Level {
    /// The word in names of form fields.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Epic => "epic",
            Self::Story => "story",
            Self::Subtask => "subtask",
        }
    }
}

/// A field that Jira asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct AskedField {
    /// Of which issues.
    pub level: Level,
    /// Their type.
    pub issue_type: IssueType,
    /// What it takes.
    pub field: CreateField,
    /// References of the issues that lack it; empty when none does, and the value may be changed or left.
    pub missing: Vec<String>,
    /// What the issues have in common, else what the person filled in the last time.
    pub value: Option<FieldValue>,
    /// Whether the issues have different values.
    pub differs: bool,
    /// Jira's words, when only a refusal revealed that it is wanted.
    pub said: Option<String>,
}

impl AskedField {
    /// Name within the forms of one draft: `story.customfield_10200`.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}.{}", self.level.as_str(), self.field.id)
    }
}

/// Everything that Jira asks of a draft.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Asked {
    /// The fields, in the order of epics, stories, sub-tasks and of their screens.
    pub fields: Vec<AskedField>,
    /// What Jira demands and has no place for, in its words.
    pub nowhere: Vec<String>,
}

/// Why values were not taken.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FillError {
    /// Some are no values of their fields: by [`AskedField::key`]. Nothing was saved.
    #[error("{} values are wrong", .1.len())]
    Values(Box<Asked>, BTreeMap<String, BadValue>),
    /// There is no such draft, or no plan can be made of it.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The create screens cannot be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The draft was not changed.
    #[error(transparent)]
    Edit(#[from] EditDraftError),
}

/// What Jira asks of a draft, given what is wrong with its plan. When nothing is missing: the fields that it asked for and has, so that
/// they can be changed.
///
/// # Errors
/// [`CatalogError`].
pub fn asked_fields(
    ports: &Ports,
    actor: &Actor,
    draft: &Draft,
    problems: &[PlanProblem],
) -> Result<Asked, CatalogError> {
    let screens = screens_of(ports, actor, draft)?;
    let nothing_missing = !problems.iter().any(|problem| problem.code == MISSING);
    let mut asked = Asked::default();
    for (level, screen) in &screens {
        let lacking = |field: &str| -> Vec<String> {
            let of_field = problems.iter().filter(|problem| problem.code == MISSING && problem.field == field);
            let references = of_field.map(|problem| problem.reference.clone());
            references.filter(|reference| level_of(&draft.document, reference) == Some(*level)).collect()
        };
        let some_missing = screen.fields.iter().any(|field| !lacking(&field.id).is_empty());
        for field in screen.fields.iter().filter(|field| field.required) {
            let missing = lacking(&field.id);
            // A sub-task takes from its story what both lack.
            let of_story = |known: &AskedField| known.level == Level::Story && known.field.id == field.id;
            if *level == Level::Subtask && asked.fields.iter().any(|known| of_story(known) && !known.missing.is_empty())
            {
                continue;
            }
            let held: Vec<&FieldValue> = values_at(&draft.document, *level, &field.id);
            // What Jira fills in itself is shown beside what it does not.
            let beside = field.has_default && some_missing && is_own(field);
            if missing.is_empty() && !beside && (held.is_empty() || !nothing_missing) {
                continue;
            }
            let differs = held.windows(2).any(|two| two[0] != two[1]);
            let value = if differs { None } else { held.first().map(|value| (*value).clone()) };
            asked.fields.push(AskedField {
                level: *level,
                issue_type: screen.issue_type.clone(),
                said: said(screen, &field.id),
                value: value.or_else(|| screen.defaults.get(&field.id).filter(|_| !differs).cloned()),
                field: field.clone(),
                missing,
                differs,
            });
        }
        let placed = |id: &str| screen.fields.iter().any(|field| field.id == id);
        let nowhere = screen.learned.iter().filter(|known| known.lesson == Lesson::Required && !placed(&known.field));
        asked.nowhere.extend(nowhere.map(|known| known.message.clone()));
    }
    Ok(asked)
}

/// Takes what a person filled in, by [`AskedField::key`]: where a value is missing it is put, what nobody lacks is replaced. What was
/// filled in is offered again the next time.
///
/// # Errors
/// [`FillError`].
pub fn fill_in(ports: &Ports, actor: &Actor, id: DraftId, typed: &BTreeMap<String, Typed>) -> Result<Draft, FillError> {
    let mut tries = TRIES;
    loop {
        let stored = draft(ports, actor, id).map_err(PlanError::from)?.ok_or(PlanError::NotFound)?;
        let problems = match make_plan(ports, actor, id) {
            Ok(_) => Vec::new(),
            Err(PlanError::Problems(problems)) => problems,
            Err(other) => return Err(other.into()),
        };
        let asked = asked_fields(ports, actor, &stored, &problems)?;
        let values = values(ports, actor, &stored, &asked, typed)?;
        let mut document = stored.document.clone();
        for (field, value) in &values {
            put(&mut document, field, value);
        }
        let change = DraftChange { document: Some(document), ..DraftChange::default() };
        tries -= 1;
        match edit_draft(ports, actor, id, stored.version, &change) {
            // Holes are filled wherever they are: what changed meanwhile stays.
            Err(EditDraftError::Conflict(_)) if tries > 0 => {}
            Err(error) => return Err(error.into()),
            Ok(saved) => {
                remember(ports, actor, &saved, &values)?;
                return Ok(saved);
            }
        }
    }
}

/// The create screens that a draft needs, epics first.
fn screens_of(ports: &Ports, actor: &Actor, draft: &Draft) -> Result<Vec<(Level, Screen)>, CatalogError> {
    let mut screens = Vec::new();
    let types = list_issue_types(ports, actor, &draft.project)?;
    let read = |kind: &IssueType| screen(ports, actor, &draft.project, &kind.id);
    if !draft.document.epics.is_empty() {
        let epics = match types.iter().find(|kind| kind.epic) {
            Some(kind) => Some(read(kind)?),
            None => epic_screen(&types, &draft.issue_type, read)?,
        };
        screens.extend(epics.map(|screen| (Level::Epic, screen)));
    }
    if let Some(kind) = types.iter().find(|kind| kind.id == draft.issue_type) {
        screens.push((Level::Story, read(kind)?));
    }
    let has_subtasks = draft.document.stories.iter().any(|story| !story.subtasks.is_empty());
    if let Some(kind) = types.iter().find(|kind| kind.subtask).filter(|_| has_subtasks) {
        screens.push((Level::Subtask, read(kind)?));
    }
    Ok(screens)
}

/// On Data Center the type for epics is the one whose create screen asks for an Epic Name.
fn epic_screen(
    types: &[IssueType],
    story: &str,
    read: impl Fn(&IssueType) -> Result<Screen, CatalogError>,
) -> Result<Option<Screen>, CatalogError> {
    for kind in types.iter().filter(|kind| !kind.subtask && kind.id != story) {
        let screen = read(kind)?;
        if screen.fields.iter().any(|field| field.kind == FieldKind::EpicName) {
            return Ok(Some(screen));
        }
    }
    Ok(None)
}

fn said(screen: &Screen, field: &str) -> Option<String> {
    let of_field = screen.learned.iter().find(|known| known.field == field && known.lesson == Lesson::Required);
    of_field.map(|known| known.message.clone()).filter(|message| !message.trim().is_empty())
}

/// Whether the field is one of the project's own, and none that every draft has a place for.
fn is_own(field: &CreateField) -> bool {
    const EVERYWHERE: [&str; 9] =
        ["summary", "project", "issuetype", "description", "reporter", "labels", "components", "priority", "parent"];
    !EVERYWHERE.contains(&field.id.as_str()) && !matches!(field.kind, FieldKind::EpicLink | FieldKind::EpicName)
}

fn level_of(document: &Document, reference: &str) -> Option<Level> {
    if document.epic(reference).is_some() {
        return Some(Level::Epic);
    }
    if document.stories.iter().any(|story| story.id == reference) {
        return Some(Level::Story);
    }
    let mut subtasks = document.stories.iter().flat_map(|story| &story.subtasks);
    subtasks.any(|subtask| subtask.id == reference).then_some(Level::Subtask)
}

fn values_at<'a>(document: &'a Document, level: Level, field: &str) -> Vec<&'a FieldValue> {
    let stories = document.stories.iter();
    match level {
        Level::Epic => document.epics.iter().filter_map(|epic| epic.custom_fields.get(field)).collect(),
        Level::Story => stories.filter_map(|story| story.custom_fields.get(field)).collect(),
        Level::Subtask => {
            stories.flat_map(|story| &story.subtasks).filter_map(|subtask| subtask.custom_fields.get(field)).collect()
        }
    }
}

/// The values that were typed, or everything that is wrong with them.
fn values<'a>(
    ports: &Ports,
    actor: &Actor,
    draft: &Draft,
    asked: &'a Asked,
    typed: &BTreeMap<String, Typed>,
) -> Result<Vec<(&'a AskedField, FieldValue)>, FillError> {
    let nothing = Typed::default();
    let mut values = Vec::new();
    let mut wrong = BTreeMap::new();
    for field in &asked.fields {
        let typed = typed.get(&field.key()).unwrap_or(&nothing);
        match value_of(&field.field, typed) {
            Ok(Some(FieldValue::User(name))) => match person(ports, actor, draft, &name, &typed.detail)? {
                Ok(name) => values.push((field, FieldValue::User(name))),
                Err(problem) => {
                    wrong.insert(field.key(), problem);
                }
            },
            Ok(Some(value)) => values.push((field, value)),
            Ok(None) if field.missing.is_empty() => {}
            Ok(None) => {
                wrong.insert(field.key(), BadValue::Missing);
            }
            Err(problem) => {
                wrong.insert(field.key(), problem);
            }
        }
    }
    if wrong.is_empty() { Ok(values) } else { Err(FillError::Values(Box::new(asked.clone()), wrong)) }
}

/// Who is meant: whoever was chosen from the list, else the one person who goes by what was typed, else a user name.
fn person(
    ports: &Ports,
    actor: &Actor,
    draft: &Draft,
    typed: &str,
    chosen: &str,
) -> Result<Result<String, BadValue>, CatalogError> {
    if !chosen.trim().is_empty() {
        return Ok(Ok(chosen.trim().to_owned()));
    }
    let mut found = list_users(ports, actor, &draft.project, typed)?;
    if found.is_empty()
        && let Some((first, _)) = typed.split_once(' ')
    {
        // Some sites look for one word only.
        found = list_users(ports, actor, &draft.project, first)?;
    }
    if found.iter().any(|user| user.name == typed) {
        return Ok(Ok(typed.to_owned()));
    }
    let typed_in_lower_case = typed.to_lowercase();
    let mut fitting = found.iter().filter(|user| {
        user.display_name.to_lowercase() == typed_in_lower_case || user.name.to_lowercase() == typed_in_lower_case
    });
    Ok(match (fitting.next(), fitting.next()) {
        (Some(one), None) => Ok(one.name.clone()),
        (Some(_), Some(_)) => Err(BadValue::SeveralPeople(typed.to_owned())),
        // The list holds whom issues can be assigned to; a field may take others, and a user name is one word.
        (None, _) if !typed.contains(char::is_whitespace) => Ok(typed.to_owned()),
        (None, _) => Err(BadValue::NoSuchPerson(typed.to_owned())),
    })
}

/// Puts a value where it is missing, or, when nobody lacks it, in place of every value that is there.
fn put(document: &mut Document, asked: &AskedField, value: &FieldValue) {
    let meant = |reference: &str| asked.missing.is_empty() || asked.missing.iter().any(|one| one == reference);
    let id = &asked.field.id;
    match asked.level {
        Level::Epic => {
            for epic in document.epics.iter_mut().filter(|epic| meant(&epic.id)) {
                epic.custom_fields.insert(id.clone(), value.clone());
            }
        }
        Level::Story => {
            for story in document.stories.iter_mut().filter(|story| meant(&story.id)) {
                // Jira's well-known fields have places of their own in a story.
                match (&asked.field.kind, value) {
                    (FieldKind::EpicLink, FieldValue::Issue(key)) => story.epic = Some(key.clone()),
                    (FieldKind::Priority, FieldValue::Text(name)) => story.priority = Some(name.clone()),
                    (FieldKind::Components, FieldValue::Texts(names)) => story.components.clone_from(names),
                    (FieldKind::Labels, FieldValue::Texts(labels)) if id == "labels" => story.labels.clone_from(labels),
                    _ => {
                        story.custom_fields.insert(id.clone(), value.clone());
                    }
                }
            }
        }
        Level::Subtask => {
            let subtasks = document.stories.iter_mut().flat_map(|story| &mut story.subtasks);
            for subtask in subtasks.filter(|subtask| meant(&subtask.id)) {
                subtask.custom_fields.insert(id.clone(), value.clone());
            }
        }
    }
}

/// Keeps what was filled in for the next draft, beside what other fields were filled in with before.
fn remember(
    ports: &Ports,
    actor: &Actor,
    draft: &Draft,
    values: &[(&AskedField, FieldValue)],
) -> Result<(), CatalogError> {
    let mut by_type: BTreeMap<&str, Vec<(&str, &FieldValue)>> = BTreeMap::new();
    for (asked, value) in values {
        by_type.entry(&asked.issue_type.id).or_default().push((&asked.field.id, value));
    }
    for (issue_type, values) in by_type {
        let mut kept = screen(ports, actor, &draft.project, issue_type)?.defaults;
        kept.extend(values.into_iter().map(|(id, value)| (id.to_owned(), value.clone())));
        remember_defaults(ports, actor, &draft.project, issue_type, &kept)?;
    }
    Ok(())
}

/// What stands in the form for a field before anything is typed.
#[must_use]
pub fn prefilled(asked: &AskedField) -> Typed {
    asked.value.as_ref().map(typed_of).unwrap_or_default()
}
