//! The projects and their screens.

use super::catalog::{IssueType, Named, Project, Role, Slot, field};

const EPIC: IssueType = IssueType {
    id: "10000",
    name: "Epic",
    description: "A big user story that needs to be broken down.",
    role: Role::Epic,
    avatar: 10307,
};
const STORY: IssueType =
    IssueType { id: "10001", name: "Story", description: "A user story.", role: Role::Story, avatar: 10315 };
const TASK: IssueType = IssueType {
    id: "10002",
    name: "Task",
    description: "A task that needs to be done.",
    role: Role::Task,
    avatar: 10318,
};
const SUBTASK: IssueType = IssueType {
    id: "10003",
    name: "Sub-task",
    description: "The sub-task of the issue.",
    role: Role::Subtask,
    avatar: 10316,
};
const FRENCH: [IssueType; 4] = [
    IssueType {
        id: "10100",
        name: "Épopée",
        description: "Un récit trop grand pour une itération.",
        role: Role::Epic,
        avatar: 10307,
    },
    IssueType { id: "10101", name: "Récit", description: "Un récit utilisateur.", role: Role::Story, avatar: 10315 },
    IssueType { id: "10102", name: "Tâche", description: "Une tâche à faire.", role: Role::Task, avatar: 10318 },
    IssueType {
        id: "10103",
        name: "Sous-tâche",
        description: "Une sous-tâche de la demande.",
        role: Role::Subtask,
        avatar: 10316,
    },
];

/// Every project of the site.
pub(crate) const PROJECTS: &[Project] = &[
    Project {
        id: "10000",
        key: "PAY",
        name: "Payments",
        description: "Card payments, refunds and the checkout.",
        lead: "ada",
        types: &[EPIC, STORY, TASK, SUBTASK],
        components: &[
            Named { id: "10010", name: "Checkout" },
            Named { id: "10011", name: "Refunds" },
            Named { id: "10012", name: "Public API" },
        ],
        versions: &[Named { id: "10020", name: "1.0" }, Named { id: "10021", name: "1.1" }],
    },
    Project {
        id: "10001",
        key: "OPS",
        name: "Operations",
        description: "Changes to what runs. Every request names environment, location and requestor.",
        lead: "ada",
        types: &[EPIC, STORY, TASK, SUBTASK],
        components: &[Named { id: "10013", name: "Network" }, Named { id: "10014", name: "Databases" }],
        versions: &[],
    },
    Project {
        id: "10002",
        key: "FR",
        name: "Facturation",
        description: "La facturation des clients français.",
        lead: "alice",
        types: &FRENCH,
        components: &[Named { id: "10015", name: "Paiement" }, Named { id: "10016", name: "Éditique" }],
        versions: &[Named { id: "10022", name: "Printemps" }],
    },
];

/// The project with this key or id; keys in any case, as Jira takes them.
pub(crate) fn project(key_or_id: &str) -> Option<&'static Project> {
    PROJECTS.iter().find(|p| p.key.eq_ignore_ascii_case(key_or_id) || p.id == key_or_id)
}

fn slot(id: &str) -> Option<Slot> {
    Some(Slot { field: field(id)?, required: false, default: None, shown: true })
}

fn required(id: &str) -> Option<Slot> {
    slot(id).map(|slot| Slot { required: true, ..slot })
}

fn with_default(id: &str, default: &'static str) -> Option<Slot> {
    required(id).map(|slot| Slot { default: Some(default), ..slot })
}

/// The place of the field for marks, where the administrator has added it.
pub(crate) fn marker_slot() -> Option<Slot> {
    slot("customfield_10990")
}

/// The create screen of an issue type in a project. Editing uses the same screen, and labels everywhere.
pub(crate) fn screen(project: &Project, issue_type: &IssueType, editing: bool) -> Vec<Slot> {
    let role = issue_type.role;
    let mut slots = vec![
        required("summary"),
        required("issuetype"),
        required("project"),
        slot("description"),
        slot("priority"),
        slot("components"),
        slot("assignee"),
        slot("reporter"),
        slot("duedate"),
    ];
    // One type without labels, so that a run label has no place to go.
    if editing || !(project.key == "OPS" && role == Role::Task) {
        slots.push(slot("labels"));
    }
    if role == Role::Subtask {
        // Some sites do not list the parent although the type needs it.
        slots.push(required("parent").map(|slot| Slot { shown: project.key != "OPS", ..slot }));
    }
    if role == Role::Epic {
        slots.push(required("customfield_10101"));
    }
    let planned = matches!(role, Role::Story | Role::Task);
    match project.key {
        "PAY" => {
            slots.push(slot("fixVersions"));
            slots.push(slot("customfield_10106"));
            if planned {
                slots.push(slot("customfield_10100"));
            }
        }
        "OPS" => {
            slots.push(slot("customfield_10204"));
            slots.push(slot("customfield_10205"));
            if planned {
                slots.push(required("customfield_10200"));
                slots.push(required("customfield_10201"));
                slots.push(required("customfield_10202"));
                slots.push(required("customfield_10100"));
                slots.push(slot("customfield_10203"));
                slots.push(slot("customfield_10106"));
            }
        }
        _ => {
            slots.push(slot("fixVersions"));
            slots.push(slot("customfield_10106"));
            if planned {
                slots.push(slot("customfield_10100"));
                slots.push(with_default("customfield_10300", r#"{"id":"10500"}"#));
                slots.push(required("customfield_10301"));
                slots.push(required("customfield_10302"));
                slots.push(with_default("customfield_10303", r#"[{"id":"10510"}]"#));
            }
        }
    }
    slots.into_iter().flatten().collect()
}
