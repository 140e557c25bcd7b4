//! MCP servers: the port [`ToolServer`].

use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::{ToolAccess, ToolError, ToolServer};
use storywright_domain::tool::{ToolCall, ToolList, ToolResult};

/// An installation whose list of MCP servers is empty: nothing may be called.
pub struct NoServers;

impl NoServers {
    fn refusal(access: &ToolAccess) -> ToolError {
        ToolError::NotAllowed { detail: format!("the MCP server `{}` is not listed", access.server.id) }
    }
}

impl ToolServer for NoServers {
    fn list_tools(&self, access: &ToolAccess, _: &Cancellation) -> Result<ToolList, ToolError> {
        Err(Self::refusal(access))
    }

    fn call_tool(&self, access: &ToolAccess, _: &ToolCall, _: &Cancellation) -> Result<ToolResult, ToolError> {
        Err(Self::refusal(access))
    }
}
