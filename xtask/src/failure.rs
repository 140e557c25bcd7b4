//! The one error of this program: what went wrong and what to do about it.

use std::fmt;

/// A task that cannot go on.
#[derive(Debug)]
pub struct Failure {
    problem: String,
    remedy: String,
}

impl Failure {
    /// `problem` says what happened; `remedy` what the reader can do, as a command where there is one.
    pub fn new(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { problem: problem.into(), remedy: remedy.into() }
    }

    /// One line for the summary table.
    pub fn line(&self) -> String {
        format!("{}; {}", self.problem, self.remedy)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}\n  try: {}", self.problem, self.remedy)
    }
}

/// Turns any error into a [`Failure`] by saying what was being done and what may help.
pub trait Explain<T> {
    /// `doing` reads after "cannot", as in "read web-assets/package.json".
    fn explain(self, doing: impl fmt::Display, remedy: &str) -> Result<T, Failure>;
}

impl<T, E: fmt::Display> Explain<T> for Result<T, E> {
    fn explain(self, doing: impl fmt::Display, remedy: &str) -> Result<T, Failure> {
        self.map_err(|error| Failure::new(format!("cannot {doing}: {error}"), remedy))
    }
}
