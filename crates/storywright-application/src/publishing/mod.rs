//! Publishing: plan, approval, the journal, the executor.

mod compose;
mod execute;
mod existing;
mod findings;
mod finish;
mod helpers;
mod journal;
mod linking;
mod plan;
mod probe;
mod reconcile;
mod resolve;
mod retry;
mod screens;
mod settle;
mod start;
mod sweep;
mod through;

pub use plan::{PlanError, PlanProblem, make_plan};
pub use resolve::{Resolution, ResolveError, resolve_item, resume_run, stop_run};
pub use retry::retry_run;
pub use start::{PublishError, RunView, list_runs, publish, run_view};
pub use sweep::sweep_late_arrivals;

pub(crate) use finish::{give_up_run, run_publish, stop_run_of};
pub(crate) use start::waived_in_words;
