//! Words for failures around plans and runs.

use super::drafts::{draft_conflict, draft_not_found};
use super::{AppError, Extra, FieldProblem, kinds};
use storywright_application::publishing::{PlanError, PublishError, ResolveError};
use storywright_domain::publishing::MAX_ITEMS;

impl From<PlanError> for AppError {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::NotFound => draft_not_found(),
            PlanError::ChangesAnIssue(key) => Self::new(
                &kinds::CHANGES_AN_ISSUE,
                &format!("This draft improves {key}: its story changes that issue, and none is created"),
                "Look at the difference and approve it, or copy the draft to create new issues from it",
            ),
            PlanError::WrongState(error) => error.into(),
            PlanError::Blocked(findings) => Self::new(
                &kinds::PLAN_BLOCKED,
                "The rules of the team do not let this draft into Jira yet",
                "Mend what the findings name, then look at the plan again",
            )
            .with_extra(Extra::Findings(findings)),
            PlanError::TooMany(count) => Self::new(
                &kinds::TOO_MANY_ISSUES,
                &format!("The draft would become {count} issues; one run takes at most {MAX_ITEMS}"),
                "Split the draft into several",
            ),
            PlanError::Problems(problems) => Self::new(
                &kinds::PLAN_FIELDS,
                "Jira would refuse or drop some of the values",
                "Fill in or change the fields that are named, then look at the plan again",
            )
            .with_errors(
                problems
                    .iter()
                    .map(|problem| {
                        FieldProblem::new(
                            &format!("{}.{}", problem.reference, problem.field),
                            problem.code,
                            &problem.message,
                        )
                    })
                    .collect(),
            ),
            PlanError::NoSubtaskType => Self::new(
                &kinds::NO_SUBTASK_TYPE,
                "The project has no issue type for sub-tasks, but the draft has sub-tasks",
                "Remove the sub-tasks, or choose another project",
            ),
            PlanError::NoEpicType => Self::new(
                &kinds::NO_EPIC_TYPE,
                "The project has no issue type for epics, but the draft has epics",
                "Remove the epics, or choose another project",
            ),
            PlanError::NothingMissing => Self::new(
                &kinds::NOTHING_MISSING,
                "Everything in this draft is in Jira already",
                "Open the run to see the issues, or add a story",
            ),
            PlanError::NoSuchType(name) => Self::new(
                &kinds::ISSUE_TYPE_GONE,
                &format!("You cannot create `{name}` in this project any more"),
                "Begin a new draft with another issue type, or ask the administrator of the project",
            ),
            PlanError::Access(error) => error.into(),
            PlanError::Remote(error) => error.into(),
            PlanError::Storage(error) => error.into(),
        }
    }
}

impl From<PublishError> for AppError {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Plan(error) => error.into(),
            PublishError::PlanChanged(plan) => Self::new(
                &kinds::PLAN_CHANGED,
                "What you approved is not what would be sent now",
                "Look at the new plan and approve that",
            )
            .with_extra(Extra::Plan(plan)),
            PublishError::BadKey => Self::new(
                &kinds::IDEMPOTENCY_KEY,
                "The idempotency key is missing or malformed",
                "Send a header Idempotency-Key of 1 to 100 visible ASCII characters, the same for every try",
            ),
            PublishError::KeyUsed => Self::new(
                &kinds::IDEMPOTENCY_KEY_USED,
                "The idempotency key was used for another draft",
                "Send a new key; only repeated tries for the same draft share one",
            ),
            PublishError::Busy(_) => project_busy(),
            PublishError::Conflict(current) => draft_conflict(current),
            PublishError::Storage(error) => error.into(),
        }
    }
}

impl From<ResolveError> for AppError {
    fn from(error: ResolveError) -> Self {
        match error {
            ResolveError::NotFound => Self::new(
                &kinds::ITEM_NOT_FOUND,
                "There is no such run or issue among yours",
                "Open the run from the list of runs",
            ),
            ResolveError::NotUnknown => Self::new(
                &kinds::ITEM_KNOWN,
                "The state of this issue is known, so there is nothing to settle",
                "Load the run again",
            ),
            ResolveError::Running => {
                Self::new(&kinds::RUN_ACTIVE, "The run is under way", "Wait until it has ended, or stop it")
            }
            ResolveError::Busy(_) => project_busy(),
            ResolveError::InDoubt => Self::new(
                &kinds::RUN_IN_DOUBT,
                "Whether some issues of the run are in Jira is not known yet",
                "Settle them first: look again, name the issue, or create it again",
            ),
            ResolveError::NothingMissing => {
                Self::new(&kinds::NOTHING_MISSING, "Every issue of the run is in Jira", "Open the run to see them")
            }
            ResolveError::DraftWentOn => Self::new(
                &kinds::DRAFT_WENT_ON,
                "The draft has gone on without this run: it was changed, published again or deleted",
                "Open the draft and approve a new plan of it",
            ),
            ResolveError::NoSuchIssue(key) => Self::field(
                "key",
                "no_such_issue",
                &format!(
                    "`{key}` is not an issue of this project, or belongs to another part of the run: type the key as Jira shows it"
                ),
            ),
            ResolveError::Access(error) => error.into(),
            ResolveError::Remote(error) => error.into(),
            ResolveError::Storage(error) => error.into(),
        }
    }
}

fn project_busy() -> AppError {
    AppError::new(
        &kinds::PROJECT_BUSY,
        "Another run of yours is creating issues in this project",
        "Wait until it has ended, or stop it; then try again",
    )
}

impl AppError {
    /// There is no such run, or none that this person may see.
    #[must_use]
    pub fn run_not_found() -> Self {
        Self::new(&kinds::RUN_NOT_FOUND, "There is no such run among yours", "Look in the list of runs")
    }
}
