//! Creating an issue: Jira's checks in Jira's order, then the issue.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    catalog::{self, IssueType, Kind, Project, Role, Slot},
    cloud::EPIC_LINK,
    desk::Desk,
    errors::JiraError,
    properties,
    store::{NewIssue, Store},
    updates,
    values::{Place, off_screen, plain},
};

/// Checks `{fields, update, properties}` and adds the issue; gives its id.
pub(crate) fn create(desk: &Desk, store: &mut Store, body: &Value) -> Result<u64, JiraError> {
    let none = Map::new();
    let sent = match body.get("fields") {
        Some(Value::Object(fields)) => fields,
        None | Some(Value::Null) => &none,
        Some(_) => return Err(JiraError::new(400, "fields must be an object")),
    };
    let project = permitted_project(desk, sent)?;
    let issue_type = wanted_type(project, sent)?;
    let slots = desk.screen(project, issue_type, false);
    let mut errors = JiraError::collect();
    let parent = parent(desk, store, project, issue_type, sent, &mut errors);

    let place = Place { desk, store, project };
    let mut fields = read_fields(&place, &slots, sent, &mut errors);
    if let Some(epic) = epic_above(desk, store, issue_type, sent, &mut errors) {
        fields.insert(EPIC_LINK.to_owned(), json!(epic));
    }
    let after = updates::apply(&place, &slots, body.get("update"), sent, &mut fields, &mut errors);
    fill_defaults(&place, &slots, sent, &mut fields);
    check_required(&slots, &fields, issue_type, &mut errors);
    validators(project, issue_type, &fields, &mut errors);
    let properties = properties::from_create_body(body, &mut errors);
    errors.into_result()?;

    let creator = desk.signed_in()?.jira_key.clone();
    fields.entry("reporter".to_owned()).or_insert_with(|| json!(creator));
    fields.entry("priority".to_owned()).or_insert_with(|| json!(catalog::DEFAULT_PRIORITY));
    let properties = if desk.shared.settings().create_properties { properties } else { BTreeMap::new() };
    let new = NewIssue { project, issue_type, parent, creator, fields, properties, seeded: false };
    let id = store.insert(new, desk.shared.clock.now());
    updates::after(desk, store, id, &after);
    Ok(id)
}

fn permitted_project(desk: &Desk, sent: &Map<String, Value>) -> Result<&'static Project, JiraError> {
    let Some(wanted) = sent.get("project").filter(|value| !value.is_null()) else {
        return Err(JiraError::field("project", "project is required"));
    };
    let named = wanted.get("id").or_else(|| wanted.get("key")).map(plain);
    let Some(project) = named.as_deref().and_then(catalog::project) else {
        return Err(JiraError::field("project", "valid project is required"));
    };
    match desk.me() {
        None => Err(JiraError::new(
            400,
            "Anonymous users do not have permission to create issues in this project. Please try logging in first.",
        )),
        Some(person) if !person.may_browse(project.key) => {
            Err(JiraError::field("project", "valid project is required"))
        }
        Some(person) if !person.may_create(project.key) => {
            Err(JiraError::field("project", "You do not have permission to create issues in this project."))
        }
        Some(_) => Ok(project),
    }
}

fn wanted_type(project: &Project, sent: &Map<String, Value>) -> Result<&'static IssueType, JiraError> {
    let Some(wanted) = sent.get("issuetype").filter(|value| !value.is_null()) else {
        return Err(JiraError::field("issuetype", "issue type is required"));
    };
    let found = match (wanted.get("id"), wanted.get("name")) {
        (Some(id), _) => {
            let id = plain(id);
            project.types.iter().find(|t| t.id == id)
        }
        (None, Some(name)) => project.types.iter().find(|t| Some(t.name) == name.as_str()),
        (None, None) => None,
    };
    found.ok_or_else(|| JiraError::field("issuetype", "valid issue type is required"))
}

fn parent(
    desk: &Desk,
    store: &Store,
    project: &Project,
    issue_type: &IssueType,
    sent: &Map<String, Value>,
    errors: &mut JiraError,
) -> Option<u64> {
    let wanted = sent.get("parent").filter(|value| !value.is_null());
    if !issue_type.subtask() {
        if wanted.is_some() && !desk.cloud {
            errors.add("parent", off_screen("parent"));
        }
        return None;
    }
    let named = wanted.and_then(|w| w.get("key").or_else(|| w.get("id"))).map(plain);
    let Some(named) = named else {
        errors.messages.push("Issue type is a sub-task but parent issue key or id not specified.".to_owned());
        return None;
    };
    let Some(found) = store.find(&named).filter(|issue| desk.sees(&issue.project)) else {
        errors.add("parent", format!("Could not find issue by id or key '{named}'."));
        return None;
    };
    if found.project != project.key {
        errors.add("parent", "Sub-tasks must be created in the same project as the parent.");
    } else if found.issue_type().is_some_and(IssueType::subtask) {
        errors.add("parent", "A sub-task cannot be the parent of another sub-task.");
    }
    Some(found.id)
}

/// On Cloud the parent of what is no sub-task: an epic. Epics stand alone.
pub(crate) fn epic_above(
    desk: &Desk,
    store: &Store,
    issue_type: &IssueType,
    sent: &Map<String, Value>,
    errors: &mut JiraError,
) -> Option<u64> {
    let wanted = sent.get("parent").filter(|value| desk.cloud && !issue_type.subtask() && !value.is_null())?;
    let named = wanted.get("key").or_else(|| wanted.get("id")).map(plain).unwrap_or_default();
    let found = store.find(&named).filter(|issue| desk.sees(&issue.project));
    match found.and_then(|issue| Some((issue.id, issue.issue_type()?.role))) {
        Some((id, Role::Epic)) if issue_type.role != Role::Epic => return Some(id),
        Some(_) => errors.add("parent", "Given parent work item does not belong to appropriate hierarchy."),
        None => errors.add("parent", "Could not find issue by id or key."),
    }
    None
}

/// Reads every sent field that is on the screen and complains about the others.
pub(crate) fn read_fields(
    place: &Place<'_>,
    slots: &[Slot],
    sent: &Map<String, Value>,
    errors: &mut JiraError,
) -> BTreeMap<String, Value> {
    let mut fields = BTreeMap::new();
    for (id, value) in sent {
        if matches!(id.as_str(), "project" | "issuetype" | "parent") {
            continue;
        }
        let Some(slot) = slots.iter().find(|slot| slot.field.id == id) else {
            errors.add(id, off_screen(id));
            continue;
        };
        match place.read(slot.field, value) {
            Ok(value) => {
                fields.insert(id.clone(), value);
            }
            Err(message) => errors.add(id, message),
        }
    }
    fields
}

fn fill_defaults(place: &Place<'_>, slots: &[Slot], sent: &Map<String, Value>, fields: &mut BTreeMap<String, Value>) {
    for slot in slots {
        if sent.contains_key(slot.field.id) || fields.contains_key(slot.field.id) {
            continue;
        }
        let default = slot.default.and_then(|text| serde_json::from_str::<Value>(text).ok());
        if let Some(Ok(value)) = default.map(|default| place.read(slot.field, &default)) {
            fields.insert(slot.field.id.to_owned(), value);
        }
    }
}

fn check_required(slots: &[Slot], fields: &BTreeMap<String, Value>, issue_type: &IssueType, errors: &mut JiraError) {
    for slot in slots.iter().filter(|slot| slot.required) {
        let id = slot.field.id;
        if matches!(slot.field.kind, Kind::Project | Kind::IssueType) || errors.errors.contains_key(id) {
            continue;
        }
        // A sub-task's parent has been looked at by now; another issue's is its epic.
        let kept = match slot.field.kind {
            Kind::Parent if issue_type.subtask() => continue,
            Kind::Parent => EPIC_LINK,
            _ => id,
        };
        let empty = match fields.get(kept) {
            None | Some(Value::Null) => true,
            Some(Value::Array(values)) => values.is_empty(),
            Some(_) => false,
        };
        if empty {
            let message = match (id, issue_type.role) {
                ("summary", _) => "You must specify a summary of the issue.".to_owned(),
                ("customfield_10101", Role::Epic) => "Epic Name is required.".to_owned(),
                _ => format!("{} is required.", slot.field.name),
            };
            errors.add(id, message);
        }
    }
}

/// A workflow validator: nothing in createmeta tells of it.
fn validators(project: &Project, issue_type: &IssueType, fields: &BTreeMap<String, Value>, errors: &mut JiraError) {
    let highest = fields.get("priority").and_then(Value::as_str) == Some("1");
    let planned = fields.get("customfield_10205").is_some_and(|plan| !plan.is_null());
    if project.key == "OPS" && issue_type.role != Role::Epic && highest && !planned {
        errors.add("customfield_10205", "Mitigation Plan is required when the priority is Highest.");
    }
}
