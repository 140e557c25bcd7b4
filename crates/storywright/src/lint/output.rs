//! Findings as lines for people, as JSON lines, as a SARIF log; written as they come.

use super::OutputFormat;
use super::input::Item;
use serde::Serialize;
use serde_json::json;
use std::io::{self, Write};
use std::path::Path;
use storywright_domain::finding::Severity;
use storywright_domain::quality::{Code, Criterion, StoryFinding, StoryReview};

/// A story and all that was found.
#[derive(Serialize)]
pub struct Report {
    pub line: u64,
    #[serde(skip)]
    pub column: usize,
    pub story: String,
    pub role: Option<String>,
    pub means: Option<String>,
    pub ends: Option<String>,
    pub findings: Vec<Found>,
}

/// One finding, as printed.
#[derive(Serialize)]
pub struct Found {
    pub code: &'static str,
    pub criterion: Criterion,
    pub severity: Severity,
    pub field: &'static str,
    pub start: usize,
    pub end: usize,
    pub message: String,
    pub cure: String,
}

impl From<&StoryFinding> for Found {
    fn from(finding: &StoryFinding) -> Self {
        Self {
            code: finding.code.as_str(),
            criterion: finding.code.criterion(),
            severity: finding.severity(),
            field: finding.field.as_str(),
            start: finding.start,
            end: finding.end,
            message: finding.message.clone(),
            cure: finding.cure().to_owned(),
        }
    }
}

impl Report {
    /// A story with what the checks found.
    pub fn new(item: Item, review: StoryReview) -> Self {
        let findings = review.findings.iter().map(Found::from).collect();
        Self {
            line: item.line,
            column: item.column,
            story: item.story,
            role: review.role,
            means: review.means,
            ends: review.ends,
            findings,
        }
    }
}

/// Where findings go.
pub struct Output<W: Write> {
    format: OutputFormat,
    into: W,
    stories: u64,
    results: u64,
    errors: u64,
}

impl<W: Write> Output<W> {
    pub fn new(format: OutputFormat, mut into: W) -> io::Result<Self> {
        if format == OutputFormat::Sarif {
            let mut rules: Vec<_> = Code::ALL
                .into_iter()
                .map(|code| {
                    json!({
                        "id": code.as_str(),
                        "shortDescription": { "text": code.criterion().meaning() },
                        "help": { "text": code.cure() },
                        "defaultConfiguration": { "level": level(code.severity()) },
                        "properties": { "criterion": code.criterion().as_str(), "reference": code.criterion().reference() },
                    })
                })
                .collect();
            rules.push(
                json!({ "id": "forbidden_word", "shortDescription": { "text": "A word that the team does not use." } }),
            );
            rules.push(json!({ "id": "team_pattern", "shortDescription": { "text": "A pattern of the team." } }));
            let driver = json!({ "name": "storywright", "version": env!("CARGO_PKG_VERSION"), "rules": rules });
            write!(
                into,
                r#"{{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{{"tool":{{"driver":{driver}}},"columnKind":"unicodeCodePoints","results":["#
            )?;
        }
        Ok(Self { format, into, stories: 0, results: 0, errors: 0 })
    }

    /// Writes a story with its findings.
    pub fn story(&mut self, file: &Path, report: &Report) -> io::Result<()> {
        self.stories += 1;
        self.errors += u64::try_from(report.findings.iter().filter(|found| found.severity == Severity::Error).count())
            .unwrap_or(0);
        match self.format {
            OutputFormat::Json => {
                serde_json::to_writer(&mut self.into, report)?;
                self.into.write_all(b"\n")
            }
            OutputFormat::Text => self.text(file, report),
            OutputFormat::Sarif => self.sarif(file, report),
        }
    }

    fn text(&mut self, file: &Path, report: &Report) -> io::Result<()> {
        for found in &report.findings {
            self.results += 1;
            let (line, column) = (report.line, report.column + found.start + 1);
            let severity = level(found.severity);
            writeln!(
                self.into,
                "{}:{line}:{column}: {severity}: {} {} [{}/{}]",
                file.display(),
                found.message,
                found.cure,
                found.criterion.as_str(),
                found.code
            )?;
        }
        Ok(())
    }

    fn sarif(&mut self, file: &Path, report: &Report) -> io::Result<()> {
        for found in &report.findings {
            if self.results > 0 {
                self.into.write_all(b",")?;
            }
            self.results += 1;
            let uri = if file.as_os_str() == "-" {
                "stdin".to_owned()
            } else {
                file.to_string_lossy().replace('\\', "/").replace(' ', "%20")
            };
            let result = json!({
                "ruleId": found.code,
                "level": level(found.severity),
                "message": { "text": format!("{} {}", found.message, found.cure).trim() },
                "locations": [{ "physicalLocation": {
                    "artifactLocation": { "uri": uri },
                    "region": { "startLine": report.line, "startColumn": report.column + found.start + 1, "endColumn": report.column + found.end + 1 },
                }}],
                "properties": { "criterion": found.criterion.as_str(), "field": found.field },
            });
            serde_json::to_writer(&mut self.into, &result)?;
        }
        Ok(())
    }

    /// Ends the output; says whether there was an error among the findings.
    pub fn finish(mut self) -> io::Result<bool> {
        match self.format {
            OutputFormat::Sarif => self.into.write_all(b"]}]}\n")?,
            OutputFormat::Text => {
                writeln!(
                    self.into,
                    "{} stories, {} findings, {} of them errors",
                    self.stories, self.results, self.errors
                )?;
            }
            OutputFormat::Json => {}
        }
        self.into.flush()?;
        Ok(self.errors > 0)
    }
}

/// SARIF's word for a severity.
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}
