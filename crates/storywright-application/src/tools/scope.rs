//! The administrator's limits to projects and spaces, applied to the arguments of a call: queries are wrapped by our own condition, keys
//! are compared with the list, and what cannot be told is refused.

use super::schema;
use serde_json::{Map, Value};
use storywright_domain::tool::McpServer;

/// Arguments that hold project keys, alone or separated by commas.
const PROJECTS: [&str; 5] = ["project_key", "project_keys", "project", "projects_filter", "current_project_ids"];
/// Arguments that hold issue keys, alone, in lists, or separated by commas.
const ISSUES: [&str; 5] = ["issue_key", "issue_keys", "issue_ids_or_keys", "parent_key", "epic_key"];
/// Arguments that hold space keys.
const SPACES: [&str; 4] = ["space_key", "space_keys", "space", "spaces_filter"];
/// Arguments that hold the id of a page.
pub(super) const PAGES: [&str; 3] = ["page_id", "parent_id", "content_id"];
/// Tools of mcp-atlassian that tell nothing of any project or space.
const UNSCOPED: [&str; 3] = ["jira_search_fields", "jira_get_link_types", "jira_get_user_profile"];

/// Applies the limits of a server to the arguments of a call of one of its tools; gives the ids of pages whose spaces are still to be
/// looked up.
///
/// # Errors
/// What is outside, or cannot be told, in words for the model.
pub(super) fn apply(
    server: &McpServer,
    tool: &str,
    parameters: &str,
    arguments: &mut Map<String, Value>,
) -> Result<Vec<String>, String> {
    let mut pages = Vec::new();
    if server.projects.is_empty() && server.spaces.is_empty() {
        return Ok(pages);
    }
    if UNSCOPED.contains(&tool) {
        return Ok(pages);
    }
    let mut told = false;
    if !server.projects.is_empty() {
        let mut limited = arguments.contains_key("jql");
        if let Some(jql) = arguments.get("jql").and_then(Value::as_str) {
            let wrapped = wrap(jql, &format!("project in ({})", quoted(&server.projects)), Query::Jql)?;
            arguments.insert("jql".to_owned(), Value::String(wrapped));
        }
        limited |= keys_are_within(arguments, &PROJECTS, &server.projects, "project", |word| Some(word.to_owned()))?;
        let of_issue = |word: &str| word.rsplit_once('-').map(|(project, _)| project.to_owned());
        limited |= keys_are_within(arguments, &ISSUES, &server.projects, "project", of_issue)?;
        if !limited && takes(parameters, "jql") {
            let own = format!("project in ({})", quoted(&server.projects));
            arguments.insert("jql".to_owned(), Value::String(own));
            limited = true;
        }
        if takes(parameters, "projects_filter") && !arguments.contains_key("projects_filter") {
            arguments.insert("projects_filter".to_owned(), Value::String(server.projects.join(",")));
            limited = true;
        }
        told |= limited;
    }
    if !server.spaces.is_empty() {
        let mut limited = keys_are_within(arguments, &SPACES, &server.spaces, "space", |word| Some(word.to_owned()))?;
        for name in ["query", "cql"] {
            if let Some(query) = arguments.get(name).and_then(Value::as_str).filter(|_| tool.contains("search")) {
                let query = if name == "query" && is_words(query) { siteful(query) } else { query.to_owned() };
                let wrapped = wrap(&query, &format!("space in ({})", quoted(&server.spaces)), Query::Cql)?;
                arguments.insert(name.to_owned(), Value::String(wrapped));
                limited = true;
            }
        }
        if takes(parameters, "spaces_filter") && !arguments.contains_key("spaces_filter") {
            arguments.insert("spaces_filter".to_owned(), Value::String(server.spaces.join(",")));
            limited = true;
        }
        for name in PAGES {
            if let Some(id) = arguments.get(name).filter(|value| !value.is_null()) {
                let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
                if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(format!("`{name}` must be the number of a page"));
                }
                pages.push(id);
                limited = true;
            }
        }
        told |= limited;
    }
    if told {
        Ok(pages)
    } else {
        Err(format!("only {} may be read here, and this call does not say what it is about", places(server)))
    }
}

/// The allowed places in words.
fn places(server: &McpServer) -> String {
    let of = |what: &str, keys: &[String]| (!keys.is_empty()).then(|| format!("the {what} {}", keys.join(", ")));
    let both = [of("projects", &server.projects), of("spaces", &server.spaces)];
    both.into_iter().flatten().collect::<Vec<_>>().join(" and ")
}

fn takes(parameters: &str, name: &str) -> bool {
    let schema: Option<Value> = serde_json::from_str(parameters).ok();
    schema.is_some_and(|schema| schema.pointer("/properties").and_then(|all| all.get(name)).is_some())
}

/// Whether an argument of these names is there; all keys in it must be allowed.
fn keys_are_within(
    arguments: &Map<String, Value>,
    names: &[&str],
    allowed: &[String],
    what: &str,
    key_of: impl Fn(&str) -> Option<String>,
) -> Result<bool, String> {
    let mut found = false;
    for name in names {
        let words: Vec<String> = match arguments.get(*name) {
            None | Some(Value::Null) => continue,
            Some(Value::String(text)) => text.split(',').map(|word| word.trim().to_owned()).collect(),
            Some(Value::Array(list)) => {
                list.iter().map(|word| word.as_str().map_or_else(|| word.to_string(), str::to_owned)).collect()
            }
            Some(other) => vec![other.to_string()],
        };
        for word in &words {
            let shown: String = word.chars().filter(|c| !c.is_control()).take(40).collect();
            let key = key_of(word).ok_or_else(|| format!("`{name}`: `{shown}` names no {what}"))?;
            if !allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(&key)) {
                return Err(format!(
                    "`{name}`: `{shown}` is outside the {what}s that may be read here ({})",
                    allowed.join(", ")
                ));
            }
        }
        found |= !words.is_empty();
    }
    Ok(found)
}

fn quoted(keys: &[String]) -> String {
    keys.iter().map(|key| format!("\"{}\"", key.replace(['"', '\\'], ""))).collect::<Vec<_>>().join(", ")
}

/// What mcp-atlassian takes for words rather than for a query.
fn is_words(query: &str) -> bool {
    !["=", "~", ">", "<", " AND ", " OR ", "currentUser()"].iter().any(|sign| query.contains(sign))
}

fn siteful(words: &str) -> String {
    let escaped = words.replace('\\', "\\\\").replace('"', "\\\"");
    format!("text ~ \"{escaped}\"")
}

/// The two languages of queries.
#[derive(Clone, Copy, PartialEq)]
enum Query {
    Jql,
    Cql,
}

/// The query within our condition: `condition AND (query) ORDER BY …`. Quotes and brackets of the query must be closed within it, so that
/// it cannot leave ours.
fn wrap(query: &str, condition: &str, language: Query) -> Result<String, String> {
    let (mut depth, mut quote, mut escaped) = (0_i32, None, false);
    let mut order = None;
    for (at, character) in query.char_indices() {
        if let Some(open) = quote {
            match character {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                _ if character == open => quote = None,
                _ => {}
            }
            continue;
        }
        match character {
            '"' | '\'' => quote = Some(character),
            '(' => depth += 1,
            ')' => depth -= 1,
            // Outside of quotes an escape has no place.
            '\\' => return Err("the query holds a backslash outside of quotes".to_owned()),
            _ if depth == 0 && order.is_none() && begins_order(query, at) => order = Some(at),
            _ => {}
        }
        if depth < 0 {
            return Err("the query closes a bracket that it did not open".to_owned());
        }
    }
    if depth != 0 || quote.is_some() {
        return Err("the query leaves a bracket or a quote open".to_owned());
    }
    let (wanted, order) = query.split_at(order.unwrap_or(query.len()));
    if order.contains('(') || (language == Query::Jql && order.contains('=')) {
        return Err("the order of the query holds more than fields".to_owned());
    }
    let both = match wanted.trim() {
        "" => condition.to_owned(),
        wanted => format!("{condition} AND ({wanted})"),
    };
    Ok(format!("{both} {}", order.trim()).trim().to_owned())
}

/// Whether `ORDER BY` stands here as words of its own.
fn begins_order(query: &str, at: usize) -> bool {
    let before = query[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '_');
    let rest = &query[at..];
    let Some(head) = rest.get(..5).filter(|head| head.eq_ignore_ascii_case("order")) else { return false };
    let after = rest[head.len()..].trim_start();
    before
        && rest[head.len()..].starts_with(char::is_whitespace)
        && after.get(..2).is_some_and(|word| word.eq_ignore_ascii_case("by"))
        && after[2..].starts_with(|c: char| c.is_whitespace())
}

/// Checks arguments and applies the limits.
///
/// # Errors
/// Code and words.
pub(super) fn checked(
    server: &McpServer,
    tool: &str,
    parameters: &str,
    arguments: &str,
) -> Result<(String, Vec<String>), (&'static str, String)> {
    let mut arguments = schema::check(parameters, arguments).map_err(|words| ("tool_arguments", words))?;
    let pages = apply(server, tool, parameters, &mut arguments).map_err(|words| ("tool_out_of_scope", words))?;
    Ok((Value::Object(arguments).to_string(), pages))
}

#[cfg(test)]
mod tests {
    use super::*;
    use storywright_domain::tool::ToolPurpose;

    fn server(projects: &[&str], spaces: &[&str]) -> McpServer {
        let all = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
        McpServer {
            id: "jira".to_owned(),
            name: "Jira".to_owned(),
            purpose: ToolPurpose::Jira,
            url: "https://mcp".to_owned(),
            headers: Default::default(),
            allow_http: false,
            allow_loopback: false,
            projects: all(projects),
            spaces: all(spaces),
        }
    }

    const ANY: &str = r#"{"type":"object","properties":{"jql":{},"projects_filter":{},"query":{},"spaces_filter":{},"page_id":{},"issue_key":{},"project_key":{},"sprint_id":{},"space_key":{}}}"#;

    fn scoped(server: &McpServer, tool: &str, parameters: &str, arguments: &str) -> Result<Value, String> {
        let (text, _) = checked(server, tool, parameters, arguments).map_err(|(_, words)| words)?;
        Ok(serde_json::from_str(&text).unwrap())
    }

    #[test]
    fn without_limits_nothing_changes() {
        let arguments = r#"{"jql":"a) OR (b"}"#;
        assert_eq!(scoped(&server(&[], &[]), "t", ANY, arguments), Ok(serde_json::from_str(arguments).unwrap()));
    }

    #[test]
    fn queries_stay_within_our_condition() {
        let cases = [
            ("status = Open", r#"project in ("PAY", "OPS") AND (status = Open)"#),
            (
                "status = Open ORDER BY created DESC",
                r#"project in ("PAY", "OPS") AND (status = Open) ORDER BY created DESC"#,
            ),
            ("order by key", r#"project in ("PAY", "OPS") order by key"#),
            ("", r#"project in ("PAY", "OPS")"#),
            ("project = HR OR 1 = 1", r#"project in ("PAY", "OPS") AND (project = HR OR 1 = 1)"#),
            (r#"summary ~ "a) order by (b""#, r#"project in ("PAY", "OPS") AND (summary ~ "a) order by (b")"#),
            (
                r#"summary ~ "it\"s" AND reorder = by"#,
                r#"project in ("PAY", "OPS") AND (summary ~ "it\"s" AND reorder = by)"#,
            ),
            ("(a = 1 OR b = 2) AND c = 3", r#"project in ("PAY", "OPS") AND ((a = 1 OR b = 2) AND c = 3)"#),
        ];
        let limited = server(&["PAY", "OPS"], &[]);
        for (query, expected) in cases {
            let arguments = serde_json::json!({ "jql": query }).to_string();
            assert_eq!(scoped(&limited, "jira_search", ANY, &arguments).unwrap()["jql"], *expected);
            assert_eq!(scoped(&limited, "jira_search", ANY, &arguments).unwrap()["projects_filter"], "PAY,OPS");
        }
        let escapes = [
            "a = 1) OR (project = HR",
            "a = 1) OR project = HR ORDER BY (x",
            r#"summary ~ "open"#,
            "summary ~ 'open",
            r#"summary ~ \"x) OR (y"#,
            "a = 1 ORDER BY key) OR (project = HR",
            "a = 1 ORDER BY key OR project = HR",
            ")(",
        ];
        for query in escapes {
            let arguments = serde_json::json!({ "jql": query }).to_string();
            assert!(scoped(&limited, "jira_search", ANY, &arguments).is_err(), "{query}");
        }
    }

    #[test]
    fn keys_are_compared_with_the_list() {
        let limited = server(&["PAY"], &[]);
        for arguments in
            [r#"{"issue_key":"PAY-7"}"#, r#"{"project_key":"pay"}"#, r#"{"issue_key":"PAY-7","project_key":"PAY"}"#]
        {
            assert!(scoped(&limited, "jira_get_issue", ANY, arguments).is_ok(), "{arguments}");
        }
        for arguments in [
            r#"{"issue_key":"HR-7"}"#,
            r#"{"issue_key":"10007"}"#,
            r#"{"issue_key":"PAY-7,HR-1"}"#,
            r#"{"project_key":"HR"}"#,
            r#"{"project_key":"PAY","issue_key":"HR-1"}"#,
            r#"{"jql":"a = 1","projects_filter":"HR"}"#,
        ] {
            assert!(scoped(&limited, "jira_get_issue", ANY, arguments).is_err(), "{arguments}");
        }
        let sprint = r#"{"type":"object","properties":{"sprint_id":{}}}"#;
        assert!(
            scoped(&limited, "jira_get_sprint_issues", sprint, r#"{"sprint_id":"5"}"#).is_err(),
            "it cannot be told"
        );
        assert!(scoped(&limited, "jira_get_link_types", sprint, "{}").is_ok());
    }

    #[test]
    fn spaces_are_limited_the_same_way() {
        let limited = server(&[], &["DOC"]);
        let found = scoped(&limited, "confluence_search", ANY, r#"{"query":"refund \"now\""}"#).unwrap();
        assert_eq!(found["query"], r#"space in ("DOC") AND (text ~ "refund \"now\"")"#);
        assert_eq!(found["spaces_filter"], "DOC");
        let found = scoped(&limited, "confluence_search", ANY, r#"{"query":"type = page ORDER BY title"}"#).unwrap();
        assert_eq!(found["query"], r#"space in ("DOC") AND (type = page) ORDER BY title"#);
        assert!(scoped(&limited, "confluence_get_page", ANY, r#"{"space_key":"HR"}"#).is_err());
        let (_, pages) = checked(&limited, "confluence_get_page", ANY, r#"{"page_id":"123"}"#).unwrap();
        assert_eq!(pages, ["123"], "its space is looked up");
        assert!(checked(&limited, "confluence_get_page", ANY, r#"{"page_id":"1 OR 2"}"#).is_err());
    }
}
