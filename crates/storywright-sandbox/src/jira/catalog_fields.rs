//! The fields of the site.

use super::catalog::{Choice, Field, Kind};

const TEXTFIELD: &str = "com.atlassian.jira.plugin.system.customfieldtypes:textfield";
const TEXTAREA: &str = "com.atlassian.jira.plugin.system.customfieldtypes:textarea";
const FLOAT: &str = "com.atlassian.jira.plugin.system.customfieldtypes:float";
const SELECT: &str = "com.atlassian.jira.plugin.system.customfieldtypes:select";
const MULTISELECT: &str = "com.atlassian.jira.plugin.system.customfieldtypes:multiselect";
const CASCADING: &str = "com.atlassian.jira.plugin.system.customfieldtypes:cascadingselect";
const USERPICKER: &str = "com.atlassian.jira.plugin.system.customfieldtypes:userpicker";
const DATEPICKER: &str = "com.atlassian.jira.plugin.system.customfieldtypes:datepicker";
const EPIC_LINK: &str = "com.pyxis.greenhopper.jira:gh-epic-link";
const EPIC_LABEL: &str = "com.pyxis.greenhopper.jira:gh-epic-label";
const SPRINT: &str = "com.pyxis.greenhopper.jira:gh-sprint";

const fn system(id: &'static str, name: &'static str, kind: Kind) -> Field {
    Field { id, name, kind, custom: None, navigable: true }
}

const fn custom(id: &'static str, name: &'static str, kind: Kind, key: &'static str) -> Field {
    Field { id, name, kind, custom: Some(key), navigable: true }
}

const fn hidden(field: Field) -> Field {
    Field { navigable: false, ..field }
}

const fn choice(id: &'static str, value: &'static str) -> Choice {
    Choice { id, value, children: &[] }
}

const ENVIRONMENTS: &[Choice] =
    &[choice("10400", "Development"), choice("10401", "Staging"), choice("10402", "Production")];

const LOCATIONS: &[Choice] = &[
    Choice { id: "10410", value: "Europe", children: &[choice("10411", "Frankfurt"), choice("10412", "Paris")] },
    Choice { id: "10420", value: "Asia", children: &[choice("10421", "Tokyo"), choice("10422", "Singapore")] },
    Choice { id: "10430", value: "Remote", children: &[] },
];

const IMPACTS: &[Choice] = &[choice("10440", "Customers"), choice("10441", "Partners"), choice("10442", "Staff")];

const DOMAINS: &[Choice] =
    &[choice("10500", "Encaissement"), choice("10501", "Relance"), choice("10502", "Comptabilité")];

const TEAMS: &[Choice] =
    &[choice("10510", "Équipe Lyon"), choice("10511", "Équipe Nantes"), choice("10512", "Équipe Lille")];

/// Every field of the site, system fields first.
pub(crate) const FIELDS: &[Field] = &[
    system("summary", "Summary", Kind::Line),
    system("issuetype", "Issue Type", Kind::IssueType),
    system("project", "Project", Kind::Project),
    system("description", "Description", Kind::Text),
    system("priority", "Priority", Kind::Priority),
    system("labels", "Labels", Kind::Labels),
    system("components", "Component/s", Kind::Components),
    system("fixVersions", "Fix Version/s", Kind::Versions),
    system("assignee", "Assignee", Kind::User),
    system("reporter", "Reporter", Kind::User),
    system("creator", "Creator", Kind::Computed("user")),
    system("duedate", "Due Date", Kind::Date),
    system("environment", "Environment", Kind::Text),
    system("parent", "Parent", Kind::Parent),
    system("status", "Status", Kind::Computed("status")),
    system("resolution", "Resolution", Kind::Computed("resolution")),
    system("resolutiondate", "Resolved", Kind::Computed("datetime")),
    system("created", "Created", Kind::Computed("datetime")),
    system("updated", "Updated", Kind::Computed("datetime")),
    system("issuelinks", "Linked Issues", Kind::ComputedList("issuelinks")),
    system("subtasks", "Sub-Tasks", Kind::ComputedList("issuelinks")),
    hidden(system("comment", "Comment", Kind::Computed("comments-page"))),
    hidden(system("worklog", "Log Work", Kind::Computed("worklog"))),
    hidden(system("attachment", "Attachment", Kind::ComputedList("attachment"))),
    system("watches", "Watchers", Kind::Computed("watches")),
    system("votes", "Votes", Kind::Computed("votes")),
    custom("customfield_10100", "Epic Link", Kind::EpicLink, EPIC_LINK),
    custom("customfield_10101", "Epic Name", Kind::EpicName, EPIC_LABEL),
    custom("customfield_10102", "Sprint", Kind::Sprint, SPRINT),
    custom("customfield_10106", "Story Points", Kind::Number, FLOAT),
    custom("customfield_10107", "Acceptance Criteria", Kind::Text, TEXTAREA),
    custom("customfield_10200", "Target Environment", Kind::Select(ENVIRONMENTS), SELECT),
    custom("customfield_10201", "Location", Kind::Cascading(LOCATIONS), CASCADING),
    custom("customfield_10202", "Requestor", Kind::User, USERPICKER),
    custom("customfield_10203", "Impacted Groups", Kind::MultiSelect(IMPACTS), MULTISELECT),
    custom("customfield_10204", "Maintenance Date", Kind::Date, DATEPICKER),
    custom("customfield_10205", "Mitigation Plan", Kind::Text, TEXTAREA),
    custom("customfield_10300", "Domaine", Kind::Select(DOMAINS), SELECT),
    custom("customfield_10301", "Référence contrat", Kind::Line, TEXTFIELD),
    custom("customfield_10302", "Date souhaitée", Kind::Date, DATEPICKER),
    custom("customfield_10303", "Équipes concernées", Kind::MultiSelect(TEAMS), MULTISELECT),
    custom("customfield_10990", "Storywright Mark", Kind::Line, TEXTFIELD),
];

/// The field with this id.
pub(crate) fn field(id: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|f| f.id == id)
}

/// The field with this name in any case, as JQL uses it; also `cf[10106]`.
pub(crate) fn field_by_name(name: &str) -> Option<&'static Field> {
    let number = name.strip_prefix("cf[").and_then(|rest| rest.strip_suffix(']'));
    FIELDS.iter().find(|f| match number {
        Some(number) => f.custom_id().is_some_and(|id| id.to_string() == number),
        None => f.name.to_lowercase() == name.to_lowercase() || f.id == name,
    })
}
