//! Whether the tool that is to create issues can: checked at start.

use super::{SettingError, Settings, error};
use storywright_domain::remote::{Site, SiteKind};

impl Settings {
    /// A way of creation that cannot work is better known at start than when issues are approved.
    pub(super) fn check_publish_through(&self, site: &Site) -> Result<(), SettingError> {
        const NAMES: [&str; 4] = ["project", "summary", "issue_type", "issue_type_id"];
        let Some(mapping) = &site.publish_through else { return Ok(()) };
        let wrong = |problem: String, cure: &str| {
            Err(error(&format!("sites ({}).publish_through", site.id), problem, cure.to_owned()))
        };
        if site.kind != SiteKind::Jira {
            return wrong("is for Jira sites".to_owned(), "remove it");
        }
        if !self.mcp_servers.iter().any(|server| server.id == mapping.server) {
            return wrong(format!("no MCP server has the id `{}`", mapping.server), "name one of `mcp_servers`");
        }
        let names = mapping.arguments.values().flat_map(|text| text.split("{{").skip(1));
        let unknown = names.map(|rest| rest.split("}}").next().unwrap_or(rest)).find(|name| !NAMES.contains(name));
        if let Some(name) = unknown {
            return wrong(
                format!("`{{{{{name}}}}}` is no value of an issue"),
                "use project, summary, issue_type, issue_type_id",
            );
        }
        if !mapping.arguments.values().any(|text| text.contains("{{summary}}")) {
            return wrong("no argument takes `{{summary}}`".to_owned(), "give the summary to the tool's argument");
        }
        Ok(())
    }
}
