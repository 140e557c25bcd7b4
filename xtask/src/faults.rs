//! `cargo xtask faults`: `kill -9` at each point of a create call, many times.

use std::process::ExitCode;

use crate::args::Args;
use crate::failure::Failure;
use crate::report::Report;
use crate::suites::{is_cargo_result, tested};
use crate::tools::{self, Workspace};

/// Help of `faults`.
pub const HELP: &str = "\
Usage: cargo xtask faults [--runs N] [--seed N] [test name]

Kills the server at eight points of a create call, at random places of a tree of 200 issues, restarts it, and counts the issues in
the pretend Jira: none twice, none missing, none under a wrong parent. `cargo xtask test` does this at 5 places a point.

  --runs N  places per point, 100 unless said otherwise: about half an hour on two cores
  --seed N  repeats the places of a run that printed this STORYWRIGHT_FAULT_SEED";

/// Runs the task.
pub fn run(workspace: &Workspace, mut args: Args) -> Result<ExitCode, Failure> {
    let runs = args.take_option("--runs")?.unwrap_or_else(|| "100".to_owned());
    let seed = args.take_option("--seed")?;
    let filters = args.words()?;
    let mut report = Report::new("faults", false);
    report.step("faults", "kill -9 at each point of a create call", || {
        let mut command = workspace.cargo();
        command.env("STORYWRIGHT_FAULT_RUNS", &runs);
        if let Some(seed) = &seed {
            command.env("STORYWRIGHT_FAULT_SEED", seed);
        }
        // Each point has a company and a server of its own; two at a time leave them room.
        command.args(["test", "-p", "storywright", "--test", "whole", "--"]);
        match filters.as_slice() {
            [] => drop(command.arg("faults::")),
            some => drop(command.args(some)),
        }
        command.args(["--nocapture", "--test-threads", "2"]);
        tested(tools::run_and_keep(&mut command, is_cargo_result)?)
    });
    Ok(report.finish())
}
