//! Words for what can be wrong with tools and decisions about them.

use super::{AppError, kinds};
use storywright_application::tools::{ApproveError, RefreshError};

impl AppError {
    /// The person is no administrator.
    #[must_use]
    pub fn administrators_only() -> Self {
        Self::new(&kinds::FORBIDDEN, "Only administrators decide this, because it is for everybody", "Ask one of them")
    }

    /// No such MCP server is listed.
    #[must_use]
    pub fn tool_server_not_found() -> Self {
        Self::new(
            &kinds::TOOL_SERVER_NOT_FOUND,
            "No MCP server with this id is on the administrator's list",
            "Look at the list of tools again",
        )
    }

    /// The server offers the person no such tool.
    #[must_use]
    pub fn tool_not_found() -> Self {
        Self::new(
            &kinds::TOOL_NOT_FOUND,
            "The server does not offer you a tool of this name",
            "Refresh the list of its tools, then look again",
        )
    }

    /// There is no approval of such a tool.
    #[must_use]
    pub fn tool_not_approved() -> Self {
        Self::new(
            &kinds::TOOL_NOT_APPROVED,
            "Nobody has approved a tool of this name",
            "Look at the list of tools again",
        )
    }
}

impl From<RefreshError> for AppError {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::NotListed(_) => Self::tool_server_not_found(),
            RefreshError::Access(error) => error.into(),
        }
    }
}

impl From<ApproveError> for AppError {
    fn from(error: ApproveError) -> Self {
        let words = error.to_string();
        match error {
            ApproveError::NotListed(_) => Self::tool_server_not_found(),
            ApproveError::NotFound => Self::tool_not_found(),
            ApproveError::Changed => Self::new(
                &kinds::TOOL_CHANGED,
                "The definition is not the one that you looked at",
                "Look at it again, and approve it by its present hash",
            ),
            ApproveError::Refused(_) => {
                Self::new(&kinds::TOOL_REFUSED, &words, "Ask whoever runs the server to mend the definition")
            }
            ApproveError::Claims(_) => Self::field("class", "class_too_low", &words),
            ApproveError::BadWords => Self::field("words", "tool_words_invalid", &words),
            ApproveError::Access(error) => error.into(),
        }
    }
}
