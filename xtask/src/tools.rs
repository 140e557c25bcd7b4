//! The workspace, the programs that tasks call, and how a missing one is installed.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::failure::{Explain, Failure};

/// Where the repository and its build results are.
pub struct Workspace {
    /// The folder of the root `Cargo.toml`.
    pub root: PathBuf,
    /// The target directory, also when `CARGO_TARGET_DIR` moved it.
    pub target: PathBuf,
    /// What `cargo metadata --no-deps` says.
    pub metadata: serde_json::Value,
}

impl Workspace {
    /// Asks cargo.
    pub fn find() -> Result<Self, Failure> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf);
        let mut command = cargo_in(&here);
        command.args(["metadata", "--format-version", "1", "--no-deps"]);
        let output =
            command.stderr(Stdio::inherit()).output().explain("run cargo metadata", "install Rust with rustup")?;
        let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)
            .explain("read the answer of cargo metadata", "mend the Cargo.toml that cargo names above")?;
        let folder = |key: &str| {
            metadata[key].as_str().map(PathBuf::from).ok_or_else(|| {
                Failure::new(format!("cargo metadata has no `{key}`"), "use the toolchain that README.md names")
            })
        };
        Ok(Self { root: folder("workspace_root")?, target: folder("target_directory")?, metadata })
    }

    /// A cargo command at the root.
    pub fn cargo(&self) -> Command {
        cargo_in(&self.root)
    }

    /// Any other command at the root.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        command
    }

    /// Whether one of our crates has this name.
    pub fn has_crate(&self, name: &str) -> bool {
        self.metadata["packages"].as_array().is_some_and(|all| all.iter().any(|package| package["name"] == name))
    }

    /// Whether one of our crates has an integration test of this name.
    pub fn has_test_target(&self, name: &str) -> bool {
        let packages = self.metadata["packages"].as_array().into_iter().flatten();
        let mut targets = packages.filter_map(|package| package["targets"].as_array()).flatten();
        targets.any(|target| target["name"] == name && target["kind"][0] == "test")
    }
}

fn cargo_in(folder: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(folder);
    // `cargo xtask` sets these for this crate; they are not meant for the crates that are built next.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            command.env_remove(name);
        }
    }
    command
}

/// Runs with the terminal's own input and output.
pub fn run(command: &mut Command, remedy: &str) -> Result<(), Failure> {
    let words = words(command);
    println!("$ {words}");
    let status = command.status().explain(format!("run {words}"), remedy)?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("`{words}` failed ({status})"), remedy)) }
}

/// Runs while showing the output line by line, and gives the lines that `keep` wants, without colours.
pub fn run_and_keep(
    command: &mut Command,
    keep: fn(&str) -> bool,
) -> Result<(std::process::ExitStatus, Vec<String>), Failure> {
    let words = words(command);
    println!("$ {words}");
    if std::io::stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let remedy = "install the program, or see what it says above";
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .explain(format!("run {words}"), remedy)?;
    let kept = Mutex::new(Vec::new());
    let (out, err) = (child.stdout.take(), child.stderr.take());
    std::thread::scope(|threads| {
        threads.spawn(|| out.map(|pipe| pass_on(pipe, std::io::stdout(), keep, &kept)));
        threads.spawn(|| err.map(|pipe| pass_on(pipe, std::io::stderr(), keep, &kept)));
    });
    let status = child.wait().explain(format!("wait for {words}"), remedy)?;
    Ok((status, kept.into_inner().unwrap_or_else(PoisonError::into_inner)))
}

fn pass_on(from: impl Read, mut to: impl Write, keep: fn(&str) -> bool, kept: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(from);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        // A closed terminal must not stop the reading: the child would block on a full pipe.
        let _ = to.write_all(&line).and_then(|()| to.flush());
        let text = without_colours(&String::from_utf8_lossy(&line));
        if keep(&text) {
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(text.trim().to_owned());
        }
        line.clear();
    }
}

fn without_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\x1b[") {
        plain.push_str(&rest[..at]);
        let code = &rest[at + 2..];
        rest = code.find(|c: char| c.is_ascii_alphabetic()).map_or("", |end| &code[end + 1..]);
    }
    plain.push_str(rest);
    plain
}

/// The command as one would type it.
fn words(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    std::iter::once(program)
        .chain(command.get_args())
        .map(|word| {
            let word = word.to_string_lossy();
            if word.contains(' ') { format!("'{word}'") } else { word.into_owned() }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// The path of a program, if this machine has it.
pub fn which(program: &str) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|candidate| {
        candidate.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
    })
}

/// Whether a command can be run and is content.
pub fn succeeds(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
}

/// Something that a step needs and this machine may lack.
pub struct Need {
    /// What to call it.
    pub name: &'static str,
    /// Whether it is here.
    pub present: fn() -> bool,
    /// Debian packages that bring it.
    pub packages: &'static [&'static str],
}

/// Node.js and npm, which build the style sheet.
pub const NODE: Need = Need {
    name: "Node.js 20 or newer with npm",
    present: || which("npm").is_some() && node_is_new_enough(),
    packages: &["nodejs", "npm"],
};
/// The browser.
pub const CHROMIUM: Need =
    Need { name: "Chromium", present: || which("chromium").is_some(), packages: &["chromium", "fonts-liberation"] };
/// What drives the browser.
pub const CHROMEDRIVER: Need =
    Need { name: "chromedriver", present: || which("chromedriver").is_some(), packages: &["chromium-driver"] };
/// Python that can make virtual environments.
pub const PYTHON: Need = Need {
    name: "Python 3 with venv",
    present: || succeeds(Command::new("python3").args(["-c", "import venv, ensurepip"])),
    packages: &["python3", "python3-venv"],
};

fn node_is_new_enough() -> bool {
    succeeds(Command::new("node").args(["-e", "process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)"]))
}

/// Makes sure that all `needs` are met, installing what lacks when `install` says so.
/// Otherwise gives the reason and the remedy for the table.
pub fn ensure(needs: &[&Need], install: bool) -> Result<Option<(String, String)>, Failure> {
    let missing: Vec<&&Need> = needs.iter().filter(|need| !(need.present)()).collect();
    if missing.is_empty() {
        return Ok(None);
    }
    let packages: Vec<&str> = missing.iter().flat_map(|need| need.packages.iter().copied()).collect();
    let names = missing.iter().map(|need| need.name).collect::<Vec<_>>().join(" and ");
    if !install {
        let remedy = format!("add --install, or `sudo apt-get install {}`", packages.join(" "));
        return Ok(Some((format!("{names} not found"), remedy)));
    }
    apt_install(&packages)?;
    match missing.iter().find(|need| !(need.present)()) {
        None => Ok(None),
        Some(need) => Err(Failure::new(
            format!("{} is still not found after installing {}", need.name, need.packages.join(" ")),
            "put its program on the PATH",
        )),
    }
}

fn apt_install(packages: &[&str]) -> Result<(), Failure> {
    static UPDATED: OnceLock<()> = OnceLock::new();
    let by_hand = format!("install by hand: {}", packages.join(" "));
    if which("apt-get").is_none() {
        return Err(Failure::new("--install knows Debian's apt-get only, and this machine has none", by_hand));
    }
    let id = Command::new("id").arg("-u").output().explain("run id -u", &by_hand)?;
    if id.stdout.trim_ascii() != b"0" {
        return Err(Failure::new("--install calls apt-get, which only root may do", by_hand));
    }
    let apt = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").arg("-q");
        command
    };
    if UPDATED.get().is_none() {
        run(apt().arg("update"), &by_hand)?;
        let _ = UPDATED.set(());
    }
    run(apt().args(["install", "-y", "--no-install-recommends"]).args(packages), &by_hand)
}

/// A port of the loopback interface that nobody listens on: `wanted` if it is free, else any.
pub fn free_port(wanted: u16) -> Result<u16, Failure> {
    let bind = |port| TcpListener::bind(("127.0.0.1", port)).and_then(|listener| listener.local_addr());
    bind(wanted)
        .or_else(|_| bind(0))
        .map(|address| address.port())
        .explain("find a free port on 127.0.0.1", "close a program that listens there")
}

/// A file's text.
pub fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).explain(format!("read {}", path.display()), "restore the file from version control")
}

/// Writes a file, making its folder.
pub fn write(path: &Path, contents: &[u8]) -> Result<(), Failure> {
    let remedy = "check the permissions and the free space of the folder";
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).explain(format!("create {}", folder.display()), remedy)?;
    }
    std::fs::write(path, contents).explain(format!("write {}", path.display()), remedy)
}

/// The SHA-256 of some bytes, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// All files below `folder`, sorted, without build results and installed packages.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let skipped = matches!(
                entry.file_name().to_str(),
                Some("target" | "node_modules" | ".git" | "__pycache__" | ".venv" | "artefacts" | "var")
            );
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && !skipped => open.push(path),
                Ok(kind) if kind.is_file() => found.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_taken_out() {
        assert_eq!(without_colours("\x1b[32;1m  Summary\x1b[0m [ 1.2s]"), "  Summary [ 1.2s]");
        assert_eq!(without_colours("plain"), "plain");
    }

    #[test]
    fn the_checksum_is_the_standard_one() {
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn a_taken_port_gives_way_to_a_free_one() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        assert_ne!(free_port(port).unwrap(), port);
    }

    #[test]
    fn output_is_kept_line_by_line_and_the_status_is_told() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two >&2; exit 3"]);
        let (status, kept) = run_and_keep(&mut command, |line| line.starts_with("two")).unwrap();
        assert_eq!((status.code(), kept.as_slice()), (Some(3), ["two".to_owned()].as_slice()));
    }
}
