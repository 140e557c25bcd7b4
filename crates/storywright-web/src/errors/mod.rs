//! Errors as people meet them: every failure of every use case gets its code, status and words here, by matches without `_`, so that
//! a new one does not compile until somebody has chosen its words. Pages and the JSON API render the same [`AppError`].

mod drafts;
mod issue_updates;
pub mod kinds;
mod people;
mod prompts;
mod publishing;
mod remote;
mod rule_sets;
mod sources;
mod story_pages;
#[cfg(test)]
mod tests;
mod tools;
mod trials;

pub use kinds::Kind;

use serde::Serialize;
use storywright_domain::Millis;
use storywright_domain::draft::Draft;
use storywright_domain::finding::Finding;
use storywright_domain::ports::{HashError, SealError, StorageError};
use storywright_domain::publishing::Plan;

/// What is wrong with one field of a form or of a JSON body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldProblem {
    /// Path of the field: `jira_pat`, `document.stories.0.summary`.
    #[schema(example = "requirements")]
    pub field: String,
    /// Stable code.
    #[schema(example = "requirements_empty")]
    pub code: &'static str,
    /// A sentence: what is wrong and what to do.
    #[schema(example = "There are no requirements: paste or type what is wanted.")]
    pub message: String,
}

impl FieldProblem {
    /// A problem whose text becomes a sentence.
    #[must_use]
    pub fn new(field: &str, code: &'static str, message: &str) -> Self {
        debug_assert!(kinds::is_field_code(code), "`{code}` is missing in the reference of errors");
        Self { field: field.to_owned(), code, message: sentence(message) }
    }
}

/// Data that lets the caller go on after an error.
#[derive(Debug, Clone, PartialEq)]
pub enum Extra {
    /// The draft as it is stored now.
    Current(Box<Draft>),
    /// The plan as it would be now.
    Plan(Box<Plan>),
    /// The findings that block.
    Findings(Vec<Finding>),
}

/// A failure in words for people. The source stays out of sight: it goes to the log.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}: {what}", kind.code)]
pub struct AppError {
    /// Code, status and title.
    pub kind: &'static Kind,
    /// What happened, as a sentence.
    pub what: String,
    /// What to do, as a sentence; may be empty.
    pub cure: String,
    /// What is wrong with which field.
    pub errors: Vec<FieldProblem>,
    /// Data that lets the caller go on.
    pub extra: Option<Box<Extra>>,
    /// When to try again.
    pub retry_after: Option<Millis>,
    /// For the log only.
    hidden: Option<Box<str>>,
}

impl AppError {
    /// An error with its words; both become sentences.
    #[must_use]
    pub fn new(kind: &'static Kind, what: &str, cure: &str) -> Self {
        Self {
            kind,
            what: sentence(what),
            cure: sentence(cure),
            errors: Vec::new(),
            extra: None,
            retry_after: None,
            hidden: None,
        }
    }

    /// Something that should not have happened: people see the request id, the log sees `source`.
    #[must_use]
    pub fn internal(source: impl std::fmt::Display) -> Self {
        Self::new(
            &kinds::INTERNAL,
            "Something went wrong on our side, and it was written down",
            "Try again; if it stays, give the request id to your administrator",
        )
        .with_hidden(&source.to_string())
    }

    /// The input cannot be used, for these reasons.
    #[must_use]
    pub fn invalid(errors: Vec<FieldProblem>) -> Self {
        let what = match errors.as_slice() {
            [only] => only.message.clone(),
            many => format!("{} fields need attention", many.len()),
        };
        let cure = if errors.len() == 1 { "" } else { "Change them and send it again" };
        Self { errors, ..Self::new(&kinds::INVALID_INPUT, &what, cure) }
    }

    /// One field cannot be used.
    #[must_use]
    pub fn field(field: &str, code: &'static str, message: &str) -> Self {
        Self::invalid(vec![FieldProblem::new(field, code, message)])
    }

    /// The same error as another kind: pages and the API sometimes answer differently to the same failure.
    #[must_use]
    pub fn of_kind(self, kind: &'static Kind) -> Self {
        Self { kind, ..self }
    }

    /// With data that lets the caller go on.
    #[must_use]
    pub fn with_extra(self, extra: Extra) -> Self {
        Self { extra: Some(Box::new(extra)), ..self }
    }

    /// The same error with a field under the name that the caller knows it by.
    #[must_use]
    pub fn rename_field(mut self, from: &str, to: &str) -> Self {
        for problem in self.errors.iter_mut().filter(|problem| problem.field == from) {
            problem.field = to.to_owned();
        }
        self
    }

    /// With what is wrong with which field.
    #[must_use]
    pub fn with_errors(self, errors: Vec<FieldProblem>) -> Self {
        Self { errors, ..self }
    }

    /// With the time after which it may work.
    #[must_use]
    pub fn with_retry_after(self, span: Millis) -> Self {
        Self { retry_after: Some(span), ..self }
    }

    /// With what only the log may see.
    #[must_use]
    pub fn with_hidden(self, source: &str) -> Self {
        Self { hidden: Some(source.into()), ..self }
    }

    /// HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.kind.status
    }

    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.code
    }

    /// What happened and what to do, in one text.
    #[must_use]
    pub fn detail(&self) -> String {
        if self.cure.is_empty() { self.what.clone() } else { format!("{} {}", self.what, self.cure) }
    }

    /// `Retry-After` in whole seconds, at least one.
    #[must_use]
    pub fn retry_after_seconds(&self) -> Option<i64> {
        self.retry_after.map(|span| ((span.0 + 999) / 1_000).max(1))
    }

    /// Writes it down once, where it is answered. Faults of ours are errors; what people can mend themselves is not logged here.
    pub fn log(&self, request_id: &str, route: &str) {
        if self.kind.status < 500 && self.hidden.is_none() {
            return;
        }
        let source = self.hidden.as_deref().unwrap_or(&self.what);
        if self.kind.status == 500 {
            log::error!(request_id, route, code = self.kind.code, source; "request failed");
        } else {
            log::warn!(request_id, route, code = self.kind.code, source; "request failed");
        }
    }
}

/// The first letter large, a full stop at the end; empty stays empty.
#[must_use]
pub fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return String::new() };
    let mut sentence: String = first.to_uppercase().collect();
    sentence.push_str(chars.as_str());
    if !sentence.ends_with(['.', '!', '?', '…']) {
        sentence.push('.');
    }
    sentence
}

impl From<StorageError> for AppError {
    fn from(error: StorageError) -> Self {
        match &error {
            StorageError::Unavailable(_) => Self::new(
                &kinds::DATABASE_UNAVAILABLE,
                "The database does not answer at the moment; nothing was changed",
                "Try again in a moment",
            )
            .with_retry_after(Millis::seconds(5))
            .with_hidden(&error.to_string()),
            StorageError::Corrupt { .. } => Self::internal(error),
        }
    }
}

impl From<HashError> for AppError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::new(
                &kinds::BUSY,
                "Many people are signing in at this moment",
                "Wait a few seconds, then try again",
            )
            .with_retry_after(Millis::seconds(3)),
            HashError::Corrupt => Self::internal(error),
        }
    }
}

impl From<SealError> for AppError {
    fn from(error: SealError) -> Self {
        Self::new(
            &kinds::SECRET_STORE,
            "The secret could not be encrypted, so it was not kept",
            "Ask your administrator to look at the encryption keys",
        )
        .with_hidden(&error.to_string())
    }
}
