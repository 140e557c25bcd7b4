//! Words for failures around trials of prompts.

use super::{AppError, FieldProblem, kinds};
use storywright_application::trials::TrialError;
use storywright_domain::Millis;

impl From<TrialError> for AppError {
    fn from(error: TrialError) -> Self {
        match error {
            TrialError::NotFound => Self::new(
                &kinds::TRIAL_NOT_FOUND,
                "There is no such trial among yours",
                "It may have gone with newer ones: the last 20 are kept",
            ),
            TrialError::NoSuchColumn(_) => {
                Self::new(&kinds::TRIAL_NOT_FOUND, &error.to_string(), "Choose one of its columns")
            }
            TrialError::NotEnded(_) => Self::new(
                &kinds::TRIAL_BUSY,
                &error.to_string(),
                "Wait until it has ended; what is there is not written again",
            ),
            TrialError::Running => {
                Self::new(&kinds::TRIAL_BUSY, "The trial is being written", "Wait for it or stop it")
            }
            TrialError::Invalid(problems) => Self::invalid(
                problems.iter().map(|(field, code, message)| FieldProblem::new(field, code, message)).collect(),
            ),
            TrialError::Access(error) => error.into(),
            TrialError::TooManyJobs(_) => {
                Self::new(&kinds::TOO_MANY_JOBS, &error.to_string(), "Wait for one or stop it")
                    .with_retry_after(Millis::seconds(10))
            }
            TrialError::Storage(error) => error.into(),
        }
    }
}
