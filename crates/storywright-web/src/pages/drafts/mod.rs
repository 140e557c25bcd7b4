//! Drafts: the list, a new one, and the workspace with all that can be done there.

pub mod change;
pub mod compare;
pub mod coverage;
pub mod edit;
pub mod fields;
pub mod from_issue;
pub mod judgements;
pub mod list;
pub mod new;
pub mod plan;
mod shown;
mod shown_findings;
pub mod similar;
pub mod sources;
pub mod uploads;
pub mod waive;
pub mod workspace;
pub mod writing;
mod written;

use super::desk::part;
use crate::errors::{AppError, kinds};
use actix_web::HttpRequest;
use storywright_domain::DraftId;

/// The draft that an address names; every other text names none.
pub fn draft_id(req: &HttpRequest) -> Result<DraftId, AppError> {
    DraftId::parse(&part(req, "id")).map_err(|_| draft_not_found())
}

/// There is no such draft, or none that this person may see.
#[must_use]
pub fn draft_not_found() -> AppError {
    AppError::new(
        &kinds::DRAFT_NOT_FOUND,
        "There is no such draft among yours",
        "It may be in the bin, or the address may be incomplete: look in the list of drafts",
    )
}
