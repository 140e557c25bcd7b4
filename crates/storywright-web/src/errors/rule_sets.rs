//! Words for failures around rule sets.

use super::{AppError, FieldProblem, kinds};
use storywright_application::rule_sets::RuleSetError;

impl From<RuleSetError> for AppError {
    fn from(error: RuleSetError) -> Self {
        match error {
            RuleSetError::NotFound => Self::new(
                &kinds::RULE_SET_NOT_FOUND,
                "There is no such rule set",
                "It may have been removed: choose one from the list of rule sets",
            ),
            RuleSetError::NoSuchVersion(number) => Self::new(
                &kinds::VERSION_NOT_FOUND,
                &format!("The rule set has no version {number}"),
                "Choose one from the list of its versions",
            ),
            RuleSetError::Shipped => Self::new(
                &kinds::RULE_SET_SHIPPED,
                "The rule set comes with the configuration",
                "Change its file there, or make a copy and change that",
            ),
            RuleSetError::NotYours => Self::new(
                &kinds::RULE_SET_NOT_YOURS,
                "Somebody else keeps this rule set",
                "Ask them or an administrator, or make a copy and change that",
            ),
            RuleSetError::Conflict(current) => Self::new(
                &kinds::RULE_SET_CONFLICT,
                &format!("The rule set `{}` is stored as version {}", current.rules.id, current.version),
                "Nothing was overwritten: look at what is stored, then save again",
            ),
            RuleSetError::InUse => Self::new(
                &kinds::RULE_SET_IN_USE,
                "Drafts or projects have this rule set, perhaps of colleagues or in the bin",
                "Choose another one there first",
            ),
            RuleSetError::TooMany => {
                Self::new(&kinds::TOO_MANY_RULE_SETS, &error.to_string(), "Remove one that nobody needs")
            }
            RuleSetError::Invalid(problems) => Self::invalid(
                problems
                    .iter()
                    .map(|problem| FieldProblem::new(&problem.key, "rule_set_invalid", &problem.problem))
                    .collect(),
            ),
            RuleSetError::Storage(error) => error.into(),
        }
    }
}
