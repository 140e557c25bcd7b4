//! From a saved connection to something an adapter can use: opens the seal, checks that the site is still listed.

use crate::Ports;
use storywright_domain::integration::{Integration, IntegrationKind};
use storywright_domain::person::Actor;
use storywright_domain::ports::{ChatAccess, Place, StorageError, StorageExt};
use storywright_domain::remote::{Access, Site, SiteKind, TlsTrust};
use storywright_domain::{RequestId, Secret, UserId};

/// Why a connection cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// It was never set up.
    #[error("{} is not connected", .0.as_str())]
    NotConnected(IntegrationKind),
    /// It was set up but its last test failed, or it was never tested.
    #[error("{} is not tested", .0.as_str())]
    NotTested(IntegrationKind),
    /// The stored credential cannot be opened; it must be entered again.
    #[error("the stored credential of {} cannot be opened", .0.as_str())]
    Unreadable(IntegrationKind),
    /// Its site is no longer on the administrator's list.
    #[error("the site of {} is no longer on the administrator's list", .0.as_str())]
    Unlisted(IntegrationKind),
    /// The database is in trouble.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The place of a connection's credential at rest.
#[must_use]
pub fn place(user: UserId, kind: IntegrationKind) -> Place {
    let (table, column) = match kind {
        IntegrationKind::Jira => ("users", "encrypted_jira_pat"),
        IntegrationKind::Confluence => ("confluence_configs", "encrypted_credential"),
        IntegrationKind::Llm => ("llm_configs", "encrypted_credential"),
    };
    Place { table, column, owner: user.to_string(), row: user.to_string() }
}

/// The listed site of a kind with this id.
#[must_use]
pub fn listed_site<'a>(ports: &'a Ports, kind: SiteKind, id: &str) -> Option<&'a Site> {
    ports.settings.site(id).filter(|site| site.kind == kind)
}

/// Access to a site with a credential that is not stored yet.
#[must_use]
pub fn access_with(user: UserId, site: &Site, credential: Secret, tls: TlsTrust, request_id: &RequestId) -> Access {
    Access { user, site: site.clone(), credential, tls, request_id: request_id.clone() }
}

/// Opens a saved connection to a site, whatever its last test said.
///
/// # Errors
/// [`AccessError`].
pub fn open_site(ports: &Ports, integration: &Integration, request_id: &RequestId) -> Result<Access, AccessError> {
    let site_kind = match integration.kind {
        IntegrationKind::Jira => Some(SiteKind::Jira),
        IntegrationKind::Confluence => Some(SiteKind::Confluence),
        // Its place is a service of the LLM's configuration: see `open_chat`.
        IntegrationKind::Llm => None,
    };
    let site = site_kind
        .and_then(|kind| listed_site(ports, kind, &integration.target))
        .ok_or(AccessError::Unlisted(integration.kind))?;
    let credential = open_credential(ports, integration)?;
    Ok(access_with(integration.user, site, credential, integration.tls.clone(), request_id))
}

/// Opens a saved connection to the LLM, whatever its last test said.
///
/// # Errors
/// [`AccessError`].
pub fn open_chat(ports: &Ports, integration: &Integration, request_id: &RequestId) -> Result<ChatAccess, AccessError> {
    if !ports.chat.services().contains(&integration.target) {
        return Err(AccessError::Unlisted(integration.kind));
    }
    let credential = open_credential(ports, integration)?;
    Ok(ChatAccess {
        user: integration.user,
        service: integration.target.clone(),
        credential,
        request_id: request_id.clone(),
    })
}

fn open_credential(ports: &Ports, integration: &Integration) -> Result<Secret, AccessError> {
    ports.sealer.open(&place(integration.user, integration.kind), &integration.sealed_credential).map_err(|error| {
        log::error!(user_id = integration.user.to_string().as_str(), integration = integration.kind.as_str(), error = error.detail.as_str(); "stored credential cannot be opened");
        AccessError::Unreadable(integration.kind)
    })
}

/// The person's tested Jira connection.
///
/// # Errors
/// [`AccessError`].
pub fn jira(ports: &Ports, actor: &Actor) -> Result<Access, AccessError> {
    open_site(ports, &tested(ports, actor.user(), IntegrationKind::Jira)?, actor.request_id())
}

/// The person's tested connection to Confluence.
///
/// # Errors
/// [`AccessError`].
pub fn confluence(ports: &Ports, user: UserId, request_id: &RequestId) -> Result<Access, AccessError> {
    open_site(ports, &tested(ports, user, IntegrationKind::Confluence)?, request_id)
}

/// The person's tested connection to the LLM.
///
/// # Errors
/// [`AccessError`].
pub fn chat(ports: &Ports, user: UserId, request_id: &RequestId) -> Result<ChatAccess, AccessError> {
    open_chat(ports, &tested(ports, user, IntegrationKind::Llm)?, request_id)
}

/// A saved connection whose last test went well.
///
/// # Errors
/// [`AccessError`].
pub fn tested(ports: &Ports, user: UserId, kind: IntegrationKind) -> Result<Integration, AccessError> {
    let integration = ports.storage.read(|tx| tx.integration(user, kind))?.ok_or(AccessError::NotConnected(kind))?;
    if integration.health.is_ok() { Ok(integration) } else { Err(AccessError::NotTested(kind)) }
}
