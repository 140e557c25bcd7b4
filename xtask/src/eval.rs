//! `cargo xtask eval`: how well the story checks agree with people, and what the whole product makes of the golden set.

use std::process::ExitCode;

use crate::args::Args;
use crate::failure::Failure;
use crate::tools::{self, Workspace};

/// Help of `eval`.
pub const HELP: &str = "\
Usage: cargo xtask eval [golden] [--llm NAME] [--documents 001,020] [--config FOLDER] [--out FOLDER]
       cargo xtask eval rules [--misses]

golden  Runs the requirement documents of eval/golden through the whole product: server, pretend company, real sockets.
        Prints findings, coverage, answers asked for once more, tokens and time of each document, and writes
        artefacts/eval.json and artefacts/eval.html with plots. Fails when a document comes to nothing.

  --llm NAME       the service of this name in config/config.json instead of the pretended one; its credential and the
                   employee ID of its holder are taken from STORYWRIGHT_EVAL_CREDENTIAL and STORYWRIGHT_EVAL_EMPLOYEE_ID
  --documents A,B  only documents whose names begin so
  --config FOLDER  the configuration that has the service (config)
  --out FOLDER     where the reports go (artefacts)

rules   Scores the story checks against the labelled stories in crates/storywright-domain/labelled: precision, recall
        and F1 of each criterion, for the part on which the word lists may be improved (written), for the part that is
        only measured (held_out), and for messy lines as backlogs have them (fresh). Fails when a criterion is under its
        target: 0.90 for structure, 0.75 for meaning.

  --misses    prints every story on which label and check disagree";

/// Runs the task.
pub fn run(workspace: &Workspace, mut args: Args) -> Result<ExitCode, Failure> {
    let misses = args.take_switch("--misses");
    let mut options = Vec::new();
    for name in ["--llm", "--documents", "--config", "--out"] {
        if let Some(value) = args.take_option(name)? {
            options.extend([name.to_owned(), value]);
        }
    }
    let words = args.words()?;
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["rules"] => rules(workspace, misses),
        [] | ["golden"] => golden(workspace, &options),
        _ => Err(Failure::new(
            "it is not said what is to be evaluated",
            "write `cargo xtask eval golden` or `cargo xtask eval rules`",
        )),
    }
}

fn rules(workspace: &Workspace, misses: bool) -> Result<ExitCode, Failure> {
    let mut score = workspace.cargo();
    score.args(["run", "--quiet", "-p", "storywright-domain", "--example", "score", "--"]);
    if misses {
        score.arg("--misses");
    }
    tools::run(&mut score, "see the criteria marked `<`, and the stories with `--misses`")?;
    Ok(ExitCode::SUCCESS)
}

fn golden(workspace: &Workspace, options: &[String]) -> Result<ExitCode, Failure> {
    let mut build = workspace.cargo();
    // The whole workspace, so that nothing is compiled again that the tests have built.
    build.args(["build", "--workspace", "--bins"]);
    tools::run(&mut build, "see what cargo says above")?;
    let folder = workspace.target.join("debug");
    let mut eval = workspace.command(folder.join("storywright-bench"));
    eval.env("STORYWRIGHT_BENCH_BIN_DIR", &folder).arg("eval").args(options);
    tools::run(&mut eval, "see what is said above: of a document that came to nothing the table says why")?;
    Ok(ExitCode::SUCCESS)
}
