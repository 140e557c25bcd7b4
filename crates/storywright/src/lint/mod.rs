//! `storywright lint`: checks the stories of files without server or configuration, one at a time.

mod csv;
mod input;
mod output;
mod rules;

use clap::{Args, ValueEnum};
use input::{Format, Item, LONGEST_LINE};
use output::{Output, Report};
use rules::{LintRules, RulesError};
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use storywright_domain::finding::Severity;
use storywright_domain::quality::check_in;
use storywright_domain::quality::set::{Profile, Set};

/// Stories after which progress is shown again.
const PROGRESS: u64 = 20_000;

/// The arguments of the command.
#[derive(Args)]
pub struct LintArgs {
    /// How findings are printed: a line each for people, a JSON object for each story, or a SARIF 2.1.0 log.
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
    /// A JSON file with severities, forbidden words and patterns, or a rule set as it is exported; docs/RULES.md describes both.
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// How the files are read; by default the end of the name decides: .md, .csv, .tsv, .json (Jira), else text with a story on each line.
    #[arg(long, value_enum)]
    input: Option<Format>,
    /// Name of the CSV column that holds the story, when its header is not recognised.
    #[arg(long)]
    column: Option<String>,
    /// Files to check, each a set of its own; `-` is the standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// How findings are printed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OutputFormat {
    Text,
    Json,
    Sarif,
}

/// What keeps the command from its work.
#[derive(Debug, thiserror::Error)]
enum LintError {
    #[error("{}: {source}; check the name and whether you may read it", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// The file is there, and is not what it should be; the source says what to do.
    #[error("{}: {source}", path.display())]
    Content {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    Rules(#[from] RulesError),
    #[error("the findings could not be written: {0}")]
    Write(#[source] io::Error),
}

/// Checks the files: 0 without errors among the findings, 1 with, 2 when a file or an argument is wrong.
pub fn lint(args: &LintArgs) -> ExitCode {
    match run(args) {
        Ok(false) => ExitCode::SUCCESS,
        Ok(true) => ExitCode::FAILURE,
        // A pipe that was closed, as by `head`, is no failure of ours.
        Err(LintError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("storywright lint: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &LintArgs) -> Result<bool, LintError> {
    let rules = args.rules.as_deref().map(LintRules::load).transpose()?.unwrap_or_default();
    // All files are looked at first: findings of half the files would pass for all.
    for path in args.files.iter().filter(|path| path.as_os_str() != "-") {
        open(path)?;
    }
    let stdout = io::stdout().lock();
    let mut output =
        Output::new(args.format, io::BufWriter::with_capacity(1 << 16, stdout)).map_err(LintError::Write)?;
    let mut progress = Progress { count: 0, shown: io::stderr().is_terminal() };
    for path in &args.files {
        let format = args.input.unwrap_or_else(|| Format::of(path));
        let mut linter =
            Linter { rules: &rules, output: &mut output, set: Set::default(), name: path, progress: &mut progress };
        let column = args.column.as_deref();
        let read = input::read(open(path)?, format, column, &mut |item| linter.take(item));
        let read = read.map_err(|source| match source.kind() {
            io::ErrorKind::BrokenPipe => LintError::Write(source),
            io::ErrorKind::InvalidData => LintError::Content { path: path.clone(), source },
            _ => LintError::Read { path: path.clone(), source },
        });
        linter.finish().map_err(LintError::Write)?;
        if let Err(error) = read {
            // What stands on the output is whole, also for programs that read it.
            progress.clear();
            output.finish().map_err(LintError::Write)?;
            return Err(error);
        }
    }
    progress.clear();
    output.finish().map_err(LintError::Write)
}

fn open(path: &Path) -> Result<Box<dyn BufRead>, LintError> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let failed = |source| LintError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.is_dir() {
        let source = io::Error::new(io::ErrorKind::IsADirectory, "it is a folder; name the files in it");
        return Err(LintError::Content { path: path.to_owned(), source });
    }
    Ok(Box::new(BufReader::with_capacity(1 << 16, file)))
}

/// Takes the stories of one file.
struct Linter<'a, W: Write> {
    rules: &'a LintRules,
    output: &'a mut Output<W>,
    set: Set<Report>,
    name: &'a Path,
    progress: &'a mut Progress,
}

impl<W: Write> Linter<'_, W> {
    fn take(&mut self, item: Item) -> io::Result<()> {
        self.progress.step();
        if item.story.len() >= LONGEST_LINE {
            self.progress.note(&format!(
                "{}: line {} is longer than 1 MiB; the rest of it is not looked at",
                self.name.display(),
                item.line
            ));
        }
        let review = check_in(&item.story, self.rules.language());
        let profile: Profile = review.profile.clone();
        let mut report = Report::new(item, review);
        self.rules.add_to(&mut report);
        match self.set.push(report, profile) {
            Some((report, more)) => self.write(report, more),
            None => Ok(()),
        }
    }

    fn finish(mut self) -> io::Result<()> {
        while let Some((report, more)) = self.set.finish() {
            self.write(report, more)?;
        }
        Ok(())
    }

    fn write(&mut self, mut report: Report, more: Vec<storywright_domain::quality::StoryFinding>) -> io::Result<()> {
        report.findings.extend(more.iter().map(output::Found::from));
        self.rules.weigh(&mut report.findings);
        report.findings.sort_by_key(|found| (found.severity != Severity::Error, found.start));
        self.output.story(self.name, &report)
    }
}

/// The number of stories on the terminal, when there is one and many stories.
struct Progress {
    count: u64,
    shown: bool,
}

impl Progress {
    fn step(&mut self) {
        self.count += 1;
        if self.shown && self.count.is_multiple_of(PROGRESS) {
            eprint!("\r{} stories", self.count);
        }
    }

    /// Says something beside the findings.
    fn note(&self, text: &str) {
        self.clear();
        eprintln!("storywright lint: {text}");
    }

    fn clear(&self) {
        if self.shown && self.count >= PROGRESS {
            eprintln!("\r{} stories", self.count);
        }
    }
}

#[cfg(test)]
mod tests;
