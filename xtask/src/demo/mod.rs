//! `demo`, `dev` and `seed`: the whole product on one machine, with a pretend company beside it.

mod api;
mod company;
mod drafts;
mod rebuild;
pub mod server;
mod settings;

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use crate::args::Args;
use crate::failure::{Explain, Failure};
use crate::report::seconds;
use crate::tools::{self, Workspace, free_port};
use api::Api;
use rebuild::Sources;
use server::{Log, Server, Signals};
use settings::Settings;

/// Help of `demo`.
pub const DEMO_HELP: &str = "\
Usage: cargo xtask demo [--empty] [--port 8080] [--sandbox-port 9900]

Builds and starts a pretend company (Jira, Confluence, a language model and MCP servers on loopback) and the server,
signs up one person with all integrations connected and an administrator who approves what only reads, writes a few drafts, and prints the address and the credentials. Ctrl-C stops
both. Everything is under var/demo and starts afresh each time; a port that is taken gives way to a free one.

  --empty         no drafts
  --port          where the server listens
  --sandbox-port  where the pretend company listens";

/// Help of `dev`.
pub const DEV_HELP: &str = "\
Usage: cargo xtask dev [--port 8080] [--sandbox-port 9900]

The demo for those who change the code: the database, the keys and the pretend company's issues are kept under
var/dev, templates and static files are read from the disk, logs go to the terminal, and a change of a source file
builds and restarts the server. Delete var/dev to start afresh.";

/// Help of `seed`.
pub const SEED_HELP: &str = "\
Usage: cargo xtask seed --user NAME --password PASSWORD [--address http://127.0.0.1:8080] [--drafts 3]

Writes drafts for a person who is signed up and has a language model connected, through the JSON API of a running
server. `cargo xtask demo --empty` prints such a person.";

/// The person whom the demo signs up.
const HANDLE: &str = "alice";
/// Who decides about tools; `server.administrators` of config/demo/config.json names the same person.
const ADMINISTRATOR: &str = "ada";
const PASSWORD: &str = "a password for the demo only";
const DRAFTS: usize = 3;
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// A demonstration that forgets.
pub fn demo(workspace: &Workspace, mut args: Args) -> Result<ExitCode, Failure> {
    let drafts = if args.take_switch("--empty") { 0 } else { DRAFTS };
    let company = Company::from_args(workspace, args, "demo")?;
    if company.folder.exists() {
        std::fs::remove_dir_all(&company.folder)
            .explain(format!("empty {}", company.folder.display()), "stop the demo that uses it")?;
    }
    let signals = Signals::catch()?;
    build(workspace)?;
    let mut running = company.start(workspace, false, &signals)?;
    running.welcome(&company, drafts, &signals)?;
    running.wait(&signals)
}

/// A demonstration that remembers and follows the sources.
pub fn dev(workspace: &Workspace, args: Args) -> Result<ExitCode, Failure> {
    let company = Company::from_args(workspace, args, "dev")?;
    let signals = Signals::catch()?;
    let sources = Sources::of(workspace);
    build(workspace)?;
    let mut running = company.start(workspace, true, &signals)?;
    running.welcome(&company, 0, &signals)?;
    running.follow(sources, &signals, || {
        build(workspace)?;
        Ok(company.settings.server_command(workspace))
    })
}

/// Drafts for a person of a running server.
pub fn seed(_workspace: &Workspace, mut args: Args) -> Result<ExitCode, Failure> {
    let address = args.take_option("--address")?.unwrap_or_else(|| "http://127.0.0.1:8080".to_owned());
    let needed = |value: Option<String>, name: &str| {
        value.ok_or_else(|| Failure::new(format!("{name} is missing"), "see `cargo xtask seed --help`"))
    };
    let user = needed(args.take_option("--user")?, "--user")?;
    let password = needed(args.take_option("--password")?, "--password")?;
    let count = args.take_option("--drafts")?.map_or(Ok(DRAFTS), |text| text.parse());
    let count = count.explain("understand --drafts", "give a whole number")?;
    args.finish()?;
    let api = Api::new(&address).sign_in(&user, &password)?;
    let started = Instant::now();
    let written = drafts::write(&api, count, &Signals::catch()?)?;
    println!("{written} drafts written in {}", seconds(started.elapsed()));
    Ok(ExitCode::SUCCESS)
}

fn build(workspace: &Workspace) -> Result<(), Failure> {
    let started = Instant::now();
    println!("\n==> build: the server and the pretend company (a few minutes the first time)");
    let mut cargo = workspace.cargo();
    cargo.args(["build", "-p", "storywright", "-p", "storywright-sandbox", "--bins"]);
    tools::run(&mut cargo, "mend what the compiler names above")?;
    println!("<== build: done ({})", seconds(started.elapsed()));
    Ok(())
}

/// One folder below `var/` and the two addresses.
struct Company {
    folder: PathBuf,
    settings: Settings,
}

impl Company {
    fn from_args(workspace: &Workspace, mut args: Args, name: &str) -> Result<Self, Failure> {
        let mut port = |name: &str, usual: u16| -> Result<u16, Failure> {
            match args.take_option(name)? {
                None => free_port(usual),
                Some(text) => text.parse().explain(format!("understand {name}"), "give a number from 1 to 65535"),
            }
        };
        let (server, sandbox) = (port("--port", 8080)?, port("--sandbox-port", 9900)?);
        args.finish()?;
        let folder = workspace.root.join("var").join(name);
        let settings = Settings::new(&folder, server, sandbox);
        Ok(Self { folder, settings })
    }

    fn start(&self, workspace: &Workspace, kept: bool, signals: &Signals) -> Result<Running, Failure> {
        let settings = &self.settings;
        std::fs::create_dir_all(&self.folder)
            .explain(format!("create {}", self.folder.display()), "check the permissions of the folder")?;
        let log = |name: &str| if kept { Log::Terminal } else { Log::File(self.folder.join(name)) };
        println!("\n==> start: the pretend company on {}", settings.sandbox_url());
        let mut command = settings.sandbox_command(workspace, kept);
        let mut sandbox = Server::start("the pretend company", &mut command, log("sandbox.log"))?;
        sandbox.wait_until_ready(&format!("{}/__sandbox/people", settings.sandbox_url()), signals)?;
        settings.prepare(workspace)?;
        println!("==> start: the server on {}", settings.server_url());
        let mut server = Server::start("the server", &mut settings.server_command(workspace), log("server.log"))?;
        server.wait_until_ready(&format!("{}/readyz", settings.server_url()), signals)?;
        Ok(Running { server, sandbox })
    }
}

/// The two programs. Dropping stops them, so that a failure leaves nothing behind.
struct Running {
    // Fields are dropped in this order: the server first, while its company still answers.
    server: Server,
    sandbox: Server,
}

impl Running {
    fn welcome(&mut self, company: &Company, drafts: usize, signals: &Signals) -> Result<(), Failure> {
        let settings = &company.settings;
        let person = company::person(&settings.sandbox_url(), HANDLE)?;
        println!("==> sign up: {} with every integration connected", person.display_name);
        let api = company::sign_up(&settings.server_url(), &person, PASSWORD)?;
        let administrator = company::person(&settings.sandbox_url(), ADMINISTRATOR)?;
        if drafts > 0 {
            println!("==> drafts: {drafts}, written by the pretend language model");
            drafts::write(&api, drafts, signals)?;
        }
        println!("==> tools: {} approves what only reads", administrator.display_name);
        company::approve_reads(&company::sign_up(&settings.server_url(), &administrator, PASSWORD)?, signals)?;
        let other = company::person(&settings.sandbox_url(), "bob")?;
        println!(
            "\n  Storywright      {}\n  Employee ID      {}\n  Password         {PASSWORD}\n\n  \
             Pretend Jira     {}/jira/\n\n  \
             To try the sign-up yourself, be {}:\n  \
             Jira token       {}\n  LLM cookie       {}\n  Confluence token {}\n\n  \
             The agent may look things up in Jira and Confluence: the tools that only read are\n  \
             approved. A forgotten password is set anew with a second token: the Jira token and\n  \
             `-new` behind it. To see what the administrator decides under Tools, be {}:\n  \
             Employee ID      {}\n  Password         {PASSWORD}\n\n  \
             Files and logs   {}\n\n  Ctrl-C stops everything.\n",
            settings.server_url(),
            person.employee_id,
            settings.sandbox_url(),
            other.display_name,
            other.jira_pat,
            other.llm_cookie,
            other.confluence_pat,
            administrator.display_name,
            administrator.employee_id,
            company.folder.display(),
        );
        Ok(())
    }

    /// Waits for a signal, or for one of the two to end by itself, which is a failure.
    fn wait(mut self, signals: &Signals) -> Result<ExitCode, Failure> {
        while !signals.wait(LOOK_EVERY) {
            self.server.still_runs()?;
            self.sandbox.still_runs()?;
        }
        self.stop()
    }

    /// Waits for a signal and replaces the server when sources changed. A server that ended, or did not build,
    /// is waited for: the next change may mend it.
    fn follow(
        mut self,
        mut sources: Sources,
        signals: &Signals,
        build: impl Fn() -> Result<Command, Failure>,
    ) -> Result<ExitCode, Failure> {
        while !signals.wait(LOOK_EVERY) {
            self.sandbox.still_runs()?;
            if !sources.changed() {
                continue;
            }
            println!("\n==> a source file changed");
            let replaced = build().and_then(|mut command| {
                self.server.stop()?;
                self.server = Server::start("the server", &mut command, Log::Terminal)?;
                Ok(())
            });
            if let Err(failure) = replaced {
                eprintln!("{failure}\nWaiting for the next change.");
            }
        }
        self.stop()
    }

    fn stop(mut self) -> Result<ExitCode, Failure> {
        println!("\nStopping.");
        self.server.stop()?;
        self.sandbox.stop()?;
        Ok(ExitCode::SUCCESS)
    }
}
