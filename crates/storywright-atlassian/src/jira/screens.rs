//! Projects, issue types and create screens.

use super::AtlassianJira;
use super::fields::{self, Described};
use crate::site;
use serde::Deserialize;
use serde_json::Value;
use storywright_domain::jira::{CreateField, FieldKind, IssueType, Project, ProjectKey};
use storywright_domain::remote::{Access, RemoteError};

/// Asked for per page; sites may give fewer.
const PAGE: usize = 200;
/// Most pages read, should a site never end.
const MOST_PAGES: usize = 50;

#[derive(Deserialize)]
struct ProjectRow {
    id: String,
    key: String,
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TypeRow {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    subtask: bool,
    /// Cloud: 1 for epics, 0 for stories and tasks, -1 for sub-tasks.
    hierarchy_level: Option<i64>,
}

/// One page, by whatever name its rows go: `values` on Data Center, others on Cloud.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(alias = "issueTypes", alias = "fields", alias = "results")]
    values: Vec<Value>,
    total: Option<usize>,
    is_last: Option<bool>,
    max_results: Option<usize>,
}

impl Page {
    /// Whether more follows, given how many rows have come by now.
    fn has_more(&self, so_far: usize) -> bool {
        match (self.is_last, self.total) {
            _ if self.values.is_empty() => false,
            (Some(last), _) => !last,
            (None, Some(total)) => so_far < total,
            // A short page is the last one; the site's own page size counts, not the one that was asked for.
            (None, None) => self.values.len() >= self.max_results.unwrap_or(PAGE).max(1),
        }
    }
}

impl AtlassianJira {
    pub(super) fn read_projects(&self, access: &Access) -> Result<Vec<Project>, RemoteError> {
        let rows: Vec<ProjectRow> = site::read(self.get(access, "/rest/api/2/project"))?;
        let named = |row: ProjectRow| Project { id: row.id, key: row.key, name: row.name };
        let mut projects: Vec<Project> = rows.into_iter().map(named).collect();
        projects.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(projects)
    }

    pub(super) fn read_issue_types(
        &self,
        access: &Access,
        project: &ProjectKey,
    ) -> Result<Vec<IssueType>, RemoteError> {
        let path = format!("/rest/api/2/issue/createmeta/{}/issuetypes", site::segment(project.as_str()));
        let rows = self.pages(access, &path)?;
        let mut types: Vec<IssueType> = Vec::new();
        for row in rows {
            let row: TypeRow = serde_json::from_value(row).map_err(|_| unexpected("an issue type"))?;
            if !types.iter().any(|known| known.id == row.id) {
                let epic = row.hierarchy_level == Some(1);
                types.push(IssueType { id: row.id, name: row.name, subtask: row.subtask, epic });
            }
        }
        Ok(types)
    }

    pub(super) fn read_create_fields(
        &self,
        access: &Access,
        project: &ProjectKey,
        issue_type: &str,
    ) -> Result<Vec<CreateField>, RemoteError> {
        let (key, kind) = (site::segment(project.as_str()), site::segment(issue_type));
        let rows = self.pages(access, &format!("/rest/api/2/issue/createmeta/{key}/issuetypes/{kind}"))?;
        let mut found: Vec<CreateField> = Vec::new();
        let mut is_subtask = None;
        for row in rows {
            let described: Described = serde_json::from_value(row).map_err(|_| unexpected("a create field"))?;
            let Some(field) = fields::field(&described) else { return Err(unexpected("a create field")) };
            if field.id == "issuetype" {
                is_subtask = described.says_subtask(issue_type);
            }
            if !found.iter().any(|known| known.id == field.id) {
                found.push(field);
            }
        }
        if !found.is_empty() && !found.iter().any(|field| field.kind == FieldKind::Parent) {
            let is_subtask = match is_subtask {
                Some(known) => known,
                None => {
                    self.read_issue_types(access, project)?.iter().any(|kind| kind.id == issue_type && kind.subtask)
                }
            };
            if is_subtask {
                found.push(fields::parent());
            }
        }
        Ok(found)
    }

    fn pages(&self, access: &Access, path: &str) -> Result<Vec<Value>, RemoteError> {
        let mut rows = Vec::new();
        for _ in 0..MOST_PAGES {
            let (start, size) = (rows.len().to_string(), PAGE.to_string());
            let query = site::query(&[("startAt", &start), ("maxResults", &size)]);
            let page: Page = site::read(self.get(access, &format!("{path}{query}")))?;
            let more = page.has_more(rows.len() + page.values.len());
            rows.extend(page.values);
            if !more {
                break;
            }
        }
        Ok(rows)
    }
}

fn unexpected(what: &str) -> RemoteError {
    RemoteError::Malformed { detail: format!("{what} has an unexpected shape") }
}
