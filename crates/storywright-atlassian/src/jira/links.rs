//! Links: to web pages, between issues, into epics.

use super::AtlassianJira;
use crate::site;
use serde::Deserialize;
use serde_json::json;
use storywright_domain::jira::{IssueLink, LinkType, NewLink};
use storywright_domain::remote::{Access, RemoteError};
use storywright_http::Method;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Types {
    issue_link_types: Vec<TypeRow>,
}

#[derive(Deserialize)]
struct TypeRow {
    id: String,
    name: String,
    #[serde(default)]
    outward: String,
    #[serde(default)]
    inward: String,
}

#[derive(Deserialize)]
struct Linked {
    #[serde(default)]
    fields: LinkFields,
}

#[derive(Deserialize, Default)]
struct LinkFields {
    #[serde(default)]
    issuelinks: Vec<LinkRow>,
}

/// A link as an issue shows it: the other end is outward when this issue stands on the left of "blocks".
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LinkRow {
    #[serde(rename = "type")]
    link_type: TypeRow,
    outward_issue: Option<Other>,
    inward_issue: Option<Other>,
}

#[derive(Deserialize)]
struct Other {
    id: String,
    key: String,
}

impl LinkRow {
    fn into_link(self) -> Option<IssueLink> {
        let (outward, other) = match (self.outward_issue, self.inward_issue) {
            (Some(other), _) => (true, other),
            (None, Some(other)) => (false, other),
            (None, None) => return None,
        };
        Some(IssueLink { link_type: self.link_type.name, outward, other_key: other.key, other_id: other.id })
    }
}

impl AtlassianJira {
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

    pub(super) fn read_link_types(&self, access: &Access) -> Result<Vec<LinkType>, RemoteError> {
        let named = |row: TypeRow| LinkType { id: row.id, name: row.name, outward: row.outward, inward: row.inward };
        match site::read::<Types>(self.get(access, "/rest/api/2/issueLinkType")) {
            Ok(types) => Ok(types.issue_link_types.into_iter().map(named).collect()),
            // What a site with links switched off says.
            Err(RemoteError::NotFound) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    pub(super) fn read_links(&self, access: &Access, key: &str) -> Result<Vec<IssueLink>, RemoteError> {
        let path = format!("/rest/api/2/issue/{}{}", site::segment(key), site::query(&[("fields", "issuelinks")]));
        let linked: Linked = site::read(self.get(access, &path))?;
        Ok(linked.fields.issuelinks.into_iter().filter_map(LinkRow::into_link).collect())
    }

    /// The issue that a link goes out from is the one that the call names inward: "inward A, outward B" reads "A blocks B".
    pub(super) fn post_link(&self, access: &Access, link: &NewLink) -> Result<(), RemoteError> {
        let body = json!({
            "type": {"name": link.link_type},
            "inwardIssue": {"key": link.from},
            "outwardIssue": {"key": link.to},
        });
        site::sent(self.request(access, Method::Post, "/rest/api/2/issueLink").json(body.to_string())).map(drop)
    }

    pub(super) fn move_into_epic(&self, access: &Access, epic: &str, key: &str) -> Result<(), RemoteError> {
        let request = if self.is_cloud(access)? {
            let path = format!("/rest/api/2/issue/{}", site::segment(key));
            let body = json!({"fields": {"parent": {"key": epic}}}).to_string();
            self.request(access, Method::Put, &path).json(body)
        } else {
            let path = format!("/rest/agile/1.0/epic/{}/issue", site::segment(epic));
            // What is in the epic already stays there.
            self.request(access, Method::Post, &path).json(json!({"issues": [key]}).to_string()).repeatable()
        };
        site::sent(request).map(drop)
    }
}
