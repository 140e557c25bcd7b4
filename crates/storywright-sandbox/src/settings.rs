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
}

impl Default for Settings {
    fn default() -> Self {
        Self { create_properties: true, jira_requests_per_second: None, jira_page_size: None, marker_field: false }
    }
}
