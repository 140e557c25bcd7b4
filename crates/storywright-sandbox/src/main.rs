//! Runs the pretend company until it is interrupted.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::Parser;
use storywright_sandbox::{Options, Sandbox};

/// A pretend company on loopback: Jira, Confluence and an LLM service, with faults.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Address and port to listen on; only loopback addresses are accepted.
    #[arg(long, default_value = "127.0.0.1:9900")]
    listen: SocketAddr,
    /// Keep the company in this file, so that it survives a restart.
    #[arg(long, value_name = "FILE")]
    state_file: Option<PathBuf>,
    /// Threads that answer requests.
    #[arg(long, default_value_t = 2)]
    workers: usize,
    /// Requests kept in the log; older ones are forgotten.
    #[arg(long, default_value_t = 20_000)]
    log_capacity: usize,
}

fn main() -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("warn")).init();
    let arguments = Arguments::parse();
    let options = Options {
        listen: arguments.listen,
        state_file: arguments.state_file,
        workers: arguments.workers,
        log_capacity: arguments.log_capacity,
        stop_on_signals: true,
    };
    match Sandbox::start(options) {
        Ok(running) => {
            println!("{}", running.welcome());
            running.wait();
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("storywright-sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}
