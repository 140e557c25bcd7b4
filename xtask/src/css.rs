//! The style sheet: built by Tailwind's own command from npm, committed, and checked to be fresh.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::args::Args;
use crate::failure::Failure;
use crate::report::{Outcome, Report};
use crate::tools::{self, NODE, Workspace, read, sha256};

/// Help of `css`.
pub const HELP: &str = "\
Usage: cargo xtask css [--check] [--install]

Builds web-assets/static/app.css from web-assets/css/app.css and the templates. Needs Node.js 20 with npm.

  --check    builds into the target directory instead, and fails when the committed file differs;
             also verifies the checksum of every vendored file in web-assets/static/VERSIONS
  --install  installs Node.js and npm with apt-get when they are missing (Debian, as root)";

const REMEDY: &str = "run `cargo xtask css` and commit web-assets/static/app.css";

/// Runs the task.
pub fn run(workspace: &Workspace, mut args: Args) -> Result<ExitCode, Failure> {
    let (check_only, install) = (args.take_switch("--check"), args.take_switch("--install"));
    args.finish()?;
    let mut report = Report::new("css", false);
    if check_only {
        steps(workspace, install, &mut report);
    } else {
        report.step("build", "web-assets/static/app.css", || {
            if let Some((reason, remedy)) = tools::ensure(&[&NODE], install)? {
                return Err(Failure::new(reason, remedy));
            }
            let sheet = workspace.root.join("web-assets/static/app.css");
            build(workspace, &sheet)?;
            Ok(Outcome::Passed(format!("{} bytes", read(&sheet)?.len())))
        });
    }
    Ok(report.finish())
}

/// The two checks, for `css --check`, `check` and `test`.
pub fn steps(workspace: &Workspace, install: bool, report: &mut Report) {
    report.step("vendored files", "checksums of web-assets/static/VERSIONS", || vendored(workspace));
    report.step("style sheet", "the committed app.css is what its sources give", || fresh(workspace, install));
}

/// Builds the style sheet elsewhere and compares.
pub fn fresh(workspace: &Workspace, install: bool) -> Result<Outcome, Failure> {
    if let Some((reason, remedy)) = tools::ensure(&[&NODE], install)? {
        return Ok(Outcome::Skipped { reason, remedy });
    }
    let built = workspace.target.join("css-check/app.css");
    build(workspace, &built)?;
    let committed = read(&workspace.root.join("web-assets/static/app.css"))?;
    if committed == read(&built)? {
        return Ok(Outcome::Passed(format!("{} bytes, as committed", committed.len())));
    }
    Err(Failure::new(
        format!("web-assets/static/app.css is not what its sources give (compare with {})", built.display()),
        REMEDY,
    ))
}

fn build(workspace: &Workspace, to: &Path) -> Result<(), Failure> {
    let assets = workspace.root.join("web-assets");
    npm_ci(workspace, &assets)?;
    let mut tailwind = workspace.command(assets.join("node_modules/.bin/tailwindcss"));
    tailwind.current_dir(&assets).args(["-i", "css/app.css", "--minify", "-o"]);
    tools::run(tailwind.arg(to), "mend what Tailwind names above")
}

/// Installs the packages of `folder` as its lock file names them, unless that was done for this very lock file.
pub fn npm_ci(workspace: &Workspace, folder: &Path) -> Result<(), Failure> {
    let lock = sha256(read(&folder.join("package-lock.json"))?.as_bytes());
    let stamp = folder.join("node_modules/.installed-from");
    if std::fs::read_to_string(&stamp).is_ok_and(|text| text == lock) {
        return Ok(());
    }
    let mut npm = workspace.command("npm");
    npm.current_dir(folder).args(["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]);
    tools::run(&mut npm, "check that this machine reaches the npm registry and that the lock file fits package.json")?;
    tools::write(&stamp, lock.as_bytes())
}

/// Every vendored file is listed with its checksum, and every checksum is right.
fn vendored(workspace: &Workspace) -> Result<Outcome, Failure> {
    let folder = workspace.root.join("web-assets/static");
    let listed = parse_versions(&read(&folder.join("VERSIONS"))?)?;
    let mut faults = Vec::new();
    for file in &listed {
        match std::fs::read(folder.join(&file.name)) {
            Ok(bytes) if sha256(&bytes) == file.sha256 => {}
            Ok(bytes) => faults.push(format!("{} has the checksum {}", file.name, sha256(&bytes))),
            Err(error) => faults.push(format!("{}: {error}", file.name)),
        }
    }
    let minified = |path: &&PathBuf| path.to_string_lossy().ends_with(".min.js");
    for path in tools::files_below(&folder).iter().filter(minified) {
        let name = path.strip_prefix(&folder).unwrap_or(path).to_string_lossy();
        if !listed.iter().any(|file| file.name == name) {
            faults.push(format!("{name} is not listed"));
        }
    }
    if faults.is_empty() {
        return Ok(Outcome::Passed(format!("{} files", listed.len())));
    }
    let problem = format!("web-assets/static/VERSIONS does not fit the files: {}", faults.join("; "));
    Err(Failure::new(problem, "vendor the files again: in web-assets/vendor, `npm ci && npm run vendor`"))
}

#[derive(Debug, PartialEq)]
struct Vendored {
    name: String,
    sha256: String,
}

/// Lines of `file version source licence sha256`; the licence may hold spaces. `#` starts a comment line.
fn parse_versions(text: &str) -> Result<Vec<Vendored>, Failure> {
    let mut files = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let is_checksum = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        match fields.as_slice() {
            [name, _version, _source, _licence, .., checksum] if is_checksum(checksum) => {
                files.push(Vendored { name: (*name).to_owned(), sha256: checksum.to_ascii_lowercase() });
            }
            _ => {
                let problem = format!("web-assets/static/VERSIONS has an odd line: `{line}`");
                return Err(Failure::new(problem, "write `file version source licence sha256`"));
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_file_with_a_checksum() {
        let sum = "ab".repeat(32);
        let files = parse_versions(&format!("# vendored\n\nhtmx.min.js 2.0 npm:htmx.org 0BSD {sum}\n")).unwrap();
        assert_eq!(files, [Vendored { name: "htmx.min.js".to_owned(), sha256: sum.clone() }]);
        let spaced = format!("a.js 1 npm:a MIT OR Apache-2.0 {sum}");
        assert_eq!(parse_versions(&spaced).unwrap()[0].sha256, sum);
        assert!(parse_versions("htmx.min.js 2.0 npm:htmx.org 0BSD").is_err());
        assert!(parse_versions("htmx.min.js 2.0 npm:htmx.org 0BSD not-a-checksum").is_err());
    }
}
