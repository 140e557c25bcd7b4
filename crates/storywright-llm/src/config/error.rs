//! What is wrong with a configuration file, and what to do about it.

use std::fmt;
use std::path::PathBuf;

/// A configuration file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// Which file.
    pub file: PathBuf,
    /// Which line, from 1, where that is known.
    pub line: Option<usize>,
    /// What is wrong, lower case, without values of headers.
    pub reason: String,
    /// What to do, lower case.
    pub cure: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, " line {line}")?;
        }
        write!(f, ": {}; {}", self.reason, self.cure)
    }
}

impl std::error::Error for ConfigError {}

/// A file's name and text: what an error needs in order to say where it is.
pub(crate) struct Source {
    pub(crate) file: PathBuf,
    pub(crate) text: String,
}

/// What is wrong at one place, before it is known which file it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) reason: String,
    pub(crate) cure: String,
    /// Text of the file near which the problem is: a key or a value, as written between quotes.
    pub(crate) near: Option<String>,
}

impl Problem {
    pub(crate) fn new(reason: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { reason: reason.into(), cure: cure.into(), near: None }
    }

    /// The problem with the key or value beside which it is found; an inner place is kept.
    pub(crate) fn near(mut self, text: &str) -> Self {
        self.near.get_or_insert_with(|| text.to_owned());
        self
    }

    /// The problem with what it is part of put before its reason.
    pub(crate) fn within(mut self, place: &str) -> Self {
        self.reason = format!("{place}: {}", self.reason);
        self
    }
}

impl Source {
    /// Reads a JSON file into its typed form.
    pub(crate) fn parse<T: serde::de::DeserializeOwned>(&self) -> Result<T, ConfigError> {
        serde_json::from_str(&self.text).map_err(|error| {
            let message = error.to_string();
            let reason = message.rsplit_once(" at line ").map_or(message.as_str(), |(reason, _)| reason);
            let cure = match error.classify() {
                serde_json::error::Category::Data => "compare it with config/README.md, which lists every key",
                serde_json::error::Category::Eof => "the file ends too early: save it whole",
                _ => "make it valid JSON: look for a missing comma, quote or bracket",
            };
            ConfigError {
                file: self.file.clone(),
                line: Some(error.line()),
                reason: reason.to_owned(),
                cure: cure.to_owned(),
            }
        })
    }

    /// A problem as an error of this file.
    pub(crate) fn error(&self, problem: Problem) -> ConfigError {
        let line = problem.near.as_deref().and_then(|near| self.line_of(near));
        ConfigError { file: self.file.clone(), line, reason: problem.reason, cure: problem.cure }
    }

    /// The first line that holds `text` as JSON would write it.
    fn line_of(&self, text: &str) -> Option<usize> {
        let quoted = serde_json::to_string(text).ok()?;
        let bare = quoted.trim_matches('"');
        let at = self.text.find(&quoted).or_else(|| self.text.find(bare))?;
        Some(self.text[..at].bytes().filter(|byte| *byte == b'\n').count() + 1)
    }
}
