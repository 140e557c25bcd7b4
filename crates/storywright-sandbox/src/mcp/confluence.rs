//! Confluence's tools.

use rmcp::schemars::{self, JsonSchema};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    jira::segment,
    markdown,
    rest::{Rest, Told},
    tool::{Access, Entry, parts},
};
use crate::confluence::to_markdown;

/// What is read of a page.
const EXPANDED: &str = "body.storage,version,space,ancestors,history";
/// Most pages of one answer.
const MOST: usize = 50;

pub(super) fn tools() -> Vec<Entry> {
    let (reads, adds) = (Access::Reads, Access::Adds);
    vec![
        Entry::new("confluence_search", "Search Content", reads, "Search Confluence by words or CQL.", search),
        Entry::new("confluence_get_page", "Get Page", reads, "Get the content of a Confluence page.", get_page),
        Entry::new("confluence_get_page_children", "Get Page Children", reads, "Get the pages below a page.", children),
        Entry::new("confluence_get_labels", "Get Labels", reads, "Get the labels of a page.", labels),
        Entry::new("confluence_get_comments", "Get Comments", reads, "Get the comments on a page.", comments),
        Entry::new("confluence_create_page", "Create Page", adds, "Create a Confluence page.", create_page),
        Entry::new("confluence_update_page", "Update Page", Access::Changes, "Update a Confluence page.", update_page),
        Entry::new("confluence_add_comment", "Add Comment", adds, "Add a comment to a page.", add_comment),
    ]
}

#[derive(Deserialize, JsonSchema)]
struct Search {
    /// Simple text, or a CQL query such as 'type=page AND space=DEV'
    query: String,
    /// Maximum number of results (1-50)
    #[serde(default)]
    limit: Option<usize>,
    /// Comma-separated space keys to filter results by
    #[serde(default)]
    spaces_filter: Option<String>,
}

fn search(rest: &Rest, asked: Search) -> Result<Value, Told> {
    rest.check()?;
    let is_cql = ["=", "~", ">", "<", " AND ", " OR "].iter().any(|sign| asked.query.contains(sign));
    let words = asked.query.replace(['"', '\\'], " ");
    let mut cql = if is_cql { asked.query.clone() } else { format!("text ~ \"{words}\"") };
    let spaces = parts(asked.spaces_filter.as_deref());
    if !spaces.is_empty() {
        let spaces: Vec<String> = spaces.iter().map(|space| format!("\"{space}\"")).collect();
        cql = format!("({cql}) AND space in ({})", spaces.join(", "));
    }
    let limit = asked.limit.unwrap_or(10).clamp(1, MOST).to_string();
    let query = [("cql", cql.as_str()), ("limit", limit.as_str()), ("expand", "version,space,history")];
    let found = rest.get("/rest/api/content/search", &query)?;
    Ok(found["results"].as_array().into_iter().flatten().map(|page| simple(rest, page)).collect())
}

#[derive(Deserialize, JsonSchema)]
struct GetPage {
    /// Confluence page ID
    #[serde(default)]
    page_id: Option<Value>,
    /// The exact title of the page; use it with space_key
    #[serde(default)]
    title: Option<String>,
    /// The key of the space; required with title
    #[serde(default)]
    space_key: Option<String>,
    /// Whether to include metadata such as dates, version and labels
    #[serde(default = "yes")]
    include_metadata: bool,
    /// Whether to convert the page to Markdown (true) or keep its storage format (false)
    #[serde(default = "yes")]
    convert_to_markdown: bool,
}

fn yes() -> bool {
    true
}

/// A page that cannot be read is told in a result that counts as a success.
fn get_page(rest: &Rest, asked: GetPage) -> Result<Value, Told> {
    rest.check()?;
    let found = match (plain(asked.page_id.as_ref()), &asked.title, &asked.space_key) {
        (Some(id), ..) => match rest.get(&format!("/rest/api/content/{}", segment(&id)), &[("expand", EXPANDED)]) {
            Ok(page) => page,
            Err(problem) => {
                let words = format!("Failed to retrieve page by ID '{id}': {}", problem.words());
                return Ok(json!({"error": words}));
            }
        },
        (None, Some(title), Some(space)) => {
            let query = [("title", title.as_str()), ("spaceKey", space.as_str()), ("expand", EXPANDED)];
            match rest.get("/rest/api/content", &query)?["results"].get(0) {
                Some(page) => page.clone(),
                None => {
                    return Ok(json!({"error": format!("Page with title '{title}' not found in space '{space}'.")}));
                }
            }
        }
        _ => return Err(Told::new("Either 'page_id' OR both 'title' and 'space_key' must be provided.")),
    };
    let storage = found["body"]["storage"]["value"].as_str().unwrap_or_default();
    let (value, format) =
        if asked.convert_to_markdown { (to_markdown(storage), "markdown") } else { (storage.to_owned(), "storage") };
    if !asked.include_metadata {
        return Ok(json!({"content": {"value": value}}));
    }
    let mut page = simple(rest, &found);
    page["content"] = json!({"value": value, "format": format});
    Ok(json!({"metadata": page}))
}

/// An id that came as a text or as a number.
fn plain(id: Option<&Value>) -> Option<String> {
    match id? {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[derive(Deserialize, JsonSchema)]
struct Children {
    /// The ID of the parent page
    parent_id: String,
    /// Maximum number of pages (1-50)
    #[serde(default)]
    limit: Option<usize>,
}

fn children(rest: &Rest, asked: Children) -> Result<Value, Told> {
    rest.check()?;
    let limit = asked.limit.unwrap_or(25).clamp(1, MOST).to_string();
    let query = [("limit", limit.as_str()), ("expand", "version,space,history")];
    let found = rest.get(&format!("/rest/api/content/{}/child/page", segment(&asked.parent_id)), &query)?;
    let pages: Vec<Value> = found["results"].as_array().into_iter().flatten().map(|page| simple(rest, page)).collect();
    Ok(json!({"parent_id": asked.parent_id, "count": pages.len(), "results": pages}))
}

#[derive(Deserialize, JsonSchema)]
struct OfPage {
    /// Confluence page ID
    page_id: String,
}

fn labels(rest: &Rest, asked: OfPage) -> Result<Value, Told> {
    rest.check()?;
    let found = rest.get(&format!("/rest/api/content/{}/label", segment(&asked.page_id)), &[])?;
    let named = found["results"].as_array().into_iter().flatten();
    Ok(named.map(|label| json!({"id": label["id"], "name": label["name"], "prefix": label["prefix"]})).collect())
}

fn comments(rest: &Rest, asked: OfPage) -> Result<Value, Told> {
    rest.check()?;
    let path = format!("/rest/api/content/{}/child/comment", segment(&asked.page_id));
    let found = rest.get(&path, &[("expand", "body.storage,version")])?;
    let told = found["results"].as_array().into_iter().flatten().map(|comment| {
        let body = to_markdown(comment["body"]["storage"]["value"].as_str().unwrap_or_default());
        json!({"id": comment["id"], "body": body, "created": comment["version"]["when"],
            "author": comment["version"]["by"]["displayName"]})
    });
    Ok(told.collect())
}

#[derive(Deserialize, JsonSchema)]
struct CreatePage {
    /// The key of the space to create the page in
    space_key: String,
    /// The title of the page
    title: String,
    /// The content of the page
    content: String,
    /// The ID of the page above it
    #[serde(default)]
    parent_id: Option<Value>,
    /// 'markdown' (default), 'wiki' or 'storage'
    #[serde(default)]
    content_format: Option<String>,
}

fn create_page(rest: &Rest, asked: CreatePage) -> Result<Value, Told> {
    rest.check()?;
    let mut page = json!({"type": "page", "title": asked.title, "space": {"key": asked.space_key},
        "body": body(&asked.content, asked.content_format.as_deref())?});
    if let Some(parent) = plain(asked.parent_id.as_ref()) {
        page["ancestors"] = json!([{"id": parent}]);
    }
    let made = rest.send("POST", "/rest/api/content?expand=version,space,history", &page)?;
    Ok(json!({"message": "Page created successfully", "page": simple(rest, &made)}))
}

#[derive(Deserialize, JsonSchema)]
struct UpdatePage {
    /// The ID of the page
    page_id: String,
    /// The new title of the page
    title: String,
    /// The new content of the page
    content: String,
    /// Whether this is a minor edit
    #[serde(default)]
    is_minor_edit: bool,
    /// Comment on this version
    #[serde(default)]
    version_comment: Option<String>,
    /// 'markdown' (default), 'wiki' or 'storage'
    #[serde(default)]
    content_format: Option<String>,
}

fn update_page(rest: &Rest, asked: UpdatePage) -> Result<Value, Told> {
    rest.check()?;
    let path = format!("/rest/api/content/{}", segment(&asked.page_id));
    let now = rest.get(&path, &[("expand", "version")])?;
    let number = now["version"]["number"].as_u64().unwrap_or(0) + 1;
    let version = json!({"number": number, "minorEdit": asked.is_minor_edit, "message": asked.version_comment});
    let page = json!({"type": "page", "title": asked.title, "version": version,
        "body": body(&asked.content, asked.content_format.as_deref())?});
    let made = rest.send("PUT", &format!("{path}?expand=version,space,history"), &page)?;
    Ok(json!({"message": "Page updated successfully", "page": simple(rest, &made)}))
}

#[derive(Deserialize, JsonSchema)]
struct AddComment {
    /// The ID of the page
    page_id: String,
    /// The comment in Markdown
    body: String,
}

fn add_comment(rest: &Rest, asked: AddComment) -> Result<Value, Told> {
    rest.check()?;
    let comment = json!({"type": "comment", "container": {"id": asked.page_id, "type": "page"},
        "body": body(&asked.body, None)?});
    let made = rest.send("POST", "/rest/api/content", &comment)?;
    Ok(json!({"success": true, "message": "Comment added successfully", "comment": {"id": made["id"]}}))
}

fn body(content: &str, format: Option<&str>) -> Result<Value, Told> {
    match format.unwrap_or("markdown") {
        "markdown" => Ok(json!({"wiki": {"value": markdown::to_wiki(content), "representation": "wiki"}})),
        form @ ("wiki" | "storage") => Ok(json!({form: {"value": content, "representation": form}})),
        other => Err(Told::new(format!("Invalid content_format '{other}'. Use 'markdown', 'wiki' or 'storage'"))),
    }
}

/// A page as mcp-atlassian shows it.
fn simple(rest: &Rest, page: &Value) -> Value {
    let web = page["_links"]["webui"].as_str().unwrap_or_default();
    let mut shown = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            shown.insert(name.to_owned(), value);
        }
    };
    put("id", page["id"].clone());
    put("title", page["title"].clone());
    put("type", page["type"].clone());
    put("created", page["history"]["createdDate"].clone());
    put("updated", page["version"]["when"].clone());
    put("url", format!("{}{web}", rest.base()).into());
    if page["space"].is_object() {
        put("space", json!({"key": page["space"]["key"], "name": page["space"]["name"]}));
    }
    put("author", page["version"]["by"]["displayName"].clone());
    put("version", page["version"]["number"].clone());
    if let Some(above) = page["ancestors"].as_array() {
        put("ancestors", above.iter().map(|page| json!({"id": page["id"], "title": page["title"]})).collect());
    }
    Value::Object(shown)
}
