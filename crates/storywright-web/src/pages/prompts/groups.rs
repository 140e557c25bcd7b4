//! The prompts that a form offers, by kind.

use crate::errors::AppError;
use crate::pages::desk::Desk;
use crate::view::Choice;
use serde::Serialize;
use storywright_application::prompts::list_prompts;
use storywright_domain::prompt::PromptScope;

/// Prompts of one kind.
#[derive(Serialize)]
pub(in crate::pages) struct PromptGroup {
    label: &'static str,
    prompts: Vec<Choice>,
}

/// Prompts that the person may use, by kind.
pub(in crate::pages) fn prompt_groups(desk: &Desk<'_>) -> Result<Vec<PromptGroup>, AppError> {
    let kinds = [
        (PromptScope::Mine, "Yours"),
        (PromptScope::Team, "Shared by colleagues"),
        (PromptScope::System, "For everybody"),
    ];
    let mut groups = Vec::new();
    for (scope, label) in kinds {
        let found = list_prompts(desk.ports, &desk.who.actor, scope, None)?.items;
        let prompts: Vec<Choice> =
            found.iter().map(|prompt| Choice::new(&prompt.id.to_string(), &prompt.name)).collect();
        if !prompts.is_empty() {
            groups.push(PromptGroup { label, prompts });
        }
    }
    Ok(groups)
}
