//! `cargo xtask check`: everything that is not a test.

use std::process::ExitCode;

use crate::args::Args;
use crate::failure::Failure;
use crate::report::{Outcome, Report};
use crate::tools::{self, Workspace, succeeds, which};
use crate::{css, deny, docs, layers};

/// Help of `check`.
pub const HELP: &str = "\
Usage: cargo xtask check [--fast] [--install] [--all] [--advisories]

Format, clippy with warnings denied, the layers, licences and bans of the dependencies, vendored files and the
style sheet, the API documentation, and the names that docs/ARCHITECTURE.md mentions. All steps run, then one table.

  --fast        format, clippy and layers only
  --install     installs what is missing: rustfmt and clippy (rustup), cargo-deny (cargo), Node.js (apt-get, as root)
  --all         fails where a step would be skipped because its tool is missing
  --advisories  also looks for known vulnerabilities; fetches the RustSec database from the network";

/// Runs the task.
pub fn run(workspace: &Workspace, mut args: Args) -> Result<ExitCode, Failure> {
    let fast = args.take_switch("--fast");
    let (install, all) = (args.take_switch("--install"), args.take_switch("--all"));
    let advisories = args.take_switch("--advisories");
    args.finish()?;
    let mut report = Report::new("check", !all);
    report.step("format", "cargo fmt --check", || {
        component("rustfmt", "fmt", workspace, install)?;
        tools::run(workspace.cargo().args(["fmt", "--all", "--check"]), "run `cargo fmt --all`")?;
        Ok(Outcome::Passed(String::new()))
    });
    report.step("clippy", "all targets, warnings denied", || {
        component("clippy", "clippy", workspace, install)?;
        let mut clippy = workspace.cargo();
        clippy.args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]);
        tools::run(&mut clippy, "mend what clippy names above")?;
        Ok(Outcome::Passed(String::new()))
    });
    layers::steps(workspace, &mut report);
    if fast {
        return Ok(report.finish());
    }
    report.step("dependencies of others", "licences, bans, sources (deny.toml)", || {
        deny::check(workspace, install, advisories)
    });
    css::steps(workspace, install, &mut report);
    report.step("API documentation", "cargo doc, warnings denied", || {
        let mut doc = workspace.cargo();
        doc.args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings");
        tools::run(&mut doc, "mend what rustdoc names above")?;
        Ok(Outcome::Passed(String::new()))
    });
    report.step("names in the documentation", "paths, crates and links exist", || docs::names(workspace));
    Ok(report.finish())
}

/// Makes sure that a component of the toolchain is there.
fn component(name: &str, subcommand: &str, workspace: &Workspace, install: bool) -> Result<(), Failure> {
    if succeeds(workspace.cargo().args([subcommand, "--version"])) {
        return Ok(());
    }
    let remedy = format!("`rustup component add {name}`");
    if install && which("rustup").is_some() {
        return tools::run(workspace.command("rustup").args(["component", "add", name]), &remedy);
    }
    Err(Failure::new(format!("{name} is not installed"), remedy))
}
