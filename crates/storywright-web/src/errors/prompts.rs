//! Words for failures around prompts.

use super::{AppError, FieldProblem, kinds};
use storywright_application::prompts::PromptError;

impl From<PromptError> for AppError {
    fn from(error: PromptError) -> Self {
        match error {
            PromptError::NotFound => Self::new(
                &kinds::PROMPT_NOT_FOUND,
                "There is no such prompt",
                "It may have been removed, or is no longer shared: choose one from the list",
            ),
            PromptError::NoSuchVersion(number) => Self::new(
                &kinds::VERSION_NOT_FOUND,
                &format!("The prompt has no version {number}"),
                "Choose one from the list of its versions",
            ),
            PromptError::NotYours => {
                Self::new(&kinds::PROMPT_NOT_YOURS, "The prompt is not yours", "Make a copy and change that")
            }
            PromptError::Configured => Self::new(
                &kinds::PROMPT_CONFIGURED,
                "The prompt comes from prompts.json",
                "Take it out of that file first, then remove it here",
            ),
            PromptError::Conflict(current) => Self::new(
                &kinds::PROMPT_CONFLICT,
                &format!("The prompt was saved elsewhere and is now version {}", current.version),
                "Nothing was overwritten: look at what is stored, then save again",
            ),
            PromptError::TooMany => {
                Self::new(&kinds::TOO_MANY_PROMPTS, &error.to_string(), "Remove one that you do not need")
            }
            PromptError::Invalid(problems) => Self::invalid(
                problems
                    .iter()
                    .map(|problem| FieldProblem::new(&problem.field(), "prompt_invalid", &problem.to_string()))
                    .collect(),
            ),
            PromptError::NoteTooLong => Self::field("note", "prompt_invalid", &error.to_string()),
            PromptError::Storage(error) => error.into(),
        }
    }
}
