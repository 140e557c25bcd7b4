//! Jira wiki markup as a tree.
//!
//! First the text is cut into chunks at the macros that hold blocks (`chunks`), then lines become blocks (`blocks`), then
//! each line its pieces (`inline`). Every step looks at each character a bounded number of times.

use crate::normal::normalise;
use crate::tree::Document;

mod blocks;
mod chunks;
mod inline;
mod pictures;
mod scan;
mod table;

/// Jira wiki markup as a tree, in normal form. Any input gives an output.
///
/// Pictures for punctuation such as `(/)` become the characters that look like them, colors and sizes go, macros that are
/// not known stay as text, and `{code}` without a language has none.
///
/// ```
/// use storywright_markup::{parse_markdown, parse_wiki};
/// assert_eq!(parse_wiki("h2. Goal\n\n* *fast*\n** {{x}}"), parse_markdown("## Goal\n\n- **fast**\n  - `x`"));
/// ```
#[must_use]
pub fn parse_wiki(wiki: &str) -> Document {
    let text = wiki.replace("\r\n", "\n").replace('\r', "\n");
    normalise(&Document { blocks: blocks::of(&text, &chunks::of(&text)) })
}
