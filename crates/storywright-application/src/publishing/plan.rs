//! The plan: exact payloads for every issue of a draft, and the hash that a person approves.

use crate::Ports;
use crate::access::{self, AccessError};
use std::collections::HashSet;
use storywright_domain::DraftId;
use storywright_domain::draft::{Draft, WrongState};
use storywright_domain::finding::{Finding, blocks};
use storywright_domain::jira::{CreateField, FieldKind, IssueType, Marker, NewIssue, Placement};
use storywright_domain::person::Actor;
use storywright_domain::ports::{StorageError, StorageExt};
use storywright_domain::publishing::{MAX_ITEMS, Plan, PlannedIssue};
use storywright_domain::remote::{Access, RemoteError};
use storywright_domain::review::review;
use storywright_domain::story::{FieldValue, Story, Subtask};

/// Name of the issue property that proves which item of which run an issue is.
pub const ORIGIN_PROPERTY: &str = "storywright.origin";

/// Something about one issue that Jira would refuse or drop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanProblem {
    /// Local reference: `s1`, `s1.2`.
    pub reference: String,
    /// Field id in Jira.
    pub field: String,
    /// Stable code.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub message: String,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// There is none of this person with that id.
    #[error("there is no such draft")]
    NotFound,
    /// It is being written, or published already.
    #[error(transparent)]
    WrongState(#[from] WrongState),
    /// Rules block it.
    #[error("{} findings block creation", .0.len())]
    Blocked(Vec<Finding>),
    /// More issues than one run takes.
    #[error("{0} issues are more than the {MAX_ITEMS} of one run")]
    TooMany(usize),
    /// Jira would refuse or drop something.
    #[error("{} fields need attention", .0.len())]
    Problems(Vec<PlanProblem>),
    /// The project has no type for sub-tasks, and the draft has sub-tasks.
    #[error("the project has no sub-task type")]
    NoSubtaskType,
    /// The issue type of the draft is gone, or the person may not create it any more.
    #[error("the issue type `{0}` cannot be created in this project any more")]
    NoSuchType(String),
    /// The Jira connection cannot be used.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Jira said no.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The database is in trouble.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Makes the plan of a draft as it is now. The same draft version and the same create screens give the same plan.
///
/// # Errors
/// [`PlanError`].
pub fn make_plan(ports: &Ports, actor: &Actor, id: DraftId) -> Result<Plan, PlanError> {
    let found = ports.storage.read(|tx| {
        let Some(draft) = tx.draft(actor.user(), id)?.filter(|draft| draft.deleted_at.is_none()) else {
            return Ok(None);
        };
        let rules = tx.rule_set(&draft.rule_set)?.unwrap_or_default();
        Ok::<_, StorageError>(Some((draft, rules)))
    })?;
    let (draft, rules) = found.ok_or(PlanError::NotFound)?;
    draft.editable()?;
    let draft = with_own_references(draft);
    let findings = review(&draft.document, draft.format, &rules);
    if blocks(&findings) {
        return Err(PlanError::Blocked(findings));
    }
    let count = draft.document.issue_count();
    if count > MAX_ITEMS {
        return Err(PlanError::TooMany(count));
    }
    let access = access::jira(ports, actor)?;
    let screens = Screens::read(ports, &access, &draft)?;
    Planner { ports, draft: &draft, screens: &screens, run_label: run_label(ports, &draft), problems: Vec::new() }
        .plan(&access)
}

/// The draft with a reference of its own for every story and sub-task. The document sees to that for stories and within each story; a
/// story that was named like another's sub-task would have its mark and get its children.
fn with_own_references(mut draft: Draft) -> Draft {
    let all = draft.document.stories.iter().flat_map(|story| {
        std::iter::once(story.id.as_str()).chain(story.subtasks.iter().map(|subtask| subtask.id.as_str()))
    });
    let mut seen = HashSet::new();
    if all.into_iter().all(|reference| seen.insert(reference)) {
        return draft;
    }
    for story in &mut draft.document.stories {
        story.id.clear();
        story.subtasks.iter_mut().for_each(|subtask| subtask.id.clear());
    }
    Draft { document: draft.document.with_references(), ..draft }
}

/// The label that marks the issues of a run: the same for the same draft version, so that the plan hash does not change by looking.
fn run_label(ports: &Ports, draft: &Draft) -> String {
    let digest = ports.sha256.hex(format!("{}|{}|{}", ports.settings.instance, draft.id, draft.version).as_bytes());
    format!("aid-{}", digest.chars().take(12).collect::<String>())
}

/// The create screens that a draft needs.
struct Screens {
    story: (IssueType, Vec<CreateField>),
    subtask: Option<(IssueType, Vec<CreateField>)>,
}

impl Screens {
    fn read(ports: &Ports, access: &Access, draft: &Draft) -> Result<Self, PlanError> {
        let types = ports.jira.issue_types(access, &draft.project)?;
        let story = types
            .iter()
            .find(|kind| kind.id == draft.issue_type)
            .cloned()
            .ok_or_else(|| PlanError::NoSuchType(draft.issue_type_name.clone()))?;
        let fields = ports.jira.create_fields(access, &draft.project, &story.id)?;
        let needs_subtasks = draft.document.stories.iter().any(|story| !story.subtasks.is_empty());
        let subtask = if needs_subtasks {
            let kind = types.iter().find(|kind| kind.subtask).cloned().ok_or(PlanError::NoSubtaskType)?;
            let fields = ports.jira.create_fields(access, &draft.project, &kind.id)?;
            Some((kind, fields))
        } else {
            None
        };
        Ok(Self { story: (story, fields), subtask })
    }
}

struct Planner<'a> {
    ports: &'a Ports,
    draft: &'a Draft,
    screens: &'a Screens,
    run_label: String,
    problems: Vec<PlanProblem>,
}

impl Planner<'_> {
    fn plan(mut self, access: &Access) -> Result<Plan, PlanError> {
        let mut issues = Vec::new();
        for story in &self.draft.document.stories {
            let new = self.story(story);
            issues.push(self.issue(&story.id, None, &self.screens.story.0, &new));
            for subtask in &story.subtasks {
                let Some((kind, _)) = &self.screens.subtask else { continue };
                let new = self.subtask(subtask, story, kind);
                issues.push(self.issue(&subtask.id, Some(&story.id), kind, &new));
            }
        }
        if !self.problems.is_empty() {
            return Err(PlanError::Problems(self.problems));
        }
        let marker_mode = match self.marker(&self.screens.story.1) {
            Marker::RunLabel(_) => "run_label",
            Marker::Footer(_) => "footer",
            Marker::Field { .. } => "field",
            Marker::Manual => "manual",
        };
        let hashes: Vec<&str> = issues.iter().map(|issue: &PlannedIssue| issue.payload_sha256.as_str()).collect();
        let whole = format!(
            "{}\n{}\n{}\n{}",
            access.site.base_url,
            self.draft.project.as_str(),
            self.draft.user,
            hashes.join("\n")
        );
        Ok(Plan {
            draft: self.draft.id,
            version: self.draft.version,
            site: access.site.id.clone(),
            project: self.draft.project.as_str().to_owned(),
            run_label: self.run_label,
            marker_mode: marker_mode.to_owned(),
            plan_hash: self.ports.sha256.hex(whole.as_bytes()),
            issues,
            marker_modes: std::collections::BTreeMap::new(),
            existing: Vec::new(),
            findings: Vec::new(),
        })
    }

    fn issue(&self, reference: &str, parent: Option<&str>, kind: &IssueType, new: &NewIssue) -> PlannedIssue {
        let (payload, description) = self.ports.jira.render(new);
        PlannedIssue {
            reference: reference.to_owned(),
            parent: parent.map(str::to_owned),
            parent_key: None,
            depth: u32::from(parent.is_some()),
            issue_type_id: kind.id.clone(),
            issue_type: kind.name.clone(),
            summary: new.summary.clone(),
            markdown: new.description.clone(),
            content_sha256: String::new(),
            marker: new.marker.clone(),
            epic_afterwards: false,
            links: Vec::new(),
            description,
            payload_sha256: self.ports.sha256.hex(payload.as_bytes()),
            payload,
        }
    }

    fn marker(&self, fields: &[CreateField]) -> Marker {
        if on_screen(fields, &FieldKind::Labels).is_some() {
            Marker::RunLabel(self.run_label.clone())
        } else {
            Marker::Footer(self.run_label.replace('-', ""))
        }
    }

    fn property(&self, reference: &str) -> Option<(String, String)> {
        Some((ORIGIN_PROPERTY.to_owned(), origin(&self.run_label, reference)))
    }

    fn story(&mut self, story: &Story) -> NewIssue {
        let fields = &self.screens.story.1;
        let custom_fields = self.custom_fields(story, fields);
        let epic = story.epic.as_ref().and_then(|epic| {
            self.placed(&story.id, "epic", on_screen(fields, &FieldKind::EpicLink), "Epic Link")
                .map(|field| (field, epic.clone()))
        });
        let estimate =
            story.story_points.and_then(|points| estimate_field(fields).map(|field| (field.id.clone(), points)));
        if !story.labels.is_empty() {
            let _ = self.placed(&story.id, "labels", on_screen(fields, &FieldKind::Labels), "Labels");
        }
        if !story.components.is_empty() {
            let _ = self.placed(&story.id, "components", on_screen(fields, &FieldKind::Components), "Components");
        }
        if story.priority.is_some() {
            let _ = self.placed(&story.id, "priority", on_screen(fields, &FieldKind::Priority), "Priority");
        }
        self.allowed(&story.id, "components", fields, &FieldKind::Components, &story.components);
        let priorities: Vec<String> = story.priority.iter().cloned().collect();
        self.allowed(&story.id, "priority", fields, &FieldKind::Priority, &priorities);
        self.required(&story.id, fields, story);
        NewIssue {
            project: self.draft.project.as_str().to_owned(),
            issue_type: self.screens.story.0.id.clone(),
            summary: story.summary.trim().to_owned(),
            description: story.description_markdown(),
            labels: story.labels.clone(),
            components: story.components.clone(),
            priority: story.priority.clone(),
            story_points: estimate,
            epic,
            placement: Placement::Alone,
            custom_fields,
            marker: self.marker(fields),
            property: self.property(&story.id),
        }
    }

    /// A sub-task has texts only; what its create screen demands besides it takes from its story.
    fn subtask(&mut self, subtask: &Subtask, story: &Story, kind: &IssueType) -> NewIssue {
        let fields: &[CreateField] = self.screens.subtask.as_ref().map_or(&[], |(_, fields)| fields);
        let demanded = |id: &str| fields.iter().any(|field| field.id == id && field.required && !field.has_default);
        let values = story.custom_fields.iter().filter(|(id, _)| demanded(id));
        let taken = Story {
            id: subtask.id.clone(),
            components: if demanded("components") { story.components.clone() } else { Vec::new() },
            priority: story.priority.clone().filter(|_| demanded("priority")),
            custom_fields: values.map(|(id, value)| (id.clone(), value.clone())).collect(),
            ..Story::default()
        };
        self.required(&subtask.id, fields, &taken);
        NewIssue {
            project: self.draft.project.as_str().to_owned(),
            issue_type: kind.id.clone(),
            summary: subtask.summary.trim().to_owned(),
            description: subtask.description.clone(),
            labels: Vec::new(),
            custom_fields: self.custom_fields(&taken, fields),
            components: taken.components,
            priority: taken.priority,
            story_points: None,
            epic: None,
            placement: Placement::UnderParent,
            marker: self.marker(fields),
            property: self.property(&subtask.id),
        }
    }

    fn problem(&mut self, reference: &str, field: &str, code: &'static str, message: String) {
        self.problems.push(PlanProblem { reference: reference.to_owned(), field: field.to_owned(), code, message });
    }

    /// The id of the field, or a problem when the create screen has none: nothing is dropped silently.
    fn placed(&mut self, reference: &str, field: &str, found: Option<&CreateField>, name: &str) -> Option<String> {
        if found.is_none() {
            self.problem(reference, field, "field_not_on_screen", format!("The create screen has no {name} field: remove the value, or ask a Jira administrator to add the field."));
        }
        found.map(|field| field.id.clone())
    }

    fn allowed(&mut self, reference: &str, field: &str, fields: &[CreateField], kind: &FieldKind, values: &[String]) {
        let Some(found) = on_screen(fields, kind).filter(|found| !found.allowed.is_empty()) else { return };
        for value in values {
            if !found.allowed.iter().any(|allowed| allowed.name == *value) {
                let names: Vec<&str> = found.allowed.iter().take(12).map(|allowed| allowed.name.as_str()).collect();
                self.problem(
                    reference,
                    field,
                    "value_not_allowed",
                    format!("`{value}` is not a value of {}: use one of {}.", found.name, names.join(", ")),
                );
            }
        }
    }

    fn custom_fields(&mut self, story: &Story, fields: &[CreateField]) -> Vec<(String, FieldKind, FieldValue)> {
        let mut values = Vec::new();
        for (id, value) in &story.custom_fields {
            if let Some(id) = self.placed(&story.id, id, fields.iter().find(|field| field.id == *id), id)
                && let Some(field) = fields.iter().find(|field| field.id == id)
            {
                values.push((id, field.kind.clone(), value.clone()));
            }
        }
        values
    }

    /// What the create screen demands and the story does not have.
    fn required(&mut self, reference: &str, fields: &[CreateField], story: &Story) {
        let missing: Vec<(String, String)> = fields
            .iter()
            .filter(|field| field.required && !field.has_default && !has(field, story))
            .map(|field| (field.id.clone(), field.name.clone()))
            .collect();
        for (id, name) in missing {
            self.problem(
                reference,
                &id,
                "required_field_missing",
                format!("Jira requires {name}: fill it in before creating."),
            );
        }
    }
}

/// The proof of origin, as the value of [`ORIGIN_PROPERTY`].
#[must_use]
pub fn origin(run_label: &str, reference: &str) -> String {
    serde_json::json!({"v": 1, "run": run_label, "item": reference}).to_string()
}

fn has(field: &CreateField, story: &Story) -> bool {
    match field.id.as_str() {
        "summary" | "project" | "issuetype" | "description" | "reporter" | "parent" => return true,
        "labels" => return true,
        "components" => return !story.components.is_empty(),
        "priority" => return story.priority.is_some(),
        _ => {}
    }
    let estimated = story.story_points.is_some() && is_estimate(field);
    let linked = field.kind == FieldKind::EpicLink && story.epic.is_some();
    estimated || linked || story.custom_fields.contains_key(&field.id)
}

fn on_screen<'a>(fields: &'a [CreateField], kind: &FieldKind) -> Option<&'a CreateField> {
    fields.iter().find(|field| field.kind == *kind)
}

fn estimate_field(fields: &[CreateField]) -> Option<&CreateField> {
    fields.iter().find(|field| is_estimate(field))
}

/// Jira gives the estimate no kind of its own; its names are few and set by the site's language.
fn is_estimate(field: &CreateField) -> bool {
    const NAMES: [&str; 6] =
        ["story points", "story point estimate", "storypoints", "story-points", "points d'histoire", "points de récit"];
    field.kind == FieldKind::Number && NAMES.contains(&field.name.to_lowercase().as_str())
}
