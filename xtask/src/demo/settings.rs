//! How the demonstration's two programs are configured. The one place that knows their options and variables.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Explain, Failure};
use crate::tools::{self, Workspace};

/// The id of the Jira site in the administrator's list.
pub const JIRA_SITE: &str = "company-jira";
/// The id of the Confluence site.
pub const CONFLUENCE_SITE: &str = "company-wiki";
/// The id of the language model service.
pub const LLM_SERVICE: &str = "sandbox";

/// Addresses and files of one demonstration.
pub struct Settings {
    folder: PathBuf,
    server_port: u16,
    sandbox_port: u16,
}

impl Settings {
    /// Everything that is written goes below `folder`.
    pub fn new(folder: &Path, server_port: u16, sandbox_port: u16) -> Self {
        Self { folder: folder.to_path_buf(), server_port, sandbox_port }
    }

    /// Where people open the server.
    pub fn server_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.server_port)
    }

    /// Where the pretend company is.
    pub fn sandbox_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.sandbox_port)
    }

    /// The pretend company; `kept` lets it remember its issues.
    pub fn sandbox_command(&self, workspace: &Workspace, kept: bool) -> Command {
        let mut command = workspace.command(workspace.target.join("debug/storywright-sandbox"));
        command.arg("--listen").arg(format!("127.0.0.1:{}", self.sandbox_port));
        if kept {
            command.arg("--state-file").arg(self.folder.join("company.json"));
        }
        command
    }

    /// Writes the configuration, and makes the keys if there are none.
    pub fn prepare(&self, workspace: &Workspace) -> Result<(), Failure> {
        self.write_config(workspace)?;
        if self.keyring().exists() {
            return Ok(());
        }
        let mut command = self.binary(workspace);
        tools::run(command.args(["keys", "init"]), "see `storywright keys --help`")
    }

    /// The server.
    pub fn server_command(&self, workspace: &Workspace) -> Command {
        let mut command = self.binary(workspace);
        command.arg("serve");
        command
    }

    fn keyring(&self) -> PathBuf {
        self.folder.join("keyring.json")
    }

    fn binary(&self, workspace: &Workspace) -> Command {
        let mut command = workspace.command(workspace.target.join("debug/storywright"));
        command
            .env("STORYWRIGHT_LISTEN", format!("127.0.0.1:{}", self.server_port))
            .env("STORYWRIGHT_CONFIG", self.config())
            .env("STORYWRIGHT_KEYRING_FILE", self.keyring())
            .env("DATABASE_URL", self.folder.join("storywright.db"));
        command
    }

    fn config(&self) -> PathBuf {
        self.folder.join("config")
    }

    /// The shipped demonstration's configuration, with the pretend company's real port and its shared files found from here.
    fn write_config(&self, workspace: &Workspace) -> Result<(), Failure> {
        let shipped = workspace.root.join("config/demo/config.json");
        let text =
            std::fs::read_to_string(&shipped).explain(format!("read {}", shipped.display()), "restore it from git")?;
        let shared = format!("\"{}/", workspace.root.join("config").display());
        let text = text.replace("http://127.0.0.1:9900", &self.sandbox_url()).replace("\"../", &shared);
        std::fs::create_dir_all(self.config())
            .explain(format!("create {}", self.config().display()), "check that var/ is writable")?;
        let file = self.config().join("config.json");
        std::fs::write(&file, text).explain(format!("write {}", file.display()), "check that var/ is writable")
    }
}
