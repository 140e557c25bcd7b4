//! Suggestions for tools of mcp-atlassian, by name: what they read, in our words. Suggestions only: an administrator decides, looking at the
//! definition.

use super::access::connections;
use storywright_domain::integration::IntegrationKind;
use storywright_domain::tool::{McpServer, ToolClass};

/// What we suggest for a tool of this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suggestion {
    /// The class.
    pub class: ToolClass,
    /// Words for the model.
    pub words: &'static str,
}

/// Tools that read text of issues and pages. Those that fetch files, list people, or tell of permissions are left to the administrator.
const READS: [(&str, &str); 41] = [
    ("jira_search", "Issues that fit a JQL query"),
    ("jira_get_issue", "One issue by key"),
    ("jira_get_all_projects", "Projects that you can see"),
    ("jira_search_projects", "Projects by words"),
    ("jira_get_project_issues", "Issues of a project"),
    ("jira_get_project_issue_types", "Issue types of a project"),
    ("jira_get_create_fields", "Fields of a create screen"),
    ("jira_get_project_fields", "Fields of a project"),
    ("jira_get_project_versions", "Versions of a project"),
    ("jira_get_project_components", "Components of a project"),
    ("jira_get_project_epic_hierarchy", "Epics of a project and what they hold"),
    ("jira_get_cross_project_dependencies", "Dependencies on other projects"),
    ("jira_search_fields", "Fields by words"),
    ("jira_get_field_options", "Values of a field"),
    ("jira_get_link_types", "Types of issue links"),
    ("jira_get_transitions", "Next states of an issue"),
    ("jira_get_worklog", "Time logged on an issue"),
    ("jira_get_issue_dates", "Dates of an issue"),
    ("jira_get_issue_sla", "Service levels of an issue"),
    ("jira_batch_get_changelogs", "History of issues"),
    ("jira_get_agile_boards", "Boards"),
    ("jira_get_board_issues", "Issues of a board"),
    ("jira_get_sprints_from_board", "Sprints of a board"),
    ("jira_get_sprint_issues", "Issues of a sprint"),
    ("jira_get_issue_development_info", "Commits and pull requests of an issue"),
    ("jira_get_issues_development_info", "Commits and pull requests of issues"),
    ("jira_get_service_desk_for_project", "Service desk of a project"),
    ("jira_get_request_types", "Request types of a service desk"),
    ("jira_get_request_type_fields", "Fields of a request type"),
    ("confluence_search", "Pages by words or CQL"),
    ("confluence_get_page", "One page by id or title"),
    ("confluence_get_page_children", "Pages below a page"),
    ("confluence_get_space_page_tree", "Pages of a space"),
    ("confluence_get_comments", "Comments on a page"),
    ("confluence_get_inline_comments", "Comments on words of a page"),
    ("confluence_get_labels", "Labels of a page"),
    ("confluence_get_page_history", "An earlier version of a page"),
    ("confluence_get_page_diff", "What changed between versions"),
    ("confluence_get_attachments", "Names of attached files"),
    ("confluence_list_page_templates", "Page templates of a space"),
    ("confluence_get_page_template", "One page template"),
];

/// The suggestion for a tool of this name. mcp-atlassian lists the tools of both products whichever it is set up for: without a credential
/// of the product they can only fail, so then there is none.
#[must_use]
pub fn suggestion(server: &McpServer, tool: &str) -> Option<Suggestion> {
    let known = READS.iter().find(|(name, _)| *name == tool)?;
    let product = if tool.starts_with("jira_") { IntegrationKind::Jira } else { IntegrationKind::Confluence };
    connections(server).contains(&product).then_some(Suggestion { class: ToolClass::Read, words: known.1 })
}
