//! With what the present version of a draft was written, as its page shows it.

use crate::errors::AppError;
use crate::pages::desk::Desk;
use crate::view::{PromptFrom, Time};
use serde::Serialize;
use storywright_application::agent::written_with;
use storywright_domain::DraftId;

/// Digits of a fingerprint that tell instructions apart at a glance; all of them stand in its title.
const SHORT: usize = 12;

#[derive(Serialize)]
pub(super) struct ShownWritten {
    /// Number of the version that the model wrote.
    version: u32,
    prompt_from: Option<PromptFrom>,
    /// Name of the system instructions.
    system: String,
    fingerprint: String,
    short: String,
    model: String,
    service: String,
    at: Time,
}

/// The prompt of the draft's own words, and with what its present version was written.
pub(super) fn written(desk: &Desk<'_>, draft: DraftId) -> Result<(Option<PromptFrom>, Option<ShownWritten>), AppError> {
    let Some(found) = written_with(desk.ports, &desk.who.actor, draft)? else { return Ok((None, None)) };
    let prompt_from = found.prompt_from.as_ref().map(|from| PromptFrom::of(from, found.prompt_visible));
    let written = found.made.map(|made| ShownWritten {
        version: made.version,
        prompt_from: made.prompt_from.as_ref().map(|from| PromptFrom::of(from, found.made_visible)),
        system: made.prompt,
        short: made.prompt_sha256.chars().take(SHORT).collect(),
        fingerprint: made.prompt_sha256,
        model: made.model,
        service: made.service,
        at: desk.time(made.at),
    });
    Ok((prompt_from, written))
}
