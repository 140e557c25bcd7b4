//! Jira's error bodies: `{"errorMessages": [...], "errors": {field: text}}`.

use std::fmt;

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use serde_json::{Map, Value, json};

/// A refusal in Jira's shape.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JiraError {
    pub(crate) status: u16,
    pub(crate) messages: Vec<String>,
    pub(crate) errors: Map<String, Value>,
}

impl JiraError {
    /// A general message.
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, messages: vec![message.into()], errors: Map::new() }
    }

    /// 400 with one field's message.
    pub(crate) fn field(field: &str, message: impl Into<String>) -> Self {
        let mut error = Self { status: 400, messages: Vec::new(), errors: Map::new() };
        error.add(field, message);
        error
    }

    /// 400 without a message yet, to collect field errors in.
    pub(crate) fn collect() -> Self {
        Self { status: 400, messages: Vec::new(), errors: Map::new() }
    }

    /// Adds a field's message; the first one of a field stays.
    pub(crate) fn add(&mut self, field: &str, message: impl Into<String>) {
        self.errors.entry(field.to_owned()).or_insert_with(|| Value::String(message.into()));
    }

    /// `Ok` when nothing was collected.
    pub(crate) fn into_result(self) -> Result<(), Self> {
        if self.messages.is_empty() && self.errors.is_empty() { Ok(()) } else { Err(self) }
    }

    /// Nobody is signed in and the endpoint wants somebody.
    pub(crate) fn unauthenticated() -> Self {
        Self::new(401, "You are not authenticated. Authentication required to perform this operation.")
    }

    /// The issue is not there, or is not for these eyes.
    pub(crate) fn no_issue() -> Self {
        Self::new(404, "Issue Does Not Exist")
    }

    /// The body as Jira writes it.
    pub(crate) fn body(&self) -> Value {
        json!({"errorMessages": self.messages, "errors": self.errors})
    }
}

impl fmt::Display for JiraError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.body())
    }
}

impl std::error::Error for JiraError {}

impl ResponseError for JiraError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut builder = HttpResponse::build(self.status_code());
        if self.status == 401 {
            builder.insert_header(("WWW-Authenticate", "OAuth realm=\"jira\""));
        }
        builder.insert_header(("Content-Type", "application/json;charset=UTF-8")).json(self.body())
    }
}
