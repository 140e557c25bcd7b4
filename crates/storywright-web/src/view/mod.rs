//! What pages are made of: templates, static files, and the shapes that all pages share.

mod assets;
mod markdown;
mod shell;
mod time;

pub use assets::{Asset, Views};
pub use markdown::markdown_html;
pub use shell::{
    Flash, Person as ShellPerson, Preferences, Public, SessionState, Shell, Theme, avatar_url, initials, minutes,
};
pub use time::{Time, elapsed, iso_day};

use serde::Serialize;
use storywright_domain::prompt::PromptOrigin;

/// A page or fragment: the variables of its template, under the names that the template uses.
pub trait View: Serialize {
    /// File name of the template.
    const TEMPLATE: &'static str;
}

/// A page for a signed-in person.
pub trait Page: View {
    /// Which entry of the navigation is marked.
    const ACTIVE: &'static str;

    /// What stands in the search field.
    fn query(&self) -> &str {
        ""
    }
}

/// An entry of a list to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is shown.
    pub label: String,
    /// More about it.
    pub help: Option<String>,
}

impl Choice {
    /// An entry without help.
    #[must_use]
    pub fn new(value: &str, label: &str) -> Self {
        Self { value: value.to_owned(), label: label.to_owned(), help: None }
    }
}

/// The prompt that words came from, as `fragments/prompt_from.html` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PromptFrom {
    /// Its name at that time.
    pub name: String,
    /// Which version.
    pub version: u32,
    /// Page of that version, for whoever may see it.
    pub url: Option<String>,
    /// Whether the words were changed by hand.
    pub changed: bool,
}

impl PromptFrom {
    /// As shown; the page of the version is linked when the person may see it.
    #[must_use]
    pub fn of(from: &PromptOrigin, visible: bool) -> Self {
        Self {
            name: from.name.clone(),
            version: from.version,
            url: visible.then(|| format!("/prompts/{}/versions/{}", from.prompt, from.version)),
            changed: from.changed,
        }
    }
}

/// A failure as shown within a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// Stable code.
    pub code: String,
    /// A few words.
    pub title: String,
    /// What happened.
    pub what: String,
    /// What to do.
    pub cure: String,
    /// Where the log says more.
    pub request_id: String,
    /// Whether trying again may help.
    pub retry: bool,
}

impl Issue {
    /// From a failure.
    #[must_use]
    pub fn of(error: &crate::AppError, request_id: &str) -> Self {
        Self {
            code: error.code().to_owned(),
            title: error.kind.title.to_owned(),
            what: error.what.clone(),
            cure: error.cure.clone(),
            request_id: request_id.to_owned(),
            retry: error.retry_after.is_some() || error.status() >= 500,
        }
    }
}

/// Messages of a form by field; `form` is the whole form.
pub type Errors = std::collections::BTreeMap<String, String>;

/// The messages of a failure by field; what belongs to no field, or to a field that the form does not have, stands under `form`.
#[must_use]
pub fn errors_of(error: &crate::AppError, fields: &[&str]) -> Errors {
    let mut errors = Errors::new();
    for problem in &error.errors {
        let known = fields.contains(&problem.field.as_str());
        let key = if known { problem.field.as_str() } else { "form" };
        errors.entry(key.to_owned()).or_insert_with(|| problem.message.clone());
    }
    if error.errors.is_empty() {
        errors.insert("form".to_owned(), error.detail());
    }
    errors
}
