//! Switches for what real sites do differently.

use serde::{Deserialize, Serialize};

/// How this company's sites are set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Jira keeps `properties` of a create body; false drops them silently.
    pub create_properties: bool,
    /// Jira's rate limit per person; `None` for no limit and no headers about one.
    pub jira_requests_per_second: Option<u32>,
    /// Most rows of one page of Jira's lists and searches; `None` for the site's own limits.
    pub jira_page_size: Option<usize>,
    /// The administrator has put a text field for marks on every screen.
    pub marker_field: bool,
    /// Protocols that the MCP servers speak.
    pub mcp_protocols: McpProtocols,
    /// Tools on one page of an MCP server's list; `None` for all at once.
    pub mcp_page_size: Option<usize>,
    /// For how long an MCP server calls its list fresh, in milliseconds.
    pub mcp_ttl_ms: u64,
}

/// Which of the two MCP protocols a server speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum McpProtocols {
    /// Both, as long as old clients are about.
    #[default]
    Both,
    /// Only the modern one: every request stands for itself, `server/discover`.
    Modern,
    /// Only the old one: a session that `initialize` opens.
    Old,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            create_properties: true,
            jira_requests_per_second: None,
            jira_page_size: None,
            marker_field: false,
            mcp_protocols: McpProtocols::Both,
            mcp_page_size: None,
            mcp_ttl_ms: 300_000,
        }
    }
}
