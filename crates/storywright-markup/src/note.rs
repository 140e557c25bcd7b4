//! What a conversion could not say, told to the person.

use std::fmt;

/// A text that was converted, and what became of the things that the new markup cannot say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Converted {
    /// The text in the new markup.
    pub text: String,
    /// In the order of the text; empty when everything could be said.
    pub notes: Vec<Note>,
}

/// One thing that is shown in another way than it was written. Its `Display` is a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What it is, and what became of it.
    pub kind: Loss,
    /// How it begins in the original, at most 60 characters of one line.
    pub excerpt: String,
}

/// What Jira's markup cannot say, and what stands in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Loss {
    /// Raw HTML: shown as it was typed.
    Html,
    /// A comment: left out.
    Comment,
    /// A footnote: label and text are shown as they were typed.
    Footnote,
    /// A formula: shown as it was typed.
    Math,
    /// The source of a diagram: shown as it was typed.
    Diagram,
    /// A link that may not be followed: its words remain.
    LinkTarget,
    /// The title of a link: left out.
    LinkTitle,
    /// A picture from elsewhere: a link, or its words.
    Image,
    /// A list that does not begin at one: it does.
    ListStart,
    /// A block that may not stand in a list: it stands after the item, and the list begins anew.
    BlockInList,
    /// A heading in a list: a strong line.
    HeadingInList,
    /// An item of a list without words of its own: what is in it continues the item before it.
    EmptyItem,
    /// A quote in a quote, or a panel in a panel: it continues the outer one.
    Nested,
    /// Code that names both `{code}` and `{noformat}`: a space breaks the second.
    CodeDelimiter,
    /// Columns with an alignment: they have none.
    Alignment,
}

impl Note {
    pub(crate) fn new(kind: Loss, source: &str) -> Self {
        let line = source.trim().lines().next().unwrap_or_default();
        let mut excerpt: String = line.chars().take(60).collect();
        if excerpt.len() < source.trim().len() {
            excerpt = excerpt.chars().take(59).chain(['…']).collect();
        }
        Self { kind, excerpt }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self.kind {
            Loss::Html => "Jira shows no HTML, so it appears as it was typed",
            Loss::Comment => "a comment was left out, as no reader sees it",
            Loss::Footnote => "Jira has no footnotes, so this appears as it was typed",
            Loss::Math => "Jira sets no formulas, so this appears as it was typed",
            Loss::Diagram => "Jira draws no diagrams from text, so the source appears",
            Loss::LinkTarget => "the link leads to no http, https, ftp or mailto address, so only its words remain",
            Loss::LinkTitle => "the title of a link was left out",
            Loss::Image => "the picture is no attachment of the issue, so a link or its words stand in its place",
            Loss::ListStart => "Jira counts every list from one",
            Loss::BlockInList => "a block that a list cannot hold stands after its item, and the list begins anew",
            Loss::HeadingInList => "a heading in a list became a strong line",
            Loss::EmptyItem => "an item without words of its own continues the item before it",
            Loss::Nested => "quotes in quotes and panels in panels continue the outer one",
            Loss::CodeDelimiter => "code that names both {code} and {noformat} got a space into the second",
            Loss::Alignment => "Jira aligns no columns",
        };
        if self.excerpt.is_empty() { f.write_str(words) } else { write!(f, "{words}: {}", self.excerpt) }
    }
}
