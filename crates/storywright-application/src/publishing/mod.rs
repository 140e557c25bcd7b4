//! Publishing: plan, approval, the journal, the executor.

mod execute;
mod finish;
mod plan;
mod probe;
mod resolve;
mod settle;
mod start;

pub use plan::{PlanError, PlanProblem, make_plan};
pub use resolve::{Resolution, ResolveError, resolve_item, resume_run, stop_run};
pub use start::{PublishError, RunView, list_runs, publish, run_view};

pub(crate) use finish::{give_up_run, run_publish, stop_run_of};
