//! The Storywright server: settings, wiring, workers, subcommands.

mod doctor;
mod doctor_llm;
#[cfg(debug_assertions)]
mod faults;
mod files;
mod keys;
mod lint;
mod lock;
mod logging;
mod rules;
mod serve;
mod settings;
mod wiring;
mod workers;

use clap::{Parser, Subcommand};
use settings::Settings;
use std::process::ExitCode;
use wiring::StartError;

/// An AI agent for Jira and Confluence that stays in the house.
#[derive(Parser)]
#[command(name = "storywright", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve pages, JSON API and event streams, and work on jobs.
    Serve,
    /// Bring the database up to date, then stop.
    Migrate,
    /// Look at settings, keys, database, sites and LLM services, and say what to do about what is wrong.
    Doctor {
        #[command(subcommand)]
        what: Option<DoctorCommand>,
    },
    /// Make, rotate, list or accept the keys.
    Keys {
        #[command(subcommand)]
        action: keys::KeysAction,
    },
    /// Print the reference of settings as Markdown.
    Settings,
    /// Check the user stories of files: text, Markdown, CSV, a Jira export. Needs neither server nor configuration.
    Lint(lint::LintArgs),
    /// Read a file from the standard input and write its text as JSON: what the server starts for files of strangers.
    #[command(name = files::SUBCOMMAND, hide = true)]
    ReadFile,
}

#[derive(Subcommand)]
enum DoctorCommand {
    /// Ask an LLM service with your own credential what it can do, and write down how it is spoken to.
    Llm(doctor_llm::LlmArgs),
}

/// glibc's allocator takes a quarter of the time of a page, in small pieces that come and go.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Command::ReadFile = cli.command {
        return files::child();
    }
    let get = variable;
    logging::start(&get("RUST_LOG").unwrap_or_else(|| "info,actix_server=warn,ureq=warn,rustls=warn".to_owned()));
    match run(&cli.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("storywright: {error}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "settings are read here, once")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn run(command: &Command) -> Result<ExitCode, StartError> {
    if let Command::Settings = command {
        print!("{}", settings::reference());
        return Ok(ExitCode::SUCCESS);
    }
    if let Command::Lint(args) = command {
        return Ok(lint::lint(args));
    }
    let settings = Settings::read(&variable)?;
    match command {
        Command::Serve => serve::serve(&settings)?,
        Command::Migrate => {
            let _lock = lock::DatabaseLock::take(&settings.database)?;
            storywright_storage::SqliteStorage::open(
                &settings.database,
                storywright_storage::SqliteOptions::default(),
            )?;
            println!("{} is up to date.", settings.database.display());
        }
        Command::Doctor { what: None } => return Ok(doctor::examine(&settings)),
        Command::Doctor { what: Some(DoctorCommand::Llm(args)) } => {
            return doctor_llm::examine(args, &settings, &variable);
        }
        Command::Keys { action } => keys::run(action, &settings)?,
        Command::Settings | Command::Lint(_) | Command::ReadFile => {}
    }
    Ok(ExitCode::SUCCESS)
}
