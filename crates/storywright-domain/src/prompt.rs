//! Prompts: instructions to the writer that people keep, version and share, with variables that are filled in for each draft.
//!
//! A text names its variables as `{{name}}`. Every one of them is declared with a description and perhaps a default; a value is put in as
//! plain data, in one pass, so that what somebody typed is never read as a template.

mod library;
mod origin;
mod trial;

pub use library::PromptWords;
pub use origin::PromptOrigin;
pub use trial::{
    ColumnResult, ColumnState, KEPT_TRIALS, MAX_COLUMNS, MIN_COLUMNS, PromptTrial, TrialColumn, TrialSummary,
};

use crate::{PromptId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Longest name of a prompt in characters.
pub const MAX_NAME_CHARS: usize = 100;
/// Longest description, of a prompt or a variable, in characters.
pub const MAX_DESCRIPTION_CHARS: usize = 300;
/// Longest text in characters, before and after the values are put in.
pub const MAX_TEXT_CHARS: usize = 4_000;
/// Longest value of a variable in characters.
pub const MAX_VALUE_CHARS: usize = 1_000;
/// Most variables of a prompt.
pub const MAX_VARIABLES: usize = 20;

/// A place in the text that is filled in for each draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptVariable {
    /// `[a-z][a-z0-9_]{0,39}`.
    pub name: String,
    /// What to fill in; may be empty.
    pub description: String,
    /// Used when nothing is filled in; empty when something must be.
    pub default: String,
}

/// A text whose variables are all declared.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PromptBody {
    text: String,
    variables: Vec<PromptVariable>,
}

/// What is wrong with a prompt, or with the values for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PromptProblem {
    /// The name is blank or too long.
    #[error("give it a name of 1 to {MAX_NAME_CHARS} characters")]
    BadName,
    /// The description is too long.
    #[error("the description is longer than {MAX_DESCRIPTION_CHARS} characters: shorten it")]
    DescriptionTooLong,
    /// There is no text.
    #[error("there is no text: say what the writer should heed")]
    Empty,
    /// The text is too long, as it is or with the values put in.
    #[error("the text is {chars} characters long, the limit is {MAX_TEXT_CHARS}: shorten it")]
    TooLong {
        /// Its length in characters.
        chars: usize,
    },
    /// `{{` without a name and `}}` behind it.
    #[error("`{{{{{found}` is no variable: write `{{{{name}}}}` with small letters, digits and _")]
    Malformed {
        /// What stands there, shortened.
        found: String,
    },
    /// The text uses a variable that is not declared.
    #[error("`{{{{{name}}}}}` is not declared: add a variable `{name}`, or take it out of the text")]
    Undeclared {
        /// Its name.
        name: String,
    },
    /// The name of a variable has another shape.
    #[error(
        "`{name}` is no name of a variable: begin with a small letter and use small letters, digits and _, at most 40"
    )]
    BadVariableName {
        /// What was given, shortened.
        name: String,
    },
    /// Two variables have one name.
    #[error("`{name}` is declared twice: remove one")]
    Twice {
        /// Its name.
        name: String,
    },
    /// More variables than allowed.
    #[error("there are more than {MAX_VARIABLES} variables: remove some")]
    TooManyVariables,
    /// A variable has no value and no default.
    #[error("`{name}` has no value and no default: fill it in")]
    MissingValue {
        /// Its name.
        name: String,
    },
    /// A value for a variable that the prompt does not have.
    #[error("there is no variable `{name}`: leave it out")]
    UnknownValue {
        /// Its name, shortened.
        name: String,
    },
    /// A value is too long.
    #[error("the value of `{name}` is longer than {MAX_VALUE_CHARS} characters: shorten it")]
    ValueTooLong {
        /// The variable.
        name: String,
    },
}

impl PromptProblem {
    /// Field of a form or body that is at fault: `name`, `description`, `text`, `variables`, or `values.NAME`.
    #[must_use]
    pub fn field(&self) -> String {
        match self {
            Self::BadName => "name".to_owned(),
            Self::DescriptionTooLong => "description".to_owned(),
            Self::Empty | Self::TooLong { .. } | Self::Malformed { .. } | Self::Undeclared { .. } => "text".to_owned(),
            Self::BadVariableName { .. } | Self::Twice { .. } | Self::TooManyVariables => "variables".to_owned(),
            Self::MissingValue { name } | Self::UnknownValue { name } | Self::ValueTooLong { name } => {
                format!("values.{name}")
            }
        }
    }

    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadName => "prompt_name_invalid",
            Self::DescriptionTooLong => "prompt_description_too_long",
            Self::Empty => "prompt_empty",
            Self::TooLong { .. } => "prompt_too_long",
            Self::Malformed { .. } => "prompt_malformed",
            Self::Undeclared { .. } => "variable_undeclared",
            Self::BadVariableName { .. } => "variable_name_invalid",
            Self::Twice { .. } => "variable_declared_twice",
            Self::TooManyVariables => "too_many_variables",
            Self::MissingValue { .. } => "variable_missing",
            Self::UnknownValue { .. } => "variable_unknown",
            Self::ValueTooLong { .. } => "variable_too_long",
        }
    }
}

/// A piece of a text.
enum Piece<'a> {
    Text(&'a str),
    Variable(&'a str),
    Malformed(&'a str),
}

fn is_name(name: &str) -> bool {
    (1..=40).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Takes a text apart. Nothing is ever put together and read again.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        found.push(Piece::Text(&rest[..start]));
        let behind = &rest[start + 2..];
        match behind.find("}}").map(|end| (behind[..end].trim(), &behind[end + 2..])) {
            Some((name, after)) if is_name(name) => {
                found.push(Piece::Variable(name));
                rest = after;
            }
            _ => {
                found.push(Piece::Malformed(behind));
                rest = behind;
            }
        }
    }
    found.push(Piece::Text(rest));
    found
}

fn clip(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}

/// Without control characters other than tab and line feed, and with one kind of line end.
fn cleaned(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect()
}

impl PromptBody {
    /// Takes a text and the declarations of its variables. A declared variable that the text does not use is allowed.
    ///
    /// # Errors
    /// Every [`PromptProblem`] at once.
    pub fn parse(text: &str, variables: &[PromptVariable]) -> Result<Self, Vec<PromptProblem>> {
        let mut problems = Vec::new();
        let text = cleaned(text).trim().to_owned();
        let variables: Vec<PromptVariable> = variables
            .iter()
            .map(|one| PromptVariable {
                name: one.name.trim().to_owned(),
                description: cleaned(&one.description).trim().to_owned(),
                default: cleaned(&one.default).trim().to_owned(),
            })
            .collect();
        let names = declared(&variables, &mut problems);
        let chars = text.chars().count();
        if text.is_empty() {
            problems.push(PromptProblem::Empty);
        } else if chars > MAX_TEXT_CHARS {
            problems.push(PromptProblem::TooLong { chars });
        }
        let mut told = BTreeSet::new();
        for piece in pieces(&text) {
            match piece {
                Piece::Variable(name) if !names.contains(name) && told.insert(name) => {
                    problems.push(PromptProblem::Undeclared { name: name.to_owned() });
                }
                Piece::Malformed(behind) => problems.push(PromptProblem::Malformed { found: clip(behind) }),
                Piece::Text(_) | Piece::Variable(_) => {}
            }
        }
        if problems.is_empty() { Ok(Self { text, variables }) } else { Err(problems) }
    }

    /// The text with its variables.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The declarations in the order in which they were given.
    #[must_use]
    pub fn variables(&self) -> &[PromptVariable] {
        &self.variables
    }

    /// The text with values put in; a blank value counts as not given.
    ///
    /// # Errors
    /// Every [`PromptProblem`] at once: values that are missing, unknown or too long, or a result that is too long.
    pub fn render(&self, values: &BTreeMap<String, String>) -> Result<String, Vec<PromptProblem>> {
        let mut problems: Vec<PromptProblem> = values
            .keys()
            .filter(|name| !self.variables.iter().any(|one| one.name == **name))
            .map(|name| PromptProblem::UnknownValue { name: clip(name) })
            .collect();
        let mut filled: BTreeMap<&str, String> = BTreeMap::new();
        for variable in &self.variables {
            let given = values.get(&variable.name).map(|value| cleaned(value).trim().to_owned()).unwrap_or_default();
            let value = if given.is_empty() { variable.default.clone() } else { given };
            if value.is_empty() {
                problems.push(PromptProblem::MissingValue { name: variable.name.clone() });
            } else if value.chars().count() > MAX_VALUE_CHARS {
                problems.push(PromptProblem::ValueTooLong { name: variable.name.clone() });
            }
            filled.insert(&variable.name, value);
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let text = self.with(|name| filled.get(name).cloned().unwrap_or_default());
        let chars = text.chars().count();
        if chars > MAX_TEXT_CHARS { Err(vec![PromptProblem::TooLong { chars }]) } else { Ok(text) }
    }

    /// The text as far as it can be told: what has no value yet shows the variable itself.
    #[must_use]
    pub fn preview(&self, values: &BTreeMap<String, String>) -> String {
        self.with(|name| {
            let default = self.variables.iter().find(|one| one.name == name).map_or("", |one| one.default.as_str());
            let given = values.get(name).map(|value| cleaned(value).trim().to_owned()).unwrap_or_default();
            match (given.is_empty(), default.is_empty()) {
                (false, _) => given,
                (true, false) => default.to_owned(),
                (true, true) => format!("{{{{{name}}}}}"),
            }
        })
    }

    fn with(&self, value_of: impl Fn(&str) -> String) -> String {
        let mut text = String::with_capacity(self.text.len());
        for piece in pieces(&self.text) {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Variable(name) => text.push_str(&value_of(name)),
                // A parsed text has none; should a stored one, it stays as it is written.
                Piece::Malformed(_) => text.push_str("{{"),
            }
        }
        text
    }
}

fn declared(variables: &[PromptVariable], problems: &mut Vec<PromptProblem>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    if variables.len() > MAX_VARIABLES {
        problems.push(PromptProblem::TooManyVariables);
    }
    for variable in variables {
        if !is_name(&variable.name) {
            problems.push(PromptProblem::BadVariableName { name: clip(&variable.name) });
        } else if !names.insert(variable.name.clone()) {
            problems.push(PromptProblem::Twice { name: variable.name.clone() });
        }
        if variable.description.chars().count() > MAX_DESCRIPTION_CHARS {
            problems.push(PromptProblem::DescriptionTooLong);
        }
        if variable.default.chars().count() > MAX_VALUE_CHARS {
            problems.push(PromptProblem::ValueTooLong { name: clip(&variable.name) });
        }
    }
    names
}

/// A prompt with its present text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// Its id.
    pub id: PromptId,
    /// Whose it is; nobody's when it is a system prompt, which everybody may use and administrators change.
    pub owner: Option<UserId>,
    /// Whether colleagues may use and copy it; a system prompt is for all in any case.
    pub shared: bool,
    /// Name in lists.
    pub name: String,
    /// What it is good for; may be empty.
    pub description: String,
    /// Number of its present version; grows by one with every saved text.
    pub version: u32,
    /// Text and variables.
    pub body: PromptBody,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

impl Prompt {
    /// Whether this person may see, use and copy it.
    #[must_use]
    pub fn visible_to(&self, user: UserId) -> bool {
        self.shared || self.owner.is_none_or(|owner| owner == user)
    }
}

/// A version of a prompt; never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptVersion {
    /// Its prompt.
    pub prompt: PromptId,
    /// Its number, from 1.
    pub number: u32,
    /// Name at that time.
    pub name: String,
    /// Description at that time.
    pub description: String,
    /// Why it was made; may be empty.
    pub note: String,
    /// Text and variables.
    pub body: PromptBody,
    /// When.
    pub created_at: Timestamp,
}

/// Which prompts a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptScope {
    /// The person's own.
    Mine,
    /// What colleagues share.
    Team,
    /// System prompts.
    System,
}

impl PromptScope {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Mine, Self::Team, Self::System];

    /// The word in addresses and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::Team => "team",
            Self::System => "system",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == raw)
    }

    /// In which list a person finds a prompt that they may see.
    #[must_use]
    pub fn of(prompt: &Prompt, user: UserId) -> Self {
        match prompt.owner {
            None => Self::System,
            Some(owner) if owner == user => Self::Mine,
            Some(_) => Self::Team,
        }
    }
}

#[cfg(test)]
mod tests;
