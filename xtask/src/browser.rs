//! The browser suite: Chromium driven through the whole job, with the accessibility engine axe-core.

use std::path::PathBuf;

use crate::css::npm_ci;
use crate::failure::{Explain, Failure};
use crate::report::Outcome;
use crate::suites::{is_cargo_result, tested};
use crate::tools::{self, CHROMEDRIVER, CHROMIUM, NODE, Workspace, which};

/// The name of the test target.
pub const TARGET: &str = "browser";

/// Runs `--test browser`. The suite finds its tools in these variables:
/// `STORYWRIGHT_BROWSER=1`, `STORYWRIGHT_CHROMIUM` and `STORYWRIGHT_CHROMEDRIVER` (programs),
/// `STORYWRIGHT_AXE` (axe.min.js) and `STORYWRIGHT_SCREENSHOTS` (a folder).
pub fn run(workspace: &Workspace, install: bool, filters: &[String]) -> Result<Outcome, Failure> {
    if !workspace.has_test_target(TARGET) {
        return Err(Failure::new("there is no test target `browser`", "check out a version that has one"));
    }
    if let Some((reason, remedy)) = tools::ensure(&[&CHROMIUM, &CHROMEDRIVER, &NODE], install)? {
        return Ok(Outcome::Skipped { reason, remedy });
    }
    let screenshots = workspace.root.join("artefacts/screenshots");
    std::fs::create_dir_all(&screenshots).explain("create artefacts/screenshots", "check the folder's permissions")?;
    let mut command = workspace.cargo();
    // `--workspace` keeps the features of the rust suite, and with them its build results.
    command.args(["test", "--workspace", "--test", TARGET]);
    if let [filter, ..] = filters {
        command.arg(filter);
    }
    command
        .env("STORYWRIGHT_BROWSER", "1")
        .env("STORYWRIGHT_CHROMIUM", which("chromium").unwrap_or_default())
        .env("STORYWRIGHT_CHROMEDRIVER", which("chromedriver").unwrap_or_default())
        .env("STORYWRIGHT_AXE", axe(workspace)?)
        .env("STORYWRIGHT_SCREENSHOTS", &screenshots);
    tested(tools::run_and_keep(&mut command, is_cargo_result)?)
}

/// axe-core as its lock file pins it, installed in the target directory.
fn axe(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let folder = workspace.target.join("browser-suite");
    for file in ["package.json", "package-lock.json"] {
        let text = tools::read(&workspace.root.join("xtask/browser").join(file))?;
        tools::write(&folder.join(file), text.as_bytes())?;
    }
    npm_ci(workspace, &folder)?;
    Ok(folder.join("node_modules/axe-core/axe.min.js"))
}
