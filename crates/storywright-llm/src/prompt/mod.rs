//! The messages of a call: our own words, and the texts of others marked as data.

mod boundary;

pub(crate) use boundary::{TAGS, datamarked};

use crate::config::CallPrompts;
use crate::template::Template;

/// A part of a user message.
#[derive(Debug, Clone)]
pub(crate) enum Block {
    /// Our own lines. A line whose values are all missing is left out.
    Told(Vec<Template>),
    /// A value between marks, left out when it is missing.
    Data {
        /// Its name in the request.
        value: String,
        /// The name of the marks.
        tag: String,
        /// A line before it.
        say: String,
    },
}

impl CallPrompts {
    /// The user message for these values. `boundary` must be fresh for every call.
    pub(crate) fn user_message(&self, values: &[(&'static str, String)], boundary: &str) -> String {
        let value = |name: &str| values.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text.trim());
        let mut blocks: Vec<String> = Vec::new();
        for block in &self.user {
            match block {
                Block::Told(lines) => {
                    let said = |line: &&Template| {
                        let mut names = line.names().peekable();
                        names.peek().is_none() || names.any(|name| !value(name).is_empty())
                    };
                    let text: Vec<String> = lines.iter().filter(said).map(|line| told(&line.render(value))).collect();
                    blocks.push(text.join("\n"));
                }
                Block::Data { value: name, tag, say } => {
                    let text = value(name);
                    if !text.is_empty() {
                        let marked = boundary::block(tag, boundary, text);
                        blocks.push(if say.is_empty() { marked } else { format!("{say}\n{marked}") });
                    }
                }
            }
        }
        blocks.retain(|block| !block.trim().is_empty());
        blocks.join("\n\n")
    }
}

/// A text between marks, harmless.
pub(crate) fn marked(tag: &str, boundary: &str, text: &str) -> String {
    boundary::block(tag, boundary, text)
}

/// A text of the model that goes back to it outside of marks.
pub(crate) fn harmless(text: &str) -> String {
    boundary::neutral(text).into_owned()
}

/// Our own line. What others chose stands in blocks; should something of theirs ever get here, marks in it are harmless too.
fn told(line: &str) -> String {
    boundary::neutral(line).into_owned()
}

#[cfg(test)]
mod tests;
