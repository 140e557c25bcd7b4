//! From a document to issues: what goes into which field, and what Jira would refuse or drop.

use super::existing::Existing;
use super::plan::{ORIGIN_PROPERTY, PlanProblem, origin};
use super::screens::{Screen, Screens, epic_field, estimate_field, is_estimate, on_screen};
use super::through;
use crate::Ports;
use std::collections::BTreeMap;
use storywright_domain::draft::Draft;
use storywright_domain::finding::Finding;
use storywright_domain::jira::{CreateField, FieldKind, Marker, NewIssue, Placement};
use storywright_domain::publishing::{ExistingIssue, Plan, PlannedIssue, PlannedLink, marker_mode};
use storywright_domain::remote::{Access, ToolMapping};
use storywright_domain::source::CitedPage;
use storywright_domain::story::{Epic, FieldValue, Story, Subtask};
use storywright_domain::waiver::StandingWaiver;

/// Turns a draft into the issues of a plan.
pub(super) struct Planner<'a> {
    pub(super) ports: &'a Ports,
    pub(super) draft: &'a Draft,
    pub(super) screens: &'a Screens,
    pub(super) known: &'a Existing,
    pub(super) run_label: String,
    /// The tool that creates the issues, where it is not the site itself.
    pub(super) through: Option<&'a ToolMapping>,
    pub(super) problems: Vec<PlanProblem>,
    /// Pages that stories cite, by reference.
    pub(super) pages: BTreeMap<String, Vec<CitedPage>>,
}

/// Where an issue stands in the tree.
#[derive(Default)]
struct Stand {
    parent: Option<String>,
    parent_key: Option<String>,
    depth: u32,
    epic_afterwards: bool,
    links: Vec<PlannedLink>,
}

impl Planner<'_> {
    /// The issues that are missing, in the order of the tree.
    pub(super) fn issues(&mut self) -> Vec<PlannedIssue> {
        let document = &self.draft.document;
        let mut issues = Vec::new();
        let screens = self.screens;
        if let Some(screen) = &screens.epic {
            for epic in &document.epics {
                if self.known.key(&epic.id).is_none() {
                    let new = self.epic(epic, screen);
                    issues.push(self.issue(&epic.id, screen, &new, Stand::default()));
                }
                for story in document.stories.iter().filter(|story| epic_of(story) == Some(epic.id.as_str())) {
                    self.story_with_subtasks(story, Some(epic), &mut issues);
                }
            }
        }
        let planned = |story: &&Story| epic_of(story).is_some_and(|epic| document.epic(epic).is_some());
        for story in document.stories.iter().filter(|story| !planned(story)) {
            self.story_with_subtasks(story, None, &mut issues);
        }
        issues
    }

    /// The whole plan, with the hash over everything that a person approves.
    pub(super) fn plan(
        self,
        access: &Access,
        issues: Vec<PlannedIssue>,
        existing: Vec<ExistingIssue>,
        findings: Vec<Finding>,
        waivers: Vec<StandingWaiver>,
    ) -> Plan {
        let mut whole = format!("{}\n{}\n{}", access.site.base_url, self.draft.project.as_str(), self.draft.user);
        for issue in &issues {
            let ties = serde_json::json!([issue.parent, issue.parent_key, issue.epic_afterwards, issue.links]);
            whole.push_str(&format!("\n{} {ties}", issue.payload_sha256));
        }
        let planned = |reference: &String| issues.iter().any(|issue| issue.reference == *reference);
        let pages: BTreeMap<_, _> = self.pages.into_iter().filter(|(reference, _)| planned(reference)).collect();
        // Without pages the hash is what it was before issues linked to them.
        for (reference, pages) in &pages {
            let ids: Vec<String> = pages.iter().map(|page| format!("{}:{}", page.site, page.id)).collect();
            whole.push_str(&format!("\n{reference} pages {}", ids.join(" ")));
        }
        // Nor without waivers.
        if !waivers.is_empty() {
            whole.push_str(&format!("\nwaived {}", serde_json::json!(waivers)));
        }
        let modes = self.screens.all().map(|screen| (screen.kind.name.clone(), marker_mode(&screen.marker).to_owned()));
        Plan {
            draft: self.draft.id,
            version: self.draft.version,
            site: access.site.id.clone(),
            project: self.draft.project.as_str().to_owned(),
            marker_mode: marker_mode(&self.screens.story.marker).to_owned(),
            marker_modes: modes.collect::<BTreeMap<_, _>>(),
            through: self.through.map(|mapping| (mapping.server.clone(), mapping.tool.clone())),
            plan_hash: self.ports.sha256.hex(whole.as_bytes()),
            run_label: self.run_label,
            pages,
            issues,
            existing,
            findings,
            waivers,
        }
    }

    fn issue(&self, reference: &str, screen: &Screen, new: &NewIssue, stand: Stand) -> PlannedIssue {
        let (rest, description) = self.ports.jira.render(new);
        let payload = match self.through {
            Some(mapping) => through::payload(mapping, &screen.kind.name, &rest),
            None => rest,
        };
        let unmarked = NewIssue { marker: Marker::Manual, property: None, ..new.clone() };
        let (content, _) = self.ports.jira.render(&unmarked);
        PlannedIssue {
            reference: reference.to_owned(),
            parent: stand.parent,
            parent_key: stand.parent_key,
            depth: stand.depth,
            issue_type_id: screen.kind.id.clone(),
            issue_type: screen.kind.name.clone(),
            summary: new.summary.clone(),
            markdown: new.description.clone(),
            description,
            payload_sha256: self.ports.sha256.hex(payload.as_bytes()),
            content_sha256: self.ports.sha256.hex(content.as_bytes()),
            payload,
            marker: new.marker.clone(),
            epic_afterwards: stand.epic_afterwards,
            links: stand.links,
        }
    }

    fn blank(&self, reference: &str, screen: &Screen, summary: &str) -> NewIssue {
        NewIssue {
            project: self.draft.project.as_str().to_owned(),
            issue_type: screen.kind.id.clone(),
            summary: summary.trim().to_owned(),
            description: String::new(),
            labels: Vec::new(),
            components: Vec::new(),
            priority: None,
            story_points: None,
            epic: None,
            placement: Placement::Alone,
            custom_fields: Vec::new(),
            marker: self.marker(reference, screen),
            property: self.through.is_none().then(|| (ORIGIN_PROPERTY.to_owned(), origin(&self.run_label, reference))),
        }
    }

    /// The mark of one issue: the run's, but a word that is a proof is the issue's own.
    fn marker(&self, reference: &str, screen: &Screen) -> Marker {
        match &screen.marker {
            Marker::Word(_) => {
                let digest = self.ports.sha256.hex(format!("{}|{reference}", self.run_label).as_bytes());
                Marker::Word(format!("aid{}", digest.chars().take(20).collect::<String>()))
            }
            other => other.clone(),
        }
    }

    fn epic(&mut self, epic: &Epic, screen: &Screen) -> NewIssue {
        let fields = &screen.fields;
        let mut custom_fields = epic.custom_fields.clone();
        if let Some(name) = on_screen(fields, &FieldKind::EpicName) {
            custom_fields.entry(name.id.clone()).or_insert_with(|| FieldValue::Text(epic.board_name().to_owned()));
        }
        let taken = Story { id: epic.id.clone(), labels: epic.labels.clone(), custom_fields, ..Story::default() };
        self.labels_placed(&taken, fields);
        self.required(&epic.id, fields, &taken);
        NewIssue {
            description: epic.description.clone(),
            labels: epic.labels.clone(),
            custom_fields: self.custom_fields(&taken, fields),
            ..self.blank(&epic.id, screen, &epic.summary)
        }
    }

    fn story_with_subtasks(&mut self, story: &Story, epic: Option<&Epic>, issues: &mut Vec<PlannedIssue>) {
        let screens = self.screens;
        let existing = self.known.key(&story.id).map(str::to_owned);
        let depth = u32::from(epic.is_some());
        if existing.is_none() {
            let (new, stand) = self.story(story, epic, &screens.story);
            issues.push(self.issue(&story.id, &screens.story, &new, stand));
        }
        let Some(screen) = &screens.subtask else { return };
        for subtask in story.subtasks.iter().filter(|subtask| self.known.key(&subtask.id).is_none()).collect::<Vec<_>>()
        {
            let new = self.subtask(subtask, story, screen);
            let stand = match &existing {
                Some(key) => Stand { parent_key: Some(key.clone()), depth: depth + 1, ..Stand::default() },
                None => Stand { parent: Some(story.id.clone()), depth: depth + 1, ..Stand::default() },
            };
            issues.push(self.issue(&subtask.id, screen, &new, stand));
        }
    }

    fn story(&mut self, story: &Story, epic: Option<&Epic>, screen: &Screen) -> (NewIssue, Stand) {
        let fields = &screen.fields;
        let custom_fields = self.custom_fields(story, fields);
        let estimate =
            story.story_points.and_then(|points| estimate_field(fields).map(|field| (field.id.clone(), points)));
        self.labels_placed(story, fields);
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
        let mut new = NewIssue {
            description: story.description_markdown(),
            labels: story.labels.clone(),
            components: story.components.clone(),
            priority: story.priority.clone(),
            story_points: estimate,
            custom_fields,
            ..self.blank(&story.id, screen, &story.summary)
        };
        let stand = self.stand(story, epic, fields, &mut new);
        (new, stand)
    }

    /// Puts a story into its epic: through the field of the create screen, or afterwards when the screen has none.
    fn stand(&self, story: &Story, epic: Option<&Epic>, fields: &[CreateField], new: &mut NewIssue) -> Stand {
        let links = self.links(story);
        let field = epic_field(fields).map(|field| field.id.clone());
        let existing = match epic {
            Some(epic) => self.known.key(&epic.id).map(str::to_owned),
            None => epic_of(story).map(str::to_owned),
        };
        match (existing, epic) {
            (Some(key), _) => match field {
                Some(field) => {
                    new.epic = Some((field, key));
                    Stand { depth: u32::from(epic.is_some()), links, ..Stand::default() }
                }
                None => Stand {
                    parent_key: Some(key),
                    depth: u32::from(epic.is_some()),
                    epic_afterwards: true,
                    links,
                    ..Stand::default()
                },
            },
            (None, Some(epic)) => {
                let epic_afterwards = field.is_none();
                new.placement = Placement::InEpic { field };
                Stand { parent: Some(epic.id.clone()), depth: 1, epic_afterwards, links, ..Stand::default() }
            }
            (None, None) => Stand { links, ..Stand::default() },
        }
    }

    /// The links that a story makes, and those that stories of earlier runs could not make to it.
    fn links(&self, story: &Story) -> Vec<PlannedLink> {
        let end = |to: &str| self.known.key(to).unwrap_or(to).to_owned();
        let own =
            story.links.iter().map(|link| PlannedLink { kind: link.kind, to: end(link.to.trim()), reversed: false });
        let from_existing =
            self.draft.document.stories.iter().filter_map(|other| Some((other, self.known.key(&other.id)?)));
        let owed = from_existing.flat_map(|(other, key)| {
            let to_this = other.links.iter().filter(|link| link.to.trim() == story.id);
            to_this.map(move |link| PlannedLink { kind: link.kind, to: key.to_owned(), reversed: true })
        });
        let mut links: Vec<PlannedLink> = Vec::new();
        for link in own.chain(owed) {
            if !links.contains(&link) {
                links.push(link);
            }
        }
        links
    }

    /// A sub-task has texts and values of its own; what its create screen demands besides it takes from its story.
    fn subtask(&mut self, subtask: &Subtask, story: &Story, screen: &Screen) -> NewIssue {
        let fields = &screen.fields;
        let demanded = |id: &str| fields.iter().any(|field| field.id == id && field.required && !field.has_default);
        let values = story.custom_fields.iter().filter(|(id, _)| demanded(id));
        let mut custom_fields: BTreeMap<String, FieldValue> =
            values.map(|(id, value)| (id.clone(), value.clone())).collect();
        custom_fields.extend(subtask.custom_fields.clone());
        let taken = Story {
            id: subtask.id.clone(),
            components: if demanded("components") { story.components.clone() } else { Vec::new() },
            priority: story.priority.clone().filter(|_| demanded("priority")),
            custom_fields,
            ..Story::default()
        };
        self.required(&subtask.id, fields, &taken);
        NewIssue {
            description: subtask.description.clone(),
            custom_fields: self.custom_fields(&taken, fields),
            components: taken.components,
            priority: taken.priority,
            placement: Placement::UnderParent,
            ..self.blank(&subtask.id, screen, &subtask.summary)
        }
    }

    fn problem(&mut self, reference: &str, field: &str, code: &'static str, message: String) {
        self.problems.push(PlanProblem { reference: reference.to_owned(), field: field.to_owned(), code, message });
    }

    fn labels_placed(&mut self, story: &Story, fields: &[CreateField]) {
        if !story.labels.is_empty() {
            let _ = self.placed(&story.id, "labels", on_screen(fields, &FieldKind::Labels), "Labels");
        }
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

/// The epic that a story names.
fn epic_of(story: &Story) -> Option<&str> {
    story.epic.as_deref().map(str::trim).filter(|epic| !epic.is_empty())
}

fn has(field: &CreateField, story: &Story) -> bool {
    match field.id.as_str() {
        "summary" | "project" | "issuetype" | "description" | "reporter" | "parent" => return true,
        "labels" => return true,
        // Epics and sub-tasks keep these two with their other values.
        "components" if !story.components.is_empty() => return true,
        "priority" if story.priority.is_some() => return true,
        _ => {}
    }
    let estimated = story.story_points.is_some() && is_estimate(field);
    let linked = field.kind == FieldKind::EpicLink && epic_of(story).is_some();
    estimated || linked || story.custom_fields.contains_key(&field.id)
}
