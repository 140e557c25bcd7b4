//! Prompts that the configuration offers to everybody.

use super::{MAX_DESCRIPTION_CHARS, MAX_NAME_CHARS, PromptBody, PromptProblem, PromptVariable};

/// A prompt without a place of its own yet: what a person types, or a configuration says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptWords {
    /// Name in lists.
    pub name: String,
    /// What it is good for; may be empty.
    pub description: String,
    /// Text and variables.
    pub body: PromptBody,
}

impl PromptWords {
    /// Takes the parts of a prompt.
    ///
    /// # Errors
    /// Every [`PromptProblem`] at once.
    pub fn parse(
        name: &str,
        description: &str,
        text: &str,
        variables: &[PromptVariable],
    ) -> Result<Self, Vec<PromptProblem>> {
        let (name, description) = (name.trim(), description.trim());
        let mut problems = Vec::new();
        if name.is_empty() || name.chars().count() > MAX_NAME_CHARS || name.chars().any(char::is_control) {
            problems.push(PromptProblem::BadName);
        }
        if description.chars().count() > MAX_DESCRIPTION_CHARS {
            problems.push(PromptProblem::DescriptionTooLong);
        }
        match PromptBody::parse(text, variables) {
            Ok(body) if problems.is_empty() => {
                Ok(Self { name: name.to_owned(), description: description.to_owned(), body })
            }
            Ok(_) => Err(problems),
            Err(more) => {
                problems.extend(more);
                Err(problems)
            }
        }
    }
}
