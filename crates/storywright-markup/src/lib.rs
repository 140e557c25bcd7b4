//! Texts from one markup to another, purely: no I/O, no state, any input gives an output.
//!
//! [`markdown_to_wiki`] writes what Jira Data Center stores. Jira's markup has no grammar, only habits; where two readings are
//! possible the output takes the one that shows the text as it was meant, which is why it escapes more than it must.

mod code;
mod escape;
mod inline;
mod tree;
mod wiki;

/// Markdown (CommonMark with tables, strikethrough and task lists) as Jira wiki markup.
///
/// Soft line breaks become spaces, because a line break in Jira is a hard one. Images become links: an image from
/// elsewhere would be fetched by the browser of everybody who opens the issue. Raw HTML is shown as text. Links to
/// anything but http, https, ftp and mailto keep only their text.
#[must_use]
pub fn markdown_to_wiki(markdown: &str) -> String {
    wiki::document(&tree::parse(markdown))
}

#[cfg(test)]
mod tests;
