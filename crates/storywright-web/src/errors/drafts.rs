//! Words for failures around drafts and writing jobs.

use super::{AppError, Extra, FieldProblem, kinds};
use storywright_application::drafting::{AnswerError, StartError};
use storywright_application::drafts::{CreateDraftError, EditDraftError, MendError, WaiveError};
use storywright_application::judging::JudgeError;
use storywright_domain::Millis;
use storywright_domain::draft::{BadRequirements, Draft, WrongState};

/// The code of refused requirements.
fn requirements_code(error: &BadRequirements) -> &'static str {
    match error {
        BadRequirements::Empty => "requirements_empty",
        BadRequirements::TooLong { .. } => "requirements_too_long",
    }
}

/// There is no such draft, or none that this person may see.
#[must_use]
pub(super) fn draft_not_found() -> AppError {
    AppError::new(
        &kinds::DRAFT_NOT_FOUND,
        "There is no such draft among yours",
        "It may be in the bin, or the address may be incomplete: look in the list of drafts",
    )
}

/// Somebody was faster; here is what is stored.
#[must_use]
pub(super) fn draft_conflict(current: Box<Draft>) -> AppError {
    AppError::new(
        &kinds::DRAFT_CONFLICT,
        &format!("The draft was changed elsewhere and is now version {}", current.version),
        "Nothing was overwritten: compare both, then save what you want to keep",
    )
    .with_extra(Extra::Current(current))
}

impl From<WrongState> for AppError {
    fn from(error: WrongState) -> Self {
        match error {
            WrongState::Writing { .. } => Self::new(
                &kinds::DRAFT_WRITING,
                "The draft is being written at the moment",
                "Wait until it is done, or stop it",
            ),
            WrongState::Publishing { .. } => Self::new(
                &kinds::DRAFT_PUBLISHING,
                "The issues of this draft are being created",
                "Wait until the run has ended, or stop it",
            ),
            WrongState::Published { .. } => Self::new(
                &kinds::DRAFT_PUBLISHED,
                "The issues of this draft are in Jira already",
                "Change them there, or begin a new draft",
            ),
        }
    }
}

impl From<CreateDraftError> for AppError {
    fn from(error: CreateDraftError) -> Self {
        match error {
            CreateDraftError::Invalid(problems) => Self::invalid(
                problems.iter().map(|(field, code, message)| FieldProblem::new(field, code, message)).collect(),
            ),
            CreateDraftError::Catalog(error) => error.into(),
            CreateDraftError::Storage(error) => error.into(),
        }
    }
}

impl From<EditDraftError> for AppError {
    fn from(error: EditDraftError) -> Self {
        match error {
            EditDraftError::NotFound => draft_not_found(),
            EditDraftError::Conflict(current) => draft_conflict(current),
            EditDraftError::WrongState(error) => error.into(),
            EditDraftError::BadRequirements(error) => {
                Self::field("requirements", requirements_code(&error), &error.to_string())
            }
            EditDraftError::PromptTooLong => Self::field("prompt", "prompt_too_long", &error.to_string()),
            EditDraftError::NoSuchRuleSet(_) => Self::field("rule_set", "rule_set_unknown", &error.to_string()),
            EditDraftError::NoSuchVersion(number) => Self::new(
                &kinds::VERSION_NOT_FOUND,
                &format!("The draft has no version {number}"),
                "Choose one from the list of versions",
            ),
            EditDraftError::ChangeOpen(_) => Self::new(
                &kinds::UPDATE_NOT_SETTLED,
                "The draft is changing its issue, or what became of the change is not known yet",
                "Look at the change first, then delete the draft",
            ),
            EditDraftError::DocumentTooLarge => Self::field("document", "document_too_large", &error.to_string()),
            EditDraftError::Storage(error) => error.into(),
        }
    }
}

impl From<MendError> for AppError {
    fn from(error: MendError) -> Self {
        match error {
            MendError::NothingToMend => Self::field("field", "finding_gone", &error.to_string()),
            MendError::Edit(error) => error.into(),
        }
    }
}

impl From<WaiveError> for AppError {
    fn from(error: WaiveError) -> Self {
        match error {
            WaiveError::NotFound => draft_not_found(),
            WaiveError::NoSuchFinding => Self::field("field", "finding_gone", &error.to_string()),
            WaiveError::NotWaivable => Self::field("code", "finding_not_waivable", &error.to_string()),
            WaiveError::BadReason(error) => Self::field("reason", "reason_invalid", &error.to_string()),
            WaiveError::TooMany => Self::field("code", "too_many_waivers", &error.to_string()),
            WaiveError::WrongState(error) => error.into(),
            WaiveError::Storage(error) => error.into(),
        }
    }
}

impl From<StartError> for AppError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::NotFound => draft_not_found(),
            StartError::WrongState(error) => error.into(),
            StartError::Access(error) => error.into(),
            StartError::NothingToRefine => Self::new(
                &kinds::NOTHING_TO_REFINE,
                "The draft is empty, so there is nothing to refine",
                "Generate it first, or write a story by hand",
            ),
            StartError::NothingToWriteFrom => Self::new(
                &kinds::NOTHING_TO_WRITE_FROM,
                "There is nothing to write from: no requirements and no source that was read",
                "Type what is wanted, or add a source and wait until it is read",
            ),
            StartError::NoSuchSection(ordinal) => Self::new(
                &kinds::SECTION_NOT_OPEN,
                &format!("Section {ordinal} is not one that is still to be written"),
                "Look at the sections again: it may be written by now, or the requirements have changed",
            ),
            StartError::NothingUncovered => Self::new(
                &kinds::NOTHING_UNCOVERED,
                "Every sentence of the requirements is covered by a story",
                "There is nothing to add; refine the stories that are there instead",
            ),
            StartError::BadInstruction => Self::field("instructions", "instructions_invalid", &error.to_string()),
            StartError::TooManyJobs(count) => too_many_jobs(count),
            StartError::Conflict(current) => draft_conflict(current),
            StartError::Storage(error) => error.into(),
        }
    }
}

impl From<JudgeError> for AppError {
    fn from(error: JudgeError) -> Self {
        match error {
            JudgeError::NotFound => draft_not_found(),
            JudgeError::WrongState(error) => error.into(),
            JudgeError::Access(error) => error.into(),
            JudgeError::NoRules => Self::new(
                &kinds::NO_JUDGED_RULES,
                "The draft's rule set has no rules that a model judges",
                "Add some to it under Rule sets, or choose another one",
            ),
            JudgeError::NothingToJudge => Self::new(
                &kinds::NOTHING_TO_JUDGE,
                "The draft has no stories yet",
                "Generate it first, or write a story by hand",
            ),
            JudgeError::TooManyJobs(count) => too_many_jobs(count),
            JudgeError::Storage(error) => error.into(),
        }
    }
}

fn too_many_jobs(count: usize) -> AppError {
    AppError::new(
        &kinds::TOO_MANY_JOBS,
        &format!("{count} of your jobs are waiting or running"),
        "Wait for one of them, or stop it",
    )
    .with_retry_after(Millis::seconds(10))
}

impl From<AnswerError> for AppError {
    fn from(error: AnswerError) -> Self {
        match error {
            AnswerError::NotFound => Self::job_not_found(),
            AnswerError::NoQuestion => Self::new(
                &kinds::NO_QUESTION,
                "The job asks nothing at present",
                "Look at the draft: it may have gone on already",
            ),
            AnswerError::BadAnswer => Self::field("text", "answer_invalid", &error.to_string()),
            AnswerError::Storage(error) => error.into(),
        }
    }
}

impl AppError {
    /// There is no such draft, or none that this person may see.
    #[must_use]
    pub fn draft_not_found() -> Self {
        draft_not_found()
    }

    /// There is no such job, or none that this person may see.
    #[must_use]
    pub fn job_not_found() -> Self {
        Self::new(&kinds::JOB_NOT_FOUND, "There is no such job among yours", "Look in the list of jobs")
    }
}
