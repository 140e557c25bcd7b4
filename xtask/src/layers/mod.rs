//! `cargo xtask layers`: the walls between the crates, kept by a program.
//!
//! Four checks, each a pure function over text or metadata so that its tests can hand it a bad workspace:
//! dependencies ([`graph`]), sources ([`source`]), the lock file ([`locked`]) and the migrations ([`migrations`]).

mod graph;
mod locked;
mod migrations;
mod rules;
mod source;

use std::process::ExitCode;

use crate::args::Args;
use crate::failure::Failure;
use crate::report::{Outcome, Report};
use crate::tools::{Workspace, files_below, read};

/// Help of `layers`.
pub const HELP: &str = "\
Usage: cargo xtask layers

Refuses what crosses the walls described in docs/ARCHITECTURE.md:
  dependencies  a normal dependency that the crate's rule (xtask/src/layers/rules.rs) does not allow
  lock file     a second crypto provider or OpenSSL anywhere in the tree
  sources       reading the environment outside the `storywright` crate, SQL writes outside storage, the attribute
                `allow` in place of `expect` with a reason, files over 600 lines (over 400: a warning)
  migrations    folders of migrations that hold different names";

/// One thing that crosses a wall.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// Crate or file, with the line where there is one.
    place: String,
    /// What is wrong, and what to do.
    what: String,
}

impl Fault {
    fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }
}

/// Runs the task by itself.
pub fn run(workspace: &Workspace, args: Args) -> Result<ExitCode, Failure> {
    args.finish()?;
    let mut report = Report::new("layers", true);
    steps(workspace, &mut report);
    Ok(report.finish())
}

/// Adds the checks to a report: `layers` and `check` share them.
pub fn steps(workspace: &Workspace, report: &mut Report) {
    report.step("dependencies", "each crate depends on what its rule allows", || {
        let crates = graph::crates(&workspace.metadata)?;
        Ok(verdict(graph::faults(&crates), format!("{} crates", crates.len())))
    });
    report.step("lock file", "one crypto provider, no OpenSSL", || {
        let lock = read(&workspace.root.join("Cargo.lock"))?;
        let faults = locked::faults(&lock, |package| locked::dependants(workspace, package));
        Ok(verdict(faults, format!("{} packages", locked::count(&lock))))
    });
    report.step("sources", "environment, SQL, lint attributes, length of files", || sources(workspace));
    report.step("migrations", "every database has the same migrations", || {
        let faults = migrations::faults(&workspace.root.join("migrations"))?;
        Ok(verdict(faults, String::new()))
    });
}

fn sources(workspace: &Workspace) -> Result<Outcome, Failure> {
    let (mut faults, mut files, mut long) = (Vec::new(), 0, 0);
    for folder in ["crates", "xtask"] {
        for path in files_below(&workspace.root.join(folder)) {
            if path.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let shown = path.strip_prefix(&workspace.root).unwrap_or(&path).to_string_lossy().into_owned();
            let text = read(&path)?;
            files += 1;
            if let Some(warning) = source::warning(&shown, &text) {
                println!("  warning: {}: {}", warning.place, warning.what);
                long += 1;
            }
            faults.extend(source::faults(&shown, &text));
        }
    }
    Ok(verdict(faults, format!("{files} files, {long} of them longer than {} lines", source::LONG)))
}

fn verdict(faults: Vec<Fault>, remark: String) -> Outcome {
    if faults.is_empty() {
        return Outcome::Passed(remark);
    }
    for fault in &faults {
        eprintln!("  {}: {}", fault.place, fault.what);
    }
    Outcome::Failed(format!("{} faults, listed above", faults.len()))
}
