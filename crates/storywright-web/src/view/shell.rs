//! What stands around every page.

use crate::visit::Who;
use serde::{Deserialize, Serialize};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use storywright_domain::Millis;
use storywright_domain::person::Person as DomainPerson;

/// Around the pages of a signed-in person.
#[derive(Debug, Clone, Serialize)]
pub struct Shell<'a> {
    /// Of the scripts.
    pub nonce: &'a str,
    /// `system`, `light` or `dark`.
    pub theme: Theme,
    /// `pinned` or `rail`.
    pub nav: &'static str,
    /// Pixels: 176 to 320 in steps of 16.
    pub nav_width: u32,
    /// Marked entry of the navigation.
    pub active: &'static str,
    /// Who is signed in.
    pub person: Person<'a>,
    /// Pending and running jobs.
    pub running_jobs: usize,
    /// Each of them waits for an answer.
    pub jobs_wait: bool,
    /// What stands in the search field.
    pub query: &'a str,
    /// The request's id.
    pub request_id: &'a str,
    /// Shown once.
    pub flash: Option<Flash>,
    /// The session ends after so many minutes without use.
    pub idle_minutes: i64,
    /// Of the product.
    pub version: &'a str,
}

/// Around the pages of visitors.
#[derive(Debug, Clone, Serialize)]
pub struct Public<'a> {
    /// Of the scripts.
    pub nonce: &'a str,
    /// `system`.
    pub theme: Theme,
    /// The request's id.
    pub request_id: &'a str,
    /// Of the product.
    pub version: &'a str,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the operating system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// A person as shown in the corner.
#[derive(Debug, Clone, Serialize)]
pub struct Person<'a> {
    /// Display name.
    pub name: &'a str,
    /// Employee ID.
    pub employee_id: &'a str,
    /// E-mail address.
    pub email: &'a str,
    /// Picture as a `data:` URL.
    pub avatar_url: Option<String>,
    /// Two letters in place of a picture.
    pub initials: String,
}

/// A message for the next page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// `ok`, `warn`, `bad` or `info`.
    pub tone: String,
    /// A sentence.
    pub text: String,
}

/// What people set about the interface; stored as JSON with the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// Theme.
    pub theme: Theme,
    /// Whether the navigation is a narrow rail.
    pub rail: bool,
    /// Its width otherwise.
    pub nav_width: u32,
}

impl Default for Preferences {
    fn default() -> Self {
        Self { theme: Theme::System, rail: false, nav_width: 224 }
    }
}

impl Preferences {
    /// From what is stored; whatever cannot be read is as if it had never been set.
    #[must_use]
    pub fn of(stored: &str) -> Self {
        serde_json::from_str::<Self>(stored).unwrap_or_default().within_bounds()
    }

    /// With a width that the style sheet knows.
    #[must_use]
    pub fn within_bounds(self) -> Self {
        Self { nav_width: (self.nav_width.clamp(176, 320) / 16) * 16, ..self }
    }

    /// As stored.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What is kept in a session between two pages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionState {
    /// A message for the next page.
    pub flash: Option<Flash>,
}

impl SessionState {
    /// From what is stored.
    #[must_use]
    pub fn of(stored: &str) -> Self {
        serde_json::from_str(stored).unwrap_or_default()
    }

    /// As stored.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl<'a> Person<'a> {
    /// The signed-in person.
    #[must_use]
    pub fn of(who: &'a Who) -> Self {
        Self {
            name: &who.person.display_name,
            employee_id: &who.person.employee_id,
            email: &who.person.email,
            avatar_url: avatar_url(&who.person),
            initials: initials(&who.person.display_name),
        }
    }
}

/// Where the browser finds the person's picture: another address for another picture, so that it may be kept.
#[must_use]
pub fn avatar_url(person: &DomainPerson) -> Option<String> {
    let mut hasher = DefaultHasher::new();
    person.avatar.as_ref()?.hash(&mut hasher);
    Some(format!("/profile/avatar?v={:016x}", hasher.finish()))
}

/// First letters of the first and last word of a name.
#[must_use]
pub fn initials(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let first = words.first().and_then(|word| word.chars().next());
    let last = if words.len() > 1 { words.last().and_then(|word| word.chars().next()) } else { None };
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

/// Whole minutes of a span.
#[must_use]
pub fn minutes(span: Millis) -> i64 {
    span.0 / 60_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_two_letters_at_most() {
        for (name, expected) in
            [("Alice Archer", "AA"), ("bob", "B"), ("Jo van der Berg", "JB"), ("", ""), ("ß x", "SSX")]
        {
            assert_eq!(initials(name), expected, "{name}");
        }
    }

    #[test]
    fn stored_preferences_cannot_break_a_page() {
        assert_eq!(Preferences::of("nonsense"), Preferences::default());
        assert_eq!(Preferences::of(r#"{"nav_width":99999}"#).nav_width, 320);
        assert_eq!(Preferences::of(r#"{"theme":"dark","nav_width":200}"#).nav_width, 192);
    }
}
