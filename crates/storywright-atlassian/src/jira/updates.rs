//! New words for an issue that exists.

use super::AtlassianJira;
use super::issues::{FIELDS, Row};
use super::render::one_line;
use crate::{answer, site};
use serde::Deserialize;
use serde_json::{Value, json};
use storywright_domain::jira::{IssueDetail, IssueText, IssueType, IssueWords};
use storywright_domain::remote::{Access, RemoteError};
use storywright_http::{Method, SendOnceError};
use storywright_markup::{markdown_to_wiki, visible, wiki_to_markdown};

/// What only a person who changes the issue needs; it stands among the fields of [`Row`].
#[derive(Deserialize)]
struct About {
    project: Project,
    issuetype: TypeRow,
    #[serde(default)]
    updated: String,
}

#[derive(Deserialize)]
struct Project {
    key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TypeRow {
    id: String,
    name: String,
    #[serde(default)]
    subtask: bool,
    /// Cloud alone: 1 and more for what other issues live in.
    #[serde(default)]
    hierarchy_level: i64,
}

/// The payload, and the description in it.
pub(super) fn render_words(words: &IssueWords) -> (String, String) {
    let description = match &words.description {
        IssueText::Markdown(markdown) => markdown_to_wiki(markdown),
        IssueText::Stored(stored) => stored.clone(),
    };
    let payload = json!({"fields": {"summary": one_line(&words.summary), "description": description}});
    (payload.to_string(), description)
}

impl AtlassianJira {
    pub(super) fn read_detail(&self, access: &Access, key: &str) -> Result<Option<IssueDetail>, RemoteError> {
        let fields = format!("{FIELDS},project,issuetype,updated");
        let query = site::query(&[("fields", &fields), ("expand", "editmeta")]);
        let path = format!("/rest/api/2/issue/{}{query}", site::segment(key));
        let read: Value = match site::read(self.get(access, &path)) {
            Ok(read) => read,
            Err(RemoteError::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        };
        let malformed = |error: serde_json::Error| RemoteError::Malformed { detail: error.to_string() };
        let about = About::deserialize(&read["fields"]).map_err(malformed)?;
        let issue = Row::deserialize(&read).map_err(malformed)?.into_issue(None);
        let on_screen = |field: &str| read["editmeta"]["fields"].get(field).is_some();
        Ok(Some(IssueDetail {
            markdown: visible(&wiki_to_markdown(&issue.description)),
            issue,
            project: about.project.key,
            issue_type: IssueType {
                id: about.issuetype.id,
                name: about.issuetype.name,
                subtask: about.issuetype.subtask,
                epic: about.issuetype.hierarchy_level > 0,
            },
            updated: about.updated,
            editable: on_screen("summary") && on_screen("description"),
        }))
    }

    pub(super) fn put_words(&self, access: &Access, id: &str, payload: &str) -> Result<(), RemoteError> {
        let path = format!("/rest/api/2/issue/{}", site::segment(id));
        // A PUT is repeated by default: here a second one could overwrite what somebody wrote after the first.
        match self.request(access, Method::Put, &path).json(payload).send_once() {
            Ok(answer) => answer::accepted(answer).map(drop),
            Err(SendOnceError::NotSent { error }) => Err(error.into()),
            Err(SendOnceError::Unknown { status, error }) => Err(RemoteError::Unavailable {
                detail: status.map_or_else(|| error.to_string(), |status| format!("status {status}, {error}")),
            }),
        }
    }
}
