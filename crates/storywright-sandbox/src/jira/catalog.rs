//! What Jira's administrator has set up: issue types, fields, options, projects, screens, priorities, statuses.

pub(crate) use super::catalog_fields::{FIELDS, field, field_by_name};
pub(crate) use super::catalog_projects::{PROJECTS, marker_slot, project, screen};

/// What an issue type is, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Epic,
    Story,
    Task,
    Subtask,
}

/// An issue type.
#[derive(Debug)]
pub(crate) struct IssueType {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) role: Role,
    pub(crate) avatar: u32,
}

impl IssueType {
    pub(crate) fn subtask(&self) -> bool {
        self.role == Role::Subtask
    }
}

/// An option of a select field.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) id: &'static str,
    pub(crate) value: &'static str,
    pub(crate) children: &'static [Choice],
}

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// One line of text; longer than 255 characters is refused.
    Line,
    /// Wiki markup of any length up to the site's limit.
    Text,
    Number,
    Date,
    Labels,
    Select(&'static [Choice]),
    MultiSelect(&'static [Choice]),
    Cascading(&'static [Choice]),
    User,
    Priority,
    Components,
    Versions,
    EpicLink,
    EpicName,
    Sprint,
    Project,
    IssueType,
    Parent,
    /// Computed by Jira; the text is the schema's type.
    Computed(&'static str),
    /// Computed list; the text is the type of its items.
    ComputedList(&'static str),
}

/// A field.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Type key of a custom field.
    pub(crate) custom: Option<&'static str>,
    /// Shown in search results unless other fields are asked for.
    pub(crate) navigable: bool,
}

impl Field {
    /// Number of a custom field, as in `cf[10106]`.
    pub(crate) fn custom_id(&self) -> Option<u64> {
        self.id.strip_prefix("customfield_").and_then(|digits| digits.parse().ok())
    }

    /// True for fields that hold several values.
    pub(crate) fn plural(&self) -> bool {
        matches!(
            self.kind,
            Kind::Labels | Kind::MultiSelect(_) | Kind::Components | Kind::Versions | Kind::ComputedList(_)
        )
    }
}

/// A project.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) id: &'static str,
    pub(crate) key: &'static str,
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    /// Handle of the lead.
    pub(crate) lead: &'static str,
    pub(crate) types: &'static [IssueType],
    pub(crate) components: &'static [Named],
    pub(crate) versions: &'static [Named],
}

impl Project {
    pub(crate) fn issue_type(&self, id: &str) -> Option<&'static IssueType> {
        self.types.iter().find(|t| t.id == id)
    }
}

/// Something with an id and a name.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
}

/// A field's place on a screen.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub(crate) field: &'static Field,
    pub(crate) required: bool,
    /// What Jira fills in when nothing is sent, in the shape that clients send.
    pub(crate) default: Option<&'static str>,
    /// False for a field that may be set although createmeta does not show it.
    pub(crate) shown: bool,
}

/// A status with its category.
#[derive(Debug)]
pub(crate) struct Status {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) category: &'static Category,
    /// The transition that leads here, from everywhere.
    pub(crate) transition: &'static str,
}

/// A status category.
#[derive(Debug)]
pub(crate) struct Category {
    pub(crate) id: u32,
    pub(crate) key: &'static str,
    pub(crate) color: &'static str,
    pub(crate) name: &'static str,
}

pub(crate) const CATEGORIES: [Category; 3] = [
    Category { id: 2, key: "new", color: "default", name: "To Do" },
    Category { id: 4, key: "indeterminate", color: "inprogress", name: "In Progress" },
    Category { id: 3, key: "done", color: "success", name: "Done" },
];

const NEW: &Category = &CATEGORIES[0];
const WORKING: &Category = &CATEGORIES[1];
const DONE: &Category = &CATEGORIES[2];

/// The workflow of every project; the first status is the one of new issues, the last one resolves.
pub(crate) const STATUSES: [Status; 4] = [
    Status { id: "10000", name: "To Do", category: NEW, transition: "11" },
    Status { id: "3", name: "In Progress", category: WORKING, transition: "21" },
    Status { id: "10002", name: "In Review", category: WORKING, transition: "31" },
    Status { id: "10001", name: "Done", category: DONE, transition: "41" },
];

/// Resolutions; reaching Done sets the first one.
pub(crate) const RESOLUTIONS: [Named; 2] =
    [Named { id: "10000", name: "Done" }, Named { id: "10001", name: "Won't Do" }];

pub(crate) const PRIORITIES: [Named; 5] = [
    Named { id: "1", name: "Highest" },
    Named { id: "2", name: "High" },
    Named { id: "3", name: "Medium" },
    Named { id: "4", name: "Low" },
    Named { id: "5", name: "Lowest" },
];

/// The priority of an issue that is created without one.
pub(crate) const DEFAULT_PRIORITY: &str = "3";

/// A type of link between issues.
#[derive(Debug)]
pub(crate) struct LinkType {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) inward: &'static str,
    pub(crate) outward: &'static str,
}

pub(crate) const LINK_TYPES: [LinkType; 4] = [
    LinkType { id: "10000", name: "Blocks", inward: "is blocked by", outward: "blocks" },
    LinkType { id: "10001", name: "Cloners", inward: "is cloned by", outward: "clones" },
    LinkType { id: "10002", name: "Duplicate", inward: "is duplicated by", outward: "duplicates" },
    LinkType { id: "10003", name: "Relates", inward: "relates to", outward: "relates to" },
];

/// Every issue type of every project, each once.
pub(crate) fn issue_types() -> impl Iterator<Item = &'static IssueType> {
    let mut seen = Vec::new();
    PROJECTS.iter().flat_map(|p| p.types).filter(move |t| {
        let fresh = !seen.contains(&t.id);
        seen.push(t.id);
        fresh
    })
}

pub(crate) fn issue_type(id: &str) -> Option<&'static IssueType> {
    PROJECTS.iter().find_map(|p| p.issue_type(id))
}

pub(crate) fn status(id: &str) -> Option<&'static Status> {
    STATUSES.iter().find(|s| s.id == id)
}
