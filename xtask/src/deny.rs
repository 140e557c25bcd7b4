//! Licences, bans and sources of the dependencies, by cargo-deny with the settings of `deny.toml`.

use std::path::PathBuf;

use crate::failure::Failure;
use crate::report::Outcome;
use crate::tools::{self, Workspace, which};

/// The release that `--install` builds; newer ones on the PATH do as well.
const VERSION: &str = "0.20.2";

/// Checks licences, bans and sources; with `advisories` also known vulnerabilities, which needs the network.
pub fn check(workspace: &Workspace, install: bool, advisories: bool) -> Result<Outcome, Failure> {
    let own = workspace.target.join("tools/bin/cargo-deny");
    let found = || which("cargo-deny").or_else(|| own.exists().then(|| own.clone()));
    let program: PathBuf = match found() {
        Some(program) => program,
        None if install => {
            install_it(workspace)?;
            own.clone()
        }
        None => {
            return Ok(Outcome::Skipped {
                reason: "cargo-deny not found".to_owned(),
                remedy: "add --install, or `cargo install cargo-deny --locked`".to_owned(),
            });
        }
    };
    let mut checks = vec!["licenses", "bans", "sources"];
    if advisories {
        checks.push("advisories");
    }
    let mut deny = workspace.command(program);
    deny.args(["--workspace", "--all-features", "check", "--hide-inclusion-graph"]).args(&checks);
    tools::run(&mut deny, "replace the dependency that is named above, or argue its case in deny.toml")?;
    Ok(Outcome::Passed(checks.join(", ")))
}

fn install_it(workspace: &Workspace) -> Result<(), Failure> {
    let mut cargo = workspace.cargo();
    cargo.args(["install", "cargo-deny", "--locked", "--version", VERSION, "--root"]);
    cargo.arg(workspace.target.join("tools"));
    // Its own build folder: the workspace's would be thrown away with other settings.
    cargo.arg("--target-dir").arg(workspace.target.join("tools/build"));
    tools::run(&mut cargo, "check that this machine reaches crates.io")?;
    // The build folder is hundreds of megabytes and of no further use.
    let _ = std::fs::remove_dir_all(workspace.target.join("tools/build"));
    Ok(())
}
