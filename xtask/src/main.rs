//! What a contributor needs, as one program: `cargo xtask <task>`.
//!
//! Everything that continuous integration runs is a task here, so that a red build can be repeated at home.
//! The crate depends on none of the product's crates: it must build, and explain, when they do not.

#![expect(
    clippy::disallowed_methods,
    reason = "a task runner reads its environment, measures its steps and waits for servers"
)]

mod args;
mod bench;
mod browser;
mod check;
mod css;
mod demo;
mod deny;
mod docs;
mod eval;
mod failure;
mod faults;
mod interop;
mod layers;
mod report;
mod suites;
mod tools;

use std::process::ExitCode;

use args::Args;
use failure::Failure;
use tools::Workspace;

/// One task: its name, the line that `cargo xtask` shows for it, its full help and what it does.
struct Task {
    name: &'static str,
    summary: &'static str,
    help: &'static str,
    run: fn(&Workspace, Args) -> Result<ExitCode, Failure>,
}

const TASKS: &[Task] = &[
    Task {
        name: "demo",
        summary: "start a pretend company and the server, with one person signed up",
        help: demo::DEMO_HELP,
        run: demo::demo,
    },
    Task {
        name: "dev",
        summary: "the demo with the database kept and a restart when sources change",
        help: demo::DEV_HELP,
        run: demo::dev,
    },
    Task {
        name: "seed",
        summary: "write drafts for one person into a running server",
        help: demo::SEED_HELP,
        run: demo::seed,
    },
    Task { name: "test", summary: "run every test suite", help: suites::HELP, run: suites::run },
    Task {
        name: "check",
        summary: "format, lints, layers, licences, style sheet, documentation",
        help: check::HELP,
        run: check::run,
    },
    Task {
        name: "layers",
        summary: "refuse dependencies and code that cross the walls",
        help: layers::HELP,
        run: layers::run,
    },
    Task { name: "css", summary: "build the style sheet, or check the committed one", help: css::HELP, run: css::run },
    Task {
        name: "faults",
        summary: "kill the server at every point of a create call and count the issues",
        help: faults::HELP,
        run: faults::run,
    },
    Task { name: "eval", summary: "score the story checks against labelled stories", help: eval::HELP, run: eval::run },
    Task { name: "bench", summary: "print the speed and memory figures", help: bench::HELP, run: bench::run },
];

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let Some(name) = words.next() else {
        print!("{}", overview());
        return ExitCode::SUCCESS;
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        print!("{}", overview());
        return ExitCode::SUCCESS;
    }
    let Some(task) = TASKS.iter().find(|task| task.name == name) else {
        eprintln!("there is no task `{name}`\n");
        eprint!("{}", overview());
        return ExitCode::from(2);
    };
    let args = Args::new(words);
    if args.wants_help() {
        println!("{}", task.help.trim());
        return ExitCode::SUCCESS;
    }
    match Workspace::find().and_then(|workspace| (task.run)(&workspace, args)) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::FAILURE
        }
    }
}

fn overview() -> String {
    let mut text = "Usage: cargo xtask <task> [options]   (cargo xtask <task> --help says more)\n\n".to_owned();
    for task in TASKS {
        text.push_str(&format!("  {:8} {}\n", task.name, task.summary));
    }
    text
}
