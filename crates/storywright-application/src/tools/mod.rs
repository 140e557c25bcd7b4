//! Tools of MCP servers: which of them a person's agent may use, their lists, their calls, and what administrators decide.
//!
//! A tool is offered to the model when an administrator approved the very definition that the server gives this person now, for reading.
//! Everything that a server says of itself stays on the pages; the model sees the administrator's words and the names and types of the
//! arguments.

mod access;
mod approve;
mod call;
mod hints;
mod known;
mod offered;
mod refresh;
mod schema;
mod scope;
mod suggested;
mod view;

pub use access::access;
pub use approve::{ApproveError, NewApproval, approve_suggested, approve_tool, revoke_tool};
pub(crate) use call::open_writer;
pub use call::{CallRefused, call};
pub use hints::{MAX_HINT_TOKENS, hints, tokens};
pub use offered::{OfferedTool, offered};
pub use refresh::{RefreshError, fetch_missing_lists, refresh_due_lists, run_refresh, start_refresh};
pub use suggested::{Suggestion, suggestion};
pub use view::{ServerView, ToolState, ToolView, tool_server, tool_servers, tool_servers_of};
