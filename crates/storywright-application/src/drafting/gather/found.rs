//! Results of tools that read something whole are kept as sources of the draft, so that stories can cite them.

use super::toolbox::Offer;
use crate::Ports;
use crate::sources::{NewSource, add_found};
use serde_json::Value;
use storywright_domain::job::Job;
use storywright_domain::person::Actor;
use storywright_domain::ports::{StorageError, StorageExt};
use storywright_domain::source::SourceKind;
use storywright_domain::tool::ToolResult;
use storywright_domain::{DraftId, RequestId};

/// Shortest text that is worth a reference of its own.
const SHORTEST: usize = 40;
/// Longest title in characters.
const TITLE: usize = 255;

/// Keeps what a tool gave as a source and gives its reference; empty when it is a list of hits, or when it could not be kept.
pub(super) fn keep_found(
    ports: &Ports,
    job: &Job,
    offer: &Offer,
    arguments: &str,
    result: &ToolResult,
    text: &str,
) -> Result<String, StorageError> {
    let lists = ["search", "list", "children", "find"].iter().any(|word| offer.name.contains(word));
    let (Ok(draft), false) = (DraftId::parse(&job.subject), lists || text.len() < SHORTEST) else {
        return Ok(String::new());
    };
    let Some(person) = ports.storage.read(|tx| tx.person(job.user))? else { return Ok(String::new()) };
    let request_id = RequestId::parse(&job.request_id).unwrap_or_else(|| RequestId::from_number(job.id.0));
    let revision = ports.sha256.hex(text.as_bytes());
    let source = described(offer, arguments, result, text, revision);
    match add_found(ports, &Actor::of(&person, request_id), draft, &source) {
        Ok(reference) => Ok(reference),
        // The model has it all the same; it only gets no reference of its own.
        Err(error) => {
            log::warn!(job_id = job.id.to_string().as_str(), error = error.to_string().as_str(); "a result could not be kept as a source");
            Ok(String::new())
        }
    }
}

/// A result as a source: what can be told of it is read from its JSON, the text is the page's or the whole.
fn described(offer: &Offer, arguments: &str, result: &ToolResult, text: &str, digest: String) -> NewSource {
    let json: Value = result.json.as_deref().unwrap_or(text).parse().unwrap_or_default();
    let id = word(&json, &["id", "page_id"]).filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()));
    let key = word(&json, &["key", "issue_key"]);
    let body = find(&json, "content").and_then(|content| match content {
        Value::String(text) => Some(text.as_str()),
        other => other.get("value").and_then(Value::as_str),
    });
    let (kind, name) = match (id, key) {
        (Some(id), _) if offer.name.contains("page") => (SourceKind::Page, id),
        (_, Some(key)) if offer.name.contains("issue") => (SourceKind::Issue, key),
        _ => (SourceKind::Tool, format!("{} {arguments}", offer.name).chars().take(TITLE).collect()),
    };
    let told = match kind {
        SourceKind::Page => version(&json),
        SourceKind::Issue => word(&json, &["updated"]),
        SourceKind::File | SourceKind::Tool => None,
    };
    let title = word(&json, &["title", "summary"]).unwrap_or_else(|| offer.hint.clone());
    NewSource {
        kind,
        site: offer.server.clone(),
        name,
        revision: told.unwrap_or(digest),
        title: title.chars().take(TITLE).collect(),
        space: find(&json, "space")
            .or_else(|| find(&json, "project"))
            .and_then(|space| word(space, &["key"]))
            .unwrap_or_default(),
        url: word(&json, &["url", "self"]).filter(|url| url.starts_with("https://")).unwrap_or_default(),
        restricted: false,
        text: body.filter(|body| !body.trim().is_empty()).unwrap_or(text).to_owned(),
    }
}

fn version(json: &Value) -> Option<String> {
    match find(json, "version")? {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        other => other.get("number").and_then(Value::as_u64).map(|number| number.to_string()),
    }
}

/// The first text or number under one of these keys.
fn word(json: &Value, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| match find(json, key)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().chars().take(1_000).collect()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// What stands under a key, looked for level by level to a small depth.
fn find<'v>(json: &'v Value, key: &str) -> Option<&'v Value> {
    let mut level = vec![json];
    for _ in 0..4 {
        if let Some(found) = level.iter().find_map(|value| value.get(key).filter(|found| !found.is_null())) {
            return Some(found);
        }
        level = level.into_iter().filter_map(Value::as_object).flat_map(|object| object.values()).collect();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use storywright_domain::tool::ToolClass;

    fn described_as(tool: &str, text: &str) -> NewSource {
        let offer = Offer {
            name: format!("wiki__{tool}"),
            server: "wiki".to_owned(),
            class: ToolClass::Read,
            hint: "Reads".to_owned(),
            parameters: String::new(),
            hash: String::new(),
        };
        let result = ToolResult { text: text.to_owned(), json: None, failed: false, bytes: 1, cut: false };
        described(&offer, "{}", &result, text, "digest".to_owned())
    }

    #[test]
    fn a_page_is_known_by_id_and_version_and_its_text_is_the_page_s() {
        let page = described_as(
            "confluence_get_page",
            r##"{"metadata":{"id":"4711","title":"Refunds","version":7,"url":"https://wiki.corp.example/x","space":{"key":"PAY"},"content":{"value":"# Refunds\nWithin 14 days."}}}"##,
        );
        assert_eq!((page.kind, page.name.as_str(), page.revision.as_str()), (SourceKind::Page, "4711", "7"));
        assert_eq!(
            (page.title.as_str(), page.space.as_str(), page.text.as_str()),
            ("Refunds", "PAY", "# Refunds\nWithin 14 days.")
        );
    }

    #[test]
    fn an_issue_is_known_by_its_key_and_anything_else_by_its_call() {
        let issue = described_as(
            "jira_get_issue",
            r#"{"key":"PAY-7","fields":{"summary":"Refund","updated":"2026-01-02"},"self":"javascript:x"}"#,
        );
        assert_eq!(
            (issue.kind, issue.name.as_str(), issue.revision.as_str()),
            (SourceKind::Issue, "PAY-7", "2026-01-02")
        );
        assert_eq!((issue.title.as_str(), issue.url.as_str()), ("Refund", ""));
        let other = described_as("get_notes", "plain text");
        assert_eq!(
            (other.kind, other.name.as_str(), other.revision.as_str()),
            (SourceKind::Tool, "wiki__get_notes {}", "digest")
        );
    }
}
