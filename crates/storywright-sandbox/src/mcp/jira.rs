//! Jira's tools that read.

use rmcp::schemars::{self, JsonSchema};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    rest::{Rest, Told},
    tool::{Access, Entry, parts},
};

/// Fields of an issue unless others are wanted.
pub(super) const FIELDS: &str =
    "summary,description,status,assignee,reporter,labels,priority,created,updated,issuetype,project,parent";

/// Most issues of one answer.
const MOST: usize = 50;

pub(super) fn tools() -> Vec<Entry> {
    let read = Access::Reads;
    vec![
        Entry::new("jira_search", "Search Issues", read, "Search Jira issues using JQL (Jira Query Language).", search),
        Entry::new("jira_get_issue", "Get Issue", read, "Get details of a specific Jira issue.", get_issue),
        Entry::new(
            "jira_get_all_projects",
            "Get All Projects",
            read,
            "Get all projects that the user can see.",
            projects,
        ),
        Entry::new(
            "jira_get_project_issue_types",
            "Get Project Issue Types",
            read,
            "Get the issue types that can be created in a project.",
            issue_types,
        ),
        Entry::new(
            "jira_get_create_fields",
            "Get Create Fields",
            read,
            "Get the fields of the create screen of an issue type.",
            create_fields,
        ),
        Entry::new(
            "jira_search_fields",
            "Search Fields",
            read,
            "Search fields by a part of their name.",
            search_fields,
        ),
        Entry::new("jira_get_link_types", "Get Link Types", read, "Get the types of issue links.", link_types),
        Entry::new(
            "jira_get_transitions",
            "Get Transitions",
            read,
            "Get the states that an issue can be moved to.",
            transitions,
        ),
    ]
}

#[derive(Deserialize, JsonSchema)]
struct Search {
    /// JQL query string. Examples: "issuetype = Epic AND project = PROJ", "parent = PROJ-123", "labels = frontend"
    jql: String,
    /// Comma-separated fields to return, or '*all'
    #[serde(default)]
    fields: Option<String>,
    /// Maximum number of results (1-50)
    #[serde(default)]
    limit: Option<usize>,
    /// Starting index for pagination (0-based)
    #[serde(default)]
    start_at: Option<usize>,
    /// Comma-separated project keys to filter results by
    #[serde(default)]
    projects_filter: Option<String>,
}

fn search(rest: &Rest, asked: Search) -> Result<Value, Told> {
    rest.check()?;
    let limit = asked.limit.unwrap_or(10).clamp(1, MOST);
    let body = json!({
        "jql": within(&asked.jql, &parts(asked.projects_filter.as_deref())),
        "fields": wanted(asked.fields.as_deref()),
        "maxResults": limit,
        "startAt": asked.start_at.unwrap_or(0),
    });
    let found = rest.send("POST", "/rest/api/2/search", &body)?;
    let issues: Vec<Value> = found["issues"].as_array().into_iter().flatten().map(|i| simple(rest, i)).collect();
    Ok(json!({
        "total": found["total"], "start_at": found["startAt"], "max_results": found["maxResults"], "issues": issues,
    }))
}

/// The query limited to projects, its order still at the end.
fn within(jql: &str, projects: &[&str]) -> String {
    if projects.is_empty() {
        return jql.to_owned();
    }
    let limit = format!("project in ({})", projects.join(", "));
    let at = jql.to_ascii_lowercase().rfind("order by").unwrap_or(jql.len());
    let (condition, order) = jql.split_at(at);
    match condition.trim() {
        "" => format!("{limit} {order}"),
        condition => format!("({condition}) AND {limit} {order}"),
    }
}

/// Fields as Jira's body lists them.
fn wanted(fields: Option<&str>) -> Vec<&str> {
    let named = parts(fields);
    if named.is_empty() { parts(Some(FIELDS)) } else { named }
}

#[derive(Deserialize, JsonSchema)]
struct GetIssue {
    /// Jira issue key (e.g., 'PROJ-123')
    issue_key: String,
    /// Comma-separated fields to return, or '*all'
    #[serde(default)]
    fields: Option<String>,
    /// Maximum number of comments to include
    #[serde(default)]
    comment_limit: Option<usize>,
}

fn get_issue(rest: &Rest, asked: GetIssue) -> Result<Value, Told> {
    rest.check()?;
    let mut fields = wanted(asked.fields.as_deref()).join(",");
    let comments = asked.comment_limit.unwrap_or(10);
    if comments > 0 {
        fields.push_str(",comment");
    }
    let found = rest.get(&format!("/rest/api/2/issue/{}", segment(&asked.issue_key)), &[("fields", &fields)]);
    let found = found
        .map_err(|problem| Told::new(format!("Error retrieving issue {}: {}", asked.issue_key, problem.words())))?;
    let mut issue = simple(rest, &found);
    let all = found["fields"]["comment"]["comments"].as_array();
    let last: Vec<Value> = all.into_iter().flatten().rev().take(comments).map(comment).collect();
    if !last.is_empty() {
        issue["comments"] = last.into_iter().rev().collect();
    }
    Ok(issue)
}

fn comment(comment: &Value) -> Value {
    json!({"id": comment["id"], "body": comment["body"], "created": comment["created"],
        "author": person(&comment["author"])})
}

#[derive(Deserialize, JsonSchema)]
struct AllProjects {
    /// Whether to include archived projects in the results
    #[serde(default, rename = "include_archived")]
    _include_archived: bool,
}

/// Says that it failed in a result that counts as a success.
fn projects(rest: &Rest, _: AllProjects) -> Result<Value, Told> {
    let found = rest.check().and_then(|()| rest.get("/rest/api/2/project", &[]));
    Ok(found.unwrap_or_else(|problem| json!({"success": false, "error": problem.words()})))
}

#[derive(Deserialize, JsonSchema)]
struct IssueTypes {
    /// The project key (e.g., 'PROJ')
    project_key: String,
}

fn issue_types(rest: &Rest, asked: IssueTypes) -> Result<Value, Told> {
    rest.check()?;
    let path = format!("/rest/api/2/issue/createmeta/{}/issuetypes", segment(&asked.project_key));
    let found = rest.get(&path, &[("maxResults", "200")])?;
    let types = found["values"].as_array().into_iter().flatten().map(|one| {
        json!({"id": one["id"], "name": one["name"], "description": one["description"], "subtask": one["subtask"] == true})
    });
    Ok(types.collect())
}

#[derive(Deserialize, JsonSchema)]
struct CreateFields {
    /// The project key (e.g., 'PROJ')
    project_key: String,
    /// The issue type ID (e.g., '10001')
    issue_type_id: String,
}

fn create_fields(rest: &Rest, asked: CreateFields) -> Result<Value, Told> {
    rest.check()?;
    let (project, issue_type) = (segment(&asked.project_key), segment(&asked.issue_type_id));
    let path = format!("/rest/api/2/issue/createmeta/{project}/issuetypes/{issue_type}");
    let found = rest.get(&path, &[("maxResults", "200")])?;
    let fields = found["values"].as_array().into_iter().flatten().map(|one| {
        json!({"field_id": one["fieldId"], "name": one["name"], "required": one["required"] == true,
            "schema": one["schema"]})
    });
    Ok(fields.collect())
}

#[derive(Deserialize, JsonSchema)]
struct SearchFields {
    /// Part of the field's name; all fields when empty
    #[serde(default)]
    keyword: String,
    /// Maximum number of results
    #[serde(default)]
    limit: Option<usize>,
}

fn search_fields(rest: &Rest, asked: SearchFields) -> Result<Value, Told> {
    rest.check()?;
    let word = asked.keyword.to_lowercase();
    let fields = rest.get("/rest/api/2/field", &[])?;
    let named = fields.as_array().into_iter().flatten();
    let named = named.filter(|field| field["name"].as_str().is_some_and(|name| name.to_lowercase().contains(&word)));
    Ok(named.take(asked.limit.unwrap_or(10)).cloned().collect())
}

#[derive(Deserialize, JsonSchema)]
struct LinkTypes {
    /// Part of the type's name
    #[serde(default)]
    name_filter: Option<String>,
}

fn link_types(rest: &Rest, asked: LinkTypes) -> Result<Value, Told> {
    rest.check()?;
    let word = asked.name_filter.unwrap_or_default().to_lowercase();
    let found = rest.get("/rest/api/2/issueLinkType", &[])?;
    let named = found["issueLinkTypes"].as_array().into_iter().flatten();
    let named = named.filter(|one| one["name"].as_str().is_some_and(|name| name.to_lowercase().contains(&word)));
    let plain =
        |one: &Value| json!({"id": one["id"], "name": one["name"], "inward": one["inward"], "outward": one["outward"]});
    Ok(named.map(plain).collect())
}

#[derive(Deserialize, JsonSchema)]
struct Transitions {
    /// Jira issue key (e.g., 'PROJ-123')
    issue_key: String,
}

fn transitions(rest: &Rest, asked: Transitions) -> Result<Value, Told> {
    rest.check()?;
    let found = rest.get(&format!("/rest/api/2/issue/{}/transitions", segment(&asked.issue_key)), &[])?;
    let moves = found["transitions"].as_array().into_iter().flatten();
    Ok(moves.map(|one| json!({"id": one["id"], "name": one["name"], "to_status": one["to"]["name"]})).collect())
}

/// A key or id as one segment of a path.
pub(super) fn segment(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string().replace("%2D", "-")
}

/// An issue as mcp-atlassian shows it: what was read, without Jira's envelopes.
pub(super) fn simple(rest: &Rest, issue: &Value) -> Value {
    let fields = &issue["fields"];
    let mut shown = Map::new();
    let key = issue["key"].as_str().unwrap_or_default();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            shown.insert(name.to_owned(), value);
        }
    };
    put("id", issue["id"].clone());
    put("key", key.into());
    put("summary", fields["summary"].clone());
    put("url", issue["self"].clone());
    put("browse_url", format!("{}/browse/{key}", rest.base()).into());
    put("description", fields["description"].clone());
    put("status", named(&fields["status"]));
    put("issue_type", named(&fields["issuetype"]));
    put("priority", named(&fields["priority"]));
    put("project", keyed(&fields["project"]));
    put("parent", keyed(&fields["parent"]));
    for name in ["duedate", "labels", "created", "updated"] {
        put(name, fields[name].clone());
    }
    if let Some(assignee) = fields.get("assignee") {
        put("assignee", if assignee.is_null() { json!({"display_name": "Unassigned"}) } else { person(assignee) });
    }
    put("reporter", person(&fields["reporter"]));
    for (name, value) in fields.as_object().into_iter().flatten().filter(|(name, _)| name.starts_with("customfield_")) {
        put(name, if value.is_null() { Value::Null } else { json!({"value": value}) });
    }
    Value::Object(shown)
}

fn named(value: &Value) -> Value {
    if value.is_null() { Value::Null } else { json!({"name": value["name"]}) }
}

fn keyed(value: &Value) -> Value {
    if value.is_null() { Value::Null } else { json!({"id": value["id"], "key": value["key"], "name": value["name"]}) }
}

fn person(value: &Value) -> Value {
    if value.is_null() {
        return Value::Null;
    }
    json!({"display_name": value["displayName"], "name": value["name"], "email": value["emailAddress"], "key": value["key"]})
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn a_query_keeps_its_order_within_projects() {
        assert_eq!(within("a = b", &[]), "a = b");
        assert_eq!(
            within("a = b OR c = d order by key", &["PAY", "OPS"]),
            "(a = b OR c = d) AND project in (PAY, OPS) order by key"
        );
        assert_eq!(within("ORDER BY key", &["PAY"]), "project in (PAY) ORDER BY key");
    }
}
