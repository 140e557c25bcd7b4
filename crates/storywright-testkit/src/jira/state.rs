//! What the fake Jira keeps.

use super::NextCreate;
use super::render::filled;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use storywright_domain::jira::{
    CreateField, CreateOutcome, Difference, FieldKind, Issue, IssueType, LinkType, Marker, Project,
};
use storywright_domain::person::JiraUser;
use storywright_domain::remote::{FieldRefusal, RemoteError};

/// An issue with all its fields, as they were sent.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) id: String,
    pub(super) key: String,
    /// Keys from before it was moved: they still lead to it.
    pub(super) old_keys: Vec<String>,
    pub(super) fields: Map<String, Value>,
    pub(super) property: Option<String>,
    pub(super) epic: Option<String>,
    pub(super) indexed: bool,
    /// Grows with every change anywhere.
    pub(super) updated: u64,
}

pub(super) struct State {
    pub(super) people: BTreeMap<String, JiraUser>,
    pub(super) projects: Vec<Project>,
    pub(super) issue_types: Vec<IssueType>,
    pub(super) fields: Vec<CreateField>,
    pub(super) fields_of: BTreeMap<String, Vec<CreateField>>,
    pub(super) issues: Vec<Kept>,
    pub(super) last_number: u64,
    pub(super) web_links: BTreeMap<(String, String), (String, String)>,
    pub(super) link_types: Vec<LinkType>,
    /// Type name, id that it goes out from, id that it goes to.
    pub(super) issue_links: Vec<(String, String, String)>,
    pub(super) next: VecDeque<NextCreate>,
    pub(super) failure: Option<RemoteError>,
    pub(super) dropped: BTreeSet<String>,
    pub(super) demanded: BTreeMap<String, String>,
    pub(super) index_lags: bool,
    pub(super) next_update: Option<(RemoteError, bool)>,
    pub(super) locked: BTreeSet<String>,
    pub(super) moment: u64,
    pub(super) sent: Vec<(String, Option<String>)>,
    pub(super) calls: Vec<&'static str>,
}

impl Default for State {
    fn default() -> Self {
        let issue_type =
            |id: &str, name: &str, subtask, epic| IssueType { id: id.to_owned(), name: name.to_owned(), subtask, epic };
        let field = |id: &str, kind: FieldKind, required| CreateField {
            id: id.to_owned(),
            name: id.to_owned(),
            required,
            has_default: false,
            kind,
            allowed: Vec::new(),
        };
        let link_type = |id: &str, name: &str, outward: &str, inward: &str| LinkType {
            id: id.to_owned(),
            name: name.to_owned(),
            outward: outward.to_owned(),
            inward: inward.to_owned(),
        };
        let common = vec![
            field("summary", FieldKind::Text, true),
            field("description", FieldKind::TextArea, false),
            field("labels", FieldKind::Labels, false),
        ];
        let parent = field("parent", FieldKind::Parent, false);
        let epic_name =
            CreateField { name: "Epic Name".to_owned(), ..field("customfield_10101", FieldKind::EpicName, true) };
        let epic_screen = common.iter().cloned().chain([epic_name]).collect();
        Self {
            people: BTreeMap::new(),
            projects: vec![Project { id: "1".to_owned(), key: "PAY".to_owned(), name: "Payments".to_owned() }],
            issue_types: vec![
                issue_type("10001", "Story", false, false),
                issue_type("10002", "Task", false, false),
                issue_type("10003", "Sub-task", true, false),
                issue_type("10000", "Epic", false, true),
            ],
            fields: common.into_iter().chain([parent]).collect(),
            fields_of: BTreeMap::from([("10000".to_owned(), epic_screen)]),
            issues: Vec::new(),
            last_number: 0,
            web_links: BTreeMap::new(),
            link_types: vec![
                link_type("10300", "Blocks", "blocks", "is blocked by"),
                link_type("10301", "Relates", "relates to", "relates to"),
            ],
            issue_links: Vec::new(),
            next: VecDeque::new(),
            failure: None,
            dropped: BTreeSet::new(),
            demanded: BTreeMap::new(),
            index_lags: false,
            next_update: None,
            locked: BTreeSet::new(),
            moment: 0,
            sent: Vec::new(),
            calls: Vec::new(),
        }
    }
}

fn text(fields: &Map<String, Value>, name: &str) -> String {
    fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

impl Kept {
    pub(super) fn shown(&self, with_property: bool) -> Issue {
        let labels = self.fields.get("labels").and_then(Value::as_array).into_iter().flatten();
        Issue {
            id: self.id.clone(),
            key: self.key.clone(),
            summary: text(&self.fields, "summary"),
            status: "To Do".to_owned(),
            labels: labels.filter_map(Value::as_str).map(str::to_owned).collect(),
            parent: self.fields.get("parent").and_then(|parent| parent["key"].as_str()).map(str::to_owned),
            description: text(&self.fields, "description"),
            property: self.property.clone().filter(|_| with_property),
        }
    }

    pub(super) fn answers_to(&self, key: &str) -> bool {
        self.key == key || self.id == key || self.old_keys.iter().any(|old| old == key)
    }

    pub(super) fn is_in(&self, project: &str) -> bool {
        self.key.rsplit_once('-').is_some_and(|(of, _)| of == project)
    }

    pub(super) fn number(&self) -> u64 {
        self.key.rsplit_once('-').and_then(|(_, number)| number.parse().ok()).unwrap_or_default()
    }

    pub(super) fn issue_type(&self) -> &str {
        self.fields.get("issuetype").and_then(|kind| kind["id"].as_str()).unwrap_or_default()
    }

    pub(super) fn carries(&self, marker: &Marker) -> bool {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        match marker {
            Marker::RunLabel(label) => self.shown(false).labels.contains(label),
            Marker::Footer(word) | Marker::Word(word) => words(&text(&self.fields, "description")).contains(word),
            Marker::Field { id, value } => text(&self.fields, id) == *value,
            Marker::Manual => false,
        }
    }
}

impl State {
    /// A moment that none was before.
    pub(super) fn tick(&mut self) -> u64 {
        self.moment += 1;
        self.moment
    }

    pub(super) fn find(&self, key: &str) -> Option<&Kept> {
        self.issues.iter().find(|kept| kept.answers_to(key))
    }

    pub(super) fn find_mut(&mut self, key: &str) -> Option<&mut Kept> {
        self.issues.iter_mut().find(|kept| kept.answers_to(key))
    }

    /// What the index knows of a project, newest first.
    pub(super) fn index<'a>(&'a self, project: &'a str) -> impl Iterator<Item = &'a Kept> {
        self.issues.iter().rev().filter(move |kept| kept.indexed && kept.is_in(project))
    }

    pub(super) fn screen(&self, issue_type: &str) -> &[CreateField] {
        self.fields_of.get(issue_type).unwrap_or(&self.fields)
    }

    pub(super) fn is_epic(&self, kept: &Kept) -> bool {
        let by_type = self.issue_types.iter().any(|kind| kind.id == kept.issue_type() && kind.epic);
        by_type || self.screen(kept.issue_type()).iter().any(|field| field.kind == FieldKind::EpicName)
    }

    /// The field that holds the epic of an issue, also when its create screen does not have it.
    pub(super) fn epic_link(&self, kept: &Kept) -> String {
        let field = self.screen(kept.issue_type()).iter().find(|field| field.kind == FieldKind::EpicLink);
        field.map_or_else(|| "customfield_10100".to_owned(), |field| field.id.clone())
    }

    /// Creates the issue of a payload, or says what Jira would.
    pub(super) fn add(&mut self, payload: &str, parent: Option<&str>) -> Result<(String, String), CreateOutcome> {
        let refused = |messages: &[&str], fields: Vec<FieldRefusal>| CreateOutcome::Rejected {
            status: 400,
            messages: messages.iter().map(|message| (*message).to_owned()).collect(),
            fields,
        };
        let Some((mut fields, properties)) = filled(payload, parent) else {
            return Err(CreateOutcome::NotSent {
                detail: "the parent issue is not known yet".to_owned(),
                retry_after_ms: None,
            });
        };
        let Some(project) = fields.get("project").and_then(|project| project["key"].as_str()).map(str::to_owned) else {
            return Err(refused(&["the payload is not an issue"], Vec::new()));
        };
        let refusals = self.refusals(&fields);
        if !refusals.is_empty() {
            return Err(refused(&[], refusals));
        }
        fields.retain(|id, _| !self.dropped.contains(id));
        self.last_number += 1;
        let number = self.last_number;
        let (id, key) = ((10_000 + number).to_string(), format!("{project}-{number}"));
        let epic_fields: Vec<&str> = self
            .screen(fields.get("issuetype").and_then(|kind| kind["id"].as_str()).unwrap_or_default())
            .iter()
            .filter(|field| field.kind == FieldKind::EpicLink)
            .map(|field| field.id.as_str())
            .collect();
        let epic = epic_fields.iter().find_map(|id| fields.get(*id)?.as_str()).map(str::to_owned);
        let updated = self.tick();
        self.issues.push(Kept {
            id: id.clone(),
            key: key.clone(),
            old_keys: Vec::new(),
            property: properties.get(0).and_then(|first| first.get("value")).map(Value::to_string),
            fields,
            epic,
            indexed: !self.index_lags,
            updated,
        });
        Ok((id, key))
    }

    fn refusals(&self, fields: &Map<String, Value>) -> Vec<FieldRefusal> {
        let refusal = |field: &str, message: String| FieldRefusal { field: field.to_owned(), message };
        let mut refusals = Vec::new();
        for (field, message) in &self.demanded {
            if !fields.contains_key(field) {
                refusals.push(refusal(field, message.clone()));
            }
        }
        let parent = fields.get("parent").and_then(|parent| parent["key"].as_str());
        if parent.is_some_and(|key| self.find(key).is_none()) {
            refusals.push(refusal("parent", "Could not find issue by id or key.".to_owned()));
        }
        refusals
    }

    /// Fields that are not as the payload has them.
    pub(super) fn differences(&self, kept: &Kept, payload: &str, parent: Option<&str>) -> Vec<Difference> {
        let Some((sent, _)) = filled(payload, parent) else { return Vec::new() };
        let name = |id: &str| {
            let screen = self.screen(kept.issue_type());
            screen.iter().find(|field| field.id == id).map_or_else(|| id.to_owned(), |field| field.name.clone())
        };
        let differs = |id: &String, value: &Value| match (value, kept.fields.get(id)) {
            (Value::Array(sent), Some(Value::Array(stored))) => !sent.iter().all(|one| stored.contains(one)),
            (sent, stored) => stored != Some(sent),
        };
        sent.iter()
            .filter(|(id, value)| differs(id, value))
            .map(|(id, value)| Difference {
                field: id.clone(),
                name: name(id),
                sent: shown(Some(value)),
                stored: shown(kept.fields.get(id)),
            })
            .collect()
    }
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(all)) => all.iter().map(|one| shown(Some(one))).collect::<Vec<_>>().join(", "),
        Some(Value::Object(object)) => {
            let known = ["name", "value", "key", "id"].iter().find_map(|key| object.get(*key));
            shown(known)
        }
        Some(other) => other.to_string(),
    }
}
