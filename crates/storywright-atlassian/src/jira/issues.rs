//! Reading issues, finding them by label, linking them.

use super::AtlassianJira;
use crate::site;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use storywright_domain::jira::Issue;
use storywright_domain::remote::{Access, RemoteError};
use storywright_http::Method;

/// The fields that are read back.
const FIELDS: &str = "summary,status,labels,parent,description";
/// Most hits of a search.
const MOST_HITS: usize = 200;

#[derive(Deserialize)]
struct Row {
    id: String,
    key: String,
    #[serde(default)]
    fields: Fields,
    #[serde(default)]
    properties: BTreeMap<String, Value>,
}

#[derive(Deserialize, Default)]
struct Fields {
    #[serde(default)]
    summary: Option<String>,
    #[serde(default)]
    status: Option<Named>,
    #[serde(default)]
    labels: Option<Vec<String>>,
    #[serde(default)]
    parent: Option<Keyed>,
    /// Text on Data Center; a document on Cloud's newest version, which is not read.
    #[serde(default)]
    description: Option<Value>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Keyed {
    key: String,
}

#[derive(Deserialize)]
struct Hits {
    issues: Vec<Row>,
    #[serde(default)]
    total: usize,
}

impl Row {
    fn into_issue(self, property: Option<&str>) -> Issue {
        Issue {
            id: self.id,
            key: self.key,
            summary: self.fields.summary.unwrap_or_default(),
            status: self.fields.status.map(|status| status.name).unwrap_or_default(),
            labels: self.fields.labels.unwrap_or_default(),
            parent: self.fields.parent.map(|parent| parent.key),
            description: self.fields.description.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned(),
            property: property.and_then(|name| self.properties.get(name)).map(Value::to_string),
        }
    }
}

impl AtlassianJira {
    pub(super) fn read_issue(
        &self,
        access: &Access,
        key: &str,
        property: Option<&str>,
    ) -> Result<Option<Issue>, RemoteError> {
        let mut pairs = vec![("fields", FIELDS)];
        pairs.extend(property.map(|name| ("properties", name)));
        let path = format!("/rest/api/2/issue/{}{}", site::segment(key), site::query(&pairs));
        match site::read::<Row>(self.get(access, &path)) {
            Ok(row) => Ok(Some(row.into_issue(property))),
            Err(RemoteError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn search_label(&self, access: &Access, project: &str, label: &str) -> Result<Vec<Issue>, RemoteError> {
        let (project, label) = (site::quoted(project), site::quoted(label));
        let jql = format!("project = {project} AND labels = {label} ORDER BY created DESC, key DESC");
        let mut found: Vec<Issue> = Vec::new();
        while found.len() < MOST_HITS {
            let (start, size) = (found.len().to_string(), (MOST_HITS - found.len()).to_string());
            let query = site::query(&[("jql", &jql), ("startAt", &start), ("maxResults", &size), ("fields", FIELDS)]);
            let hits: Hits = site::read(self.get(access, &format!("/rest/api/2/search{query}")))?;
            if hits.issues.is_empty() {
                break;
            }
            found.extend(hits.issues.into_iter().map(|row| row.into_issue(None)));
            if found.len() >= hits.total {
                break;
            }
        }
        found.truncate(MOST_HITS);
        Ok(found)
    }

    pub(super) fn upsert_remote_link(
        &self,
        access: &Access,
        key: &str,
        global_id: &str,
        url: &str,
        title: &str,
    ) -> Result<(), RemoteError> {
        let body = json!({"globalId": global_id, "object": {"url": url, "title": title}}).to_string();
        let path = format!("/rest/api/2/issue/{}/remotelink", site::segment(key));
        // The global id makes a second call an update of the first.
        site::sent(self.request(access, Method::Post, &path).json(body).repeatable()).map(drop)
    }
}
