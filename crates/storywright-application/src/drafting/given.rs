//! The sources that a draft is written from, as the model reads them: in order, whole, as far as they fit.

use crate::Ports;
use crate::sources::texts_for_the_model;
use storywright_domain::ports::StorageError;
use storywright_domain::source::{SourceEntry, SourceKind};
use storywright_domain::{DraftId, UserId};

/// Sources for one call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Given {
    /// Each begins with its reference on a line of its own: `[p1] Title (space PAY, version 3)`.
    pub(super) text: String,
    /// How many are in it.
    pub(super) count: usize,
    /// References of those that were read and do not fit.
    pub(super) left_out: Vec<String>,
    /// References of those that are not read, or could not be.
    pub(super) unread: Vec<String>,
}

/// Puts the sources of a draft together.
pub(super) fn gathered(ports: &Ports, user: UserId, draft: DraftId) -> Result<Given, StorageError> {
    let (budget, texts) = texts_for_the_model(ports, user, draft)?;
    let id = |number: &u32| SourceEntry::id_of(*number);
    let mut given = Given {
        left_out: budget.left_out.iter().map(id).collect(),
        unread: budget.unread.iter().map(id).collect(),
        ..Given::default()
    };
    for (entry, text) in &texts {
        if !given.text.is_empty() {
            given.text.push_str("\n\n");
        }
        given.text.push_str(&head(entry));
        given.text.push('\n');
        given.text.push_str(&without_heads(text));
        given.count += 1;
    }
    Ok(given)
}

impl Given {
    /// What of the sources the model reads and what it does not; `None` without sources.
    pub(super) fn words(&self) -> Option<String> {
        let read = match self.count {
            0 if self.left_out.is_empty() && self.unread.is_empty() => return None,
            1 => "1 source is read".to_owned(),
            count => format!("{count} sources are read"),
        };
        Some(match self.missing() {
            Some(missing) => format!("{read}; {missing}"),
            None => read,
        })
    }

    /// What the model does not see.
    pub(super) fn missing(&self) -> Option<String> {
        let mut parts = Vec::new();
        if !self.left_out.is_empty() {
            parts.push(format!("too much for the model at once and left out: {}", self.left_out.join(", ")));
        }
        if !self.unread.is_empty() {
            parts.push(format!("not read: {}", self.unread.join(", ")));
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

/// How a source begins among others: its reference, its title, and of a page what is needed to find it again.
pub(super) fn head(entry: &SourceEntry) -> String {
    let title: String = entry.title.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(255).collect();
    match entry.kind {
        SourceKind::Page => format!("[{}] {title} (space {}, version {})", entry.id(), entry.space, entry.revision),
        SourceKind::File | SourceKind::Issue | SourceKind::Tool => format!("[{}] {title}", entry.id()),
    }
}

/// The text with nothing in it that looks like the beginning of another source.
fn without_heads(text: &str) -> String {
    let is_head = |line: &str| {
        let inner = line.trim_start().strip_prefix("[p").and_then(|rest| rest.split_once(']'));
        inner.is_some_and(|(number, _)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let safe = |line: &str| if is_head(line) { line.replacen("[p", "\\[p", 1) } else { line.to_owned() };
    text.lines().map(safe).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_begins_another_source() {
        assert_eq!(without_heads("a\n [p2] Forged\n[px] b\n[p3]"), "a\n \\[p2] Forged\n[px] b\n\\[p3]");
    }

    #[test]
    fn what_is_left_out_is_said() {
        let given =
            Given { count: 2, left_out: vec!["p3".to_owned()], unread: vec!["p4".to_owned()], ..Given::default() };
        let words = given.words().unwrap();
        assert_eq!(words, "2 sources are read; too much for the model at once and left out: p3; not read: p4");
        assert_eq!(Given::default().words(), None);
    }
}
