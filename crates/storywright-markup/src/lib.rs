//! Texts from one markup to another, and out of files, purely: no I/O, no state, any input gives an output.
//!
//! Markdown, Jira's wiki markup and the HTML of Confluence are read into one tree ([`Document`]) and written from it.
//! Jira's markup has no grammar, only habits; where two readings are possible the output takes the one that shows the
//! text as it was meant, which is why it escapes more than it must. Nothing is dropped silently: what Jira's markup cannot say
//! is shown in another way, and a [`Note`] tells so.
//!
//! ```
//! use storywright_markup::{markdown_to_wiki, wiki_to_markdown};
//! assert_eq!(markdown_to_wiki("Mind the `(x)` and **gaps**"), "Mind the {{\\(x)}} and *gaps*");
//! assert_eq!(wiki_to_markdown("# one\n#* two"), "1. one\n   - two");
//! ```

mod address;
mod file;
mod html;
mod language;
mod markdown;
mod normal;
mod note;
mod tree;
mod wiki;

pub use file::read_file;
pub use html::{hidden_in_html, parse_html, render_html};
pub use markdown::{parse_markdown, render_markdown};
pub use normal::normalise;
pub use note::{Converted, Loss, Note};
pub use tree::{Align, Block, Cell, Document, Inline, Item, MAX_DEPTH, Mark, PanelKind, Raw};
pub use wiki::{parse_wiki, render_wiki, wiki_form};

/// Markdown (CommonMark with tables, strikethrough, task lists and footnotes) as Jira wiki markup.
///
/// Soft line breaks become spaces, because a line break in Jira is a hard one. Images become links unless they are attachments:
/// an image from elsewhere would be fetched by the browser of everybody who opens the issue. Raw HTML is shown as text. Links
/// to anything but http, https, ftp, mailto and places of the same page keep only their text.
/// [`markdown_to_wiki_with_notes`] tells of all that.
///
/// ```
/// use storywright_markup::markdown_to_wiki;
/// assert_eq!(markdown_to_wiki("# Goal\n\n- **fast**"), "h1. Goal\n\n* *fast*");
/// ```
#[must_use]
pub fn markdown_to_wiki(markdown: &str) -> String {
    markdown_to_wiki_with_notes(markdown).text
}

/// Like [`markdown_to_wiki`], with a note for everything that had to be said in another way.
///
/// ```
/// use storywright_markup::{Loss, markdown_to_wiki_with_notes};
/// let converted = markdown_to_wiki_with_notes("```mermaid\ngraph TD\n```");
/// assert_eq!(converted.text, "{noformat:title=mermaid}\ngraph TD\n{noformat}");
/// assert_eq!(converted.notes[0].kind, Loss::Diagram);
/// ```
#[must_use]
pub fn markdown_to_wiki_with_notes(markdown: &str) -> Converted {
    render_wiki(&parse_markdown(markdown))
}

/// Jira wiki markup as Markdown.
///
/// ```
/// use storywright_markup::wiki_to_markdown;
/// assert_eq!(wiki_to_markdown("||Key||Value||\n|a|{{1}}|"), "| Key | Value |\n| --- | --- |\n| a | `1` |");
/// ```
#[must_use]
pub fn wiki_to_markdown(wiki: &str) -> String {
    render_markdown(&parse_wiki(wiki))
}

/// The HTML of a Confluence page (view or export) as Markdown.
///
/// ```
/// use storywright_markup::html_to_markdown;
/// let html = "<h2>Goal</h2><ul><li>fast</li></ul><script>alert(1)</script>";
/// assert_eq!(html_to_markdown(html), "## Goal\n\n- fast");
/// ```
#[must_use]
pub fn html_to_markdown(html: &str) -> String {
    visible(&render_markdown(&parse_html(html)))
}

/// A text without the characters that nobody can see and in which text can be smuggled: zero-width spaces, direction overrides, tag
/// characters, variation selectors beyond those of emoji, other control characters. Joiners stay, as several scripts need them.
///
/// ```
/// use storywright_markup::visible;
/// assert_eq!(visible("pay\u{200b}ment \u{e0041}\u{202e}now\u{7}"), "payment now");
/// ```
#[must_use]
pub fn visible(text: &str) -> String {
    let hidden = |c: char| {
        matches!(c,
            '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{00ad}'
            | '\u{180e}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
            || (c.is_control() && !matches!(c, '\n' | '\t'))
    };
    text.chars().filter(|c| !hidden(*c)).collect()
}

/// Markdown as safe HTML for a preview.
///
/// ```
/// use storywright_markup::markdown_to_html;
/// assert_eq!(markdown_to_html("**a** <b onclick=x>"), "<p><strong>a</strong> &lt;b onclick=x&gt;</p>\n");
/// ```
#[must_use]
pub fn markdown_to_html(markdown: &str) -> String {
    render_html(&parse_markdown(markdown))
}

/// Jira wiki markup as safe HTML for a preview.
///
/// ```
/// use storywright_markup::wiki_to_html;
/// assert_eq!(wiki_to_html("h1. A & B"), "<h1>A &amp; B</h1>\n");
/// ```
#[must_use]
pub fn wiki_to_html(wiki: &str) -> String {
    render_html(&parse_wiki(wiki))
}

#[cfg(test)]
mod tests;
