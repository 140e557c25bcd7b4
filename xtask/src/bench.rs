//! `cargo xtask bench`: the figures for speed and memory, from a release build.

use std::process::ExitCode;

use crate::args::Args;
use crate::failure::Failure;
use crate::report::{Outcome, Report};
use crate::tools::{self, Workspace};

/// Help of `bench`.
pub const HELP: &str = "\
Usage: cargo xtask bench [--fast-build] [-- options of storywright-bench]

Builds the server, the pretend company and `storywright-bench` in release and prints the figures: pages, streams,
start, memory, a tree of issues, a list of tools, lint. The first build takes about ten minutes on two cores.

  --fast-build  uses the profile `release-fast`: without link-time optimisation, figures a few percent lower";

const CRATE: &str = "storywright-bench";

/// Runs the task.
pub fn run(workspace: &Workspace, mut args: Args) -> Result<ExitCode, Failure> {
    let profile = if args.take_switch("--fast-build") { "release-fast" } else { "release" };
    let rest = args.rest();
    if !workspace.has_crate(CRATE) {
        return Err(Failure::new(
            format!("there is no crate `{CRATE}` in this workspace"),
            format!("check out a version that has crates/{CRATE}"),
        ));
    }
    let mut report = Report::new("bench", false);
    let remedy = "see what cargo says above";
    report.step("build", "server, pretend company and bench in release", || {
        let mut build = workspace.cargo();
        build.args(["build", "--profile", profile, "-p", "storywright", "-p", "storywright-sandbox", "-p", CRATE]);
        tools::run(&mut build, remedy)?;
        Ok(Outcome::Passed(profile.to_owned()))
    });
    report.step("figures", "storywright-bench", || {
        let folder = workspace.target.join(profile);
        let mut bench = workspace.command(folder.join(CRATE));
        bench.env("STORYWRIGHT_BENCH_BIN_DIR", &folder).args(&rest);
        tools::run(&mut bench, remedy)?;
        Ok(Outcome::Passed(String::new()))
    });
    Ok(report.finish())
}
