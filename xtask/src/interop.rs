//! The interop suite: Python clients and the MCP server that other people wrote, unchanged, with the sandbox and the product.

use std::path::PathBuf;

use crate::demo::server::{Log, Server, Signals};
use crate::failure::{Explain, Failure};
use crate::report::Outcome;
use crate::suites::tested;
use crate::tools::{self, PYTHON, Workspace, free_port, read, sha256};

const SUITE: &str = "crates/storywright-sandbox/tests/interop";

/// Installs the clients into a virtual environment, starts the sandbox on a free port and runs pytest.
pub fn run(workspace: &Workspace, install: bool) -> Result<Outcome, Failure> {
    if let Some((reason, remedy)) = tools::ensure(&[&PYTHON], install)? {
        return Ok(Outcome::Skipped { reason, remedy });
    }
    let python = environment(workspace)?;
    let mut build = workspace.cargo();
    // The same selection as the rust suite builds, so that nothing is compiled twice.
    build.args(["build", "--workspace", "--bins", "--tests"]);
    tools::run(&mut build, "mend what the compiler names above")?;

    let address = format!("127.0.0.1:{}", free_port(0)?);
    let mut sandbox = workspace.command(workspace.target.join("debug/storywright-sandbox"));
    sandbox.args(["--listen", &address]);
    let signals = Signals::catch()?;
    let log = Log::File(workspace.target.join("interop-sandbox.log"));
    let mut sandbox = Server::start("the sandbox", &mut sandbox, log)?;
    sandbox.wait_until_ready(&format!("http://{address}/__sandbox/people"), &signals)?;

    let mut pytest = workspace.command(python);
    pytest.args(["-m", "pytest", "-p", "no:cacheprovider", "--color=no", "-q", SUITE]);
    pytest.env("SANDBOX_URL", format!("http://{address}")).env("PYTHONDONTWRITEBYTECODE", "1");
    pytest.env("STORYWRIGHT_BINARY", workspace.target.join("debug/storywright"));
    let result = tools::run_and_keep(&mut pytest, is_pytest_summary)?;
    sandbox.stop()?;
    tested(result)
}

/// The Python of a virtual environment that holds what requirements.txt asks for, with a folder beside its packages for a client that
/// wants another version of one of them.
fn environment(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let folder = workspace.target.join("interop-venv");
    let requirements = workspace.root.join(SUITE).join("requirements.txt");
    let mcp_client = workspace.root.join(SUITE).join("requirements-mcp-client.txt");
    let wanted = sha256((read(&requirements)? + &read(&mcp_client)?).as_bytes());
    let python = folder.join("bin/python");
    let stamp = folder.join("installed-from");
    if python.exists() && std::fs::read_to_string(&stamp).is_ok_and(|text| text == wanted) {
        return Ok(python);
    }
    if folder.exists() {
        std::fs::remove_dir_all(&folder).explain("remove an old target/interop-venv", "remove it by hand")?;
    }
    let remedy = "check that this machine reaches the Python package index";
    tools::run(workspace.command("python3").args(["-m", "venv"]).arg(&folder), "install python3-venv")?;
    let pip = || {
        let mut pip = workspace.command(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-warn-conflicts"]);
        pip
    };
    tools::run(pip().arg("-r").arg(&requirements), remedy)?;
    tools::run(pip().arg("--target").arg(folder.join("mcp-client")).arg("-r").arg(&mcp_client), remedy)?;
    tools::write(&stamp, wanted.as_bytes())?;
    Ok(python)
}

/// `12 passed, 1 skipped in 3.21s`
fn is_pytest_summary(line: &str) -> bool {
    line.contains(" in ") && [" passed", " failed", " error"].iter().any(|word| line.contains(word))
}
