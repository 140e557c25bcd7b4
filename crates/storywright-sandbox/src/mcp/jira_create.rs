//! Jira's tools that write.

use rmcp::{
    model::JsonObject,
    schemars::{self, JsonSchema},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    jira::{FIELDS, segment, simple},
    markdown,
    rest::{Rest, Told},
    tool::{Access, Entry, object, parts},
};

pub(super) fn tools() -> Vec<Entry> {
    let (adds, changes) = (Access::Adds, Access::Changes);
    vec![
        Entry::new(
            "jira_create_issue",
            "Create Issue",
            adds,
            "Create a new Jira issue with optional epic link or parent for sub-tasks.",
            create,
        ),
        Entry::new("jira_update_issue", "Update Issue", changes, "Update fields of an existing Jira issue.", update),
        Entry::new("jira_add_comment", "Add Comment", adds, "Add a comment to a Jira issue.", comment),
        Entry::new("jira_create_issue_link", "Create Issue Link", adds, "Create a link between two Jira issues.", link),
        Entry::new(
            "jira_create_remote_issue_link",
            "Create Remote Issue Link",
            adds,
            "Add a web link to a Jira issue.",
            remote_link,
        ),
    ]
}

#[derive(Deserialize, JsonSchema)]
struct Create {
    /// The Jira project key (e.g. 'PROJ')
    project_key: String,
    /// Summary/title of the issue
    summary: String,
    /// Issue type (e.g. 'Task', 'Bug', 'Story', 'Epic', 'Subtask')
    issue_type: String,
    /// Assignee's user name
    #[serde(default)]
    assignee: Option<String>,
    /// Issue description in Markdown format
    #[serde(default)]
    description: Option<String>,
    /// Comma-separated list of component names
    #[serde(default)]
    components: Option<String>,
    /// JSON string of additional fields to set, e.g. {"labels": ["frontend"], "parent": "PROJ-123"}
    #[serde(default)]
    additional_fields: Option<String>,
}

fn create(rest: &Rest, asked: Create) -> Result<Value, Told> {
    rest.check()?;
    let more = object("additional_fields", asked.additional_fields.as_deref())?;
    let mut fields = JsonObject::new();
    fields.insert("project".to_owned(), json!({"key": asked.project_key}));
    fields.insert("summary".to_owned(), asked.summary.into());
    fields.insert("issuetype".to_owned(), issue_type(rest, &asked.project_key, &asked.issue_type)?);
    if let Some(description) = asked.description.filter(|text| !text.is_empty()) {
        fields.insert("description".to_owned(), markdown::to_wiki(&description).into());
    }
    if let Some(assignee) = asked.assignee {
        fields.insert("assignee".to_owned(), json!({"name": assignee}));
    }
    let components: Vec<Value> =
        parts(asked.components.as_deref()).into_iter().map(|name| json!({"name": name})).collect();
    if !components.is_empty() {
        fields.insert("components".to_owned(), components.into());
    }
    fields.extend(resolved(rest, more)?);
    let made = rest.send("POST", "/rest/api/2/issue", &json!({"fields": fields}));
    let made = made.map_err(|problem| Told::new(format!("Error creating issue: {}", problem.words())))?;
    // It is read back, and a failure of that is told as one of the whole.
    let issue = read(rest, made["key"].as_str().unwrap_or_default())?;
    Ok(json!({"message": "Issue created successfully", "issue": issue}))
}

fn read(rest: &Rest, key: &str) -> Result<Value, Told> {
    let found = rest.get(&format!("/rest/api/2/issue/{}", segment(key)), &[("fields", FIELDS)])?;
    Ok(simple(rest, &found))
}

/// The type by name; `Subtask` stands for the project's own type of sub-tasks, whatever its name.
fn issue_type(rest: &Rest, project: &str, name: &str) -> Result<Value, Told> {
    let plain: String = name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    if plain != "subtask" {
        return Ok(json!({"name": name}));
    }
    let path = format!("/rest/api/2/issue/createmeta/{}/issuetypes", segment(project));
    let types = rest.get(&path, &[("maxResults", "200")])?;
    let subtask = types["values"].as_array().into_iter().flatten().find(|one| one["subtask"] == true);
    Ok(subtask.map_or_else(|| json!({"name": name}), |one| json!({"id": one["id"]})))
}

/// Fields under their ids. Names are found in any case, and what is found is passed on as it is; what is not found is left out.
fn resolved(rest: &Rest, fields: JsonObject) -> Result<JsonObject, Told> {
    if fields.is_empty() {
        return Ok(fields);
    }
    let known = rest.get("/rest/api/2/field", &[])?;
    let known = known.as_array().map(Vec::as_slice).unwrap_or_default();
    let is = |value: &Value, name: &str| value.as_str().is_some_and(|text| text.eq_ignore_ascii_case(name));
    let mut found = JsonObject::new();
    for (name, value) in fields {
        let wanted = if ["epicKey", "epic_link"].contains(&name.as_str()) { "Epic Link" } else { name.as_str() };
        let field = known.iter().find(|field| is(&field["id"], wanted) || is(&field["name"], wanted));
        let Some(id) = field.and_then(|field| field["id"].as_str()) else {
            log::warn!("the field `{}` does not exist and is left out", wanted.escape_default());
            continue;
        };
        let value = if id == "parent" && value.is_string() { json!({"key": value}) } else { value };
        found.insert(id.to_owned(), value);
    }
    Ok(found)
}

#[derive(Deserialize, JsonSchema)]
struct Update {
    /// Jira issue key (e.g., 'PROJ-123')
    issue_key: String,
    /// JSON string of fields to update
    fields: String,
    /// JSON string of additional fields to update
    #[serde(default)]
    additional_fields: Option<String>,
}

fn update(rest: &Rest, asked: Update) -> Result<Value, Told> {
    rest.check()?;
    let mut fields = object("fields", Some(&asked.fields))?;
    if let Some(Value::String(text)) = fields.get("description") {
        let wiki = markdown::to_wiki(text);
        fields.insert("description".to_owned(), wiki.into());
    }
    fields.extend(object("additional_fields", asked.additional_fields.as_deref())?);
    let fields = resolved(rest, fields)?;
    rest.send("PUT", &format!("/rest/api/2/issue/{}", segment(&asked.issue_key)), &json!({"fields": fields}))?;
    Ok(json!({"message": "Issue updated successfully", "issue": read(rest, &asked.issue_key)?}))
}

#[derive(Deserialize, JsonSchema)]
struct Comment {
    /// Jira issue key (e.g., 'PROJ-123')
    issue_key: String,
    /// Comment text in Markdown
    body: String,
}

fn comment(rest: &Rest, asked: Comment) -> Result<Value, Told> {
    rest.check()?;
    let path = format!("/rest/api/2/issue/{}/comment", segment(&asked.issue_key));
    let made = rest.send("POST", &path, &json!({"body": markdown::to_wiki(&asked.body)}))?;
    Ok(json!({"id": made["id"], "body": made["body"], "created": made["created"],
        "author": made["author"]["displayName"]}))
}

#[derive(Deserialize, JsonSchema)]
struct Link {
    /// The type of link (e.g., 'Blocks')
    link_type: String,
    /// The key of the inward issue
    inward_issue_key: String,
    /// The key of the outward issue
    outward_issue_key: String,
}

fn link(rest: &Rest, asked: Link) -> Result<Value, Told> {
    rest.check()?;
    let body = json!({
        "type": {"name": asked.link_type},
        "inwardIssue": {"key": asked.inward_issue_key},
        "outwardIssue": {"key": asked.outward_issue_key},
    });
    rest.send("POST", "/rest/api/2/issueLink", &body)?;
    let (from, to) = (asked.inward_issue_key, asked.outward_issue_key);
    Ok(
        json!({"success": true, "message": format!("Link created between {from} and {to}"), "link_type": asked.link_type,
        "inward_issue": from, "outward_issue": to}),
    )
}

#[derive(Deserialize, JsonSchema)]
struct RemoteLink {
    /// The key of the issue
    issue_key: String,
    /// The URL to link to
    url: String,
    /// The title of the link
    title: String,
    /// Description of the link
    #[serde(default)]
    summary: Option<String>,
    /// What the link is to the issue (e.g., 'documented by')
    #[serde(default)]
    relationship: Option<String>,
}

/// There is no global id: twice is two links.
fn remote_link(rest: &Rest, asked: RemoteLink) -> Result<Value, Told> {
    rest.check()?;
    let mut body = json!({"object": {"url": asked.url, "title": asked.title}});
    if let Some(summary) = asked.summary {
        body["object"]["summary"] = summary.into();
    }
    if let Some(relationship) = asked.relationship {
        body["relationship"] = relationship.into();
    }
    let made = rest.send("POST", &format!("/rest/api/2/issue/{}/remotelink", segment(&asked.issue_key)), &body)?;
    Ok(json!({"success": true, "message": "Remote link created successfully", "issue_key": asked.issue_key,
        "link_id": made["id"]}))
}
