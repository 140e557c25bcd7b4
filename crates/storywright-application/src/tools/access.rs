//! From a listed MCP server to something that the port can use: the person's credentials by the names that the server's headers ask for.

use crate::Ports;
use crate::access::{AccessError, open_site, tested};
use storywright_domain::integration::IntegrationKind;
use storywright_domain::ports::ToolAccess;
use storywright_domain::remote::TlsTrust;
use storywright_domain::tool::{McpServer, ToolPurpose};
use storywright_domain::{RequestId, UserId};

/// The connections whose credentials a server's headers ask for; those of its purpose as well, because without one its tools have nothing
/// to read.
pub(super) fn connections(server: &McpServer) -> Vec<IntegrationKind> {
    let asks = |name: &str| server.headers.values().any(|template| placeholders(template).any(|found| found == name));
    let jira = asks("jira_pat") || asks("jira_url") || server.purpose == ToolPurpose::Jira;
    let confluence = asks("confluence_pat") || asks("confluence_url") || server.purpose == ToolPurpose::Confluence;
    let kinds = [(jira, IntegrationKind::Jira), (confluence, IntegrationKind::Confluence)];
    kinds.into_iter().filter(|(asked, _)| *asked).map(|(_, kind)| kind).collect()
}

/// The names between double braces.
fn placeholders(template: &str) -> impl Iterator<Item = &str> {
    template.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(name, _)| name.trim())
}

/// Access of a person to a listed MCP server: of the connections that were tested, what the server's headers ask for and nothing else.
///
/// # Errors
/// [`AccessError`], naming the connection that is missing.
pub fn access(
    ports: &Ports,
    user: UserId,
    server: &McpServer,
    request_id: &RequestId,
) -> Result<ToolAccess, AccessError> {
    let (mut secrets, mut values) = (Vec::new(), Vec::new());
    let asks = |name: &str| server.headers.values().any(|template| placeholders(template).any(|found| found == name));
    for kind in connections(server) {
        let site = open_site(ports, &tested(ports, user, kind)?, request_id)?;
        let (pat, url) = match kind {
            IntegrationKind::Jira => ("jira_pat", "jira_url"),
            IntegrationKind::Confluence => ("confluence_pat", "confluence_url"),
            IntegrationKind::Llm => continue,
        };
        if asks(pat) {
            secrets.push((pat, site.credential));
        }
        if asks(url) {
            values.push((url, site.site.base_url));
        }
    }
    let request_id = request_id.clone();
    Ok(ToolAccess { user, server: server.clone(), secrets, values, tls: TlsTrust::default(), request_id })
}

/// Names everything that the server is shown, so that a list is never served to another credential, address or person.
pub(super) fn digest(ports: &Ports, access: &ToolAccess) -> String {
    let mut text = format!("{}\n{}\n{}\n", access.user, access.server.id, access.server.url);
    for (name, template) in &access.server.headers {
        text.push_str(&format!("{name}: {template}\n"));
    }
    for (name, value) in &access.values {
        text.push_str(&format!("{name}={value}\n"));
    }
    for (name, secret) in &access.secrets {
        text.push_str(&format!("{name}={}\n", secret.reveal()));
    }
    ports.sha256.hex(text.as_bytes())
}
