//! Steps with a header, a time and a result, and the table at the end.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// How a step ended.
#[derive(Debug)]
pub enum Outcome {
    /// With a remark for the table, such as the number of tests.
    Passed(String),
    /// With what failed.
    Failed(String),
    /// Something the step needs is not on this machine.
    Skipped {
        /// What is missing.
        reason: String,
        /// How to get it.
        remedy: String,
    },
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure.line())
    }
}

struct Line {
    name: String,
    outcome: Outcome,
    took: Duration,
}

/// Collects the steps of one task.
pub struct Report {
    task: &'static str,
    may_skip: bool,
    started: Instant,
    lines: Vec<Line>,
}

impl Report {
    /// With `may_skip` false a skipped step counts as a failure.
    pub fn new(task: &'static str, may_skip: bool) -> Self {
        Self { task, may_skip, started: Instant::now(), lines: Vec::new() }
    }

    /// Runs one step under a header and prints how it ended.
    pub fn step(&mut self, name: &str, about: &str, work: impl FnOnce() -> Result<Outcome, Failure>) {
        let header = format!("==> {} {name}: {about}", self.task);
        println!("\n{}", if std::io::stdout().is_terminal() { format!("\x1b[1m{header}\x1b[0m") } else { header });
        let started = Instant::now();
        let outcome = work().unwrap_or_else(|failure| {
            eprintln!("{failure}");
            failure.into()
        });
        let outcome = match outcome {
            Outcome::Skipped { reason, remedy } if !self.may_skip => {
                Outcome::Failed(format!("{reason}, and nothing may be skipped here; {remedy}"))
            }
            other => other,
        };
        let took = started.elapsed();
        println!("<== {} {name}: {} ({})", self.task, describe(&outcome), seconds(took));
        self.lines.push(Line { name: name.to_owned(), outcome, took });
    }

    /// Prints the table and one closing line. Fails when a step failed.
    pub fn finish(self) -> ExitCode {
        let widest = self.lines.iter().map(|line| line.name.len()).max().unwrap_or(0);
        println!("\n{} in {}", self.task, seconds(self.started.elapsed()));
        for line in &self.lines {
            println!("  {:widest$}  {:>8}  {}", line.name, seconds(line.took), describe(&line.outcome));
        }
        let count = |wanted: fn(&Outcome) -> bool| self.lines.iter().filter(|line| wanted(&line.outcome)).count();
        let failed = count(|outcome| matches!(outcome, Outcome::Failed(_)));
        println!(
            "{} passed, {failed} failed, {} skipped",
            count(|outcome| matches!(outcome, Outcome::Passed(_))),
            count(|outcome| matches!(outcome, Outcome::Skipped { .. })),
        );
        if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

fn describe(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Passed(remark) if remark.is_empty() => "passed".to_owned(),
        Outcome::Passed(remark) => format!("passed: {remark}"),
        Outcome::Failed(what) => format!("FAILED: {what}"),
        Outcome::Skipped { reason, remedy } => format!("skipped: {reason}; {remedy}"),
    }
}

/// `3.2 s`, or `4 min 05 s` from two minutes on.
pub fn seconds(took: Duration) -> String {
    let whole = took.as_secs();
    if whole < 120 { format!("{:.1} s", took.as_secs_f64()) } else { format!("{} min {:02} s", whole / 60, whole % 60) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skipped() -> Result<Outcome, Failure> {
        Ok(Outcome::Skipped { reason: "no python".to_owned(), remedy: "install it".to_owned() })
    }

    fn code(may_skip: bool, step: fn() -> Result<Outcome, Failure>) -> ExitCode {
        let mut report = Report::new("test", may_skip);
        report.step("one", "a step", step);
        report.finish()
    }

    #[test]
    fn a_failure_or_a_forbidden_skip_fails_the_task() {
        let passes = ExitCode::SUCCESS;
        let fails = ExitCode::FAILURE;
        assert_eq!(code(true, skipped), passes);
        assert_eq!(code(false, skipped), fails);
        assert_eq!(code(true, || Err(Failure::new("broken", "mend it"))), fails);
        assert_eq!(code(false, || Ok(Outcome::Passed(String::new()))), passes);
    }

    #[test]
    fn long_times_are_in_minutes() {
        assert_eq!(seconds(Duration::from_millis(3_240)), "3.2 s");
        assert_eq!(seconds(Duration::from_secs(245)), "4 min 05 s");
    }
}
