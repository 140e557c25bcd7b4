//! Publishing: plan, approval, the journal, the executor.

mod execute;
mod plan;
mod probe;
mod start;

pub use plan::{PlanError, PlanProblem, make_plan};
pub use start::{
    PublishError, Resolution, ResolveError, RunView, list_runs, publish, recently_created, resolve_item, resume_run,
    run_view, stop_run,
};

pub(crate) use execute::run_publish;
