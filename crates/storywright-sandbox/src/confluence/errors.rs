//! Errors in Confluence's shape.

use std::fmt;

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use serde_json::json;

/// A refused request.
#[derive(Debug)]
pub(super) struct Refused {
    status: StatusCode,
    message: String,
}

impl Refused {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// Malformed or impossible: 400.
    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// Not permitted: 403.
    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// Nobody may use Confluence without signing in.
    pub(super) fn anonymous() -> Self {
        Self::forbidden(
            "com.atlassian.confluence.api.service.exceptions.PermissionException: Current user not permitted to use Confluence",
        )
    }

    /// Missing, or not to be seen: 404.
    pub(super) fn missing(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// No such content, or not to be seen.
    pub(super) fn no_content(id: impl fmt::Display) -> Self {
        Self::missing(format!("No content found with id: ContentId{{id={id}}}"))
    }

    /// Somebody else was faster: 409.
    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let authorized = self.status != StatusCode::FORBIDDEN && self.status != StatusCode::NOT_FOUND;
        HttpResponse::build(self.status).json(json!({
            "statusCode": self.status.as_u16(),
            "data": {"authorized": authorized, "valid": self.status != StatusCode::BAD_REQUEST, "allowedInReadOnlyMode": true, "errors": [], "successful": false},
            "message": self.message,
            "reason": self.status.canonical_reason().unwrap_or_default(),
        }))
    }
}
