//! Benchmarks of the whole product: release builds of server and pretend company as processes of their own, real sockets, figures as
//! distributions and ratios. `cargo xtask bench` builds and runs it.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures the real time and reads its own environment")]

mod api;
mod company;
mod dashboard;
mod eval;
mod http;
mod latency;
mod lint;
mod process;
mod publish;
mod report;
mod start;
mod tools;

use clap::{Parser, Subcommand};
use company::Company;
use report::Report;
use std::process::ExitCode;

/// Anything that keeps a benchmark from a figure, in words.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Benchmarks of the whole product.
#[derive(Parser)]
#[command(name = "storywright-bench")]
struct Cli {
    #[command(subcommand)]
    command: Option<Work>,
    /// Shorter runs with fewer streams: a check that the benchmark works, not a figure.
    #[arg(long, global = true)]
    quick: bool,
}

#[derive(Subcommand)]
enum Work {
    #[command(flatten)]
    Measure(Part),
    /// The golden set of requirement documents through the whole product.
    Eval(eval::Options),
}

#[derive(Subcommand, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Throughput and latency of the dashboard beside a bare response of the same size.
    Dashboard,
    /// Latency added to each token.
    Latency,
    /// A tree of 200 issues in a Jira that takes its time.
    Publish,
    /// Start time and memory.
    Start,
    /// Sign-ins beside dashboards.
    SignIn,
    /// The kept list of a server with 98 tools.
    Tools,
    /// `storywright lint` on long files and on long lines.
    Lint,
    /// (used by the benchmark itself) Serve those tools.
    #[command(hide = true)]
    ServeTools {
        /// Port on loopback.
        #[arg(long)]
        port: u16,
    },
    /// (used by the benchmark itself) Serve a bare response.
    #[command(hide = true)]
    Bare {
        /// Bytes of the body.
        #[arg(long)]
        size: usize,
        /// Port on loopback.
        #[arg(long)]
        port: u16,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    exit(match cli.command {
        Some(Work::Measure(Part::Bare { size, port })) => dashboard::serve_bare(size, port),
        Some(Work::Measure(Part::ServeTools { port })) => tools::serve_tools(port),
        Some(Work::Measure(part)) => run(Some(part), cli.quick),
        Some(Work::Eval(options)) => evaluate(&options),
        None => run(None, cli.quick),
    })
}

fn exit(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("storywright-bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn evaluate(options: &eval::Options) -> Result<(), Failure> {
    eval::run(&tokio::runtime::Builder::new_current_thread().enable_all().build()?, options)
}

fn run(part: Option<Part>, quick: bool) -> Result<(), Failure> {
    let wanted = |this: Part| part.is_none_or(|part| part == this);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut report = Report::default();
    if wanted(Part::Start) {
        start::measure(&mut report, quick)?;
    }
    if wanted(Part::Lint) {
        lint::measure(&mut report, quick)?;
    }
    if wanted(Part::Dashboard) || wanted(Part::SignIn) {
        let company = Company::start("sandbox-writer")?;
        if wanted(Part::Dashboard) {
            runtime.block_on(dashboard::measure(&company, &mut report, quick))?;
        }
        if wanted(Part::SignIn) {
            runtime.block_on(dashboard::sign_in_storm(&company, &mut report, quick))?;
        }
    }
    if wanted(Part::Publish) {
        let company = Company::start("sandbox-writer")?;
        runtime.block_on(publish::measure(&company, &mut report, quick))?;
    }
    if wanted(Part::Tools) {
        tools::measure(&runtime, &mut report, quick)?;
    }
    if wanted(Part::Latency) {
        for streams in if quick { [5, 20] } else { [200, 1_000] } {
            let company = Company::start("echo-bench:50:100")?;
            runtime.block_on(latency::measure(&company, streams, &mut report))?;
        }
    }
    report.print();
    report.save()
}
