//! `cargo xtask test`: every suite by name, each with its result.

use std::process::ExitCode;

use crate::args::Args;
use crate::failure::Failure;
use crate::report::{Outcome, Report};
use crate::tools::{self, Workspace, which};
use crate::{browser, css, interop};

/// Help of `test`.
pub const HELP: &str = "\
Usage: cargo xtask test [--install] [--all] [suite or test name]...

Suites, each with its result in the table at the end:
  rust     every Rust test, with cargo-nextest where it is installed, else cargo test
  docs     the examples in the documentation (doctests)
  css      the committed style sheet is what its sources give       needs Node.js 20 with npm
  browser  the whole job in Chromium, screenshots in artefacts/     needs Chromium, chromedriver, npm
  interop  other people's Python clients against the sandbox        needs Python 3 with venv

A word that names a suite runs only that suite; any other word selects tests of the rust and browser suites by name.
A suite whose tool is missing is skipped, with the reason and the remedy.

  --install  installs what is missing with apt-get, npm and pip (Debian, as root)
  --all      fails where a suite would be skipped";

const SUITES: &[&str] = &["rust", "docs", "css", "browser", "interop"];

/// Runs the task.
pub fn run(workspace: &Workspace, mut args: Args) -> Result<ExitCode, Failure> {
    let (install, all) = (args.take_switch("--install"), args.take_switch("--all"));
    let (suites, filters): (Vec<String>, Vec<String>) =
        args.words()?.into_iter().partition(|word| SUITES.contains(&word.as_str()));
    let wanted = |suite: &str| match (suites.is_empty(), filters.is_empty()) {
        (false, _) => suites.iter().any(|name| name == suite),
        (true, true) => true,
        // Filtered by test name: the suites that have test names.
        (true, false) => matches!(suite, "rust" | "browser"),
    };
    let mut report = Report::new("test", !all);
    if wanted("rust") {
        report.step("rust", "unit, contract and in-process tests", || rust(workspace, &filters));
    }
    if wanted("docs") {
        report.step("docs", "examples in the documentation", || {
            let mut doctests = workspace.cargo();
            doctests.args(["test", "--doc", "--workspace"]);
            tested(tools::run_and_keep(&mut doctests, is_cargo_result)?)
        });
    }
    if wanted("css") {
        report.step("css", "the committed style sheet is fresh", || css::fresh(workspace, install));
    }
    if wanted("browser") {
        report.step("browser", "the whole job in Chromium", || browser::run(workspace, install, &filters));
    }
    if wanted("interop") {
        report.step("interop", "other people's clients against the sandbox", || interop::run(workspace, install));
    }
    Ok(report.finish())
}

fn rust(workspace: &Workspace, filters: &[String]) -> Result<Outcome, Failure> {
    let mut command = workspace.cargo();
    if which("cargo-nextest").is_some() {
        // The browser suite is a step of its own. A filter that fits only browser tests fits none here.
        command.args(["nextest", "run", "--workspace", "--no-fail-fast", "--no-tests", "pass"]);
        if workspace.has_test_target(browser::TARGET) {
            command.args(["-E", &format!("not binary(={})", browser::TARGET)]);
        }
        command.args(filters);
        return tested(tools::run_and_keep(&mut command, |line| line.trim_start().starts_with("Summary ["))?);
    }
    println!("cargo-nextest not found: using cargo test");
    // Without STORYWRIGHT_BROWSER the browser target ends at once.
    command.args(["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"]);
    // cargo test takes one filter; each further one would need a run of its own.
    match filters {
        [] => {}
        [one] => drop(command.arg(one)),
        [one, ..] => {
            command.args(["--", one]).args(&filters[1..]);
        }
    }
    tested(tools::run_and_keep(&mut command, is_cargo_result)?)
}

/// `test result: ok. 12 passed; 0 failed; 1 ignored; …`
pub fn is_cargo_result(line: &str) -> bool {
    line.starts_with("test result: ")
}

/// The outcome of a run, with the counts that the runner printed.
pub fn tested((status, lines): (std::process::ExitStatus, Vec<String>)) -> Result<Outcome, Failure> {
    let counts = summary(&lines);
    if status.success() {
        return Ok(Outcome::Passed(counts));
    }
    let counts = if counts.is_empty() { "no test ran".to_owned() } else { counts };
    Ok(Outcome::Failed(format!("{counts} ({status}); see the failures above")))
}

/// One line for the table: the last summary of nextest or pytest, or the sum of cargo's result lines.
fn summary(lines: &[String]) -> String {
    let Some(last) = lines.last() else { return String::new() };
    if !is_cargo_result(last) {
        let text = last.trim_matches(['=', ' ']);
        return text.split_once(']').map_or(text, |(_, counts)| counts.trim()).to_owned();
    }
    let sum = |what: &str| -> u64 {
        let count = |line: &String| {
            let words: Vec<&str> = line.split([' ', ';']).collect();
            let at = words.iter().position(|word| *word == what)?;
            words.get(at.checked_sub(1)?)?.parse::<u64>().ok()
        };
        lines.iter().filter_map(count).sum()
    };
    format!("{} tests passed, {} failed, {} ignored", sum("passed"), sum("failed"), sum("ignored"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lines: &[&str], expected: &str) {
        assert_eq!(summary(&lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>()), expected);
    }

    #[test]
    fn the_counts_of_every_runner_are_read() {
        check(
            &[
                "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s",
                "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s",
            ],
            "15 tests passed, 2 failed, 1 ignored",
        );
        check(&["Summary [   0.9s] 21 tests run: 21 passed, 2 skipped"], "21 tests run: 21 passed, 2 skipped");
        check(&["======= 7 passed, 1 warning in 2.31s ======="], "7 passed, 1 warning in 2.31s");
        check(&[], "");
    }
}
