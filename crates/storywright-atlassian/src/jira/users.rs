//! Who the credential belongs to, and what runs there.

use super::{ACCOUNT, AtlassianJira};
use crate::site;
use serde::Deserialize;
use std::collections::BTreeMap;
use storywright_domain::jira::{PickedUser, ServerInfo};
use storywright_domain::person::JiraUser;
use storywright_domain::remote::{Access, RemoteError};

/// `GET /rest/api/2/myself`. Data Center has `key` and `name`, Cloud `accountId`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Myself {
    key: Option<String>,
    name: Option<String>,
    account_id: Option<String>,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    email_address: Option<String>,
    /// Absent means that the site is too old to tell: such accounts could not have signed in when inactive.
    #[serde(default = "yes")]
    active: bool,
    #[serde(default)]
    deleted: bool,
    #[serde(default)]
    avatar_urls: BTreeMap<String, String>,
}

fn yes() -> bool {
    true
}

/// A person of a list to pick from.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserRow {
    name: Option<String>,
    account_id: Option<String>,
    #[serde(default)]
    display_name: String,
    #[serde(default = "yes")]
    active: bool,
}

impl UserRow {
    fn into_picked(self) -> Option<PickedUser> {
        let name = match (self.account_id, self.name) {
            (Some(id), _) => format!("{ACCOUNT}{id}"),
            (None, Some(name)) => name,
            (None, None) => return None,
        };
        let display_name = if self.display_name.is_empty() { name.clone() } else { self.display_name };
        Some(PickedUser { name, display_name, active: self.active })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Info {
    #[serde(default)]
    deployment_type: Option<String>,
    version: String,
    #[serde(default)]
    base_url: String,
    #[serde(default)]
    server_title: String,
}

impl AtlassianJira {
    pub(super) fn myself(&self, access: &Access) -> Result<JiraUser, RemoteError> {
        let myself: Myself = site::read(self.get(access, "/rest/api/2/myself"))?;
        let missing = || RemoteError::Malformed { detail: "the answer names no user".to_owned() };
        let key = myself.key.or_else(|| myself.account_id.clone()).filter(|key| !key.is_empty()).ok_or_else(missing)?;
        let name = myself.name.or(myself.account_id).filter(|name| !name.is_empty()).ok_or_else(missing)?;
        Ok(JiraUser {
            key,
            display_name: if myself.display_name.is_empty() { name.clone() } else { myself.display_name },
            name,
            email: myself.email_address.unwrap_or_default(),
            active: myself.active,
            deleted: myself.deleted,
            avatar_url: myself.avatar_urls.get("48x48").cloned(),
        })
    }

    pub(super) fn read_server_info(&self, access: &Access) -> Result<ServerInfo, RemoteError> {
        let info: Info = site::read(self.get(access, "/rest/api/2/serverInfo"))?;
        Ok(ServerInfo {
            deployment: info.deployment_type.unwrap_or_else(|| "Server".to_owned()),
            version: info.version,
            base_url: info.base_url,
            title: info.server_title,
        })
    }

    /// Whether accounts, epics and searches go Cloud's way. Asked once for each site.
    pub(super) fn is_cloud(&self, access: &Access) -> Result<bool, RemoteError> {
        if let Some(known) = self.site_facts(access, |facts| facts.is_cloud) {
            return Ok(known);
        }
        let is_cloud = self.read_server_info(access)?.deployment.eq_ignore_ascii_case("cloud");
        self.site_facts(access, |facts| facts.is_cloud = Some(is_cloud));
        Ok(is_cloud)
    }

    pub(super) fn find_users(
        &self,
        access: &Access,
        project: &str,
        query: &str,
    ) -> Result<Vec<PickedUser>, RemoteError> {
        let word = if self.is_cloud(access)? { "query" } else { "username" };
        let pairs = [("project", project), (word, query.trim()), ("maxResults", "20")];
        let path = format!("/rest/api/2/user/assignable/search{}", site::query(&pairs));
        let rows: Vec<UserRow> = site::read(self.get(access, &path))?;
        Ok(rows.into_iter().filter_map(UserRow::into_picked).take(20).collect())
    }
}
