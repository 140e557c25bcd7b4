//! `cargo xtask eval rules`: how well the story checks agree with people.

use std::process::ExitCode;

use crate::args::Args;
use crate::failure::Failure;
use crate::tools::{self, Workspace};

/// Help of `eval`.
pub const HELP: &str = "\
Usage: cargo xtask eval rules [--misses]

Scores the story checks against the labelled stories in crates/storywright-domain/labelled: precision, recall and F1 of
each criterion, for the part on which the word lists may be improved (written) and for the part that is only measured
(held_out). Fails when a criterion is under its target: 0.90 for structure, 0.75 for meaning.

  --misses  prints every story on which label and check disagree";

/// Runs the task.
pub fn run(workspace: &Workspace, mut args: Args) -> Result<ExitCode, Failure> {
    let misses = args.take_switch("--misses");
    let words = args.words()?;
    if words != ["rules"] {
        return Err(Failure::new("it is not said what is to be evaluated", "write `cargo xtask eval rules`"));
    }
    let mut score = workspace.cargo();
    score.args(["run", "--quiet", "-p", "storywright-domain", "--example", "score", "--"]);
    if misses {
        score.arg("--misses");
    }
    tools::run(&mut score, "see the criteria marked `<`, and the stories with `--misses`")?;
    Ok(ExitCode::SUCCESS)
}
