//! Issues as they are read.

use super::AtlassianJira;
use crate::site;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use storywright_domain::jira::Issue;
use storywright_domain::remote::{Access, RemoteError};

/// The fields that are read back.
pub(super) const FIELDS: &str = "summary,status,labels,parent,description";

#[derive(Deserialize)]
pub(super) struct Row {
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

impl Row {
    pub(super) fn into_issue(self, property: Option<&str>) -> Issue {
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
}
